"""What was done to an agreement goes into the audit log, in the same transaction."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from service.security import audit


def audited(session: Session, event: str, facts: Mapping[str, Any]) -> None:
    audit.append(session, audit.actor(), event, facts)
