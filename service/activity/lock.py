"""Lets one process at a time collect a source, and keeps collecting and erasing apart, across processes.

The lock lives where the database lives: an advisory lock of the session on PostgreSQL, a locked file beside the SQLite
database. Either is released by the system when its holder dies, however it dies.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

from sqlalchemy import Engine, text

from service.errors import Conflict

LOGS_LOCK = "activity logs"
"""Held together by everybody who collects or erases, alone by whoever saves or restores the logs of all organisations."""


def log_lock(organisation: str) -> str:
    """The lock of one organisation's log: held together by everybody who collects, alone by whoever erases."""
    return f"activity log of {organisation}"


@contextmanager
def hold(engine: Engine, name: str, *, shared: bool = False, busy: str | None = None) -> Iterator[None]:
    """Hold the lock `name`, alone or together with other `shared` holders. Raises `Conflict` with `busy` at once if taken."""
    message = busy or f"somebody else holds the lock {name}"
    database = engine.url.database
    if engine.dialect.name == "postgresql":
        with _advisory(engine, name, shared, message):
            yield
    elif database and database != ":memory:":
        with _file(Path(database), name, shared, message):
            yield
    else:
        yield  # a database in memory has no second process


@contextmanager
def _advisory(engine: Engine, name: str, shared: bool, busy: str) -> Iterator[None]:
    number = int.from_bytes(blake2b(f"resonanz/{name}".encode(), digest_size=8).digest(), "big", signed=True)
    suffix = "_shared" if shared else ""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        taken = connection.scalar(text(f"SELECT pg_try_advisory_lock{suffix}(:number)"), {"number": number})
        if not taken:
            raise Conflict(busy)
        try:
            yield
        finally:
            connection.execute(text(f"SELECT pg_advisory_unlock{suffix}(:number)"), {"number": number})


@contextmanager
def _file(database: Path, name: str, shared: bool, busy: str) -> Iterator[None]:
    digest = blake2b(name.encode(), digest_size=8).hexdigest()
    descriptor = os.open(database.with_name(f"{database.name}.{digest}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(busy) from None
        yield
    finally:
        os.close(descriptor)
