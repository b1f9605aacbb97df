"""Sign-in at the company's service, against one of our own that behaves, and misbehaves, over real HTTP."""

import importlib.util
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from httpx import Client, Response
from joserfc.jwk import RSAKey
from sqlalchemy import Engine, select, update

from service.database import transaction
from service.errors import Invalid
from service.grants import Grant, Role
from service.models import Account, AuditEntry, Organisation
from service.models import Session as SignedIn
from service.security.accounts import create_account, disable, named, organisation_of
from service.security.company import provider_of
from service.security.roles import Scope
from service.security.tokens import create_token
from service.settings import Settings

_spec = importlib.util.spec_from_file_location("provider", Path(__file__).parent / "provider.py")
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
import sys  # noqa: E402 - dataclasses look their module up

sys.modules["provider"] = _module
_spec.loader.exec_module(_module)
FakeProvider, CLIENT, SECRET = _module.FakeProvider, _module.CLIENT, _module.SECRET

ROLES = {"Resonanz.Admin": "it_admin", "Resonanz.Council": "auditor", "Resonanz.Analyst": "analyst"}


@pytest.fixture
def provider() -> Iterator[Any]:
    running = FakeProvider()
    yield running
    running.stop()


@pytest.fixture
def app(make_app: Callable[..., FastAPI], provider: Any, tmp_path: Path) -> Iterator[FastAPI]:
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    made = make_app(
        public_url="http://localhost",
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret_file=secret,
        oidc_roles=ROLES,
        allowed_hosts="127.0.0.1",
    )
    yield made
    made.state.provider.http.close()


@pytest.fixture
def person(app: FastAPI, visit: Callable[..., Client]) -> Client:
    return visit(app, "http://localhost", **{"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"})


def back(person: Client, provider: Any, after: str = "/", **changed: str) -> Response:
    """Signs in as a browser does, with parts of the way back changed."""
    there = person.get("/login/company", params={"after": after})
    assert there.status_code == 303, there.text
    code, state = provider.authorize(there.headers["Location"])
    return person.get("/login/callback", params={"code": code, "state": state, **changed})


def refused(answer: Response, status: int = 400) -> bool:
    opened = "resonanz=" in answer.headers.get("Set-Cookie", "").replace('resonanz=""', "")
    return answer.status_code == status and not opened and "notice" in answer.text


def test_signing_in_opens_a_session_with_the_mapped_role(
    person: Client, provider: Any, database: Engine
) -> None:
    answer = back(person, provider, "/rooms/x")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/rooms/x")
    (spent,) = (one for one in answer.headers.get_list("Set-Cookie") if one.startswith("resonanz-company="))
    assert spent.startswith('resonanz-company="";')
    assert {"Max-Age=0", "Path=/", "HttpOnly", "SameSite=lax"} <= set(spent.split("; "))
    assert "resonanz-company" not in person.cookies
    assert person.get("/tokens").status_code == 200
    assert person.get("/council").status_code == 403
    with transaction(database) as session:
        account = named(session, "anna")
        assert (account.role, account.subject, account.password_hash) == ("analyst", "sub:u1", None)
        assert session.scalars(select(AuditEntry.action)).all()[-3:] == ["signed in", "asked", "refused"]


def test_what_is_sent_holds_neither_the_secret_nor_the_verifier(person: Client) -> None:
    there = person.get("/login/company")
    asked = parse_qs(urlsplit(there.headers["Location"]).query)
    cookie = there.headers["Set-Cookie"].split("=", 1)[1].split(".")[0]
    assert asked["redirect_uri"] == ["http://localhost/login/callback"]
    assert "code_verifier" not in asked
    assert cookie.strip('"') not in there.headers["Location"]
    assert "HttpOnly" in there.headers["Set-Cookie"]


def test_the_same_person_has_one_account_and_a_changed_role_ends_other_sessions(
    person: Client, provider: Any, app: FastAPI, visit: Callable[..., Client], database: Engine
) -> None:
    back(person, provider)
    assert person.get("/").status_code == 200
    provider.person = {"sub": "u1", "preferred_username": "Anna Neu", "roles": "Resonanz.Council"}
    other = visit(app, "http://localhost")
    assert back(other, provider).status_code == 303
    assert other.get("/council").status_code == 200
    assert person.get("/").status_code == 303
    with transaction(database) as session:
        assert len(session.scalars(select(Account).where(Account.issuer.is_not(None))).all()) == 1


def test_nobody_becomes_somebody_else_by_the_name_alone(
    person: Client, provider: Any, database: Engine
) -> None:
    create_account(database, "anna", "ein langes Passwort 7", Role.IT_ADMIN)
    assert back(person, provider).status_code == 303
    assert person.get("/council").status_code == 403
    with transaction(database) as session:
        assert named(session, "anna").role == "it_admin"
        assert named(session, "anna-2").role == "analyst"


@pytest.mark.parametrize(
    "roles", [[], ["Other"], None, "Resonanz", {"Resonanz.Admin": 1}, [["Resonanz.Admin"]]]
)
def test_without_a_mapped_role_nobody_gets_in_not_even_the_first(
    person: Client, provider: Any, database: Engine, roles: Any
) -> None:
    provider.person["roles"] = roles
    assert refused(back(person, provider), 403)
    with transaction(database) as session:
        assert session.scalars(select(Account).where(Account.issuer.is_not(None))).all() == []


def test_a_nested_claim_as_keycloak_has_it(person: Client, provider: Any, app: FastAPI) -> None:
    app.state.provider.claim = "realm_access.roles"
    provider.person = {"sub": "u2", "realm_access": {"roles": ["offline_access", "Resonanz.Council"]}}
    assert back(person, provider).status_code == 303
    assert person.get("/council").status_code == 200


def put(**changed: Any) -> Callable[[dict[str, Any]], None]:
    """Claims set, or with None removed."""

    def change(claims: dict[str, Any]) -> None:
        claims.update(changed)
        for name in [name for name, value in changed.items() if value is None]:
            del claims[name]

    return change


NOW = int(time.time())


@pytest.mark.parametrize(
    "change",
    [
        put(nonce="another"),
        put(nonce=None),
        put(iss="https://evil.example"),
        put(iss=None),
        put(aud="other"),
        put(aud=["other", "another"]),
        put(aud=None),
        put(aud=[CLIENT, "other"]),
        put(aud=[CLIENT, "other"], azp="other"),
        put(azp="other"),
        put(exp=NOW - 120),
        put(exp=None),
        put(exp="never"),
        put(iat=NOW + 7200),
        put(iat=None),
        put(nbf=NOW + 7200),
        put(sub=None),
        put(sub=""),
        put(sub=7),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(
    person: Client, provider: Any, change: Callable[..., None]
) -> None:
    provider.change = change
    assert refused(back(person, provider))
    assert person.get("/").status_code == 303


def test_a_token_for_several_is_taken_if_it_was_made_for_us(person: Client, provider: Any) -> None:
    provider.change = put(aud=[CLIENT, "other"], azp=CLIENT)
    assert back(person, provider).status_code == 303


@pytest.mark.parametrize("way", ["unsigned", "signed_with_public_key", "signed_with_shared_key"])
def test_a_token_anybody_could_have_made_is_refused(person: Client, provider: Any, way: str) -> None:
    provider.sign = getattr(provider, way)
    assert refused(back(person, provider))


def test_a_token_signed_by_another_key_of_the_same_id_is_refused(person: Client, provider: Any) -> None:
    stranger = RSAKey.generate_key(2048, {"kid": "k1"})
    provider.sign = lambda claims: provider.signed(claims, stranger)
    assert refused(back(person, provider))


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "....", None, 7])
def test_what_is_no_token_is_refused(person: Client, provider: Any, text: Any) -> None:
    provider.sign = lambda _: text
    assert refused(back(person, provider))


def test_a_tampered_token_is_refused(person: Client, provider: Any) -> None:
    def tampered(claims: dict[str, Any]) -> str:
        head, _, signature = provider.signed(claims).split(".")
        body = provider.unsigned({**claims, "roles": ["Resonanz.Admin"]}).split(".")[1]
        return f"{head}.{body}.{signature}"

    provider.sign = tampered
    assert refused(back(person, provider))


@pytest.mark.parametrize(
    "changed",
    [{"state": "other"}, {"state": ""}, {"code": ""}, {"code": "stolen"}, {"iss": "https://evil.example"}],
)
def test_an_answer_that_does_not_fit_is_refused(
    person: Client, provider: Any, changed: dict[str, str]
) -> None:
    assert refused(back(person, provider, **changed))


def test_an_answer_does_not_come_back_twice(person: Client, provider: Any) -> None:
    there = person.get("/login/company")
    cookie = person.cookies["resonanz-company"]
    code, state = provider.authorize(there.headers["Location"])
    answer = {"code": code, "state": state}
    assert person.get("/login/callback", params=answer).status_code == 303
    provider.codes[code] = provider.authorize(there.headers["Location"]) and provider.codes.popitem()[1]
    before = provider.asked.count("/token")
    again = person.get("/login/callback", params=answer, headers={"Cookie": f"resonanz-company={cookie}"})
    assert again.status_code == 400
    assert provider.asked.count("/token") == before


def test_an_answer_to_another_browser_is_refused(
    person: Client, provider: Any, app: FastAPI, visit: Callable[..., Client]
) -> None:
    code, state = provider.authorize(person.get("/login/company").headers["Location"])
    victim = visit(app, "http://localhost")
    assert refused(victim.get("/login/callback", params={"code": code, "state": state}))
    victim.get("/login/company")
    assert refused(victim.get("/login/callback", params={"code": code, "state": state}))


def test_an_attempt_lasts_ten_minutes(person: Client, provider: Any) -> None:
    code, state = provider.authorize(person.get("/login/company").headers["Location"])
    secret, _, after = person.cookies["resonanz-company"].strip('"').split(".")
    person.cookies.clear()
    old = f"resonanz-company={secret}.{int(time.time()) - 601}.{after}"
    answer = person.get("/login/callback", params={"code": code, "state": state}, headers={"Cookie": old})
    assert refused(answer)


def test_a_refusal_by_the_service_is_a_page_not_an_error(person: Client) -> None:
    person.get("/login/company")
    assert refused(person.get("/login/callback?error=access_denied&state=x"))
    assert refused(person.get("/login/callback"))


def test_keys_are_kept_and_asked_for_again_when_they_change(
    person: Client, provider: Any, app: FastAPI
) -> None:
    time_passed = [0.0]
    app.state.provider._clock = lambda: time_passed[0]
    for _ in range(3):
        assert back(person, provider).status_code == 303
    assert provider.asked.count("/realm/keys") == 1
    assert provider.asked.count("/realm/.well-known/openid-configuration") == 1
    provider.key = RSAKey.generate_key(2048, {"kid": "k2", "use": "sig"})
    provider.published = [provider.key]
    provider.sign = lambda claims: provider.signed(claims, kid="k2")
    assert refused(back(person, provider))  # not so soon: else everybody could make us ask all the time
    time_passed[0] = 31.0
    assert back(person, provider).status_code == 303
    assert provider.asked.count("/realm/keys") == 2


@pytest.mark.parametrize("status", [404, 500, 302])
def test_a_service_out_of_order_is_told_so(person: Client, provider: Any, status: int) -> None:
    provider.status = status
    assert refused(person.get("/login/company"), 503)


def test_a_service_that_can_not_be_reached_is_told_so(person: Client, provider: Any) -> None:
    code, state = provider.authorize(person.get("/login/company").headers["Location"])
    provider.stop()
    try:
        answer = person.get("/login/callback", params={"code": code, "state": state})
        assert refused(answer, 503)
        assert "can not be reached" in answer.text
    finally:
        provider.__post_init__()


@pytest.mark.parametrize(
    "change",
    [
        put(issuer="https://evil.example"),
        put(issuer=None),
        put(authorization_endpoint="javascript:alert(1)"),
        put(authorization_endpoint=None),
    ],
)
def test_a_wrong_description_is_refused(person: Client, provider: Any, change: Callable[..., None]) -> None:
    provider.describe = change
    assert refused(person.get("/login/company"))


def test_the_description_can_not_lead_to_addresses_inside_the_house(person: Client, provider: Any) -> None:
    provider.describe = put(token_endpoint="http://169.254.169.254/latest", jwks_uri="http://localhost:1/x")
    assert refused(back(person, provider), 503)


def test_a_disabled_account_stays_out(person: Client, provider: Any, database: Engine) -> None:
    back(person, provider)
    with transaction(database) as session:
        disable(session, named(session, "anna"), "console")
    assert person.get("/").status_code == 303
    assert refused(back(person, provider))
    with transaction(database) as session:
        assert session.scalars(select(SignedIn)).all() == []


def test_passwords_are_off_while_there_is_a_company_sign_in(
    person: Client, credentials: dict[str, str]
) -> None:
    form = person.get("/login").text
    assert "Sign in with your company account" in form
    assert 'type="password"' not in form
    assert person.post("/login", data=credentials).status_code == 403
    auth = (credentials["name"], credentials["password"])
    assert person.get("/api/v1/metrics", auth=auth).status_code == 401


def test_without_a_company_sign_in_there_is_no_way_to_it(browser: Client) -> None:
    assert browser.get("/login/company").status_code == 404
    assert browser.get("/login/callback?code=x&state=y").status_code == 404
    assert "company" not in browser.get("/login").text


@pytest.mark.parametrize(
    "changed",
    [
        {"oidc_client_id": None},
        {"public_url": None},
        {"public_url": "http://resonanz.example"},
        {"oidc_issuer": "http://login.example"},
        {"oidc_roles": {}},
    ],
)
def test_settings_that_do_not_suffice_are_refused_at_the_start(changed: dict[str, Any]) -> None:
    fit: dict[str, Any] = {
        "oidc_issuer": "https://login.example",
        "oidc_client_id": "x",
        "public_url": "https://resonanz.example",
        "oidc_roles": ROLES,
    }
    provider = provider_of(Settings(**fit))
    assert provider is not None
    provider.http.close()
    with pytest.raises(Invalid):
        provider_of(Settings(**{**fit, **changed}))


def test_a_session_of_a_company_account_ends_after_an_hour(
    person: Client, provider: Any, database: Engine
) -> None:
    back(person, provider)
    assert person.get("/").status_code == 200
    now = datetime.now(UTC)
    with transaction(database) as session:
        session.execute(update(SignedIn).values(created=now - timedelta(minutes=61), used=now))
    assert person.get("/").status_code == 303


def test_who_lost_the_role_is_out_with_all_sessions_and_tokens_at_the_next_sign_in(
    person: Client, provider: Any, app: FastAPI, visit: Callable[..., Client], database: Engine
) -> None:
    back(person, provider)
    now = datetime.now(UTC)
    with transaction(database) as session:
        token = create_token(
            session, named(session, "anna"), "x", [Scope.CATALOGUE], expires=now + timedelta(days=9), now=now
        )
    program = visit(app, "http://localhost", Authorization=f"Bearer {token}")
    assert program.get("/api/v1/metrics").status_code == 200
    provider.person["roles"] = []
    assert refused(back(visit(app, "http://localhost"), provider), 403)
    assert person.get("/").status_code == 303
    assert program.get("/api/v1/metrics").status_code == 401
    with transaction(database) as session:
        last = session.scalars(select(AuditEntry.action).order_by(AuditEntry.number.desc())).all()
    assert "role lost" in last
    provider.person["roles"] = ["Resonanz.Analyst"]
    assert back(visit(app, "http://localhost"), provider).status_code == 303
    assert program.get("/api/v1/metrics").status_code == 200


def test_tokens_of_a_company_account_rest_when_the_role_was_not_confirmed_for_a_month(
    person: Client, provider: Any, app: FastAPI, visit: Callable[..., Client], database: Engine
) -> None:
    back(person, provider)
    now = datetime.now(UTC)
    with transaction(database) as session:
        account = named(session, "anna")
        token = create_token(
            session, account, "x", [Scope.CATALOGUE], expires=now + timedelta(days=90), now=now
        )
        account.confirmed = now - timedelta(days=29)
    program = visit(app, "http://localhost", Authorization=f"Bearer {token}")
    assert program.get("/api/v1/metrics").status_code == 200
    with transaction(database) as session:
        named(session, "anna").confirmed = now - timedelta(days=31)
    assert program.get("/api/v1/metrics").status_code == 401


@pytest.mark.parametrize(
    ("grant", "status", "organisation"),
    [
        ("analyst", 403, None),
        ("analyst@nowhere", 403, None),
        ("analyst@echt", 303, "echt"),
        ("analyst@*", 303, None),
    ],
)
def test_with_several_organisations_a_role_has_to_name_one(  # noqa: PLR0917
    person: Client,
    provider: Any,
    app: FastAPI,
    database: Engine,
    grant: str,
    status: int,
    organisation: str | None,
) -> None:
    with transaction(database) as session:
        session.add(Organisation(key="echt", name="Echt AG"))
    app.state.provider.roles = {"Resonanz.Analyst": Grant.read(grant)}
    assert back(person, provider).status_code == status
    with transaction(database) as session:
        found = session.scalars(select(Account).where(Account.issuer.is_not(None))).one_or_none()
        assert (found is not None) == (status == 303)
        if found is not None:
            assert organisation_of(session, found) == organisation


def test_the_only_organisation_stays_the_accounts_when_a_second_one_comes(
    person: Client, provider: Any, database: Engine
) -> None:
    back(person, provider)
    with transaction(database) as session:
        session.add(Organisation(key="echt", name="Echt AG"))
        assert organisation_of(session, named(session, "anna")) == "beispiel"
    assert person.get("/?organisation=echt").status_code == 404


def test_a_grant_that_means_nothing_is_refused_at_the_start() -> None:
    for grant in ("analyst@", "nobody", "nobody@x", ""):
        with pytest.raises(ValueError, match=r"is not a valid Role|names no organisation"):
            Grant.read(grant)
