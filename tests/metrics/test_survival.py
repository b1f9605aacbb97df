"""Greenwood intervals, and those who are observed only from some time on."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.survival import kaplan_meier

MERCAPTOPURINE = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
REMISSION_ENDED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def test_greenwood_agrees_with_the_published_leukaemia_trial() -> None:
    # KA-36, Freireich et al. 1963; the intervals as R's survfit prints them.
    estimate = kaplan_meier(MERCAPTOPURINE, [bool(ended) for ended in REMISSION_ENDED])
    published = {
        6: (0.720, 1.000),
        7: (0.653, 0.996),
        10: (0.586, 0.968),
        13: (0.510, 0.935),
        16: (0.439, 0.896),
        22: (0.337, 0.858),
        23: (0.249, 0.807),
    }
    found = {time: tuple(round(end, 3) for end in estimate.interval_after(time)) for time in published}
    assert found == published
    assert estimate.interval_after(5) == (1, 1)
    assert kaplan_meier([1, 2], [True, True]).interval_after(2) == (0, 0)


def test_who_enters_late_is_at_risk_only_afterwards() -> None:
    # At 5 two are at risk, at 7 the one who entered at 6 and the one followed until 8.
    estimate = kaplan_meier([5, 8, 7], [True, False, True], entries=[0, 0, 6])
    assert [estimate.after(time) for time in (4, 5, 7)] == [1, 0.5, 0.25]
    # At 5 the one who entered at 5 is not yet at risk.
    assert kaplan_meier([5, 8, 7], [True, False, True], entries=[0, 0, 5]).after(5) == 0.5
    # Who ended when it was first seen says nothing.
    assert kaplan_meier([5, 8, 7], [True, False, True], entries=[0, 0, 7]).after(8) == 0.5


def test_an_entry_before_the_beginning_or_after_the_end_is_refused() -> None:
    for entries in ([-1], [6], [0, 0]):
        with pytest.raises(ValueError, match="entry"):
            kaplan_meier([5], [True], entries=entries)


@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.booleans(), st.integers(0, 20), st.integers(1, 3)),
        min_size=1,
        max_size=15,
    )
)
def test_the_estimate_is_what_counting_one_by_one_gives(lives: list[tuple[int, bool, int, int]]) -> None:
    spelled = [(end, event, min(entry, end)) for end, event, entry, weight in lives for _ in range(weight)]
    ends, events, entries = zip(*spelled, strict=True)
    once = [(end, event, min(entry, end)) for end, event, entry, _ in lives]
    estimate = kaplan_meier(
        [end for end, _, _ in once],
        [event for _, event, _ in once],
        [weight for *_, weight in lives],
        [e for *_, e in once],
    )
    share = 1.0
    for time in range(21):
        at_risk = sum(end >= time and (entry == 0 or entry < time) for end, _, entry in spelled)
        died = sum(end == time and event and (entry == 0 or entry < time) for end, event, entry in spelled)
        share *= 1 - died / at_risk if died else 1
        assert math.isclose(estimate.after(time), share, abs_tol=1e-9)
    assert list(kaplan_meier(ends, events, None, entries).survival) == list(estimate.survival)
