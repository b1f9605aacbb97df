"""What is measured, how each metric has to be protected, and what is said of it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from service.publication.protect import DIFFERENCE, SMALL_GROUP, hidden_groups

Scope = tuple[str, str]
ORGANISATION: Scope = ("organisation", "")

Alike = Callable[[str, date, date], bool | None]
"""(room, since, until) -> its people and those of a unit, another room or the organisation differ by 1..k-1; None: unknown."""

Unions = Callable[[date, date], Mapping[str, frozenset[str]]]
"""(since, until) -> rooms whose people are exactly those of some units, by the units' keys (`NO_UNIT` for who belongs to none)."""
Beyond = Callable[[date, date], Sequence[tuple[Scope, Scope, int, int]]]
"""(since, until) -> pairs of groups of which the first has 1..k-1 people that the second has not, how many these are, and how many
the second has that the first has not."""
NOBODY = "\0"
"""Key of the people who belong to no unit."""


@dataclass(frozen=True, slots=True)
class Link:
    """By definition a metric counts, in one of its categories, the people of some categories of another."""

    metric: str
    other: str
    categories: frozenset[str]
    category: str = ""


@dataclass(frozen=True, slots=True)
class Base:
    """A metric from which the count of another can be worked out, since it is about the people that one counts."""

    metric: str
    other: str


@dataclass(frozen=True, slots=True)
class Over:
    """A metric that compares the values another has for the units of at least `fewest` people with that of all."""

    metric: str
    other: str
    fewest: int


@dataclass(frozen=True, slots=True)
class Among:
    """A metric whose people are some of those another asks the same about, so that the two tell of the rest of these."""

    metric: str
    other: str


Relation = Link | Base | Over | Among


class Nature(StrEnum):
    """What a metric's counts are made of, and so what has to be protected."""

    PERSONS = "persons"
    """A share of people: the numerator counts some of the people in the denominator."""
    EVENTS = "events"
    """A ratio of posts, hours or the like, behind which people stand; it adds up over weeks."""
    ROOMS = "rooms"
    """Concerns rooms, not people."""
    UNITS = "units"
    """Says of units what follows from their values, and nothing more where these are shown."""


@dataclass(frozen=True, slots=True)
class Form:
    """How the values of a metric are protected and rounded: to multiples of `step`.

    `minimum` is the fewest people of a group for this kind of evidence, where it is another than that of the run.
    """

    nature: Nature
    step: float = 0.01
    share: bool = True
    minimum: int | None = None


class Pin(StrEnum):
    """What earlier publications leave open for a cell."""

    FREE = "free"
    SHOWN = "shown"
    """It was shown with the same counts: everybody may know it, so hiding it protects nothing beside it."""
    HIDDEN = "hidden"
    """It was hidden with the same counts, for the sake of others, and stays so."""
    WITHHELD = "withheld"
    """Beside what was shown it would tell of few people."""


class Measured(NamedTuple):
    """A measurement, as `service.models.Measurement` defines it."""

    metric: str
    category: str
    scope: str
    scope_key: str
    window: str
    since: date
    until: date
    numerator: int | None
    denominator: int | None
    people: int | None
    affirming: int | None
    state: str
    reason: str | None
    low: float | None = None
    high: float | None = None
    largest: int | None = None

    @property
    def place(self) -> Scope:
        return (self.scope, self.scope_key)

    @property
    def known(self) -> bool:
        return self.state == "known" and self.people is not None and bool(self.denominator)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What may be said of one measurement."""

    state: str
    reason: str | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    people: int | None = None


def tables(rows: Iterable[Measured]) -> dict[tuple[str, str, date], dict[Scope, dict[str, int]]]:
    """(metric, window, since) -> scope -> category -> position in `rows`."""
    tables: dict[tuple[str, str, date], dict[Scope, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for number, row in enumerate(rows):
        tables[row.metric, row.window, row.since][row.place][row.category] = number
    return tables


def hidden_scopes(
    people: Mapping[Scope, int], k: int, alike: Alike, since: date, until: date, *, compare_units: bool
) -> dict[Scope, str]:
    """Scopes whose group of people may not be shown at all, with the reason."""
    whole = people.get(ORGANISATION)
    units = {key: size for (scope, key), size in people.items() if scope == "unit"}
    hidden = {("unit", key): reason for key, reason in hidden_groups(units, whole, k).items()}
    if whole is not None and whole < k:
        hidden[ORGANISATION] = SMALL_GROUP
    for (scope, key), size in people.items():
        if scope != "room":
            continue
        if size < k:
            hidden[scope, key] = SMALL_GROUP
            continue
        near = alike(key, since, until)
        if near is None and compare_units:
            near = any(0 < abs(size - other) < k for other in units.values())
        if near or (whole is not None and 0 < abs(whole - size) < k):
            hidden[scope, key] = DIFFERENCE
    return hidden
