"""What would tell of the few people by whom groups differ, or who are in none but the other parts: counted by hand."""

from collections.abc import Callable

import pytest

from service.publication.grid import decide
from service.publication.measured import Form, Measured, Nature
from service.publication.overlap import going_beyond
from service.publication.rounding import people_step, rounded_share, told_alike

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


@pytest.mark.parametrize(("count", "people"), [(5, 20), (12, 40), (33, 54), (300, 3000), (15, 20)])
@pytest.mark.parametrize("window", ["week", "days28"])
def test_counts_told_alike_are_all_that_are(count: int, people: int, window: str) -> None:
    persons = people_step(window, 5)
    told = rounded_share(count, people, 5, persons, 0.01)
    alike = [one for one in range(5, people - 4) if rounded_share(one, people, 5, persons, 0.01) == told]
    assert told_alike(count, people, 5, persons, 0.01) == (alike[0], alike[-1])


def test_weeks_are_told_in_steps_twice_as_wide_and_never_more_than_may_be_shown() -> None:
    assert [people_step(window, 10) for window in ("week", "days28", "weeks26")] == [20, 10, 10]
    weekly = {rounded_share(count, 60, 10, 20, 0.01) for count in range(10, 51)}
    # 50 of 60 are the most that may be shown; alone they would be told exactly.
    assert weekly == {0.33, 0.67}
    # Half of 20 are told as half, not as all.
    assert rounded_share(10, 20, 10, 20, 0.01) == 0.5


def test_groups_that_go_beyond_each_other_are_found() -> None:
    units = {person: "a" if person < 10 else None for person in range(20)}
    found = going_beyond({"r": frozenset(range(2, 14)), "far": frozenset(range(14, 20))}, units, 5)
    assert sorted(found) == [(("room", "r"), ("unit", "a"), 4, 2), (("unit", "a"), ("room", "r"), 2, 4)]
    assert going_beyond({}, units, 5) == []


@pytest.mark.parametrize("window", ["week", "days28"])
@pytest.mark.parametrize("k", [5, 10])
def test_no_told_share_leaves_fewer_than_half_a_step_of_counts(window: str, k: int) -> None:
    persons = people_step(window, k)
    for people in range(2 * k + persons, 150):
        for count in range(k, people - k + 1):
            least, most = told_alike(count, people, k, persons, 0.01)
            assert most - least + 1 >= persons / 2, (people, count)
