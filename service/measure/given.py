"""Registers what is given for measuring beside the log: people, rooms, contents, calendar and periods."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    MetaData,
    String,
    Table,
    func,
    select,
)
from sqlalchemy.orm import Session

from connectors.activity import Kind
from metrics import facts
from metrics.dialect import text
from metrics.periods import Period, monday, working_days
from service.activity.pseudonym import Hasher
from service.identity import People, people
from service.models import Coverage, KnownContent, Membership, Organisation, Room, Source, Unit

_ARROW = {
    BigInteger: pa.int64(),
    Integer: pa.int32(),
    String: pa.string(),
    Boolean: pa.bool_(),
    Date: pa.date32(),
    DateTime: pa.timestamp("us", "UTC"),
}
_ACCOUNT = Table(
    "account", MetaData(), Column("pseudonym", BigInteger, nullable=False), Column("person", BigInteger)
)
"""Accounts that count under another number than their own."""
_TAIL = timedelta(days=60)
"""The calendar goes on after the horizon, for deadlines that lie behind it."""


def register(connection: duckdb.DuckDBPyConnection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    """Make rows, in the order of the table's columns, a table of the connection."""
    schema = pa.schema([pa.field(column.name, _ARROW[type(column.type)]) for column in table.columns])
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrow = pa.table(
        [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)], schema
    )
    connection.register("given", arrow)
    connection.execute(f"CREATE TABLE {table.name} AS SELECT * FROM given")  # noqa: S608
    connection.unregister("given")


def register_given(
    connection: duckdb.DuckDBPyConnection,
    session: Session,
    organisation: Organisation,
    periods: list[Period],
    until: date,
) -> None:
    """Register the given tables of `metrics.facts` for one organisation; the relation `log` must be there."""
    zone = ZoneInfo(organisation.time_zone)
    mine = Source.organisation_id == organisation.id
    sources = {source.id: source.key for source in session.scalars(select(Source).where(mine))}
    register(connection, facts.source, [(key,) for key in sorted(sources.values())])
    persons = people(session, organisation.id)
    _unify(connection, persons)
    _register_people(connection, session, organisation.id, persons)
    _register_rooms(connection, session, organisation.id, zone, persons)
    _register_contents(connection, session, sources)
    _register_observations(connection, session, sources, zone)

    log = facts.log.c
    earliest, latest = connection.execute(text(select(func.min(log.day), func.max(log.day)))).fetchall()[0]
    days = [day for day in (earliest, latest, until) if day is not None]
    days += [period.since for period in periods]
    register_calendar(
        connection,
        first=min(days),
        last=max(days) + _TAIL,
        periods=periods,
        until=until,
        zone=zone,
        workforce=organisation.workforce,
    )


def register_calendar(
    connection: duckdb.DuckDBPyConnection,
    *,
    first: date,
    last: date,
    periods: list[Period],
    until: date,
    zone: ZoneInfo,
    workforce: int | None = None,
) -> None:
    """Register calendar, periods and horizon; the calendar must reach from before the first period to `until`."""
    first = monday(first) - timedelta(days=7)
    working = dict(working_days(first, last))
    register(
        connection,
        facts.calendar,
        [(day, monday(day), 1 << day.weekday(), count) for day, count in working.items()],
    )
    one_day, recent = timedelta(days=1), timedelta(days=28)
    register(
        connection,
        facts.period,
        [
            (
                period.window.value,
                period.since,
                period.until,
                period.until - recent,
                working[period.until - one_day],
            )
            for period in periods
        ],
    )
    register(
        connection,
        facts.period_day,
        [
            (period.window.value, period.since, period.since + one_day * number)
            for period in periods
            for number in range((period.until - period.since).days)
        ],
    )
    begins = datetime.combine(until, time(), zone)
    register(connection, facts.horizon, [(until, begins, working[until], workforce)])


def _unify(connection: duckdb.DuckDBPyConnection, persons: People) -> None:
    """Let the log speak of people instead of accounts."""
    if not persons.numbers:
        return
    register(connection, _ACCOUNT, persons.numbers.items())
    stored = facts.log.to_metadata(MetaData(), name="stored")
    _rename(connection, facts.log.name, stored.name)
    columns = [
        func.coalesce(_ACCOUNT.c.person, column).label(column.name) if column.name == "person" else column
        for column in stored.columns
    ]
    seen = select(*columns).outerjoin(_ACCOUNT, _ACCOUNT.c.pseudonym == stored.c.person)
    connection.execute(f"CREATE VIEW {facts.log.name} AS {text(seen)}")


def _rename(connection: duckdb.DuckDBPyConnection, old: str, new: str) -> None:
    """`log` is a view over files, or a table."""
    found = connection.execute(
        "SELECT table_type FROM information_schema.tables WHERE table_name = ?", [old]
    ).fetchall()
    kind = "VIEW" if found[0][0] == "VIEW" else "TABLE"
    connection.execute(f"ALTER {kind} {old} RENAME TO {new}")


def _register_people(
    connection: duckdb.DuckDBPyConnection, session: Session, organisation_id: int, persons: People
) -> None:
    units = {
        row.id: row.key
        for row in session.execute(select(Unit.id, Unit.key).where(Unit.organisation_id == organisation_id))
    }
    register(
        connection,
        facts.person,
        [
            (
                human.number,
                None if human.unit is None else units.get(human.unit),
                human.kind,
                human.leadership,
                human.active,
            )
            for human in persons.humans
        ],
    )


def _day(moment: datetime | None, zone: ZoneInfo) -> date | None:
    return None if moment is None else moment.astimezone(zone).date()


def _register_rooms(
    connection: duckdb.DuckDBPyConnection,
    session: Session,
    organisation_id: int,
    zone: ZoneInfo,
    persons: People,
) -> None:
    rooms = session.execute(
        select(Room, Source.key).join(Source).where(Room.organisation_id == organisation_id)
    ).all()
    register(
        connection,
        facts.room,
        [
            (
                room.key,
                room.handle,
                room.purpose,
                room.archived,
                _day(room.created, zone),
                _day(room.first_seen, zone),
                _day(room.gone, zone),
                source,
                bool(room.open),
            )
            for room, source in rooms
        ],
    )
    first = (
        select(Membership.room_id, func.min(Membership.since).label("since"))
        .group_by(Membership.room_id)
        .subquery("first")
    )
    # Who was there at a room's first observation may have been there ever since: nothing earlier was observed.
    members = session.execute(
        select(
            Room.key,
            Membership.pseudonym,
            Membership.owner,
            Membership.since,
            Membership.until,
            first.c.since,
        )
        .join(Room, Room.id == Membership.room_id)
        .join(first, first.c.room_id == Membership.room_id)
        .where(Room.organisation_id == organisation_id)
    )
    register(
        connection,
        facts.membership,
        [
            (
                key,
                persons.of(pseudonym),
                owner,
                None if since == beginning else _day(since, zone),
                _day(until, zone),
            )
            for key, pseudonym, owner, since, until, beginning in members
        ],
    )


def _register_contents(
    connection: duckdb.DuckDBPyConnection, session: Session, sources: dict[int, str]
) -> None:
    hashers = {number: Hasher(key) for number, key in sources.items()}
    contents = session.execute(
        select(KnownContent.source_id, KnownContent.id, KnownContent.answerable).where(
            KnownContent.source_id.in_(hashers), KnownContent.answerable.is_not(None)
        )
    )
    register(
        connection,
        facts.content,
        [(hashers[number].object(key), answerable) for number, key, answerable in contents],
    )


def _register_observations(
    connection: duckdb.DuckDBPyConnection, session: Session, sources: dict[int, str], zone: ZoneInfo
) -> None:
    gaps = session.execute(
        select(Coverage.source_id, Coverage.kinds).where(
            Coverage.source_id.in_(sources), Coverage.reason == "not_due"
        )
    )
    waiting = {number for number, kinds in gaps if Kind.REACT.value in kinds.split(",")}
    made: Counter[tuple[str, date]] = Counter()
    unread: Counter[tuple[str, date]] = Counter()
    if waiting:
        contents = session.execute(
            select(KnownContent.source_id, KnownContent.room, KnownContent.created, KnownContent.observed)
            .where(KnownContent.source_id.in_(sources), KnownContent.deleted.is_(False))
            .execution_options(yield_per=10_000)
        )
        for number, room, created, observed in contents:
            place = room, created.astimezone(zone).date()
            made[place] += 1
            unread[place] += observed is None and number in waiting
    register(
        connection,
        facts.observation,
        [(*place, number, unread[place]) for place, number in made.items()],
    )
