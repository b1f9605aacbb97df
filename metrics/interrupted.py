"""Before and after: did a dated event change a series of weekly values?

An interrupted time series (Wagner, Soumerai, Zhang, Ross-Degnan 2002; Bernal, Cummins, Gasparrini 2017): a straight line
before the event, and from it on a step and another slope. Against values of rooms the event did not concern the difference
is modelled instead (controlled interrupted time series; Lopez Bernal 2018). Weeks that stand out are drawn in (Huber 1964), and
neighbouring weeks may be alike: errors are autoregressive of first order, estimated by restricted maximum likelihood, which
Turner et al. 2021 found best for short series. The thresholds below are our own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import ceil, log, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.stats import median_abs_deviation
from scipy.stats import t as student

from metrics.periods import monday

WEEK = timedelta(days=7)
LONGEST = 26
"""Weeks looked at on either side: a line does not hold for longer."""
FEWEST = 8
"""Known weeks needed on either side."""
KNOWN = 0.75
"""Share of the weeks of either side that must be known."""
SETTLING = 2
"""Weeks left out from that of the event on, in which people try what is new."""
RELEVANT = 0.1
"""A change of at most this share of the value before is called no change."""
CONFIDENCE = 0.95
HUBER = 1.345
"""Robust standard deviations from which on a week weighs less."""
OUTSTANDING = 2.5
MOST_ALIKE = 0.9
"""Correlation of neighbouring weeks looked for at most."""

Floats = NDArray[np.float64]


class Verdict(StrEnum):
    ROSE = "rose"
    FELL = "fell"
    UNCHANGED = "unchanged"
    """A change that matters can be ruled out."""
    NOT_DECIDABLE = "not_decidable"


class Doubt(StrEnum):
    """Why nothing can be said."""

    TOO_FEW_BEFORE = "too_few_before"
    TOO_FEW_AFTER = "too_few_after"
    GAPS = "gaps"
    NO_COMPARISON = "no_comparison"
    """Rooms to compare with were named, and too few of their weeks are known."""
    OTHER_EVENT = "other_event"
    """Something else happened in the weeks looked at."""
    ANYWHERE = "anywhere"
    """The series breaks as much at dates on which nothing happened."""
    UNCERTAIN = "uncertain"
    """The interval holds both no change and one that matters."""


@dataclass(frozen=True, slots=True)
class Change:
    """What an event changed, in the unit of the series.

    `effect` is the mean difference over the weeks after the event to what the line before it would have gone on to, `low`
    and `high` its 95 % interval, `step` the jump at the event and `slope` how much steeper a week is since. `before` and
    `after` are the medians of the known weeks, `weeks_before` and `weeks_after` their number. All but these four are None
    where there are too few weeks for a line. `comparisons` is how many rooms stood for what would have happened anyway.
    """

    verdict: Verdict
    doubts: tuple[Doubt, ...]
    before: float | None
    after: float | None
    weeks_before: int
    weeks_after: int
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    step: float | None = None
    slope: float | None = None
    comparisons: int = 0


@dataclass(frozen=True, slots=True)
class _Fit:
    effect: float
    low: float
    high: float
    step: float
    slope: float


def compare(
    series: Mapping[date, float],
    event: date,
    *,
    comparisons: Sequence[Mapping[date, float]] = (),
    others: Sequence[date] = (),
    silent: frozenset[date] = frozenset(),
) -> Change:
    """What happened to `series` (Monday to value; weeks that are not known are missing) at `event`.

    `comparisons` are the same metric of rooms the event did not concern. `others` are days of other events. `silent` are
    weeks that are left out for all, such as those of public holidays.
    """
    first = monday(event)
    mondays = [first + WEEK * number for number in range(-LONGEST, LONGEST + SETTLING)]
    span = _known_span(mondays, series)
    used = {day: value for day, value in series.items() if day in span and day not in silent}
    differences, usable = _against(used, comparisons, first)
    settled = first + SETTLING * WEEK
    before = {day: value for day, value in differences.items() if day + WEEK <= event}
    after = {day: value for day, value in differences.items() if day >= settled}
    expected_before = [day for day in span if day + WEEK <= event and day not in silent]
    expected_after = [day for day in span if day >= settled and day not in silent]

    doubts = []
    if comparisons and not usable:
        doubts.append(Doubt.NO_COMPARISON)
    if len(before) < FEWEST:
        doubts.append(Doubt.TOO_FEW_BEFORE)
    if len(after) < FEWEST:
        doubts.append(Doubt.TOO_FEW_AFTER)
    if len(before) < KNOWN * len(expected_before) or len(after) < KNOWN * len(expected_after):
        doubts.append(Doubt.GAPS)
    if span and any(span[0] <= day < span[-1] + WEEK for day in others if day != event):
        doubts.append(Doubt.OTHER_EVENT)

    level_before, level_after = (_median([used[day] for day in part]) for part in (before, after))
    counts = len(before), len(after)
    if doubts or level_before is None:
        return Change(
            Verdict.NOT_DECIDABLE, tuple(doubts), level_before, level_after, *counts, comparisons=usable
        )
    fit = _fit(before, after)
    margin = RELEVANT * abs(level_before)
    verdict = _verdict(fit, margin)
    if verdict in {Verdict.ROSE, Verdict.FELL} and _breaks_anywhere(before, fit):
        doubts.append(Doubt.ANYWHERE)
    if verdict is Verdict.NOT_DECIDABLE:
        doubts.append(Doubt.UNCERTAIN)
    return Change(
        Verdict.NOT_DECIDABLE if doubts else verdict,
        tuple(doubts),
        level_before,
        level_after,
        *counts,
        fit.effect,
        fit.low,
        fit.high,
        fit.step,
        fit.slope,
        usable,
    )


def _known_span(mondays: Sequence[date], series: Mapping[date, float]) -> list[date]:
    """The weeks from the first known to the last known one."""
    known = [day for day in mondays if day in series]
    return [day for day in mondays if known[0] <= day <= known[-1]] if known else []


def _against(
    series: Mapping[date, float], comparisons: Sequence[Mapping[date, float]], first: date
) -> tuple[dict[date, float], int]:
    """The series less the mean of those rooms that are known nearly always, and how many they are."""
    if not comparisons:
        return dict(series), 0

    def known(other: Mapping[date, float], *, early: bool) -> bool:
        weeks = [day for day in series if (day < first) is early]
        return sum(day in other for day in weeks) >= max(FEWEST, ceil(KNOWN * len(weeks)))

    usable = [other for other in comparisons if known(other, early=True) and known(other, early=False)]
    if not usable:
        return dict(series), 0
    # A room counts by its distance to its own mean: a week in which one is missing would otherwise be a jump.
    own = [float(np.mean([other[day] for day in series if day in other])) for other in usable]
    differences = {}
    for day, value in series.items():
        moves = [other[day] - mean for other, mean in zip(usable, own, strict=True) if day in other]
        if moves:
            differences[day] = value - float(np.mean(moves))
    return differences, len(usable)


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if values else None


def _verdict(fit: _Fit, margin: float) -> Verdict:
    if -margin <= fit.low and fit.high <= margin:
        return Verdict.UNCHANGED
    if fit.low > 0:
        return Verdict.ROSE
    return Verdict.FELL if fit.high < 0 else Verdict.NOT_DECIDABLE


def _fit(before: Mapping[date, float], after: Mapping[date, float]) -> _Fit:
    """Step and slope by restricted maximum likelihood with errors that follow on each other."""
    days = sorted([*before, *after])
    start = min(after)
    values = np.array([before[day] if day in before else after[day] for day in days])
    weeks = np.array([(day - start).days / 7 for day in days])
    since = (weeks >= 0).astype(float)
    design = np.column_stack([np.ones(len(days)), weeks, since, since * weeks])
    gaps = np.diff(weeks)
    values = _clipped(values, design, gaps)
    scale = float(np.abs(values).max())
    if np.abs(values - design @ np.linalg.lstsq(design, values, rcond=None)[0]).max() <= 1e-9 * scale:
        rho = 0.0
    else:
        rho = float(
            minimize_scalar(
                lambda rho: -_likelihood(rho, values, design, gaps),
                bounds=(0.0, MOST_ALIKE),
                method="bounded",
            ).x
        )
    inverse, estimate, variance = _least_squares(rho, values, design, gaps)
    contrast = np.array([0.0, 0.0, 1.0, float(weeks[weeks >= 0].mean())])
    effect = float(contrast @ estimate)
    # Weeks that are alike tell less than as many that are not.
    freedom = max(2.0, (len(days) - design.shape[1]) * (1 - rho) / (1 + rho))
    reach = float(student.ppf((1 + CONFIDENCE) / 2, freedom)) * sqrt(
        variance * float(contrast @ inverse @ contrast)
    )
    return _Fit(effect, effect - reach, effect + reach, float(estimate[2]), float(estimate[3]))


def _clipped(values: Floats, design: Floats, gaps: Floats) -> Floats:
    """Weeks that stand out, drawn to within `OUTSTANDING` robust standard deviations of a line fitted without them."""
    weights = np.ones(len(values))
    fitted, scale = values, 0.0
    for _ in range(20):
        root = np.sqrt(weights)
        line = np.linalg.lstsq(design * root[:, None], values * root, rcond=None)[0]
        fitted = design @ line
        residuals = values - fitted
        scale = float(median_abs_deviation(residuals, scale="normal"))
        if scale == 0:
            return values
        weights = np.minimum(1.0, HUBER * scale / np.maximum(np.abs(residuals), 1e-300))
    return fitted + np.clip(values - fitted, -OUTSTANDING * scale, OUTSTANDING * scale)


def _whitened(rho: float, rows: Floats, gaps: Floats) -> Floats:
    """Rows of an autoregressive process of first order, made independent (Prais and Winsten 1954), gaps allowed for."""
    alike = rho**gaps
    spread = np.sqrt((1 - alike**2) / (1 - rho**2))
    shape = (-1, *(1,) * (rows.ndim - 1))
    later = (rows[1:] - alike.reshape(shape) * rows[:-1]) / spread.reshape(shape)
    return np.concatenate([rows[:1] * sqrt(1 - rho**2), later])


def _least_squares(rho: float, values: Floats, design: Floats, gaps: Floats) -> tuple[Floats, Floats, float]:
    """The inverse of the information, the coefficients, and the variance of what is new each week."""
    rows, answers = _whitened(rho, design, gaps), _whitened(rho, values, gaps)
    inverse = np.linalg.inv(rows.T @ rows)
    estimate = inverse @ rows.T @ answers
    residuals = answers - rows @ estimate
    variance = float(residuals @ residuals) / (len(values) - design.shape[1])
    return np.asarray(inverse, dtype=np.float64), np.asarray(estimate, dtype=np.float64), variance


def _likelihood(rho: float, values: Floats, design: Floats, gaps: Floats) -> float:
    """The restricted log-likelihood of a correlation of neighbouring weeks (Patterson and Thompson 1971)."""
    inverse, _, variance = _least_squares(rho, values, design, gaps)
    spread = np.log((1 - rho ** (2 * gaps)) / (1 - rho**2)).sum() - log(1 - rho**2)
    free = len(values) - design.shape[1]
    return float(-0.5 * (free * log(variance) + spread - np.linalg.slogdet(inverse)[1]))


def _breaks_anywhere(before: Mapping[date, float], fit: _Fit) -> bool:
    """Whether a pretended event in the middle of the weeks before breaks the line as much, in either direction."""
    days = sorted(before)
    middle = len(days) // 2
    if middle < FEWEST // 2:
        return False
    early, late = ({day: before[day] for day in part} for part in (days[:middle], days[middle:]))
    placebo = _fit(early, late)
    return (placebo.low > 0 or placebo.high < 0) and abs(placebo.effect) >= abs(fit.effect)
