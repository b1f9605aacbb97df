"""What a connector is, and how connectors are found."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, ClassVar, Protocol, runtime_checkable

from connectors.activity import Content, Kind, Page
from connectors.errors import Misconfigured
from connectors.settings import Setting

ENTRY_POINT_GROUP = "resonanz.connectors"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a check: what was tried, whether it works, what is missing and how to mend it."""

    subject: str
    ok: bool
    detail: str
    kinds: tuple[Kind, ...] = ()
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """The answer to "will this source be read?". `visible_rooms` is None where the rooms could not be listed."""

    findings: tuple[Finding, ...]
    visible_rooms: int | None = None
    expected_rooms: int | None = None

    @property
    def ok(self) -> bool:
        return all(finding.ok for finding in self.findings)


class Memory(Protocol):
    """What the service remembers of a source between runs; only what is durably stored is remembered."""

    def versions(self, ids: Sequence[str]) -> Mapping[str, int]:
        """The last stored version number of each known content among `ids`."""
        ...

    def due(self, limit: int) -> Sequence[Content]:
        """At most `limit` contents whose reactions and views most need another look, most urgent first."""
        ...

    def contents(self, ids: Sequence[str]) -> Mapping[str, Content]:
        """The known contents among `ids`."""
        ...

    def present(self) -> Iterable[Content]:
        """Every known content that is not deleted, in steady order, without holding all in memory."""
        ...

    def count(self) -> int:
        """How many known contents are not deleted."""
        ...

    def gaps(self, stream: str) -> Sequence[tuple[str | None, str | None]]:
        """Open gaps of a stream as (room, object): to be tried again."""
        ...

    def hints(self, stream: str) -> Collection[str | None]:
        """The rooms the platform has told of since the stream was last read; None stands for anywhere in the source."""
        ...


class Nothing:
    """A memory of nothing: the first run."""

    def versions(self, ids: Sequence[str]) -> Mapping[str, int]:
        return {}

    def due(self, limit: int) -> Sequence[Content]:
        return ()

    def contents(self, ids: Sequence[str]) -> Mapping[str, Content]:
        return {}

    def present(self) -> Iterable[Content]:
        return ()

    def count(self) -> int:
        return 0

    def gaps(self, stream: str) -> Sequence[tuple[str | None, str | None]]:
        return ()

    def hints(self, stream: str) -> Collection[str | None]:
        return ()


class Connector(Protocol):
    """Reads one source, which it is told of by `settings`.

    A source has several streams, read in the order of `streams()`; each has its own cursor. `read` yields pages in an
    order in which every page's cursor is safe to continue from, and ends when the stream is up to date; reading again from
    the last cursor then brings only what is new (or overlaps it under the same keys).
    """

    name: ClassVar[str]
    settings: ClassVar[Mapping[str, Setting]]

    @classmethod
    def connect(cls, settings: Mapping[str, Any], memory: Memory) -> "Connector":
        """Build from a source's settings. Raises `Misconfigured` with what is wrong and how to mend it."""
        ...

    def check(self, expected_rooms: int | None = None) -> Check: ...

    def streams(self) -> Sequence[str]: ...

    def read(self, stream: str, cursor: str | None) -> Iterator[Page]: ...

    def requests(self) -> int:
        """How many HTTP requests were sent so far, retries included."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class Telling(Protocol):
    """A connector that tells of a platform which another connector may read itself.

    `tells_about` is the name of that connector; None where the settings do not tell.
    """

    @property
    def tells_about(self) -> str | None: ...


def connector(name: str) -> type[Connector]:
    """The connector registered under the entry point `resonanz.connectors`. Raises `Misconfigured` if there is none."""
    found = {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
    if name not in found:
        known = ", ".join(sorted(found)) or "none"
        raise Misconfigured(f"no connector {name!r} is installed; installed are: {known}")
    loaded: type[Connector] = found[name].load()
    return loaded
