"""The audit log: a chain of entries, each hashed together with the hash of the one before.

Whoever changes, removes or inserts an entry breaks the chain from there on. Whoever may write the database could compute the
whole chain anew, or cut off its end: against that the council notes number and hash of the newest entry now and then, and has
`resonanz audit verify --expect NUMBER:HASH` compare.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from service.models import AuditEntry, AuditHead
from service.security.asked import OTHER
from service.security.separation import current

START = "0" * 64
"""What the first entry has in place of a hash before it."""
BATCH = 2000


@dataclass(frozen=True, slots=True)
class Note:
    """What an entry tells, before it has its place in the chain. `detail` is canonical JSON."""

    account: str
    action: str
    detail: str
    organisation: str | None


def noted(
    account: str, action: str, detail: Mapping[str, Any] | None = None, organisation: str | None = None
) -> Note:
    """What `append` keeps of that, as seen from here: it may be called where nothing tells any more which request it is."""
    return Note(
        account[:80],
        action,
        json.dumps(detail or {}, sort_keys=True, ensure_ascii=False, separators=(",", ":")),
        organisation or _named(detail) or current(),
    )


def append(
    session: Session,
    account: str,
    action: str,
    detail: Mapping[str, Any] | None = None,
    organisation: str | None = None,
) -> AuditEntry:
    """Adds an entry within the caller's transaction: it is kept if, and only if, what it tells of is.

    `organisation` is the key of the one it concerns; other organisations never see the entry, one without is seen by all. Where it is
    not given it is the one named in `detail`, else the one that the request is confined to.
    Writers queue up until that transaction ends, so append last, and keep it short.
    """
    return append_all(session, [noted(account, action, detail, organisation)])[0]


def append_all(session: Session, notes: Iterable[Note]) -> list[AuditEntry]:
    """The same for several, which follow each other in the chain in that order."""
    session.flush()
    # Writing first takes SQLite's one write lock, so that what is read next is the newest; PostgreSQL locks the row.
    session.execute(
        text("INSERT INTO audit_head (id, number, digest) VALUES (1, 0, :start) ON CONFLICT DO NOTHING"),
        {"start": START},
    )
    head = session.scalars(
        select(AuditHead).with_for_update().execution_options(populate_existing=True)
    ).one()
    entries = []
    for note in notes:
        entry = AuditEntry(
            number=head.number + 1,
            at=datetime.now(UTC),
            account=note.account,
            organisation=note.organisation,
            action=note.action,
            detail=note.detail,
            previous=head.digest,
        )
        entry.digest = head.digest = digest_of(entry)
        head.number = entry.number
        entries.append(entry)
    session.add_all(entries)
    session.flush()
    return entries


def _named(detail: Mapping[str, Any] | None) -> str | None:
    found = (detail or {}).get("organisation")
    return found if isinstance(found, str) and found != OTHER else None


def digest_of(entry: AuditEntry) -> str:
    """SHA-256 of the entry's fields as a JSON list, in hexadecimal."""
    fields = [
        entry.number,
        entry.at.isoformat(),
        entry.account,
        entry.organisation,
        entry.action,
        entry.detail,
        entry.previous,
    ]
    return sha256(json.dumps(fields, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True)
class Verdict:
    """What a check of the chain found; `fault` says what is wrong with the entry `at`, the first that does not fit."""

    entries: int
    head: str
    at: int | None = None
    fault: str | None = None

    @property
    def intact(self) -> bool:
        return self.fault is None


def verify(session: Session, expected: tuple[int, str] | None = None) -> Verdict:
    """Checks the whole chain, and that it holds the entry somebody noted earlier as (number, hash)."""
    number, previous, noted = 0, START, expected is None
    for entry in _in_order(session):
        fault = _fault(entry, number + 1, previous)
        if fault:
            return Verdict(number, previous, number + 1, fault)
        number, previous = entry.number, entry.digest
        noted = noted or (number, previous) == expected
    head = session.get(AuditHead, 1, populate_existing=True)
    if (head.number, head.digest) != (number, previous) if head else number > 0:
        return Verdict(number, previous, number + 1, "the newest entries are missing")
    if not noted and expected is not None:
        return Verdict(number, previous, expected[0], "it is not the entry that was noted")
    return Verdict(number, previous)


def _fault(entry: AuditEntry, number: int, previous: str) -> str | None:
    if entry.number != number:
        return "an entry is missing"
    if entry.previous != previous:
        return "it does not follow the entry before"
    if entry.digest != digest_of(entry):
        return "it was changed"
    return None


def _in_order(session: Session) -> Iterator[AuditEntry]:
    after = -1
    while True:
        found = session.scalars(
            select(AuditEntry).where(AuditEntry.number > after).order_by(AuditEntry.number).limit(BATCH)
        ).all()
        if not found:
            return
        yield from found
        after = found[-1].number
        for entry in found:
            session.expunge(entry)


def newest(session: Session, limit: int, before: int | None = None) -> list[AuditEntry]:
    """The newest entries, or the newest with a number below `before`; newest first."""
    asked = select(AuditEntry).order_by(AuditEntry.number.desc()).limit(limit)
    if before is not None:
        asked = asked.where(AuditEntry.number < before)
    return list(session.scalars(asked))
