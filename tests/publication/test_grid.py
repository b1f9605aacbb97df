"""What is shown, hidden and why: small organisations counted by hand."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from service.publication.grid import decide
from service.publication.measured import NOBODY, Form, Link, Measured, Nature, Outcome
from service.publication.overlap import made_of_units
from service.publication.protect import hidden_groups

Builder = Callable[..., Measured]
PERSONS = Form(Nature.PERSONS)
EVENTS = Form(Nature.EVENTS)
FORMS = {
    "active": PERSONS,
    "contributor": PERSONS,
    "role": PERSONS,
    "response": EVENTS,
    "hours": Form(Nature.EVENTS, step=0.5, share=False),
    "state": Form(Nature.ROOMS),
}
LINKS = [
    Link("contributor", "role", frozenset({"creating", "contributing"})),
    Link("active", "role", frozenset({"creating", "contributing", "reacting"})),
]


def apart(room: str, since: date, until: date) -> bool:
    return False


def unknown(room: str, since: date, until: date) -> None:
    return None


def outcomes(rows: list[Measured], k: int = 10) -> dict[tuple[str, str, str], Outcome]:
    decided = decide(rows, FORMS, k, apart, LINKS)
    return {(row.metric, row.scope_key, row.category): out for row, out in zip(rows, decided, strict=True)}


def test_one_small_unit_hides_a_second_one() -> None:
    # 40 in all, 18 and 17 shown: the unit of 5 would be 40 - 18 - 17.
    assert hidden_groups({"a": 18, "b": 17, "c": 5}, 40, 6) == {"c": "small_group", "b": "complementary"}


def test_a_few_people_without_a_unit_hide_the_smallest_unit() -> None:
    assert hidden_groups({"a": 20, "b": 17}, 40, 10) == {"b": "complementary"}


def test_many_people_without_a_unit_hide_nothing() -> None:
    assert hidden_groups({"a": 20, "b": 17}, 60, 10) == {}


def test_two_small_units_together_below_the_minimum_hide_a_third() -> None:
    assert hidden_groups({"a": 20, "b": 15, "c": 3, "d": 4}, 42, 10) == {
        "b": "complementary",
        "c": "small_group",
        "d": "small_group",
    }


def test_two_small_units_that_are_many_together_hide_no_more() -> None:
    assert set(hidden_groups({"a": 20, "b": 15, "c": 6, "d": 7}, 48, 10)) == {"c", "d"}


def test_a_share_of_people_is_rounded_and_has_an_interval(measured: Builder) -> None:
    (out,) = decide([measured("active", "organisation", "", 81, 263)], FORMS, 10, apart)
    # 80 of 263: the people come in steps of ten.
    assert (out.state, out.value, out.people) == ("published", 0.3, 265)
    assert (out.low, out.high) == (0.25, 0.36)


@pytest.mark.parametrize(
    ("count", "people", "low", "high"),
    [
        (0, 100, 0.0, 0.2),
        (9, 150, 0.0, 0.1),
        (100, 100, 0.8, 1.0),
        (995, 1000, 0.98, 1.0),
        (4, 30, 0.0, 0.5),
        (8, 18, None, None),
    ],
)
def test_a_share_with_few_people_on_one_side_is_only_bounded(
    measured: Builder, count: int, people: int, low: float | None, high: float | None
) -> None:
    (out,) = decide([measured("active", "organisation", "", count, people)], FORMS, 10, apart)
    assert out == Outcome("suppressed", "homogeneity", low=low, high=high)


def test_nobody_in_a_unit_is_not_the_same_as_unknown_or_zero(measured: Builder) -> None:
    rows = [
        measured("active", "organisation", "", 40, 100),
        measured("active", "unit", "empty", 0, 0, denominator=1),
        measured("active", "organisation", "", 40, 100, window="days28")._replace(
            state="unknown",
            reason="no_members",
            numerator=None,
            denominator=None,
            people=None,
            affirming=None,
        ),
    ]
    decided = decide(rows, FORMS, 10, apart)
    assert [out.state for out in decided] == ["published", "suppressed", "unknown"]
    assert decided[2].reason == "no_members"
    assert all(out.value is None for out in decided[1:])


def test_a_hidden_role_takes_a_second_role_with_it(measured: Builder) -> None:
    parts = {"creating": 4, "contributing": 30, "reacting": 40, "absent": 126}
    found = outcomes(
        [measured("role", "organisation", "", n, 200, category) for category, n in parts.items()]
    )
    states = {category: found["role", "", category].reason for category in parts}
    assert states == {
        "creating": "homogeneity",
        "contributing": "complementary",
        "reacting": None,
        "absent": None,
    }
    assert found["role", "", "creating"].high == 0.1
    # 30 of 200, give or take the minimum group.
    assert (found["role", "", "contributing"].low, found["role", "", "contributing"].high) == (0.1, 0.2)


def test_metrics_that_add_up_do_not_give_a_hidden_role_away(measured: Builder) -> None:
    # active - contributor = reacting: hiding only inside the partition would not be enough.
    rows = []
    for key, (creating, contributing, reacting, absent) in {
        "": (20, 30, 4, 146),
        "x": (10, 20, 11, 62),
    }.items():
        people = creating + contributing + reacting + absent
        scope = "organisation" if key == "" else "room"
        parts = {"creating": creating, "contributing": contributing, "reacting": reacting, "absent": absent}
        rows += [measured("role", scope, key, count, people, category) for category, count in parts.items()]
        rows.append(measured("active", scope, key, people - absent, people))
        rows.append(measured("contributor", scope, key, creating + contributing, people))
    found = outcomes(rows)
    assert found["role", "", "reacting"].reason == "homogeneity"
    hidden = {name for name in ("active", "contributor") if found[name, "", ""].state == "suppressed"}
    assert hidden == {"contributor"}
    assert all(out.state == "published" for (_, key, _), out in found.items() if key == "x")


def test_a_unit_with_few_active_hides_a_second_units_share_but_not_the_total(measured: Builder) -> None:
    found = outcomes(
        [
            measured("active", "organisation", "", 53, 160),
            measured("active", "unit", "a", 20, 60),
            measured("active", "unit", "b", 30, 60),
            measured("active", "unit", "c", 3, 40),
        ]
    )
    assert {key: out.reason for (_, key, _), out in found.items()} == {
        "": None,
        "a": "complementary",
        "b": None,
        "c": "homogeneity",
    }


def test_rooms_a_few_people_short_of_the_organisation_are_hidden(measured: Builder) -> None:
    found = outcomes(
        [
            measured("active", "organisation", "", 50, 100),
            measured("active", "room", "all", 45, 95),
            measured("active", "room", "everybody", 50, 100),
            measured("active", "room", "many", 45, 90),
            measured("active", "room", "most", 40, 80),
        ]
    )
    reasons = {key: out.reason for (_, key, _), out in found.items()}
    # Of the ten outside "many" five would be told to be active; of the twenty outside "most" ten are.
    assert reasons == {
        "": None,
        "all": "difference",
        "everybody": None,
        "many": "complementary",
        "most": None,
    }


def test_a_room_in_which_nearly_all_happens_would_tell_that_nothing_happens_outside(
    measured: Builder,
) -> None:
    found = outcomes(
        [
            measured("active", "organisation", "", 40, 100),
            measured("active", "room", "lively", 39, 60),
            measured("active", "room", "quiet", 20, 60),
        ]
    )
    reasons = {key: out.reason for (_, key, _), out in found.items()}
    assert reasons == {"": None, "lively": "complementary", "quiet": None}


def test_a_room_of_the_people_of_a_unit_does_not_tell_what_is_hidden_of_the_unit(measured: Builder) -> None:
    rows = [
        measured("active", "organisation", "", 53, 160),
        measured("active", "unit", "a", 20, 60),
        measured("active", "unit", "b", 30, 60),
        measured("active", "unit", "c", 3, 40),
        measured("active", "room", "of a", 20, 60),
    ]
    same = {"of a": frozenset({"a"})}
    free = decide(rows, FORMS, 10, apart)
    assert [out.state for out in free] == ["published", "suppressed", "published", "suppressed", "published"]
    tied = decide(rows, FORMS, 10, apart, unions=lambda since, until: same)
    hidden = {row.scope_key for row, out in zip(rows, tied, strict=True) if out.state == "suppressed"}
    assert hidden in ({"a", "c", "of a"}, {"b", "c"})
    # Who is active elsewhere counts in the unit alone: then the room says nothing about it.
    rows[4] = measured("active", "room", "of a", 19, 60)
    loose = decide(rows, FORMS, 10, apart, unions=lambda since, until: same)
    assert loose[4].state == "published"


def test_rooms_that_are_made_of_whole_units_are_found() -> None:
    units = {1: "a", 2: "a", 3: "b", 4: None}
    rooms = {
        "of a": frozenset({1, 2}),
        "of both": frozenset({1, 2, 3}),
        "of a and nobody": frozenset({1, 2, 4}),
        "part of a": frozenset({1}),
        "with a stranger": frozenset({1, 2, 9}),
        "empty": frozenset[int](),
    }
    assert made_of_units(rooms, units) == {
        "of a": {"a"},
        "of both": {"a", "b"},
        "of a and nobody": {"a", NOBODY},
    }


def test_a_room_of_unknown_members_near_the_size_of_a_unit_is_hidden(measured: Builder) -> None:
    rows = [
        measured("active", "organisation", "", 50, 100),
        measured("active", "unit", "a", 20, 50),
        measured("active", "unit", "b", 30, 50),
        measured("active", "room", "r", 20, 45),
    ]
    assert [out.reason for out in decide(rows, FORMS, 10, unknown)] == [None, None, None, "difference"]
    assert [out.reason for out in decide(rows, FORMS, 10, apart)] == [None] * 4


def test_a_ratio_needs_enough_people_behind_it_and_behind_both_its_sides(measured: Builder) -> None:
    rows = [
        measured("response", "room", "few", 9, 9, numerator=20, denominator=60),
        measured("response", "room", "one-sided", 12, 20, numerator=60, denominator=60)._replace(
            affirming=12
        ),
        measured("response", "room", "fine", 12, 20, numerator=20, denominator=60),
        measured("response", "room", "thin", 3, 20, numerator=20, denominator=60),
    ]
    decided = decide(rows, FORMS, 10, apart)
    assert [out.reason for out in decided] == ["small_group", "homogeneity", None, "homogeneity"]
    assert (decided[2].value, decided[2].people, decided[2].low) == (0.33, 20, None)


def test_a_hidden_week_does_not_follow_from_its_28_days(measured: Builder) -> None:
    start = date(2026, 3, 2)
    weeks = [(20, 20), (20, 20), (4, 4), (20, 20)]
    rows = [
        measured(
            "response",
            "organisation",
            "",
            *people,
            since=start + timedelta(days=7 * number),
            numerator=30,
            denominator=90,
        )
        for number, people in enumerate(weeks)
    ]
    rows.append(
        measured(
            "response",
            "organisation",
            "",
            50,
            50,
            since=start,
            window="days28",
            numerator=120,
            denominator=360,
        )
    )
    reasons = [out.reason for out in decide(rows, FORMS, 10, apart)]
    assert reasons[2] == "small_group"
    assert reasons[4] is None
    assert sorted(str(reason) for reason in reasons) == [
        "None",
        "None",
        "None",
        "complementary",
        "small_group",
    ]


def test_hours_are_rounded_to_halves(measured: Builder) -> None:
    (out,) = decide(
        [measured("hours", "organisation", "", 30, 40, numerator=200, denominator=60)], FORMS, 10, apart
    )
    assert (out.value, out.low) == (3.5, None)


def test_the_state_of_a_room_is_shown_however_few_its_people(measured: Builder) -> None:
    (out,) = decide(
        [measured("state", "room", "r", 2, 2, "active", numerator=1, denominator=1)], FORMS, 10, apart
    )
    assert out == Outcome("published", value=1.0)


def test_what_is_hidden_for_the_sake_of_others_in_the_organisation_is_told_roughly(
    measured: Builder,
) -> None:
    found = outcomes(
        [
            measured("role", "organisation", "", 4, 300, "creating"),
            measured("role", "organisation", "", 32, 300, "contributing"),
            measured("role", "organisation", "", 264, 300, "absent"),
        ]
    )
    out = found["role", "", "contributing"]
    assert (out.state, out.reason, out.value, out.low, out.high) == (
        "suppressed",
        "complementary",
        None,
        0.05,
        0.15,
    )


def test_in_a_large_group_rounding_protects_a_small_part_without_hiding_others(measured: Builder) -> None:
    parts = {"creating": 4, "contributing": 30, "reacting": 40, "absent": 526}
    found = outcomes(
        [measured("role", "organisation", "", n, 600, category) for category, n in parts.items()]
    )
    reasons = {category: found["role", "", category].reason for category in parts}
    assert reasons == {"creating": "homogeneity", "contributing": None, "reacting": None, "absent": None}


def test_a_value_of_rooms_is_shown_with_the_interval_it_was_computed_with(measured: Builder) -> None:
    row = measured("state", "organisation", "", 0, 0, numerator=9000, denominator=10_000)
    (out,) = decide(
        [row._replace(low=0.7323, high=1.0, people=None, affirming=None)], FORMS, 10, apart, LINKS
    )
    assert out == Outcome("published", value=0.9, low=0.73, high=1.0)
