"""What is documented of a dimension: which of its facts are borne out, and the level that carries."""

from collections.abc import Sequence
from typing import Any

from service.maturity import result
from service.maturity.register import Entry, Standing
from service.statistics import levels
from service.statistics.levels import LEVELS

WORTH = {Standing.MET: 1.0, Standing.PARTLY: 0.5, Standing.ABSENT: 0.0, Standing.EXPIRED: 0.5}
"""How much of a fact is there; what is disputed or unknown is left out."""


def facts(entries: Sequence[Entry]) -> tuple[result.Fact, ...]:
    return tuple(
        result.Fact(
            key=entry.fact.key,
            level=entry.fact.level,
            state=entry.standing.value,
            title=entry.evidence.title if entry.evidence else None,
            dated=entry.evidence.dated if entry.evidence else None,
            owner=entry.evidence.owner if entry.evidence else None,
            assessors=len(entry.ratings),
        )
        for entry in entries
    )


def strand(found: Sequence[result.Fact], *, enough: float) -> result.Strand:
    """The continuous level of what is documented; insufficient where less than the share `enough` of the facts was assessed.

    There is no sampling in it, so there is no interval: two assessors are its check.
    """
    known = [fact for fact in found if fact.state in WORTH]
    coverage = len(known) / len(found) if found else 0.0
    common: dict[str, Any] = {
        "kind": result.Kind.DOCUMENTED,
        "coverage": round(coverage, 2),
        "facts": tuple(found),
    }
    if not known or coverage < enough - 1e-9:
        return result.Strand(**common, insufficient="coverage")
    level = round(continuous(known), 2)
    reached = levels.level(level)
    return result.Strand(**common, level=level, probability={one: float(one == reached) for one in LEVELS})


def continuous(found: Sequence[result.Fact]) -> float:
    """1 plus, for each of the levels 2 to 5, the share of its facts that are there."""
    return 1.0 + sum(shares(found))


def shares(found: Sequence[result.Fact]) -> list[float]:
    """How much of the facts of each of the levels 2 to 5 is there; a level without facts goes with the one below."""
    parts, share = [], 0.0
    for level in LEVELS[1:]:
        worth = [WORTH[Standing(fact.state)] for fact in found if fact.level == level and fact.state in WORTH]
        # To two decimals, so that what is shown adds up.
        share = round(sum(worth) / len(worth), 2) if worth else share
        parts.append(share)
    return parts


def staged(found: Sequence[result.Fact]) -> int | None:
    """The highest level whose facts, and those of all below, are met; None where facts that nobody has assessed, or two assess
    differently, leave it open."""
    met: dict[int, list[bool | None]] = {}
    for fact in found:
        assessed = None if fact.state in {"unknown", "disputed"} else fact.state == "met"
        met.setdefault(fact.level, []).append(assessed)
    return levels.staged(met).level
