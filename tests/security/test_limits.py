"""Tokens, keys, sessions and signatures at the very moment and the very letter where they stop being good."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
)
from sqlalchemy import select
from sqlalchemy.orm import Session as Database

from service.api import cursor
from service.api.cursor import Cursor, CursorRefused
from service.embeds import token as embed
from service.embeds.token import Claim
from service.errors import Conflict, Forbidden, Invalid, NotFound, ServiceError
from service.hints.receive import Forged
from service.models import Account, ApiToken, AuditEntry, Organisation, Session
from service.privacy import keys as holders
from service.privacy.agreement import FORMAT, Agreement, Signature, canonical, from_file, to_file
from service.privacy.ledger import AgreementBroken
from service.security import sessions, tokens
from service.security.formtoken import form_token, require_form_token
from service.security.jwks import KeysUnreachable
from service.security.oidc import NoRole, ProviderUnreachable, SignInRefused
from service.security.roles import Scope
from tests.security.rows import NOW, account

MOMENT = timedelta(microseconds=1)
KEY, QUERY = b"k" * 32, {"metric": "reach", "since": None, "room": 7}


@pytest.mark.parametrize(
    ("kind", "status"),
    [(Forged, 403), (AgreementBroken, 503), (KeysUnreachable, 503), (SignInRefused, 400), (NoRole, 403), (ProviderUnreachable, 503)],
)  # fmt: skip
def test_a_status_says_who_can_mend_it(kind: type[ServiceError], status: int) -> None:
    """Whoever asks (4xx), or somebody on our side, so that asking again later may help (503)."""
    assert kind.status == status


class TestCursors:
    def test_a_cursor_comes_back_as_it_was_given(self) -> None:
        for one in (Cursor(1, 0), Cursor(12, 3456), Cursor(123, 45)):
            text = cursor.write(one, QUERY, KEY)
            assert "=" not in text
            assert cursor.read(text, dict(reversed(QUERY.items())), KEY) == one

    def test_parts_of_a_query_that_are_not_given_are_none_of_it(self) -> None:
        assert cursor.query_mark({"metric": "reach", "room": 7}) == cursor.query_mark(QUERY)
        assert cursor.query_mark({"metric": "reach", "room": 7, "since": "x"}) != cursor.query_mark(QUERY)
        assert len(cursor.query_mark(QUERY)) == 32

    def test_of_a_cursor_no_letter_can_be_changed_left_out_or_added(self) -> None:
        text = cursor.write(Cursor(12, 3456), QUERY, KEY)
        forged = [text[:n] + chr(ord(text[n]) ^ 1) + text[n + 1 :] for n in range(len(text))]
        forged += [text[:n] for n in range(len(text))]
        forged += [text + more for more in ("A", "AA", "=", "==", ".", "é", "\n")]
        for one in forged:
            with pytest.raises(CursorRefused):
                cursor.read(one, QUERY, KEY)
        for query, key in (({"metric": "posts"}, KEY), (QUERY, b"l" * 32)):
            with pytest.raises(CursorRefused):
                cursor.read(text, query, key)


class TestEmbeds:
    def test_a_link_says_what_was_signed(self) -> None:
        claim = Claim(embed.new_handle(), "de", 1_800_000_000, "0a1b2c3d")
        text = embed.written(claim, KEY)
        assert embed.read(text, {claim.key_id: KEY}) == claim
        assert embed.read(text, {"ffffffff": KEY}) is None
        assert embed.read(text, {claim.key_id: b"l" * 32}) is None
        assert embed.read(text + "A", {claim.key_id: KEY}) is None
        assert len(claim.handle) == 10
        assert claim.handle.isalnum()
        assert embed.new_handle() != claim.handle


class TestSessions:
    def opened(self, db: Database, **more: Any) -> tuple[Account, str]:
        one = account(db, **more)
        return one, sessions.open_session(db, one, NOW)

    @pytest.mark.parametrize(
        ("company", "longest"), [(None, sessions.LONGEST), ("https://idp.example", sessions.LONGEST_COMPANY)]
    )
    def test_a_session_ends_after_its_time_even_in_use(
        self, db: Database, company: str | None, longest: timedelta
    ) -> None:
        one, secret = self.opened(db, issuer=company)
        row = db.scalars(select(Session)).one()
        row.used = NOW + longest - timedelta(minutes=5)
        assert sessions.signed_in(db, secret, NOW + longest - MOMENT) is one
        assert sessions.signed_in(db, secret, NOW + longest) is None

    def test_a_session_nobody_uses_ends(self, db: Database) -> None:
        one, secret = self.opened(db)
        assert len(secret) == 43  # 32 bytes
        assert sessions.signed_in(db, secret, NOW + sessions.IDLE) is None
        assert sessions.signed_in(db, secret, NOW + sessions.IDLE - MOMENT) is one
        assert sessions.signed_in(db, secret + "x", NOW) is None

    def test_use_is_noted_to_the_minute(self, db: Database) -> None:
        _, secret = self.opened(db)
        row = db.scalars(select(Session)).one()
        sessions.signed_in(db, secret, NOW + sessions.NOTED - MOMENT)
        assert row.used == NOW
        sessions.signed_in(db, secret, NOW + sessions.NOTED)
        assert row.used == NOW + sessions.NOTED

    def test_another_role_or_none_ends_it(self, db: Database) -> None:
        one, secret = self.opened(db)
        one.role = "admin"
        assert sessions.signed_in(db, secret, NOW) is None
        one.role, one.disabled = "viewer", True
        assert sessions.signed_in(db, secret, NOW) is None

    def test_sessions_that_ran_out_are_removed_when_one_is_opened(self, db: Database) -> None:
        one, _ = self.opened(db)
        other = account(db, "bert")
        for used, created, kept in (
            (NOW - sessions.IDLE, NOW - sessions.IDLE, 0),
            (NOW - sessions.IDLE + MOMENT, NOW - sessions.LONGEST + MOMENT, 1),
            (NOW - MOMENT, NOW - sessions.LONGEST, 0),
            (NOW + sessions.NOTED, NOW + sessions.NOTED, 1),
            (NOW + sessions.NOTED, NOW + sessions.NOTED + MOMENT, 0),
        ):
            db.query(Session).delete()
            db.add(Session(digest="d", account_id=one.id, role="viewer", created=created, used=used))
            db.flush()
            sessions.open_session(db, other, NOW)
            assert db.query(Session).count() == kept + 1

    def test_only_the_own_sessions_are_closed(self, db: Database) -> None:
        one, secret = self.opened(db)
        other = account(db, "bert")
        theirs, again = sessions.open_session(db, other, NOW), sessions.open_session(db, one, NOW)
        sessions.close_session(db, secret)
        assert [sessions.signed_in(db, each, NOW) for each in (secret, again, theirs)] == [None, one, other]
        sessions.close_sessions(db, one)
        assert [sessions.signed_in(db, each, NOW) for each in (again, theirs)] == [None, other]


class TestTokens:
    def made(
        self, db: Database, of: Account, expires: datetime = NOW + timedelta(days=1), label: str = "BI"
    ) -> str:
        return tokens.create_token(db, of, label, ["read:measurements"], expires=expires, now=NOW)

    def test_a_token_is_good_until_it_expires(self, db: Database) -> None:
        one = account(db, role="analyst")
        text = self.made(db, one)
        row = db.scalars(select(ApiToken)).one()
        assert tokens.valid_token(db, text, row.expires - MOMENT) == (one, row)
        assert tokens.valid_token(db, text, row.expires) is None
        assert tokens.revoke_token(db, row.handle, NOW, of=one) is row
        assert tokens.valid_token(db, text, NOW) is None
        tokens.revoke_token(db, row.handle, NOW + MOMENT)
        assert row.revoked == NOW

    def test_use_is_noted_to_the_minute(self, db: Database) -> None:
        text = self.made(db, account(db, role="analyst"))
        row = db.scalars(select(ApiToken)).one()
        for later, noted in (
            (timedelta(), timedelta()),
            (tokens.NOTED - MOMENT, timedelta()),
            (tokens.NOTED, tokens.NOTED),
        ):
            tokens.valid_token(db, text, NOW + later)
            assert row.used == NOW + noted

    def test_a_company_account_has_to_be_confirmed(self, db: Database) -> None:
        one = account(db, role="analyst", issuer="https://idp.example", confirmed=NOW)
        text = self.made(db, one, NOW + timedelta(days=90))
        assert tokens.valid_token(db, text, NOW + tokens.CONFIRMED - MOMENT) is not None
        assert tokens.valid_token(db, text, NOW + tokens.CONFIRMED) is None
        one.confirmed = None
        assert tokens.valid_token(db, text, NOW) is None

    @pytest.mark.parametrize(
        ("label", "fit"),
        [
            ("", False),
            (" ", False),
            ("x", True),
            (" x ", True),
            ("x" * 64, True),
            ("x" * 65, False),
            ("a\0", False),
        ],
    )
    def test_a_label_has_up_to_64_letters(self, db: Database, label: str, fit: bool) -> None:
        one = account(db, role="analyst")
        if fit:
            assert self.made(db, one, label=label)
        else:
            with pytest.raises(Invalid, match="label"):
                self.made(db, one, label=label)

    @pytest.mark.parametrize(
        ("lasts", "fit"),
        [(timedelta(), False), (MOMENT, True), (tokens.LONGEST, True), (tokens.LONGEST + MOMENT, False)],
    )
    def test_a_token_lasts_a_year_at_most(self, db: Database, lasts: timedelta, fit: bool) -> None:
        one = account(db, role="analyst")
        if fit:
            assert self.made(db, one, NOW + lasts)
        else:
            with pytest.raises(Invalid, match="year"):
                self.made(db, one, NOW + lasts)

    def test_scopes_are_some_of_those_there_are(self, db: Database) -> None:
        one = account(db, role="analyst")
        for scopes in ([], ["write:all"], [*Scope, "write:all"]):
            with pytest.raises(Invalid, match="scopes"):
                tokens.create_token(db, one, "BI", scopes, expires=NOW + MOMENT, now=NOW)
        tokens.create_token(db, one, "BI", [*Scope, *Scope], expires=NOW + MOMENT, now=NOW)
        assert [row.scopes for row in db.scalars(select(ApiToken))] == [sorted(Scope)]

    def test_only_the_account_itself_lists_and_ends_its_tokens(self, db: Database) -> None:
        one, other = account(db, role="analyst"), account(db, "bert", role="analyst")
        for each, label in ((one, "first"), (other, "theirs"), (one, "second")):
            self.made(db, each, label=label)
        db.flush()
        assert [row.label for row in tokens.tokens_of(db, one)] == ["second", "first"]
        (theirs,) = tokens.tokens_of(db, other)
        for handle, of in (("unknown", None), ("unknown", one), (theirs.handle, one)):
            with pytest.raises(NotFound):
                tokens.revoke_token(db, handle, NOW, of=of)
        assert theirs.revoked is None

    def test_the_audit_log_tells_who_made_and_ended_a_token(self, db: Database) -> None:
        db.add(Organisation(key="acme", name="acme"))
        db.flush()
        one = account(db, role="analyst", organisation_id=1)
        self.made(db, one)
        (row,) = tokens.tokens_of(db, one)
        tokens.created_entry(db, "bert", one, " BI ", ["b", "a"])
        tokens.revoked_entry(db, "cora", one, row)
        found = db.query(AuditEntry).order_by(AuditEntry.number)
        assert [
            (each.account, each.action, json.loads(each.detail), each.organisation) for each in found
        ] == [
            ("bert", "token created", {"account": "anna", "label": "BI", "scopes": ["a", "b"]}, "acme"),
            ("cora", "token revoked", {"account": "anna", "label": "BI"}, "acme"),
        ]

    @pytest.mark.parametrize(
        "unfit", [{"disabled": True}, {"role": "viewer"}, {"disabled": True, "role": "viewer"}]
    )
    def test_who_may_not_query_has_no_tokens(self, db: Database, unfit: dict[str, Any]) -> None:
        with pytest.raises(Invalid, match="may not have tokens"):
            self.made(db, account(db, **{"role": "analyst", **unfit}))

    def test_no_letter_of_a_token_can_be_changed(self, db: Database) -> None:
        text = self.made(db, account(db, role="analyst"))
        assert len(text) == 4 + 10 + 1 + 43 + 6
        for n in range(len(text)):
            other = "a" if text[n] != "a" else "b"
            assert tokens.valid_token(db, text[:n] + other + text[n + 1 :], NOW) is None


def request(cookie: str) -> Any:
    app = SimpleNamespace(state=SimpleNamespace(https=False))
    return SimpleNamespace(cookies={"resonanz": cookie}, app=app)


def test_a_form_is_of_one_session() -> None:
    token = form_token(request("one"))
    require_form_token(request("one"), token)
    for other, given in (("two", token), ("one", token[:-1]), ("one", ""), ("one", "\udc80")):
        with pytest.raises(Forbidden):
            require_form_token(request(other), given)


class TestAgreements:
    head: Mapping[str, Any] = {
        "format": FORMAT, "organisation": "acme", "number": 3, "previous": None, "created": "2026-03-02",
        "software": "1", "holders": {"admin": "a", "council": "c"}, "terms": {"roles": [1]}, "words": {},
    }  # fmt: skip

    @pytest.mark.parametrize("value", [0.5, {"a": 0.5}, [1, 0.5], {"a": [{"b": (0.5,)}]}])
    def test_fractions_are_refused_wherever_they_are(self, value: Any) -> None:
        with pytest.raises(Invalid, match="whole numbers"):
            canonical(value)

    def test_an_agreement_is_its_canonical_text(self) -> None:
        made = Agreement.read(dict(reversed(self.head.items())))
        assert made == Agreement.of(self.head)
        assert (made.number, made.holders, made.terms) == (3, self.head["holders"], self.head["terms"])
        assert made.message == b"resonanz-agreement sha256:" + made.digest.encode()
        assert canonical({"b": "ä", "a": [1, True]}) == '{"a":[1,true],"b":"ä"}'
        for wrong in (None, [], {}, {**self.head, "format": "x"}, {**self.head, "more": 1}, {**self.head, "terms": []},
                      {name: value for name, value in self.head.items() if name != "words"}):  # fmt: skip
            with pytest.raises(Invalid):
                Agreement.read(wrong)

    def test_a_file_holds_what_was_signed(self, tmp_path: Path) -> None:
        made, file = Agreement.of(self.head), tmp_path / "admin"
        for short in ("", "x" * 11):
            with pytest.raises(Invalid, match="12"):
                holders.create(file, short)
        public_key = holders.create(file, "x" * 12)
        assert file.stat().st_mode & 0o777 == 0o600
        assert holders.read_public(tmp_path / "admin.pub") == public_key
        other_kind = ec.generate_private_key(ec.SECP256R1()).public_key()
        (tmp_path / "ec").write_bytes(
            other_kind.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
        with pytest.raises(Invalid, match="Ed25519"):
            holders.read_public(tmp_path / "ec")
        with pytest.raises(Invalid, match="can not be written"):
            holders.create(tmp_path / "nowhere" / "admin", "x" * 12)
        for half in ("half", "other.pub"):  # one of the two files alone
            (tmp_path / half).write_bytes(b"somebody's")
            with pytest.raises(Conflict, match="exists already"):
                holders.create(tmp_path / half.removesuffix(".pub"), "x" * 12)
            assert (tmp_path / half).read_bytes() == b"somebody's"
        assert not (tmp_path / "half.pub").exists()
        assert not (tmp_path / "other").exists()
        (tmp_path / "curve").write_bytes(
            ec.generate_private_key(ec.SECP256R1()).private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x" * 12)
            )
        )
        for unfit, reason in (("curve", "no Ed25519"), ("nothing", "can not be read")):
            with pytest.raises(Invalid, match=reason):
                holders.sign(made, "admin", tmp_path / unfit, "x" * 12)
        for no_key in ("admin", "none"):
            with pytest.raises(Invalid, match="no public key"):
                holders.read_public(tmp_path / no_key)
        signature = holders.sign(made, "admin", file, "x" * 12, now=NOW.replace(microsecond=5))
        assert signature.signed == "2026-03-02T12:00:00+00:00"
        assert from_file(to_file(made, [signature])) == (made, (signature,))
        with pytest.raises(Invalid, match="changed"):
            from_file(to_file(made, [signature]).replace('"number": 3', '"number": 4'))
        with pytest.raises(Invalid, match="no signed agreement"):
            from_file("{}")
        other = Agreement.of({**self.head, "number": 4})
        assert holders.valid(made, signature)
        assert not holders.valid(other, signature)
        known = {"admin": public_key, "council": public_key}
        assert holders.signed_by(made, [signature], known) == {"admin"}
        assert holders.signed_by(other, [signature], known) == frozenset()
        assert holders.signed_by(made, [signature], {"admin": "0" * 64}) == frozenset()
        assert (
            holders.signed_by(made, [Signature("x", public_key, signature.value, "")], known) == frozenset()
        )
        for value in ("", "!", signature.value[:-4], signature.value + "\n"):
            assert not holders.valid_message(public_key, value, made.message)
        with pytest.raises(Invalid, match="passphrase"):
            holders.sign(made, "admin", file, "y" * 12)
        with pytest.raises(Invalid, match="holds no key"):
            holders.sign(made, "boss", file, "x" * 12)
