"""Cards in a real Chromium: inside pages of a listed origin, refused by another, and as a component on a third under a strict policy."""

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from html import escape
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from service.app import create_app
from service.cards import Choices, Kind
from service.demo.prompt import Prompt

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
RULES = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"
STRICT = (
    "default-src 'none'; script-src {service}; connect-src {service}; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


@dataclass
class Street:
    """The service and two neighbours: `intranet` is listed for embeds, `elsewhere` is not. `asked` is what reached /embed/."""

    house: object
    service: str
    intranet: str
    elsewhere: str
    asked: list[dict[str, str]] = field(default_factory=list)

    def link(self, kind: Kind, **more: object) -> str:
        return self.service + self.house.embed(kind, hosts=[self.intranet], **more)  # type: ignore[attr-defined]


def host_page(service: str):
    """Stands for an intranet: a page with a frame, or one with the component under a strict policy."""

    async def answer(scope, receive, send):
        asked = {key: values[0] for key, values in parse_qs(scope["query_string"].decode()).items()}
        link, headers = escape(asked.get("u", "")), [(b"content-type", b"text/html; charset=utf-8")]
        if scope["path"] == "/portal":
            headers.append((b"content-security-policy", STRICT.format(service=service).encode()))
            body = (
                f'<script type="module" src="{service}/static/resonanz-card.js"></script>'
                f'<main><h1>Portal</h1><resonanz-card src="{link}" lang="{asked.get("lang", "de")}"></resonanz-card></main>'
            )
        else:
            extra = escape(asked.get("sandbox", "-"))
            sandbox = "" if extra == "-" else f' sandbox="{extra}"'
            body = (
                f'<main><h1>Intranet</h1><iframe src="{link}" title="Karte" width="{asked.get("width", "400")}" height="900"'
                f"{sandbox}></iframe></main>"
            )
        icon = "" if scope["path"] == "/portal" else '<link rel="icon" href="data:,">'
        page = f'<!doctype html><html lang="de"><head><title>Intranet</title>{icon}</head><body>{body}</body></html>'
        status = 200 if scope["path"] in {"/", "/portal"} else 404
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": page.encode()})

    return answer


@contextmanager
def served(app, listener: socket.socket) -> Iterator[None]:
    server = Prompt(uvicorn.Config(app, log_level="error", ws="none", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield
    finally:
        server.end()
        thread.join(20)


@pytest.fixture(scope="module")
def street(house) -> Iterator[Street]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(3)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        ports = [one.getsockname()[1] for one in sockets]
        # Two names of one machine, so two sites to a browser.
        made = Street(
            house,
            f"http://127.0.0.1:{ports[0]}",
            f"http://localhost:{ports[1]}",
            f"http://localhost:{ports[2]}",
        )
        before = house.settings.embed_hosts
        house.settings.embed_hosts = f"{before} {made.intranet}"
        house.settings.public_url = made.service
        app = create_app(house.settings, house.engine)

        async def noted(scope, receive, send):
            if scope["type"] == "http" and scope["path"].startswith("/embed/"):
                made.asked.append({name.decode(): value.decode() for name, value in scope["headers"]})
            await app(scope, receive, send)

        stack.enter_context(served(noted, sockets[0]))
        for listener in sockets[1:]:
            stack.enter_context(served(host_page(made.service), listener))
        yield made
        house.settings.embed_hosts, house.settings.public_url = before, None


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip(f"none of {', '.join(names)} is installed: embeds were not tried in a browser")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def axe() -> str:
    found = find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        pytest.skip("axe-core is not installed (package axe-playwright-python)")
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


@contextmanager
def visiting(browser: Browser, url: str, **more) -> Iterator[tuple[Page, list[str]]]:
    """A page in a browser of its own, and what its console said."""
    context = browser.new_context(**{"viewport": {"width": 1000, "height": 1000}, **more})
    messages: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.goto(url)
    page.wait_for_load_state("networkidle")
    yield page, messages
    context.close()


def quoted(**values: str) -> str:
    return urlencode(values)


def violations(target) -> list[tuple[str, list[str]]]:
    found = target.evaluate(f"axe.run(document, {{runOnly: {RULES}}})")
    return [(one["id"], [node["html"][:150] for node in one["nodes"]]) for one in found["violations"]]


@pytest.mark.parametrize(
    ("kind", "scheme"),
    [
        (Kind.FIGURE, "light"),
        (Kind.TREND, "dark"),
        (Kind.ROOMS, "light"),
        (Kind.MATURITY, "light"),
        (Kind.DIALOGUE, "dark"),
        (Kind.FINDINGS, "dark"),
    ],
)
def test_a_listed_page_shows_the_card_accessibly_and_without_scrolling_sideways(
    browser, street, axe, kind, scheme
):
    link = street.link(kind, locale="de" if scheme == "light" else "en")
    street.asked.clear()
    with visiting(browser, f"{street.intranet}/?{quoted(u=link, width='260')}", color_scheme=scheme) as (
        page,
        messages,
    ):
        frame = page.frames[1]
        assert frame.locator("article.embed").is_visible()
        assert frame.evaluate("document.documentElement.scrollWidth") <= 260
        frame.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        frame.evaluate(axe)
        assert violations(frame) == []
        assert frame.evaluate("getComputedStyle(document.querySelector('.embed')).paddingTop") != "0px"
        ground = frame.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(23, 33, 43)")
        assert messages == []
    assert len(street.asked) == 1


@pytest.mark.parametrize("ending", ["", "gone"])
def test_a_page_that_is_not_listed_shows_nothing(browser, street, ending):
    link = street.link(Kind.FIGURE, age=timedelta(days=31) if ending else timedelta())
    with visiting(browser, f"{street.elsewhere}/?{quoted(u=link)}") as (page, messages):
        assert any("frame-ancestors" in text for text in messages)
        assert "Werra" not in page.frames[1].content()
        assert page.frames[1].locator("article.embed").count() == 0
    with visiting(browser, f"{street.intranet}/?{quoted(u=link)}") as (page, messages):
        said = page.frames[1].locator(".embed").inner_text()
        assert ("Werra" in said) == (ending == "")
        assert ("abgelaufen" in said) == (ending == "gone")
        assert not any("frame-ancestors" in text for text in messages)


def test_a_link_that_is_not_ours_is_framed_by_nobody(browser, street):
    link = street.link(Kind.FIGURE)[:-1]
    with visiting(browser, f"{street.intranet}/?{quoted(u=link)}") as (page, messages):
        assert any("frame-ancestors" in text for text in messages)
        assert page.frames[1].locator(".embed").count() == 0


def test_no_other_page_of_the_service_can_be_framed(browser, street):
    with visiting(browser, f"{street.intranet}/?{quoted(u=f'{street.service}/login')}") as (page, messages):
        assert any("frame-ancestors" in text for text in messages)
        assert page.frames[1].locator("form").count() == 0


def test_in_a_sandbox_and_without_javascript_it_looks_the_same(browser, street):
    link = street.link(Kind.TREND)
    sandbox = "allow-popups allow-top-navigation-by-user-activation"
    address = f"{street.intranet}/?{quoted(u=link, sandbox=sandbox)}"
    with visiting(browser, address, java_script_enabled=False) as (page, messages):
        frame = page.frames[1]
        assert frame.locator("svg.narrow").is_visible()
        assert not frame.locator("svg.wide").is_visible()
        assert frame.locator("table").is_hidden()
        frame.locator("summary").click()
        assert frame.locator("table").is_visible()
        assert messages == []
        frame.locator(".embed-foot a").click()
        page.wait_for_url(f"{street.service}/login?**")


def test_no_cookie_goes_or_comes_though_the_reader_is_signed_in(browser, street, house):
    link = street.link(Kind.FIGURE)
    context = browser.new_context()
    context.add_cookies(house.cookies("viewer", street.service))
    page = context.new_page()
    page.goto(f"{street.service}/agreement?organisation=werra")
    assert page.locator(".account").is_visible()
    kept = context.cookies()
    assert kept
    street.asked.clear()
    answers = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108
    page.goto(f"{street.intranet}/?{quoted(u=link)}")
    page.wait_for_load_state("networkidle")
    assert "Werra" in page.frames[1].content()
    assert [one for one in street.asked if "cookie" in one] == []
    assert street.asked[0]["sec-fetch-dest"] == "iframe"
    assert street.asked[0]["sec-fetch-site"] == "cross-site"
    ours = [one for one in answers if one.url.startswith(street.service)]
    assert len(ours) >= 2
    assert not any("set-cookie" in one.all_headers() for one in ours)
    assert context.cookies() == kept
    context.close()


def test_on_paper_the_card_keeps_its_figures(browser, street):
    with visiting(browser, street.link(Kind.TREND), viewport={"width": 700, "height": 900}) as (
        page,
        messages,
    ):
        page.emulate_media(media="print")
        assert page.locator(".embed-value").is_visible()
        assert page.locator("svg.wide").is_visible()
        assert not page.locator("summary").is_visible()
        assert messages == []


def shown_by(page: Page) -> str:
    page.wait_for_function("['loading'].indexOf(document.querySelector('resonanz-card').state) < 0")
    return page.evaluate("document.querySelector('resonanz-card').state")


@pytest.mark.parametrize("kind", [Kind.TREND, Kind.DIALOGUE, Kind.FINDINGS])
def test_the_component_draws_the_card_under_a_strict_policy_with_trusted_types(browser, street, axe, kind):
    link = street.link(kind)
    street.asked.clear()
    with visiting(browser, f"{street.intranet}/portal?{quoted(u=link)}") as (page, messages):
        assert shown_by(page) in {"shown", "unknown"}
        article = page.locator("resonanz-card article")
        assert article.get_attribute("lang") == "de"
        assert article.evaluate("node => getComputedStyle(node).borderTopWidth") == "0px"
        assert article.evaluate("node => getComputedStyle(node).paddingLeft") == "16px"
        alone = browser.new_page()
        alone.goto(link)
        for name in (
            ".embed-title",
            ".embed-value",
            ".embed-withheld",
            ".embed-fact",
            ".embed-note",
            ".embed-kind",
            "td",
            "th",
        ):
            texts = [
                alone.locator(name).all_text_contents(),
                page.locator(f"resonanz-card {name}").all_text_contents(),
            ]
            assert texts[0] == texts[1], name
        drawn = alone.locator("svg.wide")
        assert page.locator("resonanz-card svg").count() == min(1, drawn.count())
        if drawn.count():
            assert page.locator("resonanz-card svg text").count() == drawn.locator("text").count() > 3
            assert page.locator("resonanz-card svg title").count() == drawn.locator("title").count()
        alone.close()
        assert (
            page.locator("resonanz-card .embed-foot a").get_attribute("href").startswith(f"{street.service}/")
        )
        page.evaluate(axe)
        assert violations(page) == []
        assert messages == []
    assert not any("cookie" in one for one in street.asked)


def test_the_component_says_in_words_what_it_can_not_show(browser, street):
    cases = {
        "gone": (street.link(Kind.FIGURE, age=timedelta(days=31)), "gone"),
        "cut off": (street.link(Kind.FIGURE)[:-1], "unreachable"),
        "no link": (f"{street.service}/login?t=x", "invalid"),
        "script as link": ("javascript:alert(1)", "invalid"),
        "plain http elsewhere": ("http://intranet.example/embed/figure?t=x", "invalid"),
        "suppressed": (street.link(Kind.FIGURE, choices=Choices("active_share", "werra/small")), "withheld"),
        "unknown": (street.link(Kind.FIGURE, choices=Choices("time_to_first_response")), "unknown"),
    }
    says = """async ([src, lang]) => {
        const card = document.querySelector("resonanz-card");
        card.setAttribute("lang", lang);
        card.setAttribute("src", src);
        await card.refresh();
        return [card.state, card.shadowRoot.querySelector(".embed-withheld").textContent];
    }"""
    with visiting(browser, f"{street.intranet}/portal?{quoted(u=street.link(Kind.FIGURE))}") as (
        page,
        messages,
    ):
        assert shown_by(page) == "shown"
        for name, (link, state) in cases.items():
            german, english = (page.evaluate(says, [link, code]) for code in ("de", "en"))
            assert german[0] == english[0] == state, name
            assert german[1]
            # The card itself is in its own language.
            assert (german[1] == english[1]) == (state in {"withheld", "unknown"}), name
        assert [text for text in messages if "Security Policy" in text or "Trusted" in text] == []
    with visiting(browser, f"{street.elsewhere}/portal?{quoted(u=street.link(Kind.FIGURE))}") as (
        page,
        messages,
    ):
        assert shown_by(page) == "unreachable"
        assert any("CORS" in text for text in messages)
        assert "Werra" not in page.locator("resonanz-card").evaluate("node => node.shadowRoot.textContent")


def test_the_component_reads_anew_and_tells_of_it(browser, street):
    with visiting(browser, f"{street.intranet}/portal?{quoted(u=street.link(Kind.FIGURE))}") as (
        page,
        messages,
    ):
        assert shown_by(page) == "shown"
        told = page.evaluate(
            """async (link) => {
                const card = document.querySelector("resonanz-card"), told = [];
                document.addEventListener("resonanz-card", (event) => told.push(event.detail));
                await card.refresh();
                const done = new Promise((ok) => document.addEventListener("resonanz-card", ok, { once: true }));
                card.src = null;
                card.setAttribute("src", link);
                await done;
                return told;
            }""",
            street.link(Kind.ROOMS),
        )
        assert told == [{"state": "shown", "kind": "figure"}, {"state": "shown", "kind": "rooms"}]
        assert page.locator("resonanz-card svg").is_visible()
        assert messages == []


@pytest.mark.parametrize(("language", "width"), [("de", 360), ("en", 1280)])
def test_the_page_of_embeds_is_accessible_and_silent(  # noqa: PLR0917
    browser, street, house, axe, language, width
):
    handle = house.row(street.link(Kind.TREND)).handle
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_cookies(house.cookies("it_admin", street.service))
    messages: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: messages.append(message.text))
    for path in (f"/embeds?kind=trend&lang={language}", f"/embeds/{handle}?lang={language}"):
        page.goto(f"{street.service}{path}")
        assert page.locator("html").get_attribute("lang") == language
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.evaluate(axe)
        assert violations(page) == []
    page.locator("#header").focus()
    page.keyboard.press("Control+a")
    marked = page.evaluate(
        "(({value, selectionStart, selectionEnd}) => value.slice(selectionStart, selectionEnd))(document.activeElement)"
    )
    assert marked.startswith("Content-Security-Policy: default-src 'none'")
    assert messages == []
    context.close()
