"""Somebody joins a group of which a share is told every week: how much better than blind can one guess what they do?

Nobody else comes or leaves, people keep to their habits, and the attacker knows how steady these are: the best case for them.
"""

from dataclasses import dataclass
from math import log, sqrt

import numpy as np

from service.publication.rounding import rounded_share


@dataclass(frozen=True)
class Gain:
    """Points over a blind guess with the ends of the 95 % interval, told as published and told exactly."""

    guesses: int
    told: float
    low: float
    high: float
    exact: float


def gain(weeks: int, groups: int, *, k: int = 10, steadiness: float = 0.2, seed: int = 0) -> Gain:
    """Was somebody active in most weeks since they joined? From `weeks` weeks before and as many after.

    `steadiness` is the sum of the parameters of the beta distribution of habits: at 0.2 nearly everybody is active always or
    never, at 4 most now and then.
    """
    rng = np.random.default_rng(seed)
    points: list[tuple[int, int]] = []
    for _ in range(groups):
        others, mean = int(rng.integers(2 * k, 80)), rng.uniform(0.2, 0.8)
        habits = rng.beta(mean * steadiness, (1 - mean) * steadiness, size=others + 1)
        active = rng.random((2 * weeks, others + 1)) < habits
        sizes = np.repeat([others, others + 1], weeks)
        counts = active[:, :others].sum(axis=1) + np.where(sizes > others, active[:, others], 0)
        shown = (counts >= k) & (counts <= sizes - k)
        if not (shown[:weeks].any() and shown[weeks:].any()):
            continue
        truth = 2 * active[weeks:, others].sum() >= weeks
        told = np.array(
            [rounded_share(int(c), int(n), k, 0.01) * n for c, n in zip(counts, sizes, strict=True)]
        )
        noise = 2 * float((habits * (1 - habits))[:others].sum()) / weeks + 0.01
        share = min(max(float((told / sizes)[shown].mean()), 0.01), 0.99)
        prior = log(share / (1 - share))

        sides = [np.flatnonzero(shown[:weeks]), weeks + np.flatnonzero(shown[weeks:])]
        right = []
        for values, blur in ((told, k * k / 6 / weeks), (counts, 0.0)):
            change = float(values[sides[1]].mean() - values[sides[0]].mean())
            right.append((prior + (change - 0.5) / (noise + blur) > 0) == bool(truth))
        blind = (prior > 0) == bool(truth)
        points.append((int(right[0]) - int(blind), int(right[1]) - int(blind)))
    found = 100 * np.array(points, dtype=float)
    half = 1.96 * float(found[:, 0].std(ddof=1)) / sqrt(len(found))
    middle = float(found[:, 0].mean())
    return Gain(len(found), middle, middle - half, middle + half, float(found[:, 1].mean()))


def tell(groups: int) -> None:
    """Print the gains for short and long series, of people with steady and with changing habits."""
    print(
        f"\n{'somebody joins a group of 20 to 80, k = 10':44}{'gain':>8}{'95 % interval':>18}{'exact':>10}{'guesses':>10}"
    )
    for weeks in (1, 4, 13):
        for steadiness, name in ((0.2, "always or never active"), (1.0, "mixed")):
            found = gain(weeks, groups, steadiness=steadiness)
            what = f"{weeks} weeks before and after, {name}"
            interval = f"{found.low:.1f} to {found.high:.1f}"
            print(f"{what:44}{found.told:>8.1f}{interval:>18}{found.exact:>10.1f}{found.guesses:>10}")
