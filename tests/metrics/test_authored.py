"""Intervals that draw authors again with all their posts."""

import numpy as np
import pytest

from metrics.authored import rate_cell, ratio_cell
from metrics.depth import median_cell, ninetieth_cell
from metrics.intervals import wilson
from metrics.metric import Cell, Row


def rows(*kinds: tuple[int, int, int], window: str = "days28") -> list[Row]:
    """(part, whole, how many authors)"""
    names = ("part", "whole", "persons")
    place = {"window": window, "excluded": 0, "reason": None}
    return [{**dict(zip(names, kind, strict=True)), **place} for kind in kinds]


def width(cell: Cell) -> float:
    assert cell.low is not None
    assert cell.high is not None
    return cell.high - cell.low


def test_sums_are_added_over_authors() -> None:
    cell = rate_cell(rows((1, 2, 3), (0, 4, 1)))
    assert (cell.numerator, cell.denominator, cell.people, cell.affirming, cell.largest) == (3, 10, 4, 3, 4)


def test_with_one_post_each_the_interval_is_that_of_a_plain_share() -> None:
    cell = rate_cell(rows((1, 1, 60), (0, 1, 140)))
    assert (cell.low, cell.high) == pytest.approx(wilson(60, 200), abs=0.01)


def test_posts_that_are_alike_because_of_their_author_tell_less() -> None:
    alike = rate_cell(rows((5, 5, 20), (0, 5, 20)))
    mixed = rate_cell(rows((2, 5, 20), (3, 5, 20)))
    assert alike.numerator == mixed.numerator
    # All of an author's posts answered or none: 40 authors, not 200 posts.
    assert width(alike) == pytest.approx(width(rate_cell(rows((1, 1, 20), (0, 1, 20)))), abs=0.02)
    assert width(alike) > 3 * width(mixed)


def test_the_same_people_always_give_the_same_interval() -> None:
    assert rate_cell(rows((1, 3, 9), (2, 3, 9))) == rate_cell(rows((2, 3, 9), (1, 3, 9)))


def test_where_all_or_none_are_answered_it_may_still_be_otherwise() -> None:
    none, every = rate_cell(rows((0, 3, 20))), rate_cell(rows((3, 3, 20)))
    assert (none.low, none.high) == pytest.approx(wilson(0, 20))
    assert (every.low, every.high) == pytest.approx(wilson(20, 20))


def test_a_single_week_and_a_ratio_of_nothing_have_no_interval() -> None:
    assert rate_cell(rows((1, 3, 9), (2, 3, 9), window="week")).low is None
    assert ratio_cell(rows((0, 3, 9))).high is None


def test_about_95_of_100_intervals_hold_the_true_rate_though_authors_differ() -> None:
    random = np.random.default_rng(7)
    held = naive = 0
    runs = 300
    for _ in range(runs):
        whole = random.integers(1, 12, 80)
        part = random.binomial(whole, random.beta(1.0, 2.0, 80))  # 1/3 in the mean
        kinds: dict[tuple[int, int], int] = {}
        for pair in zip(part.tolist(), whole.tolist(), strict=True):
            kinds[pair] = kinds.get(pair, 0) + 1
        cell = rate_cell(rows(*((*pair, number) for pair, number in kinds.items())))
        assert cell.low is not None
        assert cell.high is not None
        held += cell.low <= 1 / 3 <= cell.high
        low, high = wilson(int(part.sum()), int(whole.sum()))
        naive += low <= 1 / 3 <= high
    # Three standard errors of the simulation are 3.8 %, and the percentile interval of 80 clusters falls a little short.
    assert 0.90 <= held / runs <= 0.99
    assert naive / runs < 0.85


def posts(*made: tuple[int, int, int]) -> list[Row]:
    """(author, value, how many posts)"""
    names = ("author", "value", "equal")
    people = len({author for author, _, _ in made})
    place = {"people": people, "affirming": people, "excluded": 0, "reason": None}
    return [{**dict(zip(names, one, strict=True)), **place} for one in made]


@pytest.mark.parametrize(
    ("values", "median", "ninetieth"),
    [
        ([3], 3, 3),
        ([1, 4], 2.5, 4),
        ([1, 1, 1, 5, 9], 1, 9),
        (list(range(1, 11)), 5.5, 9),
        ([0] * 9 + [100], 0, 0),
        ([0] * 9 + [100, 100], 0, 100),
    ],
)
def test_median_and_90th_percentile_by_hand(values: list[int], median: float, ninetieth: int) -> None:
    made = posts(*((author, value, 1) for author, value in enumerate(values)))
    for cell, expected in ((median_cell(made), median), (ninetieth_cell(made), ninetieth)):
        assert cell.numerator is not None
        assert cell.denominator is not None
        assert cell.numerator / cell.denominator == expected
        assert cell.low is not None
        assert cell.high is not None
        assert min(values) <= cell.low <= expected <= cell.high <= max(values)
        assert cell.people == len(values)


def test_one_author_of_most_posts_stands_for_the_median() -> None:
    cell = median_cell(posts((1, 2, 7), (2, 5, 2), (3, 1, 1)))
    assert cell.largest is not None
    assert cell.denominator is not None
    assert cell.largest / cell.denominator == 0.7


def test_the_interval_of_a_median_of_single_posts_is_near_that_of_order_statistics() -> None:
    made = posts(*((author, author, 1) for author in range(101)))
    cell = median_cell(made)
    # The binomial interval of the median of 101 values: the 41st and the 61st.
    assert cell.low == pytest.approx(40, abs=2)
    assert cell.high == pytest.approx(60, abs=2)
