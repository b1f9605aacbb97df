"""The company's sign-in at the very second where what is kept of it is old, and at the very claim where it is refused."""

import base64
import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey
from jwks_server import public
from sqlalchemy.orm import Session

from service.grants import EVERYWHERE, Grant, Role
from service.models import Account, AuditEntry, Organisation
from service.models import Session as Signed
from service.privacy import ledger
from service.security import company, oidc
from service.security.oidc import (
    COOL,
    KEPT,
    Attempt,
    Identity,
    NoRole,
    Provider,
    ProviderUnreachable,
    SignInRefused,
)
from service.security.sessions import open_session
from service.settings import Settings

ISSUER = "https://idp.example"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DESCRIPTION = f"{ISSUER}/.well-known/openid-configuration"
SETTINGS = {
    "oidc_issuer": ISSUER, "oidc_client_id": "us", "oidc_roles": {"A": "viewer@acme", "B": "viewer"},
    "oidc_roles_claim": "realm.roles",
}  # fmt: skip


class Service:
    """A sign-in service, what it was asked, and a clock beside it."""

    def __init__(self, **settings: Any) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})
        self.now, self.status = 1000.0, 200
        self.asked: list[str] = []
        self.bodies: dict[str, Any] = {
            DESCRIPTION: {
                "issuer": ISSUER,
                "jwks_uri": f"{ISSUER}/keys",
                "token_endpoint": "http://idp.example/token",
            },
            f"{ISSUER}/keys": {"keys": [public(self.key)]},
        }
        client = httpx.Client(transport=httpx.MockTransport(self._answer))
        self.provider = Provider(
            Settings(**{**SETTINGS, **settings}), "https://us/back", client, lambda: self.now
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        return httpx.Response(self.status, content=json.dumps(self.bodies[str(request.url)]))

    def times(self, url: str) -> int:
        return self.asked.count(url)


@pytest.fixture(scope="module")
def made() -> Service:
    return Service()


@pytest.fixture
def there(made: Service) -> Service:
    """The same service, asked for the first time."""
    fresh = Service.__new__(Service)
    fresh.__dict__.update(made.__dict__, asked=[], now=1000.0, status=200, bodies=dict(made.bodies))
    client = httpx.Client(transport=httpx.MockTransport(fresh._answer))
    fresh.provider = Provider(Settings(**SETTINGS), "https://us/back", client, lambda: fresh.now)
    return fresh


def test_description_and_keys_are_asked_for_again_after_an_hour(there: Service) -> None:
    for later, asked in ((0.0, 1), (KEPT, 1), (KEPT + 0.1, 2)):
        there.now = 1000 + later
        there.provider._keys_with("k1")
        assert (there.times(DESCRIPTION), there.times(f"{ISSUER}/keys")) == (asked, asked)


def test_an_unknown_key_is_asked_for_once_in_a_while(there: Service) -> None:
    for later, asked in ((0.0, 1), (COOL, 1), (COOL + 0.1, 2)):
        there.now = 1000 + later
        there.provider._keys_with("k2")
        assert there.times(f"{ISSUER}/keys") == asked
    there.provider._keys_with(None)
    there.bodies[f"{ISSUER}/keys"] = {"keys": [public(there.key), {**public(there.key), "kid": "k2"}]}
    there.now += COOL + 0.1
    with pytest.raises(SignInRefused, match="names no key"):
        there.provider._keys_with(None)


def test_an_endpoint_is_as_safe_as_the_service(there: Service) -> None:
    assert there.provider._endpoint("jwks_uri") == f"{ISSUER}/keys"
    for name in ("token_endpoint", "authorization_endpoint"):
        with pytest.raises(SignInRefused, match="no fit"):
            there.provider._endpoint(name)
    there.bodies[DESCRIPTION]["issuer"] = "https://them"
    there.now += KEPT + 1
    with pytest.raises(SignInRefused, match="otherwise"):
        there.provider._endpoint("jwks_uri")
    there.bodies[DESCRIPTION]["issuer"] = ISSUER


def test_what_is_no_answer_is_told_as_such(there: Service) -> None:
    there.bodies["https://idp.example/list"] = []
    with pytest.raises(ProviderUnreachable, match="no object"):
        there.provider._fetched(f"{ISSUER}/list")
    there.status = 404
    with pytest.raises(ProviderUnreachable, match="404"):
        there.provider._fetched(DESCRIPTION)


@pytest.mark.parametrize(
    "changed",
    [{"kty": "oct"}, {"kty": None}, {"use": "enc"}, {"n": "!"}],
)
def test_only_asymmetric_keys_for_signatures_count(made: Service, changed: dict[str, Any]) -> None:
    key = {**public(made.key), **changed}
    with pytest.raises(SignInRefused):
        oidc._signing_keys({"keys": [key]})
    if "n" not in changed:
        assert len(oidc._signing_keys({"keys": [key, public(made.key), "k"]}).keys) == 1
    without = {name: value for name, value in public(made.key).items() if name != "use"}
    assert len(oidc._signing_keys({"keys": [without]}).keys) == 1
    for body in ({}, {"keys": None}, {"keys": {}}):
        with pytest.raises(SignInRefused):
            oidc._signing_keys(body)


@pytest.mark.parametrize(
    ("claims", "grant"),
    [
        ({"realm": {"roles": ["B", "A"]}}, Grant(Role.VIEWER, "acme")),
        ({"realm": {"roles": "B"}}, Grant(Role.VIEWER, None)),
        ({"realm.roles": ["B"]}, Grant(Role.VIEWER, None)),
        ({"realm.roles": ["C"], "realm": {"roles": ["A"]}}, None),
        ({"realm": ["A"]}, None),
        ({"realm": {"roles": {"A": 1}}}, None),
        ({}, None),
    ],
)
def test_the_first_role_of_the_settings_holds(
    there: Service, claims: dict[str, Any], grant: Grant | None
) -> None:
    if grant is None:
        with pytest.raises(NoRole) as refused:
            there.provider._grant({"sub": "anna", **claims})
        assert refused.value.subject == "sub:anna"
    else:
        assert there.provider._grant({"sub": "anna", **claims}) == grant


def test_who_somebody_is() -> None:
    tenant = {"tid": "t", "oid": "o", "sub": "s"}
    assert oidc._subject(tenant, "https://login/t/v2.0") == "oid:o"
    assert oidc._subject(tenant, ISSUER) == "sub:s"
    assert oidc._subject({**tenant, "oid": None}, "https://login/t/v2.0") == "sub:s"
    assert oidc._subject({"sub": "s" * 400}, ISSUER) == "sub:" + "s" * 296
    with pytest.raises(SignInRefused, match="nobody"):
        oidc._subject({"sub": ""}, ISSUER)
    assert (oidc._name({"preferred_username": "anna"}), oidc._name({"preferred_username": 1})) == ("anna", "")


def test_what_is_sent_is_derived_from_the_secret_and_is_not_it() -> None:
    one, other = Attempt.new(), Attempt.new()
    derived = {one.state, one.nonce, one.verifier, one.digest, one.secret}
    assert len(derived) == 5
    assert len(one.secret) == 43  # 32 bytes
    assert derived.isdisjoint({other.state, other.nonce, other.verifier, other.digest, other.secret})
    assert [len(each) for each in (one.state, one.nonce, one.verifier)] == [43, 43, 43]


@pytest.mark.parametrize(
    ("begun", "fit"),
    [("1000", True), ("1001", False), ("400", True), ("399", False), ("x", False), ("", False)],
)
def test_an_attempt_lasts_ten_minutes(monkeypatch: pytest.MonkeyPatch, begun: str, fit: bool) -> None:
    monkeypatch.setattr(company, "time", SimpleNamespace(time=lambda: 1000.0))
    kept = base64.urlsafe_b64encode(b"/reach").decode()
    app = SimpleNamespace(state=SimpleNamespace(https=False))

    def request(secret: str) -> Any:
        return SimpleNamespace(app=app, cookies={"resonanz-company": f"{secret}.{begun}.{kept}"})

    if fit:
        assert company._attempt(request("secret")) == (Attempt("secret"), "/reach")
        with pytest.raises(SignInRefused):
            company._attempt(request(""))
    else:
        with pytest.raises(SignInRefused):
            company._attempt(request("secret"))


def test_who_is_moved_to_another_organisation_starts_anew_there(db: Session) -> None:
    db.add_all([Organisation(key=key, name=key) for key in ("acme", "other")])
    db.flush()

    def come(grant: Grant) -> Account:
        return company._account(db, Identity(ISSUER, "sub:anna", "Anna K", grant))

    first = come(Grant(Role.VIEWER, "acme"))
    assert (first.name, first.role, first.organisation_id, first.subject) == (
        "anna-k",
        "viewer",
        1,
        "sub:anna",
    )
    open_session(db, first, NOW)
    assert come(Grant(Role.VIEWER, "acme")) is first
    assert db.query(Signed).count() == 1
    assert come(Grant(Role.ANALYST, "acme")).role == "analyst"
    assert come(Grant(Role.ANALYST, "other")).organisation_id == 2
    assert db.query(Signed).count() == 0
    assert come(Grant(Role.ANALYST, EVERYWHERE)).organisation_id is None
    for grant in (Grant(Role.VIEWER, None), Grant(Role.VIEWER, "gone")):
        with pytest.raises(NoRole):
            come(grant)
    actions = [entry.action for entry in db.query(AuditEntry).order_by(AuditEntry.number)]
    assert actions == ["account created", "role changed", "organisation changed", "organisation changed"]
    first.disabled = True
    with pytest.raises(SignInRefused, match="disabled"):
        come(Grant(Role.ANALYST, "other"))
    assert (
        company._account(db, Identity(ISSUER, "sub:two", "anna k", Grant(Role.VIEWER, "acme"))).name
        == "anna-k-2"
    )


def test_of_many_places_five_are_told() -> None:
    places: Any = [SimpleNamespace(place=f"p{number}") for number in range(7)]
    assert ledger._places(places[:5]) == "p0, p1, p2, p3, p4"
    assert ledger._places(places[:6]) == "p0, p1, p2, p3, p4 and 1 more"
    assert ledger._places(places) == "p0, p1, p2, p3, p4 and 2 more"
