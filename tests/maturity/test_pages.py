"""The pages of assessment and register: for readers, for those who manage them, and in a real browser."""

import re
import shutil
import socket
import threading
import time
import warnings
from contextlib import contextmanager
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import sync_playwright
from sqlalchemy import select

from alembic import command
from service.app import create_app
from service.database import alembic_config, connect, transaction
from service.demo.questioned import agree_measures, file_papers
from service.grants import Role
from service.maturity.assess import make
from service.maturity.model import current
from service.models import (
    Assessment,
    AuditEntry,
    Base,
    EvidenceRating,
    MeasureDecision,
    Organisation,
    Publication,
    PublishedCoverage,
    PublishedValue,
)
from service.security.accounts import create_account
from service.settings import Settings

with warnings.catch_warnings():
    # It works with httpx, and warns that it will want another client some day.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

PASSWORD = "ein langes Passwort 7"
MOMENT = datetime(2026, 6, 15, 8, tzinfo=UTC)
PAGES = (
    "/assessment",
    "/assessment/communication",
    "/evidence",
    "/measures",
    "/roadmap",
    "/overview",
    "/findings",
    "/fields",
)
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("maturity")


@pytest.fixture(scope="module")
def database(place):
    engine = connect(f"sqlite:///{place / 'resonanz.db'}")
    Base.metadata.create_all(engine)
    command.stamp(alembic_config(engine), "head")
    yield engine
    engine.dispose()


def publish(session, organisation, level=None):
    """Every indicator at the anchor of that level, or somewhere between its second and its fourth."""
    run = Publication(
        organisation_id=organisation.id,
        created=MOMENT,
        data_until=date(2026, 6, 14),
        minimum_group=10,
        digest="e" * 64,
    )
    session.add(run)
    session.flush()
    for number, one in enumerate(current().indicators()):
        value = one.anchors[1 + number % 3 if level is None else level - 1]
        session.add(
            PublishedValue(
                publication_id=run.id,
                metric=one.metric,
                category=one.category,
                scope="organisation",
                window=one.window.value,
                since=date(2026, 5, 18),
                until=date(2026, 6, 15),
                value=value,
                low=value * 0.9,
                high=value * 1.1,
                people=240,
                state="published",
            )
        )
    for kind in ("create", "edit", "comment", "reply", "react", "view", "join"):
        session.add(
            PublishedCoverage(
                publication_id=run.id, source="wiki", kind=kind, share=0.97, rooms_missing=0, reasons={}
            )
        )


@pytest.fixture(scope="module")
def app(database, place):
    with transaction(database) as session:
        acme = Organisation(key="acme", name="Acme AG")
        session.add(acme)
        session.flush()
        publish(session, acme)
        file_papers(session, acme, MOMENT, 7)
        make(session, acme, now=MOMENT)
        agree_measures(session, acme, MOMENT)
        session.add(Organisation(key="bare", name="Bare GmbH"))
    for role in (Role.VIEWER, Role.COMMS_ADMIN):
        create_account(database, role.value, PASSWORD, role)
    return create_app(Settings(data=place), database)


def visitor(app, role):
    client = TestClient(app, follow_redirects=False, headers={"Sec-Fetch-Site": "same-origin"})
    assert client.post("/login", data={"name": role.value, "password": PASSWORD}).status_code == 303
    return client


@pytest.fixture(scope="module")
def viewer(app):
    return visitor(app, Role.VIEWER)


@pytest.fixture(scope="module")
def manager(app):
    return visitor(app, Role.COMMS_ADMIN)


def token(page):
    return re.search(r'name="form" value="([0-9a-f]{64})"', page)[1]


def test_the_profile_tells_levels_and_what_is_missing(viewer):
    page = viewer.get("/assessment?organisation=acme&lang=en").text
    for dimension in current().dimensions:
        assert f'href="/assessment/{dimension.key}?organisation=acme"' in page
    assert "no survey was closed yet" in page
    assert "Model 1.0" in page
    assert '<form class="picker"' not in page


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_reader_can_check_the_arithmetic(viewer, language):
    page = viewer.get(f"/assessment/communication?organisation=acme&lang={language}").text
    comma = "," if language == "de" else "."
    sums = re.findall(r'<p class="sum">([^<]+)</p>', page)
    assert len(sums) == 2
    for line in sums:
        left, right = line.replace(comma, ".").replace("×", "*").replace("÷", "/").split("=")
        assert re.fullmatch(r"[0-9.+*/() ]+", left)
        assert eval(left) == pytest.approx(float(right), abs=0.0051)


def test_an_organisation_without_assessment_says_what_to_do(viewer):
    page = viewer.get("/assessment?organisation=bare&lang=en").text
    assert "resonanz assess" in page
    assert viewer.get("/assessment/culture?organisation=bare").status_code == 404
    assert viewer.get("/assessment/nonsense?organisation=acme").status_code == 404
    assert viewer.get("/assessment?organisation=nobody").status_code == 404


def test_the_api_gives_the_whole_chain(manager):
    answer = manager.get("/api/v1/assessment?organisation=acme")
    assert answer.status_code == 200
    body = answer.json()
    assert len(body["assessment"]["dimensions"]) == 7
    again = manager.get(
        "/api/v1/assessment?organisation=acme", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 304
    assert manager.get("/api/v1/assessment?organisation=bare").status_code == 404


def test_evidence_is_recorded_assessed_and_removed(manager, database):
    page = manager.get("/evidence?organisation=bare&lang=en").text
    form = token(page)
    fact = current().facts()[0].key
    sent = {
        "form": form,
        "fact": fact,
        "title": "Mandate 2026",
        "owner": "Board office",
        "dated": "2026-02-01",
    }
    answer = manager.post("/evidence?organisation=bare", data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/evidence?organisation=bare#{fact}")
    page = manager.get("/evidence?organisation=bare&lang=en").text
    assert "Mandate 2026" in page
    number = re.search(r'action="/evidence/(\d+)/rating', page)[1]
    rated = manager.post(
        f"/evidence/{number}/rating?organisation=bare",
        data={"form": form, "assessor": "Works council", "rating": "met", "reason": "signed"},
    )
    assert rated.status_code == 303
    assert "Works council: there – signed" in manager.get("/evidence?organisation=bare&lang=en").text
    assert (
        manager.post(f"/evidence/{number}/removal?organisation=bare", data={"form": form}).status_code == 303
    )
    with transaction(database) as session:
        assert "Mandate 2026" not in manager.get("/evidence?organisation=bare").text
        assert not session.scalars(
            select(EvidenceRating).where(EvidenceRating.evidence_id == int(number))
        ).all()
        done = session.scalars(select(AuditEntry.action).order_by(AuditEntry.number)).all()
    assert [one for one in done if one.startswith("evidence")] == [
        "evidence recorded",
        "evidence assessed",
        "evidence removed",
    ]


def test_what_does_not_fit_is_said_and_nothing_is_kept(manager):
    form = token(manager.get("/evidence?organisation=bare").text)
    fact = current().facts()[0].key
    for more, told in (
        ({"owner": "ada@acme.example"}, "a role, not a person"),
        ({"dated": "1.2.2026"}, "is no day"),
        ({"link": "ftp://x"}, "web address"),
        ({"fact": "nonsense"}, "has no fact"),
    ):
        sent = {"form": form, "fact": fact, "title": "Zephyr letter", "owner": "Board", **more}
        answer = manager.post("/evidence?organisation=bare", data=sent)
        assert answer.status_code == 422
        assert told in answer.text
    assert "Zephyr" not in manager.get("/evidence?organisation=bare").text


def test_who_only_reads_changes_nothing(viewer, database):
    paths = (
        "/assessment",
        "/evidence",
        "/evidence/1/rating",
        "/evidence/1/removal",
        "/roadmap",
        "/measures/x",
    )
    for path in paths:
        assert viewer.post(f"{path}?organisation=acme", data={"form": "x"}).status_code == 403


def test_a_form_of_another_session_is_refused(manager):
    assert manager.post("/assessment?organisation=acme", data={"form": "0" * 64}).status_code == 403


def test_assessing_anew_keeps_the_one_before(manager, database):
    form = token(manager.get("/assessment?organisation=acme").text)
    assert manager.post("/assessment?organisation=acme", data={"form": form}).status_code == 303
    with transaction(database) as session:
        assert len(session.scalars(select(Assessment)).all()) == 2
    page = manager.get("/assessment?organisation=acme&lang=en").text
    assert "Since the assessment of 15 Jun 2026" in page
    assert "What is observed: risen" not in page
    assert "What is observed: fallen" not in page


def test_a_measure_is_agreed_on_its_page_and_comes_onto_the_roadmap(manager, database):
    page = manager.get("/measures?organisation=bare&lang=en").text
    assert "There is no assessment yet" in page
    assert "Perhaps, if more were known" in page
    page = manager.get("/measures?organisation=acme&lang=en").text
    assert "Proposed" in page
    assert "Agreed" in page
    form = token(page)
    key = re.search(r"Proposed.*?<article class=.measure. id=.([a-z_.]+).", page, re.DOTALL)[1]
    path = f"/measures/{key}?organisation=acme"
    answer = manager.post(
        path, data={"form": form, "state": "agreed", "owner": "Works council", "weeks": "6,5"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, f"/measures?organisation=acme#{key}")
    with transaction(database) as session:
        kept = session.scalars(select(MeasureDecision).where(MeasureDecision.measure == key)).one()
        assert (kept.owner, kept.changes["weeks"]) == ("Works council", 6.5)
    refused = manager.post(path, data={"form": form, "state": "declined"})
    assert refused.status_code == 422
    assert "say why" in refused.text
    roadmap = manager.get("/roadmap?organisation=acme&lang=en").text
    assert "On the critical path" in roadmap
    assert "By quarter" in roadmap


def test_the_roadmap_is_planned_anew_with_other_capacity(manager):
    page = manager.get("/roadmap?organisation=acme&lang=en").text
    form = token(page)
    answer = manager.post(
        "/roadmap?organisation=acme", data={"form": form, "start": "2026-09-07", "capacity-it": "1,5"}
    )
    assert answer.status_code == 303
    page = manager.get("/roadmap?organisation=acme&lang=en").text
    assert 'name="start" type="date" value="2026-09-07"' in page
    assert 'name="capacity-it" inputmode="decimal" value="1.5"' in page
    refused = manager.post("/roadmap?organisation=acme", data={"form": form, "start": "2026-09-08"})
    assert refused.status_code == 422
    assert "begins on a Monday" in refused.text
    refused = manager.post("/roadmap?organisation=acme", data={"form": form, "capacity-it": "much"})
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("form", "begin"),
    [
        ("roadmap.xlsx", b"PK"),
        ("jira.csv", "\ufeffSummary,".encode()),
        ("planner.csv", "\ufeffTask Name,".encode()),
        ("roadmap.ics", b"BEGIN:VCALENDAR"),
        ("project.xml", b"<?xml"),
    ],
)
def test_the_roadmap_is_taken_along(viewer, form, begin):
    answer = viewer.get(f"/roadmap/files/{form}?organisation=acme&lang=de")
    assert answer.status_code == 200
    assert answer.content.startswith(begin)
    assert answer.headers["content-disposition"] == f'attachment; filename="resonanz-acme-{form}"'


def test_no_other_file_is_given(viewer):
    assert viewer.get("/roadmap/files/passwd?organisation=acme").status_code == 404


@contextmanager
def serving(app):
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    listening.close()


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_axe_finds_nothing_on_any_of_the_pages(app, manager, views):
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip(f"none of {', '.join(names)} is installed: the pages were not tried in a browser")
    axe = (Path(find_spec("axe_playwright_python").origin).parent / "axe.min.js").read_text(encoding="utf-8")
    name, value = next((name, value) for name, value in manager.cookies.items() if "resonanz" in name)
    found, messages = [], []
    with serving(app) as address, sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for language, width in views:
            context = launched.new_context(viewport={"width": width, "height": 900})
            context.add_cookies([{"name": name, "value": value, "url": address}])
            for where in PAGES:
                page = context.new_page()
                page.on("console", lambda message: messages.append(message.text))
                page.goto(f"{address}{where}?organisation=acme&lang={language}")
                page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
                page.evaluate(axe)
                seen = page.evaluate("axe.run({resultTypes: ['violations']})")
                found += [
                    (where, width, one["id"], [node["html"][:100] for node in one["nodes"]][:3])
                    for one in seen["violations"]
                ]
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                page.close()
            context.close()
        launched.close()
    assert found == []
    assert messages == []
