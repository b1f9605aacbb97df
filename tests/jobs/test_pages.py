"""The page of jobs: who sees it, what it does, and that it moves while somebody looks."""

import json
import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine, select, update

from alembic import command
from service.app import create_app
from service.database import alembic_config, connect, transaction
from service.grants import Role
from service.jobs.leases import Leases
from service.jobs.queue import Wanted, enqueue
from service.models import AuditEntry, Base, Job, Organisation, Schedule, Session, Source, Worker
from service.security.accounts import create_account
from service.settings import Settings

PASSWORD = "ein langes Passwort 7"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = connect(f"sqlite:///{tmp_path_factory.mktemp('pages') / 'resonanz.db'}")
    Base.metadata.create_all(engine)
    command.stamp(alembic_config(engine), "head")
    with transaction(engine) as session:
        session.add_all(
            [Organisation(id=1, key="werra", name="Werra AG"), Organisation(id=2, key="fulda", name="Fulda")]
        )
        session.flush()
        created = datetime.now(UTC)
        session.add(Source(organisation_id=1, key="wiki", connector="files", settings={}, created=created))
        session.commit()
        for role in Role:
            create_account(engine, role.value, PASSWORD, role, organisation_id=1)
        create_account(engine, "consultant", PASSWORD, Role.IT_ADMIN, organisation_id=None)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def app(database: Engine, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return create_app(Settings(data=tmp_path_factory.mktemp("data")), database)


@pytest.fixture
def jobs(database: Engine) -> Iterator[dict[str, int]]:
    """One job that runs, one that waits, one that was given up, and one of another organisation."""
    leases, found = Leases(database, timedelta(hours=1)), {}
    for name, wanted in {
        "poison": Wanted("compute", "compute werra", 1, step=2),
        "running": Wanted("sync", "sync wiki", 1, "wiki"),
        "waiting": Wanted("retention", "retention werra", 1),
        "theirs": Wanted("compute", "compute fulda", 2),
    }.items():
        with transaction(database) as session:
            number = enqueue(session, wanted)
            assert number is not None
            found[name] = number
        if name in ("poison", "running"):
            claim = leases.claim("w")
            assert claim is not None
            if name == "poison":
                leases.fail(claim, "Misconfigured", final=True)
            else:
                leases.progress(claim, 1, 4, 12)
    yield found
    with transaction(database) as session:
        for model in (Job, Schedule, Worker):
            session.query(model).delete()


@pytest.fixture
def sign_in(app: FastAPI) -> Callable[..., Any]:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from starlette.testclient import TestClient

    def start(name: str) -> Any:
        client = TestClient(app, follow_redirects=False, headers={"Sec-Fetch-Site": "same-origin"})
        assert client.post("/login", data={"name": name, "password": PASSWORD}).status_code == 303
        return client

    return start


def form_of(client: Any) -> str:
    found = re.findall(r'name="form" value="([0-9a-f]{64})"', client.get("/jobs").text)
    return found[0] if found else ""


def state(database: Engine, number: int) -> str:
    with transaction(database) as session:
        return session.scalars(select(Job.state).where(Job.id == number)).one()


def test_it_and_council_see_the_jobs_of_their_organisation_and_nobody_else_does(
    sign_in: Any, jobs: dict[str, int]
) -> None:
    for role in Role:
        client = sign_in(role.value)
        sees, does = role in (Role.IT_ADMIN, Role.AUDITOR), role is Role.IT_ADMIN
        page = client.get("/jobs?lang=en")
        assert page.status_code == (200 if sees else 403), role
        assert client.get("/jobs/progress").status_code == (200 if sees else 403)
        if sees:
            for words in (
                "Read a source wiki",
                "given up",
                "source check",
                "Every night",
                "not planned",
                "12",
            ):
                assert words in page.text
            assert "Fulda" not in page.text
            assert "Backup" not in page.text  # it is the installation's
            assert ("Run now" in page.text) == does
        for path in ("/jobs/run", f"/jobs/{jobs['poison']}/retry", f"/jobs/{jobs['poison']}/dismiss"):
            assert client.post(path).status_code == 403
    both = sign_in("consultant").get("/jobs?lang=de").text
    assert "Fulda" in both
    assert "Sicherung" in both


def test_jobs_are_tried_again_put_aside_and_asked_for_and_that_is_noted(
    sign_in: Any, jobs: dict[str, int], database: Engine
) -> None:
    client = sign_in("it_admin")
    form = form_of(client)
    assert client.post(f"/jobs/{jobs['poison']}/retry", data={"form": form}).status_code == 303
    assert state(database, jobs["poison"]) == "waiting"
    assert client.post(f"/jobs/{jobs['waiting']}/dismiss", data={"form": form}).status_code == 303
    assert state(database, jobs["waiting"]) == "dismissed"
    changed = client.post(f"/jobs/{jobs['running']}/dismiss", data={"form": form})
    assert "changed meanwhile" in client.get(changed.headers["location"] + "&lang=en").text
    for there, theirs in ((999, jobs["theirs"]),):
        answers = {
            client.post(f"/jobs/{one}/retry", data={"form": form}).status_code for one in (there, theirs)
        }
        assert answers == {404}
    asked = {"form": form, "organisation": "werra", "kind": "assess"}
    assert client.post("/jobs/run", data=asked).headers["location"] == "/jobs"
    assert client.post("/jobs/run", data=asked).headers["location"] == "/jobs?trouble=open"
    assert (
        client.post("/jobs/run", data=asked | {"kind": "hinted"}).headers["location"]
        == "/jobs?trouble=nothing"
    )
    for refused in ({"kind": "backup"}, {"kind": "sleep"}, {"organisation": "fulda"}):
        assert client.post("/jobs/run", data=asked | refused).status_code == 404
    assert client.post("/jobs/run", data=asked | {"form": "0" * 64}).status_code == 403
    with transaction(database) as session:
        noted = session.execute(
            select(AuditEntry.account, AuditEntry.action).where(AuditEntry.action.like("job %"))
        ).all()
    actions = ["job retried", "job put aside", "job asked for"]
    assert [tuple(row) for row in noted] == [("it_admin", action) for action in actions]


def test_progress_is_told_and_ends_with_the_session(
    app: FastAPI, sign_in: Any, jobs: dict[str, int], database: Engine
) -> None:
    client = sign_in("auditor")
    once = client.get("/jobs/progress")
    assert once.headers["content-type"].startswith("text/event-stream")
    (told,) = (json.loads(line[6:]) for line in once.text.splitlines() if line.startswith("data: "))
    assert told["running"] == [{"number": jobs["running"], "done": 1, "total": 4, "pages": 12}]
    assert str(jobs["theirs"]) + "wai" not in told["signature"].split()
    with transaction(database) as session:
        before = session.scalars(select(Session.used).order_by(Session.used.desc())).first()
    ended = threading.Thread(target=lambda: (time.sleep(1.5), run_out(database)))
    ended.start()
    watched = client.get(
        "/jobs/progress", headers={"Accept": "text/event-stream"}
    )  # comes back when the stream ends
    ended.join()
    assert watched.text.count("event: jobs") == 1
    assert before is not None
    assert client.get("/jobs/progress", headers={"Accept": "text/event-stream"}).status_code == 303


def run_out(database: Engine) -> None:
    with transaction(database) as session:
        session.execute(update(Session).values(used=datetime.now(UTC) - timedelta(minutes=31)))


def test_a_stream_ends_when_the_service_does(app: FastAPI, sign_in: Any, jobs: dict[str, int]) -> None:
    client = sign_in("auditor")
    stopped = threading.Timer(0.5, app.state.stopping.set)
    stopped.start()
    try:
        watched = client.get("/jobs/progress", headers={"Accept": "text/event-stream"})
    finally:
        stopped.join()
        app.state.stopping.clear()
    assert watched.text.count("event: jobs") == 1


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        deadline = time.monotonic() + 60
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            app.state.stopping.set()
            server.should_exit = True
            thread.join(60)
            app.state.stopping.clear()


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_in_a_browser_the_bar_moves_and_axe_finds_nothing(
    app: FastAPI, jobs: dict[str, int], database: Engine
) -> None:
    playwright_api = pytest.importorskip("playwright.sync_api")
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("Chromium is not installed: the page was not tried in a browser")
    spec = find_spec("axe_playwright_python")
    assert spec is not None
    assert spec.origin is not None
    axe = (Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8")
    found, console = [], []
    with serving(app) as address, playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(60_000)
        page.on("console", lambda message: console.append(message.text))
        page.goto(f"{address}/login?after=/jobs")
        page.fill("[name=name]", "it_admin")
        page.fill("[name=password]", PASSWORD)
        page.click("form[action='/login'] button")
        bar = page.locator(f"#progress-{jobs['running']}")
        assert bar.evaluate("one => [one.value, one.max]") == [1, 4]
        with transaction(database) as session:
            session.execute(update(Job).where(Job.id == jobs["running"]).values(progress_done=3, pages=77))
        playwright_api.expect(bar).to_have_js_property("value", 3, timeout=60_000)
        assert page.locator(f"#pages-{jobs['running']}").inner_text() == "77"
        assert not page.locator("#changed").is_visible()
        with transaction(database) as session:
            session.execute(update(Job).where(Job.id == jobs["waiting"]).values(state="dismissed"))
        page.locator("#changed").wait_for()
        for language, width in (("en", 360), ("de", 360), ("de", 1280)):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{address}/jobs?lang={language}")
            page.evaluate(axe)
            seen = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
            found += [(language, width, one["id"], one["nodes"][0]["html"][:120]) for one in seen]
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        browser.close()
    assert found == []
    assert console == []
