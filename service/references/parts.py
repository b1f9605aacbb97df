"""What a published reference value is: figures, what they count in the words of their source, and how far they may be leaned on."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from metrics.metric import Mark, Scope, Window
from service.maturity.model.parts import Part, Text


class Certainty(StrEnum):
    """How well a value is known."""

    AT_SOURCE = "A"
    """Read at or near its source."""
    SECOND_HAND = "B"
    """Read where somebody else quotes it."""
    REMEMBERED = "C"
    """From memory; to be checked before it is quoted."""


class Statistic(StrEnum):
    """What a figure says of its population."""

    MEAN = "mean"
    MEDIAN = "median"
    FIRST_QUARTILE = "q1"
    THIRD_QUARTILE = "q3"
    SHARE = "share"
    """Of the whole population together."""
    TARGET = "target"
    """Recommended by the source."""
    TOP = "top"
    """What the best of its population reach."""
    SINGLE = "single"
    """Of one organisation."""
    BOUND = "bound"
    """Between classes."""


class Use(StrEnum):
    """How far a comparison may lean on it."""

    ORIENTATION = "orientation"
    """Beside our own value, with what sets the two apart."""
    CONTRAST = "contrast"
    """From another domain: a line of contrast, no norm."""
    STORY = "story"
    """Of single organisations: tells what is possible, no norm."""
    CLASSES = "classes"
    """Divides organisations that may be compared."""
    PLANNING = "planning"
    """For planning or for reading results."""
    NONE = "none"
    """Not to be used; kept so that nobody brings it up again."""


class Figure(Part):
    """One number in `unit`: "share" (0 to 1), "hours", "people", "scale_1_7", "years", "minutes" or "correlation". `label` says of what."""

    label: Text
    statistic: Statistic
    value: float
    high: float | None = None
    unit: str
    year: int | None = None


class Comparable(Part):
    """The metric of ours that counts the same, in the window of the reference. `differences` remain and are told beside it.

    `figures` are those (by place, from 0) to be shown beside the metric.
    """

    metric: str
    category: str = ""
    scope: Scope
    window: Window
    figures: Annotated[tuple[int, ...], Field(min_length=1)]
    differences: Text


class Reference(Part):
    """A published value.

    `definition` and `window` and `population` are those of the source, in its own terms. It is `comparable` with a metric of ours, or
    `not_comparable` says why not; then it may be shown near it, never beside it on one scale. `organisations` and `people` are how many
    stand behind it, `countries` as ISO 3166 codes, empty where they are not known.
    """

    key: str
    name: Text
    figures: Annotated[tuple[Figure, ...], Field(min_length=1)]
    definition: Text
    window: Text
    population: Text
    organisations: int | None = None
    people: int | None = None
    countries: tuple[str, ...] = ()
    industry: Text | None = None
    source: str
    publisher: str
    year: int | None = None
    certainty: Certainty
    mark: Mark
    use: Use
    advice: Text
    near: tuple[str, ...] = ()
    comparable: Comparable | None = None
    not_comparable: Text | None = None

    @model_validator(mode="after")
    def _comparable_or_not(self) -> Self:
        if (self.comparable is None) == (self.not_comparable is None):
            raise PydanticCustomError(
                "comparable", "is neither or both: write either comparable, or not_comparable with the reason"
            )
        return self

    @property
    def firm(self) -> bool:
        """Whether a value of ours may be called higher or lower than it: comparable, and read at its source."""
        return self.comparable is not None and self.certainty is Certainty.AT_SOURCE


class Missing(Part):
    """Metrics of ours for which no published value was found."""

    metrics: Annotated[tuple[str, ...], Field(min_length=1)]
    reason: Text


class References(Part):
    """A version of the collection. `digest` is the SHA-256 of its data."""

    version: str
    released: date
    description: Text
    uses: Mapping[Use, Text]
    certainties: Mapping[Certainty, Text]
    references: tuple[Reference, ...]
    missing: tuple[Missing, ...]
    digest: str

    def reference(self, key: str) -> Reference:
        """Raises `KeyError` for one there is not."""
        for one in self.references:
            if one.key == key:
                return one
        raise KeyError(key)

    def comparable_with(
        self, metric: str, category: str, scope: Scope, window: Window
    ) -> tuple[Reference, ...]:
        """The references that may stand beside a value of this metric, category, scope and window."""
        return tuple(
            one
            for one in self.references
            if one.comparable
            and (one.comparable.metric, one.comparable.category) == (metric, category)
            and (one.comparable.scope, one.comparable.window) == (scope, window)
        )
