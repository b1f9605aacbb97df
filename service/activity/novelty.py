"""Tells which rows of a batch the log does not hold yet, by streaming the columns needed and no more."""

from collections import Counter
from collections.abc import Callable, Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pf
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.fs import DeltaStorageHandler

from connectors.activity import Kind
from service.activity.rows import SCHEMA, Batch, Reactions, Row, Snapshot
from service.delta import LogUnusable, file_names, refuse_deletion_vectors

_REACTIONS = (Kind.REACT.value, Kind.WITHDRAW.value)
_SLICE = 65_536


def require_own(organisation: str, *, log: str, key: str) -> None:
    """Raises `LogUnusable` unless both the log and the pseudonym key are the organisation's."""
    for what, owner in (("log", log), ("pseudonym key", key)):
        if owner != organisation:
            raise LogUnusable(
                f"the {what} given is that of {owner!r}: a source of {organisation!r} is collected under its own, into its own"
            )


def new_rows(table: DeltaTable, batch: Batch) -> tuple[list[Row], Counter[tuple[str, str]]]:
    """The rows of a batch that are not stored yet, in order, and counts by (room, kind) of those that are.

    Snapshots of reactions become the rows that lead there from what is stored and from what came before in the batch.
    """
    refuse_deletion_vectors(table)
    known = _stored_keys(table, batch)
    reactions = _stored_reactions(table, batch)
    rows: list[Row] = []
    repeated: Counter[tuple[str, str]] = Counter()
    for entry in batch.entries:
        if isinstance(entry, Snapshot):
            fresh = reactions.changes(batch.source, entry, batch.hasher.key)
            reacting = sum(row.kind == Kind.REACT.value for row in fresh)
            repeated[entry.room, Kind.REACT.value] += len(entry.people) - reacting
        else:
            fresh = [entry]
        for row in fresh:
            if row.key in known:
                repeated[row.room, row.kind] += 1
                continue
            known.add(row.key)
            rows.append(row)
            if entry is row and row.kind in _REACTIONS and row.person is not None:
                reactions.add(row.object, row.person, row.kind, row.happened)
    return rows, +repeated


def _stored_keys(table: DeltaTable, batch: Batch) -> set[int]:
    """Keys hold the source, so that files of other sources need not be read but do no harm."""
    keys = [entry.key for entry in batch.entries if isinstance(entry, Row)]
    wanted = pa.array(keys, pa.int64())
    known: set[int] = set()
    if keys:
        for part in _scan(table, batch.source, ["key"], lambda part: pc.is_in(part.column("key"), wanted)):
            known.update(part.column("key").to_pylist())
    return known


def _stored_reactions(table: DeltaTable, batch: Batch) -> Reactions:
    reacted = {
        entry.object for entry in batch.entries if isinstance(entry, Snapshot) or entry.kind in _REACTIONS
    }
    reactions = Reactions()
    wanted, kinds = pa.array(reacted, pa.int64()), pa.array(_REACTIONS)

    def match(part: pa.RecordBatch) -> pa.Array:
        reaction = pc.and_(pc.is_in(part.column("kind"), kinds), pc.is_valid(part.column("person")))
        return pc.and_(reaction, pc.is_in(part.column("object"), wanted))

    if reacted:
        for part in _scan(table, batch.source, ["object", "person", "kind", "happened"], match):
            columns = [part.column(name) for name in ("object", "person", "kind")]
            moments = part.column("happened").cast(pa.int64())
            for row in zip(*(column.to_pylist() for column in (*columns, moments)), strict=True):
                reactions.add(*row)
    return reactions


def _scan(
    table: DeltaTable, source: str, columns: list[str], match: Callable[[pa.RecordBatch], pa.Array]
) -> Iterator[pa.RecordBatch]:
    """Slices of the matching rows in the files that may hold rows of the source."""
    # Files that were written anew (rows of theirs were deleted) are read with views of strings, which can not be filtered.
    schema = pa.schema([SCHEMA.field(name) for name in columns])
    files = pf.PyFileSystem(DeltaStorageHandler.from_table(table._table, table._storage_options))
    for name in file_names(table, source):
        with files.open_input_file(name) as file:
            for read in pq.ParquetFile(file).iter_batches(_SLICE, columns=columns, use_threads=False):
                part = read.select(columns).cast(schema)
                found = part.filter(match(part))
                if found.num_rows:
                    yield found
