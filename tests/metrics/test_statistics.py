import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.intervals import shrunken, wilson
from metrics.survival import kaplan_meier


@pytest.mark.parametrize(
    ("affirming", "total", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17, table I, and ten of twenty.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (10, 20, 0.2993, 0.7007),
    ],
)
def test_wilson_agrees_with_the_published_intervals(
    affirming: int, total: int, low: float, high: float
) -> None:
    assert tuple(round(end, 4) for end in wilson(affirming, total)) == (low, high)


@given(total=st.integers(1, 5000), data=st.data())
def test_wilson_holds_the_share_stays_in_bounds_and_mirrors(total: int, data: st.DataObject) -> None:
    affirming = data.draw(st.integers(0, total))
    low, high = wilson(affirming, total)
    assert 0 <= low <= affirming / total <= high <= 1
    assert low < high
    mirrored = wilson(total - affirming, total)
    assert math.isclose(1 - high, mirrored[0], abs_tol=1e-12)
    assert math.isclose(1 - low, mirrored[1], abs_tol=1e-12)


@pytest.mark.parametrize(("affirming", "total"), [(1, 0), (0, 0), (-1, 5), (6, 5)])
def test_what_is_no_share_has_no_interval(affirming: int, total: int) -> None:
    with pytest.raises(ValueError, match="is not a share"):
        wilson(affirming, total)


def test_a_small_room_is_drawn_towards_the_others() -> None:
    assert round(shrunken(4, 8, prior_mean=0.27, prior_weight=50), 6) == 0.301724
    with pytest.raises(ValueError, match="shrunken"):
        shrunken(9, 8, 0.27, 50)


MERCAPTOPURINE = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
REMISSION_ENDED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def test_survival_agrees_with_the_published_leukaemia_trial() -> None:
    # Freireich et al. 1963, the arm treated with 6-mercaptopurine.
    estimate = kaplan_meier(MERCAPTOPURINE, [bool(ended) for ended in REMISSION_ENDED])
    published = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert {int(time): round(estimate.after(time), 3) for time in estimate.times} == published
    assert estimate.after(5.9) == 1
    assert estimate.after(40) == estimate.after(23)
    assert estimate.median == 23


def test_weights_stand_for_equal_observations() -> None:
    weighted = kaplan_meier([6, 6, 7], [True, False, True], [3, 1, 2])
    spelled = kaplan_meier([6, 6, 6, 6, 7, 7], [True, True, True, False, True, True])
    assert list(weighted.survival) == list(spelled.survival)


def test_a_half_is_reached_in_spite_of_rounding() -> None:
    # 2/3 · 3/4 of six and four at risk is a half, which floats may miss.
    assert kaplan_meier([1, 1, 2, 3, 3, 3], [True, True, True, False, False, False]).median == 2


def test_nothing_observed_has_no_median() -> None:
    assert kaplan_meier([], []).median is None
    assert kaplan_meier([5, 6], [False, False]).median is None


def test_wrong_observations_are_refused() -> None:
    with pytest.raises(ValueError, match="length"):
        kaplan_meier([1], [])
    with pytest.raises(ValueError, match="negative"):
        kaplan_meier([-1], [True])


@given(st.lists(st.integers(0, 50), min_size=1))
def test_without_censoring_survival_is_the_share_still_waiting(durations: list[int]) -> None:
    estimate = kaplan_meier(durations, [True] * len(durations))
    for time in range(51):
        waiting = sum(1 for duration in durations if duration > time) / len(durations)
        assert math.isclose(estimate.after(time), waiting, abs_tol=1e-9)


def test_greenwoods_errors_and_the_interval_of_the_median_agree_with_the_published_leukaemia_trial() -> None:
    # KA-36; standard errors of the share as in Kleinbaum and Klein, limits of the median as R's survfit gives them (16, none).
    estimate = kaplan_meier(MERCAPTOPURINE, [bool(ended) for ended in REMISSION_ENDED])
    errors = [round(float(error), 4) for error in estimate.survival * estimate.errors]
    assert errors == [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    assert estimate.median == 23
    assert estimate.median_interval() == (16, None)


def test_the_median_of_the_answered_alone_is_too_low() -> None:
    # KA-37 in its point: who only looks at those for whom it happened finds them faster than they were.
    ended = [time for time, over in zip(MERCAPTOPURINE, REMISSION_ENDED, strict=True) if over]
    assert sorted(ended)[len(ended) // 2] == 10
    assert kaplan_meier(MERCAPTOPURINE, [bool(over) for over in REMISSION_ENDED]).median == 23


def test_where_everybody_was_answered_the_interval_has_two_ends() -> None:
    estimate = kaplan_meier(range(1, 21), [True] * 20)
    low, high = estimate.median_interval()
    assert low is not None
    assert high is not None
    assert low < (estimate.median or 0) < high
