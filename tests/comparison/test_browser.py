"""The page in a real browser: nothing for axe to find, nothing wider than a phone, and all of it without scripts."""

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from service.app import create_app
from service.comparison.publish import publish
from service.settings import Settings

ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_axe_finds_nothing_and_a_phone_is_wide_enough(world: Any, database: Any, tmp_path: Path) -> None:
    playwright_api = pytest.importorskip("playwright.sync_api")
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip(f"none of {', '.join(names)} is installed: the page was not tried in a browser")
    spec = find_spec("axe_playwright_python")
    assert spec is not None
    assert spec.origin is not None
    axe = (Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8")
    own = world.company("werra", synthetic=True)
    world.milestone(own)
    world.assess(own, 3.6, created=world.moment.replace(day=2))
    for number in range(6):
        world.company(f"firma{number}", 0.2 + number / 25, 2.0 + number / 5, share=True, synthetic=True)
    publish(world.session, own, now=world.moment)
    world.session.commit()
    app = create_app(Settings(data=tmp_path, open_pages=True), database)
    found = []
    with serving(app) as address, playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for language, width in (("de", 1280), ("en", 360), ("de", 360)):
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.goto(f"{address}/comparison?organisation=werra&lang={language}")
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            page.evaluate(axe)
            seen = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
            found += [
                (language, width, one["id"], [node["html"][:100] for node in one["nodes"]][:3])
                for one in seen
            ]
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.locator("svg:visible").count() >= 2
            page.close()
        browser.close()
    assert found == []
