"""How sure the order of measures is, given how little is known of effort and effect beforehand.

Weighted shortest job first (Reinertsen 2009; SAFe): what brings much benefit per effort comes first. Effort and benefit are drawn
again and again from what they are estimated at, and it is counted how often each measure is among the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.roadmap.tasks import Estimate, Task

DRAWS = 2000
FOREMOST = 5
EFFECT = 0.4
"""Standard deviation of the logarithm of a benefit: it may well be half or double of what was thought."""


@dataclass(frozen=True)
class Rank:
    """`foremost` is the share of draws in which a task is among the first five, `rank` its median place (1 is first)."""

    key: str
    foremost: float
    rank: float


def ranks(tasks: Sequence[Task], *, seed: int = 1, draws: int = DRAWS) -> list[Rank]:
    """The tasks by their median place, then key. Equal tasks give equal ranks, in whatever order they come."""
    ordered = sorted(tasks, key=lambda task: task.key)
    if not ordered:
        return []
    chance = np.random.default_rng(seed)
    worth = np.empty((draws, len(ordered)))
    for place, task in enumerate(ordered):
        benefit = task.benefit * chance.lognormal(-(EFFECT**2) / 2, EFFECT, draws)
        effort = sum(pert(effort, chance, draws) for _, effort in sorted(task.effort.items()))
        worth[:, place] = benefit / np.maximum(effort, 0.5)
    places = np.argsort(np.argsort(-worth, axis=1, kind="stable"), axis=1) + 1
    found = [
        Rank(task.key, float((places[:, place] <= FOREMOST).mean()), float(np.median(places[:, place])))
        for place, task in enumerate(ordered)
    ]
    return sorted(found, key=lambda rank: (rank.rank, -rank.foremost, rank.key))


def pert(estimate: Estimate, chance: np.random.Generator, draws: int) -> np.ndarray:
    """Draws from the PERT distribution of an estimate: a beta distribution with the mean (low + 4 likely + high) / 6 (Malcolm et al.
    1959)."""
    spread = estimate.high - estimate.low
    if spread == 0:
        return np.full(draws, estimate.likely)
    alpha = 1 + 4 * (estimate.likely - estimate.low) / spread
    beta = 1 + 4 * (estimate.high - estimate.likely) / spread
    return np.asarray(estimate.low + spread * chance.beta(alpha, beta, draws))
