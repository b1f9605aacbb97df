"""Do those who judge documents agree? Krippendorff's alpha."""

import math
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import Invalid
from service.statistics.assessors import Scale, krippendorff
from service.statistics.estimate import Reason

# Krippendorff 2011, Computing Krippendorff's alpha-reliability, C: four observers, twelve units.
PUBLISHED = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]


@pytest.mark.parametrize(
    ("scale", "alpha"),
    [(Scale.NOMINAL, 0.743), (Scale.ORDINAL, 0.815), (Scale.INTERVAL, 0.849), (Scale.RATIO, 0.797)],
)
def test_alpha_is_the_published_one(scale: Scale, alpha: float) -> None:
    # KA-27.
    told = krippendorff(PUBLISHED, scale, "published")
    assert told.value == pytest.approx(alpha, abs=5e-4)
    # The last unit was judged once and tells nothing.
    assert told.n == 11
    assert told.low is not None
    assert told.high is not None
    assert told.value is not None
    assert told.low < told.value < told.high <= 1


def test_two_assessors_agree_as_counted_by_hand() -> None:
    # Krippendorff 2011, A: two observers, binary, alpha 0.095.
    first = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    second = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    # Observed: 4 of 10 differ. Expected: 2 · 14 · 6 / (20 · 19).
    assert krippendorff([first, second], Scale.NOMINAL).value == pytest.approx(1 - 0.4 / (2 * 14 * 6 / 380))
    assert krippendorff([first, second], Scale.NOMINAL).value == pytest.approx(0.095, abs=5e-4)


def naive(ratings: list[list[int | None]], scale: Scale) -> float | None:
    """Pair by pair: mean squared difference within documents by that between any two judgements."""
    documents = [[one for one in column if one is not None] for column in zip(*ratings, strict=True)]
    documents = [column for column in documents if len(column) > 1]
    everything = [one for column in documents for one in column]

    def apart(a: int, b: int) -> float:
        if scale is Scale.NOMINAL:
            return float(a != b)
        if scale is Scale.RATIO:
            return ((a - b) / (a + b)) ** 2 if a + b else 0.0
        if scale is Scale.INTERVAL:
            return float((a - b) ** 2)
        low, high = min(a, b), max(a, b)
        between = sum(low <= one <= high for one in everything)
        return (between - (everything.count(a) + everything.count(b)) / 2) ** 2 if a != b else 0.0

    total = len(everything)
    within = sum(
        sum(apart(a, b) for a, b in permutations(column, 2)) / (len(column) - 1) for column in documents
    )
    between = sum(2 * apart(a, b) for a, b in combinations(everything, 2))
    if between == 0:
        return None
    return 1 - (within / total) / (between / (total * (total - 1)))


RATINGS = st.integers(2, 4).flatmap(
    lambda documents: st.lists(
        st.lists(st.one_of(st.none(), st.integers(0, 4)), min_size=documents, max_size=documents),
        min_size=2,
        max_size=4,
    )
)


@given(RATINGS, st.sampled_from(Scale))
def test_alpha_agrees_with_comparing_pair_by_pair(ratings: list[list[int | None]], scale: Scale) -> None:
    told = krippendorff(ratings, scale)
    expected = naive(ratings, scale)
    if expected is None:
        assert told.value is None
        assert told.reason in {Reason.NO_SPREAD, Reason.TOO_FEW_UNITS}
    else:
        assert told.value == pytest.approx(expected, abs=1e-9)


@given(RATINGS, st.permutations(range(5)))
def test_names_and_order_do_not_matter(ratings: list[list[int | None]], names: list[int]) -> None:
    def value(table: list[list[int | None]], scale: Scale) -> float:
        told = krippendorff(table, scale).value
        return math.nan if told is None else told

    renamed = [[None if one is None else names[one] for one in row] for row in ratings]
    np.testing.assert_allclose(value(renamed, Scale.NOMINAL), value(ratings, Scale.NOMINAL), atol=1e-9)
    mixed = [row[::-1] for row in ratings[::-1]]
    turned = [[None if one is None else 4 - one for one in row] for row in ratings]
    cubed = [[None if one is None else one**3 for one in row] for row in ratings]
    stretched = [[None if one is None else 3 * one + 7 for one in row] for row in ratings]
    for scale in Scale:
        np.testing.assert_allclose(value(mixed, scale), value(ratings, scale), atol=1e-9)
    np.testing.assert_allclose(value(turned, Scale.ORDINAL), value(ratings, Scale.ORDINAL), atol=1e-9)
    np.testing.assert_allclose(value(cubed, Scale.ORDINAL), value(ratings, Scale.ORDINAL), atol=1e-9)
    np.testing.assert_allclose(value(stretched, Scale.INTERVAL), value(ratings, Scale.INTERVAL), atol=1e-9)


def test_those_who_always_agree_agree_fully() -> None:
    told = krippendorff([[1, 2, 3, 4, 5, 1], [1, 2, 3, 4, 5, 1]], Scale.ORDINAL, "k")
    assert told.value == 1
    # Every draw is 1 as well.
    assert (told.low, told.high) == (1, 1)


def test_what_tells_nothing_of_agreement_has_its_reason() -> None:
    assert krippendorff([[1, None], [None, 2]], Scale.ORDINAL).reason is Reason.TOO_FEW_UNITS
    assert krippendorff([[3, 3], [3, 3]], Scale.ORDINAL).reason is Reason.NO_SPREAD
    few = krippendorff([[1, 2, 3], [1, 2, 4]], Scale.ORDINAL)
    assert few.value is not None
    assert (few.low, few.reason) == (None, Reason.TOO_FEW_UNITS)
    five = krippendorff([[1, 2, 3, 4, 5], [1, 2, 4, 4, 3]], Scale.ORDINAL, "k")
    assert five.low is not None
    # One odd judgement among equal ones: many draws leave it out, and then nothing varies.
    odd = krippendorff([[3] * 8, [3] * 7 + [4]], Scale.INTERVAL, "k")
    assert odd.value is not None
    assert (odd.low, odd.reason) == (None, Reason.NO_SPREAD)
    with pytest.raises(Invalid, match="agreement needs two"):
        krippendorff([[1, 2]], Scale.NOMINAL)
    with pytest.raises(Invalid, match="no numbers below 0"):
        krippendorff([[1, -2], [1, 2]], Scale.RATIO)


@settings(max_examples=10)
@given(st.integers(0, 1000))
def test_documents_drawn_one_by_one_give_the_same_interval(seed: int) -> None:
    random = np.random.default_rng(seed)
    truth = random.integers(1, 6, 30)
    ratings = np.clip(truth + random.integers(-1, 2, (2, 30)), 1, 5).astype(float)
    told = krippendorff(ratings, Scale.INTERVAL, "k")
    slowly = []
    for _ in range(400):
        drawn = ratings[:, random.integers(0, 30, 30)]
        mean_within = ((drawn[0] - drawn[1]) ** 2).mean()
        slowly.append(1 - mean_within / (2 * drawn.var() * 60 / 59))
    low, high = np.quantile(slowly, (0.025, 0.975))
    assert told.low == pytest.approx(low, abs=0.08)
    assert told.high == pytest.approx(high, abs=0.08)
    assert told == krippendorff(ratings, Scale.INTERVAL, "k")
