"""Files of an organisation, in the plain format."""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.activity import Activity, ContentType, Kind
from tests.connectors.bench import Bench, Wrong

START = datetime(2024, 3, 4, 9, tzinfo=UTC)


class Files(Bench):
    key = connector = "files"
    now = START + timedelta(days=60)
    few = 0

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.place = folder / "handed over"
        self.written: dict[str, list[tuple[str, ...]]] = {}
        self.happened = 0

    def start(self) -> None:
        self.place.mkdir()
        people = ("ada", "bob", "eve")
        self.write("1-march.csv", *(("view", n, "news", people[n % 3], f"p{n % 4}") for n in range(1, 12)))
        self.write("2-april.csv", *(("create", n, "sales", people[n % 3], f"q{n}") for n in range(20, 26)))

    def stop(self) -> None:
        """Nothing runs."""

    def arrange(self, patch: pytest.MonkeyPatch) -> None:
        """Nobody waits, and the clock only tells times that are to come."""

    def write(self, name: str, *lines: tuple[str, int, str, str, str]) -> None:
        rows = self.written.setdefault(name, [])
        for kind, number, room, person, obj in lines:
            rows.append((str(number), kind, (START + timedelta(hours=number)).isoformat(), room, person, obj))
        with (self.place / name).open("w", newline="") as file:
            csv.writer(file).writerows([("id", "kind", "time", "room", "person", "object"), *rows])

    def settings(self) -> dict[str, Any]:
        return {"path": str(self.place), "format": "activities"}

    def wrong(self) -> Sequence[Wrong]:
        return (
            Wrong({"path": None}, "`path`"),
            Wrong({"path": str(self.folder / "nowhere")}, "neither file nor directory"),
            Wrong({"format": None}, "format.*`activities`"),
            Wrong({"format": "xlsx"}, "format.*`reports`"),
            Wrong({"format": "audit"}, "agreement"),
            Wrong({"time_zone": "Middle/Earth"}, "`time_zone`"),
            Wrong({"largest_mb": 0}, "`largest_mb`"),
        )

    def disturbed(self) -> Iterator[tuple[str, dict[str, Any]]]:
        empty = self.folder / "empty"
        empty.mkdir(exist_ok=True)
        yield "no file", {"path": str(empty)}
        yield "no_column_auditdata", {"format": "audit", "agreement": "true"}

    def truth(self) -> Iterator[Activity]:
        for rows in self.written.values():
            for _, kind, when, room, person, obj in rows:
                happened = datetime.fromisoformat(when)
                yield Activity("", Kind(kind), room, person, happened, obj, ContentType.PAGE, thread=obj)

    def happen(self) -> None:
        """A new file, and one that was handed over again, longer."""
        self.happened += 1
        self.write(f"may {self.happened}.csv", ("view", 40 + self.happened, "sales", "eve", "q20"))
        self.write("2-april.csv", ("edit", 80 + self.happened, "sales", "bob", "q20"))
