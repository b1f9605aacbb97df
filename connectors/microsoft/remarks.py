"""What comments and likes of a page bring: pure functions, no requests."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from connectors.activity import Activity, Content, ContentType, Counter, CounterName, Kind, Reactors
from connectors.dates import moment
from connectors.errors import BadAnswer
from connectors.microsoft.accounts import login
from connectors.microsoft.brought import Brought
from connectors.microsoft.counted import Counts
from connectors.microsoft.mapping import count
from connectors.microsoft.rooms import Site

_LEAST_YEAR = 2001
"""SharePoint writes the year 1 for "no date"."""


@dataclass(slots=True)
class Reading:
    site: Site
    key: str
    shown: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Look:
    """A page that is looked into; a part that is not asked for is None, one that is empty needs no request."""

    reading: Reading
    number: str
    content_type: ContentType
    before: Counts
    counts: Counts
    comments: "Future[list[dict[str, Any]]] | list[dict[str, Any]] | None" = None
    likes: "Future[dict[str, Any]] | dict[str, Any] | None" = None

    @property
    def room(self) -> str:
        return self.reading.site.room

    @property
    def path(self) -> str:
        """The page in SharePoint's own interface."""
        site = urlsplit(self.reading.site.url).path.rstrip("/")
        return f"{site}/_api/web/lists(guid'{self.reading.key}')/GetItemById({self.number})"

    @property
    def id(self) -> str:
        return f"page:{self.reading.key}:{self.number}"


@dataclass(frozen=True, slots=True)
class Remarks:
    """`ids` are the people by login, `known` the comments that are remembered, `now` is when it was read."""

    ids: Mapping[str, str]
    known: Mapping[str, Content]
    now: datetime
    brought: Brought

    def comment(self, look: Look, row: Mapping[str, Any]) -> str:
        """Takes a comment or reply with its likes, as far as they are new; returns its id. Raises `BadAnswer`."""
        id_, written = comment_id(look, row), moment(row.get("createdDate"))
        above = count(row.get("parentId")) or 0
        likes = count(row.get("likeCount")) or 0
        old = self.known.get(id_)
        if old is None or old.deleted:
            self.brought.activities.append(
                Activity(
                    key=id_,
                    kind=Kind.REPLY if above else Kind.COMMENT,
                    room=look.room,
                    person=self._person(row.get("author")),
                    happened=written,
                    object=id_,
                    content_type=ContentType.COMMENT,
                    thread=look.id,
                    parent=comment_id(look, {"id": above}) if above else look.id,
                )
            )
        elif old.reactions == likes:
            return id_
        self.brought.contents.append(
            Content(id_, look.room, ContentType.COMMENT, written, written, thread=look.id, reactions=likes)
        )
        if likes or (old is not None and old.reactions):
            self.likes(look, id_, ContentType.COMMENT, row)
        return id_

    def likes(self, look: Look, object_: str, type_: ContentType, found: Mapping[str, Any]) -> None:
        """Who likes it, dated where SharePoint tells when; a counter where it tells only how many. Raises `BadAnswer`."""
        likers = found.get("likedBy") or []
        total = count(found.get("likeCount")) or 0
        if total and not likers:
            self.brought.counters.append(Counter(CounterName.REACTIONS, look.room, object_, total, self.now))
            return
        people = set()
        for liker in likers:
            person = self._person(liker)
            if person is None:
                self.brought.skipped["unknown_person"] += 1
                continue
            people.add(person)
            when = _date(liker)
            if when is not None:
                self.brought.activities.append(
                    Activity(f"{object_}:like", Kind.REACT, look.room, person, when, object_, type_, look.id)
                )
        seen = Reactors(object_, look.room, type_, look.id, frozenset(people), self.now)
        self.brought.reactors.append(seen)

    def _person(self, author: object) -> str | None:
        return self.ids.get(login(author) or "")


def logins(comments: Sequence[Mapping[str, Any]], likes: Mapping[str, Any] | None) -> set[str | None]:
    """Everybody who is named in the comments and likes of a page."""
    people = [one.get("author") for one in comments]
    for one in (*comments, likes or {}):
        people += one.get("likedBy") or ()
    return {login(person) for person in people}


def comment_id(look: Look, comment: Mapping[str, Any]) -> str:
    number = comment.get("id")
    if number in (None, ""):
        raise BadAnswer("SharePoint: a comment without its id")
    return f"comment:{look.reading.key}:{look.number}:{number}"


def _date(liker: Mapping[str, Any]) -> datetime | None:
    given = liker.get("creationDate")
    if not given:
        return None
    when = moment(given)
    return when if when.year >= _LEAST_YEAR else None
