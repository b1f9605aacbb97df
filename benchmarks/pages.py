"""How heavy the pages on use are and how soon they are painted, in Chromium, of a service that runs on this machine."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

import httpx

from benchmarks.assurance.figure import Figure
from service.language import LOCALES
from service.web.rendering import USE

PAINTED = """new Promise(done => new PerformanceObserver(list => list.getEntriesByName('first-contentful-paint')
    .forEach(one => done(one.startTime))).observe({type: 'paint', buffered: true}))"""
ANSWERED = "performance.getEntriesByType('navigation')[0].responseEnd"


@dataclass(frozen=True)
class View:
    """One first view, with nothing kept by the browser: kilobytes of all that was transferred, milliseconds since asking."""

    path: str
    code: str
    kilobytes: float
    answered: float
    painted: float


def main(address: str, *, views: int = 5) -> list[View]:
    """Print and return the median view of every page in both languages; `views` of each are made, and one before them, which
    finds its charts drawn or not. Raises `SystemExit` where nothing answers or no browser is installed.
    """
    try:
        httpx.get(f"{address}/healthz", timeout=10).raise_for_status()
    except httpx.HTTPError as error:
        raise SystemExit(
            f"nothing answers at {address}: start `make demo` in another terminal first"
        ) from error
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        raise SystemExit("Chromium is not installed, so nothing can be painted: install the package chromium")
    from playwright.sync_api import sync_playwright

    found = []
    print(f"\n{'page':<14}{'':<4}{'kB':>7}{'first ms':>10}{'answered':>10}{'painted':>9}")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=browser, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        for path in (*USE, "/overview"):
            for code in LOCALES:
                first = _view(launched, address, path, code)
                seen = [_view(launched, address, path, code) for _ in range(views)]
                shown = View(
                    path,
                    code,
                    seen[0].kilobytes,
                    median(one.answered for one in seen),
                    median(one.painted for one in seen),
                )
                found.append(shown)
                print(
                    f"{path:<14}{code:<4}{shown.kilobytes:>7.0f}{first.painted:>10.0f}{shown.answered:>10.0f}"
                    f"{shown.painted:>9.0f}"
                )
        launched.close()
    return found


def figures(address: str = "http://127.0.0.1:8080", *, views: int = 5) -> Iterator[Figure]:
    """Weight and first paint of every page, or why they could not be seen."""
    try:
        found = main(address, views=views)
    except SystemExit as error:
        yield Figure(
            "C7", "weight and first paint of the pages", "at most 300 kB, 1 s", f"not measured: {error}", None
        )
        return
    heavy, slow = max(found, key=lambda one: one.kilobytes), max(found, key=lambda one: one.painted)
    what = f"of {len(found)} pages and languages"
    yield Figure(
        "C7",
        f"weight of a first view (page, style, script, charts) {what}",
        "at most 300 kB",
        f"{min(one.kilobytes for one in found):.0f} to {heavy.kilobytes:.0f} kB, the heaviest is {heavy.path} ({heavy.code})",
        heavy.kilobytes <= 300,
    )
    yield Figure(
        "C7",
        f"first paint {what}, medians of {views} views each",
        "at most 1 s",
        f"{min(one.painted for one in found) / 1000:.2f} to {slow.painted / 1000:.2f} s, the slowest is {slow.path} ({slow.code})",
        slow.painted <= 1000,
    )


def _view(browser: Any, address: str, path: str, code: str) -> View:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page, bodies = context.new_page(), []
    page.on("response", lambda answer: bodies.append(answer))  # noqa: PLW0108 (playwright wants a function of its own)
    page.goto(f"{address}{path}?lang={code}", wait_until="networkidle", timeout=120_000)
    view = View(
        path,
        code,
        sum(len(one.body()) for one in bodies) / 1000,
        page.evaluate(ANSWERED),
        page.evaluate(PAINTED),
    )
    context.close()
    return view
