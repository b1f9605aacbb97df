"""The service as it runs: told to end it ends in good order; killed, its job is another's. What is read is a slow intranet."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, select, update

from service.activity.counts import counts
from service.context import Context
from service.database import transaction
from service.demo.confluence_data_center import DataCenter
from service.demo.faults import Faults
from service.demo.uniform import uniform
from service.grants import Role
from service.jobs.queue import Wanted, enqueue
from service.models import AuditEntry, Job, Organisation, Source, Sync, Worker
from service.security.accounts import create_account
from service.settings import Settings

PASSWORD = "ein langes Passwort 7"
LONG = 240.0
"""Seconds a busy machine may take for what takes a moment."""


@pytest.fixture
def faults() -> Faults:
    return Faults(latency=0.15)


@pytest.fixture
def place(tmp_path: Path, faults: Faults) -> Iterator[Context]:
    """An installation that is connected to a slow intranet, with one job that reads it."""
    with DataCenter(uniform(60, rooms=6, people=30), faults=faults) as server:
        token = tmp_path / "token"
        token.write_text(server.token)
        context = Context(Settings(data=tmp_path / "data"))
        with context.transaction() as session:
            session.add(Organisation(id=1, key="beispiel", name="Beispiel AG", synthetic=True))
            session.flush()
            settings = {
                "url": server.url,
                "flavour": "data-center",
                "token_file": str(token),
                "observe": "all",
            }
            session.add(
                Source(
                    organisation_id=1, key="wiki", connector="confluence", settings=settings,
                    created=datetime.now(UTC),
                )
            )  # fmt: skip
            enqueue(session, Wanted("sync", "sync wiki", 1, "wiki", "source wiki", 1))
        yield context
        context.engine.dispose()


@pytest.fixture
def serve(place: Context) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    started: list[subprocess.Popen[bytes]] = []

    def start(*words: str, **environment: str) -> "subprocess.Popen[bytes]":
        given = {"RESONANZ_DATA": str(place.settings.data), **environment}
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "service", "serve", *words],
                env={**os.environ, **given},
                stdout=subprocess.DEVNULL,
            )
        )
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.wait()


def until(what: Callable[[], Any], within: float = LONG) -> Any:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come to that")


def job(engine: Engine) -> Job:
    with transaction(engine) as session:
        return session.scalars(select(Job)).one()


def children(process: "subprocess.Popen[bytes]") -> list[int]:
    tasks = Path(f"/proc/{process.pid}/task")
    return [int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text().split()]


def signed_in(address: str) -> httpx.Client:
    """Closed by whoever asks for it."""
    client = httpx.Client(base_url=address, headers={"Sec-Fetch-Site": "same-origin"}, timeout=LONG)
    try:
        answer = client.post("/login", data={"name": "it", "password": PASSWORD})
        assert answer.status_code == 303
    except BaseException:
        client.close()
        raise
    return client


def test_told_to_end_it_answers_gives_its_job_back_and_ends_well(
    place: Context, serve: Any, free_port: int
) -> None:
    create_account(place.engine, "it", PASSWORD, Role.IT_ADMIN, organisation_id=1)
    process, address = serve("--port", str(free_port)), f"http://127.0.0.1:{free_port}"
    client = until(lambda: reached(address) and signed_in(address))
    until(lambda: job(place.engine).pages >= 1)
    watched, answers = list[str](), list[int]()

    def watch() -> None:
        with client.stream("GET", "/jobs/progress", headers={"Accept": "text/event-stream"}) as stream:
            watched.extend(stream.iter_lines())

    def ask() -> None:
        for _ in range(200):
            try:
                answers.append(client.get("/jobs").status_code)
            except (httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError):
                return  # it takes no requests any more, neither on new connections nor on those it kept

    threads = [threading.Thread(target=watch), threading.Thread(target=ask)]
    for thread in threads:
        thread.start()
    until(lambda: watched and len(answers) > 2)
    process.send_signal(signal.SIGTERM)
    assert process.wait(LONG) == 0
    for thread in threads:
        thread.join()
    client.close()
    assert set(answers) == {200}
    assert any('"number"' in line for line in watched)
    given_back = job(place.engine)
    assert (given_back.state, given_back.attempts, given_back.fence) == ("waiting", 0, 1)
    assert (given_back.lease_owner, given_back.lease_until) == (None, None)
    with transaction(place.engine) as session:
        assert session.scalars(select(Worker)).all() == []
        assert session.scalars(select(Sync.state)).one() in ("interrupted", "running")
        states = session.scalars(select(AuditEntry.detail).where(AuditEntry.action == "sync")).all()
    assert re.findall(r'"state":"(\w+)"', "".join(states))[0] == "begun"


def test_killed_its_job_ends_with_it_and_is_taken_over(place: Context, serve: Any, faults: Faults) -> None:
    first = serve("--role", "worker")
    until(lambda: job(place.engine).pages >= 1)
    (child,) = until(lambda: children(first))
    first.kill()
    first.wait()
    until(
        lambda: (
            not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text().split()[2]
        )
    )
    assert job(place.engine).state == "running"
    with transaction(place.engine) as session:  # a minute later
        session.execute(update(Job).values(lease_until=datetime.now(UTC)))
    faults.latency = 0.0
    serve("--role", "worker")
    done = until(lambda: (found := job(place.engine)).state == "done" and found)
    assert (done.fence, done.attempts, done.last_error) == (2, 2, None)
    with transaction(place.engine) as session:
        organisation = session.get_one(Organisation, 1)
    counted = {
        row["kind"]: row["activities"] for row in counts(place.log(organisation), place.engine, by=("kind",))
    }
    assert sum(counted.get(kind, 0) for kind in ("create", "comment", "reply")) == 60


def reached(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", timeout=LONG).status_code == 200
    except httpx.ConnectError:
        return False


@pytest.fixture
def free_port() -> int:
    import socket

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port
