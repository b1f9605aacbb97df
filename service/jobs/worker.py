"""The worker: claims jobs, holds their leases while they are done, asks for what is due, and stops when told to.

What does a job is a `Doer`, usually a process of its own (`service.jobs.process`); the lease is kept by a thread of this process, so it
is held however busy the job is, and lost when this process is gone.
"""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event, Thread
from uuid import uuid4

import structlog
from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError

from service.activity.lock import hold
from service.database import transaction
from service.jobs.leases import DIED, Claim, LeaseLost, Leases
from service.jobs.schedules import tick
from service.models import Worker as Row
from service.security.browser import place

POLL = 1.0
"""Seconds between two looks for a job."""
TICK = 5.0
"""Seconds between two looks at the schedules."""
GONE = timedelta(days=1)
"""Rows of workers that were not seen for so long are removed."""
BUSY = "another process does the jobs of this database, and with SQLite there can be one: start this one with `--role web`, or use PostgreSQL"

log = structlog.get_logger()


def hostname() -> str:
    return socket.gethostname()[:64]


@dataclass
class Held:
    """What a doer has to watch: `lost` once the job is somebody else's, `stopping` once this process is to end."""

    stopping: Event
    lost: Event = field(default_factory=Event)


Doer = Callable[[Claim, Held], None]
"""Does the job and records in the database how it ended."""


@dataclass
class Worker:
    """Does jobs one by one, in each of its `slots`. `stopping` ends it: no further claim, and jobs are told."""

    leases: Leases
    do: Doer
    slots: int = 1
    poll: float = POLL
    stopping: Event = field(default_factory=Event)
    name: str = field(default_factory=lambda: f"{hostname()}:{os.getpid()}:{uuid4().hex[:8]}")
    _threads: list[Thread] = field(default_factory=list)
    _alive: float = field(default_factory=time.monotonic)

    def start(self) -> None:
        """Begin, in threads of their own."""
        targets = [self._look, *(lambda slot=slot: self._work(slot) for slot in range(self.slots))]
        self._threads = [
            Thread(target=target, name=f"jobs-{number}") for number, target in enumerate(targets)
        ]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait until all has ended, once `stopping` is set."""
        for thread in self._threads:
            thread.join()
        with _tolerated("sign off"), transaction(self.leases.engine) as session:
            session.execute(delete(Row).where(Row.name == self.name))

    @property
    def alive(self) -> bool:
        """Whether the schedules were looked at not long ago."""
        lately = time.monotonic() - self._alive < max(self.leases.lease.total_seconds(), 3 * TICK)
        return lately and all(thread.is_alive() for thread in self._threads)

    def _look(self) -> None:
        """Show that this process is there, and ask for what is due."""
        shown = -1e9
        while not self.stopping.is_set():
            with _tolerated("look at the schedules"):
                if time.monotonic() - shown >= self.leases.lease.total_seconds() / 3:
                    self._show()
                    shown = time.monotonic()
                tick(self.leases)
                self._alive = time.monotonic()
            self.stopping.wait(min(TICK, self.leases.lease.total_seconds() / 3))

    def _show(self) -> None:
        with transaction(self.leases.engine) as session:
            moment = self.leases.clock(session)
            row = session.get(Row, self.name)
            if row is None:
                session.execute(delete(Row).where(Row.seen < moment - GONE))
                session.add(Row(name=self.name, host=hostname(), started=moment, seen=moment))
            else:
                row.seen = moment

    def _work(self, slot: int) -> None:
        owner = f"{self.name}/{slot}"
        while not self.stopping.is_set():
            claim = None
            with _tolerated("claim a job"):
                claim = self.leases.claim(owner)
            if claim is None:
                self.stopping.wait(self.poll)
            else:
                self._hold(claim)

    def _hold(self, claim: Claim) -> None:
        held, ended = Held(self.stopping), Event()
        beating = Thread(target=self._beat, args=(claim, held, ended), name=f"lease-{claim.id}")
        beating.start()
        try:
            self.do(claim, held)
        except LeaseLost:
            log.warning("lease lost", job=claim.id, kind=claim.kind)
        except Exception as error:
            log.error("job not done", job=claim.id, error=type(error).__name__, place=place(error))  # noqa: TRY400
            with _tolerated("record a failure"):
                self.leases.fail(claim, DIED)
        finally:
            ended.set()
            beating.join()

    def _beat(self, claim: Claim, held: Held, ended: Event) -> None:
        """Keep the lease. Whoever could not do so for nearly as long as it lasts must take it for lost."""
        lease = self.leases.lease.total_seconds()
        beaten, pause = time.monotonic(), lease / 3
        while not ended.wait(pause):
            pause, now = min(1.0, lease / 10), time.monotonic()
            with _tolerated("keep a lease"):
                if not self.leases.beat(claim):
                    # Either it was taken over, or it has just been brought to its end.
                    held.lost.set()
                    return
                beaten, pause = now, lease / 3
            if time.monotonic() - beaten > 0.9 * lease:
                held.lost.set()
                return


@contextmanager
def _tolerated(what: str) -> Iterator[None]:
    """A database that can not be reached now may be there again soon."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        log.warning("database trouble", what=what, error=type(error).__name__)


@contextmanager
def only_worker(leases: Leases) -> Iterator[None]:
    """With SQLite there is one process that does jobs. Raises `Conflict` in a second one."""
    if leases.engine.dialect.name == "postgresql":
        yield
        return
    with hold(leases.engine, "worker", busy=BUSY):
        yield
