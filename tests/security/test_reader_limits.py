"""Whose tokens of Atlassian Forge and of Entra ID are good, at the very claim where they stop being so."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from jwks_server import Published, published
from sqlalchemy.orm import Session as Database

from service.errors import Forbidden, Invalid
from service.grants import Grant, Role
from service.models import Organisation
from service.security import bearers
from service.security.bearers import BearerRefused
from service.security.entra import Entra
from service.security.forge import Forge, _installation, keys_url
from service.security.signin import SignedIn
from service.settings import Settings
from tests.security.rows import account

Claims = dict[str, Any]
CLIENT = httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(404)))
APP = "ari:cloud:ecosystem::app/11111111-2222-4333-8444-555555555555"
TENANT = "6f1c2f0e-7b2a-4c7e-9a56-0d6ad1a5e001"


def forge(**more: Any) -> Forge:
    return Forge(Settings(**{"forge_app": APP, "forge_installations": {"one": "acme"}, **more}), CLIENT)


def entra(**more: Any) -> Entra:
    given = {
        "entra_tenant": TENANT.upper(),
        "entra_audience": "us",
        "entra_roles": {"A": "viewer@acme", "B": "viewer"},
    }
    return Entra(Settings(**{**given, **more}), CLIENT)


class TestForge:
    def test_an_installation_reads_the_organisation_it_is_linked_to(
        self, db: Database, rsa: RSAKey, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bearers, "time", lambda: 1000.0)
        db.add_all([Organisation(key=key, name=key) for key in ("other", "acme")])
        db.flush()
        check = forge(forge_installations={"one": "acme", "two": "gone"})
        check.keys = Published(published(rsa)).keys

        def read(app: Any, **changed: Any) -> SignedIn:
            claims = {
                "iss": "forge/invocation-token",
                "aud": APP,
                "nbf": 1000,
                "iat": 1000,
                "exp": 1025,
            } | changed
            text = jwt.encode({"alg": "RS256", "kid": "k1"}, {**claims, "app": {"id": APP, **app}}, rsa)
            return check.signed_in(db, text)

        one = read({"installationId": "one"})
        assert (one.account_id, one.name, one.organisation_id) == (None, "Atlassian Forge", 2)
        for installation in ("three", "two"):
            with pytest.raises(Forbidden):
                read({"installationId": installation})
        for unfit in ({}, {"installationId": "one", "installation": {"id": "two"}}):
            with pytest.raises(BearerRefused):
                read(unfit)
        for changed in ({"aud": "them"}, {"exp": 970, "iat": 960}):
            with pytest.raises(BearerRefused):
                read({"installationId": "one"}, **changed)

    @pytest.mark.parametrize(
        ("app", "found"),
        [
            ({"installationId": "one"}, "one"),
            ({"installationId": "one", "installation": {"id": "one"}}, "one"),
            ({"installationId": "one", "installation": {}}, "one"),
            ({"installationId": "one", "installation": "one"}, "one"),
            ({"installationId": "one", "installation": {"id": "two"}}, None),
            ({"installationId": "one", "installation": {"id": None}}, None),
            ({"installation": {"id": "one"}}, None),
            ({"installationId": "", "installation": {"id": ""}}, None),
            ({"installationId": ["one"]}, None),
            ({}, None),
        ],
    )
    def test_of_an_installation_both_places_say_the_same(self, app: Claims, found: str | None) -> None:
        if found is None:
            with pytest.raises(BearerRefused, match="unknown"):
                _installation(app)
        else:
            assert _installation(app) == found

    @pytest.mark.parametrize(
        ("changed", "reason"),
        [
            ({}, None),
            ({"aud": [APP]}, None),
            ({"aud": [APP, APP]}, "another app"),
            ({"iss": "them"}, "another issuer"),
            ({"exp": 1300}, None),
            ({"exp": 1301}, "longer"),
            ({"exp": 1001}, None),
            ({"exp": 1000}, "longer"),
            ({"icLabel": "firma"}, "another cloud"),
            ({"app": None}, "another app"),
            ({"app": {"id": APP + "0"}}, "another app"),
        ],
    )
    def test_a_token_is_for_one_app_and_for_minutes(
        self, changed: dict[str, Any], reason: str | None
    ) -> None:
        claims = {
            "iss": "forge/invocation-token",
            "aud": APP,
            "iat": 1000,
            "exp": 1025,
            "app": {"id": APP},
        } | changed
        if reason is None:
            assert forge()._require_for_us(claims) == claims["app"]
        else:
            with pytest.raises(BearerRefused) as refused:
                forge()._require_for_us(claims)
            assert reason in refused.value.reason

    def test_settings_that_do_not_suffice_are_refused(self) -> None:
        for more in ({"forge_app": "us"}, {"forge_installations": {}}):
            with pytest.raises(Invalid):
                forge(**more)
        assert forge().claims_to_be("forge/invocation-token")
        assert not forge().claims_to_be("them")
        for template, label in (
            ("https://{label}.x", None),
            ("https://x", "firma"),
            ("https://{label}.x", "Firma"),
            ("http://x", None),
        ):
            with pytest.raises(Invalid):
                keys_url(template, label)
        assert keys_url("https://{label}.x", "firma") == "https://firma.x"
        assert keys_url("https://x", None) == "https://x"
        keys = forge(forge_jwks="https://{label}.x", forge_isolated_label="firma").keys
        assert (keys.url, keys.http) == ("https://firma.x", CLIENT)


class TestEntra:
    def test_a_reader_reads_the_organisation_of_the_role(
        self, db: Database, rsa: RSAKey, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bearers, "time", lambda: 1000.0)
        db.add_all([Organisation(key=key, name=key) for key in ("other", "acme")])
        db.flush()
        check = entra()
        check.keys = Published(published(rsa)).keys

        def read(**changed: Any) -> SignedIn:
            claims = {**self.good, "nbf": 1000, "iat": 1000, "exp": 2000, **changed}
            return check.signed_in(db, jwt.encode({"alg": "RS256", "kid": "k1"}, claims, rsa))

        one = read()
        assert (one.account_id, one.name, one.organisation_id) == (None, "Microsoft Entra ID", 2)
        for refused, kind in (
            ({"aud": "them"}, BearerRefused),
            ({"exp": 940}, BearerRefused),
            ({"roles": []}, Forbidden),
        ):
            with pytest.raises(kind):
                read(**refused)
        account(db, issuer=check.issuer, subject=f"oid:{self.good['oid']}", disabled=True)
        with pytest.raises(Forbidden, match="disabled"):
            read()

    good: Mapping[str, Any] = {
        "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0", "ver": "2.0", "aud": "us", "tid": TENANT,
        "oid": TENANT.upper(), "scp": "openid Resonanz.Read", "roles": ["B", "A"],
    }  # fmt: skip

    @pytest.mark.parametrize(
        ("changed", "reason"),
        [
            ({}, None),
            ({"idtyp": "user"}, None),
            ({"ver": "1.0"}, "version 1.0"),
            ({"iss": "https://sts.windows.net/x"}, "version 1.0"),
            ({"iss": "them"}, "another issuer"),
            ({"ver": "3.0"}, "no version 2.0"),
            ({"aud": "them"}, "another application"),
            ({"tid": "them"}, "another tenant"),
            ({"oid": None}, "nobody"),
            ({"oid": "anna"}, "nobody"),
            ({"scp": None}, "scope"),
            ({"scp": "openid"}, "scope"),
            ({"idtyp": "app"}, "without a person"),
        ],
    )
    def test_a_token_is_for_us_of_one_tenant(self, changed: dict[str, Any], reason: str | None) -> None:
        if reason is None:
            entra()._require_for_us({**self.good, **changed})
        else:
            with pytest.raises(BearerRefused) as refused:
                entra()._require_for_us({**self.good, **changed})
            assert reason in refused.value.reason

    def test_the_first_role_of_the_settings_that_reads_holds(self) -> None:
        assert entra()._grant(self.good) == Grant(Role.VIEWER, "acme")
        for roles in ([], ["C"], "A", None):
            with pytest.raises(Forbidden):
                entra()._grant({**self.good, "roles": roles})

    def test_whom_an_admin_disabled_reads_nothing(self, db: Database) -> None:
        issuer = entra().issuer
        one = account(db, issuer=issuer, subject=f"oid:{self.good['oid']}")
        account(db, "bert", issuer=issuer, subject="oid:another", disabled=True)
        account(db, "cora", issuer="https://idp.example", subject=f"oid:{self.good['oid']}", disabled=True)
        entra()._require_not_disabled(db, self.good)
        one.disabled = True
        db.flush()
        with pytest.raises(Forbidden):
            entra()._require_not_disabled(db, self.good)

    def test_keys_of_another_issuer_do_not_count(self) -> None:
        check = entra()
        issuer = "https://login.microsoftonline.com/{tenantid}/v2.0"
        assert [check._fit(key) for key in ({}, {"issuer": issuer}, {"issuer": check.issuer})] == [True] * 3
        assert [check._fit(key) for key in ({"issuer": "them"}, {"issuer": 1})] == [False] * 2

    def test_settings_that_do_not_suffice_are_refused(self) -> None:
        for more in ({"entra_tenant": "us"}, {"entra_audience": ""}, {"entra_roles": {}}):
            with pytest.raises(Invalid):
                entra(**more)
        keys = entra().keys
        assert keys.url == f"https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys"
        assert keys.http is CLIENT
        assert entra().claims_to_be("https://login.microsoftonline.com/x")
        assert entra().claims_to_be("https://sts.windows.net/x")
        assert not entra().claims_to_be("https://idp.example")
