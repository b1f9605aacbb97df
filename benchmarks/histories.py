"""Random small organisations: who belongs where, who does what in which week, and what is corrected later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from service.publication.measured import Measured, Scope

ROLES = ("creating", "contributing", "reacting", "reading_or_absent")
WEEKS = 8
JOINED = 4
"""The week with which somebody joins a room or unit."""
MONDAY = date(2026, 3, 2)
ALL: Scope = ("organisation", "")
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Period:
    """One week or four: per person their role and posts, who is there, and who belongs to which group."""

    window: str
    since: date
    present: Bools
    roles: Ints
    """By position in `ROLES`."""
    posts: Ints
    answered: Ints
    """Of the posts of a person, how many somebody answered."""
    unit: Ints
    """-1: none."""
    rooms: Bools
    """Person by room."""
    leader: Bools

    @property
    def until(self) -> date:
        return self.since + timedelta(7 if self.window == "week" else 28)

    @property
    def active(self) -> Bools:
        return np.asarray(self.roles < 3)

    def groups(self) -> dict[Scope, Bools]:
        """The people of each scope."""
        units = [(("unit", f"u{one}"), self.unit == one) for one in np.unique(self.unit[self.unit >= 0])]
        rooms = [(("room", f"r{one}"), self.rooms[:, one]) for one in range(self.rooms.shape[1])]
        found = {scope: members & self.present for scope, members in [*units, *rooms]}
        return {ALL: self.present, **{scope: members for scope, members in found.items() if members.any()}}

    def measured(self) -> list[Measured]:
        """What the metrics of `COUNTED` and the response rate count here."""
        return [row for scope, members in self.groups().items() for row in self._rows(scope, members)]

    def _rows(self, scope: Scope, members: Bools) -> list[Measured]:
        rows = []
        for (metric, category), who in COUNTED.items():
            asked = members & self.leader if metric in LEADERS else members
            if metric in LEADERS and (scope != ALL or self.window == "week"):
                continue
            people, count = int(asked.sum()), int((asked & who(self)).sum())
            if people:
                rows.append(self._row((metric, category, *scope), (count, people, people, count)))
        writing = members & (self.posts > 0)
        posts = int(self.posts[writing].sum())
        # In a room only what is posted there counts, which says nothing of its members.
        if posts and scope[0] != "room":
            answered, behind = int(self.answered[writing].sum()), int((writing & (self.answered > 0)).sum())
            row = self._row(("response_rate", "", *scope), (answered, posts, int(writing.sum()), behind))
            rows.append(row._replace(largest=int(self.posts[writing].max())))
        return rows

    def _row(self, cell: tuple[str, str, str, str], counts: tuple[int, int, int, int]) -> Measured:
        return Measured(*cell, self.window, self.since, self.until, *counts, "known", None)


LEADERS = frozenset({"active_leader_share", "leader_parts"})
COUNTED = {
    **{("role_share", role): (lambda p, n=n: p.roles == n) for n, role in enumerate(ROLES)},
    ("active_share", ""): lambda p: p.roles < 3,
    ("contributor_share", ""): lambda p: p.roles < 2,
    ("leader_parts", "answering"): lambda p: p.roles == 1,
    ("leader_parts", "publishing"): lambda p: p.roles == 0,
    ("leader_parts", "silent"): lambda p: p.roles >= 2,
    ("active_leader_share", ""): lambda p: p.roles < 2,
}
"""Who is counted by which share of people."""


@dataclass(frozen=True)
class Joined:
    """Somebody who joined a group with week `JOINED`; nobody else came or left."""

    scope: Scope
    person: int


@dataclass(frozen=True)
class History:
    """Weeks and four-week windows as they were first measured, and states of one week and of its window after corrections."""

    k: int
    weeks: Sequence[Period]
    months: Sequence[Period]
    joined: Joined
    habits: NDArray[np.float64]
    """How likely each person is active in a week."""
    corrections: Sequence[Mapping[str, Period]]
    """Later states of the first week and the first window, by `window`."""
    erased: int | None
    """Who was erased by the first correction, if anybody."""


def draw(rng: np.random.Generator) -> History:
    """A random history of 20 to 80 people."""
    n = int(rng.integers(20, 81))
    k = int(rng.choice([5, 10]))
    units = int(rng.integers(2, 6))
    unit = rng.choice(np.arange(-1, units), size=n, p=_shares(rng, units + 1))
    rooms = _rooms(rng, unit, n)
    leader = rng.random(n) < rng.uniform(0.1, 0.5)
    spread = rng.choice([0.2, 1.0, 4.0])
    mean = rng.uniform(0.2, 0.8)
    habits = rng.beta(mean * spread, (1 - mean) * spread, size=n)
    levels = rng.choice(3, size=n, p=rng.dirichlet([2, 2, 2]))
    start = Period(
        "week",
        MONDAY,
        np.ones(n, bool),
        np.zeros(n, int),
        np.zeros(n, int),
        np.zeros(n, int),
        unit,
        rooms,
        leader,
    )
    weeks = [
        _act(rng, replace(start, since=MONDAY + timedelta(7 * week)), habits, levels) for week in range(WEEKS)
    ]
    joined = _join(rng, weeks)
    months = [month(weeks[first : first + 4]) for first in range(0, WEEKS, 4)]
    corrections, erased = _correct(rng, weeks[:4])
    return History(k, weeks, months, joined, habits, corrections, erased)


def _shares(rng: np.random.Generator, parts: int) -> NDArray[np.float64]:
    return rng.dirichlet(rng.choice([0.5, 3.0]) * np.ones(parts))


def _rooms(rng: np.random.Generator, unit: Ints, n: int) -> Bools:
    """Rooms of anybody, of nearly a whole unit, and of nearly the same people as another room."""
    rooms = [rng.random(n) < rng.uniform(0.2, 0.95)]
    near = (unit == rng.integers(0, max(1, unit.max() + 1))) ^ (rng.random(n) < 3 / n)
    rooms.append(near)
    rooms.append(rooms[int(rng.integers(0, 2))] ^ (rng.random(n) < rng.choice([1, 4, 20]) / n))
    return np.array(rooms).T


def _act(rng: np.random.Generator, week: Period, habits: NDArray[np.float64], levels: Ints) -> Period:
    active = rng.random(len(habits)) < habits
    roles = np.where(active, levels, 3)
    posts = np.where(roles < 2, rng.geometric(0.4, len(habits)), 0)
    return replace(week, roles=roles, posts=posts, answered=rng.binomial(posts, 0.5))


def _join(rng: np.random.Generator, weeks: list[Period]) -> Joined:
    """Let one member of a room, or one person of a unit, have joined only with week `JOINED`."""
    first = weeks[0]
    kinds = [scope for scope, members in first.groups().items() if scope != ALL and members.sum() > 1]
    if not kinds:
        return Joined(ALL, 0)
    # Mostly the largest, of which most is shown.
    largest = max(kinds, key=lambda kind: int(first.groups()[kind].sum()))
    scope = largest if rng.random() < 0.8 else kinds[int(rng.integers(0, len(kinds)))]
    person = int(rng.choice(np.flatnonzero(first.groups()[scope])))
    for number in range(JOINED):
        unit, rooms = weeks[number].unit.copy(), weeks[number].rooms.copy()
        if scope[0] == "unit":
            unit[person] = -1
        else:
            rooms[person, int(scope[1][1:])] = False
        weeks[number] = replace(weeks[number], unit=unit, rooms=rooms)
    return Joined(scope, person)


def month(weeks: Sequence[Period]) -> Period:
    """Four weeks as one window, of the people who are there in the third."""
    return replace(
        weeks[2],
        window="days28",
        since=weeks[0].since,
        roles=np.min([week.roles for week in weeks], axis=0),
        posts=np.sum([week.posts for week in weeks], axis=0),
        answered=np.sum([week.answered for week in weeks], axis=0),
    )


def _correct(rng: np.random.Generator, weeks: list[Period]) -> tuple[list[dict[str, Period]], int | None]:
    """Two corrections in a row of the first week: a person erased, one act found late, a second source, or nothing."""
    states, erased = [], None
    for turn in range(2):
        week, n = weeks[0], len(weeks[0].roles)
        kind = rng.choice(["erased", "late", "source", "unit", "none"])
        if kind == "erased":
            person = int(rng.choice(np.flatnonzero(week.present)))
            erased = person if turn == 0 else erased
            gone = np.arange(n) != person
            weeks = [
                replace(one, present=one.present & gone, posts=one.posts * gone, answered=one.answered * gone)
                for one in weeks
            ]
        elif kind == "late":
            roles, posts = week.roles.copy(), week.posts.copy()
            person = int(rng.integers(0, n))
            roles[person], posts[person] = 0, posts[person] + 1
            weeks = [replace(week, roles=roles, posts=posts), *weeks[1:]]
        elif kind == "source":
            # Most of it from one group, so that some cells change much and others little.
            often = np.where(week.unit == rng.integers(-1, 5), 0.9, rng.uniform(0.02, 0.5))
            more = rng.random(n) < often
            roles = np.where(more & week.present, np.minimum(week.roles, rng.integers(0, 3, n)), week.roles)
            weeks = [
                replace(week, roles=roles, posts=week.posts + np.where(more & (roles < 2), 2, 0)),
                *weeks[1:],
            ]
        elif kind == "unit":
            unit = week.unit.copy()
            unit[int(rng.integers(0, n))] = max(0, int(rng.integers(0, unit.max() + 1 or 1)))
            weeks = [replace(one, unit=unit) for one in weeks]
        states.append({"week": weeks[0], "days28": month(weeks)})
    return states, erased
