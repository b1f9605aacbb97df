"""What a backup consists of: a folder with tables, the activity logs, and a manifest that says what must be in it.

```
manifest.json     what was saved, when, by which program; of every file its length and SHA-256
tables/*.parquet  each table of the database, one column per column
logs/<organisation>/ its activity log: the Delta table at one version
```

Neither pseudonym keys nor registers of rights are in it: whoever finds a backup can not tell whose pseudonyms are in it, and a
restored one can not bring back who was erased since.
"""

import json
from dataclasses import asdict, dataclass, field
from hashlib import file_digest, sha256
from pathlib import Path, PurePosixPath
from typing import Any

from service.errors import Invalid, NotFound

FORMAT = 1
MANIFEST, TABLES, LOGS = "manifest.json", "tables", "logs"


class BackupDamaged(Invalid):
    """A backup is not what was written; the message names the file and says how to mend it."""

    slug, title = "backup-damaged", "Backup damaged"


@dataclass(frozen=True, slots=True)
class Manifest:
    """`tables`: rows per table. `files`: (bytes, SHA-256) per path.

    By the key of the organisation: `logs`, version and fingerprint of the pseudonym key, of each that has a log; `registers`, fingerprint
    of the register of rights, None without one, and how many of its `lines` are taken into account, of every one.
    """

    created: str
    program: str
    revision: str
    database: str
    tables: dict[str, int]
    logs: dict[str, dict[str, Any]]
    registers: dict[str, dict[str, Any]]
    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def digest(self) -> str:
        """SHA-256 of all that is told here: to be noted beside the backup."""
        return sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def write(folder: Path, manifest: Manifest) -> None:
    content = {**asdict(manifest), "digest": manifest.digest}
    (folder / MANIFEST).write_text(json.dumps(content, indent=1, sort_keys=True), encoding="utf-8")


def described(folder: Path) -> dict[str, tuple[int, str]]:
    """Length and SHA-256 of every file below a folder but the manifest."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != MANIFEST:
            with path.open("rb") as file:
                found[name] = (path.stat().st_size, file_digest(file, "sha256").hexdigest())
    return found


def checked(folder: Path) -> Manifest:
    """The manifest of a backup of which every file is as it was written. Raises `NotFound` and `BackupDamaged`."""
    path = folder / MANIFEST
    if not folder.is_dir() or not path.is_file():
        raise NotFound(f"there is no backup in {folder}: it has no {MANIFEST}")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        digest = content.pop("digest")
        content["files"] = {
            name: (int(size), str(hashed)) for name, (size, hashed) in content["files"].items()
        }
        manifest = Manifest(**content)
        whole = manifest.digest == digest
    except (ValueError, KeyError, TypeError, AttributeError):
        whole = False
    if not whole:
        raise _damaged(MANIFEST, "is not as it was written")
    if manifest.format != FORMAT:
        raise Invalid(
            f"this backup has format {manifest.format}, this program reads {FORMAT}: use a newer program"
        )
    for name in manifest.files:
        parts = PurePosixPath(name).parts
        if PurePosixPath(name).is_absolute() or ".." in parts or (folder / name).is_symlink():
            raise _damaged(name, "does not lie in the backup")
    found = described(folder)
    for name in sorted(manifest.files.keys() | found.keys()):
        if name not in found:
            raise _damaged(name, "is missing")
        if name not in manifest.files:
            raise _damaged(name, "was not part of the backup")
        if manifest.files[name] != found[name]:
            raise _damaged(name, "is not as it was written")
    return manifest


def _damaged(name: str, what: str) -> BackupDamaged:
    return BackupDamaged(
        f"the backup is damaged: {name} {what}. Nothing was restored. Copy the backup anew from where you keep it, or take another one"
    )
