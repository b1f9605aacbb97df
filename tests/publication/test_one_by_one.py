"""What hides where the fewest cells are not found, what is read of each kind, and who belongs to a period."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from service.publication import protect
from service.publication.cells import Cell, Total
from service.publication.coverage import _of_kind
from service.publication.events import _event_cell
from service.publication.grid import decide
from service.publication.measured import NOBODY, Form, Measured, Nature
from service.publication.overlap import Groups, going_beyond, made_of_units
from service.publication.protect import Recoverable, System, hidden_groups
from tests.publication.test_fewest import K, holds, table

Builder = Callable[..., Measured]
MOMENT = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protect, "fewest", lambda *_, **__: iter(()))


def settle(system: System) -> None:
    system.protect()
    system.verify()


def linked(seed: int, *, over: bool, bounded: bool) -> System:
    system = table(np.random.default_rng(seed), bounded=bounded)
    for place, total in enumerate(system.totals):
        system.totals[place] = Total(total.factors, over_units=over and place >= 3)
    return system


@pytest.mark.usefixtures("one_by_one")
@pytest.mark.parametrize("bounded", [True, False])
@pytest.mark.parametrize("over", [True, False])
def test_what_is_hidden_one_by_one_protects_as_well(over: bool, bounded: bool) -> None:
    shown = 0
    for seed in range(12):
        system = linked(seed, over=over, bounded=bounded)
        before = [cell.shown for cell in system.cells]
        settle(system)
        assert holds(system, [])
        for cell, was in zip(system.cells, before, strict=True):
            assert cell.reason == ("complementary" if was and not cell.shown else None)
        shown += sum(cell.shown for cell in system.cells)
    assert shown > 12


@pytest.mark.usefixtures("one_by_one")
def test_the_cheapest_cell_goes_by_its_rank_then_by_its_count() -> None:
    for ranks, gone in (((0, 0, 0), 2), ((0, 1, 2), 1), ((1, 0, 1), 2), ((0, 1, 0), 3)):
        system = System(K, bounded=False)
        system.add(Cell(5, 40, shown=False, unsafe=True))
        for rank, count in zip(ranks, (30, 20, 30), strict=True):
            system.add(Cell(count, 40, rank=(rank,)))
        system.totals.append(Total(dict.fromkeys(range(4), 1)))
        system.protect()
        assert [number for number, cell in enumerate(system.cells) if not cell.shown] == [0, gone]


@pytest.mark.usefixtures("one_by_one")
def test_a_cell_everybody_knows_is_never_the_one_to_go() -> None:
    system = System(K, bounded=False)
    system.add(Cell(5, 40, shown=False, unsafe=True))
    system.add(Cell(20, 40, known=True))
    system.totals.append(Total({0: 1, 1: -1}))
    with pytest.raises(Recoverable):
        settle(system)
    system.hide_all()
    assert not any(cell.shown for cell in system.cells)


def test_a_cell_of_few_that_is_shown_or_follows_is_found_in_the_end() -> None:
    system = System(K, bounded=False)
    system.add(Cell(5, 40, unsafe=True))
    with pytest.raises(Recoverable):
        system.verify()
    system.cells[0].shown = False
    system.verify()
    system.add(Cell(20, 40))
    system.add(Cell(25, 40))
    system.totals.append(Total({0: 1, 1: 1, 2: -1}))
    with pytest.raises(Recoverable):
        system.verify()


def test_of_a_cell_of_the_whole_organisation_that_others_hide_it_is_told_about_where_it_lies() -> None:
    for people, bounded, whole, told in (
        (100, True, True, (40, 60)),
        (99, True, True, (None, None)),
        (100, False, True, (None, None)),
        (100, True, False, (None, None)),
    ):
        system = System(K, bounded=bounded)
        system.add(Cell(50, people, whole=whole, shown=False, reason="complementary", alike=(40, 60)))
        system.protect()
        assert (system.cells[0].low, system.cells[0].high) == told
        system.hide_all()
        assert (system.cells[0].low, system.cells[0].high) == (None, None)


@pytest.mark.parametrize(
    ("people", "whole", "hidden"),
    [
        ({"a": 10, "b": 9}, None, {"b": "small_group"}),
        ({"a": 9}, 9, {"a": "small_group"}),
        ({"a": 20, "b": 20}, 40, {}),
        ({"a": 20, "b": 20}, 50, {}),
        ({"a": 20, "b": 21}, 50, {"a": "complementary"}),
        ({"a": 20, "b": 5, "c": 5}, 30, {"b": "small_group", "c": "small_group"}),
        ({"a": 20, "b": 5, "c": 4}, 29, {"a": "complementary", "b": "small_group", "c": "small_group"}),
        ({"a": 20, "b": 0}, 20, {"b": "small_group"}),
        ({"a": 30}, 20, {}),
    ],
)
def test_a_part_of_few_takes_another_one_with_it(people: Any, whole: int | None, hidden: Any) -> None:
    assert hidden_groups(people, whole, K) == hidden


def event(measured: Builder, scope: str, key: str, people: int, **more: Any) -> Measured:
    row = measured("response", scope, key, 0, people, numerator=500, denominator=1000)
    return row._replace(people=people, affirming=people, **more)


def states(rows: list[Measured], form: Form | None = None) -> list[str | None]:
    forms = {"response": form or Form(Nature.EVENTS)}
    return [out.reason or out.state for out in decide(rows, forms, K, lambda *_: False)]


class TestRatios:
    def test_nobody_is_no_group_of_few(self, measured: Builder) -> None:
        rows = [
            event(measured, "organisation", "", 40),
            event(measured, "unit", "a", 40),
            event(measured, "unit", "b", 0),
        ]
        assert states(rows) == ["published", "published", "small_group"]

    @pytest.mark.parametrize(
        ("changed", "found"),
        [
            ({}, "published"),
            ({"affirming": 9}, "homogeneity"),
            ({"affirming": 10}, "published"),
            ({"affirming": None}, "published"),
            ({"numerator": 991}, "homogeneity"),
            ({"numerator": 990}, "published"),
            ({"largest": 500}, "published"),
            ({"largest": 501}, "dominance"),
            ({"people": 9}, "small_group"),
            ({"people": 10}, "published"),
        ],
    )
    def test_a_ratio_needs_enough_on_every_side(self, measured: Builder, changed: Any, found: str) -> None:
        rows = [event(measured, "organisation", "", 40)._replace(**changed)]
        assert states(rows) == [found]
        if "numerator" in changed:
            assert states(rows, Form(Nature.EVENTS, share=False)) == ["published"]

    def test_the_rest_of_the_organisation_is_a_part_of_it(self, measured: Builder) -> None:
        for outside, found in ((0, "published"), (9, "complementary"), (10, "published")):
            rows = [event(measured, "organisation", "", 40 + outside), event(measured, "unit", "a", 40)]
            assert states(rows) == ["published", found]


@pytest.mark.parametrize(
    ("gaps", "given", "share", "missing"),
    [
        ([], {}, 1.0, 0),
        ([], {"until": None}, None, 0),
        ([], {"expected_rooms": 0}, None, 0),
        ([], {"expected_rooms": 8}, 0.5, 4),
        ([("r", "", "denied")], {}, 0.75, 1),
        ([("r", "", "denied"), ("r", "", "gone"), ("r", "7", "broken")], {}, 0.75, 1),
        ([("r", "7", "broken"), ("r", "7", "broken"), ("s", "7", "broken")], {}, 0.8, 0),
        ([("r", "7", "broken"), ("s", "", "denied")], {}, 0.675, 1),
        ([("r", "7", "broken")], {"contents": 0}, 0.999, 0),
        ([("r", "7", "broken")], {"contents": 10_000}, 0.999, 0),
        ([("r", "7", "broken"), ("s", "7", "broken")], {"contents": 1}, 0.0, 0),
        ([(f"r{n}", "", "denied") for n in range(5)], {}, 0.0, 5),
        ([("", "", "unsupported")], {}, 0.0, 0),
        ([("", "", "not_due")], {}, 0.667, 0),
        ([("", "", "not_due")], {"looked_at": 10}, 0.999, 0),
        ([("", "", "not_due")], {"contents": 0}, 0.0, 0),
        ([("", "", "not_due"), ("", "", "unsupported")], {}, 0.0, 0),
        ([("", "", "stream_unreachable"), ("", "", "unsupported")], {}, None, 0),
        ([("", "7", "broken")], {}, 0.9, 0),
    ],
)
def test_coverage_is_the_share_that_could_be_read(
    gaps: Any, given: Any, share: float | None, missing: int
) -> None:
    counted = {"expected_rooms": 4, "rooms": 4, "contents": 10, "looked_at": 6, "until": MOMENT} | given
    if given == {} and gaps[:1] == [("", "", "not_due")] and len(gaps) == 1:
        counted["contents"] = 9
    found = _of_kind("wiki", "comment", gaps, **counted)
    assert (found.share, found.rooms_missing) == (share, missing)
    assert found.data_until == counted["until"]
    assert sum(found.reasons.values()) == len(gaps)


def groups(**memberships: Any) -> Groups:
    def human(unit: int | None, kind: str = "human", active: bool = True) -> Any:
        return SimpleNamespace(at=lambda _: SimpleNamespace(unit=unit, kind=kind, active=active))

    humans = {1: human(7), 2: human(8), 3: human(None), 4: human(7, "bot"), 5: human(7, active=False)}
    return Groups(2, ZoneInfo("Europe/Berlin"), memberships, humans, {7: "it"}, frozenset({"hall"}))


class TestGroups:
    def test_who_belongs_to_a_period_is_decided_in_the_middle_of_it(self) -> None:
        found = [groups()._moment(date(2026, 3, 2), date(2026, 3, day)) for day in (9, 4, 3)]
        # Until the end of Thursday, of the second day, and of the only day: by the clocks of the organisation.
        assert found == [datetime(2026, 3, day, 23, tzinfo=UTC) for day in (5, 3, 2)]

    def test_people_are_active_humans_and_members_nobody_lists(self) -> None:
        early, late = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
        made = groups(room=[(person, early, None) for person in (1, 2, 4, 5, 9)])
        assert made.units(MOMENT) == {1: 7, 2: 8, 3: None}
        assert made._named_units(MOMENT) == {1: "it", 2: None, 3: None}
        assert made.members(MOMENT) == {"room": frozenset({1, 2, 9})}
        stays = [(1, early, MOMENT), (2, early, early), (3, MOMENT, None), (9, late, None)]
        # Who leaves at that moment was there right before it, and who comes then was not yet.
        assert groups(room=stays).members(MOMENT) == {"room": frozenset({1})}
        # Before the first reading those of the first reading are its people.
        assert groups(room=[(1, late, None), (2, late, None)]).members(MOMENT) == {"room": frozenset({1, 2})}

    def test_a_room_open_to_all_differs_from_nobody_and_one_without_members_is_unknown(self) -> None:
        made = groups(room=[(1, datetime(2026, 3, 1, tzinfo=UTC), None)])
        assert made("hall", date(2026, 3, 2), date(2026, 3, 9)) is False
        assert made("other", date(2026, 3, 2), date(2026, 3, 9)) is None
        assert made("room", date(2026, 3, 2), date(2026, 3, 9)) in (True, False)

    def test_rooms_made_of_units_and_groups_that_go_beyond_each_other(self) -> None:
        unit_of = {1: "a", 2: "a", 3: "b", 4: None}
        rooms = {
            "ab": frozenset({1, 2, 3}),
            "a4": frozenset({1, 2, 4}),
            "1": frozenset({1}),
            "none": frozenset[int](),
        }
        assert made_of_units(rooms, unit_of) == {"ab": frozenset("ab"), "a4": frozenset({"a", NOBODY})}
        assert going_beyond({}, unit_of, 2) == []
        found = going_beyond({"ab": rooms["ab"], "a4": rooms["a4"]}, unit_of, 2)
        assert sorted(found) == [
            (("room", "a4"), ("room", "ab"), 1, 1),
            (("room", "a4"), ("unit", "a"), 1, 0),
            (("room", "ab"), ("room", "a4"), 1, 1),
            (("room", "ab"), ("unit", "a"), 1, 0),
        ]


def test_of_ratios_a_part_goes_rather_than_the_whole_organisation_and_a_week_rather_than_a_window(
    measured: Builder,
) -> None:
    form, week = Form(Nature.EVENTS), event(measured, "unit", "a", 40)
    ranks = [
        _event_cell(row, form, K, None).rank
        for row in (week, week._replace(window="days28"), week._replace(scope="organisation"))
    ]
    assert ranks == [(False, False), (False, True), (True, False)]
    for reason, unsafe in (("difference", True), ("complementary", False)):
        cell = _event_cell(week, form, K, reason)
        assert (cell.shown, cell.reason, cell.unsafe) == (False, reason, unsafe)
    for people, unsafe in ((9, True), (10, False)):
        assert (
            _event_cell(week._replace(people=people, affirming=None), form, K, "small_group").unsafe is unsafe
        )
