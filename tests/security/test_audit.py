"""The audit log: what it holds, what it never holds, and that nobody changes it unseen."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from httpx import Client
from sqlalchemy import Engine, delete, select, text, update

from service.database import transaction
from service.grants import Role
from service.models import AuditEntry, AuditHead, Organisation, Publication, PublishedRoom, Session
from service.security import audit
from service.security.accounts import give_role, named


def entries(database: Engine) -> list[tuple[str, str, dict[str, object]]]:
    with transaction(database) as session:
        found = session.scalars(select(AuditEntry).order_by(AuditEntry.number))
        return [(one.account, one.action, json.loads(one.detail)) for one in found]


def filled(database: Engine, count: int = 5) -> tuple[int, str]:
    with transaction(database) as session:
        for number in range(count):
            entry = audit.append(session, "ada", "asked", {"route": f"GET /{number}"})
        return entry.number, entry.digest


def test_a_chain_nobody_touched_is_whole(engine: Engine) -> None:
    noted = filled(engine)
    filled(engine, 3)
    with transaction(engine) as session:
        verdict = audit.verify(session, noted)
    assert (verdict.intact, verdict.entries) == (True, 8)


def test_an_empty_log_is_whole(engine: Engine) -> None:
    with transaction(engine) as session:
        assert audit.verify(session) == audit.Verdict(0, audit.START)


@pytest.mark.parametrize(
    ("change", "at"),
    [
        (update(AuditEntry).where(AuditEntry.number == 2).values(account="eve"), 2),
        (update(AuditEntry).where(AuditEntry.number == 3).values(detail="{}"), 3),
        (update(AuditEntry).where(AuditEntry.number == 3).values(action="refused"), 3),
        (update(AuditEntry).where(AuditEntry.number == 1).values(at=datetime(2026, 1, 1, tzinfo=UTC)), 1),
        (update(AuditEntry).where(AuditEntry.number == 4).values(previous="0" * 64), 4),
        (update(AuditEntry).where(AuditEntry.number == 5).values(digest="f" * 64), 5),
        (delete(AuditEntry).where(AuditEntry.number == 1), 1),
        (delete(AuditEntry).where(AuditEntry.number == 3), 3),
        (delete(AuditEntry).where(AuditEntry.number == 5), 5),
        (delete(AuditEntry), 1),
        (text("UPDATE audit_entry SET number = 9 WHERE number = 5"), 5),
    ],
)
def test_a_changed_or_missing_entry_is_found(engine: Engine, change: object, at: int) -> None:
    filled(engine)
    with transaction(engine) as session:
        session.execute(change)  # type: ignore[call-overload]
    with transaction(engine) as session:
        verdict = audit.verify(session)
    assert (verdict.intact, verdict.at) == (False, at)


def test_a_chain_computed_anew_does_not_hold_the_entry_that_was_noted(engine: Engine) -> None:
    noted = filled(engine)
    with transaction(engine) as session:
        session.execute(delete(AuditEntry))
        session.execute(delete(AuditHead))
    filled(engine, 9)
    with transaction(engine) as session:
        assert audit.verify(session).intact
        assert not audit.verify(session, noted).intact


def test_an_act_that_fails_leaves_no_entry(engine: Engine) -> None:
    def act() -> None:
        with transaction(engine) as session:
            audit.append(session, "ada", "role changed")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        act()
    with transaction(engine) as session:
        assert audit.verify(session).entries == 0


def test_writers_at_the_same_time_make_one_chain(engine: Engine) -> None:
    def write() -> None:
        for _ in range(10):
            filled(engine, 2)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction(engine) as session:
        verdict = audit.verify(session)
    assert (verdict.intact, verdict.entries) == (True, 80)


def test_every_query_is_noted_with_who_and_what(as_role: Callable[[Role], Client], database: Engine) -> None:
    client = as_role(Role.ANALYST)
    before = len(entries(database))
    client.get("/api/v1/measurements?metric=contributor_share&scope=room&window=days28&since=2026-03-02")
    client.get("/council")
    assert entries(database)[before:] == [
        (
            "analyst",
            "asked",
            {
                "route": "GET /api/v1/measurements",
                "metric": "contributor_share",
                "scope": "room",
                "window": "days28",
                "since": "2026-03-02",
            },
        ),
        ("analyst", "refused", {"route": "GET /council"}),
    ]


def test_nothing_typed_into_an_address_reaches_the_log_unless_it_is_published(
    as_role: Callable[[Role], Client], database: Engine
) -> None:
    with transaction(database) as session:
        run = Publication(
            organisation_id=session.scalars(select(Organisation.id)).one(),
            created=datetime.now(UTC),
            data_until=datetime.now(UTC).date(),
            minimum_group=10,
            digest="0" * 64,
        )
        session.add(run)
        session.flush()
        session.add(
            PublishedRoom(publication_id=run.id, key="wiki/HR", label="HR", source="wiki", archived=False)
        )
    client = as_role(Role.ANALYST)
    client.get("/rooms/wiki/HR")
    client.get("/rooms/~schmidt?lang=schmidt&who=schmidt&organisation=schmidt")
    query = "&".join(f"{name}=schmidt" for name in ("metric", "scope", "scope_key", "window", "cursor", "x"))
    client.get(f"/api/v1/measurements?{query}")
    client.get("/api/v1/milestones/schmidt/changes?room=schmidt&against=schmidt")
    client.post("/login", data={"name": "schmidt", "password": "schmidt"})
    kept = entries(database)
    assert ("analyst", "asked", {"route": "GET /rooms/{key:path}", "key": "wiki/HR"}) in kept
    assert "schmidt" not in json.dumps(kept)


def test_signing_in_and_failing_to_are_noted(
    browser: Client, credentials: dict[str, str], database: Engine
) -> None:
    browser.post("/login", data={**credentials, "password": "falsch falsch"})
    browser.post("/login", data=credentials)
    assert [entry[:2] for entry in entries(database)] == [
        ("console", "account created"),
        ("kommunikation", "sign-in refused"),
        ("kommunikation", "signed in"),
    ]


def test_another_role_ends_open_sessions_and_is_noted(
    as_role: Callable[[Role], Client], database: Engine
) -> None:
    client = as_role(Role.AUDITOR)
    assert client.get("/council").status_code == 200
    with transaction(database) as session:
        give_role(session, named(session, "auditor"), Role.VIEWER, "console")
    assert client.get("/council").status_code == 303
    assert client.get("/").status_code == 303
    detail = {"account": "auditor", "before": "auditor", "after": "viewer"}
    assert ("console", "role changed", detail) in entries(database)


def test_the_councils_page_tells_who_what_and_when_in_both_languages(
    as_role: Callable[[Role], Client], database: Engine
) -> None:
    client = as_role(Role.AUDITOR)
    client.get("/api/v1/metrics")
    page = client.get("/council", headers={"Accept-Language": "de"}).text
    assert "Wer was abgefragt hat" in page
    assert "GET /api/v1/metrics" in page
    assert "Betriebsrat und Revision" in page
    with transaction(database) as session:
        head = session.get_one(AuditHead, 1)
        assert f"{head.number}:{head.digest}" in page
    page = client.get("/council?before=2&lang=en").text
    assert "Who asked what" in page
    assert "GET /api/v1/metrics" not in page


def test_nothing_is_answered_that_could_not_be_noted(
    browser: Client, credentials: dict[str, str], database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.post("/login", data=credentials)
    assert browser.get("/api/v1/metrics").status_code == 200
    with transaction(database) as session:
        session.execute(update(Session).values(used=datetime.now(UTC) - timedelta(minutes=5)))
        session.execute(text("DROP TABLE audit_entry"))
    assert browser.get("/api/v1/metrics").status_code == 500
