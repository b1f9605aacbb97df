"""Where it is written down what was done to an agreement, until something better is given: the service's own log."""

from collections.abc import Mapping
from typing import Any

import structlog
from sqlalchemy.orm import Session

_log = structlog.get_logger("resonanz.agreement")


def logged(_: Session, event: str, facts: Mapping[str, Any]) -> None:
    _log.warning(event, **facts)
