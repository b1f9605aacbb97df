"""The pages of sign-in, tokens and council in a real Chromium: accessible, in both languages and two widths, console silent."""

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, sync_playwright

from alembic import command
from service.app import create_app
from service.database import alembic_config, connect, transaction
from service.demo import dry_run as trial
from service.grants import Role
from service.models import Base, Organisation, Source
from service.security.accounts import create_account, create_without_password, named
from service.security.links import make_link
from service.security.roles import Scope
from service.security.tokens import create_token
from service.settings import Settings
from service.web import council

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PASSWORD = "ein langes Passwort 7"
FOUND = trial.DryRun(
    "GET /confluence/rest/api/content",
    {"type": "comment", "version": {"by": {"displayName": trial.NAME}}},
    [{"kind": "comment", "person": -7472571333956051154}],
    {"pseudonym": -7472571333956051154, "kind": "human"},
    {trial.NAME: 0, trial.MAIL: 0},
    [
        {
            "room": "KANTINE",
            "metric": "active_share",
            "since": date(2026, 3, 2),
            "state": "published",
            "reason": None,
            "value": 0.5,
            "people": 26,
        },
        {
            "room": "KLEIN",
            "metric": "active_share",
            "since": date(2026, 3, 2),
            "state": "suppressed",
            "reason": "small_group",
            "value": None,
            "people": None,
        },
    ],
    10,
)
"""What a dry run looks like; that a real one does is tested in tests/demo."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip(f"none of {', '.join(names)} is installed: the pages were not tried in a browser")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, FastAPI]]:
    """(address, one-time link, app) of a service with a company sign-in beside passwords, a source, an auditor and a token."""
    folder: Path = tmp_path_factory.mktemp("site")
    engine = connect(f"sqlite:///{folder / 'resonanz.db'}")
    Base.metadata.create_all(engine)
    command.stamp(alembic_config(engine), "head")
    now = datetime.now(UTC)
    with pytest.MonkeyPatch.context() as patch, socket.socket() as listener:
        patch.setattr(council, "dry_run", lambda _: FOUND)
        with transaction(engine) as session:
            session.add(Organisation(id=1, key="werra", name="Werra Versicherung AG"))
            session.flush()
            settings = {"path": str(folder), "format": "activities"}
            session.add(
                Source(organisation_id=1, key="wiki", connector="files", settings=settings, created=now)
            )
        create_account(engine, "betriebsrat", PASSWORD, Role.AUDITOR, organisation_id=1)
        create_without_password(engine, "neue-leitung", Role.IT_ADMIN, "console", organisation_id=1)
        with transaction(engine) as session:
            link = make_link(session, named(session, "neue-leitung"), now, "console")
            create_token(
                session,
                named(session, "betriebsrat"),
                "Power BI",
                [Scope.CATALOGUE],
                expires=now.replace(year=now.year + 1),
                now=now,
            )
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = create_app(
            Settings(
                data=folder,
                public_url=url,
                oidc_issuer="http://127.0.0.1:1/realm",
                oidc_client_id="resonanz",
                oidc_roles={"a": "viewer"},
                local_sign_in=True,
            ),
            engine,
        )
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            yield url, link, app
        finally:
            server.should_exit = True
            thread.join(20)
            app.state.provider.http.close()
    engine.dispose()


@pytest.fixture(scope="module")
def axe() -> str:
    found = find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        pytest.skip("axe-core is not installed (package axe-playwright-python)")
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def cookies(browser: Browser, site: Any) -> Any:
    """Those of a browser in which the works council signed in, by typing."""
    url, _, _ = site
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{url}/login")
    page.get_by_label("Name").fill("betriebsrat")
    page.get_by_label("Passwor").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/")
    kept = context.cookies()
    context.close()
    return kept


PAGES = {
    "login": "/login",
    "refused": "/login/company",
    "password": "/password?link={link}",
    "link-gone": "/password?link=x",
    "tokens": "/tokens",
    "council": "/council",
    "running": "/council/running",
    "dry-run": "/council/dry-run",
    "agreement": "/agreement",
}
PUBLIC = ("login", "refused", "password", "link-gone")


def overflow(page: Page) -> int:
    found: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return found


@pytest.mark.parametrize("name", list(PAGES))
def test_axe_finds_nothing_nothing_overflows_and_the_console_stays_silent(  # noqa: PLR0917
    browser: Browser, site: Any, cookies: Any, axe: str, name: str, views: list[tuple[str, int]]
) -> None:
    url, link, _ = site
    path = PAGES[name].format(link=link)
    for language, width in views:
        context = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=False)
        if name not in PUBLIC:
            context.add_cookies(cookies)
        messages: list[str] = []
        page = context.new_page()
        page.on("console", lambda message, kept=messages: kept.append(message.text))
        page.on("pageerror", lambda error, kept=messages: kept.append(str(error)))
        answer = page.goto(f"{url}{path}{'&' if '?' in path else '?'}lang={language}")
        assert answer is not None
        expected = {"refused": 503, "link-gone": 410}.get(name, 200)
        assert answer.status == expected
        assert page.locator("html").get_attribute("lang") == language
        assert overflow(page) <= 0
        for number in range(8):  # as somebody goes through it by keyboard
            page.keyboard.press("Tab")
            assert number or page.evaluate("document.activeElement !== document.body")
        said = [one for one in messages if f"status of {expected}" not in one or expected == 200]
        assert said == []
        page.evaluate(axe)
        found = page.evaluate(
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        )
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
        context.close()


def test_a_password_is_set_by_typing_and_signs_in(browser: Browser, site: Any) -> None:
    url, _, app = site
    create: Callable[..., None] = create_without_password
    create(app.state.engine, "tippt", Role.VIEWER, "console", organisation_id=1)
    with transaction(app.state.engine) as session:
        link = make_link(session, named(session, "tippt"), datetime.now(UTC), "console")
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(f"{url}/password?link={link}&lang=en")
    page.get_by_label("New password").fill("ein ganz neues 9")
    page.get_by_label("Once more").fill("ein ganz neues 9")
    page.get_by_role("button", name="Save password").click()
    page.wait_for_url("**/login**")
    page.get_by_label("Name").fill("tippt")
    page.get_by_label("Password").fill("ein ganz neues 9")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/")
    assert (
        page.get_by_role("link", name="No agreement in force").get_attribute("href")
        == "/agreement?organisation=werra"
    )
    context.close()
