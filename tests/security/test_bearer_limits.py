"""Tokens of other systems, and the keys they are checked with, at the very second and claim where they stop being good."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey
from jwks_server import public
from sqlalchemy.orm import Session as Database

from service.errors import Forbidden, Invalid
from service.grants import EVERYWHERE, Grant, Role
from service.models import Organisation
from service.security import bearers
from service.security.bearers import BearerRefused, unverified_issuer
from service.security.entra import Entra
from service.security.forge import Forge, keys_url
from service.security.jwks import COOL, KEPT, STALE, KeysUnreachable, SigningKeys
from service.settings import Settings
from tests.security.rows import account

CLIENT = httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(404)))


def published(key: RSAKey, **changed: Any) -> dict[str, Any]:
    return {name: value for name, value in {**public(key), **changed}.items() if value is not ...}


@pytest.fixture(scope="module")
def rsa() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})


class Published:
    """A place where keys are published, and a clock beside it."""

    def __init__(self, *keys: Any) -> None:
        self.body: Any = {"keys": list(keys)}
        self.status, self.asked, self.now = 200, 0, 1000.0
        self.http = httpx.Client(transport=httpx.MockTransport(self._answer))
        self.keys = SigningKeys("https://keys.example/jwks", self.http, clock=lambda: self.now)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        return httpx.Response(self.status, json=self.body)


class TestKeys:
    def test_keys_are_asked_for_again_after_an_hour(self, rsa: RSAKey) -> None:
        place = Published(published(rsa))
        for later, asked in ((0, 1), (KEPT, 1), (KEPT + 0.1, 2)):
            place.now = 1000 + later
            assert place.keys.key("k1") is not None
            assert place.asked == asked

    def test_an_unknown_key_is_asked_for_once_in_a_while(self, rsa: RSAKey) -> None:
        place = Published(published(rsa))
        for later, asked in ((0, 1), (COOL, 1), (COOL + 0.1, 2)):
            place.now = 1000 + later
            assert place.keys.key("k2") is None
            assert place.asked == asked
        assert place.keys.key("k1") is not None

    def test_keys_outlast_a_day_without_the_service(self, rsa: RSAKey) -> None:
        place = Published(published(rsa))
        place.keys.key("k1")
        place.status = 500
        for later, good in ((STALE, True), (STALE + 0.1, False)):
            place.now = 1000 + later
            if good:
                assert place.keys.key("k1") is not None
            else:
                with pytest.raises(KeysUnreachable):
                    place.keys.key("k1")
        # An hour and a bit after the last answer they are asked for again, and good at once.
        place.status, place.now = 200, place.now + COOL + 0.1
        assert place.keys.key("k1") is not None

    @pytest.mark.parametrize(
        ("changed", "fit"),
        [
            ({}, True),
            ({"use": ..., "alg": ...}, True),
            ({"alg": "RS256"}, True),
            ({"kty": "EC"}, False),
            ({"kty": "oct"}, False),
            ({"use": "enc"}, False),
            ({"alg": "RS512"}, False),
            ({"kid": ...}, False),
            ({"kid": 1}, False),
            ({"n": ...}, False),
            ({"n": 1}, False),
            ({"e": ...}, False),
            ({"e": 1}, False),
            ({"n": "A" * 341}, False),
            ({"e": "!"}, False),
        ],
    )
    def test_only_whole_rsa_keys_for_signatures_count(
        self, rsa: RSAKey, changed: dict[str, Any], fit: bool
    ) -> None:
        other = RSAKey.generate_key(2048, {"kid": "k2", "use": "sig"}) if not changed else rsa
        place = Published(published(rsa, **changed), published(other, kid="k2"))
        assert (place.keys.key("k1") is not None) is fit
        assert place.keys.key("k2") is not None

    @pytest.mark.parametrize("body", [[], {}, {"keys": {}}, {"keys": []}, {"keys": ["k1"]}, "k1"])
    def test_what_are_no_keys_is_none(self, body: Any) -> None:
        place = Published()
        place.body = body
        with pytest.raises(KeysUnreachable):
            place.keys.key("k1")

    def test_of_two_keys_of_one_id_the_first_counts(self, rsa: RSAKey) -> None:
        place = Published(published(rsa), published(RSAKey.generate_key(2048), kid="k1"))
        found = place.keys.key("k1")
        assert found is not None
        assert found.as_dict(private=False)["n"] == rsa.as_dict(private=False)["n"]


class TestTimes:
    @pytest.mark.parametrize(
        ("changed", "reason"),
        [
            ({}, None),
            ({"exp": 941}, None),
            ({"exp": 940}, "expired"),
            ({"nbf": 1060}, None),
            ({"nbf": 1061}, "not good yet"),
            ({"iat": 1060}, None),
            ({"iat": 1061}, "not good yet"),
            ({"exp": True}, "whole number"),
            ({"exp": 1e9}, "whole number"),
            ({"nbf": None}, "whole number"),
            ({"iat": "1000"}, "whole number"),
        ],
    )
    def test_clocks_may_differ_by_so_much(
        self, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], reason: str | None
    ) -> None:
        monkeypatch.setattr(bearers, "time", lambda: 1000.0)
        claims = {"nbf": 1000, "iat": 1000, "exp": 2000} | changed
        if reason is None:
            bearers._require_current(claims, 60)
        else:
            with pytest.raises(BearerRefused) as refused:
                bearers._require_current(claims, 60)
            assert reason in refused.value.reason

    def test_whose_a_token_claims_to_be_is_looked_at_up_to_a_length(self) -> None:
        # {"iss":"us"} and {"iss":1}, in base64url with and without what its length would need.
        assert unverified_issuer("a.eyJpc3MiOiJ1cyJ9.c") == "us"
        assert unverified_issuer("a.eyJpc3MiOjF9.c") is None
        assert unverified_issuer("a.eyJpc3MiOiJ1In0.c") == "u"
        assert unverified_issuer("a.W10.c") is None
        assert unverified_issuer("eyJpc3MiOiJ1cyJ9") is None
        assert unverified_issuer("a.eyJpc3MiOiJ1cyJ9.c.d") is None
        whole = "a.eyJpc3MiOiJ1cyJ9."
        assert unverified_issuer(whole + "c" * (bearers.LONGEST - len(whole))) == "us"
        assert unverified_issuer(whole + "c" * (bearers.LONGEST - len(whole) + 1)) is None

    @pytest.mark.parametrize(
        ("known", "granted", "found"),
        [
            (("acme",), None, 1),
            (("acme",), "acme", 1),
            (("acme", "other"), "other", 2),
            (("acme", "other"), EVERYWHERE, None),
            ((), EVERYWHERE, "no organisation"),
            ((), None, None),
            (("acme", "other"), None, "several"),
            (("acme",), "gone", "no organisation"),
        ],
    )
    def test_a_reader_reads_one_organisation(
        self, db: Database, known: tuple[str, ...], granted: str | None, found: int | str | None
    ) -> None:
        db.add_all([Organisation(key=key, name=key) for key in known])
        db.flush()
        grant = Grant(Role.VIEWER, granted)
        if isinstance(found, str):
            with pytest.raises(Forbidden, match=found):
                bearers.reader(db, "a system", grant)
        else:
            assert bearers.reader(db, "a system", grant).organisation_id == found


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


class TestEntra:
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
        assert entra().claims_to_be("https://login.microsoftonline.com/x")
        assert entra().claims_to_be("https://sts.windows.net/x")
        assert not entra().claims_to_be("https://idp.example")
