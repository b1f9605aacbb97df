"""Restores a backup into an installation, without whoever was erased or opted out since."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from deltalake.fs import DeltaStorageHandler
from sqlalchemy import Connection, Engine, inspect, select
from sqlalchemy.orm import Session

from service import database
from service.activity.erasure import ErasureIncomplete
from service.activity.forget import alone
from service.activity.log import ActivityLog
from service.activity.pseudonym import Pseudonymiser, open_keys
from service.backup import archive, tables
from service.backup.make import BackupFailed
from service.errors import Conflict, Invalid
from service.models import Base
from service.privacy.people import PEOPLE, traces
from service.privacy.record import audited
from service.privacy.register import Register, RegisterUnusable
from service.privacy.rights import known_by, logged_people, tell

_CHUNK = 1024 * 1024


def restore(
    engine: Engine,
    log: ActivityLog,
    register: Register,
    key_path: Path,
    folder: Path,
    *,
    replace: bool = False,
) -> archive.Manifest:
    """Bring both stores to what the backup in `folder` holds; returns its manifest.

    Everything is checked, put together and freed of whoever must not come back beside the stores, and then put in their place. With
    `replace` what the stores hold now is lost. The service must not run meanwhile. Raises `NotFound` and `BackupDamaged` for the backup,
    `Conflict` for stores in use or not empty, `Invalid` for another schema or pseudonym key, `RegisterUnusable` where it can not be told who
    was erased since.
    """
    manifest = archive.checked(folder)
    _require_schema(engine, manifest)
    _require_key(key_path, manifest)
    _require_register(register, manifest)
    with alone(engine):
        if not replace:
            _require_empty(engine, log)
        with _staged_log(log, folder) as staged:
            erased = _gone(register, manifest, folder, staged)
            if staged is not None:
                staged.erase(erased)
            with ExitStack() as undo:
                with _loaded(engine, folder, erased, register, manifest):
                    _put_log(log, staged, undo)
                undo.pop_all()
            if log.local:
                shutil.rmtree(f"{log.url}.replaced", ignore_errors=True)
        left = traces(engine, erased)
    if left:
        raise ErasureIncomplete(f"an erased person came back in {', '.join(left)}: restore again")
    return manifest


def _require_schema(engine: Engine, manifest: archive.Manifest) -> None:
    _, head = database.revisions(engine)
    if manifest.revision != head:
        raise Invalid(
            f"the backup is of schema {manifest.revision}, this program needs {head}: restore it with version {manifest.program} of the "
            "program, then upgrade"
        )


def _require_key(path: Path, manifest: archive.Manifest) -> None:
    wanted = manifest.log["fingerprint"] if manifest.log else None
    if wanted is None:
        return
    if not path.exists():
        raise Invalid(
            f"put the pseudonym key this backup was made under at {path} first; it is not part of the backup"
        )
    keys = open_keys(path)
    if any(one.fingerprint == wanted for one in keys.destroyed):
        raise Invalid(
            "the backup is of an epoch whose key was destroyed: it was meant never to be used again"
        )
    if Pseudonymiser(keys, "").fingerprint != wanted:
        raise Invalid(f"the backup was made under another pseudonym key than {path}: put its own key there")


def _require_register(register: Register, manifest: archive.Manifest) -> None:
    then = manifest.register
    if not then["lines"]:
        return
    if register.fingerprint != then["fingerprint"] or len(register.acts()) < then["lines"]:
        raise RegisterUnusable(
            f"the register of erased and opted-out people at {register.path} is missing, older than the backup or another one: put its "
            "newest copy there first, with its key. Without it people who were erased could come back"
        )


def _require_empty(engine: Engine, log: ActivityLog) -> None:
    found = inspect(engine)
    with engine.connect() as connection:
        used = [
            table.name
            for table in Base.metadata.sorted_tables
            if found.has_table(table.name) and connection.execute(select(table).limit(1)).first()
        ]
    if used or log.table() is not None:
        where = f"the database ({used[0]})" if used else "the activity log"
        raise Conflict(
            f"{where} is not empty: restore into a new installation, or give --replace to lose what is there"
        )


def _gone(
    register: Register, manifest: archive.Manifest, folder: Path, staged: ActivityLog | None
) -> set[int]:
    """Who of the backup's people must not come back, with all accounts the backup knows of."""
    stored, identities = set[int](), list[tuple[int, int]]()
    for name, columns in PEOPLE.items():
        for rows in tables.read(folder / archive.TABLES, Base.metadata.tables[name]):
            stored.update(row[column] for row in rows for column in columns if row[column] is not None)
            if name == "person":
                identities += [
                    (row["pseudonym"], row["identity"]) for row in rows if row["identity"] is not None
                ]
    if staged is not None:
        stored |= logged_people(staged)
    named = known_by(register, register.to_erase(manifest.register["lines"]), stored)
    named |= {identity for pseudonym, identity in identities if pseudonym in named}
    return named | {pseudonym for pseudonym, identity in identities if identity in named}


@contextmanager
def _staged_log(log: ActivityLog, folder: Path) -> Iterator[ActivityLog | None]:
    """The backup's log in a local folder beside its place, where people can be erased from it."""
    saved = folder / archive.LOG
    if not saved.is_dir():
        yield None
        return
    place = (
        Path(f"{log.url}.restoring")
        if log.local
        else folder.absolute().with_name(f".{folder.name}.restoring")
    )
    try:
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(saved, place)
        yield ActivityLog(place)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _put_log(log: ActivityLog, staged: ActivityLog | None, undo: ExitStack) -> None:
    """What must be done if the database is not replaced after all goes to `undo`."""
    if not log.local:
        _upload(log, staged)
        return
    place, old = Path(log.url), Path(f"{log.url}.replaced")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.replace(old)
        undo.callback(old.replace, place)
    if staged is not None:
        new = Path(staged.url)
        new.replace(place)
        undo.callback(place.replace, new)


def _upload(log: ActivityLog, staged: ActivityLog | None) -> None:
    """Commits go last: until they are there, nobody sees a table."""
    if log.table() is not None:
        raise Conflict(f"{log.url} is not empty: give an empty place by RESONANZ_LOG")
    if staged is None:
        return
    # Not through pyarrow: it hands over buffers, and the library's stream takes bytes only.
    target = DeltaStorageHandler(log.url, log._options)._handler
    root = Path(staged.url)
    names = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    for name in sorted(names, key=lambda name: (name.startswith("_delta_log/"), name)):
        with (root / name).open("rb") as source:
            stream = target.open_output_stream(name)
            while chunk := source.read(_CHUNK):
                stream.write(chunk)
            stream.close()  # type: ignore[attr-defined]  # its stub forgot it


@contextmanager
def _loaded(
    engine: Engine, folder: Path, erased: set[int], register: Register, manifest: archive.Manifest
) -> Iterator[None]:
    """The backup's rows, ready to be seen when the block ends well, and never seen if it does not."""

    def keep(table: str, row: dict[str, Any]) -> bool:
        return all(row[column] not in erased for column in PEOPLE.get(table, ()))

    def fill(connection: Connection) -> None:
        tables.load(connection, folder / archive.TABLES, keep)
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            tell(session, register)
            audited(session, "backup.restored", {"digest": manifest.digest})
            session.commit()

    if engine.dialect.name == "postgresql":
        database.migrate(engine)
        with engine.begin() as connection:
            for table in reversed(Base.metadata.sorted_tables):
                connection.execute(table.delete())
            fill(connection)
            yield
        return
    place = Path(str(engine.url.database))
    fresh = place.with_name(f"{place.name}.restoring")
    try:
        _remove(fresh)
        made = database.connect(f"sqlite:///{fresh}")
        try:
            database.migrate(made)
            with made.begin() as connection:
                fill(connection)
            with made.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            made.dispose()
        left = traces(made, erased)
        made.dispose()
        if left:
            raise ErasureIncomplete(f"an erased person came back in {', '.join(left)}; nothing was restored")
        yield
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()
        # A write-ahead log left behind would be played into the new database.
        for suffix in ("-wal", "-shm"):
            place.with_name(place.name + suffix).unlink(missing_ok=True)
        for copy in place.parent.glob(f"{place.name}.*.bak"):
            copy.unlink()
        os.replace(fresh, place)
    except OSError as error:
        raise BackupFailed(f"the backup could not be restored: {error.strerror or error}") from None
    finally:
        _remove(fresh)


def _remove(database_file: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        database_file.with_name(database_file.name + suffix).unlink(missing_ok=True)
