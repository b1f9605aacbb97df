"""How sure is a level, and how sure is a change?"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from service.errors import Invalid
from service.statistics.estimate import Floats, Numbers, vector
from service.statistics.levels import LEVELS

CERTAIN = 0.9
"""Chance from which a change between rounds is called one."""


class Verdict(StrEnum):
    ROSE = "rose"
    FELL = "fell"
    NOT_DECIDABLE = "not_decidable"


@dataclass(frozen=True, slots=True)
class Change:
    """The chances that the later score is above, and below, the earlier one; what is left is that both are alike."""

    rose: float
    fell: float

    @property
    def verdict(self) -> Verdict:
        if self.rose >= CERTAIN:
            return Verdict.ROSE
        return Verdict.FELL if self.fell >= CERTAIN else Verdict.NOT_DECIDABLE


def level_chances(draws: Numbers) -> tuple[float, ...]:
    """P(level) for levels 1 to 5: the share of the draws of a continuous level that reach this level and not the next one.

    They add up to 1. Raises `Invalid` without draws, or for draws outside 1..5.
    """
    reached = np.floor(_drawn(draws) + 1e-9)
    return tuple(float((reached == each).mean()) for each in LEVELS)


def change(before: Numbers, after: Numbers, relevant: float = 0.0) -> Change:
    """P(change) between two rounds of different people: shares of all pairs of draws, in levels.

    `relevant` is how many levels the later score must be above, or below, to count. Both rounds must be told with the same
    version of the model. If the anchors and weights were drawn as well they count twice as uncertain, which is on the safe side;
    for a sharper answer draw the evidence alone. Raises `Invalid` without draws, for draws outside 1..5 or a negative `relevant`.
    """
    if not relevant >= 0:
        raise Invalid(f"a relevant change of {relevant} levels; give a number of at least 0")
    early, late = np.sort(_drawn(before)), _drawn(after)
    pairs = len(early) * len(late)
    # Twelve digits, since sums in another order differ in the last ones.
    early, late = early.round(12), late.round(12)
    rose = np.searchsorted(early, (late - relevant).round(12), "left").sum()
    fell = pairs - np.searchsorted(early, (late + relevant).round(12), "right").sum()
    return Change(float(rose / pairs), float(fell / pairs))


def _drawn(draws: Numbers) -> Floats:
    given = vector(draws, "draws")
    if len(given) == 0:
        raise Invalid("there are no draws: the score is not covered by evidence")
    # Tested as a negation, so that NaN fails as well.
    if not ((given >= 1) & (given <= 5)).all():
        raise Invalid("draws: give continuous levels from 1 to 5")
    return given
