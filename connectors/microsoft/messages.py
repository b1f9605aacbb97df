"""Messages of channels: from what Graph shows to activities, contents and those who react."""

from collections import Counter as Tally
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.activity import Activity, Content, ContentType, Gap, Kind, Page, Person, PersonKind, Reactors
from connectors.dates import moment
from connectors.errors import BadAnswer
from connectors.microsoft.source import Source

_ENOUGH = 500
"""Activities in a page, at which it is handed on."""


@dataclass(slots=True)
class Pot:
    """What the next page will bring."""

    source: Source
    activities: list[Activity] = field(default_factory=list)
    contents: dict[str, Content] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    reactors: dict[str, Reactors] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    closed: list[tuple[str | None, str | None]] = field(default_factory=list)
    skipped: Tally[str] = field(default_factory=Tally)

    @property
    def full(self) -> bool:
        return len(self.activities) >= _ENOUGH

    def page(self, cursor: str) -> Page:
        page = Page(
            cursor=cursor,
            activities=tuple(self.activities),
            people=tuple(self.people.values()),
            contents=tuple(self.contents.values()),
            reactors=tuple(self.reactors.values()),
            gaps=tuple(self.gaps),
            closed=tuple(self.closed),
            skipped=dict(self.skipped),
        )
        for part in (
            self.activities,
            self.contents,
            self.people,
            self.reactors,
            self.gaps,
            self.closed,
            self.skipped,
        ):
            part.clear()
        return page

    def add(self, room: str, channel: str, rows: Sequence[Mapping[str, Any]]) -> None:
        messages: list[Message] = []
        for row in rows:
            if "@removed" in row:
                messages.append(Message.removed(room, channel, row, self.source.now()))
                continue
            found = [Message.shown(room, channel, row)]
            found += [
                Message.shown(room, channel, reply, root=str(row["id"])) for reply in row.get("replies") or ()
            ]
            self.skipped["system_message"] += sum(one is None for one in found)
            messages += [one for one in found if one is not None]
        self.skipped += Tally()
        known = self.source.memory.contents([message.object for message in messages])
        for message in messages:
            self._message(message, known.get(message.object))

    def _message(self, message: "Message", known: Content | None) -> None:
        if message.gone:
            self.activities.append(message.tombstone())
            return
        self.activities += [message.activity(), *message.reactions()]
        self.people |= {person.id: person for person in message.strangers()}
        had = bool(known and known.reactions)
        if message.reacting or had:
            self.reactors[message.object] = Reactors(
                message.object,
                message.room,
                message.content_type,
                message.thread,
                frozenset(person for person, _, _ in message.reacting),
                self.source.now(),
            )
        if message.parent is None or message.reacting or had:
            self.contents[message.object] = message.content(self.source.now())


@dataclass(frozen=True, slots=True)
class Message:
    """`author` is (id, kind of identity); `reacting` are (person, type, when)."""

    object: str
    room: str
    author: tuple[str, str] | None
    created: datetime
    changed: datetime
    parent: str | None
    gone: datetime | None
    dated: bool
    reacting: tuple[tuple[str, str, datetime], ...]

    @classmethod
    def shown(
        cls, room: str, channel: str, row: Mapping[str, Any], root: str | None = None
    ) -> "Message | None":
        """None for a message of the system. Raises `BadAnswer` for a row without id or time."""
        if row.get("messageType") != "message":
            return None
        if not row.get("id"):
            raise BadAnswer("a message has no id")
        created = moment(row.get("createdDateTime"))
        changed, deleted = row.get("lastModifiedDateTime"), row.get("deletedDateTime")
        above = row.get("replyToId") or root
        return cls(
            object=_object(channel, str(row["id"])),
            room=room,
            author=_author(row.get("from")),
            created=created,
            changed=moment(changed) if changed else created,
            parent=_object(channel, str(above)) if above and above != row["id"] else None,
            gone=moment(deleted) if deleted else None,
            dated=True,
            reacting=tuple(_reactions(row)),
        )

    @classmethod
    def removed(cls, room: str, channel: str, row: Mapping[str, Any], noticed: datetime) -> "Message":
        """A row that only says that the message is not there any more."""
        object_ = _object(channel, str(row.get("id")))
        return cls(object_, room, None, noticed, noticed, None, noticed, False, ())

    @property
    def thread(self) -> str:
        return self.parent or self.object

    @property
    def content_type(self) -> ContentType:
        return ContentType.COMMENT if self.parent else ContentType.POST

    def activity(self) -> Activity:
        return Activity(
            key=self.object,
            kind=Kind.REPLY if self.parent else Kind.CREATE,
            room=self.room,
            person=self.author[0] if self.author else None,
            happened=self.created,
            object=self.object,
            content_type=self.content_type,
            thread=self.thread,
            parent=self.parent,
        )

    def reactions(self) -> Iterator[Activity]:
        for person, type_, when in self.reacting:
            yield Activity(
                key=f"reaction:{self.object.removeprefix('message:')}:{type_}",
                kind=Kind.REACT,
                room=self.room,
                person=person,
                happened=when,
                object=self.object,
                content_type=self.content_type,
                thread=self.thread,
                parent=self.parent,
            )

    def tombstone(self) -> Activity:
        return Activity(
            key=f"{self.object}:deleted",
            kind=Kind.DELETE,
            room=self.room,
            person=None,
            happened=self.gone or self.changed,
            object=self.object,
            content_type=self.content_type,
            thread=self.thread,
            dated=self.dated,
        )

    def content(self, observed: datetime) -> Content:
        return Content(
            id=self.object,
            room=self.room,
            content_type=self.content_type,
            created=self.created,
            changed=self.changed,
            answerable=True,
            thread=self.thread,
            reactions=len({person for person, _, _ in self.reacting}),
            observed=observed,
        )

    def strangers(self) -> Iterator[Person]:
        """Apps, and people of other organisations, who are not among the users of the tenant."""
        if self.author is None:
            return
        id_, kind = self.author
        if kind == "application":
            yield Person(id_, PersonKind.SERVICE)
        elif kind not in ("aadUser", "onPremiseAadUser", "unknownFutureValue", ""):
            yield Person(id_, PersonKind.GUEST)


def _object(channel: str, id_: str) -> str:
    return f"message:{channel}/{id_}"


def _author(given: object) -> tuple[str, str] | None:
    if not isinstance(given, Mapping):
        return None
    user = given.get("user")
    if isinstance(user, Mapping) and user.get("id"):
        return str(user["id"]), str(user.get("userIdentityType") or "")
    application = given.get("application")
    if isinstance(application, Mapping) and application.get("id"):
        return str(application["id"]), "application"
    return None


def _reactions(row: Mapping[str, Any]) -> Iterator[tuple[str, str, datetime]]:
    for reaction in row.get("reactions") or ():
        who = _author(reaction.get("user"))
        if who and reaction.get("createdDateTime"):
            yield who[0], str(reaction.get("reactionType") or ""), moment(reaction["createdDateTime"])
