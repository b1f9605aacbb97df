"""The routes of milestones: which there are, and what the published values say changed with one."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select

from service.api import schemas as s
from service.api.published import mark, newest, provenance, the_organisation, told
from service.api.routes import NOT_MODIFIED, PROBLEMS
from service.milestones import MetricChange, changes, the_milestone
from service.models import Milestone
from service.security.signin import Db

router = APIRouter(prefix="/api/v1/milestones", tags=["milestones"], responses={**PROBLEMS, **NOT_MODIFIED})


@router.get("")
def list_milestones(
    request: Request, response: Response, asked: Annotated[s.Query, Query()], db: Db
) -> s.Listing[s.MilestoneRow]:
    """Dated events of the organisation, such as the relaunch."""
    organisation = the_organisation(db, asked.organisation)
    publication = newest(db, organisation)
    found = db.scalars(
        select(Milestone)
        .where(Milestone.organisation_id == organisation.id)
        .order_by(Milestone.day, Milestone.id)
    )
    rows = [
        s.MilestoneRow(key=m.key, day=m.day, kind=m.kind, label=s.Label(de=m.label_de, en=m.label_en))
        for m in found
    ]
    mark(request, response, publication, variant=" ".join(row.model_dump_json() for row in rows))
    origin = provenance(db, organisation, publication)
    response.headers.update(told(origin))
    return s.Listing(publication=origin, rows=rows)


@router.get("/{key}/changes")
def list_changes(
    request: Request, response: Response, key: str, asked: Annotated[s.ChangeQuery, Query()], db: Db
) -> s.Listing[s.ChangeRow]:
    """What the published weekly values say a milestone changed, metric by metric."""
    organisation = the_organisation(db, asked.organisation)
    publication = newest(db, organisation)
    milestone = the_milestone(db, organisation, key)
    found = changes(db, organisation, publication, milestone, room=asked.room, against=asked.against)
    rows = [change_row(one) for one in found]
    mark(request, response, publication, variant=" ".join(row.model_dump_json() for row in rows))
    origin = provenance(db, organisation, publication)
    response.headers.update(told(origin))
    return s.Listing(publication=origin, rows=rows)


def change_row(found: MetricChange) -> s.ChangeRow:
    change = found.change
    return s.ChangeRow(
        metric=found.metric.key,
        unit=found.metric.unit.value,
        verdict=change.verdict.value,
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
