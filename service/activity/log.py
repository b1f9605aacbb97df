"""The activity log: a Delta Lake table to which each batch of activities is appended together with its cursor.

One commit holds the rows, an application transaction (`<source>/<stream>`, sequence number) and, in its metadata, the
positions of *all* streams, so that the newest commit alone tells how far everything has been read, whatever log cleanup
has removed. Commits are never retried by the library, since a retry would carry positions that are out of date by then:
after a conflict the table is loaded again and the commit made anew.

Nothing is stored twice: before an append the keys of the batch are looked up in the key column of the stored files of
the same source (`service.activity.novelty`), and only new rows are appended. A keyed MERGE does the same in one statement
but joins all columns: over a million activities in batches of 20,000 it took 1.6 times as long and 430 MB and growing,
the look-up with append stayed at 250 MB (`python -m benchmarks.log` measures both). The look-up is safe because only one
process at a time collects a source (`service.activity.lock`): nobody else writes keys of that source before the commit.
"""

import glob
import json
import os
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from service.activity.novelty import new_rows
from service.activity.rows import SCHEMA, Batch, to_arrow, weeks
from service.activity.state import STATE, Position, State
from service.delta import LogUnusable, file_names, refuse_deletion_vectors
from service.errors import Conflict

if TYPE_CHECKING:
    import duckdb

ATTEMPTS = 12
_CONFIGURATION = {
    # Statistics of these columns go into the commits as text. None of `person`: it would outlive an erasure there.
    "delta.dataSkippingStatsColumns": "source,day",
    "delta.enableExpiredLogCleanup": "true",
}
_TARGET = 32 * 1024 * 1024  # a file of this size, about a million activities, is not touched again
_WRITER = WriterProperties(compression="ZSTD")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append did, as counts by (room, kind). `files` is how many the log now consists of."""

    stored: Counter[tuple[str, str]]
    repeated: Counter[tuple[str, str]]
    version: int
    files: int


class ActivityLog:
    """The activity log of one organisation at a path or object-store URL.

    Raises `LogUnusable` for a path Delta can not use. Several processes may read and write it at the same time.
    """

    def __init__(
        self, url: str | Path, organisation: str, storage_options: dict[str, str] | None = None
    ) -> None:
        self.organisation = organisation
        self.url = str(url).removeprefix("file://")
        self.local = "://" not in self.url
        self._options = storage_options
        if self.local and re.search(r"[\[\]?#^|\\]|%[0-9a-fA-F]{2}", self.url):
            raise LogUnusable(
                f"the activity log can not lie in {self.url}: the Delta library mistakes [ ] ? # ^ | \\ and %xx in a path. "
                "Set RESONANZ_LOG or RESONANZ_DATA to another directory"
            )

    def table(self) -> DeltaTable | None:
        """The newest snapshot, or None as long as nothing was stored. Raises `LogUnusable` for another organisation's."""
        try:
            table = DeltaTable(self.url, storage_options=self._options)
        except TableNotFoundError:
            return None
        if (name := table.metadata().name) != self._name:
            raise LogUnusable(
                f"what lies at {self.url} is {name!r}, not {self._name!r}: each organisation has a log of its own. Put every "
                "folder back to where it was, or restore a backup"
            )
        return table

    @property
    def _name(self) -> str:
        """Written into the table when it is made."""
        return f"activity log of {self.organisation}"

    @property
    def version(self) -> int | None:
        """The newest version; None as long as nothing was stored."""
        table = self.table()
        return None if table is None else table.version()

    @property
    def fingerprint(self) -> str | None:
        """Which pseudonym key the log was written under; None as long as nothing was stored."""
        table = self.table()
        return None if table is None else self._state(table).fingerprint

    def positions(self, source: str) -> dict[str, Position]:
        """How far each stream of a source is stored, by name of the stream."""
        table = self.table()
        if table is None:
            return {}
        prefix, state = f"{source}/", self._state(table)
        return {
            name.removeprefix(prefix): self._position(table, state, name)
            for name in state.positions
            if name.startswith(prefix)
        }

    def position(self, source: str, stream: str) -> Position:
        """How far one stream is stored; (0, None) at the beginning."""
        table = self.table()
        if table is None:
            return Position(0, None)
        return self._position(table, self._state(table), f"{source}/{stream}")

    def append(self, source: str, stream: str, sequence: int, cursor: str | None, batch: Batch) -> Appended:
        """Store a batch and the stream's cursor in one commit.

        Rows whose key is stored already are left out, and a batch whose `sequence` is stored already does nothing at all.
        Raises `Conflict` when other writers kept committing in between, `LogUnusable` when the log was written under
        another pseudonym key.
        """
        name = f"{source}/{stream}"

        def work(table: DeltaTable, state: State) -> Appended:
            if self._position(table, state, name).sequence >= sequence:
                return Appended(Counter(), Counter(), table.version(), len(file_names(table)))
            fingerprint = batch.pseudonymiser.fingerprint
            if state.fingerprint not in (None, fingerprint):
                raise LogUnusable(
                    "the activity log was written under another pseudonym key: restore that key file from your backup"
                )
            rows, repeated = new_rows(table, batch)
            state.fingerprint = fingerprint
            state.positions[name] = Position(sequence, cursor)
            write_deltalake(
                table,
                to_arrow(rows),
                mode="append",
                writer_properties=_WRITER,
                commit_properties=CommitProperties(
                    custom_metadata=state.metadata(weeks(rows)),
                    max_commit_retries=0,
                    app_transactions=[Transaction(name, sequence)],
                ),
            )
            stored = Counter((row.room, row.kind) for row in rows)
            version = self._settle(table)
            return Appended(stored, repeated, version, len(file_names(table)))

        return self._commit(work)

    def register(self, connection: "duckdb.DuckDBPyConnection") -> int | None:
        """Make the current snapshot a view `log` of a DuckDB connection; returns its version.

        A log that does not exist yet gives an empty view. Raises `LogUnusable` for deletion vectors left by another
        writer, since the files alone would then show deleted rows.
        """
        table = self.table()
        self._register(connection, table)
        return None if table is None else table.version()

    def touched_weeks(self, since_version: int | None = None) -> list[date]:
        """The Mondays of the ISO weeks in which anything was added or erased after a version, in order.

        Without a version, or where the commits since then do not tell, these are all weeks of the log.
        """
        table = self.table()
        if table is None:
            return []
        if since_version is not None:
            commits = table.history(table.version() - since_version)
            states = [commit[STATE] for commit in commits if STATE in commit]
            if len(states) == table.version() - since_version:
                return sorted({date.fromisoformat(monday) for state in states for monday in state["weeks"]})
        import duckdb

        with duckdb.connect() as connection:
            self._register(connection, table)
            found = connection.execute(
                "SELECT DISTINCT date_trunc('week', day)::DATE FROM log ORDER BY 1"
            ).fetchall()
        return [monday for (monday,) in found]

    def compact(self) -> int:
        """Join small files into large ones; returns how many files were replaced."""

        def work(table: DeltaTable, state: State) -> int:
            done = table.optimize.compact(
                target_size=_TARGET,
                max_concurrent_tasks=1,
                writer_properties=_WRITER,
                commit_properties=CommitProperties(custom_metadata=state.metadata(()), max_commit_retries=0),
            )
            return int(done["numFilesRemoved"])

        return 0 if self.table() is None else self._commit(work)

    def vacuum(self, retention_hours: int = 7 * 24) -> int:
        """Remove files no snapshot of the last `retention_hours` needs; returns how many.

        With 0 hours nobody may read or write meanwhile: their files would vanish.
        """

        def work(table: DeltaTable, state: State) -> int:
            removed = table.vacuum(
                retention_hours=retention_hours,
                dry_run=False,
                enforce_retention_duration=False,
                full=True,
                commit_properties=CommitProperties(custom_metadata=state.metadata(()), max_commit_retries=0),
            )
            return len(removed)

        return 0 if self.table() is None else self._commit(work)

    def erase(self, pseudonyms: Collection[int]) -> int:
        """Remove people from the log and from every byte of its files; returns how many rows they had.

        The table is written anew without them, all older files are removed, and what is left is searched. Nobody may
        read or write meanwhile (`service.activity.lock`). Raises `service.activity.erasure.ErasureIncomplete` if a trace
        was found.
        """
        import duckdb

        from service.activity.erasure import verify

        if not pseudonyms or self.table() is None:
            return 0
        listed = ", ".join(str(int(pseudonym)) for pseudonym in sorted(pseudonyms))

        def work(table: DeltaTable, state: State) -> int:
            with duckdb.connect() as connection:
                self._register(connection, table)
                where = f"FROM log WHERE person IN ({listed})"
                erased = int(connection.execute(f"SELECT count(*) {where}").fetchall()[0][0])
                found = connection.execute(
                    f"SELECT DISTINCT date_trunc('week', day)::DATE {where}"
                ).fetchall()
            if erased:
                # A Delta DELETE would write its predicate, and thereby the pseudonyms, into the commit for good.
                write_deltalake(
                    table,
                    table.scan(predicate=f"person IS NULL OR person NOT IN ({listed})"),
                    mode="overwrite",
                    writer_properties=_WRITER,
                    commit_properties=CommitProperties(
                        custom_metadata=state.metadata(sorted(monday for (monday,) in found)),
                        max_commit_retries=0,
                    ),
                )
            return erased

        erased = self._commit(work)
        self.vacuum(retention_hours=0)
        verify(self.url, self._options, pseudonyms)
        return erased

    def remove(self, source: str) -> int:
        """Remove everything of a source, and its positions; returns how many rows that were.

        As in `erase`, nobody may read or write meanwhile.
        """
        import duckdb

        if self.table() is None:
            return 0

        def work(table: DeltaTable, state: State) -> int:
            with duckdb.connect() as connection:
                self._register(connection, table)
                week = "SELECT DISTINCT date_trunc('week', day)::DATE FROM log WHERE source = ? ORDER BY 1"
                mondays = [monday for (monday,) in connection.execute(week, [source]).fetchall()]
            prefix = f"{source}/"
            state.positions = {
                name: position for name, position in state.positions.items() if not name.startswith(prefix)
            }
            quoted = source.replace("'", "''")
            done = table.delete(
                f"source = '{quoted}'",
                writer_properties=_WRITER,
                commit_properties=CommitProperties(
                    custom_metadata=state.metadata(mondays), max_commit_retries=0
                ),
            )
            return int(done["num_deleted_rows"] or 0)

        removed = self._commit(work)
        self.vacuum(retention_hours=0)
        return removed

    def delete_before(self, source: str, day: date) -> int:
        """Delete what happened at a source before a day; returns how many rows that were. Its bytes go with the next `vacuum`.

        Not told as touched weeks: what was measured of them stays. As in `erase`, nobody may read or write meanwhile.
        """

        def work(table: DeltaTable, state: State) -> int:
            quoted = source.replace("'", "''")
            told = CommitProperties(custom_metadata=state.metadata(()), max_commit_retries=0)
            predicate = f"source = '{quoted}' AND day < DATE '{day}'"
            done = table.delete(predicate, writer_properties=_WRITER, commit_properties=told)
            return int(done["num_deleted_rows"] or 0)

        return 0 if self.table() is None else self._commit(work)

    def _commit(self, work: Callable[[DeltaTable, State], T]) -> T:
        for attempt in range(ATTEMPTS):
            table = self.table() or self._create()
            try:
                return work(table, self._state(table))
            except CommitFailedError:
                time.sleep(random.uniform(0, 0.05 * 2 ** min(attempt, 5)))  # noqa: S311
        raise Conflict("other processes keep writing to the activity log: try again later")

    def _create(self) -> DeltaTable:
        try:
            return DeltaTable.create(
                self.url,
                SCHEMA,
                name=self._name,
                configuration=_CONFIGURATION,
                storage_options=self._options,
                commit_properties=CommitProperties(custom_metadata=State().metadata(())),
            )
        except DeltaError:
            table = self.table()
            if table is None:
                raise
            return table

    def _state(self, table: DeltaTable) -> State:
        """The state of the newest commit of ours: nearly always the newest commit of all."""
        for limit in (1, None):
            for commit in table.history(limit):
                if (state := commit.get(STATE)) is not None:
                    positions = {
                        stream: Position(*position) for stream, position in state["positions"].items()
                    }
                    return State(positions, state["fingerprint"])
        return State()

    def _position(self, table: DeltaTable, state: State, name: str) -> Position:
        """Without our metadata (another program rewrote the table) the stream is read again; keys keep it from doubling."""
        position = state.positions.get(name, Position(0, None))
        landed = table.transaction_version(name) or 0
        return position if position.sequence >= landed else Position(landed, None)

    def _settle(self, table: DeltaTable) -> int:
        """Wait until a local commit and its files are on the disk: what follows relies on them."""
        table.update_incremental()
        version = int(table.version())
        if self.local:
            folder = Path(self.url)
            commit = folder / "_delta_log" / f"{version:020}.json"
            actions = (json.loads(line) for line in commit.read_text().splitlines())
            added = [folder / action["add"]["path"] for action in actions if "add" in action]
            for path in (*added, commit, commit.parent, folder):
                descriptor = os.open(path, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
        return version

    def _register(self, connection: "duckdb.DuckDBPyConnection", table: DeltaTable | None) -> None:
        if table is not None:
            refuse_deletion_vectors(table)
        if table is None or not (names := file_names(table)):
            relation = connection.from_arrow(SCHEMA.empty_table())
        elif self.local:
            folder = Path(glob.escape(self.url))
            relation = connection.read_parquet([str(folder / name) for name in names])
        else:
            relation = connection.from_arrow(table.to_pyarrow_dataset())
        relation.create_view("log", replace=True)
