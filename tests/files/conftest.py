"""Files as departments hand them over, and the connector that reads them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.activity import Activity, Counter, Gap, Page
from connectors.base import Nothing
from connectors.files import Files

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Remembered(Nothing):
    """Knows the gaps of earlier runs."""

    def __init__(self) -> None:
        self.open: set[tuple[str | None, str | None]] = set()

    def gaps(self, stream: str) -> Sequence[tuple[str | None, str | None]]:
        return sorted(self.open, key=str)


@dataclass
class Folder:
    """A directory of files, read again and again from where the last reading ended."""

    path: Path
    settings: dict[str, Any] = field(default_factory=dict)
    memory: Remembered = field(default_factory=Remembered)
    cursor: str | None = None
    connector: Files | None = None

    def write(self, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        file = self.path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return file

    def connect(self) -> Files:
        from connectors.files.settings import read

        self.connector = Files(
            read({"path": str(self.path), "format": "activities", **self.settings}), self.memory, NOW
        )
        return self.connector

    def pages(self) -> list[Page]:
        pages = []
        for page in self.connect().read("files", self.cursor):
            self.cursor = page.cursor
            self.memory.open |= {(gap.room, gap.object) for gap in page.gaps}
            self.memory.open -= set(page.closed)
            pages.append(page)
        return pages

    def activities(self) -> list[Activity]:
        return [activity for page in self.pages() for activity in page.activities]

    def counters(self) -> list[Counter]:
        return [counter for page in self.pages() for counter in page.counters]

    def gaps(self) -> list[Gap]:
        return [gap for page in self.pages() for gap in page.gaps]

    def rejected(self) -> list[tuple[int, str]]:
        self.pages()
        assert self.connector is not None
        return [(line.line, line.reason) for line in self.connector.rejected()]


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Folder]:
    path = tmp_path / "handed over"
    path.mkdir()

    def build(**settings: Any) -> Folder:
        return Folder(path, settings)

    return build
