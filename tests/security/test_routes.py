"""Every route is either listed as public or demands a sign-in."""

import re
from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from httpx import Client
from sqlalchemy import Engine
from starlette.routing import BaseRoute, Mount

from service.database import transaction
from service.errors import Invalid
from service.models import Organisation

PUBLIC = {("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/login"), ("POST", "/login")}
HOOKS = {("POST", "/hooks/graph/{source}"), ("POST", "/hooks/confluence/{source}")}
"""Called by platforms, which can not sign in: Graph shows the client state of its subscription, Confluence signs its body. What they
can bring about is a hint to read earlier; nothing is shown."""
PROTECTED = {
    ("GET", "/"),
    ("GET", "/rooms/{key:path}"),
    ("GET", "/api/v1/publication"),
    ("GET", "/api/v1/metrics"),
    ("GET", "/api/v1/rooms"),
    ("GET", "/api/v1/measurements"),
    ("GET", "/api/v1/coverage"),
    ("GET", "/api/v1/milestones"),
    ("GET", "/api/v1/milestones/{key}/changes"),
    ("GET", "/api/v1/openapi.json"),
    ("POST", "/logout"),
}


def walk(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield from ((method, route.path) for method in route.methods)
        elif isinstance(route, Mount):
            yield "MOUNT", route.path
        elif hasattr(route, "original_router"):
            yield from walk(route.original_router.routes)
        else:
            yield "OTHER", repr(route)


def test_every_route_is_in_one_of_the_two_lists(make_app: Callable[..., FastAPI]) -> None:
    found = set(walk(make_app().routes))
    assert found == PUBLIC | HOOKS | PROTECTED | {("MOUNT", "/static")}


@pytest.mark.parametrize(("method", "path"), sorted(PROTECTED))
def test_a_protected_route_demands_a_sign_in(browser: Client, method: str, path: str) -> None:
    url = re.sub(r"\{.*?\}", "1", path)
    answer = browser.request(method, url, headers={"Accept": "text/html"})
    if path.startswith("/api/"):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic")
        assert answer.json()["type"] == "urn:resonanz:problem:not-signed-in"
    else:
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/login?after=")


@pytest.mark.parametrize(("method", "path"), sorted(PUBLIC))
def test_a_public_route_answers_anybody(browser: Client, method: str, path: str) -> None:
    assert browser.request(
        method, path, data={"name": "x", "password": "y"} if method == "POST" else None
    ).status_code in (
        200,
        401,
    )


@pytest.mark.parametrize(("method", "path"), sorted(HOOKS))
def test_a_hook_tells_nobody_whether_there_is_something(browser: Client, method: str, path: str) -> None:
    for key in ("nowhere", "wiki"):
        answer = browser.request(method, path.replace("{source}", key), content=b'{"value": []}')
        assert answer.status_code == 404
        assert answer.json()["detail"] == "there is no such hook"


def test_the_demonstration_is_open_without_sign_in(
    make_app: Callable[..., FastAPI], visit: Callable[..., Client]
) -> None:
    app = make_app(synthetic=True, open_pages=True)
    assert visit(app).get("/api/v1/metrics").status_code == 200
    assert visit(app).get("/").status_code == 200


def test_a_real_organisation_is_never_open(make_app: Callable[..., FastAPI]) -> None:
    with pytest.raises(Invalid, match="RESONANZ_OPEN_PAGES"):
        make_app(synthetic=False, open_pages=True)


def test_an_open_demonstration_closes_when_a_real_organisation_appears(
    make_app: Callable[..., FastAPI], visit: Callable[..., Client], database: Engine
) -> None:
    client = visit(make_app(synthetic=True, open_pages=True))
    with transaction(database) as session:
        session.add(Organisation(key="echt", name="Echt AG", synthetic=False))
    assert client.get("/api/v1/metrics").status_code == 401
    assert client.get("/").status_code == 303


@pytest.mark.parametrize(
    "path", ["/healthz", "/", "/api/v1/rooms", "/nowhere", "/static/resonanz.css", "/login"]
)
def test_every_answer_carries_the_security_headers(browser: Client, path: str) -> None:
    headers = browser.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers


def test_https_is_remembered_by_the_browser(
    make_app: Callable[..., FastAPI], visit: Callable[..., Client]
) -> None:
    client = visit(make_app(public_url="https://resonanz.example"), "https://resonanz.example")
    assert client.get("/healthz").headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_a_page_that_does_not_exist_says_so_in_the_readers_language(browser: Client) -> None:
    answer = browser.get("/nowhere", headers={"Accept-Language": "de"})
    assert answer.status_code == 404
    assert "Diese Seite gibt es nicht." in answer.text
    assert "There is no such page." in browser.get("/nowhere", headers={"Accept-Language": "en"}).text
