"""Reading Confluence, Cloud and Data Center.

```
settings ─► transport (throttle) ─► cloud │ data_center       requests, and answers read into `platform` records
                                        ▼
            directory (spaces, groups, permissions)    feed (listings) ─► absorb (versions) ─► mapping (activities)
                                        ▼
            streams: rooms · people · contents · comments · deletions · observations
```
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from connectors.activity import Kind, Page
from connectors.base import Check, Memory, Nothing
from connectors.confluence.check import check
from connectors.confluence.cloud import Cloud
from connectors.confluence.comments import Comments
from connectors.confluence.data_center import DataCenter
from connectors.confluence.deletions import Deletions
from connectors.confluence.directory import Directory
from connectors.confluence.feed import Feed
from connectors.confluence.observations import Observations
from connectors.confluence.platform import Platform
from connectors.confluence.rooms import People, Rooms
from connectors.confluence.settings import SETTINGS, Flavour, Settings, read
from connectors.confluence.source import Source
from connectors.confluence.transport import Transport
from connectors.settings import Setting


class Confluence:
    """A Confluence as a source. Streams: see `connectors.base.Connector`; settings: `connectors.confluence.settings`."""

    name: ClassVar[str] = "confluence"
    settings: ClassVar[Mapping[str, Setting]] = SETTINGS

    def __init__(
        self, settings: Settings, memory: Memory | None = None, transport: Transport | None = None
    ) -> None:
        self._transport = transport or Transport(settings)
        memory = memory or Nothing()
        platform: Platform = (
            Cloud(self._transport) if settings.flavour is Flavour.CLOUD else DataCenter(self._transport)
        )
        directory = Directory(platform, self._transport, settings)
        source = self._source = Source(settings, platform, self._transport, directory, memory)
        contents = Feed("contents", platform.contents, (Kind.CREATE, Kind.EDIT), source)
        comments = Comments("comments", platform.comments, (Kind.COMMENT, Kind.REPLY), source)
        self._streams: Mapping[str, Feed | Rooms | People | Deletions | Observations] = {
            "rooms": Rooms(directory),
            "people": People(directory, memory),
            "contents": contents,
            "comments": comments,
            "deletions": Deletions(contents, comments, source),
            "observations": Observations(source),
        }

    @classmethod
    def connect(cls, settings: Mapping[str, Any], memory: Memory) -> "Confluence":
        return cls(read(settings), memory)

    def check(self, expected_rooms: int | None = None) -> Check:
        return check(self._source, expected_rooms)

    def streams(self) -> Sequence[str]:
        return tuple(self._streams)

    def read(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """Raises `CursorExpired` for a cursor that is not of this connector, and what `Transport.get` raises."""
        return self._streams[stream].read(cursor)

    def requests(self) -> int:
        return self._transport.sent

    def close(self) -> None:
        self._transport.close()
