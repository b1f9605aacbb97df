"""Survival: how long until something happens, when for some it has not happened yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Survival:
    """The product-limit estimate of Kaplan and Meier (1958).

    `times` are the distinct times at which something happened, `survival[i]` the estimated share for which it had not
    happened by `times[i]`, `errors[i]` the standard error of its logarithm (Greenwood 1926; NaN where the share is 0). Exact
    fractions are not kept: values are floats.
    """

    times: NDArray[np.float64]
    survival: NDArray[np.float64]
    errors: NDArray[np.float64]

    def after(self, time: float) -> float:
        """The share for which it has not happened at `time` or before."""
        position = int(np.searchsorted(self.times, time, side="right"))
        return 1.0 if position == 0 else float(self.survival[position - 1])

    def interval_after(self, time: float, confidence: float = 0.95) -> tuple[float, float]:
        """The ends of the interval of that share (Greenwood 1926), of its logarithm as in R's `survfit`; 0 and 0 for nobody."""
        position = int(np.searchsorted(self.times, time, side="right"))
        if position == 0:
            return 1.0, 1.0
        share = float(self.survival[position - 1])
        if share == 0:
            return 0.0, 0.0
        z = NormalDist().inv_cdf((1 + confidence) / 2)
        spread = float(np.exp(z * self.errors[position - 1]))
        return share / spread, min(1.0, share * spread)

    @property
    def median(self) -> float | None:
        """The first time at which the share has fallen to a half or below; None if it never does."""
        # Products of fractions such as 2/3 · 3/4 may miss 1/2 by a rounding error.
        reached = np.flatnonzero(self.survival <= 0.5 + 1e-12)
        return float(self.times[reached[0]]) if reached.size else None

    def median_interval(self, confidence: float = 0.95) -> tuple[float | None, float | None]:
        """The times at which the ends of the interval of the share reach a half (Brookmeyer and Crowley 1982).

        The interval is that of the logarithm, as in R's `survfit`. An end that never gets there is None.
        """
        z = NormalDist().inv_cdf((1 + confidence) / 2)
        spread = np.exp(z * self.errors)
        ends = [self.survival / spread, np.minimum(1.0, self.survival * spread)]
        # Where nobody is left the share is 0, and so are both ends.
        reached = [np.flatnonzero(np.nan_to_num(end) <= 0.5 + 1e-12) for end in ends]
        low, high = (float(self.times[found[0]]) if found.size else None for found in reached)
        return low, high


def kaplan_meier(
    durations: Sequence[float],
    happened: Sequence[bool],
    weights: Sequence[int] | None = None,
    entries: Sequence[float] | None = None,
) -> Survival:
    """Estimate from how long each was followed and whether it happened then or was still open (censored).

    `weights` counts equal observations. An observation censored at a time still was at risk at that time. `entries` says since
    when each was observed (left truncation: whose end came earlier would never have been seen); it is at risk after that time, from the
    beginning where it is 0, and counts for nothing where it ended at once. Raises `ValueError` where the lengths differ, a duration is negative or an entry is after its end.
    """
    times = np.asarray(durations, dtype=np.float64)
    events = np.asarray(happened, dtype=bool)
    counts = np.ones(times.size) if weights is None else np.asarray(weights, dtype=np.float64)
    if not times.size == events.size == counts.size:
        raise ValueError("durations, events and weights differ in length")
    if times.size and times.min() < 0:
        raise ValueError("a duration can not be negative")
    begun = np.zeros(times.size) if entries is None else np.asarray(entries, dtype=np.float64)
    if begun.size != times.size or (begun > times).any() or (begun < 0).any():
        raise ValueError("an entry lies before the beginning or after the end")
    followed = (begun == 0) | (begun < times)
    times, events, counts, begun = (values[followed] for values in (times, events, counts, begun))
    at = np.unique(times[events])
    order = np.argsort(times)
    ending = np.concatenate([[0.0], np.cumsum(counts[order])])
    at_risk = counts.sum() - ending[np.searchsorted(times[order], at, side="left")]
    # Who is observed from the beginning is at risk at 0 as well.
    late = begun > 0
    entering = np.sort(begun[late])
    arriving = np.concatenate([[0.0], np.cumsum(counts[late][np.argsort(begun[late])])])
    at_risk -= arriving[-1] - arriving[np.searchsorted(entering, at, side="left")]
    positions = np.searchsorted(at, times[events])
    deaths = np.bincount(positions, weights=counts[events], minlength=at.size)
    left = at_risk - deaths
    with np.errstate(divide="ignore"):
        variances = np.cumsum(deaths / (at_risk * left))
    return Survival(at, np.cumprod(left / at_risk), np.sqrt(np.where(left > 0, variances, np.nan)))
