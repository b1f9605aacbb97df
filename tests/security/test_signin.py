"""Accounts, sessions, HTTP Basic, throttling, and requests from other sites."""

import hashlib
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from fastapi import FastAPI
from httpx import Client
from sqlalchemy import Engine, select, update

from service.database import transaction
from service.errors import Conflict, Invalid, TooManyAttempts
from service.models import Account, Session, SignInTries
from service.security.accounts import Passwords, create_admin
from service.security.signin import own_path
from service.security.throttle import Throttle

Make, Visit = Callable[..., FastAPI], Callable[..., Client]
Credentials = dict[str, str]
ROOMS = "/api/v1/openapi.json"


def signed_in(browser: Client, credentials: Credentials) -> Client:
    assert browser.post("/login", data=credentials).status_code == 303
    return browser


def test_signing_in_opens_pages_and_api_and_leads_back(browser: Client, credentials: Credentials) -> None:
    answer = browser.get("/?window=week")
    form = browser.get(answer.headers["Location"])
    assert 'name="after" value="/?window=week"' in form.text
    answer = browser.post("/login", data={**credentials, "after": "/?window=week"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/?window=week")
    assert browser.get("/").status_code == 200
    assert browser.get(ROOMS).status_code == 200


def test_the_name_does_not_depend_on_case_or_width(browser: Client, credentials: Credentials) -> None:
    signed_in(browser, {**credentials, "name": "  Ｋommunikation"})


def test_the_cookie_is_kept_from_scripts_and_other_sites(browser: Client, credentials: Credentials) -> None:
    cookie = browser.post("/login", data=credentials).headers["Set-Cookie"]
    assert cookie.startswith("resonanz=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert "Secure" not in cookie


def test_behind_https_the_cookie_is_bound_to_the_host(
    make_app: Make, visit: Visit, credentials: Credentials
) -> None:
    client = visit(
        make_app(public_url="https://resonanz.example"),
        "https://resonanz.example",
        Origin="https://resonanz.example",
    )
    cookie = client.post("/login", data=credentials).headers["Set-Cookie"]
    assert cookie.startswith("__Host-resonanz=")
    assert "Secure" in cookie


def test_only_the_hash_of_the_secret_is_stored(
    browser: Client, credentials: Credentials, database: Engine
) -> None:
    secret = signed_in(browser, credentials).cookies["resonanz"]
    with transaction(database) as session:
        (stored,) = session.scalars(select(Session.digest)).all()
    assert secret not in stored
    assert len(stored) == 64


def test_signing_in_again_gives_a_new_secret_and_ends_the_old_session(
    browser: Client, credentials: Credentials
) -> None:
    first = signed_in(browser, credentials).cookies["resonanz"]
    second = signed_in(browser, credentials).cookies["resonanz"]
    assert first != second
    browser.cookies.set("resonanz", first, domain="testserver.local", path="/")
    browser.cookies.clear()
    assert browser.get(ROOMS, headers={"Cookie": f"resonanz={first}"}).status_code == 401
    assert browser.get(ROOMS, headers={"Cookie": f"resonanz={second}"}).status_code == 200


def test_signing_out_ends_the_session_on_the_server(browser: Client, credentials: Credentials) -> None:
    secret = signed_in(browser, credentials).cookies["resonanz"]
    answer = browser.post("/logout")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert browser.get(ROOMS, headers={"Cookie": f"resonanz={secret}"}).status_code == 401


@pytest.mark.parametrize(
    ("idle", "old", "status"),
    [(29, 400, 200), (31, 60, 401), (5, 481, 401)],
    ids=["still used", "idle for half an hour", "older than eight hours"],
)
def test_sessions_run_out(
    browser: Client, credentials: Credentials, database: Engine, *, idle: int, old: int, status: int
) -> None:
    signed_in(browser, credentials)
    now = datetime.now(UTC)
    with transaction(database) as session:
        session.execute(
            update(Session).values(used=now - timedelta(minutes=idle), created=now - timedelta(minutes=old))
        )
    assert browser.get(ROOMS).status_code == status


def test_use_keeps_a_session_alive(browser: Client, credentials: Credentials, database: Engine) -> None:
    signed_in(browser, credentials)
    earlier = datetime.now(UTC) - timedelta(minutes=20)
    with transaction(database) as session:
        session.execute(update(Session).values(used=earlier))
    browser.get(ROOMS)
    with transaction(database) as session:
        assert session.scalars(select(Session.used)).one() > earlier


def test_a_disabled_account_is_out_at_once(
    browser: Client, credentials: Credentials, database: Engine
) -> None:
    signed_in(browser, credentials)
    auth = (credentials["name"], credentials["password"])
    assert browser.get(ROOMS, auth=auth).status_code == 200
    with transaction(database) as session:
        session.execute(update(Account).values(disabled=True))
    assert browser.get(ROOMS).status_code == 401
    assert browser.get(ROOMS, auth=auth).status_code == 401
    assert browser.post("/login", data=credentials).status_code == 401


@pytest.mark.parametrize(
    "wrong", [{"password": "ein falsches Passwort"}, {"name": "jemand"}, {"name": "\x00"}]
)
def test_a_wrong_name_or_password_is_told_apart_by_nobody(
    browser: Client, credentials: Credentials, wrong: Credentials
) -> None:
    answer = browser.post("/login", data={**credentials, **wrong}, headers={"Accept-Language": "en"})
    assert answer.status_code == 401
    assert "Name or password is wrong." in answer.text
    assert "Set-Cookie" not in answer.headers
    assert credentials["password"] not in answer.text


def test_the_form_is_in_the_readers_language(browser: Client) -> None:
    assert "<h1>Anmelden</h1>" in browser.get("/login", headers={"Accept-Language": "de"}).text
    assert "<h1>Sign in</h1>" in browser.get("/login", headers={"Accept-Language": "en"}).text


def test_the_language_asked_for_outlives_the_sign_in(browser: Client, credentials: Credentials) -> None:
    browser.headers["Accept-Language"] = "de"
    sent = browser.get("/?window=week&lang=en").headers["Location"]
    form = browser.get(sent)
    assert "<h1>Sign in</h1>" in form.text
    (action,) = re.findall(r'<form method="post" action="([^"]+)"', form.text)
    (after,) = re.findall(r'name="after" value="([^"]+)"', form.text)
    again = browser.post(action, data={**credentials, "password": "an other one"})
    assert "<h1>Sign in</h1>" in again.text
    answer = browser.post(action, data={**credentials, "after": unescape(after)})
    assert answer.headers["Location"] == "/?window=week&lang=en"


def test_a_language_that_does_not_exist_is_not_taken_into_the_form(browser: Client) -> None:
    form = browser.get("/login?lang=%22%3E%3Cscript%3E", headers={"Accept-Language": "en"}).text
    assert 'action="/login?lang=en"' in form
    assert "<script>" not in form


@pytest.mark.parametrize(
    "after",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nSet-Cookie: x=1", "evil", ""],
)
def test_nobody_is_led_to_another_site(after: str) -> None:
    assert own_path(after) == "/"


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Basic /w==", "Bearer x", "Basic Og=="]
)
def test_malformed_credentials_are_refused(browser: Client, header: str) -> None:
    assert browser.get(ROOMS, headers={"Authorization": header}).status_code == 401


def test_basic_is_for_the_api_only(browser: Client, credentials: Credentials) -> None:
    auth = (credentials["name"], credentials["password"])
    assert browser.get(ROOMS, auth=auth).status_code == 200
    assert browser.get("/", auth=auth).status_code == 303


def test_guessing_is_slowed_down_for_form_and_basic_alike(browser: Client, credentials: Credentials) -> None:
    wrong = (credentials["name"], "falsch falsch falsch")
    assert [browser.get(ROOMS, auth=wrong).status_code for _ in range(5)] == [401] * 5
    answer = browser.get(ROOMS, auth=wrong)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    answer = browser.post("/login", data=credentials)
    assert (answer.status_code, "Retry-After" in answer.headers) == (429, True)


KEY = b"k" * 32


def test_waits_double_and_end(engine: Engine) -> None:
    time = [datetime(2026, 3, 2, tzinfo=UTC)]
    throttle = Throttle(engine, KEY, lambda: time[0])
    for _ in range(5):
        throttle.begin("ada", "a")
    waits = []
    for _ in range(4):
        with pytest.raises(TooManyAttempts) as refused:
            throttle.begin("ada", "a")
        waits.append(refused.value.seconds)
        time[0] += timedelta(seconds=refused.value.seconds)
        throttle.begin("ada", "a")
    assert waits == [2, 4, 8, 16]
    throttle.begin("ada", "elsewhere")
    throttle.succeeded("ada", "a")
    throttle.begin("ada", "a")


def test_many_names_from_one_address_are_slowed_down_too(engine: Engine) -> None:
    throttle = Throttle(engine, KEY, lambda: datetime(2026, 3, 2, tzinfo=UTC))
    for number in range(30):
        throttle.begin(f"n{number}", "a")
    with pytest.raises(TooManyAttempts):
        throttle.begin("new", "a")
    throttle.begin("new", "b")


def test_failures_are_forgotten_after_an_hour(engine: Engine) -> None:
    time = [datetime(2026, 3, 2, tzinfo=UTC)]
    throttle = Throttle(engine, KEY, lambda: time[0])
    for _ in range(5):
        throttle.begin("ada", "a")
    time[0] += timedelta(minutes=61)
    for _ in range(5):
        throttle.begin("ada", "a")
    throttle.succeeded("bob", "b")
    with pytest.raises(TooManyAttempts):
        throttle.begin("ada", "a")


def test_processes_count_together_and_many_at_once_gain_nothing(engine: Engine) -> None:
    """Each throttle is that of a process of its own; all guess the same name at the same time."""
    outcomes: list[bool] = []

    def guess() -> None:
        throttle = Throttle(engine, KEY)
        for _ in range(3):
            try:
                throttle.begin("ada", "a")
                outcomes.append(True)
            except TooManyAttempts:
                outcomes.append(False)

    threads = [threading.Thread(target=guess) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(outcomes), sum(outcomes)) == (18, 5)


def test_neither_names_nor_addresses_of_tries_are_stored(engine: Engine) -> None:
    Throttle(engine, KEY).begin("schmidt", "192.0.2.7")
    with transaction(engine) as session:
        stored = repr(session.execute(select(*SignInTries.__table__.c)).all())
    assert "schmidt" not in stored
    assert "192.0.2" not in stored
    assert hashlib.sha256(b"192.0.2.7").hexdigest() not in stored


def test_a_verified_password_is_not_hashed_again_for_a_minute(
    browser: Client, database: Engine, credentials: Credentials
) -> None:
    time = [0.0]
    passwords = Passwords(lambda: time[0])
    name, password = credentials["name"], credentials["password"]
    with transaction(database) as session:
        account = passwords.account(session, name, password)
        assert account is not None
        passwords.remember(account, password)
        assert passwords.remembered(session, name, password) is account
        assert passwords.remembered(session, name, "another password") is None
        time[0] = 61.0
        assert passwords.remembered(session, name, password) is None


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403),
        ({"Origin": "http://testserver"}, 303),
        ({"Origin": "http://testserver.evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    ],
)
def test_only_our_own_pages_may_change_something(
    make_app: Make, visit: Visit, credentials: Credentials, headers: dict[str, str], status: int
) -> None:
    answer = visit(make_app()).post("/login", data=credentials, headers=headers)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["type"] == "urn:resonanz:problem:cross-site"
        assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ada", "short"),
        ("", "ein langes Passwort 7"),
        ("a:b", "ein langes Passwort 7"),
        ("ada", "a" * 20),
        ("ada", "x" * 300),
        ("ada" * 5, "ada" * 5),
    ],
)
def test_unfit_names_and_passwords_are_refused(database: Engine, name: str, password: str) -> None:
    with pytest.raises(Invalid):
        create_admin(database, name, password)


def test_a_name_is_taken_once(database: Engine) -> None:
    create_admin(database, "ada", "ein langes Passwort 7")
    with pytest.raises(Conflict):
        create_admin(database, "ADA", "ein langes Passwort 8")
    with transaction(database) as session:
        stored = session.scalars(select(Account.password_hash)).one()
    assert stored.startswith("$argon2id$")
