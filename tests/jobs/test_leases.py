"""Who does a job: one at a time, with a fence that keeps out whoever held it before."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from service.database import transaction
from service.errors import Conflict, NotFound
from service.jobs import queue
from service.jobs.leases import BASE, LONGEST, MOST, LeaseLost, Leases, backoff, database_clock


def test_a_job_is_claimed_once_and_taken_over_when_its_lease_ends(world: Any) -> None:
    number = world.ask()
    first = world.leases.claim("a")
    assert (first.id, first.fence, first.attempts) == (number, 1, 1)
    assert world.leases.claim("b") is None
    world.later(seconds=59)
    assert world.leases.beat(first)
    world.later(seconds=59)
    assert world.leases.claim("b") is None
    world.later(seconds=1)
    second = world.leases.claim("b")
    assert (second.id, second.fence, second.attempts) == (number, 2, 2)
    assert not world.leases.beat(first)


def test_who_lost_the_lease_stores_nothing_any_more(world: Any) -> None:
    number = world.ask()
    with world.engine.begin() as connection:
        connection.execute(text("CREATE TABLE effect (by_whom TEXT)"))
    stale = world.leases.claim("a")
    world.later(seconds=61)
    owner = world.leases.claim("b")
    for claim in (stale, owner):
        try:
            with transaction(world.engine) as session:
                session.execute(text("INSERT INTO effect VALUES (:by)"), {"by": claim.owner})
                world.leases.complete(session, claim)
        except LeaseLost:
            assert claim is stale
    with world.engine.connect() as connection:
        assert connection.execute(text("SELECT by_whom FROM effect")).scalars().all() == ["b"]
    assert world.job(number).state == "done"
    with pytest.raises(LeaseLost):
        world.leases.require(stale)
    with pytest.raises(LeaseLost):
        world.leases.progress(stale, 1, 2)
    assert world.leases.fail(stale, "Trouble") is None
    assert not world.leases.release(stale)
    assert world.job(number).state == "done"


def test_a_lease_that_ended_but_was_not_taken_over_may_still_be_completed(world: Any) -> None:
    number, claim = world.ask(), world.leases.claim("a")
    world.later(minutes=10)
    with transaction(world.engine) as session:
        world.leases.complete(session, claim)
    assert world.job(number).state == "done"


def test_of_one_key_one_job_is_open(world: Any) -> None:
    assert world.ask("sync wiki") is not None
    assert world.ask("sync wiki") is None
    claim = world.leases.claim("a")
    assert world.ask("sync wiki") is None
    with transaction(world.engine) as session:
        world.leases.complete(session, claim)
    assert world.ask("sync wiki") is not None


def test_of_one_lane_one_job_runs(world: Any) -> None:
    world.ask("sync wiki", lane="source wiki")
    world.ask("hinted wiki", kind="hinted", lane="source wiki")
    world.ask("sync office", lane="source office")
    claims = [world.leases.claim(f"w{number}") for number in range(3)]
    assert [claim and claim.key for claim in claims] == ["sync wiki", "sync office", None]
    world.leases.release(claims[0], seconds=3600)
    assert world.leases.claim("w").key == "hinted wiki"


def test_computing_waits_for_the_readings_asked_for_before_it(world: Any) -> None:
    world.ask("sync wiki", organisation_id=1, step=1)
    world.ask("compute", kind="compute", organisation_id=1, step=2)
    later = world.ask("sync office", organisation_id=1, step=1)
    wiki = world.leases.claim("a")
    office = world.leases.claim("b")
    assert (wiki.key, office.id) == ("sync wiki", later)
    assert world.leases.claim("c") is None
    assert world.leases.fail(wiki, "SourceUnreachable") is False  # it will be tried again
    assert world.leases.claim("c") is None
    world.later(seconds=BASE)
    world.leases.fail(world.leases.claim("a"), "Misconfigured", final=True)
    assert world.leases.claim("c").key == "compute"


def test_a_failing_job_is_tried_again_later_each_time_and_given_up_in_the_end(world: Any) -> None:
    number, waits = world.ask(), []
    for attempt in range(1, world.leases.attempts + 1):
        claim = world.leases.claim("a")
        assert claim.attempts == attempt
        given_up = world.leases.fail(claim, "SourceUnreachable")
        job = world.job(number)
        waits.append((job.not_before - world.moment).total_seconds())
        assert given_up == (attempt == world.leases.attempts)
        world.moment = max(world.moment, job.not_before)
    assert all(0 <= wait <= BASE * 2**tried for tried, wait in enumerate(waits[:-1]))
    job = world.job(number)
    assert (job.state, job.last_error, job.lease_owner) == ("poison", "SourceUnreachable", None)
    assert world.leases.claim("a") is None


def test_the_platform_is_given_the_time_it_asks_for(world: Any) -> None:
    number = world.ask()
    world.leases.fail(world.leases.claim("a"), "SourceBusy", asked=1234.0)
    assert world.job(number).not_before - world.moment >= timedelta(seconds=1234)
    world.later(seconds=1233)
    assert world.leases.claim("a") is None
    assert backoff(1, 1e9) == MOST
    assert [backoff(n, chance=lambda: 1.0) for n in (1, 2, 3, 99)] == [BASE, 2 * BASE, 4 * BASE, LONGEST]
    assert backoff(9, chance=lambda: 0.0) == 0


def test_what_is_given_back_counts_as_no_attempt(world: Any) -> None:
    number = world.ask()
    for _ in range(2 * world.leases.attempts):
        assert world.leases.release(world.leases.claim("a"))
    job = world.job(number)
    assert (job.state, job.attempts, job.fence) == ("waiting", 0, 2 * world.leases.attempts)


def test_a_job_that_kills_its_processes_is_given_up(world: Any) -> None:
    number = world.ask()
    for _ in range(world.leases.attempts):
        assert world.leases.claim("a") is not None
        world.later(seconds=61)
    assert world.leases.claim("a") is None
    job = world.job(number)
    assert (job.state, job.last_error) == ("poison", "ProcessDied")


def test_nothing_is_begun_for_a_stopped_organisation_but_deleting(world: Any) -> None:
    world.ask("sync wiki", organisation_id=1)
    deleting = world.ask("retention", kind="retention", organisation_id=1)
    world.stop(world.moment)
    assert world.leases.claim("a").id == deleting
    assert world.leases.claim("a") is None
    world.stop(None)
    assert world.leases.claim("a").key == "sync wiki"


def test_a_clock_that_is_set_back_or_forward_a_day_holds_nothing_up(world: Any) -> None:
    number = world.ask()
    claim = world.leases.claim("dead")
    world.later(days=-1)
    assert world.leases.claim("b").fence == 2
    world.later(days=1)
    assert world.leases.claim("c").fence == 3
    assert not world.leases.beat(claim)
    assert world.job(number).lease_owner == "c"


class TestAfterwards:
    """What an admin does about a job that was given up."""

    def poison(self, world: Any, key: str = "sync wiki") -> int:
        number: int = world.ask(key)
        world.leases.fail(world.leases.claim("a"), "Misconfigured", final=True)
        return number

    def test_it_is_tried_again(self, world: Any) -> None:
        number = self.poison(world)
        with transaction(world.engine) as session:
            queue.retry(session, number)
        world.later(days=1000)  # `retry` goes by the database's own clock
        claim = world.leases.claim("a")
        assert (claim.id, claim.attempts, claim.fence) == (number, 1, 2)

    def test_it_is_not_tried_again_beside_one_that_is_open(self, world: Any) -> None:
        number = self.poison(world)
        world.ask("sync wiki")
        with pytest.raises(Conflict, match="already"), transaction(world.engine) as session:
            queue.retry(session, number)
        assert world.job(number).state == "poison"

    def test_it_is_put_aside(self, world: Any) -> None:
        number = self.poison(world)
        with transaction(world.engine) as session:
            queue.dismiss(session, number)
        with pytest.raises(Conflict), transaction(world.engine) as session:
            queue.dismiss(session, number)
        with pytest.raises(NotFound), transaction(world.engine) as session:
            queue.retry(session, 999)
        assert world.job(number).state == "dismissed"

    def test_it_is_superseded_by_the_next_that_ends(self, world: Any) -> None:
        number, other = self.poison(world), self.poison(world, "sync office")
        again = self.poison(world)
        assert [world.job(one).state for one in (number, other, again)] == ["superseded", "poison", "poison"]
        world.ask("sync wiki")
        with transaction(world.engine) as session:
            world.leases.complete(session, world.leases.claim("a"))
        assert [world.job(one).state for one in (again, other)] == ["superseded", "poison"]

    def test_what_ended_is_forgotten_after_a_month_and_what_was_given_up_is_not(self, world: Any) -> None:
        kept = self.poison(world, "sync office")
        world.ask("sync wiki")
        with transaction(world.engine) as session:
            world.leases.complete(session, world.leases.claim("a"))
        with transaction(world.engine) as session:
            queue.forget(session, world.moment + timedelta(days=31))
            assert [job.id for job in queue.listed(session)] == [kept]


def test_time_is_that_of_the_database(engine: Engine) -> None:
    with transaction(engine) as session:
        before = database_clock(session)
        assert before.utcoffset() == timedelta(0)
        assert before <= database_clock(session)
    with transaction(engine) as session:
        queue.enqueue(session, queue.Wanted("sync", "x"))
    assert Leases(engine).claim("a") is not None
