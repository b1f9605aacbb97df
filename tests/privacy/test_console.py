"""The whole way at the console: two keys, draft, signatures on two machines, activation, documents, offline check."""

import json
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from pypdf import PdfReader
from sqlalchemy import select
from typer.testing import CliRunner

from service.app import create_app
from service.cli import app
from service.context import opened
from service.errors import ServiceError
from service.models import AuditEntry, Organisation, Publication

with warnings.catch_warnings():
    # It works with httpx, and warns that it will want another client some day.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

PASSPHRASE = "four words in a row"
Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("RESONANZ_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("RESONANZ_DATABASE", raising=False)
    monkeypatch.chdir(tmp_path)

    def command(*words: str, fails: int = 0) -> str:
        done = CliRunner().invoke(app, words, input=f"{PASSPHRASE}\n")
        if isinstance(done.exception, ServiceError):
            assert fails, str(done.exception)
            return str(done.exception)
        assert done.exit_code == fails, done.output
        return done.output

    command("organisation", "set", "--name", "Beispiel AG")
    for holder in ("admin", "council"):
        command("privacy", "key", "create", holder, "--passphrase-stdin")
        command("privacy", "key", "register", f"{holder}.pub", "--holder", holder)
    return command


def agreement(run: Run, *words: str, fails: int = 0) -> str:
    return run("privacy", "agreement", *words, fails=fails)


def sign(run: Run, holder: str, *words: str) -> None:
    agreement(run, "sign", "--holder", holder, "--key", holder, "--passphrase-stdin", *words)


@pytest.fixture
def agreed(run: Run) -> Run:
    agreement(run, "draft")
    for holder in ("admin", "council"):
        sign(run, holder)
    agreement(run, "activate")
    return run


def test_an_agreement_comes_into_force_and_is_read_back(agreed: Run, tmp_path: Path) -> None:
    assert "Signed by: admin, council" in agreement(agreed, "show")
    agreement(agreed, "export", "annex.docx")
    agreement(agreed, "export", "annex.pdf", "--language", "en")
    agreement(agreed, "export", "agreement.json")
    title = Document(str(tmp_path / "annex.docx")).paragraphs[0].text
    assert title == "Anlage zur Betriebsvereinbarung"
    assert "Annex to the works agreement" in PdfReader(tmp_path / "annex.pdf").pages[0].extract_text()
    verified = json.loads(agreement(agreed, "verify", "agreement.json", "--key", "council.pub", "--json"))
    assert (verified["ok"], verified["trouble"]) == (True, None)


def test_the_council_signs_on_a_machine_of_its_own(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    agreement(run, "draft")
    sign(run, "admin")
    agreement(run, "export", "draft.json", "--version", "draft")
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("RESONANZ_DATABASE", "postgresql+psycopg://nobody@127.0.0.1:1/none")
        sign(run, "council", "--file", "draft.json")
        assert "valid" in agreement(run, "verify", "draft.json")
    agreement(run, "receive", "draft.json")
    assert "Agreement 1 is in force" in agreement(run, "activate")


def test_lowering_a_group_is_shown_as_a_difference_and_needs_both(
    agreed: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreement(agreed, "export", "first.json")
    monkeypatch.setenv("RESONANZ_MINIMUM_GROUP", "8")
    assert "groups.observed is 8, agreed is 10" in doctor(agreed)["detail"]
    running = json.loads(agreement(agreed, "diff", "--version", "running", "--json"))
    assert running == [{"effect": "loosening", "place": "groups.observed", "before": 10, "after": 8}]
    agreement(agreed, "draft")
    sign(agreed, "admin")
    assert "Missing: council" in agreement(agreed, "activate", fails=1)
    agreement(agreed, "export", "second.json", "--version", "draft")
    said = json.loads(
        agreement(agreed, "verify", "second.json", "--previous", "first.json", "--json", fails=1)
    )
    assert "Missing: council" in said["trouble"]
    sign(agreed, "council")
    assert "Agreement 2 is in force" in agreement(agreed, "activate")
    assert "agreement 2" in doctor(agreed)["detail"]


def doctor(run: Run) -> Any:
    """What the doctor says of the agreement; other checks fail here, for want of a source."""
    checks = json.loads(run("doctor", "--json", fails=1))["checks"]
    return next(check for check in checks if check["check"] == "agreement")


def test_without_an_agreement_the_doctor_says_so(run: Run) -> None:
    told = doctor(run)
    assert told["ok"]
    assert "none in force" in told["detail"]


def test_what_was_done_is_in_the_audit_log(agreed: Run) -> None:
    with opened() as context, context.transaction() as session:
        actions = [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.number))]
    told = [action for action in actions if action.startswith("agreement.")]
    assert told == [
        "agreement.key_registered",
        "agreement.key_registered",
        "agreement.drafted",
        "agreement.signed",
        "agreement.signed",
        "agreement.activated",
    ]


def test_a_changed_file_is_refused(agreed: Run, tmp_path: Path) -> None:
    agreement(agreed, "export", "agreement.json")
    file = tmp_path / "agreement.json"
    file.write_text(file.read_text().replace('"observed": 10', '"observed": 5'))
    assert "was changed" in agreement(agreed, "verify", "agreement.json", fails=1)
    other = agreement(agreed, "export", "annex.odt", fails=1)
    assert "docx, pdf or json" in other


def test_a_stop_is_shown_on_the_pages_and_written_down_once(run: Run) -> None:
    for _ in range(2):
        assert "main is stopped" in run("privacy", "stop")
    with opened() as context:
        settings = context.settings
        with context.transaction() as session:
            owner = session.scalars(select(Organisation)).one()
            owner.synthetic = True
            session.add(
                Publication(
                    organisation_id=owner.id,
                    created=owner.stopped,
                    data_until=date(2026, 11, 1),
                    minimum_group=10,
                    digest="d",
                )
            )
        open_pages = settings.model_copy(update={"open_pages": True})
        with TestClient(create_app(open_pages, context.engine)) as browser:
            assert "Resonanz ist angehalten." in browser.get("/?lang=de").text
            run("privacy", "resume")
            assert "angehalten" not in browser.get("/?lang=de").text
        with context.transaction() as session:
            actions = [
                entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.number))
            ]
    assert actions[-2:] == ["service.stopped", "service.resumed"]
    assert actions.count("service.stopped") == 1
