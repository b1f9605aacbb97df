"""The cells of a grid and the totals between them, and what makes a total tell too much."""

from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass

from service.publication.audit import Constraint


@dataclass(slots=True)
class Cell:
    """One number of the grid: `count` persons out of `people`.

    `twin` is the cell that is shown and hidden together with this one (a share shows its complement). `rank` orders what
    is hidden first when another cell must go: lower first. `low` and `high` are what a reader is told of a hidden count.
    """

    count: int
    people: int
    rank: tuple[Hashable, ...] = ()
    shown: bool = True
    unsafe: bool = False
    reason: str | None = None
    whole: bool = False
    """Whether it is about the whole organisation."""
    known: bool = False
    """It was shown before: everybody knows it, and hiding it would protect nothing."""
    twin: int | None = None
    alike: tuple[int, int] | None = None
    """The least and the most count that is told in the same way, where anything is told of it."""
    low: int | None = None
    high: int | None = None

    @property
    def box(self) -> tuple[int, int]:
        return (
            0 if self.low is None else self.low,
            self.people if self.high is None else self.high,
        )

    def width(self, k: int) -> int:
        """How uncertain an unsafe count must stay: half of k, or all that can be told of so small a group anyway."""
        low, high = self.box
        return min(high - low, k // 2)


@dataclass(frozen=True, slots=True)
class Total:
    """A constraint everybody knows. With `additive` False the persons of its cells overlap (weeks of a window)."""

    factors: Constraint
    additive: bool = True
    over_units: bool = False

    def leaks(self, cells: Sequence[Cell], hidden: Sequence[int], k: int) -> bool:
        """Whether its `hidden` cells, one of which is unsafe, are a single cell or stand for fewer than k persons."""
        if not any(cells[cell].unsafe for cell in hidden):
            return False
        if len(hidden) < 2:
            return True
        if len({self.factors[cell] > 0 for cell in hidden}) == 2:
            return False
        counts = [cells[cell].count for cell in hidden]
        return (sum(counts) if self.additive else max(counts)) < k


def told(cells: Sequence[Cell], totals: Iterable[Total], hidden: Collection[int]) -> set[int]:
    """Cells something is told about: one beside them in a total is shown, or they are hidden with a bound."""
    beside = (total.factors for total in totals if any(cell not in hidden for cell in total.factors))
    return {number for number in hidden if cells[number].low is not None}.union(*beside)
