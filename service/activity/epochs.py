"""Destroys the key of an epoch, and begins the next one with a new key.

One epoch at a time has a key. Destroying it (crypto-erasure) cuts every pseudonym made under it, in the stores and in all
their backups, from the ids of the platforms: nobody can compute it again. Why epochs do not follow each other by themselves is
told in docs/decisions/0005-key-epochs.md.
"""

import json
import os
import secrets
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deltalake import CommitProperties, DeltaTable, write_deltalake
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from service.activity.forget import alone, rewrite
from service.activity.log import ActivityLog
from service.activity.pseudonym import KEY_BYTES, Keys, KeyUnusable, Pseudonymiser, open_keys
from service.activity.rows import to_arrow
from service.activity.state import State
from service.database import transaction
from service.errors import Conflict, Invalid, NotFound
from service.models import (
    Alias,
    Coverage,
    Hint,
    Journal,
    KnownContent,
    Measuring,
    Membership,
    Person,
    Room,
    Source,
    Spell,
)
from service.privacy.record import audited
from service.privacy.register import Register

COLLECTED = (Alias, Coverage, Hint, Journal, KnownContent, Membership, Spell, Person)
"""What collecting fills and fills again from nothing."""


def now() -> datetime:
    return datetime.now(UTC)


def epochs(path: Path, organisation: str) -> list[dict[str, Any]]:
    """The epochs of an organisation's key file: id, since, destroyed (None: in use) and fingerprint; never a key.

    Raises `NotFound`, `KeyUnusable`.
    """
    keys = _keys(path, organisation)
    rows = [
        {
            "id": one.id,
            "since": one.since,
            "destroyed": None,
            "fingerprint": Pseudonymiser(Keys((one,)), "").fingerprint,
        }
        for one in keys.epochs
    ]
    rows += [
        {"id": one.id, "since": one.since, "destroyed": one.destroyed, "fingerprint": one.fingerprint}
        for one in keys.destroyed
    ]
    return sorted(rows, key=lambda row: row["id"])


def destroy(
    engine: Engine,
    path: Path,
    register: Register,
    epoch: int,
    *,
    confirmed: str,
    clock: Callable[[], datetime] = now,
) -> None:
    """Destroy the key of an epoch in the file `path`, that of the register's organisation, for good. Other organisations have their own.

    `confirmed` must be the fingerprint of the epoch. What is stored stays and is measured as before, but can neither be continued nor
    searched for a person. Copies of the key file are to be destroyed by whoever keeps them. Raises `NotFound`, `Conflict` while a
    source is being collected, `Invalid` without the confirmation.
    """
    found = {row["id"]: row for row in epochs(path, register.organisation)}
    if epoch not in found or found[epoch]["destroyed"] is not None:
        raise NotFound(
            f"there is no key of epoch {epoch}: `resonanz privacy epoch list` shows those there are"
        )
    if confirmed != found[epoch]["fingerprint"]:
        raise Invalid(
            f"nothing was destroyed: to confirm, give the fingerprint of epoch {epoch} as `resonanz privacy epoch list` shows it"
        )
    with alone(engine, register.organisation):
        content = _content(path)
        entries = content["epochs"]
        for entry in entries:
            if entry["id"] == epoch:
                entry.pop("key")
                entry |= {
                    "destroyed": clock().date().isoformat(),
                    "fingerprint": found[epoch]["fingerprint"],
                }
        _replace(path, content)
        # By pseudonyms a register could still tell whose they were; of that epoch none can be restored any more.
        register.forget_pseudonyms()
        with transaction(engine) as session:
            told = {"epoch": epoch, "fingerprint": found[epoch]["fingerprint"]}
            audited(session, "epoch.destroyed", {"organisation": register.organisation, **told})


def begin(engine: Engine, log: ActivityLog, path: Path, clock: Callable[[], datetime] = now) -> int:
    """Make the key of a new epoch of the log's organisation and start a new population; returns the epoch's id.

    People of two epochs can not be told to be the same, so windows over both would count them twice: activities, people,
    contents and gaps that are stored are removed, and the next sync reads from the start what the platforms still have. Publications,
    declarations and those who opted out stay. Raises `Conflict` while the key of the last epoch exists, or a source is being collected.
    """
    with alone(engine, log.organisation) as organisation:
        keys = _keys(path, log.organisation)
        if keys.epochs:
            raise Conflict(
                f"epoch {keys.epochs[-1].id} has its key: `resonanz privacy epoch destroy` comes first, and is final"
            )
        _clear(log)
        with transaction(engine) as session:
            forget_collected(session, organisation)
        rewrite(engine, [table.__tablename__ for table in COLLECTED])
        content = _content(path)
        number = max(int(entry["id"]) for entry in content["epochs"]) + 1
        key = secrets.token_bytes(KEY_BYTES).hex()
        content["epochs"].append({"id": number, "since": clock().date().isoformat(), "key": key})
        _replace(path, content)
        with transaction(engine) as session:
            audited(session, "epoch.begun", {"organisation": log.organisation, "epoch": number})
    return number


def forget_collected(session: Session, organisation: int) -> None:
    """Delete what collecting filled of an organisation, so that the next one reads everything anew."""
    sources = select(Source.id).where(Source.organisation_id == organisation)
    rooms = select(Room.id).where(Room.organisation_id == organisation)
    mine = {"organisation_id": organisation, "source_id": sources, "room_id": rooms}
    for table in (*COLLECTED, Measuring):
        name = next(name for name in mine if name in table.__table__.c)
        column = getattr(table, name)
        condition = column == organisation if name == "organisation_id" else column.in_(mine[name])
        session.execute(delete(table).where(condition).execution_options(synchronize_session=False))
    of_sources = update(Source).where(Source.organisation_id == organisation)
    session.execute(of_sources.values(people_observed=None, views=None, views_linked=None))
    session.execute(update(Room).where(Room.organisation_id == organisation).values(members_observed=None))


def _clear(log: ActivityLog) -> None:
    """Remove all rows, all positions and the fingerprint of the key; nobody may read or write meanwhile."""

    def work(table: DeltaTable, _: State) -> None:
        properties = CommitProperties(custom_metadata=State().metadata(()), max_commit_retries=0)
        write_deltalake(table, to_arrow([]), mode="overwrite", commit_properties=properties)

    if log.table() is not None:
        log._commit(work)
        log.vacuum(retention_hours=0)


def _keys(path: Path, organisation: str) -> Keys:
    if not path.exists():
        raise NotFound(f"there is no pseudonym key at {path} yet: the first sync makes it")
    return open_keys(path, organisation)


def _content(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _replace(path: Path, content: dict[str, Any]) -> None:
    """Put a new file in the place of the old one, and overwrite what the old one held. Raises `KeyUnusable` where it can not be."""
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w") as file:
                json.dump(content, file)
                file.flush()
                os.fsync(file.fileno())
            old = path.open("r+b")
            os.replace(temporary, path)
        except OSError:
            Path(temporary).unlink()
            raise
    except OSError as error:
        raise KeyUnusable(
            f"the key file {path} can not be replaced: {error.strerror}. A file that is mounted by itself, such as a Docker secret, is "
            "destroyed where it comes from; let the file lie in a directory the service may write to"
        ) from None
    with old:
        size = os.fstat(old.fileno()).st_size
        old.write(bytes(size))
        old.flush()
        os.fsync(old.fileno())
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
