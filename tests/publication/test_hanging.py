"""What the cells of one grid have to do with each other: units and rooms, metrics that rest on others, what was published before."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from service.publication.cells import Cell
from service.publication.grid import (
    COMPLEMENT,
    NO_UNIT,
    _link,
    _made_of_units,
    _relate,
    _tell_bound,
    _total_over_units,
    decide,
    person_system,
)
from service.publication.measured import (
    ORGANISATION,
    Among,
    Base,
    Form,
    Link,
    Measured,
    Nature,
    Outcome,
    Over,
    Pin,
    Scope,
)
from service.publication.protect import Recoverable, System
from service.publication.standing import standings
from tests.publication.test_fewest import K

Builder = Callable[..., Measured]
PERSONS, RATIO = Form(Nature.PERSONS), Form(Nature.EVENTS, share=False)
FORMS = {
    "active": PERSONS,
    "new": PERSONS,
    "role": PERSONS,
    "gini": RATIO,
    "top": RATIO,
    "spread": Form(Nature.UNITS),
}
A, B, ROOM = ("unit", "a"), ("unit", "b"), ("room", "r")


def placed(counts: dict[Scope, dict[str, int]]) -> tuple[System, dict[Scope, dict[str, int]]]:
    """A cell for every category of every group, in order."""
    system = System(K)
    return system, {
        scope: {category: system.add(Cell(count, 100)) for category, count in parts.items()}
        for scope, parts in counts.items()
    }


def factors(system: System) -> list[Any]:
    return [total.factors for total in system.totals]


class TestUnits:
    def test_units_add_up_to_the_organisation_in_each_category_that_bears_it_out(self) -> None:
        system, cells = placed(
            {
                ORGANISATION: {"x": 30, "y": 31},
                ROOM: {"x": 5},
                A: {"x": 10, "y": 10},
                NO_UNIT: {"x": 20, "y": 20},
            }
        )
        _total_over_units(system, cells)
        assert factors(system) == [{0: -1, 3: 1, 5: 1}]
        assert system.totals[0].over_units
        assert system.totals[0].additive

    @pytest.mark.parametrize(
        ("counts", "expected"),
        [
            ({ORGANISATION: {"x": 10}, A: {"x": 10}}, [{0: -1, 1: 1}]),
            ({ORGANISATION: {"x": 10}, A: {"x": 10}, B: {}}, [{0: -1, 1: 1}]),
            ({ORGANISATION: {"x": 10}, A: {"y": 10}}, []),
            ({ORGANISATION: {"x": 0}, A: {"y": 10}}, []),
            ({ORGANISATION: {"x": 10}}, []),
            ({ORGANISATION: {"x": 10}, ROOM: {"x": 10}}, []),
            ({A: {"x": 10}, B: {"x": 10}}, []),
            ({}, []),
        ],
    )
    def test_without_units_or_without_the_whole_nothing_adds_up(
        self, counts: Any, expected: list[Any]
    ) -> None:
        system, cells = placed(counts)
        _total_over_units(system, cells)
        assert factors(system) == expected

    def test_a_room_of_whole_units_counts_what_these_count(self) -> None:
        counts = {
            ROOM: {"x": 30, "y": 31, "z": 5}, ("room", "s"): {"x": 30}, A: {"x": 10, "y": 10, "z": 5}, B: {"x": 20, "y": 20},
        }  # fmt: skip
        system, cells = placed(counts)
        both = frozenset("ab")
        _made_of_units(system, cells, {"r": both})
        assert factors(system) == [{0: -1, 4: 1, 7: 1}]
        for unions in ({}, {"r": frozenset("abc")}, {"gone": both}, {"a": both}):
            system, cells = placed(counts)
            _made_of_units(system, cells, unions)
            assert system.totals == []
        system, cells = placed(counts)
        _made_of_units(system, cells, {"r": frozenset("a"), "s": both})
        assert factors(system) == [{2: -1, 6: 1}, {3: -1, 4: 1, 7: 1}]


@pytest.mark.parametrize(
    ("changed", "few", "expected"),
    [
        ({}, True, (False, "homogeneity", 0, 9)),
        ({}, False, (True, None, None, None)),
        ({"people": 29}, True, (False, "homogeneity", None, None)),
        ({"alike": None}, True, (False, "homogeneity", None, None)),
        ({"shown": False, "reason": "small_group"}, True, (False, "small_group", None, None)),
    ],
)
def test_of_few_on_a_side_only_the_side_is_told_and_only_of_enough_people(
    changed: Any, few: bool, expected: Any
) -> None:
    cell = Cell(5, 30, alike=(0, 9))
    for name, value in changed.items():
        setattr(cell, name, value)
    _tell_bound(cell, K, few)
    assert (cell.shown, cell.reason, cell.low, cell.high) == expected


class TestRelations:
    def related(self, relation: Any, **scopes: Scope) -> list[Any]:
        """Of 100 people 30 are active, 20 of them and 10 others take part in the two roles; of the 30 ten are new."""
        counts = {
            ("active", ORGANISATION): {"": 30, COMPLEMENT: 70},
            ("role", scopes.get("role", ORGANISATION)): {"x": 10, "y": 20, "z": 70},
            ("new", scopes.get("new", ORGANISATION)): {"": 10, COMPLEMENT: 20},
        }
        system = System(K)
        cells = {
            key: {category: system.add(Cell(count, sum(parts.values()))) for category, count in parts.items()}
            for key, parts in counts.items()
        }
        _relate(system, cells, [relation])
        return factors(system)

    def test_each_relation_ties_its_two_metrics_where_both_are_measured(self) -> None:
        link, base, among = (
            Link("active", "role", frozenset("xy")),
            Base("new", "active"),
            Among("new", "active"),
        )
        assert self.related(link) == [{0: 1, 2: -1, 3: -1}, {1: 1, 4: -1}]
        assert self.related(base) == [{0: -1, 5: 1, 6: 1}]
        assert self.related(among) == [{0: -1, 5: 1, 7: 1}, {1: -1, 6: 1, 8: 1}, {7: 1, 8: 1}]
        assert self.related(link, role=A) == self.related(base, new=A) == self.related(among, new=ROOM) == []
        assert self.related(Over("active", "role", 1)) == []
        assert self.related(Link("role", "missing", frozenset("xy"))) == []
        assert self.related(Link("active", "role", frozenset("xyzw"))) == []

    def test_where_no_category_is_left_nothing_is_told_of_the_other_side(self) -> None:
        system, cells = placed({A: {"": 30, COMPLEMENT: 0}, B: {"x": 10, "y": 20}})
        _link(system, cells[A], cells[B], Link("active", "role", frozenset("xy")))
        assert factors(system) == [{0: 1, 2: -1, 3: -1}]
        # Nor where the count is itself one of several categories.
        system, cells = placed({A: {"in": 30, "out": 15}, B: {"x": 10, "y": 20, "z": 15}})
        _link(system, cells[A], cells[B], Link("presence", "role", frozenset("xy"), "in"))
        assert factors(system) == [{0: 1, 2: -1, 3: -1}]


def system_of(
    rows: list[Measured], relations: Any = (), alike: Any = False, **more: Any
) -> tuple[System, list[int | None]]:
    return person_system(rows, standings(rows, FORMS, K), relations, K, lambda *_: alike, **more)


class TestOnePeriod:
    def test_each_row_has_its_cell_and_a_group_of_nobody_has_none(self, measured: Builder) -> None:
        rows = [
            measured("active", "unit", "empty", 0, 0, denominator=1),
            measured("active", "organisation", "", 60, 100),
            measured("active", "unit", "a", 30, 50),
            measured("role", "room", "r", 20, 60, "x"),
        ]
        system, cells = system_of(rows)
        assert cells[0] is None
        found = [system.cells[cell] for cell in cells if cell is not None]
        assert [(cell.count, cell.people) for cell in found] == [(60, 100), (30, 50), (20, 60)]
        assert system_of([rows[2]._replace(people=1)])[1] == [0]
        (uncounted,) = system_of([rows[1]._replace(affirming=None)])[0].cells[:1]
        assert (uncounted.count, uncounted.people) == (0, 100)
        # Whoever is outside the units is a part that is never shown.
        outside = [cell for cell in system.cells if cell.people == 50 and not cell.shown]
        assert [(cell.count, cell.reason) for cell in outside] == [(30, None), (20, None)]

    def test_the_size_of_a_group_is_told_unless_it_is_a_count_of_the_metric_it_rests_on(
        self, measured: Builder
    ) -> None:
        def sized(base: Measured, *, of: int = 40, relation: Any = Base("new", "active")) -> bool:
            rows = [base, measured("new", "organisation", "", 20, of)]
            system, cells = system_of(rows, [relation])
            new = cells[1]
            assert new is not None
            twin = system.cells[new].twin
            assert twin is not None
            return {new: 1, twin: 1} in factors(system)

        active = measured("active", "organisation", "", 40, 100)
        assert not sized(active)
        assert sized(active, of=41)
        assert sized(active, relation=Base("new", "role"))
        assert sized(active, relation=Base("role", "active"))
        assert sized(active, relation=Among("new", "active"))
        assert sized(active._replace(category="x"))
        assert sized(active._replace(scope="room", scope_key="r"))
        assert sized(active._replace(window="days28"))
        assert sized(active._replace(since=active.since + timedelta(7)))

    def test_rooms_are_compared_with_units_and_with_the_whole(self, measured: Builder) -> None:
        whole = measured("active", "organisation", "", 40, 100)
        room = measured("active", "room", "r", 39, 60)
        for rows, alike, shown in (
            ([whole, room], False, False),
            # Who nearly all are that do it outside is asked only where it is known how many do it.
            ([room], False, True),
            ([whole._replace(scope="room", scope_key="s"), room], False, True),
            ([whole, room._replace(affirming=30)], False, True),
            ([measured("active", "unit", "a", 30, 51), room], None, False),
            ([measured("active", "unit", "a", 30, 50), room], None, True),
        ):
            system, cells = system_of(rows, alike=alike)
            cell = cells[-1]
            assert cell is not None
            assert system.cells[cell].shown is shown

    def test_what_is_made_of_units_is_asked_for_the_period(self, measured: Builder) -> None:
        rows = [measured("active", "unit", "a", 20, 40), measured("active", "room", "r", 20, 40)]
        asked = []

        def unions(since: Any, until: Any) -> Any:
            asked.append((since, until))
            return {"r": frozenset("a")}

        system, cells = system_of(rows, unions=unions)
        assert asked == [(rows[0].since, rows[0].until)]
        assert {cells[1]: -1, cells[0]: 1} in factors(system)


class TestDecided:
    def states(self, rows: list[Measured], relations: Any = (), **more: Any) -> list[str]:
        found = decide(rows, FORMS, K, lambda *_: False, relations, **more)
        return [out.reason or out.state for out in found]

    def test_nothing_is_published_if_the_audit_fails_on_what_nobody_knows_yet(
        self, measured: Builder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(self: System) -> None:
            raise Recoverable("found")

        rows = [measured("active", "organisation", "", 40, 100), measured("active", "unit", "a", 20, 50)]
        monkeypatch.setattr(System, "verify", fail)
        with pytest.raises(Recoverable):
            decide(rows, FORMS, K, lambda *_: False)
        with pytest.raises(Recoverable):
            decide(rows, FORMS, K, lambda *_: False, pins={0: Pin.HIDDEN})
        # Beside what everybody knows nothing new can be shown then.
        pinned = decide(rows, FORMS, K, lambda *_: False, pins={0: Pin.SHOWN})
        assert pinned == [Outcome("suppressed", "complementary")] * 2

    def test_pins_hold_for_rows_by_their_place_among_all(self, measured: Builder) -> None:
        rows = [
            measured("gini", "organisation", "", 40, 40, numerator=60, denominator=100),
            measured("active", "organisation", "", 40, 100),
            measured("active", "organisation", "", 40, 100, window="days28"),
        ]
        for place in range(3):
            for pin, reason in ((Pin.HIDDEN, "complementary"), (Pin.WITHHELD, "difference")):
                expected = ["published"] * 3
                expected[place] = reason
                assert self.states(rows, pins={place: pin}) == expected

    def test_what_rests_on_a_ratio_is_decided_after_it_whatever_it_is_called(self, measured: Builder) -> None:
        for base, resting in (("top", "gini"), ("gini", "top")):
            rows = [
                measured(resting, "organisation", "", 40, 40, numerator=60, denominator=100),
                measured(base, "organisation", "", 40, 40, numerator=60, denominator=100)._replace(
                    largest=51
                ),
            ]
            relations = [Base(resting, base)]
            assert self.states(rows, relations) == ["complementary", "dominance"]
            assert self.states(rows[::-1], relations) == ["dominance", "complementary"]
            assert self.states(rows) == ["published", "dominance"]

    def test_a_comparison_of_units_is_told_for_its_own_period(self, measured: Builder) -> None:
        units = [
            measured("active", scope, key, count, people)
            for scope, key, count, people in (
                ("organisation", "", 104, 260), ("unit", "a", 50, 100), ("unit", "b", 50, 100), ("unit", "c", 4, 60),
            )
        ]  # fmt: skip
        spread = measured("spread", "organisation", "", 100, 100, numerator=2, denominator=3)
        later = spread._replace(since=spread.since + timedelta(7))
        unknown = spread._replace(state="unknown", reason="no_data")
        states = self.states([*units, spread, later, unknown], [Over("spread", "active", 10)])
        assert states[4:] == ["complementary", "published", "no_data"]

    def test_each_kind_of_evidence_is_protected_by_itself(self, measured: Builder) -> None:
        forms = {**FORMS, "heard": Form(Nature.PERSONS, minimum=5)}
        rows = [measured(metric, "organisation", "", 6, 14) for metric in ("heard", "active")]
        rows += [
            measured(metric, "organisation", "", 6, 14, window="days28") for metric in ("heard", "active")
        ]
        found = decide(rows, forms, K, lambda *_: False)
        assert [out.state for out in found] == ["published", "suppressed"] * 2

    def test_what_may_be_told_is_taken_from_rows_unless_it_is_given(self, measured: Builder) -> None:
        rows = [measured("active", "organisation", "", 45, 100)]
        told = standings(rows, FORMS, K, {0: 0.4})
        assert [out.value for out in decide(rows, FORMS, K, lambda *_: False)] == [0.5]
        assert [out.value for out in decide(rows, FORMS, K, lambda *_: False, standing=told)] == [0.4]

    def test_groups_that_go_beyond_each_other_are_asked_for(self, measured: Builder) -> None:
        rows = [measured("active", "room", key, count, 54) for key, count in (("r", 24), ("s", 36))]
        pairs = [(("room", "s"), ("room", "r"), 9, 0)]
        assert self.states(rows) == ["published", "published"]
        assert self.states(rows, beyond=lambda *_: pairs) == ["complementary", "published"]
