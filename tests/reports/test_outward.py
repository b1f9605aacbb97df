"""How the document is got: from the console, and from its page."""

import io
import json
import warnings
from pathlib import Path

import docx
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from service.app import create_app
from service.cli import app as console
from service.cli.reports import keep
from service.database import transaction
from service.errors import Conflict, Invalid, NotFound
from service.grants import Role
from service.models import AuditEntry
from service.reports.making import TYPES, Format, file_name
from service.security.accounts import create_account
from service.settings import Settings
from tests.reports.conftest import TODAY

with warnings.catch_warnings():
    # It works with httpx, and warns that it will want another client some day.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

PASSWORD = "ein langes Passwort 7"


@pytest.fixture
def run(database, tmp_path, monkeypatch):
    """Runs a command; an error it ends with is raised."""
    monkeypatch.setenv("RESONANZ_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("RESONANZ_DATABASE", database.url.render_as_string(hide_password=False))

    def command(*words):
        done = CliRunner().invoke(console, ["report", "concept", *words])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return command


def test_the_console_writes_the_file_and_tells_of_it(run, tmp_path):
    file = tmp_path / "konzept.docx"
    done = run("--out", str(file), "--organisation", "acme", "--json")
    told = json.loads(done.stdout)
    assert told == {
        "file": str(file),
        "format": "docx",
        "language": "de",
        "bytes": file.stat().st_size,
    }
    assert docx.Document(str(file)).paragraphs[0].text.startswith("Grobkonzept")
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["konzept.docx"]


def test_a_file_is_overwritten_only_if_asked_for(run, tmp_path):
    file = tmp_path / "board"
    file.write_bytes(b"mine")
    words = ("--out", str(file), "--format", "pdf", "--language", "en", "--organisation", "bare")
    with pytest.raises(Conflict, match="--force overwrites it"):
        run(*words)
    assert file.read_bytes() == b"mine"
    assert "Written" in run(*words, "--force").stdout
    assert file.read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--out", "concept.odt", "--organisation", "acme"), "docx, pdf or pptx"),
        (("--out", "concept", "--organisation", "acme"), "'concept' is no format"),
        (("--out", "c.pdf", "--language", "fr", "--organisation", "bare"), "'fr' is not spoken here"),
        (("--out", "c.pdf", "--organisation", "young"), "resonanz assess"),
        (("--out", "c.pdf"), "say which organisation"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_written(run, tmp_path, monkeypatch, words, told):
    monkeypatch.chdir(tmp_path)
    with pytest.raises((Invalid, NotFound), match=told):
        run(*words)
    assert [one for one in tmp_path.iterdir() if one.is_file()] == []


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    file = tmp_path / "concept.pdf"
    file.write_bytes(b"before")
    with pytest.raises(Invalid, match="can not be written to"):
        keep(tmp_path / "nowhere" / "concept.pdf", b"new")

    def broken(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(Invalid, match="No space left on device"):
        keep(file, b"new")
    assert file.read_bytes() == b"before"
    assert [one.name for one in tmp_path.iterdir()] == ["concept.pdf"]


@pytest.fixture(scope="module")
def viewer(database, tmp_path_factory):
    create_account(database, "reader", PASSWORD, Role.VIEWER)
    app = create_app(Settings(data=tmp_path_factory.mktemp("data")), database)
    client = TestClient(app, follow_redirects=False, headers={"Sec-Fetch-Site": "same-origin"})
    assert client.post("/login", data={"name": "reader", "password": PASSWORD}).status_code == 303
    return client


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_page_offers_three_files(viewer, language):
    page = viewer.get(f"/report?organisation=acme&lang={language}").text
    for form in Format:
        assert f'href="/report/concept.{form}?organisation=acme&amp;lang={language}"' in page
    assert "Herunterladen" in page if language == "de" else "Download" in page


def test_without_an_assessment_the_page_says_what_to_do(viewer):
    page = viewer.get("/report?organisation=young&lang=en").text
    assert 'href="/assessment?organisation=young"' in page
    assert "/report/concept." not in page
    assert viewer.get("/report/concept.pdf?organisation=young").status_code == 404


@pytest.mark.parametrize("form", list(Format))
def test_a_reader_downloads_the_document_and_that_is_noted(viewer, database, form):
    answer = viewer.get(f"/report/concept.{form}?organisation=bare&lang=en")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == TYPES[form]
    assert answer.headers["content-language"] == "en"
    assert "-concept-bare-" in answer.headers["content-disposition"]
    assert answer.headers["content-disposition"].endswith(f'.{form}"')
    assert answer.content[:4] in (b"%PDF", b"PK\x03\x04")
    with transaction(database) as session:
        newest = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc())).first()
    assert "/report/concept." in json.dumps(newest.detail)
    assert newest.account == "reader"


def test_another_format_is_not_found_and_strangers_get_nothing(viewer):
    assert viewer.get("/report/concept.exe?organisation=acme").status_code == 404
    stranger = TestClient(viewer.app, follow_redirects=False)
    assert stranger.get("/report/concept.pdf?organisation=acme").status_code in {303, 401}


def test_a_file_name_is_safe_whatever_the_organisation_is_called():
    name = file_name('a/b"\r\nü', Format.PDF, "de", TODAY)
    assert name == "resonanz-konzept-a-b----" + "-2026-06-15.pdf"
    assert io.BytesIO(name.encode("ascii"))
