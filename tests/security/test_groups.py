"""Entries that are committed together: one chain, one commit, and no answer before it."""

import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from httpx import Client
from sqlalchemy import Engine, event, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from starlette.datastructures import URL

from service.database import connect, migrate, transaction
from service.grants import Role
from service.models import Account, AuditEntry, Organisation
from service.models import Session as Signed
from service.security import audit, sessions
from service.security.groups import GroupCommit
from service.security.separation import confined
from service.security.signin import guard
from service.settings import Settings

SOON = 10.0

KILLED = """
import sys, threading
from service.database import connect
from service.security import audit
from service.security.groups import GroupCommit
group = GroupCommit(connect(sys.argv[1]))
def ask(who):
    number = 0
    while True:
        group.note(audit.noted(who, "asked", {"number": number}))
        sys.stdout.write(f"{who} {number}\\n"); sys.stdout.flush()
        number += 1
for who in "abcdefgh":
    threading.Thread(target=ask, args=(who,), daemon=True).start()
threading.Event().wait()
"""


def told(engine: Engine) -> list[tuple[str, dict[str, Any]]]:
    """Account and detail of each entry in the order of the chain, which has to be whole."""
    with transaction(engine) as session:
        assert audit.verify(session).intact
        found = session.scalars(select(AuditEntry).order_by(AuditEntry.number))
        return [(one.account, json.loads(one.detail)) for one in found]


@contextmanager
def commits(engine: Engine) -> Iterator[list[object]]:
    """The commits to a database meanwhile."""
    seen: list[object] = []

    def see(connection: object) -> None:
        seen.append(connection)

    event.listen(engine, "commit", see)
    try:
        yield seen
    finally:
        event.remove(engine, "commit", see)


def held(group: GroupCommit, pool: ThreadPoolExecutor, notes: list[audit.Note]) -> list[Future[None]]:
    """All of them wait for their turn, in that order. The caller holds the turn."""
    asked = []
    for number, note in enumerate(notes, start=1):
        asked.append(pool.submit(group.note, note))
        until(lambda number=number: len(group.waiting) == number)  # type: ignore[misc]
    return asked


def until(happens: Callable[[], bool]) -> None:
    end = time.monotonic() + SOON
    while not happens():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.001)


def numbered(count: int) -> list[audit.Note]:
    return [audit.noted("ada", "asked", {"number": number}) for number in range(count)]


def test_all_that_wait_share_one_commit_in_the_order_they_came(engine: Engine) -> None:
    group = GroupCommit(engine)
    with ThreadPoolExecutor(8) as pool, commits(engine) as counted:
        with group.turn:
            asked = held(group, pool, numbered(8))
        for one in asked:
            one.result(SOON)
    assert len(counted) == 1
    assert [detail["number"] for _, detail in told(engine)] == list(range(8))


def test_many_at_the_same_time_make_one_chain(engine: Engine) -> None:
    """Also beside another process, which has a group of its own, and whoever appends within a transaction."""
    groups = [GroupCommit(engine), GroupCommit(engine)]

    def ask(place: int) -> None:
        for number in range(10):
            groups[place % 2].note(audit.noted(str(place), "asked", {"number": number}))
            if place == 0:
                with transaction(engine) as session:
                    audit.append(session, "within", "role changed", {"number": number})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    found = told(engine)
    assert len(found) == 90
    for who in ("within", *map(str, range(8))):
        assert [detail["number"] for account, detail in found if account == who] == list(range(10))


def test_nobody_is_told_before_the_commit(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    group, written, go_on = GroupCommit(database), threading.Event(), threading.Event()
    append_all = audit.append_all

    def slowly(session: Session, notes: Any) -> Any:
        made = append_all(session, notes)
        written.set()
        assert go_on.wait(SOON)
        return made

    monkeypatch.setattr(audit, "append_all", slowly)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(group.note, numbered(1)[0])
        assert written.wait(SOON)
        assert not asked.done()
        go_on.set()
        asked.result(SOON)
    assert len(told(database)) == 1


def test_what_is_wrong_with_one_keeps_no_other_from_being_written(engine: Engine) -> None:
    group, notes = GroupCommit(engine), numbered(3)
    notes[1] = audit.Note("ada", "asked", "\udc80", None)  # no bytes say that
    with ThreadPoolExecutor(3) as pool:
        with group.turn:
            asked = held(group, pool, notes)
        asked[0].result(SOON)
        asked[2].result(SOON)
        with pytest.raises(UnicodeEncodeError):
            asked[1].result(SOON)
    assert [detail["number"] for _, detail in told(engine)] == [0, 2]


def test_a_commit_that_fails_fails_for_each_of_the_group_and_for_nobody_later(engine: Engine) -> None:
    group = GroupCommit(engine)

    def full(_: object) -> None:
        raise OperationalError("COMMIT", {}, sqlite3.OperationalError("database or disk is full"))

    with ThreadPoolExecutor(3) as pool:
        event.listen(engine, "commit", full)
        try:
            with group.turn:
                asked = held(group, pool, numbered(3))
            failed = [one.exception(SOON) for one in asked]
        finally:
            event.remove(engine, "commit", full)
    assert all(isinstance(one, OperationalError) and "disk is full" in str(one.orig) for one in failed)
    assert len(set(map(id, failed))) == 3
    assert told(engine) == []
    group.note(numbered(1)[0])
    assert len(told(engine)) == 1


def test_noting_the_last_use_waits_for_the_group_only_where_one_may_write_at_a_time(engine: Engine) -> None:
    """And is done before the entry is kept, and nobody let in before that, on either database."""
    before = datetime.now(UTC) - 2 * sessions.NOTED
    with transaction(engine) as session:
        ada = Account(name="ada", role="analyst", created=before)
        session.add(ada)
        session.flush()
        secret = sessions.open_session(session, ada, before)
    group = GroupCommit(engine)
    state = {"audited": group, "engine": engine, "settings": Settings(), "https": False, "feed_words": None}
    ask: Any = SimpleNamespace(
        method="GET", scope={"route": SimpleNamespace(path="/api/v1/metrics")}, url=URL("/api/v1/metrics"), headers={},
        cookies={"resonanz": secret}, query_params={}, path_params={}, state=SimpleNamespace(),
        app=SimpleNamespace(state=SimpleNamespace(**state)),
    )  # fmt: skip

    def used() -> datetime:
        with transaction(engine) as session:
            return session.scalars(select(Signed.used)).one()

    alone = engine.dialect.name == "sqlite"
    with ThreadPoolExecutor(1) as pool:
        with group.turn:
            asked = pool.submit(guard, ask)
            if alone:
                with pytest.raises(TimeoutError):
                    asked.result(0.2)
            else:
                until(lambda: len(group.waiting) == 1)
            assert (used() == before) is alone
            assert not asked.done()
            assert told(engine) == []
        asked.result(SOON)
    assert used() > before
    assert told(engine) == [("ada", {"route": "GET /api/v1/metrics"})]
    assert ask.state.account == "ada"


def test_an_entry_is_of_the_organisation_that_asked_whoever_shares_the_commit(database: Engine) -> None:
    with transaction(database) as session:
        for key in ("east", "west"):
            session.add(Organisation(key=key, name=key, synthetic=False))
    with transaction(database) as session:
        both = session.scalars(select(Organisation).order_by(Organisation.key)).all()
    group = GroupCommit(database)

    def ask(one: Organisation) -> None:
        with confined(one):
            group.note(audit.noted(one.key, "asked"))

    with ThreadPoolExecutor(2) as pool:
        with group.turn:
            asked = [pool.submit(ask, one) for one in both]
            until(lambda: len(group.waiting) == 2)
        for one in asked:
            one.result(SOON)
    with transaction(database) as session:
        assert {(one.account, one.organisation) for one in session.scalars(select(AuditEntry))} == {
            ("east", "east"),
            ("west", "west"),
        }


def test_no_answer_leaves_before_its_entry_is_kept(
    as_role: Callable[[Role], Client], database: Engine
) -> None:
    client = as_role(Role.ANALYST)
    group: GroupCommit = client._transport.app.state.audited  # type: ignore[attr-defined]
    before = len(told(database))
    with ThreadPoolExecutor(1) as pool:
        with group.turn:
            asked = pool.submit(client.get, "/api/v1/metrics")
            until(lambda: len(group.waiting) == 1)
            assert not asked.done()
            assert len(told(database)) == before
        assert asked.result(SOON).status_code == 200
    assert told(database)[before:] == [("analyst", {"route": "GET /api/v1/metrics"})]


def test_a_full_disk_is_told_to_whoever_could_not_be_noted(
    as_role: Callable[[Role], Client], database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))

    client = as_role(Role.ANALYST)
    before = told(database)
    monkeypatch.setattr(audit, "append_all", full)
    answer = client.get("/api/v1/metrics")
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("disk-full")
    assert told(database) == before


def test_a_process_that_is_killed_loses_no_entry_that_somebody_was_told_of(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'resonanz.db'}"
    engine = connect(url)
    migrate(engine)
    with subprocess.Popen([sys.executable, "-c", KILLED, url], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        answered = [process.stdout.readline() for _ in range(60)]
        process.send_signal(signal.SIGKILL)
        answered += [line for line in process.stdout if line.endswith("\n")]
    kept = {f"{account} {detail['number']}\n" for account, detail in told(engine)}
    assert len(answered) >= 60
    assert set(answered) <= kept
    engine.dispose()
