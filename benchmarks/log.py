"""How fast activities are stored, and how much memory that takes: `python -m benchmarks.log [contents]`.

Each way runs in a process of its own over the same 3 activities per content (created, edited, commented by skewed people):
a plain Parquet write is the reference, then the log by look-up and append (what the product does), the log by keyed MERGE;
for these the seconds are those of storing alone. Then the whole collection (pages, pseudonyms, registry of contents in
SQLite, journal, log), first run and full repetition.
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

from benchmarks.assurance.figure import Figure
from connectors.activity import Activity, Content, ContentType, Kind, Page, Room
from service.activity.collect import FLUSH_ROWS, collect
from service.activity.log import ActivityLog
from service.activity.pseudonym import Epoch, Keys, Pseudonymiser, open_keys
from service.activity.rows import SCHEMA, Batch, Row, to_arrow
from service.database import connect, transaction
from service.models import Base, Organisation, Source

START = datetime(2023, 1, 2, 8, tzinfo=UTC)
PER_PAGE = 100
WAYS = ("parquet", "append", "merge", "collect", "repeat")


def pages(contents: int) -> Iterator[Page]:
    """Deterministic pages of 100 contents each, in the shape of a first collection."""
    chance = random.Random(7)
    rooms = [Room(f"r{number}", f"ROOM{number}", open=True) for number in range(60)]
    yield Page("0", rooms=rooms)
    for start in range(0, contents, PER_PAGE):
        activities, known = [], []
        for number in range(start, min(start + PER_PAGE, contents)):
            room = rooms[min(int(chance.expovariate(0.1)), 59)].key
            made = START + timedelta(minutes=11 * number)
            for key, kind in (("", Kind.CREATE), ("#2", Kind.EDIT), ("#c", Kind.COMMENT)):
                person = f"account-{int(chance.paretovariate(0.7)) % 3000}"
                comment = kind is Kind.COMMENT
                activities.append(
                    Activity(
                        f"{number}{key}",
                        kind,
                        room,
                        person,
                        made + timedelta(hours=2 * len(key)),
                        f"{number}{key if comment else ''}",
                        ContentType.COMMENT if comment else ContentType.PAGE,
                        thread=str(number),
                        parent=str(number) if comment else None,
                    )
                )
            known.append(Content(str(number), room, ContentType.PAGE, made, made, version=2))
        yield Page(str(start + 1), activities=activities, contents=known)


class Made:
    """A connector over the pages above."""

    name = "made"

    def __init__(self, contents: int) -> None:
        self.contents = contents

    def streams(self) -> list[str]:
        return ["content"]

    def read(self, stream: str, cursor: str | None) -> Iterator[Page]:
        return pages(self.contents)

    def requests(self) -> int:
        return 0

    def close(self) -> None:
        pass


def batches(contents: int) -> Iterator[Batch]:
    pseudonymiser = Pseudonymiser(Keys((Epoch(1, START.date(), bytes(32)),)), "acme")
    batch = Batch("wiki", pseudonymiser, ZoneInfo("Europe/Berlin"))
    for page in pages(contents):
        for activity in page.activities:
            batch.activity(activity)
        if len(batch.entries) >= FLUSH_ROWS:
            yield batch
            batch = Batch("wiki", pseudonymiser, ZoneInfo("Europe/Berlin"))
    yield batch


def rows_of(batch: Batch) -> pa.Table:
    return to_arrow([entry for entry in batch.entries if isinstance(entry, Row)])


def run(way: str, contents: int, folder: Path) -> tuple[int, float]:
    """Store everything one way; returns how many rows there are, and the seconds spent on storing alone."""
    if way in ("collect", "repeat"):
        return collected(way, contents, folder)
    store, close = WRITERS[way](folder)
    rows, storing = 0, 0.0
    for batch in batches(contents):
        rows += len(batch.entries)
        started = time.perf_counter()
        store(batch)
        storing += time.perf_counter() - started
    close()
    return rows, storing


def plain(folder: Path) -> tuple[Callable[[Batch], object], Callable[[], object]]:
    writer = pq.ParquetWriter(folder / "plain.parquet", SCHEMA, compression="zstd")
    return lambda batch: writer.write_table(rows_of(batch)), writer.close


def merge(folder: Path) -> tuple[Callable[[Batch], object], Callable[[], object]]:
    table = DeltaTable.create(str(folder / "merged"), SCHEMA)

    def store(batch: Batch) -> object:
        merging = table.merge(rows_of(batch), "s.source = t.source AND s.key = t.key", "s", "t")
        return merging.when_not_matched_insert_all().execute()

    return store, lambda: None


def append(folder: Path) -> tuple[Callable[[Batch], object], Callable[[], object]]:
    log, sequence = ActivityLog(folder / "log", "acme"), count(1)

    def store(batch: Batch) -> object:
        number = next(sequence)
        return log.append("wiki", "content", number, str(number), batch)

    return store, lambda: None


WRITERS = {"parquet": plain, "append": append, "merge": merge}


def collected(way: str, contents: int, folder: Path) -> tuple[int, float]:
    engine = connect(f"sqlite:///{folder / 'resonanz.db'}")
    if way == "collect":
        Base.metadata.create_all(engine)
        with transaction(engine) as session:
            organisation = Organisation(key="acme", name="Acme")
            session.add(organisation)
            session.flush()
            session.add(
                Source(
                    organisation_id=organisation.id, key="wiki", connector="made", settings={}, created=START
                )
            )
    pseudonymiser = Pseudonymiser(open_keys(folder / "key" / "pseudonym.key", "acme"), "acme")
    started = time.perf_counter()
    report = collect(
        engine, ActivityLog(folder / "collected", "acme"), pseudonymiser, "wiki", connector=Made(contents)
    )
    return report.stored if way == "collect" else report.repeated, time.perf_counter() - started


def measure(way: str, contents: int, folder: Path) -> dict[str, float]:
    """Run one way in a process of its own: seconds, rows, peak memory in MB."""
    command = [sys.executable, "-m", "benchmarks.log", "--one", way, str(contents), str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


NAMES = {
    "parquet": "plain Parquet, the reference",
    "append": "log, append with look-up of keys",
    "merge": "log, keyed MERGE",
    "collect": "collection to disk",
    "repeat": "the same collected again",
}


def figures(contents: int = 100_000) -> Iterator[Figure]:
    """Rows per second and peak memory of each way; three activities a content."""
    with tempfile.TemporaryDirectory() as folder:
        for way in WAYS:
            found = measure(way, contents, Path(folder))
            value = (
                f"{found['rows'] / found['seconds']:,.0f} rows/s of {found['rows']:,}, peak {found['peak']:.0f} MB, "
                f"{found['disk']:.1f} MB on disk"
            )
            yield Figure("C3", NAMES[way], "", value, True, 7)


def main(contents: int = 100_000) -> None:
    print(f"{contents:,} contents, {3 * contents:,} activities, batches of {FLUSH_ROWS:,} rows")
    print(f"{'way':<10}{'rows':>10}{'seconds':>10}{'rows/s':>12}{'ratio':>8}{'peak MB':>10}{'disk MB':>10}")
    with tempfile.TemporaryDirectory() as folder:
        reference = None
        for way in WAYS:
            found = measure(way, contents, Path(folder))
            reference = reference or found["seconds"]
            print(
                f"{way:<10}{found['rows']:>10,}{found['seconds']:>10.2f}{found['rows'] / found['seconds']:>12,.0f}"
                f"{found['seconds'] / reference:>8.1f}{found['peak']:>10.0f}{found['disk']:>10.1f}"
            )


def one(way: str, contents: int, folder: Path) -> None:
    before = size(folder)
    rows, seconds = run(way, contents, folder)
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    print(json.dumps({"rows": rows, "seconds": seconds, "disk": (size(folder) - before) / 1e6, "peak": peak}))


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
    else:
        main(*(int(argument) for argument in sys.argv[1:]))
