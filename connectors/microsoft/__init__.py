"""Reading Microsoft 365: SharePoint sites, groups, Teams, Viva Engage communities and usage reports.

```
settings (credentials) ─► tokens (refusals)          msal: one app, one token per resource
                              ▼
          transport (throttle, patience, answers, batch)    httpx: Graph, SharePoint's own interface, `$batch`, reports
                              ▼
          source ─► rooms.directory                   which group, team, site and mailbox is which room
                              ▼
          streams: rooms · people · site_pages · page_comments · files · list_items · group_conversations · team_messages ·
                   communities · analytics · usage_reports
```
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from connectors.activity import Page
from connectors.base import Check, Memory, Nothing
from connectors.microsoft import (
    analytics,
    comments,
    drives,
    engage,
    groups,
    lists,
    people,
    reports,
    rooms,
    sites,
    teams,
)
from connectors.microsoft.check import check
from connectors.microsoft.settings import SETTINGS, Settings, read
from connectors.microsoft.source import Source
from connectors.microsoft.transport import Transport
from connectors.settings import Setting

_READ: Mapping[str, Callable[[Source, str | None], Iterator[Page]]] = {
    "rooms": rooms.read,
    "people": people.read,
    "site_pages": sites.read,
    "page_comments": comments.read,
    "files": drives.read,
    "list_items": lists.read,
    "group_conversations": groups.read,
    "team_messages": teams.read,
    "communities": engage.read,
    "analytics": analytics.read,
    "usage_reports": reports.read,
}


class Microsoft365:
    """A tenant as a source. Streams: see `connectors.base.Connector`; settings: `connectors.microsoft.settings`."""

    name: ClassVar[str] = "microsoft-365"
    settings: ClassVar[Mapping[str, Setting]] = SETTINGS

    def __init__(
        self, settings: Settings, memory: Memory | None = None, transport: Transport | None = None
    ) -> None:
        self._source = Source(settings, transport or Transport(settings), memory or Nothing())

    @classmethod
    def connect(cls, settings: Mapping[str, Any], memory: Memory) -> "Microsoft365":
        return cls(read(settings), memory)

    def check(self, expected_rooms: int | None = None) -> Check:
        return check(self._source, expected_rooms)

    def streams(self) -> Sequence[str]:
        return self._source.settings.streams

    def read(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """Raises `CursorExpired` for a cursor that is not of this connector, and what `Transport` raises."""
        return _READ[stream](self._source, cursor)

    def requests(self) -> int:
        return self._source.transport.sent

    def close(self) -> None:
        self._source.transport.close()
