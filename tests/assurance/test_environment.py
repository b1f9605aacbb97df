"""What a full disk, a store nobody may write to and an absent database are called, and how pages, jobs and console take them."""

import errno
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.exc import DBAPIError

from benchmarks.environment import Service
from service.app import create_app
from service.context import Context
from service.database import connect
from service.jobs import perform as performing
from service.jobs import words
from service.jobs.kinds import Finish, Kind, Run
from service.jobs.leases import Leases
from service.jobs.queue import Wanted, enqueue
from service.models import Job
from service.settings import Settings
from service.trouble import DatabaseAway, DiskFull, StoreDenied, StoreReadOnly, told_to_admins, trouble


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    made = Context(Settings(data=tmp_path / "data"))
    yield made
    made.engine.dispose()


def raised(engine: Engine, *statements: str) -> BaseException:
    """By the last of the statements."""
    with engine.connect() as connection:
        for statement in statements[:-1]:
            connection.execute(text(statement))
        with pytest.raises(DBAPIError) as caught:
            connection.execute(text(statements[-1]))
    engine.dispose()
    return caught.value


def test_errors_of_databases_are_told_as_what_they_are(context: Context, tmp_path: Path) -> None:
    fill = "INSERT INTO effect SELECT zeroblob(4000000)"
    full = raised(context.engine, "CREATE TABLE effect (job)", "PRAGMA max_page_count = 1", fill)
    assert isinstance(trouble(full), DiskFull)
    forbidden = raised(context.engine, "PRAGMA query_only = ON", "CREATE TABLE other (job)")
    assert isinstance(trouble(forbidden), StoreReadOnly)
    nobody = create_engine(f"postgresql+psycopg://nobody@/nothing?host={tmp_path}")
    with pytest.raises(DBAPIError) as caught:
        nobody.connect()
    assert isinstance(trouble(caught.value), DatabaseAway)
    assert trouble(raised(context.engine, "SELECT no_such_column")) is None


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ENOSPC, "no space"), DiskFull),
        (OSError(errno.EDQUOT, "quota"), DiskFull),
        (OSError(errno.EROFS, "read-only"), StoreReadOnly),
        (PermissionError(errno.EACCES, "denied"), StoreDenied),
        (PermissionError(errno.EPERM, "not permitted"), StoreDenied),
        (OSError("Generic error: Read-only file system (os error 30)"), StoreReadOnly),
        (OSError("Generic error: Permission denied (os error 13)"), StoreDenied),
        (OSError("Generic error: Operation not permitted (os error 1)"), StoreDenied),
        (OSError("Generic error: Interrupted (os error 130)"), type(None)),
        (OSError("Generic error: No space left on device (os error 28)"), DiskFull),
        (ConnectionResetError(errno.ECONNRESET, "reset"), type(None)),
        (ValueError("No space left on device"), type(None)),
    ],
)
def test_errors_of_the_system_are_told_as_what_they_are(error: Exception, kind: type) -> None:
    assert type(trouble(error)) is kind


@contextmanager
def without_privileges() -> Iterator[None]:
    """As an account that may not what root may; nothing else runs in this process meanwhile."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def refused(file: Path) -> BaseException:
    """What comes of writing to a database without privileges."""
    engine = connect(f"sqlite:///{file}")
    with without_privileges(), pytest.raises(DBAPIError) as caught, engine.begin() as connection:
        connection.execute(text("INSERT INTO one VALUES (1)"))
    engine.dispose()
    return caught.value


@pytest.mark.parametrize(
    ("folder", "file", "log"),
    [
        (0o555, 0o666, None),
        (0o777, 0o444, None),
        (0o777, 0o000, None),
        (0o000, 0o666, None),
        (0o777, 0o666, 0o400),  # left behind by another account
    ],
)
def test_a_database_that_may_not_be_written_is_told_apart_from_one_on_a_read_only_file_system(
    folder: int, file: int, log: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory() as place:  # nobody but root may look into the usual one
        Path(place).chmod(0o755)
        database = Path(place) / "store" / "resonanz.db"
        engine = connect(f"sqlite:///{database}")
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE one (number INTEGER)"))
        engine.dispose()
        database.chmod(file)
        if log is not None:
            beside = database.with_name("resonanz.db-wal")
            beside.write_bytes(b"")
            beside.chmod(log)
        database.parent.chmod(folder)
        try:
            error = refused(database)
            with without_privileges():
                assert isinstance(trouble(error), StoreDenied)
                assert told_to_admins(error) == f"{StoreDenied.told} ({database})"
                assert str(database) not in str(trouble(error)), "readers need not know where it lies"
            monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))
            with without_privileges():
                assert isinstance(trouble(error), StoreReadOnly)
        finally:
            database.parent.chmod(0o777)


def test_the_console_names_the_folder(tmp_path: Path) -> None:
    denied = PermissionError(errno.EACCES, "denied", str(tmp_path))
    assert told_to_admins(denied) == f"{StoreDenied.told} ({tmp_path})"
    assert told_to_admins(OSError(errno.ENOSPC, "no space")) == DiskFull.told
    assert told_to_admins(ValueError("x")) is None


def test_each_trouble_says_what_to_do_and_no_two_say_the_same() -> None:
    kinds = (DiskFull, StoreReadOnly, StoreDenied, DatabaseAway)
    assert "mounted read-only" in StoreReadOnly.told
    assert "chown" in StoreDenied.told
    assert len({kind.told for kind in kinds}) == len({kind.slug for kind in kinds}) == 4
    for kind in kinds:
        told = words.error(kind.__name__)
        assert told is not None
        assert told is words.ERRORS[kind.__name__]
        assert told.de != told.en


@pytest.mark.parametrize(
    ("told", "slug"),
    [("database or disk is full", "disk-full"), ("attempt to write a readonly database", "read-only")],
)
def test_pages_and_api_say_it_in_plain_words(context: Context, told: str, slug: str) -> None:
    def broken() -> sqlite3.Connection:
        raise sqlite3.OperationalError(told)

    app = create_app(context.settings, context.engine)
    app.state.engine = create_engine("sqlite://", creator=broken)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks for another client than ours
        from starlette.testclient import TestClient
    with TestClient(app, raise_server_exceptions=False) as client:
        # Whoever signs in has to be looked up.
        answer = client.get("/api/v1/metrics", auth=("it", "ein langes Passwort 7"))
        client.cookies.set("resonanz_session", "unknown")
        page = client.get("/")
    assert answer.status_code == 503
    assert answer.json()["type"].endswith(slug)
    assert answer.headers["Retry-After"] == "10"
    assert told not in answer.text
    assert page.status_code in (200, 303, 503)
    assert "Traceback" not in page.text


def test_a_job_that_a_full_disk_broke_off_is_done_later_and_counts_as_no_attempt(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Run) -> Finish:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(performing, "KINDS", {"assess": Kind(full)})
    leases = Leases(context.engine)
    with context.transaction() as session:
        enqueue(session, Wanted("assess", "assess"))
    claim = leases.claim("me")
    assert claim is not None
    assert performing.perform(Run(context, leases, claim)) == "postponed"
    with context.transaction() as session:
        job = session.scalars(select(Job)).one()
    assert (job.state, job.attempts, job.last_error, job.lease_owner) == ("waiting", 0, "DiskFull", None)


def test_the_console_says_it_in_one_sentence(context: Context) -> None:
    context.engine.dispose()

    def quota() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    done = subprocess.run(
        [sys.executable, "-m", "service", "organisation", "set", "--name", "Beispiel AG"],
        # Python would leave libraries compiled by half for all who come later.
        env={
            **os.environ,
            "RESONANZ_DATA": str(context.settings.data),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        preexec_fn=quota,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("resonanz: the disk is full")
    assert "Traceback" not in done.stderr


def test_whoever_reads_notes_what_was_broken_and_what_was_unclear(tmp_path: Path) -> None:
    process: Any = None
    service = Service(process, "http://127.0.0.1:9", tmp_path / "said.txt")
    note: Callable[[str, httpx.Response], None] = service._note
    note("/", httpx.Response(200, text="well"))
    note("/jobs", httpx.Response(500, text="oh"))
    note("/", httpx.Response(503, text="Traceback (most recent call last)"))
    assert service.answers == Counter({"200": 1, "500": 1, "503": 1})
    assert [one.partition(":")[0] for one in service.unclear] == ["/jobs", "/"]
    assert not service.ready()
