"""What a page of a listing brings that is not stored yet, asking for version histories only where they are needed.

The list tells the latest version and mostly the creation; memory tells which versions are stored. A history is asked
for only when a version in between is neither: a content with three or more versions at its first sight, or with two
or more new ones later.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors.activity import (
    Activity,
    Content,
    ContentType,
    Gap,
    Kind,
    Page,
    Person,
)
from connectors.confluence.mapping import activities, content, derivable, missing, reason
from connectors.confluence.platform import Item, Version
from connectors.confluence.source import Source
from connectors.errors import (
    AccessDenied,
    BadAnswer,
    ConnectorError,
    CursorExpired,
    NotThere,
    SourceUnreachable,
)


@dataclass(slots=True)
class Brought:
    activities: list[Activity] = field(default_factory=list)
    contents: list[Content] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    closed: list[tuple[str | None, str | None]] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there is anything to store; what was skipped on purpose is not."""
        return bool(self.activities or self.contents or self.people or self.gaps or self.closed)

    def skip(self, why: str) -> None:
        self.skipped[why] = self.skipped.get(why, 0) + 1

    def page(self, cursor: str) -> Page:
        return Page(
            cursor=cursor,
            activities=self.activities,
            contents=self.contents,
            people=self.people,
            gaps=self.gaps,
            closed=self.closed,
            skipped=self.skipped,
        )


class Absorber:
    def __init__(self, source: Source) -> None:
        self._platform, self._transport = source.platform, source.transport
        self._directory, self._memory = source.directory, source.memory
        self._history = source.settings.history

    def absorb(self, items: Sequence[Item]) -> Brought:
        brought = Brought()
        unique = list({item.id: item for item in items}.values())
        known = self._memory.contents([item.id for item in unique])
        placed = self._placed(unique, known, brought)
        due = [item for item in placed if _new(item, known.get(item.id))]
        due = self._begun(due, known)
        wanted: list[tuple[Item, int]] = []
        found: dict[str, dict[int, Version]] = {}
        for item in due:
            stored = _stored(known.get(item.id))
            found[item.id] = derivable(item, stored)
            if missing(item, stored, found[item.id]):
                if self._history or item.created is None:
                    wanted.append((item, stored))
                elif not brought.gaps:
                    brought.gaps.append(Gap(None, None, (Kind.EDIT,), "not_due"))
        failed = self._histories(wanted, found)
        for item in due:
            self._add(item, known.get(item.id), found[item.id], failed.get(item.id), brought)
        brought.people = self._directory.newcomers(
            (account for item in due for account in item.accounts),
            (activity.person for activity in brought.activities if activity.person),
        )
        return brought

    def _histories(
        self, wanted: Sequence[tuple[Item, int]], found: Mapping[str, dict[int, Version]]
    ) -> dict[str, ConnectorError]:
        failed: dict[str, ConnectorError] = {}

        def ask(pair: tuple[Item, int]) -> Sequence[Version]:
            item, stored = pair
            # The creation, where the list shows it, need not be among the versions asked for.
            return self._platform.versions(item, stored or (1 if item.created else 0))

        for (item, _), versions in self._transport.each(ask, wanted):
            if isinstance(versions, ConnectorError):
                failed[item.id] = versions
            else:
                found[item.id].update((version.number, version) for version in versions)
        return failed

    def _add(
        self,
        item: Item,
        old: Content | None,
        versions: Mapping[int, Version],
        failed: ConnectorError | None,
        brought: Brought,
    ) -> None:
        stored, room = _stored(old), item.room or ""
        complete = item.latest.number
        if failed is not None:
            brought.gaps.append(Gap(room, item.id, (Kind.EDIT,), reason(failed)))
            complete = stored or (1 if 1 in versions else 0)
        first = versions.get(1)
        if item.created is None and first is not None:
            item = replace(item, created=first.when, author=first.by)
        new = [version for number, version in versions.items() if number > stored]
        brought.activities += activities(item, room, new)
        brought.contents.append(content(item, room, complete, old))
        if item.content_type is not ContentType.COMMENT:
            self._directory.remember(item.id, room)

    def _begun(self, items: Sequence[Item], known: Mapping[str, Content]) -> list[Item]:
        """Lists of Cloud comments show the latest version only: who began an edited one, and when, is asked for all at once."""
        open_ = [item for item in items if item.created is None and not _stored(known.get(item.id))]
        if not open_:
            return list(items)
        try:
            first = self._platform.beginnings([item.id for item in open_])
        except (AccessDenied, NotThere, BadAnswer, CursorExpired, SourceUnreachable):
            first = {}
        return [
            replace(item, created=first[item.id].when, author=first[item.id].by) if item.id in first else item
            for item in items
        ]

    # -- rooms ---------------------------------------------------------------------------------------------------------

    def _placed(self, items: Sequence[Item], known: Mapping[str, Content], brought: Brought) -> list[Item]:
        """Items with their room; those of personal spaces and of rooms that are not listed are left out."""
        items = self._threaded(items)
        threads = {item.thread for item in items if item.room is None and item.thread is not None}
        rooms = self._rooms_of(threads, known, items)
        rooms_known = self._directory.open_rooms()
        placed = []
        for item in items:
            room = item.room or rooms.get(item.thread or "")
            if (item.personal and room not in rooms_known) or (room and self._directory.is_personal(room)):
                brought.skip("personal_space")
            elif item.content_type is ContentType.COMMENT and item.thread is None:
                brought.skip("other_content")
            elif room is None:
                brought.gaps.append(Gap(None, item.id, (Kind.COMMENT, Kind.REPLY), "not_found"))
            elif room not in rooms_known:
                # A space made since the spaces were listed; the next run reads it on its own.
                brought.skip("room_not_listed")
            else:
                placed.append(replace(item, room=room))
        return placed

    def _threaded(self, items: Sequence[Item]) -> Sequence[Item]:
        """Replies shown with the comment they answer but without their page: it is that comment's page."""
        lone = {item.parent for item in items if item.thread is None and item.parent is not None}
        if not lone:
            return items
        threads = {item.id: item.thread for item in items if item.thread}
        asked = sorted(lone - threads.keys())
        threads |= {id_: one.thread for id_, one in self._memory.contents(asked).items() if one.thread}
        for listing in self._platform.comments:
            left = sorted(lone - threads.keys())
            if left:
                threads |= {
                    one.id: one.thread for one in self._platform.by_ids(listing, left).items if one.thread
                }
        return [
            replace(item, thread=threads.get(item.parent)) if item.thread is None and item.parent else item
            for item in items
        ]

    def _rooms_of(
        self, threads: Iterable[str], known: Mapping[str, Content], items: Sequence[Item]
    ) -> dict[str, str]:
        rooms = {item.thread: known[item.id].room for item in items if item.thread and item.id in known}
        for thread in threads:
            room = self._directory.room_of(thread)
            if room is not None:
                rooms[thread] = room
        left = sorted(set(threads) - rooms.keys())
        rooms |= {id_: one.room for id_, one in self._memory.contents(left).items()}
        for listing in self._platform.contents:
            left = sorted(set(threads) - rooms.keys())
            if left:
                for item in self._platform.by_ids(listing, left).items:
                    if item.room is not None:
                        rooms[item.id] = item.room
                        self._directory.remember(item.id, item.room)
        return rooms


def _stored(old: Content | None) -> int:
    return old.version if old else 0


def _new(item: Item, old: Content | None) -> bool:
    """Whether a list shows anything of an item that is not remembered yet."""
    return (
        old is None
        or old.deleted
        or old.version < item.latest.number
        or old.room != item.room
        or (item.likes is not None and old.reactions != item.likes)
    )
