"""Quartiles that tell of no single peer, and the position among them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.stats.mstats import hdquantiles

from metrics.metric import Measure
from service.comparison.quartiles import Told, alike, coarse, position, quartiles

VALUES = st.lists(st.floats(0.01, 1), min_size=5, max_size=12, unique=True)


def weighted(values, share):
    """Harrell and Davis by their definition: each value weighed by its piece of a beta distribution."""
    ordered, number = sorted(values), len(values)
    beta = stats.beta((number + 1) * share, (number + 1) * (1 - share))
    return sum(value * (beta.cdf((n + 1) / number) - beta.cdf(n / number)) for n, value in enumerate(ordered))


def test_the_median_of_one_to_five_by_hand():
    """Beta(3, 3) cut in fifths weighs 0.05792, 0.25952, 0.36512, …; 10 in the place of 5 adds five times the last weight."""
    assert quartiles([1, 2, 3, 4, 5], Measure.NUMBER).median == 3.0
    assert hdquantiles([1, 2, 3, 4, 10], [0.5])[0] == pytest.approx(3 + 5 * 0.05792)


@given(VALUES)
def test_quartiles_are_weighted_means_of_all_values(values):
    found = quartiles(values, Measure.SHARE)
    for told, share in ((found.first, 0.25), (found.median, 0.5), (found.third, 0.75)):
        assert told == pytest.approx(weighted(values, share), rel=0.06)
    assert found.first <= found.median <= found.third


@given(VALUES)
def test_no_quartile_is_an_extreme(values):
    for share in (0.25, 0.5, 0.75):
        assert min(values) < weighted(values, share) < max(values)


@pytest.mark.parametrize("number", [5, 6, 9, 20])
@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_no_peer_makes_up_half_of_a_quartile(number, share):
    alone = [weighted([float(n == one) for n in range(number)], share) for one in range(number)]
    # The values are sorted, so the single 1 is always weighed as the largest; take the pieces themselves.
    beta = stats.beta((number + 1) * share, (number + 1) * (1 - share))
    pieces = np.diff(beta.cdf(np.arange(number + 1) / number))
    assert pieces.max() < 0.5
    assert alone[0] == pytest.approx(pieces[-1])


@given(st.floats(0.0001, 5000), st.sampled_from([Measure.SHARE, Measure.HOURS, Measure.NUMBER]))
def test_what_is_coarse_stays_as_it_is_and_near(value, unit):
    once = coarse(value, unit)
    assert coarse(once, unit) == once
    assert once == pytest.approx(value, rel=0.051, abs=1e-5)


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.274, Measure.SHARE, 0.28),
        (0.0123, Measure.SHARE, 0.012),
        (0.58, Measure.SHARE, 0.6),
        (0.0, Measure.SHARE, 0.0),
        (37.2, Measure.HOURS, 38.0),
        (-0.47, Measure.INDEX, -0.45),
        (3.14, None, 3.1),
    ],
)
def test_steps_of_a_twentieth_to_a_tenth(value, unit, expected):
    assert coarse(value, unit) == expected


def test_alike_is_what_can_not_be_told_apart_once_coarse():
    assert alike([0.271, 0.274, 0.279], Measure.SHARE)
    assert not alike([0.271, 0.274, 0.311], Measure.SHARE)


def test_above_all_of_five_peers_is_not_above_all_organisations():
    """Jeffreys: Beta(5.5, 0.5); a bootstrap of the five would claim 100 % to 100 %."""
    found = position(Told(0.9), [Told(value) for value in (0.1, 0.2, 0.3, 0.4, 0.5)])
    assert found.below == 1.0
    assert found.low == pytest.approx(stats.beta(5.5, 0.5).ppf(0.025), abs=0.03)
    assert found.high == 1.0


def test_the_middle_one_of_many_is_in_the_middle():
    peers = [Told(value) for value in np.linspace(0.1, 0.9, 201)]
    found = position(Told(0.5), peers)
    assert (found.below, found.low, found.high) == (0.5, 0.45, 0.55)


def test_the_own_interval_widens_the_position():
    peers = [Told(value) for value in np.linspace(0.1, 0.9, 41)]
    exact, rough = position(Told(0.5), peers), position(Told(0.5, 0.2, 0.8), peers)
    assert rough.high - rough.low > exact.high - exact.low + 0.1


def test_equal_peers_give_an_equal_position_whatever_their_order():
    peers = [Told(0.1, 0.05, 0.2), Told(0.3), Told(0.5), Told(0.2), Told(0.4)]
    assert position(Told(0.3), peers) == position(Told(0.3), list(peers))
