"""Reading files of organisations that cannot open an interface.

```
settings ─► tables (lines of CSV and Parquet) ─► activities │ reports │ audit   one line each
                                ▼
                            reading   files in order, pages with their cursor, what was rejected
```
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from connectors.activity import Page
from connectors.base import Check, Memory, Nothing
from connectors.files.reading import Reader, RejectedLine, check
from connectors.files.settings import SETTINGS, Format, Settings, read
from connectors.settings import Setting


class Files:
    """Files as a source. Settings: `connectors.files.settings`; formats: docs/files.md."""

    name: ClassVar[str] = "files"
    settings: ClassVar[Mapping[str, Setting]] = SETTINGS

    def __init__(self, settings: Settings, memory: Memory | None = None, now: datetime | None = None) -> None:
        self._settings = settings
        self._reader = Reader(settings, memory or Nothing(), now or datetime.now(UTC))

    @classmethod
    def connect(cls, settings: Mapping[str, Any], memory: Memory) -> "Files":
        return cls(read(settings), memory)

    @property
    def tells_about(self) -> str | None:
        """Reports and audit exports are those of Microsoft 365; a plain file may be about anything."""
        return None if self._settings.format is Format.ACTIVITIES else "microsoft-365"

    def check(self, expected_rooms: int | None = None) -> Check:
        return check(self._settings, expected_rooms)

    def streams(self) -> Sequence[str]:
        return ("files",)

    def read(self, stream: str, cursor: str | None) -> Iterator[Page]:
        """Raises `CursorExpired` for a cursor that is not of this connector, `BadAnswer` if a file changes meanwhile."""
        return self._reader.read(cursor)

    def rejected(self) -> Sequence[RejectedLine]:
        """The first lines left out so far, with file name, line number and reason; for the console, never stored."""
        return self._reader.rejected

    def requests(self) -> int:
        return 0

    def close(self) -> None:
        return
