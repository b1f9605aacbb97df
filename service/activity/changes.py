"""What a batch of pages changes in the relational store, under pseudonyms: rooms, people, memberships, contents, gaps."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from connectors.activity import Alias, Content, ContentType, Gap, Kind, Members, Page, Person, Room
from service.activity.rows import Batch, room_key
from service.models import Membership
from service.models import Room as RoomRow


@dataclass
class Known:
    """The present members of one room with their owner mark, and whether all were ever observed."""

    open: dict[int, bool]
    observed: bool


def known_members(connection: Connection, room: str) -> Known:
    """What is stored of the members of a room, by the room's key."""
    observed = connection.scalar(select(RoomRow.members_observed).where(RoomRow.key == room))
    query = (
        select(Membership.pseudonym, Membership.owner)
        .join(RoomRow, RoomRow.id == Membership.room_id)
        .where(RoomRow.key == room, Membership.until.is_(None))
    )
    present = {row.pseudonym: row.owner for row in connection.execute(query)}
    return Known(present, observed is not None)


@dataclass
class Changes:
    """The changes of a batch, complete enough to be applied after a crash by nothing but this value."""

    rooms: dict[str, dict[str, Any]] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    people: dict[int, dict[str, Any]] = field(default_factory=dict)
    """By pseudonym, in the sense of `connectors.activity.Person`: None is not told, "" and 0 are told as none."""
    members: list[tuple[str, str, int, bool, str]] = field(default_factory=list)
    """(room, "join" | "leave" | "owner", pseudonym, owner, when it was observed), in order."""
    members_observed: dict[str, str] = field(default_factory=dict)
    contents: dict[str, dict[str, Any]] = field(default_factory=dict)
    aliases: list[tuple[int, int, str, str]] = field(default_factory=list)
    """(keyed hash of the name, object as in the log, room, content type)."""
    gaps: list[tuple[str, str, str | None, str | None, str]] = field(default_factory=list)
    """(room, object, kinds, reason, when it was observed), in order; without a reason the gap is closed."""

    def __bool__(self) -> bool:
        return any(vars(self).values())

    def to_json(self) -> str:
        return json.dumps(vars(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Changes":
        values = json.loads(text)
        values["people"] = {int(pseudonym): person for pseudonym, person in values["people"].items()}
        return cls(**values)


class Recorder:
    """Turns pages of one source into `Changes`, and first and last sights of members into rows of the batch."""

    def __init__(self, connection: Connection, batch: Batch) -> None:
        self.changes = Changes()
        self._connection = connection
        self._batch = batch
        self._source = batch.source
        self._known: dict[str, Known] = {}

    def page(self, page: Page, observed: datetime) -> None:
        """`observed` is when the page was read."""
        self._observed = observed
        for room in page.rooms:
            self._room(room)
        for activity in page.activities:
            if activity.kind is Kind.DELETE and activity.content_type is ContentType.ROOM:
                self.changes.gone[room_key(self._source, activity.room)] = activity.happened.isoformat()
        for person in page.people:
            self._person(person)
        for members in page.members:
            self._members(members)
        for content in page.contents:
            self._content(content)
        for alias in page.aliases:
            self._alias(alias)
        for gap in page.gaps:
            self._gap(gap)
        for room_id, content_id in page.closed:
            self._closed(room_id, content_id)

    def _alias(self, alias: Alias) -> None:
        name = self._batch.pseudonymiser.alias(alias.name)
        thing = self._batch.hasher.object(alias.room if alias.object is None else alias.object)
        room = room_key(self._source, alias.room)
        self.changes.aliases.append((name, thing, room, alias.content_type.value))

    def _gap(self, gap: Gap) -> None:
        kinds = ",".join(kind.value for kind in gap.kinds)
        self.changes.gaps.append(
            (self._place(gap.room), gap.object or "", kinds, gap.reason, self._observed.isoformat())
        )

    def _closed(self, room: str | None, content: str | None) -> None:
        self.changes.gaps.append((self._place(room), content or "", None, None, self._observed.isoformat()))

    def _place(self, room: str | None) -> str:
        return "" if room is None else room_key(self._source, room)

    def _room(self, room: Room) -> None:
        key = room_key(self._source, room.key)
        earlier = self.changes.rooms.get(key, {})
        self.changes.rooms[key] = {
            "first_seen": earlier.get("first_seen", self._observed.isoformat()),
            "handle": room.handle,
            "name": room.name if room.open is True else None,
            "open": room.open,
            "created": _text(room.created) or earlier.get("created"),
            "archived": room.archived,
        }
        self.changes.gone.pop(key, None)

    def _person(self, person: Person) -> None:
        if self._batch.absent(person.id):
            return
        pseudonym = self._batch.pseudonymiser.person(person.id, self._source)
        earlier = self.changes.people.get(pseudonym, {})
        self.changes.people[pseudonym] = {
            "first_seen": earlier.get("first_seen", self._observed.isoformat()),
            "last_seen": self._observed.isoformat(),
            "kind": earlier.get("kind") if person.kind is None else person.kind.value,
            "active": person.active,
            "unit": earlier.get("unit") if person.unit is None else person.unit,
            "site": earlier.get("site") if person.site is None else person.site,
            "leadership": earlier.get("leadership") if person.leadership is None else person.leadership,
            "identity": self._identity(person.canonical) or earlier.get("identity"),
        }

    def _identity(self, canonical: str | None) -> int | None:
        """Without the source: the same on every platform."""
        if not canonical or not canonical.strip() or self._batch.pseudonymiser.absent(canonical):
            return None  # absent: the machine of somebody who has opted out
        return self._batch.pseudonymiser.person(canonical)

    def _members(self, members: Members) -> None:
        room = room_key(self._source, members.room)
        if room not in self._known:
            self._known[room] = known_members(self._connection, room)
        known = self._known[room]
        people, owners = (
            {
                self._batch.pseudonymiser.person(one, self._source)
                for one in told
                if not self._batch.absent(one)
            }
            for told in (members.people, members.owners)
        )
        people |= owners
        for pseudonym in sorted(people):
            owner = pseudonym in owners
            if pseudonym not in known.open:
                self._member(room, Kind.JOIN, pseudonym, owner)
                if known.observed:
                    self._batch.membership(Kind.JOIN, members.room, pseudonym, self._observed)
            elif known.open[pseudonym] != owner:
                self._member(room, "owner", pseudonym, owner)
            known.open[pseudonym] = owner
        if members.complete:
            for pseudonym in sorted(known.open.keys() - people):
                del known.open[pseudonym]
                self._member(room, Kind.LEAVE, pseudonym, False)
                if known.observed:
                    self._batch.membership(Kind.LEAVE, members.room, pseudonym, self._observed)
            if not known.observed:
                known.observed = True
                self.changes.members_observed[room] = self._observed.isoformat()

    def _member(self, room: str, change: str, pseudonym: int, owner: bool) -> None:
        self.changes.members.append((room, str(change), pseudonym, owner, self._observed.isoformat()))

    def _content(self, content: Content) -> None:
        fresh = {
            "room": room_key(self._source, content.room),
            "content_type": content.content_type.value,
            "created": content.created.isoformat(),
            "changed": content.changed.isoformat(),
            "version": content.version,
            "answerable": content.answerable,
            "thread": content.thread,
            "reactions": content.reactions,
            "observed": _text(content.observed),
            "deleted": content.deleted,
        }
        earlier = self.changes.contents.get(content.id)
        self.changes.contents[content.id] = fresh if earlier is None else _newer(earlier, fresh)


def _newer(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """Two sights of a content within one batch, by the rule the registry uses for stored ones."""
    merged = dict(later)
    merged["version"] = max(earlier["version"], later["version"])
    for name in ("answerable", "thread", "reactions"):
        if later[name] is None:
            merged[name] = earlier[name]
    for name in ("changed", "observed"):
        sights = [
            datetime.fromisoformat(sight[name]) for sight in (earlier, later) if sight[name] is not None
        ]
        merged[name] = max(sights).isoformat() if sights else None
    return merged


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
