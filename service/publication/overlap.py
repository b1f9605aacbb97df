"""Which rooms overlap with other published groups in such a way that a few people, or a hidden group, would follow.

First each pair of groups: they may differ by nobody or by k people. Then all of them together, since a room may also be what is
left of all people without another one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lstsq, solve_triangular
from scipy.linalg.lapack import dpstrf
from scipy.sparse import csr_matrix
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.identity import Human, people
from service.models import Membership, Organisation, Room, Unit
from service.publication.measured import NOBODY, Scope

EXACT = 1e-7
"""Whole factors of whole numbers, up to the error of floating point."""
_Grouping = tuple[frozenset[tuple[str, frozenset[int]]], frozenset[tuple[int, int | None]]]


@dataclass
class Groups:
    """Memberships of an organisation; called as `service.publication.measured.Alike`."""

    k: int
    zone: ZoneInfo
    memberships: Mapping[str, list[tuple[int, datetime, datetime | None]]]
    """Room -> (person, since, until)."""
    humans: Mapping[int, Human]
    """By their number."""
    unit_keys: Mapping[int, str] = field(default_factory=dict)
    """Unit -> what it is called in measurements."""
    open_rooms: frozenset[str] = frozenset()
    """Rooms whose people are the whole organisation's, by definition of the metrics."""
    _known: dict[datetime, frozenset[str]] = field(default_factory=dict)
    _unions: dict[datetime, dict[str, frozenset[str]]] = field(default_factory=dict)
    _beyond: dict[datetime, Sequence[tuple[Scope, Scope, int, int]]] = field(default_factory=dict)
    _found: dict[_Grouping, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, session: Session, organisation: Organisation, k: int) -> "Groups":
        memberships: dict[str, list[tuple[int, datetime, datetime | None]]] = defaultdict(list)
        everybody = people(session, organisation.id)
        joined = (
            select(Room.key, Membership.pseudonym, Membership.since, Membership.until)
            .join(Room, Room.id == Membership.room_id)
            .where(
                Room.organisation_id == organisation.id,
                Room.open.is_not(True),
                Room.excluded.is_(False),
            )
        )
        open_rooms = session.scalars(
            select(Room.key).where(Room.organisation_id == organisation.id, Room.open.is_(True))
        )
        for room, pseudonym, since, until in session.execute(joined):
            memberships[room].append((everybody.of(pseudonym), since, until))
        humans = {human.number: human for human in everybody.humans}
        named = session.execute(select(Unit.id, Unit.key).where(Unit.organisation_id == organisation.id))
        return cls(
            k,
            ZoneInfo(organisation.time_zone),
            memberships,
            humans,
            {unit.id: unit.key for unit in named},
            frozenset(open_rooms),
        )

    def __call__(self, room: str, since: date, until: date) -> bool | None:
        if room in self.open_rooms:
            return False
        if room not in self.memberships:
            return None
        moment = self._moment(since, until)
        if moment not in self._known:
            self._known[moment] = self.alike(self.members(moment), self.units(moment))
        return room in self._known[moment]

    def _moment(self, since: date, until: date) -> datetime:
        """The end of the day that says who belongs to the period."""
        ends = since + (until - since) // 2 + timedelta(days=1)
        return datetime.combine(ends, time(), self.zone).astimezone(UTC)

    def unions(self, since: date, until: date) -> Mapping[str, frozenset[str]]:
        """As `service.publication.measured.Unions`."""
        moment = self._moment(since, until)
        if moment not in self._unions:
            self._unions[moment] = made_of_units(self.members(moment), self._named_units(moment))
        return self._unions[moment]

    def beyond(self, since: date, until: date) -> Sequence[tuple[Scope, Scope, int, int]]:
        """As `service.publication.measured.Beyond`."""
        moment = self._moment(since, until)
        if moment not in self._beyond:
            self._beyond[moment] = going_beyond(self.members(moment), self._named_units(moment), self.k)
        return self._beyond[moment]

    def units(self, moment: datetime) -> dict[int, int | None]:
        """Person -> unit right before a moment, of the humans that were active then."""
        states = {number: human.at(moment) for number, human in self.humans.items()}
        return {
            number: state.unit for number, state in states.items() if state.kind == "human" and state.active
        }

    def _named_units(self, moment: datetime) -> dict[int, str | None]:
        return {
            person: None if unit is None else self.unit_keys.get(unit)
            for person, unit in self.units(moment).items()
        }

    def members(self, moment: datetime) -> dict[str, frozenset[int]]:
        """Room -> its people right before a moment; before the first reading of its members, those of that first reading.

        As the metrics count: active humans, and who is a member without being listed.
        """
        units, found = self.units(moment), {}
        for room, stays in self.memberships.items():
            first = min(since for _, since, _ in stays)
            found[room] = frozenset(
                person
                for person, since, until in stays
                if (person in units or person not in self.humans)
                and (since < moment or since == first)
                and (until is None or until >= moment)
            )
        return found

    def alike(self, rooms: Mapping[str, frozenset[int]], units: Mapping[int, int | None]) -> frozenset[str]:
        """Rooms to hide so that any two groups left differ by no person or by at least k.

        Units come first, then rooms from the largest to the smallest: of two rooms that are too alike the smaller is hidden.
        """
        key = frozenset(rooms.items()), frozenset(units.items())
        if key not in self._found:
            self._found[key] = self._alike(rooms, units)
        return self._found[key]

    def _alike(
        self, rooms: Mapping[str, frozenset[int]], unit_of: Mapping[int, int | None]
    ) -> frozenset[str]:
        units: dict[int, set[int]] = defaultdict(set)
        for person, unit in unit_of.items():
            if unit is not None:
                units[unit].add(person)
        names = sorted(
            (room for room in rooms if len(rooms[room]) >= self.k), key=lambda r: (-len(rooms[r]), r)
        )
        groups = [sorted(members) for members in units.values()] + [sorted(rooms[name]) for name in names]
        if not names:
            return frozenset()
        differing = differences(groups)
        near = (differing > 0) & (differing < self.k)
        kept = np.arange(len(groups)) < len(units)
        for place in range(len(units), len(groups)):
            kept[place] = not near[place, kept].any()
        hidden = {name for name, stays in zip(names, kept[len(units) :], strict=True) if not stays}
        shown = {name: rooms[name] for name in names if name not in hidden}
        inside = [members for members in units.values() if len(members) >= self.k]
        outside = [members for members in units.values() if len(members) < self.k]
        outside.append({person for person, unit in unit_of.items() if unit is None})
        targets = [frozenset(members) for members in outside if 0 < len(members) < self.k]
        targets += [members for room, members in rooms.items() if room not in shown and members]
        always = [frozenset(unit_of), *map(frozenset, inside)]
        return frozenset(hidden | telling(shown, always, targets, self.k))


def made_of_units(
    rooms: Mapping[str, frozenset[int]], unit_of: Mapping[int, str | None]
) -> dict[str, frozenset[str]]:
    """Rooms whose people are exactly those of some units, with the keys of these; `NOBODY` for who belongs to none."""
    units: dict[str, set[int]] = defaultdict(set)
    for person, unit in unit_of.items():
        units[NOBODY if unit is None else unit].add(person)
    found = {}
    for room, members in rooms.items():
        touched = {NOBODY if (unit := unit_of.get(person)) is None else unit for person in members}
        if members and members == set().union(*(units[unit] for unit in touched)):
            found[room] = frozenset(touched)
    return found


def going_beyond(
    rooms: Mapping[str, frozenset[int]], unit_of: Mapping[int, str | None], k: int
) -> list[tuple[Scope, Scope, int, int]]:
    """Pairs of groups, at least one of them a room, of which the first has 1..k-1 people that the second has not, but shares some.

    With how many these are, and how many the second has that the first has not.
    """
    if not rooms:
        return []
    units: dict[str, set[int]] = defaultdict(set)
    for person, unit in unit_of.items():
        if unit is not None:
            units[unit].add(person)
    scopes: list[Scope] = [*(("unit", unit) for unit in units), *(("room", room) for room in rooms)]
    groups = [*map(frozenset, units.values()), *rooms.values()]
    matrix, _ = _indicators(groups)
    both = (matrix @ matrix.T).toarray()
    sizes = both.diagonal()
    alone = sizes[:, None] - both
    fit = (alone > 0) & (alone < k) & (both > 0) & (sizes[:, None] >= k) & (sizes[None, :] >= k)
    return [
        (scopes[one], scopes[other], int(alone[one, other]), int(alone[other, one]))
        for one, other in np.argwhere(fit)
        if "room" in (scopes[one][0], scopes[other][0])
    ]


def telling(
    rooms: Mapping[str, frozenset[int]],
    always: Sequence[frozenset[int]],
    targets: Sequence[frozenset[int]],
    k: int,
) -> set[str]:
    """Rooms to hide so that no target, and no 1..k-1 people in one shown group but not in or also in another, follow.

    A group follows if its indicator is a sum of multiples of those of shown groups: its count is that sum of their counts then,
    whatever is counted. `always` are shown groups that stay; what follows from these alone is not decided here. Of the rooms
    a sum needs the smallest is hidden.
    """
    always, rooms, left = _concerned(rooms, always, targets, k)
    hidden: set[str] = set()
    while True:
        names = [name for name in rooms if name not in hidden]
        shown = [*always, *(rooms[name] for name in names)]
        following = _following(shown, left) if left else set()
        if not following:
            return hidden
        needed: list[str] = []
        for target in sorted(following, key=lambda one: (len(one), sorted(one))):
            factors = _factors(shown, target)[len(always) :]
            needed = [name for name, factor in zip(names, factors, strict=True) if abs(factor) > EXACT]
            if needed:
                break
            left.discard(target)
        if needed:
            hidden.add(min(needed, key=lambda name: (len(rooms[name]), name)))


def _concerned(
    rooms: Mapping[str, frozenset[int]],
    always: Sequence[frozenset[int]],
    targets: Sequence[frozenset[int]],
    k: int,
) -> tuple[list[frozenset[int]], dict[str, frozenset[int]], set[frozenset[int]]]:
    """Of `always` and `rooms` those that any sum can need, and the sets of people that follow from all groups but not from `always` alone.

    A group that depends on no others is in no such sum. Nearly all rooms are such, and the search among the rest is short.
    """
    groups = [*always, *rooms.values()]
    left = {*targets} - {frozenset()} | _few(groups, k, following=True)
    left = _following(groups, left) - _following(always, left) if left else left
    if not left:
        return [], {}, set()
    matrix, _ = _indicators([*groups, *left])
    gram = (matrix @ matrix.T).toarray()
    factor, order, rank, _ = dpstrf(gram, tol=EXACT * len(gram))
    order = order - 1
    # Every row beside the first `rank` ones is a sum of multiples of these.
    sums = solve_triangular(factor[:rank, :rank], factor[:rank, rank:])
    needed = np.zeros(len(gram), bool)
    needed[order[:rank]] = (np.abs(sums) > EXACT).any(axis=1)
    needed[order[rank:]] = True
    some = [group for group, need in zip(always, needed[: len(always)], strict=True) if need]
    inside = needed[len(always) : len(groups)]
    return some, {name: rooms[name] for name, need in zip(rooms, inside, strict=True) if need}, left


def _few(groups: Sequence[frozenset[int]], k: int, *, following: bool = False) -> set[frozenset[int]]:
    """The sets of 1..k-1 people by which two groups overlap, or one goes beyond the other; or those of them that follow from all groups."""
    if not groups:
        return set()
    matrix, column = _indicators(groups)
    both = (matrix @ matrix.T).toarray()
    beyond = both.diagonal()[:, None] - both
    fit = np.ones(both.shape, bool)
    if following:
        # The products of all intersections with a vector that is orthogonal to all groups; those of what goes beyond are the same.
        beside = _orthogonal(matrix, len(column))
        fit = np.abs((matrix.multiply(beside[None, :]).tocsr() @ matrix.T).toarray()) < EXACT
    found = {
        groups[one] & groups[other]
        for one, other in np.argwhere(fit & (both > 0) & (both < k))
        if one < other
    }
    return found | {
        groups[one] - groups[other] for one, other in np.argwhere(fit & (beyond > 0) & (beyond < k))
    }


def _following(groups: Sequence[frozenset[int]], targets: Iterable[frozenset[int]]) -> set[frozenset[int]]:
    """The targets in the span of groups: those orthogonal to a random vector that is orthogonal to all groups."""
    sought = list(targets)
    matrix, column = _indicators([*groups, *sought])
    shown = matrix[: len(groups)]
    beside = _orthogonal(shown, len(column))
    return {
        target
        for target, product in zip(sought, matrix[len(groups) :] @ beside, strict=True)
        if abs(product) < EXACT
    }


def _orthogonal(groups: csr_matrix, people: int) -> NDArray[np.float64]:
    """What is left of a random vector without its part in the span of groups."""
    drawn = np.random.default_rng(0).standard_normal(people)
    factors = lstsq((groups @ groups.T).toarray(), groups @ drawn, lapack_driver="gelsy")[0]
    return np.asarray(drawn - groups.T @ factors, dtype=np.float64)


def _factors(groups: Sequence[frozenset[int]], target: frozenset[int]) -> NDArray[np.float64]:
    matrix, _ = _indicators([*groups, target])
    shown = matrix[: len(groups)]
    gram = (shown @ shown.T).toarray()
    found = lstsq(gram, (shown @ matrix[len(groups) :].T).toarray()[:, 0], lapack_driver="gelsy")[0]
    return np.asarray(found, dtype=np.float64)


def _indicators(groups: Sequence[Collection[int]]) -> tuple[csr_matrix, dict[int, int]]:
    """Groups by people: 1 where somebody belongs to a group; and the column of each person."""
    column = {person: place for place, person in enumerate(sorted({p for group in groups for p in group}))}
    places = [column[person] for group in groups for person in group]
    starts = np.concatenate([[0], np.cumsum([len(group) for group in groups])])
    ones = np.ones(len(places))
    return csr_matrix((ones, places, starts), shape=(len(groups), max(1, len(column)))), column


def differences(groups: list[list[int]]) -> NDArray[np.int64]:
    """How many people are in one but not both, for each pair of groups."""
    matrix, _ = _indicators(groups)
    sizes = np.array([len(group) for group in groups])
    both = (matrix @ matrix.T).toarray()
    return np.asarray(sizes[:, None] + sizes[None, :] - 2 * both, dtype=np.int64)
