"""Can a hidden cell be worked out from the shown ones? The linear audit and the attacker's intervals.

A table with totals is a set of linear constraints over its cells. Once the shown cells are known, a hidden cell is
recoverable exactly if its unit vector lies in the row space of the constraints restricted to the hidden cells. The rank
test is done exactly, by elimination over fractions, so that no rounding decides about privacy.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations

import numpy as np

from service.publication.leeway import SLACK, Leeway, Witnesses
from service.publication.leeway import too_narrow as closing

Constraint = Mapping[int, int]
"""Cell -> coefficient: the sum of coefficient times count is known from outside."""

Row = dict[int, int | Fraction]

PASSES = 3
FEW = 6
WALKED = 100
"""Walking is for small components: beyond that the programmes are quicker."""


def recoverable(constraints: Iterable[Constraint], hidden: Collection[int]) -> set[int]:
    """The hidden cells whose count follows from the constraints and all cells that are not hidden."""
    return {pivot for pivot, row in reduced(constraints, hidden).items() if len(row) == 1}


def reduced(constraints: Iterable[Constraint], hidden: Collection[int]) -> dict[int, Row]:
    """The reduced row echelon form of the constraints restricted to the hidden cells: pivot -> row, no empty rows."""
    inside = set(hidden)
    rows: dict[int, Row] = {}
    users: dict[int, set[int]] = defaultdict(set)
    for constraint in constraints:
        row: Row = {cell: factor for cell, factor in constraint.items() if cell in inside}
        for pivot in [cell for cell in row if cell in rows]:
            _subtract(row, rows[pivot], row[pivot])
        if not row:
            continue
        pivot = min(row, key=lambda cell: (len(users[cell]), cell))
        scale = row[pivot]
        # Nearly all factors are 1 or -1, and integers are far faster.
        row = {
            cell: factor * scale if abs(scale) == 1 else Fraction(factor) / scale
            for cell, factor in row.items()
        }
        for other in list(users[pivot]):
            before = set(rows[other])
            _subtract(rows[other], row, rows[other][pivot])
            for cell in before - set(rows[other]):
                users[cell].discard(other)
            for cell in set(rows[other]) - before:
                users[cell].add(other)
        rows[pivot] = row
        for cell in row:
            users[cell].add(pivot)
    return rows


def _subtract(row: Row, other: Row, factor: int | Fraction) -> None:
    for cell, value in other.items():
        left = row.get(cell, 0) - factor * value
        if left:
            row[cell] = left
        else:
            row.pop(cell, None)


def components(
    constraints: Sequence[Constraint], hidden: Collection[int]
) -> list[tuple[list[int], list[Constraint]]]:
    """Hidden cells that hang together through constraints, each group with its restricted constraints."""
    inside = set(hidden)
    restricted = [{c: f for c, f in constraint.items() if c in inside} for constraint in constraints]
    root = {cell: cell for cell in inside}

    def find(cell: int) -> int:
        while root[cell] != cell:
            root[cell] = root[root[cell]]
            cell = root[cell]
        return cell

    for row in restricted:
        first, *rest = row or (None,)
        for cell in rest:
            if first is not None and cell is not None:
                root[find(cell)] = find(first)
    cells: dict[int, list[int]] = defaultdict(list)
    rows: dict[int, list[Constraint]] = defaultdict(list)
    for cell in sorted(inside):
        cells[find(cell)].append(cell)
    for row in restricted:
        if row:
            rows[find(next(iter(row)))].append(row)
    return [(members, rows[top]) for top, members in cells.items()]


def too_narrow(
    cells: Sequence[int],
    rows: Sequence[Constraint],
    counts: Mapping[int, int],
    bounds: Mapping[int, tuple[int, int]],
    protected: Mapping[int, int],
) -> set[int]:
    """The protected cells an attacker can narrow to less than `protected[cell]`, knowing the constraints and bounds.

    Two solutions that lie far enough apart show that a cell is uncertain enough. Such are found for most cells by moving from
    the true counts along the null space of the constraints; linear programmes, which are exact, decide about the rest.
    """
    asked = [cell for cell in cells if cell in protected]
    if len(cells) <= WALKED:
        walk = _Walk(cells, rows, counts, bounds)
        asked = [cell for cell in asked if not walk.reaches(cell, protected[cell])]
    if not asked:
        return set()
    place = {cell: column for column, cell in enumerate(cells)}
    leeway = Leeway(len(cells), [{place[cell]: factor for cell, factor in row.items()} for row in rows])
    leeway.confine(
        np.array([bounds[cell][0] - counts[cell] for cell in cells], dtype=float),
        np.array([bounds[cell][1] - counts[cell] for cell in cells], dtype=float),
    )
    widths = {place[cell]: protected[cell] for cell in asked}
    return {cells[one] for one in closing(leeway, Witnesses(len(cells)), widths)}


class _Walk:
    """Moves through the solutions of a component from the true counts, in single directions of the null space."""

    def __init__(
        self,
        cells: Sequence[int],
        rows: Sequence[Constraint],
        counts: Mapping[int, int],
        bounds: Mapping[int, tuple[int, int]],
    ) -> None:
        echelon = reduced(rows, cells)
        directions: dict[int, dict[int, float]] = {cell: {cell: 1.0} for cell in cells if cell not in echelon}
        for pivot, row in echelon.items():
            for free, factor in row.items():
                if free != pivot:
                    directions[free][pivot] = -float(factor)
        self.start = {cell: float(counts[cell]) for cell in cells}
        self.bounds = bounds
        self.moving: dict[int, list[dict[int, float]]] = defaultdict(list)
        for direction in _with_pairs(list(directions.values())):
            for cell in direction:
                self.moving[cell].append(direction)

    def reaches(self, cell: int, width: int) -> bool:
        """Whether values of a cell at least `width` apart are found. No is no proof."""
        return self._furthest(cell, 1.0) + self._furthest(cell, -1.0) >= width - SLACK

    def _furthest(self, cell: int, sign: float) -> float:
        point = dict(self.start)
        for _ in range(PASSES):
            moved = False
            for direction in self.moving[cell]:
                way = sign if direction[cell] > 0 else -sign
                step = min(self._room(one, point[one], slope * way) for one, slope in direction.items())
                if step > SLACK:
                    moved = True
                    for one, slope in direction.items():
                        point[one] += slope * way * step
            if not moved:
                break
        return abs(point[cell] - self.start[cell])

    def _room(self, cell: int, value: float, slope: float) -> float:
        low, high = self.bounds[cell]
        return max(0.0, ((high if slope > 0 else low) - value) / slope)


def _with_pairs(directions: list[dict[int, float]]) -> list[dict[int, float]]:
    """Few directions, and their sums and differences: a corner often leaves only such a way out."""
    if len(directions) > FEW:
        return directions
    paired = list(directions)
    for one, other in combinations(directions, 2):
        for sign in (1.0, -1.0):
            mixed = {
                cell: one.get(cell, 0.0) + sign * other.get(cell, 0.0) for cell in one.keys() | other.keys()
            }
            paired.append({cell: slope for cell, slope in sorted(mixed.items()) if abs(slope) > SLACK})
    return paired
