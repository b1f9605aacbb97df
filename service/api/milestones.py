"""The routes of milestones: which there are, and what the published values say changed with one."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select

from service.api import schemas as s
from service.api.listing import Page, collected
from service.api.published import newest, provenance, the_organisation
from service.api.routes import FILES, NOT_MODIFIED, PROBLEMS
from service.milestones import MetricChange, changes, the_milestone
from service.models import Milestone
from service.security.signin import Db

router = APIRouter(prefix="/api/v1/milestones", tags=["milestones"], responses={**PROBLEMS, **NOT_MODIFIED})


@router.get("", responses=FILES, response_model=s.Listing[s.MilestoneRow])
def list_milestones(request: Request, response: Response, asked: Annotated[s.Paged, Query()], db: Db) -> Any:
    """Dated events of the organisation, such as the relaunch."""
    organisation = the_organisation(db, asked.organisation)
    origin = provenance(db, organisation, newest(db, organisation))
    found = db.scalars(
        select(Milestone)
        .where(Milestone.organisation_id == organisation.id)
        .order_by(Milestone.day, Milestone.id)
    )
    rows = [
        s.MilestoneRow(key=m.key, day=m.day, kind=m.kind, label=s.Label(de=m.label_de, en=m.label_en))
        for m in found
    ]
    return collected(Page(request, response, asked), origin=origin, row_type=s.MilestoneRow, rows=rows)


@router.get("/{key}/changes", responses=FILES, response_model=s.Listing[s.ChangeRow])
def list_changes(
    request: Request, response: Response, key: str, asked: Annotated[s.ChangeQuery, Query()], db: Db
) -> Any:
    """What the published weekly values say a milestone changed, metric by metric."""
    organisation = the_organisation(db, asked.organisation)
    publication = newest(db, organisation)
    milestone = the_milestone(db, organisation, key)
    found = changes(db, organisation, publication, milestone, room=asked.room, against=asked.against)
    return collected(
        Page(request, response, asked),
        origin=provenance(db, organisation, publication),
        row_type=s.ChangeRow,
        rows=[change_row(one) for one in found],
    )


def change_row(found: MetricChange) -> s.ChangeRow:
    change = found.change
    return s.ChangeRow(
        metric=found.metric.key,
        unit=found.metric.unit.value,
        verdict=change.verdict.value,
        unknown=change.verdict.value == "not_decidable",
        doubts=[doubt.value for doubt in change.doubts],
        before=change.before,
        after=change.after,
        weeks_before=change.weeks_before,
        weeks_after=change.weeks_after,
        effect=change.effect,
        low=change.low,
        high=change.high,
        step=change.step,
        slope=change.slope,
        comparisons=change.comparisons,
    )
