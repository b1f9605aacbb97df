"""A source with everything around it: database, log, key, and a connector that plays a script."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import Engine, select

from benchmarks.kills import everything as stored
from benchmarks.kills import rows
from connectors.activity import Activity, Content, ContentType, Kind, Page
from connectors.base import Check, Memory
from service.activity.collect import collect
from service.activity.log import ActivityLog
from service.activity.pseudonym import Pseudonymiser, open_keys
from service.activity.report import Report
from service.database import connect, transaction
from service.models import (
    Base,
    Organisation,
    Source,
)

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@dataclass
class Script:
    """A connector that yields given pages; an exception in place of a page is raised. Cursors are page numbers."""

    name: ClassVar[str] = "script"
    pages: dict[str, list[Page | BaseException]] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    closed: bool = False

    @classmethod
    def connect(cls, settings: Mapping[str, Any], memory: Memory) -> "Script":
        raise NotImplementedError

    def check(self, expected_rooms: int | None = None) -> Check:
        return Check(())

    def streams(self) -> Sequence[str]:
        return list(self.pages)

    def read(self, stream: str, cursor: str | None) -> Iterator[Page]:
        self.asked.append((stream, cursor))
        for page in self.pages[stream]:
            if isinstance(page, BaseException):
                raise page
            if cursor is None or int(page.cursor) > int(cursor):
                yield page

    def requests(self) -> int:
        return len(self.asked)

    def close(self) -> None:
        self.closed = True


@dataclass
class World:
    """One organisation with one source, `wiki`."""

    engine: Engine
    log: ActivityLog
    pseudonymiser: Pseudonymiser
    folder: Path
    now: datetime = NOON

    def sync(self, *pages: Page | BaseException, stream: str = "content", **options: Any) -> Report:
        return self.run(Script({stream: list(pages)}), **options)

    def run(self, script: Any, **options: Any) -> Report:
        return collect(
            self.engine,
            self.log,
            self.pseudonymiser,
            "wiki",
            connector=script,
            clock=lambda: self.now,
            **options,
        )

    def rows(self, columns: str = "*", where: str = "true") -> list[tuple[Any, ...]]:
        return rows(self.log, columns, where)

    def person(self, account: str) -> int:
        return self.pseudonymiser.person(account, "wiki")

    def all(self, table: type[Base]) -> list[Any]:
        with transaction(self.engine) as session:
            return list(session.scalars(select(table)))

    def everything(self) -> dict[str, list[Any]]:
        return everything(self)

    def later(self, **delta: float) -> None:
        self.now += timedelta(**delta)


def everything(world: World) -> dict[str, list[Any]]:
    """All that is stored, to compare two worlds."""
    found = stored(world.engine, world.log)
    found["positions"] = sorted((stream, at.cursor) for stream, at in world.log.positions("wiki").items())
    return found


def _world(engine: Engine, folder: Path) -> World:
    with transaction(engine) as session:
        organisation = Organisation(key="acme", name="Acme")
        session.add(organisation)
        session.flush()
        session.add(
            Source(organisation_id=organisation.id, key="wiki", connector="script", settings={}, created=NOON)
        )
    keys = open_keys(folder / "key" / "pseudonym.key", "acme")
    return World(engine, ActivityLog(folder / "activity", "acme"), Pseudonymiser(keys, "acme"), folder)


@pytest.fixture
def make_world(tmp_path: Path, new_database: Callable[[Path], Engine]) -> Iterator[Callable[[], World]]:
    """Makes worlds on SQLite, each in a folder of its own."""
    engines: list[Engine] = []

    def make() -> World:
        folder = tmp_path / uuid.uuid4().hex
        folder.mkdir()
        engines.append(new_database(folder / "resonanz.db"))
        return _world(engines[-1], folder)

    yield make
    for engine in engines:
        engine.dispose()


@pytest.fixture
def world(make_world: Callable[[], World]) -> World:
    return make_world()


@pytest.fixture
def postgres_world(migrated_postgres_url: str, tmp_path: Path) -> Iterator[World]:
    engine = connect(migrated_postgres_url)
    yield _world(engine, tmp_path)
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def any_world(request: pytest.FixtureRequest) -> World:
    """The same world on each database."""
    name = "world" if request.param == "sqlite" else "postgres_world"
    found: World = request.getfixturevalue(name)
    return found


@pytest.fixture
def act() -> Callable[..., Activity]:
    """Builds an activity: by default somebody creates a page in the room HR."""

    def build(key: str, kind: Kind = Kind.CREATE, person: str | None = "ada", **given: Any) -> Activity:
        values: dict[str, Any] = {
            "room": "HR",
            "happened": NOON,
            "object": key.partition("#")[0],
            "content_type": ContentType.PAGE,
        }
        return Activity(key=key, kind=kind, person=person, **{**values, **given})

    return build


@pytest.fixture
def content() -> Callable[..., Content]:
    def build(identity: str, **given: Any) -> Content:
        values: dict[str, Any] = {
            "room": "HR",
            "content_type": ContentType.PAGE,
            "created": NOON,
            "changed": NOON,
        }
        return Content(id=identity, **{**values, **given})

    return build


@pytest.fixture
def script() -> type[Script]:
    return Script
