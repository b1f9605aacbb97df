"""Somebody who holds every publication, the organisation chart and all members of rooms, and works out what is hidden.

Stronger than any real reader: shown counts are known exactly, not rounded; which groups a correction did not touch is known too.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from benchmarks.histories import ALL, COUNTED, LEADERS, ROLES, Bools, Period
from metrics.catalog import CATALOG
from service.publication.earlier import Earlier
from service.publication.grid import decide
from service.publication.measured import Measured, Outcome, Scope
from service.publication.overlap import Groups, going_beyond, made_of_units
from service.publication.publish import LINKS, form
from service.publication.standing import Standing, standing

FORMS = {key: form(CATALOG[key]) for key in (*{metric for metric, _ in COUNTED}, "response_rate")}
FREE_ROLES = len(ROLES) - 1
"""Of the role counts of a group one follows from its size."""
EXACT = 1e-7
Floats = NDArray[np.float64]
Cell = tuple[str, str, str, str]


@dataclass
class Publisher:
    """Publishes one period, and again after each correction, as `service.publication.publish` does."""

    k: int
    remembers: bool = True
    earlier: Earlier = field(default_factory=Earlier)
    before: Mapping[Cell, float] = field(default_factory=dict)
    """What was told of the period before."""

    def __call__(self, period: Period) -> "Published":
        rows = period.measured()
        settled, pins = self.earlier.settle(rows, FORMS, self.k) if self.remembers else (rows, {})
        groups = period.groups()
        rooms = {
            key: frozenset(map(int, np.flatnonzero(who)))
            for (kind, key), who in groups.items()
            if kind == "room"
        }
        units = {int(one): int(period.unit[one]) for one in np.flatnonzero(period.present)}
        unit_of = {person: unit if unit >= 0 else None for person, unit in units.items()}
        alike = Groups(self.k, ZoneInfo("UTC"), {}, {}).alike(rooms, unit_of)
        named = {one: None if unit < 0 else f"u{unit}" for one, unit in units.items()}
        made, pairs = made_of_units(rooms, named), going_beyond(rooms, named, self.k)
        stands = [self._standing(row) for row in settled]
        outcomes = decide(
            settled,
            FORMS,
            self.k,
            lambda room, since, until: room in alike,
            LINKS,
            pins=pins,
            standing=stands,
            unions=lambda since, until: made,
            beyond=lambda since, until: pairs,
        )
        self.earlier.add(settled, outcomes, stands, FORMS, self.k)
        return Published(period, rows, settled, outcomes, stands)

    def _standing(self, row: Measured) -> Standing | None:
        if row.metric == "response_rate" or not row.people:
            return None
        before = self.before.get(place(row))
        return standing(row.affirming or 0, row.people, self.k, FORMS[row.metric].step, before)


@dataclass(frozen=True)
class Published:
    period: Period
    measured: Sequence[Measured]
    settled: Sequence[Measured]
    outcomes: Sequence[Outcome]
    stands: Sequence[Standing | None]

    def told(self) -> dict[Cell, float]:
        """What could be told of each share, which the period after it rests on."""
        return {
            place(row): one.told
            for row, one in zip(self.settled, self.stands, strict=True)
            if one is not None
        }

    def shown(self) -> Iterator[tuple[Measured, Outcome]]:
        for row, out in zip(self.settled, self.outcomes, strict=True):
            if out.state == "published":
                yield row, out

    def value(self, metric: str, scope: Scope, category: str = "") -> float | None:
        """What is told of a cell; None if it is hidden."""
        found = [out.value for row, out in self.shown() if place(row) == (metric, category, *scope)]
        return found[0] if found else None


def place(row: Measured) -> Cell:
    return (row.metric, row.category, row.scope, row.scope_key)


def too_few(published: Published, k: int) -> list[str]:
    """Shown cells behind which, or on one side of which, stand fewer than k people; or most of which is one person's."""
    found = []
    for row, _ in published.shown():
        people, count = row.people or 0, row.affirming or 0
        if row.metric == "response_rate":
            dominated = 2 * (row.largest or 0) > (row.denominator or 0)
            small = people < k or count < k or (row.denominator or 0) - (row.numerator or 0) < k
            found += [f"{place(row)} is one person's"] * dominated + [f"{place(row)} is of few"] * small
        elif people < k or not k <= count <= people - k:
            found.append(f"{place(row)} shows {count} of {people}")
    return found


def too_alike(published: Published, k: int) -> list[str]:
    """Pairs of groups of which the same is shown, and which differ by fewer than k people, but do differ."""
    groups = published.period.groups()
    measured = set(published.measured)
    shown: dict[tuple[str, str], list[Scope]] = {}
    for row, _ in published.shown():
        # What stays as it was before a correction is about the people of then.
        if row.metric not in LEADERS and row.metric != "response_rate" and row in measured:
            shown.setdefault((row.metric, row.category), []).append(row.place)
    return [
        f"{cell} of {one} and {other}, which differ by {differing}"
        for cell, scopes in shown.items()
        for one, other in combinations(scopes, 2)
        if 0 < (differing := int((groups[one] ^ groups[other]).sum())) < k
    ]


def bounds_tell(published: Published, k: int) -> list[str]:
    """Hidden cells whose bound says more than on which side of k the count lies."""
    found = []
    for row, out in zip(published.settled, published.outcomes, strict=True):
        if out.reason != "homogeneity" or out.low is None or out.high is None:
            continue
        people, few = row.people or 0, k - 1
        if not (out.low == 0 and out.high * people >= few - EXACT) and not (
            out.high == 1 and (1 - out.low) * people >= few - EXACT
        ):
            found.append(f"{place(row)} is told to be within {out.low} and {out.high}")
    return found


def told_apart(earlier: Published, later: Published, k: int) -> list[str]:
    """Cells of one period shown twice with counts that differ by fewer than k people on a side, but do differ."""
    before = {place(row): row for row, _ in earlier.shown()}
    found = []
    for row, _ in later.shown():
        old = before.get(place(row))
        if old is None or row.metric == "response_rate":
            continue
        sides = [
            abs((row.affirming or 0) - (old.affirming or 0)),
            abs((row.people or 0) - (row.affirming or 0) - (old.people or 0) + (old.affirming or 0)),
        ]
        if any(0 < side < k for side in sides):
            found.append(f"{place(row)} changed by {sides}")
    return found


class Reconstruction:
    """All that was shown of one period in all its states, as linear equations over who does what in which group.

    A group is all people of the same unit, rooms and leadership; its size is known, its role counts are not.
    """

    def __init__(self, publications: Sequence[Published], k: int) -> None:
        self.k = k
        self.states = [published.period for published in publications]
        self.numbers = [_counts(state) for state in self.states]
        self.column: list[dict[bytes, int]] = []
        self.sizes: list[int] = []
        self.truth: list[int] = []
        for number, counts in enumerate(self.numbers):
            self.column.append({})
            for signature, roles in counts.items():
                same = [one for one in range(number) if self.numbers[one].get(signature) == roles]
                self.column[number][signature] = self.column[same[0]][signature] if same else self._new(roles)
        known = [line for published in publications for line in self._known(published, publications)]
        self.rows = np.array([line for line, _, _ in known]) if known else np.zeros((0, len(self.truth)))
        self.spans = [_span(row, stands) for _, row, stands in known]
        self.bases = {"": _basis(self.rows)}
        for room in {row.scope_key for _, row, _ in known if row.scope == "room"}:
            own = [line for line, row, _ in known if row.place == ("room", room)]
            self.bases[room] = _basis(np.array(own))

    def _new(self, roles: tuple[int, ...]) -> int:
        self.sizes.append(sum(roles))
        self.truth.extend(roles[:FREE_ROLES])
        return len(self.sizes) - 1

    def vector(self, number: int, members: Bools, who: Callable[[Period], Bools]) -> Floats:
        """The count of who does something among members, over the unknowns; a constant is left out."""
        state, line = self.states[number], np.zeros(len(self.truth))
        counted = who(_every_role(state))
        for signature in {one.tobytes() for one in _signatures(state)[members]}:
            first = FREE_ROLES * self.column[number][signature]
            for role in range(FREE_ROLES):
                line[first + role] = int(counted[role]) - int(counted[FREE_ROLES])
        return line

    def _known(
        self, published: Published, publications: Sequence[Published]
    ) -> Iterator[tuple[Floats, Measured, Standing]]:
        own = next(number for number, one in enumerate(publications) if one is published)
        for row, out, stands in zip(published.settled, published.outcomes, published.stands, strict=True):
            if out.state != "published" or stands is None:
                continue
            # What stays as it was tells of the state it comes from.
            number = max(n for n in range(own + 1) if row in publications[n].measured)
            state = self.states[number]
            yield (
                self.vector(number, _asked(state, row.metric, row.place), COUNTED[row.metric, row.category]),
                row,
                stands,
            )

    def follows(self, line: Floats, room: str) -> bool:
        """Whether a linear function of the unknowns follows from what is known, or from what is known of a room."""
        basis = self.bases.get(room)
        if basis is None or np.abs(line).max() < EXACT:
            return False
        return bool(np.abs(line - (line @ basis.T) @ basis).max() < EXACT)

    def targets(self) -> Iterator[tuple[str, Floats, str]]:
        """Counts that speak of fewer than k people: of small groups, near nobody or everybody, or changed by few.

        With the room where a count is one of a room: of what somebody does there nothing elsewhere tells.
        """
        for number, state in enumerate(self.states):
            groups = state.groups()
            for scope in groups:
                for (metric, category), who in COUNTED.items():
                    asked = _asked(state, metric, scope)
                    count, people = int((asked & who(state)).sum()), int(asked.sum())
                    if (metric in LEADERS and (scope != ALL or state.window == "week")) or not people:
                        continue
                    if not self.k <= count <= people - self.k:
                        name = f"{metric} {category} of {scope}, {count} of {people}"
                        yield name, self.vector(number, asked, who), _room(scope)
            pairs = [(one, members & ~other) for (one, members), (_, other) in _ordered_pairs(groups)]
            nowhere = [(("unit", "none"), state.present & (state.unit < 0))]
            for scope, members in [*pairs, *nowhere]:
                if 0 < members.sum() < self.k:
                    for role in range(len(ROLES)):
                        line = self.vector(number, members, lambda p, role=role: p.roles == role)
                        yield f"role {role} of {int(members.sum())} in {scope} alone", line, ""
        for one, other in combinations(range(len(self.states)), 2):
            before, after = self.states[one], self.states[other]
            for scope in before.groups().keys() & after.groups().keys():
                for (metric, category), who in COUNTED.items():
                    old, new = _asked(before, metric, scope), _asked(after, metric, scope)
                    change = int((new & who(after)).sum()) - int((old & who(before)).sum())
                    if 0 < abs(change) < self.k:
                        line = self.vector(other, new, who) - self.vector(one, old, who)
                        yield f"change by {change} of {metric} {category} of {scope}", line, _room(scope)

    def violations(self) -> list[str]:
        """Counts of few that follow."""
        return [name for name, line, room in self.targets() if self.follows(line, room)]

    def interval(self, line: Floats) -> tuple[float, float]:
        """The least and the most a linear function can be, given the shares as they were told, which are rounded."""
        room = np.zeros((len(self.sizes), len(self.truth)))
        for group in range(len(self.sizes)):
            room[group, FREE_ROLES * group : FREE_ROLES * (group + 1)] = 1
        counted = self.rows @ np.array(self.truth)
        least = counted - [below for below, _ in self.spans]
        most = counted + [above for _, above in self.spans]
        ends = []
        for sign in (1, -1):
            found = linprog(
                sign * line, A_ub=np.vstack([room, self.rows, -self.rows]),
                b_ub=np.concatenate([self.sizes, most, -least]), bounds=(0, None), method="highs",
            )  # fmt: skip
            ends.append(sign * found.fun)
        return ends[0], ends[1]

    def narrowest(self, rng: np.random.Generator, tried: int = 2) -> float | None:
        """The least uncertainty, in people, of some of the targets that more than one person could be."""
        targets = [line for _, line, room in self.targets() if not room and np.abs(line).max() > 0]
        if not targets or not len(self.rows):
            return None
        chosen = rng.permutation(len(targets))[:tried]
        return min(high - low for low, high in (self.interval(targets[one]) for one in chosen))


def _basis(rows: Floats) -> Floats:
    """An orthonormal basis of the span of rows."""
    if not len(rows):
        return rows
    _, values, basis = np.linalg.svd(rows, full_matrices=False)
    return np.asarray(basis[values > EXACT])


def _room(scope: Scope) -> str:
    return scope[1] if scope[0] == "room" else ""


def _span(row: Measured, stands: Standing) -> tuple[int, int]:
    """How far the count behind a share can lie below and above the true one, for a reader who knows the rules."""
    count, (least, most) = row.affirming or 0, stands.alike
    return count - least, most - count


def _every_role(state: Period) -> Period:
    """Four people, one of each role."""
    return replace(state, roles=np.arange(len(ROLES)))


def _signatures(state: Period) -> NDArray[np.int64]:
    return np.column_stack([state.present, state.unit, state.rooms, state.leader]).astype(np.int64)


def _counts(state: Period) -> Mapping[bytes, tuple[int, ...]]:
    found: dict[bytes, list[int]] = {}
    for signature, role, there in zip(_signatures(state), state.roles, state.present, strict=True):
        if there:
            found.setdefault(signature.tobytes(), [0] * len(ROLES))[role] += 1
    return {signature: tuple(roles) for signature, roles in found.items()}


def _asked(state: Period, metric: str, scope: Scope) -> Bools:
    members = state.groups()[scope]
    return members & state.leader if metric in LEADERS else members


def _ordered_pairs(
    groups: Mapping[Scope, Bools],
) -> Iterator[tuple[tuple[Scope, Bools], tuple[Scope, Bools]]]:
    for one, other in combinations(groups.items(), 2):
        yield one, other
        yield other, one
