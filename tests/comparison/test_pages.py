"""The page, the API and the console: in both languages, for whom it is meant, and never with a single peer."""

import json
import re
import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from httpx import Client
from pydantic import TypeAdapter
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from service.app import create_app
from service.cli import app as console
from service.comparison import Comparison, comparison_of
from service.comparison.profile import profile_of
from service.comparison.publish import publish
from service.database import transaction
from service.grants import Role
from service.models import AuditEntry, Organisation
from service.privacy import keys
from service.security.accounts import create_account
from service.settings import Settings

with warnings.catch_warnings():
    # It works with httpx, and warns that it will want another client some day.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

PASSWORD = "ein langes Passwort 7"
PASSPHRASE = "eine lange Losung 7"


@pytest.fixture
def installation(world: Any, peer: Any, database: Engine) -> Iterator[Engine]:
    world.moment = datetime.now(UTC)
    own = world.company("werra", 0.25, 3.0)
    world.publish(own, {date(2025, 12, 1): 0.25}, metric="active_share")
    world.milestone(own)
    for number in range(6):
        world.company(f"firma{number}", 0.2 + number / 25, 2.0 + number / 5, share=True)
    publish(world.session, own, now=world.moment)
    world.session.commit()
    return database


@pytest.fixture
def visit(installation: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    app = create_app(Settings(data=tmp_path), installation)

    def visit(role: Role) -> Client:
        create_account(installation, role.value, PASSWORD, role, organisation_id=1)
        client = TestClient(app, follow_redirects=False, headers={"Sec-Fetch-Site": "same-origin"})
        assert client.post("/login", data={"name": role.value, "password": PASSWORD}).status_code == 303
        return client

    return visit


def test_the_page_tells_quartiles_position_and_how_it_was_decided(visit):
    client = visit(Role.VIEWER)
    page = client.get("/comparison?lang=en").text
    assert "6 other organisations are known here." in page
    assert "same industry, size and country" in page
    assert re.search(r"about \d+% lie lower \(\d+% to \d+%\)", page)
    assert page.count("<svg") == 4
    assert "fewer than five comparable organisations tell it" in page
    assert "No reference known" in page
    assert "Relaunch" in page
    assert "firma" not in page.lower()
    assert "<script" not in page
    german = client.get("/comparison?lang=de").text
    for text in (
        "Vergleichsgruppe",
        "gleiche Branche, Größe und gleiches Land",
        "Kein Vergleichswert bekannt",
    ):
        assert text in german


def test_every_fact_of_a_published_value_stands_beside_it(visit):
    page = visit(Role.VIEWER).get("/comparison?lang=en").text
    for text in (
        "SWOOP Analytics press release",
        "2021",
        "6 months",
        "75 organisations",
        "A: read at the source",
    ):
        assert text in page
    assert "58%" in page


def test_before_anything_is_drawn_the_page_says_how_to(visit, database):
    with transaction(database) as session:
        session.add(Organisation(id=99, key="leer", name="Leer"))
    create = visit(Role.VIEWER)
    with transaction(database) as session:
        account = session.connection().exec_driver_sql("UPDATE account SET organisation_id = 99")
        assert account.rowcount == 1
    page = create.get("/comparison?lang=en").text
    assert "resonanz comparison draw" in page
    assert "There are no quartiles to show yet." in page


def form_of(page: str) -> str:
    return re.findall(r'name="form" value="([0-9a-f]{64})"', page)[0]


def test_who_manages_declares_by_what_it_is_compared(visit, database):
    client = visit(Role.COMMS_ADMIN)
    form = form_of(client.get("/comparison").text)
    fields = {
        "form": form,
        "industry": "C",
        "size": "",
        "country": "AT",
        "desk": "mostly_frontline",
        "share": "1",
    }
    assert client.post("/comparison/profile", data=fields).status_code == 303
    with transaction(database) as session:
        found = profile_of(session, session.get_one(Organisation, 1))
        noted = session.scalars(
            select(AuditEntry.detail).where(AuditEntry.action == "profile declared")
        ).one()
    assert (found.industry, found.size, found.country, found.desk) == ("C", None, "AT", "mostly_frontline")
    assert not found.shares, "consent is given at the console only"
    assert json.loads(noted)["industry"] == "C"
    wrong = client.post("/comparison/profile", data={**fields, "country": "XX"})
    assert wrong.status_code == 422
    assert "ISO 3166" in wrong.text
    assert client.post("/comparison/profile", data={**fields, "form": "0" * 64}).status_code == 403


def test_who_only_reads_declares_nothing(visit):
    client = visit(Role.VIEWER)
    page = client.get("/comparison").text
    assert 'action="/comparison/profile' not in page
    assert client.post("/comparison/profile", data={"industry": "C"}).status_code == 403


def test_the_api_gives_what_the_console_prints(visit, database, tmp_path, monkeypatch):
    answer = visit(Role.ANALYST).get("/api/v1/comparison")
    assert answer.status_code == 200
    with transaction(database) as session:
        found = comparison_of(session, session.get_one(Organisation, 1))
    assert answer.json() == TypeAdapter(Comparison).dump_python(found, mode="json")
    assert "firma" not in answer.text
    monkeypatch.setenv("RESONANZ_DATA", str(tmp_path))
    printed = CliRunner().invoke(console, ["comparison", "show", "--organisation", "werra", "--json"])
    assert json.loads(printed.output) == answer.json()


def test_an_unchanged_answer_is_not_sent_again(visit):
    client = visit(Role.ANALYST)
    tag = client.get("/api/v1/comparison").headers["ETag"]
    assert client.get("/api/v1/comparison", headers={"If-None-Match": tag}).status_code == 304


def run(*words: str, given: str | None = None) -> Any:
    return CliRunner().invoke(console, words, input=given)


def test_a_file_goes_from_one_installation_to_another(installation, tmp_path, sender, monkeypatch):
    """Given, taken over, listed without values, drawn, shown, removed: all at the console, and all noted."""
    monkeypatch.setenv("RESONANZ_DATA", str(tmp_path))
    file, key = tmp_path / "werra.json", sender / "sender"
    given = run(
        *(
            "benchmark",
            "export",
            str(file),
            "--key",
            str(key),
            "--passphrase-stdin",
            "--organisation",
            "werra",
        ),
        given=f"{PASSPHRASE}\n",
    )
    assert given.exit_code == 0, given.output
    assert "werra" not in file.read_text().lower()
    took = run("benchmark", "import", str(file), "--key", f"{key}.pub", "--organisation", "firma0")
    assert took.exit_code == 0, took.output
    own = run("benchmark", "import", str(file), "--key", f"{key}.pub", "--organisation", "werra")
    assert "own file" in str(own.exception)
    listed = json.loads(run("benchmark", "list", "--organisation", "firma0", "--json").output)
    assert [(one["industry"], one["values"], one["levels"]) for one in listed] == [("L", 1, 3)]
    drawn = json.loads(run("comparison", "draw", "--json").output)
    assert {one["organisation"]: one["known"] for one in drawn} == {"werra": 6} | {
        f"firma{n}": 6 if n == 0 else 5 for n in range(6)
    }
    assert "contributor_share" in run("comparison", "show", "--organisation", "firma0").output

    def firma(number: int) -> Any:
        with transaction(installation) as session:
            key = session.scalars(select(Organisation).where(Organisation.key == f"firma{number}")).one()
            placed = comparison_of(session, key).peers.placed
        return next(one for one in placed if one.subject.key == "communication/told")

    assert firma(0).peers == 6
    assert run("benchmark", "remove", listed[0]["peer"], "--organisation", "firma0").exit_code == 0
    assert firma(0).withheld == "few_changed", "at once, without drawing again"
    assert firma(2).peers == 5
    assert run("organisation", "profile", "--no-share", "--organisation", "firma1").exit_code == 0
    assert firma(2).withheld == "few_peers", "four are left"
    declared = run(
        "organisation", "profile", "--industry", "65", "--share", "--organisation", "werra", "--json"
    )
    assert json.loads(declared.output)["shares"] is True
    with transaction(installation) as session:
        actions = set(session.scalars(select(AuditEntry.action)))
    assert actions == {
        "benchmark given",
        "benchmark taken over",
        "benchmark removed",
        "peers drawn",
        "profile declared",
    }
    assert keys.read_public(sender / "sender.pub")
