"""Makes a backup: database and activity logs of all organisations as they are at one moment."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import pyarrow.fs as pf
from deltalake.fs import DeltaStorageHandler
from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session

from service import database
from service.activity.forget import recover
from service.activity.lock import LOGS_LOCK, hold
from service.activity.log import ActivityLog
from service.backup import archive, tables
from service.delta import file_names, refuse_deletion_vectors
from service.errors import Invalid, ServiceError
from service.models import Organisation
from service.places import Places
from service.privacy.record import audited

_BUSY = "a source is being collected, or people are erased, right now: make the backup when it is done"
_COMMITS = "_delta_log"


class BackupFailed(ServiceError):
    """The backup could not be written; nothing of it was left behind."""

    slug, title = "backup-failed", "Backup failed"


def back_up(
    engine: Engine,
    places: Places,
    folder: Path,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> archive.Manifest:
    """Write a backup to `folder`, which must be new or empty; returns its manifest.

    The lock that collecting shares is held alone, so that neither a sync nor an erasure lands between the stores; the database is read in
    one transaction, so that measuring and publishing may go on. The folder appears when everything is in it. Raises `Conflict` during a sync,
    `Invalid` for a folder in use, `BackupFailed` where it can not be written.
    """
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Invalid(f"{folder} is not empty: give a new folder, such as one with today's date in its name")
    part = folder.with_name(f".{folder.name}.part")
    with hold(engine, LOGS_LOCK, busy=_BUSY):
        with Session(engine) as session:
            organisations = list(session.scalars(select(Organisation.key).order_by(Organisation.key)))
        for one in organisations:
            recover(engine, places.log(one))
        try:
            shutil.rmtree(part, ignore_errors=True)  # of a backup that was broken off
            part.mkdir(mode=0o700, parents=True)
            manifest = _write(engine, places, organisations, part, clock())
            _private(part)
            part.replace(folder)
        except OSError as error:
            raise BackupFailed(
                f"the backup could not be written to {folder}: {error.strerror or error}. Nothing was left there"
            ) from None
        finally:
            shutil.rmtree(part, ignore_errors=True)
    with database.transaction(engine) as session:
        audited(session, "backup.made", {"digest": manifest.digest})
    return manifest


def _write(
    engine: Engine, places: Places, organisations: list[str], part: Path, moment: datetime
) -> archive.Manifest:
    revision, _ = database.revisions(engine)
    saved = part / archive.TABLES
    saved.mkdir()
    with engine.connect() as connection:
        rows = tables.save(_frozen(connection), saved)
    logs = {}
    for one in organisations:
        log = places.log(one)
        table = log.table()
        if table is not None:
            refuse_deletion_vectors(table)
            copy(log, part / archive.LOGS / one, file_names(table))
            logs[one] = {"version": table.version(), "fingerprint": log.fingerprint}
    registers = {one: places.register(one) for one in organisations}
    manifest = archive.Manifest(
        created=moment.isoformat(timespec="seconds"),
        program=metadata.version("resonanz"),
        revision=str(revision),
        database=engine.dialect.name,
        tables=rows,
        logs=logs,
        registers={
            one: {"fingerprint": register.fingerprint, "lines": len(register.acts())}
            for one, register in registers.items()
        },
        files=archive.described(part),
    )
    archive.write(part, manifest)
    return manifest


def _frozen(connection: Connection) -> Connection:
    """All that is read through it is as of one moment."""
    if connection.dialect.name == "postgresql":
        return connection.execution_options(isolation_level="REPEATABLE READ")
    # The driver begins a transaction only before it writes.
    connection.exec_driver_sql("BEGIN")
    return connection


def copy(log: ActivityLog, folder: Path, names: list[str]) -> None:
    """Copy the files of a snapshot with all commits to a local folder, wherever the log lies."""
    files = pf.PyFileSystem(DeltaStorageHandler(log.url, log._options))
    commits = files.get_file_info(pf.FileSelector(_COMMITS, recursive=True))
    wanted = [*names, *(one.path for one in commits if one.type == pf.FileType.File)]
    for name in wanted:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with files.open_input_stream(name) as source, target.open("wb") as file:
            shutil.copyfileobj(source, file, 1024 * 1024)


def _private(folder: Path) -> None:
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
