"""A database whose clock the test holds, and jobs in it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from service.database import transaction
from service.jobs.leases import Leases
from service.jobs.queue import Wanted, enqueue
from service.models import Job, Organisation

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LEASE = timedelta(seconds=60)


@dataclass
class World:
    """One organisation, `beispiel`, and its jobs."""

    engine: Engine
    moment: datetime = NOW
    leases: Leases = field(init=False)

    def __post_init__(self) -> None:
        self.leases = Leases(self.engine, LEASE, clock=lambda _: self.moment)
        with transaction(self.engine) as session:
            session.add(Organisation(id=1, key="beispiel", name="Beispiel AG", time_zone="Europe/Berlin"))

    def later(self, **span: float) -> None:
        self.moment += timedelta(**span)

    def ask(self, key: str = "job", kind: str = "sync", **more: Any) -> int | None:
        with transaction(self.engine) as session:
            return enqueue(session, Wanted(kind, key, **more), self.moment)

    def job(self, number: int) -> Job:
        with transaction(self.engine) as session:
            return session.scalars(select(Job).where(Job.id == number)).one()

    def stop(self, moment: datetime | None) -> None:
        with transaction(self.engine) as session:
            session.get_one(Organisation, 1).stopped = moment


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


@pytest.fixture
def make_world() -> Callable[[Engine], World]:
    return World
