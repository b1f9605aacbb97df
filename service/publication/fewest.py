"""The fewest further cells to hide, weighted by the people of their groups: cell suppression by cutting planes.

What to hide beside unsafe cells is an integer programme. Each proof that an unsafe cell follows from what is shown, or is bounded
too narrowly, rests on shown cells, and enough of these have to go. There are far too many proofs to write down, so they are
added as they are found: hide the least that ends all known proofs, audit, and again until the audit finds no more
(Fischetti & Salazar 2000, Models and Algorithms for Optimizing Cell Suppression in Tabular Data with Linear Constraints, JASA 95;
2001, Solving the Cell Suppression Problem on Tabular Data with Linear Constraints, Management Science 47). A proof is a dual
solution of the linear programmes by which an attacker would bound the cell.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_matrix, hstack, identity

from service.publication.audit import SLACK, components, recoverable, too_narrow
from service.publication.cells import Cell, Total, told

ROUNDS = 40
"""Audits of one part. Limits are on work, never on time, so that the same counts always give the same cells."""
PROOFS = 1500
NODES = 2000
"""Nodes of one search for the least; if they do not suffice, the best found is taken."""
SPARSE = 1e-4
"""What a proof pays for each shown cell it rests on, so that it rests on few."""

Floats = NDArray[np.float64]
Proof = Mapping[int, float]
"""Cell -> how much of what the proof lacks it would give, were it hidden; hidden cells have to give 1 together."""


def fewest(cells: Sequence[Cell], totals: Sequence[Total], k: int, *, bounded: bool) -> Iterator[int]:
    """The shown cells to hide, without their twins, so that no total leaks and no unsafe cell is recoverable or too narrow.

    Cells that hang together through totals are a part, decided together. A part that takes too much work is left out, and so
    is an unsafe cell that nothing can protect: whoever asks has to audit what comes out.
    """
    users: dict[int, set[int]] = defaultdict(set)
    for number, total in enumerate(totals):
        for cell in total.factors:
            users[cell].add(number)
    twins = [{number: 1, cell.twin: 1} for number, cell in enumerate(cells) if cell.twin is not None]
    for members, _ in components([*(total.factors for total in totals), *twins], range(len(cells))):
        if any(cells[one].unsafe for one in members):
            touching = sorted({number for one in members for number in users[one]})
            yield from Part(cells, members, [totals[number] for number in touching], k, bounded).fewest()


@dataclass
class Part:
    """Cells that hang together through totals."""

    cells: Sequence[Cell]
    members: Sequence[int]
    totals: Sequence[Total]
    k: int
    bounded: bool
    unprotected: set[int] = field(default_factory=set)
    """Unsafe cells that nothing in the part can protect."""

    def __post_init__(self) -> None:
        self.pair = {one: min(one, self._twin(one)) for one in self.members}
        free = {self.pair[one] for one in self.members if self.cells[one].shown and not self.cells[one].known}
        # Of two cells of as many people the one goes that the other rules would take.
        self.free = sorted(free, key=lambda one: (self.cells[one].rank, self.cells[one].count, -one))
        self.weights = [len(free) * self.cells[one].people + place for place, one in enumerate(self.free)]
        self.column = {one: place for place, one in enumerate(self.members)}
        entries = [
            (factor, line, self.column[cell])
            for line, total in enumerate(self.totals)
            for cell, factor in total.factors.items()
        ]
        self.matrix = _sparse(entries, (len(self.totals), len(self.members)))

    def _twin(self, one: int) -> int:
        twin = self.cells[one].twin
        return one if twin is None else twin

    def fewest(self) -> list[int]:
        """The first cells of the pairs to hide; none if that takes too much work."""
        chosen: list[int] = []
        known: list[Proof] = []
        for _ in range(ROUNDS):
            new = self.proofs(set(chosen))
            if not new:
                return chosen
            known += new
            found = self._least(known) if len(known) <= PROOFS else None
            if found is None:
                break
            chosen = found
        return []

    def _least(self, proofs: Sequence[Proof]) -> list[int] | None:
        """The pairs of least weight that end all proofs."""
        place = {one: number for number, one in enumerate(self.free)}
        entries = [
            (given, line, place[one]) for line, proof in enumerate(proofs) for one, given in proof.items()
        ]
        found = milp(
            self.weights,
            integrality=np.ones(len(self.free)),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(_sparse(entries, (len(proofs), len(self.free))), lb=1),
            options={"node_limit": NODES, "mip_rel_gap": 0},
        )
        if found.x is None:
            return None
        return [one for one, taken in zip(self.free, found.x, strict=True) if taken > 0.5]

    def proofs(self, chosen: set[int]) -> list[Proof]:
        """How an attacker knows too much although the `chosen` pairs are hidden; first the simplest ways."""
        hidden = {one for one in self.members if not self.cells[one].shown or self.pair[one] in chosen}
        leaking = [
            self._among_free(dict.fromkeys(set(total.factors) - hidden, 1.0))
            for total in self.totals
            if total.leaks(self.cells, [cell for cell in total.factors if cell in hidden], self.k)
        ]
        found: list[Proof] = [proof for proof in leaking if proof]
        if found:
            return found
        about = told(self.cells, self.totals, hidden)
        for members, rows in components([total.factors for total in self.totals], hidden):
            asked = {one for one in members if self.cells[one].unsafe} - self.unprotected
            if not asked or about.isdisjoint(members):
                continue
            open_cells = dict.fromkeys(sorted(recoverable(rows, members) & asked), 0)
            if not open_cells and self.bounded:
                counts = {one: self.cells[one].count for one in members}
                boxes = {one: self.cells[one].box for one in members}
                widths = {one: self.cells[one].width(self.k) for one in sorted(asked)}
                narrow = too_narrow(members, rows, counts, boxes, widths)
                open_cells = {one: widths[one] for one in sorted(narrow)}
            for cell, width in open_cells.items():
                proof = self._proof(cell, width, hidden)
                if proof is None:
                    self.unprotected.add(cell)
                else:
                    found.append(proof)
        return found

    def _among_free(self, given: Mapping[int, float]) -> dict[int, float]:
        """What pairs that may be hidden give."""
        amounts: Counter[int] = Counter()
        for one, amount in given.items():
            if self.cells[one].shown and not self.cells[one].known:
                amounts[self.pair[one]] += amount  # type: ignore[assignment]
        return {one: min(1.0, amount) for one, amount in amounts.items() if amount > SLACK}

    def _proof(self, cell: int, width: int, hidden: set[int]) -> Proof | None:
        """Why a cell follows from what is not `hidden` (`width` 0), or lies within less than `width`; None if nothing helps."""
        given: dict[int, float] = defaultdict(float)
        for sign in (1.0, -1.0) if width else (1.0,):
            for one, amount in self._bound(cell, sign, width, hidden).items():
                given[one] += amount
        need = float(width or 1) - sum(amount for one, amount in given.items() if not self.cells[one].shown)
        now = sum(amount for one, amount in given.items() if one in hidden)
        proof = (
            self._among_free({one: amount / need for one, amount in given.items()}) if need > SLACK else {}
        )
        return proof if now < (width or 1) - SLACK and sum(proof.values()) >= 1 - SLACK else None

    def _bound(self, cell: int, sign: float, width: int, hidden: set[int]) -> dict[int, float]:
        """The dual of the furthest a cell can be from its count in one direction: what each cell adds to that, if hidden.

        With y a multiplier per total and r what the totals so weighted leave of the cell itself, it can be no further than the sum
        of r times how far every hidden cell can go. With `width` 0 no hidden cell may be left: the cell follows from shown ones.
        """
        size = len(self.members)
        room = np.zeros((2, size))
        price, most = np.zeros((2, size)), np.full((2, size), np.inf)
        for one, place in self.column.items():
            counted, (low, high) = self.cells[one].count, self.cells[one].box
            room[:, place] = (max(0, high - counted), max(0, counted - low)) if width else 1
            if one not in hidden:
                # A cell known for ever costs nothing to rest on.
                price[:, place] = 0 if self.cells[one].known else SPARSE
            elif width:
                price[:, place] = room[:, place]
            else:
                most[:, place] = 0
        target = np.zeros(size)
        target[self.column[cell]] = sign
        left = identity(size)
        found = linprog(
            np.concatenate([np.zeros(len(self.totals)), *price]),
            A_eq=hstack([self.matrix.T, left, -left]).tocsr(),
            b_eq=target,
            bounds=[(None, None)] * len(self.totals) + [(0, top) for side in most for top in side],
            method="highs",
        )
        if found.x is None:
            return {}
        rest = found.x[len(self.totals) :].reshape(2, size)
        if not width:
            return {one: 1.0 for one, place in self.column.items() if rest[:, place].sum() > SLACK}
        added = (rest * room).sum(axis=0)
        return {one: float(added[place]) for one, place in self.column.items() if added[place] > SLACK}


def _sparse(entries: Sequence[tuple[float, int, int]], shape: tuple[int, int]) -> csr_matrix:
    """A matrix from (value, row, column)."""
    values, rows, columns = zip(*entries, strict=True) if entries else ((), (), ())
    return csr_matrix((values, (rows, columns)), shape=shape, dtype=float)
