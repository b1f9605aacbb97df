"""Alpha and omega: published answers, invariants, and independent computations."""

from itertools import pairwise
from statistics import variance

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from service.errors import Invalid
from service.statistics.estimate import Floats, Reason
from service.statistics.reliability import (
    Reading,
    cronbach,
    feldt,
    item_rest,
    mean_correlation,
    omega_of,
    omega_total,
    one_factor,
    reliability,
    standardised,
)

# Chatterjee and Price 1977, in R as `attitude`: rating, complaints, privileges, learning, raises, critical, advance.
ATTITUDE = [
    [43, 51, 30, 39, 61, 92, 45], [63, 64, 51, 54, 63, 73, 47], [71, 70, 68, 69, 76, 86, 48],
    [61, 63, 45, 47, 54, 84, 35], [81, 78, 56, 66, 71, 83, 47], [43, 55, 49, 44, 54, 49, 34],
    [58, 67, 42, 56, 66, 68, 35], [71, 75, 50, 55, 70, 66, 41], [72, 82, 72, 67, 71, 83, 31],
    [67, 61, 45, 47, 62, 80, 41], [64, 53, 53, 58, 58, 67, 34], [67, 60, 47, 39, 59, 74, 41],
    [69, 62, 57, 42, 55, 63, 25], [68, 83, 83, 45, 59, 77, 35], [77, 77, 54, 72, 79, 77, 46],
    [81, 90, 50, 72, 60, 54, 36], [74, 85, 64, 69, 79, 79, 63], [65, 60, 65, 75, 55, 80, 60],
    [65, 70, 46, 57, 75, 85, 46], [50, 58, 68, 54, 64, 78, 52], [50, 40, 33, 34, 43, 64, 33],
    [64, 61, 52, 62, 66, 80, 41], [53, 66, 52, 50, 63, 80, 37], [40, 37, 42, 58, 50, 57, 49],
    [63, 54, 42, 48, 66, 75, 33], [66, 77, 66, 63, 88, 76, 72], [78, 75, 58, 74, 80, 78, 49],
    [48, 57, 44, 45, 51, 83, 38], [85, 85, 71, 71, 77, 74, 55], [82, 82, 39, 59, 64, 78, 39],
]  # fmt: skip


def congeneric(loadings: list[float]) -> Floats:
    """Correlations of items with these loadings on one factor."""
    matrix = np.outer(loadings, loadings)
    np.fill_diagonal(matrix, 1.0)
    return matrix


def answers_with(covariances: Floats, people: int, seed: int = 1) -> Floats:
    """Answers whose sample covariances are exactly these."""
    drawn = np.random.default_rng(seed).normal(size=(people, len(covariances)))
    drawn -= drawn.mean(axis=0)
    white = drawn @ np.linalg.inv(np.linalg.cholesky(np.cov(drawn, rowvar=False))).T
    return np.asarray(white @ np.linalg.cholesky(covariances).T)


def survey(people: int, items: int = 4, seed: int = 5) -> Floats:
    """Answers of people to items that share one cause, on five points."""
    random = np.random.default_rng(seed)
    latent = random.normal(size=(people, 1)) + random.normal(size=(people, items))
    return np.clip(np.round(3 + latent), 1, 5)


def test_alpha_of_attitude_is_the_published_one() -> None:
    # KA-17; R psych: alpha .84, standardised .84, mean correlation .43. Feldt 1965: [.739, .916].
    assert (np.array(ATTITUDE).mean(axis=0).round(2)).tolist() == [
        64.63,
        66.6,
        53.13,
        56.37,
        64.63,
        74.77,
        42.93,
    ]
    alpha = cronbach(ATTITUDE)
    assert alpha.value == pytest.approx(0.843143, abs=5e-7)
    assert alpha.low == pytest.approx(0.739, abs=5e-4)
    assert alpha.high == pytest.approx(0.916, abs=5e-4)
    assert alpha.n == 30
    correlation = mean_correlation(ATTITUDE).value
    assert correlation == pytest.approx(0.426907, abs=5e-7)
    assert standardised(correlation, 7) == pytest.approx(0.839084, abs=5e-7)


def test_alpha_equals_omega_for_parallel_items() -> None:
    # KA-21: 7.84 / 9.88.
    matrix = congeneric([0.7] * 4)
    assert omega_of(matrix) == pytest.approx(7.84 / 9.88)
    assert cronbach(answers_with(matrix, 60)).value == pytest.approx(7.84 / 9.88)


def test_alpha_is_below_omega_for_unequal_items() -> None:
    # KA-22.
    matrix = congeneric([0.9, 0.8, 0.6, 0.4])
    loadings, unique = one_factor(matrix[None])
    np.testing.assert_allclose(loadings[0], [0.9, 0.8, 0.6, 0.4], atol=1e-7)
    np.testing.assert_allclose(unique[0], [0.19, 0.36, 0.64, 0.84], atol=1e-7)
    assert omega_of(matrix) == pytest.approx(0.782189, abs=5e-7)
    answers = answers_with(matrix, 60)
    assert cronbach(answers).value == pytest.approx(0.761087, abs=5e-7)
    assert omega_total(answers, "congeneric").value == pytest.approx(0.782189, abs=5e-7)


def test_loadings_of_attitude_are_those_of_iterated_principal_axes() -> None:
    # statsmodels 0.15: Factor(corr=…, n_factor=1, method="pa").fit(maxiter=2000, tol=1e-12), which has the same minimum.
    loadings, _ = one_factor(np.corrcoef(ATTITUDE, rowvar=False)[None])
    published = [0.7577732, 0.83382609, 0.60342722, 0.78872638, 0.84111993, 0.28446512, 0.49104656]
    np.testing.assert_allclose(loadings[0], published, atol=1e-6)
    assert omega_of(np.corrcoef(ATTITUDE, rowvar=False)) == pytest.approx(0.8506823589, abs=1e-7)


def squares_left(loadings: Floats, covariances: Floats) -> float:
    apart = covariances - np.outer(loadings, loadings)
    return float((apart[np.triu_indices(len(loadings), 1)] ** 2).sum())


@pytest.mark.parametrize("seed", range(6))
def test_no_other_loadings_leave_less(seed: int) -> None:
    covariances = np.cov(survey(80, items=5, seed=seed), rowvar=False)
    loadings, _ = one_factor(covariances[None])
    bounds = [(-root, root) for root in np.sqrt(np.diag(covariances))]
    random = np.random.default_rng(seed)
    best = min(
        minimize(squares_left, random.uniform(0, 0.9, 5), (covariances,), bounds=bounds, tol=1e-13).fun
        for _ in range(4)
    )
    assert squares_left(loadings[0], covariances) <= best + 1e-9


def test_loadings_never_explain_more_than_an_item_varies() -> None:
    # 0.9 · 0.9 / 0.5 is above 1: an improper solution (Heywood case), held at the bound.
    matrix = np.array([[1, 0.9, 0.9], [0.9, 1, 0.5], [0.9, 0.5, 1]])
    loadings, unique = one_factor(matrix[None])
    assert loadings[0, 0] == pytest.approx(1.0)
    assert unique.min() >= 0
    assert 0 < omega_of(matrix) < 1


def test_two_items_have_an_alpha_and_no_factor() -> None:
    answers = survey(60, items=2)
    told = reliability(answers, "two")
    assert told.alpha.value is not None
    assert (told.omega.value, told.omega.reason, told.reading) == (None, Reason.TOO_FEW_ITEMS, None)
    assert cronbach(answers[:, :1]).reason is Reason.TOO_FEW_ITEMS
    with pytest.raises(Invalid, match="at least three items"):
        omega_of(np.eye(2))


def test_below_fifty_complete_answers_nothing_is_told() -> None:
    answers = survey(50)
    assert reliability(answers, "a").alpha.value is not None
    answers[0, 0] = np.nan
    told = reliability(answers, "a")
    assert (told.complete, told.anything) == (49, 50)
    for estimate in (told.alpha, told.alpha_drawn, told.omega):
        assert (estimate.value, estimate.low, estimate.reason) == (None, None, Reason.TOO_FEW_PEOPLE)


def test_an_item_that_was_not_recoded_raises_the_alarm() -> None:
    answers = survey(200)
    assert reliability(answers, "a").alarms == ()
    answers[:, 2] = 6 - answers[:, 2]
    assert reliability(answers, "a").alarms == (2,)


def test_equal_answers_have_no_reliability() -> None:
    same = np.full((60, 3), 4.0)
    told = reliability(same, "same")
    assert (told.alpha.value, told.alpha.reason) == (None, Reason.NO_SPREAD)
    assert (told.omega.value, told.omega.reason) == (None, Reason.NO_SPREAD)
    assert mean_correlation(same).reason is Reason.NO_SPREAD
    # Two items that cancel out: their sum does not vary, and alpha would be minus infinity.
    opposite = np.column_stack([np.tile([1, 5], 30), np.tile([5, 1], 30)])
    assert cronbach(opposite).reason is Reason.NO_SPREAD


def test_the_same_item_asked_twice_over_is_redundant() -> None:
    item = survey(80, items=1)
    told = reliability(np.repeat(item, 3, axis=1), "same")
    assert told.alpha.value == pytest.approx(1)
    assert told.omega.value == pytest.approx(1)
    assert told.reading is Reading.REDUNDANT


@pytest.mark.parametrize(
    ("value", "reading"),
    [
        (0.69, "insufficient"),
        (0.7, "exploratory"),
        (0.8, "decisions"),
        (0.95, "decisions"),
        (0.96, "redundant"),
    ],
)
def test_reliabilities_are_read_by_fixed_bounds(value: float, reading: str) -> None:
    assert Reading.of(value) == reading


def test_intervals_of_both_kinds_lie_close_together_in_a_large_survey() -> None:
    told = reliability(survey(1500), "large")
    assert told.alpha_drawn.low == pytest.approx(told.alpha.low, abs=0.012)
    assert told.alpha_drawn.high == pytest.approx(told.alpha.high, abs=0.012)
    assert told.omega.low is not None
    assert told.omega.high is not None
    assert told.omega.low < (told.omega.value or 0) < told.omega.high


def test_drawing_patterns_is_drawing_people() -> None:
    """The quick way by covariances of patterns gives what drawing rows one by one gives, up to the luck of the draws."""
    answers = survey(120)
    random = np.random.default_rng(11)
    slowly = [cronbach(answers[random.integers(0, 120, 120)]).value for _ in range(1500)]
    low, high = np.quantile(np.array(slowly, dtype=float), (0.025, 0.975))
    told = reliability(answers, "slow").alpha_drawn
    assert told.low == pytest.approx(low, abs=0.015)
    assert told.high == pytest.approx(high, abs=0.015)


def test_the_same_scale_always_has_the_same_interval() -> None:
    assert reliability(survey(70), "2026", "culture") == reliability(survey(70), "2026", "culture")
    assert (
        reliability(survey(70), "2026", "culture").omega != reliability(survey(70), "2027", "culture").omega
    )


def test_feldts_interval_holds_its_confidence() -> None:
    random, held = np.random.default_rng(3), 0
    root = np.linalg.cholesky(congeneric([0.7] * 4))
    for _ in range(400):
        alpha = cronbach(random.normal(size=(60, 4)) @ root.T)
        assert alpha.low is not None
        assert alpha.high is not None
        held += alpha.low <= 7.84 / 9.88 <= alpha.high
    assert 0.92 <= held / 400 <= 0.98


def test_the_interval_narrows_with_people_and_needs_two() -> None:
    widths = [high - low for low, high in (feldt(0.8, people, 5) for people in (20, 50, 200, 1000))]
    assert all(narrow < wide for wide, narrow in pairwise(widths))
    with pytest.raises(Invalid, match="at least two of each"):
        feldt(0.8, 1, 5)


def naive_alpha(rows: list[list[int]]) -> float:
    items = len(rows[0])
    own = sum(variance(column) for column in zip(*rows, strict=True))
    return items / (items - 1) * (1 - own / variance([sum(row) for row in rows]))


TABLES = st.integers(2, 5).flatmap(
    lambda items: st.lists(
        st.lists(st.integers(1, 5), min_size=items, max_size=items), min_size=3, max_size=40
    )
)


@given(TABLES)
def test_alpha_agrees_with_its_formula(rows: list[list[int]]) -> None:
    told = cronbach(rows).value
    if len({sum(row) for row in rows}) == 1:
        assert told is None
    else:
        assert told == pytest.approx(naive_alpha(rows), rel=1e-9, abs=1e-9)


@settings(max_examples=30)
@given(TABLES, st.integers(0, 10**6), st.floats(0.1, 10), st.floats(-50, 50))
def test_neither_names_nor_order_nor_unit_change_reliability(
    rows: list[list[int]], seed: int, factor: float, shift: float
) -> None:
    random = np.random.default_rng(seed)
    table = np.array(rows, dtype=float)
    mixed = table[random.permutation(len(table))][:, random.permutation(table.shape[1])] * factor + shift
    before, after = cronbach(table), cronbach(mixed)
    assert before.reason == after.reason
    if before.value is not None:
        assert after.value == pytest.approx(before.value, rel=1e-6, abs=1e-6)
    if table.shape[1] >= 3 and np.linalg.matrix_rank(np.cov(table, rowvar=False)) == table.shape[1]:
        scaled = omega_of(np.cov(table, rowvar=False) * factor**2)
        assert scaled == pytest.approx(omega_of(np.cov(table, rowvar=False)), abs=1e-5, nan_ok=True)


def test_the_order_of_items_does_not_change_omega() -> None:
    covariances = np.cov(survey(150, items=5), rowvar=False)
    order = [3, 0, 4, 1, 2]
    assert omega_of(covariances[np.ix_(order, order)]) == pytest.approx(omega_of(covariances), abs=1e-8)


def test_item_and_rest_are_correlated_without_the_item_itself() -> None:
    rows = [[1, 2, 1], [2, 1, 3], [4, 5, 4], [5, 4, 4], [3, 3, 5]]
    expected = [
        np.corrcoef([row[item] for row in rows], [sum(row) - row[item] for row in rows])[0, 1]
        for item in range(3)
    ]
    np.testing.assert_allclose(item_rest(rows), expected)
    assert np.isnan(item_rest([[1, 2, 1]])).all()
