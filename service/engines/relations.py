"""Rows of the relational store as tables beside the activity log, in the engine that counts."""

from collections.abc import Iterable
from typing import Any

import duckdb
import pyarrow as pa
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Integer, String, Table

from service.engines import Connection

_ARROW = {
    BigInteger: pa.int64(),
    Integer: pa.int32(),
    String: pa.string(),
    Boolean: pa.bool_(),
    Date: pa.date32(),
    DateTime: pa.timestamp("us", "UTC"),
}


def to_arrow(table: Table, rows: Iterable[tuple[Any, ...]]) -> pa.Table:
    """Rows in the order of the table's columns."""
    schema = pa.schema([pa.field(column.name, _ARROW[type(column.type)]) for column in table.columns])
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table(
        [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)], schema
    )


def register(connection: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    """Make rows, in the order of the table's columns, a table of the connection, in place of one of that name."""
    given = to_arrow(table, rows)
    if not isinstance(connection, duckdb.DuckDBPyConnection):
        connection.register(table.name, given)
        return
    # A table of DuckDB's own knows how large it is, and may be renamed.
    connection.register("given", given)
    connection.execute(f"CREATE OR REPLACE TABLE {table.name} AS SELECT * FROM given")  # noqa: S608
    connection.unregister("given")


def rename(connection: Connection, old: str, new: str) -> None:
    """Give a relation another name, be it a view over files or a table."""
    if not isinstance(connection, duckdb.DuckDBPyConnection):
        connection.execute(f"ALTER VIEW {old} RENAME TO {new}")
        return
    found = connection.execute(
        "SELECT table_type FROM information_schema.tables WHERE table_name = ?", [old]
    ).fetchall()
    kind = "VIEW" if found[0][0] == "VIEW" else "TABLE"
    connection.execute(f"ALTER {kind} {old} RENAME TO {new}")
