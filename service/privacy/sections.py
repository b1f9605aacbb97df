"""What this installation collects, stores, computes and shows, as terms of an agreement; read from what runs, never typed in."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from connectors.activity import CounterName, Kind
from connectors.office_audit import kinds as audit_kinds
from metrics import facts
from metrics.catalog import CATALOG
from service.models import Base, Source
from service.privacy.limits import declared
from service.privacy.words import EXCLUSIONS, OUTPUTS, PURPOSES
from service.security.roles import MAY

TECHNICAL = frozenset(
    {
        "agreement",
        "assertion_file",
        "authority",
        "ca_file",
        "certificate_file",
        "client_id",
        "concurrency",
        "largest_mb",
        "observe",
        "passphrase_file",
        "secret_file",
        "service_accounts",
        "token_file",
        "user",
        "user_agent",
        "webhook_secret_file",
    }
)
"""Settings of a source that say how it is reached, not what is read; accounts among them are no part of a document others see."""
LOG = "activity_log"
"""The activity log among the tables."""


def opt_in(connector: str, settings: Mapping[str, Any]) -> bool:
    """Whether a source tells of single people what they opened, so that it may not run unless an agreement lists it."""
    return connector == "microsoft-audit" or settings.get("format") == "audit"


def source(connector: str, settings: Mapping[str, Any], streams: Sequence[str]) -> dict[str, Any]:
    """The terms of a source: what it reads, and the settings that decide about it. Raises `Misconfigured`."""
    own = opt_in(connector, settings)
    kinds = audit_kinds(settings.get("kinds")) if own else (*Kind, *CounterName)
    return {
        "connector": connector,
        "streams": sorted(streams),
        "kinds": sorted(kind.value for kind in kinds),
        "settings": {
            name: _plain(value)
            for name, value in settings.items()
            if name not in TECHNICAL and value is not None
        },
        "opt_in": own,
    }


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, float) else value


def sources(found: Sequence[Source]) -> dict[str, Any]:
    """The terms of connected sources, by key; each is opened to ask for its streams. Raises `Misconfigured`."""
    from connectors.base import Nothing, connector

    terms = {}
    for one in found:
        reader = connector(one.connector).connect(one.settings, Nothing())
        try:
            terms[one.key] = source(one.connector, one.settings, reader.streams())
        finally:
            reader.close()
    return terms


def fields() -> dict[str, list[str]]:
    """The columns of every table, and those of the activity log."""
    tables = {name: sorted(table.columns.keys()) for name, table in Base.metadata.tables.items()}
    return {**tables, LOG: sorted(facts.log.columns.keys())}


def metrics() -> dict[str, Any]:
    """What is computed: for whom, over how long, into which parts, and how it is protected."""
    return {
        key: {
            "scopes": sorted(metric.scopes),
            "windows": sorted(metric.windows),
            "categories": sorted(metric.categories),
            "privacy": metric.privacy.value,
            "subject": metric.subject.value,
            "unit": metric.unit.value,
        }
        for key, metric in CATALOG.items()
    }


def metric_words() -> dict[str, dict[str, str]]:
    return {key: {"de": metric.label.de, "en": metric.label.en} for key, metric in CATALOG.items()}


def retention(session: Session, organisation_id: int) -> dict[str, int | None]:
    """Days each class of data is kept; None is until it is erased. Of single people nothing computed is stored."""
    return {**declared(session, organisation_id).to_dict(), "person_roll_ups": 0}


def purposes() -> list[str]:
    return sorted(PURPOSES)


def exclusions() -> list[str]:
    return sorted(EXCLUSIONS)


def outputs() -> list[str]:
    return sorted(OUTPUTS)


def roles() -> dict[str, list[str]]:
    """What each role of an account may do."""
    return {role.value: sorted(permission.value for permission in may) for role, may in MAY.items()}
