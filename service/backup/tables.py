"""Writes the tables of the database as Parquet files, and reads them into another database, be it SQLite or PostgreSQL.

Values are written by the types of the models, so that either database can be restored from a backup of the other, and rows only, so that
nothing of a deleted row is carried along. Signed-in sessions are left out: whoever was signed in signs in again. So are jobs: what was
going on then is not going on any more, and comes up again by its schedule.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    Time,
    bindparam,
    cast,
    func,
    insert,
    select,
    text,
    update,
)

from service.errors import Invalid
from service.models import Base, Job, Session, Worker
from service.models.base import Instant

LEFT_OUT = frozenset({one.__tablename__ for one in (Session, Job, Worker)})
_ROWS = 10_000
_INSERTED = 2_000
_TYPES: tuple[tuple[type[Any], pa.DataType], ...] = (
    (Boolean, pa.bool_()),
    (Integer, pa.int64()),
    (Float, pa.float64()),
    (Instant, pa.timestamp("us", "UTC")),
    (DateTime, pa.timestamp("us")),
    (Date, pa.date32()),
    (Time, pa.time64("us")),
    (JSON, pa.string()),
    (LargeBinary, pa.binary()),
    (String, pa.string()),
)


def tables() -> list[Table]:
    """The tables that are saved, those referred to before those that refer to them."""
    return [table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT]


def arrow_type(column: Column[Any]) -> pa.DataType:
    for kind, found in _TYPES:
        if isinstance(column.type, kind):
            return found
    raise TypeError(f"{column} can not be saved: say in service.backup.tables how its type is written")


def save(connection: Connection, folder: Path) -> dict[str, int]:
    """Write every table to `folder`, as the caller's transaction sees them; returns the number of rows of each."""
    counted = {}
    for table in tables():
        schema = pa.schema([pa.field(column.name, arrow_type(column)) for column in table.columns])
        # JSON goes as the text that is stored, so that NULL and JSON's null stay apart.
        columns = [
            cast(column, Text).label(column.name) if isinstance(column.type, JSON) else column
            for column in table.columns
        ]
        query = select(*columns).order_by(*table.primary_key.columns).execution_options(yield_per=_ROWS)
        counted[table.name] = 0
        with pq.ParquetWriter(folder / f"{table.name}.parquet", schema, compression="zstd") as writer:
            for rows in connection.execute(query).partitions():
                values = zip(*rows, strict=True)
                arrays = [
                    pa.array(list(value), kind.type) for value, kind in zip(values, schema, strict=True)
                ]
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
                counted[table.name] += len(rows)
    return counted


def read(folder: Path, table: Table) -> Iterator[list[dict[str, Any]]]:
    """The rows of a saved table, in slices. Raises `Invalid` where its columns are not those of this program."""
    with pq.ParquetFile(folder / f"{table.name}.parquet") as file:
        saved, known = set(file.schema_arrow.names), {column.name for column in table.columns}
        if saved != known:
            raise Invalid(
                f"the backup's table {table.name} has other columns ({', '.join(sorted(saved ^ known))}): restore it with the "
                "version of the program that made it, which the manifest names"
            )
        for batch in file.iter_batches(_INSERTED):
            yield batch.to_pylist()


def load(connection: Connection, folder: Path, keep: Callable[[str, dict[str, Any]], bool]) -> None:
    """Insert what was saved, but for the rows that `keep` (table, row) refuses; all within the caller's transaction."""
    for table in tables():
        own = [
            column.name
            for column in table.columns
            if any(key.column.table is table for key in column.foreign_keys)
        ]
        statement = insert(table).values(
            {column.name: _bound(connection, column) for column in table.columns}
        )
        later: list[dict[str, Any]] = []
        for rows in read(folder, table):
            kept = [row for row in rows if keep(table.name, row)]
            # A row may refer to a later one of its own table.
            later += [dict(row) for row in kept if any(row[name] is not None for name in own)]
            if kept:
                connection.execute(statement, [row | dict.fromkeys(own) for row in kept])
        for row in later:
            primary = [column == row[column.name] for column in table.primary_key.columns]
            connection.execute(update(table).where(*primary).values({name: row[name] for name in own}))
        _continue_numbers(connection, table)


def _bound(connection: Connection, column: Column[Any]) -> Any:
    if not isinstance(column.type, JSON):
        return bindparam(column.name, type_=column.type)
    given = bindparam(column.name, type_=Text())
    return cast(given, column.type) if connection.dialect.name == "postgresql" else given


def _continue_numbers(connection: Connection, table: Table) -> None:
    """PostgreSQL counts on from where its sequence stands, whatever was inserted."""
    column = table.autoincrement_column
    if connection.dialect.name != "postgresql" or column is None:
        return
    sequence = connection.scalar(
        text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": table.name, "column": column.name}
    )
    highest = connection.scalar(select(func.max(column)))
    if sequence is not None and highest is not None:
        connection.execute(
            text("SELECT setval(:sequence, :highest)"), {"sequence": sequence, "highest": highest}
        )
