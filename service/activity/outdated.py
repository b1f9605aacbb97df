"""What of the relational store is too old to be kept: counted by one method, deleted by another."""

import hashlib
from collections import Counter
from datetime import date
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, delete, exists, func, insert, select, update
from sqlalchemy.orm import Session

from service.activity.log import ActivityLog
from service.models import (
    Fingerprint,
    Measurement,
    Membership,
    Person,
    Publication,
    PublishedValue,
    Room,
    Spell,
)
from service.privacy.limits import Cuts, begins

NOBODY = 0
"""Stands in the place of those whose memberships of a room ended long ago: since when any were known still counts."""
UNKNOWN = "retention"
"""Why a value is unknown; a key of `metrics.metric.REASONS`."""
_SLICE = 500


class Outdated:
    """What an organisation has from before the days from which on it is kept."""

    def __init__(self, session: Session, organisation_id: int, before: Cuts, zone: ZoneInfo) -> None:
        self._session, self._organisation, self._before, self._zone = session, organisation_id, before, zone

    # -- people ----------------------------------------------------------------------------------------------------------

    def memberships(self) -> int:
        """Memberships that ended before."""
        return self._count(Membership, self._ended_memberships(named=True))

    def delete_memberships(self) -> int:
        """Of each room they leave behind from when to when any were known: who was there at the first reading depends on it."""
        session, number = self._session, self.memberships()
        if not number:
            return 0
        ended = self._ended_memberships(named=False)
        spans = session.execute(
            select(Membership.room_id, func.min(Membership.since), func.max(Membership.until))
            .where(ended)
            .group_by(Membership.room_id)
        ).all()
        session.execute(delete(Membership).where(ended))
        session.execute(
            insert(Membership),
            [
                {"room_id": room, "pseudonym": NOBODY, "owner": False, "since": since, "until": until}
                for room, since, until in spans
            ],
        )
        return number

    def spells(self) -> int:
        """What held of accounts, and had ended before."""
        return self._count(Spell, self._ended_spells())

    def delete_spells(self) -> int:
        return self._delete(Spell, self._ended_spells())

    def accounts(self, log: ActivityLog) -> list[int]:
        """Accounts out of use since before, that belong to no room and did nothing the log still tells of."""
        if self._before.people is None:
            return []
        moment = begins(self._before.people, self._zone)
        mine = Person.organisation_id == self._organisation
        spell = and_(Spell.organisation_id == self._organisation, Spell.pseudonym == Person.pseudonym)
        unused = and_(
            spell,
            Spell.until.is_(None),
            Spell.active.is_(False),
            func.coalesce(Spell.since, Person.first_seen) < moment,
        )
        # What has ended before goes in any case.
        lasting = and_(
            Membership.pseudonym == Person.pseudonym,
            (Membership.until.is_(None)) | (Membership.until >= moment),
        )
        found = self._session.scalars(
            select(Person.pseudonym)
            .where(mine, Person.active.is_(False), exists().where(unused), ~exists().where(lasting))
            .order_by(Person.pseudonym)
        ).all()
        return _not_in(log, list(found), self._before.activities)

    def delete_accounts(self, log: ActivityLog) -> int:
        found = self.accounts(log)
        for start in range(0, len(found), _SLICE):
            some = found[start : start + _SLICE]
            for table in (Spell, Person):
                self._session.execute(
                    delete(table).where(
                        table.organisation_id == self._organisation, table.pseudonym.in_(some)
                    )
                )
        return len(found)

    def _ended_memberships(self, *, named: bool) -> ColumnElement[bool]:
        mine = select(Room.id).where(Room.organisation_id == self._organisation)
        conditions = [Membership.room_id.in_(mine), Membership.until < self._moment]
        return and_(*conditions, *([Membership.pseudonym != NOBODY] if named else []))

    def _ended_spells(self) -> ColumnElement[bool]:
        return and_(Spell.organisation_id == self._organisation, Spell.until < self._moment)

    @cached_property
    def _moment(self) -> Any:
        day = self._before.people
        return begins(date.min if day is None else day, ZoneInfo("UTC") if day is None else self._zone)

    # -- values ----------------------------------------------------------------------------------------------------------

    def withheld(self, people: date | None) -> int:
        """Values of rooms of periods from before a day, if the history of people is known from that day on only."""
        return self._count(Measurement, self._unchecked(people))

    def withhold(self, people: date | None) -> int:
        """Make them unknown: that a room's value does not speak of the few by which it differs from a unit can not be checked."""
        number = self.withheld(people)
        nothing = dict.fromkeys(
            ("numerator", "denominator", "people", "affirming", "low", "high", "largest"), None
        )
        self._session.execute(
            update(Measurement)
            .where(self._unchecked(people))
            .values(state="unknown", reason=UNKNOWN, **nothing)
        )
        return number

    def measurements(self) -> int:
        """Measured values of periods that ended before."""
        return self._count(Measurement, self._ended_measurements())

    def delete_measurements(self) -> int:
        places = (Measurement.metric, Measurement.scope, Measurement.window, Measurement.since)
        f = Fingerprint
        gone = (
            select(*places)
            .where(
                self._ended_measurements(),
                *(
                    getattr(Measurement, name) == getattr(f, name)
                    for name in ("metric", "scope", "window", "since")
                ),
            )
            .correlate(f)
        )
        self._delete(f, and_(f.organisation_id == self._organisation, gone.exists()))
        return self._delete(Measurement, self._ended_measurements())

    def published(self) -> int:
        """Published values of periods that ended before, in every publication that is kept."""
        return self._count(PublishedValue, self._ended_published())

    def delete_published(self) -> int:
        """A publication that loses values is another one from then on: it gets another digest."""
        session = self._session
        touched = session.scalars(
            select(Publication).where(
                Publication.id.in_(select(PublishedValue.publication_id).where(self._ended_published()))
            )
        ).all()
        number = self._delete(PublishedValue, self._ended_published())
        for publication in touched:
            told = f"{publication.digest} from {self._before.measurements}"
            publication.digest = hashlib.sha256(told.encode()).hexdigest()
            publication.summary = {**publication.summary, **self._summary(publication.id)}
        return number

    def _summary(self, publication_id: int) -> dict[str, Any]:
        states: Counter[str] = Counter()
        reasons: Counter[str] = Counter()
        for state, reason, number in self._session.execute(
            select(PublishedValue.state, PublishedValue.reason, func.count())
            .where(PublishedValue.publication_id == publication_id)
            .group_by(PublishedValue.state, PublishedValue.reason)
        ):
            states[state] += number
            if state == "suppressed":
                reasons[reason or ""] += number
        return {
            **{state: states[state] for state in ("published", "suppressed", "unknown")},
            "suppressed_by_reason": dict(sorted(reasons.items())),
        }

    def _unchecked(self, people: date | None) -> ColumnElement[bool]:
        return and_(
            Measurement.organisation_id == self._organisation,
            Measurement.scope == "room",
            Measurement.state == "known",
            Measurement.since < (people or date.min),
        )

    def _ended_measurements(self) -> ColumnElement[bool]:
        ends = self._before.measurements or date.min
        return and_(Measurement.organisation_id == self._organisation, Measurement.until <= ends)

    def _ended_published(self) -> ColumnElement[bool]:
        mine = select(Publication.id).where(Publication.organisation_id == self._organisation)
        ends = self._before.measurements or date.min
        return and_(PublishedValue.publication_id.in_(mine), PublishedValue.until <= ends)

    # -- both ------------------------------------------------------------------------------------------------------------

    def _count(self, table: Any, where: ColumnElement[bool]) -> int:
        return self._session.scalar(select(func.count()).select_from(table).where(where)) or 0

    def _delete(self, table: Any, where: ColumnElement[bool]) -> int:
        number = self._count(table, where)
        if number:
            self._session.execute(delete(table).where(where).execution_options(synchronize_session=False))
        return number


def _not_in(log: ActivityLog, people: list[int], since: date | None) -> list[int]:
    """Those of whom the log tells nothing from a day on."""
    import duckdb

    if not people:
        return []
    with duckdb.connect() as connection:
        log.register(connection)
        told = connection.execute(
            "SELECT DISTINCT person FROM log WHERE list_contains(?, person) AND day >= ?",
            [people, since or date.min],
        ).fetchall()
    return sorted(set(people) - {person for (person,) in told})
