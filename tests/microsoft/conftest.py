"""A tenant that can be counted by hand behind fake servers, a memory in dictionaries, and connectors that do not sleep."""

import json
from collections import Counter as Tally
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.activity import Activity, Content, Counter, Gap, Kind, Members, Page, Person, Reactors, Room
from connectors.microsoft import Microsoft365
from connectors.microsoft.credentials import Secret
from connectors.microsoft.settings import Settings, read
from connectors.microsoft.transport import Transport
from service.demo import faults
from service.demo.microsoft.cloud import MicrosoftCloud
from service.demo.microsoft.tenant import Tenant
from tests.microsoft.wire import GRAPH, LOGIN, NOW, TENANT, Clock, Wire

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def told(person: Person, old: Person | None) -> Person:
    """What is known of a person afterwards: None keeps what was known, "" and 0 clear it."""
    before = old or Person(person.id)
    return replace(
        person,
        kind=person.kind or before.kind,
        unit=(before.unit if person.unit is None else person.unit) or None,
        site=(before.site if person.site is None else person.site) or None,
        leadership=(before.leadership if person.leadership is None else person.leadership) or None,
        canonical=person.canonical or before.canonical,
    )


@dataclass
class Remembered:
    """What a service would have stored: everything of every page, by the rules of the vocabulary."""

    activities: dict[tuple[str, str | None], Activity] = field(default_factory=dict)
    known: dict[str, Content] = field(default_factory=dict)
    rooms: dict[str, Room] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    members: dict[str, Members] = field(default_factory=dict)
    reactors: dict[str, Reactors] = field(default_factory=dict)
    counters: dict[tuple[str, str], Counter] = field(default_factory=dict)
    open_gaps: dict[tuple[str, str | None, str | None], Gap] = field(default_factory=dict)
    cursors: dict[str, str] = field(default_factory=dict)
    skipped: Tally[str] = field(default_factory=Tally)
    repeated: int = 0
    told_of: dict[str, set[str | None]] = field(default_factory=dict)
    """Rooms by stream of which a platform has told."""

    def store(self, stream: str, page: Page) -> None:
        for activity in page.activities:
            # A reaction is the same only if it is the same person's.
            key = activity.key, activity.person if activity.kind is Kind.REACT else None
            self.repeated += key in self.activities
            self.activities.setdefault(key, activity)
        for content in page.contents:
            old = self.known.get(content.id)
            self.known[content.id] = replace(
                content, observed=content.observed or (old.observed if old else None)
            )
        for activity in page.activities:
            if activity.kind is Kind.DELETE and activity.object in self.known:
                self.known[activity.object] = replace(self.known[activity.object], deleted=True)
        self.rooms |= {room.key: room for room in page.rooms}
        for person in page.people:
            self.people[person.id] = told(person, self.people.get(person.id))
        self.members |= {members.room: members for members in page.members}
        self.reactors |= {reactors.object: reactors for reactors in page.reactors}
        self.counters |= {(counter.name, counter.object): counter for counter in page.counters}
        for room, item in page.closed:
            self.open_gaps.pop((stream, room, item), None)
        for gap in page.gaps:
            self.open_gaps[stream, gap.room, gap.object] = gap
        self.skipped.update(page.skipped)
        self.cursors[stream] = page.cursor

    def versions(self, ids: Sequence[str]) -> Mapping[str, int]:
        return {id_: self.known[id_].version for id_ in ids if id_ in self.known}

    def due(self, limit: int) -> Sequence[Content]:
        return [content for content in self.present() if content.observed is None][:limit]

    def contents(self, ids: Sequence[str]) -> Mapping[str, Content]:
        return {id_: self.known[id_] for id_ in ids if id_ in self.known}

    def present(self) -> Iterable[Content]:
        return [content for _, content in sorted(self.known.items()) if not content.deleted]

    def count(self) -> int:
        return sum(not content.deleted for content in self.known.values())

    def gaps(self, stream: str) -> Sequence[tuple[str | None, str | None]]:
        return [(room, item) for of, room, item in self.open_gaps if of == stream]

    def hints(self, stream: str) -> Collection[str | None]:
        return self.told_of.get(stream, ())

    def of(self, *kinds: Kind) -> list[Activity]:
        return [activity for activity in self.activities.values() if activity.kind in kinds]

    def reasons(self) -> dict[tuple[str, str | None, str | None], str]:
        return {key: gap.reason for key, gap in self.open_gaps.items()}


@dataclass
class Bench:
    """Connects to the fake servers of one tenant, and closes every connector it made. `time` is the present."""

    cloud: MicrosoftCloud
    folder: Path
    time: datetime = field(default_factory=lambda: day(30))
    made: list[Microsoft365] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)
    day = staticmethod(day)
    new_memory = Remembered
    faults = faults

    @property
    def tenant(self) -> Tenant:
        return self.cloud.tenant

    def connect(
        self, memory: Remembered, http: httpx.BaseTransport | None = None, **more: Any
    ) -> Microsoft365:
        given = self.cloud.settings(self.folder, "secret", **more)
        given.pop("connector", None)
        settings = read(given)
        transport = Transport(
            settings,
            http=http,
            clock=self.clock,
            sleep=self.clock.sleep,
            now=lambda: self.time,
            chance=lambda: 0.01,
        )
        connector = Microsoft365(settings, memory, transport)
        self.made.append(connector)
        return connector

    def collect(self, memory: Remembered, *streams: str, **more: Any) -> Microsoft365:
        """One run over the streams."""
        connector = self.connect(memory, **more)
        for stream in streams:
            for page in connector.read(stream, memory.cursors.get(stream)):
                json.loads(page.cursor)
                memory.store(stream, page)
        return connector

    def asked(self, path: str = "", *, inner: bool = True) -> int:
        """How many requests to Graph, those within batches included, went to a path that holds `path`."""
        graph = self.cloud.graph
        return sum(path in seen.path for seen in [*graph.requests, *(graph.inner if inner else ())])

    def forget_requests(self) -> None:
        self.cloud.graph.requests.clear()
        self.cloud.graph.inner.clear()

    def close(self) -> None:
        for connector in self.made:
            connector.close()


@pytest.fixture
def memory() -> Remembered:
    return Remembered()


@pytest.fixture
def tenant() -> Tenant:
    """Ada and Bob sell, led by Eve, who is led by Kim; a guest, a service account.

    `sales` is a public group with a team, `board` a private one without, `hr` a site without group.
    """
    return office()


def office(clock: Callable[[], datetime] = lambda: day(30)) -> Tenant:
    tenant = Tenant(clock)
    kim = tenant.add_user("kim", department="Board")
    eve = tenant.add_user("eve", department="Sales", job_title="Head of Sales", manager=kim.id)
    ada = tenant.add_user("ada", department="Sales", manager=eve.id)
    bob = tenant.add_user("bob", department="Sales", manager=eve.id)
    tenant.add_user("gus", mail="gus@partner.example", guest=True)
    tenant.add_user("svc-backup")
    tenant.add_group("Sales", [ada.id, bob.id, eve.id], [eve.id], public=True, team=True, created=day(0))
    tenant.add_group("Board", [kim.id, eve.id], [kim.id], created=day(0))
    tenant.add_site("hr", "HR", created=day(0))
    tenant.add_site("ada_auental", "Ada", personal=True, created=day(0))
    return tenant


@pytest.fixture
def bench(tenant: Tenant, tmp_path: Path) -> Iterator[Bench]:
    with MicrosoftCloud(tenant) as cloud:
        bench = Bench(cloud, tmp_path)
        yield bench
        bench.close()


class Recorded:
    """Response bodies as Microsoft documents them."""

    folder = Path(__file__).parent / "recorded"

    def __call__(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text(encoding="utf-8"))


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()


@pytest.fixture
def line():
    """Builds a transport over a script; gives transport, wire and clock."""
    made = []

    def build(*lines, chance=0.5, **more):
        wire, clock = Wire(*lines), Clock()
        common = {
            "tenant": TENANT,
            "client_id": "app",
            "credential": Secret("s3cret"),
            "authority": LOGIN,
            "graph_url": GRAPH,
        }
        transport = Transport(
            Settings(**(common | more)),
            http=httpx.MockTransport(wire),
            clock=clock,
            sleep=clock.sleep,
            now=lambda: NOW + timedelta(seconds=clock()),
            chance=lambda: chance,
        )
        made.append(transport)
        return transport, wire, clock

    yield build
    for transport in made:
        transport.close()
