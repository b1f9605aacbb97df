"""What a full disk, a store nobody may write to, or a database that is away looks like from inside, and what it is called outside.

NotReady
├── DiskFull       nothing more can be stored
├── StoreReadOnly  the store can be read and not written, whoever tries
├── StoreDenied    this account has no permission for folder or files
└── DatabaseAway   the database can not be reached, or is being started

None of these is the fault of what was asked for: it is tried again by itself, and nothing that was stored is lost.
"""

import errno
import os
import re
from pathlib import Path
from typing import ClassVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from service.errors import NotReady


class DiskFull(NotReady):
    slug, title = "disk-full", "Disk full"
    told: ClassVar[str] = (
        "the disk is full or broken, or a quota is used up: make room where data and database lie (`resonanz doctor` names the folder; old "
        "backups are the usual cause). Nothing that was stored is lost, and what was broken off goes on by itself"
    )


class StoreReadOnly(NotReady):
    slug, title = "read-only", "Store is read-only"
    told: ClassVar[str] = (
        "data or database can be read but not written: look whether the file system is mounted read-only, which the system also does by "
        "itself after an error of the disk, and whether the server of the database lets it be written. Nothing that was stored is lost"
    )


class StoreDenied(NotReady):
    slug, title = "store-denied", "No permission for the store"
    told: ClassVar[str] = (
        "the account the service runs as has no permission for a folder or file: let the folder of the data, that of the database, and all "
        "in them belong to that account (`chown -R`; its number in the image is 10001), and see that nothing else forbids it "
        "(SELinux, AppArmor, `chattr +i`). Nothing that was stored is lost"
    )


class DatabaseAway(NotReady):
    slug, title = "database-away", "Database not reachable"
    told: ClassVar[str] = (
        "the database can not be reached: see whether it runs and whether RESONANZ_DATABASE names it. As soon as it answers, all goes on "
        "by itself"
    )


Trouble = DiskFull | StoreReadOnly | StoreDenied | DatabaseAway

_NUMBERS: dict[int, type[Trouble]] = {
    errno.ENOSPC: DiskFull,
    errno.EDQUOT: DiskFull,
    errno.EFBIG: DiskFull,
    errno.EROFS: StoreReadOnly,
    errno.EACCES: StoreDenied,
    errno.EPERM: StoreDenied,
}
_STATES: dict[str, type[Trouble]] = {
    "53100": DiskFull,
    "25006": StoreReadOnly,
    "57P01": DatabaseAway,
    "57P02": DatabaseAway,
    "57P03": DatabaseAway,
}
"""PostgreSQL Documentation, appendix A, PostgreSQL Error Codes."""
_WORDS: tuple[tuple[str, type[Trouble]], ...] = (
    (r"disk is full|no space left|os error 28\b|os error 27\b|quota exceeded|disk I/O error", DiskFull),
    (r"readonly database|read-only file system|os error 30\b", StoreReadOnly),
    (r"permission denied|operation not permitted|os error (1|13)\b", StoreDenied),
    (r"unable to open database file", StoreReadOnly),
)
"""Libraries that have no numbers: SQLite, Delta Lake, DuckDB."""


def trouble(error: BaseException) -> Trouble | None:
    """What of these an error tells of; None for every other error. The message names no value of the error."""
    kind = _kind(error)
    return None if kind is None else kind(kind.told)


def told_to_admins(error: BaseException) -> str | None:
    """The same with the folder or file, where the error names one: for the console, where it is no secret."""
    found = trouble(error)
    where = getattr(error, "database_file", None) or getattr(error, "filename", None)
    return None if found is None else f"{found} ({where})" if where else str(found)


def _kind(error: BaseException) -> type[Trouble] | None:
    if isinstance(error, PoolTimeout):
        return DatabaseAway
    if isinstance(error, DBAPIError):
        return _of_database(error)
    if isinstance(error, OSError) and error.errno is not None:
        return _NUMBERS.get(error.errno)
    library = type(error).__module__.partition(".")[0]
    if library in ("deltalake", "_internal", "duckdb", "_duckdb") or isinstance(error, OSError):
        return _by_words(str(error))
    return None


def _of_database(error: DBAPIError) -> type[Trouble] | None:
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return _STATES.get(state) or (DatabaseAway if state.startswith("08") else None)
    if type(error.orig).__module__.startswith("sqlite3"):
        kind = _by_words(str(error.orig))
        # SQLite opens for reading what it may not write, and tells no more than that it is so.
        file: Path | None = getattr(error, "database_file", None)
        return StoreDenied if kind is StoreReadOnly and file is not None and _denied(file) else kind
    # Without a state nobody answered: psycopg's connection was refused or torn.
    return DatabaseAway if type(error).__name__ in ("OperationalError", "InterfaceError") else None


def _denied(file: Path) -> bool:
    """Whether this account may not write a file, or anything beside it, although the file system may be written."""
    folder, effective = file.absolute().parent, os.access in os.supports_effective_ids
    try:
        if os.statvfs(folder).f_flag & os.ST_RDONLY:
            return False
        if not os.access(folder, os.W_OK | os.X_OK, effective_ids=effective):
            return True
        beside = (file.with_name(file.name + suffix) for suffix in ("", "-wal", "-shm"))
        return any(
            one.exists() and not os.access(one, os.R_OK | os.W_OK, effective_ids=effective) for one in beside
        )
    except OSError as error:
        return isinstance(error, PermissionError)


def _by_words(told: str) -> type[Trouble] | None:
    return next((kind for words, kind in _WORDS if re.search(words, told, re.IGNORECASE)), None)
