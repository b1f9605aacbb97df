"""Leaders are few: what is shown of them must give no single one away, also not beside what is shown of all."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.catalog import CATALOG
from service.publication.grid import decide
from service.publication.measured import Measured, Outcome
from service.publication.publish import LINKS, form

Builder = Callable[..., Measured]
NAMES = ("contributor_share", "role_share", "active_leader_share", "leader_parts", "led_unit_share")
FORMS = {name: form(CATALOG[name]) for name in (*NAMES, "leader_reply_share")}


def apart(room: str, since: date, until: date) -> bool:
    return False


def outcomes(rows: list[Measured], k: int = 10) -> dict[tuple[str, str], Outcome]:
    decided = decide(rows, FORMS, k, apart, LINKS)
    return {(row.metric, row.category): out for row, out in zip(rows, decided, strict=True)}


def leaders(measured: Builder, answering: int, publishing: int, silent: int) -> list[Measured]:
    whole = answering + publishing + silent
    parts = {"answering": answering, "publishing": publishing, "silent": silent}
    return [
        measured("active_leader_share", "organisation", "", answering + publishing, whole),
        *(measured("leader_parts", "organisation", "", count, whole, name) for name, count in parts.items()),
    ]


def test_enough_leaders_on_all_sides_are_shown(measured: Builder) -> None:
    found = outcomes([*leaders(measured, 12, 13, 22), measured("led_unit_share", "organisation", "", 13, 25)])
    assert {out.state for out in found.values()} == {"published"}
    assert found["led_unit_share", ""].value == 0.4  # told as 10 of 25


@pytest.mark.parametrize(
    ("answering", "publishing", "silent"), [(3, 2, 4), (20, 0, 4), (0, 0, 30), (30, 0, 0)]
)
def test_few_leaders_or_leaders_who_all_do_the_same_are_not_shown(
    measured: Builder, answering: int, publishing: int, silent: int
) -> None:
    found = outcomes(leaders(measured, answering, publishing, silent))
    assert {out.value for out in found.values()} == {None}


def test_one_leader_who_only_announces_does_not_follow_from_the_others(measured: Builder) -> None:
    found = outcomes(leaders(measured, 14, 1, 20))
    shown = {name for name, out in found.items() if out.state == "published"}
    assert found["leader_parts", "publishing"].state == "suppressed"
    # Of the three numbers that give it away together, two at most are shown.
    assert not {("active_leader_share", ""), ("leader_parts", "answering")} <= shown
    assert not {("leader_parts", "silent"), ("leader_parts", "answering")} <= shown


@pytest.mark.parametrize(
    ("writing", "units", "reason"),
    [(20, 36, None), (19, 35, "complementary"), (10, 20, None), (10, 24, "complementary")],
)
def test_the_leaders_who_are_second_in_their_unit_do_not_follow_from_the_units(
    measured: Builder, writing: int, units: int, reason: str | None
) -> None:
    # 20 of 36 leaders write. If they lead 35 units, what is said of the units tells of the only second one.
    units_row = measured("led_unit_share", "organisation", "", writing, units)
    found = outcomes([*leaders(measured, 10, 10, 16), units_row], k=5)
    assert found["led_unit_share", ""].reason == reason


def test_the_people_who_do_not_lead_do_not_follow_from_the_leaders(measured: Builder) -> None:
    # 23 of 300 contributed, 20 of them lead: only 3 of the 264 others did.
    rows = [*leaders(measured, 10, 10, 16), measured("contributor_share", "organisation", "", 23, 300)]
    found = outcomes(rows)
    assert not (found["contributor_share", ""].state == found["active_leader_share", ""].state == "published")


def test_a_ratio_of_few_leaders_is_not_shown(measured: Builder) -> None:
    few = measured("leader_reply_share", "organisation", "", 6, 9, numerator=60, denominator=100)
    assert outcomes([few])["leader_reply_share", ""].reason == "small_group"
    one_posts = measured("leader_reply_share", "organisation", "", 1, 20, numerator=60, denominator=100)
    assert outcomes([one_posts])["leader_reply_share", ""].reason == "homogeneity"


ATOMS = (
    "answering first", "answering second", "publishing first", "publishing second", "silent first",
    "silent second", "others contributing", "others reacting", "others absent",
)  # fmt: skip
"""Everybody is one of these; first is the leader a unit stands for."""
COUNTED = {
    ("contributor_share", ""): (*ATOMS[:4], ATOMS[6]),
    ("active_leader_share", ""): ATOMS[:4],
    ("leader_parts", "answering"): ATOMS[:2],
    ("leader_parts", "publishing"): ATOMS[2:4],
    ("leader_parts", "silent"): ATOMS[4:6],
    ("led_unit_share", ""): (ATOMS[0], ATOMS[2]),
}
ASKED = {
    "contributor_share": ATOMS,
    "active_leader_share": ATOMS[:6],
    "leader_parts": ATOMS[:6],
    "led_unit_share": ATOMS[:6:2],
}


@settings(max_examples=100, deadline=None)
@given(sizes=st.lists(st.integers(0, 14) | st.integers(0, 3), min_size=9, max_size=9).filter(any))
def test_no_count_of_few_leaders_follows_from_all_that_is_shown(sizes: list[int]) -> None:
    k, day = 5, date(2026, 3, 2)
    number = dict(zip(ATOMS, sizes, strict=True))

    def total(parts: Sequence[str]) -> int:
        return sum(number[atom] for atom in parts)

    rows = [
        Measured(
            metric, category, "organisation", "", "days28", day, day + timedelta(28), total(parts),
            total(ASKED[metric]), total(ASKED[metric]), total(parts),
            "known" if total(ASKED[metric]) else "unknown", None,
        )
        for (metric, category), parts in COUNTED.items()
    ]  # fmt: skip
    decided = decide(rows, FORMS, k, apart, LINKS)

    def vector(parts: Sequence[str]) -> list[int]:
        return [int(atom in parts) for atom in ATOMS]

    # The sizes of all groups are taken to be known: units and leaders stand in the organisation chart.
    known = [vector(parts) for parts in ASKED.values()]
    known += [
        vector(COUNTED[row.metric, row.category])
        for row, out in zip(rows, decided, strict=True)
        if out.state == "published"
    ]
    rank = np.linalg.matrix_rank(np.array(known))

    def follows(parts: Sequence[str]) -> bool:
        return bool(np.linalg.matrix_rank(np.array([*known, vector(parts)])) == rank)

    groups = {
        "leaders": (ATOMS[:4], ATOMS[4:6]),
        "units": ((ATOMS[0], ATOMS[2]), (ATOMS[4],)),
        "seconds": ((ATOMS[1], ATOMS[3]), (ATOMS[5],)),
        "others": ((ATOMS[6],), ATOMS[7:]),
    }
    for name, (writing, silent) in groups.items():
        if total(writing) + total(silent) and min(total(writing), total(silent)) < k:
            assert not follows(writing), name
