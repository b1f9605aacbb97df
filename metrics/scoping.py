"""What the statements of several metrics share: keys of scopes, periods, counting with conditions."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    select,
)

from metrics import facts as f
from metrics.metric import Scope

ColumnSet = Any
"""The columns of a table or subquery, reached by name."""
TELLABLE = 10
"""A value is unknown if for more than one in so many posts or people it can not be told whether they count."""


def scope_key(scope: Scope, columns: ColumnSet) -> ColumnElement[str]:
    """The key a row of a fact table with `room` and `unit` belongs to in a scope."""
    match scope:
        case Scope.ORGANISATION:
            return literal("")
        case Scope.ROOM:
            return columns.room  # type: ignore[no-any-return]
        case Scope.UNIT:
            return columns.unit  # type: ignore[no-any-return]


def belongs(scope: Scope, columns: ColumnSet) -> ColumnElement[bool]:
    """Whether a row belongs to any key of the scope: some people are of no known unit."""
    return scope_key(scope, columns).is_not(None)


def number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows of a group fulfil a condition; a condition that is NULL is not fulfilled."""
    return cast(func.coalesce(func.sum(case((condition, 1), else_=0)), 0), BigInteger)


def distinct_number(column: ColumnElement[Any], condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many different values of a column the rows of a group have that fulfil a condition."""
    return func.count(case((condition, column)).distinct())


def reason(*cases: tuple[ColumnElement[bool], str | ColumnElement[str | None]]) -> ColumnElement[str | None]:
    """The first reason that holds, NULL if none does."""
    return case(*cases, else_=cast(null(), String))


def exclusions(scope: Scope) -> Select[Any]:
    """Activities left out, per scope key and period."""
    e, day = f.exclusion.c, f.period_day.c
    key = scope_key(scope, e)
    return (
        select(
            key.label("scope_key"),
            day.window,
            day.since,
            cast(func.sum(e.activities), BigInteger).label("excluded"),
        )
        .select_from(f.exclusion)
        .join(f.period_day, day.day == e.day)
        .where(belongs(scope, e))
        .group_by(*grouping([key, day.window, day.since]))
    )


def same_cell(left: ColumnSet, right: ColumnSet) -> ColumnElement[bool]:
    """The same scope key and period."""
    return and_(left.scope_key == right.scope_key, left.window == right.window, left.since == right.since)


def cells(scope: Scope, facts: FromClause, *columns: ColumnElement[Any]) -> Select[Any]:
    """Aggregates over a fact table with `day`, per scope key and period."""
    c, day = facts.c, f.period_day.c
    key = scope_key(scope, c)
    return (
        select(key.label("scope_key"), day.window, day.since, *columns)
        .select_from(facts)
        .join(f.period_day, day.day == c.day)
        .join(f.horizon, literal(True))
        .where(belongs(scope, c))
        .group_by(*grouping([key, day.window, day.since]))
    )


def grouping(columns: Iterable[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    """What to group by: the columns without the constant that is the organisation's key, on which engines disagree."""
    return [column for column in columns if getattr(column, "table", None) is not None]
