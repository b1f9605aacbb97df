"""What happens on one platform, in order of time, and how far it has been told."""

import math
import random
from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from service.demo.conversations import Draft
from service.demo.store import Item, Store

_BEGINNING = datetime.min.replace(tzinfo=UTC)
_DAY = timedelta(days=1)
_READ = 400.0
"""Days after which a page has all the views it will ever have."""


@dataclass(frozen=True, slots=True)
class Readership:
    """How a page or post is read: much at first, then less and less, as the logarithm of its age.

    `views` by `viewers` people come in all, `pace` is the age in days after which the reading slows down, `until` when it
    ends early. Everybody whose like stands in `likes` (ascending) has read it by then.
    """

    item: int
    created: datetime
    views: int
    viewers: int
    pace: float
    likes: tuple[datetime, ...]
    until: datetime | None = None

    def by(self, moment: datetime) -> tuple[int, int]:
        """(views, viewers) up to a moment; neither ever falls."""
        age = (min(moment, self.until or moment) - self.created) / _DAY
        if age < 0:
            return 0, 0
        part = min(1.0, math.log1p(age / self.pace) / math.log1p(_READ / self.pace))
        viewers = max(int(self.viewers * part), bisect(self.likes, moment))
        return max(int(self.views * part), viewers), viewers


@dataclass(slots=True)
class Timeline:
    """The changes of a store that are still to come, and those that were made."""

    store: Store
    moment: datetime = _BEGINNING
    """The moment the store is at."""
    _changes: list[tuple[datetime, int, Callable[[], object]]] = field(default_factory=list)
    _readerships: list[tuple[Readership, tuple[int, int]]] = field(default_factory=list)
    _told: int = 0
    _sorted: bool = True

    def plan(self, when: datetime, change: Callable[..., object], *given: Any, **named: Any) -> None:
        """Make a change at a time to come; of those at the same time the one planned first comes first."""
        if when <= self.moment:
            raise ValueError(f"{when} has passed")
        self._changes.append((when, len(self._changes), partial(change, *given, **named)))
        self._sorted = False

    def publish(self, drafts: list[Draft], rng: random.Random) -> None:
        """Plan contents with all that is done to them.

        Ids follow the order of creation, with gaps as other contents and purged ones leave them.
        """
        drafts.sort(key=lambda draft: draft.created)
        ids: dict[int, int] = {}
        for draft in drafts:
            for _ in range(rng.randint(0, 3)):
                self.store.next_id()
            ids[id(draft)] = self.store.next_id()
            self._publish(draft, ids)

    def advance(self, to: datetime) -> None:
        """Bring the store to the state of the moment `to`. Raises `ValueError` if that has passed."""
        if to < self.moment:
            raise ValueError(f"{to} has passed: it is {self.moment}")
        if not self._sorted:
            self._changes[self._told :] = sorted(self._changes[self._told :], key=lambda change: change[:2])
            self._sorted = True
        with self.store.lock:
            while self._told < len(self._changes) and self._changes[self._told][0] <= to:
                self._changes[self._told][2]()
                self._told += 1
            self._read(to)
        self.moment = to

    def _publish(self, draft: Draft, ids: dict[int, int]) -> None:
        store, number = self.store, ids[id(draft)]
        first, *edits = draft.versions
        item = Item(
            number,
            draft.type,
            draft.room,
            [first],
            container=ids[id(draft.container)] if draft.container else None,
            parent=ids[id(draft.parent)] if draft.parent else None,
            location=draft.location,
            resolved=draft.resolved,
        )
        self.plan(first.when, store.insert, item)
        for version in edits:
            self.plan(version.when, store.edit, number, version.by, version.when, minor=version.minor)
        for person, when in draft.likes.items():
            self.plan(when, store.like, number, person, when)
        if draft.trashed is not None:
            self.plan(draft.trashed, store.trash, number)
        if draft.views:
            readership = Readership(
                number,
                draft.created,
                draft.views,
                draft.viewers,
                draft.pace,
                tuple(sorted(draft.likes.values())),
                draft.trashed,
            )
            self._readerships.append((readership, (0, 0)))

    def _read(self, to: datetime) -> None:
        for place, (readership, (views, viewers)) in enumerate(self._readerships):
            if readership.created > to:
                return  # in order of creation, see `publish`
            now = readership.by(to)
            if now != (views, viewers) and readership.item in self.store.items:
                self.store.view(readership.item, now[0] - views, now[1] - viewers)
                self._readerships[place] = (readership, now)
