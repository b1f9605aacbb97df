"""What a collection did: per room and kind what was stored, repeated and skipped, and what could not be read."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from service.activity.registry import BROKEN_OFF
from service.models import Coverage, Room, Source


@dataclass(frozen=True, slots=True)
class Line:
    """One room and kind; `room` is the handle admins know. Counters appear under their name (views, viewers, reactions)."""

    room: str
    kind: str
    stored: int
    repeated: int


@dataclass(frozen=True, slots=True)
class OpenGap:
    """Something not read. Without `room` it concerns the whole source; `objects` counts contents, 0 means the whole room."""

    stream: str
    room: str | None
    objects: int
    kinds: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class KindCoverage:
    """How much of a kind was read: of all rooms, how many are missing wholly, how many contents are missing elsewhere.

    `share` is that of rooms not missing; None where the whole source is affected or no room is known.
    """

    rooms: int
    rooms_missing: int
    objects_missing: int
    share: float | None


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """Where a stream stands: the number of batches ever stored, pages read now, and why it broke off, if it did.

    `wait` is how many seconds the platform asked to be left alone, where it was for that.
    """

    sequence: int
    pages: int
    broken_off: str | None = None
    wait: float | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Of the organisation's active human accounts, how many can be recognised on other platforms; `share` of them.

    Every other account counts as a person of its own.
    """

    accounts: int
    matched: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Views:
    """Of a source that tells about another: the dated views stored, and how many views of how many contents can not be linked to that one's."""

    views: int
    unlinked: int
    unlinked_contents: int


@dataclass
class Report:
    """`state` is done, partial (something could not be read) or failed (the settings are wrong). `duration` in seconds."""

    source: str
    state: str
    started: datetime
    finished: datetime
    duration: float
    requests: int
    stored: int
    repeated: int
    lines: list[Line] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    gaps: list[OpenGap] = field(default_factory=list)
    streams: dict[str, StreamEnd] = field(default_factory=dict)
    coverage: dict[str, KindCoverage] = field(default_factory=dict)
    identity: Identity | None = None
    about: str | None = None
    """The source this one tells about, and how far."""
    views: Views | None = None
    error: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        values = asdict(self)
        values["started"] = self.started.isoformat()
        values["finished"] = self.finished.isoformat()
        for gap in values["gaps"]:
            gap["kinds"] = list(gap["kinds"])
        return values


def lines(
    handles: Mapping[str, str], stored: Counter[tuple[str, str]], repeated: Counter[tuple[str, str]]
) -> list[Line]:
    """One line per room and kind, in order; rooms that were never listed appear under their key."""
    return sorted(
        (
            Line(handles.get(room, room), kind, stored[room, kind], repeated[room, kind])
            for room, kind in stored.keys() | repeated.keys()
        ),
        key=lambda line: (line.room, line.kind),
    )


def room_handles(connection: Connection, source: Source) -> dict[str, str]:
    """Handle of each room of a source by the room's key."""
    rows = connection.execute(select(Room.key, Room.handle).where(Room.source_id == source.id))
    return {row.key: row.handle for row in rows}


def open_gaps(connection: Connection, source: Source, handles: Mapping[str, str]) -> list[OpenGap]:
    """Open gaps; contents of one room, stream and reason together."""
    grouped: Counter[tuple[str, str, str, str]] = Counter()
    rows = connection.execute(
        select(Coverage.stream, Coverage.room, Coverage.object, Coverage.kinds, Coverage.reason).where(
            Coverage.source_id == source.id
        )
    )
    for row in rows:
        grouped[row.stream, row.room, row.kinds, row.reason] += bool(row.object)
    return [
        OpenGap(
            stream, handles.get(room, room) or None, objects, tuple(filter(None, kinds.split(","))), reason
        )
        for (stream, room, kinds, reason), objects in sorted(grouped.items())
    ]


def coverage(connection: Connection, source: Source) -> dict[str, KindCoverage]:
    """Per kind that is missing somewhere, how much of it was read. A kind not named here was read wholly."""
    known = set(
        connection.scalars(
            select(Room.key).where(Room.source_id == source.id, Room.gone.is_(None), Room.archived.is_(False))
        )
    )
    missing: dict[str, set[str]] = {}
    contents: Counter[str] = Counter()
    everywhere: set[str] = set()
    rows = connection.execute(
        select(Coverage.room, Coverage.object, Coverage.kinds, Coverage.reason).where(
            Coverage.source_id == source.id, ~Coverage.reason.startswith(BROKEN_OFF, autoescape=True)
        )
    )
    for row in rows:
        for kind in filter(None, row.kinds.split(",")):
            missing.setdefault(kind, set())
            if row.object:
                contents[kind] += 1
            elif row.room:
                missing[kind].add(row.room)
            else:
                everywhere.add(kind)
    found = {}
    for kind, rooms in sorted(missing.items()):
        total = len(known | rooms)
        share = None if kind in everywhere or not total else 1 - len(rooms) / total
        found[kind] = KindCoverage(total, len(rooms), contents[kind], share)
    return found
