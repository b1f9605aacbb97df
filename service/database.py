"""Engine, sessions and migration of the relational store."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from alembic import command
from service.errors import SchemaOutdated, SchemaTooNew

HERE = Path(__file__).parent
_SHIPPED = HERE / "migrations"
MIGRATIONS = _SHIPPED if _SHIPPED.is_dir() else HERE.parent / "alembic"
"""In the wheel the migrations travel as `service/migrations`; in a checkout they are `alembic/`."""
SYNCHRONOUS = "FULL"
"""SQLite: what is committed is on the disk, and survives that the power fails."""
CONNECTIONS = 15
"""At most so many at a time for each process. All are kept: opening one takes longer than what most requests ask of it."""


def connect(url: str) -> Engine:
    """An engine on SQLite (WAL, foreign keys, waits for a lock) or PostgreSQL."""
    parsed = make_url(url)
    kept = {"pool_size": CONNECTIONS, "max_overflow": 0, "pool_use_lifo": True}
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, **kept)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    else:
        kept = {}  # such a database is gone with its connection
    engine = create_engine(parsed, connect_args={"timeout": 30}, **kept)
    if kept:
        event.listen(engine, "handle_error", partial(_name_file, Path(str(parsed.database))))

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={SYNCHRONOUS}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    return engine


def _name_file(file: Path, context: ExceptionContext) -> None:
    """An error of SQLite knows its file, as `database_file`: `service.trouble` looks at it."""
    if context.sqlalchemy_exception is not None:
        context.sqlalchemy_exception.database_file = file  # type: ignore[attr-defined]


def alembic_config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = engine
    return config


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest revision, in one transaction. Raises `SchemaTooNew`."""
    revisions(engine)
    command.upgrade(alembic_config(engine), "head")


def revisions(engine: Engine) -> tuple[str | None, str | None]:
    """(the database's revision, the newest revision this program knows).

    Raises `SchemaTooNew` if the program does not know the database's: an older program never touches a newer database.
    """
    scripts = ScriptDirectory.from_config(alembic_config(engine))
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise SchemaTooNew(
            f"the database is at revision {current}, which this program does not know: a newer Resonanz has used it. "
            "Install that version again, or restore a backup from before"
        )
    return current, scripts.get_current_head()


def prepare(engine: Engine) -> None:
    """Make the schema current before use.

    SQLite is migrated in place, an existing database after a copy beside it (`<name>.<revision>.bak`). PostgreSQL is only
    checked: with several replicas one `resonanz migrate` must do it. Raises `SchemaOutdated` and `SchemaTooNew`.
    """
    if engine.dialect.name != "sqlite":
        require_current(engine)
        return
    current, head = revisions(engine)
    if current == head:
        return
    if current is not None and engine.url.database:
        copy = f"{engine.url.database}.{current}.bak"
        Path(copy).unlink(missing_ok=True)
        with engine.connect() as connection:
            connection.exec_driver_sql("VACUUM INTO ?", (copy,))
    migrate(engine)


def require_current(engine: Engine) -> None:
    """Raise `SchemaOutdated` unless the database is at the revision this program was built for."""
    current, head = revisions(engine)
    if current != head:
        raise SchemaOutdated(
            f"the database is at revision {current or 'none'}, this program needs {head}: run `resonanz migrate`"
        )


def sessions(engine: Engine) -> Callable[[], Session]:
    """Makes sessions. A `sessionmaker` would be a class of its own for each request, which takes longer than a query."""
    return partial(Session, engine, expire_on_commit=False)


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """One session, one transaction: committed at the end, rolled back on any error."""
    with sessions(engine)() as session, session.begin():
        yield session
