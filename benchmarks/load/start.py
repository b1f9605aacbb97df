"""L6: how soon the service is ready, and how long a backup and its restoring take: `python -m benchmarks.load.start [activities] [gigabytes]`.

Everything by the commands an admin uses. The large database is one of published values, filled until its file is as large as asked.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, select

from benchmarks.assurance.figure import Figure
from benchmarks.company import START, WEEKS, cell
from benchmarks.engines import organisation
from benchmarks.load.filled import COLUMNS, fill
from benchmarks.load.server import busy, compiled, service
from service.database import connect, migrate, transaction
from service.models import Publication, PublishedValue

EMPTY, LARGE, BACKUP = 5.0, 10.0, 300.0
"""What is promised in seconds: ready over an empty database, over a large one; backup and restoring together."""
SPARE = 2.5
"""So many times the large database must be free on the disk, for its journal and its copy."""
BATCH = 50_000


def figures(activities: int = 5_000_000, gigabytes: float = 5.0) -> Iterator[Figure]:
    """Activities in the backup, and the size of the large database; what the disk has no room for is not measured."""
    with tempfile.TemporaryDirectory(prefix="resonanz-start-") as name:
        folder = Path(name)
        empty = folder / "empty"
        engine = connect(f"sqlite:///{empty / 'resonanz.db'}")
        migrate(engine)
        engine.dispose()
        _ready(empty)  # the program is compiled then, as it is where it was installed
        yield ready("an empty database", _ready(empty), EMPTY)
        yield from large(folder / "large", gigabytes)
        yield from saved(folder / "saved", activities)


def ready(what: str, seconds: float, most: float) -> Figure:
    """The figure of L6 on starting."""
    return Figure(
        "L6",
        f"from starting the process to ready, {what}, {busy()}",
        f"below {most:.0f} s",
        f"{seconds:.1f} s",
        seconds < most,
    )


def large(folder: Path, gigabytes: float) -> Iterator[Figure]:
    """Starting over a large SQLite database."""
    free = shutil.disk_usage(folder.parent).free / 1e9
    if free < SPARE * gigabytes:
        yield Figure(
            "L6",
            f"from starting the process to ready, a database of {gigabytes:g} GB",
            f"below {LARGE:.0f} s",
            f"not known: {free:.0f} GB are free, it takes {SPARE * gigabytes:.0f}",
            None,
        )
        return
    file = folder / "resonanz.db"
    engine = connect(f"sqlite:///{file}")
    fill(engine, 0)
    _grow(engine, file, gigabytes * 1e9)
    engine.dispose()
    size = file.stat().st_size / 1e9
    yield ready(f"a database of {size:.2f} GB", _ready(folder), LARGE)
    shutil.rmtree(folder)


def _grow(engine: Engine, file: Path, size: float) -> None:
    """Add published values of further rooms until the file is so large."""
    number = 0
    with transaction(engine) as session:
        run = session.scalars(select(Publication)).one()
        pattern = cell(run, "active_share", "week", START, room="x", value=0.2)
    line = {name: getattr(pattern, name) for name in COLUMNS}
    while file.stat().st_size < size:
        lines = []
        for _ in range(BATCH):
            since = START + timedelta(weeks=number % WEEKS)
            more: dict[str, Any] = {
                "scope_key": f"wiki/{number // WEEKS:08d}", "since": since, "until": since + timedelta(days=7)
            }  # fmt: skip
            lines.append({**line, **more})
            number += 1
        with transaction(engine) as session:
            session.execute(insert(PublishedValue), lines)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _ready(folder: Path) -> float:
    with service(folder, role="all") as running:
        return running.ready_after


def saved(folder: Path, activities: int) -> Iterator[Figure]:
    """A backup and its restoring into an empty installation, and whether both hold the same."""
    home, copy, again, other = folder / "home", folder / "backup", folder / "again", folder / "other"
    log = home / "activity" / "acme"
    engine, made = organisation(home, activities)
    engine.dispose()
    if Path(made.url.removeprefix("file://")) != log:
        log.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made.url.removeprefix("file://"), log)
    try:
        began = time.monotonic()
        first = _console(home, "backup", str(copy), "--json")
        backup = time.monotonic() - began
        keys = home / "key"
        if keys.is_dir():
            shutil.copytree(keys, again / "key")
        began = time.monotonic()
        _console(again, "restore", str(copy), "--json")
        restoring = time.monotonic() - began
        second = _console(again, "backup", str(other), "--json")
    except RuntimeError as error:
        yield Figure("L6", f"backup of {activities:,} activities", f"below {BACKUP:.0f} s", str(error), False)
        return
    yield restored(activities, backup, restoring, first["bytes"])
    yield equal(contents(copy), contents(other), first["rows"], second["rows"])


def restored(activities: int, backup: float, restoring: float, size: int) -> Figure:
    """The figure of L6 on the time of a backup."""
    return Figure(
        "L6",
        f"backup and restoring of {activities:,} activities, {size / 1e6:.0f} MB, {busy()}",
        f"together below {BACKUP:.0f} s",
        f"{backup + restoring:.1f} s (backup {backup:.1f} s, restoring {restoring:.1f} s)",
        backup + restoring < BACKUP,
    )


def equal(before: dict[str, str], after: dict[str, str], rows: int, again: int) -> Figure:
    """The figure of L6 on what was restored: checksums of all files of the log in a backup made before and one made after."""
    same = sum(after.get(name) == digest for name, digest in before.items())
    return Figure(
        "L6",
        "what was restored, by a backup of it",
        "checksums of the log equal, as many rows",
        f"{same} of {len(before)} files of activities equal; {rows:,} rows before, {again:,} after",
        None if not before else before == after and rows <= again,
    )


def contents(folder: Path) -> dict[str, str]:
    """The checksums of the files with activities in a backup, by name."""
    files = json.loads((folder / "manifest.json").read_text())["files"]
    return {
        name.rpartition("/")[2]: str(one[1])
        for name, one in files.items()
        if name.endswith(".parquet") and "part-" in name
    }


def _console(folder: Path, *words: str) -> dict[str, Any]:
    """What a command of the console tells. Raises `RuntimeError` if it fails."""
    environment = {**compiled(), "RESONANZ_DATA": str(folder)}
    done = subprocess.run(
        [sys.executable, "-m", "service", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{words[0]} failed: {(done.stderr or done.stdout)[-300:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    given = sys.argv[1:]
    for figure in figures(*(int(one) for one in given[:1]), *(float(one) for one in given[1:])):
        print(figure, flush=True)


if __name__ == "__main__":
    main()
