"""The jobs that wait: asking for one, asking again for one that was given up, and putting one aside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.errors import Conflict, NotFound
from service.jobs.leases import DISMISSED, DONE, OPEN, POISON, SUPERSEDED, WAITING, database_clock
from service.models import Job
from service.models.job import OPEN as ONE_OPEN

KEPT = timedelta(days=30)
"""How long ended jobs are kept, but those that were given up: they stay until somebody looked."""
SHOWN = 20
"""Ended jobs that are listed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done. The fields are those of `service.models.Job`."""

    kind: str
    key: str
    organisation_id: int | None = None
    subject: str = ""
    lane: str | None = None
    step: int = 0


def enqueue(session: Session, wanted: Wanted, moment: datetime | None = None) -> int | None:
    """Have something done as soon as may be; returns the job's number, None if one of the same key is open already."""
    now = moment or database_clock(session)
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = (
        dialect.insert(Job)
        .values(
            kind=wanted.kind,
            key=wanted.key,
            organisation_id=wanted.organisation_id,
            subject=wanted.subject,
            lane=wanted.lane,
            step=wanted.step,
            state=WAITING,
            not_before=now,
            created=now,
            trace=uuid4().hex,
        )
        .on_conflict_do_nothing(index_elements=["key"], index_where=ONE_OPEN)
        .returning(Job.id)
    )
    return session.execute(statement).scalar_one_or_none()


def retry(session: Session, number: int) -> Job:
    """Have a job tried again that was given up, or that waits for its next attempt.

    Raises `NotFound`, and `Conflict` for a job in another state or if another one of its key is open.
    """
    job = the_job(session, number)
    if job.state not in (POISON, WAITING):
        raise Conflict(f"job {number} is {job.state}: only one that waits or was given up can be tried again")
    changed = (
        update(Job)
        .where(Job.id == number, Job.state == job.state)
        .values(state=WAITING, not_before=database_clock(session), attempts=0, finished=None)
        .execution_options(synchronize_session=False)
    )
    try:
        with session.begin_nested():
            session.execute(changed)
    except IntegrityError:
        raise Conflict(
            f"job {number} need not be tried again: the same is waiting or running already"
        ) from None
    session.refresh(job)
    return job


def dismiss(session: Session, number: int) -> Job:
    """Put a job aside that was given up or waits. Raises `NotFound`, `Conflict` for one that runs or has ended."""
    job = the_job(session, number)
    changed = (
        update(Job)
        .where(Job.id == number, Job.state.in_((POISON, WAITING)))
        .values(state=DISMISSED, finished=database_clock(session))
        .execution_options(synchronize_session=False)
    )
    if session.execute(changed).rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict(f"job {number} is {job.state}: only one that waits or was given up can be put aside")
    session.refresh(job)
    return job


def the_job(session: Session, number: int) -> Job:
    """Raises `NotFound`."""
    job = session.get(Job, number)
    if job is None:
        raise NotFound(f"there is no job {number}: `resonanz job list` shows those there are")
    return job


def listed(session: Session, *, ended: int = SHOWN) -> Sequence[Job]:
    """What was given up, runs and waits, in this order; then the newest that ended."""
    states: dict[str, Any] = {POISON: 0, "running": 1, WAITING: 2}
    order = case(states, value=Job.state, else_=3)
    live = select(Job).where(Job.state.in_((POISON, *OPEN))).order_by(order, Job.not_before, Job.id)
    over = (
        select(Job).where(Job.state.in_((DONE, DISMISSED, SUPERSEDED))).order_by(Job.finished.desc(), Job.id)
    )
    return [*session.scalars(live), *session.scalars(over.limit(ended))]


def forget(session: Session, moment: datetime) -> None:
    """Delete what ended long ago."""
    over = Job.state.in_((DONE, DISMISSED, SUPERSEDED))
    session.execute(
        delete(Job).where(over, Job.finished < moment - KEPT).execution_options(synchronize_session=False)
    )
