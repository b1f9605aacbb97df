"""Views of pages, list items and files: totals without a date, a request each, so bounded by a budget of requests.

Contents are taken as memory names them, most urgent first; what was looked at within the last 20 hours can wait, and what the
budget leaves is one gap of the source. Contents that have no analytics (messages, mails, comments) are noted as looked
at without a request, so that they do not stand in the way of those that have. Not every cloud offers analytics:
a kind that turns its first contents away and never answers is not asked again in this run. An answer that does not
speak of views is no zero: then nothing is counted.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from connectors.activity import Content, Counter, CounterName, Gap, Kind, Page
from connectors.errors import AccessDenied, ConnectorError, NotThere
from connectors.microsoft import progress
from connectors.microsoft.answers import Unsupported
from connectors.microsoft.brought import Brought
from connectors.microsoft.counted import budget
from connectors.microsoft.delta import escaped
from connectors.microsoft.drives import Files
from connectors.microsoft.mapping import gap
from connectors.microsoft.rooms import Directory, Site, many
from connectors.microsoft.sites import items
from connectors.microsoft.source import Source
from connectors.microsoft.tokens import Resource

STREAM = "analytics"
KINDS = (Kind.VIEW,)
_FRESH = timedelta(hours=20)
_DUE = 20
"""So many contents are looked through for each that may be asked for: most contents of a tenant are messages."""
_STEP, _TRIAL, _ENOUGH = 100, 5, 3
"""Contents asked for at once, at first few, until it is known that there is an answer; so many refusals without one are enough."""
_MOST = 500
_ALL_TIME = "allTime"


@dataclass(slots=True)
class _Run:
    """`later`: a first run has ended; `spent` requests of one that has not."""

    later: bool = False
    spent: int = 0


@dataclass(slots=True)
class _Function:
    """Analytics of files or of list items, and how asking has fared in this run."""

    answered: bool = False
    refused: list[tuple[Content, ConnectorError]] = field(default_factory=list)
    """Since the last look that brought gaps, and all of them while there is no answer."""

    @property
    def missing(self) -> bool:
        if self.answered:
            return False
        absent = any(isinstance(error, Unsupported) for _, error in self.refused)
        return absent or len(self.refused) >= _ENOUGH

    @property
    def settled(self) -> bool:
        return self.answered or self.missing


class _Analytics:
    def __init__(self, source: Source, cursor: str | None) -> None:
        self._source, self._transport, self._memory = source, source.transport, source.memory
        self._cursor, self._run = cursor, progress.load(_Run, cursor)
        files, lists = _Function(), _Function()
        self._functions = {"file": files, "page": lists, "item": lists}
        self._before = frozenset(self._memory.gaps(STREAM))
        self._rooms: dict[str, list[Site]] = defaultdict(list)
        self._sites: dict[str, str] = {}
        self._listed: set[str] = set()
        self._more = False
        """Whether the budget leaves something."""

    def read(self) -> Iterator[Page]:
        why, directory = self._allowed()
        if why is not None:
            yield Page(progress.dump(self._run), gaps=[Gap(None, None, KINDS, why)])
            return
        for site in directory.sites.values():
            self._rooms[site.room].append(site)
        allowed = budget(self._source, first=not self._run.later)
        contents = self._contents(allowed)
        brought = Brought()
        while not self._more and (chunk := self._chunk(contents, allowed - self._run.spent)):
            self._look(chunk, brought)
            yield brought.page(progress.dump(self._run))
        yield from self._end(brought)

    def _end(self, brought: Brought) -> Iterator[Page]:
        missing = any(function.missing for function in self._functions.values())
        if missing or self._more:
            brought.gaps.append(Gap(None, None, KINDS, "unsupported" if missing else "not_due"))
        elif (None, None) in self._before:
            brought.closed.append((None, None))
        ended = progress.dump(_Run(later=True))
        if brought or ended != self._cursor:
            yield brought.page(ended)

    def _allowed(self) -> tuple[str | None, Directory]:
        try:
            if self._transport.tokens.roles(Resource.GRAPH) & Files.roles:
                return None, self._source.directory()
        except AccessDenied:
            pass
        return "access_denied", Directory()

    def _chunk(self, contents: Iterator[Content], left: float) -> list[Content]:
        """The next contents, few of those that cost a request until it is known whether there are answers."""
        settled = all(function.settled for function in self._functions.values())
        chunk: list[Content] = []
        asked = 0
        for content in contents:
            asked += _kind(content) in self._functions
            if asked > left:
                self._more = True
                break
            chunk.append(content)
            if asked >= (_STEP if settled else _TRIAL) or len(chunk) >= _MOST:
                break
        return chunk

    def _contents(self, allowed: float) -> Iterator[Content]:
        stale = self._source.now() - _FRESH
        if allowed == float("inf"):
            due: Iterable[Content] = self._memory.present()
        else:
            most = _DUE * int(allowed)
            found = self._memory.due(most + 1)
            due = found[:most]
        for content in due:
            if content.observed is None or content.observed < stale:
                yield content
        if allowed != float("inf"):
            self._more |= len(found) > most

    def _look(self, chunk: Sequence[Content], brought: Brought) -> None:
        """Whatever comes of it, a content counts as looked at, so that it does not stand in the way of others."""
        self._locate(chunk)
        asking = [(content, path) for content in chunk if (path := self._path(content)) is not None]
        self._run.spent += len(asking)
        now = self._source.now()
        for (content, _), found in self._transport.each(self._ask, asking):
            function = self._functions[_kind(content)]
            if isinstance(found, ConnectorError):
                function.refused.append((content, found))
                continue
            function.answered = True
            brought.counters += _counters(content, found, now)
            if (content.room, content.id) in self._before:
                brought.closed.append((content.room, content.id))
        brought.contents += [replace(content, observed=now) for content in chunk]
        for function in self._functions.values():
            if function.answered:
                brought.gaps += [
                    gap(content.room, content.id, KINDS, error)
                    for content, error in function.refused
                    if not isinstance(error, NotThere)
                ]
                function.refused.clear()

    def _ask(self, asked: tuple[Content, str]) -> dict[str, Any]:
        return self._transport.get(Resource.GRAPH, asked[1], tries=2)

    def _path(self, content: Content) -> str | None:
        kind = _kind(content)
        if kind not in self._functions or self._functions[kind].missing:
            return None
        _, key, item = content.id.split(":", 2)
        if kind == "file":
            return f"/drives/{escaped(key)}/items/{escaped(item)}/analytics/{_ALL_TIME}"
        site = self._sites.get(key)
        return f"{items(site, key)}/{escaped(item)}/analytics?$expand={_ALL_TIME}" if site else None

    def _locate(self, chunk: Sequence[Content]) -> None:
        """Which site each list is of: the room tells, but where a room has several sites they are asked for their lists."""
        asking: list[str] = []
        for content in chunk:
            if _kind(content) not in ("page", "item"):
                continue
            _, key, _ = content.id.split(":", 2)
            sites = self._rooms.get(content.room, [])
            if len(sites) == 1:
                self._sites[key] = sites[0].id
            elif content.room not in self._listed:
                self._listed.add(content.room)
                asking += [site.id for site in sites]
        requests = [(site, f"/sites/{escaped(site)}/lists?$select=id&$top=200") for site in asking]
        for site, answer in many(self._source, requests):
            if not isinstance(answer, ConnectorError):
                for row in answer.get("value") or ():
                    self._sites[str(row.get("id")).lower()] = site


def _kind(content: Content) -> str:
    """What a key says a content is: `page`, `item`, `file`; anything else has no analytics."""
    kind, *rest = content.id.split(":", 2)
    return kind if len(rest) == 2 else ""


def _counters(content: Content, found: Mapping[str, Any], now: datetime) -> list[Counter]:
    """`allTime` may be the answer or a part of it; what it does not tell is not counted."""
    whole = found.get(_ALL_TIME) or found
    access = whole.get("access") or {}
    shown = {CounterName.VIEWS: access.get("actionCount"), CounterName.VIEWERS: access.get("actorCount")}
    return [
        Counter(name, content.room, content.id, total, now)
        for name, total in shown.items()
        if isinstance(total, int)
    ]


def read(source: Source, cursor: str | None) -> Iterator[Page]:
    """Raises `CursorExpired` for a cursor of another form, and what `Transport.get` raises for a failing source."""
    return _Analytics(source, cursor).read()
