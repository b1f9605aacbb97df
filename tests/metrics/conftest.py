"""A tiny intranet to count by hand: `intranet.post("ada", …)` writes what a connector would have brought."""

import importlib.util
from collections import OrderedDict
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
from metrics.top_down.officials import official
from metrics.working_time import WorkingTime
from service.engines.relations import register
from service.measure.given import calendar_between, register_calendar

BERLIN = ZoneInfo("Europe/Berlin")
KEPT = 4
"""So many rolled-up databases stay open: tests about the same data, one after the other, read the same."""


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
    times: list[WorkingTime] = field(default_factory=lambda: [WorkingTime(BERLIN)])
    history: dict[int, list[tuple[date | None, date | None, str | None, str, bool]]] = field(
        default_factory=dict
    )
    regions: dict[int, str] = field(default_factory=dict)
    leaders: dict[int, int] = field(default_factory=dict)
    purposes: dict[str, str] = field(default_factory=dict)
    owners: set[tuple[str, int]] = field(default_factory=set)
    officials: list[tuple[str | None, int | None]] = field(default_factory=list)
    sandboxes: set[str] = field(default_factory=set)
    brought: set[date] = field(default_factory=set)
    keys: Any = field(default_factory=lambda: count(1), repr=False)
    opened: ExitStack = field(default_factory=ExitStack, repr=False)
    kept: OrderedDict[str, duckdb.DuckDBPyConnection] = field(default_factory=OrderedDict, repr=False)
    counted: dict[tuple[str, str, str], dict[tuple[str, str, date, str], Cell]] = field(
        default_factory=dict, repr=False
    )

    @property
    def horizon(self) -> datetime:
        return datetime.combine(self.until, time(), self.zone)

    def number(self, name: str | None) -> int | None:
        return None if name is None else self.numbers.setdefault(name, len(self.numbers) + 1)

    def person(self, name: str, unit: str | None = None, kind: str = "human", active: bool = True) -> None:
        self.people[self.number(name) or 0] = (unit, kind, active)

    def official(self, unit: str | None = None, leadership: int | None = None) -> None:
        """The organisation names a unit, or a level of leadership, that speaks for it."""
        self.officials.append((unit, leadership))

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

    def stay(
        self,
        name: str,
        unit: str | None,
        *,
        since: date | None = None,
        until: date | None = None,
        kind: str = "human",
        active: bool = True,
    ) -> None:
        """What held of a person, listed by `person`, on the days in [since, until); None: ever since, or still."""
        self.history.setdefault(self.number(name) or 0, []).append((since, until, unit, kind, active))

    def spells(self, first: date, end: date) -> list[tuple[Any, ...]]:
        """Who is only listed was ever what they are."""
        return [
            (
                who,
                max(since or first, first),
                min(until or end, end),
                unit,
                kind,
                self.leaders.get(who),
                self.regions.get(who, ""),
                active,
            )
            for who, (now, kind_now, active_now) in self.people.items()
            for since, until, unit, kind, active in self.history.get(
                who, [(None, None, now, kind_now, active_now)]
            )
        ]

    def rolled_up(self) -> duckdb.DuckDBPyConnection:
        """The facts, rolled up, only to be read: whoever asks about the same data is given the same database."""
        data = repr(self)
        if data not in self.kept:
            self.kept[data] = self._roll_up(duckdb.connect())
        self.kept.move_to_end(data)
        while len(self.kept) > KEPT:
            self.kept.popitem(last=False)[1].close()
        return self.kept[data]

    def database(self) -> duckdb.DuckDBPyConnection:
        """The facts, rolled up, in a database of the caller's own."""
        return self._roll_up(self.opened.enter_context(duckdb.connect()))

    def _roll_up(self, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
        connection.execute("SET TimeZone = 'UTC'")
        register(connection, facts.log, self.log)
        register(connection, facts.source, [("wiki",)])
        register(
            connection,
            facts.person,
            [
                (who, unit, kind, self.leaders.get(who), active)
                for who, (unit, kind, active) in self.people.items()
            ],
        )
        register(
            connection,
            facts.membership,
            [
                (room, who, (room, who) in self.owners, since, until)
                for room, who, since, until in self.members
            ],
        )
        register(
            connection,
            facts.room,
            [
                (key, key, self.purposes.get(key), archived, created, self.since, gone, "wiki", open_)
                for key, (created, archived, gone, open_) in self.rooms.items()
            ],
        )
        register(connection, facts.excluded_room, [(key,) for key in sorted(self.sandboxes)])
        register(connection, facts.brought_day, [(day,) for day in sorted(self.brought)])
        register(connection, official, self.officials)
        register(connection, facts.content, list(self.answerable.items()))
        register(connection, facts.observation, self.observations)
        days = [entry.day for entry in self.log]
        first, last = calendar_between(min([*days, self.since]), max([*days, self.until]))
        register(connection, facts.spell, self.spells(first, last + timedelta(days=1)))
        register_calendar(
            connection,
            first=first,
            last=last,
            times=self.times,
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
        cursor = (connection or self.rolled_up()).execute(text(declared.statement(Scope(scope))))
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
        asked = repr(self), metric, scope
        if asked not in self.counted:
            self.counted[asked] = self.cells(metric, scope)
        return self.counted[asked].get((key, window, since, category))

    def ratio(
        self, metric: str, since: date, *where: Any, **more: Any
    ) -> tuple[int | None, int | None] | None:
        found = self.cell(metric, since, *where, **more)
        return None if found is None else (found.numerator, found.denominator)


@pytest.fixture(scope="session")
def kept() -> Iterator[OrderedDict[str, duckdb.DuckDBPyConnection]]:
    """The databases rolled up last, by all that was put into them."""
    found: OrderedDict[str, duckdb.DuckDBPyConnection] = OrderedDict()
    yield found
    for connection in found.values():
        connection.close()


@pytest.fixture
def make_intranet(
    kept: OrderedDict[str, duckdb.DuckDBPyConnection],
) -> Iterator[Callable[..., Intranet]]:
    """Makes intranets; their databases are closed at the end."""
    with ExitStack() as opened:
        yield partial(Intranet, opened=opened, kept=kept)


@pytest.fixture
def intranet(make_intranet: Callable[..., Intranet]) -> Intranet:
    return make_intranet()


@pytest.fixture
def busy(intranet: Intranet) -> Intranet:
    """Something of everything."""
    intranet.person("ada", "sales")
    intranet.person("bob", "legal")
    intranet.person("bot", kind="service")
    intranet.member("hr", "ada")
    intranet.room("hr")
    for number in range(25):
        intranet.post("ada", f"2026-03-03 09:{number // 4:02}", f"import {number}")
    for day in range(5, 30, 3):
        intranet.post("bob", f"2026-03-{day:02} 09:00", f"news {day}")
        intranet.comment("ada", f"2026-03-{day:02} 23:30:59", f"news {max(5, day - 3)}")
        intranet.react("ada", f"2026-03-{day:02} 10:00", f"news {day}", dated=day % 2 == 0)
        intranet.act("edit", "bob", f"2026-03-{day:02} 10:{day:02}", f"news {day}")
        intranet.views(day, f"2026-03-{day:02} 10:00", "news 5")
    intranet.act("withdraw", "ada", "2026-03-20 10:00", "news 8")
    intranet.react("ada", "2026-03-28 10:00", "news 20", dated=False)
    intranet.react("ada", "2026-03-28 10:00", "forgotten", dated=False)
    intranet.observations.append(("hr", date(2026, 3, 17), 5, 1))
    intranet.act("delete", None, "2026-03-20 10:00", "news 11")
    intranet.post("bot", "2026-03-09 09:00", "report")
    intranet.room("handbook")
    intranet.purposes["handbook"] = "official"
    intranet.post("bob", "2026-02-02 09:00", "rules", content_type="page", room="handbook")
    return intranet


@pytest.fixture(scope="session")
def reference() -> Any:
    """The same metrics counted a second time, in plain Python."""
    spec = importlib.util.spec_from_file_location("reference", Path(__file__).with_name("reference.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
