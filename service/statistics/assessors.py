"""Do those who judge documents agree? Krippendorff's alpha."""

from enum import StrEnum

import numpy as np

from metrics.resampling import RESAMPLES
from service.errors import Invalid
from service.statistics.bootstrap import CONFIDENCE, FEWEST, generator
from service.statistics.estimate import Estimate, Floats, Numbers, Reason, table

RELIABLE, TENTATIVE = 0.8, 0.667
"""From 0.8 judgements may be relied on, from 0.667 for tentative conclusions, below not at all (Krippendorff 2004)."""


class Scale(StrEnum):
    """What the numbers given to a document mean."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"
    RATIO = "ratio"


def krippendorff(ratings: Numbers, scale: Scale, *key: str) -> Estimate:
    """Krippendorff's alpha: 1 - observed / expected disagreement, from a coincidence matrix (Krippendorff 2011).

    `ratings` has one row per assessor and one column per document; NaN where an assessor did not judge. 1 is full agreement, 0
    what chance gives, negative less. Documents judged once tell nothing of agreement and do not count; `n` are the others.
    The 95 % interval draws documents again (percentile; Zapf et al. 2016), from `FEWEST` documents on. Raises `Invalid` for
    fewer than two assessors, or negative numbers on a ratio scale.
    """
    given = table(ratings, "ratings")
    if len(given) < 2:
        raise Invalid(f"ratings of {len(given)} assessors: agreement needs two; give one row for each")
    if scale is Scale.RATIO and (given < 0).any():
        raise Invalid("ratings: a ratio scale has no numbers below 0")
    given = given[:, (~np.isnan(given)).sum(axis=0) >= 2]
    documents = given.shape[1]
    if documents == 0:
        return Estimate(None, reason=Reason.TOO_FEW_UNITS)
    values = np.unique(given[~np.isnan(given)])
    pairs = _coincidences(given, values)
    value = float(_alphas(pairs.sum(axis=0)[None], values, scale)[0])
    if np.isnan(value):
        return Estimate(None, n=documents, reason=Reason.NO_SPREAD)
    if documents < FEWEST:
        return Estimate(value, n=documents, reason=Reason.TOO_FEW_UNITS)
    chosen = generator(*key).multinomial(documents, np.full(documents, 1 / documents), RESAMPLES)
    sums = (chosen @ pairs.reshape(documents, -1)).reshape(-1, len(values), len(values))
    draws = _alphas(sums, values, scale)
    usable = draws[~np.isnan(draws)]
    if len(usable) <= 0.95 * len(draws):
        return Estimate(value, n=documents, reason=Reason.NO_SPREAD)
    low, high = np.quantile(usable, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
    return Estimate(value, float(low), float(high), documents)


def _coincidences(given: Floats, values: Floats) -> Floats:
    """For each document how often each value meets each other one, in pairs of different assessors by assessors less one."""
    counted = (given[:, :, None] == values).sum(axis=0).astype(np.float64)
    pairs = counted[:, :, None] * counted[:, None, :]
    number = np.arange(len(values))
    pairs[:, number, number] -= counted
    return np.asarray(pairs / (counted.sum(axis=1) - 1)[:, None, None], dtype=np.float64)


def _alphas(coincidences: Floats, values: Floats, scale: Scale) -> Floats:
    """Alpha for each of several coincidence matrices; NaN where all values are the same."""
    often = coincidences.sum(axis=2)
    apart = _apart(often, values, scale)
    observed = (coincidences * apart).sum(axis=(1, 2))
    expected = (often[:, :, None] * often[:, None, :] * apart).sum(axis=(1, 2))
    ratio = np.divide(observed, expected, out=np.full(len(expected), np.nan), where=expected > 0)
    return np.asarray(1 - (often.sum(axis=1) - 1) * ratio, dtype=np.float64)


def _apart(often: Floats, values: Floats, scale: Scale) -> Floats:
    """The squared difference of each value to each other one."""
    if scale is Scale.NOMINAL:
        return np.asarray(values[:, None] != values, dtype=np.float64)[None]
    if scale is Scale.RATIO:
        sums = values[:, None] + values
        return np.divide(values[:, None] - values, sums, out=np.zeros_like(sums), where=sums > 0)[None] ** 2
    # On an ordinal scale a value lies where its middle rank is.
    places = often.cumsum(axis=1) - often / 2 if scale is Scale.ORDINAL else values[None]
    return np.asarray((places[:, :, None] - places[:, None, :]) ** 2, dtype=np.float64)
