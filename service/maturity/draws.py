"""What draws of a continuous level say in short: an interval, and equally likely values to keep."""

import numpy as np

from service.statistics.estimate import Floats, Numbers


def interval(draws: Numbers, inside: float = 0.95) -> tuple[float, float]:
    """The middle of the draws that holds that share of them."""
    tail = (1 - inside) / 2
    low, high = np.quantile(np.asarray(draws, dtype=float), (tail, 1 - tail))
    return float(low), float(high)


def quantiles(draws: Floats, number: int = 201) -> list[float]:
    """The draws in short: equally likely values, rounded to thousandths of a level."""
    return [round(float(one), 3) for one in np.quantile(draws, (np.arange(number) + 0.5) / number)]
