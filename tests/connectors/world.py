"""An installation with one source, which is collected as the service does it, and what its log holds."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from benchmarks.kills import everything, rows
from connectors.activity import Kind, Page
from connectors.base import Connector
from service.activity.collect import collect
from service.activity.log import ActivityLog
from service.activity.memory import SourceMemory
from service.activity.pseudonym import Pseudonymiser, open_keys
from service.activity.report import Report
from service.activity.rows import SCHEMA, Batch
from service.database import transaction
from service.models import Organisation, Source
from tests.connectors.bench import Bench

SOURCE = "platform"
_FACT = [name for name in SCHEMA.names if name not in ("key", "source", "happened", "day", "minor", "total")]
Fact = tuple[Any, ...]


class Watched:
    """A connector whose pages are looked at on their way."""

    def __init__(self, inner: Connector, look: Callable[[str, Page], None]) -> None:
        self._inner, self._look, self.name = inner, look, inner.name

    def read(self, stream: str, cursor: str | None) -> Iterator[Page]:
        for page in self._inner.read(stream, cursor):
            self._look(stream, page)
            yield page

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class World:
    """`key` is where the key of pseudonyms lies: the same for installations that are compared."""

    def __init__(self, bench: Bench, engine: Engine, folder: Path, key: Path) -> None:
        self.bench, self.engine = bench, engine
        with transaction(engine) as session:
            owner = Organisation(key="acme", name="Acme", synthetic=True)
            session.add(owner)
            session.flush()
            source = Source(
                organisation_id=owner.id,
                key=SOURCE,
                connector=bench.connector,
                settings=bench.settings(),
                created=bench.now - timedelta(days=1),
            )
            session.add(source)
            session.flush()
            self.memory = SourceMemory(engine, source.id, SOURCE, lambda: bench.now)
        self.log = ActivityLog(folder / "activity", "acme")
        self.pseudonymiser = Pseudonymiser(open_keys(key, "acme"), "acme")
        self.report: Report | None = None
        self.pages: list[tuple[str, Page]] = []
        self.first: list[tuple[str, Page]] = []
        self.before: dict[str, list[Any]] = {}

    def collect(self, **options: Any) -> Report:
        """One collection; its pages are kept in `pages`."""
        self.pages = []
        with self.bench.connected(self.memory) as connector:
            return collect(
                self.engine,
                self.log,
                self.pseudonymiser,
                SOURCE,
                connector=Watched(connector, lambda stream, page: self.pages.append((stream, page))),
                clock=lambda: self.bench.now,
                **options,
            )

    def put(self, cursors: Mapping[str, str]) -> None:
        """Cursors as if they had been stored with what was read last."""
        for stream, cursor in cursors.items():
            sequence = self.log.position(SOURCE, stream).sequence + 1
            self.log.append(SOURCE, stream, sequence, cursor, self._batch())

    def cursors(self) -> dict[str, str | None]:
        return {stream: position.cursor for stream, position in self.log.positions(SOURCE).items()}

    def stored(self) -> dict[str, list[Any]]:
        """All that is stored, to compare two installations."""
        return everything(self.engine, self.log)

    def unique(self) -> bool:
        """Whether nothing is stored twice."""
        keys = rows(self.log, "key")
        return len(keys) == len(set(keys))

    def facts(self) -> Counter[Fact]:
        """What somebody did, as the log holds it."""
        kinds = ", ".join(f"'{kind}'" for kind in Kind if kind not in (Kind.JOIN, Kind.LEAVE, Kind.DELETE))
        happened = "CASE WHEN dated THEN happened END AS happened"
        found = rows(self.log, ", ".join([*_FACT, happened]), f"kind IN ({kinds}) AND total IS NULL")
        return Counter(found)

    def truth(self) -> Counter[Fact]:
        """What is true on the platform, as the log has to hold it."""
        batch = self._batch()
        for one in self.bench.truth():
            batch.activity(one)
        return Counter(
            (*(getattr(row, name) for name in _FACT), _moment(row) if row.dated else None)  # type: ignore[union-attr]
            for row in batch.entries
        )

    def _batch(self) -> Batch:
        return Batch(SOURCE, self.pseudonymiser, ZoneInfo("UTC"))


def _moment(row: Any) -> Any:
    return datetime.fromtimestamp(row.happened // 1_000_000, UTC)
