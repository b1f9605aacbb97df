"""A memory held in dictionaries, small intranets behind real HTTP servers, and connectors that do not sleep."""

import json
import re
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from connectors.activity import Activity, Content, Counter, Gap, Kind, Members, Page, Person, Reactors, Room
from connectors.confluence import Confluence
from connectors.confluence.settings import read
from connectors.confluence.transport import Transport
from service.demo import faults
from service.demo.confluence_cloud import Cloud
from service.demo.confluence_data_center import DataCenter
from service.demo.serving import Seen, Server
from service.demo.store import Permission, Store

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


@dataclass
class Remembered:
    """What a service would have stored: everything of every page, by the rules of the vocabulary."""

    activities: dict[str, Activity] = field(default_factory=dict)
    known: dict[str, Content] = field(default_factory=dict)
    rooms: dict[str, Room] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    members: dict[str, Members] = field(default_factory=dict)
    reactors: dict[str, Reactors] = field(default_factory=dict)
    counters: dict[tuple[str, str], Counter] = field(default_factory=dict)
    open_gaps: dict[tuple[str, str | None, str | None, tuple[Kind, ...]], Gap] = field(default_factory=dict)
    cursors: dict[str, str] = field(default_factory=dict)
    skipped: Tally[str] = field(default_factory=Tally)
    repeated: int = 0

    def store(self, stream: str, page: Page) -> None:
        for activity in page.activities:
            self.repeated += activity.key in self.activities
            self.activities.setdefault(activity.key, activity)
        for content in page.contents:
            old = self.known.get(content.id)
            observed = content.observed or (old.observed if old else None)
            self.known[content.id] = replace(content, observed=observed)
        self.rooms |= {room.key: room for room in page.rooms}
        self.people |= {person.id: person for person in page.people}
        self.members |= {members.room: members for members in page.members}
        self.reactors |= {reactors.object: reactors for reactors in page.reactors}
        self.counters |= {(counter.name, counter.object): counter for counter in page.counters}
        for room, item in page.closed:
            for key in [
                key
                for key in self.open_gaps
                if key[0] == stream and key[2] == item and key[1] in (room, None)
            ]:
                del self.open_gaps[key]
        for gap in page.gaps:
            self.open_gaps[stream, gap.room, gap.object, gap.kinds] = gap
        self.skipped.update(page.skipped)
        self.cursors[stream] = page.cursor

    def versions(self, ids: Sequence[str]) -> Mapping[str, int]:
        return {id_: self.known[id_].version for id_ in ids if id_ in self.known}

    def due(self, limit: int) -> Sequence[Content]:
        oldest = datetime.min.replace(tzinfo=UTC)
        present = sorted(self.present(), key=lambda content: (content.observed or oldest, content.id))
        return present[:limit]

    def contents(self, ids: Sequence[str]) -> Mapping[str, Content]:
        return {id_: self.known[id_] for id_ in ids if id_ in self.known}

    def present(self) -> Iterable[Content]:
        return [content for _, content in sorted(self.known.items()) if not content.deleted]

    def count(self) -> int:
        return sum(not content.deleted for content in self.known.values())

    def gaps(self, stream: str) -> Sequence[tuple[str | None, str | None]]:
        return [(gap.room, gap.object) for (of, *_), gap in self.open_gaps.items() if of == stream]

    def of(self, *kinds: Kind) -> list[Activity]:
        return [activity for activity in self.activities.values() if activity.kind in kinds]


def collected(memory: Remembered, store: Store) -> set[tuple[Any, ...]]:
    """The dated activities of a memory in the terms of the fake servers' own account of them."""
    keys = {str(space.id): space.key for space in store.spaces.values()}
    return {
        (
            a.kind,
            a.content_type,
            keys[a.room],
            a.object,
            int(a.key.partition("/")[2]),
            a.person,
            a.happened,
            a.parent,
            a.thread,
        )
        for a in memory.activities.values()
        if a.kind is not Kind.DELETE
    }


def expected(store: Store) -> set[tuple[Any, ...]]:
    personal = {space.key for space in store.spaces.values() if space.type == "personal"}
    return {
        (e.kind, e.content_type, e.room, e.object, e.number, e.person, e.happened, e.parent, e.thread)
        for e in store.activities()
        if e.kind is not Kind.REACT and e.room not in personal
    }


def flavour(server: Server) -> str:
    return "cloud" if isinstance(server, Cloud) else "data-center"


class Clock:
    """A clock that only sleeping moves on, so that waiting costs no time and can be counted."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


@dataclass
class Bench:
    """Connects to servers with a token file, keeps every connector it made, closes them all."""

    folder: Path
    made: list[Confluence] = field(default_factory=list)
    day = staticmethod(day)
    collected = staticmethod(collected)
    expected = staticmethod(expected)
    new_memory = Remembered
    clock = Clock
    faults = faults

    def settings(self, server: Server, **more: Any) -> dict[str, Any]:
        token = self.folder / "token"
        token.write_text(server.token)
        return {"url": server.url, "flavour": flavour(server), "token_file": str(token), **more}

    def connect(
        self, server: Server, memory: Remembered, *, now: Callable[[], datetime] | None = None, **more: Any
    ) -> Confluence:
        settings = read(self.settings(server, **more))
        clock = Clock()
        transport = Transport(
            settings, clock=clock, sleep=clock.sleep, now=now or (lambda: day(300)), chance=lambda: 0.01
        )
        connector = Confluence(settings, memory, transport)
        self.made.append(connector)
        return connector

    def collect(self, server: Server, memory: Remembered, *streams: str, **more: Any) -> int:
        """One run over the streams; gives the number of requests it took."""
        connector = self.connect(server, memory, **more)
        for stream in streams or connector.streams():
            for page in connector.read(stream, memory.cursors.get(stream)):
                json.loads(page.cursor)
                memory.store(stream, page)
        return connector.requests()

    @staticmethod
    def intranet() -> Store:
        return intranet()

    def complete(self, memory: Remembered, store: Store) -> bool:
        """Whether exactly the dated activities that are true have been collected."""
        return collected(memory, store) == expected(store)

    def close(self) -> None:
        for connector in self.made:
            connector.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


@pytest.fixture
def memory() -> Remembered:
    return Remembered()


def intranet() -> Store:
    """Two rooms, a personal space, five people; what happens in it can be counted by hand."""
    store = Store(clock=lambda: day(100))
    for name in ("ada", "bob", "eve", "kim"):
        store.add_account(name)
    store.add_account("bot", kind="app")
    everybody = store.add_group("confluence-users", ["ada", "bob", "eve", "kim", "bot"])
    team = store.add_group("dept-sales", ["ada", "bob"])
    store.add_space(
        "NEWS",
        permissions=[
            Permission("group", everybody.id, "read", "space"),
            Permission("user", "ada", "administer", "space"),
        ],
    )
    store.add_space(
        "SALES",
        permissions=[
            Permission("group", team.id, "read", "space"),
            Permission("user", "eve", "read", "space"),
        ],
    )
    store.add_space("~ada", type="personal", permissions=[Permission("user", "ada", "read", "space")])
    post = store.add_post("NEWS", "ada", day(1))
    page = store.add_page("SALES", "bob", day(2))
    store.edit(page.id, "ada", day(3), minor=True)
    store.edit(page.id, "eve", day(4))
    twice = store.add_page("SALES", "eve", day(5))
    store.edit(twice.id, "bob", day(6))
    private = store.add_page("~ada", "ada", day(7))
    question = store.add_comment(post.id, "bob", day(8))
    reply = store.add_comment(question.id, "ada", day(9))
    store.add_comment(reply.id, "eve", day(10))
    inline = store.add_comment(page.id, "kim", day(11), location="inline")
    store.edit(inline.id, "kim", day(12))
    store.add_comment(inline.id, "bot", day(13))
    store.add_comment(private.id, "bob", day(14))
    store.like(post.id, "bob")
    store.like(post.id, "eve")
    store.like(question.id, "ada")
    store.view(post.id, 40, 4)
    return store


@pytest.fixture
def company() -> Store:
    return intranet()


SERVERS: dict[str, Callable[..., Server]] = {"cloud": Cloud, "data-center": DataCenter}


class Contract:
    """The published description of an interface: which requests it allows."""

    def __init__(self, file: str, prefix: str) -> None:
        path = Path(__file__).parents[1] / "specs" / file
        self.spec = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
        self.prefix = prefix
        self.routes = [
            (re.compile(re.sub(r"\\{[^/]+\\}", "[^/]+", re.escape(template)) + "$"), operations)
            for template, operations in (self.spec or {"paths": {}})["paths"].items()
        ]

    def objections(self, seen: Seen) -> list[str]:
        """What is wrong with a request: unknown path or parameter, a value out of bounds, a required one missing."""
        path = seen.path[seen.path.index("/wiki") :].removeprefix(self.prefix)
        operations = [found for route, found in self.routes if route.match(path)]
        operation = next(
            (found[seen.method.lower()] for found in operations if seen.method.lower() in found), None
        )
        if operation is None:
            return [f"{seen.method} {path} is not described"]
        known = {
            one["name"]: one
            for one in map(self._resolved, operation.get("parameters", ()))
            if one["in"] == "query"
        }
        wrong = [f"{path}: {name} is not described" for name in seen.query if name not in known]
        wrong += [
            f"{path}: {name} is missing"
            for name, one in known.items()
            if one.get("required") and name not in seen.query
        ]
        for name in known.keys() & seen.query.keys():
            schema = self._resolved(known[name]["schema"])
            errors = Draft7Validator(schema).iter_errors(self._value(seen.query[name], schema))
            wrong += [f"{path}: {name}: {error.message}" for error in errors]
        return wrong

    def _resolved(self, thing: Any) -> Any:
        if isinstance(thing, list):
            return [self._resolved(one) for one in thing]
        if not isinstance(thing, dict):
            return thing
        if "$ref" in thing:
            target: Any = self.spec
            for step in thing["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            return self._resolved(target)
        return {name: self._resolved(one) for name, one in thing.items()}

    def _value(self, texts: list[str], schema: dict[str, Any]) -> Any:
        if schema.get("type") == "array":
            return [self._value([part], schema["items"]) for text in texts for part in text.split(",")]
        text = texts[-1]
        if schema.get("type") == "integer":
            return int(text) if text.lstrip("-").isdigit() else text
        if schema.get("type") == "boolean":
            return {"true": True, "false": False}.get(text, text)
        return text


CONTRACTS = {
    "/api/v2/": Contract("confluence-cloud-v2.json", "/wiki/api/v2"),
    "/rest/api/": Contract("confluence-cloud-v1.json", ""),
}


def objections(server: Server) -> list[str]:
    """What Atlassian's descriptions of the Cloud interfaces object to in the requests a server has seen."""
    told = []
    for seen in server.requests:
        contract = next(one for part, one in CONTRACTS.items() if part in seen.path)
        if contract.spec is not None:
            told += contract.objections(seen)
    return told


class Rack:
    """Starts fake servers and stops them all; requests to Cloud are held against the published description."""

    def __init__(self, flavour: str) -> None:
        self.flavour = flavour
        self.cloud = flavour == "cloud"
        self.started: list[Server] = []

    def __call__(self, store: Store, **more: Any) -> Server:
        server = SERVERS[self.flavour](store, reader="bot", **more).start()
        self.started.append(server)
        return server

    def stop(self) -> None:
        for server in self.started:
            server.stop()
        told = [one for server in self.started if isinstance(server, Cloud) for one in objections(server)]
        assert told == []


@pytest.fixture(params=list(SERVERS))
def serve(request: pytest.FixtureRequest) -> Iterator[Rack]:
    """The fake servers of one flavour; every test that uses them runs for both."""
    rack = Rack(request.param)
    yield rack
    rack.stop()


@pytest.fixture
def serve_cloud() -> Iterator[Rack]:
    rack = Rack("cloud")
    yield rack
    rack.stop()


@pytest.fixture
def serve_data_center() -> Iterator[Rack]:
    rack = Rack("data-center")
    yield rack
    rack.stop()


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two items to a page, so that a small intranet has many pages."""
    for platform in ("cloud.Cloud", "data_center.DataCenter"):
        monkeypatch.setattr(f"connectors.confluence.{platform}.page_size", 2)
