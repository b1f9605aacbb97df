"""The console: demanding a right, the end of a key, a backup and its restoration."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.cli import app
from service.errors import ServiceError

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("RESONANZ_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("RESONANZ_KEY_FILE", str(tmp_path / "key" / "pseudonym.key"))
    monkeypatch.delenv("RESONANZ_DATABASE", raising=False)

    def command(*words: str, given: str = "", fails: int = 0) -> str:
        done = CliRunner().invoke(app, words, input=given)
        if isinstance(done.exception, ServiceError):
            assert fails, str(done.exception)
            return str(done.exception)
        assert done.exit_code == fails, done.output
        return done.output

    return command


def activities(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    folder.mkdir()
    rows = ["id,kind,time,room,person,object,content_type"]
    rows += [f"{person},create,2026-03-02T10:00:00Z,HR,{person},{person},page" for person in ("ada", "bob")]
    (folder / "activities.csv").write_text("\n".join(rows) + "\n")
    return folder


def test_from_a_backup_over_an_erasure_to_the_end_of_the_key(run, tmp_path):
    run("organisation", "set", "--name", "Beispiel AG")
    run(
        "source",
        "add",
        "files",
        "--key",
        "export",
        "--set",
        f"path={activities(tmp_path)}",
        "--set",
        "format=activities",
    )
    run("sync")
    person = ("--source", "export", "--id-stdin")
    assert json.loads(run("privacy", "person", "verify", *person, "--json", given="ada\n", fails=1))["stored"]
    assert "is whole" in run("backup", str(tmp_path / "saved"))
    assert (
        json.loads(run("restore", str(tmp_path / "saved"), "--verify", "--json"))["log_versions"]["main"]
        is not None
    )
    assert "Erase everything" in run(
        "privacy", "person", "erase", "--source", "export", given="ada\nn\n", fails=1
    )
    assert "nothing of them is left" in run("privacy", "person", "erase", *person, "--yes", given="ada\n")
    assert "other ids" in run("privacy", "person", "erase", *person, "--yes", given="zoe\n")
    assert "not empty" in run("restore", str(tmp_path / "saved"), fails=1)
    run("restore", str(tmp_path / "saved"), "--replace")
    assert json.loads(run("privacy", "person", "verify", *person, "--json", given="ada\n")) == {
        "stored": False,
        "places": [],
    }
    run("privacy", "person", "verify", *person, given="bob\n", fails=1)
    run("privacy", "person", "opt-out", *person, "--yes", given="bob\n")
    told = run("privacy", "person", "opted-out")
    assert told.strip() == "fewer than 10"
    assert json.loads(run("privacy", "person", "opted-out", "--json")) == {
        "opted_out": None,
        "fewer_than": 10,
    }
    assert "collected again" in run("privacy", "person", "opt-in", *person, given="bob\n")
    assert "has not opted out" in run("privacy", "person", "opt-in", *person, given="bob\n", fails=1)
    assert "no source" in run(
        "privacy", "person", "opt-out", "--source", "other", "--id-stdin", given="bob\n", fails=1
    )
    (row,) = json.loads(run("privacy", "epoch", "list", "--json"))
    assert "nothing was destroyed" in run("privacy", "epoch", "destroy", "1", "--confirm", "no", fails=1)
    run("privacy", "epoch", "destroy", "1", given=row["fingerprint"] + "\n")
    assert "epoch begin" in run("sync", fails=1)
    again = ("restore", str(tmp_path / "saved"), "--replace")
    assert "epoch of main whose key was destroyed" in run(*again, fails=1)
    run(*again, "--without", "main")
    assert json.loads(run("activity", "counts", "--json")) == []
    run("privacy", "epoch", "begin", "--yes")
    run("sync")
    assert [one["id"] for one in json.loads(run("privacy", "epoch", "list", "--json"))] == [1, 2]
    assert run("audit", "verify")
