"""Reading listings of contents so that nothing is lost or doubled, whatever happens meanwhile.

A listing is read in two passes. The first pass goes by creation, oldest first. An edit does not move an item in this
order and a new item comes last, so a pass that is interrupted goes on from its token with everything before it
unmoved. (A deletion moves later items up where the platform counts pages by position; Data Center's reader steps back
for that, Cloud's cursors name the last item shown.) What is edited while the first pass runs may have been read in
its older state; so before the pass begins, the time of the latest change is noted as its mark, and the second pass
reads what changed after the mark. The mark is a time of the platform, taken from its data: our clock plays no part.

The second pass goes by change, latest first, down to the mark less an overlap. An item that is edited meanwhile moves
to the top and pushes others down: they are seen twice, which their keys make harmless, and the edited one is above the new mark
and is read by the next run. The new mark, the first item's change, holds only when the pass has reached its end; until
then the old one stays and the token is kept, so a crash continues the pass, and a token that has expired starts it anew.
The overlap covers a search index that lags behind. A room that becomes visible later holds contents older than
the mark: it is read on its own once, by creation. Whatever might still slip through (a purge during the second pass)
shows as a difference of totals, which the stream of deletions looks into.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta

from connectors.activity import Gap, Kind, Page
from connectors.confluence.absorb import Absorber, Brought
from connectors.confluence.platform import Batch, Item, Order, Query, Space
from connectors.confluence.progress import READ, Place, Progress
from connectors.confluence.source import Source
from connectors.confluence.transport import CursorRepeated, ServerFailed
from connectors.cursor import AHEAD
from connectors.dates import moment
from connectors.errors import BadAnswer, CursorExpired, SourceUnreachable

OVERLAP = timedelta(hours=1)
_AGAIN = timedelta(hours=20)
"""So long a listing with a lost item is left alone before it is read again."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_BROKEN_IN_A_ROW = 25
"""More broken items than this one after the other: it is the platform that fails, not its items."""


class Feed:
    """One stream over several listings. `kinds` are what a room misses while it cannot be read."""

    def __init__(self, stream: str, listings: Sequence[str], kinds: tuple[Kind, ...], source: Source) -> None:
        self.stream, self.listings, self.kinds = stream, listings, kinds
        self._platform, self._transport = source.platform, source.transport
        self._directory, self._memory = source.directory, source.memory
        self._absorber = Absorber(source)
        self._size = source.platform.page_size
        self.partial = False
        """Whether this run has left a gap of the whole source, which therefore stays open."""

    def read(self, cursor: str | None) -> Iterator[Page]:
        progress = Progress.parse(cursor, self._transport.now())
        self.partial = False
        if progress.rooms is None:
            progress.rooms = sorted(self._directory.open_rooms())
        for listing in self.listings:
            yield from self.passes(progress, listing)
        yield from self.after(progress)
        yield from self._rooms(progress)
        yield from self._again(progress)
        whole = not (self.partial or progress.lost)
        closed = [(None, None)] if whole and (None, None) in self._memory.gaps(self.stream) else []
        if closed or progress.dump() != cursor:
            yield Page(cursor=progress.dump(), closed=closed)

    def after(self, progress: Progress) -> Iterator[Page]:
        """What a stream reads beyond its listings."""
        return iter(())

    def passes(self, progress: Progress, listing: str) -> Iterator[Page]:
        lost = progress.lost.get(listing)
        if lost and self._transport.now() - moment(lost) > _AGAIN and listing in progress.marks:
            # Perhaps it can be read by now; as its id is not known, only the whole listing shows it.
            del progress.marks[listing], progress.lost[listing]
        if listing not in progress.marks:
            yield from self._first(progress, listing)
        yield from self._changes(progress, listing)

    def _first(self, progress: Progress, listing: str) -> Iterator[Page]:
        place = progress.places.get(listing)
        if place is None:
            place = Place(top=self._newest(listing))
        for batch in self.walk(Query(listing, Order.CREATED), place.token):
            progress.listed += len(batch.items)
            self._note(progress, listing, batch)
            place.token = batch.next
            progress.places[listing] = place
            if batch.next is None:
                progress.places.pop(listing)
                progress.marks[listing] = place.top or ""
            yield self.absorb(batch).page(progress.dump())

    def _newest(self, listing: str) -> str | None:
        try:
            batch = self._platform.page(Query(listing, Order.CHANGED), None, 1)
        except (ServerFailed, BadAnswer):
            newest = None
        else:
            if not batch.items:
                return None
            newest = self._top(batch.items)
        # Only where the latest item is broken, or dated into the future: a day is more than clocks differ.
        return newest or _iso(self._transport.now() - AHEAD)

    def _top(self, items: Sequence[Item]) -> str:
        """The latest change of all that have happened; "" without one. Up to a change dated into the future nothing is complete."""
        latest = self._transport.now() + AHEAD
        return max((_iso(item.latest.when) for item in items if item.latest.when <= latest), default="")

    def _changes(self, progress: Progress, listing: str) -> Iterator[Page]:
        mark = progress.marks[listing]
        floor = moment(mark) - OVERLAP if mark else None
        place = progress.places.get(listing) or Place()

        def enough(batch: Batch) -> bool:
            return floor is not None and any(item.latest.when < floor for item in batch.items)

        for batch in self.walk(Query(listing, Order.CHANGED, since=floor), place.token, enough):
            if batch.lost:
                # What changed below it was not reached either: the next run reads the whole listing.
                progress.lost.setdefault(listing, _iso(_LONG_AGO))
            self.seen(progress, listing, batch.items)
            place.top = max(place.top or "", self._top(batch.items))
            place.token = batch.next
            progress.places[listing] = place
            if batch.next is None or enough(batch):
                progress.places.pop(listing)
                progress.marks[listing] = max(place.top or "", mark)
            brought = self.absorb(batch)
            if brought or listing in progress.places:
                yield brought.page(progress.dump())

    def _rooms(self, progress: Progress) -> Iterator[Page]:
        """Rooms that have become visible are read on their own; those no longer visible are gaps, not deletions."""
        visible, refused = self._directory.open_rooms(), self._directory.refused()
        known = set(progress.rooms or ())
        lost = {room: "not_found" for room in known if room not in visible} | refused
        progress.rooms = sorted(known & set(visible))
        if lost:
            gaps = [Gap(room, None, self.kinds, why) for room, why in sorted(lost.items())]
            yield Page(cursor=progress.dump(), gaps=gaps)
        for room in sorted(set(visible) - known):
            for listing in self.room_listings(progress):
                yield from self._room(progress, visible[room], listing)
            progress.rooms = sorted({*progress.rooms, room})
            progress.places = {
                key: at for key, at in progress.places.items() if not key.startswith(f"{room}:")
            }
            yield Page(cursor=progress.dump(), closed=[(room, None)])

    def room_listings(self, progress: Progress) -> Sequence[str]:
        return self.listings

    def _room(self, progress: Progress, space: Space, listing: str) -> Iterator[Page]:
        key = f"{space.id}:{listing}"
        place = progress.places.setdefault(key, Place())
        if place.top == READ:
            return
        for batch in self.walk(Query(listing, Order.CREATED, space=space), place.token):
            self._note(progress, listing, batch)
            place.token = batch.next
            if batch.next is None:
                place.top = READ
            brought = self.absorb(batch)
            if brought or batch.next:
                yield brought.page(progress.dump())

    def _again(self, progress: Progress) -> Iterator[Page]:
        """Single items that could not be read last time."""
        objects = {item: room for room, item in self._memory.gaps(self.stream) if item is not None}
        if not objects:
            return
        found: list[Item] = []
        broken: list[str] = []
        for listing in self.listings:
            batch = self._platform.by_ids(listing, sorted(objects))
            found += batch.items
            broken += batch.broken
        brought = self.absorb(Batch(found, None, broken))
        failed = {gap.object for gap in brought.gaps}
        brought.closed += [(room, item) for item, room in objects.items() if item not in failed]
        yield brought.page(progress.dump())

    def absorb(self, batch: Batch) -> Brought:
        brought = self._absorber.absorb(batch.items)
        brought.gaps += [Gap(None, item or None, self.kinds, "broken") for item in batch.broken]
        self.partial |= any(gap.object is None for gap in brought.gaps)
        if batch.lost:
            brought.gaps.append(Gap(None, None, self.kinds, "broken"))
        return brought

    def _note(self, progress: Progress, listing: str, batch: Batch) -> None:
        if batch.lost:
            progress.lost[listing] = _iso(self._transport.now())
        self.seen(progress, listing, batch.items)

    def seen(self, progress: Progress, listing: str, items: Iterable[Item]) -> None:
        """A hook for what a stream learns from the items it is shown."""

    # -- pages ---------------------------------------------------------------------------------------------------------

    def walk(
        self, query: Query, token: str | None = None, enough: Callable[[Batch], bool] = lambda batch: False
    ) -> Iterator[Batch]:
        """The pages of a listing from `token` on; while one is absorbed the next is already asked for."""
        seen = {token}
        restarts = skipped = 0
        last: datetime | None = None
        ahead = self._ask(query, token, last)
        try:
            while True:
                try:
                    batch = ahead.result()
                    if batch.next in seen - {None}:
                        raise CursorRepeated(f"{query.listing}: a cursor comes twice")
                except CursorExpired as error:
                    # Begin anew, once: keys and memory keep from doubling.
                    restarts += 1
                    if restarts > 1 and isinstance(error, CursorRepeated):
                        raise BadAnswer(f"{query.listing}: a cursor comes again and again") from None
                    if restarts > 1:
                        raise
                    seen = {None}
                    ahead = self._ask(query, None, last)
                    continue
                skipped = skipped + 1 if not batch.items and (batch.broken or batch.lost) else 0
                if skipped > _BROKEN_IN_A_ROW:
                    raise SourceUnreachable(f"{query.listing}: one item after the other fails")
                if batch.items:
                    last = batch.items[-1].created or last
                ended = batch.next is None or enough(batch)
                if not ended:
                    seen.add(batch.next)
                    ahead = self._ask(query, batch.next, last)
                yield batch
                if ended:
                    return
        finally:
            ahead.cancel()

    def _ask(self, query: Query, token: str | None, last: datetime | None) -> "Future[Batch]":
        return self._transport.ahead(lambda: self._page(query, token, last))

    def _page(self, query: Query, token: str | None, last: datetime | None) -> Batch:
        """One broken item fails its whole page: ever smaller pages close in on it, then it is stepped over."""
        while True:
            size = self._size
            try:
                # In between a failure only means to close in further; before an item is given up it has to last.
                tries = 3 if size in (1, self._platform.page_size) else 1
                batch = self._platform.page(query, token, size, tries)
            except (ServerFailed, BadAnswer):
                if size == 1:
                    return self._platform.step_over(query, token, last)
                self._size = size // 2
            else:
                self._size = min(2 * size, self._platform.page_size)
                return batch


def _iso(moment: datetime) -> str:
    """Of one width, so that the order of texts is the order of times."""
    return moment.isoformat(timespec="microseconds")
