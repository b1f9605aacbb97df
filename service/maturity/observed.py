"""What is observed of a dimension: published values of its indicators, on the scale of levels by their anchors."""

import json
from collections.abc import Sequence
from datetime import date
from statistics import fmean
from typing import Any

import numpy as np

from metrics.catalog import CATALOG
from metrics.intervals import Z
from metrics.metric import Tier
from service.maturity.draws import interval, quantiles
from service.maturity.model import Dimension, Indicator
from service.maturity.result import Kind, Observation, State, Strand
from service.models import PublishedCoverage, PublishedValue
from service.published import Published
from service.statistics.bootstrap import generator
from service.statistics.chances import level_chances
from service.statistics.estimate import Floats
from service.statistics.levels import LEVELS, score, score_draws

KINDS = {
    Tier.CONTENT: ("create", "edit"),
    Tier.RESPONSES: ("create", "comment", "reply", "react"),
    Tier.VIEWS: ("view",),
    Tier.PEOPLE: ("create", "comment", "join"),
}
"""The kinds of activity of which a metric of a tier needs to know; the coverage of an indicator is that of those."""
DRAWS = 2000


def observations(published: Published | None, dimension: Dimension) -> tuple[Observation, ...]:
    """The newest published cell of each indicator of the dimension for the whole organisation."""
    lines = published.coverage() if published else ()
    return tuple(_observation(published, indicator, lines) for indicator in dimension.indicators)


def _observation(
    published: Published | None, indicator: Indicator, lines: Sequence[PublishedCoverage]
) -> Observation:
    newest = None
    if published is not None:
        for cell in published.series(indicator.metric, indicator.window.value):
            newest = cell if cell.category == indicator.category else newest
    share = covered(lines, KINDS[CATALOG[indicator.metric].tier])
    state, reason = _state(newest, share, indicator.minimum_coverage)
    shown = newest if state == "published" else None
    value = shown.value if shown else None
    return Observation(
        key=indicator.key,
        metric=indicator.metric,
        category=indicator.category,
        window=indicator.window.value,
        since=newest.since if newest else None,
        until=newest.until if newest else None,
        state=state,
        reason=reason,
        value=value,
        low=shown.low if shown else None,
        high=shown.high if shown else None,
        people=shown.people if shown else None,
        coverage=share,
        minimum_coverage=indicator.minimum_coverage,
        anchors=indicator.anchors,
        weight=indicator.weight,
        score=None if value is None else round(score(value, indicator.anchors) or 1.0, 2),
    )


def _state(cell: PublishedValue | None, share: float | None, least: float) -> tuple[State, str | None]:
    if cell is None:
        return "unknown", "not_published"
    if cell.state == "suppressed":
        return "suppressed", cell.reason
    if cell.state != "published" or cell.value is None:
        return "unknown", cell.reason or "no_data"
    if share is not None and share < least:
        return "unknown", "coverage"
    return "published", None


def covered(lines: Sequence[PublishedCoverage], kinds: Sequence[str]) -> float | None:
    """The mean share that was read over all sources that offer those kinds; None where none of them can tell."""
    shares = [
        line.share
        for line in lines
        if line.kind in kinds and line.share is not None and set(line.reasons) != {"unsupported"}
    ]
    return round(fmean(shares), 3) if shares else None


def strand(seen: Sequence[Observation], *, enough: float, observable: bool) -> Strand:
    """The level of what is observed; insufficient below the share `enough` of the indicators' weight."""
    known = [one for one in seen if one.score is not None]
    whole = sum(one.weight for one in seen)
    coverage = sum(one.weight for one in known) / whole if whole else 0.0
    common: dict[str, Any] = {
        "kind": Kind.OBSERVED,
        "coverage": round(coverage, 2),
        "observations": tuple(seen),
    }
    if not observable or not known or coverage < enough - 1e-9:
        return Strand(**common, insufficient="coverage" if observable else "not_observable")
    drawn = draws(known)
    low, high = interval(drawn)
    level = np.average([one.score or 0.0 for one in known], weights=[one.weight for one in known])
    return Strand(
        **common,
        level=round(float(level), 2),
        low=round(low, 2),
        high=round(high, 2),
        probability=dict(zip(LEVELS, level_chances(drawn), strict=True)),
        quantiles=tuple(quantiles(drawn)),
    )


def draws(known: Sequence[Observation]) -> Floats:
    """Levels that would as well be possible: values within their intervals, anchors and weights within what they are worth.

    A value is normal around itself with the standard error its interval at 95 % implies; one without interval is taken as it
    is. Random numbers depend on the evidence alone: given out by value, not by name or place.
    """
    ordered = sorted(
        known, key=lambda one: (one.anchors, one.value or 0.0, one.low or 0.0, one.high or 0.0, one.weight)
    )
    key = json.dumps([[one.value, one.low, one.high, one.anchors, one.weight] for one in ordered])
    chance = generator("observed", key)
    values = []
    for one in ordered:
        spread = 0.0 if one.low is None or one.high is None else (one.high - one.low) / (2 * Z)
        values.append(chance.normal(one.value or 0.0, spread, DRAWS))
    anchors, weights = [one.anchors for one in ordered], [one.weight for one in ordered]
    return score_draws(values, anchors, weights, "observed", key)


def newest_day(seen: Sequence[Observation]) -> date | None:
    return max((one.until for one in seen if one.until is not None), default=None)
