"""An organisation with two sources, a pseudonym key and the register beside it, on either database."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import pytest
from sqlalchemy import Engine, select

from connectors.activity import Activity, ContentType, Kind, Members, Page, Person, Reactors, Room
from connectors.base import Check, Memory
from service.activity.collect import collect
from service.activity.log import ActivityLog
from service.activity.pseudonym import Pseudonymiser
from service.activity.rights import Named, Rights
from service.database import connect, transaction
from service.models import Base, Organisation, Source
from service.places import Places
from service.privacy.register import Register

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class Script:
    """Yields the given pages, once each."""

    name: ClassVar[str] = "script"
    pages: Sequence[Page] = field(default_factory=list)

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
class House:
    """Of an organisation: `key_folder` holds its key and its register; everything else of the folder may be lost and restored."""

    engine: Engine
    places: Places
    folder: Path
    organisation: str = "acme"
    now: datetime = MONDAY

    @property
    def log(self) -> ActivityLog:
        return self.places.log(self.organisation)

    @property
    def key_path(self) -> Path:
        return self.places.key(self.organisation)

    @property
    def key_folder(self) -> Path:
        return self.key_path.parent

    @property
    def register(self) -> Register:
        return self.places.register(self.organisation)

    @property
    def pseudonymiser(self) -> Pseudonymiser:
        return self.places.pseudonymiser(self.organisation)

    @property
    def rights(self) -> Rights:
        return Rights(self.engine, self.log, self.pseudonymiser)

    def person(self, account: str, source: str | None = "wiki") -> int:
        return self.pseudonymiser.person(account, source)

    def sync(self, *pages: Page, source: str = "wiki", **options: Any) -> None:
        collect(
            self.engine,
            self.log,
            options.pop("pseudonymiser", self.pseudonymiser),
            source,
            connector=Script(pages),
            clock=lambda: self.now,
            **options,
        )

    def logged(self) -> set[int | None]:
        with duckdb.connect() as connection:
            self.log.register(connection)
            return {person for (person,) in connection.execute("SELECT DISTINCT person FROM log").fetchall()}

    def all(self, table: type[Base]) -> list[Any]:
        with transaction(self.engine) as session:
            return list(session.scalars(select(table)))

    def erase(self, account: str, source: str | None = "wiki") -> bool:
        return self.rights.erase(Named(account, source))

    def opt_out(self, account: str, source: str | None = "wiki") -> None:
        self.rights.opt_out(Named(account, source))

    def opt_in(self, account: str, source: str | None = "wiki") -> None:
        self.rights.opt_in(Named(account, source))


def placed(folder: Path) -> Places:
    return Places(folder / "key" / "pseudonym.key", str(folder / "activity"))


def furnished(engine: Engine, folder: Path) -> House:
    with transaction(engine) as session:
        session.add(Organisation(key="acme", name="Acme", workforce=50))
        session.flush()
        for key in ("wiki", "teams"):
            session.add(Source(organisation_id=1, key=key, connector="script", settings={}, created=MONDAY))
    return House(engine, placed(folder), folder)


@pytest.fixture
def house(new_database: Callable[[Path], Engine], tmp_path: Path) -> Iterator[House]:
    """On SQLite."""
    engine = new_database(tmp_path / "resonanz.db")
    yield furnished(engine, tmp_path)
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def any_house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """On each database, with the real schema."""
    if request.param == "sqlite":
        yield request.getfixturevalue("house")
        return
    engine = connect(request.getfixturevalue("migrated_postgres_url"))
    yield furnished(engine, tmp_path)
    engine.dispose()


@pytest.fixture
def act() -> Callable[..., Activity]:
    """Builds an activity: by default somebody creates a page in the room HR."""

    def build(key: str, person: str, kind: Kind = Kind.CREATE, **given: Any) -> Activity:
        values: dict[str, Any] = {
            "room": "HR",
            "happened": MONDAY,
            "object": key.partition("#")[0],
            "content_type": ContentType.PAGE,
        }
        return Activity(key=key, kind=kind, person=person, **{**values, **given})

    return build


@pytest.fixture
def wiki(act: Callable[..., Activity]) -> Page:
    """What the wiki tells: three people, one page by ada, answered by bob and liked by ada and eve."""
    return Page(
        "1",
        [act("p1", "ada"), act("p1#c", "bob", Kind.COMMENT, parent="p1"), act("p2", "eve")],
        rooms=[Room("HR", "HR")],
        people=[
            Person("ada", canonical="ada@acme.example", unit="IT"),
            Person("bob", canonical="bob@acme.example", unit="IT"),
            Person("eve"),
        ],
        members=[Members("HR", frozenset({"ada", "bob"}), owners=frozenset({"eve"}))],
        reactors=[Reactors("p1", "HR", ContentType.PAGE, None, frozenset({"ada", "eve"}), MONDAY)],
    )


@pytest.fixture
def teams(act: Callable[..., Activity]) -> Page:
    """What Teams tells: ada by another account, told only after what she wrote."""
    return Page(
        "1",
        [act("m1", "a-1", Kind.MESSAGE), act("m2", "b-1", Kind.MESSAGE)],
        rooms=[Room("HR", "HR")],
        people=[Person("a-1", canonical="ADA@acme.example "), Person("b-1", canonical="bob@acme.example")],
    )
