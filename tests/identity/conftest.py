"""Two sources of one organisation, and what they tell of the same people."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import Engine, select

from connectors.activity import Activity, ContentType, Kind, Members, Page, Person, Room
from connectors.base import Check, Memory
from service.activity.collect import collect
from service.activity.log import ActivityLog
from service.activity.pseudonym import Pseudonymiser, open_keys
from service.activity.report import Report
from service.database import transaction
from service.measure import measure
from service.models import Base, Measurement, Organisation, Source

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class Script:
    """Yields one given page per reading."""

    name: ClassVar[str] = "script"
    page: Page = field(default_factory=lambda: Page("1"))

    @classmethod
    def connect(cls, settings: Mapping[str, Any], memory: Memory) -> "Script":
        raise NotImplementedError

    def check(self, expected_rooms: int | None = None) -> Check:
        return Check(())

    def streams(self) -> Sequence[str]:
        return ["everything"]

    def read(self, stream: str, cursor: str | None) -> Iterator[Page]:
        yield self.page

    def requests(self) -> int:
        return 0

    def close(self) -> None:
        return


@dataclass
class Company:
    """An organisation with the sources `wiki` and `teams`; each has one room, `all`."""

    engine: Engine
    log: ActivityLog
    pseudonymiser: Pseudonymiser
    folder: Path
    now: datetime = MONDAY + timedelta(days=7)

    def sync(
        self, source: str, *people: Person, acts: Sequence[Activity] = (), members: Sequence[str] = ()
    ) -> Report:
        page = Page(
            "1",
            activities=acts,
            rooms=[Room("all", "ALL")],
            people=people,
            members=[Members("all", frozenset(members))] if members else (),
        )
        return collect(
            self.engine, self.log, self.pseudonymiser, source, connector=Script(page), clock=lambda: self.now
        )

    def measure(self) -> None:
        measure(self.engine, self.log, 1, clock=lambda: self.now)

    def found(
        self, metric: str, scope: str = "organisation", key: str = ""
    ) -> dict[str, tuple[int | None, int | None]]:
        """(numerator, denominator) of the week by category."""
        with transaction(self.engine) as session:
            rows = session.scalars(
                select(Measurement).where(
                    Measurement.metric == metric,
                    Measurement.scope == scope,
                    Measurement.scope_key == key,
                    Measurement.window == "week",
                    Measurement.since == MONDAY.date(),
                )
            ).all()
            return {row.category: (row.numerator, row.denominator) for row in rows}

    def all(self, table: type[Base]) -> list[Any]:
        with transaction(self.engine) as session:
            return list(session.scalars(select(table)))


@pytest.fixture
def company(tmp_path: Path, new_database: Callable[[Path], Engine]) -> Iterator[Company]:
    engine = new_database(tmp_path / "resonanz.db")
    with transaction(engine) as session:
        session.add(Organisation(key="acme", name="Acme"))
        session.flush()
        for key in ("wiki", "teams"):
            session.add(Source(organisation_id=1, key=key, connector="script", settings={}, created=MONDAY))
    keys = open_keys(tmp_path / "key" / "pseudonym.key", "acme")
    yield Company(engine, ActivityLog(tmp_path / "activity", "acme"), Pseudonymiser(keys, "acme"), tmp_path)
    engine.dispose()


@pytest.fixture
def act() -> Callable[..., Activity]:
    """Builds an activity: by default somebody creates a page on Monday noon."""

    def build(person: str, kind: Kind = Kind.CREATE, **given: Any) -> Activity:
        key = uuid.uuid4().hex
        values: dict[str, Any] = {
            "room": "all",
            "happened": MONDAY,
            "object": key,
            "content_type": ContentType.PAGE,
        }
        return Activity(key=key, kind=kind, person=person, **{**values, **given})

    return build
