"""Rows that tests of single checks need, without the whole service around them."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from service.models import Account

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def account(db: Session, name: str = "anna", **more: Any) -> Account:
    made = Account(name=name, created=NOW, **{"role": "viewer", **more})
    db.add(made)
    db.flush()
    return made
