"""Registers what is given for measuring beside the log: people, rooms, contents, calendar and periods."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    Column,
    MetaData,
    Table,
    func,
    select,
)
from sqlalchemy.orm import Session

from connectors.activity import Kind
from metrics import facts
from metrics.dialect import text
from metrics.periods import Period, monday
from metrics.working_time import WorkingTime
from service.engines import Connection
from service.engines.relations import register, rename
from service.hashes import Hasher
from service.identity import People, people
from service.linkage import Linkage, link
from service.measure.officials import register_officials
from service.measure.reorganisation import mark
from service.models import Coverage, KnownContent, Membership, Milestone, Organisation, Room, Source, Unit
from service.working_time import working_times

_ACCOUNT = Table(
    "account", MetaData(), Column("pseudonym", BigInteger, nullable=False), Column("person", BigInteger)
)
"""Accounts that count under another number than their own."""
_TAIL = timedelta(days=60)
"""The calendar goes on after the horizon, for deadlines that lie behind it."""


def register_given(
    connection: Connection,
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
    found = link(connection, session, organisation.id)
    _keep_reach(session, organisation.id, found)
    _register_people(connection, session, organisation.id, persons)
    _register_rooms(connection, session, organisation.id, zone, persons, elsewhere=found.rooms)
    register_officials(connection, session, organisation)
    _register_contents(connection, session, sources)
    _register_observations(connection, session, sources, zone)
    mark(session, organisation, persons.humans)
    brought = select(Milestone.day).where(
        Milestone.organisation_id == organisation.id, Milestone.kind.in_(["relaunch", "migration"])
    )
    register(connection, facts.brought_day, [(day,) for day in sorted(set(session.scalars(brought)))])

    log = facts.log.c
    earliest, latest = connection.execute(text(select(func.min(log.day), func.max(log.day)))).fetchall()[0]
    days = [day for day in (earliest, latest, until) if day is not None]
    days += [period.since for period in periods]
    first, last = calendar_between(min(days), max(days))
    times = list(working_times(session, organisation, first, last))
    register_calendar(
        connection,
        first=first,
        last=last,
        periods=periods,
        until=until,
        zone=zone,
        times=times,
        workforce=organisation.entitled,
    )
    _register_spells(
        connection,
        session,
        organisation.id,
        persons,
        zone=zone,
        between=(first, last),
        regions={time.region for time in times},
    )


def calendar_between(earliest: date, latest: date) -> tuple[date, date]:
    """The first and last day of a calendar that holds these days and all they are compared with."""
    return monday(earliest) - timedelta(days=7), latest + _TAIL


def register_calendar(
    connection: Connection,
    *,
    first: date,
    last: date,
    periods: list[Period],
    until: date,
    zone: ZoneInfo,
    times: Sequence[WorkingTime],
    workforce: int | None = None,
) -> None:
    """Register calendar, working times, periods and horizon; `calendar_between` gives first and last.

    The first of `times` is the organisation's own, under the region ''.
    """
    working = dict(times[0].days(first, last))
    register(
        connection,
        facts.calendar,
        [(day, monday(day), 1 << day.weekday(), count) for day, count in working.items()],
    )
    stretches = {time.region: list(time.stretches(first, last, zone)) for time in times}
    register(
        connection,
        facts.working_time,
        [
            (region, s.day, s.since, s.until, s.worked, s.working)
            for region, cut in stretches.items()
            for s in cut
        ],
    )
    before = {
        (region, s.day): s.worked for region, cut in stretches.items() for s in reversed(cut)
    }  # the first stretch of a day is written last
    register(
        connection,
        facts.working_day,
        [
            (time.region, day, count, before[time.region, day])
            for time in times
            for day, count in time.days(first, last)
        ],
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
                period.mid,
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


def _unify(connection: Connection, persons: People) -> None:
    """Let the log speak of people instead of accounts."""
    if not persons.numbers:
        return
    register(connection, _ACCOUNT, persons.numbers.items())
    stored = facts.log.to_metadata(MetaData(), name="stored")
    rename(connection, facts.log.name, stored.name)
    columns = [
        func.coalesce(_ACCOUNT.c.person, column).label(column.name) if column.name == "person" else column
        for column in stored.columns
    ]
    seen = select(*columns).outerjoin(_ACCOUNT, _ACCOUNT.c.pseudonym == stored.c.person)
    connection.execute(f"CREATE VIEW {facts.log.name} AS {text(seen)}")


def _keep_reach(session: Session, organisation_id: int, found: Linkage) -> None:
    """How far the views of a source that tells about another were linked stands beside it, for the coverage."""
    for source in session.scalars(select(Source).where(Source.organisation_id == organisation_id)):
        reach = found.reach.get(source.key)
        source.views = None if reach is None else reach.views
        source.views_linked = None if reach is None else reach.linked


def _register_people(connection: Connection, session: Session, organisation_id: int, persons: People) -> None:
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


def _register_spells(
    connection: Connection,
    session: Session,
    organisation_id: int,
    persons: People,
    *,
    zone: ZoneInfo,
    between: tuple[date, date],
    regions: Collection[str],
) -> None:
    first, end = between[0], between[1] + timedelta(days=1)
    units = {
        row.id: row.key
        for row in session.execute(select(Unit.id, Unit.key).where(Unit.organisation_id == organisation_id))
    }
    rows = []
    for human in persons.humans:
        for stay in human.stays:
            since, until = _day(stay.since, zone) or first, _day(stay.until, zone) or end
            now = stay.state
            row = (
                human.number,
                max(since, first),
                min(until, end),
                None if now.unit is None else units.get(now.unit),
                now.kind,
                now.leadership,
                now.site if now.site in regions else "",
                now.active,
            )
            # What held for less than a day holds on none.
            if row[1] < row[2]:
                rows.append(row)
    register(connection, facts.spell, rows)


def _day(moment: datetime | None, zone: ZoneInfo) -> date | None:
    return None if moment is None else moment.astimezone(zone).date()


def _register_rooms(
    connection: Connection,
    session: Session,
    organisation_id: int,
    zone: ZoneInfo,
    persons: People,
    *,
    elsewhere: Collection[str],
) -> None:
    """`elsewhere`: keys of rooms that are those of another source."""
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
            if room.key not in elsewhere and not room.excluded
        ],
    )
    register(connection, facts.excluded_room, [(room.key,) for room, _ in rooms if room.excluded])
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
        .where(Room.organisation_id == organisation_id, Room.excluded.is_(False))
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
            if key not in elsewhere
        ],
    )


def _register_contents(connection: Connection, session: Session, sources: dict[int, str]) -> None:
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
    connection: Connection, session: Session, sources: dict[int, str], zone: ZoneInfo
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
            .where(
                KnownContent.source_id.in_(sources),
                KnownContent.deleted.is_(False),
                KnownContent.room.not_in(select(Room.key).where(Room.excluded.is_(True))),
            )
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
