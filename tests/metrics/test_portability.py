"""The same statements on a real PostgreSQL give the same facts and the same numbers."""

from collections.abc import Iterable, Iterator
from typing import Any

import duckdb
import pytest
from sqlalchemy import BigInteger, Connection, DateTime, MetaData, Table, cast, create_engine, extract, select

from metrics import facts
from metrics.catalog import CATALOG
from metrics.dialect import text
from metrics.rollup import ROLLUPS, build

pytestmark = pytest.mark.postgres
ALL = list(facts.facts.tables.values())
MADE = [table for table, _ in ROLLUPS]


@pytest.fixture
def server(postgres_url: str) -> Iterator[Connection]:
    engine = create_engine(postgres_url)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SET TIME ZONE 'UTC'")
            yield connection
    finally:
        engine.dispose()


def copy(source: duckdb.DuckDBPyConnection, target: Connection, tables: Iterable[Table]) -> None:
    copies = MetaData()
    for table in tables:
        there = table.to_metadata(copies)
        there.create(target)
        rows = source.sql(text(select(table))).to_arrow_table().to_pylist()
        if rows:
            target.execute(there.insert(), rows)


def test_postgresql_counts_the_same(busy: Any, server: Connection) -> None:
    with busy.database() as duck:
        copy(duck, server, ALL)
        for metric in CATALOG.values():
            for scope in metric.scopes:
                statement = text(metric.statement(scope))
                here = sorted(map(repr, duck.execute(statement).fetchall()))
                there = sorted(repr(tuple(row)) for row in server.exec_driver_sql(statement))
                assert here == there, (metric.key, scope)


def test_postgresql_makes_the_same_facts_from_the_same_log(busy: Any, server: Connection) -> None:
    with busy.database() as duck:
        copy(duck, server, [table for table in ALL if table not in MADE])
        build(server.exec_driver_sql)
        for table in MADE:
            query = text(
                select(
                    *(
                        cast(extract("epoch", column), BigInteger)
                        if isinstance(column.type, DateTime)
                        else column
                        for column in table.columns
                    )
                )
            )
            here = sorted(map(repr, duck.execute(query).fetchall()))
            assert here, f"nothing in {table.name}: the example proves nothing"
            assert here == sorted(repr(tuple(row)) for row in server.exec_driver_sql(query)), table.name
