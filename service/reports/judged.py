"""Which of the findings are worth telling: strengths, gaps, and where the kinds of evidence differ. Thresholds are our own."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.maturity.result import Agreement, Assessed, Fact, Kind, Observation, Result

STRONG, WEAK = 4.0, 2.5
"""A score from which a result is called a strength, and one below which it is called a gap. Levels, 1 to 5."""
APART = 1.0
"""Levels by which documents and practice lie apart so that it is told."""
UNMET = ("absent", "partly", "expired")


@dataclass(frozen=True)
class Judged:
    """The dimensions of a result by what was found of them, each in the order of the model."""

    result: Result

    @property
    def known(self) -> list[Assessed]:
        return [one for one in self.result.dimensions if one.lowest is not None]

    @property
    def furthest(self) -> Assessed | None:
        """Where even the lowest evidence is highest; the first of equals."""
        return max(self.known, key=lambda one: one.lowest or 0.0, default=None)

    @property
    def least_far(self) -> tuple[Assessed, Kind] | None:
        """Where the lowest evidence is lowest, and which kind it is."""
        one = min(self.known, key=lambda one: one.lowest or 0.0, default=None)
        if one is None:
            return None
        return one, next(strand.kind for strand in one.strands if strand.level == one.lowest)

    def agreeing(self, agreement: Agreement) -> list[Assessed]:
        return [one for one in self.result.dimensions if one.agreement is agreement]

    @property
    def ahead_of_paper(self) -> list[Assessed]:
        """Where practice is further along than what is documented."""
        return [one for one in self.known if (gap := paper_gap(one)) is not None and gap >= APART]

    @property
    def ahead_of_practice(self) -> list[Assessed]:
        return [one for one in self.known if (gap := paper_gap(one)) is not None and gap <= -APART]

    @property
    def not_observed(self) -> list[Assessed]:
        return [one for one in self.result.dimensions if one.strand(Kind.OBSERVED).level is None]

    @property
    def observations(self) -> list[Observation]:
        """All that count, by score."""
        seen = [o for one in self.result.dimensions for o in one.strand(Kind.OBSERVED).observations]
        return sorted(
            (one for one in seen if one.score is not None), key=lambda one: (one.score or 0, one.key)
        )

    @property
    def strong(self) -> list[Observation]:
        return [one for one in reversed(self.observations) if (one.score or 0) >= STRONG]

    @property
    def weak(self) -> list[Observation]:
        return [one for one in self.observations if (one.score or 0) < WEAK]

    @property
    def told_strong(self) -> list[Assessed]:
        """What staff see as far along, and no observation speaks against it."""
        return [
            one
            for one in self.result.dimensions
            if (one.strand(Kind.TOLD).level or 0) >= STRONG and one.agreement is not Agreement.TOLD_ABOVE
        ]

    def facts(self, keys: Sequence[str] | None = None) -> list[Fact]:
        found = {f.key: f for one in self.result.dimensions for f in one.strand(Kind.DOCUMENTED).facts}
        return list(found.values()) if keys is None else [found[key] for key in keys if key in found]


def practice(one: Assessed) -> tuple[float, Kind] | None:
    """What is done, carefully: as observed, else as told; the lower of the two where they differ."""
    if one.agreement in (Agreement.TOLD_ABOVE, Agreement.OBSERVED_ABOVE):
        lower = min((Kind.TOLD, Kind.OBSERVED), key=lambda kind: one.strand(kind).level or 0.0)
        return one.strand(lower).level or 0.0, lower
    for kind in (Kind.OBSERVED, Kind.TOLD):
        level = one.strand(kind).level
        if level is not None:
            return level, kind
    return None


def paper_gap(one: Assessed) -> float | None:
    """Levels by which practice is ahead of documents; None where one of them is not known."""
    done, paper = practice(one), one.strand(Kind.DOCUMENTED).level
    return None if done is None or paper is None else done[0] - paper


def next_facts(one: Assessed) -> tuple[int, list[Fact]] | None:
    """The lowest level some criterion of which is not met, and these criteria; None where nothing is unmet."""
    unmet = [fact for fact in one.strand(Kind.DOCUMENTED).facts if fact.state in UNMET]
    if not unmet:
        return None
    level = min(fact.level for fact in unmet)
    return level, [fact for fact in unmet if fact.level == level]
