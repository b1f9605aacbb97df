"""Is taking part a habit? How often, how regularly, and how many of last year's people are still there."""

from typing import Any

from sqlalchemy import BigInteger, Select, String, and_, cast, func, literal, select
from sqlalchemy.sql.selectable import CTE

from metrics import facts as f
from metrics.looking_back import HISTORY, Span, active_weeks, acts, too_many
from metrics.metric import (
    SO_FAR,
    WITHIN,
    Cell,
    Direction,
    Interval,
    Label,
    Mark,
    Measure,
    Metric,
    Reach,
    Row,
    Scope,
    Source,
    Subject,
    Tier,
    Window,
)
from metrics.participation import FRONTLINE, POPULATION, UNDATED, population
from metrics.resampling import mean_of, people_interval
from metrics.scoping import TELLABLE, reason

HABIT, OF_WEEKS = 9, 12
"""Active in so many of so many weeks is a habit."""
YEAR = 52
"""Weeks: thirteen windows of 28 days."""
WEEKS = 4
"""In a window of 28 days."""

_ORGANISATION = frozenset({Scope.ORGANISATION})
_DAYS28 = frozenset({Window.DAYS28})


def _same_period(left: Any, right: Any) -> Any:
    return and_(left.window == right.window, left.since == right.since)


def _by_frequency(frequency: CTE, length: CTE) -> Select[tuple[object, ...]]:
    """Per period: how many people took part how often, of how many times that were possible."""
    n, t = frequency.c, length.c
    people = population(Scope.ORGANISATION)
    p = people.c
    frequent = (
        select(n.window, n.since, n.times, func.count().label("persons"))
        .group_by(n.window, n.since, n.times)
        .cte("frequent")
    )
    q = frequent.c
    return (
        select(
            p.scope_key,
            p.window,
            p.since,
            cast(literal(""), String).label("category"),
            q.times,
            q.persons.label("people"),
            q.persons.label("affirming"),
            t.length,
            p.excluded,
            reason(
                (p.doubt.is_not(None), p.doubt),
                (q.persons.is_(None), "nobody_active"),
                (t.length == 0, "no_working_days"),
            ).label("reason"),
        )
        .select_from(people)
        .join(length, _same_period(t, p))
        .outerjoin(frequent, _same_period(q, p))
        .where(p.window == Window.DAYS28.value)
    )


def _weekly(scope: Scope) -> Select[tuple[object, ...]]:
    p, w = f.period.c, (weeks := active_weeks()).c
    frequency = (
        select(p.window, p.since, w.person, func.count().label("times"))
        .select_from(weeks)
        .join(f.period, and_(w.week >= p.since, w.week < p.until))
        .where(p.window == Window.DAYS28.value)
        .group_by(p.window, p.since, w.person)
        .cte("frequency")
    )
    length = select(p.window, p.since, cast(literal(WEEKS), BigInteger).label("length")).cte("length")
    return _by_frequency(frequency, length)


def _daily(scope: Scope) -> Select[tuple[object, ...]]:
    c, d, day = f.calendar.c, f.person_day.c, f.period_day.c
    calendar = select(c.day, (c.working - func.lag(c.working).over(order_by=c.day)).label("works")).cte(
        "calendar_days"
    )
    k = calendar.c
    days = (
        select(day.window, day.since, day.day, k.works)
        .join(calendar, k.day == day.day)
        .where(day.window == Window.DAYS28.value)
        .cte("days")
    )
    present = select(d.person, d.day).where(acts(d) > 0).distinct().cte("present")
    frequency = (
        select(
            days.c.window,
            days.c.since,
            present.c.person,
            cast(func.sum(days.c.works), BigInteger).label("times"),
        )
        .join(present, present.c.day == days.c.day)
        .group_by(days.c.window, days.c.since, present.c.person)
        .cte("frequency")
    )
    length = (
        select(days.c.window, days.c.since, cast(func.sum(days.c.works), BigInteger).label("length"))
        .group_by(days.c.window, days.c.since)
        .cte("length")
    )
    return _by_frequency(frequency, length)


def frequency_cell(rows: list[Row]) -> Cell:
    """Of all the times everybody active could have taken part, on how many they did."""
    first = rows[0]
    if first["reason"] is not None:
        return Cell(None, None, None, None, first["excluded"], first["reason"])
    persons = {row["times"]: row["people"] for row in rows}
    everybody, length = sum(persons.values()), first["length"]
    low, high = people_interval(persons, mean_of(length))
    return Cell(
        sum(times * people for times, people in persons.items()),
        length * everybody,
        everybody,
        everybody - persons.get(0, 0),
        first["excluded"],
        low=low,
        high=high,
        largest=length,
    )


def _regular(scope: Scope) -> Select[tuple[object, ...]]:
    span = Span(OF_WEEKS)
    active = span.active()
    a, p = active.c, f.period.c
    habitual = select(a.window, a.since, a.person).where(a.weeks >= HABIT).cte("habitual")
    doubts, left_out = span.doubts(habitual), span.left_out().subquery("span_left_out")
    h, d, people = habitual.c, doubts.c, population(Scope.ORGANISATION)
    counted = (
        select(h.window, h.since, func.count().label("number")).group_by(h.window, h.since).cte("counted")
    )
    habits = func.coalesce(counted.c.number, 0)
    return (
        select(
            people.c.scope_key,
            p.window,
            p.since,
            cast(literal(""), String).label("category"),
            habits.label("numerator"),
            people.c.population.label("denominator"),
            people.c.population.label("people"),
            habits.label("affirming"),
            func.coalesce(left_out.c.excluded, 0).label("excluded"),
            reason(
                (~span.known(), "not_enough_history"),
                (people.c.reason.is_not(None), people.c.reason),
                (d.waiting * TELLABLE > d.contents, "reactions_not_observed"),
                (too_many(d.undecided, habits), "undated_reactions"),
            ).label("reason"),
        )
        .select_from(people)
        .join(f.period, _same_period(p, people.c))
        .join(doubts, _same_period(d, p))
        .outerjoin(counted, _same_period(counted.c, p))
        .outerjoin(left_out, _same_period(left_out.c, p))
        .where(p.window == Window.DAYS28.value)
    )


def _health(scope: Scope) -> Select[tuple[object, ...]]:
    span = Span(YEAR)
    active, people = span.active(), population(Scope.ORGANISATION)
    doubts, left_out = span.doubts(active), span.left_out().subquery("span_left_out")
    a, d, p, now = active.c, doubts.c, f.period.c, people.c
    counted = (
        select(a.window, a.since, func.count().label("number")).group_by(a.window, a.since).cte("counted")
    )
    ever = func.coalesce(counted.c.number, 0)
    return (
        select(
            now.scope_key,
            p.window,
            p.since,
            cast(literal(""), String).label("category"),
            now.reached_1.label("numerator"),
            ever.label("denominator"),
            ever.label("people"),
            now.reached_1.label("affirming"),
            func.coalesce(left_out.c.excluded, 0).label("excluded"),
            reason(
                (~span.known(), "not_enough_history"),
                (now.doubt.is_not(None), now.doubt),
                (d.waiting * TELLABLE > d.contents, "reactions_not_observed"),
                (too_many(d.undecided, ever), "undated_reactions"),
                (ever == 0, "nobody_active"),
            ).label("reason"),
        )
        .select_from(people)
        .join(f.period, _same_period(p, now))
        .join(doubts, _same_period(d, p))
        .outerjoin(counted, _same_period(counted.c, p))
        .outerjoin(left_out, _same_period(left_out.c, p))
        .where(p.window == Window.DAYS28.value)
    )


_PART_TIME = Label(
    de="Teilzeit, Urlaub und Schicht senken den Wert, ohne dass jemand weniger beteiligt wäre.",
    en="Part-time work, holidays and shifts lower the value though nobody takes part less.",
)
_NOT_LESS = Label(
    de="Wer im Zeitraum gar nicht mitmacht, zählt hier nicht: ein kleiner, treuer Kreis hat einen hohen Wert. Erst mit dem "
    "Anteil Aktiver zusammen sagt er etwas.",
    en="Whoever does not take part in the period at all does not count here: a small faithful circle has a high value. It "
    "says something only together with the active share.",
)
_RESAMPLED = Label(
    de="Der Schwankungsbereich entsteht, indem die Menschen mit allem, was sie taten, 999-mal neu gezogen werden.",
    en="The interval comes from drawing the people again 999 times, each with all they did.",
)

WEEKLY_STICKINESS = Metric(
    key="weekly_stickiness",
    label=Label(de="Wöchentliche Bindung (WAU/MAU)", en="Weekly stickiness (WAU/MAU)"),
    meaning=Label(
        de="Machen die Aktiven Woche für Woche mit oder nur ab und zu?",
        en="Do active people take part week by week, or only now and then?",
    ),
    formula=Label(
        de="Mittel der Aktiven je Woche (WAU), geteilt durch die Aktiven der 28 Tage (MAU); gezählt als Wochen, in denen "
        "Menschen mitmachten, durch vier Wochen je aktivem Menschen",
        en="mean of the people active per week (WAU) divided by the people active in the 28 days (MAU); counted as weeks in "
        "which people took part, by four weeks for each active person",
    ),
    limits=(_NOT_LESS, _PART_TIME, UNDATED, _RESAMPLED),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.RESPONSES,
    subject=Subject.DAYS,
    sources=(
        Source(Mark.KNOWN, "product analytics: stickiness as WAU/MAU"),
        Source(Mark.OWN, "weeks rather than days, since communication needs weekly, not daily use"),
    ),
    statement=_weekly,
    absent="nobody_active",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_DAYS28,
    interval=Interval.BOOTSTRAP,
    cell=frequency_cell,
)

DAILY_STICKINESS = Metric(
    key="daily_stickiness",
    label=Label(de="Tägliche Bindung (DAU/MAU)", en="Daily stickiness (DAU/MAU)"),
    meaning=Label(
        de="An wie vielen Arbeitstagen machen die Aktiven mit?",
        en="On how many working days do active people take part?",
    ),
    formula=Label(
        de="Mittel der Aktiven je Arbeitstag (DAU), geteilt durch die Aktiven der 28 Tage (MAU); gezählt als Arbeitstage, an "
        "denen Menschen mitmachten, durch alle Arbeitstage des Zeitraums je aktivem Menschen",
        en="mean of the people active per working day (DAU) divided by the people active in the 28 days (MAU); counted as "
        "working days on which people took part, by all working days of the period for each active person",
    ),
    limits=(
        Label(
            de="Ein Intranet braucht niemanden jeden Tag: die wöchentliche Bindung sagt meist mehr.",
            en="An intranet needs nobody every day: weekly stickiness usually says more.",
        ),
        Label(
            de="Arbeitstage sind die der Organisation; wer nur am Wochenende mitmacht, zählt als aktiv an keinem Arbeitstag. "
            "Reaktionen ohne Datum zählen am Tag, an dem sie gesehen wurden.",
            en="Working days are those of the organisation; who takes part on weekends only counts as active on no working "
            "day. Reactions without a date count on the day they were seen.",
        ),
        _NOT_LESS,
        _PART_TIME,
        UNDATED,
        _RESAMPLED,
    ),
    unit=Measure.SHARE,
    direction=Direction.NEUTRAL,
    tier=Tier.RESPONSES,
    subject=Subject.DAYS,
    sources=(Source(Mark.KNOWN, "product analytics: stickiness as the mean of DAU over working days / MAU"),),
    statement=_daily,
    absent="nobody_active",
    # The day before the period says how many working days its first day has.
    reach=Reach(7, 0),
    scopes=_ORGANISATION,
    windows=_DAYS28,
    interval=Interval.BOOTSTRAP,
    cell=frequency_cell,
)

REGULARITY = Metric(
    key="regularity",
    label=Label(de="Regelmäßig Aktive", en="Regular participation"),
    meaning=Label(
        de="Für wie viele ist das Mitmachen eine Gewohnheit?", en="For how many is taking part a habit?"
    ),
    formula=Label(
        de="Menschen, die in mindestens 9 der 12 Wochen bis zum Ende des Zeitraums sichtbar mitmachten, geteilt durch alle, "
        "die mitmachen könnten",
        en="people who visibly took part in at least 9 of the 12 weeks up to the end of the period, divided by all who could "
        "take part",
    ),
    limits=(HISTORY, _PART_TIME, POPULATION, FRONTLINE, UNDATED),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.RESPONSES,
    subject=Subject.PEOPLE,
    sources=(
        Source(
            Mark.READ,
            "Microsoft vivainsights, identify_habit with width 9, max_window 12 and threshold 1: weeks with at least one act "
            "among the last 12, at least 9 (its example, and the habit of identify_usage_segments)",
        ),
    ),
    statement=_regular,
    absent="no_members",
    reach=SO_FAR,
    scopes=_ORGANISATION,
    windows=_DAYS28,
    interval=Interval.WILSON,
)

COMMUNITY_HEALTH = Metric(
    key="community_health",
    label=Label(de="Community Health Index", en="Community health index"),
    meaning=Label(
        de="Wie viele derer, die im letzten Jahr mitmachten, tun es noch?",
        en="How many of those who took part in the last year still do?",
    ),
    formula=Label(
        de="Menschen, die im Zeitraum sichtbar mitmachten, geteilt durch alle, die es in den 52 Wochen bis zu seinem Ende "
        "mindestens einmal taten",
        en="people who visibly took part in the period, divided by all who did so at least once in the 52 weeks up to its end",
    ),
    limits=(
        HISTORY,
        Label(
            de="Wer die Organisation im Lauf des Jahres verlassen hat, zählt im Nenner weiter: viele Austritte senken den Wert.",
            en="Who left the organisation in the course of the year still counts in the denominator: many departures lower "
            "the value.",
        ),
        Label(
            de="Ein Jahr sind hier 52 Wochen und ein Monat 28 Tage.",
            en="A year is 52 weeks here and a month 28 days.",
        ),
        UNDATED,
    ),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.RESPONSES,
    subject=Subject.PEOPLE,
    sources=(
        Source(
            Mark.READ,
            "SWOOP Analytics, Community Health Index: active this month / active at least once in 12 months",
        ),
    ),
    statement=_health,
    absent="nobody_active",
    reach=SO_FAR,
    scopes=_ORGANISATION,
    windows=_DAYS28,
    interval=Interval.WILSON,
)
