"""Replaces account ids by pseudonyms, and the platform's own ids by hashes, before anything is written.

A pseudonym is the first 64 bits of HMAC-SHA-256 under a key that lives in a file outside the database. Whoever holds
the key can find the person again, whoever holds only the database and the log can not: not even by hashing every mail
address there is. `service.activity.epochs` begins and destroys keys: docs/decisions/0005-key-epochs.md.
"""

import hmac
import json
import os
import secrets
import stat
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from service.errors import ServiceError
from service.hashes import framed, signed
from service.secret import make_once

if TYPE_CHECKING:
    from service.privacy.register import Marks, OptedOut, Register

KEY_BYTES = 32
_CACHED = 50_000


class KeyUnusable(ServiceError):
    """The pseudonym key can not be used; the message says why and how to mend it, and never shows the key."""

    status, slug, title = 503, "key-unusable", "Pseudonym key unusable"


@dataclass(frozen=True, slots=True, repr=False)
class Epoch:
    """A stretch of time with one key. People can not be linked across epochs."""

    id: int
    since: date
    key: bytes

    def __repr__(self) -> str:
        return f"Epoch(id={self.id}, since={self.since})"


@dataclass(frozen=True, slots=True)
class Destroyed:
    """An epoch whose key is gone for good. `fingerprint` is that of `Pseudonymiser`, to know its backups by."""

    id: int
    since: date
    destroyed: date
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Keys:
    """The content of the key file: its epochs in order of time, and those that were destroyed."""

    epochs: tuple[Epoch, ...]
    destroyed: tuple[Destroyed, ...] = ()

    @property
    def current(self) -> Epoch:
        """The newest epoch. Raises `KeyUnusable` if its key was destroyed and none was begun since."""
        last = max((one.id for one in self.destroyed), default=0)
        if not self.epochs or self.epochs[-1].id < last:
            gone = next(one for one in self.destroyed if one.id == last)
            raise KeyUnusable(
                f"the key of epoch {gone.id} was destroyed on {gone.destroyed}: nobody can be recognised any more. "
                "`resonanz privacy epoch begin` makes a new key and starts over with an empty activity log"
            )
        return self.epochs[-1]


def open_keys(path: Path, organisation: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Keys:
    """The keys of an organisation in `path`; the file is created on first use, readable by its owner alone.

    When two processes start at once one of them creates the file and both read the same. Raises `KeyUnusable` if the
    file is readable by others, damaged, too short, or another organisation's.
    """
    if not path.exists():
        _create(path, organisation, now().date())
    return _read(path, organisation)


def _create(path: Path, organisation: str, since: date) -> None:
    epoch = {"id": 1, "since": since.isoformat(), "key": secrets.token_bytes(KEY_BYTES).hex()}
    try:
        make_once(path, json.dumps({"format": 1, "organisation": organisation, "epochs": [epoch]}))
    except OSError as error:
        raise KeyUnusable(
            f"the pseudonym key can not be created in {path.parent}: {error.strerror}. "
            "Make the directory writable for the service, or set RESONANZ_KEY_FILE"
        ) from None


def _read(path: Path, organisation: str) -> Keys:
    try:
        with path.open(encoding="utf-8") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                raise KeyUnusable(
                    f"the pseudonym key {path} can be read by others (mode {mode:04o}): run `chmod 600 {path}`, and "
                    "if somebody may have read it, treat the stored pseudonyms as known to them"
                )
            content = json.load(file)
        owner = content.get("organisation")
        epochs = tuple(_epoch(entry) for entry in content["epochs"] if "destroyed" not in entry)
        destroyed = tuple(_destroyed(entry) for entry in content["epochs"] if "destroyed" in entry)
    except OSError as error:
        raise KeyUnusable(
            f"the pseudonym key {path} can not be read: {error.strerror}. Let it belong to the user of the service"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise KeyUnusable(
            f"the pseudonym key {path} is damaged: restore it from your backup. Without it the stored activities can "
            "not be continued; a new key needs a new, empty activity log"
        ) from None
    if owner != organisation:
        raise KeyUnusable(
            f"the pseudonym key {path} is that of {owner!r}, not of {organisation!r}: each organisation has its own. Put the key of "
            f"{organisation!r} there from your backup"
        )
    if not epochs and not destroyed:
        raise KeyUnusable(f"the pseudonym key {path} holds no epoch: restore it from your backup")
    if any(len(epoch.key) < KEY_BYTES for epoch in epochs):
        raise KeyUnusable(
            f"the pseudonym key {path} is shorter than {KEY_BYTES * 8} bits: restore it from your backup, or remove "
            "the file before the first sync and let the service create it"
        )
    return Keys(tuple(sorted(epochs, key=lambda epoch: (epoch.since, epoch.id))), destroyed)


def _epoch(entry: dict[str, Any]) -> Epoch:
    return Epoch(int(entry["id"]), date.fromisoformat(entry["since"]), bytes.fromhex(entry["key"]))


def _destroyed(entry: dict[str, Any]) -> Destroyed:
    since, destroyed = date.fromisoformat(entry["since"]), date.fromisoformat(entry["destroyed"])
    return Destroyed(int(entry["id"]), since, destroyed, str(entry["fingerprint"]))


class Pseudonymiser:
    """Turns ids of people into 64-bit pseudonyms within one organisation.

    Without `source` the id must be one that is shared across platforms (mail, employee number); it is compared without
    regard to case and to Unicode's compatible forms. With `source` it is that platform's own account id, and the same
    id on two sources gives two pseudonyms.
    """

    ACCOUNT: ClassVar[str] = "account"
    CANONICAL: ClassVar[str] = "canonical"

    def __init__(self, keys: Keys, organisation: str, opted_out: "OptedOut | None" = None) -> None:
        self._key = keys.current.key
        self.organisation = organisation
        self.opted_out = opted_out
        self._cache: dict[tuple[str, str | None], int] = {}
        self._absent: dict[tuple[str, str | None], bool] = {}
        self._asked_of: frozenset[str] | None = None

    def person(self, canonical_id: str, source: str | None = None) -> int:
        """The pseudonym of a person: a signed 64-bit number. An empty id is refused with ValueError."""
        known = self._cache.get((canonical_id, source))
        if known is not None:
            return known
        message = self._message(canonical_id, source)
        if len(self._cache) >= _CACHED:
            self._cache.clear()
        pseudonym = signed(hmac.digest(self._key, message, "sha256"))
        self._cache[(canonical_id, source)] = pseudonym
        return pseudonym

    def _message(self, canonical_id: str, source: str | None) -> bytes:
        if source is None:
            identity = unicodedata.normalize("NFKC", canonical_id).strip().casefold()
            message = framed("person", self.organisation, self.CANONICAL, identity)
        else:
            identity = unicodedata.normalize("NFC", canonical_id).strip()
            message = framed("person", self.organisation, self.ACCOUNT, source, identity)
        if not identity:
            raise ValueError("an empty id names nobody")
        return message

    def marks(self, register: "Register", canonical_id: str, source: str | None = None) -> "Marks":
        """How a register knows an id: by its pseudonym, and by itself for the epochs to come."""
        from service.privacy.register import Marks

        known = register.of_id(self._message(canonical_id, source))
        return Marks(frozenset({known}), frozenset({register.of(self.person(canonical_id, source))}))

    def absent(self, canonical_id: str, source: str | None = None) -> bool:
        """Whether the person has opted out: nothing of them may be kept."""
        if self.opted_out is None or not self.opted_out.marks:
            return False
        if self._asked_of is not self.opted_out.marks or len(self._absent) >= _CACHED:
            self._asked_of, self._absent = self.opted_out.marks, {}
        known = self._absent.get((canonical_id, source))
        if known is None:
            marks = self.marks(self.opted_out.register, canonical_id, source)
            known = not self.opted_out.marks.isdisjoint(marks.all)
            self._absent[(canonical_id, source)] = known
        return known

    def meet(self, account: str, source: str, canonical: str | None) -> None:
        """Learn that an account has a shared id: if either has opted out, both have."""
        if self.opted_out is None or not self.opted_out.marks:
            return
        marks = self.marks(self.opted_out.register, account, source)
        if canonical and canonical.strip():
            marks |= self.marks(self.opted_out.register, canonical)
        self.opted_out.meet(marks)

    def alias(self, name: str) -> int:
        """The keyed hash of a name by which sources of the organisation tell of the same room or content."""
        return signed(hmac.digest(self._key, framed("alias", self.organisation, name), "sha256"))

    @property
    def fingerprint(self) -> str:
        """Tells whether a log was written under this key; says nothing about the key itself."""
        message = framed("fingerprint")
        return hmac.digest(self._key, message, "sha256")[:8].hex()
