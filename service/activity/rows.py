"""Turns what a connector yields into rows of the activity log."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa
from sqlalchemy import BigInteger, Boolean, Date, DateTime, String

from connectors.activity import Activity, ContentType, Counter, Kind, Reactors
from metrics.facts import log
from service.activity.pseudonym import Pseudonymiser
from service.hashes import Hasher

# Arrow's own pool keeps what it once had; the system's gives it back between two batches of a long collection.
pa.set_memory_pool(pa.system_memory_pool())

_ARROW = {
    BigInteger: pa.int64(),
    String: pa.string(),
    Boolean: pa.bool_(),
    Date: pa.date32(),
    DateTime: pa.timestamp("us", "UTC"),
}
SCHEMA = pa.schema(
    [
        pa.field(column.name, _ARROW[type(column.type)], nullable=bool(column.nullable))
        for column in log.columns
    ]
)
"""The columns of `metrics.facts.log` as Arrow types: the schema of the Delta table."""

_EPOCH = date(1970, 1, 1).toordinal()


class Row(NamedTuple):
    """One row of the log: `happened` in microseconds since 1970 UTC, `day` in days since 1970."""

    key: int
    source: str
    room: str
    kind: str
    content_type: str
    person: int | None
    happened: int
    day: int
    object: int
    parent: int | None
    thread: int | None
    dated: bool
    minor: bool
    total: int | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everybody who reacts to a content item as seen at one time, as pseudonyms."""

    room: str
    content_type: str
    object: int
    thread: int | None
    people: frozenset[int]
    happened: int
    day: int


def room_key(source: str, room: str) -> str:
    """The room as the log and the table of rooms know it."""
    return f"{source}/{room}"


@dataclass
class Batch:
    """Rows of one source in the order they were read; snapshots of reactions stand where they were read."""

    source: str
    pseudonymiser: Pseudonymiser
    zone: ZoneInfo
    entries: list[Row | Snapshot] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hasher = Hasher(self.source)

    def person(self, account: str | None) -> int | None:
        return None if account is None else self.pseudonymiser.person(account, self.source)

    def absent(self, account: str | None) -> bool:
        """Whether an account is of somebody who has opted out: nothing of them is kept."""
        return account is not None and self.pseudonymiser.absent(account, self.source)

    def object(self, content: str | None) -> int | None:
        return None if content is None else self.hasher.object(content)

    def moment(self, happened: datetime) -> tuple[int, int]:
        """(microseconds since 1970, whole seconds only; the day in the organisation's time zone)."""
        if happened.tzinfo is None:
            raise ValueError("a point in time needs a time zone")
        seconds = (happened - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
        try:
            day = happened.astimezone(self.zone)
        except OverflowError:  # on the first or last day there is, the zone's own lies beyond the calendar
            day = happened
        return seconds * 1_000_000, day.toordinal() - _EPOCH

    def activity(self, activity: Activity) -> None:
        if self.absent(activity.person):
            return
        person = self.person(activity.person)
        reaction = activity.kind in (Kind.REACT, Kind.WITHDRAW)
        happened, day = self.moment(activity.happened)
        self.entries.append(
            Row(
                self.hasher.key("activity", activity.key, *((str(person),) if reaction else ())),
                self.source,
                room_key(self.source, activity.room),
                activity.kind.value,
                activity.content_type.value,
                person,
                happened,
                day,
                self.hasher.object(activity.object),
                self.object(activity.parent),
                self.object(activity.thread),
                activity.dated,
                activity.minor,
                None,
            )
        )

    def counter(self, counter: Counter, content_type: str, thread: str | None) -> None:
        """One row per content, counter and day: the first total seen on a day stands.

        A total only ever describes the time it was read at, so any total of the day would do. Keeping the first makes
        the log append-only and a repeated reading harmless; keeping the last would rewrite files for nothing.
        """
        happened, day = self.moment(counter.observed)
        self.entries.append(
            Row(
                self.hasher.key("counter", counter.name.value, counter.object, str(day)),
                self.source,
                room_key(self.source, counter.room),
                counter.name.value,
                content_type,
                None,
                happened,
                day,
                self.hasher.object(counter.object),
                None,
                self.object(thread),
                True,
                False,
                counter.total,
            )
        )

    def reactors(self, reactors: Reactors) -> None:
        happened, day = self.moment(reactors.observed)
        self.entries.append(
            Snapshot(
                room_key(self.source, reactors.room),
                reactors.content_type.value,
                self.hasher.object(reactors.object),
                self.object(reactors.thread),
                frozenset(
                    self.pseudonymiser.person(account, self.source)
                    for account in reactors.people
                    if not self.absent(account)
                ),
                happened,
                day,
            )
        )

    def membership(self, kind: Kind, room: str, person: int, observed: datetime) -> None:
        """A person was first seen in a room, or first seen missing."""
        happened, day = self.moment(observed)
        self.entries.append(
            Row(
                self.hasher.key("membership", kind.value, room, str(person), observed.isoformat()),
                self.source,
                room_key(self.source, room),
                kind.value,
                ContentType.ROOM.value,
                person,
                happened,
                day,
                self.hasher.object(room),
                None,
                None,
                False,
                False,
                None,
            )
        )


@dataclass
class Reactions:
    """How often each person has reacted to and withdrawn from each object, and the newest such row of an object."""

    made: dict[tuple[int, int], int] = field(default_factory=dict)
    withdrawn: dict[tuple[int, int], int] = field(default_factory=dict)
    newest: dict[int, int] = field(default_factory=dict)
    people: dict[int, set[int]] = field(default_factory=dict)

    def add(self, obj: int, person: int, kind: str, happened: int, times: int = 1) -> None:
        counted = self.made if kind == Kind.REACT.value else self.withdrawn
        counted[(obj, person)] = counted.get((obj, person), 0) + times
        self.newest[obj] = max(happened, self.newest.get(obj, happened))
        self.people.setdefault(obj, set()).add(person)

    def changes(self, source: str, seen: Snapshot, key: Callable[..., int]) -> list[Row]:
        """The rows that lead from what is known to what was seen; none if something as new is already known.

        Of what was seen differently twice in one second the first counts, or reading it again would undo and redo it each time.
        """
        newest = self.newest.get(seen.object)
        if newest is not None and seen.happened <= newest:
            return []
        rows: list[Row] = []
        for person in sorted(seen.people | self.people.get(seen.object, set())):
            made = self.made.get((seen.object, person), 0)
            withdrawn = self.withdrawn.get((seen.object, person), 0)
            if person in seen.people and made <= withdrawn:
                kind, numbers = Kind.REACT.value, range(made, made + 1)
            elif person not in seen.people and made > withdrawn:
                kind, numbers = Kind.WITHDRAW.value, range(withdrawn, made)
            else:
                continue
            rows += [
                _reaction(
                    source, seen, key("seen", kind, str(seen.object), str(person), str(number)), kind, person
                )
                for number in numbers
            ]
        for row in rows:
            self.add(seen.object, row.person or 0, row.kind, row.happened)
        return rows


def _reaction(source: str, seen: Snapshot, key: int, kind: str, person: int) -> Row:
    return Row(
        key,
        source,
        seen.room,
        kind,
        seen.content_type,
        person,
        seen.happened,
        seen.day,
        seen.object,
        None,
        seen.thread,
        False,
        False,
        None,
    )


def to_arrow(rows: list[Row]) -> pa.Table:
    """The rows under `SCHEMA`."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(SCHEMA)
    arrays = []
    for column, values in zip(SCHEMA, columns, strict=True):
        if pa.types.is_timestamp(column.type):
            arrays.append(pa.array(values, pa.int64()).cast(column.type))
        elif pa.types.is_date(column.type):
            arrays.append(pa.array(values, pa.int32()).cast(column.type))
        else:
            arrays.append(pa.array(values, column.type))
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def weeks(rows: list[Row]) -> list[date]:
    """The Mondays of the ISO weeks the rows fall in, in order."""
    days = {row.day for row in rows}
    mondays = {day - (day + 3) % 7 for day in days}  # 1970-01-01 was a Thursday
    return [date.fromordinal(monday + _EPOCH) for monday in sorted(mondays)]
