"""How long one publication takes, and how much memory, by the size of the organisation: `python -m benchmarks.publishing [people] [rooms]`.

A synthetic organisation of office workers as `benchmarks.utility` draws them: sizes of units and rooms are log-normal, many people of a
room come from one unit, rooms overlap, and some have exactly the people of units. Everybody acts in rooms they belong to. All metrics of 28 days and of the four weeks in
them are measured by the service; publishing them runs in a process of its own, first with nothing published before, then
once more as the night after, when nothing has changed.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path

import numpy as np
import pyarrow as pa
from deltalake import write_deltalake
from numpy.typing import NDArray
from sqlalchemy import Engine, func, insert, select

from benchmarks.assurance.figure import Figure
from benchmarks.engines import KINDS, WEIGHTS, acts
from benchmarks.load.server import busy
from benchmarks.memory import peak_mb
from benchmarks.utility import LEADERS, NO_UNIT, PEOPLE_PER_UNIT, SPREAD, rooms_of
from metrics.periods import ANCHOR
from service.activity.log import ActivityLog
from service.database import connect, migrate, transaction
from service.measure import measure
from service.models import Measurement, Membership, Organisation, Person, Room, Source, Sync, Unit

SIZES = ((200, 40), (500, 100), (1_000, 200), (2_000, 400), (10_000, 2_000))
"""People and rooms."""
TARGETS = {(1_000, 200): (30.0, 1_000.0), (10_000, 2_000): (600.0, 1_000.0)}
"""Seconds and MB within which a size has to be published."""
SINCE = ANCHOR + timedelta(days=28 * ((date(2026, 1, 5) - ANCHOR).days // 28))
UNTIL = SINCE + timedelta(days=28)
BEFORE = timedelta(days=56)
"""So long before what is measured people have acted as well."""
NOW = datetime.combine(UNTIL, clock_time(3), UTC)
ACTS = 1.5
"""Acts of a person on a working day, in the mean."""
OF_UNITS = 0.2
"""This part of the rooms has exactly the people of one to three units, as rooms of teams and of departments have."""
SEED = 0

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Done:
    """One publication: seconds, those of the processor, peak memory of the process in MB, and how many cells are shown and hidden."""

    seconds: float
    processor: float
    peak_mb: float
    shown: int
    hidden: int
    unknown: int
    digest: str


def organisation(folder: Path, people: int, rooms: int) -> tuple[Engine, ActivityLog]:
    """The log and the SQLite database of such an organisation, made once in a folder."""
    engine = connect(f"sqlite:///{folder / 'resonanz.db'}")
    log = ActivityLog(folder / "log", "acme")
    if log.table() is not None:
        return engine, log
    chance = np.random.default_rng(SEED)
    number = max(2, round(people / PEOPLE_PER_UNIT))
    sizes = chance.lognormal(0, SPREAD["unit"], number)
    unit = chance.choice(number, size=people, p=sizes / sizes.sum())
    unit[chance.random(people) < NO_UNIT] = -1
    inside = rooms_of(chance, unit, rooms)
    for room in range(round(OF_UNITS * rooms)):
        inside[:, room] = np.isin(unit, chance.choice(number, int(chance.integers(1, 4))))
    members = np.argwhere(inside)
    migrate(engine)
    _people(engine, unit, members, rooms, chance)
    write_deltalake(log.url, _acts(chance, people, members), name="activity log of acme")
    return engine, log


def _people(engine: Engine, unit: Ints, members: Ints, rooms: int, chance: np.random.Generator) -> None:
    seen = datetime.combine(SINCE - BEFORE, clock_time(), UTC)
    leads = chance.random(len(unit)) < LEADERS
    with transaction(engine) as session:
        session.add(Organisation(id=1, key="acme", name="acme", time_zone="UTC", workforce=len(unit)))
        session.flush()
        session.add(Source(id=1, organisation_id=1, key="wiki", connector="files", settings={}, created=seen))
        session.flush()
        session.add(Sync(source_id=1, started=NOW, state="done", report={}))
        # fmt: off
        session.execute(insert(Unit), [
            {"id": one + 1, "organisation_id": 1, "key": f"u{one}", "name": f"u{one}"} for one in range(int(unit.max()) + 1)
        ])
        session.execute(insert(Room), [
            {"id": one + 1, "organisation_id": 1, "source_id": 1, "key": f"wiki/{one}", "handle": str(one), "open": False,
             "purpose": "team", "first_seen": seen, "members_observed": seen} for one in range(rooms)
        ])
        session.execute(insert(Person), [
            {"organisation_id": 1, "pseudonym": one + 1, "unit_id": int(of) + 1 if of >= 0 else None, "kind": "human",
             "leadership": 1 if leads[one] else None, "first_seen": seen, "last_seen": seen} for one, of in enumerate(unit)
        ])
        session.execute(insert(Membership), [
            {"room_id": int(room) + 1, "pseudonym": int(one) + 1, "owner": False, "since": seen} for one, room in members
        ])
        # fmt: on


def _acts(chance: np.random.Generator, people: int, members: Ints) -> pa.Table:
    """Acts of people in rooms they belong to, most by few of them; a twentieth of the acts makes a content the others are about."""
    days = (UNTIL - SINCE + BEFORE).days
    number = round(people * ACTS * days * 5 / 7)
    eager = chance.lognormal(0, 1.2, people)[members[:, 0]]
    acting = chance.choice(len(members), number, p=eager / eager.sum())
    person, room = members[acting, 0] + 1, members[acting, 1]
    kinds = np.array(KINDS)[chance.choice(len(KINDS), number, p=WEIGHTS)]
    seconds = np.sort(chance.integers(0, days * 86_400, number))
    makes = kinds == "create"
    thing = np.arange(number)
    for one in np.unique(room):
        inside = np.flatnonzero(room == one)
        made = np.flatnonzero(makes[inside])
        made = made if len(made) else np.array([0])
        makes[inside[made[0]]] = True
        seen = np.searchsorted(made, np.arange(len(inside)), side="right")
        about = made[np.minimum((seen * chance.random(len(inside))).astype(int), np.maximum(seen - 1, 0))]
        thing[inside] = inside[about]
    thing[makes] = np.flatnonzero(makes)
    kinds[makes] = "create"
    return acts(SINCE - BEFORE, seconds, room, kinds, person, thing, number)


def figures(
    people: int | None = None, rooms: int | None = None, *, limit: float = 1_800.0
) -> Iterator[Figure]:
    """Of one size, or of all `SIZES`; `limit` is the seconds after which a publication is given up."""
    for one in SIZES if people is None else ((people, rooms or people // 5),):
        with tempfile.TemporaryDirectory(prefix="resonanz-publishing-") as folder:
            yield from _size(Path(folder), *one, limit)


def _size(folder: Path, people: int, rooms: int, limit: float) -> Iterator[Figure]:
    engine, log = organisation(folder, people, rooms)
    measure(engine, log, 1, since=SINCE, until=UNTIL, clock=lambda: NOW)
    with engine.connect() as connection:
        cells = connection.scalar(select(func.count()).select_from(Measurement)) or 0
    engine.dispose()
    size = f"{people:,} people, {rooms:,} rooms, {cells:,} cells, {busy()}"
    first: Done | None = None
    for what in ("for the first time", "the night after, unchanged"):
        done = _in_a_process(folder, people, rooms, limit)
        if done is None:
            yield Figure(
                "C10", f"publishing {what}: {size}", "it ends", f"given up after {limit:.0f} s", False, SEED
            )
            return
        yield told(f"publishing {what}: {size}", (people, rooms), done, first)
        first = done


def _in_a_process(folder: Path, people: int, rooms: int, limit: float) -> Done | None:
    command = [sys.executable, "-m", "benchmarks.publishing", str(people), str(rooms), str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return None
    return Done(**json.loads(done.stdout.splitlines()[-1]))


def told(what: str, size: tuple[int, int], done: Done, first: Done | None = None) -> Figure:
    """One publication as a figure; with the `first` of the same measurements it has to be the same."""
    seconds, megabytes = TARGETS.get(size, (None, None))
    value = (
        f"{done.seconds:.1f} s ({done.processor:.1f} s of processor), {done.peak_mb:.0f} MB at most; "
        f"{done.shown:,} cells shown, {done.hidden:,} hidden, {done.unknown:,} unknown"
    )
    targets = [] if seconds is None else [f"within {seconds:.0f} s and {megabytes:.0f} MB"]
    holds = seconds is None or megabytes is None or (done.seconds < seconds and done.peak_mb < megabytes)
    if first is not None:
        same = done.digest == first.digest
        value += ", the same as before" if same else ", NOT the same as before"
        targets, holds = [*targets, "the same cells"], holds and same
    return Figure("C10", what, ", ".join(targets), value, holds, SEED)


def publish(folder: Path, people: int, rooms: int) -> Done:
    """Publish what was measured, in this process."""
    from service.publication import publish as show

    engine, _ = organisation(folder, people, rooms)
    began, used = time.perf_counter(), time.process_time()
    made = show(engine, 1, clock=lambda: NOW)
    seconds, processor = time.perf_counter() - began, time.process_time() - used
    engine.dispose()
    shown, hidden, unknown = (made.summary[name] for name in ("published", "suppressed", "unknown"))
    return Done(seconds, processor, peak_mb(), shown, hidden, unknown, made.digest)


def main(given: Sequence[str]) -> None:
    size = [int(one) for one in given[:2]]
    if len(given) > 2:
        print(json.dumps(vars(publish(Path(given[2]), *size))))
        return
    for figure in figures(*size):
        print(figure, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
