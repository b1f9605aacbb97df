"""The fewest further cells to hide, weighted by the people of their groups: cell suppression by cutting planes.

What to hide beside unsafe cells is an integer programme. Each proof that an unsafe cell follows from what is shown, or is bounded
too narrowly, rests on shown cells, and enough of these have to go. There are far too many proofs to write down, so they are
added as they are found: hide the least that ends all known proofs, audit, and again until the audit finds no more
(Fischetti & Salazar 2000, Models and Algorithms for Optimizing Cell Suppression in Tabular Data with Linear Constraints, JASA 95;
2001, Solving the Cell Suppression Problem on Tabular Data with Linear Constraints, Management Science 47). A proof is a dual
solution of the linear programmes by which an attacker would bound the cell.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix

from service.publication.audit import components, recoverable
from service.publication.cells import Cell, Total, told
from service.publication.leeway import SLACK, Leeway, Witnesses, too_narrow

ROUNDS = 40
"""Audits of one part on the way to the least. Limits are on work, never on time, so that the same counts always give the same cells."""
PROOFS = 1500
NODES = 2000
"""Nodes of all searches for the least of a part; if they do not suffice, the best found is taken."""
WORK = 500_000
"""Linear programmes on the way to the least, times the cells of the part. Where this, `ROUNDS` or `PROOFS` is used up, cells are added to
the best found until the audit is content: not the least, and nothing is taken back."""
PASSES = 200
"""Audits while cells are added."""
SPARSE = 1e-4
"""What a proof pays for each shown cell it rests on, so that it rests on few."""

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
        self.leeway = Leeway(
            len(self.members),
            [{self.column[one]: factor for one, factor in total.factors.items()} for total in self.totals],
        )
        self.witnesses = Witnesses(len(self.members))
        counts = np.array([self.cells[one].count for one in self.members])
        boxes = np.array([self.cells[one].box for one in self.members]).reshape(-1, 2)
        self.room = np.maximum(0.0, np.array([counts - boxes[:, 0], boxes[:, 1] - counts], dtype=float))
        """How far each count can be from the true one, downward and upward, by what is told of itself."""
        self.known = np.array([self.cells[one].known for one in self.members])
        self.nodes = 0

    def _twin(self, one: int) -> int:
        twin = self.cells[one].twin
        return one if twin is None else twin

    def fewest(self) -> list[int]:
        """The first cells of the pairs to hide: the least, or if that takes too much work, enough."""
        chosen: list[int] = []
        known: dict[tuple[tuple[int, float], ...], Proof] = {}
        for _ in range(ROUNDS):
            left = WORK // len(self.members) - self.leeway.solved
            if left <= 0 or len(known) > PROOFS:
                break
            # An open cell takes four programmes: two to see it, two to prove it.
            new = self.proofs(set(chosen), left // 4 + 1)
            if not new:
                return chosen
            known.update((tuple(proof.items()), proof) for proof in new)
            found = self._least(list(known.values()), set(), NODES - self.nodes)
            if found is None:
                break
            chosen = found
        return self._enough(set(chosen))

    def _enough(self, chosen: set[int]) -> list[int]:
        """The `chosen` pairs, and so many others, cell by cell, that no proof is left."""
        for _ in range(PASSES):
            before = len(chosen)
            hidden = self._hidden(chosen)
            leaking = self._leaking(hidden)
            if leaking:
                chosen |= set(self._least(leaking, chosen, 1) or (one for proof in leaking for one in proof))
                continue
            open_cells = self._open(hidden, None)
            if not open_cells:
                break
            for cell, width in open_cells.items():
                while True:
                    hidden = self._hidden(chosen)
                    self._set_up_proofs(hidden, bounded=bool(width))
                    proof = self._proof(cell, width, hidden)
                    if not proof:
                        break
                    chosen |= self._cheapest(proof, chosen)
            if len(chosen) == before:
                self.unprotected.update(open_cells)
        return [one for one in self.free if one in chosen]

    def _cheapest(self, proof: Proof, chosen: set[int]) -> set[int]:
        """Pairs that end a proof, those first of which the least weight gives most."""
        weight = dict(zip(self.free, self.weights, strict=True))
        given, taken = sum(proof.get(one, 0.0) for one in chosen), set[int]()
        for one in sorted(proof.keys() - chosen, key=lambda one: (weight[one] / proof[one], weight[one])):
            if given >= 1 - SLACK:
                break
            given += proof[one]
            taken.add(one)
        return taken

    def _least(self, proofs: Sequence[Proof], taken: set[int], nodes: int) -> list[int] | None:
        """The pairs of least weight that end all proofs, with those already `taken`."""
        place = {one: number for number, one in enumerate(self.free)}
        entries = [
            (given, line, place[one]) for line, proof in enumerate(proofs) for one, given in proof.items()
        ]
        found = milp(
            self.weights,
            integrality=np.ones(len(self.free)),
            bounds=Bounds(np.array([one in taken for one in self.free], dtype=float), 1),
            constraints=LinearConstraint(_sparse(entries, (len(proofs), len(self.free))), lb=1),
            options={"node_limit": max(1, nodes), "mip_rel_gap": 0},
        )
        self.nodes += int(found.get("mip_node_count") or 0)
        if found.x is None:
            return None
        return [one for one, share in zip(self.free, found.x, strict=True) if share > 0.5]

    def proofs(self, chosen: set[int], enough: int | None = None) -> list[Proof]:
        """How an attacker knows too much although the `chosen` pairs are hidden; first the simplest ways.

        About `enough` of them where given, else all.
        """
        hidden = self._hidden(chosen)
        found = self._leaking(hidden)
        if found:
            return found
        open_cells = self._open(hidden, enough)
        for width in (1, 0):
            # A proof that a cell follows lets hidden cells be anything, so the programme is set up for it apart.
            self._set_up_proofs(hidden, bounded=bool(width))
            for cell in [cell for cell in open_cells if bool(open_cells[cell]) == bool(width)]:
                proof = self._proof(cell, open_cells[cell], hidden)
                if proof:
                    found.append(proof)
                else:
                    self.unprotected.add(cell)
        return found

    def _hidden(self, chosen: Collection[int]) -> set[int]:
        return {one for one in self.members if not self.cells[one].shown or self.pair[one] in chosen}

    def _leaking(self, hidden: set[int]) -> list[Proof]:
        """The totals that leak, where something can be hidden against it."""
        found = [
            self._among_free(dict.fromkeys(set(total.factors) - hidden, 1.0))
            for total in self.totals
            if total.leaks(self.cells, [cell for cell in total.factors if cell in hidden], self.k)
        ]
        return [proof for proof in found if proof]

    def _open(self, hidden: set[int], enough: int | None) -> dict[int, int]:
        """The unsafe cells that are too narrow, with the width each has to have; if none is, those that follow, with 0."""
        about = told(self.cells, self.totals, hidden)
        groups = [
            (members, rows)
            for members, rows in components([total.factors for total in self.totals], hidden)
            if not about.isdisjoint(members)
        ]
        asked = {
            one: self.cells[one].width(self.k)
            for members, _ in groups
            for one in members
            if self.cells[one].unsafe and one not in self.unprotected
        }
        if self.bounded and asked:
            shown = np.array([one not in hidden for one in self.members])
            self.leeway.confine(*np.where(shown, 0.0, [-self.room[0], self.room[1]]))
            self.witnesses.restrict(shown)
            widths = {self.column[one]: width for one, width in sorted(asked.items())}
            narrow = too_narrow(self.leeway, self.witnesses, widths, enough)
            if narrow:
                return {self.members[place]: widths[place] for place in narrow}
            # What is uncertain by a person does not follow.
            asked = {one: width for one, width in asked.items() if not width}
        following = set[int]()
        for members, rows in groups:
            if not asked.keys().isdisjoint(members):
                following |= recoverable(rows, members) & asked.keys()
        return dict.fromkeys(sorted(following), 0)

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
            for one, amount in self._bound(cell, sign, width).items():
                given[one] += amount
        need = float(width or 1) - sum(amount for one, amount in given.items() if not self.cells[one].shown)
        now = sum(amount for one, amount in given.items() if one in hidden)
        proof = (
            self._among_free({one: amount / need for one, amount in given.items()}) if need > SLACK else {}
        )
        return proof if now < (width or 1) - SLACK and sum(proof.values()) >= 1 - SLACK else None

    def _set_up_proofs(self, hidden: set[int], *, bounded: bool) -> None:
        """Let hidden cells move as far as they can (anywhere, if not `bounded`), and shown ones so little that resting on each has its price."""
        shown = np.array([one not in hidden for one in self.members])
        # A cell known for ever costs nothing to rest on.
        still = np.where(self.known, 0.0, SPARSE)
        low, high = (side if bounded else np.full(len(self.members), np.inf) for side in self.room)
        self.leeway.confine(np.where(shown, -still, -low), np.where(shown, still, high))

    def _bound(self, cell: int, sign: float, width: int) -> dict[int, float]:
        """The dual of the furthest a cell can be from its count in one direction: what each cell adds to that, if hidden.

        With y a multiplier per total and r what the totals so weighted leave of the cell itself, it can be no further than the sum
        of r times how far every hidden cell can go. With `width` 0 no hidden cell may be left: the cell follows from shown ones.
        """
        rest = self.leeway.proof(self.column[cell], sign)
        if rest is None:
            return {}
        size, places = self.members, map(int, np.flatnonzero(np.abs(rest) > SLACK))
        if not width:
            return {size[place]: 1.0 for place in places}
        added = {place: rest[place] * self.room[0 if rest[place] < 0 else 1, place] for place in places}
        return {size[place]: float(abs(amount)) for place, amount in added.items() if abs(amount) > SLACK}


def _sparse(entries: Sequence[tuple[float, int, int]], shape: tuple[int, int]) -> csr_matrix:
    """A matrix from (value, row, column)."""
    values, rows, columns = zip(*entries, strict=True) if entries else ((), (), ())
    return csr_matrix((values, (rows, columns)), shape=shape, dtype=float)
