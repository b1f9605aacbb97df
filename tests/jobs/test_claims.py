"""Jobs to the second: when a lease ends, what a claim leaves of the one before, which job comes first."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from service.database import connect, transaction
from service.jobs import queue
from service.jobs.leases import BASE, FAR, backoff
from service.jobs.queue import KEPT
from service.models import Base, Job, Organisation


@pytest.fixture
def world(tmp_path: Path, make_world: Callable[..., Any]) -> Any:
    engine = connect(f"sqlite:///{tmp_path / 'resonanz.db'}")
    Base.metadata.create_all(engine)
    yield make_world(engine)
    engine.dispose()


def change(world: Any, number: int, **values: Any) -> None:
    with transaction(world.engine) as session:
        for name, value in values.items():
            setattr(session.get_one(Job, number), name, value)


def test_a_claim_begins_anew(world: Any) -> None:
    number = world.ask(lane="source wiki")
    assert world.job(number).step == 0
    first = world.leases.claim("a")
    world.leases.progress(first, 3, 5)
    assert (world.job(number).progress_done, world.job(number).progress_total) == (3, 5)
    assert world.job(number).pages == 0
    world.leases.progress(first, 3, 5, 7)
    assert world.job(number).pages == 7
    change(world, number, finished=world.moment)
    world.later(seconds=60)
    assert world.leases.claim("b").fence == 2
    job = world.job(number)
    assert (job.progress_done, job.progress_total, job.pages, job.finished) == (0, 0, 0, None)
    assert (job.started, job.lease_until) == (world.moment, world.moment + timedelta(seconds=60))


def test_a_lease_that_reaches_further_than_any_does_is_none(world: Any) -> None:
    number = world.ask()
    world.leases.claim("a")
    change(world, number, lease_until=world.moment + FAR)
    assert world.leases.claim("b") is None
    change(world, number, lease_until=world.moment + FAR + timedelta(microseconds=1))
    assert world.leases.claim("b").fence == 2


def test_nothing_waits_longer_than_anything_does(world: Any) -> None:
    number = world.ask()
    change(world, number, not_before=world.moment + FAR)
    assert world.leases.claim("a") is None
    change(world, number, not_before=world.moment + FAR + timedelta(microseconds=1))
    assert world.leases.claim("a").id == number


def test_poison_is_given_up_at_the_moment_its_lease_ends_or_when_it_lies_too_far_ahead(world: Any) -> None:
    for until, given_up in ((timedelta(), True), (FAR, False), (FAR + timedelta(microseconds=1), True)):
        number = world.ask()
        world.leases.claim("a")
        change(world, number, attempts=5, lease_until=world.moment + until)
        other = world.ask("other")  # the claim goes on to look only where a job is due
        assert world.leases.claim("b").id == other
        job = world.job(number)
        assert (job.state, job.finished) == (("poison", world.moment) if given_up else ("running", None))
        change(world, number, state="done")
        change(world, other, state="done")


def test_a_lane_does_not_stop_the_job_that_holds_it_from_being_taken_over(world: Any) -> None:
    number = world.ask(lane="source wiki")
    world.leases.claim("a")
    world.later(seconds=61)
    assert world.leases.claim("b").id == number


def test_only_lower_steps_of_the_same_organisation_are_waited_for(world: Any) -> None:
    with transaction(world.engine) as session:
        session.add(Organisation(id=2, key="andere", name="Andere AG", time_zone="Europe/Berlin"))
    world.ask("sync wiki", organisation_id=1, step=1)
    world.ask("compute theirs", organisation_id=2, step=2)
    world.ask("assess theirs", organisation_id=2, step=2)
    world.ask("sync office", organisation_id=1, step=1)
    world.ask("compute", organisation_id=1, step=2)
    found = [world.leases.claim("a") for _ in range(5)]
    assert [claim and claim.key for claim in found] == [
        "sync wiki", "compute theirs", "assess theirs", "sync office", None,
    ]  # fmt: skip


def test_who_comes_first_in_a_row_waits_for_what_comes_before_any(world: Any) -> None:
    world.ask("hinted", organisation_id=1)
    world.ask("sync", organisation_id=1, step=1)
    assert world.leases.claim("a").key == "hinted"
    assert world.leases.claim("b") is None


def test_only_the_organisation_that_was_stopped_stands_still(world: Any) -> None:
    with transaction(world.engine) as session:
        session.add(Organisation(id=2, key="andere", name="Andere AG", time_zone="Europe/Berlin"))
    world.ask("ours", organisation_id=1)
    world.ask("theirs", organisation_id=2)
    world.ask("of all")
    world.stop(world.moment)
    assert [claim and claim.key for claim in (world.leases.claim("a") for _ in range(3))] == [
        "theirs",
        "of all",
        None,
    ]


def test_what_is_given_back_may_be_claimed_at_once_and_an_error_has_a_short_name(world: Any) -> None:
    number = world.ask()
    assert world.leases.release(world.leases.claim("a"))
    assert world.job(number).not_before == world.moment
    assert world.leases.fail(world.leases.claim("a"), "E" * 70) is False
    assert world.job(number).last_error == "E" * 64
    assert backoff(0, chance=lambda: 1.0) == BASE


def test_what_needs_somebody_is_listed_first_and_what_ended_last(world: Any) -> None:
    numbers = {}
    for place, state in enumerate(("waiting", "running", "poison")):
        numbers[state] = world.ask(state)
        # Each by its time alone would come before the next.
        change(world, numbers[state], state=state, not_before=world.moment + timedelta(minutes=place))
    ended = [world.ask(f"ended {place}") for place in range(22)]
    for place, number in enumerate(ended):
        change(world, number, state="done", finished=world.moment + timedelta(minutes=place))
    with transaction(world.engine) as session:
        listed = [job.id for job in queue.listed(session)]
    assert listed == [numbers["poison"], numbers["running"], numbers["waiting"], *ended[:1:-1]]


def test_what_ended_is_kept_for_a_month_to_the_moment(world: Any) -> None:
    number = world.ask()
    change(world, number, state="done", finished=world.moment)
    with transaction(world.engine) as session:
        queue.forget(session, world.moment + KEPT)
    assert world.job(number).state == "done"
    with transaction(world.engine) as session:
        queue.forget(session, world.moment + KEPT + timedelta(microseconds=1))
        assert session.get(Job, number) is None


def test_a_job_that_waits_can_be_tried_at_once_or_put_aside(world: Any) -> None:
    number = world.ask()
    world.leases.fail(world.leases.claim("a"), "SourceBusy", asked=1234.0)
    change(world, number, finished=world.moment)
    with transaction(world.engine) as session:
        tried = queue.retry(session, number)
        assert (tried.state, tried.attempts, tried.finished) == ("waiting", 0, None)
        assert tried.not_before != world.moment + timedelta(seconds=1234)
    with transaction(world.engine) as session:
        dismissed = queue.dismiss(session, number)
        assert dismissed.state == "dismissed"
        assert dismissed.finished is not None
