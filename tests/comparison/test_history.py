"""The own past: only what is certain is called a change, and only what is on one scale is compared."""

from datetime import date, timedelta

import pytest

from service.comparison.history import Course, HalfYearValue, history
from service.comparison.outside import Relation, outside, relation
from service.maturity.result import Kind
from service.published import latest
from service.references import references

HALF = timedelta(days=182)
FIRST = date(2025, 12, 1)


def levels(found, kind=Kind.TOLD):
    return next(one for one in found.levels if one.kind is kind)


@pytest.mark.parametrize(
    ("later", "spread", "course"),
    [
        (3.5, 0.2, Course.ROSE),
        (2.5, 0.2, Course.FELL),
        (3.1, 0.5, Course.NOT_DECIDABLE),
        (3.0, 0.2, Course.NOT_DECIDABLE),
    ],
)
def test_levels_moved_only_where_that_is_certain(real_world, later, spread, course):
    world = real_world
    own = world.company("werra", level=None)
    world.assess(own, 3.0, spread=spread)
    world.assess(own, later, created=world.moment + timedelta(days=200), spread=spread)
    told = levels(history(world.session, own))
    assert told.course is course
    assert [(one.day, one.level) for one in told.points] == [
        (date(2026, 7, 1), 3.0),
        (date(2027, 1, 17), later),
    ]


def test_documents_change_when_they_change(world):
    own = world.company("werra", level=3.0)
    world.assess(own, 3.2, created=world.moment + timedelta(days=1))
    assert levels(history(world.session, own), Kind.DOCUMENTED).course is Course.ROSE


def test_one_assessment_is_no_development_and_the_last_of_a_day_counts(world):
    own = world.company("werra", level=3.0)
    assert levels(history(world.session, own)).course is None
    world.assess(own, 3.9, created=world.moment + timedelta(hours=1))
    told = levels(history(world.session, own))
    assert [one.level for one in told.points] == [3.9]
    assert told.course is None


def test_assessments_on_another_scale_are_left_out_and_counted(world):
    own = world.company("werra", level=1.2, version="0.9")
    for day, level in ((1, 3.0), (2, 3.1)):
        world.assess(own, level, created=world.moment + timedelta(days=day))
    found = history(world.session, own)
    assert (found.assessments, found.left_out) == (2, 1)
    assert [one.level for one in levels(found).points] == [3.0, 3.1]


@pytest.mark.parametrize(
    ("before", "now", "spread", "course"),
    [
        (0.20, 0.25, 0.02, Course.ROSE),
        (0.25, 0.20, 0.02, Course.FELL),
        (0.20, 0.23, 0.02, Course.NOT_DECIDABLE),
        (0.20, 0.90, None, Course.NOT_DECIDABLE),
        (None, 0.25, 0.02, None),
        (0.25, None, 0.02, None),
    ],
)
def test_values_moved_only_where_intervals_stand_apart(world, before, now, spread, course):
    own = world.company("werra", None, None)
    world.publish(own, {FIRST - HALF: before, FIRST: now}, spread=spread)
    world.milestone(own)
    found = history(world.session, own)
    (value,) = found.values
    assert value.course is course
    assert [one.value for one in value.points] == [before, now]
    assert [one.label.de for one in found.milestones] == ["Neustart"]


def test_a_gap_of_half_a_year_is_not_jumped(world):
    own = world.company("werra", None, None)
    world.publish(own, {FIRST - 2 * HALF: 0.1, FIRST: 0.9})
    assert history(world.session, own).values[0].course is None


def test_without_anything_there_is_nothing_and_no_zero(world):
    own = world.company("werra", None, None)
    found = history(world.session, own)
    assert (found.levels, found.values, found.milestones, found.assessments) == ((), (), (), 0)


def own_value(value, low=None, high=None, state="published"):
    return HalfYearValue(FIRST, FIRST + HALF, value, low, high, state, None if value else "no_data")


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (own_value(0.35, 0.32, 0.38), Relation.HIGHER),
        (own_value(0.20, 0.17, 0.23), Relation.LOWER),
        (own_value(0.25, 0.22, 0.27), Relation.NOT_APART),
        (own_value(0.30, 0.27, 0.33), Relation.NOT_APART),
        (own_value(0.90), Relation.NO_INTERVAL),
        (own_value(None, 0.0, 0.1, "suppressed"), Relation.OWN_UNKNOWN),
        (None, Relation.OWN_UNKNOWN),
    ],
)
def test_higher_and_lower_need_an_interval_that_stands_apart(own, expected):
    """Of the 27 % interactive users that a vendor gives as the average of its customers."""
    reference = references().reference("swoop_interactive_users")
    assert reference.figures[0].value == 0.27
    assert relation(reference, reference.figures[0], own) is expected


def test_beside_a_range_the_whole_range_counts():
    reference = references().reference("swoop_interactive_users")
    figure = reference.figures[0].model_copy(update={"high": 0.4})
    assert relation(reference, figure, own_value(0.38, 0.36, 0.39)) is Relation.NOT_APART
    assert relation(reference, figure, own_value(0.5, 0.41, 0.6)) is Relation.HIGHER


def test_a_value_known_at_second_hand_is_never_called_higher_or_lower():
    reference = references().reference("swoop_response_rate_goal")
    assert relation(reference, reference.figures[0], own_value(0.9, 0.8, 0.95)) is Relation.NOT_FIRM


def test_values_are_compared_in_the_window_of_the_reference(world):
    own = world.company("werra", None, None)
    world.publish(own, {FIRST - HALF: 0.1, FIRST: 0.35}, metric="active_share")
    found = outside(latest(world.session, own))
    told = {
        (one.reference, one.figure): (one.own.value, one.window, one.relation)
        for one in found.beside
        if one.own
    }
    assert told == {
        ("swoop_interactive_users", 0): (0.35, "weeks26", Relation.HIGHER),
        ("swoop_interactive_users", 1): (0.35, "weeks26", Relation.LOWER),
        ("swoop_participation_2021", 0): (0.35, "weeks26", Relation.HIGHER),
    }
    assert [one.relation for one in found.beside if one.own is None] == [Relation.OWN_UNKNOWN]


def test_what_counts_otherwise_stands_apart_with_its_reason_and_gaps_are_named():
    found = outside(None)
    beside = {one.reference for one in found.beside}
    assert not beside & {one.reference for one in found.near}
    assert beside | {one.reference for one in found.near} <= {one.key for one in references().references}
    assert "dialogue_share" in {metric for one in found.missing for metric in one.metrics}
    assert all(one.why.de and one.why.en for one in (*found.near, *found.missing))
