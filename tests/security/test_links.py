"""One-time links: a password is set once, by whoever has the link, while it lasts."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from httpx import Client, Response
from sqlalchemy import Engine, select, update

from service.database import transaction
from service.errors import Invalid
from service.grants import Role
from service.models import Account, AuditEntry, PasswordLink
from service.security.accounts import create_without_password, disable, named
from service.security.links import make_link

Make, Visit = Callable[..., FastAPI], Callable[..., Client]
PASSWORD = "ganz neues Passwort 8"


def made(database: Engine, name: str = "neu", hours: float = 24) -> str:
    with transaction(database) as session:
        account = named(session, name)
        return make_link(session, account, datetime.now(UTC), "console", timedelta(hours=hours))


@pytest.fixture
def link(browser: Client, database: Engine) -> str:
    create_without_password(database, "neu", Role.IT_ADMIN, "console")
    return made(database)


def sent(browser: Client, link: str, password: str = PASSWORD, again: str | None = None) -> Response:
    return browser.post(
        "/password", data={"link": link, "password": password, "again": password if again is None else again}
    )


def sign_in(browser: Client, password: str = PASSWORD, name: str = "neu") -> int:
    return browser.post("/login", data={"name": name, "password": password}).status_code


def test_the_password_is_set_once_and_signs_in(browser: Client, link: str, database: Engine) -> None:
    assert sign_in(browser, "falsch") == 401
    page = browser.get("/password", params={"link": link}, headers={"Accept-Language": "en"})
    assert page.status_code == 200
    assert 'value="neu"' in page.text
    assert browser.get("/password", params={"link": link}).status_code == 200  # a look spends nothing
    answer = sent(browser, link)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert "Set-Cookie" not in answer.headers
    assert sign_in(browser) == 303
    assert sent(browser, link, "noch ein anderes 9").status_code == 410
    assert browser.get("/password", params={"link": link}).status_code == 410
    assert sign_in(browser) == 303
    with transaction(database) as session:
        assert named(session, "neu").password_hash.startswith("$argon2id$")
        acts = session.scalars(select(AuditEntry.action).order_by(AuditEntry.number)).all()
    assert [one for one in acts if "password" in one] == ["password link made", "password set"]


def test_of_a_link_only_the_hash_is_stored_and_nothing_in_the_audit_log(
    browser: Client, link: str, database: Engine
) -> None:
    sent(browser, link)
    second = made(database)
    with transaction(database) as session:
        kept = repr(session.execute(select(PasswordLink.digest, PasswordLink.account_id)).all())
        kept += repr(session.scalars(select(AuditEntry.detail)).all())
    assert link not in kept
    assert second not in kept
    assert PASSWORD not in kept


@pytest.mark.parametrize("change", ["", "x", "a" * 43, "' OR 1=1 --", "\x00", "ü" * 20, "../login"])
def test_a_link_that_was_never_made_is_refused(browser: Client, link: str, change: str) -> None:
    assert browser.get("/password", params={"link": change}).status_code == 410
    assert sent(browser, change).status_code in (410, 422)
    assert sign_in(browser) == 401
    assert sent(browser, link).status_code == 303


def test_an_expired_link_is_refused(browser: Client, link: str, database: Engine) -> None:
    with transaction(database) as session:
        session.execute(update(PasswordLink).values(expires=datetime.now(UTC) - timedelta(seconds=1)))
    assert sent(browser, link).status_code == 410
    assert sign_in(browser) == 401


def test_a_new_link_takes_the_place_of_the_old_one(browser: Client, link: str, database: Engine) -> None:
    new = made(database)
    assert sent(browser, link).status_code == 410
    assert sent(browser, new).status_code == 303


def test_a_link_of_a_disabled_account_is_refused(browser: Client, link: str, database: Engine) -> None:
    with transaction(database) as session:
        disable(session, named(session, "neu"), "console")
    assert sent(browser, link).status_code == 410
    with pytest.raises(Invalid, match="disabled"):
        made(database)


@pytest.mark.parametrize(
    ("password", "again"),
    [("xq9", "xq9"), ("a" * 20, "a" * 20), (PASSWORD, PASSWORD + "x"), ("x1" * 200, "x1" * 200), ("", "")],
)
def test_an_unfit_password_spends_no_link(browser: Client, link: str, password: str, again: str) -> None:
    answer = sent(browser, link, password, again)
    assert answer.status_code == 422
    assert "notice" in answer.text
    assert not password or password not in answer.text
    assert sent(browser, link).status_code == 303


def test_the_old_password_and_open_sessions_end(
    browser: Client, database: Engine, credentials: dict[str, str]
) -> None:
    browser.post("/login", data=credentials)
    assert browser.get("/").status_code == 200
    link = made(database, credentials["name"])
    assert browser.get("/").status_code == 200
    assert sent(browser, link).status_code == 303
    assert browser.get("/").status_code == 303
    assert sign_in(browser, credentials["password"], credentials["name"]) == 401
    assert sign_in(browser, PASSWORD, credentials["name"]) == 303


def test_guessing_links_is_slowed_down(browser: Client, link: str) -> None:
    statuses = [sent(browser, f"guess-{number}").status_code for number in range(6)]
    assert statuses == [410] * 5 + [429]


def test_another_site_sets_no_password(browser: Client, link: str) -> None:
    data = {"link": link, "password": PASSWORD, "again": PASSWORD}
    answer = browser.post("/password", data=data, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert sign_in(browser) == 401


def test_links_are_off_while_there_is_a_company_sign_in_unless_glass_is_broken(
    make_app: Make, visit: Visit, database: Engine
) -> None:
    company = {
        "public_url": "https://resonanz.example",
        "oidc_issuer": "https://login.example",
        "oidc_client_id": "x",
        "oidc_roles": {"a": "viewer"},
    }
    app = make_app(**company)
    create_without_password(database, "neu", Role.IT_ADMIN, "console")
    link = made(database)
    client = visit(app, "https://resonanz.example", **{"Sec-Fetch-Site": "same-origin"})
    assert client.get("/password", params={"link": link}).status_code == 403
    assert sent(client, link).status_code == 403
    app.state.settings = app.state.settings.model_copy(update={"local_sign_in": True})
    assert sent(client, link).status_code == 303
    assert sign_in(client) == 303
    app.state.provider.http.close()


def test_an_account_of_the_company_gets_no_link(browser: Client, database: Engine) -> None:
    with transaction(database) as session:
        session.add(Account(name="anna", role="viewer", issuer="i", subject="s", created=datetime.now(UTC)))
    with pytest.raises(Invalid, match="company"):
        made(database, "anna")


def test_the_page_is_in_both_languages_and_has_no_outside_parts(browser: Client, link: str) -> None:
    german = browser.get("/password", params={"link": link, "lang": "de"}).text
    english = browser.get("/password", params={"link": link, "lang": "en"}).text
    assert "Passwort festlegen" in german
    assert "Set your password" in english
    assert not re.findall(r'(?:src|href)="https?:', german + english)
