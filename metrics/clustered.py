"""Shares of what people made, told from how much each of them made: with interval, and with what one person stands for.

A statement gives for each place rows of a kind of people: `persons` of them made `whole` things each, `part` of which are counted
in the numerator. `people` is `persons` again, or 0 where they are service accounts. In a row without `persons` nobody is left.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import CTE, BigInteger, ColumnElement, Select, String, and_, case, cast, func, literal, select
from sqlalchemy.sql.selectable import FromClause

from metrics.metric import Cell, Row
from metrics.resampling import people_interval
from metrics.scoping import same_cell


def kinds(each: FromClause, totals: CTE, *amounts: str) -> Select[tuple[object, ...]]:
    """Rows of alike people beside the totals of their place, from one row for each person.

    `each` has scope_key, window, since, the amounts and `human`; `totals` has `excluded` and `reason`, one row per place.
    """
    e, t = each.c, totals.c
    alike = (
        select(
            e.scope_key,
            e.window,
            e.since,
            *(e[name] for name in amounts),
            func.count().label("persons"),
            cast(func.sum(case((e.human, 1), else_=0)), BigInteger).label("people"),
        )
        .group_by(e.scope_key, e.window, e.since, *(e[name] for name in amounts))
        .subquery("alike")
    )
    a = alike.c
    more = [column for column in t if column.name not in {"scope_key", "window", "since"}]
    return (
        select(
            t.scope_key,
            t.window,
            t.since,
            cast(literal(""), String).label("category"),
            *more,
            *(a[name] for name in amounts),
            a.persons,
            a.people,
            a.people.label("affirming"),
        )
        .select_from(totals)
        .outerjoin(alike, and_(same_cell(t, a), t.reason.is_(None)))
    )


def unknown(row: Row, why: str) -> Cell:
    return Cell(None, None, None, None, row["excluded"], why)


def interval_of_share(
    part: Sequence[int], whole: Sequence[int], persons: Sequence[int]
) -> tuple[float, float]:
    """The 95 % interval of the sum of parts by the sum of wholes when people are drawn again with all they made."""
    parts, wholes = np.array(part, dtype=np.int64), np.array(whole, dtype=np.int64)

    def share(rows: NDArray[np.int64], draws: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.asarray((draws @ parts[rows]) / (draws @ wholes[rows]), dtype=np.float64)

    return people_interval(dict(enumerate(persons)), share)


def share_cell(rows: list[Row]) -> Cell:
    """The share of all things of a place that are counted; rows come with their `reason`."""
    return _share(rows, two_sided=False)


def two_sided_share_cell(rows: list[Row]) -> Cell:
    """As `share_cell`, where the rest is what another group made: as many people stand behind the value as behind its smaller side."""
    return _share(rows, two_sided=True)


def _share(rows: list[Row], *, two_sided: bool) -> Cell:
    if rows[0]["reason"] is not None:
        return unknown(rows[0], rows[0]["reason"])
    made = sorted(
        ((row["part"], row["whole"], row["persons"], row["people"]) for row in rows if row["persons"]),
    )
    part, whole, persons, people = zip(*made, strict=True)
    counted = sum(p * n for p, n in zip(part, persons, strict=True))
    affirming = sum(row[3] for row in made if row[0])
    others = sum(row[3] for row in made if row[1] > row[0])
    low, high = interval_of_share(part, whole, persons)
    return Cell(
        counted,
        sum(w * n for w, n in zip(whole, persons, strict=True)),
        sum(people),
        min(affirming, others) if two_sided else affirming,
        rows[0]["excluded"],
        low=low,
        high=high,
        largest=max((row[1] for row in made if row[3]), default=None),
    )


def per_person(
    made: FromClause,
    part: ColumnElement[int],
    whole: ColumnElement[int],
    person: ColumnElement[int],
    human: ColumnElement[bool],
) -> CTE:
    """One row per place and person who made anything, from rows of things with scope_key, window and since."""
    m = made.c
    summed = (
        select(
            m.scope_key,
            m.window,
            m.since,
            person.label("person"),
            func.max(case((human, 1), else_=0)).label("is_human"),
            cast(func.sum(part), BigInteger).label("part"),
            cast(func.sum(whole), BigInteger).label("whole"),
        )
        .group_by(m.scope_key, m.window, m.since, person)
        .subquery("summed")
    )
    s = summed.c
    return (
        select(s.scope_key, s.window, s.since, s.part, s.whole, (s.is_human == 1).label("human"))
        .where(s.whole > 0)
        .cte("per_person")
    )
