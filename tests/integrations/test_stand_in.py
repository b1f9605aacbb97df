"""The built web part in Chromium: its own code on a stand-in page of another origin, with a strict policy for scripts, asking the real service.

Skipped where the package was not built (`make sharepoint`).
"""

import contextlib
import functools
import http.server
import importlib.util
import shutil
import socket
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from alembic import command
from service.app import create_app
from service.database import alembic_config, connect, transaction
from service.models import AuditEntry, Base, Organisation, Publication, PublishedValue
from service.security.jwks import SigningKeys
from service.security.outbound import checked_client
from service.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PACKAGE = Path(__file__).parents[2] / "integrations/sharepoint/sharepoint/solution/resonanz.sppkg"
_spec = importlib.util.spec_from_file_location(
    "jwks_server", Path(__file__).parents[1] / "security/jwks_server.py"
)
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
sys.modules["jwks_server"] = _module
_spec.loader.exec_module(_module)
KeyServer = _module.KeyServer

TENANT, API = "6f1c2f0e-7b2a-4c7e-9a56-0d6ad1a5e001", "9d0a4c9e-5b8d-4a36-8a43-5f0f6c8d1003"
ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
STAND_IN = """
// Stands in for SharePoint: its base class, its property pane, and a client that adds the token Entra would give.
let given = {};
function BaseClientSideWebPart() {}
Object.defineProperties(BaseClientSideWebPart.prototype, {
  displayMode: { get: () => 1 },
  width: { get: () => document.documentElement.clientWidth }
});
const client = {
  get: (url) => fetch(url.replace('https://resonanz.example', given.service), { headers: { Authorization: `Bearer ${given.token}` } })
};
window.resources = [];
const modules = {
  '@microsoft/sp-core-library': { DisplayMode: { Read: 1, Edit: 2 }, Version: { parse: (text) => text } },
  '@microsoft/sp-property-pane': { PropertyPaneTextField: (key) => key, PropertyPaneChoiceGroup: (key) => key },
  '@microsoft/sp-webpart-base': { BaseClientSideWebPart },
  '@microsoft/sp-http': { AadHttpClient: { configurations: { v1: {} } } },
  '@microsoft/load-themed-styles': { loadStyles: () => undefined }
};
window.define = (...parts) => {
  const factory = parts.pop();
  const needs = parts.pop() || [];
  const made = factory(...needs.map((name) => modules[name]));
  if (parts.length === 0) modules.ResonanzWebPartStrings = made;
  else window.part = made.default || made;
};
window.define.amd = true;
window.show = (how) => {
  given = how;
  const part = new window.part();
  part.domElement = document.querySelector('main');
  part.properties = { serviceUrl: 'https://resonanz.example', organisation: '', metrics: '', view: how.view, ...how.properties };
  part.context = {
    sdks: {},
    pageContext: { cultureInfo: { currentUICultureName: given.language } },
    aadHttpClientFactory: {
      getClient: (resource) => {
        window.resources.push(resource);
        return resource === 'api://resonanz.example' ? Promise.resolve(client) : Promise.reject(new Error('no such resource'));
      }
    }
  };
  part.render();
};
"""


@pytest.fixture(scope="module")
def keys() -> Iterator[Any]:
    if not PACKAGE.exists():
        pytest.skip("the package was not built: make sharepoint")
    server = KeyServer()
    yield server
    server.stop()


def cells(number: int) -> Iterator[PublishedValue]:
    """Ten periods up to three days ago; the newest of one metric is suppressed, of another not known."""
    for period in range(10):
        until = date.today() - timedelta(days=3 + 28 * period)  # noqa: DTZ011 - a day as the browser has it
        for metric, state, reason in (
            ("active_share", "published", None),
            (
                "response_rate",
                "suppressed" if period == 0 else "published",
                "small_group" if period == 0 else None,
            ),
            (
                "time_to_first_response",
                "unknown" if period == 0 else "published",
                "not_reached" if period == 0 else None,
            ),
        ):
            shown = state == "published"
            yield PublishedValue(
                publication_id=number, metric=metric, category="", scope="organisation", scope_key="", window="days28",
                since=until - timedelta(days=28), until=until, value=(20.5 if metric.startswith("time") else 0.3 + period / 100) if shown else None,
                low=0.28 if metric == "active_share" else None, high=0.42 if metric == "active_share" else None,
                people=600 if shown else None, state=state, reason=reason,
            )  # fmt: skip


@contextlib.contextmanager
def served(app: Any) -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)


class Pages(http.server.SimpleHTTPRequestHandler):
    """Files of a folder, with the policy that stands in for SharePoint's."""

    policy = ""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", self.policy)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def pages(folder: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Pages, directory=str(folder))
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def tenant(keys: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The page's address, the service's database, and tokens with and without role."""
    folder = tmp_path_factory.mktemp("tenant")
    engine = connect(f"sqlite:///{folder / 'resonanz.db'}")
    Base.metadata.create_all(engine)
    command.stamp(alembic_config(engine), "head")
    with transaction(engine) as session:
        session.add(Organisation(id=1, key="firma", name="Firma", synthetic=False))
        session.flush()
        session.add(
            Publication(
                id=1, organisation_id=1, created=datetime.now(UTC), data_until=date.today() - timedelta(days=3),  # noqa: DTZ011
                minimum_group=10, digest="0" * 64, summary={},
            )
        )  # fmt: skip
        session.flush()
        session.add_all(cells(1))
    site = folder / "site"
    site.mkdir()
    with zipfile.ZipFile(PACKAGE) as archive:
        for name in archive.namelist():
            if name.endswith(".js"):
                kind = next((one for one in ("de-de", "en-us") if one in name), "part")
                (site / f"{kind}.js").write_bytes(archive.read(name))
    (site / "stand-in.js").write_text(STAND_IN)
    for code in ("de-de", "en-us"):
        scripts = "".join(f'<script src="/{name}.js"></script>' for name in ("stand-in", code, "part"))
        (site / f"{code}.html").write_text(
            f'<!doctype html><html lang="{code[:2]}"><head><meta charset="utf-8"><title>Stand-in</title></head><body><main></main>{scripts}</body></html>'
        )
    now = int(time.time())
    claims = {
        "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0", "aud": API, "tid": TENANT, "ver": "2.0", "iat": now, "nbf": now,
        "oid": "3c1de0f7-1111-4222-8333-c0ffee000004", "scp": "Resonanz.Read", "exp": now + 3600,
    }  # fmt: skip
    with pages(site) as page, checked_client("127.0.0.1") as keys_client:
        roles: Any = {"Resonanz.Reader": "viewer"}
        settings = Settings(
            data=folder, entra_tenant=TENANT, entra_audience=API, entra_roles=roles, cors_origins=page
        )
        app = create_app(settings, engine)
        app.state.bearers.checks[0].keys = SigningKeys(keys.url, keys_client)
        with served(app) as service:
            Pages.policy = f"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src {service}"
            yield {
                "page": page,
                "service": service,
                "engine": engine,
                "reader": keys.signed(claims | {"roles": ["Resonanz.Reader"]}),
                "nobody": keys.signed(claims | {"roles": ["Nobody"]}),
            }
    engine.dispose()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("no Chromium is installed: the web part was not tried in a browser")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def stand_in(browser: Browser, tenant: dict[str, Any]) -> Iterator[Any]:
    """Shows the part: `(page, console messages, requests to the service)`."""
    context = browser.new_context(viewport={"width": 1000, "height": 900})

    def show(
        code: str = "en-us", *, token: str = "reader", view: str = "auto", **properties: str
    ) -> tuple[Page, list[str], list[Any]]:
        page, messages, asked = context.new_page(), [], []
        page.on("console", lambda message: messages.append(message.text))
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.on(
            "request",
            lambda request: asked.append(request) if request.url.startswith(tenant["service"]) else None,
        )
        page.goto(f"{tenant['page']}/{code}.html")
        how = {
            "service": tenant["service"],
            "token": tenant[token],
            "language": code,
            "view": view,
            "properties": properties,
        }
        page.evaluate("how => window.show(how)", how)
        done = "main dl, main table, main [role=status]:not(:text-matches('Fetching|geholt'))"
        page.wait_for_selector(done, state="attached")
        return page, messages, asked

    yield show
    context.close()


def axe(page: Page) -> list[Any]:
    found = find_spec("axe_playwright_python")
    assert found is not None
    assert found.origin is not None
    page.evaluate((Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8"))
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    # The stand-in page has no heading of its own and no landmark but main: that is SharePoint's part.
    answer = page.evaluate("axe.run('main', {rules: {'page-has-heading-one': {enabled: false}}})")
    return [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in answer["violations"]]


def test_the_card_shows_published_values_and_says_why_others_are_missing(
    stand_in: Any, tenant: dict[str, Any]
) -> None:
    page, messages, asked = stand_in("de-de", view="card")
    assert [text.replace("\u00a0", " ") for text in page.locator("dd").all_inner_texts()] == [
        "30 % 28 % bis 42 %",
        "nicht gemessen",
        "Gruppe zu klein",
        "nicht bekannt: weniger als die Hälfte wurde beantwortet, es gibt keinen Median",
        "nicht gemessen",
    ]
    assert "3 Tage alt" in page.locator("main").inner_text()
    reads = [request for request in asked if request.method == "GET"]
    assert [request.url.split("?")[0].rpartition("/")[2] for request in reads] == ["metrics", "measurements"]
    assert all("cookie" not in request.all_headers() for request in reads)
    assert page.evaluate("window.resources") == ["api://resonanz.example"]
    assert messages == []
    assert axe(page) == []
    page.set_viewport_size({"width": 340, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 340
    with transaction(tenant["engine"]) as session:
        assert {entry.account for entry in session.query(AuditEntry)} == {"Microsoft Entra ID"}


def test_where_there_is_room_the_page_shows_history_as_line_and_table(stand_in: Any) -> None:
    page, messages, _ = stand_in("en-us", view="page")
    assert page.locator("svg[role=img]").count() == 3
    assert "from 39% " in str(page.locator("svg").first.get_attribute("aria-label"))
    assert page.locator("table").count() == 3
    page.locator("summary").nth(1).click()
    assert page.locator("table").nth(1).locator("td").first.inner_text() == "group too small"
    assert axe(page) == []
    assert messages == []


def test_what_goes_wrong_is_said(stand_in: Any) -> None:
    page, *_ = stand_in(token="nobody")
    assert "no role in Resonanz" in page.locator("[role=status]").inner_text()
    page, _, asked = stand_in(serviceUrl="https://evil.example")
    assert page.evaluate("window.resources") == ["api://evil.example"]
    assert asked == [], "no token for another host, so nothing was sent"
    assert "could not be signed in" in page.locator("[role=status]").inner_text()
    page, _, asked = stand_in(serviceUrl="http://resonanz.example")
    assert asked == []
    assert "No address yet" in page.locator("[role=status]").inner_text()
