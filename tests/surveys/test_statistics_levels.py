"""From values to a level, how sure it is, and how sure a change."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from service.errors import Invalid
from service.statistics.bootstrap import mean_draws
from service.statistics.chances import Verdict, change, level_chances
from service.statistics.estimate import Floats, Reason
from service.statistics.levels import (
    Anchors,
    Staged,
    combined,
    level,
    score,
    score_draws,
    scores,
    staged,
    summary,
)

RISING: Anchors = (0.05, 0.15, 0.30, 0.50, 0.60)
FALLING: Anchors = (48.0, 24.0, 16.0, 8.0, 4.0)
AGREEMENT: Anchors = (1.0, 2.0, 3.0, 4.0, 5.0)
LADDERS = st.lists(
    st.floats(-100, 100).map(lambda each: round(each, 3)), min_size=5, max_size=5, unique=True
).map(sorted)
DRAWS = st.lists(st.floats(1, 5), min_size=1, max_size=25)


def test_values_lie_on_straight_lines_between_the_anchors() -> None:
    assert scores([0, 0.05, 0.10, 0.30, 0.40, 0.9, None], RISING).tolist()[:6] == pytest.approx(
        [1, 1, 1.5, 3, 3.5, 5]
    )
    assert np.isnan(scores([None], RISING)).all()
    # Less is better: 12 hours lie between 16 (level 3) and 8 (level 4).
    assert score(12, FALLING) == 3.5
    assert score(100, FALLING) == 1
    assert score(1, FALLING) == 5
    assert score(None, FALLING) is None


@pytest.mark.parametrize("anchors", [(1, 2, 3, 4), (1, 2, 2, 4, 5), (1, 3, 2, 4, 5), (1, 2, 3, 4, math.inf)])
def test_anchors_that_do_not_climb_are_refused(anchors: tuple[float, ...]) -> None:
    with pytest.raises(Invalid, match="five finite numbers that rise, or fall"):
        score(1, anchors)  # type: ignore[arg-type]


@given(LADDERS, st.floats(-150, 150))
def test_scores_agree_with_the_line_by_hand(anchors: list[float], value: float) -> None:
    expected = 1.0
    for step in range(4):
        low, high = anchors[step], anchors[step + 1]
        if low <= value < high:
            expected = step + 1 + (value - low) / (high - low)
    if value >= anchors[4]:
        expected = 5.0
    assert score(value, tuple(anchors)) == pytest.approx(expected)  # type: ignore[arg-type]


@given(
    LADDERS, st.lists(st.floats(-150, 150), min_size=2, max_size=10), st.floats(0.5, 20), st.floats(-50, 50)
)
def test_more_is_never_less_and_units_do_not_matter(
    anchors: list[float], values: list[float], factor: float, shift: float
) -> None:
    assume(min(b - a for a, b in pairwise(anchors)) > 0.01)
    ladder: Anchors = tuple(anchors)  # type: ignore[assignment]
    found = scores(sorted(values), ladder)
    assert (np.diff(found) >= 0).all()
    assert ((found >= 1) & (found <= 5)).all()
    moved: Anchors = tuple(each * factor + shift for each in anchors)  # type: ignore[assignment]
    again = scores([value * factor + shift for value in sorted(values)], moved)
    np.testing.assert_allclose(again, found, atol=1e-6)
    # Turned round: the same ladder read from minus.
    down: Anchors = tuple(-each for each in anchors)  # type: ignore[assignment]
    np.testing.assert_allclose(scores([-value for value in sorted(values)], down), found, atol=1e-9)


def test_a_level_is_reached_at_its_anchor() -> None:
    assert [level(each) for each in (1, 1.99, 2, 2.5, 3 - 1e-12, 4.999, 5)] == [1, 1, 2, 2, 3, 4, 5]
    for wrong in (0.9, 5.1, math.nan):
        with pytest.raises(Invalid, match="from 1 to 5"):
            level(wrong)


def test_a_stage_needs_all_criteria_up_to_it() -> None:
    assert staged({2: [True], 3: [True, True], 4: [False]}) == Staged(3, 3)
    # One criterion of level 2 missing hides all that was reached above it.
    assert staged({2: [True, False], 3: [True], 4: [True]}).level == 1
    assert staged({}).level == 5
    assert staged({1: [False], 5: [False]}).level == 4


def test_what_is_not_known_leaves_a_stage_open() -> None:
    open_stage = staged({2: [True], 3: [None], 4: [True], 5: [False]})
    assert (open_stage.at_least, open_stage.at_most, open_stage.level) == (2, 4, None)
    # Not open if another criterion decides.
    assert staged({3: [None, False]}).level == 2
    with pytest.raises(Invalid, match="no level 6"):
        staged({6: [True]})


CRITERIA = st.dictionaries(st.integers(1, 5), st.lists(st.sampled_from([True, False, None]), max_size=3))


@given(CRITERIA)
def test_whatever_becomes_known_lies_between_the_two_ends(criteria: dict[int, list[bool | None]]) -> None:
    stage = staged(criteria)
    for answer in (True, False):
        known = staged(
            {each: [answer if met is None else met for met in of] for each, of in criteria.items()}
        )
        assert known.level is not None
        assert stage.at_least <= known.level <= stage.at_most
    # By hand: the largest level with nothing missing below or at it.
    met = [
        1,
        *(each for each in range(2, 6) if all(all(criteria.get(lower, [])) for lower in range(2, each + 1))),
    ]
    assert stage.at_least == max(met)


def test_a_dimension_is_the_weighted_mean_of_what_is_known() -> None:
    full = combined([2, 3, 5], [1, 2, 1])
    assert (full.score, full.coverage) == (3.25, 1)
    part = combined([2, 3, None], [1, 2, 1])
    assert (part.score, part.coverage) == (pytest.approx(8 / 3), 0.75)
    little = combined([None, 3, None], [1, 2, 1])
    assert (little.score, little.coverage, little.reason) == (None, 0.5, Reason.NOT_COVERED)
    # Exactly 60 % is enough.
    assert combined([3, 3, 3, None, None], [1] * 5).score == 3


@pytest.mark.parametrize(
    ("indicators", "weights", "match"),
    [([3], [1, 2], "one for each"), ([3], [0], "above 0"), ([], [], "above 0"), ([6], [1], "from 1 to 5"), ([0], [1], "from 1 to 5")],
)  # fmt: skip
def test_indicators_that_do_not_fit_are_refused(
    indicators: list[float], weights: list[float], match: str
) -> None:
    with pytest.raises(Invalid, match=match):
        combined(indicators, weights)


def told(people: int, seed: int = 1, items: int = 3, middle: float = 3.3) -> Floats:
    random = np.random.default_rng(seed)
    return np.clip(
        np.round(middle + random.normal(size=(people, 1)) + 0.7 * random.normal(size=(people, items))), 1, 5
    )


def test_with_anchors_and_weights_held_only_the_evidence_varies() -> None:
    answers = told(100)
    draws = mean_draws(answers, "k")
    held = score_draws(list(draws.T), [AGREEMENT] * 3, [1, 1, 1], "k", spread=0, votes=math.inf)
    np.testing.assert_allclose(held, draws.mean(axis=1))
    weighted = score_draws(list(draws.T), [AGREEMENT] * 3, [2, 1, 1], "k", spread=0, votes=math.inf)
    np.testing.assert_allclose(weighted, draws @ [0.5, 0.25, 0.25])


def test_each_uncertainty_widens_the_draws() -> None:
    draws = list(mean_draws(told(100), "k").T)
    widths = [
        float(
            np.std(
                score_draws(draws, [AGREEMENT] * 3, [1, 1, 1], "k", zeros=[1] * 3, spread=spread, votes=votes)
            )
        )
        for spread, votes in ((0, math.inf), (0.1, math.inf), (0.3, math.inf))
    ]
    assert widths[0] < widths[1] < widths[2]
    # Weights matter where indicators differ.
    apart = [np.full(999, 2.0), np.full(999, 4.0)]
    loose = score_draws(apart, [AGREEMENT] * 2, [1, 1], "k", spread=0, votes=10)
    firm = score_draws(apart, [AGREEMENT] * 2, [1, 1], "k", spread=0, votes=1000)
    assert np.std(loose) > 5 * np.std(firm) > 0
    # A weight of a half with 10 votes: variance 1/4 / 11, and 2 levels between the indicators.
    assert np.std(loose) == pytest.approx(2 * math.sqrt(0.25 / 11), rel=0.1)
    assert np.mean(loose) == pytest.approx(3, abs=0.05)


def test_stricter_anchors_are_multiplied_from_the_zero_of_the_scale() -> None:
    value = [np.full(4000, 0.3)]
    drawn = score_draws(value, [RISING], [1], "k", votes=math.inf)
    # The same by hand: an anchor 10 % higher leaves 0.3 at 0.2727…, one 10 % lower lifts it to 0.3333….
    assert drawn.min() == pytest.approx(score(0.3 / 1.1, RISING), abs=0.01)
    assert drawn.max() == pytest.approx(score(0.3 / 0.9, RISING), abs=0.01)
    middle = [np.full(4000, 3.0)]
    answers = score_draws(middle, [AGREEMENT], [1], "k", zeros=[1], votes=math.inf)
    assert answers.min() == pytest.approx(1 + 2 / 1.1, abs=0.01)
    assert answers.max() == pytest.approx(1 + 2 / 0.9, abs=0.01)


def test_draws_need_coverage_and_keep_what_they_have() -> None:
    half = [np.full(50, 3.0), None]
    assert len(score_draws(half, [AGREEMENT] * 2, [1, 1], "k")) == 0
    assert len(score_draws(half, [AGREEMENT] * 2, [2, 1], "k")) == 50
    assert len(score_draws([None, [math.nan] * 50], [AGREEMENT] * 2, [2, 1], "k")) == 0
    gaps = np.full(50, 3.0)
    gaps[:20] = np.nan
    assert len(score_draws([gaps, None], [AGREEMENT] * 2, [2, 1], "k")) == 30
    # Where one is missing in a draw the other one speaks alone.
    other = score_draws([gaps, np.full(50, 5.0)], [AGREEMENT] * 2, [1, 1], "k", spread=0, votes=math.inf)
    assert other[:20].tolist() == [5] * 20
    assert other[20:].tolist() == [4] * 30


def test_evidence_that_comes_later_leaves_the_other_draws_as_they_were() -> None:
    first = score_draws([np.full(50, 3.0), None], [AGREEMENT] * 2, [2, 1], "k", votes=math.inf)
    both = score_draws([np.full(50, 3.0), np.full(50, 3.0)], [AGREEMENT] * 2, [2, 1], "k", votes=math.inf)
    alone = score_draws([None, np.full(50, 3.0)], [AGREEMENT] * 2, [1, 2], "k", votes=math.inf)
    np.testing.assert_allclose(both, (2 * first + alone) / 3)
    assert np.array_equal(
        first, score_draws([np.full(50, 3.0), None], [AGREEMENT] * 2, [2, 1], "k", votes=math.inf)
    )


@pytest.mark.parametrize(
    ("change_of", "match"),
    [({"weights": [1]}, "one for each"), ({"spread": 1.0}, "below 1"), ({"votes": 0.0}, "votes above 0"),
     ({"values": [np.ones(3), np.ones(4)]}, "draws of 3, 4"), ({"zeros": [0.0]}, "one for each")],
)  # fmt: skip
def test_draws_that_do_not_fit_are_refused(change_of, match) -> None:  # type: ignore[no-untyped-def]
    given_ones = {
        "values": [np.ones(3), np.ones(3)],
        "anchors": [AGREEMENT] * 2,
        "weights": [1, 1],
        **change_of,
    }
    values, anchors, weights = given_ones.pop("values"), given_ones.pop("anchors"), given_ones.pop("weights")
    with pytest.raises(Invalid, match=match):
        score_draws(values, anchors, weights, "k", **given_ones)


def test_a_level_has_the_middle_of_its_draws_around_it() -> None:
    estimate = summary(3.0, np.linspace(2, 4, 1001), 40)
    assert (estimate.value, estimate.low, estimate.high, estimate.n) == (
        3,
        pytest.approx(2.05),
        pytest.approx(3.95),
        40,
    )
    assert summary(None, [], 40).reason is Reason.NOT_COVERED


def test_chances_of_levels_are_counted() -> None:
    assert level_chances([1.5, 2.0, 2.9, 3.0, 5.0]) == (0.2, 0.4, 0.2, 0, 0.2)
    for wrong, match in (([], "no draws"), ([5.5], "from 1 to 5"), ([None, 2], "from 1 to 5")):
        with pytest.raises(Invalid, match=match):
            level_chances(wrong)


@given(DRAWS)
def test_chances_add_up_and_agree_with_the_level_of_each_draw(draws: list[float]) -> None:
    chances = level_chances(draws)
    assert sum(chances) == pytest.approx(1)
    reached = [level(draw) for draw in draws]
    assert chances == pytest.approx([reached.count(each) / len(draws) for each in range(1, 6)])


def test_a_change_is_called_one_from_nine_of_ten() -> None:
    before = [2.0] * 10
    assert change(before, [3.0] * 9 + [1.0]).verdict is Verdict.ROSE
    assert change(before, [3.0] * 8 + [1.0] * 2).verdict is Verdict.NOT_DECIDABLE
    assert change(before, [1.0] * 9 + [3.0]).verdict is Verdict.FELL
    alike = change(before, before)
    assert (alike.rose, alike.fell, alike.verdict) == (0, 0, Verdict.NOT_DECIDABLE)
    # Half a level more does not count where a whole one is asked for; exactly what is asked for is not more.
    assert change(before, [2.5] * 10, relevant=1).verdict is Verdict.NOT_DECIDABLE
    assert change([2.1] * 10, [2.4] * 10, relevant=0.3).rose == 0
    assert change([2.1] * 10, [2.41] * 10, relevant=0.3).rose == 1
    with pytest.raises(Invalid, match="at least 0"):
        change(before, before, relevant=-1)


@given(DRAWS, DRAWS, st.sampled_from([0.0, 0.1, 0.5]))
def test_chances_of_a_change_agree_with_comparing_all_pairs(
    before: list[float], after: list[float], relevant: float
) -> None:
    before, after = [round(each, 3) for each in before], [round(each, 3) for each in after]
    told_change = change(before, after, relevant)
    apart = [round(late - early, 9) for early in before for late in after]
    assert told_change.rose == pytest.approx(sum(each > relevant for each in apart) / len(apart))
    assert told_change.fell == pytest.approx(sum(each < -relevant for each in apart) / len(apart))
    back = change(after, before, relevant)
    assert (back.rose, back.fell) == pytest.approx((told_change.fell, told_change.rose))


@settings(max_examples=5)
@given(st.integers(0, 100))
def test_the_same_survey_twice_is_rarely_a_change(seed: int) -> None:
    first = mean_draws(told(60, seed), "one").mean(axis=1)
    again = mean_draws(told(60, seed), "two").mean(axis=1)
    assert change(first, again).verdict is Verdict.NOT_DECIDABLE
    risen = mean_draws(np.clip(told(60, seed) + 1, 1, 5), "three").mean(axis=1)
    assert change(first, risen).verdict is Verdict.ROSE
