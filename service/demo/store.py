"""The state of one fake Confluence: accounts, groups, spaces, contents, and the changes people make to them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import RLock
from typing import Literal, NamedTuple

from connectors.activity import ContentType, Kind

ContentKind = Literal["page", "blogpost", "comment"]
Status = Literal["current", "archived", "trashed"]
Location = Literal["footer", "inline"]

CONTENT_TYPE: Mapping[ContentKind, ContentType] = {
    "page": ContentType.PAGE,
    "blogpost": ContentType.POST,
    "comment": ContentType.COMMENT,
}


class Version(NamedTuple):
    """One saved state. `by` None: the author was removed or was never known."""

    by: str | None
    when: datetime
    minor: bool = False


@dataclass(slots=True)
class Account:
    """A person or an app as the platform knows it. `id` is the account id (Cloud) or the user key (Data Center)."""

    id: str
    username: str
    name: str
    mail: str
    kind: Literal["human", "app", "guest"] = "human"
    active: bool = True


@dataclass(slots=True)
class Group:
    id: str
    name: str
    members: list[str] = field(default_factory=list)


class Permission(NamedTuple):
    """A right in a space. `principal` is an account id or a group id; `operation` and `target` as in Confluence."""

    principal_type: Literal["user", "group"]
    principal: str
    operation: str
    target: str


@dataclass(slots=True)
class Space:
    id: int
    key: str
    name: str
    type: Literal["global", "personal"] = "global"
    status: Literal["current", "archived"] = "current"
    author: str | None = None
    created: datetime = datetime(2020, 1, 1, tzinfo=UTC)
    permissions: list[Permission] = field(default_factory=list)
    listed: bool = True
    refusal: int | None = None
    """The status with which the reading account is turned away; None lets it in."""


@dataclass(slots=True)
class Item:
    """A page, blog post or comment. For a comment, `container` is the page or post and `parent` the comment answered."""

    id: int
    type: ContentKind
    space: str
    versions: list[Version]
    status: Status = "current"
    container: int | None = None
    parent: int | None = None
    location: Location | None = None
    resolved: bool = False
    likes: dict[str, datetime] = field(default_factory=dict)
    views: int = 0
    viewers: int = 0

    @property
    def created(self) -> datetime:
        return self.versions[0].when

    @property
    def modified(self) -> datetime:
        return self.versions[-1].when

    @property
    def title(self) -> str:
        return f"Re: Beitrag {self.container}" if self.type == "comment" else f"Beitrag {self.id}"


@dataclass(frozen=True, slots=True)
class Expected:
    """An activity that a complete collection must bring, once.

    `happened` is None where the platform tells no time (likes). `number` is the version number (1 for the first).
    """

    kind: Kind
    content_type: ContentType
    room: str
    object: str
    number: int
    person: str | None
    happened: datetime | None
    parent: str | None
    thread: str


class Store:
    """Everything a fake server knows, safe to change while the server runs.

    Every mutation takes `when`; without it the time of `clock` counts. `revision` rises with every change.
    """

    def __init__(self, clock: Callable[[], datetime] | None = None, first_id: int = 65537) -> None:
        self.lock = RLock()
        self.clock = clock or (lambda: datetime.now(UTC).replace(microsecond=0))
        self.accounts: dict[str, Account] = {}
        self.groups: dict[str, Group] = {}
        self.spaces: dict[str, Space] = {}
        self.items: dict[int, Item] = {}
        self.comments: dict[int, list[int]] = {}
        self.revision = 0
        self.listeners: list[Callable[[Item | None], None]] = []
        self._next_id = first_id

    # -- building and changing -----------------------------------------------------------------------------------------

    def next_id(self) -> int:
        with self.lock:
            self._next_id += 1
            return self._next_id

    def add_account(
        self,
        id: str,  # noqa: A002
        username: str | None = None,
        name: str | None = None,
        mail: str | None = None,
        kind: Literal["human", "app", "guest"] = "human",
        *,
        active: bool = True,
    ) -> Account:
        username = username or id
        account = Account(
            id, username, name or username.title(), mail or f"{username}@example.org", kind, active
        )
        with self.lock:
            self.accounts[id] = account
            self.revision += 1
        return account

    def deactivate(self, account: str) -> None:
        with self.lock:
            self.accounts[account].active = False
            self._tell(None)

    def join(self, group: str, account: str) -> None:
        with self.lock:
            self.groups[group].members.append(account)
            self.revision += 1

    def add_group(self, name: str, members: Iterable[str] = (), id: str | None = None) -> Group:  # noqa: A002
        group = Group(id or f"group-{name}", name, list(members))
        with self.lock:
            self.groups[group.id] = group
            self.revision += 1
        return group

    def add_space(
        self,
        key: str,
        name: str | None = None,
        type: Literal["global", "personal"] = "global",  # noqa: A002
        *,
        archived: bool = False,
        author: str | None = None,
        created: datetime | None = None,
        permissions: Iterable[Permission] = (),
    ) -> Space:
        with self.lock:
            return self.insert_space(
                Space(
                    self.next_id(),
                    key,
                    name or f"Raum {key}",
                    type,
                    "archived" if archived else "current",
                    author,
                    created or self.clock(),
                    list(permissions),
                )
            )

    def insert_space(self, space: Space) -> Space:
        """Take over a space with a ready id."""
        with self.lock:
            self.spaces[space.key] = space
            self.revision += 1
            return space

    def hide_space(self, key: str, refusal: int = 404, *, listed: bool = False) -> None:
        """The reading account loses access: the space's contents vanish from lists and answer `refusal` (403 or 404)."""
        with self.lock:
            self.spaces[key].refusal, self.spaces[key].listed = refusal, listed
            self.revision += 1

    def show_space(self, key: str) -> None:
        with self.lock:
            self.spaces[key].refusal, self.spaces[key].listed = None, True
            self.revision += 1

    def archive_space(self, key: str) -> None:
        with self.lock:
            self.spaces[key].status = "archived"
            self._tell(None)

    def add_page(
        self,
        space: str,
        by: str | None,
        when: datetime | None = None,
        *,
        parent: int | None = None,
        type: Literal["page", "blogpost"] = "page",  # noqa: A002
    ) -> Item:
        with self.lock:
            return self._add(
                Item(self.next_id(), type, space, [Version(by, when or self.clock())], parent=parent)
            )

    def add_post(self, space: str, by: str | None, when: datetime | None = None) -> Item:
        return self.add_page(space, by, when, type="blogpost")

    def add_comment(
        self,
        to: int,
        by: str | None,
        when: datetime | None = None,
        *,
        location: Location = "footer",
        resolved: bool = False,
    ) -> Item:
        """A comment on a page or post, or a reply if `to` is a comment (then it takes over that comment's location)."""
        with self.lock:
            target = self.items[to]
            reply = target.type == "comment"
            container = target.container if reply else to
            return self._add(
                Item(
                    self.next_id(),
                    "comment",
                    target.space,
                    [Version(by, when or self.clock())],
                    container=container,
                    parent=to if reply else None,
                    location=target.location if reply else location,
                    resolved=resolved,
                )
            )

    def edit(self, item: int, by: str | None, when: datetime | None = None, *, minor: bool = False) -> Item:
        with self.lock:
            target = self.items[item]
            target.versions.append(Version(by, when or self.clock(), minor))
            return self._touch(target)

    def like(self, item: int, by: str, when: datetime | None = None) -> None:
        with self.lock:
            target = self.items[item]
            target.likes.setdefault(by, when or self.clock())
            self._touch(target)

    def unlike(self, item: int, by: str) -> None:
        with self.lock:
            target = self.items[item]
            del target.likes[by]
            self._touch(target)

    def view(self, item: int, views: int, viewers: int) -> None:
        """More views, by `viewers` people who had not seen it before."""
        with self.lock:
            target = self.items[item]
            target.views += views
            target.viewers += viewers
            self._touch(target)

    def trash(self, item: int) -> None:
        with self.lock:
            self.items[item].status = "trashed"
            self._touch(self.items[item])

    def restore(self, item: int) -> None:
        with self.lock:
            self.items[item].status = "current"
            self._touch(self.items[item])

    def purge(self, item: int) -> None:
        """Gone for good, with all comments below it."""
        with self.lock:
            for comment in list(self.comments.get(item, ())):
                if comment in self.items:
                    self.purge(comment)
            gone = self.items.pop(item)
            self.comments.pop(item, None)
            if gone.type == "comment" and gone.container in self.comments:
                self.comments[gone.container].remove(item)
                for reply in [r for r in self.comments[gone.container] if self.items[r].parent == item]:
                    self.purge(reply)
            self._touch(gone)

    def move(self, item: int, space: str) -> None:
        """To another space, with all comments. The platform writes no version for it."""
        with self.lock:
            for moved in (item, *self.comments.get(item, ())):
                self.items[moved].space = space
                self._touch(self.items[moved])

    # -- reading ---------------------------------------------------------------------------------------------------------

    def space_by_id(self, id: int) -> Space | None:  # noqa: A002
        return next((space for space in self.spaces.values() if space.id == id), None)

    def group_by_name(self, name: str) -> Group | None:
        return next((group for group in self.groups.values() if group.name == name), None)

    def readable(self, item: Item) -> bool:
        """Whether the reading account may see the item at all, whatever its status."""
        return self.spaces[item.space].refusal is None

    def standing(self, item: Item) -> Status:
        """The item's status; a comment shares the fate of what it hangs on."""
        if item.status == "current" and item.container is not None:
            above = self.items[item.parent or item.container]
            return "trashed" if self.standing(above) == "trashed" else "current"
        return item.status

    def activities(self) -> Iterator[Expected]:
        """What a complete collection by the reading account must bring now, from everything that is not deleted."""
        for item in self.items.values():
            if not self.readable(item) or self.standing(item) == "trashed":
                continue
            room, id_ = item.space, str(item.id)
            content_type = CONTENT_TYPE[item.type]
            thread = str(item.container) if item.container else id_
            answered = item.parent or item.container if item.type == "comment" else None
            parent = str(answered) if answered else None
            first, *edits = item.versions
            kind = Kind.CREATE
            if item.type == "comment":
                kind = Kind.REPLY if item.parent else Kind.COMMENT
            yield Expected(kind, content_type, room, id_, 1, first.by, first.when, parent, thread)
            for number, version in enumerate(edits, start=2):
                yield Expected(
                    Kind.EDIT, content_type, room, id_, number, version.by, version.when, parent, thread
                )
            for person in item.likes:
                yield Expected(Kind.REACT, content_type, room, id_, 1, person, None, parent, thread)

    def insert(self, item: Item) -> Item:
        """Take over an item with a ready id."""
        with self.lock:
            return self._add(item)

    def _add(self, item: Item) -> Item:
        self.items[item.id] = item
        if item.container is not None:
            self.comments.setdefault(item.container, []).append(item.id)
        return self._touch(item)

    def _touch(self, item: Item) -> Item:
        self._tell(item)
        return item

    def _tell(self, item: Item | None) -> None:
        """Listeners forget what they derived from `item`, or from anything if None."""
        self.revision += 1
        for listener in self.listeners:
            listener(item)
