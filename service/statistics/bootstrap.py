"""Intervals and draws by resampling people."""

from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap as scipy_bootstrap

from metrics.resampling import RESAMPLES
from service.errors import Invalid
from service.statistics.estimate import Estimate, Floats, Numbers, Reason, same_length, table, vector

CONFIDENCE = 0.95
FEWEST = 5
"""People needed for an interval by resampling: among fewer the same few samples come back again and again."""
CORRECTED_UP_TO = 1000
"""People up to whom an interval is corrected for bias and skewness (BCa); beyond, the correction is smaller than what is shown."""
_AT_ONCE = 4_000_000
"""Numbers held in memory at once."""

Statistic = Callable[..., Floats]
"""Arrays of (…, people, columns), one for each sample -> one number for each of the leading dimensions."""


def generator(*key: str) -> np.random.Generator:
    """Random numbers that are always the same for the same key, such as round and dimension."""
    digest = sha256("\x1f".join(key).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


class _Undefined(Exception):
    """A statistic has no value in some draw."""


def interval(samples: Sequence[Floats], statistic: Statistic, *key: str) -> tuple[float, float] | None:
    """The 95 % BCa interval (Efron 1987) of a statistic of independent samples, the people of each drawn again.

    Each sample has one row per person. Beyond `CORRECTED_UP_TO` people in a sample, and where all draws lie on one side of the
    estimate, it is the percentile interval. None where the statistic is the same in all draws or has no value in some of them.
    """
    numbers = [np.arange(len(sample)) for sample in samples]
    largest = max(len(sample) for sample in samples)
    columns = max(sample.shape[1] for sample in samples)

    def of_people(*people: NDArray[np.int64], axis: int) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            found = statistic(*(sample[who] for sample, who in zip(samples, people, strict=True)))
        if not np.isfinite(found).all():
            raise _Undefined
        return found

    resample = partial(
        scipy_bootstrap,
        numbers,
        of_people,
        batch=max(1, _AT_ONCE // (largest * columns)),
        vectorized=True,
        confidence_level=CONFIDENCE,
    )
    try:
        drawn = resample(n_resamples=RESAMPLES, method="percentile", rng=generator(*key))
        draws = drawn.bootstrap_distribution
        # Sums in another order differ in their last digits: that is no spread.
        if not np.ptp(draws) > 1e-12 * max(1.0, float(np.abs(draws).max())):
            return None
        observed = statistic(*samples)
        if largest <= CORRECTED_UP_TO and draws.min() < observed < draws.max():
            drawn = resample(n_resamples=0, method="BCa", bootstrap_result=drawn)
    except _Undefined:
        return None
    ends = drawn.confidence_interval
    return float(ends.low), float(ends.high)


def weighted_rows(values: Numbers, weights: Numbers | None = None) -> Floats:
    """Known values beside their weights (1 without weights), one row per person.

    Raises `Invalid` if lengths differ, or a weight of a known value is missing or not above 0.
    """
    numbers = vector(values)
    given = np.ones(len(numbers)) if weights is None else vector(weights, "weights")
    same_length(numbers, given, "values and weights")
    rows = np.column_stack([numbers, given])[~np.isnan(numbers)]
    # Tested as a negation, so that NaN fails as well.
    if not (rows[:, 1] > 0).all():
        raise Invalid(
            "weights: give a number above 0 for everybody with a value; leave out who does not count"
        )
    return rows


def weighted_mean(rows: Floats) -> Floats:
    """Σ w·x / Σ w over the people of rows (value, weight)."""
    values, weights = rows[..., 0], rows[..., 1]
    return np.asarray((values * weights).sum(axis=-1) / weights.sum(axis=-1), dtype=np.float64)


def mean(values: Numbers, *key: str, weights: Numbers | None = None) -> Estimate:
    """The (weighted) mean of the known values with its BCa interval, in the unit of the values.

    `key` names what is estimated, so that the same draws come back. Fewer than `FEWEST` people have a mean and no interval.
    Raises `Invalid` for weights that do not fit.
    """
    rows = weighted_rows(values, weights)
    n = len(rows)
    if n == 0:
        return Estimate(None, reason=Reason.TOO_FEW_PEOPLE)
    value = float(weighted_mean(rows))
    if n < FEWEST:
        return Estimate(value, n=n, reason=Reason.TOO_FEW_PEOPLE)
    ends = interval([rows], weighted_mean, *key)
    if ends is None:
        return Estimate(value, n=n, reason=Reason.NO_SPREAD)
    return Estimate(value, *ends, n)


def mean_draws(answers: Numbers, *key: str, weights: Numbers | None = None, draws: int = RESAMPLES) -> Floats:
    """Means of each column in samples of the people drawn again: one row per draw, one column per item.

    People are drawn with all they answered, so that items that go together stay together. `answers` has one row per person,
    NaN where an item was not answered. A column is NaN in a draw in which nobody drawn has answered it. Raises `Invalid` for
    weights that do not fit, or without people.
    """
    rows = table(answers)
    given = weighted_rows(np.zeros(len(rows)), weights)[:, 1]
    if len(rows) == 0:
        raise Invalid("nobody answered: there is nobody to draw")
    same_length(rows, given, "answers and weights")
    has = ~np.isnan(rows)
    alike, frequency = np.unique(
        np.column_stack([np.where(has, rows, 0.0), has, given]), axis=0, return_counts=True
    )
    columns = rows.shape[1]
    held = alike[:, columns : 2 * columns] * alike[:, [-1]]
    chosen = generator(*key).multinomial(len(rows), frequency / len(rows), draws)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((chosen @ (alike[:, :columns] * held)) / (chosen @ held), dtype=np.float64)
