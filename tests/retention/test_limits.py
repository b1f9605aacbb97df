"""How long data may be kept: what is set, what is agreed, and what then holds."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from typer.testing import CliRunner

from service.cli import app
from service.database import transaction
from service.errors import Invalid, ServiceError
from service.models import AuditEntry, Organisation, Retention
from service.privacy import limits, sections
from service.privacy.differences import Effect, differences
from service.privacy.limits import Cuts, Limits

NOW = datetime(2026, 3, 30, 10, tzinfo=UTC)
days = st.none() | st.integers(30, 1000)
any_limits = st.builds(Limits, days, days, days)


def length(value: int | None) -> float:
    return float("inf") if value is None else value


@given(any_limits, any_limits)
def test_the_stricter_holds_and_nothing_outlives_what_it_needs(one: Limits, other: Limits) -> None:
    found = one.within(other)
    for name, value in found.to_dict().items():
        assert length(value) <= min(length(getattr(one, name)), length(getattr(other, name)))
    found.check()
    assert found == other.within(one) == found.within(one) == found.within(found)


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Limits(activities=29), "29 days"),
        (Limits(activities=90, people=60), "activities can not be kept longer than people"),
        (Limits(people=90), "activities can not be kept longer than people"),
        (Limits(activities=60, people=90, measurements=60), "people can not be kept longer"),
    ],
)
def test_limits_that_contradict_each_other_are_refused(wanted: Limits, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        wanted.check()


@pytest.fixture
def organisation(engine: Engine) -> int:
    with transaction(engine) as session:
        made = Organisation(key="main", name="Beispiel AG")
        session.add(made)
        session.flush()
        return made.id


@pytest.mark.parametrize(
    ("now", "cut"),
    [
        ("2026-03-30T10:00", "2026-02-02"),
        ("2026-04-01T10:00", "2026-02-02"),
        ("2026-04-03T21:59", "2026-02-02"),  # 60 days after the Monday
        ("2026-04-03T22:00", "2026-02-09"),  # the day after, in Berlin
    ],
)
def test_a_week_goes_as_soon_as_its_monday_is_too_old(
    engine: Engine, organisation: int, now: str, cut: str
) -> None:
    with transaction(engine) as session:
        limits.declare(session, organisation, Limits(activities=60))
        moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
        found = limits.due(session, session.get_one(Organisation, organisation), moment)
    assert found == Cuts(activities=date.fromisoformat(cut))


def test_what_is_gone_stays_gone_whatever_is_set(engine: Engine, organisation: int) -> None:
    reached = Cuts(date(2026, 3, 2), date(2026, 2, 2), date(2026, 1, 7))
    with transaction(engine) as session:
        limits.advance(session, organisation, reached)
        limits.advance(session, organisation, Cuts(date(2026, 2, 2), None, date(2026, 1, 8)))
    with transaction(engine) as session:
        limits.declare(session, organisation, Limits())
        found = limits.due(session, session.get_one(Organisation, organisation), NOW)
        assert found == Cuts(date(2026, 3, 2), date(2026, 2, 2), date(2026, 1, 8))
        assert found.complete == date(2026, 3, 2)
        limits.declare(session, organisation, Limits(60, 90, 400))
        assert limits.due(session, session.get_one(Organisation, organisation), NOW).activities == date(
            2026, 3, 2
        )


def test_a_longer_time_lowers_protection_and_a_shorter_one_raises_it(
    engine: Engine, organisation: int
) -> None:
    def kept(*wanted: int | None) -> dict[str, Any]:
        with transaction(engine) as session:
            limits.declare(session, organisation, Limits(*wanted))
            return {"retention": sections.retention(session, organisation)}

    agreed = kept(90, 400, None)
    assert agreed["retention"] == {
        "activities": 90,
        "people": 400,
        "measurements": None,
        "person_roll_ups": 0,
    }
    for wanted, place, effect in (
        ((91, 400, None), "retention.activities", Effect.LOOSENING),
        ((90, None, None), "retention.people", Effect.LOOSENING),
        ((90, 401, None), "retention.people", Effect.LOOSENING),
        ((90, 90, None), "retention.people", Effect.TIGHTENING),
        ((90, 400, 800), "retention.measurements", Effect.TIGHTENING),
    ):
        (found,) = differences(agreed, kept(*wanted))
        assert (found.place, found.effect) == (place, effect)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.setenv("RESONANZ_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("RESONANZ_DATABASE", raising=False)
    monkeypatch.chdir(tmp_path)

    def command(*words: str, fails: int = 0) -> str:
        done = CliRunner().invoke(app, words, input="four words in a row\n")
        if isinstance(done.exception, ServiceError):
            assert fails, str(done.exception)
            return str(done.exception)
        assert done.exit_code == fails, done.output
        return done.output

    command("organisation", "set", "--name", "Beispiel AG")
    return command


def test_the_admin_sets_how_long_and_it_is_written_down(run: Callable[..., str]) -> None:
    assert "forever" in run("privacy", "keep")
    run("privacy", "keep", "--activities", "90", "--people", "400")
    assert json.loads(run("privacy", "keep", "--json"))["holds"] == {
        "activities": 90,
        "people": 400,
        "measurements": None,
    }
    assert "give one like 400" in run("privacy", "keep", "--activities", "long", fails=1)
    assert "can not be kept longer" in run("privacy", "keep", "--activities", "forever", fails=1)
    assert "Nothing is older" in run("privacy", "retention", "--dry-run")
    found = json.loads(run("privacy", "retention", "--json"))
    assert (found["dry_run"], found["limits"]["activities"], found["resumed"]) == (False, 90, False)
    from service.context import opened

    with opened() as context, context.transaction() as session:
        told = [entry.detail for entry in session.query(AuditEntry) if entry.action == "retention.set"]
    assert len(told) == 1
    checks = json.loads(run("doctor", "--json", fails=1))["checks"]
    assert [one["detail"] for one in checks if one["check"] == "retained"] == [
        "main: activities 90 days, people 400 days, measurements forever"
    ]


def test_what_is_agreed_holds_where_it_is_stricter(run: Callable[..., str]) -> None:
    for holder in ("admin", "council"):
        run("privacy", "key", "create", holder, "--passphrase-stdin")
        run("privacy", "key", "register", f"{holder}.pub", "--holder", holder)
    run("privacy", "keep", "--activities", "90", "--people", "400")
    run("privacy", "agreement", "draft")
    for holder in ("admin", "council"):
        run("privacy", "agreement", "sign", "--holder", holder, "--key", holder, "--passphrase-stdin")
    run("privacy", "agreement", "activate")
    told = run("privacy", "keep", "--activities", "400", "--people", "forever")
    assert "stricter" in told
    assert json.loads(run("privacy", "keep", "--json"))["holds"] == {
        "activities": 90,
        "people": 400,
        "measurements": None,
    }
    checks = json.loads(run("doctor", "--json", fails=1))["checks"]
    troubles = {one["check"]: one["detail"] for one in checks if not one["ok"]}
    assert "retention.activities is 400, agreed is 90" in troubles["agreement"]
    run("privacy", "agreement", "draft")
    run("privacy", "agreement", "sign", "--holder", "admin", "--key", "admin", "--passphrase-stdin")
    assert "lowers protection: retention.activities" in run("privacy", "agreement", "activate", fails=1)


def test_doctor_tells_of_what_should_have_gone(
    run: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from service.context import opened

    with opened() as context, context.transaction() as session:
        owner = session.query(Organisation).one().id
        limits.declare(session, owner, Limits(90, 400))
        session.get_one(Retention, owner).begun = NOW - timedelta(days=3)
    checks = json.loads(run("doctor", "--json", fails=1))["checks"]
    (found,) = [one for one in checks if one["check"] == "retained"]
    assert "`resonanz privacy retention --organisation main` deletes them" in found["detail"]
    assert "An earlier run had not come to its end" in run("privacy", "retention")
    checks = json.loads(run("doctor", "--json", fails=1))["checks"]
    assert [one["ok"] for one in checks if one["check"] == "retained"] == [True]
