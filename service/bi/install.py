"""Makes the schema in the database and lets roles read it; refuses roles that could read more."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import ProgrammingError

from service.bi import statements
from service.bi.views import READER, SCHEMA, VERSION, views
from service.database import transaction
from service.errors import Conflict, Invalid, NotFound
from service.models import Organisation
from service.privacy.enforcement import require

NOT_HERE = (
    "SQL views need PostgreSQL: SQLite has no roles, and whoever opens its file reads everything in it. Give BI tools the OData feed "
    "or the CSV files of the API instead (docs/bi.md), or move to PostgreSQL"
)

OUTPUT = "sql_views"
"""The way out, as agreements list it (`service.privacy.words`)."""
AS_WRITTEN = {"no_parameters": True}
"""A % in a statement is a %."""


@dataclass(frozen=True)
class Reader:
    """`organisation` is its key; None: all of them."""

    role: str
    organisation: str | None


def require_postgresql(engine: Engine) -> None:
    """Raises `Invalid` on SQLite."""
    if engine.dialect.name != "postgresql":
        raise Invalid(NOT_HERE)


def install(engine: Engine) -> str:
    """Makes the views anew and returns their version. Raises `Invalid` where there are no roles, or where the right is missing."""
    require_postgresql(engine)
    with engine.begin() as connection:
        _run(connection, statements.install(tables_in(connection)), "make the schema")
    return VERSION


def remove(engine: Engine) -> None:
    require_postgresql(engine)
    with engine.begin() as connection:
        _run(connection, statements.remove(), "remove the schema")


def grant(engine: Engine, role: str, organisation: str | None) -> bool:
    """Lets a role read one organisation (its key) or all, and makes it if it is not there; returns whether it was made.

    Raises `Invalid` where it can not be made, with what an administrator has to run; `Conflict` for a role that could read or do more
    than the views; `NotFound` without views or organisation; `ExceedsAgreement` where an agreement in force does not list SQL views.
    """
    require_postgresql(engine)
    statements.checked(role)
    _require_agreed(engine, organisation)
    with engine.begin() as connection:
        _require_installed(connection)
        schema = tables_in(connection)
        if organisation is not None:
            known = text("SELECT count(*) FROM organisation WHERE key = :key")
            if not connection.scalar(known, {"key": organisation}):
                raise NotFound("no such organisation")
        there = connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :role"), {"role": role})
        if not there:
            _run(connection, statements.role(role), f"make the role {role}")
        more = excess(connection, role)
        if more:
            raise Conflict(
                f"the role {role} could do more than read the views: it {more[0]}. Take that away, or name another role"
            )
        _run(connection, statements.grant(role, organisation, schema), f"grant the views to {role}")
    return not there


def _require_agreed(engine: Engine, organisation: str | None) -> None:
    with transaction(engine) as session:
        concerned = select(Organisation).order_by(Organisation.id)
        if organisation is not None:
            concerned = concerned.where(Organisation.key == organisation)
        for one in session.scalars(concerned).all():
            require(session, one.id, f"letting a role read the SQL views of {one.key}", {"outputs": [OUTPUT]})


def revoke(engine: Engine, role: str) -> None:
    """Takes the views away from a role at once; the role itself stays. Raises `NotFound` for one that reads nothing."""
    require_postgresql(engine)
    with engine.begin() as connection:
        _require_installed(connection)
        if role not in {one.role for one in _readers(connection)}:
            raise NotFound("this role reads no views: `resonanz bi readers` lists those that do")
        there = connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :role"), {"role": role})
        asked = statements.revoke(role)
        _run(connection, asked if there else asked[:1], f"revoke the views from {role}")


def readers(engine: Engine) -> list[Reader]:
    require_postgresql(engine)
    with engine.begin() as connection:
        _require_installed(connection)
        return _readers(connection)


def _readers(connection: Connection) -> list[Reader]:
    asked = f"SELECT r.role, o.key FROM {READER} r LEFT JOIN organisation o ON o.id = r.organisation_id ORDER BY 1, 2"
    with _allowed("see who reads the views", f"  {asked};"):
        return [Reader(role, key) for role, key in connection.execute(text(asked))]


EXCESS: Sequence[tuple[str, str]] = (
    (
        "is a superuser, or may make roles or databases, replicate or pass over row security",
        "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls FROM pg_roles WHERE rolname = :role",
    ),
    (
        "may read or write other tables",
        """SELECT bool_or(has_table_privilege(:role, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
                        OR has_any_column_privilege(:role, c.oid, 'SELECT, INSERT, UPDATE'))
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
             AND n.nspname NOT LIKE 'pg\\_%' AND (n.nspname <> :schema OR c.relkind <> 'v')
             AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')""",
    ),
    (
        "may make things in a schema of this database (for a PostgreSQL before 15: REVOKE CREATE ON SCHEMA public FROM PUBLIC)",
        """SELECT bool_or(has_schema_privilege(:role, n.oid, 'CREATE')) FROM pg_namespace n
           WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'""",
    ),
)
"""What a role that reads the views must not be able to do, and how that is found out."""


def excess(connection: Connection, role: str) -> list[str]:
    """What a role may beyond reading the views."""
    given = {"role": role, "schema": SCHEMA}
    return [told for told, asked in EXCESS if connection.scalar(text(asked), given)]


@contextmanager
def set_aside(engine: Engine) -> Iterator[None]:
    """Takes the views away for the time of a migration, which could not change what they rest on, and makes them anew after it."""
    here = False
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            here = _installed(connection)
            if here:
                _run(connection, statements.drop(views()), "take the views away for the migration")
    try:
        yield
    finally:
        if here:
            install(engine)


def tables_in(connection: Connection) -> str:
    """The schema the tables are in."""
    return str(connection.scalar(text("SELECT current_schema()")))


def _installed(connection: Connection) -> bool:
    """By the catalogue, which also tells an account that may not use the schema."""
    asked = text(
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = :schema AND c.relname = 'reader'"
    )
    return bool(connection.scalar(asked, {"schema": SCHEMA}))


def _require_installed(connection: Connection) -> None:
    if not _installed(connection):
        raise NotFound("there are no views yet: `resonanz bi install` makes them")


def _run(connection: Connection, asked: Sequence[str], what: str) -> None:
    wanted = "\n".join(f"  {one};" for one in asked) if len(asked) < 12 else "  what `resonanz bi sql` prints"
    with _allowed(what, wanted):
        for statement in asked:
            connection.exec_driver_sql(statement, execution_options=AS_WRITTEN)


@contextmanager
def _allowed(what: str, wanted: str) -> Iterator[None]:
    """Raises `Invalid` with what an administrator has to run, where the account of the database may not."""
    try:
        yield
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != "42501":
            raise
        raise Invalid(
            f"the database account of Resonanz may not {what}: have a database administrator run this, and then try again\n{wanted}"
        ) from None
