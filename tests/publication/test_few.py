"""What would tell of the few people by whom groups differ, or who are in none but the other parts: counted by hand."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.publication.cells import Cell
from service.publication.few import hide_what_bounds_few, hide_what_leaves_few
from service.publication.grid import decide
from service.publication.measured import Form, Measured, Nature
from service.publication.overlap import going_beyond
from service.publication.protect import System
from service.publication.rounding import NEAR_EVERYBODY, NEAR_NOBODY, told_alike, told_share

FORMS = {"role": Form(Nature.PERSONS), "active": Form(Nature.PERSONS)}
Builder = Callable[..., Measured]


def test_a_part_that_leaves_few_for_the_others_does_not_follow_from_the_other_unit(measured: Builder) -> None:
    parts = {
        "creating": (16, 5, 11),
        "contributing": (7, 2, 5),
        "reacting": (13, 2, 11),
        "reading": (4, 0, 4),
    }
    rows = [
        measured("role", scope, key, counts[place], people, category)
        for place, (scope, key, people) in enumerate(
            (("organisation", "", 40), ("unit", "a", 9), ("unit", "b", 31))
        )
        for category, counts in parts.items()
    ]
    shown = {
        row.scope_key: out.state
        for row, out in zip(rows, decide(rows, FORMS, 5, lambda *_: False), strict=True)
        if row.category == "creating"
    }
    # 5 of the 9 create; so 4 do not, and 16 - 11 would tell.
    assert shown["a"] == "suppressed"
    assert "suppressed" in (shown[""], shown["b"])


def rooms(measured: Builder, one: int, other: int) -> list[str]:
    rows = [
        measured("active", "organisation", "", 61, 78, window="days28"),
        measured("active", "room", "large", one, 54, window="days28"),
        measured("active", "room", "small", other, 51, window="days28"),
    ]
    pairs = [(("room", "large"), ("room", "small"), 4, 1), (("room", "small"), ("room", "large"), 1, 4)]
    found = decide(rows, FORMS, 5, lambda *_: False, beyond=lambda *_: pairs)
    return [out.state for out in found]


def test_two_rooms_whose_shares_lie_far_apart_do_not_tell_of_those_in_one_alone(measured: Builder) -> None:
    # Told are 38 to 42 and 43 to 47: at least one more in the smaller room, so it is who is in this one alone, and of the four in
    # the other alone nobody.
    assert rooms(measured, 42, 43) == ["published", "published", "suppressed"]
    assert rooms(measured, 42, 42) == ["published", "published", "published"]


@pytest.mark.parametrize(("count", "people"), [(3, 20), (5, 20), (12, 40), (33, 54), (300, 3000), (15, 20)])
@pytest.mark.parametrize("before", [None, NEAR_NOBODY, NEAR_EVERYBODY, 0.25, 0.5])
def test_counts_told_alike_are_all_that_are(count: int, people: int, before: float | None) -> None:
    told = told_share(count, people, 5, 0.01, before)
    alike = [one for one in range(people + 1) if told_share(one, people, 5, 0.01, before) == told]
    assert told_alike(count, people, 5, 0.01, before) == (alike[0], alike[-1])
    assert alike == list(range(alike[0], alike[-1] + 1))


def test_shares_are_told_in_steps_of_the_minimum_group() -> None:
    # 50 of 60 are the most that may be shown.
    assert [told_share(count, 60, 10, 0.01) for count in (9, 10, 14, 15, 24, 44, 45, 50, 51)] == [
        NEAR_NOBODY, 0.17, 0.17, 0.33, 0.33, 0.67, 0.83, 0.83, NEAR_EVERYBODY,
    ]  # fmt: skip
    # 13 of 23 are the most; told with the step of 20, they would be told alone and so exactly, had this its own.
    assert [told_share(count, 25, 10, 0.01) for count in (10, 14, 15, 16)] == [0.4, 0.4, 0.4, NEAR_EVERYBODY]


def test_a_share_stays_until_the_count_is_a_minimum_group_away() -> None:
    assert [told_share(count, 100, 10, 0.01, 0.4) for count in (30, 31, 49, 50)] == [0.3, 0.4, 0.4, 0.5]
    # In a group of thousands a hundredth is wider than the minimum group, and nothing stays beyond it.
    assert told_share(1524, 5000, 10, 0.01, 0.30) == 0.30
    assert told_share(1526, 5000, 10, 0.01, 0.30) == 0.31


def test_a_hidden_share_stays_hidden_until_half_a_minimum_group_more_is_there() -> None:
    assert [told_share(count, 60, 10, 0.01, NEAR_NOBODY) for count in (10, 14, 15)] == [
        NEAR_NOBODY, NEAR_NOBODY, 0.33,
    ]  # fmt: skip
    assert [told_share(count, 60, 10, 0.01, NEAR_EVERYBODY) for count in (50, 46, 45)] == [
        NEAR_EVERYBODY, NEAR_EVERYBODY, 0.83,
    ]  # fmt: skip
    # One side may follow the other at once.
    assert told_share(55, 60, 10, 0.01, NEAR_NOBODY) == NEAR_EVERYBODY


@given(
    counts=st.lists(st.integers(0, 60), min_size=1, max_size=12),
    people=st.integers(60, 70),
    k=st.sampled_from([5, 10]),
)
def test_whatever_came_before_fewer_than_k_are_never_told_and_nothing_is_further_away(
    counts: list[int], people: int, k: int
) -> None:
    before: float | None = None
    for count in counts:
        before = told_share(count, people, k, 0.01, before)
        if not k <= count <= people - k:
            assert before == (NEAR_NOBODY if count < k else NEAR_EVERYBODY)
        elif before == NEAR_NOBODY:
            assert count < k + k // 2
        elif before == NEAR_EVERYBODY:
            assert people - count < k + k // 2
        else:
            assert abs(count - before * people) <= k + 0.5


def test_groups_that_go_beyond_each_other_are_found() -> None:
    units = {person: "a" if person < 10 else None for person in range(20)}
    found = going_beyond({"r": frozenset(range(2, 14)), "far": frozenset(range(14, 20))}, units, 5)
    assert sorted(found) == [(("room", "r"), ("unit", "a"), 4, 2), (("unit", "a"), ("room", "r"), 2, 4)]
    assert going_beyond({}, units, 5) == []


@pytest.mark.parametrize("k", [5, 10])
def test_no_told_share_leaves_fewer_than_half_a_step_of_counts(k: int) -> None:
    for people in range(3 * k, 150):
        for count in range(k, people - k + 1):
            least, most = told_alike(count, people, k, 0.01)
            assert most - least + 1 >= k / 2, (people, count)


@pytest.mark.parametrize(
    ("left", "others", "gone"),
    [
        # Of 40 outside the room, nearly nobody or nearly everybody would be told to do it.
        (0, 40, True),
        (1, 40, True),
        (9, 40, True),
        (10, 40, False),
        (11, 40, False),
        (29, 40, False),
        (30, 40, False),
        (31, 40, True),
        (40, 40, True),
        # Of fewer than twice as many as have to be on a side there are always too few on one.
        (10, 19, True),
        (10, 20, False),
        (0, 1, True),
        (1, 1, True),
        # In a room of everybody nobody is outside, whoever is counted.
        (0, 0, False),
        # Rounding alone leaves half of k open, if a hundredth of those outside is that many.
        (9, 499, True),
        (9, 500, False),
        (9, 501, False),
        # Counts that can not be those of one group tell nothing of those outside.
        (-1, 40, False),
        (41, 40, False),
        (-1, -5, False),
    ],
)
def test_a_room_does_not_tell_that_nearly_nobody_or_nearly_everybody_outside_does_something(
    left: int, others: int, gone: bool
) -> None:
    system = System(10)
    for twin in (1, 0):
        system.add(Cell(30, 60, twin=twin))
    hide_what_leaves_few(system, {"": 0}, ({"": 30 + left}, 60 + others))
    looks = (False, "complementary") if gone else (True, None)
    assert [(cell.shown, cell.reason) for cell in system.cells] == [looks, looks]


def test_only_shown_counts_of_what_is_known_of_all_are_compared_with_these() -> None:
    def hidden(categories: str, **changed: Any) -> list[str | None]:
        system = System(10)
        for _ in "xyz":
            system.add(Cell(30, 60))
        for name, value in changed.items():
            setattr(system.cells[0], name, value)
        hide_what_leaves_few(system, {"x": 0, "y": 1, "z": 2}, (dict.fromkeys(categories, 30), 100))
        return [cell.reason for cell in system.cells]

    assert hidden("xyz") == ["complementary"] * 3
    assert hidden("yz") == [None, "complementary", "complementary"]
    assert hidden("xz") == ["complementary", None, "complementary"]
    assert hidden("xyz", shown=False, reason="small_group") == ["small_group", *["complementary"] * 2]


class TestBounds:
    """Two groups of 40 and 41 people which share all but a few, and of which the same counts are told."""

    PAIR = (("room", "a"), ("room", "b"), 9, 0)

    def hidden(
        self,
        rows: list[Measured],
        pairs: Any = (PAIR,),
        cells: list[int | None] | None = None,
        people: tuple[int, ...] = (41, 40),
    ) -> list[int]:
        system = System(10)
        for size in people:
            system.add(Cell(20, size, alike=(20, 23)))
        hide_what_bounds_few(system, rows, [0, 1] if cells is None else cells, lambda *_: pairs)
        assert {cell.reason for cell in system.cells if not cell.shown} <= {"complementary"}
        return [number for number, cell in enumerate(system.cells) if not cell.shown]

    def test_of_two_rooms_the_smaller_goes_and_of_a_room_and_a_unit_the_room(self, measured: Builder) -> None:
        rows = [measured("active", "room", key, 20, 40) for key in "ab"]
        assert self.hidden(rows) == [1]
        assert self.hidden(rows, people=(40, 41)) == [0]
        assert self.hidden(rows, people=(40, 40)) == [0]
        back = (self.PAIR[1], self.PAIR[0], 9, 0)
        assert self.hidden(rows, (back,), people=(40, 40)) == [0]
        rows[1] = measured("active", "unit", "b", 20, 40)
        for pair in ((self.PAIR[0], ("unit", "b")), (("unit", "b"), self.PAIR[0])):
            assert self.hidden(rows, ((*pair, 9, 0),)) == [0]

    def test_only_what_is_counted_of_both_in_one_period_is_compared(self, measured: Builder) -> None:
        one, other = (measured("active", "room", key, 20, 40) for key in "ab")
        assert self.hidden([one, other]) == [1]
        for changed in (
            {"metric": "role"},
            {"category": "creating"},
            {"window": "days28"},
            {"since": other.since + timedelta(7)},
            {"until": other.until + timedelta(7)},
            {"scope_key": "c"},
            {"scope": "unit"},
        ):
            assert self.hidden([one, other._replace(**changed)]) == []
            assert self.hidden([one._replace(**changed), other]) == []

    def test_the_whole_organisation_and_what_has_no_cell_are_not_compared(self, measured: Builder) -> None:
        rows = [measured("active", "room", "a", 20, 40), measured("active", "organisation", "", 20, 40)]
        whole = (("room", "a"), ("organisation", ""), 9, 0)
        assert self.hidden(rows, (whole,)) == []
        rows[1] = measured("active", "room", "b", 20, 40)
        assert self.hidden(rows, cells=[0, None]) == []
