"""What the suite of all connectors needs of each: something to read, good and wrong settings, and the truth.

Every registered connector has a bench in a file `bench_*.py` of this folder. A bench starts what the connector reads (a fake server, a
folder), says what is true there, and lets something happen. The connector itself is always made from its settings, by its registered name.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from connectors.activity import Activity, ContentType, Kind
from connectors.base import Connector, Memory, Nothing, connector
from service.demo.store import Expected
from tests.microsoft.wire import Clock


@dataclass(frozen=True)
class Wrong:
    """Settings that differ from the good ones (None: left out), and what the error has to name (a regular expression)."""

    given: Mapping[str, Any]
    told: str

    def __str__(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self.given.items())[:60]


class Bench(ABC):
    """A platform to be read, in a folder of its own."""

    key: ClassVar[str]
    """By which tests are told apart; several benches may try one connector (Cloud and Data Center)."""
    connector: ClassVar[str]
    """The name of the entry point."""
    now: datetime
    """The present of the platform and of whoever reads it; what happens moves it on."""
    few: ClassVar[int]
    """So many requests a reading without news may take; those for tokens are among them."""
    secrets: ClassVar[Mapping[str, str]] = {}
    """By setting, what its file holds and nobody may see."""
    unread: ClassVar[Mapping[str, Sequence[str]]] = {}
    """By stream that brings nothing here, the reasons its gap may name."""
    without: ClassVar[Mapping[str, str]] = {}
    """Streams that bring no activity by their nature, and which part of their pages brings something instead ("": nothing here)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def stop(self) -> None: ...

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """Settings that are right."""

    @abstractmethod
    def wrong(self) -> Sequence[Wrong]:
        """Settings that are refused before anything is asked, beside those every connector has to refuse."""

    @abstractmethod
    def disturbed(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """What the check has to find, one after the other: what its finding or error names, and the settings then."""

    @abstractmethod
    def truth(self) -> Iterator[Activity]:
        """What a complete reading brings now; keys do not matter, nor what is undated when it happened."""

    @abstractmethod
    def happen(self) -> None:
        """Something new and something changed, as far as the platform knows changes; a moment later each time."""

    @abstractmethod
    def arrange(self, patch: pytest.MonkeyPatch) -> None:
        """Before the start: clocks, and that nobody waits."""

    def connect(self, memory: Memory | None = None, **changed: Any) -> Connector:
        given = {name: value for name, value in (self.settings() | changed).items() if value is not None}
        return connector(self.connector).connect(given, memory or Nothing())

    @contextmanager
    def connected(self, memory: Memory | None = None, **changed: Any) -> Iterator[Connector]:
        made = self.connect(memory, **changed)
        try:
            yield made
        finally:
            made.close()


def timed(patch: pytest.MonkeyPatch, transport: type, bench: Bench) -> None:
    """It is the present of the bench, and waiting costs no time, for all connectors that are made from here on."""
    clock = Clock()
    defaults = {"now": lambda: bench.now, "clock": clock, "sleep": clock.sleep, "chance": lambda: 0.01}
    for name, value in defaults.items():
        patch.setitem(transport.__init__.__kwdefaults__, name, value)  # type: ignore[misc]


def activity(expected: Expected, room: str) -> Activity:
    """What a fake server's own account of an activity has to become."""
    return Activity(
        key="",
        kind=expected.kind,
        room=room,
        person=expected.person,
        happened=expected.happened or datetime.fromisoformat("1970-01-01T00:00:00Z"),
        object=expected.object,
        content_type=expected.content_type,
        thread=expected.thread,
        parent=expected.parent,
        dated=expected.happened is not None,
    )


def view(room: str, person: str, happened: datetime, object_: str) -> Activity:
    return Activity("", Kind.VIEW, room, person, happened, object_, ContentType.PAGE, thread=object_)
