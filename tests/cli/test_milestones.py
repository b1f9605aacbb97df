"""`resonanz organisation compare`."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from service.cli import app
from service.database import connect, migrate, transaction
from service.models import Measurement, Milestone, Organisation
from service.publication import publish

runner = CliRunner()
START = date(2025, 3, 3)


@pytest.fixture
def relaunched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A year in which the relaunch lifts the active share from 30 % to 45 %."""
    monkeypatch.setenv("RESONANZ_DATA", str(tmp_path))
    monkeypatch.delenv("RESONANZ_DATABASE", raising=False)
    engine = connect(f"sqlite:///{tmp_path / 'resonanz.db'}")
    migrate(engine)
    with transaction(engine) as session:
        session.add(Organisation(id=1, key="main", name="Beispiel AG"))
        session.flush()
        for week in range(54):
            since, count = START + timedelta(weeks=week), 450 if week >= 26 else 300
            session.add(
                Measurement(
                    organisation_id=1, metric="active_share", category="", scope="organisation", scope_key="",
                    window="week", since=since, until=since + timedelta(days=7), numerator=count,
                    denominator=1000, people=1000, affirming=count, state="known",
                    measured=datetime(2026, 3, 31, tzinfo=UTC),
                )
            )  # fmt: skip
        day = START + timedelta(weeks=26)
        session.add(
            Milestone(organisation_id=1, key="relaunch", day=day, label_de="Neustart", label_en="Relaunch")
        )
    publish(engine, 1)
    engine.dispose()


def compared(*words: str) -> Any:
    result = runner.invoke(app, ["organisation", "compare", *words, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_it_says_what_changed_and_by_how_much(relaunched: None) -> None:
    (row,) = [row for row in compared("relaunch") if row["metric"] == "active_share"]
    assert row["verdict"] == "rose"
    assert row["effect"] == pytest.approx(0.16, abs=0.01)
    assert (row["weeks_before"], row["weeks_after"]) == (26, 26)


def test_it_says_why_it_can_not_tell(relaunched: None) -> None:
    (row,) = [row for row in compared("relaunch") if row["metric"] == "response_rate"]
    assert row["doubts"] == ["too_few_before", "too_few_after"]
