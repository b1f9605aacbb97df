"""What would tell of the few people by whom groups differ, or who are in none but the other parts: counted by hand."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.publication.grid import decide
from service.publication.measured import Form, Measured, Nature
from service.publication.overlap import going_beyond
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
