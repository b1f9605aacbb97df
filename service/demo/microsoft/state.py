"""What the parts of a tenant share: its things, its clock, and the journals of its changes."""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from threading import RLock
from uuid import UUID, uuid5

from service.demo.microsoft.journal import Journal
from service.demo.microsoft.things import Channel, Community, Group, ListOf, Record, Site, Thread, User

_NAMES = UUID("7a9f3a52-0f7e-4a7e-9f5a-0b6c6a1d2e3f")
HOST = "auental.sharepoint.example"


class State:
    """Safe to change while servers read it. Every mutation takes `when`; without it the time of `clock` counts.

    `replayed` rows that were told before are told again at the start of every delta; with `disordered` each page of a
    delta lists its rows backwards. With `concealed` reports show hashes for names, with `likes_dated` likes of pages show
    when they were given.
    """

    def __init__(self, clock: Callable[[], datetime] | None = None, name: str = "auental.example") -> None:
        self.lock = RLock()
        self.clock = clock or (lambda: datetime.now(UTC).replace(microsecond=0))
        self.name = name
        self.id = self.guid("tenant")
        self.revision = 0
        self.users: dict[str, User] = {}
        self.groups: dict[str, Group] = {}
        self.sites: dict[str, Site] = {}
        self.lists: dict[str, ListOf] = {}
        self.drives: dict[str, str] = {}
        self.channels: dict[str, Channel] = {}
        self.threads: dict[str, Thread] = {}
        self.communities: dict[str, Community] = {}
        self.records: list[Record] = []
        self.journals: dict[str, Journal] = defaultdict(Journal)
        self.replayed = 0
        self.disordered = False
        self.concealed = False
        self.likes_dated = True
        self._order = 0
        self._message = 0

    def guid(self, *parts: object) -> str:
        return str(uuid5(_NAMES, "/".join((self.name, *map(str, parts)))))

    def _touch(self, journal: str, thing: str) -> None:
        self.journals[journal].touch(thing)
        self.revision += 1

    def _next(self) -> int:
        self._order += 1
        return self._order
