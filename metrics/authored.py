"""What became of people's posts: ratios over them, with an interval by drawing their authors again with all they wrote.

Posts of one author are alike, so that drawing posts would make the interval too narrow (Davison and Hinkley 1997, resampling
clusters).
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Table,
    and_,
    case,
    cast,
    func,
    or_,
    select,
    true,
)

from metrics import facts as f
from metrics.clustered import interval_of_share, kinds, unknown
from metrics.intervals import wilson
from metrics.metric import Cell, Row, Scope, Window
from metrics.scoping import TELLABLE, ColumnSet, cells, number, reason

Why = tuple[ColumnElement[bool], str]


def too_many(some: ColumnElement[int], s: ColumnSet) -> ColumnElement[bool]:
    """More than one in ten of them and of what counts."""
    many: ColumnElement[bool] = some * TELLABLE > s.counted + some
    return many


def waiting(s: ColumnSet) -> Why:
    return and_(s.counted == 0, s.pending > 0), "not_old_enough"


def no_posts(s: ColumnSet) -> Why:
    return s.counted == 0, "no_posts"


def by_author(
    scope: Scope,
    things: Table,
    *,
    windows: Collection[Window],
    left_out: ColumnElement[bool],
    counted: ColumnElement[bool],
    part: ColumnElement[int],
    whole: ColumnElement[int],
    undecided: ColumnElement[bool],
    pending: ColumnElement[bool],
    reasons: Callable[[ColumnSet], Sequence[Why]],
    marks: dict[str, ColumnElement[bool]] | None = None,
) -> Select[Any]:
    """Rows for `metrics.authored.rate_cell` and `ratio_cell`: alike authors with the sums of `part` and `whole` over what counts.

    Conditions are never NULL. `reasons` tell in order why nothing can be said, from how many things are `counted`, `pending`,
    `undecided` and each of `marks`, and what they are `made` of: the sum of `whole`. Who started a thing is its `author`.
    """
    c, inside = things.c, f.period_day.c.window.in_([window.value for window in windows])
    flags = {"undecided": undecided, **(marks or {})}
    sums = (
        cells(
            scope,
            things,
            number(or_(left_out, *flags.values())).label("excluded"),
            number(counted).label("counted"),
            cast(func.coalesce(func.sum(case((counted, whole), else_=0)), 0), BigInteger).label("made"),
            number(pending).label("pending"),
            *(number(flag).label(name) for name, flag in flags.items()),
        )
        .where(inside)
        .subquery("sums")
    )
    s = sums.c

    totals = select(
        s.scope_key,
        s.window,
        s.since,
        s.excluded,
        reason(*reasons(s)).label("reason"),
    ).cte("totals")
    each = (
        cells(
            scope,
            things,
            cast(func.sum(part), BigInteger).label("part"),
            cast(func.sum(whole), BigInteger).label("whole"),
            true().label("human"),
        )
        .where(inside, counted, c.author.is_not(None))
        .group_by(c.author)
        .having(func.sum(whole) > 0)
        .cte("each")
    )
    return kinds(each, totals, "part", "whole")


def rate_cell(rows: list[Row]) -> Cell:
    """A share of posts, with its interval for all but single weeks."""
    return _cell(rows, share=True)


def ratio_cell(rows: list[Row]) -> Cell:
    """So many of something for each post."""
    return _cell(rows, share=False)


def _cell(rows: list[Row], *, share: bool) -> Cell:
    first = rows[0]
    if first["reason"] is not None:
        return unknown(first, first["reason"])
    made = sorted((row["part"], row["whole"], row["persons"]) for row in rows)
    part, whole, persons = zip(*made, strict=True)
    numerator, denominator = (
        sum(amount * number for amount, number in zip(amounts, persons, strict=True))
        for amounts in (part, whole)
    )
    ends: tuple[float | None, float | None] = (None, None)
    people = sum(persons)
    if first["window"] != Window.WEEK.value:
        # Where all are alike drawing them again shows no spread; as few as one in so many authors may yet differ.
        if share and numerator in (0, denominator):
            ends = wilson(people if numerator else 0, people)
        elif numerator:
            ends = interval_of_share(part, whole, persons)
    return Cell(
        numerator,
        denominator,
        people,
        sum(number for amount, _, number in made if amount),
        first["excluded"],
        low=ends[0],
        high=ends[1],
        largest=max(whole),
    )
