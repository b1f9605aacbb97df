"""Survival: how long until something happens, when for some it has not happened yet."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Survival:
    """The product-limit estimate of Kaplan and Meier (1958).

    `times` are the distinct times at which something happened, `survival[i]` the estimated share for which it had not
    happened by `times[i]`. Exact fractions are not kept: values are floats.
    """

    times: NDArray[np.float64]
    survival: NDArray[np.float64]

    def after(self, time: float) -> float:
        """The share for which it has not happened at `time` or before."""
        position = int(np.searchsorted(self.times, time, side="right"))
        return 1.0 if position == 0 else float(self.survival[position - 1])

    @property
    def median(self) -> float | None:
        """The first time at which the share has fallen to a half or below; None if it never does."""
        # Products of fractions such as 2/3 · 3/4 may miss 1/2 by a rounding error.
        reached = np.flatnonzero(self.survival <= 0.5 + 1e-12)
        return float(self.times[reached[0]]) if reached.size else None


def kaplan_meier(
    durations: Sequence[float], happened: Sequence[bool], weights: Sequence[int] | None = None
) -> Survival:
    """Estimate from how long each was followed and whether it happened then or was still open (censored).

    `weights` counts equal observations. An observation censored at a time still was at risk at that time. Raises
    `ValueError` where the lengths differ or a duration is negative.
    """
    times = np.asarray(durations, dtype=np.float64)
    events = np.asarray(happened, dtype=bool)
    counts = np.ones(times.size) if weights is None else np.asarray(weights, dtype=np.float64)
    if not times.size == events.size == counts.size:
        raise ValueError("durations, events and weights differ in length")
    if times.size and times.min() < 0:
        raise ValueError("a duration can not be negative")
    at = np.unique(times[events])
    order = np.argsort(times)
    ending = np.concatenate([[0.0], np.cumsum(counts[order])])
    at_risk = counts.sum() - ending[np.searchsorted(times[order], at, side="left")]
    positions = np.searchsorted(at, times[events])
    deaths = np.bincount(positions, weights=counts[events], minlength=at.size)
    return Survival(at, np.cumprod(1 - deaths / at_risk))
