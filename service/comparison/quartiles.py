"""Quartiles that no single peer decides, coarse on purpose, and where an organisation stands among its peers.

Quartiles are those of Harrell and Davis (1982, Biometrika 69:635): a weighted mean of all values, so that with five peers, too, none
of them is the value of one. They are rounded to steps of about a twentieth to a tenth of their size. The smallest and the largest
value are never told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, isclose, log10

import numpy as np
from scipy.stats.mstats import hdquantiles

from metrics.intervals import Z
from metrics.metric import Measure
from service.statistics.estimate import Floats

DRAWS = 4000
SEED = 20_05
"""The same peers always give the same position."""
WIDTH = 2 * Z
"""Of a 95 % interval, in standard deviations."""
STEPS = ((0.1, 2), (0.2, 5), (0.5, 10))
"""The step for the first significant digits up to 2, up to 5 and up to 10."""
OF_LEVELS, OF_INDICES, OF_SHARES = 0.1, 0.05, 0.05


@dataclass(frozen=True)
class Quartiles:
    """Coarse quartiles, in the unit of the value (levels 1 to 5)."""

    first: float
    median: float
    third: float


@dataclass(frozen=True)
class Position:
    """The share of organisations like the peers whose value is smaller, and the interval it lies in at 95 %; coarse."""

    below: float
    low: float
    high: float


@dataclass(frozen=True)
class Told:
    """A value as it was told, with its 95 % interval where it has one."""

    value: float
    low: float | None = None
    high: float | None = None


def quartiles(values: Sequence[float], unit: Measure | None) -> Quartiles:
    """Of at least two values; `unit` None for levels."""
    first, median, third = (
        coarse(float(one), unit) for one in hdquantiles(np.array(values), (0.25, 0.5, 0.75))
    )
    return Quartiles(first, median, third)


def alike(values: Sequence[float], unit: Measure | None) -> bool:
    """Whether all are the same once they are coarse: quartiles would tell the value of each."""
    return len({coarse(value, unit) for value in values}) == 1


def coarse(value: float, unit: Measure | None) -> float:
    """The value to the nearest step, halves upward. The step depends on the value alone, so that nothing can be averaged out."""
    if unit is None:
        step = OF_LEVELS
    elif unit is Measure.INDEX:
        step = OF_INDICES
    elif isclose(value, 0, abs_tol=1e-9):
        return 0.0
    else:
        size = 10.0 ** floor(log10(abs(value)) + 1e-12)
        step = size * next(step for step, up_to in STEPS if abs(value) / size < up_to)
    return round(floor(value / step + 0.5 + 1e-9) * step, 6)


def position(own: Told, peers: Sequence[Told]) -> Position:
    """Where a value stands among those of peers, who are taken for a sample of organisations like them.

    Own and others' values are drawn within their intervals (normal, as wide as the interval; without one they are exact). Of the
    share below, the posterior under the prior of Jeffreys is drawn (Brown, Cai and DasGupta 2001, Statistical Science 16:101), which
    unlike a bootstrap stays honest where all of few peers lie on one side.
    """
    rng = np.random.default_rng(SEED)
    mine = _drawn([own], rng)[:, 0]
    theirs = _drawn(peers, rng)
    below = (theirs < mine[:, None]).sum(axis=1) + 0.5 * (theirs == mine[:, None]).sum(axis=1)
    share = rng.beta(below + 0.5, len(peers) - below + 0.5)
    low, high = np.quantile(share, (0.025, 0.975))
    return Position(
        _to_share(float(below.mean()) / len(peers)), _to_share(float(low)), _to_share(float(high))
    )


def _drawn(told: Sequence[Told], rng: np.random.Generator) -> Floats:
    middle = np.array([one.value for one in told])
    spread = np.array(
        [0.0 if one.low is None or one.high is None else (one.high - one.low) / WIDTH for one in told]
    )
    return middle + spread * rng.standard_normal((DRAWS, len(told)))


def _to_share(share: float) -> float:
    return round(round(share / OF_SHARES) * OF_SHARES, 2)
