"""Schedules that can be counted by hand, and what holds of every schedule."""

from datetime import date, timedelta
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import Invalid
from service.roadmap.robustness import pert, ranks
from service.roadmap.schedule import Why, demand, schedule
from service.roadmap.tasks import Estimate, Frame, Task

MONDAY = date(2026, 11, 30)


def exactly(value):
    return Estimate(value, value, value)


def task(key, weeks, *, effort=None, after=(), audience=(), benefit=1.0, earliest=None):
    return Task(
        key,
        exactly(weeks),
        {role: exactly(days) for role, days in (effort or {}).items()},
        after,
        audience,
        benefit,
        earliest,
    )


def frame(quiet=(), **capacity):
    return Frame(MONDAY, capacity or {"comms": 5.0}, quiet)


def week(number):
    return MONDAY + timedelta(weeks=number)


def firsts(found):
    return {one.task.key: one.first for one in found.placed}


def test_a_guideline_comes_before_the_pilot_that_needs_it():
    found = schedule(
        [
            task("pilot", 4, after=["guideline"], benefit=5),
            task("guideline", 3, after=["agreement"]),
            task("agreement", 2),
        ],
        frame(),
    )
    assert [(one.task.key, one.begins, one.ends) for one in found.placed] == [
        ("agreement", week(0), week(2)),
        ("guideline", week(2), week(5)),
        ("pilot", week(5), week(9)),
    ]
    assert [one.reason.why for one in found.placed] == [Why.FIRST, Why.AFTER, Why.AFTER]
    assert found.placed[2].reason.names == ("guideline",)
    assert all(one.critical for one in found.placed)
    assert found.optimal
    assert found.ends == week(9)


def test_who_has_no_time_left_does_one_thing_after_the_other_the_more_useful_first():
    found = schedule(
        [
            task("a", 2, effort={"comms": 8}, benefit=1),
            task("b", 2, effort={"comms": 8}, benefit=3),
            task("c", 2, effort={"comms": 2}, benefit=1),
        ],
        frame(comms=5.0),
    )
    assert firsts(found) == {"b": 0, "c": 0, "a": 2}
    last = found.placed[-1]
    assert last.reason.why is Why.CAPACITY
    assert last.reason.names == ("comms",)


def test_an_audience_takes_two_changes_at_a_time():
    found = schedule([task(key, 3, audience=["leaders"]) for key in "abc"], frame())
    assert sorted(firsts(found).values()) == [0, 0, 3]
    assert found.placed[-1].reason.why is Why.AUDIENCE


def test_nothing_moves_in_a_quiet_week_and_a_task_may_lie_across_it():
    found = schedule(
        [task("a", 2), task("b", 1, after=["a"])], frame(quiet=[week(1), week(1) + timedelta(2)])
    )
    assert [(one.begins, one.ends) for one in found.placed] == [(week(0), week(3)), (week(3), week(4))]


def test_a_task_waits_for_its_day():
    (found,) = schedule([task("a", 1, earliest=week(3) - timedelta(2))], frame()).placed
    assert (found.begins, found.reason.why) == (week(3), Why.EARLIEST)


def test_only_what_delays_the_end_is_critical():
    found = schedule([task("a", 2), task("b", 5), task("c", 1, after=["a"])], frame())
    assert {one.task.key for one in found.placed if one.critical} == {"b"}


@pytest.mark.parametrize(
    ("tasks", "told"),
    [
        ([task("a", 1), task("a", 2)], "twice: a"),
        ([task("a", 1, after=["b"])], "a comes after b, which is not on the roadmap"),
        ([task("a", 1, after=["b"]), task("b", 1, after=["a"])], "a → b → a"),
        ([task("a", 1, effort={"it": 3})], "a needs 3.0 person days a week of it, and there are 0"),
    ],
)
def test_what_can_not_be_scheduled_says_why(tasks, told):
    with pytest.raises(Invalid, match=told):
        schedule(tasks, frame())


def test_a_roadmap_begins_on_a_monday():
    with pytest.raises(Invalid, match="begins on a Monday"):
        Frame(MONDAY + timedelta(1), {})


def cost(tasks, starts):
    return sum(round(100 * task.benefit) * starts[task.key] for task in tasks)


def fits(tasks, starts, limits):
    length = {task.key: task.length for task in tasks}
    for one in tasks:
        if any(starts[one.key] < starts[other] + length[other] for other in one.after):
            return False
    for number in range(max(starts[key] + length[key] for key in starts)):
        running = [one for one in tasks if starts[one.key] <= number < starts[one.key] + one.length]
        for role, capacity in limits.capacity.items():
            if sum(demand(one, role) for one in running) > 10 * capacity:
                return False
        for audience in {name for one in running for name in one.audience}:
            if sum(audience in one.audience for one in running) > limits.most_changes:
                return False
    return True


@st.composite
def plans(draw, most=4):
    number = draw(st.integers(1, most))
    return [
        task(
            f"t{place}",
            draw(st.integers(1, 2)),
            effort={"comms": draw(st.integers(0, 5))},
            after=[f"t{other}" for other in range(place) if draw(st.integers(0, 3)) == 0],
            audience=draw(st.sets(st.sampled_from(["leaders", "editors"]))),
            benefit=draw(st.integers(1, 4)),
        )
        for place in range(number)
    ]


@settings(max_examples=25, deadline=None)
@given(plans())
def test_no_order_that_fits_is_better(tasks):
    limits = frame(comms=5.0)
    found = schedule(tasks, limits)
    starts = firsts(found)
    assert fits(tasks, starts, limits)
    horizon = sum(one.length for one in tasks)
    every = (
        dict(zip((one.key for one in tasks), chosen, strict=True))
        for chosen in product(range(horizon), repeat=len(tasks))
    )
    best = min(cost(tasks, each) for each in every if fits(tasks, each, limits))
    assert cost(tasks, starts) == best


@settings(max_examples=15, deadline=None)
@given(plans(most=6), st.randoms())
def test_the_order_in_which_tasks_come_changes_nothing(tasks, chance):
    limits = frame(comms=5.0)
    mixed = chance.sample(tasks, len(tasks))
    assert schedule(mixed, limits) == schedule(tasks, limits)
    assert ranks(mixed, draws=50) == ranks(tasks, draws=50)


def test_much_benefit_for_little_effort_comes_first_in_nearly_every_draw():
    tasks = [task(f"t{place}", 1, effort={"comms": 4}, benefit=1) for place in range(8)]
    tasks.append(task("quick", 1, effort={"comms": 1}, benefit=4))
    first, *others = ranks(tasks)
    assert (first.key, first.rank, first.foremost) == ("quick", 1.0, 1.0)
    # Eight alike share the four places that are left.
    assert all(0.44 < one.foremost < 0.56 for one in others)


def test_pert_has_the_mean_it_is_named_for():
    drawn = pert(Estimate(2, 4, 12), np.random.default_rng(3), 200_000)
    assert drawn.mean() == pytest.approx((2 + 4 * 4 + 12) / 6, rel=0.005)
    assert drawn.min() >= 2
    assert drawn.max() <= 12
