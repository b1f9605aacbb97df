"""Intervals and draws by resampling people."""

import time
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.resampling import RESAMPLES
from service.errors import Invalid
from service.statistics import bootstrap
from service.statistics.bootstrap import (
    generator,
    interval,
    mean,
    mean_draws,
    weighted_mean,
    weighted_rows,
)
from service.statistics.estimate import Floats, Reason


def ends(estimate: bootstrap.Estimate) -> tuple[float, float]:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low, estimate.high


def skewed(people: int, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).exponential(1.0, people)


def textbook(values: Floats, key: str) -> tuple[float, float]:
    """BCa as in Efron and Tibshirani 1993, chapter 14, value by value."""
    normal = NormalDist()
    chosen = generator(key).integers(0, len(values), (RESAMPLES, len(values)))
    draws = sorted(float(values[row].mean()) for row in chosen)
    observed = float(values.mean())
    below = sum(draw < observed for draw in draws) + sum(draw == observed for draw in draws) / 2
    bias = normal.inv_cdf(below / RESAMPLES)
    without = [float(np.delete(values, person).mean()) for person in range(len(values))]
    apart = [np.mean(without) - one for one in without]
    acceleration = sum(one**3 for one in apart) / (6 * sum(one**2 for one in apart) ** 1.5)

    def end(tail: float) -> float:
        z = bias + normal.inv_cdf(tail)
        return float(np.percentile(draws, 100 * normal.cdf(bias + z / (1 - acceleration * z))))

    return end(0.025), end(0.975)


@pytest.mark.parametrize("people", [8, 30, 120])
def test_the_interval_is_the_corrected_one_of_the_textbook(people: int) -> None:
    values = skewed(people)
    assert ends(mean(values, "key")) == pytest.approx(textbook(values, "key"), rel=1e-9)


def test_the_correction_follows_the_skewness() -> None:
    values = skewed(40)
    low, high = ends(mean(values, "key"))
    middle = float(values.mean())
    # A long right tail: the mean may be further above than below.
    assert high - middle > middle - low


def test_beyond_a_thousand_people_the_correction_is_below_what_is_shown() -> None:
    values = np.clip(np.round(3 + np.random.default_rng(2).normal(size=1001)), 1, 5)
    corrected, plain = ends(mean(values[:1000], "key")), ends(mean(values, "key"))
    assert corrected == pytest.approx(plain, abs=0.01)


def test_intervals_hold_their_confidence() -> None:
    random = np.random.default_rng(8)
    truth = float(np.arange(1, 6) @ [0.05, 0.15, 0.20, 0.35, 0.25])
    held = 0
    for number in range(300):
        low, high = ends(
            mean(random.choice([1, 2, 3, 4, 5], 40, p=[0.05, 0.15, 0.20, 0.35, 0.25]), str(number))
        )
        held += low <= truth <= high
    assert 0.91 <= held / 300 <= 0.985


def test_the_same_key_draws_the_same_people_and_another_key_others() -> None:
    values = skewed(50)
    assert mean(values, "2026", "culture") == mean(values, "2026", "culture")
    assert mean(values, "2026", "culture") != mean(values, "2027", "culture")
    # Parts of a key do not run into each other.
    assert mean(values, "a", "bc") != mean(values, "ab", "c")


def test_what_can_not_be_drawn_has_its_reason() -> None:
    assert mean([], "k").reason is Reason.TOO_FEW_PEOPLE
    few = mean([1, 2, 3, None], "k")
    assert (few.value, few.low, few.n, few.reason) == (2, None, 3, Reason.TOO_FEW_PEOPLE)
    assert mean([1, 2, 3, 4], "k").low is None
    assert mean([1, 2, 3, 4, 5], "k").low is not None
    same = mean([4.1] * 20, "k")
    assert (same.value, same.low, same.reason) == (pytest.approx(4.1), None, Reason.NO_SPREAD)


def test_missing_values_do_not_count_nor_their_weights() -> None:
    told = mean([1, None, 2, 3, 4, 5], "k", weights=[1, None, 1, 1, 1, 1])
    assert told == mean([1, 2, 3, 4, 5], "k")
    assert told.n == 5


def test_weights_move_the_mean_and_the_interval() -> None:
    values = [1, 1, 1, 5, 5, 5, 3, 3]
    told = mean(values, "k", weights=[1, 1, 1, 3, 3, 3, 1, 1])
    assert told.value == pytest.approx((3 + 45 + 6) / 14)
    low, high = ends(told)
    assert low < told.value < high
    assert mean(values, "k", weights=[2.0] * 8).value == pytest.approx(3)


@pytest.mark.parametrize(
    ("weights", "match"),
    [([1], "values and weights: 2 and 1"), ([1, -1], "above 0 for everybody"), ([1, None], "above 0"), ([1, 0], "leave out who")],
)  # fmt: skip
def test_weights_that_do_not_fit_are_refused(weights: list[float | None], match: str) -> None:
    with pytest.raises(Invalid, match=match):
        weighted_rows([1, 2], weights)


@settings(max_examples=25)
@given(st.lists(st.integers(1, 5), min_size=5, max_size=40), st.floats(0.1, 9), st.floats(-9, 9))
def test_another_unit_gives_the_same_interval_in_that_unit(
    values: list[int], factor: float, shift: float
) -> None:
    plain, moved = mean(values, "k"), mean([value * factor + shift for value in values], "k")
    assert moved.value == pytest.approx((plain.value or 0) * factor + shift)
    assert (plain.low is None) == (moved.low is None)
    if plain.low is not None and plain.high is not None:
        assert min(values) <= plain.low <= plain.high <= max(values)
        # Draws at the very end of an interval may change places by rounding.
        step = factor * 4 / len(values)
        assert ends(moved) == pytest.approx(
            (plain.low * factor + shift, plain.high * factor + shift), abs=step
        )


def test_two_samples_are_drawn_apart() -> None:
    first, second = weighted_rows([1, 2, 3, 4, 5] * 4), weighted_rows([2, 3, 4, 5, 6] * 4)

    def apart(one: Floats, other: Floats) -> Floats:
        return weighted_mean(other) - weighted_mean(one)

    found = interval([first, second], apart, "k")
    assert found is not None
    # Twice the variance of one mean: 2 / 20 each.
    assert found[1] - found[0] == pytest.approx(2 * 1.96 * np.sqrt(2 * 2 / 20), rel=0.1)
    assert found[0] < 1 < found[1]


def test_a_statistic_that_fails_in_a_draw_has_no_interval() -> None:
    def share_of_first(rows: Floats) -> Floats:
        return np.asarray(rows[..., 0].sum(axis=-1) / rows[..., 1].sum(axis=-1))

    # Whoever draws the first four alone divides by zero.
    assert interval([np.array([[1.0, 0], [2, 0], [3, 0], [4, 0], [5, 1]])], share_of_first, "k") is None


def test_a_statistic_at_the_end_of_its_draws_has_the_plain_interval() -> None:
    def largest(rows: Floats) -> Floats:
        return np.asarray(rows[..., 0].max(axis=-1))

    found = interval([np.arange(20.0)[:, None]], largest, "k")
    assert found is not None
    assert found[1] == 19


def test_draws_of_means_are_those_of_people_drawn_one_by_one() -> None:
    answers = np.random.default_rng(3).integers(1, 6, (60, 2)).astype(float)
    answers[:7, 1] = np.nan
    weights = np.random.default_rng(4).uniform(0.5, 2, 60)
    draws = mean_draws(answers, "k", weights=weights, draws=4000)
    random, slowly = np.random.default_rng(5), []
    for _ in range(4000):
        who = random.integers(0, 60, 60)
        has = ~np.isnan(answers[who])
        held = weights[who][:, None] * has
        slowly.append((np.nan_to_num(answers[who]) * held).sum(axis=0) / held.sum(axis=0))
    assert draws.shape == (4000, 2)
    np.testing.assert_allclose(draws.mean(axis=0), np.mean(slowly, axis=0), atol=0.02)
    np.testing.assert_allclose(draws.std(axis=0), np.std(slowly, axis=0), rtol=0.06)


def test_items_that_go_together_stay_together() -> None:
    item = np.random.default_rng(6).integers(1, 6, 80).astype(float)
    draws = mean_draws(np.column_stack([item, item, 6 - item]), "k")
    np.testing.assert_allclose(draws[:, 0], draws[:, 1])
    np.testing.assert_allclose(draws[:, 0], 6 - draws[:, 2])


def test_a_column_nobody_drawn_answered_has_no_mean() -> None:
    answers = [[1, None], [2, None], [3, 5], [4, None], [5, None]]
    draws = mean_draws(answers, "k")
    assert not np.isnan(draws[:, 0]).any()
    missed = np.isnan(draws[:, 1]).mean()
    assert missed == pytest.approx(0.8**5, abs=0.06)
    assert set(draws[~np.isnan(draws[:, 1]), 1]) == {5}
    with pytest.raises(Invalid, match="nobody answered"):
        mean_draws(np.empty((0, 2)), "k")


def test_many_people_are_drawn_quickly() -> None:
    """A thousand draws of 20,000 people with five items, in well under the time somebody waits for a page."""
    answers = np.random.default_rng(7).integers(1, 6, (20_000, 5))
    begin = time.process_time()
    assert mean_draws(answers, "k").shape == (RESAMPLES, 5)
    assert time.process_time() - begin < 5
