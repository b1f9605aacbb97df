"""Makes an assessment: from what is published, told and documented to a profile over the dimensions.

The three kinds of evidence stand side by side and are never averaged into one. Where they differ that is a finding: people tell of
what they notice, platforms of what is done, documents of what was agreed. What does not suffice is said to be insufficient.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.maturity import documented, observed, told
from service.maturity.draws import interval
from service.maturity.heard import newest_round
from service.maturity.model import Dimension, Model, current
from service.maturity.register import Entry, register
from service.maturity.result import Agreement, Assessed, Change, Coverage, Kind, Result, Strand
from service.models import Assessment, Organisation
from service.published import Published, latest
from service.statistics.chances import Verdict, change

DIRECTIONS: Mapping[Verdict, Literal["up", "down"]] = {Verdict.ROSE: "up", Verdict.FELL: "down"}
NEAR = 0.5
"""Levels within which what is told and what is observed count as saying the same."""


def make(
    session: Session,
    organisation: Organisation,
    *,
    profile: str | None = None,
    model: Model | None = None,
    now: datetime | None = None,
) -> Assessment:
    """Assess the organisation and keep the result. Raises `Invalid` for a profile the model does not have."""
    moment = (now or datetime.now(UTC)).replace(microsecond=0)
    used = model or current()
    chosen = profile or used.focus
    before = newest(session, organisation)
    result = assess(
        used,
        chosen,
        Given(
            organisation.key,
            latest(session, organisation),
            newest_round(session, organisation),
            register(session, organisation, used, moment.date()),
        ),
        moment,
    )
    if before is not None and before.model_version == used.version:
        earlier = Result.model_validate(before.content)
        result = result.model_copy(
            update={"changes": changes(earlier, result), "compared_with": earlier.created}
        )
    content = result.model_dump(mode="json")
    made = Assessment(
        organisation_id=organisation.id,
        created=moment,
        model_version=used.version,
        profile=chosen,
        digest=hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest(),
        content=content,
    )
    session.add(made)
    session.flush()
    return made


def newest(session: Session, organisation: Organisation) -> Assessment | None:
    found = (
        select(Assessment)
        .where(Assessment.organisation_id == organisation.id)
        .order_by(Assessment.created.desc(), Assessment.id.desc())
        .limit(1)
    )
    return session.scalars(found).first()


@dataclass(frozen=True)
class Given:
    """All evidence there is of an organisation (its key)."""

    organisation: str
    published: Published | None
    survey: told.Round | None
    entries: Sequence[Entry]


def assess(model: Model, profile: str, given: Given, moment: datetime) -> Result:
    """The result for the given evidence; equal evidence gives an equal result, whatever its order. Raises `Invalid` for an unknown profile."""
    weights = model.profile(profile).weights
    dimensions = tuple(
        dimension_of(one, weights[one.key], given, enough=model.minimum_weight) for one in model.dimensions
    )
    published = given.published
    days = [observed.newest_day(one.strand(Kind.OBSERVED).observations) for one in dimensions]
    return Result(
        organisation=given.organisation,
        model_version=model.version,
        profile=profile,
        created=moment,
        publication=published.run.digest if published else None,
        data_until=max((day for day in days if day is not None), default=None),
        round=given.survey.key if given.survey else None,
        dimensions=dimensions,
        coverage=tuple(
            Coverage(source=line.source, kind=line.kind, share=line.share, data_until=line.data_until)
            for line in (published.coverage() if published else ())
        ),
    )


def dimension_of(dimension: Dimension, weight: float, given: Given, *, enough: float) -> Assessed:
    seen = observed.observations(given.published, dimension)
    found = documented.facts([entry for entry in given.entries if entry.dimension == dimension.key])
    scale = given.survey.scales.get(dimension.key) if given.survey else None
    strands = (
        told.strand(scale or told.Scale(), enough=enough),
        observed.strand(seen, enough=enough, observable=dimension.no_observation is None),
        documented.strand(found, enough=enough),
    )
    return compared(dimension.key, weight, strands, documented.staged(found))


def compared(key: str, weight: float, strands: tuple[Strand, ...], staged: int | None) -> Assessed:
    """The strands of a dimension side by side, and how what is told and what is observed go together."""
    by_kind = {strand.kind: strand for strand in strands}
    says, does = by_kind[Kind.TOLD], by_kind[Kind.OBSERVED]
    difference: tuple[float | None, float | None, float | None] = (None, None, None)
    agreement = Agreement.NOT_DECIDABLE
    if says.quantiles and does.quantiles and says.level is not None and does.level is not None:
        apart = np.subtract.outer(np.array(says.quantiles), np.array(does.quantiles)).ravel()
        low, high = interval(apart)
        difference = round(says.level - does.level, 2), round(low, 2), round(high, 2)
        agreement = classified(low, high)
    levels = [strand.level for strand in strands if strand.level is not None]
    return Assessed(
        dimension=key,
        weight=weight,
        strands=strands,
        staged=staged,
        agreement=agreement,
        difference=difference[0],
        difference_low=difference[1],
        difference_high=difference[2],
        lowest=min(levels, default=None),
        highest=max(levels, default=None),
    )


def classified(low: float, high: float) -> Agreement:
    """By the interval of told minus observed: within half a level, on one side of zero, or too wide to say."""
    if low >= -NEAR and high <= NEAR:
        return Agreement.ALIGNED
    if low > 0:
        return Agreement.TOLD_ABOVE
    if high < 0:
        return Agreement.OBSERVED_ABOVE
    return Agreement.NOT_DECIDABLE


def changes(before: Result, after: Result) -> tuple[Change, ...]:
    """What is known of a change in every strand that both assessments could tell; documents change when they change."""
    found = []
    for one in after.dimensions:
        for strand in one.strands:
            earlier = before.dimension(one.dimension).strand(strand.kind)
            if earlier.level is None or strand.level is None:
                continue
            changed = change(earlier.quantiles or (earlier.level,), strand.quantiles or (strand.level,))
            found.append(
                Change(
                    dimension=one.dimension,
                    kind=strand.kind,
                    before=earlier.level,
                    after=strand.level,
                    probability=round(changed.rose, 3),
                    direction=DIRECTIONS.get(changed.verdict),
                )
            )
    return tuple(found)
