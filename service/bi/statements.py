"""The statements that make the schema and let a role read it, for a database administrator to read, or to run."""

import re
from collections.abc import Iterator

from service.bi.views import READER, SCHEMA, View, quoted, views
from service.errors import Invalid

ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")
RESERVED = ("pg_", "public", "none", "current_user", "session_user")


def install(schema: str = "public") -> list[str]:
    """Makes the views anew, in one transaction; roles that read them keep what they were granted.

    `schema` is where the tables are.
    """
    made = views()
    return [
        f"SET LOCAL search_path = {name(schema)}",
        f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}",
        f"REVOKE ALL ON SCHEMA {SCHEMA} FROM PUBLIC",
        f"COMMENT ON SCHEMA {SCHEMA} IS 'Published values of Resonanz, for BI tools: read-only, nothing here tells of a person.'",
        f"CREATE TABLE IF NOT EXISTS {READER} (role name NOT NULL, organisation_id integer REFERENCES organisation (id) ON DELETE CASCADE)",
        f"CREATE UNIQUE INDEX IF NOT EXISTS reader_once ON {READER} (role, coalesce(organisation_id, 0))",
        f"COMMENT ON TABLE {READER} IS 'Which role reads the rows of which organisation; without one, of all.'",
        *drop(made),
        *(statement for view in made for statement in _view(view)),
        _granted_again(made),
    ]


def drop(made: tuple[View, ...]) -> list[str]:
    return [f"DROP VIEW IF EXISTS {SCHEMA}.{view.name}" for view in made]


def remove() -> list[str]:
    """Takes everything away that `install` and `grant` made in the database, besides roles."""
    return [f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"]


def role(of: str) -> list[str]:
    """Makes a role that may do nothing yet. Its password is set by `\\password`, so that it stands in no log."""
    return [
        f"CREATE ROLE {name(of)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 10",
        f"ALTER ROLE {name(of)} SET default_transaction_read_only = on",
        f"ALTER ROLE {name(of)} SET statement_timeout = '60s'",
        f"ALTER ROLE {name(of)} SET search_path = {SCHEMA}",
    ]


def grant(of: str, organisation: str | None, schema: str = "public") -> list[str]:
    """Lets a role read the views, and in them the rows of one organisation (its key), or without one of all there are."""
    chosen = (
        f"SELECT {quoted(checked(of))}, NULL::integer"
        if organisation is None
        else f"SELECT {quoted(checked(of))}, id FROM {name(schema)}.organisation WHERE key = {quoted(organisation)}"
    )
    return [
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO {name(of)}",
        f"GRANT SELECT ON {_names(views())} TO {name(of)}",
        f"INSERT INTO {READER} (role, organisation_id) {chosen} ON CONFLICT DO NOTHING",
    ]


def revoke(of: str) -> list[str]:
    return [
        f"DELETE FROM {READER} WHERE role = {quoted(checked(of))}",
        f"REVOKE ALL ON {_names(views())} FROM {name(of)}",
        f"REVOKE ALL ON SCHEMA {SCHEMA} FROM {name(of)}",
    ]


def script(statements: list[str]) -> str:
    """One transaction, for psql."""
    return "\n".join(("BEGIN;", *(f"{one};" for one in statements), "COMMIT;"))


def checked(of: str) -> str:
    """Raises `Invalid` for a name that would have to be quoted or has a meaning of its own."""
    if not ROLE.fullmatch(of) or of.startswith(RESERVED):
        raise Invalid(
            "name the role in small letters, digits and underscores, not like one of PostgreSQL's own: resonanz_bi_reader"
        )
    return of


def name(of: str) -> str:
    """A name as SQL writes it."""
    return '"' + of.replace('"', '""') + '"'


def _names(made: tuple[View, ...]) -> str:
    return ", ".join(f"{SCHEMA}.{view.name}" for view in made)


def _view(view: View) -> Iterator[str]:
    columns = ", ".join(name(one) for one in view.properties)
    # As a barrier: no function in a reader's own condition gets to see a row before it was decided whether the reader may.
    yield f"CREATE VIEW {SCHEMA}.{view.name} ({columns}) WITH (security_barrier) AS\n{view.sql}"
    yield f"COMMENT ON VIEW {SCHEMA}.{view.name} IS {quoted(view.meaning)}"
    for one in view.properties.values():
        yield f"COMMENT ON COLUMN {SCHEMA}.{view.name}.{name(one.name)} IS {quoted(one.description)}"


def _granted_again(made: tuple[View, ...]) -> str:
    return f"""DO $again$
DECLARE found record;
BEGIN
  FOR found IN SELECT DISTINCT reader.role FROM {READER} JOIN pg_catalog.pg_roles ON rolname = reader.role LOOP
    EXECUTE format('GRANT SELECT ON {_names(made)} TO %I', found.role);
  END LOOP;
END
$again$"""
