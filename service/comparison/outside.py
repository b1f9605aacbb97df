"""The organisation's own values beside what others published, each in the definition of that reference; never as a grade."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from metrics.metric import Scope, Window
from service.advice.rules import Series
from service.advice.situation import cells
from service.comparison.history import HalfYearValue
from service.comparison.words import BothLanguages, both
from service.published import Published
from service.references import Figure, Reference, references


class Relation(StrEnum):
    """How the own value lies to a published one."""

    HIGHER = "higher"
    LOWER = "lower"
    NOT_APART = "not_apart"  # the own interval holds the published value
    NOT_FIRM = "not_firm"  # the reference is not known well enough to say
    NO_INTERVAL = "no_interval"  # how exact the own value is is not known
    OWN_UNKNOWN = "own_unknown"


@dataclass(frozen=True)
class Beside:
    """A published figure beside the own value of the metric that counts the same, in the same window.

    `figure` is the place of the figure in the reference; `own` is None where nothing was measured at all.
    """

    reference: str
    figure: int
    metric: str
    category: str
    scope: Scope
    window: Window
    label: BothLanguages
    value: float
    high: float | None
    own: HalfYearValue | None
    relation: Relation


@dataclass(frozen=True)
class Near:
    """A reference that is about the same as some metrics but counts otherwise; `why` says how."""

    reference: str
    metrics: tuple[str, ...]
    why: BothLanguages


@dataclass(frozen=True)
class NoReference:
    """Metrics of which no published value is known, and why."""

    metrics: tuple[str, ...]
    why: BothLanguages


@dataclass(frozen=True)
class Outside:
    """`version` is that of the collection of published values."""

    version: str
    beside: tuple[Beside, ...]
    near: tuple[Near, ...]
    missing: tuple[NoReference, ...]


def outside(published: Published | None) -> Outside:
    """Everything that can be set beside the latest publication."""
    collection = references()
    return Outside(
        version=collection.version,
        beside=tuple(one for reference in collection.references for one in _beside(reference, published)),
        near=tuple(
            Near(one.key, one.near, both(one.not_comparable))
            for one in collection.references
            if one.near and one.not_comparable is not None
        ),
        missing=tuple(NoReference(one.metrics, both(one.reason)) for one in collection.missing),
    )


def _beside(reference: Reference, published: Published | None) -> Iterator[Beside]:
    known = reference.comparable
    if known is None:
        return
    found = (
        cells(published, Series(known.metric, known.category, known.window, known.scope)) if published else []
    )
    own = None
    if found:
        now = found[-1]
        own = HalfYearValue(now.since, now.until, now.value, now.low, now.high, now.state, now.reason)
    for place in known.figures:
        figure = reference.figures[place]
        yield Beside(
            reference=reference.key,
            figure=place,
            metric=known.metric,
            category=known.category,
            scope=known.scope,
            window=known.window,
            label=both(figure.label),
            value=figure.value,
            high=figure.high,
            own=own,
            relation=relation(reference, figure, own),
        )


def relation(reference: Reference, figure: Figure, own: HalfYearValue | None) -> Relation:
    """Higher or lower only beside a firm reference, and where the own interval leaves the published value or range outside."""
    if own is None or own.state != "published" or own.value is None:
        return Relation.OWN_UNKNOWN
    if not reference.firm:
        return Relation.NOT_FIRM
    if own.low is None or own.high is None:
        return Relation.NO_INTERVAL
    if own.low > (figure.value if figure.high is None else figure.high):
        return Relation.HIGHER
    return Relation.LOWER if own.high < figure.value else Relation.NOT_APART
