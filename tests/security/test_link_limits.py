"""One-time links at the very moment and for the very account where they stop being good, and what their page then says."""

import json
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session as Database

from service.errors import Invalid
from service.models import Account, AuditEntry, Organisation, PasswordLink, Session
from service.security import links, sessions
from service.security.throttle import Throttle
from tests.security.rows import NOW, account

MOMENT = timedelta(microseconds=1)
PASSWORD = "ganz neues Passwort 8"


def test_a_link_is_good_for_a_day_and_for_one_account(db: Database) -> None:
    one, other = account(db), account(db, "bert")
    secret, theirs = links.make_link(db, one, NOW, "admin"), links.make_link(db, other, NOW, "admin")
    assert len(secret) == 43  # 32 bytes
    assert links.of_link(db, secret, NOW + links.LASTS - MOMENT) is one
    assert links.of_link(db, secret, NOW + links.LASTS) is None
    assert links.of_link(db, secret, NOW + links.LASTS + MOMENT) is None
    assert links.of_link(db, theirs, NOW) is other
    again = links.make_link(db, one, NOW, "admin", lasts=timedelta(hours=1))
    assert [links.of_link(db, each, NOW) for each in (secret, again)] == [None, one]
    assert links.of_link(db, again, NOW + timedelta(hours=1)) is None


@pytest.mark.parametrize(
    ("change", "reason"), [({"disabled": True}, "disabled"), ({"issuer": "i"}, "company")]
)
def test_who_may_have_no_password_gets_none_by_a_link(
    db: Database, change: dict[str, Any], reason: str
) -> None:
    one = account(db)
    secret = links.make_link(db, one, NOW, "admin")
    for name, value in change.items():
        setattr(one, name, value)
    assert links.of_link(db, secret, NOW) is None
    with pytest.raises(Invalid, match=reason):
        links.make_link(db, one, NOW, "admin")
    assert db.query(PasswordLink).count() == db.query(AuditEntry).count() == 1


def test_a_link_is_spent_once_by_the_account_it_is_of(db: Database) -> None:
    db.add(Organisation(key="acme", name="acme"))
    db.flush()
    one, other = account(db, organisation_id=1, password_hash="old"), account(db, "bert", password_hash="old")
    secret, theirs = links.make_link(db, one, NOW, "admin"), links.make_link(db, other, NOW, "admin")
    for each in (one, other):
        sessions.open_session(db, each, NOW)
    with pytest.raises(Invalid):
        links.spend(db, one, secret, "kurz")
    assert links.spend(db, one, theirs, PASSWORD) is False
    assert links.spend(db, other, secret, PASSWORD) is False
    assert {one.password_hash, other.password_hash} == {"old"}
    assert db.query(Session).count() == 2
    assert links.spend(db, one, secret, PASSWORD) is True
    assert links.spend(db, one, secret, PASSWORD) is False
    assert one.password_hash is not None
    assert one.password_hash.startswith("$argon2id$")
    assert other.password_hash == "old"
    assert [each.account_id for each in db.query(Session)] == [other.id]
    assert links.of_link(db, theirs, NOW) is other
    found = db.query(AuditEntry).order_by(AuditEntry.number)
    assert [(each.account, each.action, json.loads(each.detail), each.organisation) for each in found] == [
        ("admin", "password link made", {"account": "anna"}, "acme"),
        ("admin", "password link made", {"account": "bert"}, None),
        ("anna", "password set", {"account": "anna"}, "acme"),
    ]


@pytest.fixture
def asking(in_memory: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Somebody who asks for the page, in English, before a throttle that counts as it does in the service."""
    monkeypatch.setattr(links, "now", lambda: NOW)
    with in_memory() as engine:
        throttle = Throttle(engine, b"k" * 32, lambda: NOW)
        state = SimpleNamespace(settings=SimpleNamespace(passwords_allowed=True), throttle=throttle)
        yield SimpleNamespace(
            app=SimpleNamespace(state=state), client=None, cookies={}, headers={}, query_params={"lang": "en"}
        )


def said(answer: Response) -> str:
    return bytes(answer.body).decode()


def test_the_page_is_for_whoever_has_the_link(asking: Any, db: Database) -> None:
    secret = links.make_link(db, account(db), NOW, "admin")
    page = links.show_link(asking, db, secret)
    assert page.status_code == 200
    assert 'value="anna"' in said(page)
    assert secret in said(page)
    gone = links.show_link(asking, db, secret + "x")
    assert gone.status_code == 410
    assert "anna" not in said(gone)
    asking.app.state.settings.passwords_allowed = False
    for answer in (
        links.show_link(asking, db, secret),
        links.set_password(asking, db, secret, PASSWORD, PASSWORD),
    ):
        assert answer.status_code == 403
        assert "anna" not in said(answer)
    assert links.of_link(db, secret, NOW) is not None


def test_what_is_typed_in_decides_what_becomes_of_the_link(
    asking: Any, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = account(db)
    secret = links.make_link(db, one, NOW, "admin")
    for password, again, status in (
        (PASSWORD, PASSWORD + "x", 422),
        ("kurz", "kurz", 422),
        (PASSWORD, PASSWORD, 303),
        (PASSWORD, PASSWORD, 410),
    ):
        answer = links.set_password(asking, db, secret, password, again)
        assert answer.status_code == status
        assert (one.password_hash is not None) is (status in {303, 410})
        assert password not in said(answer)
    # Two who come at the same time both find the link; the second finds that it was spent.
    secret = links.make_link(db, one, NOW, "admin")
    assert links.set_password(asking, db, secret, PASSWORD, PASSWORD).headers["Location"] == "/login"
    monkeypatch.setattr(links, "of_link", lambda *_: one)
    late = links.set_password(asking, db, secret, "ein anderes Passwort 9", "ein anderes Passwort 9")
    assert late.status_code == 410
    assert db.scalars(select(Account.password_hash)).one() == one.password_hash


def test_guesses_are_counted_and_a_right_link_is_none(asking: Any, db: Database) -> None:
    secret = links.make_link(db, account(db), NOW, "admin")

    def guess() -> Response:
        return links.set_password(asking, db, "guessed", PASSWORD, PASSWORD)

    assert [guess().status_code for _ in range(4)] == [410] * 4
    assert links.set_password(asking, db, secret, "kurz", "kurz").status_code == 422
    assert [guess().status_code for _ in range(5)] == [410] * 5
    late = guess()
    assert (late.status_code, late.headers["Retry-After"]) == (429, "2")
    assert links.set_password(asking, db, secret, PASSWORD, PASSWORD).status_code == 429
