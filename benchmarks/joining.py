"""Somebody joins a group of which a share is told every week: how much better than blind can one guess what they do?

Nobody else comes or leaves, people keep to their habits, and the attacker knows how steady these are and how far the group swings
from week to week: the best case for them. Two attacks are made on the same groups:

* the simple one compares the mean of the told counts before and after, and knows the variance that chance and rounding add to it;
* the full one weighs every level the others may have and every habit the person may have by the likelihood of all that was told of
  each week, which it knows to be a range of counts, given what was told of the week before. Nothing in the told values is left
  unused.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import beta, binom

from benchmarks.assurance.figure import Figure
from service.publication.rounding import NEAR_EVERYBODY, NEAR_NOBODY, told_alike, told_share

Floats = NDArray[np.float64]
ALLOWED = 5.0
"""Points an attacker may be better than a blind guess."""
FEW = 100
"""Fewer guesses than these tell nothing."""
HABITS = np.array([0.005, 0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95, 0.995])
"""How often somebody may be active, each standing for what lies between two of `EDGES`."""
EDGES = np.array([0.0, 0.01, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.99, 1.0])
BETWEEN = 0.25
"""How far apart the levels are that the full attack weighs, in people."""
STEP = 0.01
"""The least step of a told share."""
LEAST, NEGLIGIBLE = 1e-12, 50.0
"""The least probability of what was told, and how far below the largest logarithm a level counts no more."""


@dataclass(frozen=True)
class Points:
    """Points over a blind guess with the ends of the 95 % interval."""

    gain: float
    low: float
    high: float

    @classmethod
    def of(cls, found: Floats) -> "Points":
        points = 100 * found
        middle, half = float(points.mean()), 1.96 * float(points.std(ddof=1)) / sqrt(len(points))
        return cls(middle, middle - half, middle + half)


@dataclass(frozen=True)
class Gain:
    """What the simple and the full attack gain from what is told, and the simple one from exact counts."""

    guesses: int
    told: Points
    full: Points
    exact: Points


def gain(
    weeks: int,
    groups: int,
    *,
    k: int = 10,
    steadiness: float = 0.2,
    seed: int = 0,
    others: tuple[int, int] | None = None,
    bounds: bool = True,
) -> Gain:
    """Was somebody active in most weeks since they joined? From `weeks` weeks before and as many after.

    `steadiness` is the sum of the parameters of the beta distribution of habits: at 0.2 nearly everybody is active always or
    never, at 4 most now and then. `others` is the least number of people in a group, and one more than the most: from 2k to 80
    if None. Without `bounds` the full attack does not use the weeks in which the share is hidden, and only told to be near
    nobody or near everybody.
    """
    rng = np.random.default_rng(seed)
    fewest, beyond = others or (2 * k, 80)
    found: list[tuple[bool, bool, bool, bool, bool]] = []
    for _ in range(groups):
        size, mean = int(rng.integers(fewest, beyond)), rng.uniform(0.2, 0.8)
        habits = rng.beta(mean * steadiness, (1 - mean) * steadiness, size=size + 1)
        active = rng.random((2 * weeks, size + 1)) < habits
        sizes = np.repeat([size, size + 1], weeks)
        counts = active[:, :size].sum(axis=1) + np.where(sizes > size, active[:, size], 0)
        values, alike = _told(counts, sizes, k)
        shown = (values != NEAR_NOBODY) & (values != NEAR_EVERYBODY)
        if not (shown[:weeks].any() and shown[weeks:].any()):
            continue
        truth = bool(2 * active[weeks:, size].sum() >= weeks)
        told = values * sizes
        variance = float((habits * (1 - habits))[:size].sum())
        share = min(max(float(values[shown].mean()), 0.01), 0.99)
        sides = np.flatnonzero(shown[:weeks]), weeks + np.flatnonzero(shown[weeks:])

        def simple(values: NDArray[np.float64], blur: float) -> bool:
            change = float(values[sides[1]].mean() - values[sides[0]].mean())  # noqa: B023
            return log(share / (1 - share)) + (change - 0.5) / (2 * variance / weeks + 0.01 + blur) > 0  # noqa: B023

        chances = np.diff(beta.cdf(EDGES, share * steadiness, (1 - share) * steadiness))
        weighed = (np.arange(weeks), np.arange(weeks, 2 * weeks)) if bounds else sides
        ranges = [_weeks(alike[side]) for side in weighed]
        likely = full(ranges[0], ranges[1], size, sqrt(variance + 1e-3)) * chances
        mostly = binom.sf((weeks + 1) // 2 - 1, weeks, HABITS)
        found.append((
            (share > 0.5) == truth,
            bool(chances @ mostly > 0.5) == truth,
            simple(told, k * k / 3 / weeks) == truth,
            bool(likely @ mostly > 0.5 * likely.sum()) == truth,
            simple(counts.astype(float), 0.0) == truth,
        ))  # fmt: skip
    right = np.array(found, dtype=float)
    attacks = (Points.of(right[:, attack] - right[:, blind]) for attack, blind in ((2, 0), (3, 1), (4, 0)))
    return Gain(len(found), *attacks)


def _told(counts: NDArray[np.int64], sizes: NDArray[np.int64], k: int) -> tuple[Floats, NDArray[np.int64]]:
    """What is told of each week, and the least and the most count that would have been told so after the week before."""
    values, alike, before = [], [], None
    for count, people in zip(counts.tolist(), sizes.tolist(), strict=True):
        alike.append(told_alike(count, people, k, STEP, before))
        before = told_share(count, people, k, STEP, before)
        values.append(before)
    return np.array(values), np.array(alike)


def _weeks(alike: NDArray[np.int64]) -> Floats:
    """The different ranges of counts and in how many weeks each was told: a row for each."""
    ranges, weeks = np.unique(alike, axis=0, return_counts=True)
    return np.column_stack([ranges, weeks]).astype(float)


def full(before: Floats, after: Floats, others: int, deviation: float) -> Floats:
    """The likelihood of what was told under each of `HABITS` of who joined, up to a factor, over all levels of the others.

    `before` and `after` are ranges of counts with the number of weeks in which they were told; the count of a week is taken as
    normal around the level with this standard deviation.
    """
    levels = np.arange(0, others + BETWEEN / 2, BETWEEN)
    past = _logarithm(before, levels, deviation)
    kept = past > past.max() - NEGLIGIBLE
    both = past[kept] + _logarithm(after, levels[kept] + HABITS[:, None], deviation)
    likelihood: Floats = np.exp(both - both.max()).sum(axis=1)
    return likelihood


def _logarithm(ranges: Floats, levels: Floats, deviation: float) -> Floats:
    """Of the likelihood of ranges of counts at each level."""
    sum_of_all = np.zeros(levels.shape)
    for least, most, times in ranges:
        within = ndtr((most + 0.5 - levels) / deviation) - ndtr((least - 0.5 - levels) / deviation)
        sum_of_all += times * np.log(np.maximum(within, LEAST))
    return sum_of_all


def within(low: float, high: float) -> bool | None:
    """Whether a gain is at most what is allowed; None where its interval holds the limit."""
    return None if low <= ALLOWED < high else high <= ALLOWED


def figures(groups: int = 100_000, *, seed: int = 0) -> Iterator[Figure]:
    """What either attack gains in so many groups."""
    for weeks in (1, 4, 13, 26, 52):
        for steadiness, habit in ((0.2, "always or never active"), (1.0, "mixed habits")):
            gained = gain(weeks, groups, steadiness=steadiness, seed=seed)
            for attack, one in (("simple", gained.told), ("full", gained.full)):
                yield Figure(
                    "P2",
                    f"points: somebody joins, {weeks} weeks before and after, {habit}, the {attack} attack",
                    f"at most {ALLOWED:g}",
                    f"{one.gain:.1f} (95 %: {one.low:.1f} to {one.high:.1f}; {gained.guesses:,} guesses); with exact shares {gained.exact.gain:.1f}",
                    within(one.low, one.high) if gained.guesses >= FEW else None,
                    seed,
                )


def tell(groups: int) -> None:
    """Print the gains for short and long series, of people with steady and with changing habits."""
    print(
        f"\n{'somebody joins a group of 20 to 80, k = 10':44}{'simple':>8}{'95 % interval':>18}"
        f"{'full':>8}{'95 % interval':>18}{'exact':>8}{'guesses':>10}"
    )
    for weeks in (1, 4, 13, 26, 52):
        for steadiness, name in ((0.2, "always or never active"), (1.0, "mixed")):
            found = gain(weeks, groups, steadiness=steadiness)
            line = f"{f'{weeks} weeks before and after, {name}':44}"
            for one in (found.told, found.full):
                line += f"{one.gain:>8.1f}{f'{one.low:.1f} to {one.high:.1f}':>18}"
            print(f"{line}{found.exact.gain:>8.1f}{found.guesses:>10}", flush=True)
