"""Weights that make the answers stand for all."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import Invalid
from service.statistics.weights import (
    NotConverged,
    design_effect,
    effective_size,
    poststratified,
    raked,
    trimmed,
    weighting_matters,
)

WEIGHTS = st.lists(st.floats(0.01, 100), min_size=1, max_size=40)


def shares(weights: np.ndarray, groups: list[str]) -> dict[str, float]:
    total: Counter[str] = Counter()
    for weight, group in zip(weights, groups, strict=True):
        total[group] += weight
    return {group: held / sum(total.values()) for group, held in total.items()}


def test_kish_agrees_with_counting_by_hand() -> None:
    # KA-31.
    assert effective_size([1, 1, 2]) == pytest.approx(16 / 6)
    assert design_effect([1, 1, 2]) == pytest.approx(1.125)


@given(WEIGHTS, st.floats(0.1, 10))
def test_weights_never_add_answers(weights: list[float], factor: float) -> None:
    size = effective_size(weights)
    assert 1 - 1e-9 <= size <= len(weights) + 1e-9
    assert effective_size([weight * factor for weight in weights]) == pytest.approx(size)
    variation = np.std(weights) / np.mean(weights)
    assert design_effect(weights) == pytest.approx(1 + variation**2)
    assert effective_size([3.0] * len(weights)) == pytest.approx(len(weights))


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], [1, None]])
def test_what_is_no_weight_has_no_size(weights: list[float | None]) -> None:
    with pytest.raises(Invalid, match="at least 0, not all 0"):
        effective_size(weights)


def test_groups_are_weighted_to_their_size() -> None:
    # Office: half of the people, three of four answers. Plant: half of the people, one answer.
    weighting = poststratified(["office", "office", "office", "plant"], {"office": 300, "plant": 300})
    np.testing.assert_allclose(weighting.weights, [2 / 3, 2 / 3, 2 / 3, 2])
    assert weighting.covered == 1


def test_a_silent_group_is_told_rather_than_hidden() -> None:
    weighting = poststratified(["office", "plant"], {"office": 300, "plant": 100, "field": 100})
    np.testing.assert_allclose(weighting.weights, [1.5, 0.5])
    assert weighting.covered == 0.8


@pytest.mark.parametrize(
    ("groups", "population", "match"),
    [([], {"a": 1}, "nobody answered"), (["b"], {"a": 1}, "group b: somebody answered"),
     (["a"], {"a": 0}, "group a: somebody answered"), (["a"], {"a": 1, "b": -1}, "group b: -1 people")],
)  # fmt: skip
def test_a_population_that_does_not_fit_is_refused(
    groups: list[str], population: dict[str, float], match: str
) -> None:
    with pytest.raises(Invalid, match=match):
        poststratified(groups, population)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=40), st.tuples(*[st.integers(1, 500)] * 3))
def test_poststratified_shares_are_those_of_the_population(groups: list[str], sizes: tuple[int, ...]) -> None:
    population = dict(zip("abc", sizes, strict=True))
    weights = poststratified(groups, population).weights
    answered = {group: population[group] for group in groups}
    expected = {group: size / sum(answered.values()) for group, size in answered.items()}
    assert shares(weights, groups) == pytest.approx(expected)
    assert weights.mean() == pytest.approx(1)


# Two margins over 40 answers: 10, 10, 15, 5 in the four cells.
UNIT = ["a"] * 20 + ["b"] * 20
SITE = ["x"] * 10 + ["y"] * 10 + ["x"] * 15 + ["y"] * 5
POPULATION = {"unit": {"a": 600.0, "b": 400.0}, "site": {"x": 500.0, "y": 500.0}}


def naive(
    units: list[str], sites: list[str], population: dict[str, dict[str, float]]
) -> dict[tuple[str, str], float]:
    """Iterative proportional fitting of a table of cells, row by row and column by column."""
    cells = {cell: float(count) for cell, count in Counter(zip(units, sites, strict=True)).items()}
    for _ in range(2000):
        for place, margin in enumerate(("unit", "site")):
            whole = sum(population[margin].values())
            for group, size in population[margin].items():
                held = sum(value for cell, value in cells.items() if cell[place] == group)
                for cell in cells:
                    if cell[place] == group:
                        cells[cell] *= size / whole / held
    return cells


def test_raking_meets_both_margins_and_agrees_with_a_table_fitted_by_hand() -> None:
    weighting = raked({"unit": UNIT, "site": SITE}, POPULATION)
    assert shares(weighting.weights, UNIT) == pytest.approx({"a": 0.6, "b": 0.4}, abs=2e-6)
    assert shares(weighting.weights, SITE) == pytest.approx({"x": 0.5, "y": 0.5}, abs=2e-6)
    assert weighting.off <= 1e-6
    assert weighting.weights.mean() == pytest.approx(1)
    found = shares(weighting.weights, list(zip(UNIT, SITE, strict=True)))  # type: ignore[arg-type]
    assert found == pytest.approx(naive(UNIT, SITE, POPULATION), abs=1e-5)
    # What goes together in the answers goes together in the weighted ones: the odds ratio stays.
    odds = found["a", "x"] * found["b", "y"] / (found["a", "y"] * found["b", "x"])  # type: ignore[index]
    assert odds == pytest.approx(10 * 5 / (10 * 15), rel=1e-5)


def test_one_margin_is_post_stratification() -> None:
    weighting = raked({"unit": UNIT[:30]}, {"unit": POPULATION["unit"]})
    np.testing.assert_allclose(weighting.weights, poststratified(UNIT[:30], POPULATION["unit"]).weights)
    assert weighting.rounds == 1
    assert raked({"unit": UNIT[:30]}, {"unit": POPULATION["unit"]}, rounds=1).rounds == 1


def test_margins_that_contradict_each_other_are_named() -> None:
    # All of a are in x and all of b in y, but a is 60 % and x 50 %.
    with pytest.raises(
        NotConverged, match=r"50 rounds: the share of unit [ab] is still off by 0\.1\. Merge small groups"
    ):
        raked({"unit": ["a", "a", "b"], "site": ["x", "x", "y"]}, POPULATION, rounds=50)


@pytest.mark.parametrize(
    ("groups", "population", "base", "match"),
    [({}, {}, None, "give the same, at least one"), ({"unit": UNIT}, POPULATION, None, "give the same"),
     ({"unit": UNIT, "site": SITE[1:]}, POPULATION, None, "site: 39 groups for 40 people"),
     ({"unit": UNIT, "site": SITE}, POPULATION, [1.0] * 39, "base weights and people"),
     ({"unit": UNIT, "site": SITE}, POPULATION, [0.0] * 40, "above 0"),
     ({"unit": UNIT, "site": ["z"] * 40}, POPULATION, None, "site z: somebody answered")],
)  # fmt: skip
def test_margins_that_do_not_fit_are_refused(groups, population, base, match) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Invalid, match=match):
        raked(groups, population, base=base)


@settings(max_examples=40)
@given(st.data())
def test_raking_meets_any_margins_of_a_full_table(data: st.DataObject) -> None:
    cells = [(unit, site) for unit in "abc" for site in "xy"]
    counts = data.draw(st.lists(st.integers(1, 8), min_size=6, max_size=6))
    people = [cell for cell, count in zip(cells, counts, strict=True) for _ in range(count)]
    people = data.draw(st.permutations(people))
    size = st.floats(10, 1000)
    population = {
        "unit": {unit: data.draw(size) for unit in "abc"},
        "site": {site: data.draw(size) for site in "xy"},
    }
    groups = {"unit": [cell[0] for cell in people], "site": [cell[1] for cell in people]}
    weighting = raked(groups, population)
    for margin, of_people in groups.items():
        whole = sum(population[margin].values())
        expected = {group: held / whole for group, held in population[margin].items()}
        assert shares(weighting.weights, of_people) == pytest.approx(expected, abs=2e-6)
    # The order of margins does not matter.
    other = raked(dict(reversed(groups.items())), population, tolerance=1e-9)
    np.testing.assert_allclose(other.weights, raked(groups, population, tolerance=1e-9).weights, rtol=1e-4)


def test_trimmed_weights_stay_within_bounds_and_keep_their_mean() -> None:
    # 0.1, 1, 9 around their mean: both outer ones are cut, and what is left for the middle one is 2.4... but not above 3.
    np.testing.assert_allclose(trimmed([1, 10, 10]), [0.3, 1.35, 1.35])
    np.testing.assert_allclose(trimmed([1, 1, 1]), [1, 1, 1])
    np.testing.assert_allclose(trimmed([2, 2, 2]), [1, 1, 1])


@given(WEIGHTS)
def test_trimming_cuts_keeps_the_order_and_costs_no_answers(weights: list[float]) -> None:
    cut = trimmed(weights)
    assert cut.min() >= 0.3 - 1e-12
    assert cut.max() <= 3 + 1e-12
    assert cut.mean() == pytest.approx(1, abs=1e-9)
    order = np.argsort(weights, kind="stable")
    assert (np.diff(cut[order]) >= -1e-12).all()
    assert effective_size(cut) >= effective_size(weights) - 1e-6
    np.testing.assert_allclose(trimmed(cut), cut, atol=1e-7)


@pytest.mark.parametrize(
    ("weights", "bounds"), [([1, 0], (0.3, 3)), ([], (0.3, 3)), ([1, 2], (1, 3)), ([1, 2], (0, 3))]
)
def test_what_can_not_be_trimmed_is_refused(weights: list[float], bounds: tuple[float, float]) -> None:
    with pytest.raises(Invalid):
        trimmed(weights, *bounds)


def test_weighting_matters_beyond_a_fifth_of_a_level() -> None:
    assert not weighting_matters(3.2, 3.0)
    assert weighting_matters(3.21, 3.0)
    assert weighting_matters(2.7, 3.0)
