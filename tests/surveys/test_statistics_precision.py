"""Margins, weighted shares, answers needed; response rates and what those who did not answer could change."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from metrics.intervals import wilson
from service.errors import Invalid
from service.statistics.estimate import Reason
from service.statistics.nonresponse import Returns, altogether, mean_bounds, share_bounds
from service.statistics.precision import (
    answers_needed,
    finite_correction,
    margin_of_error,
    share_interval,
    weighted_share,
)

SHARES = st.floats(0, 1)


def test_the_answers_needed_are_those_of_the_published_table() -> None:
    # KA-29: Krejcie and Morgan 1970.
    table = {10: 10, 50: 44, 100: 80, 200: 132, 500: 217, 1000: 278, 5000: 357, 10_000: 370, 1_000_000: 384}
    assert {population: answers_needed(population) for population in table} == table
    assert answers_needed(1) == 1


@given(st.integers(30, 100_000))
def test_as_many_answers_as_needed_give_the_margin(population: int) -> None:
    # Rounding to whole answers may miss it by half an answer.
    needed = answers_needed(population, margin=0.05)
    assert margin_of_error(0.5, max(1, needed - 1), population) > 0.05
    assert margin_of_error(0.5, min(population, needed + 1), population) <= 0.05


def test_a_finite_population_shrinks_the_error() -> None:
    assert finite_correction(100, 400) == pytest.approx(math.sqrt(300 / 399))
    assert finite_correction(400, 400) == 0
    assert finite_correction(1, 400) == 1
    assert finite_correction(1, 1) == 0
    assert margin_of_error(0.5, 384) == pytest.approx(0.05, abs=5e-5)
    assert margin_of_error(0.5, 100, 400) == pytest.approx(1.959964 * 0.05 * math.sqrt(300 / 399), rel=1e-6)
    with pytest.raises(Invalid, match="not more than there are"):
        finite_correction(5, 4)


@pytest.mark.parametrize(
    ("affirming", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718), (10, 20, 0.2993, 0.7007)],
)  # fmt: skip
def test_shares_have_the_published_intervals(affirming: int, total: int, low: float, high: float) -> None:
    # KA-28: Newcombe 1998.
    told = share_interval(affirming / total, total)
    assert (round(told[0], 4), round(told[1], 4)) == (low, high)


@given(st.integers(1, 5000), st.data())
def test_whole_counts_have_the_interval_of_the_metrics(total: int, data: st.DataObject) -> None:
    affirming = data.draw(st.integers(0, total))
    np.testing.assert_allclose(share_interval(affirming / total, total), wilson(affirming, total), atol=1e-12)


@given(st.floats(0.01, 0.99), st.floats(1, 900), st.integers(1000, 5000))
def test_the_ends_are_shares_the_observed_one_just_does_not_contradict(
    share: float, answered: float, population: int
) -> None:
    """Solved by search instead of by formula: |p - share| = z · finite correction · √(p(1-p)/n)."""
    correction = math.sqrt((population - answered) / (population - 1))

    def contradiction(p: float) -> float:
        return abs(p - share) - 1.959963984540054 * correction * math.sqrt(p * (1 - p) / answered)

    low, high = share_interval(share, answered, population)
    assert low == pytest.approx(brentq(contradiction, 0, share), abs=1e-7)
    assert high == pytest.approx(brentq(contradiction, share, 1), abs=1e-7)


@given(SHARES, st.floats(1, 900), st.integers(1000, 5000))
def test_an_interval_holds_the_share_mirrors_and_narrows_where_the_population_is_finite(
    share: float, answered: float, population: int
) -> None:
    low, high = share_interval(share, answered)
    assert 0 <= low <= share <= high <= 1
    mirrored = share_interval(1 - share, answered)
    np.testing.assert_allclose(mirrored, (1 - high, 1 - low), atol=1e-9)
    closer = share_interval(share, answered, population)
    assert closer[1] - closer[0] <= high - low + 1e-12


def test_who_asked_everybody_knows() -> None:
    assert share_interval(0.4, 50, 50) == (0.4, 0.4)


@pytest.mark.parametrize(
    ("share", "answered", "confidence", "match"),
    [(1.2, 5, 0.95, "is no share"), (0.5, 0, 0.95, "at least one"), (0.5, math.inf, 0.95, "at least one"),
     (0.5, 5, 1, "such as 0.95"), (math.nan, 5, 0.95, "is no share")],
)  # fmt: skip
def test_what_is_no_share_has_no_margin(share: float, answered: float, confidence: float, match: str) -> None:
    with pytest.raises(Invalid, match=match):
        margin_of_error(share, answered, confidence=confidence)
    with pytest.raises(Invalid, match=match):
        share_interval(share, answered, confidence=confidence)


def test_weights_count_as_fewer_answers() -> None:
    # Weights 1, 1, 2: effective size 16/6; three of four parts affirm.
    told = weighted_share([1, 0, 1], [1, 1, 2])
    assert told.value == 0.75
    assert told.n == 3
    assert (told.low, told.high) == share_interval(0.75, 16 / 6)
    # Of ten people three answered, whatever they weigh: 7/9 of the variance is left.
    finite = weighted_share([1, 0, 1], [1, 1, 2], population=10)
    assert (finite.low, finite.high) == pytest.approx(share_interval(0.75, 16 / 6 * 9 / 7))
    everybody = weighted_share([1, 0, 1], [1, 1, 2], population=3)
    assert (everybody.low, everybody.high) == (0.75, 0.75)
    plain = weighted_share([1, 1, 0, None, 0])
    assert (plain.value, plain.n) == (0.5, 4)
    np.testing.assert_allclose((plain.low, plain.high), wilson(2, 4))
    assert weighted_share([None]).reason is Reason.TOO_FEW_PEOPLE
    with pytest.raises(Invalid, match="1 for those who affirmed"):
        weighted_share([0.5])
    with pytest.raises(Invalid, match="3 answers of 2 people"):
        weighted_share([1, 0, 1], population=2)


@pytest.mark.parametrize(("population", "margin"), [(0, 0.05), (10, 0), (10, math.nan)])
def test_answers_needed_wants_people_and_a_margin(population: int, margin: float) -> None:
    with pytest.raises(Invalid, match="at least one person and a margin above 0"):
        answers_needed(population, margin)


def test_the_four_response_rates_are_those_of_the_standard() -> None:
    # Of 100 invited 10 had left, 5 could not be reached; 60 answered, 8 more in part.
    returns = Returns(100, complete=60, partial=8, undelivered=5, not_eligible=10)
    assert returns.rr1 == 60 / 90
    assert returns.rr2 == 68 / 90
    assert returns.rr5 == 60 / 85
    assert returns.rr6 == 68 / 85


def test_without_anybody_to_answer_there_is_no_rate() -> None:
    assert Returns(0, 0).rr1 is None
    assert Returns(5, 0, undelivered=5).rr5 is None
    assert Returns(5, 0, undelivered=5).rr1 == 0


def test_the_rate_of_all_is_not_the_mean_of_rates() -> None:
    units = {"sales": Returns(10, 9, undelivered=1), "plant": Returns(190, 41, partial=2, not_eligible=1)}
    assert altogether(units) == Returns(200, 50, 2, 1, 1)
    assert altogether(units).rr1 == 50 / 199


@pytest.mark.parametrize(
    "parts",
    [{"complete": 6}, {"complete": 3, "partial": 3}, {"complete": -1}, {"complete": 5, "not_eligible": 1}],
)
def test_more_answers_than_people_are_refused(parts: dict[str, int]) -> None:
    with pytest.raises(Invalid, match="more than were invited, or below 0"):
        Returns(5, **parts)


def test_those_who_did_not_answer_could_change_that_much() -> None:
    # 70 % of a half: between 35 % and 85 % of all.
    assert share_bounds(0.7, 0.5) == pytest.approx((0.35, 0.85))
    assert mean_bounds(4, 0.5) == pytest.approx((2.5, 4.5))
    assert share_bounds(0.7, 1) == (0.7, 0.7)
    assert share_bounds(0.7, 0) == (0, 1)
    for share, rate in [(1.1, 0.5), (0.5, 1.1), (0.5, math.nan)]:
        with pytest.raises(Invalid):
            share_bounds(share, rate)
    with pytest.raises(Invalid, match="on a scale from 1 to 5"):
        mean_bounds(5.5, 0.5)


@given(st.lists(st.booleans(), min_size=1, max_size=30), st.lists(st.booleans(), max_size=30))
def test_the_bounds_hold_whatever_the_silent_think(told: list[bool], silent: list[bool]) -> None:
    everybody = len(told) + len(silent)
    low, high = share_bounds(sum(told) / len(told), len(told) / everybody)
    assert low - 1e-9 <= (sum(told) + sum(silent)) / everybody <= high + 1e-9
    assert low == pytest.approx(sum(told) / everybody)
    assert high == pytest.approx((sum(told) + len(silent)) / everybody)
