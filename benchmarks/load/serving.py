"""L1, L2 and L5: the real service under load: `python -m benchmarks.load.serving [seconds soak syncing]`.

`resonanz serve` runs over a filled SQLite and PostgreSQL; whoever asks is another process on the same machine. Beside the API a
bare Starlette answers the same bytes in the same run, which tells how much of a figure is the machine's.
"""

import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from benchmarks.assurance.figure import Figure
from benchmarks.fake import Fake
from benchmarks.load.client import Load, ask
from benchmarks.load.filled import API, PAGES, Filled, signed_in, store
from benchmarks.load.server import Memory, Service, bare, busy, service
from service.database import transaction
from service.jobs.kinds import wanted
from service.jobs.queue import enqueue
from service.models import Job, Organisation, Source

STORES = ("SQLite", "PostgreSQL")
RATE, API_P95, PAGE_P95, RESIDENT, SLOPE, SLOWER = 300.0, 100.0, 400.0, 400.0, 1.0, 2.0
"""What is promised: requests a second, milliseconds, milliseconds, MB, MB a minute, times as slow as idle."""
VISITORS, READERS, PAUSE = 16, 10, 1.0
"""Connections of programs without a pause; people, and the seconds each reads a page."""
WARM = 3.0
"""Seconds asked before anything is measured: the first answers import and draw."""
SOAK = 120.0
"""So many seconds it takes at least for a slope to mean anything."""


def figures(
    seconds: float = 60.0,
    soak: float = 1_800.0,
    syncing: float = 600.0,
    *,
    rooms: int = 200,
    stores: tuple[str, ...] = STORES,
    contents: int = 20_000,
) -> Iterator[Figure]:
    """Seconds of L1 in each store, of L2 (SQLite only) and of L5; rooms published beside the company's own; contents of the fake."""
    for name in stores:
        with (
            tempfile.TemporaryDirectory(prefix="resonanz-load-") as folder,
            store(name, Path(folder), rooms) as filled,
        ):
            with service(Path(folder), filled.url) as running:
                yield from programs(filled, running, Path(folder), seconds)
                if name == stores[0] and soak:
                    yield from readers(filled, running, soak)
            if syncing:
                yield from while_syncing(filled, Path(folder), syncing, contents)


def programs(filled: Filled, running: Service, folder: Path, seconds: float) -> Iterator[Figure]:
    """L1: a page of 100 published rows, and the same bytes from a bare server."""
    answer = httpx.get(running.address + API, headers=filled.token, timeout=60)
    rows = len(answer.raise_for_status().json()["rows"])
    if rows != 100:
        raise RuntimeError(f"the page has {rows} rows instead of 100")
    ask(running.address, [API], visitors=VISITORS, seconds=WARM, headers=filled.token, own=True)
    found = ask(running.address, [API], visitors=VISITORS, seconds=seconds, headers=filled.token)
    with bare(answer.content, folder) as address:
        beside = ask(address, ["/"], visitors=VISITORS, seconds=min(seconds, 10), headers={})
    yield listing(filled.name, found, beside)


def listing(name: str, found: Load, beside: Load) -> Figure:
    """The figure of L1 from what was measured."""
    ratio = beside.rate / found.rate if found.rate else float("inf")
    return Figure(
        "L1",
        f"API page of 100 published rows, {VISITORS} connections, {found.seconds:.0f} s, {name}, {found.tool}, {busy()}",
        f"at least {RATE:.0f} requests/s, p95 below {API_P95:.0f} ms, no error",
        f"{found.rate:.0f} requests/s, p95 {found.p95:.0f} ms, {found.errors} errors; bare Starlette answers the same bytes "
        f"{beside.rate:.0f} times a second ({ratio:.1f} times as often)",
        found.rate >= RATE and found.p95 < API_P95 and found.errors == 0,
    )


def readers(filled: Filled, running: Service, seconds: float) -> Iterator[Figure]:
    """L2: people read pages with charts; how long they wait, and how much memory the service holds."""
    cookie = signed_in(running.address)
    ask(running.address, PAGES, visitors=READERS, seconds=WARM, headers=cookie)
    with Memory(running.pid, every=min(1.0, seconds / 20)).watched() as memory:
        found = ask(running.address, PAGES, visitors=READERS, seconds=seconds, headers=cookie, pause=PAUSE)
    yield waiting(filled.name, found)
    yield from held(filled.name, memory, seconds)


def waiting(name: str, found: Load) -> Figure:
    """The figure of L2 on pages."""
    return Figure(
        "L2",
        f"{len(PAGES)} pages with charts, {READERS} people who read {PAUSE:g} s each, {found.seconds:.0f} s, {name}, {found.tool}, {busy()}",
        f"p95 below {PAGE_P95:.0f} ms, no error",
        f"p50 {found.p50:.0f} ms, p95 {found.p95:.0f} ms, worst {found.worst:.0f} ms, {found.errors} errors of {found.requests}",
        found.p95 < PAGE_P95 and found.errors == 0,
    )


def held(name: str, memory: Memory, seconds: float) -> Iterator[Figure]:
    """The figures of L2 on memory; none on the slope if it was looked at for too short a time."""
    yield Figure(
        "L2",
        f"memory of the service meanwhile, {len(memory.megabytes)} looks, {name}",
        f"below {RESIDENT:.0f} MB",
        f"{memory.peak:.0f} MB at most",
        memory.peak < RESIDENT,
    )
    slope, target = memory.slope, f"below {SLOPE:g} MB a minute over the second half"
    if slope is None or seconds < SOAK:
        value = f"not known: {seconds:.0f} s are too short, it takes at least {SOAK:.0f}"
        yield Figure("L2", f"growth of memory, {name}", target, value, None)
        return
    yield Figure(
        "L2",
        f"growth of memory over {seconds / 60:.0f} min, {name}",
        target,
        f"{slope:+.2f} MB a minute",
        slope < SLOPE,
    )


# -- while a sync runs -----------------------------------------------------------------------------------------------------


@dataclass
class Reading:
    """First collections from a fake Confluence, one after the other, by the worker of the service."""

    engine: Engine
    fake: Fake
    folder: Path

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """As soon as one is done another source of the same contents is added and read."""
        over = threading.Event()

        def feed() -> None:
            number = 0
            while not over.is_set():
                with transaction(self.engine) as session:
                    open_jobs = session.scalar(
                        select(func.count()).select_from(Job).where(Job.state.in_(("waiting", "running")))
                    )
                    if not open_jobs:
                        number += 1
                        self._read(session, f"fake{number}")
                over.wait(0.5)

        thread = threading.Thread(target=feed, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _read(self, session: Session, key: str) -> None:
        token = self.folder / "fake.token"
        token.write_text(self.fake.token)
        organisation = session.scalars(select(Organisation)).one()
        settings = {"url": self.fake.url, "flavour": "data-center", "token_file": str(token), "observe": 0}
        session.add(
            Source(
                organisation_id=organisation.id, key=key, connector="confluence", settings=settings, created=datetime.now(UTC)
            )
        )  # fmt: skip
        session.flush()
        for one in wanted(session, "sync", organisation, key):
            enqueue(session, one)

    def ended(self) -> dict[str, int]:
        """How many jobs are in which state."""
        with transaction(self.engine) as session:
            rows = session.execute(select(Job.state, func.count()).group_by(Job.state)).all()
        return {row[0]: row[1] for row in rows}


def while_syncing(filled: Filled, folder: Path, seconds: float, contents: int) -> Iterator[Figure]:
    """L5: pages and API while the worker reads, beside the same while it has nothing to do."""
    with Fake(contents) as fake, service(folder, filled.url, role="all") as running:
        cookie = signed_in(running.address)
        _both(running, filled, cookie, WARM)
        idle = _both(running, filled, cookie, max(3.0, min(seconds / 4, 60.0)))
        reading = Reading(filled.engine, fake, folder)
        with reading.going_on():
            meanwhile = _both(running, filled, cookie, seconds)
        jobs = reading.ended()
        locked = running.log.read_text(errors="replace").count("database is locked")
    yield from slowed(filled.name, idle, meanwhile, locked, jobs)


def _both(running: Service, filled: Filled, cookie: dict[str, str], seconds: float) -> tuple[Load, Load]:
    """Programs at the API and people at pages at the same time."""
    with ThreadPoolExecutor(2) as pool:
        api = pool.submit(
            ask, running.address, [API], visitors=2, seconds=seconds, headers=filled.token, pause=PAUSE / 2
        )
        pages = pool.submit(
            ask, running.address, PAGES, visitors=READERS // 2, seconds=seconds, headers=cookie, pause=PAUSE
        )
        return api.result(), pages.result()


def slowed(
    name: str, idle: tuple[Load, Load], meanwhile: tuple[Load, Load], locked: int, jobs: dict[str, int]
) -> Iterator[Figure]:
    """The figures of L5. Nothing holds if no collection had begun, or one had failed."""
    ran = sum(number for state, number in jobs.items() if state in ("done", "running", "waiting"))
    for what, before, during in zip(("API", "pages"), idle, meanwhile, strict=True):
        times = during.p95 / before.p95 if before.p95 else float("inf")
        yield Figure(
            "L5",
            f"{what} while the worker collects, {during.seconds:.0f} s, {name}, {during.tool}, {busy()}",
            f"p95 at most {SLOWER:g} times that of idle, no error",
            f"p95 {during.p95:.0f} ms against {before.p95:.0f} ms idle ({times:.1f} times), {during.errors} errors of {during.requests}",
            None if not ran else times <= SLOWER and during.errors == 0,
        )
    failed = jobs.get("failed", 0) + jobs.get("poison", 0)
    told = (
        ", ".join(f"{number} {state}" for state, number in sorted(jobs.items()))
        or "none begun, so nothing is known"
    )
    yield Figure(
        "L5",
        f"collections meanwhile, {meanwhile[0].seconds:.0f} s, {name}",
        'none fails, "database is locked" nowhere',
        f'jobs: {told}; "database is locked" {locked} times in the log',
        None if not ran else failed == 0 and locked == 0,
    )


def main() -> None:
    seconds, soak, syncing = [float(one) for one in sys.argv[1:4]] or (60.0, 1_800.0, 600.0)
    for figure in figures(seconds, soak, syncing):
        print(figure, flush=True)


if __name__ == "__main__":
    main()
