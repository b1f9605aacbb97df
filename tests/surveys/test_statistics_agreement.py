"""Within units and between them: r_wg, ICC, and when units may be compared."""

from itertools import product
from statistics import mean, variance

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from service.errors import Invalid
from service.statistics.agreement import Null, Reading, agreement, null_variance
from service.statistics.estimate import Reason
from service.statistics.units import Comparison, UnitVariance, unit_variance

# Shrout and Fleiss 1979, table 2: six targets, four judges.
SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


def column(*points: float | None) -> list[list[float | None]]:
    return [[point] for point in points]


@pytest.mark.parametrize(
    ("points", "ratio", "value"),
    [((3, 3, 4, 4, 4), 0.85, 0.85), ((1, 2, 3, 4, 5), -0.25, 0), ((1, 1, 5, 5), -1.6667, 0)],
)
def test_r_wg_agrees_with_the_formula_by_hand(points: tuple[float, ...], ratio: float, value: float) -> None:
    # KA-24: James, Demaree and Wolf 1984, five points, variance of the null 2.
    told = agreement(column(*points), Null.UNIFORM)
    assert told.ratio == pytest.approx(ratio, abs=5e-5)
    assert told.value == pytest.approx(value)
    assert told.polarised == (ratio < 0)
    assert told.null is Null.UNIFORM


def test_nulls_have_the_published_variances() -> None:
    # James, Demaree and Wolf 1984: 2 for five points, 4 for seven. LeBreton and Senter 2008: 1.34 for a slight skew.
    assert null_variance(Null.UNIFORM) == 2
    assert null_variance(Null.UNIFORM, 7) == 4
    assert null_variance(Null.SLIGHT_SKEW) == pytest.approx(1.34)
    with pytest.raises(Invalid, match="stated for five points, not for 7"):
        null_variance(Null.SLIGHT_SKEW, 7)
    with pytest.raises(Invalid, match="at least 2"):
        null_variance(Null.UNIFORM, 1)


def test_people_who_answer_by_chance_do_not_agree_on_average() -> None:
    ratios = [agreement(column(*pair), Null.UNIFORM).ratio for pair in product(range(1, 6), repeat=3)]
    assert mean(ratio for ratio in ratios if ratio is not None) == pytest.approx(0)


def test_several_items_are_taken_together() -> None:
    # Variances 0.3 and 0.5: mean 0.4, ratio 0.8, and 2·0.8 / (2·0.8 + 0.2).
    told = agreement([[3, 1], [3, 2], [4, 2], [4, 2], [4, 3]], Null.UNIFORM)
    assert told.ratio == pytest.approx(0.8)
    assert told.value == pytest.approx(1.6 / 1.8)
    # With one item it is r_wg itself; with more items the same agreement looks larger.
    single = agreement(column(3, 3, 4, 4, 4), Null.UNIFORM)
    many = agreement([[point] * 5 for point in (3, 3, 4, 4, 4)], Null.UNIFORM)
    assert single.value == single.ratio == many.ratio
    assert many.value is not None
    assert many.value > 0.85


def test_a_stricter_null_tells_less_agreement() -> None:
    points = column(3, 3, 4, 4, 4)
    strict = agreement(points, Null.SLIGHT_SKEW)
    assert strict.value == pytest.approx(1 - 0.3 / 1.34)
    assert strict.value < (agreement(points, Null.UNIFORM).value or 0)


def test_agreement_is_not_told_of_one_person() -> None:
    for points in (column(4), column(4, None), [[3, None], [4, None]]):
        told = agreement(points, Null.UNIFORM)
        assert (told.value, told.reading, told.reason) == (None, None, Reason.TOO_FEW_PEOPLE)
    assert agreement(np.empty((0, 1)), Null.UNIFORM).reason is Reason.TOO_FEW_PEOPLE
    assert agreement(np.empty((3, 0)), Null.UNIFORM).reason is Reason.TOO_FEW_ITEMS
    with pytest.raises(Invalid, match="from 1 to 5"):
        agreement(column(0, 3), Null.UNIFORM)


@pytest.mark.parametrize(
    ("value", "reading"),
    [
        (0, "none"),
        (0.3, "none"),
        (0.31, "weak"),
        (0.5, "weak"),
        (0.51, "moderate"),
        (0.71, "strong"),
        (0.91, "very_strong"),
    ],
)
def test_agreements_are_read_by_published_bounds(value: float, reading: str) -> None:
    assert Reading.of(value) == reading


ROWS = st.lists(st.lists(st.integers(1, 5), min_size=3, max_size=3), min_size=2, max_size=20)


@given(ROWS)
def test_agreement_agrees_with_its_formula_in_any_order(rows: list[list[int]]) -> None:
    told = agreement(rows, Null.UNIFORM)
    observed = mean(variance(item) for item in zip(*rows, strict=True))
    assert told.ratio == pytest.approx(1 - observed / 2)
    if observed < 2:
        kept = 3 * (1 - observed / 2)
        assert told.value == pytest.approx(kept / (kept + observed / 2))
    else:
        assert told.value == pytest.approx(0)
    assert agreement(rows[::-1], Null.UNIFORM).value == pytest.approx(told.value)
    turned = [[6 - point for point in row] for row in rows]
    assert agreement(turned, Null.UNIFORM).value == pytest.approx(told.value)


def flat(groups: list[list[float]]) -> UnitVariance:
    values = [value for group in groups for value in group]
    return unit_variance(values, [number for number, group in enumerate(groups) for _ in group])


def test_icc_is_that_of_shrout_and_fleiss() -> None:
    # KA-23: published .17 and .44; limits as R's psych::ICC gives them.
    told = flat([[float(value) for value in row] for row in SHROUT_FLEISS])
    assert told.icc1.value == pytest.approx(0.165742, abs=5e-7)
    assert told.icc2.value == pytest.approx(0.442797, abs=5e-7)
    assert told.f == pytest.approx(11.241667 / 6.263889, rel=1e-6)
    assert told.p == pytest.approx(0.164769, abs=5e-7)
    assert (round(told.icc1.low or 0, 3), round(told.icc1.high or 0, 3)) == (-0.133, 0.723)
    assert (round(told.icc2.low or 0, 3), round(told.icc2.high or 0, 3)) == (-0.884, 0.912)
    assert (told.size, told.units, told.people) == (4, 6, 24)
    assert told.comparison is Comparison.SUPPRESSED


def test_units_that_do_not_differ_are_not_compared() -> None:
    random = np.random.default_rng(4)
    alike = flat([list(random.normal(3, 1, 15)) for _ in range(8)])
    assert alike.comparison is Comparison.SUPPRESSED
    apart = flat([list(random.normal(2 + unit / 4, 0.7, 15)) for unit in range(8)])
    assert apart.comparison is Comparison.RANKED
    # Large units that differ a little: enough to show, with means that are reliable because they are large.
    few = flat([list(random.normal(3 + 0.5 * (unit % 2), 1, 6)) for unit in range(30)])
    assert few.p is not None
    assert few.p < 0.05
    assert (few.icc2.value or 0) < 0.7
    assert few.comparison is Comparison.SHOWN


def test_by_chance_units_are_shown_no_more_often_than_once_in_twenty() -> None:
    random = np.random.default_rng(9)
    shown = sum(
        flat([list(random.integers(1, 6, 12)) for _ in range(6)]).comparison is not Comparison.SUPPRESSED
        for _ in range(400)
    )
    assert shown <= 400 * 0.08


def test_the_interval_of_icc_holds_its_confidence() -> None:
    random, held = np.random.default_rng(2), 0
    for _ in range(400):
        centres = random.normal(0, 0.5, 12)
        told = flat([list(random.normal(centre, 1, 10)) for centre in centres]).icc1
        assert told.low is not None
        assert told.high is not None
        held += told.low <= 0.2 <= told.high
    assert 0.92 <= held / 400 <= 0.98


def test_what_can_not_be_told_of_units_has_its_reason() -> None:
    assert unit_variance([1, 2, 3], ["a", "a", "a"]).icc1.reason is Reason.TOO_FEW_UNITS
    assert unit_variance([], []).icc1.reason is Reason.TOO_FEW_UNITS
    assert unit_variance([1, 2], ["a", "b"]).icc1.reason is Reason.TOO_FEW_PEOPLE
    assert unit_variance([3, 3, 3, 3], ["a", "a", "b", "b"]).icc1.reason is Reason.NO_SPREAD
    assert unit_variance([3, 3, 3, 3], ["a", "a", "b", "b"]).comparison is Comparison.SUPPRESSED
    with pytest.raises(Invalid, match="values and units"):
        unit_variance([1, 2], ["a"])


def test_units_of_one_mind_each_are_told_apart_fully() -> None:
    told = unit_variance([2, 2, 2, 4, 4, 4], ["a"] * 3 + ["b"] * 3)
    assert (told.icc1.value, told.icc2.value, told.p) == (1, 1, 0)
    assert told.comparison is Comparison.RANKED
    mirrored = unit_variance([1, 5, 1, 5], ["a", "a", "b", "b"])
    assert mirrored.icc1.value == -1
    assert (mirrored.icc2.value, mirrored.icc2.reason) == (None, Reason.NO_SPREAD)


def test_missing_scores_do_not_count() -> None:
    assert unit_variance([1, 2, None, 4, 5, None], list("aaabbb")) == unit_variance(
        [1, 2, 4, 5], list("aabb")
    )


GROUPS = st.lists(st.lists(st.integers(1, 5), min_size=1, max_size=8), min_size=2, max_size=6)


@given(GROUPS, st.floats(0.1, 10), st.floats(-20, 20))
def test_icc_agrees_with_an_analysis_of_variance_by_hand(
    groups: list[list[int]], factor: float, shift: float
) -> None:
    everybody = [value for group in groups for value in group]
    people, units = len(everybody), len(groups)
    assume(people > units and len(set(everybody)) > 1)
    between = sum(len(group) * (mean(group) - mean(everybody)) ** 2 for group in groups) / (units - 1)
    within = sum((value - mean(group)) ** 2 for group in groups for value in group) / (people - units)
    size = (people - sum(len(group) ** 2 for group in groups) / people) / (units - 1)
    told = flat([[float(value) for value in group] for group in groups])
    assert told.size == pytest.approx(size)
    assert told.icc1.value == pytest.approx((between - within) / (between + (size - 1) * within), abs=1e-9)
    if between > 1e-9:
        assert told.icc2.value == pytest.approx((between - within) / between, abs=1e-9)
    moved = flat([[value * factor + shift for value in group] for group in groups[::-1]])
    assert moved.icc1.value == pytest.approx(told.icc1.value, abs=1e-6)
    assert moved.comparison is told.comparison
