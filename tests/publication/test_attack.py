"""An attacker who knows every shown cell exactly, all group sizes and all bounds, against random small organisations."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import chain, combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from service.publication.grid import decide
from service.publication.measured import Form, Link, Measured, Nature, Outcome

ROLES = ("creating", "contributing", "reacting", "absent")
WHOLE = {"active": ROLES[:3], "contributor": ROLES[:2]}
LINKS = [Link(name, "role", frozenset(parts)) for name, parts in WHOLE.items()]
FORMS = {name: Form(Nature.PERSONS) for name in ("role", "active", "contributor")}
WEEK = date(2026, 3, 2)
K = 5

people = st.lists(
    st.tuples(st.sampled_from("abcd-"), st.sampled_from(ROLES), st.frozensets(st.sampled_from("xy"))),
    min_size=K,
    max_size=60,
)
skewed = st.lists(st.tuples(st.sampled_from("abc-"), st.sampled_from(ROLES)), min_size=2, max_size=8).flatmap(
    lambda kinds: st.lists(st.integers(0, 14), min_size=len(kinds), max_size=len(kinds)).map(
        lambda sizes: [
            (unit, role, frozenset("x" if number % 2 else ""))
            for (unit, role), size in zip(kinds, sizes, strict=True)
            for number in range(size)
        ]
    )
)
Person = tuple[str, str, frozenset[str]]


def measure(organisation: list[Person]) -> list[Measured]:
    groups: dict[tuple[str, str], list[Person]] = defaultdict(list)
    for person in organisation:
        groups["organisation", ""].append(person)
        if person[0] != "-":
            groups["unit", person[0]].append(person)
        for room in person[2]:
            groups["room", room].append(person)

    def rows() -> Iterator[Measured]:
        for (scope, key), members in groups.items():
            counted = {role: sum(person[1] == role for person in members) for role in ROLES}
            cells = [("role", role, count) for role, count in counted.items()]
            cells += [(name, "", sum(counted[role] for role in parts)) for name, parts in WHOLE.items()]
            for metric, category, count in cells:
                size = len(members)
                yield Measured(
                    metric, category, scope, key, "week", WEEK, WEEK + timedelta(days=7),
                    count, size, size, count, "known", None,
                )  # fmt: skip

    return list(rows())


def no_overlap(room: str, since: date, until: date) -> bool:
    return False


class Attacker:
    """Solves for the count of every role in every disjoint group: the units and the people without one."""

    def __init__(self, rows: list[Measured], outcomes: list[Outcome], scope: str) -> None:
        inside = [
            (row, out)
            for row, out in zip(rows, outcomes, strict=True)
            if row.scope in (scope, "organisation")
        ]
        if scope == "room":
            inside = [pair for pair in inside if pair[0].scope == "room"]
        sizes = {row.scope_key: row.people or 0 for row, _ in inside if row.scope == scope}
        whole = next((row.people or 0 for row, _ in inside if row.scope == "organisation"), None)
        if whole is not None:
            sizes["-"] = whole - sum(sizes.values())
        self.sizes = sizes
        self.place = {
            (group, role): n for n, (group, role) in enumerate((g, r) for g in sizes for r in ROLES)
        }
        self.equal: list[tuple[np.ndarray, float]] = [
            (self.row([(group, role) for role in ROLES]), size) for group, size in sizes.items()
        ]
        self.less: list[tuple[np.ndarray, float]] = []
        for row, out in inside:
            parts = WHOLE.get(row.metric, (row.category,))
            groups = list(sizes) if row.scope == "organisation" else [row.scope_key]
            line = self.row([(group, role) for group in groups for role in parts])
            if out.state == "published":
                self.equal.append((line, row.affirming or 0))
            elif out.reason == "homogeneity" and out.low == 0:
                self.less.append((line, K - 1))
            elif out.reason == "homogeneity" and out.high == 1:
                self.less.append((-line, K - 1 - (row.people or 0)))
            elif out.low is not None and out.high is not None:
                self.less.append((line, out.high * (row.people or 0) + 1e-9))
                self.less.append((-line, -out.low * (row.people or 0) + 1e-9))

    def row(self, cells: list[tuple[str, str]]) -> np.ndarray:
        line = np.zeros(len(self.place))
        for cell in cells:
            line[self.place[cell]] = 1
        return line

    def interval(self, cells: list[tuple[str, str]]) -> tuple[float, float]:
        target = self.row(cells)
        less = (
            {"A_ub": np.array([a for a, _ in self.less]), "b_ub": [b for _, b in self.less]}
            if self.less
            else {}
        )
        ends = [
            linprog(
                sign * target,
                A_eq=np.array([a for a, _ in self.equal]),
                b_eq=[b for _, b in self.equal],
                bounds=[(0, self.sizes[group]) for group, _ in self.place],
                method="highs",
                **less,
            )
            for sign in (1, -1)
        ]
        assert all(end.status == 0 for end in ends), "the shown cells contradict each other"
        return ends[0].fun, -ends[1].fun


def coalitions(sizes: dict[str, int]) -> list[tuple[str, ...]]:
    """Every set of groups of 1..K-1 people in all."""
    groups = [group for group, size in sizes.items() if size]
    sets = chain.from_iterable(combinations(groups, n) for n in range(1, len(groups) + 1))
    return [one for one in sets if sum(sizes[group] for group in one) < K]


@settings(max_examples=60)
@given(people | skewed)
def test_nothing_follows_about_fewer_people_than_the_minimum_group(organisation: list[Person]) -> None:
    if len(organisation) < K:
        return
    rows = measure(organisation)
    outcomes = decide(rows, FORMS, K, no_overlap, LINKS)
    truth = {
        (row.scope_key, row.category): row.affirming
        for row in rows
        if row.metric == "role" and row.scope == "unit"
    }
    for row, out in zip(rows, outcomes, strict=True):
        if out.state == "published":
            assert (row.people or 0) >= K
            assert K <= (row.affirming or 0) <= (row.people or 0) - K
    attacker = Attacker(rows, outcomes, "unit")
    for groups in coalitions(attacker.sizes):
        for role in ROLES:
            low, high = attacker.interval([(group, role) for group in groups])
            assert high - low > 0.99, (groups, role, low, high)
    for (unit, role), count in truth.items():
        if (count or 0) < K and attacker.sizes[unit] >= K:
            low, high = attacker.interval([(unit, role)])
            assert high - low > 1.99, (unit, role, low, high)


@settings(max_examples=40)
@given(people | skewed)
def test_within_a_room_a_role_of_few_people_stays_uncertain(organisation: list[Person]) -> None:
    rows = measure(organisation)
    outcomes = decide(rows, FORMS, K, no_overlap, LINKS)
    attacker = Attacker(rows, outcomes, "room")
    for row in rows:
        if row.scope == "room" and row.metric == "role" and (row.affirming or 0) < K:
            low, high = attacker.interval([(row.scope_key, row.category)])
            assert high - low > 0.99
