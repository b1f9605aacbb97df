"""Anchors, draws and staged levels, counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.maturity import levels

RISING = (0.1, 0.2, 0.4, 0.6, 0.8)
FALLING = (60.0, 48.0, 24.0, 8.0, 4.0)


@pytest.mark.parametrize(
    ("value", "anchors", "expected"),
    [
        (0.0, RISING, 1.0),
        (0.1, RISING, 1.0),
        (0.3, RISING, 2.5),
        (0.7, RISING, 4.5),
        (0.95, RISING, 5.0),
        (100.0, FALLING, 1.0),
        (36.0, FALLING, 2.5),
        (6.0, FALLING, 4.5),
        (0.0, FALLING, 5.0),
    ],
)
def test_a_value_lies_between_its_anchors(value, anchors, expected):
    assert float(levels.score(value, anchors)) == pytest.approx(expected)


@given(
    st.floats(-1e6, 1e6),
    st.floats(0, 1e6),
    st.lists(st.floats(-1e3, 1e3), min_size=5, max_size=5, unique=True),
)
def test_a_better_value_never_scores_lower(value, more, given):
    rising = tuple(sorted(given))
    falling = tuple(-one for one in rising)
    assert levels.score(value + more, rising) >= levels.score(value, rising)
    assert levels.score(value - more, falling) >= levels.score(value, falling)
    assert 1 <= levels.score(value, rising) <= 5


def test_probability_of_a_level_is_the_share_of_draws_that_reach_it():
    drawn = np.array([1.0, 1.99, 2.0, 2.5, 3.0, 3.2, 4.999, 5.0])
    assert levels.probabilities(drawn) == {1: 0.25, 2: 0.25, 3: 0.25, 4: 0.125, 5: 0.125}


def test_a_rounding_error_does_not_cost_a_level():
    assert levels.reached(0.1 + 0.2 + 2.7) == 3
    assert levels.reached(2.999) == 2
    assert levels.reached(5.0) == 5


@pytest.mark.parametrize(
    ("met", "expected"),
    [
        ({}, 5),
        ({2: [True], 3: [True, True], 4: [False]}, 3),
        ({2: [False], 3: [True]}, 1),
        ({2: [True], 3: [None, True]}, None),
        ({2: [True], 3: [None, False]}, 2),
        ({2: [None], 4: [False]}, None),
        ({5: [False]}, 4),
    ],
)
def test_the_staged_level_stops_at_the_first_criterion_that_is_missing(met, expected):
    assert levels.staged(met) == expected


def test_a_change_is_as_sure_as_pairs_agree():
    assert levels.rose([1.0, 2.0], [3.0, 4.0]) == 1.0
    assert levels.rose([1.0, 3.0], [2.0, 2.0]) == 0.5
    assert levels.rose([2.0], [2.0]) == 0.5
    assert levels.rose([1.0, 2.0, 3.0], [2.0]) == pytest.approx(0.5)


def test_equally_likely_values_stand_for_all_draws():
    drawn = np.random.default_rng(1).normal(3, 0.2, 20_000)
    short = np.array(levels.quantiles(drawn))
    assert short.mean() == pytest.approx(drawn.mean(), abs=0.005)
    assert levels.interval(short) == pytest.approx(levels.interval(drawn), abs=0.02)
