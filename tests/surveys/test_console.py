"""`resonanz survey` from the first link to the results."""

import csv
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from service.cli import app
from service.database import transaction
from service.errors import Conflict, Invalid, NotFound
from service.models import AuditEntry, Organisation
from service.surveys.answering import answer

runner = CliRunner()


@pytest.fixture
def organisation(database: Any, asked: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("RESONANZ_DATA", str(tmp_path))
    monkeypatch.delenv("RESONANZ_DATABASE", raising=False)
    with transaction(database) as session:
        session.add(Organisation(id=1, key="main", name="Beispiel AG"))
    return database


def run(*words: str) -> str:
    result = runner.invoke(app, ["survey", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def told(*words: str) -> Any:
    return json.loads(run(*words, "--json"))


def test_a_round_from_the_first_link_to_the_results(organisation, tmp_path):
    run("create", "wave", "--de", "Welle", "--en", "Wave")
    run("group", "add", "wave", "sales", "--label", "Vertrieb", "--invited", "30")
    links = tmp_path / "links.csv"
    run("invite", "wave", "sales", "-o", str(links), "--url", "https://intranet.example/resonanz/")
    assert stat.S_IMODE(links.stat().st_mode) == 0o600
    rows = list(csv.DictReader(links.read_text(encoding="utf-8-sig").splitlines()))
    assert len({row["link"] for row in rows}) == 30
    assert rows[0]["link"].startswith("https://intranet.example/resonanz/answer/")
    run("open", "wave")
    for number, row in enumerate(rows[:20]):
        with transaction(organisation) as session:
            given = {f"culture_{n}": 1 + (number + n) % 5 for n in range(1, 5)}
            assert answer(session, row["link"].rsplit("/", 1)[1], given)
    status = told("status", "wave")
    assert (status["state"], status["answered"], status["rate"]) == ("open", 20, 0.67)
    assert "Welle" in run("reminder", "wave", "--language", "de")
    assert "published" in run("close", "wave")
    results = told("results", "wave")
    assert results["round"]["answered"] == 20
    scale = next(row for row in results["rows"] if not row["question"] and row["dimension"] == "culture")
    assert scale["mean"] == 3.0
    assert "draws" not in scale
    assert "Culture (en)" in run("results", "wave")
    assert "stays as it was" in run("reopen", "wave") + run("close", "wave")
    assert "published results stay" in run("finish", "wave", "--yes")
    assert "answers are deleted" in run("status", "wave")
    assert told("results", "wave")["rows"] == results["rows"]
    with transaction(organisation) as session:
        noted = set(session.scalars(select(AuditEntry.action)))
        details = " ".join(session.scalars(select(AuditEntry.detail)))
    assert {"survey created", "survey links made", "survey opened", "survey closed"} <= noted
    assert not any(row["link"].rsplit("/", 1)[1] in details for row in rows)


def test_few_answers_stay_a_number_nobody_sees(organisation, tmp_path):
    run("create", "wave", "--de", "Welle", "--en", "Wave")
    run("group", "add", "wave", "sales", "--label", "Vertrieb", "--invited", "30")
    run("invite", "wave", "sales", "-o", str(tmp_path / "one"), "--url", "https://x", "--shared")
    run("open", "wave")
    token = (tmp_path / "one").read_text().strip().rsplit("/", 1)[1]
    for _ in range(6):
        with transaction(organisation) as session:
            assert answer(session, token, {"culture_1": 3})
    assert told("status", "wave")["answered"] is None
    assert "fewer than 7" in run("status", "wave")
    assert "Too few people" in run("close", "wave")
    with pytest.raises(NotFound, match="nothing is published"):
        run("results", "wave")


def test_links_are_not_written_over_a_file_nor_made_in_vain(organisation, tmp_path):
    run("create", "wave", "--de", "Welle", "--en", "Wave")
    run("group", "add", "wave", "sales", "--label", "Vertrieb", "--invited", "30")
    (tmp_path / "there").write_text("mine")
    with pytest.raises(Conflict, match="exists already"):
        run("invite", "wave", "sales", "-o", str(tmp_path / "there"), "--url", "https://x")
    assert (tmp_path / "there").read_text() == "mine"
    with pytest.raises(Invalid, match="more links than people"):
        run("invite", "wave", "sales", "-o", str(tmp_path / "new"), "--url", "https://x", "--count", "31")
    assert not (tmp_path / "new").exists()
    with pytest.raises(Invalid, match="by which address"):
        run("invite", "wave", "sales", "-o", str(tmp_path / "new"))
    assert told("status", "wave")["groups"][0]["links"] == 0


def test_a_dry_run_stores_nothing_and_faults_end_with_one(organisation, tmp_path):
    run("create", "wave", "--de", "Welle", "--en", "Wave")
    run("group", "add", "wave", "sales", "--label", "Vertrieb", "--invited", "30")
    (tmp_path / "a.csv").write_text("culture_1,name\n" + "3,Ada\n4,Bob\n" * 4)
    dry = told("import", "wave", str(tmp_path / "a.csv"), "--group", "sales", "--dry-run")
    assert (dry["responses"], dry["taken_over"], dry["ignored_columns"]) == (8, False, ["name"])
    assert told("status", "wave")["answered"] is None
    (tmp_path / "b.csv").write_text("culture_1\nperhaps\n")
    failed = runner.invoke(app, ["survey", "import", "wave", str(tmp_path / "b.csv"), "--group", "sales"])
    assert failed.exit_code == 1
    assert "line 2, column 'culture_1'" in failed.output
    assert "All of them are taken over" in run("import", "wave", str(tmp_path / "a.csv"), "--group", "sales")
    assert told("status", "wave")["answered"] == 10


def test_the_questions_can_be_listed_for_a_mapping(asked):
    assert {row["key"] for row in told("questions")} >= {"culture_1", "culture_5", "strategy_4"}
