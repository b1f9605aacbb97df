"""Tokens of other systems, and the keys they are checked with, at the very second and claim where they stop being good."""

import threading
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from jwks_server import Published, part, published
from sqlalchemy.orm import Session as Database
from structlog.testing import capture_logs

from service.errors import Forbidden
from service.grants import EVERYWHERE, Grant, Role
from service.models import Organisation
from service.security import bearers
from service.security.bearers import BearerRefused, Bearers, unverified_issuer, verified
from service.security.jwks import COOL, KEPT, STALE, KeysUnreachable

Claims = dict[str, Any]
OTHER = RSAKey.generate_key(2048, {"kid": "k3", "use": "sig"})


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
        with capture_logs() as said, pytest.raises(KeysUnreachable):
            place.keys.key("k1")
        assert [(one["event"], one["host"]) for one in said] == [("no signing keys", "keys.example")]

    def test_keys_that_are_there_are_nothing_to_tell_of(self, rsa: RSAKey) -> None:
        with capture_logs() as said:
            assert Published(published(rsa)).keys.key("k1") is not None
        assert said == []

    def test_who_waited_for_the_keys_finds_what_was_brought_meanwhile(self, rsa: RSAKey) -> None:
        place, found = Published(published(rsa)), []
        place.now = 10 * KEPT
        second = threading.Thread(target=lambda: found.append(place.keys.key("k1")))

        def slowly(request: httpx.Request) -> httpx.Response:
            if not place.asked:
                second.start()
                second.join(0.05)  # it waits until this answer is there
                place.now += COOL + 1
            return place._answer(request)

        place.keys.http = httpx.Client(transport=httpx.MockTransport(slowly))
        first = place.keys.key("k1")
        second.join()
        assert first is not None
        assert found == [first]
        assert place.asked == 1

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
        ("header", "changed", "reason"),
        [
            ({}, {}, None),
            ({"typ": "JWT"}, {"exp": 941}, None),
            ({}, {"exp": 940}, "expired"),
            ({"alg": "PS256"}, {}, "not signed with RS256"),
            ({"alg": "RS512"}, {}, "not signed with RS256"),
            ({"kid": ""}, {}, "names no key"),
            ({"kid": ...}, {}, "names no key"),
            ({"kid": "k2"}, {}, "no published key"),
            ({"kid": "k3"}, {}, "signature or the form is wrong"),
        ],
    )
    def test_a_token_is_believed_by_the_signature_of_the_key_it_names(
        self,
        rsa: RSAKey,
        monkeypatch: pytest.MonkeyPatch,
        header: Claims,
        changed: Claims,
        reason: str | None,
    ) -> None:
        monkeypatch.setattr(bearers, "time", lambda: 1000.0)
        place = Published(published(rsa), published(OTHER, kid="k3"))
        head = {
            name: value for name, value in {"alg": "RS256", "kid": "k1", **header}.items() if value is not ...
        }
        claims = {"nbf": 1000, "iat": 1000, "exp": 2000, "sub": "anna", **changed}
        text = jwt.encode(head, claims, rsa, algorithms=["RS256", "RS512", "PS256"])
        if reason is None:
            assert verified(text, place.keys, 60) == claims
        else:
            with pytest.raises(BearerRefused) as refused:
                verified(text, place.keys, 60)
            assert reason in refused.value.reason

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "not a signed token"),
            ("a.b", "not a signed token"),
            ("a.b.c", "not a signed token"),
            (f"{part({'alg': 'RS256', 'kid': 1})}.{part({})}.AA", "names no key"),
            (f"{part({'alg': 'RS256', 'kid': ['k1']})}.{part({})}.AA", "names no key"),
            (f"{part({'alg': 'none', 'kid': 'k1'})}.{part({})}.", "not signed with RS256"),
        ],
    )
    def test_what_is_no_signed_token_is_none(self, rsa: RSAKey, text: str, reason: str) -> None:
        with pytest.raises(BearerRefused) as refused:
            verified(text, Published(published(rsa)).keys, 60)
        assert reason in refused.value.reason

    def test_a_token_is_checked_by_the_system_it_claims_to_be_of(self, db: Database) -> None:
        class Check:
            def __init__(self, issuer: str, answer: Any) -> None:
                self.name, self.issuer, self.answer = f"system of {issuer}", issuer, answer

            def claims_to_be(self, issuer: str) -> bool:
                assert isinstance(issuer, str)
                return issuer == self.issuer

            def signed_in(self, db: Database, text: str) -> Any:
                if isinstance(self.answer, Exception):
                    raise self.answer
                return self.answer, text

        them, refused, us = (
            Check("them", "theirs"),
            Check("bad", BearerRefused("expired")),
            Check("us", "ours"),
        )
        text = "a.eyJpc3MiOiJ1cyJ9.c"  # {"iss":"us"}
        checks: Any = [them, refused, us]
        assert Bearers(iter(checks)).signed_in(db, text) == ("ours", text)
        assert Bearers(checks[:2]).signed_in(db, text) is None
        assert Bearers(checks).signed_in(db, "rsz_token") is None
        assert Bearers().signed_in(db, text) is None
        with pytest.raises(BearerRefused):
            Bearers(checks).signed_in(db, f"a.{part({'iss': 'bad'})}.c")

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
