"""Tokens of Entra ID at our API: good ones read published values, and forty bad ones read nothing. Keys are local."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import Client
from joserfc.jwk import ECKey, RSAKey
from jwks_server import part, public
from sqlalchemy import Engine, select, text

import service.api
from service.app import create_app
from service.database import transaction
from service.errors import Invalid
from service.models import Account, AuditEntry
from service.security.jwks import COOL, KEPT, STALE, SigningKeys
from service.security.outbound import checked_client
from service.settings import Settings

TENANT, OTHER_TENANT = "6f1c2f0e-7b2a-4c7e-9a56-0d6ad1a5e001", "0b5f4c1d-0000-4000-8000-000000000002"
API, OID = "9d0a4c9e-5b8d-4a36-8a43-5f0f6c8d1003", "3c1de0f7-1111-4222-8333-c0ffee000004"
ISSUER = f"https://login.microsoftonline.com/{TENANT}/v2.0"
PAGE = "https://firma.sharepoint.com"
MAIL, NAME = "anna.kanarie@firma.example", "Anna Kanarie"
SETTINGS = {
    "entra_tenant": TENANT,
    "entra_audience": API,
    "entra_roles": {
        "Resonanz.Reader": "viewer@beispiel",
        "Resonanz.All": "viewer@*",
        "Resonanz.Gone": "viewer@weg",
    },
    "cors_origins": PAGE,
    "allowed_hosts": "127.0.0.1",
}
DATA = "/api/v1/metrics"


def claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {
        "iss": ISSUER, "aud": API, "tid": TENANT, "oid": OID, "ver": "2.0", "scp": "openid Resonanz.Read",
        "roles": ["Resonanz.Reader"], "iat": now, "nbf": now, "exp": now + 3600, "preferred_username": MAIL,
        "name": NAME, "sub": "pairwise",
    }  # fmt: skip
    return {key: value for key, value in (good | changed).items() if value is not ...}


@pytest.fixture(scope="module")
def database(two_organisations: Engine) -> Engine:
    return two_organisations


@pytest.fixture(scope="module")
def app(database: Engine) -> FastAPI:
    return create_app(Settings(**SETTINGS), database)


@pytest.fixture
def ask(app: FastAPI, keys: Any, visit: Callable[..., Client]) -> Iterator[Callable[..., Any]]:
    """Asks the API with a token; the keys come from our own server."""
    (check,) = app.state.bearers.checks
    with checked_client("127.0.0.1") as http:
        check.keys = SigningKeys(keys.url, http, check.keys._fit)

        def get(token: str, path: str = DATA, **headers: str) -> Any:
            return visit(app, "http://testserver").get(
                path, headers={"Authorization": f"Bearer {token}"} | headers
            )

        yield get


def test_a_good_token_reads_the_published_values_of_its_organisation(
    ask: Callable[..., Any], keys: Any
) -> None:
    answer = ask(keys.signed(claims()), Origin=PAGE)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert "Access-Control-Allow-Credentials" not in answer.headers
    nothing_yet = ask(keys.signed(claims()), "/api/v1/publication?organisation=beispiel")
    assert nothing_yet.status_code == 503, "its organisation is there, and has published nothing"
    assert ask(keys.signed(claims()), "/api/v1/publication?organisation=andere").status_code == 404
    everything = keys.signed(claims(roles=["Resonanz.All"]))
    assert ask(everything, "/api/v1/publication?organisation=andere").status_code == 503


@pytest.mark.parametrize("path", ["/", "/council", "/tokens", "/overview", "/surveys"])
def test_a_token_opens_no_page(ask: Callable[..., Any], keys: Any, path: str) -> None:
    assert ask(keys.signed(claims()), path).status_code == 303


def test_the_audit_log_tells_of_the_system_and_never_of_the_reader(
    ask: Callable[..., Any], keys: Any, database: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    assert ask(keys.signed(claims())).status_code == 200
    assert ask(keys.changed(claims(), oid=OTHER_TENANT)).status_code == 401
    assert ask(keys.signed(claims(roles=[]))).status_code == 403
    with transaction(database) as session:
        newest = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()
        assert (newest.account, newest.organisation) == ("Microsoft Entra ID", "beispiel")
        kept = str(session.connection().execute(text("SELECT * FROM audit_entry")).all())
        assert session.scalars(select(Account)).all() == [], "nobody got an account by reading"
    for private in (OID, MAIL, NAME, "pairwise"):
        assert private not in kept + "".join(capfd.readouterr())


def later(seconds: int) -> dict[str, int]:
    now = int(time.time()) + seconds
    return {"iat": now, "nbf": now, "exp": now + 3600}


STRANGER = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})
BAD: dict[str, Callable[[Any], str]] = {
    "unsigned": lambda keys: keys.unsigned(claims()),
    "unsigned, said to be signed": lambda keys: keys.unsigned(claims(), "RS256"),
    "alg None": lambda keys: keys.unsigned(claims(), "None"),
    "signed by a stranger": lambda keys: keys.by(STRANGER, claims()),
    "public key as a secret": lambda keys: keys.with_public_key_as_secret(claims()),
    "published secret": lambda keys: keys.with_published_secret(claims()),
    "another algorithm of the same key": lambda keys: keys.signed(claims(), alg="PS256"),
    "longer digest": lambda keys: keys.signed(claims(), alg="RS512"),
    "unknown key": lambda keys: keys.by(STRANGER, claims(), "k9"),
    "no key id": lambda keys: keys.signed(claims(), kid=""),
    "changed after signing": lambda keys: keys.changed(claims(), roles=["Resonanz.All"]),
    "signature cut": lambda keys: keys.signed(claims())[:-10],
    "a part more": lambda keys: keys.signed(claims()) + ".x",
    "critical header nobody knows": lambda keys: ".".join(
        [part({"alg": "RS256", "kid": "k1", "crit": ["x"], "x": 1}), *keys.signed(claims()).split(".")[1:]]
    ),
    "another tenant's issuer": lambda keys: keys.signed(claims(iss=ISSUER.replace(TENANT, OTHER_TENANT))),
    "issuer with a slash more": lambda keys: keys.signed(claims(iss=ISSUER + "/")),
    "issuer of all tenants": lambda keys: keys.signed(claims(iss=ISSUER.replace(TENANT, "common"))),
    "issuer on plain http": lambda keys: keys.signed(claims(iss=ISSUER.replace("https", "http"))),
    "issuer of a host alike": lambda keys: keys.signed(claims(iss=ISSUER.replace(".com/", ".com.evil.example/"))),
    "version 1": lambda keys: keys.signed(claims(iss=f"https://sts.windows.net/{TENANT}/", ver="1.0")),
    "no version": lambda keys: keys.signed(claims(ver=...)),
    "another audience": lambda keys: keys.signed(claims(aud="00000003-0000-0000-c000-000000000000")),
    "several audiences": lambda keys: keys.signed(claims(aud=[API, "00000003-0000-0000-c000-000000000000"])),
    "no audience": lambda keys: keys.signed(claims(aud=...)),
    "guest's home tenant": lambda keys: keys.signed(claims(tid=OTHER_TENANT)),
    "no tenant": lambda keys: keys.signed(claims(tid=...)),
    "no person": lambda keys: keys.signed(claims(oid=...)),
    "a mail for a person": lambda keys: keys.signed(claims(oid=MAIL)),
    "no scope": lambda keys: keys.signed(claims(scp=...)),
    "another scope": lambda keys: keys.signed(claims(scp="Resonanz.ReadWrite User.Read")),
    "scope in a list": lambda keys: keys.signed(claims(scp=["Resonanz.Read"])),
    "an application's own": lambda keys: keys.signed(claims(scp=..., idtyp="app")),
    "an application's own, with a scope": lambda keys: keys.signed(claims(idtyp="app")),
    "issued tomorrow": lambda keys: keys.signed(claims(iat=int(time.time()) + 86_400)),
    "good from tomorrow": lambda keys: keys.signed(claims(nbf=int(time.time()) + 86_400)),
    "expired": lambda keys: keys.signed(claims(**later(-3600 - 61))),
    "not yet": lambda keys: keys.signed(claims(**later(120))),
    "without end": lambda keys: keys.signed(claims(exp=...)),
    "without beginning": lambda keys: keys.signed(claims(nbf=...)),
    "without issue": lambda keys: keys.signed(claims(iat=...)),
    "end in words": lambda keys: keys.signed(claims(exp="9999999999")),
    "end without end": lambda keys: keys.by(keys.key, {}).replace(part({}), part(claims(exp=True))),
}  # fmt: skip


@pytest.mark.parametrize("way", BAD)
def test_a_bad_token_reads_nothing_and_is_not_told_why(ask: Callable[..., Any], keys: Any, way: str) -> None:
    answer = ask(BAD[way](keys), Origin=PAGE)
    assert answer.status_code == 401
    assert answer.json()["detail"] == "this token is unknown, expired or revoked"
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE, "the page has to see why it shows nothing"


@pytest.mark.parametrize(
    "roles", [..., [], ["Resonanz.Nobody"], "Resonanz.Reader", {"Resonanz.Reader": 1}, ["Resonanz.Gone"]]
)
def test_without_a_mapped_role_a_right_token_reads_nothing(
    ask: Callable[..., Any], keys: Any, roles: Any
) -> None:
    assert ask(keys.signed(claims(roles=roles))).status_code == 403


def test_whom_an_admin_disabled_reads_nothing_here_either(
    ask: Callable[..., Any], keys: Any, database: Engine
) -> None:
    gone = "3c1de0f7-1111-4222-8333-c0ffee000009"
    with transaction(database) as session:
        session.add(
            Account(
                name="gone",
                role="viewer",
                issuer=ISSUER,
                subject=f"oid:{gone}",
                disabled=True,
                created=datetime.now(UTC),
            )
        )
    assert ask(keys.signed(claims(oid=gone))).status_code == 403
    with transaction(database) as session:
        session.delete(session.scalars(select(Account)).one())
    assert ask(keys.signed(claims(oid=gone))).status_code == 200


def test_keys_are_asked_for_once_and_again_for_a_new_one_but_not_for_every_invented_one(keys: Any) -> None:
    now, before = [1000.0], keys.asked
    with checked_client("127.0.0.1") as http:
        known = SigningKeys(keys.url, http, clock=lambda: now[0])
        assert known.key("k1") is not None
        assert known.key("k1") is not None
        assert keys.asked - before == 1
        assert [known.key(f"invented{number}") for number in range(50)] == [None] * 50
        assert keys.asked - before == 1, "just asked"
        now[0] += COOL + 1
        keys.published.append(public(STRANGER, kid="k2"))
        assert known.key("k2") is not None
        assert [known.key(f"invented{number}") for number in range(50)] == [None] * 50
        assert keys.asked - before == 2
        keys.published = [public(keys.key)]
        now[0] += KEPT + 1
        assert known.key("k2") is None, "a key that is published no more is good no more"


def test_keys_stay_good_for_a_day_while_the_service_is_away(
    ask: Callable[..., Any], app: FastAPI, keys: Any
) -> None:
    now = [1000.0]
    (check,) = app.state.bearers.checks
    check.keys._clock = lambda: now[0]
    token = keys.signed(claims(exp=int(time.time()) + 2 * int(STALE)))
    keys.status = 500
    away = ask(token)
    assert (away.status_code, away.json()["type"]) == (503, "urn:resonanz:problem:sign-in-unreachable")
    keys.status = 200
    assert ask(token).status_code == 503, "not asked again at once"
    now[0] += COOL + 1
    assert ask(token).status_code == 200
    keys.body = b"<html>"
    now[0] += KEPT + 1
    assert ask(token).status_code == 200
    now[0] += STALE
    assert ask(token).status_code == 503


def test_only_fit_keys_count(keys: Any, app: FastAPI) -> None:
    (check,) = app.state.bearers.checks
    other = ISSUER.replace(TENANT, OTHER_TENANT)
    keys.published = [
        public(STRANGER, kid="any"),
        public(STRANGER, kid="ours", issuer=ISSUER),
        public(STRANGER, kid="template", issuer="https://login.microsoftonline.com/{tenantid}/v2.0"),
        public(STRANGER, kid="theirs", issuer=other),
        public(STRANGER, kid="encrypts", use="enc"),
        public(STRANGER, kid="other", alg="RS512"),
        public(STRANGER, kid="short") | {"n": STRANGER.as_dict(private=False)["n"][:171]},
        public(ECKey.generate_key("P-256", {"kid": "curve", "use": "sig"})),
        {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"},
        "no key",
    ]  # fmt: skip
    with checked_client("127.0.0.1") as http:
        known = SigningKeys(keys.url, http, check._fit)
        fit = [
            one
            for one in ("any", "ours", "template", "theirs", "encrypts", "other", "short", "curve", "secret")
            if known.key(one)
        ]
    assert fit == ["any", "ours", "template"]


@pytest.mark.parametrize(
    ("origin", "method", "header", "fine"),
    [
        (PAGE, "GET", "authorization", True),
        ("https://firma.sharepoint.com.evil.example", "GET", "authorization", False),
        ("https://FIRMA.sharepoint.com", "GET", "authorization", False),
        ("http://firma.sharepoint.com", "GET", "authorization", False),
        ("null", "GET", "authorization", False),
        (PAGE, "POST", "authorization", False),
        (PAGE, "GET", "x-anything", False),
    ],
)
def test_a_browser_may_ask_from_the_listed_origin_only(  # noqa: PLR0917 - a row is read from left to right
    app: FastAPI, visit: Callable[..., Client], origin: str, method: str, header: str, fine: bool
) -> None:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": header,
    }
    answer = visit(app).options(DATA, headers=asked)
    assert (answer.status_code == 200) == fine
    assert ("Access-Control-Allow-Origin" in answer.headers) == (origin == PAGE)
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Access-Control-Allow-Origin" not in visit(app).options("/login", headers=asked).headers


@pytest.mark.parametrize(
    "origins",
    ["*", "https://*.sharepoint.com", "https://firma.sharepoint.com/", "https://firma.sharepoint.com/sites", "null",
     "http://firma.sharepoint.com", "https://Firma.sharepoint.com", "https://firma.sharepoint.com:443", "firma.sharepoint.com"],
)  # fmt: skip
def test_an_origin_no_browser_sends_is_refused_at_the_start(database: Engine, origins: str) -> None:
    with pytest.raises(Invalid, match="RESONANZ_CORS_ORIGINS"):
        create_app(Settings(cors_origins=origins), database)


@pytest.mark.parametrize("gap", ["entra_audience", "entra_roles"])
def test_settings_that_do_not_suffice_are_refused_at_the_start(database: Engine, gap: str) -> None:
    with pytest.raises(Invalid, match="RESONANZ_ENTRA"):
        create_app(Settings(**{name: value for name, value in SETTINGS.items() if name != gap}), database)
    with pytest.raises(Invalid, match="RESONANZ_ENTRA_TENANT"):
        create_app(Settings(**SETTINGS | {"entra_tenant": "firma.onmicrosoft.com"}), database)


def test_a_page_of_a_listed_origin_may_read_every_header_that_tells_of_the_answer(
    ask: Callable[..., Any], keys: Any
) -> None:
    """Also those of other routes: whatever of ours is set anywhere in the code stands in the list."""
    answer = ask(keys.signed(claims()), Origin=PAGE)
    exposed = {one.strip() for one in answer.headers["Access-Control-Expose-Headers"].split(",")}
    assert {"ETag", "Link", "RateLimit", "RateLimit-Policy", "Retry-After"} <= exposed
    code = "".join(path.read_text() for path in Path(service.api.__file__).parent.glob("*.py"))
    set_there = set(re.findall(r'"(Resonanz-[A-Z][A-Za-z-]+)"', code))
    assert len(set_there) >= 8
    assert {one for one in exposed if one.startswith("Resonanz-")} == set_there
    told = {one for one in answer.headers if one.lower().startswith(("resonanz-", "ratelimit"))}
    assert told
    assert told <= {one.lower() for one in exposed}
