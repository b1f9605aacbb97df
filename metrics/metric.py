"""What a metric is: a declared value, and the statement that counts it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Select


@dataclass(frozen=True, slots=True)
class Label:
    """The same words in both languages."""

    de: str
    en: str


class Scope(StrEnum):
    ORGANISATION = "organisation"
    ROOM = "room"
    UNIT = "unit"


class Window(StrEnum):
    WEEK = "week"
    """An ISO week."""
    DAYS28 = "days28"
    """28 days from every fourth Monday, counted from 2000-01-03; windows never overlap."""
    WEEKS26 = "weeks26"
    """Half a year: 26 weeks from every 26th Monday, counted from 2000-01-03; windows never overlap."""


class Measure(StrEnum):
    """The unit a value is in: `numerator / denominator`."""

    SHARE = "share"
    """0 to 1."""
    HOURS = "hours"
    DAYS = "days"
    RATIO = "ratio"
    """So many of one for each of the other: 0 and up."""
    NUMBER = "number"
    """A mean or median count."""
    INDEX = "index"
    """-1 to 1."""


class Direction(StrEnum):
    """Which way is better."""

    UP = "up"
    DOWN = "down"
    NEUTRAL = "neutral"


class Tier(StrEnum):
    """What data a metric needs at least; without them it is unknown, never 0."""

    CONTENT = "T0"
    """Contents with author and date."""
    RESPONSES = "T1"
    """And replies and reactions with actor and parent."""
    VIEWS = "T2"
    """And views."""
    PEOPLE = "T3"
    """And membership, unit and level of leadership."""


class Mark(StrEnum):
    """How well a definition is founded."""

    READ = "R"
    """Read at the source named."""
    KNOWN = "K"
    """Known from the literature."""
    OWN = "D"
    """Our own derivation or proposal; no authority behind it."""


class Subject(StrEnum):
    """What the denominator counts."""

    PEOPLE = "people"
    POSTS = "posts"
    CONTENTS = "contents"
    THREADS = "threads"
    TIES = "ties"
    """Pairs of people of whom one answered or reacted to the other."""
    UNITS = "units"
    ROOMS = "rooms"


class Privacy(StrEnum):
    """What has to be watched when a value is shown."""

    AGGREGATE = "L"
    """Safe as a value of enough people."""
    DOMINANCE = "M"
    """One or few people can make up most of it."""
    PERSON = "H"
    """Computed from what single people did: only shares of many ever leave."""


class Interval(StrEnum):
    """Where the interval of a value comes from."""

    WILSON = "wilson"
    """The score interval of a share of people, computed when it is published."""
    BOOTSTRAP = "bootstrap"
    """Resampling people (or rooms) with all they did: for ratios of sums."""
    GREENWOOD = "greenwood"
    """Of a Kaplan-Meier estimate."""
    NONE = "none"
    """Nothing was sampled, or no interval is known."""


@dataclass(frozen=True, slots=True)
class Source:
    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One counted value.

    `numerator` and `denominator` are None, and `reason` says why, where nothing can be said. `people` is how many
    distinct people stand behind the denominator, `affirming` how many behind the numerator. `excluded` is how many
    activities or contents were left out. `low` and `high` are the ends of a 95 % interval in the metric's unit, where the
    metric computes its own. `largest` is the most of the denominator that one person stands for, where one can stand for
    more than one.
    """

    numerator: int | None
    denominator: int | None
    people: int | None
    affirming: int | None
    excluded: int
    reason: str | None = None
    low: float | None = None
    high: float | None = None
    largest: int | None = None


Row = Mapping[str, Any]
Statement = Callable[[Scope], Select[Any]]


def cell(rows: list[Row]) -> Cell:
    """The cell of a statement that has one row for each."""
    (row,) = rows
    if row["reason"] is not None:
        return Cell(None, None, None, None, row["excluded"], row["reason"])
    return Cell(
        row["numerator"],
        row["denominator"],
        row["people"],
        row["affirming"],
        row["excluded"],
        largest=row.get("largest"),
    )


@dataclass(frozen=True, slots=True)
class Metric:
    """A declared metric.

    `statement` gives for a scope rows with the columns `scope_key`, `window`, `since`, `category` and what `cell` makes
    a `Cell` of: by default numerator, denominator, people, affirming, excluded, and a reason where the value is unknown.
    Where it gives no row the value is unknown for the reason `absent`. A metric with `categories` is a partition: its
    cells of one scope key and period share the denominator, and numerators add up to it unless some of them are unknown; in the
    scopes `single` exactly one category holds and only that one is given.
    """

    key: str
    label: Label
    meaning: Label
    formula: Label
    limits: tuple[Label, ...]
    unit: Measure
    direction: Direction
    tier: Tier
    subject: Subject
    sources: tuple[Source, ...]
    statement: Statement
    absent: str
    scopes: frozenset[Scope] = frozenset(Scope)
    windows: frozenset[Window] = frozenset(Window)
    categories: Mapping[str, Label] = field(default_factory=dict)
    single: frozenset[Scope] = frozenset()
    privacy: Privacy = Privacy.AGGREGATE
    interval: Interval = Interval.NONE
    cell: Callable[[list[Row]], Cell] = cell


REASONS: Mapping[str, Label] = {
    "before_first_activity": Label(
        de="vor der ersten bekannten Aktivität", en="before the first known activity"
    ),
    "no_members": Label(de="es ist nicht bekannt, wer dazugehört", en="it is not known who belongs to it"),
    "no_posts": Label(de="keine Beiträge im Zeitraum", en="no posts in the period"),
    "not_old_enough": Label(
        de="die Beiträge sind noch zu jung, um es zu sagen", en="the posts are too recent to tell"
    ),
    "undated_reactions": Label(
        de="bei zu vielen Beiträgen oder Menschen ist unbekannt, wann reagiert wurde",
        en="for too many posts or people it is not known when people reacted",
    ),
    "reactions_not_observed": Label(
        de="zu viele Reaktionen sind noch nicht gelesen worden",
        en="too many reactions have not been read yet",
    ),
    "not_reached": Label(
        de="weniger als die Hälfte wurde beantwortet, es gibt keinen Median",
        en="fewer than half were answered, so there is no median",
    ),
    "no_view_data": Label(de="keine Angaben zu Aufrufen", en="no view data"),
    "nothing_viewed": Label(de="nichts davon wurde aufgerufen", en="nothing of it was viewed"),
    "no_rooms": Label(de="keine Räume mit bekanntem Zustand", en="no rooms of a known state"),
    "too_young": Label(de="der Raum ist noch zu jung", en="the room is still too young"),
    "gone": Label(de="den Raum gibt es nicht mehr", en="the room no longer exists"),
}
"""Why a value can be unknown."""
