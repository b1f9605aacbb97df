"""Who takes part?"""

from sqlalchemy import ColumnElement, Select, String, and_, cast, exists, func, literal, select, union_all
from sqlalchemy.sql.selectable import CTE

from connectors.activity import PersonKind
from metrics import facts as f
from metrics.metric import (
    Direction,
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
from metrics.scoping import exclusions, number, reason, same_cell

REACTING, CONTRIBUTING, CREATING = 1, 2, 3

_POPULATION = Label(
    de="Zur Grundgesamtheit gehören alle heute aktiven Konten von Menschen und alle, die im Zeitraum etwas taten; im Raum "
    "seine Mitglieder und alle, die dort etwas taten. Gibt die Organisation die Zahl ihrer Zugangsberechtigten an, gilt für "
    "sie im Ganzen diese.",
    en="The population is every account of a human that is active today, and everybody who did something in the period; for "
    "a room its members and everybody who did something there. Where the organisation states how many people are entitled to "
    "access, that number holds for the organisation as a whole.",
)
_LENGTH = Label(
    de="Der Anteil wächst mit der Länge des Zeitraums: nie eine Woche mit 28 Tagen vergleichen.",
    en="The share grows with the length of the period: never compare a week with 28 days.",
)
_FRONTLINE = Label(
    de="Wer keinen Zugang oder keine Zeit am Bildschirm hat, zählt als nicht beteiligt, wenn er ein Konto hat.",
    en="People without access or time at a screen count as not taking part if they have an account.",
)
_UNDATED = Label(
    de="Reaktionen, deren Tag die Plattform nicht nennt, zählen nur, wenn er auf sieben Tage genau bekannt ist.",
    en="Reactions whose day the platform does not tell count only where it is known to within seven days.",
)


def _population(scope: Scope) -> CTE:
    """Per scope key and period: how many people there are, and how many of them reached each level."""
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
    c = counted.c
    population: ColumnElement[int] = c.known
    listed: ColumnElement[bool] = literal(True)
    match scope:
        case Scope.ORGANISATION:
            stated = select(f.horizon.c.workforce).scalar_subquery()
            # More people acting than the organisation states: the statement is out of date, they are people still.
            population = func.greatest(func.coalesce(stated, c.known), c.reached_1)
            somebody = and_(f.person.c.active, f.person.c.kind == PersonKind.HUMAN.value)
            listed = stated.is_not(None) | exists().where(somebody)
        case Scope.ROOM:
            listed = exists().where(f.membership.c.room == c.scope_key)
    return (
        select(
            c.scope_key,
            c.window,
            c.since,
            population.label("population"),
            c.reached_1,
            c.reached_2,
            c.reached_3,
            func.coalesce(left_out.c.excluded, 0).label("excluded"),
            reason((~listed, "no_members"), (population == 0, "no_members")).label("reason"),
        )
        .select_from(counted)
        .outerjoin(left_out, same_cell(c, left_out.c))
        .cte("population")
    )


def _share(population: CTE, category: str, numerator: ColumnElement[int]) -> Select[tuple[object, ...]]:
    c = population.c
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
        c.reason,
    )


def _reached(level: int) -> Statement:
    def statement(scope: Scope) -> Select[tuple[object, ...]]:
        population = _population(scope)
        return _share(population, "", population.c[f"reached_{level}"])

    return statement


def _roles(scope: Scope) -> Select[tuple[object, ...]]:
    population = _population(scope)
    c = population.c
    shares = union_all(
        _share(population, "creating", c.reached_3),
        _share(population, "contributing", c.reached_2 - c.reached_3),
        _share(population, "reacting", c.reached_1 - c.reached_2),
        _share(population, "reading_or_absent", c.population - c.reached_1),
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
    limits=(_POPULATION, _LENGTH, _FRONTLINE, _UNDATED),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.RESPONSES,
    subject=Subject.PEOPLE,
    sources=(
        Source(Mark.READ, "SWOOP Analytics: interactive users (post, reply, reaction or mention; no visits)"),
        Source(Mark.READ, "Richter, Heidemann, Klier, Behrendt 2013: usage of enterprise social networks"),
    ),
    statement=_reached(REACTING),
    absent="no_members",
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
    limits=(_POPULATION, _LENGTH, _FRONTLINE),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.CONTENT,
    subject=Subject.PEOPLE,
    sources=(Source(Mark.KNOWN, "Nielsen 2006: participation inequality (90-9-1)"),),
    statement=_reached(CONTRIBUTING),
    absent="no_members",
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
        _POPULATION,
        _LENGTH,
        _UNDATED,
    ),
    unit=Measure.SHARE,
    direction=Direction.NEUTRAL,
    tier=Tier.RESPONSES,
    subject=Subject.PEOPLE,
    sources=(
        Source(Mark.READ, "Nielsen 2006 (secondary); Giermindl et al.: frequencies of posting and lurking"),
        Source(Mark.OWN, "the order of acts and the merging of readers and absent people"),
    ),
    statement=_roles,
    absent="no_members",
    categories={
        "creating": Label(de="Schaffende", en="Creating"),
        "contributing": Label(de="Beitragende", en="Contributing"),
        "reacting": Label(de="Reagierende", en="Reacting"),
        "reading_or_absent": Label(de="Lesende oder Abwesende", en="Reading or absent"),
    },
)
