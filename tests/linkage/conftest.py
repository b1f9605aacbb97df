"""A platform with its own source, `office`, and sources that tell about it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import pytest
from sqlalchemy import Engine, select

from connectors.activity import Activity, Alias, ContentType, Counter, CounterName, Kind, Page, Person, Room
from connectors.base import Check, Memory
from metrics import facts
from metrics.catalog import CATALOG
from service.activity.collect import collect
from service.activity.log import ActivityLog
from service.activity.memory import SourceMemory
from service.activity.pseudonym import Pseudonymiser, open_keys
from service.activity.report import Report
from service.database import transaction
from service.hashes import Hasher
from service.identity import people
from service.linkage import declare
from service.measure import measure
from service.measure.given import register_given
from service.models import Base, Measurement, Organisation, Source

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
WEEK = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the tests ask for is measured."""
    monkeypatch.setattr(
        "service.measure.run.CATALOG", {key: CATALOG[key] for key in ("active_share", "interactive_share")}
    )


@dataclass
class Script:
    """Yields given pages, whatever the cursor."""

    name: ClassVar[str] = "script"
    pages: Sequence[Page] = ()

    @classmethod
    def connect(cls, settings: Mapping[str, Any], memory: Memory) -> "Script":
        raise NotImplementedError

    def check(self, expected_rooms: int | None = None) -> Check:
        return Check(())

    def streams(self) -> Sequence[str]:
        return ["everything"]

    def read(self, stream: str, cursor: str | None) -> Iterator[Page]:
        yield from self.pages

    def requests(self) -> int:
        return 0

    def close(self) -> None:
        return


@dataclass
class Company:
    """An organisation with the source `office`; `audit` and `export` tell about it."""

    engine: Engine
    log: ActivityLog
    pseudonymiser: Pseudonymiser
    folder: Path
    now: datetime = MONDAY + timedelta(days=7)

    def run(self, source: str, connector: Any) -> Report:
        return collect(
            self.engine, self.log, self.pseudonymiser, source, connector=connector, clock=lambda: self.now
        )

    def sync(self, source: str, *pages: Page) -> Report:
        return self.run(source, Script(pages))

    def memory(self, source: str) -> SourceMemory:
        with transaction(self.engine) as session:
            found = session.scalars(select(Source).where(Source.key == source)).one()
            return SourceMemory(self.engine, found.id, source, lambda: self.now)

    def about(self, source: str, platform: str | None) -> None:
        with transaction(self.engine) as session:
            by_key = {one.key: one for one in session.scalars(select(Source))}
            declare(session, by_key[source], None if platform is None else by_key[platform])

    def measure(self) -> None:
        measure(self.engine, self.log, 1, clock=lambda: self.now)

    def found(self, metric: str, key: str = "", scope: str = "room") -> Any:
        """(numerator, denominator) of the week, or why it is not known; None where there is no such subject."""
        with transaction(self.engine) as session:
            row = session.scalars(
                select(Measurement).where(
                    Measurement.metric == metric,
                    Measurement.scope == scope,
                    Measurement.scope_key == key,
                    Measurement.window == "week",
                    Measurement.since == WEEK,
                )
            ).one_or_none()
            return None if row is None else row.reason or (row.numerator, row.denominator)

    def rooms_measured(self) -> set[str]:
        with transaction(self.engine) as session:
            return set(session.scalars(select(Measurement.scope_key).where(Measurement.scope == "room")))

    def as_one(self) -> list[tuple[Any, ...]]:
        """(source, room, kind, content type, object, total) of the log as it is measured."""
        log = facts.log.c
        with duckdb.connect() as connection, transaction(self.engine) as session:
            self.log.register(connection)
            organisation = session.get_one(Organisation, 1)
            register_given(connection, session, organisation, [], self.now.date())
            names = [
                one.name for one in (log.source, log.room, log.kind, log.content_type, log.object, log.total)
            ]
            return connection.execute(f"SELECT {', '.join(names)} FROM log ORDER BY ALL").fetchall()

    def stored(self) -> list[tuple[Any, ...]]:
        with duckdb.connect() as connection:
            self.log.register(connection)
            found = connection.sql("SELECT * FROM log ORDER BY ALL").to_arrow_table()
        return [tuple(row.values()) for row in found.to_pylist()]

    def humans(self) -> int:
        with transaction(self.engine) as session:
            return len(people(session, 1).humans)

    def all(self, table: type[Base]) -> list[Any]:
        with transaction(self.engine) as session:
            return list(session.scalars(select(table)))


def _company(engine: Engine, folder: Path) -> Company:
    with transaction(engine) as session:
        session.add(Organisation(key="acme", name="Acme"))
        session.flush()
        for key in ("office", "audit", "export"):
            session.add(Source(organisation_id=1, key=key, connector="script", settings={}, created=MONDAY))
    keys = open_keys(folder / "key" / "pseudonym.key", "acme")
    found = Company(engine, ActivityLog(folder / "activity", "acme"), Pseudonymiser(keys, "acme"), folder)
    found.about("audit", "office")
    return found


@pytest.fixture
def company(engine: Engine, tmp_path: Path) -> Company:
    return _company(engine, tmp_path)


@pytest.fixture
def new_company(tmp_path: Path, new_database: Callable[[Path], Engine]) -> Iterator[Callable[[], Company]]:
    """For tests that need a fresh one several times, on SQLite."""
    engines: list[Engine] = []

    def build() -> Company:
        folder = tmp_path / str(len(engines))
        folder.mkdir()
        engines.append(new_database(folder / "resonanz.db"))
        return _company(engines[-1], folder)

    yield build
    for engine in engines:
        engine.dispose()


@dataclass
class Told:
    """Pages of one source, built word by word. `room` is the room of all that follows."""

    room: str
    activities: list[Activity] = field(default_factory=list)
    counters: list[Counter] = field(default_factory=list)
    aliases: list[Alias] = field(default_factory=list)
    accounts: dict[str, Person] = field(default_factory=dict)
    number: int = 0

    def called(self, name: str, obj: str | None = None, type_: ContentType = ContentType.PAGE) -> "Told":
        """The room, or a content, has a name."""
        kind = ContentType.ROOM if obj is None else type_
        self.aliases.append(Alias(name, self.room, obj, kind))
        return self

    def act(self, kind: Kind, who: str, obj: str, **more: Any) -> "Told":
        self.number += 1
        self.accounts[who] = Person(who, canonical=f"{who.partition('@')[0]}@acme.example")
        values: dict[str, Any] = {"happened": MONDAY + timedelta(minutes=self.number), "thread": obj}
        values = {"content_type": ContentType.PAGE, **values, **more}
        key = more.pop("key", f"{self.room}:{self.number}")
        values.pop("key", None)
        self.activities.append(Activity(key=key, kind=kind, room=self.room, person=who, object=obj, **values))
        return self

    def total(self, name: CounterName, obj: str, total: int) -> "Told":
        self.counters.append(Counter(name, self.room, obj, total, MONDAY))
        return self

    def page(self, **more: Any) -> Page:
        return Page(
            cursor="1",
            activities=self.activities,
            counters=self.counters,
            rooms=[Room(self.room, self.room)],
            people=list(self.accounts.values()),
            aliases=self.aliases,
            **more,
        )


@pytest.fixture
def told() -> Callable[[str], Told]:
    return Told


@pytest.fixture
def thing() -> Callable[..., int]:
    """The object of a content in the log."""

    def hashed(content: str, source: str = "office") -> int:
        return Hasher(source).object(content)

    return hashed
