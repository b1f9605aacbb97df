"""Findings under /api/v1: what was found, what was not, and what can not be told, each with what it rests on."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from service.advice import findings as rules
from service.advice.advised import Advice, advice_for
from service.advice.findings import Finding
from service.api import schemas as s
from service.api.basis import ground
from service.api.conditions import ConditionRow, EvidenceRow, condition, evidence, hidden
from service.api.listing import Page, derived
from service.api.published import the_organisation
from service.api.routes import FILES, NOT_MODIFIED, PROBLEMS
from service.published import Published, latest
from service.security.signin import Db

State = Literal["found", "not_found", "unknown"]
STATES: dict[bool | None, State] = {True: "found", False: "not_found", None: "unknown"}

router = APIRouter(prefix="/api/v1/findings", tags=["findings"], responses={**PROBLEMS, **NOT_MODIFIED})


class FindingRow(BaseModel):
    """A rule applied. Risks and chances are a register: they stand in it whether a sign of them shows or not."""

    key: str
    kind: rules.Kind
    dimension: str
    state: State = Field(description="not_found: known not to hold (of a risk or a chance: no sign shows)")
    suppressed: s.Suppressed
    unknown: s.Unknown
    weight: float = Field(
        description="weight of the dimension in the profile, times how much the rule matters"
    )
    title: s.Label
    means: s.Label
    follows: s.Label
    owner: str | None = Field(description="the function that answers for a risk or a chance; never a person")
    measures: list[str] = Field(description="keys of measures that fit")
    evidence: list[EvidenceRow] = Field(description="conditions that are met; empty unless found")
    lacking: list[ConditionRow] = Field(
        description="conditions of which it is not known whether they are met"
    )


class FindingEvidenceRow(EvidenceRow):
    """One piece of evidence of a finding, flat."""

    finding: str = Field(description="key of the finding")


class FindingQuery(s.Paged):
    kind: rules.Kind | None = None
    dimension: Annotated[str | None, Field(max_length=32)] = None
    state: State | None = None


@router.get("", responses=FILES, response_model=s.Derived[FindingRow])
def list_findings(
    request: Request, response: Response, asked: Annotated[FindingQuery, Query()], db: Db
) -> Any:
    """All rules, what was found first, each kind the weightiest first."""
    organisation = the_organisation(db, asked.organisation)
    found, published, version = judged(db, advice_for(db, organisation))
    on = ground(db, organisation, version)
    rows = [finding_row(one, published) for one in chosen(found, asked)]
    return derived(
        Page(request, response, asked), basis=on.basis, row_type=FindingRow, rows=rows, moment=on.moment
    )


@router.get("/evidence", responses=FILES, response_model=s.Derived[FindingEvidenceRow])
def list_evidence(
    request: Request, response: Response, asked: Annotated[FindingQuery, Query()], db: Db
) -> Any:
    """What was found rests on this: a row for each published value, level or document that meets a condition."""
    organisation = the_organisation(db, asked.organisation)
    found, _, version = judged(db, advice_for(db, organisation))
    on = ground(db, organisation, version)
    rows = [
        FindingEvidenceRow(**evidence(proof).model_dump(), finding=one.rule.key)
        for one in chosen(found, asked)
        for proof in one.evidence
    ]
    return derived(
        Page(request, response, asked),
        basis=on.basis,
        row_type=FindingEvidenceRow,
        rows=rows,
        moment=on.moment,
    )


def judged(db: Session, advice: Advice) -> tuple[list[Finding], Published | None, str]:
    """All findings by the newest assessment and publication, as the page has them, and the version of the rules."""
    used, published = rules.current(), latest(db, advice.organisation)
    profile = advice.result.profile if advice.result else None
    found = rules.found(
        used,
        rules.situation_for(used, advice.result, published),
        advice.model.profile(profile).weights,
        result=advice.result,
        published=published,
    )
    return found, published, f"findings {used.version}"


def chosen(found: list[Finding], asked: FindingQuery) -> list[Finding]:
    return [
        one
        for one in found
        if asked.kind in (None, one.rule.kind)
        and asked.dimension in (None, one.rule.dimension)
        and asked.state in (None, STATES[one.holds])
    ]


def finding_row(found: Finding, published: Published | None) -> FindingRow:
    rule = found.rule
    return FindingRow(
        key=rule.key,
        kind=rule.kind,
        dimension=rule.dimension,
        state=STATES[found.holds],
        suppressed=found.holds is None and any(hidden(leaf, published) for leaf in found.unknown),
        unknown=found.holds is None,
        weight=found.weight,
        title=s.Label.of(rule.title),
        means=s.Label.of(rule.means),
        follows=s.Label.of(rule.follows),
        owner=rule.owner.value if rule.owner else None,
        measures=list(rule.measures),
        evidence=[evidence(one) for one in found.evidence],
        lacking=[condition(leaf) for leaf in found.unknown] if found.holds is None else [],
    )
