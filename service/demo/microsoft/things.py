"""What a Microsoft 365 tenant consists of: people, groups, sites with lists, channels with messages, mail threads."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

ItemKind = Literal["page", "file", "folder", "list_item"]
Template = Literal["webPageLibrary", "documentLibrary", "genericList"]
MessageType = Literal["message", "systemEventMessage"]


class Version(NamedTuple):
    """One saved state. `by` is the id of a user; None where the author was an app or is no longer known."""

    by: str | None
    when: datetime
    draft: bool = False


@dataclass(slots=True)
class User:
    order: int
    id: str
    upn: str
    name: str
    mail: str | None
    department: str | None = None
    office: str | None = None
    company: str | None = None
    job_title: str | None = None
    employee_id: str | None = None
    guest: bool = False
    enabled: bool = True
    manager: str | None = None
    deleted: bool = False


@dataclass(slots=True)
class Group:
    """A Microsoft 365 group. `team` says whether it has a team, `rsc` whether that team consented for itself to being read."""

    order: int
    id: str
    name: str
    nickname: str
    public: bool
    created: datetime
    members: list[str] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)
    team: bool = False
    rsc: bool = False
    unified: bool = True
    archived: bool = False
    deleted: bool = False
    site: str | None = None
    channels: list[str] = field(default_factory=list)
    threads: list[str] = field(default_factory=list)
    refusal: int | None = None
    """The status with which everything below the group is answered; None lets the app in."""


@dataclass(slots=True)
class Site:
    order: int
    id: str
    path: str
    name: str
    created: datetime
    group: str | None = None
    personal: bool = False
    channel: str | None = None
    """The room of the private or shared channel it belongs to; no answer of Graph about a site shows it."""
    granted: bool = True
    """Whether the app holds a Sites.Selected grant for it."""
    refusal: int | None = None
    lists: list[str] = field(default_factory=list)

    @property
    def collection(self) -> str:
        return self.id.split(",")[1]

    @property
    def web(self) -> str:
        return self.id.split(",")[2]

    @property
    def room(self) -> str:
        return f"group:{self.group}" if self.group else self.channel or f"site:{self.id}"


@dataclass(slots=True)
class ListOf:
    """A list of a site. Document libraries and the pages library are drives too (`drive`)."""

    order: int
    id: str
    site: str
    name: str
    template: Template
    created: datetime
    drive: str | None = None
    hidden: bool = False
    items: dict[int, "Item"] = field(default_factory=dict)


@dataclass(slots=True)
class Comment:
    id: int
    by: str
    when: datetime
    parent: int | None = None
    likes: dict[str, datetime] = field(default_factory=dict)


@dataclass(slots=True)
class Item:
    """A page, file, folder or plain list item. `number` counts in its list, `uid` is its unique id in the tenant."""

    number: int
    uid: str
    drive_id: str
    list_id: str
    kind: ItemKind
    versions: list[Version]
    promoted: bool = False
    deleted: bool = False
    parent: int | None = None
    comments_off: bool = False
    comments: dict[int, Comment] = field(default_factory=dict)
    likes: dict[str, datetime] = field(default_factory=dict)
    views: int = 0
    viewers: int = 0

    @property
    def created(self) -> datetime:
        return self.versions[0].when

    @property
    def labels(self) -> "list[str]":
        """The numbers of the versions: drafts count behind the dot (0.1, 0.2, 1.0, 1.1, 2.0)."""
        labels, major, minor = [], 0, 0
        for version in self.versions:
            major, minor = (major, minor + 1) if version.draft else (major + 1, 0)
            labels.append(f"{major}.{minor}")
        return labels

    @property
    def modified(self) -> datetime:
        return self.versions[-1].when


class Reaction(NamedTuple):
    by: str
    type: str
    when: datetime


@dataclass(slots=True)
class Message:
    """A channel message or (`reply_to`) a reply. `app` is the id of the bot that wrote it, if `by` is None."""

    id: str
    channel: str
    by: str | None
    created: datetime
    modified: datetime
    type: MessageType = "message"
    app: str | None = None
    reply_to: str | None = None
    edited: datetime | None = None
    deleted: datetime | None = None
    reactions: list[Reaction] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Channel:
    order: int
    id: str
    group: str
    name: str
    created: datetime
    membership: Literal["standard", "private", "shared"] = "standard"
    members: list[str] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)
    owners: list[str] = field(default_factory=list)
    site: str | None = None
    """Private and shared channels have a site of their own."""

    @property
    def room(self) -> str:
        return f"group:{self.group}" if self.membership == "standard" else f"channel:{self.group}/{self.id}"


class Post(NamedTuple):
    """A mail to a group. `by` is a user's id, or an outside mail address."""

    id: str
    by: str
    when: datetime


@dataclass(slots=True)
class Thread:
    order: int
    id: str
    conversation: str
    group: str
    posts: list[Post] = field(default_factory=list)


@dataclass(slots=True)
class Community:
    order: int
    id: str
    name: str
    group: str
    public: bool
    posted: int = 0
    read: int = 0
    liked: int = 0


class Record(NamedTuple):
    """An entry of the unified audit log; `item` is the unique id of the page or file, where the platform writes it."""

    order: int
    id: str
    content_type: str
    operation: str
    workload: str
    by: str
    when: datetime
    available: datetime
    object: str
    site: str | None
    item: str | None = None
