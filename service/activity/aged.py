"""What is too old to be stored, or to lie on the disk any longer."""

import io
from collections.abc import Collection
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pf
import pyarrow.parquet as pq
from deltalake.fs import DeltaStorageHandler
from sqlalchemy import Connection, select

from service.activity.changes import Changes
from service.activity.log import ActivityLog
from service.activity.rows import SCHEMA, Batch, Row
from service.models import Person, Source

_EPOCH = date(1970, 1, 1).toordinal()
_SLICE = 500


def leave_out(batch: Batch, floor: date) -> tuple[int, date | None]:
    """Take what happened before a day out of a batch; returns how many rows that were, and the newest day among them."""
    first = floor.toordinal() - _EPOCH
    old = [entry.day for entry in batch.entries if isinstance(entry, Row) and entry.day < first]
    if not old:
        return 0, None
    batch.entries[:] = [entry for entry in batch.entries if not isinstance(entry, Row) or entry.day >= first]
    return len(old), date.fromordinal(max(old) + _EPOCH)


def leave_out_people(connection: Connection, source: Source, changes: Changes) -> int:
    """Take accounts out that are out of use and not stored: they were once, and too long out of use; returns how many.

    At the first reading of a source's people nothing was stored before, and all are kept.
    """
    if source.people_observed is None:
        return 0
    unused = sorted(key for key, person in changes.people.items() if not person["active"])
    known: set[int] = set()
    for start in range(0, len(unused), _SLICE):
        known.update(
            connection.scalars(
                select(Person.pseudonym).where(
                    Person.organisation_id == source.organisation_id,
                    Person.pseudonym.in_(unused[start : start + _SLICE]),
                )
            )
        )
    forgotten = [key for key in unused if key not in known]
    for key in forgotten:
        del changes.people[key]
    return len(forgotten)


def on_disk(log: ActivityLog, sources: Collection[str], day: date) -> list[str]:
    """The Parquet files of the log that hold something of the sources from before a day, whether the log still refers to them or not."""
    table = log.table()
    if table is None:
        return []
    files = pf.PyFileSystem(DeltaStorageHandler.from_table(table._table, table._storage_options))
    wanted, found = pa.array(sorted(sources), pa.string()), []
    types = pa.schema([SCHEMA.field(name) for name in ("source", "day")])
    for info in files.get_file_info(pf.FileSelector("/", recursive=True)):
        if info.type != pf.FileType.File or not info.path.endswith(".parquet"):
            continue
        with files.open_input_file(info.path) as file:
            content = pq.ParquetFile(io.BytesIO(file.read()))
        if not set(types.names) <= set(content.schema_arrow.names):
            continue  # a checkpoint of the table
        for read in content.iter_batches(columns=types.names):
            part = read.cast(types)  # a delete leaves files that say their texts are views
            old = pc.and_(pc.is_in(part.column("source"), wanted), pc.less(part.column("day"), day))
            if pc.any(old).as_py():
                found.append(info.path)
                break
    return found
