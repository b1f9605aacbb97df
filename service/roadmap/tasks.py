"""What is scheduled: measures with their effort, who does them, whom they change, and in which weeks the company works."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import ceil

from metrics.periods import monday
from service.errors import Invalid
from service.language import N_

WEEK = timedelta(weeks=1)
LONGEST = 208
"""Weeks a roadmap may span at most."""


@dataclass(frozen=True)
class Estimate:
    """A quantity that is not known for sure; `low` and `high` are what it will hardly be below or above."""

    low: float
    likely: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.likely <= self.high:
            raise Invalid(f"an estimate rises from low to high: {self.low}, {self.likely}, {self.high}")


@dataclass(frozen=True)
class Task:
    """A measure to schedule.

    `effort` are person days by role, `weeks` working weeks it takes, `after` keys of tasks that must have ended, `audience` whom it
    changes (nobody is asked to get used to more than two things at once), `benefit` what a finished measure is worth compared with
    the others, `earliest` the first day it may begin.
    """

    key: str
    weeks: Estimate
    effort: Mapping[str, Estimate] = field(default_factory=dict)
    after: Collection[str] = ()
    audience: Collection[str] = ()
    benefit: float = 1.0
    earliest: date | None = None

    @property
    def length(self) -> int:
        return max(1, ceil(self.weeks.likely))


@dataclass(frozen=True)
class Frame:
    """Within what is scheduled: the Monday it begins, person days per week by role, weeks (their Mondays) in which nothing moves,
    and how many changes one audience takes at the same time."""

    start: date
    capacity: Mapping[str, float]
    quiet: Collection[date] = ()
    most_changes: int = 2

    def __post_init__(self) -> None:
        if self.start.isoweekday() != 1:
            raise Invalid(N_("a roadmap begins on a Monday; %(day)s is none"), day=self.start.isoformat())

    def open_weeks(self) -> list[date]:
        """The Mondays of the weeks in which work is done, from the first."""
        closed = {monday(day) for day in self.quiet}
        return [
            week for week in (self.start + number * WEEK for number in range(LONGEST)) if week not in closed
        ]


def check(tasks: Sequence[Task], frame: Frame) -> None:
    """Raises `Invalid` for a key twice, an unknown or circular predecessor, or work that no capacity is there for."""
    keys = [task.key for task in tasks]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise Invalid(f"scheduled twice: {', '.join(twice)}")
    for task in tasks:
        missing = sorted(set(task.after) - set(keys))
        if missing:
            raise Invalid(
                N_("%(measure)s comes after %(before)s, which is not on the roadmap: agree it too"),
                measure=task.key,
                before=", ".join(missing),
            )
        for role, effort in task.effort.items():
            share = effort.likely / task.length
            if share > frame.capacity.get(role, 0.0) + 1e-9:
                raise Invalid(
                    N_(
                        "%(measure)s needs %(needed)s person days a week of %(role)s, and there are %(available)s: give the role more "
                        "capacity or the measure more weeks"
                    ),
                    measure=task.key,
                    needed=f"{share:.1f}",
                    role=role,
                    available=f"{frame.capacity.get(role, 0.0):g}",
                )
    circle = _circle({task.key: task.after for task in tasks})
    if circle:
        raise Invalid(N_("these measures wait for one another: %(measures)s"), measures=" → ".join(circle))


def _circle(after: Mapping[str, Collection[str]]) -> list[str]:
    """A circle of predecessors, or nothing."""
    done: set[str] = set()

    def follow(key: str, path: list[str]) -> list[str]:
        if key in path:
            return [*path[path.index(key) :], key]
        if key in done:
            return []
        for one in sorted(after[key]):
            found = follow(one, [*path, key])
            if found:
                return found
        done.add(key)
        return []

    for key in sorted(after):
        found = follow(key, [])
        if found:
            return found
    return []
