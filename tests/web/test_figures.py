"""Changes in plain words."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from metrics.catalog import CATALOG
from metrics.metric import Direction
from service.language import language
from service.models import Milestone, PublishedValue
from service.web.figures import change, figure

DE, EN = language("de"), language("en")
SHARE, HOURS = CATALOG["active_share"], CATALOG["time_to_first_response"]
DAYS28 = timedelta(days=28)


def cell(
    value: float | None, *, number: int = 1, reason: str | None = None, spread: float | None = None
) -> PublishedValue:
    since = date(2026, 1, 5) + number * DAYS28
    state = "published" if reason is None else "suppressed" if reason == "small_group" else "unknown"
    low, high = (None, None) if spread is None or value is None else (value - spread, value + spread)
    return PublishedValue(
        since=since, until=since + DAYS28, value=value, low=low, high=high, state=state, reason=reason
    )


def test_a_rise_beyond_the_uncertainty_is_better_where_more_is_wanted():
    told = change(SHARE, cell(0.34, spread=0.01), cell(0.27, number=0, spread=0.01), EN)
    assert (told.words, told.tone) == ("7 percentage points more than in the 28 days before", "better")


def test_the_same_rise_is_worse_where_less_is_wanted_and_nothing_where_neither():
    now, before = cell(0.34, spread=0.01), cell(0.27, number=0, spread=0.01)
    assert change(replace(SHARE, direction=Direction.DOWN), now, before, EN).tone == "worse"
    assert change(replace(SHARE, direction=Direction.NEUTRAL), now, before, EN).tone == "none"


def test_one_percentage_point_is_singular():
    assert change(SHARE, cell(0.31), cell(0.3, number=0), DE).words == (
        "1 Prozentpunkt mehr als in den 28 Tagen davor"
    )


def test_overlapping_uncertainty_is_called_about_the_same():
    told = change(SHARE, cell(0.34, spread=0.03), cell(0.3, number=0, spread=0.02), DE)
    assert (told.words, told.tone) == ("etwa gleich: 4 Prozentpunkte mehr, das kann Zufall sein", "same")


def test_without_an_uncertainty_a_change_is_told_but_not_judged():
    told = change(HOURS, cell(26.5), cell(30.0, number=0), EN)
    assert (told.words, told.tone) == ("3.5 hours shorter than in the 28 days before", "none")


def test_a_difference_that_vanishes_in_rounding_is_unchanged():
    assert change(SHARE, cell(0.3), cell(0.3004, number=0), DE).words == (
        "unverändert gegenüber den 28 Tagen davor"
    )


@pytest.mark.parametrize(
    ("earlier", "words"),
    [
        (None, "no earlier 28 days to compare with"),
        (
            cell(None, number=0, reason="small_group"),
            "no comparison with the 28 days before: group too small",
        ),
    ],
)
def test_without_a_value_before_there_is_no_change_but_a_reason(earlier, words):
    assert change(SHARE, cell(0.3), earlier, EN).words == words


def test_a_gap_of_a_period_is_not_bridged_by_an_older_one():
    shown = figure(SHARE, [cell(0.2, number=0), cell(0.3, number=2)], [], EN)
    assert shown is not None
    assert shown.change.words == "no earlier 28 days to compare with"


def test_a_hidden_figure_says_why_and_what_was_last_known():
    shown = figure(SHARE, [cell(0.25, number=0), cell(None, reason="not_old_enough")], [], EN)
    assert shown is not None
    assert shown.value is None
    assert shown.hidden == "not known: the posts are too recent to tell"
    assert shown.last == "last known: 25% (5 Jan 2026 – 1 Feb 2026)"


def test_the_value_before_a_milestone_is_that_of_the_last_whole_period_before_it():
    relaunch = Milestone(day=date(2026, 3, 5), key="relaunch", label_de="Umzug", label_en="Move")
    cells = [cell(0.2, number=0), cell(0.22, number=1), cell(0.3, number=2), cell(0.35, number=3)]
    shown = figure(SHARE, cells, [relaunch], EN)
    assert shown is not None
    assert shown.before == "before “Move”: 22%"


def test_a_milestone_inside_the_newest_period_has_no_before_and_after_yet():
    relaunch = Milestone(day=date(2026, 2, 10), key="relaunch", label_de="Umzug", label_en="Move")
    shown = figure(SHARE, [cell(0.2, number=0), cell(0.22, number=1)], [relaunch], EN)
    assert shown is not None
    assert shown.before == ""


def test_a_metric_without_any_cell_has_no_figure():
    assert figure(SHARE, [], [], EN) is None


def test_an_older_value_is_not_passed_off_as_the_newest():
    old = cell(0.25, number=0)
    shown = figure(SHARE, [old], [], EN, newest=old.until)
    assert shown is not None
    assert (shown.value, shown.hidden) == (None, "not measured")
    assert shown.last == "last known: 25% (5 Jan 2026 – 1 Feb 2026)"
