import math
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.concentration import gini, held_by_top, part, squares, total
from metrics.inequality import effective_cell, gini_cell, gini_population_cell, split_cell, top_cell

SINCE = date(2026, 3, 23)
MONDAY = datetime(2026, 3, 23, 9, tzinfo=ZoneInfo("Europe/Berlin"))
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
INCOMES = [541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261]


def counted(values: list[int]) -> dict[int, int]:
    return {value: values.count(value) for value in set(values)}


def quotient(pair: tuple[int, int]) -> float:
    return pair[0] / pair[1]


def rows(values: list[int], population: int, category: str = "") -> list[dict[str, Any]]:
    alike = counted(values) or {None: None}
    return [
        {
            "amount": amount, "people": people, "population": population, "category": category, "excluded": 0,
            "reason": None,
        }
        for amount, people in alike.items()
    ]  # fmt: skip


def test_gini_agrees_with_the_published_example() -> None:
    # KA-13, R ineq and DescTools: 0.46209113, and 0.51343459 for so few.
    few = quotient(gini(counted(INCOMES)))
    assert round(few, 8) == 0.51343459
    assert round(few * 9 / 10, 8) == 0.46209113
    # Seven times the same people: no longer few, and as unequal as they were.
    assert round(quotient(gini(counted(INCOMES * 7))), 8) == 0.46209113


@pytest.mark.parametrize(
    ("values", "uncorrected"), [([0, 0, 0, 1], 3 / 4), ([1, 2, 3, 4, 5], 4 / 15), ([3, 3, 3], 0), ([7], 0)]
)
def test_gini_of_few_is_exact(values: list[int], uncorrected: float) -> None:
    # KA-14, times n/(n-1).
    size = len(values)
    corrected = uncorrected * size / max(1, size - 1)
    assert math.isclose(quotient(gini(counted(values))), corrected, abs_tol=1e-12)


def test_without_anything_there_is_no_inequality() -> None:
    with pytest.raises(ValueError, match="nothing"):
        gini({0: 5})


def test_the_effective_number_agrees_with_the_known_answer() -> None:
    # KA-15: HHI 0.355.
    people = counted([50, 30, 10, 5, 5])
    assert round(total(people) ** 2 / squares(people), 3) == 2.817


def test_of_equals_at_the_border_any_may_count() -> None:
    people = counted([9, 5, 5, 5, 1])
    assert [held_by_top(people, first) for first in range(7)] == [0, 9, 14, 19, 24, 25, 25]
    assert [part(size, 10) for size in (1, 10, 11, 30, 100)] == [1, 1, 2, 3, 10]


@given(st.lists(st.integers(0, 60), min_size=1, max_size=80).filter(any))
def test_gini_is_half_the_relative_mean_difference_of_all_pairs(values: list[int]) -> None:
    size = len(values)
    pairs = size * (size - 1 if 1 < size < 50 else size)
    plain = sum(abs(one - other) for one in values for other in values) / (2 * pairs * sum(values) / size)
    assert math.isclose(quotient(gini(counted(values))), plain, abs_tol=1e-9)


@given(st.lists(st.integers(1, 60), min_size=30, max_size=90))
def test_cells_are_bounded_and_their_intervals_ordered(values: list[int]) -> None:
    whole = rows(values, len(values) + 10)
    for make in (gini_cell, gini_population_cell, top_cell(1), top_cell(10), effective_cell):
        cell = make(whole)
        assert cell.reason is None
        assert cell.numerator is not None
        assert cell.denominator is not None
        assert cell.low is not None
        assert cell.high is not None
        assert cell.largest is not None
        value = cell.numerator / cell.denominator
        assert 0 <= value <= (len(values) if make is effective_cell else 1)
        assert 0 <= cell.low <= cell.high
        assert 0 < cell.largest <= cell.denominator
        # One who stands for more than half of what was contributed does so in every one of them.
        if 2 * max(values) > sum(values):
            assert 2 * cell.largest > cell.denominator
    parts = [split_cell(rows(values, len(values) + 10, name)) for name in ("top_1", "next_9", "other_90")]
    assert sum(cell.numerator or 0 for cell in parts) == sum(values) == parts[0].denominator
    assert sum(cell.affirming or 0 for cell in parts) == len(values)


def test_fewer_than_thirty_people_are_no_distribution() -> None:
    few, enough = rows([1] * 29, 29), rows([1] * 30, 30)
    for make in (gini_cell, gini_population_cell, top_cell(10), effective_cell):
        assert make(few).reason == "few_contributors"
        assert make(enough).reason is None


def thirty(intranet: Any) -> None:
    """One who writes eleven times, nine who write twice, twenty who write once, and ten who do not."""
    for number in range(40):
        intranet.person(f"p{number}")
        times = 11 if number == 0 else 2 if number < 10 else 1 if number < 30 else 0
        for time in range(times):
            intranet.post(f"p{number}", MONDAY + time * DAY, f"word {number} {time}", room=f"room {time % 2}")


def found(intranet: Any, metric: str, category: str = "", window: str = "days28", since: date = SINCE) -> Any:
    return intranet.cell(metric, since, window=window, category=category)


def test_contributions_are_counted_per_person_over_all_rooms(intranet: Any) -> None:
    thirty(intranet)
    top = found(intranet, "top_10_share")
    assert (top.numerator, top.denominator, top.people, top.affirming, top.largest) == (15, 49, 30, 3, 11)
    first = found(intranet, "top_1_share")
    assert (first.numerator, first.denominator, first.affirming) == (11, 49, 1)
    effective = found(intranet, "effective_contributors")
    assert (effective.numerator, effective.denominator) == (49 * 49, 121 + 9 * 4 + 20)
    assert effective.largest == 121


def test_inequality_among_all_counts_those_who_made_nothing(intranet: Any) -> None:
    thirty(intranet)
    among, everybody = found(intranet, "contribution_gini"), found(intranet, "contribution_gini_population")
    values = [1] * 20 + [2] * 9 + [11]
    assert (among.numerator, among.denominator) == gini(counted(values))
    assert (everybody.numerator, everybody.denominator) == gini(counted([0] * 10 + values))
    assert (among.people, among.affirming) == (30, 30)
    assert (everybody.people, everybody.affirming) == (40, 30)
    assert among.low < among.numerator / among.denominator < among.high


def test_the_split_takes_one_and_ten_per_cent_of_everybody(intranet: Any) -> None:
    thirty(intranet)
    parts = [found(intranet, "content_split", name) for name in ("top_1", "next_9", "other_90")]
    assert [(cell.numerator, cell.denominator) for cell in parts] == [(11, 49), (6, 49), (32, 49)]
    assert [(cell.people, cell.affirming) for cell in parts] == [(40, 1), (40, 3), (40, 26)]


def test_reactions_views_bots_repeated_edits_and_imports_are_no_contributions(intranet: Any) -> None:
    thirty(intranet)
    intranet.person("bot", kind="service")
    intranet.post("bot", MONDAY, "report")
    intranet.react("p35", MONDAY, "word 0 0")
    intranet.act("view", "p36", MONDAY, "word 0 0")
    for minute in range(3):
        intranet.act("edit", "p0", MONDAY + timedelta(minutes=minute), "word 0 0")
    for number in range(21):
        intranet.post("p37", MONDAY + timedelta(seconds=number), f"import {number}")
    cell = found(intranet, "top_10_share")
    assert (cell.numerator, cell.denominator, cell.excluded) == (15, 49, 22)


def test_an_answer_to_oneself_and_an_undated_reaction(intranet: Any) -> None:
    # Writing under one's own post is writing; whether somebody reacted does not matter here.
    thirty(intranet)
    intranet.comment("p0", MONDAY, "word 0 0")
    intranet.post("p0", "2026-01-07 09:00", "old")
    intranet.react("p39", MONDAY, "old", dated=False)
    cell = found(intranet, "top_1_share")
    assert (cell.numerator, cell.denominator, cell.reason) == (12, 50, None)


def test_a_half_year_is_measured_by_itself_and_a_week_is_not(make_intranet: Any) -> None:
    intranet = make_intranet(since=date(2025, 6, 2), until=date(2026, 6, 1))
    thirty(intranet)
    half = date(2025, 12, 1)
    assert (half - date(2000, 1, 3)).days % 182 == 0
    assert found(intranet, "top_10_share", window="weeks26", since=half).denominator == 49
    assert found(intranet, "top_10_share", window="week") is None
