"""How well the items of a scale measure one thing."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.stats import f as fisher

from metrics.resampling import RESAMPLES
from service.errors import Invalid
from service.statistics.answers import complete_rows
from service.statistics.bootstrap import CONFIDENCE, FEWEST, generator
from service.statistics.estimate import Estimate, Floats, Numbers, Reason, table

ESTIMABLE_FROM = 50
"""Complete answers below which reliability is not told (our choice; intervals are too wide to read)."""
_ROUNDS = 2000
_SETTLED = 1e-10


class Reading(StrEnum):
    """How a reliability is read (Nunnally 1978; Streiner 2003 for the upper end)."""

    INSUFFICIENT = "insufficient"
    EXPLORATORY = "exploratory"
    """From .70: fit to explore, not to decide."""
    DECISIONS = "decisions"
    """From .80."""
    REDUNDANT = "redundant"
    """Above .95: the items ask the same thing over and over."""

    @staticmethod
    def of(value: float) -> "Reading":
        if value > 0.95:
            return Reading.REDUNDANT
        if value >= 0.8:
            return Reading.DECISIONS
        return Reading.EXPLORATORY if value >= 0.7 else Reading.INSUFFICIENT


@dataclass(frozen=True, slots=True)
class Reliability:
    """What is told of a scale.

    `alpha` has Feldt's interval, `alpha_drawn` and `omega` have percentile intervals from the same draws. `complete` people
    answered all items, `anything` at least one. `alarms` are the columns whose correlation with the rest is negative: most
    likely a reversed item that was not recoded.
    """

    alpha: Estimate
    alpha_drawn: Estimate
    omega: Estimate
    complete: int
    anything: int
    alarms: tuple[int, ...]
    reading: Reading | None


def reliability(points: Numbers, *key: str, fewest: int = ESTIMABLE_FROM) -> Reliability:
    """Alpha and omega of recoded items (columns) from the people (rows) who answered all of them.

    Below `fewest` such people nothing is told. `key` names the scale and its round for the draws. Raises `Invalid` for input
    that is no table of numbers.
    """
    answers = table(points)
    rows = complete_rows(answers)
    anything = int((~np.isnan(answers)).any(axis=1).sum())
    if len(rows) < fewest:
        nothing = Estimate(None, n=len(rows), reason=Reason.TOO_FEW_PEOPLE)
        return Reliability(nothing, nothing, nothing, len(rows), anything, (), None)
    drawn, omega = _drawn(rows, *key)
    together = item_rest(rows)
    alarms = tuple(int(column) for column in np.flatnonzero(np.nan_to_num(together) < 0))
    reading = None if omega.value is None else Reading.of(omega.value)
    return Reliability(cronbach(rows), drawn, omega, len(rows), anything, alarms, reading)


def cronbach(points: Numbers, confidence: float = CONFIDENCE) -> Estimate:
    """Cronbach's (1951) alpha: k/(k-1) · (1 - Σ item variances / variance of the sum), with the interval of Feldt (1965).

    From complete rows. The interval is 1 - (1-alpha)·F with n-1 and (n-1)(k-1) degrees of freedom (Feldt, Woodruff and Salih
    1987). Alpha has no lower bound; it is negative where items work against each other.
    """
    rows = complete_rows(points)
    problem = _problem(rows)
    if problem is not None:
        return Estimate(None, n=len(rows), reason=problem)
    n, k = rows.shape
    value = float(_alphas(np.cov(_centred(rows), rowvar=False)[None])[0])
    if np.isnan(value):
        return Estimate(None, n=n, reason=Reason.NO_SPREAD)
    return Estimate(value, *feldt(value, n, k, confidence), n)


def feldt(alpha: float, people: int, items: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The interval of an alpha from `people` who answered `items` (Feldt 1965). Raises `Invalid` below two of either."""
    if people < 2 or items < 2:
        raise Invalid(f"{people} people and {items} items: an interval of alpha needs at least two of each")
    degrees = people - 1, (people - 1) * (items - 1)
    tail = (1 - confidence) / 2
    return (
        float(1 - (1 - alpha) * fisher.ppf(1 - tail, *degrees)),
        float(1 - (1 - alpha) * fisher.ppf(tail, *degrees)),
    )


def omega_total(points: Numbers, *key: str) -> Estimate:
    """McDonald's (1970, 1999) omega of one factor: (Σ λ)² / ((Σ λ)² + Σ ψ), with a percentile bootstrap interval.

    From complete rows, λ and ψ in points from `one_factor` on the covariances. Needs three items, since two do not identify
    a factor. Bootstrap is what Kelley and Pornprasertmanit (2016) recommend. Draws the model can not be fitted to are left
    out; if that is one in twenty or more there is no interval (`NO_FIT`).
    """
    return _drawn(complete_rows(points), *key)[1]


def omega_of(covariances: Numbers) -> float:
    """Omega from a matrix of covariances or correlations. Raises `Invalid` unless it is square, symmetric, of three items or more."""
    matrix = table(covariances, "covariances")
    if len(matrix) < 3 or matrix.shape[0] != matrix.shape[1] or not np.allclose(matrix, matrix.T):
        raise Invalid("covariances: give a symmetric matrix of at least three items")
    return float(_omegas(matrix[None])[0])


def one_factor(covariances: Floats) -> tuple[Floats, Floats]:
    """Loadings λ and uniquenesses ψ of one factor for each of several matrices of covariances (matrices × items × items).

    Least squares on the covariances between items: Σ_{i<j} (s_ij - λ_i λ_j)² is made smallest (MINRES; Harman and Jones
    1966), item after item, with λ_i² at most s_ii (Harman and Fukuda 1966 for improper solutions). Unlike maximum
    likelihood it needs no inverse, so that draws with few different answers can be fitted as well. NaN where it does not settle.
    """
    variances = np.diagonal(covariances, axis1=1, axis2=2)
    between = covariances.copy()
    items = covariances.shape[1]
    between[:, range(items), range(items)] = 0.0
    bound = np.sqrt(variances)
    values, vectors = np.linalg.eigh(covariances)
    loadings = vectors[:, :, -1] * np.sqrt(np.maximum(values[:, -1:], 0.0))
    loadings = np.clip(loadings * np.where(loadings.sum(axis=1, keepdims=True) < 0, -1.0, 1.0), -bound, bound)
    moving = np.arange(len(covariances))
    for _ in range(_ROUNDS):
        current = loadings[moving]
        before = current.copy()
        for item in range(items):
            others = (current**2).sum(axis=1) - current[:, item] ** 2
            pull = (between[moving, item] * current).sum(axis=1)
            best = np.divide(pull, others, out=np.zeros_like(pull), where=others > 0)
            current[:, item] = np.clip(best, -bound[moving, item], bound[moving, item])
        loadings[moving] = current
        far = np.abs(current - before).max(axis=1) > _SETTLED * bound[moving].max(axis=1)
        moving = moving[far]
        if len(moving) == 0:
            break
    loadings[moving] = np.nan
    return loadings, np.maximum(variances - loadings**2, 0.0)


def item_rest(points: Numbers) -> Floats:
    """For each item its correlation with the sum of the others (corrected item-total correlation), from complete rows.

    NaN where an item or the rest does not vary, or with fewer than two people.
    """
    rows = complete_rows(points)
    found = np.full(rows.shape[1], np.nan)
    for column in range(rows.shape[1] if len(rows) > 1 else 0):
        item, rest = rows[:, column], np.delete(rows, column, axis=1).sum(axis=1)
        if np.ptp(item) > 0 and np.ptp(rest) > 0:
            found[column] = np.corrcoef(item, rest)[0, 1]
    return found


def mean_correlation(points: Numbers) -> Estimate:
    """The mean correlation r between items, from complete rows, without interval.

    Standardised alpha is k·r / (1 + (k-1)·r) (`standardised`).
    """
    rows = complete_rows(points)
    problem = _problem(rows) or (Reason.NO_SPREAD if (np.ptp(rows, axis=0) == 0).any() else None)
    if problem is not None:
        return Estimate(None, n=len(rows), reason=problem)
    matrix = table(np.corrcoef(rows, rowvar=False))
    return Estimate(float(matrix[np.triu_indices_from(matrix, 1)].mean()), n=len(rows))


def standardised(correlation: float, items: int) -> float:
    """Alpha of `items` whose mean correlation is `correlation` (Spearman 1910, Brown 1910). Raises `Invalid` below two items."""
    if items < 2:
        raise Invalid(f"{items} items: alpha needs at least two")
    return items * correlation / (1 + (items - 1) * correlation)


def _problem(rows: Floats, items: int = 2) -> Reason | None:
    if rows.shape[1] < items:
        return Reason.TOO_FEW_ITEMS
    return Reason.TOO_FEW_PEOPLE if len(rows) < 2 else None


def _drawn(rows: Floats, *key: str) -> tuple[Estimate, Estimate]:
    """Alpha and omega with percentile intervals from the same draws."""
    n = len(rows)
    problem = _problem(rows)
    if problem is not None:
        return Estimate(None, n=n, reason=problem), Estimate(None, n=n, reason=problem)
    centred = _centred(rows)
    observed = np.cov(centred, rowvar=False)[None]
    draws = _covariances(centred, *key) if n >= FEWEST else observed[:0]
    alpha = _told(float(_alphas(observed)[0]), _alphas(draws), n, Reason.NO_SPREAD)
    if rows.shape[1] < 3:
        return alpha, Estimate(None, n=n, reason=Reason.TOO_FEW_ITEMS)
    if not np.trace(observed[0]):
        return alpha, Estimate(None, n=n, reason=Reason.NO_SPREAD)
    return alpha, _told(float(_omegas(observed)[0]), _omegas(draws), n, Reason.NO_FIT)


def _told(value: float, draws: Floats, n: int, otherwise: Reason) -> Estimate:
    if np.isnan(value):
        return Estimate(None, n=n, reason=otherwise)
    if len(draws) == 0:
        return Estimate(value, n=n, reason=Reason.TOO_FEW_PEOPLE)
    usable = draws[~np.isnan(draws)]
    if len(usable) <= 0.95 * len(draws):
        return Estimate(value, n=n, reason=otherwise)
    low, high = np.quantile(usable, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
    return Estimate(value, float(low), float(high), n)


def _centred(rows: Floats) -> Floats:
    """Rows less their mean, where what is left of equal numbers is exactly 0."""
    apart = rows - rows.mean(axis=0)
    return np.where(np.abs(apart) <= 1e-12 * np.abs(rows).max(), 0.0, apart)


def _covariances(centred: Floats, *key: str) -> Floats:
    """Covariances of the items in samples of the people drawn again.

    Only how often each pattern of answers is drawn matters, so that many people cost no more than a few.
    """
    patterns, frequency = np.unique(centred, axis=0, return_counts=True)
    n, k = centred.shape
    drawn = generator(*key).multinomial(n, frequency / n, RESAMPLES)
    means = drawn @ patterns / n
    squares = drawn @ (patterns[:, :, None] * patterns[:, None, :]).reshape(len(patterns), k * k)
    crossed = squares.reshape(-1, k, k) - n * means[:, :, None] * means[:, None, :]
    return np.asarray(crossed / (n - 1), dtype=np.float64)


def _alphas(covariances: Floats) -> Floats:
    k = covariances.shape[1]
    total = covariances.sum(axis=(1, 2))
    own = np.trace(covariances, axis1=1, axis2=2)
    # What is left of a sum that does not vary is rounding.
    varies = total > 1e-12 * own
    ratio = np.divide(own, total, out=np.full(len(total), np.nan), where=varies)
    return np.asarray(k / (k - 1) * (1 - ratio), dtype=np.float64)


def _omegas(covariances: Floats) -> Floats:
    loadings, unique = one_factor(covariances)
    common = loadings.sum(axis=1) ** 2
    total = common + unique.sum(axis=1)
    found = np.full(len(total), np.nan)
    return np.asarray(np.divide(common, total, out=found, where=total > 0), dtype=np.float64)
