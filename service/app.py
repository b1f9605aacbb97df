"""The composition root: the only file of the service that knows every part."""

import hashlib
import hmac
import secrets
from importlib.metadata import version

import uvicorn
from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.middleware import Middleware

from service import database
from service.api import assessment, comparison, health, milestones, routes, surveys
from service.api.problems import handle_problems
from service.api.schemas import Problem
from service.errors import Invalid
from service.hints import hooks
from service.privacy.enforcement import require_serve
from service.publication.publish import protection
from service.security import company, links, signin
from service.security.accounts import Passwords
from service.security.browser import SameOrigin, SecureHeaders, Unexpected
from service.security.separation import Separated
from service.security.throttle import Throttle
from service.settings import Settings
from service.web import (
    agreement,
    council,
    fields,
    findings,
    maturity,
    overview,
    pages,
    planning,
    reports,
    roadmap_files,
    survey,
    survey_answer,
    survey_results,
    tokens,
)
from service.web import comparison as comparison_page


def create_app(settings: Settings, engine: Engine | None = None) -> FastAPI:
    """The service. Raises `Invalid` if pages would be open although an organisation is real, `SchemaOutdated` without schema,
    `ExceedsAgreement` if more would be shown than agreed."""
    engine = engine or database.connect(settings.database_url)
    https = (settings.public_url or "").lower().startswith("https://")
    if settings.open_pages:
        _require_synthetic(engine)
    _require_agreed(settings, engine)
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
            Middleware(Unexpected),
            Middleware(SameOrigin, public_url=settings.public_url),
            Middleware(Separated),
        ],
    )
    app.state.settings = settings
    app.state.engine = engine
    app.state.https = https
    app.state.cursor_key = cursor_key(settings)
    app.state.passwords = Passwords()
    app.state.throttle = Throttle(engine, app.state.cursor_key)
    app.state.provider = company.provider_of(settings)
    handle_problems(app)
    app.include_router(health.router)
    app.include_router(signin.router)
    app.include_router(company.router)
    app.include_router(links.router)
    app.include_router(hooks.router)
    app.include_router(routes.router)
    app.include_router(milestones.router)
    app.include_router(assessment.router)
    app.include_router(comparison.router)
    app.include_router(surveys.router)
    app.include_router(pages.router)
    app.include_router(maturity.router)
    app.include_router(comparison_page.router)
    app.include_router(planning.router)
    app.include_router(overview.router)
    app.include_router(findings.router)
    app.include_router(fields.router)
    app.include_router(roadmap_files.router)
    app.include_router(reports.router)
    app.include_router(survey.router)
    app.include_router(survey_results.router)
    app.include_router(survey_answer.router)
    app.include_router(council.router)
    app.include_router(agreement.router)
    app.include_router(tokens.router)
    app.mount("/static", StaticFiles(packages=[("service.web", "static")]), name="static")
    _describe(app)
    return app


def run(settings: Settings, engine: Engine | None = None) -> None:
    """Serve until stopped."""
    uvicorn.run(
        create_app(settings, engine),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


def cursor_key(settings: Settings) -> bytes:
    """Signs cursors. From the key file, so that a cursor outlives a restart; at random where there is none yet."""
    try:
        secret = settings.key_path.read_bytes()
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
