"""What is known of an organisation for advice: its assessment, and what is published."""

from collections.abc import Sequence
from statistics import fmean

from metrics.metric import Window
from service.advice.catalogue import Catalogue
from service.advice.catalogue.triggers import Leaf, MetricCondition, Trend, TrendCondition, leaves
from service.advice.rules import Series, Situation, series
from service.maturity.register import Standing
from service.maturity.result import Kind, Result
from service.models import PublishedValue
from service.published import Published

PEOPLE = Series("active_share", "", Window("days28"))
"""Its group is everybody who could take part."""


def situation(result: Result | None, published: Published | None, catalogue: Catalogue) -> Situation:
    """Everything the triggers of the catalogue ask for, as far as it is known."""
    return known(
        result, published, [leaf for measure in catalogue.measures for leaf in leaves(measure.trigger)]
    )


def known(result: Result | None, published: Published | None, asked: Sequence[Leaf]) -> Situation:
    """What the conditions ask for, as far as it is known."""
    values = {series(leaf) for leaf in asked if isinstance(leaf, MetricCondition)}
    trends = {series(leaf) for leaf in asked if isinstance(leaf, TrendCondition)}
    shown = {one: cells(published, one) if published else [] for one in sorted(values | trends | {PEOPLE})}
    dimensions = result.dimensions if result else ()
    return Situation(
        levels={(one.dimension, strand.kind): strand.level for one in dimensions for strand in one.strands},
        values={one: newest(shown[one]) for one in values},
        trends={one: trend(shown[one]) for one in trends},
        standings={
            fact.key: Standing(fact.state) for one in dimensions for fact in one.strand(Kind.DOCUMENTED).facts
        },
        agreements={one.dimension: one.agreement for one in dimensions},
        dont_know={
            one.dimension: _mean([answers.dont_know for answers in one.strand(Kind.TOLD).answers])
            for one in dimensions
        },
        people_per_room=_people_per_room(published, shown[PEOPLE]),
    )


def cells(published: Published, one: Series) -> list[PublishedValue]:
    """The published values of the whole organisation over time, oldest first, hidden ones included."""
    return [
        cell
        for cell in published.series(one.metric, one.window.value, scope=one.scope.value)
        if cell.category == one.category
    ]


def newest(found: Sequence[PublishedValue]) -> float | None:
    """The value of the newest period; None where it is hidden or unknown, whatever was before."""
    return found[-1].value if found and found[-1].state == "published" else None


def trend(found: Sequence[PublishedValue]) -> Trend | None:
    """How the newest value moved against the one whose period ended before it began; None where either is missing.

    Only where their intervals do not overlap it rose or fell; without intervals that can not be said.
    """
    if not found or found[-1].value is None:
        return None
    now = found[-1]
    before = next((cell for cell in reversed(found) if cell.until <= now.since), None)
    if before is None or None in (before.low, before.high, now.low, now.high):
        return None
    if (now.low or 0.0) > (before.high or 0.0):
        return Trend.RISING
    return Trend.FALLING if (now.high or 0.0) < (before.low or 0.0) else Trend.STEADY


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _people_per_room(published: Published | None, found: Sequence[PublishedValue]) -> float | None:
    if published is None or not found or found[-1].people is None:
        return None
    rooms = sum(not room.archived for room in published.rooms())
    return found[-1].people / rooms if rooms else None
