"""Restores a backup into an installation, without whoever was erased or opted out since."""

import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from deltalake.fs import DeltaStorageHandler
from sqlalchemy import Connection, Engine, inspect, select
from sqlalchemy.orm import Session

from service import database
from service.activity.epochs import COLLECTED, forget_collected
from service.activity.erasure import ErasureIncomplete
from service.activity.forget import alone_with_all, identified, rewrite
from service.activity.log import ActivityLog
from service.activity.pseudonym import Pseudonymiser, open_keys
from service.activity.rights import tell
from service.backup import archive, tables
from service.backup.make import BackupFailed
from service.backup.saved import Saved
from service.errors import Conflict, Invalid
from service.models import Base, Organisation
from service.places import Places
from service.privacy.people import traces
from service.privacy.record import audited
from service.privacy.register import Register, RegisterUnusable

_CHUNK = 1024 * 1024


def restore(
    engine: Engine,
    places: Places,
    folder: Path,
    *,
    replace: bool = False,
    without: Collection[str] = (),
) -> archive.Manifest:
    """Bring database and logs to what the backup in `folder` holds; returns its manifest.

    Everything is checked, put together and freed of whoever must not come back beside the stores, and then put in their place. With
    `replace` what the stores hold now is lost. Of the organisations in `without` nothing that was collected comes back, be it that their
    key was destroyed or is not here; what was declared, measured, published and agreed does. The service must not run meanwhile. Raises
    `NotFound` and `BackupDamaged` for the backup, `Conflict` for stores in use or not empty, `Invalid` for another schema or pseudonym
    key, `RegisterUnusable` where it can not be told who was erased since.
    """
    manifest = archive.checked(folder)
    _require_schema(engine, manifest)
    if unknown := sorted(set(without) - manifest.registers.keys()):
        raise Invalid(
            f"the backup knows no organisation {unknown[0]!r}; it has: {', '.join(manifest.registers)}"
        )
    wanted = [one for one in manifest.registers if one not in without]
    for one in wanted:
        _require_key(places, one, manifest)
        _require_register(places.register(one), manifest)
    with alone_with_all(engine):
        before = _organisations(engine)
        if not replace:
            _require_empty(engine, places, manifest)
        with ExitStack() as stack:
            logs = {one: places.log(one) for one in sorted({*before, *manifest.registers})}
            staged = {
                one: stack.enter_context(_staged_log(logs[one], folder))
                for one in manifest.logs
                if one in wanted
            }
            saved = Saved(folder / archive.TABLES, without)
            saved.leave_out({one: places.register(one) for one in wanted}, manifest, staged)
            for one, log in staged.items():
                log.erase(saved.gone[one])
            with ExitStack() as undo:
                with _loaded(engine, saved, places, manifest):
                    for one, log in logs.items():
                        _put_log(log, staged.get(one), undo)
                undo.pop_all()
            for log in logs.values():
                if log.local:
                    shutil.rmtree(f"{log.url}.replaced", ignore_errors=True)
        if engine.dialect.name == "postgresql":
            # What was there before is still in its files, and in what it keeps to plan queries.
            rewrite(engine, [table.__tablename__ for table in COLLECTED])
        left = traces(engine, set().union(*saved.gone.values()))
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


def _require_key(places: Places, organisation: str, manifest: archive.Manifest) -> None:
    saved = manifest.logs.get(organisation)
    if saved is None or (wanted := saved["fingerprint"]) is None:
        return
    path = places.key(organisation)
    otherwise = f"`--without {organisation}` restores everything but what was collected of {organisation}"
    if not path.exists():
        raise Invalid(
            f"put the pseudonym key of {organisation}, under which its log was made, at {path} first; it is not part of the backup. "
            f"{otherwise}"
        )
    keys = open_keys(path, organisation)
    if any(one.fingerprint == wanted for one in keys.destroyed):
        raise Invalid(
            f"the backup holds an epoch of {organisation} whose key was destroyed: it was meant never to be used again. {otherwise}"
        )
    if Pseudonymiser(keys, organisation).fingerprint != wanted:
        raise Invalid(
            f"the log of {organisation} was made under another pseudonym key than {path}: put its own key there. {otherwise}"
        )


def _require_register(register: Register, manifest: archive.Manifest) -> None:
    then = manifest.registers[register.organisation]
    if not then["lines"]:
        return
    if register.fingerprint != then["fingerprint"] or len(register.acts()) < then["lines"]:
        raise RegisterUnusable(
            f"the register of erased and opted-out people at {register.path} is missing, older than the backup or another one: put its "
            "newest copy there first, with its key. Without it people who were erased could come back"
        )


def _organisations(engine: Engine) -> list[str]:
    """Those the database knows now, if it has a schema."""
    if not inspect(engine).has_table(Organisation.__tablename__):
        return []
    with engine.connect() as connection:
        return list(connection.scalars(select(Base.metadata.tables["organisation"].c.key)))


def _require_empty(engine: Engine, places: Places, manifest: archive.Manifest) -> None:
    found = inspect(engine)
    with engine.connect() as connection:
        used = [
            table.name
            for table in Base.metadata.sorted_tables
            if found.has_table(table.name) and connection.execute(select(table).limit(1)).first()
        ]
    logs = [one for one in manifest.registers if places.log(one).table() is not None]
    if used or logs:
        where = f"the database ({used[0]})" if used else f"the activity log of {logs[0]}"
        raise Conflict(
            f"{where} is not empty: restore into a new installation, or give --replace to lose what is there"
        )


@contextmanager
def _staged_log(log: ActivityLog, folder: Path) -> Iterator[ActivityLog]:
    """The backup's log in a local folder beside its place, where people can be erased from it."""
    place = (
        Path(f"{log.url}.restoring")
        if log.local
        else folder.absolute().with_name(f".{folder.name}.{log.organisation}.restoring")
    )
    try:
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(folder / archive.LOGS / log.organisation, place)
        yield ActivityLog(place, log.organisation)
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
def _loaded(engine: Engine, saved: Saved, places: Places, manifest: archive.Manifest) -> Iterator[None]:
    """The backup's rows, ready to be seen when the block ends well, and never seen if it does not."""

    def fill(connection: Connection) -> None:
        tables.load(connection, saved.folder, saved.keeps)
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            for one in manifest.registers:
                if one in saved.without:
                    forget_collected(session, identified(session, one))
                register = places.register(one)
                if one not in saved.without or register.acts():
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
        left = traces(made, set().union(*saved.gone.values()))
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
