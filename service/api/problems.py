"""Errors as answers: RFC 9457 problems for machines, a short page for people."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from service.api.published import NotModified
from service.errors import NotSignedIn, ServiceError, TooManyAttempts
from service.language import choose
from service.security.browser import problem_body
from service.security.words import WORDS
from service.trouble import trouble

MACHINES = ("/api/", "/healthz", "/readyz", "/hooks/", "/metrics")
RETRY = 10
"""Seconds after which a client may look whether the store is well again."""
SLUGS = {404: ("not-found", "Not found"), 405: ("method-not-allowed", "Method not allowed")}

log = structlog.get_logger()
templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "security" / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
)


Refusal = Callable[[str, int, str, str, dict[str, str] | None], Response]
"""Path, status, slug, what is wrong, headers: an error as the clients of a protocol expect it."""


def handle_problems(app: FastAPI, refusals: Mapping[str, Refusal] | None = None) -> None:
    """Every expected error has its answer; unexpected ones are answered by `service.security.browser.Unexpected`.

    `refusals` are those of protocols with errors of their own, by the beginning of their addresses.
    """
    app.state.refusals = refusals or {}
    app.add_exception_handler(ServiceError, service_error)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(RequestValidationError, invalid_request)
    app.add_exception_handler(NotModified, not_modified)
    for kind in (SQLAlchemyError, OSError):
        app.add_exception_handler(kind, store_trouble)


def problem(
    request: Request,
    status: int,
    slug: str,
    title: str,
    *,
    detail: str | None = None,
    headers: dict[str, str] | None = None,
    **more: object,
) -> Response:
    refusals: Mapping[str, Refusal] = request.app.state.refusals
    for prefix, refusal in refusals.items():
        if request.url.path.startswith(prefix):
            return refusal(request.url.path, status, slug, detail or title, headers)
    if _for_machines(request):
        body = problem_body(status, slug, title, detail, **more)
        return Response(body, status, headers, media_type="application/problem+json")
    language = choose(request)
    code, words = language.code, WORDS[language.written]
    page = templates.get_template("problem.html").render(
        code=code, words=words, status=status, heading=words.get(str(status), words["other"])
    )
    return HTMLResponse(page, status, headers)


def service_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)  # noqa: S101 - registered for nothing else
    headers = {}
    if isinstance(error, TooManyAttempts):
        headers["Retry-After"] = str(error.seconds)
    if isinstance(error, NotSignedIn):
        if not _for_machines(request):
            return RedirectResponse(f"/login?{_after(request)}", 303)
        headers["WWW-Authenticate"] = 'Basic realm="Resonanz", charset="UTF-8"'
    return problem(request, error.status, error.slug, error.title, detail=str(error), headers=headers)


def store_trouble(request: Request, error: Exception) -> Response:
    """A full disk or a database that is away, told as what it is; whatever else it may be stays unexpected."""
    found = trouble(error)
    if found is None:
        raise error
    log.warning("store trouble", kind=found.slug)
    headers = {"Retry-After": str(RETRY)}
    return problem(request, found.status, found.slug, found.title, detail=str(found), headers=headers)


def _for_machines(request: Request) -> bool:
    return request.url.path.startswith((*MACHINES, *request.app.state.refusals))


def _after(request: Request) -> str:
    from urllib.parse import urlencode

    path = request.url.path if request.method == "GET" else "/"
    query = f"?{request.url.query}" if request.method == "GET" and request.url.query else ""
    language = request.query_params.get("lang")
    return urlencode({"after": path + query} | ({"lang": language} if language else {}))


def http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    slug, title = SLUGS.get(error.status_code, ("http", "Request refused"))
    return problem(request, error.status_code, slug, title, headers=dict(error.headers or {}))


def invalid_request(request: Request, error: Exception) -> Response:
    """Says which parameter does not fit and why, without repeating what was sent."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    errors = [_fault(one) for one in error.errors()]
    return problem(
        request, 422, "invalid", "Invalid input", detail="A parameter does not fit.", errors=errors
    )


def _fault(one: dict[str, Any]) -> dict[str, str]:
    place = [str(part) for part in one["loc"]]
    if one["type"] == "extra_forbidden":
        return {"where": place[0], "message": "an unknown parameter was given"}
    return {"where": ".".join(place), "message": one["msg"]}


def not_modified(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotModified)  # noqa: S101 - registered for nothing else
    return Response(status_code=304, headers=error.headers)
