"""What console and jobs do alike: reading a source, measuring with publication, assessing.

`proceed` is called before anything further is begun or stored, and may raise to end the work there; what was stored stays.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from service.errors import Conflict

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.activity.collect import Progress
    from service.activity.report import Report
    from service.activity.retention import Purge
    from service.context import Context
    from service.measure import Summary
    from service.models import Assessment, Organisation, Publication

Proceed = Callable[[], None]


def go_on() -> None:
    """Nothing is in the way."""


@dataclass(frozen=True)
class Reading:
    """A source that was read: its report, and what is to be forgotten of the hints that led to it."""

    report: "Report"
    began: datetime

    @property
    def read(self) -> list[str]:
        """Streams that were read to their end."""
        return [stream for stream, end in self.report.streams.items() if end.broken_off is None]

    def settle(self, session: "Session") -> None:
        """Forget the hints that were followed."""
        from service.hints.pending import settle

        settle(session, self.report.source, self.read, self.began)


def read_source(
    context: "Context",
    organisation: "Organisation",
    key: str,
    *,
    only: Collection[str] | None = None,
    progress: "Callable[[Progress], None] | None" = None,
    proceed: Proceed = go_on,
) -> Reading:
    """Read what is new at a source of the organisation. Raises what `service.activity.collect.collect` raises."""
    from service.activity.collect import collect

    began = datetime.now(UTC)
    report = collect(
        context.engine,
        context.log(organisation),
        context.pseudonymiser(organisation),
        key,
        only=only,
        progress=progress,
        proceed=proceed,
    )
    return Reading(report, began)


@dataclass(frozen=True)
class Computed:
    """What was measured, deleted because of its age (None while a source was being collected), and published."""

    measured: "Summary"
    deleted: "Purge | None"
    publication: "Publication"


def compute(
    context: "Context",
    organisation: "Organisation",
    *,
    engine: str | None = None,
    full: bool = False,
    proceed: Proceed = go_on,
) -> Computed:
    """Measure what changed, delete what is too old, check all values jointly, and publish what may be shown.

    Raises what `service.measure.measure` and `service.publication.publish` raise.
    """
    from service.engines import compute_engine
    from service.measure import measure
    from service.publication import publish
    from service.scratch import scratch

    settings, place = context.settings, scratch(context.settings)
    computing = compute_engine(
        engine or settings.engine, settings.spark_reads, memory=settings.compute_memory, scratch=place
    )
    proceed()
    log = context.log(organisation)
    summary = measure(context.engine, log, organisation.id, full=full, compute=computing, scratch=place)
    proceed()
    # Measured first, deleted afterwards: nothing is lost unmeasured, and nothing is published that may not be kept.
    deleted = purged(context, organisation)
    proceed()
    publication = publish(context.engine, organisation.id, minimum_group=settings.minimum_group)
    return Computed(summary, deleted, publication)


def purged(context: "Context", organisation: "Organisation") -> "Purge | None":
    """What was deleted; None while somebody collects or measures."""
    from service.activity.retention import purge

    try:
        return purge(context.engine, context.log(organisation), organisation.id)
    except Conflict:
        return None


def assess(
    session: "Session",
    organisation: "Organisation",
    profile: str | None = None,
    *,
    account: str | None = None,
) -> "Assessment":
    """Assess the maturity with what is published, told and documented, keep the result, and note who did."""
    from service.maturity.assess import make
    from service.security import audit
    from service.security.actor import actor

    made = make(session, organisation, profile=profile)
    facts = {"organisation": organisation.key, "digest": made.digest}
    audit.append(session, account or actor(), "assessment made", facts)
    return made
