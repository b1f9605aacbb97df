"""Accounts of people whom the company's sign-in service sends: whose they are, what they may, and the attempt they come back from."""

import base64
import json
from collections.abc import Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.grants import EVERYWHERE, Grant, Role
from service.models import Account, AuditEntry, Organisation
from service.models import Session as Signed
from service.security import company
from service.security.oidc import Attempt, Identity, NoRole, Provider, SignInRefused
from service.security.sessions import open_session
from tests.security.rows import NOW, account

ISSUER = "https://idp.example"


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


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"iss": ISSUER}, None),
        ({"iss": "https://them"}, "another service"),
        ({"iss": ""}, "another service"),
        ({"code": ""}, "this browser's attempt"),
        ({"state": ""}, "this browser's attempt"),
        ({"state": Attempt("another").state}, "this browser's attempt"),
    ],
)
def test_an_answer_is_to_this_browsers_attempt(changed: dict[str, str], reason: str | None) -> None:
    attempt, provider = Attempt("secret"), cast(Provider, SimpleNamespace(issuer=ISSUER))
    given: dict[str, Any] = {"code": "c", "state": attempt.state, "iss": None, **changed}
    if reason is None:
        company._require_fit(attempt, provider, **given)
    else:
        with pytest.raises(SignInRefused, match=reason):
            company._require_fit(attempt, provider, **given)


def test_an_attempt_is_good_for_one_answer_and_is_remembered_longer_than_it_lasts(
    in_memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [NOW]
    monkeypatch.setattr(company, "now", lambda: moment[0])
    with in_memory() as engine:
        for secret in ("one", "other"):
            company._spend(engine, Attempt(secret))
        for later, fresh in ((0, False), (1199, False), (1200, False), (1201, True), (1201, False)):
            moment[0] = NOW + timedelta(seconds=later)
            if fresh:
                company._spend(engine, Attempt("one"))
            else:
                with pytest.raises(SignInRefused, match="came back before"):
                    company._spend(engine, Attempt("one"))


def test_without_a_service_there_is_no_sign_in_at_it() -> None:
    def request(provider: object) -> Any:
        return SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(provider=provider)))

    made: Any = object()
    assert company._provider(request(made)) is made
    with pytest.raises(NotFound):
        company._provider(request(None))


def entries(db: Session) -> list[tuple[str, str, Mapping[str, str], str | None]]:
    found = db.query(AuditEntry).order_by(AuditEntry.number)
    return [(one.account, one.action, json.loads(one.detail), one.organisation) for one in found]


def test_who_lost_the_role_is_out_and_nobody_else(db: Session) -> None:
    db.add(Organisation(key="acme", name="acme"))
    db.flush()
    all_of_them = [
        account(db, name, issuer=issuer, subject=subject, organisation_id=1, confirmed=NOW)
        for name, issuer, subject in (
            ("anna", ISSUER, "sub:anna"),
            ("bert", ISSUER, "sub:bert"),
            ("cora", "https://them", "sub:anna"),
        )
    ]
    for one in all_of_them:
        open_session(db, one, NOW)
    company._end(db, ISSUER, "sub:nobody")
    assert db.query(Signed).count() == 3
    company._end(db, ISSUER, "sub:anna")
    assert [one.confirmed for one in all_of_them] == [None, NOW, NOW]
    assert {one.account_id for one in db.query(Signed)} == {one.id for one in all_of_them[1:]}
    assert entries(db) == [("sign-in service", "role lost", {"account": "anna"}, "acme")]


GRANTED: list[tuple[str, str | None, tuple[int | None, str | None] | str]] = [
    ("", None, (None, None)),
    ("", "gone", "not here"),
    ("acme", None, (1, "acme")),
    ("acme", "gone", "not here"),
    ("acme other", "acme", (1, "acme")),
    ("acme other", "other", (2, "other")),
    ("acme other", EVERYWHERE, (None, None)),
    ("acme other", None, "several"),
    ("acme other third", None, "several"),
]


def test_a_role_is_for_one_organisation_or_for_all(db: Session) -> None:
    for known, granted, found in GRANTED:
        db.query(Organisation).delete()
        db.add_all(
            [Organisation(id=number, key=key, name=key) for number, key in enumerate(known.split(), 1)]
        )
        db.flush()
        identity = Identity(ISSUER, "sub:anna", "Anna", Grant(Role.VIEWER, granted))
        if isinstance(found, str):
            with pytest.raises(NoRole, match=found) as refused:
                company._granted(db, identity)
            assert refused.value.subject == "sub:anna"
        else:
            assert company._granted(db, identity) == found


def test_a_new_account_gets_a_name_nobody_has(db: Session) -> None:
    everywhere = Grant(Role.VIEWER, EVERYWHERE)
    for told, name in (
        ("Anna K", "anna-k"),
        ("x" * 49, "x" * 49),
        ("y" * 50, "y" * 50),
        ("z" * 51, "z" * 50),
        ("-(bert)-", "bert"),
        ("---", "account"),
    ):
        for number, wanted in enumerate((name, f"{name}-2", f"{name}-3")):
            made = company._account(db, Identity(ISSUER, f"{name}{number}", told, everywhere))
            assert made.name == wanted
    assert company._account(db, Identity(ISSUER, "sub:nameless", "", everywhere)).name == "account-4"


def test_an_identity_is_of_one_service_and_is_confirmed_each_time(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [NOW]
    monkeypatch.setattr(company, "now", lambda: moment[0])
    db.add(Organisation(key="acme", name="acme"))
    db.flush()

    def come(issuer: str, subject: str, role: Role = Role.VIEWER) -> Account:
        return company._account(db, Identity(issuer, subject, "Anna", Grant(role, "acme")))

    anna = come(ISSUER, "sub:anna")
    assert (anna.created, anna.confirmed) == (NOW, NOW)
    moment[0] += timedelta(hours=1)
    others = [come("https://them", "sub:anna"), come(ISSUER, "sub:other")]
    assert [one.name for one in others] == ["anna-2", "anna-3"]
    assert anna.confirmed == NOW
    assert come(ISSUER, "sub:anna", Role.ANALYST) is anna
    assert (anna.created, anna.confirmed, anna.role) == (NOW, moment[0], "analyst")
    assert entries(db) == [
        ("sign-in service", action, detail, "acme")
        for action, detail in (
            ("account created", {"account": "anna", "role": "viewer"}),
            ("account created", {"account": "anna-2", "role": "viewer"}),
            ("account created", {"account": "anna-3", "role": "viewer"}),
            ("role changed", {"account": "anna", "before": "viewer", "after": "analyst"}),
        )
    ]


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
