"""Comments, replies and likes of pages: by SharePoint's own interface, which takes certificates only.

Neither a comment nor a like changes the page, so no delta tells of them. But the list of pages shows, for two hundred pages
in one request, how many comments and likes each has. The counts of the last run travel in the cursor (of pages that have
any), so only pages whose counts differ cost a request: one for comments, with replies and their likes, one for likes of
the page. A page whose counts SharePoint does not show is asked for when an eighth of its age has passed; so are
commented pages, for likes of comments show in no count. Comments are read at once; likes and these
second looks within a budget of requests (`observe`), and what it leaves is a gap of the source until a later run.

A crash loses nothing: counts advance in the same page as what was read, and what differs is read again. Fewer comments than
before mean that some were deleted: those that are remembered and not shown any more.
"""

from collections import Counter as Tally
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any, TypeVar
from urllib.parse import urlsplit

from connectors.activity import Content, ContentType, Gap, Kind, Page
from connectors.dates import moment
from connectors.errors import AccessDenied, BadAnswer, ConnectorError, CursorExpired
from connectors.microsoft.accounts import Accounts
from connectors.microsoft.brought import Brought, Rooms
from connectors.microsoft.catalogue import refresh
from connectors.microsoft.counted import Counts, Progress, budget
from connectors.microsoft.credentials import Secret
from connectors.microsoft.delta import SITES
from connectors.microsoft.mapping import SKIPPABLE, count, is_folder, reason, tombstone
from connectors.microsoft.remarks import Look, Reading, Remarks, comment_id, logins
from connectors.microsoft.rooms import Directory, Site
from connectors.microsoft.settings import loopback
from connectors.microsoft.sites import SitePages, is_news, items
from connectors.microsoft.source import Source
from connectors.microsoft.tokens import Resource
from connectors.microsoft.transport import Listing
from connectors.microsoft.walk import Walk

STREAM = "page_comments"
KINDS = (Kind.COMMENT, Kind.REPLY, Kind.REACT)
_FIELDS = "fields($select=PromotedState,_CommentCount,_LikeCount)"
_ROW = "id,createdDateTime,lastModifiedDateTime,contentType"
_PLAIN = {"Accept": "application/json;odata=nometadata"}
_REFUSALS = 3
_TOGETHER = 50
"""Pages whose people are looked up together: a site often has few, and a `$batch` asks for twenty at once."""
_SHOWN = -(10**9)

_T = TypeVar("_T")


class _Comments:
    def __init__(self, source: Source, cursor: str | None) -> None:
        self._source, self._transport, self._memory = source, source.transport, source.memory
        self._progress = Progress.parse(cursor)
        self._cursor = cursor
        self._accounts = Accounts(source)
        self._left = budget(source, first=cursor is None)
        self._owing = False
        self._refusals: Tally[str] = Tally()
        self._fallen: dict[str, tuple[Look, set[str]]] = {}
        self._before = frozenset(self._memory.gaps(STREAM))
        self._rooms = Rooms(KINDS, self._before)
        self._walk: Walk[Reading, list[Look]]

    def read(self) -> Iterator[Page]:
        progress = self._progress
        why, directory = self._allowed()
        if why is not None:
            yield Page(progress.dump(), gaps=[Gap(None, None, KINDS, why)])
            return
        rooms = self._rooms
        rooms.source = directory.unlisted
        if directory.complete:
            rooms.forget(directory.rooms.keys() | directory.closed_rooms.keys())
        rooms.failed = {room: one for room, one in directory.closed_sites.items() if one != "not_found"}
        refresh(self._source, SitePages(), progress.links, directory, rooms)
        brought = Brought()
        self._walk = Walk(self._source, self._arrived)
        with closing(self._walk.pages(self._readings(directory))) as lots:
            held: list[Look] = []
            for looks in chain(lots, [None]):
                held += looks or ()
                if looks is None or len(held) >= _TOGETHER:
                    self._complete(held, brought)
                    held = []
                if brought.full:
                    yield brought.page(progress.dump())
        for lost in self._lost():
            brought.activities.append(tombstone(lost, self._source.now()))
            brought.contents.append(replace(lost, deleted=True))
            if brought.full:
                yield brought.page(progress.dump())
        for look, _ in self._fallen.values():
            now = self._counts(look)
            self._keep(look, Counts(look.counts.comments, now.likes, look.counts.span))
        if self._owing and rooms.source is None:
            rooms.source = "not_due"
        brought.gaps += rooms.gaps()
        brought.closed += rooms.closed()
        if brought or progress.dump() != self._cursor:
            yield brought.page(progress.dump())

    def _allowed(self) -> tuple[str | None, Directory]:
        if isinstance(self._source.settings.credential, Secret):
            return "unsupported", Directory()
        try:
            for resource in (Resource.GRAPH, Resource.SHAREPOINT):
                if not self._transport.tokens.roles(resource) & SITES:
                    return "access_denied", Directory()
            return None, self._source.directory()
        except AccessDenied:
            return "access_denied", Directory()

    def _readings(self, directory: Directory) -> Iterator[tuple[Reading, str]]:
        for site, key, _ in self._progress.links.places():
            if site not in directory.sites:
                continue
            if self._elsewhere(directory.sites[site]):
                self._rooms.failed[directory.sites[site].room] = "unsupported"
                continue
            link = f"{items(site, key)}?$select={_ROW}&$expand={_FIELDS}&$top=200"
            yield Reading(directory.sites[site], key), link

    def _elsewhere(self, site: Site) -> bool:
        """Sites of another region of the tenant have another host, for which our token is not made."""
        base = self._transport.sharepoint_url()
        return not loopback(base) and urlsplit(site.url).hostname != urlsplit(base).hostname

    # -- which pages have news -----------------------------------------------------------------------------------------

    def _arrived(
        self, reading: Reading, answer: Listing | ConnectorError
    ) -> tuple[list[Look] | None, str | None]:
        room = reading.site.room
        if isinstance(answer, ConnectorError):
            if not isinstance(answer, (*SKIPPABLE, CursorExpired)):
                raise answer
            self._rooms.failed[room] = reason(answer)
            return None, None
        looks = [
            look
            for row in answer.items
            if row.get("id") and not is_folder(row) and (look := self._look(reading, row)) is not None
        ]
        reading.shown.update(str(row.get("id")) for row in answer.items)
        if answer.next is None:
            self._rooms.answered.add(room)
            pages = self._progress.counts.get(reading.key, {})
            for number in pages.keys() - reading.shown:
                del pages[number]
            self._close_gone(reading)
        return looks, answer.next

    def _look(self, reading: Reading, row: Mapping[str, Any]) -> Look | None:
        fields = row.get("fields") or {}
        comments, likes = (
            count(fields[name]) if name in fields else None for name in ("_CommentCount", "_LikeCount")
        )
        number = str(row["id"])
        before = self._progress.counts.get(reading.key, {}).get(number, Counts())
        counts = Counts(comments, likes, self._span(row) if comments != 0 or likes is None else 0)
        type_ = ContentType.POST if is_news(row) else ContentType.PAGE
        look = Look(reading, number, type_, before, counts)
        again = counts.span != before.span
        if comments == 0:
            look.comments = [] if before.comments else None
        elif comments not in {None, before.comments} or (again and self._afford()):
            look.comments = self._walk.submit(partial(self._guarded, look, self._read_comments))
        if likes == 0:
            look.likes = {} if before.likes else None
        elif (likes != before.likes if likes is not None else again) and self._afford():
            look.likes = self._walk.submit(partial(self._guarded, look, self._read_likes))
        return look if look.comments is not None or look.likes is not None else None

    def _span(self, row: Mapping[str, Any]) -> int:
        """Which span of time this is for a page, spans being an eighth of its age: a new one means another look."""
        now = self._source.now()
        changed = row.get("lastModifiedDateTime") or row.get("createdDateTime")
        age = (now - moment(changed)).days if changed else 0
        return now.toordinal() // max(1, age // 8)

    def _afford(self) -> bool:
        if self._left < 1:
            self._owing = True
            return False
        self._left -= 1
        return True

    def _guarded(self, look: Look, task: Callable[[Look], _T]) -> _T:
        """A site that has turned away several pages and shown none is not asked for more of them."""
        site = look.reading.site.id
        if self._refusals[site] >= _REFUSALS:
            raise AccessDenied("SharePoint: the app may not read comments of this site")
        try:
            found = task(look)
        except AccessDenied:
            self._refusals[site] += 1
            raise
        self._refusals[site] = _SHOWN
        return found

    def _read_comments(self, look: Look) -> list[dict[str, Any]]:
        """Each with all its replies."""
        path = f"{look.path}/Comments"
        expand = {"$expand": "replies,likedBy,replies/likedBy", "$top": 100}
        found = []
        for listing in self._transport.pages(Resource.SHAREPOINT, path, expand, _PLAIN):
            for comment in listing.items:
                replies = comment.get("replies") or []
                if (count(comment.get("replyCount")) or 0) > len(replies):
                    below = f"{path}({int(comment['id'])})/replies"
                    rest = self._transport.pages(Resource.SHAREPOINT, below, {"$expand": "likedBy"}, _PLAIN)
                    replies = [reply for page in rest for reply in page.items]
                found += [comment, *replies]
        return found

    def _read_likes(self, look: Look) -> dict[str, Any]:
        path = f"{look.path}/likedByInformation"
        return self._transport.get(Resource.SHAREPOINT, path, {"$expand": "likedby"}, _PLAIN)

    # -- what they bring -----------------------------------------------------------------------------------------------

    def _complete(self, looks: list[Look], brought: Brought) -> None:
        found = [
            (
                look,
                self._outcome(look, look.comments, KINDS[:2], brought),
                self._outcome(look, look.likes, KINDS[2:], brought),
            )
            for look in looks
        ]
        people = {name for _, comments, likes in found for name in logins(comments or (), likes)}
        ids = self._accounts.ids(people)
        known = self._memory.contents(
            [comment_id(look, one) for look, comments, _ in found for one in comments or () if one.get("id")]
        )
        remarks = Remarks(ids, known, self._source.now(), brought)
        for look, comments, likes in found:
            counts = look.before
            try:
                self._accounts.require_told(logins(comments or (), likes))
                if comments is not None:
                    counts = self._comments(look, comments, remarks)
                if likes is not None:
                    remarks.likes(look, look.id, look.content_type, likes)
                    span = counts.span if look.counts.likes is not None else look.counts.span
                    counts = Counts(counts.comments, look.counts.likes, span)
            except BadAnswer as error:
                brought.gaps.append(Gap(look.room, look.id, KINDS, reason(error)))
                continue
            self._keep(look, counts)

    def _comments(self, look: Look, rows: list[dict[str, Any]], remarks: Remarks) -> Counts:
        seen = {remarks.comment(look, row) for row in rows}
        if (look.counts.comments or 0) < (look.before.comments or 0):
            # The old count stays in the cursor until what is lost is told.
            self._fallen[look.id] = (look, seen)
            return look.before
        return Counts(look.counts.comments, look.before.likes, look.counts.span)

    def _counts(self, look: Look) -> Counts:
        return self._progress.counts.get(look.reading.key, {}).get(look.number, Counts())

    def _keep(self, look: Look, counts: Counts) -> None:
        pages = self._progress.counts.setdefault(look.reading.key, {})
        if counts.comments == 0 and counts.likes == 0:
            pages.pop(look.number, None)
        else:
            pages[look.number] = counts

    def _outcome(self, look: Look, asked: Any, kinds: tuple[Kind, ...], brought: Brought) -> Any:
        if not isinstance(asked, Future):
            return asked
        room = look.reading.site.room
        try:
            found = asked.result()
        except SKIPPABLE as error:
            if isinstance(error, AccessDenied) and self._refusals[look.reading.site.id] >= _REFUSALS:
                self._rooms.failed[room] = reason(error)
            else:
                brought.gaps.append(Gap(room, look.id, kinds, reason(error)))
            return None
        if (room, look.id) in self._before:
            brought.closed.append((room, look.id))
        return found

    def _close_gone(self, reading: Reading) -> None:
        prefix = f"page:{reading.key}:"
        self._rooms.settled.update(
            (room, id_)
            for room, id_ in self._before
            if id_ is not None and id_.startswith(prefix) and id_.removeprefix(prefix) not in reading.shown
        )

    def _lost(self) -> Iterator[Content]:
        """Comments that are remembered of pages with fewer than before, and not shown any more."""
        if not self._fallen:
            return
        for remembered in self._memory.present():
            if remembered.content_type is ContentType.COMMENT and remembered.thread in self._fallen:
                _, seen = self._fallen[remembered.thread]
                if remembered.id not in seen:
                    yield remembered


def read(source: Source, cursor: str | None) -> Iterator[Page]:
    """Raises `CursorExpired` for a cursor of another form, and what `Transport.get` raises for a failing source."""
    return _Comments(source, cursor).read()
