"""Invocation tokens of Atlassian Forge at our API: one installation reads one organisation; thirty bad tokens read nothing. Keys are local."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import Client
from joserfc.jwk import RSAKey
from sqlalchemy import Engine, select, text

from service.app import create_app
from service.database import transaction
from service.errors import Invalid
from service.models import Account, AuditEntry
from service.security.forge import keys_url
from service.security.jwks import SigningKeys
from service.security.outbound import checked_client
from service.settings import Settings

ARI = "ari:cloud:ecosystem::"
APP, OTHER_APP = (f"{ARI}app/11111111-2222-4333-8444-55555555555{digit}" for digit in "56")
LINKED, FOREIGN = (f"{ARI}installation/aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeee{digit}" for digit in "12")
ISSUER = "forge/invocation-token"
JWKS = "https://forge.cdn.prod.atlassian-dev.net/.well-known/jwks.json"
SITE, PERSON, CLOUD = "https://firma.atlassian.net", "712020:kanarie-person", "kanarie-cloud"
SETTINGS = {"forge_app": APP, "forge_installations": {LINKED: "beispiel"}, "cors_origins": SITE}
DATA = "/api/v1/metrics"


def claims(app: Any = None, **changed: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {
        "iss": ISSUER, "aud": APP, "iat": now, "nbf": now, "exp": now + 25, "jti": "one", "principal": PERSON,
        "app": {"id": APP, "installationId": LINKED, "apiBaseUrl": "https://api.atlassian.com/ex/confluence/x",
                "environment": {"type": "PRODUCTION", "id": "e"}} | (app or {}),
        "context": {"cloudId": CLOUD, "moduleKey": "resonanz-card"},
    }  # fmt: skip
    return {key: value for key, value in (good | changed).items() if value is not ...}


@pytest.fixture(scope="module")
def database(two_organisations: Engine) -> Engine:
    return two_organisations


@pytest.fixture(scope="module")
def apps(database: Engine) -> dict[str | None, FastAPI]:
    """One for the usual cloud, one for an isolated one."""
    isolated = {"forge_isolated_label": "firma", "forge_jwks": "https://forge.{label}.example/jwks.json"}
    return {
        None: create_app(Settings(**SETTINGS), database),
        "firma": create_app(Settings(**SETTINGS | isolated), database),
    }


@pytest.fixture
def ask(
    apps: dict[str | None, FastAPI], keys: Any, visit: Callable[..., Client]
) -> Iterator[Callable[..., Any]]:
    with checked_client("127.0.0.1") as http:
        for app in apps.values():
            (check,) = app.state.bearers.checks
            check.keys = SigningKeys(keys.url, http)

        def get(token: str, path: str = DATA, cloud: str | None = None, **headers: str) -> Any:
            sent = {"Authorization": f"Bearer {token}"} | {
                name.replace("_", "-"): value for name, value in headers.items()
            }
            return visit(apps[cloud]).get(path, headers=sent)

        yield get


def test_a_linked_installation_reads_the_published_values_of_its_organisation(
    ask: Callable[..., Any], keys: Any
) -> None:
    answer = ask(keys.signed(claims()), Origin=SITE)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    assert ask(keys.signed(claims()), "/api/v1/publication").status_code == 503, "nothing published yet"
    assert ask(keys.signed(claims()), "/api/v1/publication?organisation=andere").status_code == 404
    assert ask(keys.signed(claims(aud=[APP]))).status_code == 200
    assert ask(keys.signed(claims({"installation": {"id": LINKED}}))).status_code == 200
    for page in ("/", "/council", "/tokens"):
        assert ask(keys.signed(claims()), page).status_code == 303


def test_nothing_of_the_reader_is_stored_or_logged(
    ask: Callable[..., Any], keys: Any, database: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    headers = {"x_forge_oauth_user": "kanarie-user-token", "x_forge_oauth_system": "kanarie-system-token"}
    assert ask(keys.signed(claims()), **headers).status_code == 200
    assert ask(keys.changed(claims(), principal="kanarie-other"), **headers).status_code == 401
    assert ask(keys.signed(claims({"installationId": FOREIGN})), **headers).status_code == 403
    with transaction(database) as session:
        newest = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()
        assert (newest.account, newest.organisation) == ("Atlassian Forge", "beispiel")
        kept = str(session.connection().execute(text("SELECT * FROM audit_entry")).all())
        assert session.scalars(select(Account)).all() == []
    said = "".join(capfd.readouterr())
    assert "Atlassian Forge" in said, "the refusal is in the log"
    for private in ("kanarie", LINKED, FOREIGN):
        assert private not in kept + said


STRANGER = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})


def moved(seconds: int, lasts: int = 25) -> dict[str, int]:
    now = int(time.time()) + seconds
    return {"iat": now, "nbf": now, "exp": now + lasts}


BAD: dict[str, Callable[[Any], str]] = {
    "unsigned": lambda keys: keys.unsigned(claims()),
    "unsigned, said to be signed": lambda keys: keys.unsigned(claims(), "RS256"),
    "signed by a stranger": lambda keys: keys.by(STRANGER, claims()),
    "public key as a secret": lambda keys: keys.with_public_key_as_secret(claims()),
    "published secret": lambda keys: keys.with_published_secret(claims()),
    "another algorithm": lambda keys: keys.signed(claims(), alg="PS256"),
    "unknown key": lambda keys: keys.by(STRANGER, claims(), "k9"),
    "no key id": lambda keys: keys.signed(claims(), kid=""),
    "changed after signing": lambda keys: keys.changed(claims({"installationId": FOREIGN}), app={"id": APP, "installationId": LINKED}),
    "another issuer": lambda keys: keys.signed(claims(iss="forge/context-token")),
    "issuer of an enemy": lambda keys: keys.signed(claims(iss="https://evil.example/forge/invocation-token")),
    "no issuer": lambda keys: keys.signed(claims(iss=...)),
    "another app": lambda keys: keys.signed(claims({"id": OTHER_APP}, aud=OTHER_APP)),
    "another audience": lambda keys: keys.signed(claims(aud=OTHER_APP)),
    "two audiences": lambda keys: keys.signed(claims(aud=[APP, OTHER_APP])),
    "no audience": lambda keys: keys.signed(claims(aud=...)),
    "audience without ARI": lambda keys: keys.signed(claims(aud=APP.rpartition("/")[2])),
    "app says another": lambda keys: keys.signed(claims({"id": OTHER_APP})),
    "no app": lambda keys: keys.signed({key: value for key, value in claims().items() if key != "app"}),
    "app in words": lambda keys: keys.signed({**claims(), "app": APP}),
    "no installation": lambda keys: keys.signed(claims({"installationId": None})),
    "installation in a list": lambda keys: keys.signed(claims({"installationId": [LINKED]})),
    "two installations": lambda keys: keys.signed(claims({"installation": {"id": FOREIGN}})),
    "expired": lambda keys: keys.signed(claims(**moved(-56))),
    "not yet": lambda keys: keys.signed(claims(**moved(60))),
    "good for an hour": lambda keys: keys.signed(claims(**moved(0, 3600))),
    "ends before it begins": lambda keys: keys.signed(claims(**moved(10, -5))),
    "without end": lambda keys: keys.signed(claims(exp=...)),
    "without issue": lambda keys: keys.signed(claims(iat=...)),
    "without beginning": lambda keys: keys.signed(claims(nbf=...)),
    "of an isolated cloud": lambda keys: keys.signed(claims(icLabel="firma")),
    "label of another form": lambda keys: keys.signed(claims(icLabel="../../evil.example/x#")),
    "label in a list": lambda keys: keys.signed(claims(icLabel=["firma"])),
}  # fmt: skip


@pytest.mark.parametrize("way", BAD)
def test_a_bad_token_reads_nothing_and_is_not_told_why(ask: Callable[..., Any], keys: Any, way: str) -> None:
    answer = ask(BAD[way](keys))
    assert answer.status_code == 401
    assert answer.json()["detail"] == "this token is unknown, expired or revoked"


def test_an_installation_nobody_linked_reads_nothing(ask: Callable[..., Any], keys: Any) -> None:
    for installation in (FOREIGN, LINKED + "x", LINKED.upper(), LINKED.rpartition("/")[2]):
        assert ask(keys.signed(claims({"installationId": installation}))).status_code == 403


def test_an_isolated_cloud_has_its_own_keys_and_label(ask: Callable[..., Any], keys: Any) -> None:
    assert ask(keys.signed(claims(icLabel="firma")), cloud="firma").status_code == 200
    for label in (..., "andere", "FIRMA", ""):
        assert ask(keys.signed(claims(icLabel=label)), cloud="firma").status_code == 401
    assert keys_url(JWKS, None) == JWKS
    assert (
        keys_url("https://forge.{label}.example/jwks.json", "firma")
        == "https://forge.firma.example/jwks.json"
    )


@pytest.mark.parametrize(
    ("template", "label"),
    [
        ("https://forge.{label}.example/j", "evil.example/#"),
        ("https://forge.{label}.example/j", "a" * 51),
        ("https://forge.{label}.example/j", "Firma"),
        ("https://forge.{label}.example/j", ""),
        ("https://forge.{label}.example/j", "firma\n"),
        ("https://forge.{label}.example/j", None),
        (JWKS, "firma"),
        ("http://forge.example/j", None),
    ],
)
def test_a_label_that_would_lead_elsewhere_is_refused_at_the_start(template: str, label: str | None) -> None:
    with pytest.raises(Invalid, match="RESONANZ_FORGE"):
        keys_url(template, label)


@pytest.mark.parametrize(
    "changed", [{"forge_app": "11111111-2222-4333-8444-555555555555"}, {"forge_installations": {}}]
)
def test_settings_that_do_not_suffice_are_refused_at_the_start(
    database: Engine, changed: dict[str, Any]
) -> None:
    with pytest.raises(Invalid, match="RESONANZ_FORGE"):
        create_app(Settings(**SETTINGS | changed), database)


def test_the_keys_of_the_one_system_do_not_open_the_other(ask: Callable[..., Any], keys: Any) -> None:
    tenant = "https://login.microsoftonline.com/6f1c2f0e-7b2a-4c7e-9a56-0d6ad1a5e001/v2.0"
    assert ask(keys.signed(claims(iss=tenant))).status_code == 401, "Entra is not set up here"
