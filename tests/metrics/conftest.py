"""A tiny intranet to count by hand: `intranet.post("ada", …)` writes what a connector would have brought."""

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import count, groupby
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import duckdb
import pytest

from metrics import facts
from metrics.catalog import CATALOG
from metrics.dialect import text
from metrics.metric import Cell, Scope
from metrics.periods import complete_periods
from metrics.rollup import build
from service.measure.given import register, register_calendar

BERLIN = ZoneInfo("Europe/Berlin")


class Entry(NamedTuple):
    key: int
    source: str
    room: str
    kind: str
    content_type: str
    person: int | None
    happened: datetime
    day: date
    object: int
    parent: int | None
    thread: int | None
    dated: bool
    minor: bool
    total: int | None


@dataclass
class Intranet:
    """What is in the log and beside it; names are turned into numbers."""

    since: date = date(2026, 1, 5)
    until: date = date(2026, 6, 1)
    zone: ZoneInfo = BERLIN
    workforce: int | None = None
    log: list[Entry] = field(default_factory=list)
    people: dict[int, tuple[str | None, str, bool]] = field(default_factory=dict)
    members: list[tuple[str, int, date | None, date | None]] = field(default_factory=list)
    rooms: dict[str, tuple[date | None, bool, date | None, bool]] = field(default_factory=dict)
    answerable: dict[int, bool] = field(default_factory=dict)
    observations: list[tuple[str, date, int, int]] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    keys: Any = field(default_factory=lambda: count(1))
    opened: ExitStack = field(default_factory=ExitStack)

    @property
    def horizon(self) -> datetime:
        return datetime.combine(self.until, time(), self.zone)

    def number(self, name: str | None) -> int | None:
        return None if name is None else self.numbers.setdefault(name, len(self.numbers) + 1)

    def person(self, name: str, unit: str | None = None, kind: str = "human", active: bool = True) -> None:
        self.people[self.number(name) or 0] = (unit, kind, active)

    def member(self, room: str, name: str, since: date | None = None, until: date | None = None) -> None:
        self.members.append((room, self.number(name) or 0, since, until))

    def room(
        self,
        key: str,
        created: date | None = None,
        archived: bool = False,
        gone: date | None = None,
        open_: bool = False,
    ) -> None:
        self.rooms[key] = (created, archived, gone, open_)

    def act(
        self,
        kind: str,
        name: str | None,
        when: datetime | str,
        thing: str,
        *,
        content_type: str = "post",
        room: str = "hr",
        on: str | None = None,
        dated: bool = True,
        total: int | None = None,
    ) -> None:
        """Something happened; `when` as text is the time on a clock in the organisation's time zone."""
        if isinstance(when, str):
            when = datetime.fromisoformat(when).replace(tzinfo=self.zone)
        moment = when.astimezone(UTC)
        thread = self.number(on or thing)
        self.log.append(
            Entry(
                next(self.keys),
                "wiki",
                room,
                kind,
                content_type,
                self.number(name),
                moment,
                moment.astimezone(self.zone).date(),
                self.number(thing) or 0,
                self.number(on),
                thread,
                dated,
                False,
                total,
            )
        )

    def post(self, name: str | None, when: datetime | str, thing: str, **more: Any) -> None:
        self.act("create", name, when, thing, **more)

    def comment(self, name: str | None, when: datetime | str, on: str, **more: Any) -> None:
        self.act("comment", name, when, f"comment {len(self.log)}", on=on, content_type="comment", **more)

    def react(self, name: str | None, when: datetime | str, thing: str, **more: Any) -> None:
        self.act("react", name, when, thing, **more)

    def views(self, total: int, when: datetime | str, thing: str, **more: Any) -> None:
        self.act("views", None, when, thing, total=total, **more)

    def database(self) -> duckdb.DuckDBPyConnection:
        """The facts, rolled up."""
        connection = self.opened.enter_context(duckdb.connect())
        connection.execute("SET TimeZone = 'UTC'")
        register(connection, facts.log, self.log)
        register(connection, facts.source, [("wiki",)])
        register(
            connection,
            facts.person,
            [(who, unit, kind, None, active) for who, (unit, kind, active) in self.people.items()],
        )
        register(
            connection,
            facts.membership,
            [(room, who, False, since, until) for room, who, since, until in self.members],
        )
        register(
            connection,
            facts.room,
            [
                (key, key, None, archived, created, self.since, gone, "wiki", open_)
                for key, (created, archived, gone, open_) in self.rooms.items()
            ],
        )
        register(connection, facts.content, list(self.answerable.items()))
        register(connection, facts.observation, self.observations)
        days = [entry.day for entry in self.log]
        register_calendar(
            connection,
            first=min([*days, self.since]),
            last=max([*days, self.until]) + timedelta(days=60),
            periods=complete_periods(self.since, self.until),
            until=self.until,
            zone=self.zone,
            workforce=self.workforce,
        )
        build(connection.execute)
        return connection

    def cells(
        self, metric: str, scope: str = "organisation", connection: duckdb.DuckDBPyConnection | None = None
    ) -> dict[tuple[str, str, date, str], Cell]:
        """Everything a metric says in a scope, by scope key, window, first day and category."""
        declared = CATALOG[metric]
        cursor = (connection or self.database()).execute(text(declared.statement(Scope(scope))))
        names = [column[0] for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

        def place(row: dict[str, Any]) -> tuple[str, str, date, str]:
            return row["scope_key"], row["window"], row["since"], row["category"]

        return {key: declared.cell(list(same)) for key, same in groupby(sorted(rows, key=place), key=place)}

    def cell(
        self,
        metric: str,
        since: date,
        scope: str = "organisation",
        key: str = "",
        *,
        window: str = "week",
        category: str = "",
    ) -> Cell | None:
        return self.cells(metric, scope).get((key, window, since, category))

    def ratio(
        self, metric: str, since: date, *where: Any, **more: Any
    ) -> tuple[int | None, int | None] | None:
        found = self.cell(metric, since, *where, **more)
        return None if found is None else (found.numerator, found.denominator)


@pytest.fixture
def make_intranet() -> Iterator[Callable[..., Intranet]]:
    """Makes intranets; their databases are closed at the end."""
    with ExitStack() as opened:
        yield partial(Intranet, opened=opened)


@pytest.fixture
def intranet(make_intranet: Callable[..., Intranet]) -> Intranet:
    return make_intranet()


@pytest.fixture(scope="session")
def reference() -> Any:
    """The same metrics counted a second time, in plain Python."""
    spec = importlib.util.spec_from_file_location("reference", Path(__file__).with_name("reference.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
