"""What a value was computed from, as a digest: equal digests, equal inputs, and therefore equal values.

Each table a statement names is reduced to numbers that do not depend on the order of rows: the sum of 64-bit hashes and how
many rows there are, per day, per period, or over all rows that hold some time within the statement's reach.
"""

import hashlib
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

import duckdb
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Date,
    MetaData,
    Numeric,
    String,
    Table,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)

from metrics import facts as f
from metrics.dialect import text
from metrics.metric import Reach
from metrics.periods import Period
from service.engines import Connection
from service.engines.relations import register

Digest = tuple[int, int]
"""How many rows, and the sum of their hashes."""
_EVER, _NEVER = date(1, 1, 1), date(9999, 12, 31)
_WAITED = 28
"""Working days: no statement waits longer."""
_FOLLOWED = 30 * 24 * 60 * 60
"""Seconds: no statement follows a content longer."""
_LIVES: Mapping[str, tuple[str | None, str]] = {
    "undated": ("earliest", "day"),
    "spell": ("since", "until"),
    "membership": ("since", "until"),
    "room": (None, "gone"),
    "room_life": ("start", "gone"),
}
"""Tables of what holds from a day to another: NULL is without end."""
_SPAN = Table(
    "reach_span",
    MetaData(),
    Column("number", BigInteger, nullable=False),
    Column("low", Date, nullable=False),
    Column("high", Date, nullable=False),
)
_NAMED = re.compile(r'(?:\bFROM|\bJOIN|,)\s+"?(\w+)"?(?!["\w]*\.)')


def tables_of(statement: str) -> frozenset[str]:
    """The fact tables a statement reads, and perhaps some it does not."""
    return frozenset(_NAMED.findall(statement)) & f.facts.tables.keys()


class Inputs:
    """The digests of one run, each table read when it is first asked for."""

    def __init__(self, connection: Connection, periods: Sequence[Period], horizon: date) -> None:
        self._connection, self._periods, self._horizon = connection, periods, horizon
        self._days: dict[str, tuple[list[date], list[Digest]]] = {}
        self._windows: dict[str, dict[tuple[str, date], Digest]] = {}
        self._spans: dict[tuple[str, Reach], dict[tuple[date, date], Digest]] = {}
        self._wholes: dict[str, Digest] = {}
        self._waits: dict[date, Any] | None = None
        self._workforce: Any = None
        self._listed: Digest | None = None

    def digest(self, said: Iterable[Any], tables: Iterable[str], reach: Reach, period: Period) -> str:
        """Of everything a statement that reads these tables can see for a period, and of what else is `said` of it."""
        seen = [self._seen(name, reach, period) for name in sorted(tables)]
        told = repr((*said, period.window.value, period.since.isoformat(), period.until.isoformat(), seen))
        return hashlib.sha256(told.encode()).hexdigest()

    def _seen(self, name: str, reach: Reach, period: Period) -> Any:
        low, high = _span(reach, period)
        columns = f.facts.tables[name].c
        day = next((columns[key] for key in ("day", "week") if key in columns), None)
        if name == f.horizon.name:
            found: Any = self._waiting(period, high)
        elif name == f.membership.name:
            # Whether anybody is known to belong to a room is asked without regard to time.
            found = self._lives(name, reach)[low, high], self._rooms_with_members()
        elif name in _LIVES:
            found = self._lives(name, reach)[low, high]
        elif name == f.period_day.name:
            found = None  # the period says it all
        elif "window" in columns:
            found = self._by_window(name).get((period.window.value, period.since))
        else:
            found = self._whole(name) if day is None else self._between(day, low, high)
        return found

    def _between(self, day: Column[Any], low: date, high: date) -> Digest:
        name = day.table.name
        if name not in self._days:
            rows = self._digests(name, [day])
            rows.sort()
            sums = [(0, 0), *((count, total) for _, count, total in rows)]
            self._days[name] = (
                [day for day, _, _ in rows],
                list(accumulate(sums, lambda one, other: (one[0] + other[0], one[1] + other[1]))),
            )
        days, sums = self._days[name]
        first, last = sums[bisect_left(days, low)], sums[bisect_left(days, high)]
        return last[0] - first[0], last[1] - first[1]

    def _by_window(self, name: str) -> dict[tuple[str, date], Digest]:
        if name not in self._windows:
            c = f.facts.tables[name].c
            self._windows[name] = {
                (window, since): (count, total)
                for window, since, count, total in self._digests(name, [c.window, c.since])
            }
        return self._windows[name]

    def _whole(self, name: str) -> Digest:
        if name not in self._wholes:
            rows = self._digests(name, [])
            self._wholes[name] = (rows[0][0], rows[0][1]) if rows else (0, 0)
        return self._wholes[name]

    def _lives(self, name: str, reach: Reach) -> dict[tuple[date, date], Digest]:
        """What holds within the reach, with the days beyond it taken for its ends."""
        if (name, reach) not in self._spans:
            spans = sorted({_span(reach, period) for period in self._periods})
            register(self._connection, _SPAN, [(place, *span) for place, span in enumerate(spans)])
            table, s = f.facts.tables[name], _SPAN.c
            start, end = _LIVES[name]
            within = [or_(table.c[end].is_(None), table.c[end] >= s.low)]
            if start is not None:
                within.append(or_(table.c[start].is_(None), table.c[start] < s.high))
            if name == f.room.name:
                within = []  # what happened in a room may be older than what is known of it

            def clipped(column: ColumnElement[Any]) -> ColumnElement[Any]:
                if not isinstance(column.type, Date):
                    return column
                known = func.coalesce(column, s.high) if column.name == end else column
                return case((known.is_not(None), func.greatest(func.least(known, s.high), s.low)))

            columns = [clipped(column) for column in table.columns]
            found = (
                select(s.number, *self._sums(columns))
                .select_from(table)
                .join(_SPAN, within[0] if len(within) == 1 else _all(within))
                .group_by(s.number)
            )
            rows = self._connection.execute(text(found)).fetchall()
            by_number = {number: (count, int(total)) for number, count, total in rows}
            self._spans[name, reach] = {span: by_number.get(n, (0, 0)) for n, span in enumerate(spans)}
        return self._spans[name, reach]

    def _rooms_with_members(self) -> Digest:
        if self._listed is None:
            rooms = select(f.membership.c.room).distinct().subquery("rooms")
            found = text(select(*self._sums([rooms.c.room])).select_from(rooms))
            ((count, total),) = self._connection.execute(found).fetchall()
            self._listed = count, int(total or 0)
        return self._listed

    def _waiting(self, period: Period, high: date) -> Any:
        """The horizon, as far as a period can tell where it is: by days, and by working days of each region."""
        if self._waits is None:
            day, h = f.working_day.c, f.horizon.c
            working = select(day.region, day.day, day.working)
            counted: dict[tuple[str, date], int] = {
                (region, on): number
                for region, on, number in self._connection.execute(text(working)).fetchall()
            }
            regions = sorted({region for region, _ in counted})
            self._waits = {
                end: [
                    min(
                        counted[region, self._horizon] - counted[region, end - timedelta(days=1)],
                        _WAITED + 1,
                    )
                    for region in regions
                ]
                for end in {one.until for one in self._periods}
            }
            ((self._workforce,),) = self._connection.execute(text(select(h.workforce))).fetchall()
        return min(self._horizon, high).isoformat(), self._waits[period.until], self._workforce

    def _digests(self, name: str, by: Sequence[Column[Any]]) -> list[Any]:
        table = f.facts.tables[name]
        columns: list[ColumnElement[Any]] = [_lasting(column) for column in table.columns]
        found = select(*by, *self._sums(columns)).select_from(table).group_by(*by)
        rows = self._connection.execute(text(found)).fetchall()
        return [(*place, count, int(total or 0)) for *place, count, total in rows]

    def _sums(self, columns: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
        # Spark's hash passes over NULL: that a value is missing is hashed beside it.
        known = [case((column.is_(None), 0), else_=1) for column in columns]
        hashing = func.hash if isinstance(self._connection, duckdb.DuckDBPyConnection) else func.xxhash64
        hashed = cast(hashing(*columns, *known), Numeric(38, 0))
        return [func.count().label("rows"), cast(func.sum(hashed), String).label("total")]


def _all(conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    joined = literal(1) == 1
    for condition in conditions:
        joined = joined & condition
    return joined


def _span(reach: Reach, period: Period) -> tuple[date, date]:
    low = _EVER if reach.before is None else period.since - timedelta(days=reach.before)
    high = _NEVER if reach.after is None else period.until + timedelta(days=reach.after)
    return low, high


def _lasting(column: Column[Any]) -> ColumnElement[Any]:
    """A column without what goes on changing every day though nothing happens."""
    p = f.post.c
    if column is p.horizon:
        return func.least(p.horizon - p.working, _WAITED + 1)
    if column is p.followed:
        return func.least(p.followed, _FOLLOWED)
    return column
