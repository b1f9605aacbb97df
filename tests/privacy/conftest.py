"""An organisation with two keys, and small agreements to compare."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from service.configuration import described
from service.database import transaction
from service.models import Organisation
from service.privacy import keys, ledger
from service.privacy.agreement import Agreement, Signature
from service.settings import Settings

PASSPHRASE = "four words in a row"


@dataclass
class House:
    """An organisation, its settings, the holders' keys, and what was written down."""

    engine: Engine
    folder: Path
    organisation: int
    settings: Settings
    events: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def record(self, _: Session, event: str, facts: Mapping[str, Any]) -> None:
        self.events.append((event, facts))

    def key(self, holder: str, name: str | None = None) -> str:
        file = self.folder / (name or holder)
        if not file.exists():
            keys.create(file, PASSPHRASE)
        return keys.read_public(file.with_name(file.name + ".pub"))

    def register(self, holder: str, name: str | None = None) -> None:
        ledger.register(self.engine, self.organisation, holder, self.key(holder, name), self.record)

    def draft(self, change: Callable[[dict[str, Any]], None] = lambda _: None) -> Agreement:
        """Draft what runs, with a change to the document."""
        with transaction(self.engine) as session:
            made = described(session, session.get_one(Organisation, self.organisation), self.settings)
        document = made.document
        change(document)
        return ledger.draft(self.engine, self.organisation, Agreement.of(document), self.record)

    def signature(self, agreement: Agreement, holder: str, name: str | None = None) -> Signature:
        moment = datetime(2026, 11, 2, 9, tzinfo=UTC)
        return keys.sign(agreement, holder, self.folder / (name or holder), PASSPHRASE, now=moment)

    def sign(self, agreement: Agreement, *holders: str) -> None:
        for holder in holders:
            given = self.signature(agreement, holder)
            ledger.receive(self.engine, self.organisation, agreement.digest, given, self.record)

    def agree(
        self, change: Callable[[dict[str, Any]], None] = lambda _: None, *, by: tuple[str, ...] = keys.HOLDERS
    ) -> Agreement:
        """Draft, sign and activate."""
        self.sign(self.draft(change), *by)
        agreement, _ = ledger.activate(self.engine, self.organisation, self.record)
        return agreement

    def active(self) -> Agreement | None:
        with transaction(self.engine) as session:
            return ledger.active(session, self.organisation)


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> House:
    with transaction(engine) as session:
        organisation = Organisation(key="main", name="Beispiel AG")
        session.add(organisation)
        session.flush()
        made = House(engine, tmp_path, organisation.id, Settings(data=tmp_path / "data"))
    for holder in keys.HOLDERS:
        made.register(holder)
    return made
