"""Somebody of one organisation asks every route for what another has, and can not even tell that it is there."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from httpx import Client, Response

from service.grants import Role
from service.security.roles import MAY, RULES, Permission

OTHER, NOWHERE = "fulda", "nowhere"
THINGS = (
    "fulda-wiki/1",
    "fulda-relaunch",
    "fulda-key",
    "fulda-unit",
    "fulda-handle",
    "fulda-digest",
    "fulda-token",
    "2",
)
"""What the other organisation has, by the names it has them under; 2 is the id of each of its rows."""
DESCRIPTIONS = {"/api/v1/openapi.json", "/odata/v1", "/odata/v1/", "/odata/v1/$metadata"}
"""The same for everybody."""
NONE_SUCH = {"2": "987654"}


def nowhere(text: str) -> str:
    return NONE_SUCH.get(text, text.replace(OTHER, NOWHERE))


def asked(permissions: frozenset[Permission]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Every route with everything of the other organisation in each of its places: (method, path, parameters)."""
    for method, path in sorted(RULES):
        if (method, path) == ("POST", "/logout") or RULES[method, path].permission not in permissions:
            continue
        places = re.findall(r"\{(\w+)(?::path)?\}", path)
        for thing in THINGS if places else ("",):
            filled = re.sub(r"\{.*?\}", thing, path)
            yield method, filled, {"organisation": OTHER}
            if places:
                yield method, filled, {}
            else:
                yield method, filled, {"room": "fulda-wiki/1", "scope_key": "fulda-unit", "key": "fulda-key"}


def send(client: Client, method: str, path: str, parameters: dict[str, str], form: str) -> Response:
    data: dict[str, Any] | None = None
    if method == "POST":
        data = {"form": form, **parameters, "key": "fulda-key", "number": "2", "source": "fulda-key"}
    return client.request(method, path, params=parameters, data=data)


def form_of(client: Client) -> str:
    found = re.findall(r'name="form" value="([0-9a-f]{64})"', client.get("/tokens").text)
    return found[0] if found else ""


def body(answer: Response) -> str:
    return re.sub(r"[0-9a-f]{32,64}", "", answer.text)


WALKS = {
    Role.COMMS_ADMIN: frozenset(Permission) - {Permission.AUDIT, Permission.OPERATE},
    Role.IT_ADMIN: frozenset({Permission.AUDIT, Permission.OPERATE}),
}
"""Who walks the routes for which permissions."""


def test_all_that_anybody_may_is_walked() -> None:
    assert frozenset().union(*WALKS.values()) == frozenset(Permission)
    assert all(walked <= MAY[role] for role, walked in WALKS.items())


@pytest.mark.parametrize("role", list(WALKS))
def test_of_another_organisation_nobody_learns_even_that_it_is_there(installation: Any, role: Role) -> None:
    client = installation.browser(role.value)
    form, before, told = form_of(client), installation.rows(), 0
    for method, path, parameters in asked(WALKS[role]):
        answer = send(client, method, path, parameters, form)
        assert answer.status_code < 500 or answer.status_code == 503, (method, path, parameters)
        if path == "/council":  # it tells what was asked before
            assert OTHER not in re.sub(r'<a href="[^"]*" lang=', "", answer.text)
            continue
        named = {name: nowhere(value) for name, value in parameters.items()}
        other = send(client, method, "/".join(nowhere(part) for part in path.split("/")), named, form)
        assert answer.status_code == other.status_code, (method, path, parameters)
        assert body(answer).replace(OTHER, NOWHERE) == body(other).replace("987654", "2"), (
            method,
            path,
            parameters,
        )
        told += answer.status_code == 200
    assert installation.rows() == before
    assert told > 0


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.VIEWER])
def test_no_token_reads_another_organisation(installation: Any, role: Role) -> None:
    client = installation.program(role.value)
    reading = [
        path
        for (method, path), rule in RULES.items()
        if rule.permission is Permission.QUERY and method == "GET"
    ]
    for path in reading:
        for thing in THINGS if "{" in path else ("",):
            url = re.sub(r"\{.*?\}", thing, path)
            form = {} if path.startswith("/odata/") else {"format": "csv"}
            answer = client.get(url, params={"organisation": OTHER, **form})
            assert answer.status_code in ((200,) if path in DESCRIPTIONS else (404, 422)), url
            assert OTHER not in (answer.text.replace(thing, "") if thing else answer.text), url
    own = client.get("/api/v1/measurements").json()
    assert {row["scope_key"] for row in own["rows"]} == {"", "werra-wiki/1", "werra-unit"}
    assert client.get("/api/v1/measurements", params={"organisation": OTHER}).status_code == 404
    assert client.get("/api/v1/measurements", params={"organisation": "werra"}).status_code == 200


def test_a_cursor_of_another_organisation_leads_nowhere(installation: Any) -> None:
    theirs = installation.program("fulda-auditor").get("/api/v1/measurements", params={"limit": 1}).json()
    assert theirs["rows"]
    assert theirs["next"]
    answer = installation.program("auditor").get(
        "/api/v1/measurements", params={"limit": 1, "cursor": theirs["next"]}
    )
    assert answer.status_code == 422
    assert OTHER not in answer.text


def test_the_same_requests_do_tell_those_who_may_see_it(installation: Any) -> None:
    """Without this, all of the above would hold of a service that answers nothing."""
    theirs = installation.program("fulda-auditor").get("/api/v1/measurements").json()
    assert {row["scope_key"] for row in theirs["rows"]} == {"", "fulda-wiki/1", "fulda-unit"}
    both = installation.program("consultant")
    assert both.get("/api/v1/measurements").status_code == 422  # which of the two?
    for organisation in ("werra", OTHER):
        answer = both.get("/api/v1/measurements", params={"organisation": organisation})
        assert answer.json()["publication"]["organisation"] == organisation
    browser = installation.browser("consultant")
    assert browser.get("/", params={"organisation": OTHER}).status_code == 200
    assert OTHER in browser.get("/council").text


def test_each_council_reads_in_the_log_what_concerns_it(installation: Any) -> None:
    consultant = installation.program("consultant")
    consultant.get("/api/v1/rooms", params={"organisation": OTHER})
    consultant.get("/api/v1/coverage", params={"organisation": "werra"})
    consultant.get("/api/v1/milestones/fulda-relaunch/changes")
    installation.browser("fulda-auditor").get("/rooms/fulda-wiki/1")
    own = installation.browser("auditor").get("/council", params={"lang": "en"}).text
    assert OTHER not in own
    assert "GET /api/v1/coverage" in own
    theirs = installation.browser("fulda-auditor").get("/council", params={"lang": "en"}).text
    for said in ("key: fulda-wiki/1", "key: fulda-relaunch", "GET /api/v1/rooms", "consultant"):
        assert said in theirs
    assert "GET /api/v1/coverage" not in theirs
    assert "werra" not in theirs
