"""The routes of the survey: which rounds are published, and what they show."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from service.answered import Shown
from service.api import schemas as s
from service.api.listing import Page, state_of
from service.api.published import age, etag, keep, mark, the_organisation
from service.api.routes import FILES, NOT_MODIFIED, PROBLEMS
from service.security.signin import Db
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
    data_age_days: int = Field(description="whole days since the answers were published, in UTC")
    groups: list[GroupRow]


class AnswerRow(Shown):
    """One cell: a question, or without `question` the scale of a dimension; of a group, or without `group` of all."""

    round: str
    group: str
    dimension: str
    question: str
    state: s.State
    suppressed: s.Suppressed
    unknown: s.Unknown
    reason: str | None
    people: int | None = Field(description="people with a value, to the nearest 5")


class Rounds(BaseModel):
    rows: list[RoundRow]
    next: str | None = Field(default=None, description="cursor of the next page; null on the last one")


class AnswerListing(BaseModel):
    round: RoundRow
    rows: list[AnswerRow]
    next: str | None = Field(default=None, description="cursor of the next page; null on the last one")


class AnswerQuery(s.Paged):
    group: Annotated[str | None, Field(max_length=64, description="one group; '' is the organisation")] = None
    dimension: Annotated[str | None, Field(max_length=32)] = None


@router.get("", responses=FILES, response_model=Rounds)
def list_rounds(request: Request, response: Response, asked: Annotated[s.Paged, Query()], db: Db) -> Any:
    """Rounds of which something is published, newest first; none is no error."""
    organisation = the_organisation(db, asked.organisation)
    found = published(db, organisation)
    rows = [round_row(one, organisation.key, organisation.synthetic) for one in found]
    page = Page(request, response, asked)
    keep(request, response, etag(request, state_of(rows), organisation.key, page.form))
    shown, following = page.slice(organisation.key, rows)
    page.tell({"Resonanz-Synthetic": str(organisation.synthetic).lower()}, following)
    if page.form is not s.Format.JSON:
        origin = s.Origin(
            organisation=organisation.key,
            synthetic=organisation.synthetic,
            publication=None,
            model_version=None,
            catalogue_version=None,
        )
        moment = found[0].run.created if found else datetime(2000, 1, 1, tzinfo=UTC)
        return page.file(RoundRow, shown, origin=origin, following=following, moment=moment)
    return Rounds(rows=shown, next=following)


@router.get("/{key}/answers", responses=FILES, response_model=AnswerListing)
def list_answers(
    request: Request, response: Response, key: str, asked: Annotated[AnswerQuery, Query()], db: Db
) -> Any:
    """What a round shows: distributions of questions, and scales of dimensions with interval, reliability and agreement."""
    organisation = the_organisation(db, asked.organisation)
    found = the_published(db, organisation, key)
    page = Page(request, response, asked)
    mark(request, response, found.run, variant=page.form)
    rows = [
        answer_row(key, cell)
        for cell in found.cells.values()
        if asked.group in {None, cell.group} and asked.dimension in {None, cell.dimension}
    ]
    shown, following = page.slice(organisation.key, rows)
    told = round_row(found, organisation.key, organisation.synthetic)
    page.tell(headers_of(told), following)
    if page.form is not s.Format.JSON:
        origin = origin_of(told, found)
        return page.file(AnswerRow, shown, origin=origin, following=following, moment=told.published)
    return AnswerListing(round=told, rows=shown, next=following)


def headers_of(told: RoundRow) -> dict[str, str]:
    """What the answers of a round rest on."""
    return {
        "Resonanz-Data-Until": told.published.date().isoformat(),
        "Resonanz-Data-Age-Days": str(told.data_age_days),
        "Resonanz-Coverage": "unknown" if told.rate is None else str(told.rate),
        "Resonanz-Minimum-Group": str(told.minimum_group),
        "Resonanz-Model-Version": told.model_version,
        "Resonanz-Synthetic": str(told.synthetic).lower(),
    }


def origin_of(told: RoundRow, found: PublishedRound) -> s.Origin:
    return s.Origin(
        organisation=told.organisation,
        synthetic=told.synthetic,
        publication=s.OfFile(
            id=found.run.id,
            data_until=told.published.date(),
            coverage=told.rate,
            minimum_group=told.minimum_group,
        ),
        model_version=told.model_version,
        catalogue_version=None,
    )


def round_row(found: PublishedRound, organisation: str, synthetic: bool) -> RoundRow:
    summary = found.summary
    return RoundRow(
        key=found.key,
        organisation=organisation,
        label=s.Label(de=found.title_de, en=found.title_en),
        published=found.run.created,
        minimum_group=found.run.minimum_group,
        synthetic=synthetic,
        data_age_days=age(found.run.created.date()),
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
        suppressed=cell.state == "suppressed",
        unknown=cell.state == "unknown",
        reason=cell.reason,
        people=cell.people,
        **cell.figures.model_dump(exclude={"draws"}),
    )
