"""Deletes what is older than it may be kept: activities, then the history of people, then measured and published values.

What is to be deleted is written down before anything is (`service.models.Retention`), and each step looks at what is still there. So
a purge that was interrupted anywhere is completed by the next one, and one more changes nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from service.activity.aged import on_disk
from service.activity.forget import alone, recover, rewrite
from service.activity.log import ActivityLog
from service.activity.outdated import Outdated
from service.database import transaction
from service.delta import LogUnusable
from service.errors import NotFound, ServiceError
from service.models import Organisation, Retention, Source
from service.privacy import limits
from service.privacy.limits import Cuts, Limits
from service.privacy.record import audited

if TYPE_CHECKING:
    import duckdb


class RetentionIncomplete(ServiceError):
    """Something that is too old is still on the disk: nobody may take it for deleted."""

    slug, title = "retention-incomplete", "Retention incomplete"


@dataclass(frozen=True, slots=True)
class Purge:
    """What a purge deleted, or would delete, as counts.

    `activities` are rows of the log; `memberships`, `spells` and `accounts` are of people; `measurements` and `published` are values.
    `withheld` is how many measured values of rooms became unknown, since nobody can tell any more that they do not speak of a few.
    `resumed`: an earlier purge had not come to its end.
    """

    limits: Limits
    before: Cuts
    activities: int = 0
    memberships: int = 0
    spells: int = 0
    accounts: int = 0
    withheld: int = 0
    measurements: int = 0
    published: int = 0
    resumed: bool = False

    def counts(self) -> dict[str, int]:
        """By the name of what is deleted."""
        return {name: value for name, value in asdict(self).items() if type(value) is int}

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return self.resumed or any(self.counts().values())

    def to_dict(self) -> dict[str, Any]:
        """Plain values: limits in days, the first days that are kept, and counts."""
        return {
            "limits": self.limits.to_dict(),
            "kept_from": {name: day and day.isoformat() for name, day in asdict(self.before).items()},
            "deleted": self.counts(),
            "resumed": self.resumed,
        }


def now() -> datetime:
    return datetime.now(UTC)


def preview(
    engine: Engine, log: ActivityLog, organisation_id: int, *, clock: Callable[[], datetime] = now
) -> Purge:
    """What a purge would delete now. Raises `NotFound` for an unknown organisation, `AgreementBroken`."""
    with transaction(engine) as session:
        return _due(session, log, _organisation(session, log, organisation_id), clock())


def purge(
    engine: Engine, log: ActivityLog, organisation_id: int, *, clock: Callable[[], datetime] = now
) -> Purge:
    """Delete what is too old; returns what was deleted.

    Nobody may collect from the organisation or measure it meanwhile. What is deleted of the log is gone from the bytes on the disk, which is checked. Backups
    are not touched. Both ends are entries of the audit log. Raises `NotFound`, `Conflict` while a source of it is being collected or
    it is being measured, `RetentionIncomplete` where something was left, `AgreementBroken`.
    """
    with alone(engine, log.organisation):
        recover(engine, log)
        with transaction(engine) as session:
            organisation = _organisation(session, log, organisation_id)
            zone = ZoneInfo(organisation.time_zone)
            found = _due(session, log, organisation, clock())
            if not found:
                return found
            keys = _sources(session, organisation_id)
            row = limits.advance(session, organisation_id, _missing(found))
            row.begun = row.begun or clock()
            told = {"organisation": organisation.key, **found.to_dict()}
            audited(session, "retention.begun", told)
        activities = _activities(log, keys, found.before.activities)
        with transaction(engine) as session:
            outdated = Outdated(session, organisation_id, found.before, zone)
            memberships, spells = outdated.delete_memberships(), outdated.delete_spells()
            accounts = outdated.delete_accounts(log)
        if found.resumed or memberships or spells or accounts:
            rewrite(engine)
        with transaction(engine) as session:
            outdated = Outdated(session, organisation_id, found.before, zone)
            done = Purge(
                found.limits,
                found.before,
                activities,
                memberships,
                spells,
                accounts,
                outdated.withhold(limits.reached(session, organisation_id).people),
                outdated.delete_measurements(),
                outdated.delete_published(),
                found.resumed,
            )
            session.get_one(Retention, organisation_id).begun = None
            audited(session, "retention.applied", {"organisation": organisation.key, **done.to_dict()})
        return done


def _organisation(session: Session, log: ActivityLog, organisation_id: int) -> Organisation:
    organisation = session.get(Organisation, organisation_id)
    if organisation is None:
        raise NotFound(f"no organisation {organisation_id}")
    if organisation.key != log.organisation:
        raise LogUnusable(
            f"the activity log given is that of {log.organisation!r}, not of {organisation.key!r}"
        )
    return organisation


def _sources(session: Session, organisation_id: int) -> list[str]:
    mine = select(Source.key).where(Source.organisation_id == organisation_id).order_by(Source.key)
    return list(session.scalars(mine))


def _due(session: Session, log: ActivityLog, organisation: Organisation, moment: datetime) -> Purge:
    before = limits.due(session, organisation, moment)
    outdated = Outdated(session, organisation.id, before, ZoneInfo(organisation.time_zone))
    row = session.get(Retention, organisation.id)
    memberships, spells, accounts = outdated.memberships(), outdated.spells(), len(outdated.accounts(log))
    known_from = None if row is None else row.people_from
    if memberships or spells or accounts:
        known_from = limits.later(known_from, before.people)
    return Purge(
        limits.limits(session, organisation.id),
        before,
        _old_rows(log, _sources(session, organisation.id), before.activities),
        memberships,
        spells,
        accounts,
        outdated.withheld(known_from),
        outdated.measurements(),
        outdated.published(),
        row is not None and row.begun is not None,
    )


def _missing(found: Purge) -> Cuts:
    """From when on everything will be there: where nothing is deleted, nothing is missing."""
    people = found.memberships or found.spells or found.accounts
    return Cuts(
        found.before.activities if found.activities else None,
        found.before.people if people else None,
        found.before.measurements,
    )


def _old_rows(log: ActivityLog, sources: Sequence[str], day: date | None) -> int:
    import duckdb

    if day is None or not sources:
        return 0
    with duckdb.connect() as connection:
        log.register(connection)
        return _counted(connection, sources, day)


def _counted(connection: "duckdb.DuckDBPyConnection", sources: Sequence[str], day: date) -> int:
    older = "SELECT count(*) FROM log WHERE list_contains(?, source) AND day < ?"
    return int(connection.execute(older, [list(sources), day]).fetchall()[0][0])


def _activities(log: ActivityLog, sources: Sequence[str], day: date | None) -> int:
    """Delete old rows, and every file on the disk that still holds some."""
    if day is None:
        return 0
    deleted = sum(log.delete_before(source, day) for source in sources)
    if on_disk(log, sources, day):
        log.vacuum(retention_hours=0)
        if left := on_disk(log, sources, day):
            raise RetentionIncomplete(
                f"activities from before {day} are still in {left[0]}: no other program may use the log meanwhile; run it again"
            )
    return deleted
