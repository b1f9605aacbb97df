"""The pages of overview, findings, potential fields and whether measures worked: for readers and for those who manage them."""

import re
import warnings
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from alembic import command
from service.advice import findings
from service.advice.catalogue import current as catalogue
from service.app import create_app
from service.database import alembic_config, connect, transaction
from service.demo.questioned import agree_measures, file_papers
from service.grants import Role
from service.maturity.assess import make
from service.maturity.model import current
from service.models import (
    AuditEntry,
    Base,
    MeasureDecision,
    NeedRating,
    Organisation,
    PotentialField,
    Publication,
    PublishedCoverage,
    PublishedValue,
)
from service.roadmap.first_weeks import tasks
from service.security.accounts import create_account
from service.settings import Settings

with warnings.catch_warnings():
    # It works with httpx, and warns that it will want another client some day.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

PASSWORD = "ein langes Passwort 7"
MOMENT = datetime(2026, 6, 15, 8, tzinfo=UTC)
QUESTIONS = [one.key for one in catalogue().instruments.fit_questions if one.speaks_for == "communication"]


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    engine = connect(f"sqlite:///{tmp_path_factory.mktemp('pages') / 'resonanz.db'}")
    Base.metadata.create_all(engine)
    command.stamp(alembic_config(engine), "head")
    yield engine
    engine.dispose()


def publish(session, organisation):
    """Every indicator at its second anchor, so that there are gaps."""
    run = Publication(
        organisation_id=organisation.id,
        created=MOMENT,
        data_until=date(2026, 6, 14),
        minimum_group=10,
        digest="e" * 64,
    )
    session.add(run)
    session.flush()
    for one in current().indicators():
        session.add(
            PublishedValue(
                publication_id=run.id,
                metric=one.metric,
                category=one.category,
                scope="organisation",
                window=one.window.value,
                since=date(2026, 5, 18),
                until=date(2026, 6, 15),
                value=one.anchors[1],
                low=one.anchors[1] * 0.9,
                high=one.anchors[1] * 1.1,
                people=240,
                state="published",
            )
        )
    for kind in ("create", "edit", "comment", "reply", "react", "view", "join"):
        session.add(
            PublishedCoverage(
                publication_id=run.id, source="wiki", kind=kind, share=1.0, rooms_missing=0, reasons={}
            )
        )


@pytest.fixture(scope="module")
def app(database, tmp_path_factory):
    with transaction(database) as session:
        acme = Organisation(key="acme", name="Acme AG")
        session.add(acme)
        session.flush()
        publish(session, acme)
        file_papers(session, acme, MOMENT, 7)
        make(session, acme, now=MOMENT)
        agree_measures(session, acme, MOMENT)
        done = datetime.now(UTC).date() - timedelta(weeks=60)
        kept = session.scalars(
            select(MeasureDecision).where(MeasureDecision.measure == "communication.answer_promise")
        ).first()
        if kept is None:
            kept = MeasureDecision(
                organisation_id=acme.id,
                measure="communication.answer_promise",
                catalogue_version=catalogue().version,
                owner="Editors",
                changes={},
                decided=MOMENT,
            )
            session.add(kept)
        kept.state, kept.started, kept.done = "done", done - timedelta(weeks=4), done
        session.add(Organisation(key="bare", name="Bare GmbH"))
    for role in (Role.VIEWER, Role.COMMS_ADMIN):
        create_account(database, role.value, PASSWORD, role)
    return create_app(Settings(data=tmp_path_factory.mktemp("data")), database)


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


@pytest.mark.parametrize(
    ("language", "questions"),
    [
        ("de", ("Wo stehen wir?", "Was können wir besser machen?", "Wo fangen wir an?")),
        ("en", ("Where do we stand?", "What can we do better?", "Where do we start?")),
    ],
)
def test_the_overview_answers_the_three_questions(viewer, language, questions):
    page = viewer.get(f"/overview?organisation=acme&lang={language}").text
    parts = [page.index(f">{question}</h2>") for question in questions]
    assert parts == sorted(parts)
    stand, better, start = (page[a:b] for a, b in zip(parts, [*parts[1:], len(page)], strict=True))
    assert "<svg" in stand
    assert 'href="/comparison?organisation=acme"' in stand
    assert len(re.findall(r'<li><a href="/findings\?organisation=acme#[a-z]+\.', better)) == 3
    assert len(re.findall(r'<li><a href="/measures\?organisation=acme#[a-z]+\.', start)) == 4
    assert "<script" not in page


def test_an_overview_without_anything_says_how_to_begin(viewer):
    page = viewer.get("/overview?organisation=bare&lang=en").text
    assert "There is no assessment yet." in page
    assert "Nothing was published or assessed yet" in page
    ahead = page[page.index("The next four weeks") :]
    for task in tasks():
        assert (f"{task.name.en} <span" in ahead) is (task.week <= 4), task.key
    assert viewer.get("/overview?organisation=nobody").status_code == 404


def test_each_finding_leads_to_what_it_rests_on(viewer):
    page = viewer.get("/findings?organisation=acme&lang=en").text
    cards = re.findall(r'<article class="measure" id="([a-z]+\.[a-z_]+)".*?</article>', page, re.DOTALL)
    known = {one.key for one in findings.current().findings}
    assert len(cards) >= 8
    assert set(cards) <= known
    assert len(set(cards)) == len(cards)
    for card in re.findall(r"<article.*?</article>", page, re.DOTALL):
        evidence = re.search(r'<ul class="evidence">(.*?)</ul>', card, re.DOTALL)[1]
        assert "<li>" in evidence
    for link in set(re.findall(r'href="(/assessment/[a-z]+\?organisation=acme)"', page)):
        assert viewer.get(link).status_code == 200
    glossary = viewer.get("/glossary?organisation=acme").text
    metrics = set(re.findall(r'href="/glossary\?organisation=acme#(metric-[a-z_0-9]+)"', page))
    assert metrics
    for metric in metrics:
        assert f'id="{metric}"' in glossary


def test_every_risk_and_chance_stands_in_the_register_with_its_owner(viewer):
    page = viewer.get("/findings?organisation=acme&lang=en").text
    register = page[page.index('<h2 id="register">') :]
    for one in findings.current().findings:
        if one.kind in findings.REGISTERED:
            assert f"<h3>{one.title.en} " in register
    assert register.count("Owner:") == sum(
        one.kind in findings.REGISTERED for one in findings.current().findings
    )


def test_what_is_not_known_is_told_and_never_found(viewer):
    page = viewer.get("/findings?organisation=bare&lang=en").text
    assert "<article" not in page
    assert "would need:" in page
    assert f"({len(findings.current().findings)})</h2>" in page


def test_a_field_is_noted_tested_scored_and_chosen(manager, database):
    form = token(manager.get("/fields?organisation=acme&lang=en").text)
    sent = {"form": form, "title": "Travel questions", "owner": "HR", "origin": "signal/unanswered_questions"}
    answer = manager.post("/fields?organisation=acme", data=sent)
    assert answer.status_code == 303
    number = int(re.search(r"#field-(\d+)$", answer.headers["location"])[1])
    path = f"/fields/{number}"
    questions = {f"fit-{one.key}": "no" for one in catalogue().instruments.fit_questions}
    questions |= {f"fit-{key}": "yes" for key in QUESTIONS}
    assert manager.post(f"{path}/fit?organisation=acme", data={"form": form, **questions}).status_code == 303
    points = {f"points-{one.key}": "3" for one in catalogue().instruments.criteria}
    refused = manager.post(f"{path}/scores?organisation=acme", data={"form": form, **points})
    assert refused.status_code == 422
    assert "in a few words why" in refused.text
    reasons = {f"reason-{one.key}": "heard in two workshops" for one in catalogue().instruments.criteria}
    assert (
        manager.post(f"{path}/scores?organisation=acme", data={"form": form, **points, **reasons}).status_code
        == 303
    )
    assert (
        manager.post(f"{path}/state?organisation=acme", data={"form": form, "state": "chosen"}).status_code
        == 303
    )
    page = manager.get("/fields?organisation=acme&lang=en").text
    assert "243 of 3125" in page
    assert "heard in two workshops" in page
    assert "Travel questions" in manager.get("/overview?organisation=acme&lang=en").text
    with transaction(database) as session:
        assert session.get(PotentialField, number).state == "chosen"
        done = session.scalars(select(AuditEntry.action).order_by(AuditEntry.number)).all()
    assert [one for one in done if one.startswith("potential field")] == [
        "potential field noted",
        "potential field tested",
        "potential field scored",
        "potential field decided",
    ]


@pytest.mark.parametrize("language", ["de", "en"])
def test_what_is_no_communication_is_shown_as_parked_with_the_reason(manager, language):
    form = token(manager.get("/fields?organisation=bare").text)
    sent = {"form": form, "title": f"Holiday requests {language}", "owner": "HR", "origin": "own"}
    number = re.search(r"(\d+)$", manager.post("/fields?organisation=bare", data=sent).headers["location"])[1]
    manager.post(f"/fields/{number}/fit?organisation=bare", data={"form": form, "fit-approval": "yes"})
    page = manager.get(f"/fields?organisation=bare&lang={language}").text
    assert {"de": "Geschäftsprozess: parken", "en": "Business process: parked"}[language] in page
    assert {"de": "(geparkt)", "en": "(parked)"}[language] in page


def test_a_need_is_rated_and_becomes_a_field(manager, database):
    form = token(manager.get("/fields?organisation=acme&lang=en").text)
    sent = {"form": form, "need": "frontline:ask", "rating": "high", "rated_by": "HR", "channel-mail": "1"}
    assert manager.post("/fields/needs?organisation=acme", data=sent).status_code == 303
    page = manager.get("/fields?organisation=acme&lang=en").text
    assert "great need: a field" in page
    assert 'value="need/frontline:ask"' in page
    with transaction(database) as session:
        kept = session.scalars(select(NeedRating)).one()
        assert (kept.rating, kept.channels, kept.rated_by) == ("high", ["mail"], "HR")
    refused = manager.post("/fields/needs?organisation=acme", data={**sent, "rated_by": "ada@acme.example"})
    assert refused.status_code == 422
    assert "not a person" in refused.text


def test_what_does_not_fit_is_said_and_nothing_is_kept(manager):
    form = token(manager.get("/fields?organisation=acme&lang=en").text)
    sent = {"form": form, "title": "Zephyr", "owner": "HR", "origin": "own"}
    for more, told in (
        ({"owner": "eve@acme.example"}, "not a person"),
        ({"origin": "signal/nonsense"}, "no signal"),
        ({"title": ""}, "needs a title"),
    ):
        answer = manager.post("/fields?organisation=acme", data={**sent, **more})
        assert answer.status_code == 422
        assert told in answer.text
    assert "Zephyr</" not in manager.get("/fields?organisation=acme").text
    for path, more in (("/fields/999/fit", {}), ("/fields/999/state", {"state": "chosen"})):
        assert manager.post(f"{path}?organisation=acme", data={"form": form, **more}).status_code == 404
    assert manager.post("/fields?organisation=acme", data={**sent, "form": "0" * 64}).status_code == 403


def test_who_only_reads_sees_no_forms_and_changes_nothing(viewer):
    page = viewer.get("/fields?organisation=acme&lang=en").text
    assert 'method="post" action="/fields' not in page
    for path in ("/fields", "/fields/needs", "/fields/1/fit", "/fields/1/scores", "/fields/1/state"):
        assert viewer.post(f"{path}?organisation=acme", data={"form": "x"}).status_code == 403


@pytest.mark.parametrize(("language", "told"), [("de", "Hat es gewirkt?"), ("en", "Did it work?")])
def test_a_measure_that_is_done_tells_whether_it_worked_and_why_not(viewer, language, told):
    page = viewer.get(f"/measures?organisation=acme&lang={language}").text
    card = re.search(r'id="communication.answer_promise".*?</article>', page, re.DOTALL)[0]
    assert told in card
    proofs = catalogue().measure("communication.answer_promise").proofs
    assert len(re.findall(r'<li><span class="standing-of', card)) == len(proofs)
    assert {"de": "zu wenige Wochen oder Zeiträume davor", "en": "too few weeks or periods before"}[
        language
    ] in card
    assert page.count(told) == 1
