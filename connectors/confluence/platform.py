"""What Cloud and Data Center have in common: the records their answers are read into, and what can be asked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol

from connectors.activity import Content, ContentType
from connectors.confluence.probes import Probe


@dataclass(frozen=True, slots=True)
class Account:
    """`names` are only compared with the patterns for service accounts, in memory; they go no further.

    `username` and `mail`, where the platform shows them, may serve as the id shared across platforms, in memory too.
    """

    id: str
    names: tuple[str, ...] = ()
    username: str | None = None
    mail: str | None = None
    app: bool = False
    guest: bool = False
    active: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Space:
    id: str
    key: str
    name: str
    personal: bool = False
    archived: bool = False
    created: datetime | None = None


class Principal(StrEnum):
    USER = "user"
    GROUP = "group"
    ANYONE = "anyone"
    """Not signed in, or everybody with a licence."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Somebody may read a space, or administer it."""

    principal: Principal
    id: str
    owner: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    number: int
    when: datetime
    by: str | None
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A page, post or comment as a list shows it: the first version where known, and the latest.

    `room` is None where the list does not tell (Cloud comments: it is the room of `thread`). `created` is None where only
    the latest version is shown. `likes` is the number of likes if the list shows it.
    """

    id: str
    content_type: ContentType
    latest: Version
    room: str | None = None
    personal: bool = False
    thread: str | None = None
    parent: str | None = None
    created: datetime | None = None
    author: str | None = None
    likes: int | None = None
    listing: str = ""
    accounts: tuple[Account, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """A page of a listing. `broken` are ids of items that could not be read; `lost` counts items not even their id is known of."""

    items: Sequence[Item]
    next: str | None
    broken: Sequence[str] = ()
    lost: int = 0


class Order(StrEnum):
    CREATED = "created"
    """Oldest first: an edit moves nothing, a new item comes last."""
    CHANGED = "changed"
    """Latest change first."""


@dataclass(frozen=True, slots=True)
class Query:
    """What to list: of one `space` only if given; `since` may, but need not, leave out what was last changed before."""

    listing: str
    order: Order
    since: datetime | None = None
    space: Space | None = None


class Platform(Protocol):
    """What the streams ask. Every method raises what `Transport.get` raises."""

    page_size: ClassVar[int]
    """Items asked for in one page of a listing: the platform's maximum."""
    contents: ClassVar[tuple[str, ...]]
    comments: ClassVar[tuple[str, ...]]
    """The listings that together hold all pages and posts, and all comments."""

    def spaces(self) -> Iterator[Space]: ...

    def grants(self, space: Space) -> Sequence[Grant] | None:
        """Who may read a space; None where the account may not see that. `AccessDenied` or `NotThere`: nor the space itself."""
        ...

    def groups(self) -> Sequence[Group]: ...

    def members(self, group: Group) -> Sequence[Account]: ...

    def accounts(self, ids: Sequence[str]) -> Sequence[Account]:
        """The known accounts among `ids`."""
        ...

    def page(self, query: Query, token: str | None, size: int, tries: int = 3) -> Batch:
        """One page of a listing; `tries` as in `Transport.get`."""
        ...

    def step_over(self, query: Query, token: str | None, last: datetime | None) -> Batch:
        """Go on behind an item that breaks every page it is on; `last` is when the item before it was created."""
        ...

    def by_ids(self, listing: str, ids: Sequence[str]) -> Batch:
        """The current items among `ids`, those of other listings left out; broken ones are told."""
        ...

    def versions(self, item: Item, above: int) -> Sequence[Version]:
        """All versions with a number greater than `above`, in any order."""
        ...

    def beginnings(self, ids: Sequence[str]) -> Mapping[str, Version]:
        """The first versions of those items among `ids` of which they can be had together."""
        ...

    def total(self) -> int:
        """How many pages, posts and comments the account may see outside personal spaces."""
        ...

    def probe(self, space: Space) -> None:
        """Raises `AccessDenied` or `NotThere` where a space is closed to the account."""
        ...

    def gone(self, content: Content) -> bool:
        """Whether a content that no list shows any more is deleted or in the trash, or no longer shown to the account."""
        ...

    def like_counts(self, contents: Sequence[Content]) -> Mapping[str, int]:
        """The number of likes of those contents of which it can be had together."""
        ...

    def likes(self, content: Content) -> Sequence[str]:
        """The ids of all who like a content."""
        ...

    def views(self, content: Content) -> int: ...

    def viewers(self, content: Content) -> int:
        """How many different people have viewed a content. Raises `Unsupported` where only views are told."""
        ...

    def probes(self) -> Sequence[Probe]:
        """Every kind of request once, with what it is for."""
        ...
