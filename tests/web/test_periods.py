"""Two periods side by side: what is said of a difference, and which periods can be chosen."""

import re
from datetime import date, timedelta
from itertools import product

import pytest

from metrics.catalog import CATALOG
from service.language import language
from service.models import PublishedValue
from service.publication.rounding import rounded_people, told_share
from service.web.periods import line, slack

EN = language("en")
DAYS28 = timedelta(days=28)
FIRST = date(2026, 6, 15)
SHARE, HOURS, RATIO = (CATALOG[key] for key in ("active_share", "time_to_first_response", "reply_ratio"))
NEUTRAL = CATALOG["new_voices"]


def cell(value, *, people=500, spread=None, reason=None, window="days28") -> PublishedValue:
    low, high = (None, None) if spread is None else (value - spread, value + spread)
    state = "published" if reason is None else "suppressed" if reason == "small_group" else "unknown"
    return PublishedValue(
        window=window, value=value, people=people, low=low, high=high, state=state, reason=reason
    )


@pytest.mark.parametrize("people", [11, 12, 13, 47, 250])
@pytest.mark.parametrize("k", [5, 10])
def test_no_share_of_people_lies_further_from_the_counted_one_than_is_said(people, k):
    for count, then in product(range(k, people - k + 1), range(k, people - k + 1)):
        before = told_share(then, people, k, 0.01)
        value = told_share(count, people, k, 0.01, before)
        if 0 <= value <= 1:
            shown = cell(value, people=rounded_people(people))
            assert abs(value - count / people) <= slack(shown, SHARE, k) + 1e-9


def test_what_counts_no_people_is_rounded_to_its_last_digit_only():
    assert slack(cell(7.0), HOURS, 10) == pytest.approx(0.25)
    assert slack(cell(1.5), RATIO, 10) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("metric", "first", "second", "said"),
    [
        (SHARE, cell(0.30, people=1000, spread=0.02), cell(0.31, people=1000, spread=0.02),
         ("+1 percentage point", "no more than rounding can explain", "same")),
        (SHARE, cell(0.30, spread=0.04), cell(0.36, spread=0.04),
         ("+6 percentage points", "more than rounding can explain, but it may be chance", "none")),
        (SHARE, cell(0.30, spread=0.02), cell(0.36, spread=0.02),
         ("+6 percentage points", "more than rounding and chance can explain", "better")),
        (SHARE, cell(0.36, spread=0.02), cell(0.30, spread=0.02),
         ("−6 percentage points", "more than rounding and chance can explain", "worse")),
        (NEUTRAL, cell(0.30, spread=0.02), cell(0.40, spread=0.02),
         ("+10 percentage points", "more than rounding and chance can explain", "none")),
        (HOURS, cell(9.0), cell(7.0),
         ("−2 hours", "more than rounding can explain; how much is chance is not known", "none")),
        (HOURS, cell(9.0, spread=0.5), cell(7.0, spread=0.5),
         ("−2 hours", "more than rounding and chance can explain", "better")),
        (SHARE, cell(None, reason="small_group"), cell(0.3),
         ("–", "not decidable, the earlier value: group too small", "none")),
        (SHARE, cell(0.3), None, ("–", "not decidable, the later value: not measured", "none")),
    ],
)  # fmt: skip
def test_a_difference_is_told_with_what_can_explain_it(metric, first, second, said):
    told = line(metric, first, second, 10, EN)
    assert (told.difference, told.words, told.tone) == said


@pytest.fixture
def published(builder):
    for number in range(4):
        builder.value("active_share", 0.2 + 0.05 * number, FIRST + number * DAYS28, spread=0.01)
    builder.value("time_to_first_response", None, FIRST, reason="not_reached")
    builder.value("active_share", 0.5, FIRST, days=7, window="week")
    builder.value("active_share", 0.4, FIRST, scope="unit", scope_key="IT")
    builder.publish(FIRST + 4 * DAYS28)


def columns(client, query=""):
    text = client.get(f"/periods?lang=en{query}").text
    head = re.search(r"<thead>(.*?)</thead>", text, re.DOTALL)
    return re.findall(r"<th[^>]*>([^<]*)</th>", head[1])[1:3] if head else []


def test_the_newest_stands_beside_the_last_before_the_milestone_unless_others_are_chosen(client, published):
    newest = "7 Sept 2026 – 4 Oct 2026"
    assert columns(client) == ["10 Aug 2026 – 6 Sept 2026", newest]  # the relaunch lies inside the first
    assert columns(client, "&first=2026-09-07&second=2026-06-15") == ["15 Jun 2026 – 12 Jul 2026", newest]
    assert columns(client, "&first=never&second=2026-02-30") == columns(client)
    assert columns(client, "&window=week") == ["15 Jun 2026 – 21 Jun 2026"] * 2


def test_the_page_says_when_both_are_the_same_and_when_a_unit_shows_nothing(client, published):
    same = client.get("/periods?lang=en&first=2026-06-15&second=2026-06-15").text
    assert "Both are the same period." in same
    unit = client.get("/periods?lang=en&first=2026-06-15&unit=IT").text
    assert "not decidable, the later value: not measured" in unit
    assert '<option value="IT" selected>' in unit
    assert "selected>Vertrieb" not in client.get("/periods?unit=Vertrieb").text
