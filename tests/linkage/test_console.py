"""Saying at the console which source tells about which."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from service.cli import app
from service.errors import Invalid, NotFound

MICROSOFT = ("tenant=contoso.example", "client_id=11111111-2222-3333-4444-555555555555")
Console = Callable[..., Any]


@pytest.fixture
def console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Console:
    """Runs a command on a data directory of its own; gives what it prints as JSON."""
    monkeypatch.setenv("RESONANZ_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("RESONANZ_DATABASE", raising=False)
    monkeypatch.chdir(tmp_path)
    secret = tmp_path / "secret"
    secret.touch(mode=0o600)
    secret.write_text("synthetic\n", encoding="ascii")
    (tmp_path / "exports").mkdir()

    def run(*words: str, as_json: bool = True) -> Any:
        done = CliRunner().invoke(app, [*words, *(("--json",) if as_json else ())])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout) if as_json else done.stdout

    return run


def settings(*more: str) -> list[str]:
    return [word for pair in (*MICROSOFT, "secret_file=secret", *more) for word in ("--set", pair)]


def added(console: Console, connector: str, key: str, *words: str) -> str | None:
    told: str | None = console("source", "add", connector, "--key", key, *words)["about"]
    return told


def exports(form: str) -> list[str]:
    return ["--set", "path=exports", "--set", f"format={form}"]


def test_what_tells_of_microsoft_365_is_linked_to_its_only_source(console: Console) -> None:
    assert added(console, "microsoft-audit", "early", *settings("agreement=true")) is None
    assert added(console, "microsoft-365", "office", *settings()) is None
    assert added(console, "microsoft-audit", "audit", *settings("agreement=true")) == "office"
    assert added(console, "files", "reports", *exports("reports")) == "office"
    assert added(console, "files", "lone", *exports("reports"), "--about", "none") is None
    # A plain file may be about anything.
    assert added(console, "files", "plain", *exports("activities")) is None
    assert added(console, "files", "told", *exports("activities"), "--about", "office") == "office"
    console("source", "about", "early", "office", as_json=False)
    console("source", "about", "told", "none", as_json=False)
    about = {source["key"]: source["about"] for source in console("source", "list")}
    assert {key for key, platform in about.items() if platform == "office"} == {"early", "audit", "reports"}


def test_of_two_tenants_none_is_chosen(console: Console) -> None:
    added(console, "microsoft-365", "one", *settings())
    added(console, "microsoft-365", "two", *settings())
    assert added(console, "microsoft-audit", "audit", *settings("agreement=true")) is None
    said = console("source", "about", "audit", "two", as_json=False)
    assert "metrics compute" in said


def test_what_can_not_be_told_about_is_refused_and_nothing_is_added(console: Console) -> None:
    with pytest.raises(NotFound):
        added(console, "files", "plain", *exports("activities"), "--about", "nobody")
    assert console("source", "list") == []
    with pytest.raises(Invalid):
        added(console, "files", "none", *exports("activities"))
