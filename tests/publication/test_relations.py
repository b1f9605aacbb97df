"""Values that tell of each other, and values of which one person makes up most."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.publication.grid import decide
from service.publication.measured import Base, Form, Link, Measured, Nature, Outcome, Over

Builder = Callable[..., Measured]
FORMS = {
    "active": Form(Nature.PERSONS),
    "contributor": Form(Nature.PERSONS),
    "role": Form(Nature.PERSONS),
    "presence": Form(Nature.PERSONS),
    "new": Form(Nature.PERSONS),
    "gini": Form(Nature.EVENTS, step=0.02, share=False),
    "split": Form(Nature.EVENTS),
    "rate_of_some": Form(Nature.EVENTS),
    "difference": Form(Nature.EVENTS, step=0.02, share=False),
    "spread": Form(Nature.UNITS),
}
ROLES = frozenset({"creating", "contributing", "reacting"})
RELATIONS = (
    Link("active", "role", ROLES),
    Link("contributor", "role", ROLES - {"reacting"}),
    Link("presence", "role", ROLES, category="taking_part"),
    Base("new", "contributor"),
    Base("gini", "contributor"),
    Base("difference", "rate_of_some"),
    Over("spread", "active", 10),
)


def apart(room: str, since: date, until: date) -> bool:
    return False


def outcomes(rows: list[Measured], k: int = 10) -> dict[tuple[str, str, str], Outcome]:
    decided = decide(rows, FORMS, k, apart, RELATIONS)
    return {(row.metric, row.scope_key, row.category): out for row, out in zip(rows, decided, strict=True)}


def roles(measured: Builder, creating: int, contributing: int, reacting: int, absent: int) -> list[Measured]:
    people = creating + contributing + reacting + absent
    parts = {"creating": creating, "contributing": contributing, "reacting": reacting, "absent": absent}
    return [
        measured("active", "organisation", "", people - absent, people),
        measured("contributor", "organisation", "", creating + contributing, people),
        *(measured("role", "organisation", "", count, people, category) for category, count in parts.items()),
    ]


@pytest.mark.parametrize(
    ("largest", "reason"), [(51, "dominance"), (50, None), (90, "dominance"), (None, None)]
)
def test_what_one_person_makes_up_most_of_is_hidden(
    measured: Builder, largest: int | None, reason: str | None
) -> None:
    row = measured("gini", "organisation", "", 40, 40, numerator=60, denominator=100)
    (out,) = decide([row._replace(largest=largest)], FORMS, 10, apart, RELATIONS)
    assert out.reason == reason
    assert (out.value is None) == (reason is not None)


def test_a_dominated_unit_does_not_follow_from_the_others(measured: Builder) -> None:
    rows = [
        measured("gini", "organisation", "", 60, 60, numerator=50, denominator=100),
        measured("gini", "unit", "a", 20, 20, numerator=50, denominator=100),
        measured("gini", "unit", "b", 20, 20, numerator=50, denominator=100),
        measured("gini", "unit", "c", 20, 20, numerator=50, denominator=100)._replace(largest=80),
    ]
    found = outcomes(rows)
    assert found["gini", "c", ""].reason == "dominance"
    assert "complementary" in {out.reason for out in found.values()}


def test_a_dominated_week_does_not_follow_from_its_28_days(measured: Builder) -> None:
    start = date(2026, 3, 2)
    weeks = [
        measured(
            "gini", "organisation", "", 20, 20, numerator=5, denominator=10, since=start + timedelta(7 * n)
        )
        for n in range(4)
    ]
    weeks[1] = weeks[1]._replace(largest=9)
    whole = measured(
        "gini", "organisation", "", 30, 30, numerator=20, denominator=40, since=start, window="days28"
    )
    reasons = [out.reason for out in decide([*weeks, whole], FORMS, 10, apart, RELATIONS)]
    assert reasons[1] == "dominance"
    assert reasons.count("complementary") == 1


def test_a_hidden_part_of_a_split_does_not_follow_from_its_other_parts(measured: Builder) -> None:
    parts = {"top": (4, 60), "next": (36, 30), "other": (60, 10)}
    rows = [
        measured("split", "organisation", "", behind, 400, category, numerator=made, denominator=100)
        for category, (behind, made) in parts.items()
    ]
    found = outcomes(rows)
    assert found["split", "", "top"].reason == "homogeneity"
    assert sorted(str(out.reason) for out in found.values()) == ["None", "complementary", "homogeneity"]


def test_what_one_partition_tells_is_not_used_to_hide_in_another(measured: Builder) -> None:
    # 4 only read. To hide the 60 who take part beside them would be of no use: the roles tell how many that are.
    rows = [
        *roles(measured, 20, 20, 20, 136),
        *(
            measured("presence", "organisation", "", count, 196, category)
            for category, count in {"taking_part": 60, "reading": 4, "inactive": 132}.items()
        ),
    ]
    found = outcomes(rows)
    assert found["presence", "", "reading"].reason == "homogeneity"
    assert found["presence", "", "inactive"].reason == "complementary"
    assert found["active", "", ""].state == "published"


def test_the_size_of_a_group_does_not_tell_the_hidden_count_of_another_metric(measured: Builder) -> None:
    # 4 reacted: of 54 active and 50 contributing only one may be known, and who is new among the 50 tells them.
    found = outcomes([*roles(measured, 20, 30, 4, 146), measured("new", "organisation", "", 20, 50)])
    assert found["role", "", "reacting"].reason == "homogeneity"
    assert found["new", "", ""].state == "published"
    assert (found["contributor", "", ""].state, found["active", "", ""].reason) == (
        "published",
        "complementary",
    )


def test_a_ratio_does_not_tell_the_hidden_count_of_the_people_behind_it(measured: Builder) -> None:
    rows = roles(measured, 20, 30, 4, 146)
    rows.append(measured("gini", "organisation", "", 50, 50, numerator=30, denominator=100))
    found = outcomes(rows)
    assert (found["active", "", ""].state, found["contributor", "", ""].reason) == (
        "published",
        "complementary",
    )
    assert found["gini", "", ""] == Outcome("suppressed", "complementary")


def test_a_value_about_others_is_shown_where_nothing_is_hidden(measured: Builder) -> None:
    rows = [*roles(measured, 30, 40, 40, 90), measured("new", "organisation", "", 12, 70)]
    rows.append(measured("gini", "organisation", "", 70, 70, numerator=30, denominator=100))
    found = outcomes(rows)
    assert {out.state for out in found.values()} == {"published"}
    assert (found["new", "", ""].value, found["new", "", ""].people) == (0.14, 70)


def test_of_a_group_whose_size_is_a_count_no_bound_is_told(measured: Builder) -> None:
    rows = [*roles(measured, 30, 40, 40, 90), measured("new", "organisation", "", 3, 70)]
    found = outcomes(rows)
    assert found["new", "", ""] == Outcome("suppressed", "homogeneity")


@pytest.mark.parametrize(("active", "reason"), [(20, None), (4, "complementary")])
def test_units_are_compared_only_where_all_their_values_are_shown(
    measured: Builder, active: int, reason: str | None
) -> None:
    rows = [
        measured("active", "organisation", "", 100 + active, 260),
        measured("active", "unit", "a", 50, 100),
        measured("active", "unit", "b", 50, 100),
        measured("active", "unit", "c", active, 60),
        measured("spread", "organisation", "", 100, 100, numerator=2, denominator=3),
    ]
    found = outcomes(rows)
    assert found["spread", "", ""].reason == reason
    assert found["spread", "", ""].value == (0.67 if reason is None else None)


ATOMS = ("new creating", "creating", "new contributing", "contributing", "reacting", "reading", "absent")
"""Everybody is one of these; every count is a sum of them."""
COUNTED = {
    ("active", ""): ATOMS[:5],
    ("contributor", ""): ATOMS[:4],
    ("role", "creating"): ATOMS[:2],
    ("role", "contributing"): ATOMS[2:4],
    ("role", "reacting"): ATOMS[4:5],
    ("role", "absent"): ATOMS[5:],
    ("presence", "taking_part"): ATOMS[:5],
    ("presence", "reading"): ATOMS[5:6],
    ("presence", "inactive"): ATOMS[6:],
    ("new", ""): (ATOMS[0], ATOMS[2]),
}


@settings(max_examples=150, deadline=None)
@given(sizes=st.lists(st.integers(0, 14) | st.integers(0, 3), min_size=7, max_size=7).filter(any))
def test_no_count_of_a_few_follows_from_all_that_is_shown_of_metrics_that_tell_of_each_other(
    sizes: list[int],
) -> None:
    k, people, day = 5, sum(sizes), date(2026, 3, 2)
    number = dict(zip(ATOMS, sizes, strict=True))
    rows = []
    for (metric, category), parts in COUNTED.items():
        of = sum(number[atom] for atom in ATOMS[:4]) if metric == "new" else people
        count = sum(number[atom] for atom in parts)
        rows.append(
            Measured(
                metric, category, "organisation", "", "week", day, day + timedelta(7), count, of, of, count,
                "known" if of else "unknown", None,
            )
        )  # fmt: skip
    decided = decide(rows, FORMS, k, apart, RELATIONS)

    def vector(parts: Sequence[str]) -> list[int]:
        return [int(atom in parts) for atom in ATOMS]

    known = [vector(ATOMS)]
    for row, out in zip(rows, decided, strict=True):
        if out.state == "published":
            known.append(vector(COUNTED[row.metric, row.category]))
            if row.metric == "new":
                known.append(vector(ATOMS[:4]))
    rank = np.linalg.matrix_rank(np.array(known))
    for row, out in zip(rows, decided, strict=True):
        few = min(row.affirming or 0, (row.people or 0) - (row.affirming or 0)) < k
        assert not (few and out.state == "published")
        if few and row.known and row.metric != "new":
            with_it = np.array([*known, vector(COUNTED[row.metric, row.category])])
            assert np.linalg.matrix_rank(with_it) > rank, (row.metric, row.category)


@pytest.mark.parametrize(("answered", "shown"), [(12, True), (4, False)])
def test_a_difference_is_shown_only_beside_the_rates_it_is_made_of(
    measured: Builder, answered: int, shown: bool
) -> None:
    found = outcomes(
        [
            measured("difference", "organisation", "", 30, 60, numerator=10, denominator=60),
            measured("rate_of_some", "organisation", "", answered, 30, numerator=20, denominator=40),
        ]
    )
    assert found["rate_of_some", "", ""].state == found["difference", "", ""].state
    assert (found["difference", "", ""].state == "published") == shown


def test_a_metric_rests_on_another_only_where_both_were_measured(measured: Builder) -> None:
    rows = [
        measured("contributor", "organisation", "", 60, 200),
        measured("contributor", "room", "wiki/HR", 30, 80),
        measured("new", "organisation", "", 30, 60),
    ]
    shown = outcomes(rows)
    assert shown["contributor", "wiki/HR", ""].value == 0.38  # 30 of 80
    assert shown["new", "", ""].value == 0.5  # 30 of 60
