"""Before and after an event: what is found, and what is left undecided."""

from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.interrupted import Change, Doubt, Verdict, compare

START = date(2025, 1, 6)
EVENT = START + timedelta(weeks=26)


def weekly(values: list[float], start: date = START) -> dict[date, float]:
    return {start + timedelta(weeks=number): value for number, value in enumerate(values)}


def noisy(seed: int, *, effect: float = 0.0, alike: float = 0.0, weeks: int = 54) -> dict[date, float]:
    """A level of 0.3 with autoregressive noise, and a step in week 26."""
    random = np.random.default_rng(seed)
    noise, values = 0.0, []
    for week in range(weeks):
        noise = alike * noise + random.normal(0, 0.02)
        values.append(0.3 + noise + (effect if week >= 26 else 0.0))
    return weekly(values)


def test_a_step_on_a_straight_line_is_found_exactly() -> None:
    line = [0.2 + 0.002 * week + (0.1 if week >= 26 else 0.0) for week in range(54)]
    change = compare(weekly(line), EVENT)
    assert change.verdict is Verdict.ROSE
    assert change.effect == pytest.approx(0.1)
    assert change.step == pytest.approx(0.1)
    assert change.slope == pytest.approx(0.0, abs=1e-12)
    assert (change.weeks_before, change.weeks_after) == (26, 26)


def test_a_rise_that_went_on_all_along_is_no_change() -> None:
    change = compare(weekly([0.2 + 0.005 * week for week in range(54)]), EVENT)
    assert change.verdict is Verdict.UNCHANGED
    assert change.after is not None
    assert change.before is not None
    assert change.after > change.before + 0.1


def test_a_new_slope_is_told_apart_from_a_step() -> None:
    line = [0.3 + 0.01 * max(0, week - 28) for week in range(54)]
    change = compare(weekly(line), EVENT)
    assert change.verdict is Verdict.ROSE
    assert change.step == pytest.approx(0.0, abs=1e-9)
    assert change.slope == pytest.approx(0.01)
    # 26 weeks of 0, 0.01, … 0.25 on top of the line before.
    assert change.effect == pytest.approx(0.125)


def test_the_weeks_in_which_people_try_what_is_new_do_not_count() -> None:
    burst = [0.3] * 26 + [0.9, 0.9] + [0.3] * 26
    assert compare(weekly(burst), EVENT).verdict is Verdict.UNCHANGED


def test_an_event_in_mid_week_leaves_its_week_out() -> None:
    change = compare(weekly([0.3] * 26 + [0.9, 0.9] + [0.3] * 26), EVENT + timedelta(days=2))
    assert change.verdict is Verdict.UNCHANGED
    assert (change.weeks_before, change.weeks_after) == (26, 26)


def test_one_wild_week_decides_nothing() -> None:
    series = noisy(3)
    series[START + timedelta(weeks=45)] = 3.0
    assert compare(series, EVENT).verdict is not Verdict.ROSE


def test_what_happened_to_all_rooms_is_not_put_down_to_the_event() -> None:
    season = [0.1 * np.sin(week / 4) for week in range(54)]
    room = weekly([0.3 + wave for wave in season])
    changed = weekly([0.3 + wave + (0.1 if week >= 26 else 0.0) for week, wave in enumerate(season)])
    others = [weekly([level + wave for wave in season]) for level in (0.2, 0.5)]
    assert compare(room, EVENT, comparisons=others).verdict is Verdict.UNCHANGED
    found = compare(changed, EVENT, comparisons=others)
    assert found.verdict is Verdict.ROSE
    assert found.effect == pytest.approx(0.1)
    assert found.comparisons == 2


def test_rooms_of_which_little_is_known_are_no_comparison() -> None:
    change = compare(noisy(1), EVENT, comparisons=[weekly([0.3] * 10)])
    assert change.verdict is Verdict.NOT_DECIDABLE
    assert change.doubts == (Doubt.NO_COMPARISON,)


@pytest.mark.parametrize(
    ("known", "doubts"),
    [
        (range(19, 54), (Doubt.TOO_FEW_BEFORE,)),
        (range(35), (Doubt.TOO_FEW_AFTER,)),
        (range(0, 54, 2), (Doubt.GAPS,)),
        ((), (Doubt.TOO_FEW_BEFORE, Doubt.TOO_FEW_AFTER)),
    ],
)
def test_too_little_is_said_to_be_too_little(known: range, doubts: tuple[Doubt, ...]) -> None:
    weeks = {START + timedelta(weeks=week): 0.3 for week in known}
    change = compare(weeks, EVENT)
    assert change.verdict is Verdict.NOT_DECIDABLE
    assert change.doubts == doubts
    assert change.effect is None


def test_another_event_close_by_makes_it_undecidable() -> None:
    series = noisy(1, effect=0.2)
    assert compare(series, EVENT, others=[EVENT]).verdict is Verdict.ROSE
    near = compare(series, EVENT, others=[EVENT, EVENT + timedelta(weeks=10)])
    assert near.doubts == (Doubt.OTHER_EVENT,)
    far = compare(series, EVENT, others=[EVENT + timedelta(weeks=60)])
    assert far.verdict is Verdict.ROSE


def test_weeks_of_holidays_are_left_out() -> None:
    series = weekly([0.3 + 0.002 * (week % 3) for week in range(54)])
    quiet = frozenset(START + timedelta(weeks=week) for week in (30, 31, 50, 51))
    for monday in quiet:
        series[monday] = 0.0
    change = compare(series, EVENT, silent=quiet)
    assert change.weeks_after == 22
    assert change.verdict is Verdict.UNCHANGED


def test_a_series_that_breaks_anywhere_proves_nothing() -> None:
    steps = [0.1] * 13 + [0.5] * 13 + [0.62] * 28
    change = compare(weekly([value + 0.002 * (week % 3) for week, value in enumerate(steps)]), EVENT)
    assert change.verdict is Verdict.NOT_DECIDABLE


@pytest.mark.parametrize("alike", [0.0, 0.5])
def test_chance_alone_is_seldom_taken_for_a_change_and_the_interval_holds_what_it_promises(
    alike: float,
) -> None:
    runs = [compare(noisy(seed, alike=alike), EVENT) for seed in range(120)]
    verdicts = Counter(run.verdict for run in runs)
    assert verdicts[Verdict.ROSE] + verdicts[Verdict.FELL] <= 14
    held = sum(run.low <= 0 <= run.high for run in runs if run.low is not None and run.high is not None)
    assert held >= 106


def test_a_change_that_matters_is_found_nearly_always() -> None:
    runs = [compare(noisy(seed, effect=0.1), EVENT) for seed in range(60)]
    assert sum(run.verdict is Verdict.ROSE for run in runs) >= 57


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.integers(0, 60), st.floats(0, 1), max_size=60),
    st.integers(0, 400),
    st.floats(0.5, 4),
)
def test_an_answer_never_contradicts_itself(weeks: dict[int, float], day: int, factor: float) -> None:
    series = {START + timedelta(weeks=week): value for week, value in weeks.items()}
    change: Change = compare(series, START + timedelta(days=day))
    assert (change.verdict is Verdict.NOT_DECIDABLE) == bool(change.doubts)
    if change.effect is not None:
        assert change.low is not None
        assert change.high is not None
        assert change.low <= change.effect <= change.high
    larger = compare(
        {monday: factor * value for monday, value in series.items()}, START + timedelta(days=day)
    )
    if change.effect is not None and larger.effect is not None:
        assert larger.effect == pytest.approx(factor * change.effect, rel=1e-3, abs=1e-6)
