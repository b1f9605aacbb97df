"""The table of leases beside a model of it, through histories nobody thought of; the clock is the test's."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, select

from service.database import connect, transaction
from service.jobs.leases import Claim, LeaseLost
from service.models import Base, Job

LANES = (None, "source wiki", "source office")
OWNERS = ("a", "b", "c")


@dataclass
class Known:
    """A job as it should be; times are seconds since the beginning."""

    lane: str | None
    state: str = "waiting"
    ready: float = 0
    until: float = 0
    fence: int = 0
    attempts: int = 0
    effects: list[int] = field(default_factory=list)


class Table(RuleBasedStateMachine):
    """`seconds` passed; `held` are all claims ever made, also those that were lost long ago."""

    make: ClassVar[Callable[..., Any]]
    world: ClassVar[Any]

    @initialize()
    def begin(self) -> None:
        with transaction(self.world.engine) as session:
            session.execute(delete(Job))
        self.jobs: dict[int, Known] = {}
        self.held: list[Claim] = []
        self.start = self.world.moment

    @property
    def seconds(self) -> float:
        return float((self.world.moment - self.start).total_seconds())

    def claimable(self) -> list[int]:
        running = {job.lane: number for number, job in self.jobs.items() if job.state == "running"}
        found = []
        for number, job in self.jobs.items():
            due = job.state == "waiting" and job.ready <= self.seconds
            lost = job.state == "running" and job.until <= self.seconds
            free = job.lane is None or running.get(job.lane, number) == number
            if free and (due or lost):
                found.append(number)
        return found

    def mine(self, claim: Claim) -> bool:
        job = self.jobs[claim.id]
        return job.state == "running" and job.fence == claim.fence

    @rule(lane=st.sampled_from(LANES))
    def ask(self, lane: str | None) -> None:
        key = f"job {len(self.jobs)}"
        number = self.world.ask(key, lane=lane)
        self.jobs[number] = Known(lane, ready=self.seconds)

    @rule(seconds=st.sampled_from((1, 30, 59, 60, 61, 3600)))
    def wait(self, seconds: int) -> None:
        self.world.later(seconds=seconds)

    @rule(owner=st.sampled_from(OWNERS))
    def claim(self, owner: str) -> None:
        expected = self.claimable()
        claim = self.world.leases.claim(owner)
        if expected:  # whoever asks gives up what has run too often
            for job in self.jobs.values():
                if (
                    job.state == "running"
                    and job.until <= self.seconds
                    and job.attempts >= self.world.leases.attempts
                ):
                    job.state = "poison"
            expected = self.claimable()
        if claim is None:
            assert not expected
            return
        assert claim.id in expected
        job = self.jobs[claim.id]
        job.state, job.until = "running", self.seconds + 60
        job.fence, job.attempts = job.fence + 1, job.attempts + 1
        assert (claim.fence, claim.attempts) == (job.fence, job.attempts)
        self.held.append(claim)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def beat(self, data: st.DataObject) -> None:
        claim = data.draw(st.sampled_from(self.held))
        assert self.world.leases.beat(claim) == self.mine(claim)
        if self.mine(claim):
            self.jobs[claim.id].until = self.seconds + 60

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def complete(self, data: st.DataObject) -> None:
        claim = data.draw(st.sampled_from(self.held))
        try:
            with transaction(self.world.engine) as session:
                self.world.leases.complete(session, claim)
        except LeaseLost:
            assert not self.mine(claim)
        else:
            assert self.mine(claim)
            self.jobs[claim.id].state = "done"
            self.jobs[claim.id].effects.append(claim.fence)

    @precondition(lambda self: self.held)
    @rule(data=st.data(), final=st.booleans())
    def fail(self, data: st.DataObject, *, final: bool) -> None:
        claim = data.draw(st.sampled_from(self.held))
        given_up = self.world.leases.fail(claim, "Trouble", final=final)
        if not self.mine(claim):
            assert given_up is None
            return
        job = self.jobs[claim.id]
        assert given_up == (final or job.attempts >= self.world.leases.attempts)
        job.state = "poison" if given_up else "waiting"
        job.ready = (self.world.job(claim.id).not_before - self.start).total_seconds()
        assert given_up or 0 <= job.ready - self.seconds <= 30 * 2 ** (job.attempts - 1)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        claim = data.draw(st.sampled_from(self.held))
        assert self.world.leases.release(claim) == self.mine(claim)
        if self.mine(claim):
            job = self.jobs[claim.id]
            job.state, job.ready, job.attempts = "waiting", self.seconds, job.attempts - 1

    @invariant()
    def the_table_is_as_the_model_has_it(self) -> None:
        if not hasattr(self, "jobs"):
            return
        with transaction(self.world.engine) as session:
            rows = session.execute(select(Job.id, Job.state, Job.fence, Job.attempts, Job.lease_until)).all()
        assert {row.id: (row.state, row.fence, row.attempts) for row in rows} == {
            number: (job.state, job.fence, job.attempts) for number, job in self.jobs.items()
        }
        for row in rows:
            job = self.jobs[row.id]
            until = self.start + timedelta(seconds=job.until)
            assert row.lease_until == (until if job.state == "running" else None)
            assert len(job.effects) <= 1
        running = [job.lane for job in self.jobs.values() if job.state == "running" and job.lane]
        assert len(running) == len(set(running))


def test_no_history_leads_the_table_away_from_its_model(
    tmp_path: Any, make_world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'jobs.db'}")
    Base.metadata.create_all(engine)
    with engine.connect() as connection:  # nothing here dies: the disk need not be waited for
        connection.exec_driver_sql("PRAGMA synchronous=OFF")
    Table.world = make_world(engine)
    run_state_machine_as_test(
        Table, settings=settings(max_examples=40, stateful_step_count=30, deadline=None)
    )
    engine.dispose()
