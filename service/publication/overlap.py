"""Which rooms hold almost the same people as another published group, so that the difference would tell of a few."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.identity import Human, people
from service.models import Membership, Organisation, Room

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
    open_rooms: frozenset[str] = frozenset()
    """Rooms whose people are the whole organisation's, by definition of the metrics."""
    _known: dict[datetime, frozenset[str]] = field(default_factory=dict)
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
        return cls(k, ZoneInfo(organisation.time_zone), memberships, humans, frozenset(open_rooms))

    def __call__(self, room: str, since: date, until: date) -> bool | None:
        if room in self.open_rooms:
            return False
        if room not in self.memberships:
            return None
        # The end of the day that says who belongs to the period.
        ends = since + (until - since) // 2 + timedelta(days=1)
        moment = datetime.combine(ends, time(), self.zone).astimezone(UTC)
        if moment not in self._known:
            self._known[moment] = self.alike(self.members(moment), self.units(moment))
        return room in self._known[moment]

    def units(self, moment: datetime) -> dict[int, int | None]:
        """Person -> unit right before a moment, of the humans that were active then."""
        states = {number: human.at(moment) for number, human in self.humans.items()}
        return {
            number: state.unit for number, state in states.items() if state.kind == "human" and state.active
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
        kept = list(range(len(units)))
        hidden = set()
        for place, name in enumerate(names, start=len(units)):
            if any(0 < differing[place, other] < self.k for other in kept):
                hidden.add(name)
            else:
                kept.append(place)
        return frozenset(hidden)


def differences(groups: list[list[int]]) -> NDArray[np.int64]:
    """How many people are in one but not both, for each pair of groups."""
    column = {person: place for place, person in enumerate(sorted({p for group in groups for p in group}))}
    sizes = np.array([len(group) for group in groups])
    places = [column[person] for group in groups for person in group]
    matrix = csr_matrix(
        (np.ones(len(places), dtype=np.int64), places, np.concatenate([[0], np.cumsum(sizes)])),
        shape=(len(groups), max(1, len(column))),
    )
    both = (matrix @ matrix.T).toarray()
    return np.asarray(sizes[:, None] + sizes[None, :] - 2 * both, dtype=np.int64)
