"""The composition root: the only file of the service that knows every part."""

import hashlib
import hmac
import secrets
from importlib.metadata import version
from threading import Event

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.middleware import Middleware

from service import database
from service.api import (
    assessment,
    comparison,
    health,
    measures,
    milestones,
    operation,
    routes,
    surveys,
)
from service.api import fields as field_rows
from service.api import findings as finding_rows
from service.api.admission import Admission
from service.api.answered import Answers
from service.api.problems import handle_problems
from service.api.schemas import Problem
from service.embeds import answers as embeds
from service.embeds import pages as embed_pages
from service.embeds.hosts import allowed as embed_hosts
from service.errors import Invalid
from service.hints import hooks
from service.jobs.serving import serve_pages, working
from service.odata import errors as feed
from service.odata import routes as odata
from service.odata.entities import property_names
from service.places import places
from service.privacy.enforcement import require_serve
from service.publication.publish import protection
from service.reports import page as report_page
from service.secret import make_once
from service.security import company, links, signin
from service.security.accounts import Passwords
from service.security.bearers import Bearers
from service.security.browser import CrossOrigin, SameOrigin, SecureHeaders, Unexpected, origins_of
from service.security.entra import Entra
from service.security.forge import Forge
from service.security.groups import GroupCommit
from service.security.separation import Separated
from service.security.throttle import Throttle
from service.settings import Settings
from service.web import (
    agreement,
    council,
    fields,
    findings,
    jobs,
    maturity,
    overview,
    pages,
    planning,
    roadmap_files,
    survey,
    survey_answer,
    survey_results,
    tokens,
)
from service.web import comparison as comparison_page
from service.web.ahead import drawing_ahead

PARTS = (
    health,
    signin,
    company,
    links,
    hooks,
    routes,
    milestones,
    assessment,
    comparison,
    finding_rows,
    field_rows,
    measures,
    surveys,
    operation,
    odata,
    pages,
    maturity,
    comparison_page,
    planning,
    overview,
    findings,
    fields,
    roadmap_files,
    report_page,
    survey,
    survey_results,
    survey_answer,
    council,
    agreement,
    tokens,
    jobs,
    embed_pages,
    embeds,
)
"""Everything with routes, in the order in which they are looked through."""


def create_app(settings: Settings, engine: Engine | None = None) -> FastAPI:
    """The service. Raises `Invalid` if pages would be open although an organisation is real or a host of embeds is none, `SchemaOutdated` without schema,
    `ExceedsAgreement` if more would be shown than agreed."""
    engine = engine or database.connect(settings.database_url)
    https = (settings.public_url or "").lower().startswith("https://")
    embed_hosts(settings.embed_hosts)
    if settings.open_pages:
        _require_synthetic(engine)
    _require_agreed(settings, engine)
    operated = operation.Operation(engine)
    app = FastAPI(
        title="Resonanz",
        version=version("resonanz"),
        summary="Published values on how an intranet is really used.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        dependencies=[Depends(signin.guard)],
        middleware=[
            Middleware(SecureHeaders, https=https),
            Middleware(operation.Observed, operation=operated),
            Middleware(Unexpected),
            Middleware(CrossOrigin, origins=origins_of(settings.cors_origins)),
            Middleware(
                Admission, limit=settings.requests_per_minute, cookie=signin.cookie_name_for(https=https)
            ),
            Middleware(SameOrigin, public_url=settings.public_url),
            Middleware(Separated),
        ],
    )
    app.state.settings = settings
    app.state.engine = engine
    app.state.audited = GroupCommit(engine)
    app.state.answers = Answers()
    app.state.https = https
    app.state.operation = operated
    app.state.stopping = Event()
    app.state.worker = None
    app.state.cursor_key = cursor_key(settings)
    app.state.passwords = Passwords()
    app.state.throttle = Throttle(engine, app.state.cursor_key)
    app.state.provider = company.provider_of(settings)
    app.state.bearers = Bearers(
        check(settings) for check, key in ((Entra, settings.entra_tenant), (Forge, settings.forge_app)) if key
    )
    handle_problems(app, {feed.PREFIX: feed.refusal})
    app.state.feed_words = property_names()
    for part in PARTS:
        app.include_router(part.router)
    app.mount("/static", StaticFiles(packages=[("service.web", "static")]), name="static")
    _describe(app)
    return app


def run(settings: Settings, engine: Engine | None = None) -> None:
    """Serve pages and API until stopped, and do the jobs unless the role is web.

    Raises what `create_app` raises, and `Conflict` for a second worker on SQLite.
    """
    engine = engine or database.connect(settings.database_url)
    app = create_app(settings, engine)
    with drawing_ahead(engine, app.state.stopping):
        if settings.role == "web":
            serve_pages(app, settings, app.state.stopping)
            return
        with working(settings, engine, app.state.stopping) as app.state.worker:
            serve_pages(app, settings, app.state.stopping)


def cursor_key(settings: Settings) -> bytes:
    """Signs cursors. From the installation's secret, which is made here if need be; at random where it can not be."""
    path = places(settings).installation_key
    try:
        if not path.exists():
            make_once(path, f"{secrets.token_hex(32)}\n")
        secret = path.read_bytes()
    except OSError:
        secret = secrets.token_bytes(32)
    return hmac.new(secret, b"resonanz api cursor", hashlib.sha256).digest()


def _require_synthetic(engine: Engine) -> None:
    database.require_current(engine)
    with Session(engine) as session:
        synthetic = signin.only_synthetic(session)
    if not synthetic:
        raise Invalid("pages without sign-in are for synthetic organisations only: unset RESONANZ_OPEN_PAGES")


def _require_agreed(settings: Settings, engine: Engine) -> None:
    """Raise `ExceedsAgreement` if more would be shown than agreed; without a schema there is no agreement yet."""
    current, head = database.revisions(engine)
    if current == head:
        with Session(engine) as session:
            require_serve(session, protection(settings.minimum_group, settings.survey_minimum_group))


def _describe(app: FastAPI) -> None:
    """OpenAPI as FastAPI derives it, plus problems and the ways to sign in."""
    derive = app.openapi

    def describe() -> dict[str, object]:
        if app.openapi_schema is None:
            schema = derive()
            components = schema.setdefault("components", {})
            components.setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
            components["securitySchemes"] = {
                "basic": {"type": "http", "scheme": "basic"},
                "token": {"type": "http", "scheme": "bearer"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": signin.cookie_name_for(https=app.state.https),
                },
            }
            schema["security"] = [{"token": []}, {"basic": []}, {"session": []}]
        assert app.openapi_schema is not None  # noqa: S101
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]
