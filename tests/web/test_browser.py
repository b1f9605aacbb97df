"""The pages in a real Chromium, with the content security policy of the service."""

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
ROOM = "/rooms/wiki/98304"
LANGUAGES, WIDTHS = ("de", "en"), (1280, 360)
LIGHT = 300_000


def axe_source() -> str:
    found = find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        pytest.skip("axe-core is not installed (package axe-playwright-python)")
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


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


def opened(context: BrowserContext, url: str, messages: list[str]) -> Page:
    page = context.new_page()
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("requestfailed", lambda request: messages.append(f"failed: {request.url}"))
    page.goto(url)
    return page


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["/", ROOM])
def test_axe_finds_nothing_and_the_console_stays_silent(browser, werra, path, language, width):
    messages: list[str] = []
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = opened(context, f"{werra}{path}?lang={language}", messages)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.evaluate(axe_source())
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found["violations"]] == []
    assert len(found["passes"]) > 20
    assert messages == []
    context.close()


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_colours_of_the_page_have_contrast_in_both_schemes(browser, werra, scheme):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    page = opened(context, f"{werra}/?lang=de", [])
    page.evaluate(axe_source())
    found = page.evaluate("axe.run({runOnly: ['color-contrast', 'target-size']})")
    assert found["violations"] == []
    context.close()


def test_the_page_before_the_first_publication_is_clean_too(browser, client):
    messages: list[str] = []
    context = browser.new_context(viewport={"width": 360, "height": 800})
    page = opened(context, f"{client.base_url}?lang=en", messages)
    page.evaluate(axe_source())
    assert page.evaluate("axe.run()")["violations"] == []
    assert messages == []
    context.close()


@pytest.mark.parametrize("path", ["/", ROOM])
@pytest.mark.parametrize("width", [320, 640, 1280])
def test_nothing_scrolls_sideways(browser, werra, path, width):
    """At 320 px, and at 640 px, which is 1280 px at a zoom of 200 %."""
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = opened(context, f"{werra}{path}?lang=de", [])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


def test_without_javascript_the_pages_show_charts_and_pickers_work(browser, werra):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    page = opened(context, f"{werra}/?lang=en", [])
    assert page.locator("#trend svg.wide").is_visible()
    page.select_option("#metric", "response_rate")
    page.select_option("#window", "week")
    page.locator("#trend button").click()
    assert page.locator("#trend figcaption").inner_text() == "Response rate"
    page.locator("#trend summary").click()
    assert page.locator("#trend td").first.is_visible()
    page.locator("#rooms a", has_text="HR & Du").first.click()
    assert page.locator("h1").inner_text() == "HR & Du"
    page.get_by_role("link", name="Deutsch").click()
    assert page.locator("html").get_attribute("lang") == "de"
    context.close()


def test_the_keyboard_reaches_every_control_and_shows_where_it_is(browser, werra):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = opened(context, f"{werra}/?lang=de", [])
    wanted = page.evaluate(
        """() => [...document.querySelectorAll('a[href], button, select, summary, [tabindex="0"]')]
            .filter(one => one.checkVisibility()).map((one, number) => one.dataset.stop = String(number))"""
    )
    reached, unseen = [], []
    for _ in range(len(wanted) + 2):
        page.keyboard.press("Tab")
        stop, outline = page.evaluate(
            "() => [document.activeElement.dataset.stop, getComputedStyle(document.activeElement).outlineStyle]"
        )
        if stop is None:
            break
        reached.append(stop)
        if outline == "none":
            unseen.append(stop)
    assert sorted(reached, key=int) == wanted
    assert unseen == []
    context.close()


def test_the_first_stop_leads_past_the_header(browser, werra):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = opened(context, f"{werra}/?lang=de", [])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Zum Inhalt springen"
    box = page.locator(".skip").bounding_box()
    page.keyboard.press("Enter")
    assert box is not None
    assert page.evaluate("document.activeElement.id") == "main"
    context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_every_control_is_large_enough_to_hit(browser, werra, width):
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = opened(context, f"{werra}/?lang=de", [])
    small = page.evaluate(
        """() => [...document.querySelectorAll('a[href], button, select, summary')]
            .filter(one => one.checkVisibility() && !one.matches('.skip'))
            .filter(one => one.getBoundingClientRect().height < 24).map(one => one.outerHTML)"""
    )
    assert small == []
    context.close()


def test_only_one_size_of_a_chart_is_shown(browser, werra):
    for width, shown, hidden in ((1280, "wide", "narrow"), (360, "narrow", "wide")):
        context = browser.new_context(viewport={"width": width, "height": 900})
        page = opened(context, f"{werra}/?lang=de", [])
        assert page.locator(f"#trend svg.{shown}").is_visible()
        assert not page.locator(f"#trend svg.{hidden}").is_visible()
        context.close()


def test_on_paper_the_figures_stay_and_the_controls_go(browser, werra):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = opened(context, f"{werra}/?lang=de", [])
    page.emulate_media(media="print")
    assert not page.locator("#trend form").is_visible()
    assert page.locator("#figures .value").first.is_visible()
    assert page.locator("#trend svg.wide").is_visible()
    context.close()


def test_everything_a_page_needs_is_light_and_from_the_same_origin(browser, werra):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    answers = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108
    page.goto(f"{werra}/?lang=de&window=week")
    page.wait_for_load_state("networkidle")
    assert all(answer.url.startswith(werra) for answer in answers)
    assert sum(len(answer.body()) for answer in answers) < LIGHT
    context.close()


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_with_forced_colours_charts_keep_their_own_on_white(browser, werra, scheme):
    context = browser.new_context(forced_colors="active", color_scheme=scheme)
    page = opened(context, f"{werra}/?lang=de", [])
    colours = page.evaluate(
        """() => [document.querySelector('#trend svg.wide'), document.querySelector('#roles svg.wide text')]
            .map(one => getComputedStyle(one)).map(one => [one.backgroundColor, one.fill])"""
    )
    assert colours[0][0] == "rgb(255, 255, 255)"
    assert colours[1][1] == "rgb(79, 93, 107)"
    context.close()
