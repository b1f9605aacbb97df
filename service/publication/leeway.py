"""How far hidden counts can be from the true ones while every total stays: what an attacker can not tell apart.

One linear programme is kept for all questions about the same totals. From one question to the next only its bounds and its objective
change, so that the simplex method goes on from the corner where it stands instead of beginning anew.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

SLACK = 1e-6
MIXED = 6
"""Mixed directions that are tried at least, while they are of use."""
USEFUL = 0.05
"""The part of the open cells a further mixed direction has to close."""

Floats = NDArray[np.float64]


class Leeway:
    """The displacements of `size` counts, by their place, that change none of `rows` (place -> factor).

    All of them are zero at the true counts, so there is always one. GLOP, the simplex method of OR-tools, is
    deterministic, and is limited by nothing but the tolerance of its floating point (1e-7).
    """

    def __init__(self, size: int, rows: Sequence[Mapping[int, int]]) -> None:
        from ortools.linear_solver import pywraplp  # 20 MB that only publishing needs

        self.solver = pywraplp.Solver.CreateSolver("GLOP")
        self.counts = [self.solver.NumVar(0.0, 0.0, "") for _ in range(size)]
        for row in rows:
            total = self.solver.Constraint(0.0, 0.0)
            for place, factor in row.items():
                total.SetCoefficient(self.counts[place], factor)
        self.low, self.high = np.zeros(size), np.zeros(size)
        self.solved = 0
        """How many programmes were solved."""

    def confine(self, low: Floats, high: Floats) -> None:
        """Let every count be so far below and above the true one at most; infinite where nothing bounds it."""
        endless = self.solver.infinity()
        for place in np.flatnonzero((low != self.low) | (high != self.high)):
            self.counts[place].SetBounds(max(-endless, float(low[place])), min(endless, float(high[place])))
        self.low, self.high = low.copy(), high.copy()

    def furthest(self, direction: Mapping[int, float]) -> Floats | None:
        """The displacement that goes furthest in a direction; None if there is no end to it."""
        if not self._solve(direction):
            return None
        return np.array([count.solution_value() for count in self.counts])

    def proof(self, place: int, sign: float) -> Floats | None:
        """Why a count can not be further off in one direction: how much a person more of each count's room would add to it (reduced
        costs: positive where room above the true count does, negative where room below it does).

        None if there is no end to it.
        """
        if not self._solve({place: sign}):
            return None
        return np.array([count.reduced_cost() for count in self.counts])

    def _solve(self, direction: Mapping[int, float]) -> bool:
        objective = self.solver.Objective()
        objective.Clear()
        for place, slope in direction.items():
            objective.SetCoefficient(self.counts[place], slope)
        objective.SetMaximization()
        self.solved += 1
        return bool(self.solver.Solve() == self.solver.OPTIMAL)


class Witnesses:
    """Displacements that were found, and by how much each count is known to be uncertain because of them.

    One holds for every choice of hidden cells that has all the cells it moves.
    """

    def __init__(self, size: int) -> None:
        self.found: list[Floats] = []
        self.low, self.high = np.zeros(size), np.zeros(size)

    def restrict(self, shown: NDArray[np.bool_]) -> None:
        """Count only those that move none of the shown cells."""
        self.low, self.high = np.zeros(len(shown)), np.zeros(len(shown))
        if self.found:
            every = np.array(self.found)
            fitting = every[~every[:, shown].any(axis=1)]
            if len(fitting):
                self.low = np.minimum(0.0, fitting.min(axis=0))
                self.high = np.maximum(0.0, fitting.max(axis=0))

    def add(self, found: Floats | None) -> None:
        if found is not None and ((found < self.low - SLACK) | (found > self.high + SLACK)).any():
            self.found.append(found)
            self.low, self.high = np.minimum(self.low, found), np.maximum(self.high, found)

    def narrow(self, widths: Mapping[int, int]) -> list[int]:
        """The places that are not known to be as uncertain as `widths`."""
        return [
            place for place, width in widths.items() if self.high[place] - self.low[place] < width - SLACK
        ]


def too_narrow(
    leeway: Leeway, witnesses: Witnesses, widths: Mapping[int, int], enough: int | None = None
) -> list[int]:
    """The places whose counts can not lie `widths` apart; about `enough` of them suffice, where given.

    One solution widens many counts at once: mixed directions first, single counts only where these were not enough.
    """
    signs = np.random.default_rng(0)
    for turn in range(len(widths)):
        places = witnesses.narrow(widths)
        if len(places) <= 2:
            break
        drawn = signs.choice((-1.0, 1.0), len(places))
        for way in (1.0, -1.0):
            witnesses.add(leeway.furthest(dict(zip(places, (way * drawn).tolist(), strict=True))))
        if turn >= MIXED - 1 and len(places) - len(witnesses.narrow(widths)) < USEFUL * len(places):
            break
    closed = []
    for place in witnesses.narrow(widths):
        for sign in (1.0, -1.0):
            if witnesses.narrow({place: widths[place]}):
                witnesses.add(leeway.furthest({place: sign}))
        closed += witnesses.narrow({place: widths[place]})
        if enough is not None and len(closed) >= enough:
            break
    return closed
