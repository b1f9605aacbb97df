"""The pages in a real Chromium, with the content security policy of the service."""

import shutil
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright

from service.web.rendering import USE

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PATHS = (*USE, "/rooms/wiki/98304")
LANGUAGES, WIDTHS = ("de", "en"), (1280, 360)
REFLOW = (320, 640)
"""Narrowest, and 1280 px at a zoom of 200 %."""
LIGHT = 300_000
PATIENCE = 120_000
"""Milliseconds; a busy machine draws slowly."""


@cache
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


def opened(
    context: BrowserContext, url: str, messages: list[str], answers: list[Response] | None = None
) -> Page:
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    if answers is not None:
        page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    # What was still on its way when somebody went on is broken off by the browser: nothing failed.
    page.on(
        "requestfailed",
        lambda request: request.failure == "net::ERR_ABORTED" or messages.append(f"failed: {request.url}"),
    )
    page.goto(url)
    return page


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_sound_in_both_languages_and_widths(browser, werra, path, views):
    """axe finds nothing, nothing scrolls sideways, headings come in order, the console is silent, and it is light."""
    messages: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    for language in LANGUAGES:
        answers: list[Response] = []
        page = opened(context, f"{werra}{path}?lang={language}", messages, answers)
        assert page.locator("html").get_attribute("lang") == language
        assert all(answer.url.startswith(werra) for answer in answers)
        assert sum(len(answer.body()) for answer in answers) < LIGHT
        levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map(one => +one.tagName[1])")
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        page.evaluate(axe_source())
        for width in (width for spoken, width in views if spoken == language):
            page.set_viewport_size({"width": width, "height": 900})
            found = page.evaluate(
                "axe.run({resultTypes: ['violations'], rules: {'target-size': {enabled: true}}})"
            )
            assert [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found["violations"]] == []
            assert len(found["passes"]) > 20
        for width in (*REFLOW, *WIDTHS):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.close()
    assert messages == []
    context.close()


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_colours_of_the_page_have_contrast_in_both_schemes(browser, werra, scheme):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    for path in ("/periods", "/network"):
        page = opened(context, f"{werra}{path}?lang=de", [])
        page.evaluate(axe_source())
        found = page.evaluate("axe.run({runOnly: ['color-contrast']})")
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


def test_without_javascript_the_pages_show_charts_and_choices_work(browser, werra):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    page = opened(context, f"{werra}/adoption?lang=en", [])
    assert page.locator("#trend svg.wide").is_visible()
    page.select_option("#metric", "response_rate")
    page.select_option("#window", "week")
    page.locator("#trend button").click()
    assert page.locator("#trend figcaption").inner_text() == "Response rate"
    page.locator("#trend summary").click()
    assert page.locator("#trend td").first.is_visible()
    page.get_by_role("link", name="Rooms", exact=True).click()
    page.select_option("#state", "stirring")
    page.fill("#name", "it-service")
    page.locator("#rooms button").click()
    assert page.locator("#count").inner_text() == "4 of 34 rooms"
    page.locator("#rooms a", has_text="IT-Service 2").click()
    assert page.locator("h1").inner_text() == "IT-Service 2"
    page.get_by_role("link", name="Deutsch").click()
    assert page.locator("html").get_attribute("lang") == "de"
    context.close()


def test_with_javascript_a_choice_changes_only_its_part_and_can_be_taken_back(browser, werra):
    messages: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = opened(context, f"{werra}/rooms?lang=en", messages)
    page.evaluate("window.untouched = true")
    page.locator("#state").focus()
    page.select_option("#state", "dormant")
    page.locator("#count", has_text="3 of 34 rooms").wait_for()
    assert page.evaluate("[window.untouched, document.activeElement.id]") == [True, "state"]
    assert "state=dormant" in page.url
    assert page.locator("#found tbody tr").count() == 3
    page.fill("#name", "sport 3")
    page.locator("#count", has_text="1 of 34 rooms").wait_for()
    page.goto(f"{werra}/adoption?lang=en")
    page.evaluate("window.untouched = true")
    page.select_option("#metric", "contributor_share")
    page.locator("#trend figcaption", has_text="Contributor share").wait_for()
    assert page.locator("#window option").all_inner_texts() == ["28-day periods"]
    assert page.locator("#now").inner_text() == "Contributor share"
    assert page.evaluate("window.untouched") is True
    page.go_back()
    page.locator("#trend figcaption", has_text="Active share").wait_for()
    kept = page.evaluate("[...Object.values(localStorage), ...Object.values(sessionStorage)]")
    assert all(one.startswith("/") for one in kept)  # addresses at most, never what stood on a page
    assert messages == []
    context.close()


@pytest.mark.parametrize("path", ["/", "/adoption", "/periods", "/rooms", "/dialogue", "/network", "/data"])
def test_the_keyboard_reaches_every_control_in_order_and_shows_where_it_is(browser, werra, path):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = opened(context, f"{werra}{path}?lang=de", [])
    wanted = page.evaluate(
        """() => [...document.querySelectorAll('a[href], button, select, input, summary, [tabindex="0"]')]
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
    assert reached == wanted
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


def test_only_one_size_of_a_chart_is_shown(browser, werra):
    for width, shown, hidden in ((1280, "wide", "narrow"), (360, "narrow", "wide")):
        context = browser.new_context(viewport={"width": width, "height": 900})
        page = opened(context, f"{werra}/adoption?lang=de", [])
        assert page.locator(f"#trend svg.{shown}").is_visible()
        assert not page.locator(f"#trend svg.{hidden}").is_visible()
        context.close()


def test_on_paper_the_figures_stay_and_the_controls_go(browser, werra):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = opened(context, f"{werra}/adoption?lang=de", [])
    page.emulate_media(media="print")
    assert not page.locator("#trend form").is_visible()
    assert not page.locator("nav.within").is_visible()
    assert page.locator("#trend svg.wide").is_visible()
    page.goto(f"{werra}/?lang=de")
    assert page.locator("#figures .value").first.is_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_with_forced_colours_charts_keep_their_own_on_white(browser, werra, scheme):
    context = browser.new_context(forced_colors="active", color_scheme=scheme)
    page = opened(context, f"{werra}/adoption?lang=de", [])
    colours = page.evaluate(
        """() => [document.querySelector('#trend svg.wide'), document.querySelector('#roles svg.wide text')]
            .map(one => getComputedStyle(one)).map(one => [one.backgroundColor, one.fill])"""
    )
    assert colours[0][0] == "rgb(255, 255, 255)"
    assert colours[1][1] == "rgb(79, 93, 107)"
    context.close()
