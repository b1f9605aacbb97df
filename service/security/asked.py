"""What the audit log keeps of a request: the route, and only such parameters as can not be about a person.

Anything can be typed into an address, also a name. So a value is kept if it is one of ours: a metric, a date, a room or unit
that is published.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from metrics.catalog import CATALOG
from service.models import Milestone, Organisation, Publication, PublishedRoom, PublishedValue, SurveyRound
from service.security.expressions import OPTIONS, shape
from service.security.separation import current

WORDS = frozenset(
    {"scope", "window", "format", "against", "since", "until", "before", "limit", "dialect", "state", "kind"}
)
WORD = re.compile(
    r"organisation|unit|room|site|week|days28|weeks26|json|csv|xlsx|parquet|rfc4180|excel-de|found|not_found|unknown|strength|gap|disagreement|risk|chance|[0-9]{1,9}|\d{4}-\d\d-\d\d"
)
KEYS = frozenset({"key", "room", "scope_key", "handle"})
TOLD = frozenset({"published", "suppressed", "unknown", "observed", "told", "documented"})
MOST_SOUGHT = 5
OTHER = "(other)"


def asked(
    db: Session, given: Mapping[str, str], feed_words: Collection[str] = ()
) -> tuple[dict[str, Any], str | None]:
    """The parameters that may be kept, and the key of the organisation they concern, if they tell.

    A value that is not ours is kept as `(other)`, an unknown parameter not at all. So is what is not of the organisation that is
    named: the council of one must not read there what another has. `feed_words` are the properties an OData expression may name.
    """
    key = given.get("organisation")
    named = db.scalars(select(Organisation).where(Organisation.key == key)).one_or_none() if key else None
    concerns = named or _owner(db, given)
    kept: dict[str, Any] = {}
    for name, value in given.items():
        if not value:
            continue
        if name == "metric":
            kept[name] = value if value in CATALOG else OTHER
        elif name == "organisation":
            kept[name] = value if named is not None else OTHER
        elif name in WORDS:
            kept[name] = value if WORD.fullmatch(value) else OTHER
        elif name in OPTIONS:
            kept[name] = shape(value, feed_words, _Ours(db, concerns), OTHER)
        elif name in KEYS:
            kept[name] = value if concerns is not None and _owner(db, {name: value}, concerns) else OTHER
    return kept, None if concerns is None else concerns.key


class _Ours:
    """Tells whether a value can not be about a person: a metric, a word, a date, or what the organisation concerned published.

    Only few values of a request are looked up; the others count as not ours.
    """

    def __init__(self, db: Session, concerns: Organisation | None) -> None:
        self.db, self.concerns, self.left = db, concerns, MOST_SOUGHT

    def __call__(self, value: str) -> bool:
        if value in CATALOG or WORD.fullmatch(value) or value in TOLD:
            return True
        if (self.concerns is None and current() is None) or self.left == 0:
            return False
        self.left -= 1
        room = select(PublishedRoom.id).join(Publication).where(PublishedRoom.key == value)
        survey = select(SurveyRound.id).where(SurveyRound.key == value)
        if self.concerns is not None:
            room = room.where(Publication.organisation_id == self.concerns.id)
            survey = survey.where(SurveyRound.organisation_id == self.concerns.id)
        return any(self.db.scalars(one.limit(1)).first() is not None for one in (room, survey))


def _owner(db: Session, given: Mapping[str, str], only: Organisation | None = None) -> Organisation | None:
    """The organisation that published what a parameter names; None if none, or only several did."""
    owners: set[Organisation] = set()
    for key in (value for name, value in given.items() if name in KEYS and value):
        published = select(Publication.organisation_id).join(PublishedRoom).where(PublishedRoom.key == key)
        measured = (
            select(Publication.organisation_id).join(PublishedValue).where(PublishedValue.scope_key == key)
        )
        declared = select(Milestone.organisation_id).where(Milestone.key == key)
        surveyed = select(SurveyRound.organisation_id).where(SurveyRound.key == key)
        found = select(Organisation).where(
            or_(*(Organisation.id.in_(one) for one in (published, measured, declared, surveyed)))
        )
        owners |= set(db.scalars(found if only is None else found.where(Organisation.id == only.id)))
    return owners.pop() if len(owners) == 1 else None
