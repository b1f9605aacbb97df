"""Conversations in the mailboxes of groups: threads and their posts.

There is no delta. Each run lists the threads of every group, without topic or preview, and reads the posts of those that had something
delivered after the group's mark. The mark stays some minutes behind the listing, as a message may arrive late under an
earlier time; such a thread is read twice, which the keys of its posts make harmless. Threads are read in the order of their
last delivery, and the mark follows them, so that a crash repeats one page.

A thread's first post is its content `thread:<thread id>`, so that answers keep their parent when that post is deleted. Posts
name their senders by mail address only. Addresses are turned into account ids by asking for the user with that
address, in memory; a sender without an account is a guest, and where the platform fails to tell the thread is read again next time.
Senders of many posts are looked up together, while the next posts are being read.

A mailbox serves four requests at a time, and a `$batch` holds twenty: five mailboxes form a lane, of whose threads four of
each are asked for in one batch. Batches of one lane follow one another; lanes are read side by side. Mailboxes with equally much to
read share a lane, so that its batches stay full.

Threads that have vanished are looked for once a week and become tombstones where the platform answers 404.
"""

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

from connectors.activity import Activity, Content, ContentType, Gap, Kind, Page, Person
from connectors.cursor import AHEAD, passed
from connectors.dates import moment
from connectors.errors import AccessDenied, BadAnswer, ConnectorError, CursorExpired, NotThere
from connectors.microsoft.batch import LARGEST
from connectors.microsoft.mapping import SKIPPABLE, reason, tombstone
from connectors.microsoft.progress import dump, load
from connectors.microsoft.rooms import Group, chunks, many
from connectors.microsoft.senders import Senders
from connectors.microsoft.source import Source
from connectors.microsoft.tokens import Resource

_KINDS = (Kind.CREATE, Kind.REPLY)
_LATE = timedelta(minutes=10)
"""So long a message may take until a listing shows its thread under the new time."""
_SWEEP = timedelta(days=7)
_PER_MAILBOX = 4
_MAILBOXES = LARGEST // _PER_MAILBOX
_GROUPS_AT_ONCE = 160
_ENOUGH = 500
"""Posts in a page."""
_THREADS = "$select=id,lastDeliveredDateTime,isLocked&$top=100"
_POSTS = "$select=id,createdDateTime,receivedDateTime,from,sender&$top=100"
_STREAM = "group_conversations"


@dataclass(slots=True)
class Progress:
    """`marks` holds, per group id, up to which last delivery its threads are read (seconds since 1970)."""

    marks: dict[str, int] = field(default_factory=dict)
    swept: str | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    id: str
    delivered: datetime
    locked: bool


@dataclass(frozen=True, slots=True)
class Post:
    id: str
    sender: str | None
    when: datetime


@dataclass(frozen=True, slots=True)
class Lot:
    """Threads of a mailbox that are asked for together; `last`: it has no more in this run."""

    group: Group
    threads: list[Thread]
    last: bool


@dataclass(slots=True)
class Reading:
    """Lots in the order of their reading, with what was found of each: a thread that could not be read is not among them."""

    found: list[tuple[Lot, dict[str, list[Post]]]] = field(default_factory=list)
    posts: int = 0
    strangers: "Future[list[Person]] | None" = None

    def add(self, lot: Lot, posts: dict[str, list[Post]]) -> None:
        self.found.append((lot, posts))
        self.posts += sum(map(len, posts.values()))

    @property
    def senders(self) -> set[str]:
        return {
            post.sender for _, posts in self.found for some in posts.values() for post in some if post.sender
        }


def read(source: Source, cursor: str | None) -> Iterator[Page]:
    """Raises `CursorExpired` for a cursor of another form, and what `Transport.get` raises for a failing source."""
    progress = load(Progress, cursor)
    if progress.swept is not None:
        passed(progress.swept, source.now())
    if any(mark > (source.now() + AHEAD).timestamp() for mark in progress.marks.values()):
        raise CursorExpired("the cursor is of a time to come")
    yield from _Conversations(source, progress).pages()


class _Conversations:
    def __init__(self, source: Source, progress: Progress) -> None:
        self._source, self._progress, self._transport = source, progress, source.transport
        self._before = {room for room, object_ in source.memory.gaps(_STREAM) if object_ is None}
        self._senders = Senders(source)
        self._marks: dict[str, int] = {}
        """How far each mailbox will be read once its last lot is."""
        self._broken: set[str] = set()
        """Groups of which a thread could not be read: the mark stays before it, so the next run comes back."""
        self._listed: dict[str, set[int]] = {}
        """Hashes of the ids of all threads, by room, of groups that were listed in full; only for a sweep."""

    def pages(self) -> Iterator[Page]:
        progress = self._progress
        groups = sorted(self._source.directory().groups.values(), key=lambda group: group.id)
        progress.marks = {
            group.id: progress.marks[group.id] for group in groups if group.id in progress.marks
        }
        swept = progress.swept
        sweep = swept is not None and self._source.now() - moment(swept) >= _SWEEP
        for number, some in enumerate(chunks(groups, _GROUPS_AT_ONCE)):
            began = int((self._source.now() - _LATE).timestamp())
            listed = self._lists(some)
            refused = [isinstance(threads, AccessDenied) for _, threads in listed]
            if number == 0 and all(refused) and len(refused) > 1:
                yield Page(cursor=dump(progress), gaps=[Gap(None, None, _KINDS, "access_denied")])
                return
            yield from self._group_pages(listed, began, sweep)
        if sweep or swept is None:
            if sweep:
                yield from self._vanished()
            progress.swept = self._source.now().isoformat(timespec="seconds")
        closed = [(None, None)] if None in self._before else []
        yield Page(cursor=dump(progress), closed=closed)

    # -- threads and posts ---------------------------------------------------------------------------------------------

    def _lists(self, groups: Sequence[Group]) -> list[tuple[Group, list[Thread] | ConnectorError]]:
        """All threads of several mailboxes: first pages in batches, and what follows of each mailbox side by side."""
        found: dict[str, list[Thread] | ConnectorError] = {}
        following: list[tuple[str, str]] = []
        requests = [(group.id, f"/groups/{quote(group.id)}/threads?{_THREADS}") for group in groups]
        for id_, answer in many(self._source, requests):
            try:
                found[id_] = answer if isinstance(answer, ConnectorError) else _threads(answer.get("value"))
            except BadAnswer as error:
                found[id_] = error
            else:
                if isinstance(answer, dict) and answer.get("@odata.nextLink"):
                    following.append((id_, str(answer["@odata.nextLink"])))
        for (id_, _), more in self._transport.each(self._rest, following):
            first = found[id_]
            found[id_] = (
                more
                if isinstance(more, ConnectorError) or isinstance(first, ConnectorError)
                else first + more
            )
        return [(group, found[group.id]) for group in groups]

    def _rest(self, following: tuple[str, str]) -> list[Thread]:
        pages = self._transport.pages(Resource.GRAPH, following[1])
        return [thread for listing in pages for thread in _threads(listing.items)]

    def _group_pages(
        self, listed: Sequence[tuple[Group, list[Thread] | ConnectorError]], began: int, sweep: bool
    ) -> Iterator[Page]:
        progress = self._progress
        lots: list[list[Lot]] = []
        gaps: list[Gap] = []
        closed: list[tuple[str | None, str | None]] = []
        skipped: dict[str, int] = {}
        for group, threads in listed:
            if isinstance(threads, NotThere):
                # A group without a mailbox here: there is nothing to miss.
                skipped["without_mailbox"] = skipped.get("without_mailbox", 0) + 1
            elif isinstance(threads, ConnectorError):
                gaps.append(Gap(group.room, None, _KINDS, reason(threads)))
            else:
                if sweep:
                    self._listed[group.room] = {hash(_content_id(thread.id)) for thread in threads}
                newest = max((int(thread.delivered.timestamp()) + 1 for thread in threads), default=0)
                # Not beyond what was shown: should our clock be ahead, nothing is lost by it.
                self._marks[group.id] = min(began, newest)
                mine = list(chunks(self._new(group, threads), _PER_MAILBOX))
                if mine:
                    lots.append([Lot(group, lot, lot is mine[-1]) for lot in mine])
                else:
                    progress.marks[group.id] = self._marks[group.id]
                    closed += [(group.room, None)] if group.room in self._before else []
        if gaps or closed or skipped:
            yield Page(cursor=dump(progress), gaps=gaps, closed=closed, skipped=skipped)
        yield from self._read(lots)

    def _read(self, mailboxes: list[list[Lot]]) -> Iterator[Page]:
        """The pages of all lots; while the senders of one page are looked up, the posts of the next are read."""
        lanes = list(chunks(sorted(mailboxes, key=len, reverse=True), _MAILBOXES))
        locked = [(lane, threading.Lock()) for lane in lanes]
        # One batch of every lane, then the next of each: workers would only wait for another at the same lane.
        turns = [
            (lock, [mailbox[turn] for mailbox in lane if turn < len(mailbox)])
            for turn in range(max(map(len, mailboxes), default=0))
            for lane, lock in locked
            if turn < len(lane[0])
        ]
        reading, looking = Reading(), deque[Reading]()
        for (_, batch), answer in self._transport.each(self._posts, turns):
            for order, lot in enumerate(batch):
                reading.add(lot, {} if isinstance(answer, ConnectorError) else answer[order])
            if reading.posts >= _ENOUGH:
                looking.append(self._look_up(reading))
                reading = Reading()
            if len(looking) > 1:
                yield self._page(looking.popleft())
        if reading.found:
            looking.append(self._look_up(reading))
        yield from map(self._page, looking)

    def _look_up(self, reading: Reading) -> Reading:
        reading.strangers = self._transport.submit(partial(self._senders.people, reading.senders))
        return reading

    def _new(self, group: Group, threads: Iterable[Thread]) -> list[Thread]:
        mark = self._progress.marks.get(group.id, 0)
        # Whole seconds: what came within the second of the mark is read again.
        new = [thread for thread in threads if int(thread.delivered.timestamp()) >= mark]
        return sorted(new, key=lambda thread: (thread.delivered, thread.id))

    def _posts(self, asked: tuple[threading.Lock, list[Lot]]) -> list[dict[str, list[Post]]]:
        """The posts by thread for each lot; a thread that could not be read is not among them, one that has gone has none."""
        lane, lots = asked
        places = [(order, lot, thread) for order, lot in enumerate(lots) for thread in lot.threads]
        requests = [
            (
                str(number),
                f"/groups/{quote(lot.group.id)}/threads/{quote(thread.id, safe='')}/posts?{_POSTS}",
            )
            for number, (_, lot, thread) in enumerate(places)
        ]
        found: list[dict[str, list[Post]]] = [{} for _ in lots]
        with lane:
            for number, answer in self._transport.batch(requests).items():
                order, _, thread = places[int(number)]
                if isinstance(answer, NotThere):
                    found[order][thread.id] = []
                elif not isinstance(answer, ConnectorError):
                    try:
                        found[order][thread.id] = [_post(row) for row in self._rows(answer)]
                    except SKIPPABLE:
                        continue
        return found

    def _rows(self, answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        yield from answer.get("value") or ()
        link = answer.get("@odata.nextLink")
        if link:
            for listing in self._transport.pages(Resource.GRAPH, link):
                yield from listing.items

    def _page(self, reading: Reading) -> Page:
        people = reading.strangers.result() if reading.strangers else []
        known = self._source.memory.contents(
            [_content_id(thread.id) for lot, _ in reading.found for thread in lot.threads]
        )
        activities: list[Activity] = []
        contents: list[Content] = []
        gaps: list[Gap] = []
        closed: list[tuple[str | None, str | None]] = []
        for lot, found in reading.found:
            room = lot.group.room
            posts = {id_: some for id_, some in found.items() if not self._nobodys(some)}
            for thread in lot.threads:
                mine = sorted(posts.get(thread.id, ()), key=lambda post: (post.when, post.id))
                if mine:
                    content = known.get(_content_id(thread.id))
                    activities += self._activities(lot.group, thread, mine, content)
                    contents.append(self._content(room, thread, mine, content))
            self._advance(lot, whole=len(posts) == len(lot.threads))
            if lot.last and lot.group.id in self._broken:
                gaps.append(Gap(room, None, _KINDS, "broken"))
            elif lot.last and room in self._before:
                closed.append((room, None))
        return Page(
            cursor=dump(self._progress),
            activities=activities,
            contents=contents,
            people=people,
            gaps=gaps,
            closed=closed,
        )

    def _nobodys(self, posts: Iterable[Post]) -> bool:
        """Whether of some sender nobody could tell who it is: the thread counts as not read."""
        return any(post.sender in self._senders.unknown for post in posts)

    def _advance(self, lot: Lot, *, whole: bool) -> None:
        id_ = lot.group.id
        if not whole:
            self._broken.add(id_)
        if id_ not in self._broken:
            mark = self._marks[id_] if lot.last else int(lot.threads[-1].delivered.timestamp())
            self._progress.marks[id_] = mark

    def _content(self, room: str, thread: Thread, posts: Sequence[Post], known: Content | None) -> Content:
        return Content(
            id=_content_id(thread.id),
            room=room,
            content_type=ContentType.POST,
            created=known.created if known else posts[0].when,
            changed=max(thread.delivered, posts[-1].when),
            answerable=not thread.locked,
            thread=_content_id(thread.id),
            observed=self._source.now(),
        )

    def _activities(
        self, group: Group, thread: Thread, posts: Sequence[Post], known: Content | None
    ) -> Iterator[Activity]:
        root = _content_id(thread.id)
        # Once the first post is deleted, the earliest that is left is still an answer.
        beheaded = known is not None and posts[0].when > known.created
        for post in posts:
            first = post is posts[0] and not beheaded
            yield Activity(
                key=f"post:{post.id}",
                kind=Kind.CREATE if first else Kind.REPLY,
                room=group.room,
                person=self._senders.id_of(post.sender),
                happened=post.when,
                object=root if first else f"post:{post.id}",
                content_type=ContentType.POST if first else ContentType.COMMENT,
                thread=root,
                parent=None if first else root,
            )

    # -- what has vanished ---------------------------------------------------------------------------------------------

    def _vanished(self) -> Iterator[Page]:
        suspects = (
            content
            for content in self._source.memory.present()
            if content.id.startswith("thread:")
            and content.room in self._listed
            and hash(content.id) not in self._listed[content.room]
        )
        for some in chunks(suspects, 100):
            by_id = {content.id: content for content in some}
            requests = [
                (
                    id_,
                    f"/groups/{quote(content.room[6:])}/threads/{quote(id_[7:], safe='')}/posts?$select=id&$top=1",
                )
                for id_, content in by_id.items()
            ]
            gone = [by_id[id_] for id_, row in many(self._source, requests) if isinstance(row, NotThere)]
            if gone:
                yield Page(
                    cursor=dump(self._progress),
                    activities=[tombstone(content, self._source.now()) for content in gone],
                )


def _content_id(thread: str) -> str:
    return f"thread:{thread}"


def _threads(rows: object) -> list[Thread]:
    return [_thread(row) for row in (rows if isinstance(rows, list) else ())]


def _thread(row: Mapping[str, Any]) -> Thread:
    if not row.get("id"):
        raise BadAnswer("a thread has no id")
    return Thread(str(row["id"]), moment(row.get("lastDeliveredDateTime")), bool(row.get("isLocked")))


def _post(row: Mapping[str, Any]) -> Post:
    if not row.get("id"):
        raise BadAnswer("a post has no id")
    return Post(
        str(row["id"]), _sender(row), moment(row.get("receivedDateTime") or row.get("createdDateTime"))
    )


def _sender(row: Mapping[str, Any]) -> str | None:
    """Who wrote: `from` may be the group itself, on whose behalf `sender` sent."""
    for name in ("sender", "from"):
        address = ((row.get(name) or {}).get("emailAddress") or {}).get("address")
        if isinstance(address, str) and address.strip():
            return address.strip().lower()
    return None
