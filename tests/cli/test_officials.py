"""The admin declares who speaks for the organisation, by unit and level, never by person."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from service.cli import app
from service.context import opened
from service.models import Organisation, Unit


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.setenv("RESONANZ_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("RESONANZ_DATABASE", raising=False)

    def command(*words: str) -> str:
        done = CliRunner().invoke(app, ["organisation", *words])
        assert done.exit_code == 0, done.output
        return done.stdout

    command("set", "--name", "Beispiel AG")
    return command


def declared(run: Callable[..., str], *words: str) -> Any:
    return json.loads(run("official", *words, "--json"))


def test_units_and_a_level_of_leadership_are_declared_once_and_kept(run: Callable[..., str]) -> None:
    assert declared(run) == {"units": [], "not_read_yet": [], "leaders": None}
    with opened() as context, context.transaction() as session:
        organisation = session.scalars(select(Organisation.id)).one()
        session.add(Unit(organisation_id=organisation, key="Communications", name="Communications"))
    run("official", "--unit", "Communications", "--unit", "Press")
    run("official", "--leaders", "2", "--unit", "Press")
    assert declared(run) == {"units": ["Communications", "Press"], "not_read_yet": ["Press"], "leaders": 2}
    assert "Not read yet: Press." in run("official")


def test_a_declaration_can_be_replaced(run: Callable[..., str]) -> None:
    run("official", "--unit", "Press", "--leaders", "1")
    assert declared(run, "--clear", "--unit", "Board") == {
        "units": ["Board"],
        "not_read_yet": ["Board"],
        "leaders": None,
    }
    assert "Leaders: none." in run("official", "--clear")
