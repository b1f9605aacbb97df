"""What an earlier publication leaves open for a cell, and what is remembered of one: state by state, for k = 10."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from service.publication.cells import Cell
from service.publication.earlier import (
    Earlier,
    Place,
    Released,
    State,
    _period,
    _pin,
    _unchanged,
    family,
    place,
)
from service.publication.grid import _pin as pin_cell
from service.publication.measured import Form, Measured, Nature, Outcome, Pin
from service.publication.protect import System
from service.publication.standing import Standing
from tests.publication.test_fewest import K

Builder = Callable[..., Measured]
FORMS = {
    "active": Form(Nature.PERSONS),
    "told": Form(Nature.PERSONS, minimum=5),
    "response": Form(Nature.EVENTS),
    "state": Form(Nature.ROOMS),
}
SHOWN, HIDDEN = Outcome("published", value=0.4), Outcome("suppressed", "complementary")
AT: Place = ("active", "", "unit", "a")


def released(row: Measured, *, shown: bool = False, reason: str | None = None, least: int = K) -> State:
    return {place(row): Released(row, shown, reason, least)}


class TestLeftOpen:
    """`_pin`: what the states of a family say of one cell with the counts it has now."""

    @pytest.fixture
    def row(self, measured: Builder) -> Measured:
        return measured("active", "unit", "a", 20, 50)

    def test_what_was_never_decided_with_these_counts_is_free(self, measured: Builder, row: Measured) -> None:
        other = measured("active", "unit", "a", 21, 50)
        assert _pin(AT, [], row, K) is Pin.FREE
        assert _pin(AT, [{}], row, K) is Pin.FREE
        assert _pin(AT, [released(other, shown=True)], row, K) is Pin.FREE
        assert _pin(AT, [released(other, reason="difference")], row, K) is Pin.FREE
        assert _pin(("told", "", "unit", "a"), [released(row, shown=True)], row, K) is Pin.FREE

    def test_what_was_ever_shown_is_known_for_ever(self, row: Measured) -> None:
        for states in (
            [released(row, shown=True)],
            [released(row, shown=True), released(row, reason="difference")],
            [released(row, reason="complementary"), released(row, shown=True)],
            [released(row, shown=True, least=50)],
        ):
            assert _pin(AT, states, row, K) is Pin.SHOWN

    @pytest.mark.parametrize(
        ("least", "reason", "expected"),
        [
            (9, "complementary", Pin.HIDDEN),
            (10, "complementary", Pin.HIDDEN),
            (10, "homogeneity", Pin.HIDDEN),
            (10, "difference", Pin.WITHHELD),
            # A stricter minimum hid it: that is no reason for one of now.
            (11, "complementary", Pin.FREE),
            (11, "difference", Pin.FREE),
        ],
    )
    def test_what_was_hidden_stays_so_under_the_minimum_that_hid_it_or_a_stricter_one(
        self, row: Measured, least: int, reason: str, expected: Pin
    ) -> None:
        assert _pin(AT, [released(row, reason=reason, least=least)], row, K) is expected

    def test_of_several_times_it_was_hidden_the_last_counts(self, row: Measured) -> None:
        strict, mild = (
            released(row, reason="difference", least=50),
            released(row, reason="complementary", least=5),
        )
        assert _pin(AT, [strict, mild], row, K) is Pin.HIDDEN
        assert _pin(AT, [mild, strict], row, K) is Pin.FREE
        assert _pin(AT, [mild, {}], row, K) is Pin.HIDDEN


class TestUnchanged:
    @pytest.fixture
    def now(self, measured: Builder) -> dict[Place, Measured]:
        rows = [measured("active", "organisation", "", 40, 100), measured("active", "unit", "a", 20, 50)]
        return {place(row): row for row in rows}

    def state(self, rows: dict[Place, Measured]) -> State:
        return {at: Released(row, True, None, K) for at, row in rows.items()}

    def test_a_family_is_unchanged_while_every_count_of_every_state_is(
        self, now: dict[Place, Measured]
    ) -> None:
        state = self.state(now)
        assert _unchanged(now, [state])
        corrected = {**now, AT: now[AT]._replace(affirming=21)}
        assert not _unchanged(corrected, [state])
        # Also where what is measured now was published once, and something else after it.
        assert not _unchanged(now, [state, self.state(corrected)])
        assert not _unchanged(now, [self.state(corrected), state])

    def test_it_is_another_one_if_its_groups_are_others(self, now: dict[Place, Measured]) -> None:
        state, alone = self.state(now), {at: row for at, row in now.items() if at != AT}
        assert not _unchanged(alone, [state])
        assert not _unchanged(now, [self.state(alone)])
        assert not _unchanged({**alone, ("active", "", "unit", "b"): now[AT]}, [state])
        assert not _unchanged({**alone, ("active", "", "room", "a"): now[AT]}, [state])
        # Which groups there are is asked of the last state.
        assert _unchanged(now, [self.state(alone), state])

    def test_another_metric_or_category_of_the_same_groups_may_be_decided_beside_it(
        self, now: dict[Place, Measured]
    ) -> None:
        more = {("told", "some", *at[2:]): row for at, row in now.items()}
        assert _unchanged({**now, **more}, [self.state(now)])

    def test_what_was_never_decided_did_not_change(self, now: dict[Place, Measured]) -> None:
        assert _unchanged(now, [self.state({("told", "", "unit", "b"): now[AT]})])


def test_shares_of_people_belong_together_and_ratios_each_to_themselves(measured: Builder) -> None:
    share, ratio = FORMS["active"], FORMS["response"]
    unit, room = measured("active", "unit", "a", 20, 50), measured("active", "room", "r", 20, 50)
    assert family(unit, share) == ("", "week", unit.since, False, "")
    assert family(unit._replace(metric="told", scope="organisation", scope_key=""), share) == family(
        unit, share
    )
    assert family(room, share) == ("", "week", unit.since, True, "r")
    assert family(unit, ratio) == ("active", "week", unit.since, False, "")
    assert place(room) == ("active", "", "room", "r")


class TestSettling:
    """`settle`, `standings` and `add` over several publications."""

    def earlier(self, *rows: Measured, outcome: Outcome = SHOWN, k: int = K) -> Earlier:
        made = Earlier()
        made.add(rows, [outcome] * len(rows), [None] * len(rows), FORMS, k)
        return made

    def company(self, measured: Builder, a: int = 20) -> list[Measured]:
        return [measured("active", "organisation", "", 20 + a, 100), measured("active", "unit", "a", a, 50)]

    def test_what_is_published_for_the_first_time_is_free(self, measured: Builder) -> None:
        rows = self.company(measured)
        assert Earlier().settle(rows, FORMS, K) == (rows, {})
        other = self.earlier(*(row._replace(window="days28") for row in rows))
        assert other.settle(rows, FORMS, K) == (rows, {})

    def test_who_came_to_a_published_period_later_is_withheld_if_anything_changed(
        self, measured: Builder
    ) -> None:
        then, now = self.company(measured), self.company(measured, 23)
        late = measured("active", "unit", "b", 20, 50)
        settled, pins = self.earlier(*then).settle([*now, late], FORMS, K)
        assert settled == [*then, late]
        assert pins == {0: Pin.SHOWN, 1: Pin.SHOWN, 2: Pin.WITHHELD}

    def test_another_metric_of_the_same_groups_is_free_only_while_nothing_changed(
        self, measured: Builder
    ) -> None:
        then, more = self.company(measured), [row._replace(metric="told") for row in self.company(measured)]
        known = {0: Pin.SHOWN, 1: Pin.SHOWN}
        assert self.earlier(*then).settle([*then, *more], FORMS, K) == ([*then, *more], known)
        settled, pins = self.earlier(*then).settle([*self.company(measured, 23), *more], FORMS, K)
        assert (settled, pins) == ([*then, *more], {**known, 2: Pin.WITHHELD, 3: Pin.WITHHELD})

    def test_each_kind_of_evidence_has_the_pins_of_its_own_minimum(self, measured: Builder) -> None:
        for metric, k, pins in (
            ("active", 10, {0: Pin.HIDDEN}),
            ("active", 9, {}),
            ("told", 10, {0: Pin.HIDDEN}),
            ("told", 4, {0: Pin.HIDDEN}),
        ):
            row = measured(metric, "organisation", "", 20, 50)
            assert self.earlier(row, outcome=HIDDEN).settle([row], FORMS, k)[1] == pins
            changed = row._replace(affirming=21)
            assert self.earlier(row, outcome=HIDDEN).settle([changed], FORMS, k) == ([row], pins)

    def test_neither_what_is_unknown_nor_what_is_about_rooms_is_kept(self, measured: Builder) -> None:
        known, room = measured("active", "room", "r", 20, 50), measured("state", "room", "r", 1, 1)
        unknown = known._replace(state="unknown")
        assert self.earlier(unknown, room).states == {}
        ratio = measured("response", "room", "r", 20, 50)
        made = self.earlier(known, ratio, room)
        assert [one.row for _, one in made.lines()] == [known, ratio]
        rows = [unknown, ratio._replace(affirming=21), room._replace(affirming=2)]
        assert made.settle(rows, FORMS, K) == ([unknown, ratio, rows[2]], {1: Pin.SHOWN})

    def test_a_share_stays_told_as_it_was_while_its_counts_and_its_minimum_are_the_same(
        self, measured: Builder
    ) -> None:
        row = measured("active", "organisation", "", 45, 100)
        assert [one and one.told for one in Earlier().standings([row], FORMS, K)] == [0.5]
        made = Earlier()
        made.add([row], [HIDDEN], [Standing(0.4, (31, 49))], FORMS, K)
        for now, k, told in (
            (row, K, 0.4),
            (row, 11, 0.44),
            (row._replace(affirming=46), K, 0.5),
            (row._replace(scope="unit"), K, 0.5),
            (row._replace(state="unknown"), K, None),
        ):
            assert [one and one.told for one in made.standings([now], FORMS, k)] == [told]
        # Nothing was told of it: it is told as if for the first time.
        made = self.earlier(row)
        assert [one and one.told for one in made.standings([row], FORMS, K)] == [0.5]

    def test_a_share_with_a_minimum_of_its_own_stays_told_as_well(self, measured: Builder) -> None:
        row = measured("told", "organisation", "", 45, 100)
        made = Earlier()
        made.add([row], [SHOWN], [Standing(0.42, (0, 0))], FORMS, K)
        for k in (K, 20):
            assert [one and one.told for one in made.standings([row], FORMS, k)] == [0.42]

    def test_the_same_counts_are_one_state_in_which_what_was_shown_once_stays_shown(
        self, measured: Builder
    ) -> None:
        row = measured("active", "organisation", "", 40, 100)
        for first, second, shown, reason, least in (
            (SHOWN, HIDDEN, True, None, 5),
            (HIDDEN, SHOWN, True, None, K),
            (HIDDEN, Outcome("suppressed", "difference"), False, "difference", K),
        ):
            made = self.earlier(row, outcome=first, k=5)
            made.add([row], [second], [None], FORMS, K)
            assert list(made.lines()) == [(0, Released(row, shown, reason, least))]

    def test_a_cell_that_is_new_or_another_makes_a_new_state_with_all_that_was_known(
        self, measured: Builder
    ) -> None:
        whole, unit = self.company(measured)
        made = self.earlier(whole)
        made.add([whole, unit], [SHOWN, HIDDEN], [None, None], FORMS, K)
        versions = [(version, one.row, one.shown) for version, one in made.lines()]
        assert versions == [(0, whole, True), (1, whole, True), (1, unit, False)]
        other = unit._replace(affirming=21)
        made.add([other], [HIDDEN], [None], FORMS, K)
        assert [(version, one.row) for version, one in made.lines()][3:] == [(2, whole), (2, other)]
        # Of what is measured no more nothing is taken away.
        made.add([other], [SHOWN], [None], FORMS, K)
        assert [(version, one.row, one.shown) for version, one in made.lines()][3:] == [
            (2, whole, True),
            (2, other, True),
        ]

    def test_of_several_states_the_last_is_what_stays(self, measured: Builder) -> None:
        whole, unit = self.company(measured)
        then = whole._replace(affirming=41)
        made = self.earlier(whole)
        made.add([then, unit], [HIDDEN, HIDDEN], [None, None], FORMS, K)
        now = [whole, unit._replace(affirming=30)]
        assert made.settle(now, FORMS, K) == ([then, unit], {0: Pin.HIDDEN, 1: Pin.HIDDEN})
        # Decided again, it is the last state in which that is remembered.
        made.add([then, unit], [HIDDEN, SHOWN], [None, None], FORMS, K)
        assert [(version, one.row, one.shown) for version, one in made.lines()] == [
            (0, whole, True),
            (1, then, False),
            (1, unit, True),
        ]
        made.add([whole], [SHOWN], [None], FORMS, K)
        assert [(version, one.row) for version, one in made.lines()][3:] == [(2, whole), (2, unit)]

    def test_a_period_is_forgotten_when_it_is_measured_no_more(self, measured: Builder) -> None:
        row = measured("active", "organisation", "", 40, 100)
        later, longer = row._replace(since=row.since + timedelta(7)), row._replace(window="days28")
        made = self.earlier(row, later, longer)
        made.add([later], [SHOWN], [None], FORMS, K)
        assert [one.row for _, one in made.lines()] == [later]
        # An unknown value is one that is measured.
        made.add([later._replace(state="unknown")], [Outcome("unknown")], [None], FORMS, K)
        assert [one.row for _, one in made.lines()] == [later]


class TestStored:
    def test_what_was_stored_is_what_is_read(self, measured: Builder) -> None:
        rows = [measured("active", "unit", key, 20, 50) for key in "ab"]
        made = Earlier()
        made.add(rows[:1], [SHOWN], [None], FORMS, K)
        made.add(rows, [SHOWN, HIDDEN], [None, Standing(0.4, (35, 44))], FORMS, K)
        again = Earlier.of(made.lines(), FORMS)
        assert again == made
        assert [one.told for _, one in again.lines()] == [None, None, 0.4]

    def test_a_metric_that_is_gone_is_forgotten_and_the_others_are_not(self, measured: Builder) -> None:
        # It was alone in the first state; what stands beside it since then has a period still.
        gone, kept = (measured(metric, "organisation", "", 40, 100) for metric in ("told", "active"))
        made = Earlier()
        made.add([gone], [SHOWN], [None], FORMS, K)
        made.add([gone, kept], [SHOWN, HIDDEN], [None, None], FORMS, K)
        again = Earlier.of(made.lines(), {"active": FORMS["active"]})
        assert [one.row for _, one in again.lines()] == [kept]
        assert again.settle([kept], FORMS, K) == ([kept], {0: Pin.HIDDEN})
        again.add([kept], [HIDDEN], [None], FORMS, K)
        assert [one.row for _, one in again.lines()] == [kept]

    def test_the_period_of_a_family_is_that_of_its_cells(self, measured: Builder) -> None:
        row = measured("active", "unit", "a", 20, 50, since=date(2026, 3, 9))
        assert _period([released(row)]) == ("week", date(2026, 3, 9))


class TestPinned:
    """`_pin` of the grid: what a pin makes of a cell and of its other side."""

    def pinned(self, pin: Pin, *, twin: bool = True, **changed: Any) -> list[Cell]:
        system = System(K)
        for other in (1, 0):
            system.add(Cell(20, 40, twin=other if twin else None))
        system.add(Cell(20, 40))
        for name, value in changed.items():
            for cell in system.cells[:2]:
                setattr(cell, name, value)
        pin_cell(system, 0, pin)
        return system.cells

    def looks(self, cells: list[Cell]) -> list[tuple[Any, ...]]:
        return [(cell.shown, cell.reason, cell.unsafe, cell.known) for cell in cells]

    @pytest.mark.parametrize(
        ("pin", "expected"),
        [
            (Pin.FREE, (True, None, False, False)),
            (Pin.SHOWN, (True, None, False, True)),
            (Pin.HIDDEN, (False, "complementary", False, False)),
            (Pin.WITHHELD, (False, "difference", True, False)),
        ],
    )
    def test_both_sides_of_a_share_are_pinned_and_nothing_else(self, pin: Pin, expected: Any) -> None:
        free = (True, None, False, False)
        assert self.looks(self.pinned(pin)) == [expected, expected, free]
        assert self.looks(self.pinned(pin, twin=False)) == [expected, free, free]

    @pytest.mark.parametrize(
        ("pin", "unsafe"), [(Pin.FREE, False), (Pin.SHOWN, False), (Pin.HIDDEN, False), (Pin.WITHHELD, True)]
    )
    def test_what_is_hidden_now_stays_hidden_for_its_reason_and_nobody_need_know_it(
        self, pin: Pin, unsafe: bool
    ) -> None:
        found = self.looks(self.pinned(pin, shown=False, reason="homogeneity"))
        assert found[:2] == [(False, "homogeneity", unsafe, False)] * 2
