"""Collections from fake platforms that are disturbed on the way, beside undisturbed ones of the same platforms."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from unittest.mock import patch

from sqlalchemy import Engine, select

from benchmarks.fault_proxy import FaultProxy, Script
from benchmarks.kills import rows
from connectors.base import Connector, Memory
from connectors.confluence import Confluence
from connectors.confluence.settings import read as confluence_settings
from connectors.confluence.transport import Transport as ConfluenceTransport
from connectors.microsoft import Microsoft365
from connectors.microsoft.settings import STREAMS as EVERY_STREAM
from connectors.microsoft.settings import read as microsoft_settings
from connectors.microsoft.transport import Transport as MicrosoftTransport
from service.activity.collect import collect
from service.activity.log import ActivityLog
from service.activity.memory import SourceMemory
from service.activity.pseudonym import Pseudonymiser, open_keys
from service.activity.report import Report
from service.database import connect, migrate, transaction
from service.demo import uniform as confluence_uniform
from service.demo.confluence_cloud import Cloud
from service.demo.confluence_data_center import DataCenter
from service.demo.faults import Fault
from service.demo.microsoft import MicrosoftCloud
from service.demo.microsoft import uniform as microsoft_uniform
from service.demo.serving import Server
from service.demo.store import Store
from service.models import Organisation, Source

OWNER, KEY = "acme", "platform"
NEXT = timedelta(hours=21)
"""Between two runs: what could not be read is read again after 20 hours."""
STREAMS = tuple(one for one in EVERY_STREAM if one not in {"analytics", "usage_reports"})
"""Microsoft's, those left out that tell only what was seen until today, and so differ from day to day."""
_ACTIVITIES = "key, source, room, kind, content_type, person, CASE WHEN dated THEN happened END, object, parent, thread, dated, minor"

Clock = Callable[[], float]


class Ticks:
    """A clock that only sleeping moves on: pauses cost no time."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def __call__(self) -> float:
        return self._seconds

    def sleep(self, seconds: float) -> None:
        self._seconds += seconds


class Platform(Protocol):
    """The fake servers of one platform."""

    name: str
    end: datetime

    @property
    def servers(self) -> Sequence[Server]: ...

    def start(self, folder: Path) -> None: ...

    def stop(self) -> None: ...

    def connector(
        self, folder: Path, memory: Memory, timing: Mapping[str, Any], concurrency: int
    ) -> Connector: ...

    def moved(self) -> None: ...

    def change(self) -> None: ...


class Wiki:
    """Confluence, `contents` contents in three rooms, some of a page's worth each."""

    def __init__(self, flavour: str, contents: int) -> None:
        self.name = "Confluence Cloud" if flavour == "cloud" else "Confluence Data Center"
        self.flavour = flavour
        self.take(confluence_uniform.uniform(contents, rooms=3, people=12))

    def take(self, store: Store) -> None:
        """Another site than the uniform one; before the start."""
        self.store = store
        self.end = store.clock()
        self.server: Server = Cloud(store) if self.flavour == "cloud" else DataCenter(store)

    @property
    def servers(self) -> Sequence[Server]:
        return (self.server,)

    def start(self, folder: Path) -> None:
        (folder / "token").write_text(self.server.token, encoding="ascii")
        self.server.start()

    def stop(self) -> None:
        self.server.stop()

    def moved(self) -> None:
        """Nobody else is to be told."""

    def connector(
        self, folder: Path, memory: Memory, timing: Mapping[str, Any], concurrency: int
    ) -> Connector:
        settings = confluence_settings(
            {
                "url": self.server.url,
                "flavour": self.flavour,
                "token_file": str(folder / "token"),
                "observe": "all",
                "concurrency": concurrency,
            }
        )
        place = "cloud.Cloud" if self.flavour == "cloud" else "data_center.DataCenter"
        # Few contents on many pages: the size of a page is read when the connector is made.
        with patch(f"connectors.confluence.{place}.page_size", 5):
            return Confluence(settings, memory, ConfluenceTransport(settings, **timing))

    def change(self) -> None:
        """One page is edited and one is new: those before the place somebody reads at move on."""
        pages = [item for item in self.store.items.values() if item.type == "page" and item.container is None]
        self.store.edit(pages[0].id, pages[0].versions[0].by, self.end)
        self.store.add_page(pages[0].space, pages[0].versions[0].by, self.end)


class Office:
    """Microsoft 365: sign-in, Graph, SharePoint, audit feed and reports; two sites, two groups, a community."""

    name = "Microsoft 365"

    def __init__(self, contents: int) -> None:
        tenant = microsoft_uniform.uniform(contents, rooms=4, people=12)
        tenant.add_community("Austausch", next(iter(tenant.groups)), posted=3, read=9, liked=2)
        self.end = tenant.clock()
        self.cloud = MicrosoftCloud(tenant)

    @property
    def servers(self) -> Sequence[Server]:
        return self.cloud.servers

    def start(self, folder: Path) -> None:
        self.cloud.start()
        self.cloud.settings(folder)

    def stop(self) -> None:
        self.cloud.stop()

    def moved(self) -> None:
        self.cloud.introduce()

    def connector(
        self, folder: Path, memory: Memory, timing: Mapping[str, Any], concurrency: int
    ) -> Connector:
        given = self.cloud.settings(folder, concurrency=concurrency, streams=list(STREAMS), observe="all")
        given.pop("connector")
        settings = microsoft_settings(given)
        return Microsoft365(settings, memory, MicrosoftTransport(settings, **timing))

    def change(self) -> None:
        tenant = self.cloud.tenant
        list_ = next(one for one in tenant.lists.values() if one.items)
        item = next(iter(list_.items.values()))
        tenant.edit(item, item.versions[0].by, self.end)
        tenant.add_page(list_.site, item.versions[0].by, self.end)


@dataclass(frozen=True)
class Stored:
    """What a collection has stored: activities one by one, and what was counted."""

    activities: tuple[tuple[Any, ...], ...]
    counters: frozenset[tuple[Any, ...]]


@dataclass
class World:
    """A database, a log and a key, in which one platform is a source."""

    folder: Path
    platform: Platform
    engine: Engine
    runs: int = 0

    def collect(self, *, longest_call: float, real: bool = False, concurrency: int = 4) -> Report:
        """The next run. `real` waits in earnest, else only a clock of its own moves on."""
        now = datetime.now(UTC) + self.runs * NEXT
        self.runs += 1
        ticks = Ticks()
        pauses: dict[str, Any] = {} if real else {"clock": ticks, "sleep": ticks.sleep, "now": lambda: now}
        with transaction(self.engine) as session:
            source = session.scalars(select(Source)).one()
        memory = SourceMemory(self.engine, source.id, source.key, lambda: now)
        timing = {**pauses, "longest_call": longest_call}
        connector = self.platform.connector(self.folder, memory, timing, concurrency)
        try:
            return collect(
                self.engine, self.log, self.pseudonymiser, KEY, connector=connector, clock=lambda: now
            )
        finally:
            connector.close()

    @property
    def log(self) -> ActivityLog:
        return ActivityLog(self.folder / "activity", OWNER)

    @property
    def pseudonymiser(self) -> Pseudonymiser:
        return Pseudonymiser(open_keys(self.folder.parent / "pseudonym.key", OWNER), OWNER)

    def stored(self) -> Stored:
        return Stored(
            tuple(rows(self.log, _ACTIVITIES, "total IS NULL")),
            frozenset(rows(self.log, "room, kind, object, total", "total IS NOT NULL")),
        )


@dataclass
class Disturbed:
    """One platform with a proxy before each of its servers, and as many worlds as are asked for."""

    platform: Platform
    folder: Path
    proxies: dict[str, FaultProxy] = field(default_factory=dict)
    _numbers: int = 0
    _truth: list[Stored] = field(default_factory=list)
    _undisturbed: World | None = None

    def world(self) -> World:
        self._numbers += 1
        place = self.folder / str(self._numbers)
        place.mkdir()
        for file in self.folder.iterdir():
            if file.is_file() and file.name != "pseudonym.key":
                (place / file.name).write_bytes(file.read_bytes())
        engine = connect(f"sqlite:///{place / 'resonanz.db'}")
        return World(place, self.platform, engine)

    def truth(self, run: int) -> Stored:
        """What is stored after so many undisturbed runs."""
        if self._undisturbed is None:
            self._undisturbed = self.world()
        while len(self._truth) < run:
            self.calm()
            report = self._undisturbed.collect(longest_call=30.0)
            if report.state != "done":
                raise RuntimeError(f"an undisturbed collection of {self.platform.name} ended {report.state}")
            self._truth.append(self._undisturbed.stored())
        return self._truth[run - 1]

    def changed(self) -> None:
        """The platform is not what it was: the truth has to be read anew."""
        if self._undisturbed is not None:
            self._undisturbed.engine.dispose()
        self._undisturbed, self._truth = None, []

    def disturb(
        self, faults: Callable[[int], Sequence[Fault]] = lambda seed: (), script: Script | None = None
    ) -> None:
        for number, server in enumerate(self.platform.servers):
            server.faults.clear()
            server.faults.add(*faults(number))
        for proxy in self.proxies.values():
            proxy.script = script or Script()
            proxy.calls.clear()

    def calm(self) -> None:
        self.disturb()

    @property
    def struck(self) -> int:
        spoilt = sum(call.trouble is not None for proxy in self.proxies.values() for call in proxy.calls)
        return spoilt + sum(
            fault.struck for server in self.platform.servers for fault in server.faults.faults
        )

    @property
    def calls(self) -> int:
        """Those within a `$batch` included, since faults meet them one by one."""
        inner = sum(len(getattr(server, "inner", ())) for server in self.platform.servers)
        return inner + sum(len(proxy.calls) for proxy in self.proxies.values())


@contextmanager
def disturbed(platform: Platform) -> Iterator[Disturbed]:
    """The running servers, a proxy before each of them, an empty database with the source in it."""
    with tempfile.TemporaryDirectory(prefix="resonanz-upstream-") as name:
        folder = Path(name)
        _empty(folder / "resonanz.db", platform)
        platform.start(folder)
        proxies: dict[str, FaultProxy] = {}
        found = Disturbed(platform, folder, proxies)
        try:
            for server in platform.servers:
                proxy = FaultProxy(server.origin).start()
                proxies[type(server).__name__] = proxy
                server.behind(proxy.origin)
            platform.moved()
            yield found
        finally:
            found.changed()
            for proxy in proxies.values():
                proxy.stop()
            platform.stop()


def _empty(file: Path, platform: Platform) -> None:
    engine = connect(f"sqlite:///{file}")
    migrate(engine)
    with transaction(engine) as session:
        organisation = Organisation(key=OWNER, name="Acme")
        session.add(organisation)
        session.flush()
        name = Microsoft365.name if isinstance(platform, Office) else Confluence.name
        session.add(
            Source(
                organisation_id=organisation.id,
                key=KEY,
                connector=name,
                settings={},
                created=datetime.now(UTC),
            )
        )
    engine.dispose()
