"""Who posts, officials or others, and who of them is answered."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    CTE,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)

from connectors.activity import ContentType, PersonKind
from metrics import facts as f
from metrics.clustered import interval_of_share, kinds, per_person, unknown
from metrics.interaction import ANSWERED_WITHIN
from metrics.metric import Cell, Row, Scope
from metrics.resampling import people_interval
from metrics.scoping import TELLABLE, number, reason
from metrics.top_down.officials import OFFICIAL_ROOM, anything_declared, of_person, speaks, then

WINDOWS = ("days28", "weeks26")


def posts(speaking: CTE) -> CTE:
    """Every post with whether it is `official` (1, 0, NULL: unknown); service accounts speak for the organisation."""
    p, r = f.post.c, f.room.c
    who = speaking.c
    return (
        select(
            f.post,
            (func.coalesce(p.excluded, "") != PersonKind.SERVICE.value).label("human"),
            case((func.coalesce(r.purpose, "") == OFFICIAL_ROOM, 1), else_=speaks(who)).label("official"),
        )
        .select_from(f.post)
        .outerjoin(f.room, r.key == p.room)
        .outerjoin(speaking, then(who, p.author, p.day))
        .where(p.content_type == ContentType.POST.value)
        .cte("posts")
    )


def _placed(things: CTE) -> Select[Any]:
    day = f.period_day.c
    return (
        select(cast(literal(""), String).label("scope_key"), day.window, day.since, things)
        .select_from(things)
        .join(f.period_day, day.day == things.c.day)
        .where(day.window.in_(WINDOWS))
    )


def bottom_up(scope: Scope) -> Select[Any]:
    placed = _placed(posts(of_person())).cte("placed")
    c = placed.c
    kept = or_(c.excluded.is_(None), c.excluded == PersonKind.SERVICE.value)
    counted, undecided = and_(kept, c.official.is_not(None)), and_(kept, c.official.is_(None))
    sums = (
        select(
            c.scope_key,
            c.window,
            c.since,
            number(counted).label("counted"),
            number(undecided).label("undecided"),
            number(~kept).label("left_out"),
        )
        .group_by(c.scope_key, c.window, c.since)
        .subquery("sums")
    )
    s = sums.c
    totals = select(
        s.scope_key,
        s.window,
        s.since,
        (s.left_out + s.undecided).label("excluded"),
        reason(
            (~anything_declared(), "officials_not_declared"),
            (s.undecided * TELLABLE > s.counted + s.undecided, "officials_unknown"),
            (s.counted == 0, "no_posts"),
        ).label("reason"),
    ).cte("totals")
    made = select(placed).where(counted).cte("made")
    m = made.c
    people = per_person(made, 1 - m.official, literal(1), m.author, m.human)
    return kinds(people, totals, "part", "whole")


def answered_by_side(scope: Scope) -> Select[Any]:
    """Per author: posts old enough, and those answered in time, official ones and others."""
    placed = _placed(posts(of_person())).cte("placed")
    c = placed.c
    deadline = c.working + ANSWERED_WITHIN
    early = func.coalesce(c.deleted <= deadline, False)
    known = and_(c.excluded.is_(None), ~early)
    old = c.horizon > deadline
    counted = and_(known, old, c.official.is_not(None))
    answered = func.coalesce(c.commented <= deadline, False)
    sides = {"official": c.official == 1, "staff": c.official == 0}
    sums = (
        select(
            c.scope_key,
            c.window,
            c.since,
            number(counted).label("counted"),
            number(and_(known, old, c.official.is_(None))).label("undecided"),
            number(or_(c.excluded.is_not(None), early)).label("left_out"),
            *(number(and_(known, ~old, side)).label(f"{name}_pending") for name, side in sides.items()),
        )
        .group_by(c.scope_key, c.window, c.since)
        .subquery("sums")
    )
    s = sums.c
    totals = select(
        s.scope_key,
        s.window,
        s.since,
        s.official_pending,
        s.staff_pending,
        (s.left_out + s.undecided).label("excluded"),
        reason(
            (~anything_declared(), "officials_not_declared"),
            (s.undecided * TELLABLE > s.counted + s.undecided, "officials_unknown"),
        ).label("reason"),
    ).cte("totals")
    each = (
        select(
            c.scope_key,
            c.window,
            c.since,
            c.author,
            literal(True).label("human"),
            *(number(side).label(f"{name}_posts") for name, side in sides.items()),
            *(number(and_(side, answered)).label(f"{name}_answered") for name, side in sides.items()),
        )
        .where(counted)
        .group_by(c.scope_key, c.window, c.since, c.author)
        .cte("each")
    )
    return kinds(each, totals, "official_posts", "official_answered", "staff_posts", "staff_answered")


_SIDES = ("official", "staff")


def _of_sides(rows: list[Row]) -> tuple[list[tuple[int, ...]], str | None]:
    """(official posts, answered, staff posts, answered, persons) in steady order, or why there is nothing to be said."""
    if rows[0]["reason"] is not None:
        return [], rows[0]["reason"]
    made = sorted(
        (*(row[f"{side}_{what}"] for side in _SIDES for what in ("posts", "answered")), row["persons"])
        for row in rows
        if row["persons"]
    )
    for place, side, none in ((0, "official", "no_official_posts"), (2, "staff", "no_staff_posts")):
        if not any(row[place] for row in made):
            return [], "not_old_enough" if rows[0][f"{side}_pending"] else none
    return made, None


def _smaller_side(made: list[tuple[int, ...]]) -> int:
    return min(sum(row[4] for row in made if row[place]) for place in (0, 2))


def rate_of(side: str) -> Callable[[list[Row]], Cell]:
    """The response rate of one side; nothing is told of it unless enough people stand behind either."""
    place = 2 * _SIDES.index(side)

    def cell(rows: list[Row]) -> Cell:
        made, why = _of_sides(rows)
        if why is not None:
            return unknown(rows[0], why)
        own = [row for row in made if row[place]]
        posts, answered, persons = ([row[n] for row in own] for n in (place, place + 1, 4))
        low, high = interval_of_share(answered, posts, persons)
        return Cell(
            sum(a * n for a, n in zip(answered, persons, strict=True)),
            sum(p * n for p, n in zip(posts, persons, strict=True)),
            sum(persons),
            min(sum(n for a, n in zip(answered, persons, strict=True) if a), _smaller_side(made)),
            rows[0]["excluded"],
            low=low,
            high=high,
            largest=max(posts),
        )

    return cell


def asymmetry_cell(rows: list[Row]) -> Cell:
    """The official rate minus that of the others, over their common denominator."""
    made, why = _of_sides(rows)
    if why is not None:
        return unknown(rows[0], why)
    table = np.array(made, dtype=np.int64)
    official, official_answered, staff, staff_answered = (
        int(column @ table[:, 4]) for column in table[:, :4].T
    )

    def difference(places: NDArray[np.int64], draws: NDArray[np.int64]) -> NDArray[np.float64]:
        drawn = draws @ table[places, :4]
        # A sample without any post of one side says nothing of the difference.
        drawn = drawn[(drawn[:, 0] > 0) & (drawn[:, 2] > 0)]
        return np.asarray(drawn[:, 1] / drawn[:, 0] - drawn[:, 3] / drawn[:, 2], dtype=np.float64)

    low, high = people_interval({place: row[4] for place, row in enumerate(made)}, difference)
    return Cell(
        official_answered * staff - staff_answered * official,
        official * staff,
        sum(row[4] for row in made),
        _smaller_side(made),
        rows[0]["excluded"],
        low=low,
        high=high,
        largest=max(max(row[0] * staff, row[2] * official) for row in made),
    )
