"""The grid of all cells of one run: which may be shown, decided for all of them together."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from service.publication.cells import Cell, Total
from service.publication.events import event_system
from service.publication.few import hide_what_bounds_few, hide_what_leaves_few
from service.publication.measured import (
    NOBODY,
    ORGANISATION,
    Alike,
    Among,
    Base,
    Beyond,
    Form,
    Link,
    Measured,
    Nature,
    Outcome,
    Over,
    Pin,
    Relation,
    Scope,
    Unions,
    hidden_scopes,
    tables,
)
from service.publication.outcomes import plain, told
from service.publication.protect import COMPLEMENTARY, DIFFERENCE, HOMOGENEITY, Recoverable, System
from service.publication.rounding import FINEST, bound, near
from service.publication.standing import Standing, standings

NO_UNIT: Scope = ("unit", NOBODY)
"""People who belong to no unit: never shown, but what the total minus all units would tell of."""
COMPLEMENT = "\0"
"""The category of all who are not counted by a share."""


def decide(
    rows: Sequence[Measured],
    forms: Mapping[str, Form],
    k: int,
    alike: Alike,
    relations: Sequence[Relation] = (),
    *,
    pins: Mapping[int, Pin] | None = None,
    standing: Sequence[Standing | None] | None = None,
    unions: Unions = lambda since, until: {},
    beyond: Beyond = lambda since, until: (),
) -> list[Outcome]:
    """The outcome of every row, in order, given what earlier publications leave open (`pins`, by position).

    `standing` is what may be told of each row; from the rows alone (`standings`) if None.
    Raises `Recoverable` if the audit does not hold.
    """
    pinned = pins or {}
    stands = standings(rows, forms, k) if standing is None else standing
    periods: dict[tuple[int, str, date], list[int]] = defaultdict(list)
    ratios: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        if row.known and forms[row.metric].nature is Nature.PERSONS:
            periods[forms[row.metric].minimum or k, row.window, row.since].append(number)
        elif row.known and forms[row.metric].nature is Nature.EVENTS:
            ratios[row.metric].append(number)
    outcomes: list[Outcome | None] = [None] * len(rows)

    def settle(members: Sequence[int], system: System, cells: Sequence[int | None]) -> None:
        for number, cell in zip(members, cells, strict=True):
            if cell is not None and number in pinned:
                _pin(system, cell, pinned[number])
        try:
            system.protect()
            system.verify()
        except Recoverable:
            if not any(cell.known for cell in system.cells):
                raise
            # With what is known for ever nothing new can be shown: then nothing is.
            system.hide_all()
        for number, cell in zip(members, cells, strict=True):
            shown = None if cell is None else system.cells[cell]
            outcomes[number] = told(rows[number], forms[rows[number].metric], shown, stands[number], system.k)

    for (least, _, _), members in periods.items():
        inside = [rows[number] for number in members]
        own = [stands[number] for number in members]
        system, cells = person_system(inside, own, relations, least, alike, unions=unions)
        hide_what_bounds_few(system, inside, cells, beyond)
        settle(members, system, cells)
    # What rests on another metric is decided after it.
    resting = {relation.metric for relation in relations if isinstance(relation, Base)}
    for metric, members in sorted(ratios.items(), key=lambda ratio: ratio[0] in resting):
        inside = [rows[number] for number in members]
        withheld = _withheld(members, rows, outcomes, relations)
        least = forms[metric].minimum or k
        settle(members, *event_system(inside, forms[metric], least, alike, withheld))
    for number, row in enumerate(rows):
        if outcomes[number] is None and _tells_of_hidden_units(row, rows, outcomes, relations):
            outcomes[number] = Outcome("suppressed", COMPLEMENTARY)
    return [
        outcome if outcome is not None else plain(row, forms[row.metric])
        for row, outcome in zip(rows, outcomes, strict=True)
    ]


def _pin(system: System, number: int, pin: Pin) -> None:
    """Give a cell, and the one shown with it, what earlier publications leave of it."""
    cell = system.cells[number]
    for one in (number, cell.twin):
        if one is None:
            continue
        if pin is Pin.SHOWN:
            system.cells[one].known = system.cells[one].shown
        elif pin is Pin.WITHHELD:
            system.cells[one].unsafe = True
    if pin is Pin.WITHHELD and cell.shown:
        system.hide(number, DIFFERENCE)
    elif pin is Pin.HIDDEN and cell.shown:
        system.hide(number, COMPLEMENTARY)


def _withheld(
    members: Sequence[int],
    rows: Sequence[Measured],
    outcomes: Sequence[Outcome | None],
    relations: Sequence[Relation],
) -> set[int]:
    """Which of the members, by their place, would tell the hidden count of the metric they rest on."""
    others = {relation.other for relation in relations if isinstance(relation, Base)
              and members and relation.metric == rows[members[0]].metric}  # fmt: skip
    if not others:
        return set()
    hidden = {
        (row.window, row.since, row.place)
        for row, outcome in zip(rows, outcomes, strict=True)
        if row.metric in others and outcome is not None and outcome.state == "suppressed"
    }
    return {
        place
        for place, number in enumerate(members)
        if (rows[number].window, rows[number].since, rows[number].place) in hidden
    }


def _tells_of_hidden_units(
    row: Measured,
    rows: Sequence[Measured],
    outcomes: Sequence[Outcome | None],
    relations: Sequence[Relation],
) -> bool:
    """Whether a comparison of units is made from values that are not all shown."""
    return any(
        outcome is not None and outcome.state == "suppressed" and (other.people or 0) >= relation.fewest
        for relation in relations
        if isinstance(relation, Over) and relation.metric == row.metric and row.state == "known"
        for other, outcome in zip(rows, outcomes, strict=True)
        if other.metric == relation.other and other.scope != "room"
        if (other.window, other.since) == (row.window, row.since)
    )


def person_system(
    rows: Sequence[Measured],
    standing: Sequence[Standing | None],
    relations: Sequence[Relation],
    k: int,
    alike: Alike,
    *,
    unions: Unions = lambda since, until: {},
) -> tuple[System, list[int | None]]:
    """The shares of people of one period, and the cell of each row (None: nobody is behind it)."""
    system = System(k)
    cells: list[int | None] = [None] * len(rows)
    placed: dict[tuple[str, Scope], dict[str, int]] = {}
    every = tables(rows)
    for (metric, window, since), table in every.items():
        bases = {
            scope: relation.other
            for relation in relations
            if isinstance(relation, Base) and relation.metric == metric
            for scope, parts in every.get((relation.other, window, since), {}).items()
            if scope in table
            and "" in parts
            and {rows[n].people for n in table[scope].values()} == {rows[parts[""]].affirming}
        }
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
                stands = {category: standing[n] for category, n in table.get(scope, {}).items()}
                placed[metric, scope] = _place(
                    system,
                    scope,
                    parts,
                    people[scope],
                    stands,
                    reason=hidden.get(scope),
                    sized=scope not in bases,
                )
                if scope[0] == "room" and ORGANISATION in counts:
                    whole = counts[ORGANISATION], people[ORGANISATION]
                    hide_what_leaves_few(system, placed[metric, scope], whole)
        for scope, numbers in table.items():
            for category, number in numbers.items():
                cells[number] = placed.get((metric, scope), {}).get(category)
        here = {scope: placed[metric, scope] for scope in counts if (metric, scope) in placed}
        _total_over_units(system, here)
        _made_of_units(system, here, unions(since, until))
    _relate(system, placed, relations)
    return system, cells


def _relate(
    system: System, placed: Mapping[tuple[str, Scope], Mapping[str, int]], relations: Sequence[Relation]
) -> None:
    """What metrics of one scope tell of each other."""
    for relation in relations:
        for (metric, scope), own in placed.items():
            theirs = placed.get((relation.other, scope), {})
            if metric != relation.metric or not theirs:
                continue
            if isinstance(relation, Link):
                _link(system, own, theirs, relation)
            elif isinstance(relation, Base):
                _rest(system, own, theirs)
            elif isinstance(relation, Among):
                _others(system, own, theirs)


def _link(system: System, own: Mapping[str, int], theirs: Mapping[str, int], link: Link) -> None:
    """Who is counted is in the categories, and who is not counted is in the others, where the counts bear it out."""
    if link.category not in own or not link.categories.issubset(theirs):
        return
    inside = [theirs[category] for category in theirs if category in link.categories]
    # What is beside a part of a partition is in its other parts already.
    outside = [theirs[category] for category in theirs if category not in link.categories]
    for mine, parts in ((own[link.category], inside), (own.get(COMPLEMENT + link.category), outside)):
        if mine is None or not parts:
            continue
        if sum(system.cells[part].count for part in parts) == system.cells[mine].count:
            system.totals.append(Total({mine: 1, **dict.fromkeys(parts, -1)}))


def _rest(system: System, own: Mapping[str, int], theirs: Mapping[str, int]) -> None:
    """Who is counted and who is not are together those another share counts, where the counts bear it out."""
    if "" not in theirs or "" not in own or COMPLEMENT not in own:
        return
    both, base = (own[""], own[COMPLEMENT]), theirs[""]
    if sum(system.cells[cell].count for cell in both) == system.cells[base].count:
        system.totals.append(Total({base: -1, **dict.fromkeys(both, 1)}))


def _others(system: System, own: Mapping[str, int], theirs: Mapping[str, int]) -> None:
    """Who another share asks about beside the people of this one: never shown, but what the difference would tell of."""
    k, sides = system.k, []
    for side in ("", COMPLEMENT):
        if side not in own or side not in theirs:
            return
        mine, every = system.cells[own[side]], system.cells[theirs[side]]
        sides.append((side, every.count - mine.count, every.people - mine.people))
    if any(count < 0 for _, count, _ in sides):
        return
    rest: list[int] = []
    for side, count, people in sides:
        factors = {theirs[side]: -1, own[side]: 1}
        if people:
            small = people < k or (count < k and people * FINEST < k / 2)
            rest.append(system.add(Cell(count, people, shown=False, unsafe=small)))
            factors[rest[-1]] = 1
        system.totals.append(Total(factors))
    if rest:
        system.totals.append(Total(dict.fromkeys(rest, 1)))


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
    system: System,
    scope: Scope,
    parts: Mapping[str, int],
    people: int,
    standing: Mapping[str, Standing | None],
    *,
    reason: str | None,
    sized: bool = True,
) -> dict[str, int]:
    """Add the cells of one scope of one metric, and the total over its categories.

    `sized` is False where the size of the group is itself the count of another cell, and nothing may be told of it.
    """
    k = system.k
    virtual = scope == NO_UNIT
    partition = len(parts) > 1 and sum(parts.values()) == people
    small = people < k or reason == DIFFERENCE
    # In a group this large the rounding of the shown shares alone leaves a derived count as uncertain as it must stay.
    blurred = people * FINEST >= k / 2
    own: dict[str, int] = {}
    for category, count in parts.items():
        stands = standing.get(category)
        few = count < k or (stands is not None and stands.near_nobody)
        few_left = people - count < k or (stands is not None and stands.near_everybody)
        cell = Cell(count, people, rank=(scope == ORGANISATION, category == ""), whole=scope == ORGANISATION)
        own[category] = system.add(cell)
        if virtual or reason:
            cell.shown, cell.reason = False, reason
        cell.unsafe = small or (few and not blurred)
        cell.alike = None if stands is None else stands.alike
        if partition:
            # Whoever knows a part knows how many are in none but the others.
            cell.unsafe = cell.unsafe or (few_left and not blurred)
            _tell_bound(cell, k, few or few_left)
            continue
        other = Cell(people - count, people, rank=cell.rank, shown=cell.shown, reason=cell.reason)
        other.unsafe = small or (few_left and not blurred)
        other.twin, cell.twin = own[category], system.add(other)
        own[COMPLEMENT + category] = cell.twin
        _tell_bound(cell, k, few or few_left)
        if not cell.shown:
            other.shown, other.reason = False, cell.reason
        if sized:
            system.totals.append(Total({own[category]: 1, cell.twin: 1}))
        else:
            cell.low = cell.high = None
    if partition:
        system.totals.append(Total(dict.fromkeys(own.values(), 1)))
    return own


def _tell_bound(cell: Cell, k: int, few: bool) -> None:
    """Hide a share with too few people on one side, and say only on which side."""
    if not cell.shown or not few:
        return
    cell.shown, cell.reason = False, HOMOGENEITY
    if bound(cell.people, near(k)) is not None and cell.alike is not None:
        cell.low, cell.high = cell.alike


def _made_of_units(
    system: System, placed: Mapping[Scope, Mapping[str, int]], unions: Mapping[str, frozenset[str]]
) -> None:
    """A room whose people are those of some units counts what these count, where the counts bear it out."""
    for room, units in unions.items():
        parts = [placed.get(("unit", unit), {}) for unit in units]
        for category, cell in placed.get(("room", room), {}).items():
            inside = [part[category] for part in parts if category in part]
            if (
                len(inside) == len(units)
                and sum(system.cells[one].count for one in inside) == system.cells[cell].count
            ):
                system.totals.append(Total({cell: -1, **dict.fromkeys(inside, 1)}))


def _total_over_units(system: System, placed: Mapping[Scope, Mapping[str, int]]) -> None:
    """Per category: the units, and the people without one, add up to the organisation."""
    units = [scope for scope in placed if scope[0] == "unit"]
    if ORGANISATION not in placed or not units:
        return
    for category, whole in placed[ORGANISATION].items():
        parts = [placed[unit][category] for unit in units if category in placed[unit]]
        if parts and sum(system.cells[part].count for part in parts) == system.cells[whole].count:
            system.totals.append(Total({whole: -1, **dict.fromkeys(parts, 1)}, over_units=True))
