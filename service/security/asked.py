"""What the audit log keeps of a request: the route, and only such parameters as can not be about a person.

Anything can be typed into an address, also a name. So a value is kept if it is one of ours: a metric, a date, a room or unit
that is published.
"""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from metrics.catalog import CATALOG
from service.models import Milestone, Organisation, PublishedRoom, PublishedValue

WORDS = frozenset({"scope", "window", "format", "against", "since", "until", "before", "limit"})
WORD = re.compile(r"organisation|unit|room|site|week|days28|weeks26|json|csv|[0-9]{1,9}|\d{4}-\d\d-\d\d")
KEYS = frozenset({"key", "room", "scope_key", "handle"})
OTHER = "(other)"


def asked(db: Session, given: Mapping[str, str]) -> dict[str, Any]:
    """The parameters that may be kept; a value that is not ours is kept as `(other)`, an unknown parameter not at all."""
    kept: dict[str, Any] = {}
    for name, value in given.items():
        if not value:
            continue
        if name == "metric":
            kept[name] = value if value in CATALOG else OTHER
        elif name == "organisation":
            kept[name] = value if db.scalar(select(exists().where(Organisation.key == value))) else OTHER
        elif name in WORDS:
            kept[name] = value if WORD.fullmatch(value) else OTHER
        elif name in KEYS:
            kept[name] = value if _published(db, value) else OTHER
    return kept


def _published(db: Session, key: str) -> bool:
    found = or_(
        exists().where(PublishedRoom.key == key),
        exists().where(Milestone.key == key),
        exists().where(PublishedValue.scope_key == key),
    )
    return bool(db.scalar(select(found)))
