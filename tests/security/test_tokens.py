"""API tokens: what they are good for, and every way in which they are refused."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from httpx import Client
from sqlalchemy import Engine, select, update

from service.database import transaction
from service.errors import Invalid
from service.grants import Role
from service.models import Account, ApiToken
from service.security.accounts import disable, give_role, named
from service.security.roles import Scope
from service.security.tokens import FORM, create_token, revoke_token

NOW = datetime.now(UTC)
METRICS, VALUES = "/api/v1/metrics", "/api/v1/measurements"


def made(database: Engine, *scopes: Scope, name: str = "kommunikation", days: float = 30) -> str:
    with transaction(database) as session:
        account = session.scalars(select(Account).where(Account.name == name)).one()
        return create_token(session, account, "Power BI", scopes, expires=NOW + timedelta(days=days), now=NOW)


def status(browser: Client, token: str, path: str = METRICS) -> int:
    return browser.get(path, headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_token_reads_what_its_scope_says_and_nothing_else(browser: Client, database: Engine) -> None:
    catalogue = made(database, Scope.CATALOGUE)
    assert status(browser, catalogue) == 200
    assert status(browser, catalogue, VALUES) == 403
    values = made(database, Scope.MEASUREMENTS)
    assert status(browser, values) == 403
    assert status(browser, values, VALUES) == 503  # let in, and nothing was published


def test_a_token_opens_no_page_and_makes_no_further_tokens(browser: Client, database: Engine) -> None:
    token = made(database, *Scope)
    for path in ("/", "/council", "/tokens"):
        assert status(browser, token, path) == 303
    answer = browser.post("/tokens", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 303


def test_a_program_that_speaks_basic_only_sends_the_token_as_password(
    browser: Client, database: Engine
) -> None:
    token = made(database, Scope.CATALOGUE)
    assert browser.get(METRICS, auth=("token", token)).status_code == 200
    assert browser.get(METRICS, auth=("token", token[:-1])).status_code == 401


def test_of_a_token_only_the_hash_is_stored(browser: Client, database: Engine) -> None:
    token = made(database, Scope.CATALOGUE)
    parts = FORM.fullmatch(token)
    assert parts is not None
    with transaction(database) as session:
        (stored,) = session.scalars(select(ApiToken))
        assert stored.handle == parts[1]
        assert parts[2] not in repr(vars(stored))


def test_no_changed_token_is_let_in(browser: Client, database: Engine) -> None:
    token = made(database, Scope.CATALOGUE)
    other = made(database, Scope.CATALOGUE)
    wrong = [token[:i] + ("a" if token[i] != "a" else "b") + token[i + 1 :] for i in range(0, len(token), 3)]
    wrong += [token[:-1], token + "0", token[:15] + other[15:], other[:15] + token[15:], token.lower(), ""]
    wrong += [f" {token} x", token.replace("_", "-"), "rsz_" + "0" * 60, "null", "undefined"]
    assert [one for one in wrong if status(browser, one) != 401] == []
    assert status(browser, token) == 200


def test_a_token_ends_when_it_expires_or_is_revoked(browser: Client, database: Engine) -> None:
    token = made(database, Scope.CATALOGUE)
    assert status(browser, token) == 200
    with transaction(database) as session:
        session.execute(update(ApiToken).values(expires=NOW - timedelta(seconds=1)))
    assert status(browser, token) == 401
    second = made(database, Scope.CATALOGUE)
    with transaction(database) as session:
        revoke_token(session, second.split("_")[1], NOW)
    assert status(browser, second) == 401


def test_a_token_never_does_more_than_the_role_of_its_account(browser: Client, database: Engine) -> None:
    token = made(database, Scope.CATALOGUE)
    with transaction(database) as session:
        give_role(session, named(session, "kommunikation"), Role.VIEWER, "console")
    assert status(browser, token) == 403
    with transaction(database) as session:
        disable(session, named(session, "kommunikation"), "console")
    assert status(browser, token) == 401


def test_a_refused_token_is_not_made_good_by_a_cookie(browser: Client, credentials: dict[str, str]) -> None:
    browser.post("/login", data=credentials)
    assert browser.get(METRICS).status_code == 200
    assert status(browser, "rsz_wrong") == 401


@pytest.mark.parametrize(
    ("label", "scopes", "days"),
    [
        ("", [Scope.CATALOGUE], 30),
        ("x" * 65, [Scope.CATALOGUE], 30),
        ("a\nb", [Scope.CATALOGUE], 30),
        ("x", [], 30),
        ("x", ["write:everything"], 30),
        ("x", [Scope.CATALOGUE], 0),
        ("x", [Scope.CATALOGUE], 367),
    ],
)
def test_unfit_tokens_are_not_made(
    browser: Client, database: Engine, label: str, scopes: list[str], days: int
) -> None:
    with transaction(database) as session:
        account = named(session, "kommunikation")
        with pytest.raises(Invalid):
            create_token(session, account, label, scopes, expires=NOW + timedelta(days=days), now=NOW)


def test_the_own_page_makes_shows_once_and_revokes(as_role: Callable[[Role], Client]) -> None:
    client = as_role(Role.ANALYST)
    (form,) = set(re.findall(r'name="form" value="([0-9a-f]{64})"', client.get("/tokens").text))
    data = {"form": form, "label": "Grafana", "scope": Scope.CATALOGUE.value, "days": "90"}
    answer = client.post("/tokens", data=data)
    (token,) = FORM.finditer(answer.text)
    assert status(client, token[0]) == 200
    assert token[2] not in client.get("/tokens").text
    assert client.post(f"/tokens/{token[1]}/revoke", data={"form": form}).status_code == 303
    assert status(client, token[0]) == 401
    assert client.post("/tokens", data={**data, "label": " "}).status_code == 422


def test_forms_are_tied_to_the_session(as_role: Callable[[Role], Client], database: Engine) -> None:
    client, other = as_role(Role.ANALYST), as_role(Role.AUDITOR)
    (form,) = set(re.findall(r'name="form" value="([0-9a-f]{64})"', other.get("/tokens").text))
    for given in ("", "x", "ü", form):
        data = {"form": given, "label": "x", "scope": Scope.CATALOGUE.value}
        assert client.post("/tokens", data=data).status_code == 403
    with transaction(database) as session:
        assert session.scalars(select(ApiToken)).all() == []


def test_nobody_revokes_the_tokens_of_others(as_role: Callable[[Role], Client], database: Engine) -> None:
    client = as_role(Role.ANALYST)
    token = made(database, Scope.CATALOGUE)
    (form,) = set(re.findall(r'name="form" value="([0-9a-f]{64})"', client.get("/tokens").text))
    assert client.post(f"/tokens/{token.split('_')[1]}/revoke", data={"form": form}).status_code == 404
    assert status(client, token) == 200
