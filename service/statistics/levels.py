"""From values to a level: anchors, coverage, must criteria."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.errors import Invalid
from service.statistics.bootstrap import generator
from service.statistics.estimate import Estimate, Floats, Numbers, Reason, vector

LEVELS = (1, 2, 3, 4, 5)
Anchors = tuple[float, float, float, float, float]
"""The values of an indicator, in its own unit, at which levels 1 to 5 are reached; rising, or falling where less is better."""
COVERAGE = 0.6
"""Share of the weight that must have evidence, below which a dimension is not told."""
ANCHOR_SPREAD = 0.1
"""By how much anchors may be stricter or milder than written, as a share of their distance from the zero of the scale (our choice)."""
WEIGHT_VOTES = 50.0
"""How firmly weights are held: drawn weights scatter as if that many people had been asked for the most important indicator (our
choice)."""


@dataclass(frozen=True, slots=True)
class Combined:
    """The continuous level of a dimension, 1 to 5, and the share of the weight that has evidence.

    Without a score `reason` says why.
    """

    score: float | None
    coverage: float
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Staged:
    """The staged level lies between `at_least` and `at_most`; they differ where it is unknown whether a criterion is met."""

    at_least: int
    at_most: int

    @property
    def level(self) -> int | None:
        return self.at_least if self.at_least == self.at_most else None


def scores(values: Numbers, anchors: Anchors) -> Floats:
    """Continuous levels 1 to 5 of values: straight lines between the anchors, 1 and 5 beyond the outer ones; NaN stays NaN.

    Raises `Invalid` unless the five anchors rise or fall throughout.
    """
    rising = _rising(anchors)
    if rising is None:
        raise Invalid(f"anchors {anchors}: give five finite numbers that rise, or fall, from level 1 to 5")
    numbers = vector(values)
    sign = 1.0 if rising else -1.0
    return np.asarray(np.interp(sign * numbers, sign * np.array(anchors), LEVELS), dtype=np.float64)


def score(value: float | None, anchors: Anchors) -> float | None:
    """As `scores` for one value; None if there is none."""
    found = float(scores([value], anchors)[0])
    return None if np.isnan(found) else found


def level(score: float) -> int:
    """The highest level that is reached: an anchor is where its level begins. Raises `Invalid` outside 1..5."""
    if not 1 <= score <= 5:
        raise Invalid(f"{score} is no continuous level; give a number from 1 to 5")
    return int(np.floor(score + 1e-9))


def staged(criteria: Mapping[int, Sequence[bool | None]]) -> Staged:
    """The highest level L such that all criteria of levels up to L are met; None is a criterion of which nothing is known.

    A level without criteria asks for nothing more. A criterion of level 1 that is not met changes nothing: there is no level 0.
    Raises `Invalid` for a level outside 1..5.
    """
    for name in criteria:
        if name not in LEVELS:
            raise Invalid(f"there is no level {name}; give criteria for levels 1 to 5")

    def reached(unknown: bool) -> int:
        highest = 1
        for each in LEVELS[1:]:
            if not all(unknown if met is None else met for met in criteria.get(each, ())):
                break
            highest = each
        return highest

    return Staged(reached(unknown=False), reached(unknown=True))


def combined(indicators: Numbers, weights: Numbers) -> Combined:
    """The weighted mean of the indicators' continuous levels: Σ w·s / Σ w over those that have one.

    Below `COVERAGE` of the weight there is no score (`NOT_COVERED`). A mean compensates: show the staged level beside it. Raises
    `Invalid` for weights that do not fit, or levels outside 1..5.
    """
    given, held = vector(indicators, "levels"), _weights(weights)
    if len(given) != len(held):
        raise Invalid(f"{len(given)} indicators and {len(held)} weights: give one for each")
    has = ~np.isnan(given)
    if ((given[has] < 1) | (given[has] > 5)).any():
        raise Invalid("levels: give numbers from 1 to 5, and None where there is no evidence")
    coverage = float(held[has].sum())
    if coverage < COVERAGE - 1e-9:
        return Combined(None, coverage, Reason.NOT_COVERED)
    return Combined(float(given[has] @ held[has]) / coverage, coverage)


def score_draws(
    values: Sequence[Numbers | None],
    anchors: Sequence[Anchors],
    weights: Numbers,
    *key: str,
    zeros: Sequence[float] | None = None,
    spread: float = ANCHOR_SPREAD,
    votes: float = WEIGHT_VOTES,
) -> Floats:
    """Draws of a dimension's continuous level that hold three uncertainties: of the evidence, of the anchors, of the weights.

    `values` are for each indicator its draws in its own unit (people drawn again), None without evidence; all of the same
    length, and in the same order where they come from the same people. In each draw the anchors of an indicator are all
    multiplied by one number from 1 - `spread` to 1 + `spread`, counted from the zero of its scale (`zeros`, 0 if not given; 1 for an
    answer scale that begins at 1), and the weights come from a Dirichlet distribution around the given ones that is as firm as
    `votes` votes. With `spread` 0 and infinite `votes` only the evidence varies.

    Draws in which no indicator has a value are left out. Empty if less than `COVERAGE` of the weight has evidence. Raises
    `Invalid` for anchors, weights or draws that do not fit.
    """
    held = _weights(weights)
    origins = [0.0] * len(held) if zeros is None else list(zeros)
    if not len(values) == len(anchors) == len(held) == len(origins):
        raise Invalid(
            f"{len(values)} indicators, {len(anchors)} anchors, {len(held)} weights, {len(origins)} zeros: give one for each"
        )
    if not 0 <= spread < 1 or not votes > 0:
        raise Invalid(f"spread {spread} and votes {votes}: give a spread from 0 to below 1 and votes above 0")
    told = [(number, vector(each)) for number, each in enumerate(values) if each is not None]
    told = [(number, each) for number, each in told if not np.isnan(each).all()]
    lengths = {len(each) for _, each in told}
    if len(lengths) > 1:
        raise Invalid(f"draws of {', '.join(map(str, sorted(lengths)))}: give as many of each indicator")
    if held[[number for number, _ in told]].sum() < COVERAGE - 1e-9:
        return np.empty(0)
    draws, random = lengths.pop(), generator(*key)
    # Drawn for all indicators, so that evidence that comes later leaves the draws of the others as they were.
    stricter = random.uniform(1 - spread, 1 + spread, (draws, len(held)))
    shares = np.tile(held, (draws, 1)) if np.isinf(votes) else _dirichlet(random, held * votes, draws)
    reached, weight = np.zeros(draws), np.zeros(draws)
    for number, each in told:
        # A value by its stricter anchors is a value that is less by the anchors as written.
        by_anchors = scores(origins[number] + (each - origins[number]) / stricter[:, number], anchors[number])
        has = ~np.isnan(by_anchors)
        reached[has] += (by_anchors * shares[:, number])[has]
        weight[has] += shares[has, number]
    some = weight > 0
    return np.asarray(np.clip(reached[some] / weight[some], 1.0, 5.0), dtype=np.float64)


def summary(score: float | None, draws: Numbers, people: int) -> Estimate:
    """A continuous level with the middle 95 % of its draws. Without a score, or draws, there is no interval (`NOT_COVERED`)."""
    drawn = vector(draws, "draws")
    if score is None or len(drawn) == 0:
        return Estimate(score, n=people, reason=Reason.NOT_COVERED)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Estimate(score, float(low), float(high), people)


def _rising(anchors: Sequence[float]) -> bool | None:
    if len(anchors) != len(LEVELS) or not np.isfinite(anchors).all():
        return None
    steps = np.diff(anchors)
    return bool(steps[0] > 0) if (steps > 0).all() or (steps < 0).all() else None


def _weights(weights: Numbers) -> Floats:
    """Weights with sum 1."""
    given = vector(weights, "weights")
    if len(given) == 0 or not (given > 0).all():
        raise Invalid("weights: give a number above 0 for each indicator; leave out what does not count")
    return np.asarray(given / given.sum(), dtype=np.float64)


def _dirichlet(random: np.random.Generator, concentration: Floats, draws: int) -> Floats:
    return np.asarray(random.dirichlet(concentration, draws), dtype=np.float64)
