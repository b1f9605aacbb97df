"""Every route is either listed as public or demands a sign-in."""

import re
from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from httpx import Client
from sqlalchemy import Engine, select, update
from starlette.routing import BaseRoute, Mount

from service.database import transaction
from service.errors import Invalid
from service.grants import Role
from service.models import Account, AuditEntry, Organisation
from service.security.roles import PUBLIC as PUBLIC_ROUTES
from service.security.roles import RULES, Permission

PUBLIC = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/password"),
    ("POST", "/password"),
}
COMPANY = {("GET", "/login/company"), ("GET", "/login/callback")}
"""The way to the company's sign-in service and back; without one there is nothing."""
HOOKS = {("POST", "/hooks/graph/{source}"), ("POST", "/hooks/confluence/{source}")}
"""Called by platforms, which can not sign in: Graph shows the client state of its subscription, Confluence signs its body. What they
can bring about is a hint to read earlier; nothing is shown."""
ANSWERS = {("GET", "/answer/{token}"), ("GET", "/answer/thanks"), ("POST", "/answer")}
"""Survey answers: whoever has a link answers, without an account."""
EMBEDS = {("GET", f"/embed/{{kind}}{ending}") for ending in ("", ".json", ".svg")}
"""Cards inside other pages: shown to whoever has a signed link (tests/embeds)."""
METRICS = {("GET", "/metrics")}
"""Read by Prometheus, which can not sign in: it has a token of its own, and is told of the operation only (tests/api)."""
PROTECTED = set(RULES)
READS = {Permission.OWN, Permission.VIEW, Permission.QUERY, Permission.TOKENS}
MAY = {
    Role.VIEWER: {Permission.OWN, Permission.VIEW},
    Role.ANALYST: READS,
    Role.COMMS_ADMIN: READS | {Permission.MANAGE, Permission.EMBED},
    Role.IT_ADMIN: READS | {Permission.AUDIT, Permission.OPERATE, Permission.EMBED},
    Role.AUDITOR: READS | {Permission.AUDIT},
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


def test_every_route_is_public_by_name_or_has_its_rule(make_app: Callable[..., FastAPI]) -> None:
    found = set(walk(make_app().routes))
    assert found == PUBLIC | COMPANY | HOOKS | ANSWERS | EMBEDS | METRICS | PROTECTED | {("MOUNT", "/static")}


def test_nothing_is_public_but_what_is_listed_here() -> None:
    assert PUBLIC_ROUTES == PUBLIC | COMPANY | HOOKS | ANSWERS | EMBEDS | METRICS
    assert not PUBLIC_ROUTES & PROTECTED


@pytest.mark.parametrize(
    ("route", "permission"),
    [
        (("GET", "/council"), Permission.AUDIT),
        (("POST", "/tokens"), Permission.TOKENS),
        (("GET", "/api/v1/measurements"), Permission.QUERY),
        (("GET", "/"), Permission.VIEW),
        (("POST", "/logout"), Permission.OWN),
    ],
)
def test_what_a_route_asks_for(route: tuple[str, str], permission: Permission) -> None:
    assert RULES[route].permission is permission


def test_only_reading_the_api_is_open_to_tokens() -> None:
    for (method, path), rule in RULES.items():
        assert (rule.scope is not None) == path.startswith(("/api/", "/odata/")), (method, path)
        assert rule.scope is None or method == "GET"


def test_whatever_changes_something_is_for_those_who_manage_or_for_oneself() -> None:
    changing = {rule.permission for (method, _), rule in RULES.items() if method != "GET"}
    assert changing <= set(Permission) - {Permission.VIEW, Permission.QUERY}


@pytest.mark.parametrize(("method", "path"), sorted(PROTECTED))
def test_a_protected_route_demands_a_sign_in(browser: Client, method: str, path: str) -> None:
    url = re.sub(r"\{.*?\}", "1", path)
    answer = browser.request(method, url, headers={"Accept": "text/html"})
    if path.startswith("/odata/"):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic")
        assert answer.json()["error"]["code"] == "not-signed-in"
    elif path.startswith("/api/"):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic")
        assert answer.json()["type"] == "urn:resonanz:problem:not-signed-in"
    else:
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/login?after=")


@pytest.mark.parametrize(("method", "path"), sorted(PUBLIC))
def test_a_public_route_answers_anybody(browser: Client, method: str, path: str) -> None:
    form = {"name": "x", "password": "y", "link": "z"}
    answer = browser.request(method, path, data=form if method == "POST" else None)
    assert answer.status_code in (200, 401, 410)


@pytest.mark.parametrize(("method", "path"), sorted(HOOKS))
def test_a_hook_tells_nobody_whether_there_is_something(browser: Client, method: str, path: str) -> None:
    for key in ("nowhere", "wiki"):
        answer = browser.request(method, path.replace("{source}", key), content=b'{"value": []}')
        assert answer.status_code == 404
        assert answer.json()["detail"] == "there is no such hook"


@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_what_is_written_here_and_nothing_else(
    as_role: Callable[[Role], Client], database: Engine, role: Role
) -> None:
    client = as_role(role)
    for method, path in sorted(PROTECTED - {("POST", "/logout")}):
        answer = client.request(method, re.sub(r"\{.*?\}", "1", path))
        with transaction(database) as session:
            said = session.scalars(
                select(AuditEntry.action).order_by(AuditEntry.number.desc()).limit(1)
            ).one()
        allowed = RULES[method, path].permission in MAY[role]
        assert said == ("asked" if allowed else "refused"), (method, path)
        if not allowed:
            assert answer.status_code == 403, (method, path)
        assert answer.status_code < 500 or answer.status_code == 503, (method, path)
    assert client.post("/logout").status_code == 303


def test_a_route_nobody_wrote_a_rule_for_is_refused_to_everybody(
    make_app: Callable[..., FastAPI], visit: Callable[..., Client], credentials: dict[str, str]
) -> None:
    app = make_app()

    @app.get("/api/v1/forgotten")
    def forgotten() -> str:
        return "raw activity"

    client = visit(app)
    auth = (credentials["name"], credentials["password"])
    assert client.get("/api/v1/forgotten").status_code == 401
    assert client.get("/api/v1/forgotten", auth=auth).status_code == 403


def test_an_account_with_a_role_of_an_older_version_may_nothing(
    browser: Client, credentials: dict[str, str], database: Engine
) -> None:
    with transaction(database) as session:
        session.execute(update(Account).values(role="admin"))
    assert browser.post("/login", data=credentials).status_code == 303
    assert browser.get("/").status_code == 403


def test_open_pages_do_not_open_the_audit_log(
    make_app: Callable[..., FastAPI], visit: Callable[..., Client]
) -> None:
    client = visit(make_app(synthetic=True, open_pages=True))
    assert client.get("/").status_code == 200
    assert client.get("/council").status_code == 303
    assert client.get("/tokens").status_code == 303


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
