"""Schedules tasks: the most benefit the earliest, under precedence, capacity of roles, and what an audience can take.

A resource-constrained project schedule by constraint programming (OR-Tools CP-SAT), in whole working weeks; weeks in which nothing
moves are skipped, and a task may lie across them. One thread, a fixed seed and a bound in deterministic time: equal tasks give an
equal schedule on every machine, in whatever order they come.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from service.errors import Invalid
from service.language import N_
from service.roadmap.tasks import Frame, Task, check

TENTHS = 10
"""Capacity is counted in tenths of a person day a week."""
EFFORT = 20.0
"""Bound of the search in deterministic time (roughly seconds)."""


class Why(StrEnum):
    """Why a task does not begin a week earlier."""

    FIRST = "first"  # it begins with the roadmap
    EARLIEST = "earliest"  # it may not begin before that day
    AFTER = "after"  # another one has to end first
    CAPACITY = "capacity"  # a role has no time left
    AUDIENCE = "audience"  # enough is changing for an audience already
    ORDER = "order"  # others bring more benefit earlier


@dataclass(frozen=True)
class Reason:
    """`names` are the tasks, roles or audiences that stand in the way."""

    why: Why
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Placed:
    """A scheduled task over days in [begins, ends); `critical`: it is in the chain of tasks that leads to the last end."""

    task: Task
    first: int
    begins: date
    ends: date
    reason: Reason
    critical: bool

    @property
    def last(self) -> int:
        """The working week after its last."""
        return self.first + self.task.length


@dataclass(frozen=True)
class Schedule:
    """Placed tasks by begin, then key. `optimal`: no better order exists; otherwise none was found within the bound."""

    placed: Sequence[Placed]
    optimal: bool

    @cached_property
    def ends(self) -> date | None:
        return max((one.ends for one in self.placed), default=None)


def schedule(tasks: Sequence[Task], frame: Frame) -> Schedule:
    """Raises `Invalid` for tasks that can not be scheduled, saying why."""
    check(tasks, frame)
    ordered = sorted(tasks, key=lambda task: task.key)
    weeks = frame.open_weeks()
    firsts, optimal = _solve(ordered, frame, weeks)
    critical = _critical(ordered, firsts)
    placed = [
        Placed(
            task,
            firsts[task.key],
            weeks[firsts[task.key]],
            weeks[firsts[task.key] + task.length - 1] + timedelta(weeks=1),
            _reason(task, ordered, firsts, frame, weeks),
            task.key in critical,
        )
        for task in ordered
    ]
    return Schedule(sorted(placed, key=lambda one: (one.first, one.task.key)), optimal)


def _solve(tasks: Sequence[Task], frame: Frame, weeks: Sequence[date]) -> tuple[dict[str, int], bool]:
    """The working week in which each task begins."""
    horizon = sum(task.length for task in tasks) + max((_earliest(task, weeks) for task in tasks), default=0)
    if horizon > len(weeks):
        raise Invalid(N_("this does not fit into four years: agree fewer measures, or more capacity"))
    # Imported when a roadmap is scheduled: it takes a third of a second, which neither service nor console need at their start.
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    starts: dict[str, Any] = {}
    intervals: dict[str, Any] = {}
    for task in tasks:
        starts[task.key] = model.new_int_var(_earliest(task, weeks), horizon, task.key)
        intervals[task.key] = model.new_fixed_size_interval_var(starts[task.key], task.length, task.key)
    for task in tasks:
        for other in sorted(task.after):
            before = next(one for one in tasks if one.key == other)
            model.add(starts[task.key] >= starts[other] + before.length)
    for role in sorted({role for task in tasks for role in task.effort}):
        busy = [task for task in tasks if demand(task, role)]
        model.add_cumulative(
            [intervals[task.key] for task in busy],
            [demand(task, role) for task in busy],
            _capacity(frame.capacity, role),
        )
    for audience in sorted({audience for task in tasks for audience in task.audience}):
        changed = [intervals[task.key] for task in tasks if audience in task.audience]
        model.add_cumulative(changed, [1] * len(changed), frame.most_changes)
    # Among schedules of equal benefit the one in which each task begins as early as it can, then by key.
    scale = 1000 * len(tasks) * (horizon + 1)
    model.minimize(
        sum(
            (max(1, round(100 * task.benefit)) * scale + 1000 + number) * starts[task.key]
            for number, task in enumerate(reversed(tasks))
        )
    )
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = EFFORT
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise Invalid(N_("these measures can not be scheduled together: give more capacity or agree fewer"))
    return {key: solver.value(start) for key, start in starts.items()}, status == cp_model.OPTIMAL


def demand(task: Task, role: str) -> int:
    """Tenths of a person day a week that a task takes of a role, evenly over its weeks, rounded up."""
    effort = task.effort.get(role)
    return 0 if effort is None else -int(-TENTHS * effort.likely // task.length)


def _capacity(capacity: Mapping[str, float], role: str) -> int:
    # Rounded up like the demand, so that what just fits does not fail for a tenth.
    return -int(-TENTHS * capacity.get(role, 0.0) // 1)


def _earliest(task: Task, weeks: Sequence[date]) -> int:
    earliest = task.earliest
    if earliest is None:
        return 0
    return next((number for number, week in enumerate(weeks) if week >= earliest), len(weeks))


def _reason(
    task: Task, tasks: Sequence[Task], firsts: Mapping[str, int], frame: Frame, weeks: Sequence[date]
) -> Reason:
    """What would be violated if the task alone began a week earlier."""
    first = firsts[task.key]
    if first == 0:
        return Reason(Why.FIRST)
    if first == _earliest(task, weeks):
        return Reason(Why.EARLIEST)
    length = {one.key: one.length for one in tasks}
    waited = tuple(sorted(other for other in task.after if firsts[other] + length[other] == first))
    if waited:
        return Reason(Why.AFTER, waited)
    beside = [
        one
        for one in tasks
        if one.key != task.key and firsts[one.key] <= first - 1 < firsts[one.key] + one.length
    ]
    full = tuple(
        role
        for role in sorted(task.effort)
        if sum(demand(one, role) for one in beside) + demand(task, role) > _capacity(frame.capacity, role)
    )
    if full:
        return Reason(Why.CAPACITY, full)
    changing = tuple(
        audience
        for audience in sorted(task.audience)
        if sum(audience in one.audience for one in beside) + 1 > frame.most_changes
    )
    return Reason(Why.AUDIENCE, changing) if changing else Reason(Why.ORDER)


def _critical(tasks: Sequence[Task], firsts: Mapping[str, int]) -> set[str]:
    """The tasks that end last, and what each of them waited for without a gap, back to the beginning: a task that had to end
    before, or else those that then gave free a role or an audience they share."""
    by_key = {task.key: task for task in tasks}
    end = {key: firsts[key] + task.length for key, task in by_key.items()}
    waiting = [key for key in by_key if end[key] == max(end.values())]
    found: set[str] = set()
    while waiting:
        key = waiting.pop()
        if key in found:
            continue
        found.add(key)
        task = by_key[key]
        before = [other for other in by_key if end[other] == firsts[key]]
        waiting += [other for other in before if other in task.after] or [
            other for other in before if _shared(task, by_key[other])
        ]
    return found


def _shared(one: Task, other: Task) -> bool:
    roles = {role for role in one.effort if demand(one, role)} & set(other.effort)
    return bool(roles or set(one.audience) & set(other.audience))
