"""The routes of the survey: which rounds are published, and what they show."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from service.api import schemas as s
from service.api.published import mark, the_organisation
from service.api.routes import CSV, NOT_MODIFIED, PROBLEMS
from service.api.tables import to_csv, wanted
from service.security.signin import Db
from service.surveys.cells import Shown
from service.surveys.published import Cell, PublishedRound, published, the_published

router = APIRouter(prefix="/api/v1/surveys", tags=["surveys"], responses={**PROBLEMS, **NOT_MODIFIED})


class GroupRow(BaseModel):
    key: str
    label: str
    respondents: str = Field(description="everyone, leaders or communication_it: which questions were asked")
    invited: int = Field(description="people who could be reached")
    answered: int | None = Field(description="to the nearest 5; null: fewer than the minimum group")
    rate: float | None = Field(description="response rate, from `answered`")
    shared: bool = Field(
        description="true: the link could be used several times, so people may have answered twice"
    )


class RoundRow(BaseModel):
    """A round of the survey as it is published."""

    key: str
    organisation: str = Field(description="key of the organisation")
    label: s.Label
    published: datetime
    minimum_group: int = Field(description="answers of fewer people than this are never shown")
    model_version: str
    form: str = Field(description="short or full")
    invited: int
    answered: int | None
    rate: float | None
    items_needed: float = Field(
        description="share of a dimension's questions a person must have answered to have a scale score"
    )
    held_back: int = Field(
        description="groups (counted per dimension) whose answers since an earlier publication wait for more"
    )
    synthetic: bool
    groups: list[GroupRow]


class AnswerRow(Shown):
    """One cell: a question, or without `question` the scale of a dimension; of a group, or without `group` of all."""

    round: str
    group: str
    dimension: str
    question: str
    state: Literal["published", "suppressed", "unknown"]
    reason: str | None
    people: int | None = Field(description="people with a value, to the nearest 5")


class Rounds(BaseModel):
    rows: list[RoundRow]


class AnswerListing(BaseModel):
    round: RoundRow
    rows: list[AnswerRow]


class AnswerQuery(s.Query):
    group: Annotated[str | None, Field(max_length=64, description="one group; '' is the organisation")] = None
    dimension: Annotated[str | None, Field(max_length=32)] = None
    format: Annotated[s.Format | None, Field(description="overrides the Accept header")] = None


@router.get("")
def list_rounds(request: Request, asked: Annotated[s.Query, Query()], db: Db) -> Rounds:
    """Rounds of which something is published, newest first; none is no error."""
    organisation = the_organisation(db, asked.organisation)
    return Rounds(
        rows=[round_row(one, organisation.key, organisation.synthetic) for one in published(db, organisation)]
    )


@router.get("/{key}/answers", responses=CSV, response_model=AnswerListing)
def list_answers(
    request: Request, response: Response, key: str, asked: Annotated[AnswerQuery, Query()], db: Db
) -> Any:
    """What a round shows: distributions of questions, and scales of dimensions with interval, reliability and agreement."""
    organisation = the_organisation(db, asked.organisation)
    found = the_published(db, organisation, key)
    form = wanted(request, asked.format)
    mark(request, response, found.run, variant=form)
    rows = [
        answer_row(key, cell)
        for cell in found.cells.values()
        if asked.group in {None, cell.group} and asked.dimension in {None, cell.dimension}
    ]
    if form is s.Format.CSV:
        headers = {name: value for name, value in response.headers.items() if name != "content-length"}
        return Response(to_csv(AnswerRow, rows), media_type="text/csv; charset=utf-8", headers=headers)
    return AnswerListing(round=round_row(found, organisation.key, organisation.synthetic), rows=rows)


def round_row(found: PublishedRound, organisation: str, synthetic: bool) -> RoundRow:
    summary = found.summary
    return RoundRow(
        key=found.key,
        organisation=organisation,
        label=s.Label(de=found.title_de, en=found.title_en),
        published=found.run.created,
        minimum_group=found.run.minimum_group,
        synthetic=synthetic,
        groups=[GroupRow.model_validate(group) for group in summary["groups"]],
        **{
            name: summary[name]
            for name in (
                *("model_version", "form", "invited", "answered", "rate", "items_needed", "held_back"),
            )
        },
    )


def answer_row(key: str, cell: Cell) -> AnswerRow:
    return AnswerRow(
        round=key,
        group=cell.group,
        dimension=cell.dimension,
        question=cell.question,
        state=cell.state,  # type: ignore[arg-type]
        reason=cell.reason,
        people=cell.people,
        **cell.figures.model_dump(exclude={"draws"}),
    )
