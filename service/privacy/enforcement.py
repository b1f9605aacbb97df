"""Refuses what the agreement in force does not allow.

Each step states what it is about to do as terms; what exceeds the agreement is refused, what is stricter is allowed. Without an
agreement everything runs as documented, except sources that may only run when one lists them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.base import Connector
from service.errors import ServiceError
from service.models import Organisation, Source
from service.privacy import sections
from service.privacy.agreement import Agreement
from service.privacy.differences import ABSENT, Difference, differences, loosened
from service.privacy.ledger import activated, active


class ExceedsAgreement(ServiceError):
    """Something is not covered by the agreement in force; the message names it and how to mend it."""

    status, slug, title = 403, "exceeds-agreement", "Exceeds the agreement"


class Stopped(ServiceError):
    """Somebody stopped the service for this organisation."""

    status, slug, title = 503, "stopped", "Stopped"


@dataclass(frozen=True, slots=True)
class Standing:
    """Which agreement is in force, to be told wherever results are shown; all None where there is none."""

    number: int | None = None
    digest: str | None = None
    since: datetime | None = None


def standing(session: Session, organisation_id: int) -> Standing:
    """Raises `AgreementBroken`."""
    agreement = active(session, organisation_id)
    if agreement is None:
        return Standing()
    return Standing(agreement.number, agreement.digest, activated(session, organisation_id))


def exceeding(agreement: Agreement, running: Mapping[str, Any]) -> tuple[Difference, ...]:
    """What is about to be done and is not, or not provably, allowed; `running` holds the sections concerned."""
    agreed = agreement.terms
    return loosened(differences({name: agreed[name] for name in running if name in agreed}, running))


def require(session: Session, organisation_id: int, step: str, running: Mapping[str, Any]) -> None:
    """Raises `ExceedsAgreement` if the agreement in force does not allow it, `AgreementBroken` if it was tampered with."""
    agreement = active(session, organisation_id)
    if agreement is None:
        return
    found = exceeding(agreement, running)
    if found:
        listed = "; ".join(explained(difference) for difference in found[:3])
        more = f"; and {len(found) - 3} more" if len(found) > 3 else ""
        raise ExceedsAgreement(
            f"{step} is refused, it exceeds agreement {agreement.number}: {listed}{more}. Set it back, or draft an agreement "
            "that covers it (`resonanz privacy agreement draft`) and have it signed"
        )


def explained(difference: Difference) -> str:
    """A difference in words an admin can act on."""
    if difference.before is ABSENT:
        return f"{difference.place} is not listed"
    if difference.after is ABSENT:
        return f"{difference.place} is missing"
    return f"{difference.place} is {difference.after!r}, agreed is {difference.before!r}"


def require_running(session: Session, organisation_id: int) -> None:
    """Raises `Stopped` while nothing may be collected, measured or published."""
    organisation = session.get_one(Organisation, organisation_id)
    if organisation.stopped is not None:
        raise Stopped(
            f"{organisation.key} was stopped on {organisation.stopped:%Y-%m-%d %H:%M} UTC: `resonanz privacy resume` ends that"
        )


def stop(organisation: Organisation, moment: datetime | None) -> bool:
    """Stop collecting, measuring and publishing from a moment on, or with None go on; False if it was so already.

    What is published stays readable, under a notice.
    """
    if (organisation.stopped is None) == (moment is None):
        return False
    organisation.stopped = moment
    return True


def require_sync(session: Session, source: Source, reader: Connector) -> None:
    """Before a source is read. Raises `Stopped`, and `ExceedsAgreement` also for a source that no agreement lists but has to."""
    organisation = session.get_one(Organisation, source.organisation_id)
    require_running(session, organisation.id)
    listed = active(session, organisation.id)
    if listed is None and sections.opt_in(source.connector, source.settings) and not organisation.synthetic:
        raise ExceedsAgreement(
            f"the source {source.key} tells of single people what they opened, and may run only when a signed agreement lists "
            "it: `resonanz privacy agreement draft`, have it signed by admin and council, and activate it"
        )
    if listed is None:
        return
    terms = sections.source(source.connector, source.settings, reader.streams())
    running = {"sources": {source.key: terms}, "fields": sections.fields()}
    require(session, organisation.id, f"reading {source.key}", running)


def require_measure(session: Session, organisation_id: int) -> None:
    """Before anything is computed. Raises `Stopped` and `ExceedsAgreement`."""
    require_running(session, organisation_id)
    running = {"metrics": sections.metrics(), "fields": sections.fields()}
    require(session, organisation_id, "measuring", running)


def require_publish(session: Session, organisation_id: int, protection: Mapping[str, Any]) -> None:
    """Before anything is published under groups and rules of suppression. Raises `Stopped` and `ExceedsAgreement`."""
    require_running(session, organisation_id)
    agreement = active(session, organisation_id)
    agreed = agreement.terms.get("groups", {}) if agreement else {}
    # Surveys are published on their own, under what is agreed for them (`service.surveys.rounds`).
    surveys = {"survey": agreed["survey"]} if "survey" in agreed else {}
    running = {
        "metrics": sections.metrics(),
        **protection,
        "groups": {**surveys, **protection["groups"]},
    }
    require(session, organisation_id, "publishing", running)


def require_serve(session: Session, protection: Mapping[str, Any]) -> None:
    """Before pages and API are opened, for every organisation. Raises `ExceedsAgreement`."""
    running = {
        "purposes": sections.purposes(),
        "exclusions": sections.exclusions(),
        "fields": sections.fields(),
        "roles": sections.roles(),
        "outputs": sections.outputs(),
        **protection,
    }
    for organisation_id in session.scalars(select(Organisation.id)).all():
        kept = {"retention": sections.retention(session, organisation_id)}
        require(session, organisation_id, "serving", {**running, **kept})
