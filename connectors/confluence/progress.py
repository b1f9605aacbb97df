"""How far a stream has been read: the inside of its cursor."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime

from connectors.cursor import inside, passed, restored

READ = "read"
"""The top of a place that has been read to its end."""
_FORM = 1


@dataclass(slots=True)
class Place:
    """Where in a listing the reading stands: the platform's token, and the latest change seen when it began."""

    token: str | None = None
    top: str | None = None


@dataclass(slots=True)
class Progress:
    """`marks` holds, per listing read to its end, the latest change it is complete up to ("" if it was empty).

    `places` are listings under way, keyed by listing, or by room and listing for a single room. `rooms` are the rooms that
    are part of the listings read so far: one that is not among them has to be read on its own. `lost` are listings in
    which an item was passed over whose id is not known, with the time of the last attempt. `listed` counts the
    items of the first pass, `replies` tells whether the lists show replies ("listed") or the search has to ("search").
    """

    marks: dict[str, str] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    rooms: list[str] | None = None
    lost: dict[str, str] = field(default_factory=dict)
    listed: int = 0
    replies: str | None = None

    @classmethod
    def parse(cls, cursor: str | None, now: datetime) -> "Progress":
        """Raises `CursorExpired` for a cursor of another form or of the future: the stream is then read again from its start."""
        if cursor is None:
            return cls()
        progress: Progress = restored(cls, inside(cursor, _FORM))
        tops = (place.top for place in progress.places.values())
        for time in (*progress.marks.values(), *progress.lost.values(), *tops):
            if time and time != READ:
                passed(time, now)
        return progress

    def dump(self) -> str:
        return json.dumps({"form": _FORM, **asdict(self)}, sort_keys=True, separators=(",", ":"))
