"""The routes under /api/v1: each only picks rows of the latest publication."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from metrics.catalog import CATALOG
from metrics.metric import Label, Metric
from service.api import cursor as cursors
from service.api import schemas as s
from service.api.cursor import Cursor
from service.api.published import mark, newest, numbered, provenance, the_organisation, told
from service.api.tables import to_csv, wanted
from service.errors import NotFound, NothingPublished
from service.models import PublishedCoverage, PublishedRoom, PublishedValue
from service.security.signin import Db

Row = TypeVar("Row", bound=BaseModel)
Published = PublishedValue | PublishedRoom | PublishedCoverage

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": text,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, text in {
        401: "Not signed in",
        403: "The role or the token does not include this",
        404: "No such organisation, metric or page",
        422: "A parameter does not fit",
        429: "Too many failed sign-ins",
        503: "Nothing published yet",
    }.items()
}
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "The answer with this ETag is still current"}
}
CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}

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


@router.get("/metrics", tags=["metrics"])
def list_metrics(
    request: Request, response: Response, asked: Annotated[s.Query, Query()], db: Db
) -> s.Catalogue:
    """What is measured: each metric's declaration."""
    organisation = the_organisation(db, asked.organisation)
    try:
        publication = newest(db, organisation)
    except NothingPublished:
        return s.Catalogue(publication=None, rows=[metric_row(metric) for metric in CATALOG.values()])
    mark(request, response, publication)
    origin = provenance(db, organisation, publication)
    response.headers.update(told(origin))
    return s.Catalogue(publication=origin, rows=[metric_row(metric) for metric in CATALOG.values()])


@router.get("/rooms", tags=["rooms"], responses=CSV, response_model=s.Listing[s.RoomRow])
def list_rooms(request: Request, response: Response, asked: Annotated[s.Paged, Query()], db: Db) -> Any:
    """The rooms, under a label that everybody may see."""
    return listing(request, response, db, asked, table=PublishedRoom, row_type=s.RoomRow)


@router.get("/coverage", tags=["coverage"], responses=CSV, response_model=s.Listing[s.CoverageRow])
def list_coverage(request: Request, response: Response, asked: Annotated[s.Paged, Query()], db: Db) -> Any:
    """How much of what exists could be read, per source and kind."""
    return listing(request, response, db, asked, table=PublishedCoverage, row_type=s.CoverageRow)


@router.get("/measurements", tags=["measurements"], responses=CSV, response_model=s.Listing[s.MeasurementRow])
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
        request,
        response,
        db,
        asked,
        table=v,
        row_type=s.MeasurementRow,
        conditions=chosen,
        to_row=measurement_row,
    )


@router.get("/openapi.json", tags=["description"], response_model=None)
def get_description(request: Request) -> dict[str, Any]:
    """This description of the API (OpenAPI 3.1)."""
    description: dict[str, Any] = request.app.openapi()
    return description


def listing(
    request: Request,
    response: Response,
    db: Session,
    asked: s.Paged,
    *,
    table: type[Published],
    row_type: type[Row],
    conditions: Sequence[ColumnElement[bool]] = (),
    to_row: Callable[[Any], Row] | None = None,
) -> s.Listing[Row] | Response:
    """One page of a published table, in the order it was written, as JSON or CSV."""
    organisation = the_organisation(db, asked.organisation)
    key: bytes = request.app.state.cursor_key
    query = {**asked.model_dump(exclude={"cursor", "limit", "format"}), "path": request.url.path}
    place = None if asked.cursor is None else cursors.read(asked.cursor, query, key)
    publication = newest(db, organisation) if place is None else numbered(db, organisation, place.publication)
    form = wanted(request, asked.format)
    mark(request, response, publication, variant=form)
    columns = table.__table__.c
    found = db.scalars(
        select(table)
        .where(
            columns.publication_id == publication.id, columns.id > (place.after if place else 0), *conditions
        )
        .order_by(columns.id)
        .limit(asked.limit + 1)
    ).all()
    shown, more = found[: asked.limit], len(found) > asked.limit
    convert = to_row or partial(row_type.model_validate, from_attributes=True)
    rows = [convert(row) for row in shown]
    last: Any = shown[-1] if more else None
    following = cursors.write(Cursor(publication.id, last.id), query, key) if more else None
    origin = provenance(db, organisation, publication)
    response.headers.update(told(origin))
    if following:
        target = request.url.include_query_params(cursor=following)
        response.headers["Link"] = f'<{target.path}?{target.query}>; rel="next"'
    if form is s.Format.CSV:
        headers = {name: value for name, value in response.headers.items() if name != "content-length"}
        return Response(to_csv(row_type, rows), media_type="text/csv; charset=utf-8", headers=headers)
    return s.Listing[row_type](publication=origin, rows=rows, next=following)  # type: ignore[valid-type]


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
