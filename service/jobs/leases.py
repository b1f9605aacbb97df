"""Who does which job: a lease in the database, with a fence that rises with every claim.

Interrupted (nobody on the way may take it for a failure of what is being done)
├── LeaseLost   another process does the job now: stop before anything else is stored
└── Stopping    this process ends: stop where it can be gone on from
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, and_, literal_column, or_, select, text, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from service.database import transaction
from service.models import Job, Organisation

LEASE = timedelta(seconds=60)
ATTEMPTS = 5
"""After so many claims without an end a job is poison."""
BASE, LONGEST = 30.0, 3600.0
"""Seconds: the first wait is up to BASE, each further one up to twice as long, none longer than LONGEST."""
BUSY = 60.0
"""Seconds until a job is tried again that somebody else was in the way of."""
MOST = 6 * 3600.0
"""No platform makes a job wait longer than so many seconds, whatever it asks for."""
FAR = timedelta(hours=12)
"""What lies so far ahead was written before the clock was set back: nothing waits that long."""

WAITING, RUNNING, DONE, POISON, DISMISSED, SUPERSEDED = (
    "waiting",
    "running",
    "done",
    "poison",
    "dismissed",
    "superseded",
)
OPEN = (WAITING, RUNNING)
ANYHOW = ("retention", "backup")
"""Kinds that are done although the organisation was stopped: deleting goes on, and nothing is collected by it."""
DIED = "ProcessDied"
"""In place of an error's name, when the process ended without leaving one."""


class Interrupted(BaseException):
    pass


class LeaseLost(Interrupted):
    pass


class Stopping(Interrupted):
    pass


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that somebody holds. It is theirs as long as owner and fence are the job's."""

    id: int
    organisation_id: int | None
    kind: str
    subject: str
    key: str
    owner: str
    fence: int
    attempts: int
    trace: str


def database_clock(session: Session) -> datetime:
    """The time of the database, which all processes share, however wrong their own clocks are."""
    if session.get_bind().dialect.name == "postgresql":
        moment: datetime = session.scalar(text("SELECT clock_timestamp()"))
        return moment.astimezone(UTC)
    told: str = session.scalar(text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')"))
    return datetime.fromisoformat(told).replace(tzinfo=UTC)


def backoff(attempts: int, asked: float | None = None, chance: Callable[[], float] = random.random) -> float:
    """Seconds until the next attempt: exponential with full jitter (Brooker 2015), and never less than the platform asked for.

    `asked` are the seconds of its Retry-After. Source: Marc Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015.
    """
    span: float = min(LONGEST, BASE * 2 ** min(max(attempts, 1) - 1, 20))
    return max(chance() * span, min(asked or 0.0, MOST))


@dataclass(frozen=True)
class Leases:
    """The claims on all jobs of a database. `clock` tells the time; a job is poison after `attempts` claims."""

    engine: Engine
    lease: timedelta = LEASE
    attempts: int = ATTEMPTS
    clock: Callable[[Session], datetime] = database_clock

    def claim(self, owner: str) -> Claim | None:
        """The job that is due longest, now held by `owner`; None where there is none."""
        try:
            with transaction(self.engine) as session:
                moment = self.clock(session)
                due = self._due(moment)
                # Looking first keeps an idle worker from taking SQLite's write lock every second.
                if session.scalar(due) is None:
                    return None
                self._give_up(session, moment)
                chosen = due.with_for_update(skip_locked=True)
                taken = (
                    update(Job)
                    .where(Job.id == chosen.scalar_subquery())
                    .values(
                        state=RUNNING,
                        lease_owner=owner,
                        lease_until=moment + self.lease,
                        fence=Job.fence + 1,
                        attempts=Job.attempts + 1,
                        started=moment,
                        finished=None,
                        progress_done=0,
                        progress_total=0,
                        pages=0,
                    )
                    .returning(*(getattr(Job, name) for name in _COLUMNS))
                    .execution_options(synchronize_session=False)
                )
                row = session.execute(taken).one_or_none()
        except IntegrityError:
            return None  # another process was quicker to begin one of the same lane
        return None if row is None else Claim(owner=owner, **row._mapping)

    def _due(self, moment: datetime) -> Any:
        job, other = aliased(Job), aliased(Job)
        expired = or_(job.lease_until <= moment, job.lease_until > moment + FAR)
        ready = or_(job.not_before <= moment, job.not_before > moment + FAR)
        # Written out, not bound, so that SQLite finds its partial index for it.
        running: Any = literal_column(f"'{RUNNING}'")
        beside = select(other.id).where(other.lane == job.lane, other.state == running, other.id != job.id)
        before = select(other.id).where(
            other.organisation_id == job.organisation_id,
            other.state.in_(OPEN),
            other.id < job.id,
            other.step < job.step,
        )
        stopped = select(Organisation.id).where(
            Organisation.id == job.organisation_id, Organisation.stopped.is_not(None)
        )
        return (
            select(job.id)
            .where(
                or_(and_(job.state == WAITING, ready), and_(job.state == RUNNING, expired)),
                or_(job.lane.is_(None), ~beside.exists()),
                or_(job.step == 0, ~before.exists()),
                or_(job.kind.in_(ANYHOW), ~stopped.exists()),
            )
            .order_by(job.not_before, job.id)
            .limit(1)
        )

    def _give_up(self, session: Session, moment: datetime) -> None:
        """A job whose processes keep dying is not given to one more."""
        expired = or_(Job.lease_until <= moment, Job.lease_until > moment + FAR)
        session.execute(
            update(Job)
            .where(Job.state == RUNNING, expired, Job.attempts >= self.attempts)
            .values(state=POISON, last_error=DIED, finished=moment, lease_owner=None, lease_until=None)
            .execution_options(synchronize_session=False)
        )

    def beat(self, claim: Claim) -> bool:
        """Hold on for another lease; False if the job is somebody else's by now."""
        with transaction(self.engine) as session:
            moment = self.clock(session)
            return self._own(session, claim, lease_until=moment + self.lease)

    def holds(self, session: Session, claim: Claim) -> bool:
        """Whether the job is still held; until the transaction ends PostgreSQL lets nobody else have it."""
        mine = select(Job.id).where(*_mine(claim)).with_for_update()
        return session.scalar(mine) is not None

    def require(self, claim: Claim) -> None:
        """Before something is stored. Raises `LeaseLost`."""
        with transaction(self.engine) as session:
            if not self.holds(session, claim):
                raise LeaseLost

    def progress(self, claim: Claim, done: int, total: int, pages: int = 0) -> None:
        """How far the job is: `done` of `total` parts, and pages read. Raises `LeaseLost`."""
        with transaction(self.engine) as session:
            if not self._own(session, claim, progress_done=done, progress_total=total, pages=pages):
                raise LeaseLost

    def complete(self, session: Session, claim: Claim) -> None:
        """Within the transaction that stores what the job did. Raises `LeaseLost`: then nothing of it may be kept."""
        moment = self.clock(session)
        if not self._own(session, claim, state=DONE, finished=moment, last_error=None, **_FREE):
            raise LeaseLost
        supersede(session, claim.key)

    def fail(
        self, claim: Claim, error: str, *, asked: float | None = None, final: bool = False
    ) -> bool | None:
        """Try again later, or give the job up if that is no use (`final`) or was tried often enough.

        `error` is the name of its kind. True: given up; None: the job was somebody else's by now.
        """
        with transaction(self.engine) as session:
            if not self.holds(session, claim):
                return None
            moment = self.clock(session)
            given_up = final or claim.attempts >= self.attempts
            if given_up:
                supersede(session, claim.key)
                changed = {"state": POISON, "finished": moment}
            else:
                later = moment + timedelta(seconds=backoff(claim.attempts, asked))
                changed = {"state": WAITING, "not_before": later}
            return given_up if self._own(session, claim, last_error=error[:64], **changed, **_FREE) else None

    def release(self, claim: Claim, seconds: float = 0.0, error: str | None = None) -> bool:
        """Give the job back as if it had not been begun, to be claimed in some seconds at the earliest."""
        with transaction(self.engine) as session:
            later = self.clock(session) + timedelta(seconds=seconds)
            return self._own(
                session,
                claim,
                state=WAITING,
                not_before=later,
                attempts=claim.attempts - 1,
                last_error=error,
                **_FREE,
            )

    @staticmethod
    def _own(session: Session, claim: Claim, **values: Any) -> bool:
        changed = (
            update(Job).where(*_mine(claim)).values(**values).execution_options(synchronize_session=False)
        )
        done = session.execute(changed)
        return isinstance(done, CursorResult) and done.rowcount == 1


_COLUMNS = ("id", "organisation_id", "kind", "subject", "key", "fence", "attempts", "trace")
_FREE: dict[str, Any] = {"lease_owner": None, "lease_until": None}


def _mine(claim: Claim) -> tuple[Any, ...]:
    return (
        Job.id == claim.id,
        Job.state == RUNNING,
        Job.lease_owner == claim.owner,
        Job.fence == claim.fence,
    )


def supersede(session: Session, key: str) -> None:
    """Jobs of that key that were given up need nobody's eye any more."""
    session.execute(
        update(Job)
        .where(Job.key == key, Job.state == POISON)
        .values(state=SUPERSEDED)
        .execution_options(synchronize_session=False)
    )
