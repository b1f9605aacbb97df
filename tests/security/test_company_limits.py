"""The company's sign-in at the very second where what is kept of it is old, and at the very claim where it is refused."""

import base64
import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from jwks_server import public

from service.grants import Grant, Role
from service.privacy import ledger
from service.security import oidc
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
        self.sent: list[httpx.Request] = []
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
        self.sent.append(request)
        body = self.bodies[str(request.url)]
        if isinstance(body, Exception):
            raise body
        return httpx.Response(self.status, content=body if isinstance(body, bytes) else json.dumps(body))

    def times(self, url: str) -> int:
        return self.asked.count(url)


@pytest.fixture(scope="module")
def made() -> Service:
    return Service()


@pytest.fixture
def there(made: Service) -> Service:
    """The same service, asked for the first time."""
    fresh = Service.__new__(Service)
    fresh.__dict__.update(made.__dict__, asked=[], sent=[], now=1000.0, status=200, bodies=dict(made.bodies))
    client = httpx.Client(transport=httpx.MockTransport(fresh._answer))
    fresh.provider = Provider(Settings(**SETTINGS), "https://us/back", client, lambda: fresh.now)
    return fresh


def test_description_and_keys_are_asked_for_again_after_an_hour(there: Service) -> None:
    for later, asked in ((0.0, 1), (KEPT, 1), (KEPT + 0.1, 2)):
        there.now = 1000 + later
        assert [key.kid for key in there.provider._keys_with("k1").keys] == ["k1"]
        there.provider._endpoint("jwks_uri")
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
    there.status = 200
    there.bodies |= {f"{ISSUER}/page": b"<html>", f"{ISSUER}/gone": httpx.ConnectTimeout("slow")}
    with pytest.raises(ProviderUnreachable, match="no JSON"):
        there.provider._fetched(f"{ISSUER}/page")
    with pytest.raises(ProviderUnreachable, match="ConnectTimeout"):
        there.provider._fetched(f"{ISSUER}/gone")


@pytest.fixture
def whole(there: Service) -> Service:
    """With endpoints on https, and a token for whoever asks."""
    ends = {name: f"{ISSUER}/{name.split('_')[0]}" for name in ("token_endpoint", "authorization_endpoint")}
    there.bodies[DESCRIPTION] = {**there.bodies[DESCRIPTION], **ends}
    there.bodies[f"{ISSUER}/token"] = {"id_token": "the token", "access_token": "x", "token_type": "Bearer"}
    return there


def test_a_browser_is_sent_with_what_is_derived_from_its_secret(whole: Service) -> None:
    attempt = Attempt("secret")
    there, _, query = whole.provider.address(attempt).partition("?")
    asked = {name: values[0] for name, values in parse_qs(query).items()}
    assert there == f"{ISSUER}/authorization"
    assert (asked["state"], asked["nonce"], asked["client_id"]) == (attempt.state, attempt.nonce, "us")
    assert (asked["redirect_uri"], asked["scope"]) == ("https://us/back", "openid profile")
    challenge = base64.urlsafe_b64encode(sha256(attempt.verifier.encode()).digest()).rstrip(b"=").decode()
    assert (asked["code_challenge_method"], asked["code_challenge"]) == ("S256", challenge)


@pytest.mark.parametrize(("secret", "known"), [("a:\u00e4%\n", True), ("\n", False), (None, False)])
def test_a_code_is_redeemed_with_the_secret_where_there_is_one(
    whole: Service, tmp_path: Path, secret: str | None, known: bool
) -> None:
    if secret is not None:
        whole.provider.secret_file = tmp_path / "secret"
        whole.provider.secret_file.write_text(secret)
    attempt = Attempt("secret")
    assert whole.provider._redeemed(attempt, "code-1") == "the token"
    sent = whole.sent[-1]
    form = {name: values[0] for name, values in parse_qs(sent.content.decode()).items()}
    assert form["grant_type"] == "authorization_code"
    assert (form["code"], form["code_verifier"]) == ("code-1", attempt.verifier)
    assert form["redirect_uri"] == "https://us/back"
    assert form.get("client_id") == (None if known else "us")
    basic = "Basic " + base64.b64encode(b"us:a%3A%C3%A4%25").decode()
    assert sent.headers.get("Authorization") == (basic if known else None)


@pytest.mark.parametrize(
    ("answer", "status", "kind", "reason"),
    [
        (httpx.ConnectError("gone"), 200, ProviderUnreachable, "failed: ConnectError"),
        ({}, 503, ProviderUnreachable, "failed: HTTPStatusError"),
        ({"error": "invalid_grant"}, 400, SignInRefused, "not redeemed: OAuth2Error"),
        (b"<html>", 200, SignInRefused, "not redeemed: ValueError"),
        ({"access_token": "x"}, 200, SignInRefused, "no ID token"),
        ({"id_token": 7}, 200, SignInRefused, "no ID token"),
    ],
)
def test_a_code_that_brings_no_token_is_refused(
    whole: Service, answer: Any, status: int, kind: type[SignInRefused], reason: str
) -> None:
    whole.provider._endpoint("token_endpoint")
    whole.bodies[f"{ISSUER}/token"], whole.status = answer, status
    with pytest.raises(SignInRefused, match=reason) as refused:
        whole.provider._redeemed(Attempt("secret"), "code-1")
    assert type(refused.value) is kind


def signed(service: Service, **changed: Any) -> str:
    """An ID token of the attempt `secret`, with claims changed, or with `...` left out."""
    claims = {
        "iss": ISSUER,
        "aud": "us",
        "sub": "anna",
        "iat": 1000,
        "exp": 1300,
        "nonce": Attempt("secret").nonce,
    }
    fit = {name: value for name, value in {**claims, **changed}.items() if value is not ...}
    return jwt.encode({"alg": "RS256", "kid": "k1"}, fit, service.key)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"exp": 941}, None),
        ({"exp": 940}, "ExpiredTokenError"),
        ({"exp": 939}, "ExpiredTokenError"),
        ({"iat": 1059}, None),
        ({"iat": 1060}, None),
        ({"iat": 1061}, "InvalidClaimError"),
        ({"nbf": 1060}, None),
        ({"nbf": 1061}, "InvalidClaimError"),
        ({"iss": "https://them"}, "InvalidClaimError"),
        ({"aud": "them"}, "InvalidClaimError"),
        ({"nonce": "another"}, "InvalidClaimError"),
        *(({name: ...}, "MissingClaimError") for name in ("iss", "aud", "sub", "exp", "iat", "nonce")),
        ({"aud": ["us"]}, None),
        ({"aud": ["us"], "azp": "us"}, None),
        ({"aud": ["us", "them"], "azp": "us"}, None),
        ({"aud": ["us", "them"]}, "another application"),
        ({"aud": ["us", "them"], "azp": "them"}, "another application"),
        ({"azp": "them"}, "another application"),
    ],
)
def test_an_id_token_is_of_now_for_us_and_of_this_attempt(
    there: Service, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], reason: str | None
) -> None:
    monkeypatch.setattr(oidc, "time", lambda: 1000.0)
    text = signed(there, **changed)
    if reason is None:
        assert there.provider._checked(text, Attempt("secret"))["sub"] == "anna"
    else:
        with pytest.raises(SignInRefused, match=reason):
            there.provider._checked(text, Attempt("secret"))


def test_who_comes_back_is_who_the_token_names(whole: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc, "time", lambda: 1000.0)
    whole.bodies[f"{ISSUER}/token"] = {
        "id_token": signed(whole, preferred_username="Anna", realm={"roles": ["B"]})
    }
    found = whole.provider.identity(Attempt("secret"), "code-1")
    assert found == Identity(ISSUER, "sub:anna", "Anna", Grant(Role.VIEWER, None))
    with pytest.raises(SignInRefused, match="InvalidClaimError"):
        whole.provider.identity(Attempt("another"), "code-1")


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
        with pytest.raises(SignInRefused, match="no key for signatures"):
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
    assert oidc._subject({**tenant, "oid": "o" * 400}, "https://login/t/v2.0") == "oid:" + "o" * 296
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


def test_of_many_places_five_are_told() -> None:
    places: Any = [SimpleNamespace(place=f"p{number}") for number in range(7)]
    assert ledger._places(places[:5]) == "p0, p1, p2, p3, p4"
    assert ledger._places(places[:6]) == "p0, p1, p2, p3, p4 and 1 more"
    assert ledger._places(places) == "p0, p1, p2, p3, p4 and 2 more"
