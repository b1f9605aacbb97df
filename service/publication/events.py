"""The grid of ratios: of posts, hours or contributions, behind which people stand."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from fractions import Fraction

from service.publication.cells import Cell, Total
from service.publication.measured import ORGANISATION, Alike, Form, Measured, Scope, hidden_scopes, tables
from service.publication.protect import COMPLEMENTARY, DIFFERENCE, DOMINANCE, HOMOGENEITY, System

DOMINANT = Fraction(1, 2)
"""A value of which one person makes up more than this is theirs: the (1, k) dominance rule of statistical offices
(Hundepool et al. 2012, Statistical Disclosure Control, (n, k) rule with n = 1)."""


def event_system(
    rows: Sequence[Measured], form: Form, k: int, alike: Alike, withheld: Collection[int] = ()
) -> tuple[System, list[int | None]]:
    """The ratios of one metric over all periods, and the cell of each row. Counts here are the people behind.

    `withheld` are rows that may not be shown since they would tell what is hidden elsewhere.
    """
    system = System(k, bounded=False)
    cells: list[int | None] = [None] * len(rows)
    numbers: dict[tuple[Scope, str, str, date, date], int] = {}
    for (_, window, since), table in tables(rows).items():
        people = {scope: max(rows[n].people or 0 for n in parts.values()) for scope, parts in table.items()}
        until = rows[next(iter(next(iter(table.values())).values()))].until
        hidden = hidden_scopes(people, k, alike, since, until, compare_units=False)
        by_category: dict[str, dict[Scope, int]] = defaultdict(dict)
        for scope, parts in table.items():
            for category, number in parts.items():
                if not people[scope]:
                    continue
                why = hidden.get(scope) or (COMPLEMENTARY if number in withheld else None)
                cell = _event_cell(rows[number], form, k, why)
                cells[number] = by_category[category][scope] = system.add(cell)
                numbers[scope, category, window, since, until] = by_category[category][scope]
        for placed in by_category.values():
            _event_total(system, placed)
        for scope in table:
            together = [placed[scope] for placed in by_category.values() if scope in placed]
            if len(together) > 1:
                system.totals.append(Total(dict.fromkeys(together, 1)))
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
    elif row.largest is not None and row.largest > DOMINANT * (row.denominator or 0):
        cell.shown, cell.reason, cell.unsafe = False, DOMINANCE, True
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
    # Who changed unit inside the period stands behind the posts of both.
    system.totals.append(Total(factors, additive=rest >= 0, over_units=True))


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
