"""What has been read and not yet been given on as a page."""

from collections import Counter as Tally
from collections.abc import Container, Iterable
from dataclasses import dataclass, field

from connectors.activity import Activity, Alias, Content, Counter, Gap, Kind, Page, Reactors

STEP = 500
"""Rows of a page: enough that the cursor, which is as long as there are lists, weighs little."""


@dataclass(slots=True)
class Brought:
    activities: list[Activity] = field(default_factory=list)
    contents: list[Content] = field(default_factory=list)
    counters: list[Counter] = field(default_factory=list)
    reactors: list[Reactors] = field(default_factory=list)
    aliases: list[Alias] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    closed: list[tuple[str | None, str | None]] = field(default_factory=list)
    skipped: Tally[str] = field(default_factory=Tally)

    def __bool__(self) -> bool:
        """Whether there is anything to store; what was skipped on purpose is not."""
        return bool(
            self.activities or self.contents or self.counters or self.reactors or self.gaps or self.closed
        )

    @property
    def full(self) -> bool:
        people = sum(len(one.people) for one in self.reactors)
        rows = len(self.activities) + len(self.contents) + len(self.counters) + people
        return rows >= STEP

    def page(self, cursor: str) -> Page:
        """All of it as a page; what follows begins anew."""
        page = Page(
            cursor=cursor,
            activities=self.activities,
            contents=self.contents,
            counters=self.counters,
            reactors=self.reactors,
            aliases=self.aliases,
            gaps=self.gaps,
            closed=self.closed,
            skipped=dict(self.skipped),
        )
        fresh = Brought()
        for name in self.__slots__:
            setattr(self, name, getattr(fresh, name))
        return page


@dataclass(slots=True)
class Rooms:
    """How the rooms fare in one run of a stream: the gaps it leaves, and those it closes."""

    kinds: tuple[Kind, ...]
    before: frozenset[tuple[str | None, str | None]]
    answered: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    settled: set[tuple[str | None, str | None]] = field(default_factory=set)
    """Gaps of single objects that are none any more, since the objects are gone."""
    source: str | None = None
    """Why the source as a whole is read in part only."""

    def forget(self, present: Container[str]) -> None:
        """Gaps of rooms that are gone are none any more."""
        self.settled |= {place for place in self.before if place[0] is not None and place[0] not in present}

    def gaps(self) -> Iterable[Gap]:
        """One of each room that could not be read, or one of the source if that is all of several for lack of permission."""
        reasons = set(self.failed.values())
        if len(self.failed) >= 3 and not self.answered and reasons == {"access_denied"}:
            return [Gap(None, None, self.kinds, "access_denied")]
        gaps = [Gap(room, None, self.kinds, why) for room, why in sorted(self.failed.items())]
        return [Gap(None, None, self.kinds, self.source), *gaps] if self.source else gaps

    def closed(self) -> list[tuple[str | None, str | None]]:
        open_ = {(gap.room, gap.object) for gap in self.gaps()}
        read = self.answered - self.failed.keys()
        return sorted(self.settled, key=str) + [
            place
            for place in sorted(self.before, key=str)
            if place[1] is None and place not in open_ and (place[0] is None or place[0] in read)
        ]
