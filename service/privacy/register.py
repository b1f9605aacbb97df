"""An organisation's register of who was erased and who has opted out, beside its pseudonym key and outside all that is backed up.

A restored backup brings back whom it still holds; the register tells whom to erase again, before anything can be read. It is a file of
JSON lines, only ever appended to. It holds neither ids nor pseudonyms but marks, HMAC-SHA-256 of them under a key of its own
(`<register>.key`): a list of pseudonyms would tell everybody who has an old backup which of its people asked to be forgotten, and what
they did. One act's marks are those of all accounts of one person.
"""

import fcntl
import hmac
import json
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from service.errors import ServiceError
from service.secret import make_once

ERASED, OPTED_OUT, OPTED_IN = "erased", "opted-out", "opted-in"
_KEY_BYTES = 32


class RegisterUnusable(ServiceError):
    """The register can not be used; the message says why and how to mend it."""

    status, slug, title = 503, "register-unusable", "Register of rights unusable"


@dataclass(frozen=True, slots=True)
class Marks:
    """What one person is known by: marks of `ids` hold whatever the epoch; those of pseudonyms, `people`, go with their epoch's key."""

    ids: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()

    @property
    def all(self) -> frozenset[str]:
        return self.ids | self.people

    def __or__(self, other: "Marks") -> "Marks":
        return Marks(self.ids | other.ids, self.people | other.people)


@dataclass(frozen=True, slots=True)
class Act:
    """One line: what the organisation did about one person."""

    act: str
    marks: Marks


class Register:
    """The register of an organisation at `path`; file and key are made when first written to."""

    def __init__(
        self, path: Path, organisation: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.path = path
        self.organisation = organisation
        self._key_path = path.with_name(f"{path.name}.key")
        self._clock = clock
        self._key: bytes | None = None
        self._read: tuple[tuple[int, int, int], list[Act]] | None = None

    def of(self, pseudonym: int) -> str:
        """The mark of a pseudonym."""
        return self._mark(b"pseudonym" + pseudonym.to_bytes(8, "big", signed=True))

    def of_id(self, message: bytes) -> str:
        """The mark of an id, from the bytes its pseudonym is made of."""
        return self._mark(b"id" + message)

    @property
    def fingerprint(self) -> str | None:
        """Tells registers apart; None as long as nothing was written."""
        return self._mark(b"fingerprint")[:16] if self._key_path.exists() else None

    def acts(self) -> list[Act]:
        """All lines, in order. Raises `RegisterUnusable` for a damaged file, one without its key, or another organisation's."""
        if not self.path.exists():
            return []
        known = self.path.stat()
        seen = (known.st_ino, known.st_size, known.st_mtime_ns)
        if self._read is None or self._read[0] != seen:
            self._require_private(self.path)
            self._own_key()
            content = self.path.read_bytes()
            # A last line without its end was never acknowledged: the machine went down while it was written.
            lines = content[: content.rfind(b"\n") + 1].splitlines()
            self._read = seen, [self._act(number, line) for number, line in enumerate(lines, 1)]
        return self._read[1]

    def append(self, act: str, marks: Marks) -> None:
        """Write a line, and come back when it is on the disk."""
        self._own_key()
        line = {
            "moment": self._clock().isoformat(timespec="seconds"),
            "act": act,
            "organisation": self.organisation,
            "ids": sorted(marks.ids),
            "people": sorted(marks.people),
        }
        with self._locked() as descriptor:
            content = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
            whole = content.rfind(b"\n") + 1
            os.ftruncate(descriptor, whole)
            os.pwrite(descriptor, json.dumps(line, separators=(",", ":")).encode() + b"\n", whole)
            os.fsync(descriptor)
        self._read = None

    def forget_pseudonyms(self) -> None:
        """Take the marks of pseudonyms out of all lines: the key of their epoch is gone, and no backup of it can be restored."""
        if not self.acts():
            return
        with self._locked() as descriptor:
            lines = os.pread(descriptor, os.fstat(descriptor).st_size, 0).splitlines()
            kept = [json.loads(line) | {"people": []} for line in lines]
            written = b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in kept)
            temporary = self.path.with_name(f".{self.path.name}.new")
            temporary.unlink(missing_ok=True)
            fresh = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                os.write(fresh, written)
                os.fsync(fresh)
            finally:
                os.close(fresh)
            os.replace(temporary, self.path)
        self._read = None

    def opted_out(self) -> list[frozenset[str]]:
        """The people who have opted out, each as the marks of all their ids and pseudonyms."""
        groups: list[frozenset[str]] = []
        for act in self.acts():
            if act.act not in (OPTED_OUT, OPTED_IN):
                continue
            marks = act.marks.all
            meant = [group for group in groups if not group.isdisjoint(marks)]
            groups = [group for group in groups if group.isdisjoint(marks)]
            if act.act == OPTED_OUT:
                groups.append(marks.union(*meant))
        return groups

    def to_erase(self, since: int) -> frozenset[str]:
        """Marks of pseudonyms that must not be in what a backup made after `since` lines holds: erased later, or opted out now."""
        acts = self.acts()
        later = [act.marks.people for act in acts[since:] if act.act in (ERASED, OPTED_OUT)]
        return frozenset().union(*later, self.all_opted_out())

    def all_opted_out(self) -> frozenset[str]:
        """The marks of everybody who has opted out."""
        return frozenset().union(*self.opted_out())

    def _mark(self, message: bytes) -> str:
        return hmac.digest(self._own_key(), message, "sha256")[:16].hex()

    def _act(self, number: int, line: bytes) -> Act:
        try:
            told: dict[str, Any] = json.loads(line)
            act = Act(str(told["act"]), Marks(frozenset(told["ids"]), frozenset(told["people"])))
            owner = told["organisation"]
        except (ValueError, KeyError, TypeError):
            raise RegisterUnusable(
                f"line {number} of the register {self.path} is damaged: restore it from its copy. Without it, people who were erased "
                "or opted out could come back"
            ) from None
        if owner != self.organisation:
            raise RegisterUnusable(
                f"the register {self.path} is that of {owner!r}, not of {self.organisation!r}: put the right copy there"
            )
        return act

    def _own_key(self) -> bytes:
        if self._key is not None:
            return self._key
        if not self._key_path.exists():
            if self.path.exists():
                raise RegisterUnusable(
                    f"the key {self._key_path} of the register of erased and opted-out people is missing: restore it from its copy"
                )
            self._make_key()
        self._require_private(self._key_path)
        try:
            key = bytes.fromhex(self._key_path.read_text(encoding="ascii").strip())
        except (ValueError, OSError):
            key = b""
        if len(key) < _KEY_BYTES:
            raise RegisterUnusable(f"the key {self._key_path} is damaged: restore it from its copy")
        self._key = key
        return key

    def _make_key(self) -> None:
        try:
            make_once(self._key_path, secrets.token_bytes(_KEY_BYTES).hex() + "\n")
        except OSError as error:
            raise RegisterUnusable(
                f"the register can not be made in {self._key_path.parent}: {error.strerror}. Make the directory writable for the service"
            ) from None

    def _require_private(self, path: Path) -> None:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise RegisterUnusable(f"{path} can be read by others (mode {mode:04o}): run `chmod 600 {path}`")

    @contextmanager
    def _locked(self) -> Iterator[int]:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)


class OptedOut:
    """Who of an organisation has opted out, as of the last `refresh`."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self._groups: list[frozenset[str]] = []
        self.marks: frozenset[str] = frozenset()
        self.refresh()

    def refresh(self) -> None:
        self._groups = self.register.opted_out()
        self.marks = frozenset().union(*self._groups)

    def meet(self, marks: Marks) -> None:
        """Marks of one person: if any of them is known to have opted out, the others have as well, from now on."""
        meant = [group for group in self._groups if not group.isdisjoint(marks.all)]
        if not meant or (len(meant) == 1 and marks.all <= meant[0]):
            return
        self.register.append(OPTED_OUT, marks)
        self.refresh()
