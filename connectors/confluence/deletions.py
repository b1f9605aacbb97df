"""What is gone: found by comparing totals, and only where they disagree by going through all ids.

One search tells how many pages, posts and comments the account may see. How many fewer they are than the contents
remembered is compared with the difference after the last sweep (rooms that became unreadable leave one that stays). A greater
difference means that something is gone; a smaller one for a week that something was missed. Then everything listed is
held against memory: what is listed and not remembered is read now; what is remembered and not listed is asked for one
by one, and only a definite answer (in the trash, or not there) makes a tombstone. Contents of a room that is not
listed, or answers 403 or 404 itself, are never taken for deleted. A tombstone carries the time it was noticed, for the platform keeps
none that can be read.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connectors.activity import Activity, Content, ContentType, Gap, Kind, Page
from connectors.confluence.cloud import REPLIES, Cloud
from connectors.confluence.feed import Feed
from connectors.confluence.mapping import reason
from connectors.confluence.platform import Order, Query
from connectors.confluence.source import Source
from connectors.cursor import inside, passed, restored
from connectors.dates import moment
from connectors.errors import AccessDenied, BadAnswer, ConnectorError, CursorExpired, NotThere

_WEEK = timedelta(days=7)
_AGAIN = timedelta(hours=20)
"""So long contents that could not be asked for are left alone."""
_STEP = 500


@dataclass(slots=True)
class _Known:
    """`lacking` is by how much the platform's total fell short of memory after the last sweep; None before the first look."""

    lacking: int | None = None
    swept: str | None = None

    @classmethod
    def parse(cls, cursor: str | None, now: datetime) -> "_Known":
        if cursor is None:
            return cls()
        known: _Known = restored(cls, inside(cursor))
        if known.swept is not None:
            passed(known.swept, now)
        return known

    def dump(self) -> str:
        return json.dumps({"lacking": self.lacking, "swept": self.swept}, sort_keys=True)


class Deletions:
    stream = "deletions"

    def __init__(self, contents: Feed, comments: Feed, source: Source) -> None:
        self._contents, self._comments = contents, comments
        self._platform, self._transport = source.platform, source.transport
        self._directory, self._memory = source.directory, source.memory
        self._now = source.transport.now

    def read(self, cursor: str | None) -> Iterator[Page]:
        known = _Known.parse(cursor, self._now())
        gaps: list[Gap] = []
        try:
            lacking = self._memory.count() - self._platform.total()
        except (AccessDenied, NotThere, BadAnswer) as error:
            gaps = [Gap(None, None, (Kind.DELETE,), reason(error))]
            lacking = known.lacking or 0
        before = [(room, item) for room, item in self._memory.gaps(self.stream) if item is not None]
        closed: list[tuple[str | None, str | None]] = []
        if self._due(known, lacking, unread=bool(before)):
            unread: set[str | None] = set()
            for page, change in self._sweep(known.dump()):
                lacking += change
                unread.update(gap.object for gap in page.gaps)
                yield page
            closed = [(room, item) for room, item in before if item not in unread]
            known.swept = self._now().isoformat()
            known.lacking = lacking
        elif known.lacking is None:
            known.lacking, known.swept = lacking, self._now().isoformat()
        elif lacking < known.lacking:
            # Contents made since the last run lower it as well: below nothing lacking it says nothing.
            known.lacking = max(lacking, min(known.lacking, 0))
        if not gaps and (None, None) in self._memory.gaps(self.stream):
            closed.append((None, None))
        if known.dump() != cursor or gaps or closed:
            yield Page(cursor=known.dump(), gaps=gaps, closed=closed)

    def _due(self, known: _Known, lacking: int, *, unread: bool) -> bool:
        if self._memory.count() == 0:
            return False
        if known.lacking is None:
            return lacking != 0
        if lacking > known.lacking:
            return True
        age = self._now() - moment(known.swept) if known.swept else _WEEK
        return (lacking < known.lacking and age >= _WEEK) or (unread and age >= _AGAIN)

    def _sweep(self, cursor: str) -> Iterator[tuple[Page, int]]:
        """Pages, each with by how much it changes what is lacking."""
        seen: set[int | str] = set()
        for feed in (self._contents, self._comments):
            for listing in feed.listings:
                yield from self._list(feed, listing, seen, cursor)
        if isinstance(self._platform, Cloud) and any(
            content.content_type is ContentType.COMMENT for content in self._absent(seen)
        ):
            # Perhaps only replies that the lists do not show.
            with suppress(AccessDenied, NotThere, BadAnswer, CursorExpired):
                yield from self._list(self._comments, REPLIES, seen, cursor)
        batch: list[Content] = []
        for content in self._absent(seen):
            batch.append(content)
            if len(batch) == _STEP:
                yield self._tombstones(batch, cursor)
                batch = []
        if batch:
            yield self._tombstones(batch, cursor)

    def _list(
        self, feed: Feed, listing: str, seen: set[int | str], cursor: str
    ) -> Iterator[tuple[Page, int]]:
        for batch in feed.walk(Query(listing, Order.CREATED)):
            seen.update(map(_small, (item.id for item in batch.items)))
            seen.update(map(_small, batch.broken))
            remembered = self._memory.contents([item.id for item in batch.items])
            # What is broken is a gap of the stream that lists it, and tried again there.
            brought = feed.absorb(replace(batch, broken=(), lost=0))
            if brought:
                # Besides what was missed this corrects the room of what has moved, for which there is no version.
                present = {id_ for id_, content in remembered.items() if not content.deleted}
                yield brought.page(cursor), sum(content.id not in present for content in brought.contents)

    def _absent(self, seen: set[int | str]) -> Iterator[Content]:
        """Remembered, not listed, and in a room that can be read."""
        rooms = self._directory.open_rooms()
        closed: dict[str, bool] = {}
        for content in self._memory.present():
            if _small(content.id) in seen or content.room not in rooms:
                continue
            if content.room not in closed:
                try:
                    self._platform.probe(rooms[content.room])
                    closed[content.room] = False
                except (AccessDenied, NotThere):
                    closed[content.room] = True
            if not closed[content.room]:
                yield content

    def _tombstones(self, absent: Sequence[Content], cursor: str) -> tuple[Page, int]:
        activities: list[Activity] = []
        contents: list[Content] = []
        gaps: list[Gap] = []
        noticed = self._now()
        for content, gone in self._transport.each(self._platform.gone, absent):
            if isinstance(gone, ConnectorError):
                gaps.append(Gap(content.room, content.id, (Kind.DELETE,), reason(gone)))
            elif gone:
                activities.append(_tombstone(content, noticed))
                contents.append(replace(content, deleted=True))
        return Page(cursor=cursor, activities=activities, contents=contents, gaps=gaps), -len(contents)


def _tombstone(content: Content, noticed: datetime) -> Activity:
    return Activity(
        key=f"{content.id}/deleted",
        kind=Kind.DELETE,
        room=content.room,
        person=None,
        happened=noticed,
        object=content.id,
        content_type=content.content_type,
        thread=content.thread,
        dated=False,
    )


def _small(id_: str) -> int | str:
    """Ids are numbers on every platform known; as numbers a hundred thousand of them take 6 MB instead of 9."""
    return int(id_) if id_.isascii() and id_.isdigit() else id_
