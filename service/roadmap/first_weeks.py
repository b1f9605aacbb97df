"""The project plan of the first eight weeks: what is done whatever is found, and the agreed measures that begin meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from metrics.metric import Label
from service.advice.catalogue import Catalogue, Role
from service.datafiles import toml, validated
from service.maturity.model.parts import Part, Text
from service.roadmap.plan import Roadmap

FILE = Path(__file__).parent / "first_weeks.toml"
WEEKS = 8


class PlannedTask(Part):
    """One task of the plan: in which week, who does it, person days, and what is there afterwards."""

    key: str
    week: Annotated[int, Field(ge=1, le=WEEKS)]
    role: Role
    days: Annotated[float, Field(gt=0)]
    name: Text
    result: Text


class _Plan(Part):
    tasks: tuple[PlannedTask, ...]


@dataclass(frozen=True)
class Line:
    """One line of the plan, over days in [begins, ends). `measure` is the key of the agreed measure it begins, or ''."""

    week: int
    begins: date
    ends: date
    name: Label
    result: Label
    role: Role
    days: float
    measure: str = ""


@cache
def tasks() -> Sequence[PlannedTask]:
    """Raises `Damaged`."""
    subject = "the project plan of the first weeks"
    return validated(_Plan, toml(FILE, subject), FILE.name, subject).tasks


def first_weeks(found: Roadmap, catalogue: Catalogue, *, preparing: bool) -> list[Line]:
    """The lines of the first eight working weeks from the roadmap's begin, by week.

    With `preparing` (no assessment was made yet) the tasks that lead to one; then and later the first step of each measure that begins in
    these weeks.
    """
    weeks = found.frame.open_weeks()[:WEEKS]
    lines = [
        Line(
            one.week,
            weeks[one.week - 1],
            weeks[one.week - 1] + timedelta(weeks=1),
            one.name,
            one.result,
            one.role,
            one.days,
        )
        for one in (tasks() if preparing else ())
    ]
    for placed in found.schedule.placed:
        if placed.first >= WEEKS:
            continue
        measure = catalogue.measure(placed.task.key)
        busiest = max(measure.effort, key=lambda one: one.days().likely)
        within = min(WEEKS - placed.first, placed.task.length)
        days = sum(effort.likely for effort in placed.task.effort.values()) * within / placed.task.length
        lines.append(
            Line(
                placed.first + 1,
                placed.begins,
                min(placed.ends, weeks[-1] + timedelta(weeks=1)),
                measure.title,
                measure.first_step,
                busiest.role,
                round(days, 1),
                measure.key,
            )
        )
    return sorted(lines, key=lambda line: (line.week, line.measure, line.name.en))
