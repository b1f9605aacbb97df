"""Units or rounds against each other, and correction for many comparisons."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

from service.errors import Invalid
from service.statistics.differences import cliffs_delta, difference, false_discoveries, hedges_g, holm
from service.statistics.estimate import Reason

POINTS = st.lists(st.integers(1, 5), min_size=2, max_size=25)
CHANCES = st.lists(st.floats(0, 1), max_size=12)


def test_many_comparisons_are_corrected_as_published() -> None:
    # KA-34.
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(false_discoveries([0.01, 0.04, 0.03, 0.005]), [0.02, 0.04, 0.04, 0.02])


def test_what_was_not_tested_does_not_count() -> None:
    corrected = holm([0.01, None, 0.04, 0.03, 0.005])
    np.testing.assert_allclose(corrected, [0.03, np.nan, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(false_discoveries([None, 0.02]), [np.nan, 0.02])
    assert len(holm([])) == len(false_discoveries([])) == 0
    for correct in (holm, false_discoveries):
        with pytest.raises(Invalid, match="from 0 to 1"):
            correct([0.5, 1.5])


@given(CHANCES, st.randoms(use_true_random=False))
def test_holm_agrees_with_stepping_down_by_hand(chances: list[float], random) -> None:  # type: ignore[no-untyped-def]
    corrected = holm(chances)
    order = sorted(range(len(chances)), key=lambda number: chances[number])
    highest = 0.0
    for step, number in enumerate(order):
        highest = max(highest, min(1.0, (len(chances) - step) * chances[number]))
        assert corrected[number] == pytest.approx(highest)
    # Never below what it was, never above Bonferroni, and the same in any order.
    assert (corrected >= np.array(chances)).all()
    assert (corrected <= np.minimum(1, np.array(chances) * len(chances)) + 1e-12).all()
    assert (false_discoveries(chances) <= corrected + 1e-12).all()
    mixed = list(range(len(chances)))
    random.shuffle(mixed)
    np.testing.assert_allclose(holm([chances[number] for number in mixed]), corrected[mixed])


def naive_delta(first: list[int], second: list[int]) -> tuple[float, float]:
    """Delta and its variance from the whole matrix of dominances (Cliff 1996)."""
    matrix = [[(after > before) - (after < before) for before in first] for after in second]
    m, n = len(second), len(first)
    delta = sum(map(sum, matrix)) / (m * n)
    rows = [sum(row) / n for row in matrix]
    columns = [sum(row[place] for row in matrix) / m for place in range(n)]
    upper = (
        n * n * sum((row - delta) ** 2 for row in rows)
        + m * m * sum((column - delta) ** 2 for column in columns)
        - sum((one - delta) ** 2 for row in matrix for one in row)
    )
    return delta, max(upper / (m * n * (m - 1) * (n - 1)), (1 - delta**2) / (m * n - 1))


def test_delta_agrees_with_the_example_of_the_r_package() -> None:
    # R effsize, cliff.delta: treatment and control, estimate -0.25.
    treatment, control = [10, 10, 20, 20, 20, 30, 30, 30, 40, 50], [10, 20, 30, 40, 40, 50]
    assert cliffs_delta(control, treatment).value == pytest.approx(-0.25)


@given(POINTS, POINTS)
def test_delta_agrees_with_comparing_everybody_with_everybody(first: list[int], second: list[int]) -> None:
    told = cliffs_delta(first, second)
    delta, spread = naive_delta(first, second)
    assert told.value == pytest.approx(delta)
    if spread < 1e-12:
        assert (told.low, told.reason) == (None, Reason.NO_SPREAD)
        return
    wide = student.ppf(0.975, len(first) + len(second) - 2)
    half = wide * math.sqrt(spread) * math.sqrt((1 - delta**2) ** 2 + wide**2 * spread)
    below = 1 - delta**2 + wide**2 * spread
    assert told.low == pytest.approx(max(-1, (delta - delta**3 - half) / below), abs=1e-9)
    assert told.high == pytest.approx(min(1, (delta - delta**3 + half) / below), abs=1e-9)
    # Exchanging the groups mirrors it; any order-preserving scale leaves it as it is.
    mirrored = cliffs_delta(second, first)
    assert mirrored.value == pytest.approx(-told.value)
    assert mirrored.low == pytest.approx(-(told.high or 0))
    stretched = cliffs_delta([value**3 for value in first], [value**3 for value in second])
    assert stretched.value == pytest.approx(told.value)


def test_the_interval_of_delta_holds_its_confidence() -> None:
    random, held = np.random.default_rng(5), 0
    # Two points against three of five: P(above) - P(below) counted over all pairs.
    first, second = [0.1, 0.2, 0.4, 0.2, 0.1], [0.05, 0.15, 0.20, 0.35, 0.25]
    truth = sum(
        one * other * (int(np.sign(j - i))) for i, one in enumerate(first) for j, other in enumerate(second)
    )
    for _ in range(400):
        told = cliffs_delta(random.choice(5, 30, p=first), random.choice(5, 40, p=second))
        assert told.low is not None
        assert told.high is not None
        held += told.low <= truth <= told.high
    assert 0.92 <= held / 400 <= 0.98


def test_groups_apart_altogether_have_a_delta_and_no_interval() -> None:
    told = cliffs_delta([1, 2, 2], [4, 5])
    assert (told.value, told.low, told.reason) == (1, None, Reason.NO_SPREAD)
    assert cliffs_delta([1], [2, 3]).reason is Reason.TOO_FEW_PEOPLE
    assert cliffs_delta([], [2, 3]).value is None


def test_g_agrees_with_the_published_correction() -> None:
    # Two by two: d.f. 2, Hedges' c(2) = 1/√π = 0.5642; means 2 apart, pooled variance 2.
    assert hedges_g([1, 3], [3, 5]) == pytest.approx(2 / math.sqrt(2) / math.sqrt(math.pi))
    # Nearly 1 - 3/(4·d.f. - 1) from ten degrees of freedom on.
    first, second = [1, 2, 3, 4, 5, 3], [2, 3, 4, 5, 5, 4]
    spread = math.sqrt((5 * np.var(first, ddof=1) + 5 * np.var(second, ddof=1)) / 10)
    plain = (np.mean(second) - np.mean(first)) / spread
    assert hedges_g(first, second) == pytest.approx(plain * (1 - 3 / 39), rel=2e-3)
    many = [1, 5] * 1000
    assert hedges_g(many, [value + 1 for value in many]) == pytest.approx(0.5, rel=1e-3)


def test_g_needs_people_who_differ() -> None:
    assert hedges_g([1], [2, 3]) is None
    assert hedges_g([2.1, 2.1], [3.1, 3.1]) is None


@given(POINTS, POINTS, st.floats(0.1, 9), st.floats(-9, 9))
def test_effect_sizes_have_no_unit(first: list[int], second: list[int], factor: float, shift: float) -> None:
    def moved(values: list[int]) -> list[float]:
        return [value * factor + shift for value in values]

    plain = hedges_g(first, second)
    again = hedges_g(moved(first), moved(second))
    assert (plain is None) == (again is None)
    if plain is not None:
        assert again == pytest.approx(plain, rel=1e-6, abs=1e-9)
        assert hedges_g(second, first) == pytest.approx(-plain)


def test_a_rise_is_found_with_its_size_and_interval() -> None:
    random = np.random.default_rng(1)
    before = random.choice([1, 2, 3, 4, 5], 80, p=[0.1, 0.3, 0.3, 0.2, 0.1])
    after = random.choice([1, 2, 3, 4, 5], 80, p=[0.02, 0.08, 0.2, 0.4, 0.3])
    told = difference(before, after, "rise")
    assert told.mean.value == pytest.approx(after.mean() - before.mean())
    assert told.mean.low is not None
    assert told.mean.low > 0
    assert told.p is not None
    assert told.p < 0.001
    assert told.g is not None
    assert told.g > 0.5
    assert (told.delta.value or 0) > 0.3
    assert told.mean.n == 160


def test_nothing_is_told_of_fewer_than_five() -> None:
    told = difference([1, 2, 3, 4], [1, 2, 3, 4, 5], "k")
    assert (told.mean.value, told.delta.value, told.g, told.p) == (None, None, None, None)
    assert told.mean.reason is Reason.TOO_FEW_PEOPLE


def test_small_steps_of_scores_count_as_well() -> None:
    # All within one point, and every one of the second group above every one of the first: 2 / C(10, 5) by exact ranks.
    told = difference([3.0, 3.1, 3.2, 3.3, 3.4], [3.5, 3.6, 3.7, 3.8, 3.9], "k")
    assert told.p == pytest.approx(2 / 252)
    assert told.mean.value == pytest.approx(0.5)


def test_two_groups_of_one_mind_do_not_differ() -> None:
    told = difference([4] * 8, [4] * 9, "k")
    assert (told.mean.value, told.mean.reason, told.g, told.p) == (0, Reason.NO_SPREAD, None, 1)
    apart = difference([2] * 8, [4] * 9, "k")
    assert (apart.mean.value, apart.delta.value) == (2, 1)
    assert apart.p is not None
    assert apart.p < 0.001


def test_weights_belong_to_the_mean_alone() -> None:
    first, second = [1, 2, 3, 4, 5], [1, 2, 3, 4, 5]
    told = difference(first, second, "k", second_weights=[1, 1, 1, 1, 6])
    assert told.mean.value == pytest.approx(4 - 3)
    assert (told.delta.value, told.g) == (0, 0)


@settings(max_examples=20)
@given(
    st.lists(st.integers(1, 5), min_size=5, max_size=20), st.lists(st.integers(1, 5), min_size=5, max_size=20)
)
def test_exchanging_the_groups_turns_the_sign(first: list[int], second: list[int]) -> None:
    one, other = difference(first, second, "k"), difference(second, first, "k")
    assert one.mean.value == pytest.approx(-(other.mean.value or 0))
    assert one.p == pytest.approx(other.p)
    assert (one.g is None) == (other.g is None)


def test_by_chance_a_difference_is_found_no_more_often_than_once_in_twenty() -> None:
    random = np.random.default_rng(12)
    found = sum(
        (difference(random.integers(1, 6, 20), random.integers(1, 6, 25), str(number)).p or 0) < 0.05
        for number in range(150)
    )
    assert found <= 150 * 0.1
