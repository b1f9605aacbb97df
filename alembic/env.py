"""Runs migrations on the engine handed in by `service.database`, or on the configured one from the command line."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, func, select

from alembic import context
from service.database import connect
from service.models import Base
from service.settings import Settings

LOCK = 7_365_737_461
"""Of PostgreSQL's advisory locks, the one that migrations hold."""


def run(engine: Engine) -> None:
    with engine.connect() as connection:
        on_sqlite = connection.dialect.name == "sqlite"
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            compare_type=True,
            transactional_ddl=True,
        )
        with alone(connection) if on_sqlite else context.begin_transaction():
            if not on_sqlite:
                # Of two that start at once the second waits, and then finds nothing left to do.
                connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
            context.run_migrations()


@contextmanager
def alone(connection: Connection) -> Iterator[None]:
    """SQLite: all or nothing, which Python's driver does not do for changes of the schema by itself.

    Foreign keys rest meanwhile, for a table that is made anew would take the rows that refer to it along; they are checked before
    anything stays.
    """
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - the connection is open
    usual, driver.isolation_level = driver.isolation_level, None
    connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        with context.begin_transaction():
            yield
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise RuntimeError(f"the migration left rows that refer to nothing, in {broken[0][0]}")
    finally:
        connection.rollback()
        driver.isolation_level = usual
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")


given = context.config.attributes.get("engine")
if given is not None:
    run(given)
else:
    own = connect(Settings().database_url)
    run(own)
    own.dispose()
