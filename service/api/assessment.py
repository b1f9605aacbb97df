"""The maturity assessment under /api/v1: the whole chain of evidence, as it was made, and its levels and indicators as rows."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from service.api import schemas as s
from service.api.basis import ground
from service.api.listing import Page, derived
from service.api.published import age, keep, the_organisation, told
from service.api.routes import FILES, NOT_MODIFIED, PROBLEMS
from service.errors import NotFound
from service.maturity import model as maturity
from service.maturity.assess import newest
from service.maturity.result import Agreement, Assessed, Kind, Observation, Result, Strand
from service.models import Assessment, Organisation
from service.security.signin import Db

router = APIRouter(prefix="/api/v1", tags=["assessment"], responses={**PROBLEMS, **NOT_MODIFIED})


class AssessmentAnswer(BaseModel):
    """The newest assessment; `digest` is that of its content."""

    digest: str
    synthetic: bool
    data_age_days: int | None = Field(
        description="whole days since the last day of what was observed, in UTC; null: nothing was"
    )
    assessment: Result


class LevelRow(BaseModel):
    """One kind of evidence of one dimension: its level from 1 to 5, or why there is none."""

    dimension: str
    name: s.Label
    kind: Kind
    level: float | None
    low: float | None = Field(description="95 % interval")
    high: float | None
    suppressed: s.Suppressed
    unknown: s.Unknown
    insufficient: str | None = Field(description="why there is no level")
    coverage: float = Field(description="share of weight of what there should be")
    people: int | None = Field(description="who answered, to the nearest 5")
    weight: float = Field(description="of the dimension in the profile")
    profile: str
    staged: int | None = Field(description="level whose documented criteria, and all below, are met")
    agreement: Agreement = Field(description="how what is told and what is observed go together")
    difference: float | None = Field(description="told minus observed, in levels")
    difference_low: float | None
    difference_high: float | None


class IndicatorRow(BaseModel):
    """One observed indicator: the published value, and what it counts as on the scale of 1 to 5."""

    dimension: str
    indicator: str
    metric: str
    category: str
    window: str
    since: date | None
    until: date | None
    value: float | None
    low: float | None = Field(description="95 % interval")
    high: float | None
    people: int | None = Field(description="size of the group behind the value, to the nearest 5")
    state: s.State
    suppressed: s.Suppressed
    unknown: s.Unknown
    reason: str | None
    score: float | None = Field(description="on 1 to 5 by the anchors; null: it does not count")
    weight: float
    coverage: float | None


@router.get("/assessment")
def get_assessment(
    request: Request, response: Response, asked: Annotated[s.Query, Query()], db: Db
) -> AssessmentAnswer:
    """Levels per dimension and kind of evidence, with everything they rest on. 404 before the first assessment."""
    organisation = the_organisation(db, asked.organisation)
    made, result = the_newest(db, organisation)
    old = None if result.data_until is None else age(result.data_until)
    keep(request, response, f'"{made.digest[:32]}-{"" if old is None else old}"')
    response.headers.update(told(ground(db, organisation, _rules(result)).basis))
    return AssessmentAnswer(
        digest=made.digest, synthetic=organisation.synthetic, data_age_days=old, assessment=result
    )


@router.get("/assessment/levels", responses=FILES, response_model=s.Derived[LevelRow])
def list_levels(request: Request, response: Response, asked: Annotated[s.Paged, Query()], db: Db) -> Any:
    """A row for each dimension and kind of evidence. 404 before the first assessment."""
    organisation = the_organisation(db, asked.organisation)
    _, result = the_newest(db, organisation)
    on, model = ground(db, organisation, _rules(result)), maturity.load(result.model_version)
    rows = [
        level_row(one, strand, s.Label.of(model.dimension(one.dimension).name), result.profile)
        for one in result.dimensions
        for strand in one.strands
    ]
    return derived(
        Page(request, response, asked), basis=on.basis, row_type=LevelRow, rows=rows, moment=on.moment
    )


@router.get("/assessment/indicators", responses=FILES, response_model=s.Derived[IndicatorRow])
def list_indicators(request: Request, response: Response, asked: Annotated[s.Paged, Query()], db: Db) -> Any:
    """A row for each observed indicator of each dimension. 404 before the first assessment."""
    organisation = the_organisation(db, asked.organisation)
    _, result = the_newest(db, organisation)
    on = ground(db, organisation, _rules(result))
    rows = [
        indicator_row(one.dimension, seen)
        for one in result.dimensions
        for seen in one.strand(Kind.OBSERVED).observations
    ]
    return derived(
        Page(request, response, asked), basis=on.basis, row_type=IndicatorRow, rows=rows, moment=on.moment
    )


def the_newest(db: Db, organisation: Organisation) -> tuple[Assessment, Result]:
    """Raises `NotFound` before the first one."""
    made = newest(db, organisation)
    if made is None:
        raise NotFound("no assessment was made yet")
    return made, Result.model_validate(made.content)


def _rules(result: Result) -> str:
    return f"maturity model {result.model_version}"


def level_row(one: Assessed, strand: Strand, name: s.Label, profile: str) -> LevelRow:
    states = [seen.state for seen in strand.observations] + [given.state for given in strand.answers]
    return LevelRow(
        dimension=one.dimension,
        name=name,
        kind=strand.kind,
        level=strand.level,
        low=strand.low,
        high=strand.high,
        suppressed=strand.level is None and "suppressed" in states,
        unknown=strand.level is None and "suppressed" not in states,
        insufficient=strand.insufficient,
        coverage=strand.coverage,
        people=strand.people,
        weight=one.weight,
        profile=profile,
        staged=one.staged,
        agreement=one.agreement,
        difference=one.difference,
        difference_low=one.difference_low,
        difference_high=one.difference_high,
    )


def indicator_row(dimension: str, seen: Observation) -> IndicatorRow:
    return IndicatorRow(
        dimension=dimension,
        indicator=seen.key,
        suppressed=seen.state == "suppressed",
        unknown=seen.state == "unknown",
        **seen.model_dump(
            include={
                *("metric", "category", "window", "since", "until", "value", "low", "high", "people"),
                *("state", "reason", "score", "weight", "coverage"),
            }
        ),
    )
