"""The grid of all cells of one run: which may be shown, decided for all of them together."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from service.publication.protect import (
    COMPLEMENTARY,
    DIFFERENCE,
    HOMOGENEITY,
    SMALL_GROUP,
    Cell,
    System,
    Total,
    hidden_groups,
)
from service.publication.rounding import bound, rounded, rounded_people, wilson

Scope = tuple[str, str]
ORGANISATION: Scope = ("organisation", "")
NO_UNIT: Scope = ("unit", "\0")
"""People who belong to no unit: never shown, but what the total minus all units would tell of."""
ROUNDED = 0.01
COMPLEMENT = "\0"
"""The category of all who are not counted by a share."""

Alike = Callable[[str, date, date], bool | None]
"""(room, since, until) -> its people and those of a unit, another room or the organisation differ by 1..k-1; None: unknown."""


@dataclass(frozen=True, slots=True)
class Link:
    """By definition a metric counts the people of some categories of another."""

    metric: str
    other: str
    categories: frozenset[str]


class Nature(StrEnum):
    """What a metric's counts are made of, and so what has to be protected."""

    PERSONS = "persons"
    """A share of people: the numerator counts some of the people in the denominator."""
    EVENTS = "events"
    """A ratio of posts, hours or the like, behind which people stand; it adds up over weeks."""
    ROOMS = "rooms"
    """Concerns rooms, not people."""


@dataclass(frozen=True, slots=True)
class Form:
    """How the values of a metric are protected and rounded: to multiples of `step`."""

    nature: Nature
    step: float = 0.01
    share: bool = True


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


def decide(
    rows: Sequence[Measured], forms: Mapping[str, Form], k: int, alike: Alike, links: Sequence[Link] = ()
) -> list[Outcome]:
    """The outcome of every row, in order. Raises `Recoverable` if the audit does not hold."""
    periods: dict[tuple[str, date], list[int]] = defaultdict(list)
    ratios: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        if row.known and forms[row.metric].nature is Nature.PERSONS:
            periods[row.window, row.since].append(number)
        elif row.known and forms[row.metric].nature is Nature.EVENTS:
            ratios[row.metric].append(number)
    outcomes: list[Outcome | None] = [None] * len(rows)
    for members in (*periods.values(), *ratios.values()):
        inside = [rows[number] for number in members]
        form = forms[inside[0].metric]
        system, cells = (
            person_system(inside, links, k, alike)
            if form.nature is Nature.PERSONS
            else event_system(inside, form, k, alike)
        )
        system.protect()
        system.verify()
        for number, cell in zip(members, cells, strict=True):
            shown = None if cell is None else system.cells[cell]
            outcomes[number] = told(rows[number], forms[rows[number].metric], shown, k)
    return [
        outcome if outcome is not None else plain(row, forms[row.metric])
        for row, outcome in zip(rows, outcomes, strict=True)
    ]


def plain(row: Measured, form: Form) -> Outcome:
    """The outcome of a row that tells nothing about people: unknown, or about rooms."""
    if row.state != "known" or not row.denominator or row.numerator is None:
        return Outcome("unknown", row.reason or "no_data")
    if form.nature is not Nature.ROOMS:
        return Outcome("unknown", "no_people")
    return Outcome("published", value=rounded(row.numerator / row.denominator, form.step))


def told(row: Measured, form: Form, cell: Cell | None, k: int) -> Outcome:
    """The outcome of a row behind which people stand; without a cell its group is empty."""
    if cell is None:
        return Outcome("suppressed", SMALL_GROUP)
    if not cell.shown:
        if cell.reason == COMPLEMENTARY and cell.low is not None:
            tenth = min(9, 10 * cell.count // cell.people)
            return Outcome("suppressed", cell.reason, low=tenth / 10, high=(tenth + 1) / 10)
        limit = None if cell.low is None else bound(cell.people, k)
        if limit is None:
            return Outcome("suppressed", cell.reason)
        low, high = (0.0, limit) if cell.low == 0 else (round(1 - limit, 2), 1.0)
        return Outcome("suppressed", cell.reason, low=low, high=high)
    value = rounded((row.numerator or 0) / (row.denominator or 1), form.step)
    people = rounded_people(cell.people)
    interval: tuple[float | None, float | None] = (None, None)
    if form.nature is Nature.PERSONS:
        interval = wilson(value, people)
    elif row.low is not None and row.high is not None:
        interval = rounded(row.low, form.step), rounded(row.high, form.step)
    return Outcome("published", value=value, low=interval[0], high=interval[1], people=people)


def _tables(rows: Iterable[Measured]) -> dict[tuple[str, str, date], dict[Scope, dict[str, int]]]:
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


def person_system(
    rows: Sequence[Measured], links: Sequence[Link], k: int, alike: Alike
) -> tuple[System, list[int | None]]:
    """The shares of people of one period, and the cell of each row (None: nobody is behind it)."""
    system = System(k)
    cells: list[int | None] = [None] * len(rows)
    placed: dict[tuple[str, Scope], dict[str, int]] = {}
    for (metric, _, since), table in _tables(rows).items():
        counts = {
            scope: {category: rows[number].affirming or 0 for category, number in parts.items()}
            for scope, parts in table.items()
        }
        people = {scope: max(rows[n].people or 0 for n in parts.values()) for scope, parts in table.items()}
        until = rows[next(iter(next(iter(table.values())).values()))].until
        hidden = hidden_scopes(people, k, alike, since, until, compare_units=True)
        rest = _without_unit(counts, people)
        if rest is not None:
            counts[NO_UNIT], people[NO_UNIT] = rest
        for scope, parts in counts.items():
            if people[scope] > 0:
                placed[metric, scope] = _place(system, scope, parts, people[scope], hidden.get(scope))
        for scope, numbers in table.items():
            for category, number in numbers.items():
                cells[number] = placed.get((metric, scope), {}).get(category)
        _total_over_units(
            system, {scope: placed[metric, scope] for scope in counts if (metric, scope) in placed}
        )
    for link in links:
        for (metric, scope), own in list(placed.items()):
            theirs = placed.get((link.other, scope), {})
            if metric == link.metric and link.categories.issubset(theirs):
                _link(system, own, theirs, link.categories)
    return system, cells


def _link(
    system: System, own: Mapping[str, int], theirs: Mapping[str, int], categories: frozenset[str]
) -> None:
    """Who is counted is in the categories, and who is not counted is in the others, where the counts bear it out."""
    inside = [theirs[category] for category in theirs if category in categories]
    outside = [theirs[category] for category in theirs if category not in categories]
    for mine, parts in ((own[""], inside), (own[COMPLEMENT], outside)):
        if parts and sum(system.cells[part].count for part in parts) == system.cells[mine].count:
            system.totals.append(Total({mine: 1, **dict.fromkeys(parts, -1)}))


def _without_unit(
    counts: Mapping[Scope, Mapping[str, int]], people: Mapping[Scope, int]
) -> tuple[dict[str, int], int] | None:
    """The counts of the people outside all units; None where units are not measured or do not partition the people."""
    units = [scope for scope in people if scope[0] == "unit"]
    if ORGANISATION not in people or not units:
        return None
    size = people[ORGANISATION] - sum(people[unit] for unit in units)
    rest = {
        category: count - sum(counts[unit].get(category, 0) for unit in units)
        for category, count in counts[ORGANISATION].items()
    }
    if size <= 0 or any(not 0 <= count <= size for count in rest.values()):
        return None
    return rest, size


def _place(
    system: System, scope: Scope, parts: Mapping[str, int], people: int, reason: str | None
) -> dict[str, int]:
    """Add the cells of one scope of one metric, and the total over its categories."""
    k = system.k
    virtual = scope == NO_UNIT
    partition = len(parts) > 1 and sum(parts.values()) == people
    small = people < k or reason == DIFFERENCE
    # In a group this large the rounding of the shown shares alone leaves a derived count as uncertain as it must stay.
    blurred = people * ROUNDED >= k / 2
    own: dict[str, int] = {}
    for category, count in parts.items():
        cell = Cell(count, people, rank=(scope == ORGANISATION, category == ""), whole=scope == ORGANISATION)
        own[category] = system.add(cell)
        if virtual or reason:
            cell.shown, cell.reason = False, reason
        cell.unsafe = small or (count < k and not blurred)
        if partition:
            _tell_bound(cell, k, virtual=virtual)
            continue
        other = Cell(people - count, people, rank=cell.rank, shown=cell.shown, reason=cell.reason)
        other.unsafe = small or (other.count < k and not blurred)
        other.twin, cell.twin = own[category], system.add(other)
        own[COMPLEMENT + category] = cell.twin
        _tell_bound(cell, k, virtual=virtual)
        if not cell.shown:
            other.shown, other.reason = False, cell.reason
        system.totals.append(Total({own[category]: 1, cell.twin: 1}))
    if partition:
        system.totals.append(Total(dict.fromkeys(own.values(), 1)))
    return own


def _tell_bound(cell: Cell, k: int, *, virtual: bool) -> None:
    """Hide a count that leaves fewer than k people on one side, and say only on which side."""
    if not cell.shown or virtual or k <= cell.count <= cell.people - k:
        return
    cell.shown, cell.reason = False, HOMOGENEITY
    if bound(cell.people, k) is None:
        return
    if cell.count < k:
        cell.low, cell.high = 0, k - 1
    else:
        cell.low, cell.high = cell.people - k + 1, cell.people


def _total_over_units(system: System, placed: Mapping[Scope, Mapping[str, int]]) -> None:
    """Per category: the units, and the people without one, add up to the organisation."""
    units = [scope for scope in placed if scope[0] == "unit"]
    if ORGANISATION not in placed or not units:
        return
    for category, whole in placed[ORGANISATION].items():
        parts = [placed[unit][category] for unit in units if category in placed[unit]]
        if parts and sum(system.cells[part].count for part in parts) == system.cells[whole].count:
            system.totals.append(Total({whole: -1, **dict.fromkeys(parts, 1)}, over_units=True))


def event_system(
    rows: Sequence[Measured], form: Form, k: int, alike: Alike
) -> tuple[System, list[int | None]]:
    """The ratios of one metric over all periods, and the cell of each row. Counts here are the people behind."""
    system = System(k, bounded=False)
    cells: list[int | None] = [None] * len(rows)
    numbers: dict[tuple[Scope, str, str, date, date], int] = {}
    for (_, window, since), table in _tables(rows).items():
        people = {scope: max(rows[n].people or 0 for n in parts.values()) for scope, parts in table.items()}
        until = rows[next(iter(next(iter(table.values())).values()))].until
        hidden = hidden_scopes(people, k, alike, since, until, compare_units=False)
        by_category: dict[str, dict[Scope, int]] = defaultdict(dict)
        for scope, parts in table.items():
            for category, number in parts.items():
                if not people[scope]:
                    continue
                cell = _event_cell(rows[number], form, k, hidden.get(scope))
                cells[number] = by_category[category][scope] = system.add(cell)
                numbers[scope, category, window, since, until] = by_category[category][scope]
        for placed in by_category.values():
            _event_total(system, placed)
    _total_over_time(system, numbers)
    return system, cells


def _event_cell(row: Measured, form: Form, k: int, reason: str | None) -> Cell:
    people = row.people or 0
    rank = (row.scope == "organisation", row.window != "week")
    cell = Cell(people, people, rank=rank, unsafe=people < k)
    few_behind = row.affirming is not None and row.affirming < k
    few_left = form.share and (row.denominator or 0) - (row.numerator or 0) < k
    if reason:
        cell.shown, cell.reason, cell.unsafe = False, reason, cell.unsafe or reason == DIFFERENCE
    elif few_behind or few_left:
        cell.shown, cell.reason, cell.unsafe = False, HOMOGENEITY, True
    return cell


def _event_total(system: System, placed: Mapping[Scope, int]) -> None:
    units = [cell for (scope, _), cell in placed.items() if scope == "unit"]
    if ORGANISATION not in placed or not units:
        return
    whole = placed[ORGANISATION]
    rest = system.cells[whole].people - sum(system.cells[unit].people for unit in units)
    factors = {whole: -1, **dict.fromkeys(units, 1)}
    if rest > 0:
        factors[system.add(Cell(rest, rest, shown=False, unsafe=rest < system.k))] = 1
    system.totals.append(Total(factors, over_units=True))


def _total_over_time(system: System, numbers: Mapping[tuple[Scope, str, str, date, date], int]) -> None:
    """A longer window whose weeks are all measured is the total of its weeks."""
    weeks = {
        (scope, category, since): (until, cell)
        for (scope, category, window, since, until), cell in numbers.items()
        if window == "week"
    }
    for (scope, category, window, since, until), whole in numbers.items():
        parts, day = [], since
        while window != "week" and day < until and (scope, category, day) in weeks:
            day, cell = weeks[scope, category, day]
            parts.append(cell)
        if parts and day == until:
            system.totals.append(Total({whole: -1, **dict.fromkeys(parts, 1)}, additive=False))
