"""Where the relational store holds people, and a search of everything stored for what is left of them.

`PEOPLE` is what erasing and restoring go by; a test fails as soon as a table has a column of people that is not listed. `traces` does not
go by it: it reads the database's own catalogue, every row of every table, and the bytes of the files.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Engine, Integer, Table, delete, inspect, or_, select, text
from sqlalchemy.engine.interfaces import ReflectedColumn

from service.models import Base, Room

PEOPLE: Mapping[str, tuple[str, ...]] = {
    "person": ("pseudonym", "identity"),
    "spell": ("pseudonym",),
    "membership": ("pseudonym",),
}
"""Table → columns that hold pseudonyms. The journal holds them in its text, and is brought to its end before anybody is erased."""

_CHUNK = 8 * 1024 * 1024
_MARGIN = 32


def delete_people(connection: Connection, organisation: int, pseudonyms: Collection[int]) -> None:
    """Delete every row of an organisation that is about one of these people, in all tables."""
    for name, columns in PEOPLE.items():
        table = Base.metadata.tables[name]
        for some in _slices(sorted(pseudonyms)):
            about = or_(*(table.c[column].in_(some) for column in columns))
            connection.execute(delete(table).where(about, _mine(table, organisation)))


def stored_people(connection: Connection, organisation: int) -> set[int]:
    """Every pseudonym the relational store holds of an organisation."""
    found: set[int] = set()
    for name, columns in PEOPLE.items():
        table = Base.metadata.tables[name]
        for column in columns:
            known = table.c[column].is_not(None)
            query = select(table.c[column]).distinct().where(known, _mine(table, organisation))
            found.update(connection.scalars(query).all())
    return found


def _mine(table: Table, organisation: int) -> ColumnElement[bool]:
    if "organisation_id" in table.c:
        return table.c["organisation_id"] == organisation
    rooms = select(Room.id).where(Room.organisation_id == organisation)
    return table.c["room_id"].in_(rooms)


def traces(engine: Engine, pseudonyms: Collection[int]) -> list[str]:
    """The places in the database that still hold one of these people: as a number or as text, in any table there is.

    On SQLite also the bytes of its files, with the copies made before an upgrade; on PostgreSQL also what it keeps of its columns to
    plan queries. Bytes of PostgreSQL's own files can not be read from here.
    """
    with engine.connect() as connection:
        catalogue = inspect(connection)
        found = [
            place
            for table in catalogue.get_table_names()
            for place in _in_table(connection, table, catalogue.get_columns(table), sorted(pseudonyms))
        ]
        if engine.dialect.name == "postgresql":
            found += _in_statistics(connection, pseudonyms)
    if engine.dialect.name == "sqlite" and engine.url.database:
        place = Path(engine.url.database)
        found += [
            str(file) for file in sorted(place.parent.glob(f"{place.name}*")) if in_file(file, pseudonyms)
        ]
    return found


def in_file(path: Path, pseudonyms: Collection[int]) -> bool:
    """Whether the bytes of a file hold one of these people: as a number in either order of bytes, or in decimal."""
    needles = [
        needle
        for one in pseudonyms
        for needle in (
            one.to_bytes(8, "big", signed=True),
            one.to_bytes(8, "little", signed=True),
            str(one).encode(),
        )
    ]
    rest = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            content = rest + chunk
            if any(needle in content for needle in needles):
                return True
            rest = content[-_MARGIN:]
    return False


def _in_table(
    connection: Connection, table: str, columns: list[ReflectedColumn], pseudonyms: list[int]
) -> list[str]:
    quoted = connection.dialect.identifier_preparer.quote
    found: dict[str, None] = {}
    for some in _slices(pseudonyms, 20):  # SQLite takes a thousand terms in a condition
        conditions = {}
        for column in columns:
            name = quoted(column["name"])
            if isinstance(column["type"], Integer):
                conditions[column["name"]] = f"{name} IN ({', '.join(map(str, some))})"
            else:
                likes = " OR ".join(f"CAST({name} AS TEXT) LIKE '%{one}%'" for one in some)
                conditions[column["name"]] = f"({likes})"
        # One look for the whole table; which column it was is asked only if there is something.
        anywhere = " OR ".join(conditions.values())
        if _any(connection, quoted(table), anywhere):
            for column_name, condition in conditions.items():
                if _any(connection, quoted(table), condition):
                    found[f"table {table}, column {column_name}"] = None
    return list(found)


def _any(connection: Connection, table: str, condition: str) -> bool:
    # Nothing in it was entered by anybody: names of tables and columns, quoted, and whole numbers.
    query = f"SELECT 1 FROM {table} WHERE {condition} LIMIT 1"  # noqa: S608
    return connection.exec_driver_sql(query.replace("%", "%%")).first() is not None


def _in_statistics(connection: Connection, pseudonyms: Collection[int]) -> list[str]:
    kept = connection.execute(
        text("SELECT tablename, attname, most_common_vals::text, histogram_bounds::text FROM pg_stats")
    )
    texts = [str(one) for one in pseudonyms]
    return [
        f"statistics of table {row[0]}, column {row[1]}"
        for row in kept
        if any(one in (row[2] or "") or one in (row[3] or "") for one in texts)
    ]


def _slices(values: list[int], size: int = 200) -> Iterator[list[int]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
