"""An organisation beside its own past: levels over its assessments, and values over half-years."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.advice.rules import Series
from service.advice.situation import cells
from service.comparison.benchmark import WINDOW, series
from service.comparison.comparable import same_scale
from service.comparison.words import BothLanguages
from service.maturity.result import Kind, Result, Strand
from service.models import Assessment, Organisation, PublishedValue
from service.published import Published, latest
from service.statistics.chances import Verdict, change


class Course(StrEnum):
    """What is certain of the newest value against an earlier one."""

    ROSE = "rose"
    FELL = "fell"
    NOT_DECIDABLE = "not_decidable"


COURSES = {Verdict.ROSE: Course.ROSE, Verdict.FELL: Course.FELL, Verdict.NOT_DECIDABLE: Course.NOT_DECIDABLE}


@dataclass(frozen=True)
class Rated:
    """A level at the day of an assessment, with its 95 % interval where it has one."""

    day: date
    level: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class LevelHistory:
    """One kind of evidence of a dimension, oldest first. `course` is that since the first; None with a single one."""

    dimension: str
    kind: Kind
    points: tuple[Rated, ...]
    course: Course | None


@dataclass(frozen=True)
class HalfYearValue:
    """A cell as it was published: `state` is published, suppressed or unknown, with a `reason`."""

    since: date
    until: date
    value: float | None
    low: float | None
    high: float | None
    state: str
    reason: str | None


@dataclass(frozen=True)
class ValueHistory:
    """A metric over half-years, oldest first. `course` is that since the half-year before; None where either is missing."""

    metric: str
    category: str
    points: tuple[HalfYearValue, ...]
    course: Course | None


@dataclass(frozen=True)
class Event:
    """A milestone of the organisation."""

    day: date
    key: str
    label: BothLanguages


@dataclass(frozen=True)
class History:
    """`assessments` are those on the scale of the newest, `left_out` how many are on another."""

    levels: tuple[LevelHistory, ...]
    values: tuple[ValueHistory, ...]
    milestones: tuple[Event, ...]
    assessments: int
    left_out: int


def history(session: Session, organisation: Organisation) -> History:
    made = [
        Result.model_validate(one.content)
        for one in session.scalars(
            select(Assessment)
            .where(Assessment.organisation_id == organisation.id)
            .order_by(Assessment.created, Assessment.id)
        )
    ]
    alike = [one for one in made if same_scale(one.model_version, made[-1].model_version)]
    published = latest(session, organisation)
    return History(
        levels=_levels(alike),
        values=_values(published) if published else (),
        milestones=tuple(
            Event(one.day, one.key, BothLanguages(de=one.label_de, en=one.label_en))
            for one in published.milestones()
        )
        if published
        else (),
        assessments=len(alike),
        left_out=len(made) - len(alike),
    )


def _levels(made: Sequence[Result]) -> tuple[LevelHistory, ...]:
    if not made:
        return ()
    found = []
    for dimension in [one.dimension for one in made[-1].dimensions]:
        for kind in Kind:
            told = [
                (one.created.date(), strand)
                for one in made
                for assessed in one.dimensions
                if assessed.dimension == dimension and (strand := assessed.strand(kind)).level is not None
            ]
            points = tuple(
                Rated(day, strand.level or 0.0, strand.low, strand.high) for day, strand in _by_day(told)
            )
            if points:
                course = _course(told[0][1], told[-1][1]) if len(points) > 1 else None
                found.append(LevelHistory(dimension, kind, points, course))
    return tuple(found)


def _by_day(told: Sequence[tuple[date, Strand]]) -> list[tuple[date, Strand]]:
    """The last assessment of each day."""
    return list(dict(told).items())


def _course(before: Strand, after: Strand) -> Course:
    earlier, later = (one.quantiles or (one.level or 0.0,) for one in (before, after))
    return COURSES[change(earlier, later).verdict]


def _values(published: Published) -> tuple[ValueHistory, ...]:
    found = []
    for metric, category in series():
        shown = cells(published, Series(metric, category, WINDOW))
        if any(cell.state == "published" for cell in shown):
            points = tuple(
                HalfYearValue(one.since, one.until, one.value, one.low, one.high, one.state, one.reason)
                for one in shown
            )
            found.append(ValueHistory(metric, category, points, _moved(shown)))
    return tuple(found)


def _moved(shown: Sequence[PublishedValue]) -> Course | None:
    """Certain only where the intervals of the newest half-year and the one before do not overlap."""
    now = shown[-1]
    before = next((one for one in shown if one.until == now.since), None)
    if before is None or now.value is None or before.value is None:
        return None
    if now.low is not None and before.high is not None and now.low > before.high:
        return Course.ROSE
    if now.high is not None and before.low is not None and now.high < before.low:
        return Course.FELL
    return Course.NOT_DECIDABLE
