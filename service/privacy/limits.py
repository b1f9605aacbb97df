"""How long each class of data may be kept, and from which day on it is.

Three classes: `activities` is the activity log; `people` is the history kept of people (spells, memberships that ended, accounts long
out of use); `measurements` are measured and published values. No class is kept longer than the next, since a value can not be
protected without the history of the people behind it, nor that history be of use to nobody.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from service.errors import Invalid
from service.models import Organisation, Retention
from service.privacy.ledger import active

SHORTEST = 30
"""Days: with less no window of 28 days would ever be complete."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Days each class is kept at most; None is until it is erased."""

    activities: int | None = None
    people: int | None = None
    measurements: int | None = None

    def check(self) -> None:
        """Raises `Invalid` for limits that contradict each other, or are too short to measure anything."""
        for name, days in self.to_dict().items():
            if days is not None and days < SHORTEST:
                raise Invalid(
                    f"{name} can not be kept for {days} days: with less than {SHORTEST} nothing could be measured"
                )
        for shorter, longer in (("activities", "people"), ("people", "measurements")):
            if _of(getattr(self, shorter)) > _of(getattr(self, longer)):
                raise Invalid(
                    f"{shorter} can not be kept longer than {longer}: shorten {shorter} or lengthen {longer}"
                )

    def to_dict(self) -> dict[str, int | None]:
        return {"activities": self.activities, "people": self.people, "measurements": self.measurements}

    def within(self, other: "Limits") -> "Limits":
        """The stricter of both for each class, and none longer than the next."""
        measurements = _least(self.measurements, other.measurements)
        people = _least(self.people, other.people, measurements)
        return Limits(_least(self.activities, other.activities, people), people, measurements)


@dataclass(frozen=True, slots=True)
class Cuts:
    """The days from which on each class is kept; None: nothing is missing.

    Measured values of periods that end by `measurements` are gone, all others need what is kept from `complete` on.
    """

    activities: date | None = None
    people: date | None = None
    measurements: date | None = None

    @property
    def complete(self) -> date | None:
        """From this day on the log and the history of people hold everything."""
        return later(self.activities, self.people)


def _of(days: int | None) -> float:
    return float("inf") if days is None else days


def _least(*days: int | None) -> int | None:
    return min((one for one in days if one is not None), default=None)


def later(*days: date | None) -> date | None:
    """The latest of some days, None standing for none."""
    return max((day for day in days if day is not None), default=None)


def declared(session: Session, organisation_id: int) -> Limits:
    """The limits an admin set; without any everything is kept until it is erased."""
    row = session.get(Retention, organisation_id)
    return Limits() if row is None else Limits(row.activities, row.people, row.measurements)


def limits(session: Session, organisation_id: int) -> Limits:
    """The limits that hold: those set, or those of the agreement in force where it is stricter. Raises `AgreementBroken`."""
    agreement = active(session, organisation_id)
    terms = {} if agreement is None else agreement.terms["retention"]
    agreed = Limits(*(terms.get(name) for name in ("activities", "people", "measurements")))
    return declared(session, organisation_id).within(agreed)


def reached(session: Session, organisation_id: int) -> Cuts:
    """From when on everything is there, as purging and collecting left it."""
    row = session.get(Retention, organisation_id)
    if row is None:
        return Cuts()
    return Cuts(row.activities_from, row.people_from, row.measurements_from)


def due(session: Session, organisation: Organisation, now: datetime) -> Cuts:
    """The days before which nothing may be kept any more; never earlier than what was reached before.

    Activities and the history of people go by whole ISO weeks, and no day of a week outlives the limit: a week goes as soon as its
    first day is too old.
    """
    held, before = limits(session, organisation.id), reached(session, organisation.id)
    today = now.astimezone(ZoneInfo(organisation.time_zone)).date()

    def cut(days: int | None, *, weeks: bool) -> date | None:
        if days is None:
            return None
        first = today - timedelta(days=days)
        return first + timedelta(days=-first.weekday() % 7 if weeks else 0)

    return Cuts(
        later(before.activities, cut(held.activities, weeks=True)),
        later(before.people, cut(held.people, weeks=True)),
        later(before.measurements, cut(held.measurements, weeks=False)),
    )


def begins(day: date, zone: ZoneInfo) -> datetime:
    """The moment a day begins."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def advance(session: Session, organisation_id: int, reached: Cuts) -> Retention:
    """Keep from when on everything is there; what was gone before stays gone."""
    row = session.get(Retention, organisation_id)
    if row is None:
        row = Retention(organisation_id=organisation_id)
        session.add(row)
    row.activities_from = later(row.activities_from, reached.activities)
    row.people_from = later(row.people_from, reached.people)
    row.measurements_from = later(row.measurements_from, reached.measurements)
    return row


def declare(session: Session, organisation_id: int, wanted: Limits) -> None:
    """Set the limits. Raises `Invalid` as `Limits.check`."""
    wanted.check()
    row = advance(session, organisation_id, Cuts())
    row.activities, row.people, row.measurements = wanted.activities, wanted.people, wanted.measurements
