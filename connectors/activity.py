"""The vocabulary every connector yields: activities, counters, rooms, people, contents, and the page that carries them.

Nothing here holds text, titles of content, names of people or mail addresses. Account ids of people are the
platform's own; they are replaced by pseudonyms before anything is written (`service.activity.pseudonym`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

LONGEST_NAME = 300
"""Characters of a name of a room, unit or place that are kept; platforms allow 255 at most."""
_UNSHOWABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
"""Control characters, which PostgreSQL refuses or a line cannot show, overrides of the writing direction, and halves of characters."""


def showable(name: str | None) -> str | None:
    """A name as it can be stored and shown on one line: whatever a platform puts into it, cut where it is too long."""
    if name is None or (len(name) <= LONGEST_NAME and name.isprintable()):
        return name
    return _UNSHOWABLE.sub(" ", name[: 2 * LONGEST_NAME]).strip()[:LONGEST_NAME]


class Kind(StrEnum):
    """What somebody did."""

    VIEW = "view"
    REACT = "react"
    COMMENT = "comment"
    REPLY = "reply"
    CREATE = "create"
    EDIT = "edit"
    MESSAGE = "message"
    JOIN = "join"
    LEAVE = "leave"
    WITHDRAW = "withdraw"
    """A reaction was taken back; `object` is the content, `person` who had reacted."""
    DELETE = "delete"
    """Tombstone: the content is gone. Its earlier activities remain, since they did happen."""


class ContentType(StrEnum):
    """What the activity was done to."""

    PAGE = "page"
    POST = "post"
    """A dated message to all readers of a room: blog post, news, channel post, conversation start."""
    COMMENT = "comment"
    FILE = "file"
    ROOM = "room"


class PersonKind(StrEnum):
    HUMAN = "human"
    SERVICE = "service"
    """Bots, apps and service accounts: never counted as people."""
    GUEST = "guest"


class CounterName(StrEnum):
    VIEWS = "views"
    VIEWERS = "viewers"
    REACTIONS = "reactions"
    # Sums over the days up to and with that of the observation, as usage reports give them. They are no running totals: two
    # of them may overlap, and their difference means nothing. The object is '<room>#<days>'.
    PERIOD_VIEWS = "period_views"
    PERIOD_PEOPLE = "period_people"
    PERIOD_MESSAGES = "period_messages"
    PERIOD_REPLIES = "period_replies"
    PERIOD_REACTIONS = "period_reactions"
    PERIOD_FILES = "period_files"
    """Files that were viewed, edited, shared or synchronised."""


@dataclass(frozen=True, slots=True)
class Activity:
    """Somebody did something in a room.

    `key` identifies the activity on its platform for ever and does not contain the person; for a reaction the stored
    identity is `key` together with the person. `person` is None where the platform does not tell. `happened` is aware
    UTC; `dated` is False where the platform gives no time and `happened` is when it was first observed. `parent` is the
    content that is answered (the page for a comment, the comment for a reply), `thread` the content a conversation
    hangs on (the page or post; for that page or post itself its own id).
    """

    key: str
    kind: Kind
    room: str
    person: str | None
    happened: datetime
    object: str
    content_type: ContentType
    thread: str | None = None
    parent: str | None = None
    dated: bool = True
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Counter:
    """A total the platform showed at a time, for what it gives without actor or date (views, undated likes)."""

    name: CounterName
    room: str
    object: str
    total: int
    observed: datetime


@dataclass(frozen=True, slots=True)
class Room:
    """A group room: a Confluence space, a SharePoint site, a team.

    `key` is the platform's stable id, `handle` the short key admins know (the space key). `name` is only kept where
    `open` is True, that is where the platform shows that (nearly) everybody may read the room.
    """

    key: str
    handle: str
    name: str | None = None
    open: bool | None = None
    created: datetime | None = None
    archived: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", showable(self.name))


@dataclass(frozen=True, slots=True)
class Person:
    """An account, with the little that is kept: unit, site, kind, whether it is active, whether it leads.

    None is "not told": what is known of the account stays, and where nothing is known a `kind` is human. An empty `unit` or
    `site` and a `leadership` of 0 are "told as none": what was known no longer holds. `canonical` are ids shared across
    platforms (mail, employee number); they are used in memory only, and one that is no longer shown stays known.
    """

    id: str
    kind: PersonKind | None = PersonKind.HUMAN
    active: bool = True
    unit: str | None = None
    leadership: int | None = None
    canonical: str | None = None
    site: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "unit", showable(self.unit))
        object.__setattr__(self, "site", showable(self.site))


@dataclass(frozen=True, slots=True)
class Members:
    """All members of a room as seen now. With `complete` False absent people are not taken to have left."""

    room: str
    people: frozenset[str]
    owners: frozenset[str] = frozenset()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Content:
    """What a connector wants to remember of a content item between runs: no title, no text.

    `version` is the last version whose edits are in the same page; `reactions` the reaction count the platform
    showed, if it did; `observed` when reactions and view counters were last read.
    """

    id: str
    room: str
    content_type: ContentType
    created: datetime
    changed: datetime
    version: int = 1
    answerable: bool | None = None
    thread: str | None = None
    reactions: int | None = None
    observed: datetime | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Reactors:
    """Everybody who reacts to a content item as seen now; people seen before and missing here have withdrawn."""

    object: str
    room: str
    content_type: ContentType
    thread: str | None
    people: frozenset[str]
    observed: datetime


@dataclass(frozen=True, slots=True)
class Alias:
    """A name by which another source may tell of a room, or (with `object`) of a content in it.

    `name` is an id of the platform, or a hash of an address, since addresses hold titles (`connectors.names`); of it only a keyed
    hash is kept. What a source that tells of another names alike is the same thing, unless the name is that of several.
    """

    name: str
    room: str
    object: str | None = None
    content_type: ContentType = ContentType.ROOM


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that exists but could not be read: it lowers coverage and is tried again next time.

    `room` None concerns the whole source, `object` None the whole room. `kinds` are what is missing. `reason` is a short
    code (`access_denied`, `not_found`, `broken`, `not_due`, `unsupported`). A later page that reads the same
    (stream, room, object) lists it under `Page.closed`.
    """

    room: str | None
    object: str | None
    kinds: tuple[Kind, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """One step of a stream: what it brought, and the cursor that holds once all of it is stored.

    `closed` names gaps (room, object) of this stream that are now read. `skipped` counts items left out on purpose by
    reason (`personal_space`, `system_message`), for the report.
    """

    cursor: str
    activities: Sequence[Activity] = ()
    counters: Sequence[Counter] = ()
    rooms: Sequence[Room] = ()
    people: Sequence[Person] = ()
    members: Sequence[Members] = ()
    contents: Sequence[Content] = ()
    reactors: Sequence[Reactors] = ()
    aliases: Sequence[Alias] = ()
    gaps: Sequence[Gap] = ()
    closed: Sequence[tuple[str | None, str | None]] = ()
    skipped: dict[str, int] = field(default_factory=dict)
