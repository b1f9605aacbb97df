"""`resonanz schedule` and `resonanz job`, and what `doctor` says of them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from service.cli import app
from service.context import Context
from service.jobs.leases import Leases
from service.jobs.worker import Worker
from service.settings import Settings


@pytest.fixture
def console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("RESONANZ_DATA", str(tmp_path / "data"))
    for name in ("DATABASE", "ROLE", "BACKUPS"):
        monkeypatch.delenv(f"RESONANZ_{name}", raising=False)

    def run(*words: str) -> Any:
        done = CliRunner().invoke(app, words)
        if "--json" in words:
            return json.loads(done.output)
        return done.output if done.exception is None else f"{done.output}{done.exception}"

    assert "is set" in run("organisation", "set", "--name", "Beispiel AG", "--key", "beispiel")
    return run


def check(console: Any, name: str) -> dict[str, Any]:
    checks = console("doctor", "--json")["checks"]
    return next(one for one in checks if one["check"] == name)


def test_an_admin_plans_the_night_and_looks_after_it(console: Any, tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    console(
        "source", "add", "files", "--set", f"path={given}", "--set", "format=activities", "--key", "given"
    )
    assert "schedule set nightly" in check(console, "jobs")["detail"]
    assert console("schedule", "set", "nightly", "02:00", "--json")["when"] == "02:00 Europe/Berlin"
    assert "nightly" in console("schedule", "set", "hourly")
    assert "02:00" in console("schedule", "set", "nightly", "26:00")
    planned = {one["kind"]: one["when"] for one in console("schedule", "list", "--json")}
    assert planned == {"nightly": "02:00 Europe/Berlin"} | dict.fromkeys(
        ("hinted", "subscribe", "assess", "retention", "backup")
    )
    assert check(console, "jobs")["ok"] is False  # planned, and nobody does it
    asked = console("job", "run", "nightly")
    assert "job 1, job 2" in asked
    assert "No worker is running" in asked
    assert "already" in console("job", "run", "sync", "given")
    assert "nothing to do" in console("job", "run", "hinted")
    assert [one["kind"] for one in console("job", "list", "--json")] == ["sync", "compute"]
    context = Context(Settings())
    leases = Leases(context.engine)
    claim = leases.claim("w")
    assert claim is not None
    leases.fail(claim, "Misconfigured", final=True)
    shown = console("job", "show", "1", "--json")
    assert (shown["state"], shown["source"]) == ("poison", "given")
    assert "source check" in shown["what_to_do"]
    worker = Worker(leases, lambda claim, held: None)
    worker._show()
    assert "1 jobs were given up" in check(console, "jobs")["detail"]
    assert console("doctor", "--health", "--role", "worker", "--json")["ok"] is True
    worker.join()
    assert console("doctor", "--health", "--role", "worker", "--json")["ok"] is False
    assert "tried again" in console("job", "retry", "1")
    assert "put aside" in console("job", "dismiss", "2")
    assert "no job 77" in console("job", "dismiss", "77")
    assert [one["state"] for one in console("job", "list", "--json")] == ["waiting", "dismissed"]
    assert "no more" in console("schedule", "remove", "nightly")
    assert "not planned" in console("schedule", "remove", "nightly")
    noted = [one["action"] for one in console("audit", "list", "--json")]
    assert {"schedule set", "schedule remove", "job run", "job retry", "job dismiss"} <= set(noted)
    assert not {"job list", "job show", "schedule list"} & set(noted)
    context.engine.dispose()


def test_backups_are_the_installations(console: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "RESONANZ_BACKUPS must name" in console("schedule", "set", "backup", "1d")
    monkeypatch.setenv("RESONANZ_BACKUPS", str(tmp_path / "backups"))
    assert "must name" not in console("schedule", "set", "backup")
    assert [one["when"] for one in console("schedule", "list", "--json")][-1] == "05:00 UTC"
    assert "no role" in console("serve", "--role", "cook")
