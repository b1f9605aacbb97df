"""Who takes part?"""

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.sql.selectable import CTE

from connectors.activity import PersonKind
from metrics import facts as f
from metrics.metric import (
    WITHIN,
    Direction,
    Interval,
    Label,
    Mark,
    Measure,
    Metric,
    Scope,
    Source,
    Statement,
    Subject,
    Tier,
)
from metrics.scoping import TELLABLE, exclusions, grouping, number, reason, same_cell, scope_key

REACTING, CONTRIBUTING, CREATING = 1, 2, 3

POPULATION = Label(
    de="Zur Grundgesamtheit gehört, wer am mittleren Tag des Zeitraums ein aktives Konto hatte, und wer im Zeitraum etwas tat, "
    "auch wenn er erst danach kam oder vorher ging; im Raum, wer am mittleren Tag Mitglied war oder dort etwas tat; in einem "
    "für alle offenen Raum alle der Organisation. Zu einer Abteilung gehört, wer am mittleren Tag in ihr war. Gibt die "
    "Organisation die Zahl ihrer Zugangsberechtigten an, gilt für sie im Ganzen diese.",
    en="The population is who had an active account on the day in the middle of the period, and who did something in the period "
    "even if they came later or left before; for a room who was a member on that day or did something there; for a room open to "
    "all everybody of the organisation. To a unit belongs who was in it on the day in the middle. Where the organisation states how many "
    "people are entitled to access, that number holds for the organisation as a whole.",
)
LENGTH = Label(
    de="Der Anteil wächst mit der Länge des Zeitraums: nie eine Woche mit 28 Tagen vergleichen.",
    en="The share grows with the length of the period: never compare a week with 28 days.",
)
FRONTLINE = Label(
    de="Wer keinen Zugang oder keine Zeit am Bildschirm hat, zählt als nicht beteiligt, wenn er ein Konto hat.",
    en="People without access or time at a screen count as not taking part if they have an account.",
)
UNDATED = Label(
    de="Reaktionen, deren Tag die Plattform nicht nennt, zählen nur, wenn er auf sieben Tage genau bekannt ist. Wer im Zeitraum "
    "nur auf solche Weise reagiert haben kann, ist unentschieden; kommt auf neun Aktive mehr als ein Unentschiedener, oder "
    "sind bei mehr als einem Zehntel der im Zeitraum entstandenen Inhalte die Reaktionen noch nie gelesen worden, ist "
    "unbekannt, wie viele reagierten. Für die Zeit vor der ersten Lesung der Reaktionen bleibt es das in der Regel.",
    en="Reactions whose day the platform does not tell count only where it is known to within seven days. Who can have taken "
    "part in the period only by such a reaction is undecided; with more than one undecided for nine active people, or where "
    "the reactions to more than a tenth of the contents made in the period were never read yet, it is unknown how many "
    "reacted. For the time before reactions were first read it usually stays unknown.",
)


def population(scope: Scope, name: str = "population") -> CTE:
    """Per scope key and period: how many people there are, and how many of them reached each level.

    `reason` says why it is not known who belongs to it, `doubt` why it is not known who only reacted and who did nothing,
    `unsure` is the one or the other.
    """
    s = f.standing.c
    counted = (
        select(
            s.scope_key,
            s.window,
            s.since,
            func.count().label("known"),
            number(s.level >= REACTING).label("reached_1"),
            number(s.level >= CONTRIBUTING).label("reached_2"),
            number(s.level >= CREATING).label("reached_3"),
        )
        .where(s.scope == scope.value)
        .group_by(s.scope_key, s.window, s.since)
        .subquery("counted")
    )
    left_out = exclusions(scope).subquery("left_out")
    undecided = _undecided(scope).subquery("undecided")
    unread = _unread(scope).subquery("unread")
    c, u, o = counted.c, undecided.c, unread.c
    stated = select(f.horizon.c.workforce).scalar_subquery()
    whole = _whole().subquery("whole")
    # More people acting than the organisation states: the statement is out of date, they are people still.
    everybody = func.greatest(func.coalesce(stated, whole.c.known, 0), func.coalesce(whole.c.reached, 0))
    size: ColumnElement[int] = c.known
    listed: ColumnElement[bool] = literal(True)
    match scope:
        case Scope.ORGANISATION:
            size = everybody
            h = f.home.c
            somebody = and_(h.active, h.kind == PersonKind.HUMAN.value)
            listed = stated.is_not(None) | exists().where(somebody, h.window == c.window, h.since == c.since)
        case Scope.ROOM:
            # The same people as the organisation's, not nearly the same: no difference of the two tells of a few.
            open_ = exists().where(f.room.c.key == c.scope_key, f.room.c.open)
            size = case((open_, everybody), else_=c.known)
            listed = or_(open_, exists().where(f.membership.c.room == c.scope_key))
    nobody = ((~listed, "no_members"), (size == 0, "no_members"))
    doubts = (
        (o.waiting * TELLABLE > o.contents, "reactions_not_observed"),
        (u.undecided * TELLABLE > c.reached_1 + u.undecided, "undated_reactions"),
    )
    # The people of a unit react everywhere.
    read = and_(
        o.window == c.window,
        o.since == c.since,
        true() if scope is Scope.UNIT else o.scope_key == c.scope_key,
    )
    return (
        select(
            c.scope_key,
            c.window,
            c.since,
            size.label("population"),
            c.reached_1,
            c.reached_2,
            c.reached_3,
            func.coalesce(left_out.c.excluded, 0).label("excluded"),
            reason(*nobody).label("reason"),
            reason(*doubts).label("doubt"),
            reason(*nobody, *doubts).label("unsure"),
        )
        .select_from(counted)
        .outerjoin(whole, and_(whole.c.window == c.window, whole.c.since == c.since))
        .outerjoin(left_out, same_cell(c, left_out.c))
        .outerjoin(undecided, same_cell(c, u))
        .outerjoin(unread, read)
        .cte(name)
    )


def _whole() -> Select[tuple[object, ...]]:
    """Per period: how many people the organisation has, and how many of them did something."""
    s = f.standing.c
    return (
        select(s.window, s.since, func.count().label("known"), number(s.level >= REACTING).label("reached"))
        .where(s.scope == Scope.ORGANISATION.value)
        .group_by(s.window, s.since)
    )


def _undecided(scope: Scope) -> Select[tuple[object, ...]]:
    """Per scope key and period: people who can have reacted in it, and are not known to have done anything."""
    u, p, s = f.undated.c, f.period.c, f.standing.c
    key = scope_key(scope, u)
    same = s.scope_key == key
    if scope is Scope.UNIT:
        # Somebody of the population is of one unit in the period, whatever it was on the day of the reaction.
        key, same = func.coalesce(s.scope_key, u.unit), true()
    return (
        select(key.label("scope_key"), p.window, p.since, func.count(u.person.distinct()).label("undecided"))
        .select_from(f.undated)
        .join(f.period, and_(func.coalesce(u.earliest < p.until, True), u.day >= p.since))
        .outerjoin(
            f.standing,
            and_(
                s.scope == scope.value,
                same,
                s.window == p.window,
                s.since == p.since,
                s.person == u.person,
            ),
        )
        .where(key.is_not(None), func.coalesce(s.level, 0) < REACTING)
        .group_by(*([] if scope is Scope.ORGANISATION else [key]), p.window, p.since)
    )


def _unread(scope: Scope) -> Select[tuple[object, ...]]:
    """Per period and, for rooms, scope key: contents made in it, and how many of them wait for their reactions to be read."""
    o, day = f.observation.c, f.period_day.c
    key = o.room if scope is Scope.ROOM else literal("")
    return (
        select(
            key.label("scope_key"),
            day.window,
            day.since,
            func.sum(o.contents).label("contents"),
            func.sum(o.waiting).label("waiting"),
        )
        .select_from(f.observation)
        .join(f.period_day, day.day == o.day)
        .group_by(*grouping([key, day.window, day.since]))
    )


def _share(
    people: CTE, category: str, numerator: ColumnElement[int], why: ColumnElement[str | None]
) -> Select[tuple[object, ...]]:
    c = people.c
    return select(
        c.scope_key,
        c.window,
        c.since,
        cast(literal(category), String).label("category"),
        numerator.label("numerator"),
        c.population.label("denominator"),
        c.population.label("people"),
        numerator.label("affirming"),
        c.excluded,
        why.label("reason"),
    )


def _reached(level: int) -> Statement:
    def statement(scope: Scope) -> Select[tuple[object, ...]]:
        c = (people := population(scope)).c
        return _share(people, "", c[f"reached_{level}"], c.unsure if level == REACTING else c.reason)

    return statement


def _roles(scope: Scope) -> Select[tuple[object, ...]]:
    people = population(scope)
    c = people.c
    shares = union_all(
        _share(people, "creating", c.reached_3, c.reason),
        _share(people, "contributing", c.reached_2 - c.reached_3, c.reason),
        _share(people, "reacting", c.reached_1 - c.reached_2, c.unsure),
        _share(people, "reading_or_absent", c.population - c.reached_1, c.unsure),
    ).subquery("shares")
    return select(shares)


ACTIVE_SHARE = Metric(
    key="active_share",
    label=Label(de="Anteil Aktive", en="Active share"),
    meaning=Label(
        de="Wie viele der Menschen, die könnten, machen sichtbar mit?",
        en="How many of the people who could visibly take part?",
    ),
    formula=Label(
        de="Menschen mit mindestens einer Reaktion, einem Kommentar, einer Antwort, einer Bearbeitung, einer Nachricht oder "
        "einem neuen Inhalt im Zeitraum, geteilt durch alle, die mitmachen könnten",
        en="people with at least one reaction, comment, reply, edit, message or new content in the period, divided by all who "
        "could take part",
    ),
    limits=(POPULATION, LENGTH, FRONTLINE, UNDATED),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.RESPONSES,
    subject=Subject.PEOPLE,
    interval=Interval.WILSON,
    sources=(
        Source(Mark.READ, "SWOOP Analytics: interactive users (post, reply, reaction or mention; no visits)"),
        Source(Mark.READ, "Richter, Heidemann, Klier, Behrendt 2013: usage of enterprise social networks"),
    ),
    statement=_reached(REACTING),
    absent="no_members",
    reach=WITHIN,
)

CONTRIBUTOR_SHARE = Metric(
    key="contributor_share",
    label=Label(de="Anteil Beitragende", en="Contributor share"),
    meaning=Label(
        de="Wie viele schreiben selbst etwas, statt nur zu lesen oder zu klicken?",
        en="How many write something themselves rather than only read or click?",
    ),
    formula=Label(
        de="Menschen mit mindestens einem Kommentar, einer Antwort, einer Bearbeitung, einer Nachricht oder einem neuen "
        "Inhalt im Zeitraum, geteilt durch alle, die mitmachen könnten",
        en="people with at least one comment, reply, edit, message or new content in the period, divided by all who could "
        "take part",
    ),
    limits=(POPULATION, LENGTH, FRONTLINE),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.CONTENT,
    subject=Subject.PEOPLE,
    interval=Interval.WILSON,
    sources=(Source(Mark.KNOWN, "Nielsen 2006: participation inequality (90-9-1)"),),
    statement=_reached(CONTRIBUTING),
    absent="no_members",
    reach=WITHIN,
)

ROLE_SHARE = Metric(
    key="role_share",
    label=Label(de="Verteilung der Rollen", en="Role shares"),
    meaning=Label(
        de="Wie verteilen sich die Menschen auf Schaffen, Beitragen, Reagieren und den stillen Rest?",
        en="How do people divide into creating, contributing, reacting and the silent rest?",
    ),
    formula=Label(
        de="jeder Mensch zählt einmal, nach dem Höchsten, was er im Zeitraum tat: neuer Inhalt vor Kommentar, Antwort, "
        "Bearbeitung und Nachricht, diese vor Reaktion; geteilt durch alle, die mitmachen könnten",
        en="everybody counts once, by the highest thing they did in the period: new content before comment, reply, edit and "
        "message, these before reaction; divided by all who could take part",
    ),
    limits=(
        Label(
            de="Lesen ist nicht schlecht, und wer liest und wer abwesend ist, lässt sich nicht unterscheiden, solange Aufrufe "
            "ohne Person gezählt werden: beides ist zusammengefasst.",
            en="Reading is not bad, and reading and absent people can not be told apart while views are counted without a "
            "person: the two are merged.",
        ),
        POPULATION,
        LENGTH,
        UNDATED,
    ),
    unit=Measure.SHARE,
    direction=Direction.NEUTRAL,
    tier=Tier.RESPONSES,
    subject=Subject.PEOPLE,
    interval=Interval.WILSON,
    sources=(
        Source(Mark.READ, "Nielsen 2006 (secondary); Giermindl et al.: frequencies of posting and lurking"),
        Source(Mark.OWN, "the order of acts and the merging of readers and absent people"),
    ),
    statement=_roles,
    absent="no_members",
    reach=WITHIN,
    categories={
        "creating": Label(de="Schaffende", en="Creating"),
        "contributing": Label(de="Beitragende", en="Contributing"),
        "reacting": Label(de="Reagierende", en="Reacting"),
        "reading_or_absent": Label(de="Lesende oder Abwesende", en="Reading or absent"),
    },
)
