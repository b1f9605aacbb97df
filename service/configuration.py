"""The agreement that would describe what runs now."""

from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models import Organisation, Source
from service.privacy import sections
from service.privacy.agreement import FORMAT, Agreement
from service.privacy.ledger import active, holders
from service.publication.publish import protection
from service.settings import Settings


def terms(session: Session, organisation: Organisation, settings: Settings) -> dict[str, Any]:
    """All terms of the running configuration. Raises `Misconfigured` for a source that can not be opened."""
    connected = session.scalars(
        select(Source).where(Source.organisation_id == organisation.id).order_by(Source.key)
    ).all()
    return {
        "purposes": sections.purposes(),
        "exclusions": sections.exclusions(),
        "sources": sections.sources(connected),
        "fields": sections.fields(),
        "metrics": sections.metrics(),
        **protection(settings.minimum_group, settings.survey_minimum_group),
        "retention": sections.retention(session, organisation.id),
        "roles": sections.roles(),
        "outputs": sections.outputs(),
    }


def described(
    session: Session,
    organisation: Organisation,
    settings: Settings,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Agreement:
    """What runs now, as the agreement that would follow the one in force."""
    before = active(session, organisation.id)
    return Agreement.of(
        {
            "format": FORMAT,
            "organisation": {"key": organisation.key, "name": organisation.name},
            "number": 1 if before is None else before.number + 1,
            "previous": None if before is None else before.digest,
            "created": clock().replace(microsecond=0).isoformat(),
            "software": version("resonanz"),
            "holders": holders(session, organisation.id),
            "terms": terms(session, organisation, settings),
            "words": {"metrics": sections.metric_words()},
        }
    )
