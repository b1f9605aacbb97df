"""`sync --hinted` reads what was hinted at, and nothing is taken for read that was not."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import Engine, select

from connectors.activity import Page
from connectors.base import Check, Memory
from connectors.errors import SourceUnreachable
from service.activity.collect import collect
from service.activity.log import ActivityLog
from service.activity.pseudonym import Pseudonymiser, open_keys
from service.database import connect, transaction
from service.hints.pending import keep
from service.models import Source, Sync


class Three:
    """A connector with three streams."""

    name: ClassVar[str] = "three"

    def __init__(self) -> None:
        self.asked: list[str] = []

    @classmethod
    def connect(cls, settings: Mapping[str, Any], memory: Memory) -> "Three":
        raise NotImplementedError

    def check(self, expected_rooms: int | None = None) -> Check:
        return Check(())

    def streams(self) -> Sequence[str]:
        return ("rooms", "people", "contents")

    def read(self, stream: str, cursor: str | None) -> Iterator[Page]:
        self.asked.append(stream)
        if stream == "people":
            raise SourceUnreachable("down")
        yield Page("1")

    def requests(self) -> int:
        return 0

    def close(self) -> None:
        return


def test_only_the_hinted_streams_are_read_and_the_source_does_not_count_as_read(
    database: Engine, tmp_path: Path
) -> None:
    reader = Three()
    pseudonymiser = Pseudonymiser(open_keys(tmp_path / "key" / "k", "beispiel"), "beispiel")
    log = ActivityLog(tmp_path / "activity", "beispiel")
    report = collect(database, log, pseudonymiser, "wiki", connector=reader, only={"contents", "unknown"})
    assert (reader.asked, report.state) == (["contents"], "done")
    collect(database, log, pseudonymiser, "wiki", connector=reader)
    with transaction(database) as session:
        states = list(session.scalars(select(Sync.state).order_by(Sync.id)))
    # Measuring goes up to the last reading that was done or partial: a hinted one must not move that day.
    assert states == ["hinted", "partial"]


@pytest.fixture
def console(tmp_path: Path, resonanz: Any) -> Any:
    def run(*words: str) -> Any:
        done = resonanz(*words, "--json", place=tmp_path, data=tmp_path / "data")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    return run


def test_the_console_reads_hinted_sources_and_forgets_the_hints(console: Any, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.csv").write_text("id,kind,time,room,person,object\n1,view,2026-03-02T10:00Z,HR,ada,p1\n")
    for key in ("one", "two"):
        console(
            "source", "add", "files", "--key", key, "--set", f"path={folder}", "--set", "format=activities"
        )
    assert console("sync", "--hinted") == []
    engine = connect(f"sqlite:///{tmp_path / 'data' / 'resonanz.db'}")
    with transaction(engine) as session:
        source = session.scalars(select(Source).where(Source.key == "two")).one()
        keep(session, source.id, [("files", "")], datetime.now(UTC))
    engine.dispose()
    (report,) = console("sync", "--hinted")
    assert (report["source"], report["stored"]) == ("two", 1)
    assert console("sync", "--hinted") == []
