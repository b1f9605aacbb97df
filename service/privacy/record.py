"""What was done to an agreement goes into the audit log, in the same transaction."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from service.security import audit
from service.security.actor import actor


def audited(session: Session, event: str, facts: Mapping[str, Any]) -> None:
    audit.append(session, actor(), event, facts)
