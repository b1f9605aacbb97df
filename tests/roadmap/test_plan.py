"""The roadmap of an organisation, from what it agreed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from service.advice.catalogue import Role, current
from service.advice.decisions import Changes, decide
from service.advice.proposals import proposals
from service.advice.rules import Situation
from service.errors import Invalid
from service.maturity import model as maturity
from service.maturity.register import Standing
from service.maturity.result import Kind
from service.models import Organisation, Shutdown
from service.roadmap.plan import CAPACITY, frame, next_monday, roadmap, set_frame
from service.roadmap.schedule import Why

NOW = datetime(2026, 6, 17, 8, tzinfo=UTC)
TODAY = NOW.date()
CATALOGUE = current()


@pytest.fixture
def session(engine):
    with Session(engine) as opened:
        yield opened


@pytest.fixture
def acme(session):
    made = Organisation(key="acme", name="Acme AG", region="DE-BY")
    session.add(made)
    session.flush()
    return made


def advised():
    model = maturity.current()
    situation = Situation(
        levels={(one.key, kind): 1.2 for one in model.dimensions for kind in Kind},
        standings={fact.key: Standing.ABSENT for fact in model.facts()},
    )
    found = proposals(CATALOGUE, situation, model.profile().weights)
    return {one.measure.key: one for one in found}


def agree(session, acme, *keys, **more):
    for key in keys:
        decide(session, acme, CATALOGUE, key, "agreed", owner="Internal communication", now=NOW, **more)


def chain():
    """A measure with a predecessor that itself needs nothing."""
    found = advised()
    return next(
        (key, one.missing[0])
        for key, one in sorted(found.items())
        if len(one.missing) == 1 and not found[one.missing[0]].missing
    )


def test_nothing_agreed_is_an_empty_roadmap_from_next_monday(session, acme):
    found = roadmap(session, acme, CATALOGUE, advised(), TODAY)
    assert (found.schedule.placed, found.schedule.ends, found.waiting) == ([], None, {})
    assert found.frame.start == date(2026, 6, 22)
    assert next_monday(date(2026, 6, 22)) == date(2026, 6, 29)


def test_what_needs_something_that_is_not_agreed_waits_and_says_for_what(session, acme):
    later, first = chain()
    agree(session, acme, later)
    found = roadmap(session, acme, CATALOGUE, advised(), TODAY)
    assert found.schedule.placed == []
    assert found.waiting == {later: (first,)}
    agree(session, acme, first)
    found = roadmap(session, acme, CATALOGUE, advised(), TODAY)
    assert found.waiting == {}
    assert [one.task.key for one in found.schedule.placed] == [first, later]
    assert found.schedule.placed[1].begins >= found.schedule.placed[0].ends
    assert found.schedule.placed[1].reason.why is Why.AFTER


def test_what_is_done_no_longer_holds_up(session, acme):
    later, first = chain()
    agree(session, acme, later, first)
    decide(session, acme, CATALOGUE, first, "started", now=NOW)
    decide(session, acme, CATALOGUE, first, "done", now=NOW)
    found = roadmap(session, acme, CATALOGUE, advised(), TODAY)
    assert [one.task.key for one in found.schedule.placed] == [later]
    assert found.schedule.placed[0].reason.why is Why.FIRST


def test_what_is_planned_otherwise_counts(session, acme):
    _, key = chain()
    agree(session, acme, key, changes=Changes({}, 10.0, date(2026, 8, 3)))
    (placed,) = roadmap(session, acme, CATALOGUE, advised(), TODAY).schedule.placed
    assert placed.begins == date(2026, 8, 3)
    assert placed.task.length == 10


def test_a_measure_that_a_later_catalogue_no_longer_has_is_named_and_can_be_declined(session, acme):
    _, key = chain()
    agree(session, acme, key)
    smaller = CATALOGUE.model_copy(
        update={"measures": tuple(one for one in CATALOGUE.measures if one.key != key)}
    )
    found = roadmap(session, acme, smaller, {}, TODAY)
    assert (found.schedule.placed, found.unknown) == ([], (key,))
    decide(session, acme, smaller, key, "declined", reason="no longer advised", now=NOW)
    assert roadmap(session, acme, smaller, {}, TODAY).unknown == ()


def test_who_has_little_time_takes_longer(session, acme):
    _, key = chain()
    agree(session, acme, key)
    (usual,) = roadmap(session, acme, CATALOGUE, advised(), TODAY).schedule.placed
    role, effort = max(usual.task.effort.items(), key=lambda one: one[1].likely)
    slow = effort.likely / (usual.task.length + 5)
    set_frame(session, acme, capacity={role: slow}, today=TODAY)
    (slower,) = roadmap(session, acme, CATALOGUE, advised(), TODAY).schedule.placed
    assert slower.task.length == usual.task.length + 5
    set_frame(session, acme, capacity={role: 0.0}, today=TODAY)
    with pytest.raises(Invalid, match=f"needs {role}, which has no time at all"):
        roadmap(session, acme, CATALOGUE, advised(), TODAY)


def test_weeks_in_which_hardly_anybody_works_are_quiet(session, acme):
    session.add(Shutdown(organisation_id=acme.id, since=date(2026, 8, 3), until=date(2026, 8, 15)))
    session.flush()
    limits = frame(session, acme, TODAY)
    assert {date(2026, 8, 3), date(2026, 8, 10)} <= set(limits.quiet)
    assert date(2026, 8, 17) not in limits.quiet
    set_frame(session, acme, quiet=[date(2026, 9, 9)], today=TODAY)
    assert date(2026, 9, 7) not in frame(session, acme, TODAY).open_weeks()


def test_a_frame_keeps_what_is_not_changed(session, acme):
    set_frame(session, acme, start=date(2026, 9, 7), capacity={"it": 1.5}, today=TODAY)
    set_frame(session, acme, capacity={"hr": 0.5}, today=TODAY)
    limits = frame(session, acme, TODAY)
    assert limits.start == date(2026, 9, 7)
    assert (limits.capacity["it"], limits.capacity["hr"]) == (1.5, 0.5)
    assert limits.capacity["legal"] == CAPACITY[Role.LEGAL]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"start": date(2026, 9, 8)}, "begins on a Monday"),
        ({"capacity": {"boss": 1.0}}, "no role 'boss'"),
        ({"capacity": {"it": -1.0}}, "-1 person days"),
    ],
)
def test_a_frame_that_does_not_fit_is_refused(session, acme, given, told):
    with pytest.raises(Invalid, match=told):
        set_frame(session, acme, today=TODAY, **given)


def test_everything_that_is_advised_can_be_scheduled_together(session, acme):
    found = advised()
    needed = {needed for one in found.values() for needed in one.missing}
    agree(session, acme, *sorted({key for key, one in found.items() if one.verdict.holds} | needed))
    made = roadmap(session, acme, CATALOGUE, found, TODAY)
    assert made.waiting == {}
    placed = {one.task.key: one for one in made.schedule.placed}
    for key, one in placed.items():
        assert all(placed[other].ends <= one.begins for other in one.task.after), key
    # Nothing begins or goes on in a quiet week alone.
    assert all(one.begins not in made.frame.quiet for one in placed.values())
    assert made.schedule.ends - made.frame.start < timedelta(weeks=150)
