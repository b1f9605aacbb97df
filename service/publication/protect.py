"""Hiding what would give people away: unsafe cells, and as few others as needed so that no hidden cell follows from the rest.

A cell counts persons. It is unsafe if it describes fewer than k of them. Hiding it alone is not enough wherever it is part
of a total, so further cells are hidden until, for every constraint, the hidden part stands for at least k persons and at
least two cells, no unsafe cell is recoverable (rank test) and none can be narrowed too far (linear programmes).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from service.publication.audit import Constraint, components, recoverable, too_narrow
from service.publication.cells import Cell, Total, told
from service.publication.fewest import fewest

SMALL_GROUP = "small_group"
COMPLEMENTARY = "complementary"
HOMOGENEITY = "homogeneity"
DIFFERENCE = "difference"
DOMINANCE = "dominance"

TRIED = 12
"""How many cells are tried as the one more to hide, cheapest first."""


class Recoverable(Exception):
    """The audit found a hidden cell that follows from shown ones; nothing is published. A defect, not a user's error."""


@dataclass
class System:
    """Cells and the totals between them, protected together.

    `bounded` is True where counts are persons out of a known group, so that an attacker can also reason with inequalities.
    """

    k: int
    bounded: bool = True
    cells: list[Cell] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    unavoidable: set[int] = field(default_factory=set)
    """Cells about which nothing is told any more, neither beside them nor of themselves, and which are uncertain only as far
    as the sizes of their groups leave room."""
    _audited: dict[object, frozenset[int]] = field(default_factory=dict)
    _proven: dict[int, int] = field(default_factory=dict)
    """How uncertain a cell was shown to be in this pass; hiding more and telling less can only add to that."""

    def add(self, cell: Cell) -> int:
        self.cells.append(cell)
        return len(self.cells) - 1

    def hide(self, number: int, reason: str) -> None:
        for one in (number, self.cells[number].twin):
            if one is not None and self.cells[one].shown:
                self.cells[one].shown = False
                self.cells[one].reason = reason

    def hide_all(self) -> None:
        """Show nothing, and tell nothing of what is hidden."""
        for number, cell in enumerate(self.cells):
            self.hide(number, COMPLEMENTARY)
            cell.low = cell.high = None

    def _may_hide(self, number: int) -> bool:
        return self.cells[number].shown and not self.cells[number].known

    def protect(self) -> None:
        """Hide until the audit is content.

        First the fewest cells that make it so, as far as they are found with bounded work. Then one by one while it is not: within each
        scope, where what to hide can be chosen with care, then over all units together.
        """
        for cell in fewest(self.cells, self.totals, self.k, bounded=self.bounded):
            self.hide(cell, COMPLEMENTARY)
        every = self.totals
        self.totals = [total for total in every if not total.over_units]
        self._protect(tried=TRIED)
        self.totals = every
        self._audited.clear()
        self._protect(tried=0)
        self._tell_ranges()

    def _protect(self, tried: int) -> None:
        self._proven.clear()
        users: dict[int, list[int]] = defaultdict(list)
        for number, total in enumerate(self.totals):
            for cell in total.factors:
                users[cell].append(number)
        waiting: Iterable[int] = range(len(self.totals))
        while True:
            self._close_totals(waiting, users)
            open_cells = self._open()
            if not open_cells:
                return
            waiting = self._hide_beside(open_cells, users, tried)

    def _tell_ranges(self) -> None:
        """Tell about where a share of the whole organisation lies that was hidden only for the sake of others.

        Where a tenth stands for at least k people, and the audit still holds.
        """
        chosen = [
            cell
            for cell in self.cells
            if self.bounded and cell.whole and cell.reason == COMPLEMENTARY and cell.people >= 10 * self.k
        ]
        for cell in chosen:
            cell.low, cell.high = cell.alike or (None, None)
        self._proven.clear()
        if chosen and self._open():
            for cell in chosen:
                cell.low = cell.high = None

    def _close_totals(self, waiting: Iterable[int], users: Mapping[int, list[int]]) -> None:
        queue = list(waiting)
        while queue:
            total = self.totals[queue.pop()]
            while self._leaks(total):
                victim = self._cheapest(total.factors)
                if victim is None:
                    break
                self.hide(victim, COMPLEMENTARY)
                for changed in (victim, self.cells[victim].twin):
                    if changed is not None:
                        queue.extend(users[changed])

    def _leaks(self, total: Total) -> bool:
        hidden = [cell for cell in total.factors if not self.cells[cell].shown]
        return total.leaks(self.cells, hidden, self.k)

    def _cheapest(self, cells: Iterable[int]) -> int | None:
        shown = [cell for cell in cells if self._may_hide(cell)]
        return min(
            shown, key=lambda cell: (self.cells[cell].rank, self.cells[cell].count, -cell), default=None
        )

    def _open(self) -> set[int]:
        """The unsafe cells that can be worked out, or narrowed too far."""
        hidden = [number for number, cell in enumerate(self.cells) if not cell.shown]
        told = self._told()
        found: set[int] = set()
        for members, rows in components([total.factors for total in self.totals], hidden):
            if not told.isdisjoint(members):
                found |= self._open_among(members, rows)
        return found

    def _told(self) -> set[int]:
        return told(self.cells, self.totals, {n for n, cell in enumerate(self.cells) if not cell.shown})

    def _open_among(self, members: Sequence[int], rows: Sequence[Constraint]) -> set[int]:
        unsafe = {cell for cell in members if self.cells[cell].unsafe}
        if not unsafe:
            return set()
        boxes = {cell: self.cells[cell].box for cell in members}
        state = (tuple(boxes.items()), frozenset(self.unavoidable & unsafe))
        if state not in self._audited:
            found = recoverable(rows, members) & unsafe
            if not found and self.bounded:
                counts = {cell: self.cells[cell].count for cell in members}
                widths = {cell: self.cells[cell].width(self.k) for cell in sorted(unsafe - self.unavoidable)}
                asked = {cell: width for cell, width in widths.items() if self._proven.get(cell, -1) < width}
                found = too_narrow(members, rows, counts, boxes, asked)
                self._proven.update((cell, width) for cell, width in asked.items() if cell not in found)
            self._audited[state] = frozenset(found)
        return set(self._audited[state])

    def _hide_beside(self, open_cells: set[int], users: Mapping[int, list[int]], tried: int) -> set[int]:
        """Hide one more cell beside each open one; where all are hidden, tell less about the hidden ones."""
        touched: set[int] = set()
        left, stale = set(open_cells), set[int]()
        for cell in sorted(open_cells):
            if cell in left & stale:
                # One audit of all that hangs together tells of every other open cell there as well.
                near = self._reach(cell, users)
                left -= (near & left) - self._open_of(near, near & left, users)
                stale -= near
            if cell not in left:
                continue
            victim = self._victim(cell, users, tried)
            if victim is not None:
                self.hide(victim, COMPLEMENTARY)
                changed = [one for one in (victim, self.cells[victim].twin) if one is not None]
                touched.update(number for one in changed for number in users[one])
                stale |= self._reach(cell, users)
                continue
            told = [one for one in self._reach(cell, users) if self.cells[one].low is not None]
            if not told and self._beside_known(cell, users):
                raise Recoverable("a hidden cell could be worked out from what was published before")
            if not told:
                self.unavoidable.add(cell)
            for one in told:
                self.cells[one].low = self.cells[one].high = None
        return touched

    def _victim(self, cell: int, users: Mapping[int, list[int]], tried: int) -> int | None:
        """The cheapest shown cell that closes an open one, or else the cheapest near it."""
        near = {
            other
            for one in self._reach(cell, users)
            for number in users[one]
            for other in self.totals[number].factors
            if self._may_hide(other)
        }
        cheapest = sorted(near, key=lambda one: (self.cells[one].rank, self.cells[one].count, -one))
        for victim in cheapest[:tried] if self.bounded else ():
            pair = [self.cells[one] for one in (victim, self.cells[victim].twin) if one is not None]
            for one in pair:
                one.shown = False
            closes = not self._open_of(self._reach(cell, users), {cell}, users)
            for one in pair:
                one.shown = True
            if closes:
                return victim
        return cheapest[0] if cheapest else None

    def _beside_known(self, cell: int, users: Mapping[int, list[int]]) -> bool:
        return any(
            self.cells[other].shown and self.cells[other].known
            for one in self._reach(cell, users)
            for number in users[one]
            for other in self.totals[number].factors
        )

    def _reach(self, cell: int, users: Mapping[int, list[int]]) -> set[int]:
        """The hidden cells that hang together with one through totals."""
        found, queue = {cell}, [cell]
        while queue:
            for number in users[queue.pop()]:
                new = {one for one in self.totals[number].factors if not self.cells[one].shown} - found
                found |= new
                queue.extend(new)
        return found

    def _open_of(self, inside: set[int], asked: set[int], users: Mapping[int, list[int]]) -> set[int]:
        """Which of `asked` are open, all of them among the hidden cells `inside` that hang together."""
        members = sorted(inside)
        touching = sorted({number for one in members for number in users[one]})
        rows = [{c: f for c, f in self.totals[number].factors.items() if c in inside} for number in touching]
        found = recoverable(rows, members) & asked
        widths = {one: self.cells[one].width(self.k) for one in sorted(asked - found - self.unavoidable)}
        if not self.bounded or not widths:
            return found
        counts = {one: self.cells[one].count for one in members}
        boxes = {one: self.cells[one].box for one in members}
        return found | too_narrow(members, rows, counts, boxes, widths)

    def verify(self) -> None:
        """The rank test once more over the final cells, for every publication. Raises `Recoverable`."""
        unsafe = {number for number, cell in enumerate(self.cells) if cell.unsafe}
        hidden = [number for number, cell in enumerate(self.cells) if not cell.shown]
        told = self._told()
        for members, rows in components([total.factors for total in self.totals], hidden):
            inside = unsafe.intersection(members)
            if inside and not told.isdisjoint(members) and not inside.isdisjoint(recoverable(rows, members)):
                raise Recoverable("a hidden cell could be worked out; nothing was published")
        if not unsafe.issubset(hidden) or self._open():
            raise Recoverable(
                "a cell of fewer people than the minimum group would be shown; nothing was published"
            )


def hidden_groups(people: Mapping[str, int], whole: int | None, k: int) -> dict[str, str]:
    """Which parts of a partition of people may not be shown, with the reason.

    A part of 1..k-1 people is hidden, and with it the smallest other part if the total would give it away: every shown part
    has at least k people, so one more always suffices and the smallest loses least. People outside all parts count as one
    more part that is never shown.
    """
    hidden = {key: SMALL_GROUP for key, size in people.items() if size < k}
    if whole is None or whole < k:
        return hidden
    rest = max(0, whole - sum(people.values()))
    sizes = [people[key] for key in hidden if people[key]] + ([rest] if rest else [])
    if any(size < k for size in sizes) and (len(sizes) < 2 or sum(sizes) < k):
        shown = [(size, key) for key, size in people.items() if key not in hidden]
        if shown:
            hidden[min(shown)[1]] = COMPLEMENTARY
    return hidden
