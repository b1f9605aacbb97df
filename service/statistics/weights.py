"""Weights that make the answers stand for all: post-stratification, raking, trimming, and what they cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from service.errors import Invalid
from service.statistics.estimate import Floats, Numbers, same_length, vector

LOWEST, HIGHEST = 0.3, 3.0
"""Bounds of a trimmed weight, around a mean of 1 (our choice, within what survey practice uses)."""
TOLERANCE = 1e-6
"""Largest difference between a weighted share and its target at which raking has arrived."""
ROUNDS = 500
MATTERS = 0.2
"""Levels by which weighting may move a score before it is pointed out (our choice)."""


class NotConverged(Invalid):
    """Raking found no weights that meet all margins: they contradict each other in the cells that answered."""


@dataclass(frozen=True, slots=True)
class Weighting:
    """Weights with mean 1, one for each person who answered.

    `covered` is the share of the population in groups from which at least one person answered; the weights stand for these
    alone. For raking it is that of its least covered margin; `off` is the largest difference left between a weighted share and
    its target, after `rounds`.
    """

    weights: Floats
    covered: float
    rounds: int = 1
    off: float = 0.0


def poststratified(groups: Sequence[str], population: Mapping[str, float]) -> Weighting:
    """Weights (N_u/N) / (n_u/n) for people in `groups`, where `population` tells how many people each group has.

    N counts the groups from which somebody answered. Holt and Smith 1979. Raises `Invalid` without answers, and for a group of
    which the population says nothing.
    """
    members, targets, covered = _targets("group", groups, population)
    shares = np.bincount(members) / len(members)
    return Weighting((targets / shares)[members], covered)


def raked(
    groups: Mapping[str, Sequence[str]],
    population: Mapping[str, Mapping[str, float]],
    *,
    base: Numbers | None = None,
    tolerance: float = TOLERANCE,
    rounds: int = ROUNDS,
) -> Weighting:
    """Weights whose shares meet several margins at once, by iterative proportional fitting (Deming and Stephan 1940).

    `groups` names for each margin (such as unit, site) the group of each person, `population` how many people each group of
    that margin has. Starts from `base` weights, or 1 for everybody. For cells too small for post-stratification.

    Raises `NotConverged`, which names the margin and group furthest off, if after `rounds` a share still differs by more than
    `tolerance`; `Invalid` for margins, groups or weights that do not fit.
    """
    if not groups or groups.keys() != population.keys():
        raise Invalid(
            f"margins of the answers ({', '.join(sorted(groups)) or 'none'}) and of the population "
            f"({', '.join(sorted(population)) or 'none'}): give the same, at least one"
        )
    people = len(next(iter(groups.values())))
    for margin, of_people in groups.items():
        if len(of_people) != people:
            raise Invalid(f"{margin}: {len(of_people)} groups for {people} people; give one for each person")
    margins = [(name, *_targets(name, groups[name], population[name])) for name in groups]
    weights = np.ones(people) if base is None else vector(base, "base weights").copy()
    same_length(weights, margins[0][1], "base weights and people")
    if not (weights > 0).all():
        raise Invalid("base weights: give a number above 0 for everybody")
    weights /= weights.sum()
    off, worst = np.inf, ""
    for done in range(1, rounds + 1):
        for _, members, targets, _ in margins:
            weights *= (targets / np.bincount(members, weights))[members]
        off, worst = _furthest(weights, margins, groups)
        if off <= tolerance:
            covered = min(margin[3] for margin in margins)
            return Weighting(weights * people, covered, done, off)
    raise NotConverged(
        f"raking did not arrive in {rounds} rounds: the share of {worst} is still off by {off:.2g}. "
        "Merge small groups, or leave a margin out"
    )


def trimmed(weights: Numbers, lowest: float = LOWEST, highest: float = HIGHEST) -> Floats:
    """Weights cut to `lowest` … `highest`, with mean 1.

    All are multiplied by the one factor for which the cut ones have mean 1, so that no later rescaling leads out of the bounds
    again. Trimming trades bias for precision (Potter 1990). Raises `Invalid` unless weights are above 0 and lowest < 1 < highest.
    """
    given = _positive(weights)
    given = given / given.mean()
    if not 0 < lowest < 1 < highest:
        raise Invalid(f"bounds {lowest} and {highest}: give one below and one above 1")

    def cut(factor: float) -> Floats:
        return np.asarray(np.clip(given * factor, lowest, highest), dtype=np.float64)

    # At the first factor all are at the lower bound, at the second all at the upper one.
    factor = brentq(
        lambda each: cut(each).mean() - 1, lowest / given.max() / 2, 2 * highest / given.min(), xtol=1e-14
    )
    return cut(float(factor))


def effective_size(weights: Numbers) -> float:
    """Kish's (1965) effective number of answers: (Σ w)² / Σ w². Raises `Invalid` for weights below 0 or all 0."""
    given = vector(weights, "weights")
    # Tested as a negation, so that NaN fails as well.
    if not (given >= 0).all() or not given.any():
        raise Invalid("weights: give numbers of at least 0, not all 0")
    return float(given.sum() ** 2 / (given @ given))


def design_effect(weights: Numbers) -> float:
    """By how much weighting widens variances: n / effective size = 1 + squared coefficient of variation (Kish 1965)."""
    return len(vector(weights, "weights")) / effective_size(weights)


def weighting_matters(weighted: float, unweighted: float) -> bool:
    """Whether weighting moves a score by more than `MATTERS` levels: then say so and show both."""
    return abs(weighted - unweighted) > MATTERS + 1e-9


def _targets(
    margin: str, groups: Sequence[str], population: Mapping[str, float]
) -> tuple[NDArray[np.int64], Floats, float]:
    """The number of each person's group, the target share of each group that answered, and the share of all these make."""
    if len(groups) == 0:
        raise Invalid("nobody answered: there is nobody to weight")
    for name, size in population.items():
        if not size >= 0:
            raise Invalid(f"{margin} {name}: {size} people; give a number of at least 0")
    number: dict[str, int] = {}
    for name in groups:
        if not population.get(name):
            raise Invalid(
                f"{margin} {name}: somebody answered, but the population has nobody there; correct the population"
            )
        number.setdefault(name, len(number))
    sizes = np.array([population[name] for name in number], dtype=np.float64)
    members = np.array([number[name] for name in groups], dtype=np.int64)
    return members, sizes / sizes.sum(), float(sizes.sum() / sum(population.values()))


def _furthest(
    weights: Floats,
    margins: Sequence[tuple[str, NDArray[np.int64], Floats, float]],
    groups: Mapping[str, Sequence[str]],
) -> tuple[float, str]:
    off, worst = 0.0, ""
    for name, members, targets, _ in margins:
        apart = np.abs(np.bincount(members, weights) - targets)
        if apart.max() >= off:
            off = float(apart.max())
            group = int(apart.argmax())
            worst = f"{name} {groups[name][int(np.flatnonzero(members == group)[0])]}"
    return off, worst


def _positive(weights: Numbers) -> Floats:
    given = vector(weights, "weights")
    if len(given) == 0 or not (given > 0).all():
        raise Invalid("weights: give a number above 0 for everybody")
    return given
