"""Reading lists and drives by delta, so that nothing is lost or doubled, whatever happens meanwhile.

```
sites ─► their lists or drives (asked in lots, at most daily) ─► one page of each, side by side ─► missing version histories ─► Page
```

A delta tells the latest state of what has changed, in no certain order and some of it again and again. Memory tells what is
stored already, so a row brings only what is new. The row itself shows creation and latest version; a history is asked
for only where something may lie in between (`Feed.asks`). The next page of a list is asked for while the histories of
this one are under way, and several lists are read side by side. A page holds once it is complete, in the order of
its list; lists do not depend on each other. So the cursor, one link per list, is safe to go on from at any page.

A link that is no longer valid (410, or a lost synchronisation state) means that the list is enumerated again from
its start. The keys of what is old are as they were. What is remembered and not among
the rows then shown is gone. An enumeration of that kind begins anew after a crash, since only a whole one tells that.
"""

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ClassVar
from urllib.parse import quote

from connectors.activity import Content, Gap, Kind, Page
from connectors.errors import AccessDenied, BadAnswer, ConnectorError, CursorExpired, NotThere
from connectors.microsoft.answers import ServerFailed
from connectors.microsoft.brought import Brought, Rooms
from connectors.microsoft.catalogue import refresh
from connectors.microsoft.links import Links, Place
from connectors.microsoft.mapping import (
    DRAFT,
    SKIPPABLE,
    Thing,
    Version,
    aliases,
    content,
    creation,
    edits,
    gap,
    reason,
    tombstone,
    versions,
)
from connectors.microsoft.rooms import Directory, Site
from connectors.microsoft.source import Source
from connectors.microsoft.tokens import Resource
from connectors.microsoft.transport import Listing
from connectors.microsoft.walk import Walk

SITES = frozenset(f"Sites.{what}.All" for what in ("Read", "ReadWrite", "Manage", "FullControl")) | {
    "Sites.Selected"
}
"""Any of these lets an app read lists."""
_ENOUGH = 10
"""So many rooms failing without one answer: it is the platform that fails."""
RECENT = 25_000
"""Contents of this run that are kept in mind: more than the service holds back before it stores them."""
_VERSION = "id,lastModifiedBy,lastModifiedDateTime"


class Feed(ABC):
    """What tells one stream of deltas from another."""

    stream: ClassVar[str]
    kinds: ClassVar[tuple[Kind, ...]] = (Kind.CREATE, Kind.EDIT, Kind.DELETE)
    roles: ClassVar[frozenset[str]] = SITES
    prefix: ClassVar[str]

    @abstractmethod
    def listing(self, site: str) -> str:
        """The request that tells the lists or drives of a site."""

    @abstractmethod
    def chosen(self, rows: Iterable[Mapping[str, Any]]) -> list[str]:
        """The ids of those that belong to this stream."""

    @abstractmethod
    def start(self, site: str, key: str) -> str:
        """The delta of a list or drive from its beginning."""

    @abstractmethod
    def thing(self, row: Mapping[str, Any], id_: str, room: str) -> Thing | str:
        """What a row shows, or why it is skipped."""

    @abstractmethod
    def history(self, site: str, key: str, item: str) -> str:
        """The versions of an item."""

    @abstractmethod
    def asks(self, seen: Thing, stored: int) -> bool:
        """Whether there may be versions after `stored` (0: none is) that the row does not show."""

    def id(self, key: str, item: object) -> str:
        return f"{self.prefix}:{key}:{item}"


@dataclass(slots=True)
class _Reading:
    """One list in this run. `seen` are the things shown by an enumeration after its link was lost."""

    site: Site
    key: str
    place: Place
    asked: set[int] = field(default_factory=set)
    restarted: bool = False
    seen: set[int] | None = None


@dataclass(slots=True)
class _Filling:
    """A page of a list whose histories are under way."""

    reading: _Reading
    link: str
    things: list[tuple[Thing, Content | None, "Future[list[Version]] | None"]] = field(default_factory=list)
    gone: list[Content] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


class Deltas:
    def __init__(self, source: Source, feed: Feed) -> None:
        self._source, self._feed = source, feed
        self._transport, self._memory = source.transport, source.memory
        self._recent: OrderedDict[str, Content] = OrderedDict()
        self._walk: Walk[_Reading, _Filling]
        self._rooms: Rooms
        self._anew: dict[str, _Reading] = {}
        self._before: frozenset[tuple[str | None, str | None]] = frozenset()
        self._lost = False

    def read(self, cursor: str | None) -> Iterator[Page]:
        """Raises `CursorExpired` for a cursor of another form, and what `Transport.get` raises for a failing source."""
        links = Links.parse(cursor, self._feed.stream)
        self._before = frozenset(self._memory.gaps(self._feed.stream))
        rooms = self._rooms = Rooms(self._feed.kinds, self._before)
        prefix = f"{self._feed.prefix}:"
        self._lost = cursor is None and any(one.id.startswith(prefix) for one in self._memory.present())
        try:
            allowed = bool(self._transport.tokens.roles(Resource.GRAPH) & self._feed.roles)
            directory = self._source.directory() if allowed else Directory()
        except AccessDenied:
            allowed = False
        if not allowed:
            yield Page(links.dump(), gaps=[Gap(None, None, self._feed.kinds, "access_denied")])
            return
        rooms.source = directory.unlisted
        if directory.complete:
            rooms.forget(directory.rooms.keys() | directory.closed_rooms.keys())
        rooms.failed = {room: why for room, why in directory.closed_sites.items() if why != "not_found"}
        brought = Brought()
        refresh(self._source, self._feed, links, directory, rooms)
        self._walk = Walk(self._source, self._arrived)
        with closing(self._walk.pages(self._readings(links, directory))) as fillings:
            for filling in fillings:
                self._complete(filling, brought)
                filling.reading.place.link = filling.link
                if brought.full:
                    yield brought.page(links.dump())
        for content_ in self._absent():
            self._bury(content_, brought)
            if brought.full:
                yield brought.page(links.dump())
        for reading in self._anew.values():
            reading.place.anew = False
        self._again(links, brought)
        brought.gaps += rooms.gaps()
        brought.closed += rooms.closed()
        if brought or links.dump() != cursor:
            yield brought.page(links.dump())

    # -- reading them --------------------------------------------------------------------------------------------------

    def _readings(self, links: Links, directory: Directory) -> Iterator[tuple[_Reading, str]]:
        for site, key, place in links.places():
            if site in directory.sites:
                reading = _Reading(directory.sites[site], key, place)
                anew = place.anew or self._lost
                yield reading, self._restart(reading) if anew else place.link or self._start(reading)

    def _start(self, reading: _Reading) -> str:
        return self._feed.start(reading.site.id, reading.key)

    def _restart(self, reading: _Reading) -> str:
        """Always from our own beginning: where the platform would go on knows nothing of the fields we ask for."""
        reading.place.anew, reading.seen, reading.asked = True, set(), set()
        return self._start(reading)

    def _arrived(
        self, reading: _Reading, answer: Listing | ConnectorError
    ) -> tuple[_Filling | None, str | None]:
        rooms = self._rooms
        try:
            if isinstance(answer, ConnectorError):
                raise answer
            link = answer.next or answer.delta
            if link is None:
                raise BadAnswer(f"{self._feed.stream}: a delta that tells no link to go on from")
            if answer.next and hash(answer.next) in reading.asked:
                raise BadAnswer(f"{self._feed.stream}: a delta leads in a circle")
            reading.asked.update({hash(answer.url), hash(answer.next)})
            page = self._read(reading, answer, link)
        except CursorExpired:
            if not reading.restarted:
                reading.restarted = True
                return None, self._restart(reading)
            rooms.failed[reading.site.room] = "broken"
        except SKIPPABLE as error:
            rooms.failed[reading.site.room] = reason(error)
            if isinstance(error, ServerFailed) and len(rooms.failed) >= _ENOUGH and not rooms.answered:
                raise
        else:
            if not answer.next:
                rooms.answered.add(reading.site.room)
                if reading.seen is not None:
                    self._anew[f"{self._feed.prefix}:{reading.key}"] = reading
            return page, answer.next
        return None, None

    def _read(self, reading: _Reading, listing: Listing, link: str) -> _Filling:
        """What of a page is new, with its histories asked for."""
        feed, page = self._feed, _Filling(reading, link)
        # Of several rows of one item the last one holds.
        rows = {feed.id(reading.key, row["id"]): row for row in listing.items if row.get("id")}
        known = dict(self._memory.contents(list(rows)))
        known |= {id_: self._recent[id_] for id_ in rows if id_ in self._recent}
        for id_, row in rows.items():
            old = known.get(id_)
            if "deleted" in row or "@removed" in row:
                if (reading.site.room, id_) in self._before:
                    self._rooms.settled.add((reading.site.room, id_))
                if old is not None and not old.deleted:
                    page.gone.append(old)
                    self._remember(replace(old, deleted=True))
                continue
            if reading.seen is not None:
                reading.seen.add(hash(id_))
            try:
                seen = feed.thing(row, id_, reading.site.room)
            except BadAnswer as error:
                page.gaps.append(gap(reading.site.room, id_, feed.kinds, error))
                continue
            if isinstance(seen, str):
                page.skipped.append(seen)
            elif _new(seen, old):
                stored = old.version if old else 0
                asking = None
                if feed.asks(seen, stored):
                    path = feed.history(reading.site.id, reading.key, str(row["id"]))
                    asking = self._walk.submit(partial(self._history, path, stored))
                page.things.append((seen, old, asking))
                # While its history is under way a version is not taken for stored, for it may fail.
                self._remember(content(seen, stored if asking else max(stored, seen.version or DRAFT)))
        return page

    def _remember(self, seen: Content) -> None:
        self._recent[seen.id] = seen
        self._recent.move_to_end(seen.id)
        if len(self._recent) > RECENT:
            self._recent.popitem(last=False)

    def _history(self, path: str, above: int) -> list[Version]:
        found: list[Version] = []
        for listing in self._transport.pages(Resource.GRAPH, path, {"$select": _VERSION}):
            found += versions(listing.items)
            # Newest first.
            if found and min(version.number for version in found) <= above:
                break
        return found

    def _complete(self, page: _Filling, brought: Brought) -> None:
        brought.skipped.update(page.skipped)
        brought.gaps += page.gaps
        for seen, old, asking in page.things:
            stored = old.version if old else 0
            found: Sequence[Version] | None = _shown(seen, stored)
            latest = seen.version or 0
            if asking is not None:
                try:
                    found = asking.result()
                except SKIPPABLE as error:
                    # The row's own version is not taken either: what lies before it would be passed over.
                    brought.gaps.append(gap(seen.room, seen.id, (Kind.EDIT,), error))
                    latest, found = 0, None
            if old is None:
                brought.activities.append(creation(seen))
            if found is not None:
                brought.activities += edits(seen, found, stored)
                self._close(seen, brought)
            latest = max([stored, DRAFT, latest, *(version.number for version in found or ())])
            kept = content(seen, latest)
            brought.contents.append(kept)
            brought.aliases += aliases(seen)
            recent = self._recent.get(seen.id)
            if recent is not None and not recent.deleted and recent.changed == kept.changed:
                self._remember(kept)
        for lost in page.gone:
            self._bury(lost, brought)

    def _close(self, seen: Thing, brought: Brought) -> None:
        if (seen.room, seen.id) in self._before:
            brought.closed.append((seen.room, seen.id))

    def _bury(self, lost: Content, brought: Brought) -> None:
        brought.activities.append(tombstone(lost, self._source.now()))
        brought.contents.append(replace(lost, deleted=True))

    def _absent(self) -> Iterator[Content]:
        """Remembered in a list that was enumerated again, and not shown there."""
        if not self._anew:
            return
        for remembered in self._memory.present():
            reading = self._anew.get(remembered.id.rpartition(":")[0])
            if reading and reading.seen is not None and hash(remembered.id) not in reading.seen:
                yield remembered

    def _again(self, links: Links, brought: Brought) -> None:
        """Histories that could not be read last time."""
        sites = {key: site for site, key, _ in links.places()}
        objects = sorted(object_ for _, object_ in self._before if object_ is not None)
        known = self._memory.contents(objects)
        asking: list[tuple[Content, str]] = []
        for id_ in objects:
            key, _, item = id_.removeprefix(f"{self._feed.prefix}:").partition(":")
            if id_ in known and key in sites:
                asking.append((known[id_], self._feed.history(sites[key], key, item)))

        def ask(one: tuple[Content, str]) -> Sequence[Version]:
            return self._history(one[1], one[0].version)

        for (old, _), found in self._transport.each(ask, asking):
            if isinstance(found, ConnectorError) and not isinstance(found, NotThere):
                continue
            # What is not there any more is a matter of the delta.
            brought.closed.append((old.room, old.id))
            if not isinstance(found, ConnectorError) and found:
                brought.activities += edits(old, found, old.version)
                latest = max(version.number for version in found)
                brought.contents.append(replace(old, version=max(old.version, latest)))


def _new(seen: Thing, old: Content | None) -> bool:
    """Whether a row shows anything that is not remembered yet; late rows show an older state."""
    if old is None or old.deleted or old.room != seen.room or old.content_type is not seen.content_type:
        return True
    if seen.version is not None and seen.version > old.version:
        return True
    return seen.changed > old.changed


def _shown(seen: Thing, stored: int) -> list[Version]:
    """The latest version, where the row tells its number."""
    if seen.version is None or seen.version <= stored:
        return []
    return [Version(seen.version, seen.changed, seen.changed_by)]


def escaped(id_: str) -> str:
    """An id as part of a path."""
    return quote(id_, safe="!,:.-_~")
