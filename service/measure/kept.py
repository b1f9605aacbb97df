"""What the last measuring run saw and stored, so that the next one does only what is new."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import metadata, resources
from typing import Any, NamedTuple

from sqlalchemy import and_, delete, func, insert, or_, select
from sqlalchemy.orm import Session

from metrics.metric import Scope, Window
from metrics.periods import Period
from service.models import Base, Fingerprint, Measurement, Measuring, Room

# The table, not the class: the ORM would send rows apart by which of their values are missing.
_MEASUREMENT = Base.metadata.tables[Measurement.__tablename__]
_FINGERPRINT = Base.metadata.tables[Fingerprint.__tablename__]
_NOT_GIVEN = (
    "account",
    "agreement_",
    "api_token",
    "audit",
    "fingerprint",
    "holder_key",
    "journal",
    "measurement",
    "measuring",
    "publi",
    "session",
    "spent_sign_in",
    "subscription",
    "sync",
)
"""How the names of tables begin that say nothing of what is measured; any other may."""
_COMPUTED = {
    "source": {"views", "views_linked"},
    "milestone": set[str](),
    "organisation": {"stopped"},
    "retention": {"begun"},
}
"""Columns that measuring itself writes, or that change no value."""
_LIBRARIES = ("duckdb", "numpy", "scipy", "networkx", "igraph", "sqlalchemy")


LOST = "retention"
"""The digest of values that can not be computed any more, since what they need was deleted because of its age."""


class Place(NamedTuple):
    """Where values of a metric stand."""

    metric: str
    scope: Scope
    window: Window
    since: date


@dataclass(frozen=True, slots=True)
class Seen:
    """What a run starts from. Equal: there is nothing to do."""

    log: str | None
    version: int | None
    given: str
    code: str
    since: date
    until: date


@cache
def code() -> str:
    """A digest of how is counted: the program, and the libraries that compute."""
    digest = hashlib.sha256()
    pending = [resources.files("metrics"), resources.files("service")]
    while pending:
        for entry in sorted(pending.pop().iterdir(), key=lambda one: one.name):
            if entry.is_dir():
                pending.append(entry)
            elif entry.name.endswith(".py"):
                digest.update(entry.name.encode() + entry.read_bytes())
    for name in _LIBRARIES:
        try:
            digest.update(f"{name} {metadata.version(name)}".encode())
        except metadata.PackageNotFoundError:
            digest.update(f"{name} none".encode())
    return digest.hexdigest()


def given(session: Session) -> str:
    """A digest of all that is stored of people, rooms, contents and calendars."""
    digest = hashlib.sha256()
    for name, table in sorted(Base.metadata.tables.items()):
        if name.startswith(_NOT_GIVEN):
            continue
        columns = [column for column in table.columns if column.name not in _COMPUTED.get(name, ())]
        rows = select(*columns).order_by(*table.primary_key.columns).execution_options(yield_per=10_000)
        if name == "milestone":
            # Reorganisations are found by measuring itself, from the people.
            rows = rows.where(table.c.kind != "reorganisation")
        digest.update(name.encode())
        for row in session.execute(rows):
            digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


def seen(session: Session, log: Any, since: date, until: date, engine: str) -> Seen:
    """What there is to measure now; a `log` without versions is taken for a new one each time."""
    table = log.table() if hasattr(log, "table") else None
    return Seen(
        None if table is None else str(table.metadata().id),
        None if table is None else int(table.version()),
        given(session),
        hashlib.sha256(f"{code()} {engine}".encode()).hexdigest(),
        since,
        until,
    )


def touched(log: Any, now: Seen, before: Measuring | None) -> list[date] | None:
    """The Mondays of the weeks the log was touched in since the last run; None if that can not be told."""
    if (
        before is None
        or now.version is None
        or before.version is None
        or now.log != before.log
        or now.version < before.version
    ):
        return None
    return [] if now.version == before.version else list(log.touched_weeks(before.version))


def reasons(now: Seen, before: Measuring | None, weeks: Sequence[date] | None) -> tuple[str, ...]:
    """Why there is something to do; empty if there is nothing."""
    if before is None:
        return ("first",)
    changed = {
        "activities": weeks is None or bool(weeks),
        "given": now.given != before.given,
        "code": now.code != before.code,
        "days": (now.since, now.until) != (before.since, before.until),
    }
    return tuple(name for name, different in changed.items() if different)


def fingerprints(session: Session, organisation_id: int) -> dict[Place, str]:
    mine = select(
        Fingerprint.metric, Fingerprint.scope, Fingerprint.window, Fingerprint.since, Fingerprint.digest
    ).where(Fingerprint.organisation_id == organisation_id)
    return {
        Place(metric, Scope(scope), Window(window), since): digest
        for metric, scope, window, since, digest in session.execute(mine)
    }


def counted(session: Session, organisation_id: int, periods: Sequence[Period]) -> dict[str, int]:
    """How many values of these periods are stored, by state."""
    within = [
        and_(Measurement.window == window.value, Measurement.since.between(min(days), max(days)))
        for window in Window
        if (days := [period.since for period in periods if period.window is window])
    ]
    if not within:
        return {}
    states = (
        select(Measurement.state, func.count())
        .where(Measurement.organisation_id == organisation_id, or_(*within))
        .group_by(Measurement.state)
    )
    return {str(state): int(number) for state, number in session.execute(states)}


def replace(
    session: Session,
    organisation_id: int,
    *,
    digests: Mapping[Place, str],
    gone: Iterable[Place],
    values: Iterable[Sequence[Mapping[str, Any]]],
    now: datetime,
) -> None:
    """Store values (in batches) in place of what stood at these places, with the digests they were computed from; clear what is gone."""
    old: dict[tuple[str, Scope, Window], list[date]] = {}
    for place in (*digests, *gone):
        old.setdefault((place.metric, place.scope, place.window), []).append(place.since)
    for (metric, scope, window), days in old.items():
        for table in (_MEASUREMENT, _FINGERPRINT):
            c = table.c
            session.execute(
                delete(table).where(
                    c.organisation_id == organisation_id,
                    c.metric == metric,
                    c.scope == scope.value,
                    c.window == window.value,
                    c.since.in_(days),
                )
            )
    connection = session.connection()
    mine = {"organisation_id": organisation_id}
    for batch in values:
        connection.execute(insert(_MEASUREMENT), [{**mine, "measured": now, **value} for value in batch])
    if digests:
        connection.execute(
            insert(_FINGERPRINT),
            [
                {
                    **mine,
                    "metric": place.metric,
                    "scope": place.scope.value,
                    "window": place.window.value,
                    "since": place.since,
                    "digest": digest,
                }
                for place, digest in digests.items()
            ],
        )


def drop_rooms(session: Session, organisation_id: int, complete: date | None) -> None:
    """Of periods that are not computed any more forget the values of rooms that are excluded or removed meanwhile."""
    if complete is None:
        return
    measured = select(Room.key).where(Room.organisation_id == organisation_id, Room.excluded.is_(False))
    session.execute(
        delete(Measurement)
        .where(
            Measurement.organisation_id == organisation_id,
            Measurement.scope == Scope.ROOM.value,
            Measurement.scope_key.not_in(measured),
        )
        .execution_options(synchronize_session=False)
    )


def remember(session: Session, organisation_id: int, now: Seen, left_out: Mapping[str, int]) -> None:
    session.merge(
        Measuring(
            organisation_id=organisation_id,
            log=now.log,
            version=now.version,
            given=now.given,
            code=now.code,
            since=now.since,
            until=now.until,
            left_out=dict(left_out),
        )
    )
