"""L4: what a large company computes in a night, and publishes: `python -m benchmarks.load.nightly [activities] [rooms] [limit]`.

The synthetic organisation of `benchmarks.engines`, one person per 500 activities, over 60 weeks. Measuring and publishing run in a
process of their own each, once over a SQLite database and once over PostgreSQL; the log is a Delta table and DuckDB computes.
Everything is measured twice from the beginning, and both times must give the same values.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from benchmarks.assurance.figure import Figure
from benchmarks.engines import organisation
from benchmarks.jobs import postgres
from benchmarks.load.server import busy
from benchmarks.memory import peak_mb

MINUTES = {"SQLite": 15.0, "PostgreSQL": 10.0}
"""So long measuring may take."""
MEMORY = "2GB"
"""What DuckDB may hold of it."""
PUBLISHING = 30.0
"""Minutes publishing may take beside it, for a night to be long enough."""
NOW = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Done:
    """One step in its own process: seconds, a digest of every value, how many values, and the most memory in MB."""

    seconds: float
    digest: str
    values: int
    peak_mb: float


class Stopped(Exception):
    """A step took longer than it was given, or failed."""


def figures(
    activities: int = 5_000_000,
    rooms: int = 2_000,
    limit: float = 3_600.0,
    *,
    stores: tuple[str, ...] = tuple(MINUTES),
) -> Iterator[Figure]:
    """`limit` is the seconds after which a step is given up and counts as missed."""
    for name in stores:
        with (
            tempfile.TemporaryDirectory(prefix="resonanz-nightly-") as folder,
            database(name, Path(folder)) as url,
        ):
            made, log = organisation(Path(folder), activities, rooms, url)
            made.dispose()
            size = (
                f"{rooms:,} rooms, {max(50, activities // 500):,} people, {activities:,} activities, {name}"
            )
            order = (folder, str(activities), str(rooms), url)
            try:
                first = step("measure", order, limit)
                yield speed(size, name, first)
                yield same(size, first, step("measure", order, limit))
                yield published(size, step("publish", order, limit))
            except Stopped as gave_up:
                yield Figure(
                    "L4", f"{size}, {busy()}", f"each step within {limit:.0f} s", str(gave_up), False
                )
            shutil.rmtree(log.url.removeprefix("file://"), ignore_errors=True)


@contextmanager
def database(name: str, folder: Path) -> Iterator[str]:
    if name == "SQLite":
        yield f"sqlite:///{folder / 'resonanz.db'}"
        return
    with postgres() as url:
        yield url


def step(what: str, order: tuple[str, ...], limit: float) -> Done:
    """Raises `Stopped`."""
    command = [sys.executable, "-m", "benchmarks.load.nightly", what, *order]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=limit)
    except subprocess.TimeoutExpired:
        raise Stopped(f"{what} was given up after {limit:.0f} s") from None
    if done.returncode:
        raise Stopped(f"{what} failed: {done.stderr[-300:]}")
    return Done(**json.loads(done.stdout.splitlines()[-1]))


def speed(size: str, name: str, found: Done) -> Figure:
    """The figure of L4 on measuring."""
    return Figure(
        "L4",
        f"measuring everything for the first time: {size}, {busy()}",
        f"below {MINUTES[name]:.0f} min",
        f"{found.seconds / 60:.1f} min, {found.values:,} values, {found.peak_mb:.0f} MB at most",
        found.seconds < MINUTES[name] * 60,
    )


def same(size: str, first: Done, again: Done) -> Figure:
    """The figure of L4 on measuring again."""
    return Figure(
        "L4",
        f"measuring everything anew: {size}",
        "every value equal to the first time",
        f"{again.values:,} values, SHA-256 {again.digest[:16]} against {first.digest[:16]}, {again.seconds / 60:.1f} min",
        (first.digest, first.values) == (again.digest, again.values) if first.values else None,
    )


def published(size: str, found: Done) -> Figure:
    """The figure of L4 on publishing."""
    return Figure(
        "L4",
        f"publishing it for the first time: {size}, {busy()}",
        f"below {PUBLISHING:.0f} min",
        f"{found.seconds / 60:.1f} min, {found.values:,} cells shown, {found.peak_mb:.0f} MB at most",
        found.seconds < PUBLISHING * 60,
    )


# -- in the processes ------------------------------------------------------------------------------------------------------


def measure(folder: Path, activities: int, rooms: int, url: str) -> Done:
    from service.engines import compute_engine
    from service.measure import measure as compute
    from service.models import Measurement

    engine, log = organisation(folder, activities, rooms, url)
    computing = compute_engine("duckdb", memory=MEMORY, scratch=folder)
    began = time.perf_counter()
    compute(engine, log, 1, full=True, clock=lambda: NOW, compute=computing, scratch=folder)
    seconds, peak = time.perf_counter() - began, peak_mb()
    columns = [one for one in Measurement.__table__.columns if one.name not in {"id", "measured"}]
    values, digest = 0, hashlib.sha256()
    order = [
        one for one in columns if one.name in {"metric", "category", "scope", "scope_key", "window", "since"}
    ]
    with engine.connect() as connection:
        for row in connection.execution_options(yield_per=10_000).execute(select(*columns).order_by(*order)):
            values += 1
            digest.update(repr(tuple(row)).encode())
    engine.dispose()
    return Done(seconds, digest.hexdigest(), values, peak)


def publish(folder: Path, activities: int, rooms: int, url: str) -> Done:
    from service.publication import publish as show

    engine, _ = organisation(folder, activities, rooms, url)
    began = time.perf_counter()
    made = show(engine, 1, clock=lambda: NOW)
    seconds = time.perf_counter() - began
    engine.dispose()
    return Done(seconds, made.digest, made.summary["published"], peak_mb())


def main() -> None:
    given: list[Any] = sys.argv[1:]
    if given[:1] in (["measure"], ["publish"]):
        way = measure if given[0] == "measure" else publish
        done = way(Path(given[1]), int(given[2]), int(given[3]), given[4])
        print(json.dumps(vars(done)))
        return
    size = [int(one) for one in given[:2]] or [5_000_000, 2_000]
    for figure in figures(*size, *(float(one) for one in given[2:3])):
        print(figure, flush=True)


if __name__ == "__main__":
    main()
