"""A memory held in dictionaries, a small tenant behind real HTTP servers, and a connector that does not sleep."""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.activity import Activity, Content, Counter, Gap, Kind, Page, Reactors
from connectors.microsoft import Microsoft365
from connectors.microsoft.settings import read
from connectors.microsoft.transport import Transport
from service.demo.microsoft.cloud import MicrosoftCloud
from service.demo.microsoft.tenant import Tenant

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


@dataclass
class Remembered:
    """What a service would have stored: everything of every page, by the rules of the vocabulary."""

    activities: dict[tuple[str, str | None], Activity] = field(default_factory=dict)
    known: dict[str, Content] = field(default_factory=dict)
    reactors: dict[str, Reactors] = field(default_factory=dict)
    counters: dict[tuple[str, str], Counter] = field(default_factory=dict)
    open_gaps: dict[tuple[str, str | None, str | None], Gap] = field(default_factory=dict)
    cursors: dict[str, str] = field(default_factory=dict)
    skipped: Tally[str] = field(default_factory=Tally)
    repeated: list[str] = field(default_factory=list)
    pages: int = 0

    def store(self, stream: str, page: Page) -> None:
        for activity in page.activities:
            reaction = activity.kind in (Kind.REACT, Kind.WITHDRAW)
            key = (activity.key, activity.person if reaction else None)
            if key in self.activities:
                self.repeated.append(activity.key)
            self.activities.setdefault(key, activity)
        for content in page.contents:
            old = self.known.get(content.id, content)
            self.known[content.id] = replace(
                content,
                version=max(content.version, old.version),
                changed=max(content.changed, old.changed),
                observed=content.observed or old.observed,
                reactions=old.reactions if content.reactions is None else content.reactions,
            )
        self.reactors |= {reactors.object: reactors for reactors in page.reactors}
        self.counters |= {(counter.name, counter.object): counter for counter in page.counters}
        for gap in page.gaps:
            self.open_gaps[stream, gap.room, gap.object] = gap
        for room, item in page.closed:
            self.open_gaps.pop((stream, room, item), None)
        self.skipped.update(page.skipped)
        self.cursors[stream] = page.cursor
        self.pages += 1

    def versions(self, ids: Sequence[str]) -> Mapping[str, int]:
        return {id_: self.known[id_].version for id_ in ids if id_ in self.known}

    def due(self, limit: int) -> Sequence[Content]:
        oldest = datetime.min.replace(tzinfo=UTC)
        return sorted(self.present(), key=lambda content: (content.observed or oldest, content.id))[:limit]

    def contents(self, ids: Sequence[str]) -> Mapping[str, Content]:
        return {id_: self.known[id_] for id_ in ids if id_ in self.known}

    def present(self) -> Iterable[Content]:
        return [content for _, content in sorted(self.known.items()) if not content.deleted]

    def count(self) -> int:
        return sum(not content.deleted for content in self.known.values())

    def gaps(self, stream: str) -> Sequence[tuple[str | None, str | None]]:
        return [(gap.room, gap.object) for (of, _, _), gap in self.open_gaps.items() if of == stream]

    def told(self, *kinds: Kind) -> list[tuple[Any, ...]]:
        """(kind, object, person, happened) of the stored activities, in order of time."""
        rows = [a for a in self.activities.values() if not kinds or a.kind in kinds]
        rows.sort(key=lambda a: (a.happened, a.key, a.person or ""))
        return [(a.kind, a.object, a.person, a.happened) for a in rows]

    def reasons(self, stream: str) -> dict[tuple[str | None, str | None], str]:
        return {(room, item): gap.reason for (of, room, item), gap in self.open_gaps.items() if of == stream}


@dataclass
class World:
    tenant: Tenant
    cloud: MicrosoftCloud
    folder: Path
    memory: Remembered = field(default_factory=Remembered)
    now: datetime = field(default_factory=lambda: day(30))
    people: dict[str, str] = field(default_factory=dict)

    def person(self, login: str) -> str:
        if login not in self.people:
            self.people[login] = self.tenant.add_user(login).id
        return self.people[login]

    def connector(self, memory: Any = None, proof: Any = "certificate", **more: Any) -> Microsoft365:
        given = self.cloud.settings(self.folder, proof, **more)
        given.pop("connector", None)
        settings = read(given)
        transport = Transport(settings, sleep=lambda seconds: None, now=lambda: self.now)
        return Microsoft365(settings, self.memory if memory is None else memory, transport)

    def run(self, *streams: str, pages: int | None = None, **more: Any) -> list[str]:
        """Collect the streams; returns the paths asked for at Graph and SharePoint, those inside batches as well.

        With `pages` it dies after so many pages of a stream.
        """
        before = [len(seen) for seen in self._seen()]
        connector = self.connector(**more)
        try:
            for stream in streams:
                reading = connector.read(stream, self.memory.cursors.get(stream))
                for number, page in enumerate(reading):
                    if number == pages:
                        break
                    self.memory.store(stream, page)
                getattr(reading, "close", lambda: None)()
        finally:
            connector.close()
        return [
            one.path.removeprefix("/v1.0")
            for seen, start in zip(self._seen(), before, strict=True)
            for one in seen[start:]
        ]

    def _seen(self) -> list[list[Any]]:
        return [self.cloud.graph.requests, self.cloud.sharepoint.requests, self.cloud.graph.inner]


@pytest.fixture
def new_world(tmp_path: Path) -> Callable[[], AbstractContextManager[World]]:
    """For tests that need a fresh tenant several times."""

    @contextmanager
    def world() -> Iterator[World]:
        tenant = Tenant(clock=lambda: START)
        with MicrosoftCloud(tenant) as cloud:
            yield World(tenant, cloud, tmp_path)

    return world


@pytest.fixture
def world(new_world: Callable[[], AbstractContextManager[World]]) -> Iterator[World]:
    with new_world() as world:
        yield world


@pytest.fixture
def at() -> Callable[[float], datetime]:
    """A time so many days after the start."""
    return day
