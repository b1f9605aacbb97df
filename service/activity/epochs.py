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
from sqlalchemy import Engine, delete, update

from service.activity.forget import alone, rewrite
from service.activity.log import ActivityLog, State
from service.activity.pseudonym import KEY_BYTES, Keys, Pseudonymiser, open_keys
from service.activity.rows import to_arrow
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

_COLLECTED = (Alias, Coverage, Hint, Journal, KnownContent, Membership, Spell, Person)
"""What collecting fills and fills again from nothing."""


def now() -> datetime:
    return datetime.now(UTC)


def epochs(path: Path) -> list[dict[str, Any]]:
    """The epochs of the key file: id, since, destroyed (None: in use) and fingerprint; never a key. Raises `NotFound`, `KeyUnusable`."""
    keys = _keys(path)
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
    """Destroy the key of an epoch in the file `path`, for good.

    `confirmed` must be the fingerprint of the epoch. What is stored stays and is measured as before, but can neither be continued nor
    searched for a person. Copies of the key file are to be destroyed by whoever keeps them. Raises `NotFound`, `Conflict` while a
    source is being collected, `Invalid` without the confirmation.
    """
    found = {row["id"]: row for row in epochs(path)}
    if epoch not in found or found[epoch]["destroyed"] is not None:
        raise NotFound(
            f"there is no key of epoch {epoch}: `resonanz privacy epoch list` shows those there are"
        )
    if confirmed != found[epoch]["fingerprint"]:
        raise Invalid(
            f"nothing was destroyed: to confirm, give the fingerprint of epoch {epoch} as `resonanz privacy epoch list` shows it"
        )
    with alone(engine):
        entries = _entries(path)
        for entry in entries:
            if entry["id"] == epoch:
                entry.pop("key")
                entry |= {
                    "destroyed": clock().date().isoformat(),
                    "fingerprint": found[epoch]["fingerprint"],
                }
        _replace(path, entries)
        # By pseudonyms a register could still tell whose they were; of that epoch none can be restored any more.
        register.forget_pseudonyms()
        with transaction(engine) as session:
            audited(session, "epoch.destroyed", {"epoch": epoch, "fingerprint": found[epoch]["fingerprint"]})


def begin(engine: Engine, log: ActivityLog, path: Path, clock: Callable[[], datetime] = now) -> int:
    """Make the key of a new epoch and start a new population; returns the epoch's id.

    People of two epochs can not be told to be the same, so windows over both would count them twice: activities, people,
    contents and gaps that are stored are removed, and the next sync reads from the start what the platforms still have. Publications,
    declarations and those who opted out stay. Raises `Conflict` while the key of the last epoch exists, or a source is being collected.
    """
    with alone(engine):
        keys = _keys(path)
        if keys.epochs:
            raise Conflict(
                f"epoch {keys.epochs[-1].id} has its key: `resonanz privacy epoch destroy` comes first, and is final"
            )
        _clear(log)
        with transaction(engine) as session:
            for table in _COLLECTED:
                session.execute(delete(table))
            session.execute(delete(Measuring))
            session.execute(update(Source).values(people_observed=None, views=None, views_linked=None))
            session.execute(update(Room).values(members_observed=None))
        rewrite(engine, [table.__tablename__ for table in _COLLECTED])
        entries = _entries(path)
        number = max(int(entry["id"]) for entry in entries) + 1
        key = secrets.token_bytes(KEY_BYTES).hex()
        _replace(path, [*entries, {"id": number, "since": clock().date().isoformat(), "key": key}])
        with transaction(engine) as session:
            audited(session, "epoch.begun", {"epoch": number})
    return number


def _clear(log: ActivityLog) -> None:
    """Remove all rows, all positions and the fingerprint of the key; nobody may read or write meanwhile."""

    def work(table: DeltaTable, _: State) -> None:
        properties = CommitProperties(custom_metadata=State().metadata(()), max_commit_retries=0)
        write_deltalake(table, to_arrow([]), mode="overwrite", commit_properties=properties)

    if log.table() is not None:
        log._commit(work)
        log.vacuum(retention_hours=0)


def _keys(path: Path) -> Keys:
    if not path.exists():
        raise NotFound(f"there is no pseudonym key at {path} yet: the first sync makes it")
    return open_keys(path)


def _entries(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["epochs"]
    return found


def _replace(path: Path, entries: list[dict[str, Any]]) -> None:
    """Put a new file in the place of the old one, and overwrite what the old one held."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w") as file:
        json.dump({"format": 1, "epochs": entries}, file)
        file.flush()
        os.fsync(file.fileno())
    with path.open("r+b") as old:
        size = os.fstat(old.fileno()).st_size
        os.replace(temporary, path)
        old.write(bytes(size))
        old.flush()
        os.fsync(old.fileno())
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
