"""What the catalogue of measures is made of. Values read from data files; nothing here knows an organisation."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from metrics.metric import Direction, Mark, Scope, Window
from service.advice.catalogue.instruments import Instruments
from service.advice.catalogue.triggers import Condition
from service.maturity.model.parts import Part, Text

Level = Annotated[float, Field(ge=1, le=5)]


class Kind(StrEnum):
    """Whom a measure is for: who has not begun needs other advice than who wants to do better."""

    START = "start"
    ADJUST = "adjust"


class Role(StrEnum):
    """A function in the company whose time a measure takes; never a person."""

    INTERNAL_COMMUNICATION = "internal_communication"
    COMMUNITY_MANAGEMENT = "community_management"
    EDITORS = "editors"
    ROOM_OWNERS = "room_owners"
    LINE = "line"
    LEADERSHIP = "leadership"
    HR = "hr"
    IT = "it"
    LEGAL = "legal"
    DATA_PROTECTION = "data_protection"
    WORKS_COUNCIL = "works_council"


class Audience(StrEnum):
    """Whose daily work a measure changes; too many changes at once tire an audience."""

    EVERYONE = "everyone"
    LEADERS = "leaders"
    MIDDLE_MANAGERS = "middle_managers"
    EDITORS = "editors"
    ROOM_OWNERS = "room_owners"
    SERVICE_UNITS = "service_units"
    PILOT_UNITS = "pilot_units"
    PLATFORM_TEAM = "platform_team"
    COMMUNICATION_TEAM = "communication_team"


class Driver(StrEnum):
    """What an effort grows with."""

    ORGANISATION = "organisation"
    ROOM = "room"
    PAGE = "page"
    LEADER = "leader"
    EVENT = "event"
    UNIT = "unit"


class Span(Part):
    """A three-point estimate: low ≤ likely ≤ high."""

    low: Annotated[float, Field(ge=0)]
    likely: Annotated[float, Field(gt=0)]
    high: Annotated[float, Field(gt=0)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low <= self.likely <= self.high:
            raise PydanticCustomError("order", "must rise: low, likely, high")
        return self

    def times(self, factor: float) -> "Span":
        return Span(low=self.low * factor, likely=self.likely * factor, high=self.high * factor)


class Effort(Span):
    """Person days of one role, for each of `amount` of what the effort grows with (`per`).

    `amount` is what an organisation of 1,000 to 5,000 people typically has; whoever knows their own number uses that.
    """

    role: Role
    per: Driver = Driver.ORGANISATION
    amount: Annotated[float, Field(gt=0)] = 1.0

    def days(self, amount: float | None = None) -> Span:
        """Person days altogether, for the typical amount or another."""
        return Span(low=self.low, likely=self.likely, high=self.high).times(
            self.amount if amount is None else amount
        )


class Prerequisite(Part):
    """What has to be there first: another measure done, or a documented fact met that makes it unnecessary."""

    measure: str | None = None
    fact: str | None = None
    reason: Text

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.measure is None and self.fact is None:
            raise PydanticCustomError("nothing", "names nothing: write measure = … or fact = …")
        return self


class Risk(Part):
    risk: Text
    counter: Text


class Weeks(Part):
    """Weeks after a measure is in place between which its effect should show; later means it did not work."""

    earliest: Annotated[int, Field(ge=0)]
    latest: Annotated[int, Field(gt=0, le=104)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.earliest >= self.latest:
            raise PydanticCustomError(
                "order", "can not end before it begins: make latest greater than earliest"
            )
        return self


class Proof(Part):
    """By what it is seen that a measure worked: a published metric, what people tell, or a document.

    For `metric` (with `category`, `scope`, `window`): the value moves in `direction` by `low` to `high`, in the metric's unit. For
    `told`, a dimension: the level told in the survey rises by `low` to `high` levels. For `fact`: it is met. `shows` is the validation window.
    """

    metric: str | None = None
    category: str = ""
    scope: Scope | None = None
    window: Window | None = None
    told: str | None = None
    fact: str | None = None
    direction: Literal[Direction.UP, Direction.DOWN] | None = None
    low: Annotated[float, Field(gt=0)] | None = None
    high: Annotated[float, Field(gt=0)] | None = None
    shows: Weeks

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if sum(one is not None for one in (self.metric, self.told, self.fact)) != 1:
            raise PydanticCustomError("one_proof", "names not exactly one proof: write metric, told or fact")
        sized = self.direction is not None and self.low is not None and self.high is not None
        if self.metric is not None and not (sized and self.scope and self.window):
            raise PydanticCustomError(
                "metric_proof", "is not complete: a metric needs scope, window, direction, low and high"
            )
        if self.told is not None and not (sized and self.direction is Direction.UP):
            raise PydanticCustomError(
                "told_proof", "is not complete: write direction = 'up', low and high in levels"
            )
        if self.fact is not None and any(one is not None for one in (self.direction, self.low, self.high)):
            raise PydanticCustomError(
                "fact_proof", "says too much: a fact is met or not, remove direction and size"
            )
        if self.low is not None and self.high is not None and self.low > self.high:
            raise PydanticCustomError("order", "must rise: low, high")
        return self


class Citation(Part):
    """Where something that speaks for the measure was published, and how well that is known."""

    mark: Mark
    text: str


class Measure(Part):
    """One thing an organisation can do.

    `description` says what exactly, `first_step` what is done on the first day, `good` how to recognise that it was done well.
    `start` and `adjust` measures are advised in different situations (`kind`). It lifts `dimension` from about level `from_level` to
    `to_level`; `also` are other dimensions it helps. `trigger` says when it is advised. `effort` is what putting it in place takes,
    `running` person days per four weeks from then on; `duration` is in weeks. `capacity` says in words what has to be free for
    it. `citations` tell on what it rests: one marked 'D' is our own.
    """

    key: str
    kind: Kind
    dimension: str
    also: tuple[str, ...] = ()
    from_level: Level
    to_level: Level
    title: Text
    description: Text
    first_step: Text
    good: Text
    trigger: Condition
    prerequisites: tuple[Prerequisite, ...] = ()
    effort: Annotated[tuple[Effort, ...], Field(min_length=1)]
    running: tuple[Effort, ...] = ()
    duration: Span
    capacity: Text
    audience: Annotated[tuple[Audience, ...], Field(min_length=1)]
    risks: Annotated[tuple[Risk, ...], Field(min_length=1)]
    proofs: Annotated[tuple[Proof, ...], Field(min_length=1)]
    citations: Annotated[tuple[Citation, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _lifts(self) -> Self:
        if self.from_level >= self.to_level:
            raise PydanticCustomError("no_lift", "lifts nothing: make to_level greater than from_level")
        return self

    def days(self) -> Span:
        """Person days of all roles together, for typical amounts."""
        totals = [one.days() for one in self.effort]
        return Span(
            low=sum(one.low for one in totals),
            likely=sum(one.likely for one in totals),
            high=sum(one.high for one in totals),
        )


class Catalogue(Part):
    """A version of the catalogue. `estimates` says on what efforts and durations rest. `digest` is the SHA-256 of its data."""

    version: str
    released: date
    name: Text
    description: Text
    estimates: Text
    roles: Mapping[Role, Text]
    audiences: Mapping[Audience, Text]
    drivers: Mapping[Driver, Text]
    measures: tuple[Measure, ...]
    instruments: Instruments
    digest: str

    def measure(self, key: str) -> Measure:
        """Raises `KeyError` for a measure the catalogue does not have."""
        for one in self.measures:
            if one.key == key:
                return one
        raise KeyError(key)

    def of(self, dimension: str, kind: Kind | None = None) -> tuple[Measure, ...]:
        """The measures of a dimension in the order written; of one kind, if given."""
        return tuple(one for one in self.measures if one.dimension == dimension and kind in (None, one.kind))


class Release(Part):
    """A version in the change log. `digest` is the SHA-256 of its data files: a version that was released never changes."""

    version: str
    released: date
    digest: str
    summary: Text
