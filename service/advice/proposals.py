"""Which measures are advised, why, and which of them bring most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from metrics.metric import Mark
from service.advice.catalogue import Audience, Catalogue, Measure
from service.advice.rules import Situation, Verdict, judge
from service.maturity.register import Standing

PROBABLE = {Mark.READ: 0.7, Mark.KNOWN: 0.5, Mark.OWN: 0.4}
"""How probable an effect is, by how well it is founded. Our own estimates."""
REACH = {
    Audience.EVERYONE: 1.0,
    Audience.LEADERS: 0.6,
    Audience.MIDDLE_MANAGERS: 0.6,
    Audience.EDITORS: 0.5,
    Audience.ROOM_OWNERS: 0.5,
    Audience.SERVICE_UNITS: 0.4,
    Audience.PILOT_UNITS: 0.3,
    Audience.PLATFORM_TEAM: 0.4,
    Audience.COMMUNICATION_TEAM: 0.4,
}
"""How much of the organisation notices what changes for an audience. Our own estimates."""
LEAST_GAP = 0.25
"""Levels: what is advised although the level aimed at is reached in one way of seeing it is worth a little."""


@dataclass(frozen=True)
class Proposal:
    """A measure that is advised (`verdict.holds`), or that would be if more were known.

    `gap` is from the lowest known level of its dimension to where it leads; `benefit` = gap × weight of the dimension × probability of an effect ×
    reach. `missing` are prerequisites that are neither documented nor among the measures already done.
    """

    measure: Measure
    verdict: Verdict
    gap: float
    benefit: float
    missing: tuple[str, ...]


def proposals(
    catalogue: Catalogue, situation: Situation, weights: Mapping[str, float], done: Sequence[str] = ()
) -> list[Proposal]:
    """Every measure whose trigger holds, the most useful first; then those of which that is not known."""
    found = []
    for measure in catalogue.measures:
        verdict = judge(measure.trigger, situation)
        if verdict.holds is False or measure.key in done:
            continue
        gap = _gap(measure, situation)
        found.append(
            Proposal(
                measure,
                verdict,
                gap,
                round(gap * weights[measure.dimension] * probability(measure) * reach(measure), 4),
                tuple(_missing(measure, situation, done)),
            )
        )
    return sorted(found, key=lambda one: (one.verdict.holds is None, -one.benefit, one.measure.key))


def probability(measure: Measure) -> float:
    """Of the best founded citation."""
    return max(PROBABLE[one.mark] for one in measure.citations)


def reach(measure: Measure) -> float:
    return max(REACH[one] for one in measure.audience)


def _gap(measure: Measure, situation: Situation) -> float:
    levels = [
        level
        for (dimension, _), level in situation.levels.items()
        if dimension == measure.dimension and level is not None
    ]
    lowest = min(levels, default=measure.from_level)
    return round(max(LEAST_GAP, measure.to_level - max(lowest, measure.from_level - 1)), 2)


def _missing(measure: Measure, situation: Situation, done: Sequence[str]) -> list[str]:
    """The measures that have to come first: not done, and not made unnecessary by a document."""
    return [
        needed.measure
        for needed in measure.prerequisites
        if needed.measure is not None
        and needed.measure not in done
        and not (
            needed.fact is not None and situation.standings.get(needed.fact, Standing.UNKNOWN) is Standing.MET
        )
    ]
