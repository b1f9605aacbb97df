"""Which rooms and contents two sources both tell of: stored as each told them, seen as one.

A source may tell *about* another: the audit log, or a report, about the platform that a connector reads itself. What the two call by
the same name (`connectors.activity.Alias`), or by the very same id, is one room and one content, from the next reading of these
tables on, however long ago it was stored. What has no name in common, or one that is that of several, stays a room or content of its own.

An act that both tell of counts once. The platform's own source has the word: of what it tells in a room, kind by kind, no other
source is asked; of a counter, content by content. Where two sources tell about the same platform, what a person did to a content in the same
second is the same act.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import duckdb
from sqlalchemy import (
    BigInteger,
    Column,
    MetaData,
    Select,
    String,
    Table,
    and_,
    distinct,
    func,
    literal,
    not_,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from connectors.activity import ContentType, Kind
from metrics import facts
from metrics.dialect import text
from service.engines import Connection
from service.engines.relations import register, rename, to_arrow
from service.errors import Invalid
from service.hashes import Hasher
from service.models import Alias, KnownContent, Room, Source

_BATCH = 10_000
_TABLES = MetaData()
_PLATFORM = Table("platform", _TABLES, Column("source", String), Column("about", String))
"""Each source that tells about another."""
_ROOM = Table("linked_room", _TABLES, Column("told", String), Column("room", String))
_CONTENT = Table(
    "linked_content",
    _TABLES,
    Column("source", String),
    Column("told", BigInteger),
    Column("object", BigInteger),
    Column("room", String),
    Column("content_type", String),
)
_KINDS = Table("platform_kind", _TABLES, Column("room", String), Column("kind", String))
"""What a platform's own source tells, room by room."""
_COUNTERS = Table("platform_counter", _TABLES, Column("object", BigInteger), Column("kind", String))
_STORED = facts.log.to_metadata(_TABLES, name="told")


class Registered(Protocol):
    """The activity log, as far as it is needed here."""

    def register(self, connection: duckdb.DuckDBPyConnection) -> Any:
        """Make the log the relation `log` of a connection."""
        ...


@dataclass(frozen=True, slots=True)
class Reach:
    """Of the dated views a source tells about another, how many are of contents known there; of how many contents the rest are."""

    views: int
    linked: int
    unlinked_contents: int


@dataclass(frozen=True, slots=True)
class Linkage:
    """`rooms`: keys of rooms that are rooms of another source; they have no rows any more. `reach` by key of the telling source."""

    rooms: frozenset[str] = frozenset()
    reach: Mapping[str, Reach] = field(default_factory=dict)


def declare(session: Session, source: Source, about: Source | None) -> None:
    """Let a source tell about another, or about none. Raises `Invalid` where that could not be meant."""
    if about is not None:
        if about.id == source.id or about.organisation_id != source.organisation_id:
            raise Invalid("a source tells about another source of the same organisation")
        if about.about_id is not None:
            raise Invalid(
                f"{about.key} tells about another source itself: name the one that reads the platform"
            )
        if session.scalar(select(Source.id).where(Source.about_id == source.id).limit(1)) is not None:
            raise Invalid(f"other sources tell about {source.key}: it can not tell about another one")
    source.about_id = None if about is None else about.id
    source.views = source.views_linked = None


def link(connection: Connection, session: Session, organisation_id: int) -> Linkage:
    """Let the relation `log` of a connection tell of one room and one content, whichever source told of it."""
    about = aliased(Source)
    pairs = session.execute(
        select(Source, about)
        .join(about, about.id == Source.about_id)
        .where(Source.organisation_id == organisation_id)
        .order_by(Source.id)
    ).all()
    if not pairs:
        return Linkage()
    rooms, contents = _named(session, organisation_id)
    for teller, platform in pairs:
        rooms = {**_alike_rooms(session, teller, platform), **rooms}
    register(connection, _PLATFORM, [(teller.key, platform.key) for teller, platform in pairs])
    register(connection, _ROOM, rooms.items())
    register(connection, _CONTENT, contents)
    rename(connection, facts.log.name, _STORED.name)
    for teller, platform in pairs:
        _alike_contents(connection, session, teller, platform)
    for table, rows in ((_KINDS, _platform_kinds()), (_COUNTERS, _platform_counters())):
        connection.execute(f"CREATE TABLE {table.name} AS {text(rows)}")
    several = len({platform.id for _, platform in pairs}) < len(pairs)
    connection.execute(f"CREATE VIEW {facts.log.name} AS {text(_as_one(several=several))}")
    return Linkage(frozenset(rooms), _reach(connection))


def reach(session: Session, log: Registered, source: Source) -> Reach:
    """How far the views a source tells about another can be linked now."""
    with duckdb.connect() as connection:
        log.register(connection)
        found = link(connection, session, source.organisation_id)
    return found.reach.get(source.key, Reach(0, 0, 0))


# -- what is the same ---------------------------------------------------------------------------------------------------


def _named(
    session: Session, organisation_id: int
) -> tuple[dict[str, str], list[tuple[str, int, int, str, str]]]:
    """Rooms and contents by a name that both sources know, and that is the name of one thing only."""
    told, known = aliased(Alias), aliased(Alias)
    room = ContentType.ROOM.value
    alike = and_(
        known.source_id == Source.about_id,
        known.name == told.name,
        (known.content_type == room) == (told.content_type == room),
    )
    found = session.execute(
        select(
            Source.key,
            told.object,
            func.min(told.room),
            func.min(known.object),
            func.min(known.room),
            func.min(known.content_type),
        )
        .join(Source, Source.id == told.source_id)
        .join(known, alike)
        .where(Source.organisation_id == organisation_id)
        .group_by(Source.key, told.object)
        .having(func.count(distinct(known.object)) == 1)
    )
    rooms: dict[str, str] = {}
    contents: list[tuple[str, int, int, str, str]] = []
    for source, thing, told_room, known_thing, known_room, content_type in found:
        if content_type == room:
            rooms[told_room] = known_room
        else:
            contents.append((source, thing, known_thing, known_room, content_type))
    return rooms, contents


def _alike_rooms(session: Session, teller: Source, platform: Source) -> dict[str, str]:
    """Rooms that both call by the same id, or one by the other's handle (the key of a space)."""
    found: dict[str, set[str]] = {}
    for room in session.scalars(select(Room).where(Room.source_id == platform.id)):
        for name in {room.handle, room.key.removeprefix(f"{platform.key}/")}:
            found.setdefault(name, set()).add(room.key)
    told = session.scalars(select(Room.key).where(Room.source_id == teller.id))
    names = {key: found.get(key.removeprefix(f"{teller.key}/"), set()) for key in told}
    return {key: next(iter(rooms)) for key, rooms in names.items() if len(rooms) == 1}


def _alike_contents(connection: Connection, session: Session, teller: Source, platform: Source) -> None:
    """Contents that both call by the same id; of the platform's contents only those told of are kept in memory."""
    s = _STORED.c
    mine = [
        select(one.label("object")).where(s.source == teller.key) for one in (s.object, s.thread, s.parent)
    ]
    known = select(_CONTENT.c.told).where(_CONTENT.c.source == teller.key)
    wanted = union(*mine).subquery("wanted")
    left = select(wanted.c.object).where(wanted.c.object.is_not(None), wanted.c.object.not_in(known))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE wanted_content AS {text(left)}")
    told, own = Hasher(teller.key), Hasher(platform.key)
    contents = session.execute(
        select(KnownContent.id, KnownContent.room, KnownContent.content_type)
        .where(KnownContent.source_id == platform.id)
        .execution_options(yield_per=_BATCH)
    )
    for some in contents.partitions():
        rows = [(teller.key, told.object(id_), own.object(id_), room, type_) for id_, room, type_ in some]
        connection.register("given", to_arrow(_CONTENT, rows))
        connection.execute(
            f"INSERT INTO {_CONTENT.name} SELECT given.* FROM given "  # noqa: S608 - a constant
            "WHERE given.told IN (SELECT object FROM wanted_content)"
        )
        connection.unregister("given")


# -- the log, told as one -----------------------------------------------------------------------------------------------


def _platform_kinds() -> Select[Any]:
    """Acts, and counters of no content the platform's source knows, by room."""
    platforms = select(_PLATFORM.c.about)
    return select(_STORED.c.room, _STORED.c.kind).where(_STORED.c.source.in_(platforms)).distinct()


def _platform_counters() -> Select[Any]:
    platforms = select(_PLATFORM.c.about)
    counted = and_(_STORED.c.source.in_(platforms), _STORED.c.total.is_not(None))
    return select(_STORED.c.object, _STORED.c.kind).where(counted).distinct()


def _told() -> Select[Any]:
    """The rows of sources that tell about another, in that one's rooms and of its contents."""
    s, r = _STORED.c, _ROOM.c
    joined: Any = _STORED.join(_PLATFORM, _PLATFORM.c.source == s.source)
    seen = {name: _CONTENT.alias(f"linked_{name}") for name in ("object", "thread", "parent")}
    for name, content in seen.items():
        joined = joined.outerjoin(content, and_(content.c.source == s.source, content.c.told == s[name]))
    joined = joined.outerjoin(_ROOM, r.told == s.room)
    thing, thread = seen["object"].c, seen["thread"].c
    places = {
        "room": func.coalesce(thing.room, thread.room, r.room, s.room),
        "content_type": func.coalesce(thing.content_type, s.content_type),
        **{name: func.coalesce(content.c.object, s[name]) for name, content in seen.items()},
    }
    columns = [places.get(column.name, column).label(column.name) for column in _STORED.columns]
    return select(
        *columns,
        _PLATFORM.c.about.label("about"),
        thing.object.is_not(None).label("linked"),
    ).select_from(joined)


def _as_one(*, several: bool) -> Any:
    """`several`: more than one source tells about the same platform."""
    own = select(_STORED).where(_STORED.c.source.not_in(select(_PLATFORM.c.source)))
    told = _told().subquery("told_rows")
    t = told.c
    known = or_(
        and_(t.total.is_not(None), t.linked, _exists(_COUNTERS, t.object, t.kind)),
        and_(or_(t.total.is_(None), not_(t.linked)), _exists(_KINDS, t.room, t.kind)),
    )
    rows = select(told).where(not_(known)).subquery("kept")
    if several:
        k = rows.c
        same = [k.about, k.kind, k.object, k.person, k.happened]
        first = func.min(k.source).over(partition_by=same).label("first")
        rows = select(rows, first).subquery("ranked")
        once = or_(rows.c.first == rows.c.source, rows.c.person.is_(None), rows.c.total.is_not(None))
    else:
        once = literal(1) == 1
    return union_all(own, select(*(rows.c[column.name] for column in _STORED.columns)).where(once))


def _exists(table: Table, place: Any, kind: Any) -> Any:
    first, second = table.c
    return select(literal(1)).select_from(table).where(first == place, second == kind).exists()


def _reach(connection: Connection) -> dict[str, Reach]:
    told = _told().subquery("told_rows")
    t = told.c
    counted = (
        select(
            t.source,
            func.count(),
            func.count().filter(t.linked),
            func.count(distinct(t.object)).filter(not_(t.linked)),
        )
        .where(t.kind == Kind.VIEW.value, t.total.is_(None))
        .group_by(t.source)
    )
    found = connection.execute(text(counted)).fetchall()
    sources = connection.execute(text(select(_PLATFORM.c.source))).fetchall()
    reach = {source: Reach(views, linked, unlinked) for source, views, linked, unlinked in found}
    return {source: reach.get(source, Reach(0, 0, 0)) for (source,) in sources}
