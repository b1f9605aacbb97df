"""Errors as answers: RFC 9457 problems for machines, a short page for people."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException

from service.api.published import NotModified
from service.errors import NotSignedIn, ServiceError, TooManyAttempts
from service.odata.errors import PREFIX as FEED
from service.odata.errors import refusal
from service.security.browser import problem_body
from service.security.words import WORDS
from service.web.language import choose

MACHINES = ("/api/", FEED, "/healthz", "/readyz", "/hooks/", "/metrics")
SLUGS = {404: ("not-found", "Not found"), 405: ("method-not-allowed", "Method not allowed")}

templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "security" / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
)


def handle_problems(app: FastAPI) -> None:
    """Every expected error has its answer; unexpected ones are answered by `service.security.browser.Unexpected`."""
    app.add_exception_handler(ServiceError, service_error)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(RequestValidationError, invalid_request)
    app.add_exception_handler(NotModified, not_modified)


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
    if request.url.path.startswith(FEED):
        return refusal(request.url.path, status, slug, detail or title, headers)
    if request.url.path.startswith(MACHINES):
        body = problem_body(status, slug, title, detail, **more)
        return Response(body, status, headers, media_type="application/problem+json")
    code = choose(request).code
    words = WORDS[code]
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
        if not request.url.path.startswith(MACHINES):
            return RedirectResponse(f"/login?{_after(request)}", 303)
        headers["WWW-Authenticate"] = 'Basic realm="Resonanz", charset="UTF-8"'
    return problem(request, error.status, error.slug, error.title, detail=str(error), headers=headers)


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
