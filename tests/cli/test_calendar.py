"""What the admin declares of working time, milestones and rooms."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from service.cli import app
from service.context import opened
from service.errors import Invalid, NotFound
from service.models import Milestone, Organisation, Person, Room, Source

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs a command; an error it ends with is raised."""
    monkeypatch.setenv("RESONANZ_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("RESONANZ_DATABASE", raising=False)

    def command(*words: str) -> str:
        done = CliRunner().invoke(app, list(words))
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.stdout

    command("organisation", "set", "--name", "Beispiel AG")
    return command


def calendar(run: Callable[..., str]) -> Any:
    return json.loads(run("organisation", "calendar", "show", "--json"))


def test_without_anything_declared_work_is_monday_to_friday_from_eight_to_five(
    run: Callable[..., str],
) -> None:
    (own,) = calendar(run)
    assert (own["week"], own["hours"], own["region"]) == ("mon,tue,wed,thu,fri", "08:00-17:00", None)


def test_a_calendar_can_be_declared_and_a_site_have_its_own(run: Callable[..., str]) -> None:
    run("organisation", "calendar", "set", "--region", "DE-BY", "--week", "mon,tue,sat", "--opens", "07:30")
    run("organisation", "calendar", "site", "Wien", "--region", "AT", "--time-zone", "Europe/Vienna")
    run("organisation", "calendar", "shutdown", "2026-12-24", "2026-12-31")
    run("organisation", "calendar", "shutdown", "2026-08-03", "2026-08-03", "--site", "Wien")
    with opened() as context, context.transaction() as session:
        owner = session.scalars(select(Organisation)).one()
        for number, site in enumerate(("Wien", "Wien", "Graz", None)):
            session.add(
                Person(
                    organisation_id=owner.id,
                    pseudonym=number,
                    kind="human",
                    site=site,
                    first_seen=NOW,
                    last_seen=NOW,
                )
            )
    own, vienna = calendar(run)
    assert (own["region"], own["week"], own["hours"], own["people"]) == (
        "DE-BY",
        "mon,tue,sat",
        "07:30-17:00",
        2,
    )
    assert own["shutdowns"] == ["2026-12-24 to 2026-12-31"]
    assert (vienna["region"], vienna["time_zone"], vienna["people"]) == ("AT", "Europe/Vienna", 2)
    assert vienna["shutdowns"] == ["2026-08-03 to 2026-08-03", "2026-12-24 to 2026-12-31"]
    run("organisation", "calendar", "shutdown", "2026-12-24", "2026-12-31", "--remove")
    run("organisation", "calendar", "site", "Wien", "--remove")
    (own,) = calendar(run)
    assert own["shutdowns"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("set", "--region", "Bavaria"), "DE-BY"),
        (("set", "--week", "someday"), "weekdays"),
        (("set", "--opens", "noon"), "08:00"),
        (("set", "--opens", "18:00"), "cannot end"),
        (("site", "Wien", "--time-zone", "Mars/Phobos"), "Europe/Berlin"),
        (("shutdown", "2026-08-03", "2026-08-02"), "before the first"),
    ],
)
def test_what_is_no_calendar_is_refused_with_what_it_should_be(
    run: Callable[..., str], words: tuple[str, ...], said: str
) -> None:
    with pytest.raises(Invalid, match=said):
        run("organisation", "calendar", *words)
    assert len(calendar(run)) == 1


def test_a_shutdown_of_an_unknown_site_is_refused(run: Callable[..., str]) -> None:
    with pytest.raises(NotFound, match="calendar site"):
        run("organisation", "calendar", "shutdown", "2026-08-03", "2026-08-04", "--site", "Wien")


def test_a_milestone_says_what_kind_it_is(run: Callable[..., str]) -> None:
    run(
        "organisation",
        "milestone",
        "move",
        "2026-03-03",
        "--kind",
        "migration",
        "--de",
        "Umzug",
        "--en",
        "Move",
    )
    with opened() as context, context.transaction() as session:
        assert session.scalars(select(Milestone)).one().kind == "migration"
    with pytest.raises(Invalid, match="campaign"):
        run(
            "organisation",
            "milestone",
            "move",
            "2026-03-03",
            "--kind",
            "party",
            "--de",
            "Fest",
            "--en",
            "Party",
        )


def test_a_room_can_be_left_out_and_taken_back(run: Callable[..., str]) -> None:
    with opened() as context, context.transaction() as session:
        owner = session.scalars(select(Organisation)).one()
        source = Source(
            organisation_id=owner.id, key="wiki", connector="confluence", settings={}, created=NOW
        )
        session.add(source)
        session.flush()
        session.add(
            Room(
                organisation_id=owner.id, source_id=source.id, key="wiki/play", handle="PLAY", first_seen=NOW
            )
        )
    for option, expected in (("--excluded", True), ("--measured", False)):
        run("room", "set", "PLAY", option)
        (room,) = json.loads(run("room", "list", "--json"))
        assert (room["excluded"], room["purpose"]) == (expected, None)
    with pytest.raises(Invalid, match="--excluded"):
        run("room", "set", "PLAY")
