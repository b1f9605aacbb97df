"""An organisation in the relational store, and a log of a few rows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from sqlalchemy import Engine, select

from metrics.facts import log
from service.database import transaction
from service.engines.relations import register
from service.hashes import Hasher
from service.measure import Summary, measure
from service.models import (
    Coverage,
    KnownContent,
    Measurement,
    Membership,
    Organisation,
    Person,
    Room,
    Source,
    Sync,
    Unit,
)

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
FIRST_SEEN = datetime(2026, 3, 30, 8, tzinfo=UTC)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


@dataclass
class Company:
    """`ada` and the like are pseudonyms by order of appearance; `hr` is the room `wiki/hr` of the source `wiki`."""

    engine: Engine
    key: str = "acme"
    source: str = "wiki"
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    keys: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        with transaction(self.engine) as session:
            organisation = Organisation(key=self.key, name=self.key)
            session.add(organisation)
            session.flush()
            self.id = organisation.id
            source = Source(
                organisation_id=self.id, key=self.source, connector="confluence", settings={}, created=NOW
            )
            session.add(source)
            session.flush()
            self.source_id = source.id

    def add(self, *things: Any) -> None:
        with transaction(self.engine) as session:
            session.add_all(things)

    def number(self, name: str) -> int:
        return self.numbers.setdefault(name, len(self.numbers) + 1)

    def person(self, name: str, unit: str | None = None, kind: str = "human") -> None:
        with transaction(self.engine) as session:
            found = session.scalar(select(Unit).where(Unit.key == unit, Unit.organisation_id == self.id))
            if unit and found is None:
                found = Unit(organisation_id=self.id, key=unit, name=unit)
                session.add(found)
                session.flush()
            session.add(
                Person(
                    organisation_id=self.id,
                    pseudonym=self.number(name),
                    unit_id=found.id if found else None,
                    kind=kind,
                    first_seen=NOW,
                    last_seen=NOW,
                )
            )

    def room(self, name: str, *members: str, **more: Any) -> None:
        room = Room(
            organisation_id=self.id,
            source_id=self.source_id,
            key=f"{self.source}/{name}",
            handle=name.upper(),
            first_seen=FIRST_SEEN,
            **more,
        )
        self.add(room)
        self.add(
            *(
                Membership(room_id=room.id, pseudonym=self.number(member), since=FIRST_SEEN)
                for member in members
            )
        )

    def content(
        self, thing: str, answerable: bool | None, made: str = "2026-01-01 00:00", observed: bool = False
    ) -> None:
        day = moment(made)
        self.add(
            KnownContent(
                source_id=self.source_id,
                id=thing,
                room=f"{self.source}/hr",
                content_type="page",
                created=day,
                changed=day,
                version=1,
                answerable=answerable,
                observed=NOW if observed else None,
            )
        )

    def gap(self, kinds: str, reason: str) -> None:
        self.add(
            Coverage(
                source_id=self.source_id, stream="reactions", kinds=kinds, reason=reason, since=NOW, seen=NOW
            )
        )

    def synced(self, started: str, state: str = "done", source_id: int | None = None) -> None:
        self.add(Sync(source_id=source_id or self.source_id, started=moment(started), state=state, report={}))

    def act(
        self,
        kind: str,
        name: str,
        when: str,
        thing: str,
        *,
        on: str | None = None,
        content_type: str = "post",
        room: str = "hr",
    ) -> None:
        happened, hasher = moment(when), Hasher(self.source)
        self.rows.append(
            (
                next(self.keys),
                self.source,
                f"{self.source}/{room}",
                kind,
                "comment" if on else content_type,
                self.number(name),
                happened,
                happened.astimezone(BERLIN).date(),
                hasher.object(thing),
                hasher.object(on) if on else None,
                hasher.object(on or thing),
                True,
                False,
                None,
            )
        )

    def register(self, connection: duckdb.DuckDBPyConnection) -> None:
        register(connection, log, self.rows)

    def measure(self, **more: Any) -> Summary:
        return measure(self.engine, self, self.id, clock=lambda: NOW, **more)

    def found(
        self, metric: str, since: date, scope: str = "organisation", key: str = "", window: str = "week"
    ) -> dict[str, Any]:
        """Values of one place by category: (numerator, denominator), or the reason why not."""
        with transaction(self.engine) as session:
            rows = session.scalars(
                select(Measurement).where(
                    Measurement.organisation_id == self.id,
                    Measurement.metric == metric,
                    Measurement.since == since,
                    Measurement.scope == scope,
                    Measurement.scope_key == key,
                    Measurement.window == window,
                )
            ).all()
            return {row.category: row.reason or (row.numerator, row.denominator) for row in rows}

    def rows_measured(self) -> list[tuple[Any, ...]]:
        """All measurements without their running number."""
        columns = [column for column in Measurement.__table__.columns if column.name != "id"]
        with transaction(self.engine) as session:
            return sorted(map(tuple, session.execute(select(*columns))), key=repr)


@pytest.fixture
def make_company() -> Callable[..., Company]:
    return Company


@pytest.fixture
def company(tmp_path: Path, new_database: Callable[[Path], Engine]) -> Any:
    """On SQLite; tests that need both databases make their own with `engine`."""
    engine = new_database(tmp_path / "resonanz.db")
    yield Company(engine)
    engine.dispose()
