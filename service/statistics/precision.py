"""How precise a share is: finite populations, margins, weighted shares, answers needed."""

from math import isfinite, sqrt
from statistics import NormalDist

import numpy as np

from metrics.intervals import score_interval
from service.errors import Invalid
from service.statistics.bootstrap import CONFIDENCE, weighted_mean, weighted_rows
from service.statistics.estimate import Estimate, Numbers, Reason
from service.statistics.weights import effective_size


def finite_correction(answered: float, population: int) -> float:
    """By how much an error shrinks because the population is finite: √((N - n)/(N - 1)) (Cochran 1977, 2.6).

    0 if all answered, 1 if next to none did. Raises `Invalid` unless 0 < `answered` <= `population`.
    """
    if not 0 < answered <= population:
        raise Invalid(
            f"{answered:g} answers of {population} people: give at least one and not more than there are"
        )
    return 0.0 if population == 1 else sqrt((population - answered) / (population - 1))


def margin_of_error(
    share: float, answered: float, population: int | None = None, confidence: float = CONFIDENCE
) -> float:
    """Half the width of the usual interval of a share: z·√(p(1-p)/n), times the finite correction; in 0..1 like the share.

    `answered` is the effective size where answers are weighted. It is the planning figure; around an observed share use
    `share_interval`. A census with volunteers has no sampling error in the strict sense: tell `nonresponse` bounds beside it.
    Raises `Invalid` for what is no share, no size or no confidence.
    """
    _check(share, answered, confidence)
    correction = 1.0 if population is None else finite_correction(answered, population)
    return _z(confidence) * sqrt(share * (1 - share) / answered) * correction


def share_interval(
    share: float, answered: float, population: int | None = None, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """The score interval of Wilson (1927) around a share of any effective size, within 0..1.

    Weighted shares enter with their effective size (Franco, Little, Louis and Slud 2019), a finite population with n divided
    by the squared finite correction; in whole counts from a large population it is `metrics.intervals.wilson`. If everybody
    answered there is nothing to sample and both ends are the share. Raises `Invalid` as `margin_of_error`.
    """
    _check(share, answered, confidence)
    correction = 1.0 if population is None else finite_correction(answered, population)
    if correction == 0:
        return share, share
    return score_interval(share, answered / correction**2, confidence)


def weighted_share(
    affirmed: Numbers, weights: Numbers | None = None, population: int | None = None
) -> Estimate:
    """The weighted share of people who affirmed (1) among those who did or did not (0), with `share_interval`.

    Missing answers are left out; `n` is the number of people. Raises `Invalid` for other numbers than 0 and 1, for weights that
    do not fit, and for more people than the population.
    """
    rows = weighted_rows(affirmed, weights)
    if not np.isin(rows[:, 0], (0, 1)).all():
        raise Invalid("a share needs 1 for those who affirmed and 0 for those who did not")
    n = len(rows)
    if n == 0:
        return Estimate(None, reason=Reason.TOO_FEW_PEOPLE)
    share = min(1.0, max(0.0, float(weighted_mean(rows))))
    if population is not None and n > population:
        raise Invalid(
            f"{n} answers of {population} people: give the size of the population they were drawn from"
        )
    # How much of the population answered is a matter of people, not of their weights.
    correction = 1.0 if population is None else finite_correction(n, population)
    if correction == 0:
        return Estimate(share, share, share, n)
    return Estimate(share, *share_interval(share, effective_size(rows[:, 1]) / correction**2), n)


def answers_needed(
    population: int, margin: float = 0.05, share: float = 0.5, confidence: float = CONFIDENCE
) -> int:
    """How many answers give a margin of error of `margin` in a population (Krejcie and Morgan 1970).

    χ²·N·p·q / (d²·(N-1) + χ²·p·q), rounded as in their table, at least 1. Raises `Invalid` unless the population is at least 1 and the margin
    above 0.
    """
    _check(share, 1, confidence)
    if population < 1 or not margin > 0:
        raise Invalid(
            f"{population} people and a margin of {margin}: give at least one person and a margin above 0"
        )
    chi = _z(confidence) ** 2 * share * (1 - share)
    return max(1, round(population * chi / (margin**2 * (population - 1) + chi)))


def _check(share: float, answered: float, confidence: float) -> None:
    if not 0 <= share <= 1:
        raise Invalid(f"{share} is no share; give a number from 0 to 1")
    if not (answered > 0 and isfinite(answered)):
        raise Invalid(f"{answered} answers: an interval needs at least one")
    if not 0 < confidence < 1:
        raise Invalid(f"a confidence of {confidence}; give one between 0 and 1, such as 0.95")


def _z(confidence: float) -> float:
    return NormalDist().inv_cdf((1 + confidence) / 2)
