"""What comes up by itself: once, whatever was missed and however many look."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import select

from service.database import transaction
from service.errors import Invalid, NotFound
from service.jobs.schedules import ask, overdue, plan, planned, tick, unplan
from service.models import Hint, Job, Organisation, Schedule, Source


def connected(world: Any, *keys: str) -> None:
    with transaction(world.engine) as session:
        session.add_all(
            Source(
                organisation_id=1, key=key, connector="microsoft-365" if key == "office" else "files", settings={},
                created=world.moment,
            )
            for key in keys
        )  # fmt: skip


def scheduled(world: Any, kind: str, when: str | None = None) -> datetime:
    with transaction(world.engine) as session:
        owner = session.get_one(Organisation, 1)
        return plan(session, kind, when, owner, moment=world.moment).next_run


def keys(world: Any) -> list[str]:
    with transaction(world.engine) as session:
        return list(session.scalars(select(Job.key).order_by(Job.id)))


def test_a_night_reads_every_source_and_then_measures(world: Any) -> None:
    connected(world, "wiki", "office")
    assert scheduled(world, "nightly", "02:00") == datetime(2026, 3, 3, 1, tzinfo=UTC)
    assert tick(world.leases) == 0
    world.moment = datetime(2026, 3, 3, 1, tzinfo=UTC)
    assert tick(world.leases) == 3
    assert keys(world) == ["sync office", "sync wiki", "compute beispiel"]
    assert tick(world.leases) == 0
    with transaction(world.engine) as session:
        one = session.scalars(select(Schedule)).one()
        assert (one.last_run, one.next_run) == (world.moment, world.moment + timedelta(days=1))


def test_a_week_that_was_missed_is_caught_up_with_once(world: Any) -> None:
    connected(world, "wiki")
    scheduled(world, "nightly", "02:00")
    world.later(days=7)
    with transaction(world.engine) as session:
        assert overdue(session, world.moment) == ["nightly"]
    assert tick(world.leases) == 2
    assert tick(world.leases) == 0
    with transaction(world.engine) as session:
        assert session.scalars(select(Schedule.next_run)).one() == datetime(2026, 3, 10, 1, tzinfo=UTC)
        assert overdue(session, world.moment) == []


def test_what_is_still_open_is_not_asked_for_twice(world: Any) -> None:
    connected(world, "wiki")
    scheduled(world, "nightly", "02:00")
    for _ in range(3):
        world.later(days=1)
        tick(world.leases)
    assert keys(world) == ["sync wiki", "compute beispiel"]


def test_of_several_that_look_at_once_one_asks(world: Any) -> None:
    connected(world, "wiki")
    scheduled(world, "nightly", "02:00")
    world.later(days=1)
    asked, gate = list[int](), Barrier(3)

    def look() -> None:
        gate.wait()
        asked.append(tick(world.leases))

    threads = [Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(asked) == [0, 0, 2]
    assert len(keys(world)) == 2


def test_only_sources_with_hints_are_read_in_between(world: Any) -> None:
    connected(world, "wiki", "office")
    scheduled(world, "hinted", "5m")
    world.later(minutes=5)
    assert tick(world.leases) == 0
    with transaction(world.engine) as session:
        number = session.scalars(select(Source.id).where(Source.key == "office")).one()
        session.add(Hint(source_id=number, stream="files", room="", received=world.moment))
    world.later(minutes=5)
    assert tick(world.leases) == 1
    assert keys(world) == ["hinted office"]


def test_a_stopped_organisation_is_left_alone_but_for_deleting(world: Any) -> None:
    connected(world, "wiki")
    scheduled(world, "nightly", "02:00")
    scheduled(world, "retention", "04:00")
    world.stop(world.moment)
    world.later(days=1)
    assert tick(world.leases) == 1
    assert keys(world) == ["retention beispiel"]
    world.stop(None)
    world.later(days=1)
    tick(world.leases)
    assert "sync wiki" in keys(world)


def test_a_clock_set_back_does_not_put_off_what_is_planned(world: Any) -> None:
    connected(world, "wiki")
    scheduled(world, "nightly", "02:00")
    world.later(days=30)
    tick(world.leases)
    world.later(days=-30)
    assert tick(world.leases) == 0
    with transaction(world.engine) as session:
        assert session.scalars(select(Schedule.next_run)).one() == datetime(2026, 3, 3, 1, tzinfo=UTC)


def test_planning_again_replaces_and_planning_no_more_removes(world: Any) -> None:
    scheduled(world, "nightly", "02:00")
    scheduled(world, "nightly")
    scheduled(world, "backup", "6h")
    with transaction(world.engine) as session:
        owner = session.get_one(Organisation, 1)
        assert planned(session, "backup", None) is not None
        assert len(session.scalars(select(Schedule)).all()) == 2
        assert unplan(session, "nightly", owner)
        assert unplan(session, "backup", owner)
        assert not unplan(session, "nightly", owner)
        with pytest.raises(Invalid, match="nightly"):
            plan(session, "hourly", None, owner, moment=world.moment)
        with pytest.raises(Invalid, match="say which"):
            plan(session, "nightly", None, None, moment=world.moment)


def test_what_is_asked_for_by_hand(world: Any) -> None:
    connected(world, "wiki", "office")
    with transaction(world.engine) as session:
        owner = session.get_one(Organisation, 1)
        assert len(ask(session, "sync", owner)) == 2
        assert ask(session, "sync", owner, "wiki") == [None]
        for kind in ("compute", "assess", "retention", "subscribe", "backup"):
            assert None not in ask(session, kind, owner)
        with pytest.raises(NotFound, match="office2"):
            ask(session, "sync", owner, "office2")
        with pytest.raises(Invalid):
            ask(session, "everything", owner)
