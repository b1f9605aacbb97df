"""Conversations in the mailboxes of groups: threads and their posts.

There is no delta. Each run lists the threads of every group, without topic or preview, and reads the posts of those that had something
delivered after the group's mark. The mark stays some minutes behind the listing, as a message may arrive late under an
earlier time; such a thread is read twice, which the keys of its posts make harmless. Threads are read in the order of their
last delivery, and the mark follows them, so that a crash repeats a handful of threads.

A thread's first post is its content `thread:<thread id>`, so that answers keep their parent when that post is deleted. Posts
name their senders by mail address only. Addresses are turned into account ids by asking for the user with that
address, in memory; a sender without an account is a guest. A mailbox serves four requests at a time: the posts of
four threads are asked for in one `$batch`, and batches of one mailbox follow one another.

Threads that have vanished are looked for once a week and become tombstones where the platform answers 404.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any
from urllib.parse import quote

from connectors.activity import Activity, Content, ContentType, Gap, Kind, Page, Person, PersonKind
from connectors.dates import moment
from connectors.errors import AccessDenied, BadAnswer, ConnectorError, NotThere
from connectors.identity import canonical
from connectors.microsoft.mapping import SKIPPABLE, reason, tombstone
from connectors.microsoft.progress import dump, load
from connectors.microsoft.rooms import Group, chunks, many
from connectors.microsoft.source import Source
from connectors.microsoft.tokens import Resource

_KINDS = (Kind.CREATE, Kind.REPLY)
_LATE = timedelta(minutes=10)
"""So long a message may take until a listing shows its thread under the new time."""
_SWEEP = timedelta(days=7)
_PER_MAILBOX = 4
_IN_BATCH = 20
_GROUPS_AT_ONCE = 160
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


def read(source: Source, cursor: str | None) -> Iterator[Page]:
    """Raises `CursorExpired` for a cursor of another form, and what `Transport.get` raises for a failing source."""
    yield from _Conversations(source, load(Progress, cursor)).pages()


class _Conversations:
    def __init__(self, source: Source, progress: Progress) -> None:
        self._source, self._progress, self._transport = source, progress, source.transport
        self._before = {room for room, object_ in source.memory.gaps(_STREAM) if object_ is None}
        self._senders = Senders(source)
        self._mailboxes: dict[str, threading.Lock] = {}
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
        self._mailboxes = {group.id: threading.Lock() for group in groups}
        for number, some in enumerate(chunks(groups, _GROUPS_AT_ONCE)):
            began = int((self._source.now() - _LATE).timestamp())
            listed = list(self._lists(some))
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

    def _lists(self, groups: Sequence[Group]) -> Iterator[tuple[Group, list[Thread] | ConnectorError]]:
        for lot, answer in self._transport.each(self._threads, chunks(groups, _IN_BATCH)):
            for group in lot:
                yield group, answer if isinstance(answer, ConnectorError) else answer[group.id]

    def _threads(self, groups: Sequence[Group]) -> dict[str, list[Thread] | ConnectorError]:
        """All threads of several mailboxes: one request to each, in one batch, and what follows one by one."""
        requests = [(group.id, f"/groups/{quote(group.id)}/threads?{_THREADS}") for group in groups]
        found: dict[str, list[Thread] | ConnectorError] = {}
        for id_, answer in self._transport.batch(requests).items():
            try:
                found[id_] = (
                    answer
                    if isinstance(answer, ConnectorError)
                    else [_thread(row) for row in self._rows(answer)]
                )
            except SKIPPABLE as error:
                found[id_] = error
        return found

    def _group_pages(
        self, listed: Sequence[tuple[Group, list[Thread] | ConnectorError]], began: int, sweep: bool
    ) -> Iterator[Page]:
        progress = self._progress
        lots: list[tuple[int, tuple[Group, list[Thread], bool]]] = []
        gaps: list[Gap] = []
        closed: list[tuple[str | None, str | None]] = []
        skipped: dict[str, int] = {}
        mark: dict[str, int] = {}
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
                mark[group.id] = min(began, newest)
                new = self._new(group, threads)
                mine = list(chunks(new, _PER_MAILBOX))
                lots += [(place, (group, lot, lot is mine[-1])) for place, lot in enumerate(mine)]
                if not mine:
                    progress.marks[group.id] = mark[group.id]
                    closed += [(group.room, None)] if group.room in self._before else []
        if gaps or closed or skipped:
            yield Page(cursor=dump(progress), gaps=gaps, closed=closed, skipped=skipped)
        broken: set[str] = set()
        # One lot of every mailbox, then the next of each: workers would only wait for another at the same mailbox.
        in_turn = [lot for _, lot in sorted(lots, key=itemgetter(0))]
        for (group, lot, last), answer in self._transport.each(self._posts, in_turn):
            posts = {} if isinstance(answer, ConnectorError) else answer
            whole = len(posts) == len(lot)
            if not whole:
                # The mark stays before what could not be read, so the next run comes back to it.
                broken.add(group.id)
            if group.id not in broken:
                progress.marks[group.id] = mark[group.id] if last else int(lot[-1].delivered.timestamp())
            yield self._page(group, lot, posts, last=last, broken=group.id in broken)

    def _new(self, group: Group, threads: Iterable[Thread]) -> list[Thread]:
        mark = self._progress.marks.get(group.id, 0)
        # Whole seconds: what came within the second of the mark is read again.
        new = [thread for thread in threads if int(thread.delivered.timestamp()) >= mark]
        return sorted(new, key=lambda thread: (thread.delivered, thread.id))

    def _posts(self, lot: tuple[Group, list[Thread], bool]) -> dict[str, list[Post]]:
        """The posts by thread; a thread that could not be read is not among them, one that has gone has none."""
        group, threads, _ = lot
        requests = [
            (thread.id, f"/groups/{quote(group.id)}/threads/{quote(thread.id, safe='')}/posts?{_POSTS}")
            for thread in threads
        ]
        found: dict[str, list[Post]] = {}
        with self._mailboxes[group.id]:
            for id_, answer in self._transport.batch(requests).items():
                if isinstance(answer, NotThere):
                    found[id_] = []
                elif not isinstance(answer, ConnectorError):
                    try:
                        found[id_] = [_post(row) for row in self._rows(answer)]
                    except SKIPPABLE:
                        continue
        return found

    def _rows(self, answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        yield from answer.get("value") or ()
        link = answer.get("@odata.nextLink")
        if link:
            for listing in self._transport.pages(Resource.GRAPH, link):
                yield from listing.items

    def _page(
        self,
        group: Group,
        lot: Sequence[Thread],
        posts: Mapping[str, list[Post]],
        *,
        last: bool,
        broken: bool,
    ) -> Page:
        people = self._senders.people(
            {post.sender for some in posts.values() for post in some if post.sender}
        )
        known = self._source.memory.contents([_content_id(thread.id) for thread in lot])
        activities: list[Activity] = []
        contents: list[Content] = []
        for thread in lot:
            mine = sorted(posts.get(thread.id, ()), key=lambda post: (post.when, post.id))
            if not mine:
                continue
            content = known.get(_content_id(thread.id))
            activities += self._activities(group, thread, mine, content)
            contents.append(
                Content(
                    id=_content_id(thread.id),
                    room=group.room,
                    content_type=ContentType.POST,
                    created=content.created if content else mine[0].when,
                    changed=max(thread.delivered, mine[-1].when),
                    answerable=not thread.locked,
                    thread=_content_id(thread.id),
                    observed=self._source.now(),
                )
            )
        gaps = [Gap(group.room, None, _KINDS, "broken")] if last and broken else []
        closed = [(group.room, None)] if last and not broken and group.room in self._before else []
        return Page(
            cursor=dump(self._progress),
            activities=activities,
            contents=contents,
            people=people,
            gaps=gaps,
            closed=closed,
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


class Senders:
    """Account ids for mail addresses, in memory only."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._ids: dict[str, str] = {}

    def id_of(self, address: str | None) -> str | None:
        return None if address is None else self._ids.get(address, address)

    def people(self, addresses: Iterable[str]) -> list[Person]:
        """Look up addresses; returns the senders that have no account here, each once."""
        new = sorted(set(addresses) - self._ids.keys())
        strangers = []
        requests = [
            (address, f"/users?$filter={quote(_filter(address))}&$select=id,mail&$top=1") for address in new
        ]
        for address, answer in many(self._source, requests):
            rows = () if isinstance(answer, ConnectorError) else answer.get("value") or ()
            found = next((row.get("id") for row in rows if _same(row.get("mail"), address)), None)
            self._ids[address] = str(found) if found else address
            if not found:
                # Where users may not be asked for, nobody knows whether it is one of ours.
                kind = PersonKind.HUMAN if isinstance(answer, ConnectorError) else PersonKind.GUEST
                pattern = self._source.settings.identity_pattern
                strangers.append(Person(address, kind, canonical=canonical(address, pattern)))
        return strangers


def _filter(address: str) -> str:
    return "mail eq '{}'".format(address.replace("'", "''"))


def _same(shown: object, address: str) -> bool:
    return isinstance(shown, str) and shown.strip().lower() == address


def _content_id(thread: str) -> str:
    return f"thread:{thread}"


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
