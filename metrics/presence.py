"""Who is reached at all: the people who read, and those who are never there."""

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.sql.selectable import CTE

from connectors.activity import Kind
from metrics import facts as f
from metrics.looking_back import acts
from metrics.metric import (
    SO_FAR,
    Direction,
    Interval,
    Label,
    Mark,
    Measure,
    Metric,
    Scope,
    Source,
    Subject,
    Tier,
    Window,
)
from metrics.participation import FRONTLINE, LENGTH, POPULATION, REACTING, UNDATED, population
from metrics.scoping import TELLABLE, belongs, grouping, number, reason, same_cell, scope_key


def _first_views() -> CTE:
    """Each room of which it is known who viewed something, and since when."""
    d = f.person_day.c
    return select(d.room, func.min(d.day).label("day")).where(d.views > 0).group_by(d.room).cte("first_views")


def _watched(scope: Scope) -> CTE:
    """The scope keys and periods of which it is known who viewed something.

    The log of views must begin before the period and go on in it. A room must have been viewed by somebody known; for the organisation and
    its units, what happens in rooms where viewers are not known may be one in ten of the acts, and of the views, at most.
    """
    p, day, d, v = f.period.c, f.period_day.c, f.person_day.c, f.viewing.c
    first = (views := _first_views()).c
    begun = select(func.min(first.day)).scalar_subquery() <= p.since
    # In a window without a single view by somebody known the log of views has ended.
    alive = (
        select(day.window, day.since)
        .select_from(f.person_day)
        .join(f.period_day, and_(day.day == d.day, day.window == Window.DAYS28.value))
        .where(d.views > 0)
        .distinct()
        .cte("alive")
    )
    going_on = and_(alive.c.window == p.window, alive.c.since == p.since)
    if scope is Scope.ROOM:
        return (
            select(first.room.label("scope_key"), p.window, p.since)
            .select_from(views)
            .join(f.period, and_(first.day < p.until, p.window == Window.DAYS28.value))
            .join(alive, going_on)
            .where(begun)
            .cte("watched")
        )
    nothing = cast(literal(0), BigInteger)
    events = union_all(
        select(d.room, d.day, acts(d).label("acts"), nothing.label("views")),
        select(v.room, v.day, nothing, v.views),
    ).subquery("events")
    e = events.c
    # Viewers of a room count from its first known view on; before it nobody may have looked.
    known = func.coalesce(first.day < p.until, False)

    def total(column: ColumnElement[int]) -> ColumnElement[int]:
        return func.coalesce(func.sum(column), 0)

    unknown = or_(first.day.is_(None), ~known)
    sums = (
        select(
            p.window,
            p.since,
            total(e.acts).label("acts"),
            total(e.views).label("views"),
            total(_where(unknown, e.acts)).label("unseen_acts"),
            total(_where(unknown, e.views)).label("unseen_views"),
        )
        .select_from(events)
        .join(f.period_day, and_(day.day == e.day, day.window == Window.DAYS28.value))
        .join(f.period, and_(p.window == day.window, p.since == day.since))
        .outerjoin(views, first.room == e.room)
        .group_by(p.window, p.since)
        .cte("sums")
    )
    s = sums.c
    return (
        select(cast(literal(""), String).label("scope_key"), p.window, p.since)
        .select_from(f.period)
        .join(sums, and_(s.window == p.window, s.since == p.since))
        .join(alive, going_on)
        .where(
            begun,
            s.unseen_acts * TELLABLE <= s.acts,
            s.unseen_views * TELLABLE <= s.views,
        )
        .cte("watched")
    )


def _where(condition: ColumnElement[bool], column: ColumnElement[int]) -> ColumnElement[int]:
    return case((condition, column), else_=0)


def _left_out(scope: Scope) -> CTE:
    """Per scope key and period: views that are nobody's, a guest's or a machine's."""
    a, day = f.activity.c, f.period_day.c
    key = scope_key(scope, a)
    return (
        select(key.label("scope_key"), day.window, day.since, func.count().label("views"))
        .select_from(f.activity)
        .join(f.period_day, and_(day.day == a.day, day.window == Window.DAYS28.value))
        .where(a.kind == Kind.VIEW.value, a.excluded.is_not(None), belongs(scope, a))
        .group_by(*grouping([key, day.window, day.since]))
        .cte("views_left_out")
    )


def _reached(scope: Scope) -> CTE:
    """Per scope key and period: the people, how many viewed or did something, and why that is not known.

    `unseen` is why it is not known who viewed, `unsure` also why it is not known who reacted.
    """
    d, day, s = f.person_day.c, f.period_day.c, f.standing.c
    room = [d.room] if scope is Scope.ROOM else []
    viewed = (
        select(*room, day.window, day.since, d.person)
        .select_from(f.person_day)
        .join(f.period_day, and_(day.day == d.day, day.window == Window.DAYS28.value))
        .where(d.views > 0)
        .distinct()
        .cte("viewed")
    )
    v = viewed.c
    here = v.room == s.scope_key if scope is Scope.ROOM else true()
    counted = (
        select(
            s.scope_key,
            s.window,
            s.since,
            number(or_(s.level >= REACTING, v.person.is_not(None))).label("reached"),
        )
        .select_from(f.standing)
        .outerjoin(viewed, and_(v.window == s.window, v.since == s.since, v.person == s.person, here))
        .where(s.scope == scope.value, s.window == Window.DAYS28.value)
        .group_by(s.scope_key, s.window, s.since)
        .cte("reached")
    )
    people, watched, left_out = population(scope), _watched(scope), _left_out(scope)
    c, p, w, o = counted.c, people.c, watched.c, left_out.c
    seen = and_(
        w.window == p.window,
        w.since == p.since,
        w.scope_key == p.scope_key if scope is Scope.ROOM else true(),
    )
    return (
        select(
            p.scope_key,
            p.window,
            p.since,
            p.population,
            p.reached_1.label("active"),
            c.reached,
            (p.excluded + func.coalesce(o.views, 0)).label("excluded"),
            reason((p.reason.is_not(None), p.reason), (w.window.is_(None), "no_viewer_data")).label("unseen"),
            reason(
                (p.reason.is_not(None), p.reason),
                (w.window.is_(None), "no_viewer_data"),
                (p.doubt.is_not(None), p.doubt),
            ).label("unsure"),
        )
        .select_from(people)
        .join(counted, same_cell(c, p))
        .outerjoin(watched, seen)
        .outerjoin(left_out, same_cell(o, p))
        .cte("presence")
    )


def _share(
    presence: CTE, category: str, numerator: ColumnElement[int], why: ColumnElement[str | None]
) -> Select[tuple[object, ...]]:
    c = presence.c
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


def _reach(scope: Scope) -> Select[tuple[object, ...]]:
    c = (presence := _reached(scope)).c
    return _share(presence, "", c.reached, c.unseen)


def _presence(scope: Scope) -> Select[tuple[object, ...]]:
    c = (presence := _reached(scope)).c
    shares = union_all(
        _share(presence, "taking_part", c.active, c.unsure),
        _share(presence, "reading", c.reached - c.active, c.unsure),
        _share(presence, "inactive", c.population - c.reached, c.unseen),
    ).subquery("shares")
    return select(shares)


_VIEWERS = Label(
    de="Bekannt nur, wo ein Protokoll der Aufrufe die Person nennt, von Anfang des Zeitraums an und für mindestens neun Zehntel "
    "dessen, was geschieht; einen Raum muss jemand Bekanntes je aufgerufen haben. Summen wie „Leser dieser Seite“ oder "
    "„Personen der letzten 30 Tage“ zählen andere Tage oder dieselben Menschen mehrfach und gehen nicht ein.",
    en="Known only where a log of views names the person, from the start of the period on and for at least nine tenths of what "
    "happens; a room must have been viewed by somebody known at some time. Totals such as “viewers of this page” or “people "
    "of the last 30 days” count other days, or the same people several times, and are not used.",
)
_OPENED = Label(
    de="Eine Startseite, die sich von selbst öffnet, zählt als Aufruf; wer an einem gemeinsamen Gerät ohne Anmeldung liest, "
    "bleibt ungezählt.",
    en="A start page that opens by itself counts as a view; people who read on a shared device without signing in stay "
    "uncounted.",
)

REACH = Metric(
    key="reach",
    label=Label(de="Reichweite", en="Reach"),
    meaning=Label(
        de="Wie viele erreicht das Intranet überhaupt?", en="How many does the intranet reach at all?"
    ),
    formula=Label(
        de="Menschen, die im Zeitraum mindestens einen Inhalt aufriefen oder sichtbar etwas taten, geteilt durch alle, die es "
        "könnten",
        en="people who viewed at least one content in the period or visibly did something, divided by all who could",
    ),
    limits=(_VIEWERS, _OPENED, POPULATION, LENGTH, FRONTLINE),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.VIEWS,
    subject=Subject.PEOPLE,
    sources=(
        Source(Mark.READ, "SWOOP Analytics, seen reach: people who saw / all people"),
        Source(Mark.OWN, "whoever does something has seen it, also where the log of views missed them"),
    ),
    statement=_reach,
    absent="no_members",
    reach=SO_FAR,
    windows=frozenset({Window.DAYS28}),
    interval=Interval.WILSON,
)

PRESENCE_SHARE = Metric(
    key="presence_share",
    label=Label(de="Mitmachende, Lesende und Abwesende", en="Taking part, reading and inactive"),
    meaning=Label(
        de="Wer ohne sichtbare Handlung bleibt: liest er mit, oder ist er nie da?",
        en="Those who do nothing visible: do they read, or are they never there?",
    ),
    formula=Label(
        de="jeder Mensch zählt einmal: sichtbar etwas getan, nur Inhalte aufgerufen, oder keines von beiden; geteilt durch alle, "
        "die mitmachen könnten. Die Mitmachenden teilt die Verteilung der Rollen weiter auf",
        en="everybody counts once: visibly did something, only viewed contents, or neither; divided by all who could take part. "
        "The role shares divide those who take part further",
    ),
    limits=(
        Label(
            de="Lesen ist nicht schlecht: wer liest, ist informiert.",
            en="Reading is not bad: people who read are informed.",
        ),
        _VIEWERS,
        _OPENED,
        POPULATION,
        LENGTH,
        UNDATED,
    ),
    unit=Measure.SHARE,
    direction=Direction.NEUTRAL,
    tier=Tier.VIEWS,
    subject=Subject.PEOPLE,
    sources=(
        Source(
            Mark.READ,
            "Nielsen 2006 (secondary); Community Roundtable: inactive, lurker, contributor, creator",
        ),
        Source(Mark.OWN, "the order of acts, and when viewers count as known"),
    ),
    statement=_presence,
    absent="no_members",
    reach=SO_FAR,
    windows=frozenset({Window.DAYS28}),
    interval=Interval.WILSON,
    categories={
        "taking_part": Label(de="Mitmachende", en="Taking part"),
        "reading": Label(de="Lesende", en="Reading"),
        "inactive": Label(de="Abwesende", en="Inactive"),
    },
)
