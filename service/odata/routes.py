"""The routes under /odata/v1: each only picks rows that the JSON API shows too."""

import hashlib
from collections.abc import Callable
from importlib.metadata import version
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response
from sqlalchemy import ColumnElement

from service.api import cursor as cursors
from service.api.cursor import Cursor
from service.api.published import keep, the_organisation
from service.errors import NotFound
from service.odata import answers
from service.odata.conditions import condition
from service.odata.csdl import metadata
from service.odata.entities import SETS, EntitySet
from service.odata.errors import VERSION, Gone, Unacceptable
from service.odata.keys import one_row
from service.odata.options import Options, check_version, collection, level, plain, single
from service.odata.sets import OF_PUBLICATION, READ, origin_of
from service.odata.sources import Chosen, Rows
from service.security.signin import Db

ROOT = "/odata/v1"

router = APIRouter(prefix=ROOT, include_in_schema=False)


def base_of(request: Request) -> str:
    """The address of the feed as clients reach it. Links are absolute, since not every client resolves relative ones."""
    origin = request.app.state.settings.public_url or str(request.base_url)
    return f"{origin.rstrip('/')}{ROOT}/"


@router.get("")
@router.get("/")
def get_service(request: Request) -> Response:
    """Which entity sets there are."""
    check_version(request)
    given = plain(request, frozenset({"$format", "organisation"}))
    told = level(request, given.get("$format"))
    response = _headed()
    _keep(request, response, "service", base_of(request), told)
    return _json(response, answers.written(answers.service_document(base_of(request), told)), told)


@router.get("/$metadata")
def get_metadata(request: Request) -> Response:
    """What the entity sets hold, as CSDL XML."""
    check_version(request)
    form = plain(request, frozenset({"$format", "organisation"})).get("$format", "xml").strip().lower()
    if form.split(";")[0] not in {"xml", "application/xml"}:
        raise Unacceptable("$metadata is written in XML: leave $format out")
    response = _headed()
    content = metadata()
    _keep(request, response, hashlib.sha256(content).hexdigest())
    return _answer(response, content, "application/xml; charset=utf-8")


def list_rows(request: Request, db: Db, entity_set: EntitySet) -> Response:
    """One page of the rows that were asked for."""
    check_version(request)
    options = collection(request, entity_set)
    organisation = the_organisation(db, options.organisation)
    query = {
        "path": f"{ROOT}/{entity_set.name}",
        "of": organisation.key,
        "filter": options.filter,
        "orderby": options.orderby or None,
    }
    key: bytes = request.app.state.cursor_key
    place = None if options.skiptoken is None else cursors.read(options.skiptoken, query, key)
    number = place.publication if place and entity_set.name in OF_PUBLICATION else None
    rows = READ[entity_set.name](db, organisation, number)
    if place is not None and rows.mark != place.publication:
        raise Gone("what this page belongs to was published anew: start again without $skiptoken")
    where = _where(options, entity_set, rows)
    order = options.order(rows.columns)
    response = _headed()
    base = base_of(request)
    _keep(request, response, rows.revision, base, options.level, str(options.page))
    after, skip = (place.after, 0) if place else (0, options.skip)
    if order:
        after, skip = 0, (place.after if place else options.skip)
    size = options.page if options.top is None else min(options.page, options.top)
    found = rows.find(where, order, after=after, skip=skip, limit=size + 1) if size else []
    shown = found[:size]
    left = None if options.top is None else options.top - len(shown)
    following = None
    if len(found) > size and left != 0:
        begin = skip + len(shown) if order else shown[-1].place
        token = cursors.write(Cursor(rows.mark, begin), query, key)
        following = _following(request, f"{base}{entity_set.name}", token, left)
    content = answers.page(
        base,
        entity_set,
        options,
        [one.row for one in shown],
        count=rows.count(where) if options.count else None,
        following=following,
    )
    if options.preferred is not None:
        response.headers["Preference-Applied"] = f"odata.maxpagesize={options.page}"
    response.headers.update(origin_of(db, organisation, rows, entity_set.name))
    return _json(response, answers.written(content), options.level)


def count_rows(request: Request, db: Db, entity_set: EntitySet) -> Response:
    """How many rows fit, as bare text."""
    check_version(request)
    asked = plain(request, frozenset({"$filter", "organisation"}))
    organisation = the_organisation(db, asked.get("organisation"))
    rows = READ[entity_set.name](db, organisation, None)
    where = [condition(asked["$filter"], entity_set.properties, rows.columns)] if "$filter" in asked else []
    response = _headed()
    _keep(request, response, rows.revision, "count")
    return _answer(response, str(rows.count(where)).encode(), "text/plain; charset=utf-8")


def get_row(request: Request, db: Db, entity_set: EntitySet, entity_key: str) -> Response:
    """One row by its key."""
    check_version(request)
    options = single(request, entity_set)
    organisation = the_organisation(db, options.organisation)
    rows = READ[entity_set.name](db, organisation, None)
    found = _by_key(entity_set, rows, entity_key)
    response = _headed()
    base = base_of(request)
    _keep(request, response, rows.revision, base, options.level)
    response.headers.update(origin_of(db, organisation, rows, entity_set.name))
    return _json(response, answers.written(answers.one(base, entity_set, options, found.row)), options.level)


def _by_key(entity_set: EntitySet, rows: Rows, entity_key: str) -> Chosen:
    found = rows.find([one_row(entity_set, entity_key, rows.columns)], (), after=0, skip=0, limit=1)
    if not found:
        raise NotFound(f"there is no such row in {entity_set.name}")
    return found[0]


def _where(options: Options, entity_set: EntitySet, rows: Rows) -> list[ColumnElement[bool]]:
    if options.filter is None:
        return []
    return [condition(options.filter, entity_set.properties, rows.columns)]


def _following(request: Request, path: str, token: str, left: int | None) -> str:
    """The next page's address: the same question, without what was settled on the first page."""
    kept = [
        (name, value)
        for name, value in request.query_params.multi_items()
        if name not in {"$skiptoken", "$skip", "$top", "$count"}
    ]
    top = [] if left is None else [("$top", str(left))]
    return f"{path}?{urlencode([*kept, *top, ('$skiptoken', token)], quote_via=quote, safe='$')}"


def _headed() -> Response:
    return Response(headers=VERSION)


def _keep(request: Request, response: Response, *content: str) -> None:
    """Raises `NotModified` if the client has this answer already."""
    parts = [version("resonanz"), request.url.path, *content]
    parts += sorted(f"{name}={value}" for name, value in request.query_params.multi_items())
    name = hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    keep(request, response, f'"{name}"')
    response.headers["Vary"] += ", Prefer"


def _json(response: Response, content: bytes, told: str) -> Response:
    return _answer(response, content, f"application/json; odata.metadata={told}; charset=utf-8")


def _answer(response: Response, content: bytes, media_type: str) -> Response:
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(content, headers=headers, media_type=media_type)


def _routes_of(entity_set: EntitySet) -> dict[str, Callable[..., Response]]:
    def rows(request: Request, db: Db) -> Response:
        return list_rows(request, db, entity_set)

    def number(request: Request, db: Db) -> Response:
        return count_rows(request, db, entity_set)

    def row(request: Request, db: Db, entity_key: str) -> Response:
        return get_row(request, db, entity_set, entity_key)

    return {"": rows, "/$count": number, "({entity_key:path})": row}


for _set in SETS.values():
    for _end, _endpoint in _routes_of(_set).items():
        router.add_api_route(f"/{_set.name}{_end}", _endpoint, methods=["GET"])
