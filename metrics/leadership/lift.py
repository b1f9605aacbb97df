"""Do conversations a leader takes part in get more answers than others of the same room and month?"""

from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    CTE,
    BigInteger,
    Select,
    String,
    and_,
    case,
    cast,
    extract,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from connectors.activity import ContentType
from metrics import facts as f
from metrics.clustered import unknown
from metrics.interaction import ANSWERED_WITHIN
from metrics.leadership.taking_part import FEWEST, WINDOWS, leaders
from metrics.metric import Cell, Row, Scope
from metrics.resampling import people_interval
from metrics.scoping import distinct_number, number

EXACT = 1_000_000
"""The value is the nearest fraction with a denominator up to this."""
ROOMS = 5
"""An interval needs so many rooms to draw from."""


def _threads() -> CTE:
    """Posts whose time is up or not, with their room and month."""
    p, c, day = f.post.c, f.calendar.c, f.period_day.c
    deadline = c.working + ANSWERED_WITHIN
    month = 12 * extract("year", p.day) + extract("month", p.day)
    return (
        select(
            day.window,
            day.since,
            p.object,
            p.author,
            p.room,
            cast(month, BigInteger).label("month"),
            deadline.label("deadline"),
            or_(
                p.excluded.is_not(None), func.coalesce(p.deleted <= p.working + ANSWERED_WITHIN, False)
            ).label("out"),
            (f.horizon.c.working > deadline).label("old"),
        )
        .select_from(f.post)
        .join(f.calendar, c.day == p.day)
        .join(f.period_day, day.day == p.day)
        .join(f.horizon, literal(True))
        .where(p.content_type == ContentType.POST.value, day.window.in_(WINDOWS))
        .cte("threads")
    )


def _voices(threads: CTE) -> CTE:
    """Who wrote each post that counts, and who answered it in time; once for each person."""
    t, r = threads.c, f.response.c
    met = f.calendar.alias("met")
    counted = and_(~t.out, t.old)
    return union_all(
        select(t.window, t.since, t.object, t.author.label("person"), literal(0).label("answer")).where(
            counted
        ),
        select(t.window, t.since, t.object, r.person, literal(1))
        .select_from(threads)
        .join(f.response, and_(r.object == t.object, ~r.reaction))
        .join(met, met.c.day == r.day)
        .where(counted, met.c.working <= t.deadline)
        .distinct(),
    ).cte("voices")


def leader_lift(scope: Scope) -> Select[Any]:
    """One row for each room and month that has posts of both kinds; at least one row per period with leaders."""
    led, threads = leaders(), _threads()
    voices = _voices(threads)
    who, t, v = led.c, threads.c, voices.c
    leading = and_(who.window == v.window, who.since == v.since, who.person == v.person)
    told = (
        select(
            v.window,
            v.since,
            v.object,
            func.max(case((who.person.is_not(None), 1), else_=0)).label("led"),
            func.max(case((who.person.is_(None), v.answer), else_=0)).label("answered"),
        )
        .select_from(voices)
        .outerjoin(led, leading)
        .group_by(v.window, v.since, v.object)
        .cte("told")
    )
    d = told.c
    same = and_(d.window == t.window, d.since == t.since, d.object == t.object)
    strata = (
        select(
            t.window,
            t.since,
            t.room,
            t.month,
            number(d.led == 1).label("with_leader"),
            number(and_(d.led == 1, d.answered == 1)).label("with_answer"),
            number(d.led == 0).label("without_leader"),
            number(and_(d.led == 0, d.answered == 1)).label("without_answer"),
        )
        .select_from(threads)
        .join(told, same)
        .group_by(t.window, t.since, t.room, t.month)
        .cte("strata")
    )
    s = strata.c
    matched = and_(s.with_leader > 0, s.without_leader > 0)
    # Each leader, with how many posts of a matched room and month they took part in.
    shares = (
        select(
            v.window,
            v.since,
            v.person,
            distinct_number(v.object, matched).label("threads"),
        )
        .select_from(voices)
        .join(led, leading)
        .join(threads, and_(t.window == v.window, t.since == v.since, t.object == v.object))
        .join(
            strata,
            and_(s.window == t.window, s.since == t.since, s.room == t.room, s.month == t.month),
        )
        .group_by(v.window, v.since, v.person)
        .subquery("shares")
    )
    w = shares.c
    taking_part = (
        select(
            w.window,
            w.since,
            func.count().label("all_leaders"),
            number(w.threads > 0).label("leaders"),
            func.max(w.threads).label("most"),
        )
        .group_by(w.window, w.since)
        .subquery("taking_part")
    )
    counts = (
        select(
            t.window,
            t.since,
            number(t.out).label("left_out"),
            number(and_(~t.out, t.old)).label("counted"),
            number(and_(~t.out, ~t.old)).label("pending"),
        )
        .group_by(t.window, t.since)
        .subquery("counts")
    )
    comparable = (
        select(s.window, s.since, number(matched).label("strata"))
        .group_by(s.window, s.since)
        .subquery("comparable")
    )
    everywhere = select(who.window, who.since).distinct().subquery("everywhere")
    e, n, p, m = everywhere.c, counts.c, taking_part.c, comparable.c

    def at(other: Any) -> Any:
        return and_(other.window == e.window, other.since == e.since)

    counted = func.coalesce(n.counted, 0)
    return (
        select(
            cast(literal(""), String).label("scope_key"),
            e.window,
            e.since,
            cast(literal(""), String).label("category"),
            s.room,
            *(
                s[name].label(name)
                for name in ("with_leader", "with_answer", "without_leader", "without_answer")
            ),
            p.leaders.label("people"),
            p.leaders.label("affirming"),
            p.most,
            func.coalesce(n.left_out, 0).label("excluded"),
            case(
                (and_(counted == 0, func.coalesce(n.pending, 0) > 0), "not_old_enough"),
                (counted == 0, "no_posts"),
                (func.coalesce(p.all_leaders, 0) < FEWEST, "few_leaders_wrote"),
                (func.coalesce(m.strata, 0) == 0, "nothing_to_compare"),
                else_=cast(null(), String),
            ).label("reason"),
        )
        .select_from(everywhere)
        .outerjoin(counts, at(n))
        .outerjoin(taking_part, at(p))
        .outerjoin(comparable, at(m))
        .outerjoin(strata, and_(at(s), matched))
    )


def lift_cell(rows: list[Row]) -> Cell:
    """The difference of risks of Mantel and Haenszel (Greenland and Robins 1985) over rooms and months.

    Over strata of n1 posts with a leader, a of them answered, and n0 without, b of them answered: the sum of
    (a n0 - b n1) / (n1 + n0) by the sum of n1 n0 / (n1 + n0). A room's part of both sums is drawn as a whole.
    """
    first = rows[0]
    if first["reason"] is not None:
        return unknown(first, first["reason"])
    rooms: dict[str, tuple[Fraction, Fraction]] = {}
    for row in rows:
        led, others = row["with_leader"], row["without_leader"]
        above, weight = rooms.get(row["room"], (Fraction(), Fraction()))
        rooms[row["room"]] = (
            above + Fraction(row["with_answer"] * others - row["without_answer"] * led, led + others),
            weight + Fraction(led * others, led + others),
        )
    lift = sum(above for above, _ in rooms.values()) / sum(weight for _, weight in rooms.values())
    told = Fraction(lift).limit_denominator(EXACT)
    # A row of its own scale, so that what one leader stands for can be told of it.
    scale = max(1, EXACT // told.denominator)
    denominator = told.denominator * scale
    low, high = _interval(rooms) if len(rooms) >= ROOMS else (None, None)
    threads = sum(row["with_leader"] for row in rows)
    return Cell(
        told.numerator * scale,
        denominator,
        first["people"],
        first["affirming"],
        first["excluded"],
        low=low,
        high=high,
        largest=ceil(Fraction(first["most"], threads) * denominator),
    )


def _interval(rooms: dict[str, tuple[Fraction, Fraction]]) -> tuple[float, float]:
    ordered = [rooms[room] for room in sorted(rooms)]
    above, weight = (np.array([float(part) for part in column]) for column in zip(*ordered, strict=True))

    def lift(places: NDArray[np.int64], draws: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.asarray((draws @ above[places]) / (draws @ weight[places]), dtype=np.float64)

    return people_interval(dict.fromkeys(range(len(ordered)), 1), lift)
