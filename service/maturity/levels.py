"""From a value to a level: anchors, draws, and what they say about a level with its uncertainty.

Levels are 1 to 5 on a continuous scale; the level reached is the whole number below. Anchors are the values at which levels 1 to
5 are reached: between them the scale is linear, and outside it ends.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

LEVELS = (1, 2, 3, 4, 5)
Draws = NDArray[np.float64]


def score(value: float | Draws, anchors: Sequence[float]) -> Draws:
    """Where on the scale of 1 to 5 a value lies. `anchors` rise or fall strictly (a falling metric is the better the lower)."""
    ordered = np.asarray(anchors, dtype=float)
    rising = ordered[-1] > ordered[0]
    given = np.asarray(value, dtype=float)
    if rising:
        return np.asarray(np.interp(given, ordered, LEVELS))
    return np.asarray(np.interp(-given, -ordered, LEVELS))


def mean(scores: Sequence[float], weights: Sequence[float]) -> float:
    """Weighted mean; the weights need not add up to 1."""
    return float(np.dot(scores, weights) / np.sum(weights))


def interval(draws: Draws, inside: float = 0.95) -> tuple[float, float]:
    """The middle of the draws that holds that share of them."""
    tail = (1 - inside) / 2
    low, high = np.quantile(draws, (tail, 1 - tail))
    return float(low), float(high)


def probabilities(draws: Draws) -> dict[int, float]:
    """P(level): the share of draws in which each level is the one reached."""
    reached = np.clip(np.floor(draws + 1e-9), 1, 5).astype(int)
    return {level: float(np.mean(reached == level)) for level in LEVELS}


def reached(score: float) -> int:
    """The whole level a continuous score has reached. A score a rounding error below counts as reached."""
    return int(np.clip(np.floor(score + 1e-9), 1, 5))


def quantiles(draws: Draws, number: int = 201) -> list[float]:
    """The draws in short: equally likely values, rounded to thousandths of a level."""
    return [round(float(one), 3) for one in np.quantile(draws, (np.arange(number) + 0.5) / number)]


def rose(before: Sequence[float], after: Sequence[float]) -> float:
    """P(after > before) of two independent results, ties shared half and half."""
    sides = np.sign(np.asarray(after)[:, None] - np.asarray(before)[None, :])
    return float(np.mean(sides + 1) / 2)


def staged(met: Mapping[int, Sequence[bool | None]]) -> int | None:
    """The highest level of which, and of all below it, every criterion is met; a level without criteria is met.

    None where it can not be told: a criterion nobody has assessed stands in the way.
    """
    level = 1
    for step in LEVELS:
        criteria = met.get(step, ())
        if any(one is False for one in criteria):
            return max(1, step - 1) if step > 1 else 1
        if any(one is None for one in criteria):
            return None
        level = step
    return level
