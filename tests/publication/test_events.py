"""Which totals hold between ratios, and what the people behind them have to do with it: counted by hand for k = 10."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from service.publication.cells import Cell
from service.publication.events import _event_cell, _event_total, _total_over_time, event_system
from service.publication.measured import ORGANISATION, Form, Measured, Nature, Scope
from service.publication.protect import System
from tests.publication.test_fewest import K

Builder = Callable[..., Measured]
RATIO = Form(Nature.EVENTS)
START = date(2026, 3, 2)
A, B, ROOM = ("unit", "a"), ("unit", "b"), ("room", "r")


def apart(room: str, since: date, until: date) -> bool:
    return False


class TestUnits:
    def total(self, people: dict[Scope, int]) -> System:
        system = System(K, bounded=False)
        _event_total(system, {scope: system.add(Cell(behind, behind)) for scope, behind in people.items()})
        return system

    @pytest.mark.parametrize(
        ("whole", "outside"),
        [
            (40, []),
            (41, [(1, True)]),
            (49, [(9, True)]),
            (50, [(10, False)]),
            (51, [(11, False)]),
            # Who changed unit stands behind both: those of the units overlap, and nobody can be told to be outside.
            (39, []),
        ],
    )
    def test_the_organisation_is_its_units_and_who_belongs_to_none(
        self, whole: int, outside: list[tuple[int, bool]]
    ) -> None:
        system = self.total({ORGANISATION: whole, A: 20, ROOM: 30, B: 20})
        found = [(cell.count, cell.people, cell.shown, cell.unsafe) for cell in system.cells[4:]]
        assert found == [(behind, behind, False, unsafe) for behind, unsafe in outside]
        (total,) = system.totals
        assert total.factors == {0: -1, 1: 1, 3: 1} | ({4: 1} if outside else {})
        assert total.additive is (whole >= 40)
        assert total.over_units

    def test_nothing_adds_up_without_units_or_without_the_whole(self) -> None:
        for people in ({ORGANISATION: 40, ROOM: 40}, {A: 20, B: 20}, {}):
            system = self.total(people)
            assert system.totals == []
            assert len(system.cells) == len(people)


class TestWeeks:
    def weeks(self, *places: int, scope: Scope = A, category: str = "") -> dict[Any, int]:
        begins = {place: START + timedelta(weeks=place) for place in places}
        return {
            (scope, category, "week", since, since + timedelta(weeks=1)): place
            for place, since in begins.items()
        }

    def totals(self, numbers: dict[Any, int], days: int = 28) -> list[tuple[Any, ...]]:
        system = System(K, bounded=False)
        window = {(A, "", "days28", START, START + timedelta(days)): 99}
        _total_over_time(system, {**numbers, **window})
        return [(total.factors, total.additive, total.over_units) for total in system.totals]

    def test_a_window_is_the_total_of_its_weeks_and_of_no_other(self) -> None:
        expected = [({99: -1, 0: 1, 1: 1, 2: 1, 3: 1}, False, False)]
        assert self.totals(self.weeks(0, 1, 2, 3)) == expected
        assert self.totals(self.weeks(-1, 0, 1, 2, 3, 4)) == expected
        assert self.totals(self.weeks(0), days=7) == [({99: -1, 0: 1}, False, False)]

    def test_a_window_is_no_total_where_a_week_of_it_is_missing_or_goes_beyond_it(self) -> None:
        for missing in range(4):
            assert self.totals(self.weeks(*{0, 1, 2, 3, 4} - {missing})) == []
        assert self.totals({}) == []
        assert self.totals(self.weeks(0, 1, 2, 3, 4), days=30) == []

    def test_weeks_of_others_and_of_other_categories_are_no_part(self) -> None:
        assert self.totals(self.weeks(0, 1, 2, 3, scope=B)) == []
        assert self.totals(self.weeks(0, 1, 2, 3, category="top")) == []


class TestTogether:
    def rows(self, measured: Builder, *groups: tuple[str, str, int], **more: Any) -> list[Measured]:
        return [
            measured("response", scope, key, people, people, numerator=500, denominator=1000, **more)
            for scope, key, people in groups
        ]

    def test_each_row_has_its_cell_and_nobody_has_none(self, measured: Builder) -> None:
        rows = self.rows(measured, ("unit", "empty", 0), ("organisation", "", 40), ("unit", "a", 20))
        system, cells = event_system(rows, RATIO, K, apart)
        assert cells == [None, 0, 1]
        assert [cell.people for cell in system.cells] == [40, 20, 20]
        assert [total.factors for total in system.totals] == [{0: -1, 1: 1, 2: 1}]
        assert not system.bounded

    def test_parts_of_a_group_add_up_and_one_alone_does_not(self, measured: Builder) -> None:
        groups = [("organisation", "", 40), ("room", "r", 30)]
        rows = [
            *self.rows(measured, *groups, category="top"),
            *self.rows(measured, *groups[:1], category="x"),
        ]
        system, cells = event_system(rows, RATIO, K, apart)
        assert cells == [0, 2, 1]
        assert [total.factors for total in system.totals] == [{0: 1, 1: 1}]
        assert system.totals[0].additive

    def test_what_would_tell_of_another_metric_is_hidden_unless_its_own_group_has_a_reason(
        self, measured: Builder
    ) -> None:
        rows = self.rows(measured, ("room", "r", 30), ("room", "s", 30), ("room", "few", 9))
        system, _ = event_system(rows, RATIO, K, apart, withheld={1, 2})
        assert [(cell.shown, cell.reason, cell.unsafe) for cell in system.cells] == [
            (True, None, False),
            (False, "complementary", False),
            (False, "small_group", True),
        ]

    def test_who_stands_behind_posts_of_a_room_is_not_compared_with_the_sizes_of_units(
        self, measured: Builder
    ) -> None:
        rows = self.rows(measured, ("unit", "a", 30), ("room", "r", 31))
        system, _ = event_system(rows, RATIO, K, lambda *_: None)
        assert [cell.shown for cell in system.cells] == [True, True]
        system, _ = event_system(rows, RATIO, K, lambda *_: True)
        assert [cell.reason for cell in system.cells] == [None, "difference"]

    def test_a_window_is_tied_to_its_weeks(self, measured: Builder) -> None:
        weeks = [START + timedelta(weeks=place) for place in range(4)]
        rows = [row for since in weeks for row in self.rows(measured, ("room", "r", 20), since=since)]
        rows += self.rows(measured, ("room", "r", 50), since=START, window="days28")
        system, _ = event_system(rows, RATIO, K, apart)
        assert [total.factors for total in system.totals] == [{4: -1, 0: 1, 1: 1, 2: 1, 3: 1}]


def test_a_ratio_of_unknown_counts_is_of_nobody_and_of_nothing(measured: Builder) -> None:
    row = measured("response", "room", "r", 20, 20)
    cell = _event_cell(row._replace(people=None), Form(Nature.EVENTS, share=False), K, None)
    assert (cell.count, cell.people, cell.unsafe) == (0, 0, True)
    for changed, shown in (
        ({"numerator": None, "denominator": 10}, True),
        ({"numerator": None, "denominator": 9}, False),
        ({"numerator": 0, "denominator": None}, False),
    ):
        cell = _event_cell(row._replace(**changed), RATIO, K, None)
        assert (cell.shown, cell.reason) == ((True, None) if shown else (False, "homogeneity"))
    for largest, reason in ((0, None), (1, "dominance")):
        cell = _event_cell(
            row._replace(largest=largest, denominator=None), Form(Nature.EVENTS, share=False), K, None
        )
        assert cell.reason == reason
