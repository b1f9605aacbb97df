"""The figures of cells: distributions of questions, scales of dimensions, and whether groups may be compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu

from service.answered import SHARES, Figures
from service.models import SurveyGroup
from service.publication.rounding import bound, rounded_people
from service.statistics import bootstrap, nonresponse, units, weights
from service.statistics.agreement import Null, agreement
from service.statistics.differences import cliffs_delta, holm
from service.statistics.estimate import Estimate, Floats
from service.statistics.precision import finite_correction, share_interval
from service.statistics.reliability import reliability
from service.surveys.grid import DIFFERENT, POOL, Grid
from service.surveys.sample import FEWEST_ITEMS, Table

DRAWS = 400
SIGNIFICANT = 0.05


def question(table: Table, column: int, invited: int, *, detailed: bool) -> tuple[Figures, int]:
    """The distribution of one question among the rows of a table, and how many people that is.

    Intervals and bounds are computed from rounded numbers, so that they tell nothing more than these. `detailed` adds who did
    not answer and why.
    """
    counts = table.counts(np.ones(len(table.group), dtype=bool))[column]
    people = int(counts.sum())
    coarse = rounded_people(people)
    shares: dict[str, Any] = {
        name: round(float(count) / people, 2) for name, count in zip(SHARES, counts, strict=True)
    }
    ends = counts[:2] if table.section.questions[column].reverse else counts[-2:]
    top = round(float(ends.sum()) / people, 2)
    low, high = share_interval(top, coarse)
    below, above = nonresponse.share_bounds(top, min(1.0, coarse / invited))
    figures = Figures(
        **shares,
        top_two=top,
        top_two_low=round(low, 2),
        top_two_high=round(high, 2),
        unanswered_low=round(below, 2),
        unanswered_high=round(above, 2),
    )
    asked = np.array([table.asked[int(group)][column] for group in table.group], dtype=bool)
    unknowing = int(table.answers.dont_know[:, column].sum())
    figures.dont_know, figures.dont_know_below = _few(unknowing, people + unknowing)
    if detailed:
        figures.not_applicable, _ = _few(
            int(table.answers.not_applicable[asked, column].sum()), int(asked.sum())
        )
        figures.left_out, _ = _few(int(table.answers.left_out[asked, column].sum()), int(asked.sum()))
    return figures, people


def _few(some: int, people: int) -> tuple[float | None, float | None]:
    """A share, or where it is of fewer than `DIFFERENT` people what it is below."""
    if some < DIFFERENT:
        return None, bound(people, DIFFERENT)
    return round(some / people, 2), None


def alike(people: int) -> float:
    """What the share of the most frequent answer is at least, where fewer than `DIFFERENT` people gave another one; from the
    number of people alone (at least so many there are), to 0.05 below."""
    return int((people - DIFFERENT + 1) / people * 20) / 20


def scale(
    table: Table, grid: Grid, scores: Floats, invited: int, *key: str, whole: bool
) -> tuple[Figures, int]:
    """The scale of a dimension among the rows of a table; `whole` adds what is told of the organisation only."""
    known = ~np.isnan(scores)
    people = int(known.sum())
    coarse = min(rounded_people(people), invited)
    mean = bootstrap.mean(scores, *key)
    value = _level(mean.value)
    assert value is not None  # noqa: S101 - the grid lets nobody's scale through
    below, above = nonresponse.mean_bounds(value, min(1.0, coarse / invited))
    figures = Figures(
        mean=value,
        low=_level(mean.low),
        high=_level(mean.high),
        finite=round(finite_correction(coarse, invited), 2),
        unanswered_low=round(below, 2),
        unanswered_high=round(above, 2),
    )
    columns = _common(table, grid)
    points = table.recoded()[:, columns]
    for null in Null:
        found = agreement(points, null)
        told = None if found.value is None else round(found.value, 2)
        if null is Null.UNIFORM:
            figures.agreement_uniform, figures.polarised = told, found.polarised
        else:
            figures.agreement_skewed = told
    if whole:
        _reliable(figures, points, *key)
        drawn = bootstrap.mean_draws(scores[known][:, None], *key, draws=DRAWS)[:, 0]
        figures.draws = [round(float(one), 2) for one in np.sort(drawn)]
    return figures, people


def _common(table: Table, grid: Grid) -> list[int]:
    """The questions of the scale that everybody in the table is asked."""
    return [
        column
        for column in table.columns(grid.questions)
        if all(table.asked[int(group)][column] for group in np.unique(table.group))
    ]


def _reliable(figures: Figures, points: Floats, *key: str) -> None:
    if points.shape[1] < FEWEST_ITEMS:
        figures.reliability = "too_few_items"
        return
    found = reliability(points, *key)
    figures.complete = rounded_people(found.complete)
    figures.alpha, figures.alpha_low, figures.alpha_high = _told(found.alpha)
    figures.omega, figures.omega_low, figures.omega_high = _told(found.omega)
    reason = found.omega.reason or found.alpha.reason
    figures.reliability = found.reading.value if found.reading else (reason.value if reason else None)
    if found.alarms:
        figures.reliability = "reversed_item"


def weighted(figures: Figures, scores: Floats, blocks: NDArray[np.str_], invited: Mapping[str, int]) -> None:
    """Adds the mean with each group (the pool as one) weighted to the people invited, weights trimmed to 0.3 … 3."""
    known = ~np.isnan(scores)
    weighting = weights.poststratified([str(block) for block in blocks[known]], invited)
    trimmed = weights.trimmed(weighting.weights)
    value = float(bootstrap.weighted_mean(np.column_stack([scores[known], trimmed])))
    figures.weighted = _level(value)
    figures.effective = rounded_people(round(weights.effective_size(trimmed)))
    figures.weighting_matters = weights.weighting_matters(value, float(scores[known].mean()))


def invited_by_block(grid: Grid, groups: Mapping[int, SurveyGroup]) -> dict[str, int]:
    found: dict[str, int] = {}
    for group in groups.values():
        block = grid.block(group.id)
        found[block] = found.get(block, 0) + group.invited
    return found


@dataclass(frozen=True)
class Apart:
    """How far the groups shown differ in one dimension, and what the data carry."""

    icc1: Estimate
    icc2: Estimate
    comparison: units.Comparison

    def tell(self, figures: Figures) -> None:
        figures.icc1, figures.icc1_low, figures.icc1_high = _told(self.icc1)
        figures.icc2, _, _ = _told(self.icc2)
        figures.comparison = self.comparison.value


def apart(table: Table, grid: Grid, scores: Floats) -> Apart:
    """From the groups shown alone: the pool is no group."""
    rows = np.isin(table.group, grid.shown)
    found = units.unit_variance(scores[rows], [int(group) for group in table.group[rows]])
    return Apart(found.icc1, found.icc2, found.comparison)


def against_the_rest(scores: Mapping[str, Floats], groups: Mapping[str, NDArray[np.int64]],
                     asked: list[tuple[str, int]]) -> dict[tuple[str, int], str | None]:  # fmt: skip
    """For each (dimension, group): higher or lower than all others, beyond chance over all that are asked together.

    By the test of Mann and Whitney (1947), corrected for their number (Holm 1979).
    """
    if not asked:
        return {}
    chances: list[float | None] = []
    directions = []
    for dimension, group in asked:
        inside = groups[dimension] == group
        rest, own = scores[dimension][~inside], scores[dimension][inside]
        rest, own = rest[~np.isnan(rest)], own[~np.isnan(own)]
        tested = min(len(rest), len(own)) >= bootstrap.FEWEST and np.ptp(np.concatenate([rest, own])) > 0
        chances.append(float(mannwhitneyu(own, rest).pvalue) if tested else None)
        directions.append(cliffs_delta(rest, own).value or 0.0)
    corrected = holm(np.array([np.nan if chance is None else chance for chance in chances]))
    return {
        pair: ("higher" if direction > 0 else "lower") if chance < SIGNIFICANT else None
        for pair, chance, direction in zip(asked, corrected, directions, strict=True)
    }


def _told(estimate: Estimate) -> tuple[float | None, float | None, float | None]:
    ends = (estimate.value, estimate.low, estimate.high)
    low, middle, high = (None if end is None else round(end, 2) for end in (ends[1], ends[0], ends[2]))
    return middle, low, high


def _level(value: float | None) -> float | None:
    return None if value is None else min(5.0, max(1.0, round(value, 2)))


__all__ = [
    "POOL",
    "Apart",
    "against_the_rest",
    "alike",
    "apart",
    "invited_by_block",
    "question",
    "scale",
    "weighted",
]
