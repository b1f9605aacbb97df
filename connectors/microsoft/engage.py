"""Viva Engage: communities are rooms of their groups; posts only where a user's token is given.

Graph lists communities to an app but none of their posts. Those are to be had from Viva Engage's own interface, which knows users
only: with `token_file` this stream reads them as that user sees them, slowly, for ten requests in 30 seconds are allowed. Without it one gap
says that they are missing; usage reports still count them. Members are those of the group.

Messages come newest first. A pass goes down to the newest message of the pass before; where it stands is kept, so an interruption continues
it. Later edits and deletions are not told. Likes come as a number, with a few names only, and so are counters.

Authors have numbers of Viva Engage's own; the id they have in the directory is not shown, so the mail address beside a number tells who it is. Where none is
shown the author stays unknown, which is neither a person of its own nor a guess, and a gap of the room says so.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from connectors import names
from connectors.activity import (
    Activity,
    Alias,
    Content,
    ContentType,
    Counter,
    CounterName,
    Gap,
    Kind,
    Page,
    Person,
    PersonKind,
    Room,
)
from connectors.dates import moment
from connectors.errors import AccessDenied, BadAnswer, NotThere
from connectors.microsoft.mapping import SKIPPABLE, reason
from connectors.microsoft.progress import dump, load
from connectors.microsoft.rooms import group_room
from connectors.microsoft.senders import Senders
from connectors.microsoft.source import Source
from connectors.microsoft.teams import Pace
from connectors.microsoft.tokens import Resource

KINDS = (Kind.CREATE, Kind.REPLY, Kind.REACT)
POSTS = "viva_engage_posts"
"""What a gap names when the posts of all communities are missing: no room has to be missing for it."""
AUTHORS = "viva_engage_authors"
"""What a gap of a room names when authors could not be found in the directory: their posts are there, but nobody's."""
_STREAM = "communities"
_OBJECT = "engage:"
_PER_SECOND = 10 / 30


@dataclass(frozen=True, slots=True)
class Community:
    """`number` is the community's id in Viva Engage's own interface; None where Graph's id does not hold it."""

    id: str
    name: str
    group: str
    public: bool
    number: str | None


@dataclass(slots=True)
class Progress:
    """`places` holds per community the `floor` (newest message of the last pass), and during a pass its `top` and `older`."""

    places: dict[str, dict[str, int]] = field(default_factory=dict)


def communities(source: Source) -> Iterator[Community]:
    for listing in source.transport.pages(Resource.GRAPH, "/employeeExperience/communities"):
        for row in listing.items:
            id_, group = row.get("id"), row.get("groupId")
            if not isinstance(id_, str):
                raise BadAnswer("a community has no id")
            if isinstance(group, str):
                public = row.get("privacy") == "public"
                yield Community(id_, str(row.get("displayName") or ""), group, public, _number(id_))


def read(source: Source, cursor: str | None) -> Iterator[Page]:
    """Raises `CursorExpired` for a cursor of another form, and what `Transport.get` raises for a failing source."""
    progress = load(Progress, cursor)
    before = set(source.memory.gaps(_STREAM))
    try:
        found = list(communities(source))
    except (AccessDenied, NotThere) as error:
        yield Page(cursor=dump(progress), gaps=[Gap(None, None, KINDS, reason(error))])
        return
    yield Page(
        cursor=dump(progress),
        **_rooms(source, found),
        closed=[(None, None)] if (None, None) in before else [],
    )
    if not found:
        return
    if source.settings.user_token is None:
        yield Page(cursor=dump(progress), gaps=[Gap(None, POSTS, KINDS, "unsupported")])
        return
    if (None, POSTS) in before:
        yield Page(cursor=dump(progress), closed=[(None, POSTS)])
    posts = _Posts(source, progress)
    for community in found:
        if community.number is not None and source.directory().room_of_group(community.group):
            yield from posts.of(community, before)
    yield Page(cursor=dump(progress))


def _rooms(source: Source, found: list[Community]) -> dict[str, Any]:
    """Communities whose group was not listed, as rooms; where groups were chosen, others are none."""
    directory = source.directory()
    aliases = [Alias(name, group_room(community.group)) for community in found for name in _names(community)]
    others = [community for community in found if directory.room_of_group(community.group) is None]
    if source.settings.groups or directory.ungrouped is None:
        skipped = {"not_a_chosen_group": len(others)} if others else {}
        mine = [alias for alias in aliases if alias.room in directory.rooms]
        return {"aliases": mine, "skipped": skipped}
    rooms = []
    for community in others:
        name = community.name if community.public else None
        rooms.append(Room(group_room(community.group), community.group, name, community.public))
    return {"rooms": rooms, "aliases": aliases}


def _names(community: Community) -> Iterator[str]:
    """Reports call it by its name, records of the audit log by its number."""
    yield names.community(community.name)
    if community.number is not None:
        yield f"community:{community.number}"


class _Posts:
    def __init__(self, source: Source, progress: Progress) -> None:
        self._source, self._progress = source, progress
        self._pace = Pace(source, _PER_SECOND)
        self._senders = Senders(source)
        self._unmatched: set[str] = set()
        """Rooms with an author whom nobody knows, in this run."""

    def of(self, community: Community, before: set[tuple[str | None, str | None]]) -> Iterator[Page]:
        room = group_room(community.group)
        place = self._progress.places.setdefault(str(community.number), {})
        try:
            if self._ahead(community, place):
                place.clear()
            whole = not place
            more = True
            while more:
                answer = self._ask(community, place)
                rows = _rows(answer)
                people = self._people(_addresses(answer))
                more = _advance(place, rows, bool((answer.get("meta") or {}).get("older_available")))
                if rows:
                    yield self._page(room, rows, _addresses(answer), people)
        except SKIPPABLE as error:
            yield Page(cursor=dump(self._progress), gaps=[Gap(room, None, KINDS, reason(error))])
            return
        closed: list[tuple[str | None, str | None]] = [(room, None)] if (room, None) in before else []
        # Only a pass over everything can tell that nobody is unknown any more.
        closed += (
            [(room, AUTHORS)] if whole and (room, AUTHORS) in before and room not in self._unmatched else []
        )
        if closed:
            yield Page(cursor=dump(self._progress), closed=closed)

    def _ahead(self, community: Community, place: Mapping[str, int]) -> bool:
        """Whether everything there is came before the last message read: it was deleted, or the place is one of the future.

        Only messages that are not stored are in doubt: those that nobody wrote, or that were too old to be kept.
        """
        floor = place.get("floor")
        if not floor or self._source.memory.contents([f"{_OBJECT}{floor}"]):
            return False
        newest = _rows(self._ask(community, {}))
        return max((int(row["id"]) for row in newest), default=0) < floor

    def _ask(self, community: Community, place: Mapping[str, int]) -> dict[str, Any]:
        query = {"newer_than": place.get("floor"), "older_than": place.get("older")}
        params = {name: str(value) for name, value in query.items() if value}
        self._pace.wait("")
        path = f"/messages/in_group/{quote(str(community.number))}.json"
        return self._source.transport.get(Resource.ENGAGE, path, params=params)

    def _people(self, addresses: Mapping[str, str]) -> list[Person]:
        """Authors without an account here. Raises `BadAnswer` where the platform fails to tell of somebody: the place stays before it."""
        people = self._senders.people(set(addresses.values()))
        if not self._senders.unknown.isdisjoint(addresses.values()):
            raise BadAnswer("whose messages these are could not be told")
        return people

    def _page(
        self,
        room: str,
        rows: list[Mapping[str, Any]],
        addresses: Mapping[str, str],
        strangers: Sequence[Person],
    ) -> Page:
        now, people = self._source.now(), list(strangers)
        activities: list[Activity] = []
        contents: list[Content] = []
        counters: list[Counter] = []
        skipped = 0
        unmatched = False
        for row in rows:
            if row.get("system_message") or row.get("message_type") == "system":
                skipped += 1
                continue
            post = Post.shown(room, row)
            sender = post.sender
            if row.get("sender_type") in ("bot", "guide"):
                people.append(Person(sender, PersonKind.SERVICE))
            elif sender in addresses:
                sender = self._senders.id_of(addresses[sender]) or sender
            else:
                unmatched = True
            activities.append(post.activity(sender))
            contents.append(post.content(now))
            if post.likes:
                counters.append(Counter(CounterName.REACTIONS, room, post.object, post.likes, now))
        if unmatched:
            self._unmatched.add(room)
        return Page(
            cursor=dump(self._progress),
            activities=activities,
            contents=contents,
            counters=counters,
            people=list({person.id: person for person in people}.values()),
            gaps=[Gap(room, AUTHORS, (Kind.CREATE, Kind.REPLY), "unsupported")] if unmatched else (),
            skipped={"system_message": skipped} if skipped else {},
        )


def _advance(place: dict[str, int], rows: list[Mapping[str, Any]], older: bool) -> bool:
    """Move the place behind what was read; tells whether the pass goes on."""
    ids = [int(row["id"]) for row in rows]
    if ids:
        place["top"] = max(place.get("top", 0), *ids)
    if ids and older:
        if min(ids) >= place.get("older", max(ids) + 1):
            raise BadAnswer("a list of messages leads in a circle")
        place["older"] = min(ids)
        return True
    place.pop("older", None)
    place["floor"] = max(place.pop("top", 0), place.get("floor", 0))
    return False


@dataclass(frozen=True, slots=True)
class Post:
    object: str
    room: str
    sender: str
    created: datetime
    thread: str
    parent: str | None
    likes: int

    @classmethod
    def shown(cls, room: str, row: Mapping[str, Any]) -> "Post":
        object_ = f"{_OBJECT}{row['id']}"
        answered = row.get("replied_to_id")
        return cls(
            object_,
            room,
            f"engage:{row.get('sender_id')}",
            # 2026/03/02 09:00:00 +0000
            moment(str(row.get("created_at")).replace("/", "-")),
            f"engage:{row.get('thread_id') or row['id']}",
            f"engage:{answered}" if answered else None,
            int((row.get("liked_by") or {}).get("count") or 0),
        )

    def activity(self, sender: str) -> Activity:
        return Activity(
            key=self.object,
            kind=Kind.REPLY if self.parent else Kind.CREATE,
            room=self.room,
            person=sender,
            happened=self.created,
            object=self.object,
            content_type=self._type,
            thread=self.thread,
            parent=self.parent,
        )

    def content(self, observed: datetime) -> Content:
        return Content(
            id=self.object,
            room=self.room,
            content_type=self._type,
            created=self.created,
            changed=self.created,
            answerable=True,
            thread=self.thread,
            reactions=self.likes,
            observed=observed,
        )

    @property
    def _type(self) -> ContentType:
        return ContentType.COMMENT if self.parent else ContentType.POST


def _rows(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = answer.get("messages")
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) and "id" in row for row in rows):
        raise BadAnswer("a list of messages without its messages")
    return rows


def _addresses(answer: Mapping[str, Any]) -> dict[str, str]:
    """Mail addresses of the users an answer mentions, by sender; they are used in memory only."""
    return {
        f"engage:{reference['id']}": str(reference["email"]).strip().lower()
        for reference in answer.get("references") or ()
        if reference.get("type") == "user" and reference.get("id") and reference.get("email")
    }


def _number(id_: str) -> str | None:
    """Graph's id is base64 of {"_type":"Group","id":"…"}."""
    try:
        found = json.loads(base64.urlsafe_b64decode(id_ + "=" * (-len(id_) % 4)))
        return str(int(found["id"]))
    except (ValueError, TypeError, KeyError):
        return None
