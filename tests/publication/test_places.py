"""Which cells a group has, which of them are unsafe, and what metrics tell of each other: one group at a time, for k = 10."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from service.publication import audit, grid, leeway
from service.publication.audit import too_narrow
from service.publication.cells import Cell
from service.publication.earlier import _same
from service.publication.grid import (
    COMPLEMENT,
    _link,
    _others,
    _place,
    _rest,
    _tells_of_hidden_units,
    _withheld,
    _without_unit,
)
from service.publication.measured import ORGANISATION, Base, Link, Measured, Outcome, Over
from service.publication.overlap import going_beyond
from service.publication.protect import System
from service.publication.publish import protection
from service.publication.standing import standing
from tests.publication.test_fewest import K, table

Builder = Callable[..., Measured]
UNIT = ("unit", "a")


def placed(parts: dict[str, int], people: int, **more: Any) -> tuple[System, dict[str, int]]:
    system, scope = System(K), more.pop("scope", UNIT)
    stands = more.pop(
        "stands", {category: standing(count, people, K, 0.01) for category, count in parts.items()}
    )
    return system, _place(system, scope, parts, people, stands, reason=more.pop("reason", None), **more)


@pytest.mark.parametrize(
    ("count", "people", "unsafe", "left_unsafe"),
    [
        (10, 20, False, False),
        (9, 20, True, False),
        (11, 20, False, True),
        (5, 9, True, True),
        (10, 10, False, True),
        (0, 40, True, False),
        (40, 40, False, True),
        # A hundredth of 500 people are half of k: rounding alone leaves enough open.
        (9, 499, True, False),
        (9, 500, False, False),
        (491, 500, False, False),
        (490, 499, False, True),
    ],
)
def test_few_on_a_side_are_unsafe_unless_the_group_is_large(
    count: int, people: int, unsafe: bool, left_unsafe: bool
) -> None:
    system, own = placed({"": count}, people)
    cell, other = system.cells[own[""]], system.cells[own[COMPLEMENT]]
    assert (cell.count, other.count, cell.people, other.people) == (count, people - count, people, people)
    assert (cell.unsafe, other.unsafe) == (unsafe, left_unsafe)
    assert (cell.twin, other.twin) == (own[COMPLEMENT], own[""])
    (total,) = system.totals
    assert total.factors == {own[""]: 1, own[COMPLEMENT]: 1}
    assert cell.whole is False
    assert cell.rank == (False, True)


def test_the_parts_of_a_partition_have_no_other_side() -> None:
    system, own = placed({"x": 15, "y": 25}, 40)
    assert set(own) == {"x", "y"}
    assert [total.factors for total in system.totals] == [{own["x"]: 1, own["y"]: 1}]
    assert [cell.unsafe for cell in system.cells] == [False, False]
    system, own = placed({"x": 35, "y": 5}, 40)
    assert [cell.unsafe for cell in system.cells] == [True, True]
    system, own = placed({"x": 15, "y": 24}, 40)
    assert set(own) == {"x", "y", COMPLEMENT + "x", COMPLEMENT + "y"}


def test_a_side_that_is_told_to_be_near_nobody_stays_unsafe() -> None:
    for count, before, unsafe, left_unsafe in (
        (14, -1.0, True, False),
        (26, 2.0, False, True),
        (14, None, False, False),
    ):
        system, own = placed({"": count}, 40, stands={"": standing(count, 40, K, 0.01, before)})
        found = [system.cells[own[side]].unsafe for side in ("", COMPLEMENT)]
        assert found == [unsafe, left_unsafe]
    # Of who belongs to no unit nothing is told: then the counts decide alone.
    for count, unsafe in (
        (9, [True, False]),
        (10, [False, False]),
        (30, [False, False]),
        (31, [False, True]),
    ):
        system, own = placed({"": count}, 40, stands={})
        assert [cell.unsafe for cell in system.cells] == unsafe
        assert [cell.alike for cell in system.cells] == [None, None]


def test_a_group_with_a_reason_is_hidden_and_one_that_differs_by_few_is_unsafe() -> None:
    for reason, unsafe in (("small_group", False), ("difference", True)):
        system, _ = placed({"": 20}, 40, reason=reason)
        assert [(cell.shown, cell.reason, cell.unsafe) for cell in system.cells] == [
            (False, reason, unsafe)
        ] * 2
    system, own = placed({"": 20}, 40, scope=ORGANISATION)
    assert system.cells[own[""]].whole
    assert system.cells[own[""]].rank == (True, True)
    system, _ = placed({"x": 20}, 40, scope=grid.NO_UNIT)
    assert [cell.shown for cell in system.cells] == [False, False]


def test_of_a_group_whose_size_is_a_count_nothing_is_told() -> None:
    system, own = placed({"": 5}, 40, sized=False)
    assert system.totals == []
    assert (system.cells[own[""]].low, system.cells[own[""]].high) == (None, None)
    system, own = placed({"": 5}, 40)
    assert system.cells[own[""]].low is not None


@pytest.mark.parametrize(
    ("whole", "units", "people", "expected"),
    [
        (15, (5, 10), (50, 20, 20), ({"": 0}, 10)),
        (25, (5, 10), (50, 20, 20), ({"": 10}, 10)),
        (26, (5, 10), (50, 20, 20), None),
        (14, (5, 10), (50, 20, 20), None),
        (20, (5, 10), (41, 20, 20), None),
        (15, (5, 10), (41, 20, 20), ({"": 0}, 1)),
        (15, (5, 10), (40, 20, 20), None),
        (15, (5, 10), (39, 20, 20), None),
    ],
)
def test_who_is_outside_all_units_is_the_rest(whole: int, units: Any, people: Any, expected: Any) -> None:
    scopes = [ORGANISATION, UNIT, ("unit", "b")]
    counts = {scope: {"": count} for scope, count in zip(scopes, (whole, *units), strict=True)}
    sizes = dict(zip(scopes, people, strict=True))
    assert _without_unit(counts, sizes) == expected
    assert _without_unit({UNIT: {"": 1}}, {UNIT: 20}) is None
    # Of a unit that tells nothing of a category nobody is in it.
    assert _without_unit({ORGANISATION: {"x": 5, "y": 9}, UNIT: {"x": 5}}, {ORGANISATION: 40, UNIT: 20}) == (
        {"x": 0, "y": 9},
        20,
    )
    assert _without_unit({ORGANISATION: {"": 1}}, {ORGANISATION: 20}) is None


def pairs(mine: tuple[int, int], every: tuple[int, int]) -> tuple[System, dict[str, int], dict[str, int]]:
    system = System(K)
    sides = [
        {side: system.add(Cell(count, people)) for side, count in (("", yes), (COMPLEMENT, people - yes))}
        for yes, people in (mine, every)
    ]
    return system, sides[0], sides[1]


@pytest.mark.parametrize(
    ("mine", "every", "rest"),
    [
        ((10, 30), (25, 60), [(15, 30, False), (15, 30, False)]),
        ((10, 30), (20, 40), [(10, 10, False), (0, 10, True)]),
        ((10, 30), (15, 39), [(5, 9, True), (4, 9, True)]),
        ((10, 30), (19, 60), [(9, 30, True), (21, 30, False)]),
        ((10, 30), (20, 60), [(10, 30, False), (20, 30, False)]),
        ((10, 30), (19, 530), [(9, 500, False), (491, 500, False)]),
        ((10, 30), (19, 529), [(9, 499, True), (490, 499, False)]),
        ((10, 30), (10, 30), []),
        ((10, 30), (9, 60), None),
    ],
)
def test_who_another_share_asks_about_beside_is_a_part_that_is_never_shown(
    mine: Any, every: Any, rest: Any
) -> None:
    system, own, theirs = pairs(mine, every)
    _others(system, own, theirs)
    if rest is None:
        assert system.totals == []
        return
    assert [(cell.count, cell.people, cell.unsafe) for cell in system.cells[4:]] == rest
    assert not any(cell.shown for cell in system.cells[4:])
    factors = [total.factors for total in system.totals]
    for place, side in enumerate(("", COMPLEMENT)):
        assert factors[place] == {theirs[side]: -1, own[side]: 1, **({4 + place: 1} if rest else {})}
    assert factors[2:] == ([{4: 1, 5: 1}] if rest else [])


def test_without_both_sides_of_both_shares_nothing_is_known_of_a_rest() -> None:
    for share in range(2):
        system, *sides = pairs((10, 30), (25, 60))
        del sides[share][COMPLEMENT]
        _others(system, *sides)
        assert (system.totals, len(system.cells)) == ([], 4)


def test_a_share_of_those_another_counts_adds_up_to_these_where_it_does() -> None:
    for counted, totals in ((30, 1), (31, 0)):
        system, own, theirs = pairs((10, 30), (counted, 60))
        _rest(system, own, theirs)
        assert len(system.totals) == totals
    assert _rest(system, {"": 0}, theirs) is None
    system, own, theirs = pairs((10, 30), (30, 60))
    _rest(system, own, theirs)
    assert system.totals[0].factors == {theirs[""]: -1, own[""]: 1, own[COMPLEMENT]: 1}


def test_a_count_is_that_of_its_categories_and_its_other_side_that_of_the_others() -> None:
    system = System(K)
    own = {"": system.add(Cell(30, 60)), COMPLEMENT: system.add(Cell(30, 60))}
    theirs = {key: system.add(Cell(count, 60)) for key, count in (("x", 10), ("y", 20), ("z", 30))}
    _link(system, own, theirs, Link("m", "o", frozenset("xy")))
    assert [total.factors for total in system.totals] == [{0: 1, 2: -1, 3: -1}, {1: 1, 4: -1}]
    for wrong in (Link("m", "o", frozenset("xw")), Link("m", "o", frozenset("xy"), "other")):
        system.totals.clear()
        _link(system, own, theirs, wrong)
        assert system.totals == []
    system.cells[0].count = 31
    _link(system, own, theirs, Link("m", "o", frozenset("xy")))
    assert [total.factors for total in system.totals] == [{1: 1, 4: -1}]


class TestOthers:
    def rows(self, measured: Builder) -> list[Measured]:
        return [
            measured("rate", "unit", "a", 5, 20),
            measured("spread", "organisation", "", 5, 40),
            measured("rate", "room", "r", 5, 20),
        ]

    @pytest.mark.parametrize(
        ("changed", "fewest", "state", "tells"),
        [
            ({}, 20, "suppressed", True),
            ({}, 21, "suppressed", False),
            ({}, 20, "published", False),
            ({"people": None}, 1, "suppressed", False),
            ({"people": None}, 0, "suppressed", True),
            ({"scope": "room"}, 20, "suppressed", False),
            ({"metric": "other"}, 20, "suppressed", False),
            ({"window": "days28"}, 20, "suppressed", False),
        ],
    )
    def test_a_comparison_of_units_tells_of_those_it_is_made_of(
        self, measured: Builder, changed: Any, fewest: int, state: str, tells: bool
    ) -> None:
        unit, spread, room = self.rows(measured)
        rows = [unit._replace(**changed), spread, room]
        outcomes = [Outcome(state), None, Outcome("suppressed")]
        found = _tells_of_hidden_units(spread, rows, outcomes, [Over("spread", "rate", fewest)])
        assert found is tells
        assert not _tells_of_hidden_units(
            spread._replace(state="unknown"), rows, outcomes, [Over("spread", "rate", fewest)]
        )
        assert not _tells_of_hidden_units(unit, rows, outcomes, [Over("spread", "rate", fewest)])

    def test_what_rests_on_a_hidden_count_is_withheld(self, measured: Builder) -> None:
        base, _, _ = self.rows(measured)
        ratio = base._replace(metric="ratio")
        later = ratio._replace(since=ratio.since + timedelta(weeks=1))
        rows = [base, ratio, later]
        for state, withheld in (("suppressed", {0}), ("published", set())):
            outcomes = [Outcome(state), None, None]
            assert _withheld([1, 2], rows, outcomes, [Base("ratio", "rate")]) == withheld
            assert _withheld([1, 2], rows, outcomes, [Base("else", "rate")]) == set()
        assert _withheld([], rows, outcomes, [Base("ratio", "rate")]) == set()


def test_rows_are_the_same_by_their_four_counts(measured: Builder) -> None:
    row = measured("active", "unit", "a", 5, 20)
    for name in ("numerator", "denominator", "people", "affirming"):
        assert not _same(row, row._replace(**{name: 1}))
    assert _same(row, row._replace(state="unknown", metric="other", reason="x"))


def test_groups_that_share_one_person_go_beyond_each_other() -> None:
    rooms = {"r": frozenset({1, 2}), "s": frozenset({2, 3}), "t": frozenset({4, 5}), "u": frozenset({1})}
    found = going_beyond(rooms, {}, 2)
    assert found == [(("room", "r"), ("room", "s"), 1, 1), (("room", "s"), ("room", "r"), 1, 1)]


def test_steps_are_told_in_thousandths_in_the_terms_of_an_agreement() -> None:
    assert set(protection(10)["suppression"]["rounding"].values()) <= set(range(1, 1001))
    assert protection(10)["suppression"]["rounding"]["share"] == 10


@pytest.mark.parametrize("mixed", [0, 2, 8])
def test_linear_programmes_find_what_walking_finds_and_no_less(
    monkeypatch: pytest.MonkeyPatch, mixed: int
) -> None:
    def found() -> list[set[int]]:
        every = []
        for seed in range(16):
            system = table(np.random.default_rng(seed), bounded=True)
            cells = list(range(0, 12, 2)) if seed % 2 else [0, 1, 4, 5, 8, 9]
            rows = [
                {cell: factor for cell, factor in total.factors.items() if cell in cells}
                for total in system.totals
            ]
            counts = {cell: system.cells[cell].count for cell in cells}
            boxes = {cell: (0, counts[cell] + 5) for cell in cells}
            every.append(
                too_narrow(cells, [row for row in rows if row], counts, boxes, dict.fromkeys(cells, 5))
            )
        return every

    walked = found()
    assert any(walked)
    assert not all(len(one) == 6 for one in walked)
    monkeypatch.setattr(leeway, "MIXED", mixed)
    monkeypatch.setattr(audit._Walk, "reaches", lambda *_: False)
    assert found() == walked
