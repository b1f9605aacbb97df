"""The routes under /api/v1: each only picks rows of the latest publication."""

from datetime import UTC, datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from metrics.catalog import CATALOG
from metrics.metric import Label, Metric
from service.api import schemas as s
from service.api.listing import Page, listing
from service.api.published import mark, newest, of_file, provenance, the_organisation, told
from service.api.tables import MEDIA
from service.errors import NotFound, NothingPublished
from service.models import PublishedCoverage, PublishedRoom, PublishedValue
from service.security.signin import Db

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": text,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, text in {
        400: "A token stands in the address",
        401: "Not signed in",
        403: "The role or the token does not include this",
        404: "No such organisation, metric or page",
        422: "A parameter does not fit",
        429: "Too many requests, or too many failed sign-ins",
        503: "Nothing published yet",
    }.items()
}
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "The answer with this ETag is still current"}
}
FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The rows, as JSON or as a file",
        "content": {
            MEDIA[s.Format.CSV].partition(";")[0]: {"schema": {"type": "string"}},
            MEDIA[s.Format.XLSX]: {"schema": {"type": "string", "format": "binary"}},
            MEDIA[s.Format.PARQUET]: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}

router = APIRouter(prefix="/api/v1", responses={**PROBLEMS, **NOT_MODIFIED})


@router.get("/publication", tags=["publication"])
def get_publication(
    request: Request, response: Response, asked: Annotated[s.Query, Query()], db: Db
) -> s.PublicationAnswer:
    """The current publication, and how many of its cells are shown."""
    organisation = the_organisation(db, asked.organisation)
    publication = newest(db, organisation)
    mark(request, response, publication)
    origin = provenance(db, organisation, publication)
    response.headers.update(told(origin))
    return s.PublicationAnswer(publication=origin, summary=s.Summary.model_validate(publication.summary))


@router.get("/metrics", tags=["metrics"], responses=FILES, response_model=s.Catalogue)
def list_metrics(request: Request, response: Response, asked: Annotated[s.Paged, Query()], db: Db) -> Any:
    """What is measured: each metric's declaration."""
    organisation = the_organisation(db, asked.organisation)
    page = Page(request, response, asked)
    shown, following = page.slice(organisation.key, [metric_row(metric) for metric in CATALOG.values()])
    try:
        publication = newest(db, organisation)
    except NothingPublished:
        if page.form is not s.Format.JSON:
            raise
        return s.Catalogue(publication=None, rows=shown, next=following)
    mark(request, response, publication, variant=page.form)
    origin = provenance(db, organisation, publication)
    page.tell(told(origin), following)
    if page.form is not s.Format.JSON:
        return page.file(
            s.MetricRow, shown, origin=of_file(origin), following=following, moment=publication.created
        )
    return s.Catalogue(publication=origin, rows=shown, next=following)


@router.get("/rooms", tags=["rooms"], responses=FILES, response_model=s.Listing[s.RoomRow])
def list_rooms(request: Request, response: Response, asked: Annotated[s.Paged, Query()], db: Db) -> Any:
    """The rooms, under a label that everybody may see."""
    return listing(Page(request, response, asked), db, stored=PublishedRoom, row_type=s.RoomRow)


@router.get("/coverage", tags=["coverage"], responses=FILES, response_model=s.Listing[s.CoverageRow])
def list_coverage(request: Request, response: Response, asked: Annotated[s.Paged, Query()], db: Db) -> Any:
    """How much of what exists could be read, per source and kind."""
    return listing(Page(request, response, asked), db, stored=PublishedCoverage, row_type=s.CoverageRow)


@router.get(
    "/measurements", tags=["measurements"], responses=FILES, response_model=s.Listing[s.MeasurementRow]
)
def list_measurements(
    request: Request, response: Response, asked: Annotated[s.MeasurementQuery, Query()], db: Db
) -> Any:
    """Published values. Filters pick rows of the published grid; nothing is computed for a query."""
    if asked.metric is not None and asked.metric not in CATALOG:
        raise NotFound("no such metric")
    v = PublishedValue
    equal = {
        v.metric: asked.metric,
        v.scope: asked.scope,
        v.scope_key: asked.scope_key,
        v.window: asked.window,
    }
    chosen = [column == value for column, value in equal.items() if value is not None]
    if asked.since is not None:
        chosen.append(v.since >= asked.since)
    if asked.until is not None:
        chosen.append(v.until <= asked.until)
    return listing(
        Page(request, response, asked),
        db,
        stored=v,
        row_type=s.MeasurementRow,
        conditions=chosen,
        to_row=measurement_row,
    )


@router.get("/openapi.json", tags=["description"], response_model=None)
def get_description(request: Request) -> dict[str, Any]:
    """This description of the API (OpenAPI 3.1)."""
    description: dict[str, Any] = request.app.openapi()
    return description


def measurement_row(cell: PublishedValue) -> s.MeasurementRow:
    metric = CATALOG.get(cell.metric)
    published = cell.state == "published"
    return s.MeasurementRow.model_validate(
        {
            "metric": cell.metric,
            "category": cell.category,
            "scope": cell.scope,
            "scope_key": cell.scope_key,
            "window": cell.window,
            "since": cell.since,
            "until": cell.until,
            "time": datetime.combine(cell.since, time(), UTC),
            "unit": metric.unit.value if metric else "",
            "value": cell.value if published else None,
            "low": cell.low,
            "high": cell.high,
            "people": cell.people if published else None,
            "state": cell.state,
            **s.flags(cell.state),
            "reason": cell.reason,
        }
    )


def metric_row(metric: Metric) -> s.MetricRow:
    def label(given: Label) -> s.Label:
        return s.Label(de=given.de, en=given.en)

    return s.MetricRow(
        key=metric.key,
        label=label(metric.label),
        meaning=label(metric.meaning),
        formula=label(metric.formula),
        limits=[label(limit) for limit in metric.limits],
        unit=metric.unit.value,
        direction=metric.direction.value,
        tier=metric.tier.value,
        subject=metric.subject.value,
        scopes=sorted(scope.value for scope in metric.scopes),
        windows=sorted(window.value for window in metric.windows),
        categories={key: label(words) for key, words in metric.categories.items()},
        sources=[s.SourceRow(mark=source.mark.value, text=source.text) for source in metric.sources],
    )
