"""The installation secret: what signed links are made with. It lies in a file beside the pseudonym key and has nothing to do with it.

One secret per line, at least 32 bytes in hexadecimal, the current one first. To rotate it put a new line on top (`openssl rand -hex 32`):
links made before stay good as long as their line is there. Each purpose has keys of its own, derived by HKDF (RFC 5869) under a label.
"""

import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from service.errors import ServiceError
from service.places import places
from service.secret import make_once
from service.settings import Settings

BYTES = 32
SIGNING, NAMING = b"resonanz/embed/signing/1", b"resonanz/embed/key-id/1"
"""The purposes: the key that signs, and the public name of that key in a link."""


class SecretUnusable(ServiceError):
    """The installation secret can not be used; the message says how to mend it, and never shows it."""

    status, slug, title = 503, "secret-unusable", "Installation secret unusable"


def secret_file(settings: Settings) -> Path:
    """Where the installation secret lies: beside the pseudonym key."""
    return places(settings).installation_key


def signing_keys(path: Path, *, create: bool = False) -> Mapping[str, bytes]:
    """The keys that sign links by their ids (8 hexadecimal digits), the current one first; empty where there is no secret yet.

    `create` makes the file on first use, readable by its owner alone. Raises `SecretUnusable` for a file that others can read, that is
    damaged, or that can not be read or made.
    """
    if create and not path.exists():
        _create(path)
    return {derived(one, NAMING, 4).hex(): derived(one, SIGNING, BYTES) for one in _read(path)}


def derived(secret: bytes, purpose: bytes, length: int) -> bytes:
    """HKDF-SHA-256 without salt, which a secret of full strength does not need (RFC 5869, section 3.1)."""
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=purpose).derive(secret)


def _read(path: Path) -> list[bytes]:
    try:
        with path.open(encoding="ascii") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            lines = file.read().split()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SecretUnusable(f"the installation secret {path} can not be read: {why}") from None
    if mode & 0o077:
        raise SecretUnusable(
            f"the installation secret {path} can be read by others (mode {mode:04o}): run `chmod 600 {path}`, and if somebody may have "
            "read it, put a new line in place of the old ones; links made before then are good for nothing any more"
        )
    try:
        found = [bytes.fromhex(line) for line in lines]
    except ValueError:
        found = []
    if not found or any(len(one) < BYTES for one in found):
        raise SecretUnusable(
            f"the installation secret {path} is damaged: each line must hold {BYTES} bytes in hexadecimal, as "
            "`openssl rand -hex 32` prints them"
        )
    return found


def _create(path: Path) -> None:
    try:
        make_once(path, f"{secrets.token_hex(BYTES)}\n")
    except OSError as error:
        raise SecretUnusable(
            f"the installation secret can not be made in {path.parent}: {error.strerror}. Make the directory writable for the service, or "
            f"put the output of `openssl rand -hex 32` into {path} with mode 0600"
        ) from None
