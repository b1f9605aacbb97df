"""The pages that run a survey and show its results: by whom, in both languages, on a phone, without JavaScript."""

import csv
import io
import re
import shutil
import socket
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine, event, func, select

from service.app import create_app
from service.database import connect, transaction
from service.grants import Role
from service.models import AuditEntry, Invitation, Organisation, Response
from service.security.accounts import create_account
from service.settings import Settings
from service.surveys import rounds
from service.surveys.answering import store
from service.surveys.publish import close
from service.surveys.questionnaire import questionnaire

with warnings.catch_warnings():
    # It works with httpx, and warns that it will want another client some day.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

PASSWORD = "ein langes Passwort 7"
OPINIONS = {"sales": 2.1, "it": 3.6, "hr": 2.8, "board": 3.9}


def fill(engine: Engine) -> dict[str, str]:
    """A closed round of four groups with the shipped questionnaire, an open one, and tokens for it."""
    from datetime import UTC, datetime

    now = datetime(2026, 11, 2, 9, tzinfo=UTC)
    chance = Random(5)
    with transaction(engine) as session:
        owner = Organisation(id=1, key="werra", name="Werra Versicherung AG")
        session.add(owner)
        session.flush()
        old = rounds.create(
            session, owner, "herbst", title_de="Wie wir miteinander reden", title_en="How we talk to each other",
            form="full", now=now,
        )  # fmt: skip
        sizes = {"sales": 140, "it": 90, "hr": 40, "board": 8}
        labels = {"sales": "Vertrieb", "it": "IT", "hr": "Personal", "board": "Vorstandsbüro"}
        for key, invited in sizes.items():
            rounds.add_group(session, old, key, label=labels[key], invited=invited)
        rounds.start(session, old, now)
        asked = questionnaire(old.model_version, old.form)
        for group in rounds.groups(session, old):
            for _ in range(int(group.invited * 0.55)):
                mood = chance.gauss(OPINIONS[group.key], 0.5)
                answers: dict[str, int | str] = {}
                for section in asked.asked(group.respondents):
                    own = mood + (0.6 if section.key == "technology" else 0) + chance.gauss(0, 0.2)
                    for one in section.questions:
                        point = min(5, max(1, round(chance.gauss(own, 0.8))))
                        unsure = chance.random() < (0.25 if section.key == "strategy" else 0.04)
                        answers[one.key] = "dont_know" if unsure else 6 - point if one.reverse else point
                store(session, old.id, group.id, old.batch, answers)
        close(session, old, now)
        new = rounds.create(
            session,
            owner,
            "winter",
            title_de="Umfrage im Winter",
            title_en="Survey in winter",
            form="full",
            now=now,
        )
        group = rounds.add_group(session, new, "sales", label="Vertrieb", invited=140)
        other = rounds.add_group(session, new, "it", label="IT", invited=90)
        rounds.start(session, new, now)
        tokens = rounds.invite(session, new, group)
        for _ in range(63):
            store(session, new.id, group.id, new.batch, {asked.questions[0].key: 3})
        return {"single": tokens[0], "shared": rounds.open_link(session, new, other)}


@pytest.fixture(scope="module")
def tokens() -> dict[str, str]:
    return {}


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, migrated: Path, tokens: dict[str, str]
) -> Iterator[tuple[str, FastAPI]]:
    """The whole service on a free port, with an account of each role named like it."""

    folder = tmp_path_factory.mktemp("pages")
    shutil.copy(migrated, folder / "resonanz.db")
    engine = connect(f"sqlite:///{folder / 'resonanz.db'}")
    tokens.update(fill(engine))
    for role in Role:
        create_account(engine, role.value, PASSWORD, role)
    app = create_app(Settings(data=folder), engine)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", app
        server.should_exit = True
        thread.join(20)
    engine.dispose()


@pytest.fixture
def signed_in(served: tuple[str, FastAPI]) -> Callable[[Role], TestClient]:
    def sign_in(role: Role) -> TestClient:
        client = TestClient(served[1], follow_redirects=False, headers={"Sec-Fetch-Site": "same-origin"})
        assert client.post("/login", data={"name": role.value, "password": PASSWORD}).status_code == 303
        return client

    return sign_in


def form_of(page: str) -> str:
    return re.search(r'name="form" value="(\w+)"', page)[1]


def test_readers_see_results_and_nothing_of_rounds_that_run(signed_in):
    reader = signed_in(Role.VIEWER)
    listed = reader.get("/surveys?lang=en").text
    assert "How we talk to each other" in listed
    assert "Survey in winter" not in listed
    assert reader.get("/surveys/herbst/results").status_code == 200
    assert reader.get("/surveys/winter/results").status_code == 404
    assert reader.get("/surveys/winter").status_code == 403


def test_results_hide_the_small_group_and_say_why(signed_in):
    page = signed_in(Role.VIEWER).get("/surveys/herbst/results?lang=de").text
    assert "Vorstandsbüro" in page
    assert "zu wenige Antworten" in page
    assert "weniger als 7" in page
    board = re.findall(r'<th scope="row">Vorstandsbüro</th><td class="hidden-cell" colspan="5">', page)
    assert len(board) >= 5


def test_a_round_from_the_first_click_to_the_results(signed_in, served):
    admin = signed_in(Role.COMMS_ADMIN)
    form = form_of(admin.get("/surveys?lang=en").text)
    made = admin.post(
        "/surveys",
        data={
            "form": form,
            "key": "new",
            "title_de": "Neu",
            "title_en": "New",
            "size": "full",
            "minimum_group": "7",
        },
    )
    assert made.headers["Location"] == "/surveys/new?organisation=werra"
    again = admin.post("/surveys", data={"form": form, "key": "new", "title_de": "x", "title_en": "y"})
    assert (again.status_code, "new key" in again.text) == (422, True)
    group = {"form": form, "group": "all", "label": "Everybody", "invited": "40", "respondents": "everyone"}
    assert admin.post("/surveys/new/groups", data=group).status_code == 303
    links = admin.post("/surveys/new/groups/all/links", data={"form": form})
    assert links.headers["Content-Disposition"] == 'attachment; filename="new-all.csv"'
    rows = list(csv.DictReader(io.StringIO(links.content.decode("utf-8-sig"))))
    assert len({row["link"] for row in rows}) == 40
    assert admin.post("/surveys/new/groups/all/links", data={"form": form}).status_code == 422
    assert admin.post("/surveys/new/state", data={"form": form, "action": "open"}).status_code == 303
    visitor = TestClient(served[1], follow_redirects=False)
    for number, row in enumerate(rows[:20]):
        path = "/" + row["link"].split("/", 3)[3]
        names = re.findall(r'name="(q\.[^"]+)" value="1"', visitor.get(path).text)
        answers = {name: str(1 + (number + n) % 5) for n, name in enumerate(names)}
        sent = visitor.post("/answer", data={"token": path.rsplit("/", 1)[1], **answers})
        assert sent.status_code == 303
    page = admin.get("/surveys/new?lang=en").text
    assert "about 20" in page
    assert admin.post("/surveys/new/state", data={"form": form, "action": "close"}).status_code == 303
    assert admin.get("/surveys/new/results?lang=en").status_code == 200
    assert admin.post("/surveys/new/state", data={"form": form, "action": "open"}).status_code == 303
    assert "Delete the answers" not in admin.get("/surveys/new?lang=en").text
    for action in ("close", "finish"):
        assert admin.post("/surveys/new/state", data={"form": form, "action": action}).status_code == 303
    page = admin.get("/surveys/new?lang=en").text
    assert "The answers are deleted for good" in page
    assert "fewer than 7" not in page
    assert admin.get("/surveys/new/results?lang=en").status_code == 200
    assert admin.post("/surveys/new/state", data={"form": form, "action": "open"}).status_code == 422
    with transaction(served[1].state.engine) as session:
        noted = session.scalars(select(AuditEntry.action).where(AuditEntry.account == "comms_admin")).all()
        kept = " ".join(session.scalars(select(AuditEntry.detail)))
    assert {
        "survey created",
        "survey group added",
        "survey links made",
        "survey opened",
        "survey closed",
        "survey finished",
    } <= set(noted)
    assert not any(row["link"].rsplit("/", 1)[1] in kept for row in rows)


def test_progress_is_rounded_and_silent_below_the_minimum(signed_in):
    page = signed_in(Role.COMMS_ADMIN).get("/surveys/winter?lang=en").text
    assert "about 65" in page
    assert "fewer than 7" in page


def test_forms_of_another_session_are_refused(signed_in):
    admin = signed_in(Role.COMMS_ADMIN)
    for path, data in {
        "/surveys": {"key": "x", "title_de": "x", "title_en": "x"},
        "/surveys/winter/groups": {"group": "x", "label": "x", "invited": "9"},
        "/surveys/winter/groups/sales/links": {},
        "/surveys/winter/groups/it/open-link": {},
        "/surveys/winter/state": {"action": "close"},
    }.items():
        assert admin.post(path, data={**data, "form": "0" * 64}).status_code == 403


def test_the_api_says_what_the_page_says(signed_in):
    reader = signed_in(Role.ANALYST)
    (listed,) = [one for one in reader.get("/api/v1/surveys").json()["rows"] if one["key"] == "herbst"]
    assert (listed["invited"], listed["answered"], listed["minimum_group"]) == (278, 150, 7)
    answer = reader.get("/api/v1/surveys/herbst/answers?limit=1000")
    rows = answer.json()["rows"]
    assert {row["state"] for row in rows if row["group"] == "board"} == {"suppressed"}
    assert all(row["mean"] is None for row in rows if row["state"] != "published")
    assert "draws" not in rows[0]
    again = reader.get(
        "/api/v1/surveys/herbst/answers?limit=1000", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304
    table = list(csv.DictReader(io.StringIO(reader.get("/api/v1/surveys/herbst/answers?format=csv").text)))
    assert [row["question"] for row in table] == [row["question"] for row in rows]
    only = reader.get("/api/v1/surveys/herbst/answers?group=it&dimension=culture").json()["rows"]
    assert {(row["group"], row["dimension"]) for row in only} == {("it", "culture")}
    assert reader.get("/api/v1/surveys/winter/answers").status_code == 404


# In a browser

ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("no Chromium is installed: the pages were not tried in a browser")
    with playwright.sync_playwright() as running:
        launched = running.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield launched
        launched.close()


def axe_source() -> str:
    found = find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        pytest.skip("axe-core is not installed (package axe-playwright-python)")
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


def paths(tokens: dict[str, str]) -> dict[str, str | None]:
    """Each page, and as whom it is seen."""
    return {
        f"/answer/{tokens['single']}": None,
        "/answer/thanks": None,
        "/answer/nowhere": None,
        "/surveys": "comms_admin",
        "/surveys/winter": "comms_admin",
        "/surveys/herbst": "comms_admin",
        "/surveys/herbst/results": "viewer",
    }


def sign_in(page: Any, url: str, name: str) -> None:
    page.goto(f"{url}/login")
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_axe_finds_nothing_and_nothing_scrolls_sideways(browser, served, tokens, views):
    url, _ = served
    for (language, width), name in product(views, (None, "comms_admin", "viewer")):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if language == "en" else "light"
        )
        page = context.new_page()
        messages: list[str] = []
        if name:
            sign_in(page, url, name)
        page.on("console", lambda message, kept=messages: kept.append(message.text))
        for path, seen_by in paths(tokens).items():
            if seen_by != name:
                continue
            page.goto(f"{url}{path}?lang={language}")
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            page.evaluate(axe_source())
            found = page.evaluate("axe.run({resultTypes: ['violations']})")
            faults = [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found["violations"]]
            assert faults == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert [one for one in messages if "404" not in one] == []
        context.close()


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_a_phone_without_javascript_answers(browser, served, tokens):
    url, app = served
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 360, "height": 740}, is_mobile=True
    )
    page = context.new_page()
    page.goto(f"{url}/answer/{tokens['single']}?lang=en")
    fields = page.locator("fieldset").count()
    assert fields > 30
    for number in range(0, fields, 3):
        page.locator("fieldset").nth(number).locator("label").nth(number % 7).click()
    chosen = page.locator("input:checked").count()
    assert chosen == len(range(0, fields, 3))
    page.get_by_role("button", name="Deutsch").click()
    assert page.locator("html").get_attribute("lang") == "de"
    assert page.locator("input:checked").count() == chosen
    page.get_by_role("radio").first.press("Enter")
    with transaction(app.state.engine) as session:
        before = session.scalar(select(func.count()).select_from(Response))
        links = session.scalar(select(func.count()).select_from(Invitation))
    page.locator(".send button").click()
    assert page.locator("h1").inner_text() == "Vielen Dank"
    assert context.cookies() == []
    with transaction(app.state.engine) as session:
        assert session.scalar(select(func.count()).select_from(Response)) == before + 1
        assert session.scalar(select(func.count()).select_from(Invitation)) == links - 1
    context.close()


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_every_answer_is_large_enough_to_hit_and_shows_the_focus(browser, served, tokens):
    url, _ = served
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(f"{url}/answer/{tokens['shared']}?lang=de")
    small = page.evaluate(
        """() => [...document.querySelectorAll('.points label, .beside label, button:not(.unseen)')]
            .filter(one => one.getBoundingClientRect().height < 40 || one.getBoundingClientRect().width < 40)
            .map(one => one.outerHTML.slice(0, 80))"""
    )
    assert small == []
    page.locator("input[type=radio]").first.focus()
    page.keyboard.press("ArrowRight")
    outline = page.evaluate("getComputedStyle(document.activeElement.nextElementSibling).outlineStyle")
    assert outline == "solid"
    context.close()


def test_whatever_is_shown_of_results_reads_publications_only(signed_in, served):
    """No statement touches answers, invitations or groups."""
    engine = served[1].state.engine
    reader = signed_in(Role.ANALYST)
    asked: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement.lower())

    event.listen(engine, "before_cursor_execute", note)
    try:
        for path in (
            "/surveys",
            "/surveys/herbst/results",
            "/api/v1/surveys",
            "/api/v1/surveys/herbst/answers",
        ):
            assert reader.get(path).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert any("published_answer" in one for one in asked)
    inward = [one for one in asked if re.search(r"\b(response|invitation|survey_group|survey_import)\b", one)]
    assert inward == []
