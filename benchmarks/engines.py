"""Where one machine ends: the whole measuring on DuckDB and on Spark, over the same log: `python -m benchmarks.engines [activities]`.

A synthetic organisation of one person per 500 activities over 60 weeks is written as a Delta table. Each engine runs in a
process of its own on this machine: seconds from opening the log to the last value, without storing, and the most memory
the process held (for Spark: Python and Java together, with a heap of 4 GB). Both must give the same values.
"""

import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from deltalake import write_deltalake
from numpy.typing import NDArray
from sqlalchemy import Engine

from service.activity.log import ActivityLog
from service.activity.rows import SCHEMA
from service.database import connect, migrate, transaction
from service.engines import ComputeEngine
from service.engines.duck import DuckDB
from service.engines.spark import Spark
from service.measure import measure
from service.models import Measurement, Organisation, Person, Room, Source, Sync, Unit

FIRST, UNTIL = date(2025, 1, 6), date(2026, 3, 2)
ENGINES = ("duckdb", "spark")
KINDS = ("view", "react", "comment", "create", "edit")
WEIGHTS = (0.60, 0.15, 0.12, 0.05, 0.08)


def activities(number: int, rooms: int | None = None) -> pa.Table:
    """Acts of skewed people on contents: a twentieth as many contents as acts, a room for 200 people if nobody says how many."""
    chance = np.random.default_rng(7)
    people, contents = max(50, number // 500), max(20, number // 20)
    rooms = rooms or max(3, people // 200)
    days = (UNTIL - FIRST).days
    born = np.sort(chance.integers(0, days * 86_400, contents))
    kinds = np.array(KINDS)[chance.choice(len(KINDS), number, p=WEIGHTS)]
    thing = chance.integers(0, contents, number)
    # The first act on each content makes it.
    thing[:contents] = np.arange(contents)
    kinds[:contents] = "create"
    kinds[contents:][kinds[contents:] == "create"] = "edit"
    after = (chance.exponential(3 * 86_400, number)).astype(np.int64)
    after[:contents] = 0
    seconds = np.minimum(born[thing] + after, days * 86_400 - 1)
    person = (people * chance.random(number) ** 2).astype(np.int64) + 1
    room = thing % rooms
    return acts(FIRST, seconds, room, kinds, person, thing, contents)


def acts(  # noqa: PLR0917
    first: date,
    seconds: NDArray[np.int64],
    room: NDArray[np.int64],
    kinds: NDArray[np.str_],
    person: NDArray[np.int64],
    thing: NDArray[np.int64],
    comments: int,
) -> pa.Table:
    """Activities in the form of the log, so many seconds after the beginning of the `first` day. What is commented on is a page, `thing`;
    comments are numbered from `comments` on."""
    number, answer = len(kinds), kinds == "comment"
    midnight = np.datetime64(first, "s")
    columns: dict[str, Any] = {
        "key": np.arange(number),
        "source": ["wiki"] * number,
        "room": [f"wiki/{one}" for one in room],
        "kind": kinds,
        "content_type": np.where(answer, "comment", "page"),
        "person": person,
        "happened": (midnight + seconds).astype("datetime64[us]"),
        "day": (midnight + seconds).astype("datetime64[D]"),
        "object": np.where(answer, comments + np.arange(number), thing),
        "parent": pa.array(thing, mask=~answer),
        "thread": thing,
        "dated": np.ones(number, bool),
        "minor": np.zeros(number, bool),
        "total": pa.nulls(number, pa.int64()),
    }
    return pa.table({field.name: pa.array(columns[field.name]).cast(field.type) for field in SCHEMA}, SCHEMA)


def organisation(
    folder: Path, number: int, rooms: int | None = None, url: str | None = None
) -> tuple[Engine, ActivityLog]:
    """The log and a database beside it (or at `url`), made once in a folder."""
    engine = connect(url or f"sqlite:///{folder / 'resonanz.db'}")
    log = ActivityLog(folder / "log", "acme")
    if log.table() is not None:
        return engine, log
    migrate(engine)
    write_deltalake(log.url, activities(number, rooms), name="activity log of acme")
    seen = datetime(2025, 1, 6, tzinfo=UTC)
    people = max(50, number // 500)
    with transaction(engine) as session:
        session.add(Organisation(id=1, key="acme", name="acme", time_zone="UTC", workforce=people))
        session.flush()
        session.add(Source(id=1, organisation_id=1, key="wiki", connector="files", settings={}, created=seen))
        units = [Unit(organisation_id=1, key=f"unit {one}", name=f"unit {one}") for one in range(20)]
        session.add_all(units)
        session.flush()
        session.add(Sync(source_id=1, started=datetime(2026, 3, 2, tzinfo=UTC), state="done", report={}))
        session.add_all(
            Room(organisation_id=1, source_id=1, key=f"wiki/{one}", handle=str(one), first_seen=seen)
            for one in range(rooms or max(3, people // 200))
        )
        session.add_all(
            Person(
                organisation_id=1,
                pseudonym=one,
                unit_id=units[one % 20].id,
                kind="human",
                first_seen=seen,
                last_seen=seen,
            )
            for one in range(1, people + 1)
        )
    return engine, log


def chosen(name: str) -> ComputeEngine:
    if name == "duckdb":
        return DuckDB()
    return Spark(
        options={
            "spark.master": "local[2]",
            "spark.driver.memory": "4g",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.sql.shuffle.partitions": "4",
            "spark.ui.enabled": "false",
        }
    )


def run(name: str, folder: Path, number: int) -> dict[str, Any]:
    engine, log = organisation(folder, number)
    began = time.perf_counter()
    with chosen(name).open(log):
        opened = time.perf_counter() - began
    began = time.perf_counter()
    summary = measure(engine, log, 1, clock=lambda: datetime(2026, 3, 2, tzinfo=UTC), compute=chosen(name))
    seconds = time.perf_counter() - began
    columns = [column for column in Measurement.__table__.columns if column.name not in {"id", "measured"}]
    with engine.connect() as connection:
        values = sorted(
            map(repr, connection.execute(Measurement.__table__.select().with_only_columns(*columns)))
        )
    engine.dispose()
    return {
        "engine": name,
        "activities": number,
        "opening": round(opened, 1),
        "seconds": round(seconds, 1),
        "values": len(values),
        "known": summary.known,
        "digest": hashlib.sha256("\n".join(values).encode()).hexdigest()[:16],
    }


def main(number: int = 1_000_000) -> list[dict[str, Any]]:
    found = []
    with tempfile.TemporaryDirectory(prefix="resonanz-engines-") as folder:
        organisation(Path(folder), number)[0].dispose()
        for name in ENGINES:
            command = [sys.executable, "-m", "benchmarks.engines", str(number), name, folder]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
            found.append({**json.loads(done.stdout.splitlines()[-1]), "megabytes": used})
            print(found[-1])
    one, other = found
    print(
        f"Spark took {other['seconds'] / one['seconds']:.1f} times as long; equal: {one['digest'] == other['digest']}"
    )
    return found


if __name__ == "__main__":
    amount = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    if len(sys.argv) > 2:
        print(json.dumps(run(sys.argv[2], Path(sys.argv[3]), amount)))
    else:
        main(amount)
