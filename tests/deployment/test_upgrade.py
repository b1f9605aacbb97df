"""Upgrades: from every revision with data in every table, twice, side by side, and never by an older program."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, Table, inspect, make_url, select
from sqlalchemy import types as sql
from sqlalchemy.exc import DBAPIError

from alembic import command
from service import database
from service.database import alembic_config, connect, migrate, prepare, require_current, revisions
from service.errors import SchemaTooNew

REVISIONS = [
    script.revision
    for script in ScriptDirectory(str(database.MIGRATIONS)).walk_revisions()
    if script.revision is not None
][::-1]
ROWS = 2
NEXT = '''"""One more column, and one that is longer."""
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "next", {head!r}, None, None
def upgrade():
    with op.batch_alter_table("organisation") as table:  # on SQLite the table is made anew
        table.alter_column("name", type_=sa.String(300), existing_nullable=False)
        table.add_column(sa.Column("motto", sa.String(200)))
    op.execute("UPDATE organisation SET motto = 'of ' || name")
'''
BROKEN = NEXT.replace("'of ' || name", "1 / nothing")


MADE: tuple[tuple[Any, Callable[[int], Any]], ...] = (
    (sql.Boolean, lambda number: number % 2 == 0),
    (sql.DateTime, lambda number: datetime(2026, 3, 1 + number, 12, 30, tzinfo=UTC)),
    (sql.Time, lambda number: time(number, 30)),
    (sql.Date, lambda number: date(2026, 3, 1 + number)),
    (sql.LargeBinary, lambda number: bytes([number]) * 16),
    (sql.JSON, lambda number: {"number": number}),
    ((sql.Numeric, sql.Float), lambda number: number + 0.5),
    (sql.Integer, lambda number: number),
)


def value(column: Any, number: int) -> Any:
    """Something that fits the column, another for each number."""
    for kind, make in MADE:
        if isinstance(column.type, kind):
            return make(number)
    text = f"{number}ä{column.name}"
    return text[: column.type.length] if getattr(column.type, "length", None) else text


def fill(connection: Connection) -> None:
    """Two rows in every table, that refer to each other as their foreign keys say."""
    tables = MetaData()
    tables.reflect(connection)
    for table in tables.sorted_tables:
        if table.name != "alembic_version":
            connection.execute(table.insert(), [_row(table, number) for number in range(1, ROWS + 1)])


def _row(table: Table, number: int) -> dict[str, Any]:
    row = {}
    for column in table.columns:
        own = any(key.column.table is table for key in column.foreign_keys)
        if not (own and column.nullable):
            row[column.name] = value(_referred(column), number)
    return row


def _referred(column: Any) -> Any:
    """The column at the end of its foreign keys, which has the same values."""
    for key in column.foreign_keys:
        return _referred(key.column)
    return column


def contents(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        return {
            table.name: sorted((dict(row) for row in connection.execute(select(table)).mappings()), key=repr)
            for table in tables.sorted_tables
            if table.name != "alembic_version"
        }


@pytest.mark.parametrize("revision", REVISIONS)
def test_data_of_every_revision_survive_the_way_to_the_newest_and_a_second_run(
    empty_engine: Engine, revision: str
) -> None:
    command.upgrade(alembic_config(empty_engine), revision)
    with empty_engine.begin() as connection:
        fill(connection)
    before = contents(empty_engine)
    assert all(len(rows) == ROWS for rows in before.values())
    migrate(empty_engine)
    after = contents(empty_engine)
    for table, rows in before.items():
        if table in after:
            kept = after[table][0].keys() & rows[0].keys()
            assert _only(after[table], kept) == _only(rows, kept), table
    migrate(empty_engine)
    assert contents(empty_engine) == after
    require_current(empty_engine)


def _only(rows: list[dict[str, Any]], columns: Any) -> list[str]:
    return sorted(repr({name: row[name] for name in sorted(columns)}) for row in rows)


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """The migrations of the next version of the program."""
    folder = tmp_path / "newer"
    shutil.copytree(database.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "9999_next.py").write_text(NEXT.format(head=REVISIONS[-1]))
    return folder


def test_a_next_version_finds_the_data_and_an_older_program_refuses_them(
    engine: Engine, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine.begin() as connection:
        fill(connection)
    with monkeypatch.context() as program:
        program.setattr(database, "MIGRATIONS", newer)
        migrate(engine)
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT motto FROM organisation ORDER BY id").scalars().all()
    assert found == [f"of {number}äname" for number in range(1, ROWS + 1)]
    assert all(len(rows) == ROWS for rows in contents(engine).values())
    before = contents(engine)
    for refused in (prepare, migrate, require_current, revisions):
        with pytest.raises(SchemaTooNew, match="newer Resonanz"):
            refused(engine)
    assert contents(engine) == before


def test_a_migration_that_breaks_changes_nothing(
    engine: Engine, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (newer / "versions" / "9999_next.py").write_text(BROKEN.format(head=REVISIONS[-1]))
    with engine.begin() as connection:
        fill(connection)
    before = contents(engine)
    monkeypatch.setattr(database, "MIGRATIONS", newer)
    with pytest.raises(DBAPIError, match="nothing"):
        migrate(engine)
    assert contents(engine) == before
    assert "motto" not in {column["name"] for column in inspect(engine).get_columns("organisation")}
    assert revisions(engine)[0] == REVISIONS[-1]


def test_sqlite_keeps_a_copy_of_the_database_as_it_was(
    tmp_path: Path, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'resonanz.db'}"
    engine = connect(url)
    migrate(engine)
    with engine.begin() as connection:
        fill(connection)
    before = contents(engine)
    monkeypatch.setattr(database, "MIGRATIONS", newer)
    prepare(engine)
    engine.dispose()
    copy = connect(f"{url}.{REVISIONS[-1]}.bak")
    assert contents(copy) == before
    copy.dispose()


@pytest.mark.postgres
def test_of_several_that_migrate_at_once_one_does_it(postgres_url: str) -> None:
    script = f"from service.database import connect, migrate; migrate(connect({postgres_url!r}))"
    started = [subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE) for _ in range(3)]
    said = [one.communicate(timeout=120)[1].decode() for one in started]
    assert [one.returncode for one in started] == [0, 0, 0], said
    engine = connect(postgres_url)
    require_current(engine)
    engine.dispose()


def test_the_filler_reaches_every_table(engine: Engine) -> None:
    with engine.begin() as connection:
        fill(connection)
    tables = set(inspect(engine).get_table_names()) - {"alembic_version"}
    assert {name for name, rows in contents(engine).items() if rows} == tables
    if engine.dialect.name == "sqlite":
        path = make_url(engine.url).database
        assert path
        with sqlite3.connect(path) as raw:
            assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        raw.close()
