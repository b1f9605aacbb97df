"""What the feed holds: entity types with their properties, which are also the columns of the SQL views (`service.bi`).

Each is filled from the row that the JSON API gives: nothing is worked out here that is not there.
"""

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cached_property
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field

from service.answered import Shown

EDM: Mapping[type, str] = {
    bool: "Edm.Boolean",
    int: "Edm.Int32",
    float: "Edm.Double",
    date: "Edm.Date",
    datetime: "Edm.DateTimeOffset",
    str: "Edm.String",
}


def told(text: str) -> Any:
    return Field(description=text)


class Entity(BaseModel):
    model_config = ConfigDict(extra="ignore")

    organisation: str = told("key of the organisation")


class Judged(Entity):
    """A row with a value that may have to be hidden, or that nobody knows."""

    state: str = told("published, suppressed or unknown; only a published value is shown")
    suppressed: bool = told("true: the value would tell of too few people; it is null, never 0")
    unknown: bool = told("true: there is no value, for the reason given; it is null, never 0")
    reason: str | None = told("why a value is suppressed or unknown; null where it is published")


class Measurement(Judged):
    """One cell of the published grid: a metric of the organisation, a room or a unit in one period."""

    metric: str = told("key of the metric, as in the list of metrics")
    category: str = told("part of a metric that is a partition, else empty")
    scope: str = told("organisation, room or unit")
    scope_key: str = told("key of the room (as in the list of rooms) or unit; empty for the organisation")
    window: str = told("length of the period: week, days28 or weeks26")
    since: date = told("first day of the period")
    until: date = told("first day after the period")
    unit: str = told("unit of the value: share (0 to 1), hours, days, ratio, number or index")
    value: float | None = told("the rounded value; null unless published")
    low: float | None = told("95 % interval of a published share; bound of a suppressed one")
    high: float | None = told("upper end of that interval, or bound")
    people: int | None = told("size of the group behind the value, to the nearest 5; null unless published")


class Room(Entity):
    """A room of the intranet, under a label that everybody may see."""

    key: str = told("key of the room, as in scope_key of a measurement")
    label: str = told("name of a room that is open to all, else its short key")
    source: str = told("key of the platform it is a room of")
    purpose: str | None = told("official, team, community or project; null: not declared")
    archived: bool = told("whether the room is archived")


class Metric(Entity):
    """What is measured: the declaration of a metric."""

    key: str = told("key of the metric")
    label_de: str = told("name in German")
    label_en: str = told("name in English")
    meaning_de: str = told("what it tells, in German")
    meaning_en: str = told("what it tells, in English")
    formula_de: str = told("how it is computed, in German words")
    formula_en: str = told("how it is computed, in English words")
    unit: str = told("unit of its values: share (0 to 1), hours, days, ratio, number or index")
    direction: str = told("which way is better: up, down or neutral")
    tier: str = told("T0 to T3: the data a source must give at least")
    subject: str = told("what the denominator counts")
    scopes: str = told("scopes it is measured for, comma-separated")
    windows: str = told("periods it is measured over, comma-separated")


class CoverageLine(Judged):
    """How much of what exists could be read, for one source and kind of activity."""

    source: str = told("key of the source; * stands for all of them")
    kind: str = told("kind of activity")
    share: float | None = told("share of what exists that could be read; null: unknown")
    rooms_missing: int = told("rooms that could not be read")
    data_until: datetime | None = told("start of the last sync that ended")


class DimensionResult(Judged):
    """One dimension of the newest maturity assessment, by one kind of evidence. The kinds are never averaged."""

    dimension: str = told("key of the dimension")
    dimension_de: str = told("name of the dimension in German")
    dimension_en: str = told("name of the dimension in English")
    kind: str = told("kind of evidence: told, observed or documented")
    level: float | None = told("level from 1 to 5; null where the evidence does not suffice")
    low: float | None = told("95 % interval of the level")
    high: float | None = told("upper end of that interval")
    probability_1: float | None = told("probability that the level is 1")
    probability_2: float | None = told("probability that the level is 2")
    probability_3: float | None = told("probability that the level is 3")
    probability_4: float | None = told("probability that the level is 4")
    probability_5: float | None = told("probability that the level is 5")
    coverage: float = told("share of the weight of what evidence there should be")
    people: int | None = told("people who answered, to the nearest 5; for told evidence only")
    weight: float = told("weight of the dimension in the profile")
    staged: int | None = told(
        "level whose documented criteria, and all below, are met; null: not all assessed"
    )
    agreement: str = told(
        "how told and observed go together: aligned, told_above_observed, observed_above_told, not_decidable"
    )
    difference: float | None = told("told minus observed, in levels")
    difference_low: float | None = told("95 % interval of the difference")
    difference_high: float | None = told("upper end of that interval")
    model_version: str = told("version of the maturity model")
    profile: str = told("focus profile the weights come from")
    assessed: datetime = told("when the assessment was made")
    data_until: date | None = told("last day of what was observed")
    round: str | None = told("key of the survey round that was used, as in the list of rounds")


class SurveyRound(Entity):
    """A round of the survey of which something is published."""

    key: str = told("key of the round")
    label_de: str = told("title in German")
    label_en: str = told("title in English")
    published: datetime = told("when its results were published")
    minimum_group: int = told("answers of fewer people than this are never shown")
    model_version: str = told("version of the maturity model the questions are from")
    form: str = told("short or full")
    invited: int = told("people who could be reached")
    answered: int | None = told("to the nearest 5; null: fewer than the minimum group")
    rate: float | None = told("response rate, from answered")


_SHOWN = {
    **{f"share_{one}": f"share of those who gave {one} of 5" for one in range(1, 6)},
    "top_two_high": "upper end of that interval",
    "dont_know_below": "set where fewer than three people said don't know: a share that theirs is below",
    "left_out": "share of all who took part and passed it over, where three or more",
    "high": "upper end of that interval",
    "unanswered_high": "upper one of these bounds",
    "alpha_low": "lower end of Feldt's interval of alpha",
    "alpha_high": "upper end of Feldt's interval of alpha",
    "omega_low": "lower end of the bootstrap interval of omega",
    "omega_high": "upper end of the bootstrap interval of omega",
    "icc1_low": "lower end of the interval of ICC(1)",
    "icc1_high": "upper end of the interval of ICC(1)",
}
"""Said of figures whose field only stands beside another that explains it."""


class SurveyResult(Judged, Shown):
    """A question of a survey round, or without one the scale of a dimension; of a group, or without one of all."""

    round: str = told("key of the round, as in the list of rounds")
    group: str = told("key of the group; empty for the organisation")
    dimension: str = told("key of the dimension")
    question: str = told("key of the question; empty for the scale of the dimension")
    people: int | None = told("people with a value, to the nearest 5")


class Published(Entity):
    """The current publication: what all measurements, rooms and coverage come from."""

    id: int = told("number of the publication")
    created: datetime = told("when it was published")
    data_until: date = told("no value covers this day or a later one")
    coverage: float | None = told(
        "share of what exists that could be read, over all sources and kinds; null: unknown"
    )
    minimum_group: int = told("fewer people than this are never shown")
    synthetic: bool = told("true: invented data of the demonstration")
    cells_published: int = told("cells that show a value")
    cells_suppressed: int = told("cells whose value is suppressed")
    cells_unknown: int = told("cells whose value is unknown")


class DatedEvent(Entity):
    """A dated event of the organisation to compare before and after, such as the relaunch."""

    key: str = told("key of the milestone")
    day: date = told("the day it happened")
    kind: str = told("relaunch, migration, campaign, reorganisation or other")
    label_de: str = told("name in German")
    label_en: str = told("name in English")


@dataclass(frozen=True)
class Property:
    name: str
    type: type
    nullable: bool
    description: str

    @property
    def edm(self) -> str:
        return EDM[self.type]


@dataclass(frozen=True)
class EntitySet:
    """A table of the feed: its name, the model of its rows, and the properties that tell a row from all others."""

    name: str
    type_name: str
    model: type[Entity]
    key: tuple[str, ...]

    @cached_property
    def properties(self) -> Mapping[str, Property]:
        """By name: those of the key first."""
        fields = self.model.model_fields
        first = (*self.key, "organisation")
        names = (*first, *sorted(fields.keys() - set(first), key=self._place))
        found = {}
        for name in names:
            kind, nullable = _plain(fields[name].annotation)
            text = fields[name].description or ""
            found[name] = Property(
                name, kind, nullable, _SHOWN.get(name, text) if issubclass(self.model, Shown) else text
            )
        return found

    def _place(self, name: str) -> tuple[bool, int]:
        """What a figure is about stands before the figures."""
        return name in Shown.model_fields and issubclass(self.model, Shown), list(
            self.model.model_fields
        ).index(name)

    @property
    def meaning(self) -> str:
        return (self.model.__doc__ or "").strip()


def _plain(annotation: Any) -> tuple[type, bool]:
    """The type a property is written as, and whether it may be null. Raises `TypeError` for one that has no such type."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _plain(get_args(annotation)[0])
    if origin is Literal:
        return str, False
    if origin in {types.UnionType, Union}:
        (kind,) = (one for one in get_args(annotation) if one is not type(None))
        return _plain(kind)[0], True
    if isinstance(annotation, type):
        if issubclass(annotation, Enum):
            return str, False
        if annotation in EDM:
            return annotation, False
    raise TypeError(f"{annotation} has no type in OData")


SETS: Mapping[str, EntitySet] = {
    one.name: one
    for one in (
        EntitySet(
            "Measurements",
            "Measurement",
            Measurement,
            ("metric", "category", "scope", "scope_key", "window", "since"),
        ),
        EntitySet("Rooms", "Room", Room, ("key",)),
        EntitySet("Metrics", "Metric", Metric, ("key",)),
        EntitySet("Coverage", "CoverageLine", CoverageLine, ("source", "kind")),
        EntitySet("DimensionResults", "DimensionResult", DimensionResult, ("dimension", "kind")),
        EntitySet("SurveyRounds", "SurveyRound", SurveyRound, ("key",)),
        EntitySet("SurveyResults", "SurveyResult", SurveyResult, ("round", "group", "dimension", "question")),
        EntitySet("Milestones", "Milestone", DatedEvent, ("key",)),
        EntitySet("Publications", "Publication", Published, ("id",)),
    )
}


def property_names() -> frozenset[str]:
    """Every word that can stand for a property, whatever the set."""
    return frozenset(_names())


def _names() -> Iterator[str]:
    for one in SETS.values():
        yield from one.properties
