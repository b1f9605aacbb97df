"""Rounding, standings and totals of few at the very count where what is told changes, worked out by hand for k = 10."""

from collections.abc import Callable
from typing import Any

import pytest

from service.publication import outcomes
from service.publication.cells import Cell, Total, told
from service.publication.measured import ORGANISATION, Form, Measured, Nature, hidden_scopes, tables
from service.publication.rounding import (
    NEAR_EVERYBODY,
    NEAR_NOBODY,
    bound,
    near,
    rounded,
    rounded_people,
    rounded_share,
    told_alike,
    told_share,
    wilson,
)
from service.publication.standing import Standing, standing, standings

K, STEP = 10, 0.01
SHARE = Form(Nature.PERSONS)
Builder = Callable[..., Measured]


@pytest.mark.parametrize(
    ("value", "step", "expected"),
    [
        (0.124, 0.05, 0.1),
        (0.125, 0.05, 0.15),
        (0.075, 0.05, 0.1),
        (0.0749999, 0.05, 0.05),
        (0.285, 0.01, 0.29),
        (-0.125, 0.05, -0.15),
        (0.0, 0.05, 0.0),
        (2.49, 0.5, 2.5),
        (7.0, 3.0, 6.0),
        # Four decimals are told at most.
        (0.12344, 0.0001, 0.1234),
        (0.123456, 0.00001, 0.1235),
    ],
)
def test_numbers_are_rounded_to_the_nearest_step(value: float, step: float, expected: float) -> None:
    assert rounded(value, step) == expected


@pytest.mark.parametrize(
    ("count", "people", "expected"),
    [
        (0, 100, 0.0),
        (4, 100, 0.0),
        (5, 100, 0.1),
        (14, 100, 0.1),
        (15, 100, 0.2),
        (84, 100, 0.8),
        (85, 100, 0.9),
        (90, 100, 0.9),
        # Below 88, the most that may be shown of 98, lie the four counts of the last step: they are told like the step before.
        (84, 98, 0.82),
        (88, 98, 0.82),
        (89, 98, 0.92),
        # Of 99 they are five, which is half of k.
        (89, 99, 0.91),
        (84, 99, 0.81),
        # There is no step before the first.
        (10, 20, 0.5),
        (12, 12, 0.83),
        (17, 17, 1.0),
        (3, 5, 0.0),
    ],
)
def test_shares_come_in_steps_of_k_people(count: int, people: int, expected: float) -> None:
    assert rounded_share(count, people, K, STEP) == expected


@pytest.mark.parametrize(
    ("count", "before", "expected"),
    [
        (9, None, NEAR_NOBODY),
        (10, None, 0.1),
        (14, NEAR_NOBODY, NEAR_NOBODY),
        (15, NEAR_NOBODY, 0.2),
        (14, NEAR_EVERYBODY, 0.1),
        (91, None, NEAR_EVERYBODY),
        (90, None, 0.9),
        (86, NEAR_EVERYBODY, NEAR_EVERYBODY),
        (85, NEAR_EVERYBODY, 0.9),
        (86, NEAR_NOBODY, 0.9),
        (40, 0.5, 0.4),
        (41, 0.5, 0.5),
        (59, 0.5, 0.5),
        (60, 0.5, 0.6),
        (9, 0.1, NEAR_NOBODY),
    ],
)
def test_what_is_told_stays_until_the_count_is_far(count: int, before: float | None, expected: float) -> None:
    assert told_share(count, 100, K, STEP, before) == expected
    assert standing(count, 100, K, STEP, before).told == expected


@pytest.mark.parametrize(
    ("count", "before", "expected"),
    [
        (50, 0.5, (41, 59)),
        (5, None, (0, 9)),
        (5, NEAR_NOBODY, (0, 14)),
        (95, None, (91, 100)),
        (12, None, (10, 14)),
        (0, None, (0, 9)),
        (100, NEAR_EVERYBODY, (86, 100)),
    ],
)
def test_counts_that_are_told_alike_are_all_of_them(count: int, before: float | None, expected: Any) -> None:
    assert told_alike(count, 100, K, STEP, before) == expected
    found = standing(count, 100, K, STEP, before)
    assert found.alike == expected
    assert found.near_nobody is (expected[0] == 0)
    assert found.near_everybody is (expected[1] == 100)


def test_coarse_numbers_of_people() -> None:
    assert [near(k) for k in (5, 10, 11)] == [7, 15, 16]
    assert [rounded_people(n) for n in (0, 2, 3, 12, 13, 17, 18)] == [0, 0, 5, 10, 15, 15, 20]
    assert [bound(n, 10) for n in (1000, 999, 20, 19)] == [0.01, 0.02, 0.5, None]


@pytest.mark.parametrize(
    ("share", "people", "expected"),
    [
        (0.5, 100, (0.4, 0.6)),
        (0.1, 50, (0.04, 0.21)),
        (0.0, 10, (0.0, 0.28)),
        (1.0, 10, (0.72, 1.0)),
        (0.3, 40, (0.18, 0.45)),
    ],
)
def test_intervals_are_those_of_wilson(share: float, people: int, expected: tuple[float, float]) -> None:
    assert wilson(share, people) == expected


def row(
    measured: Builder, numerator: int | None = 4, denominator: int | None = 40, **changed: Any
) -> Measured:
    made = measured("active", "organisation", "", 0, 40)
    return made._replace(numerator=numerator, denominator=denominator, **changed)


def test_what_tells_nothing_of_people_is_rounded_alone(measured: Builder) -> None:
    rooms = Form(Nature.ROOMS, 0.05)
    found = outcomes.plain(row(measured, low=0.04, high=0.13), rooms)
    assert (found.state, found.value, found.low, found.high) == ("published", 0.1, 0.05, 0.15)
    for half in ({"low": 0.04}, {"high": 0.13}, {}):
        found = outcomes.plain(row(measured, **half), Form(Nature.UNITS, 0.05))
        assert (found.state, found.value, found.low, found.high) == ("published", 0.1, None, None)
    for nothing, reason in (
        ({"state": "unknown", "reason": "not_offered"}, "not_offered"),
        ({"denominator": 0}, "no_data"),
        ({"denominator": None}, "no_data"),
        ({"numerator": None}, "no_data"),
    ):
        found = outcomes.plain(row(measured, **nothing), rooms)
        assert (found.state, found.reason, found.value) == ("unknown", reason, None)
    assert outcomes.plain(row(measured, numerator=0), rooms).value == 0
    assert outcomes.plain(row(measured), SHARE).reason == "no_people"


def test_what_is_told_of_people(measured: Builder) -> None:
    cell, share = Cell(20, 42), Standing(0.5, (16, 25))
    assert outcomes.told(row(measured), SHARE, None, share, K).reason == "small_group"
    found = outcomes.told(row(measured), SHARE, cell, share, K)
    assert (found.state, found.value, found.people) == ("published", 0.5, 40)
    assert (found.low, found.high) == wilson(0.5, 40)
    found = outcomes.told(row(measured, low=1.02, high=1.98), Form(Nature.EVENTS, 0.05), cell, None, K)
    assert (found.value, found.low, found.high, found.people) == (0.1, 1.0, 2.0, 40)
    for half in ({"low": 1.02}, {"high": 1.98}, {}):
        found = outcomes.told(row(measured, **half), Form(Nature.EVENTS, 0.05), cell, None, K)
        assert (found.value, found.low, found.high) == (0.1, None, None)
    found = outcomes.told(row(measured, None, None), Form(Nature.EVENTS, 0.05), cell, None, K)
    assert found.value == 0
    found = outcomes.told(row(measured, 3, None), Form(Nature.EVENTS, 0.05), cell, None, K)
    assert found.value == 3


@pytest.mark.parametrize(
    ("people", "told_of", "expected"),
    [
        (100, NEAR_NOBODY, (0.0, 0.2)),
        (30, NEAR_NOBODY, (0.0, 0.5)),
        (29, NEAR_NOBODY, (None, None)),
        (100, NEAR_EVERYBODY, (0.8, 1.0)),
        (29, NEAR_EVERYBODY, (None, None)),
        (1500, NEAR_EVERYBODY, (0.99, 1.0)),
        (300, NEAR_EVERYBODY, (0.95, 1.0)),
        (100, 0.4, (0.3, 0.5)),
        (100, 0.42, (0.3, 0.55)),
        (100, 0.05, (0.0, 0.15)),
        (100, 0.95, (0.85, 1.0)),
        (2000, 0.4, (0.35, 0.45)),
    ],
)
def test_of_a_hidden_share_it_is_told_about_where_it_lies(
    measured: Builder, people: int, told_of: float, expected: tuple[float | None, float | None]
) -> None:
    cell = Cell(5, people, shown=False, reason="homogeneity", low=0, high=9)
    found = outcomes.told(row(measured), SHARE, cell, Standing(told_of, (0, 9)), K)
    assert (found.state, found.reason, found.value, found.people) == ("suppressed", "homogeneity", None, None)
    assert (found.low, found.high) == expected
    cell.low = None
    found = outcomes.told(row(measured), SHARE, cell, Standing(told_of, (0, 9)), K)
    assert (found.low, found.high) == (None, None)


class TestStandings:
    def rows(self, measured: Builder, *counts: int) -> list[Measured]:
        from datetime import date, timedelta

        return [
            measured("active", "unit", "a", count, 100, since=date(2026, 3, 2) + timedelta(weeks=place))
            for place, count in enumerate(counts)
        ]

    def told(self, rows: list[Measured], form: Form = SHARE, kept: Any = None) -> list[float | None]:
        return [one and one.told for one in standings(rows, {"active": form}, K, kept)]

    def test_each_follows_the_one_before_it_in_time(self, measured: Builder) -> None:
        rows = self.rows(measured, 50, 59, 60, 9, 14, 15)
        assert self.told(rows) == [0.5, 0.5, 0.6, NEAR_NOBODY, NEAR_NOBODY, 0.2]
        assert self.told(rows[::-1]) == [0.2, NEAR_NOBODY, NEAR_NOBODY, 0.6, 0.5, 0.5]
        other = [one._replace(scope_key="b") for one in self.rows(measured, 59)]
        assert self.told([*rows[:1], *other]) == [0.5, 0.6]

    def test_what_an_earlier_publication_told_stays(self, measured: Builder) -> None:
        rows = self.rows(measured, 55, 57)
        assert self.told(rows) == [0.6, 0.6]
        assert self.told(rows, kept={0: 0.5}) == [0.5, 0.5]
        assert self.told(rows, kept={1: 0.5}) == [0.6, 0.5]

    def test_a_reader_is_taken_to_know_the_period_before_where_it_explains_what_was_told(
        self, measured: Builder
    ) -> None:
        def alike(kept: float | None) -> Any:
            told = {} if kept is None else {1: kept}
            return [one and one.alike for one in standings(rows, {"active": SHARE}, K, told)][1]

        rows = self.rows(measured, 30, 62)
        # After 0.3 the counts from 55 to 64 are told as 0.6, as it was; what it does not explain was told by itself.
        assert [alike(kept) for kept in (None, 0.6, 0.65)] == [(55, 64), (55, 64), (56, 74)]

    def test_what_is_unknown_or_about_no_people_has_none(self, measured: Builder) -> None:
        known, unknown = self.rows(measured, 50, 50)
        assert self.told([known, unknown._replace(state="unknown")]) == [0.5, None]
        assert self.told([known._replace(people=0, denominator=1)]) == [None]
        assert self.told([known], Form(Nature.EVENTS)) == [None]
        (nobody,) = standings([known._replace(affirming=None)], {"active": SHARE}, K)
        assert nobody == Standing(NEAR_NOBODY, (0, 9))

    def test_a_metric_may_ask_for_another_least_number(self, measured: Builder) -> None:
        rows = self.rows(measured, 7)
        assert self.told(rows) == [NEAR_NOBODY]
        assert self.told(rows, Form(Nature.PERSONS, minimum=5)) == [0.05]


class TestTotals:
    def test_a_hidden_count_lies_within_what_is_told_of_it(self) -> None:
        assert Cell(5, 40).box == (0, 40)
        assert Cell(5, 40, low=0, high=9).box == (0, 9)
        assert Cell(5, 40, low=3).box == (3, 40)
        assert Cell(5, 40, high=9).box == (0, 9)
        assert [Cell(5, people).width(K) for people in (3, 5, 6)] == [3, 5, 5]
        assert Cell(5, 40, low=3, high=5).width(K) == 2

    @pytest.mark.parametrize(
        ("counts", "signs", "unsafe", "additive", "leaks"),
        [
            ((4,), (1,), True, True, True),
            ((40,), (1,), True, True, True),
            ((40,), (1,), False, True, False),
            ((4, 5), (1, 1), True, True, True),
            ((4, 6), (1, 1), True, True, False),
            ((4, 5), (1, 1), False, True, False),
            ((4, 5), (1, -1), True, True, False),
            ((9, 9), (1, 1), True, False, True),
            ((9, 10), (1, 1), True, False, False),
        ],
    )
    def test_a_total_leaks_one_cell_or_few_people(
        self, counts: tuple[int, ...], signs: tuple[int, ...], unsafe: bool, additive: bool, leaks: bool
    ) -> None:
        cells = [Cell(count, 50, unsafe=unsafe and place == 0) for place, count in enumerate(counts)]
        total = Total(dict(enumerate(signs)), additive=additive)
        assert total.leaks(cells, range(len(cells)), K) is leaks

    def test_something_is_told_of_what_stands_beside_a_shown_cell_or_has_a_bound(self) -> None:
        cells = [Cell(20, 50), Cell(4, 50), Cell(4, 50), Cell(4, 50, low=0), Cell(4, 50)]
        totals = [Total({0: -1, 1: 1}), Total({2: 1, 4: 1})]
        assert told(cells, totals, {1, 2, 3, 4}) == {0, 1, 3}

    def test_cells_are_shown_free_and_safe_unless_it_is_said(self) -> None:
        cell, total = Cell(1, 2), Total({})
        assert (cell.shown, cell.unsafe, cell.whole, cell.known) == (True, False, False, False)
        assert (total.additive, total.over_units) == (True, False)


@pytest.mark.parametrize(
    ("people", "near_another", "compare", "expected"),
    [
        ({ORGANISATION: 9}, False, False, {ORGANISATION: "small_group"}),
        ({ORGANISATION: 10}, False, False, {}),
        ({ORGANISATION: 50, ("room", "r"): 9}, False, False, {("room", "r"): "small_group"}),
        ({ORGANISATION: 50, ("room", "r"): 10}, False, False, {}),
        ({ORGANISATION: 50, ("room", "r"): 30}, True, False, {("room", "r"): "difference"}),
        ({ORGANISATION: 50, ("room", "r"): 9}, True, False, {("room", "r"): "small_group"}),
        ({ORGANISATION: 50, ("room", "r"): 49}, False, False, {("room", "r"): "difference"}),
        ({ORGANISATION: 50, ("room", "r"): 41}, False, False, {("room", "r"): "difference"}),
        ({ORGANISATION: 50, ("room", "r"): 40}, False, False, {}),
        ({ORGANISATION: 50, ("room", "r"): 50}, False, False, {}),
        ({("room", "r"): 30, ("unit", "u"): 21}, None, True, {("room", "r"): "difference"}),
        ({("room", "r"): 30, ("unit", "u"): 31}, None, True, {("room", "r"): "difference"}),
        ({("room", "r"): 30, ("unit", "u"): 20}, None, True, {}),
        ({("room", "r"): 30, ("unit", "u"): 30}, None, True, {}),
        ({("room", "r"): 30, ("unit", "u"): 21}, None, False, {}),
        ({("room", "r"): 30, ("unit", "u"): 21}, False, True, {}),
    ],
)
def test_groups_that_differ_by_few_from_another_are_hidden(
    measured: Builder, people: Any, near_another: bool | None, compare: bool, expected: Any
) -> None:
    some = measured("active", "organisation", "", 1, 2)
    found = hidden_scopes(people, K, lambda *_: near_another, some.since, some.until, compare_units=compare)
    assert found == expected


def test_rows_are_found_by_what_they_are_of(measured: Builder) -> None:
    rows = [measured("active", "unit", key, 5, 40, category) for key in "ab" for category in "xy"]
    (table,) = tables(rows).values()
    assert table == {("unit", "a"): {"x": 0, "y": 1}, ("unit", "b"): {"x": 2, "y": 3}}
    assert rows[0].place == ("unit", "a")
    assert [one.known for one in (rows[0], rows[0]._replace(state="unknown"), rows[0]._replace(people=None),
                                  rows[0]._replace(denominator=0))] == [True, False, False, False]  # fmt: skip
