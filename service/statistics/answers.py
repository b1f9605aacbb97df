"""What was answered, not known, not applicable or left out; and the score of a scale."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.intervals import wilson
from service.errors import Invalid
from service.statistics.estimate import Estimate, Floats, Numbers, Reason, table, vector

DONT_KNOW = -1
"""Coded answer "don't know, can not judge". It is never the middle of the scale."""
NOT_APPLICABLE = -2
"""Coded answer "does not apply to me"."""
POINTS = 5
"""Points of an agreement scale: 1 to 5."""
NEEDED = 2 / 3
"""Share of the items of a scale a person must have answered to get a score; half to two thirds is usual (our choice: two thirds)."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers of people (rows) to items (columns).

    `points` has 1 to the number of points, NaN wherever there is no such answer; the two masks tell the don't knows and the
    not applicables among these apart from what was left out.
    """

    points: Floats
    dont_know: NDArray[np.bool_]
    not_applicable: NDArray[np.bool_]

    @property
    def left_out(self) -> NDArray[np.bool_]:
        return np.isnan(self.points) & ~self.dont_know & ~self.not_applicable


def coded(values: Numbers, points: int = POINTS) -> Answers:
    """Answers from codes: 1 to `points`, `DONT_KNOW`, `NOT_APPLICABLE`, None or NaN where an item was left out.

    Raises `Invalid` for any other number, since an unknown code must not become a value.
    """
    codes = table(values)
    dont_know, not_applicable = codes == DONT_KNOW, codes == NOT_APPLICABLE
    rated = np.where(dont_know | not_applicable, np.nan, codes)
    allowed = np.isnan(rated) | ((rated >= 1) & (rated <= points) & (rated == np.floor(rated)))
    if not allowed.all():
        raise Invalid(
            f"{float(rated[~allowed][0]):g} is no answer; allowed are 1 to {points}, {DONT_KNOW} (don't know), "
            f"{NOT_APPLICABLE} (not applicable) and nothing"
        )
    return Answers(rated, dont_know, not_applicable)


def recoded(points: Numbers, reverse: Sequence[int], highest: int = POINTS) -> Floats:
    """Answers with the columns in `reverse` turned round: x becomes `highest` + 1 - x.

    Reversed items must be recoded before scores and reliability. Raises `Invalid` for a column that does not exist.
    """
    turned = table(points).copy()
    for column in reverse:
        if not 0 <= column < turned.shape[1]:
            raise Invalid(f"there is no item {column}; give a column from 0 to {turned.shape[1] - 1}")
        turned[:, column] = highest + 1 - turned[:, column]
    return turned


def scale_scores(points: Numbers, needed: float = NEEDED) -> Floats:
    """The mean of a person's answered items, in points; NaN where fewer than the share `needed` of the items were answered.

    Don't know and not applicable count as unanswered. The mean of the answered items is the person-mean imputation of the
    others (Downey and King 1998). Raises `Invalid` unless 0 < `needed` <= 1, or without items.
    """
    answers = table(points)
    if not 0 < needed <= 1:
        raise Invalid(f"the share of items needed is {needed}; give one above 0 and at most 1")
    items = answers.shape[1]
    if items == 0:
        raise Invalid("a scale needs at least one item")
    answered = (~np.isnan(answers)).sum(axis=1)
    enough = (answered > 0) & (answered >= needed * items - 1e-9)
    sums = np.nansum(answers, axis=1)
    return np.where(enough, sums / np.where(enough, answered, 1), np.nan)


def complete_rows(points: Numbers) -> Floats:
    """The rows of those who answered every item (listwise)."""
    answers = table(points)
    return answers[~np.isnan(answers).any(axis=1)]


def counts(points: Numbers, highest: int = POINTS) -> tuple[int, ...]:
    """How many people gave 1, 2, … `highest` to one item. Raises `Invalid` for anything that is no point of the scale."""
    answered = coded(vector(points).reshape(-1, 1), highest).points
    return tuple(int((answered == point).sum()) for point in range(1, highest + 1))


def top_two_share(points: Numbers, highest: int = POINTS) -> Estimate:
    """The share of those with a point who gave one of the two highest, with Wilson interval; `n` are those with a point."""
    told = counts(points, highest)
    return _share(told[-1] + told[-2], sum(told))


def dont_know_shares(answers: Answers) -> tuple[Estimate, ...]:
    """For each item: don't knows by those who said don't know or gave a point, with Wilson interval.

    Those for whom it does not apply, or who left the item out, are not asked. A large share is a finding: what the item asks
    for is not known.
    """
    gave = (~np.isnan(answers.points)).sum(axis=0)
    ignorant = answers.dont_know.sum(axis=0)
    return tuple(_share(int(some), int(some + other)) for some, other in zip(ignorant, gave, strict=True))


def not_applicable_shares(answers: Answers) -> tuple[Estimate, ...]:
    """For each item: not applicables by all who answered in any way, with Wilson interval."""
    reacted = (~answers.left_out).sum(axis=0)
    without = answers.not_applicable.sum(axis=0)
    return tuple(_share(int(some), int(every)) for some, every in zip(without, reacted, strict=True))


def left_out_shares(answers: Answers) -> tuple[Estimate, ...]:
    """For each item: those who gave no answer at all by all who took part, with Wilson interval."""
    everybody = len(answers.points)
    return tuple(_share(int(some), everybody) for some in answers.left_out.sum(axis=0))


def _share(affirming: int, total: int) -> Estimate:
    if total == 0:
        return Estimate(None, reason=Reason.TOO_FEW_PEOPLE)
    low, high = wilson(affirming, total)
    return Estimate(affirming / total, low, high, total)
