"""What communication team and client decide about a measure, and what they plan otherwise than the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.advice.catalogue import Catalogue, Measure, Role
from service.errors import Conflict, Invalid, NotFound
from service.language import N_
from service.models import MeasureDecision, Organisation

MOST_DAYS, MOST_WEEKS = 1000.0, 104.0


class State(StrEnum):
    PROPOSED = "proposed"
    AGREED = "agreed"
    DECLINED = "declined"
    STARTED = "started"
    DONE = "done"


NEXT: Mapping[State, frozenset[State]] = {
    State.PROPOSED: frozenset({State.AGREED, State.DECLINED}),
    State.AGREED: frozenset({State.AGREED, State.STARTED, State.DECLINED, State.PROPOSED}),
    State.DECLINED: frozenset({State.PROPOSED, State.AGREED}),
    State.STARTED: frozenset({State.DONE, State.AGREED, State.DECLINED}),
    State.DONE: frozenset(),
}
"""Which state may follow which. To agree again is to change what is planned."""
PLANNED = frozenset({State.AGREED, State.STARTED})


@dataclass(frozen=True)
class Changes:
    """What is planned otherwise: person days by role, working weeks, and the earliest day; None or empty is as in the catalogue."""

    days: Mapping[Role, float]
    weeks: float | None = None
    earliest: date | None = None

    def plain(self) -> dict[str, Any]:
        return {
            "days": {role.value: days for role, days in sorted(self.days.items())},
            "weeks": self.weeks,
            "earliest": self.earliest.isoformat() if self.earliest else None,
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Changes":
        earliest = stored.get("earliest")
        return cls(
            {Role(role): float(days) for role, days in stored.get("days", {}).items()},
            stored.get("weeks"),
            date.fromisoformat(earliest) if earliest else None,
        )


AS_ADVISED = Changes({})


def decide(
    session: Session,
    organisation: Organisation,
    catalogue: Catalogue,
    key: str,
    state: str,
    *,
    owner: str = "",
    reason: str = "",
    changes: Changes = AS_ADVISED,
    now: datetime | None = None,
) -> MeasureDecision:
    """Note a decision.

    Raises `NotFound` for a measure there is not, `Invalid` for an unknown state, an agreement without the role that owns it, a refusal
    without reason, or changes out of bounds, `Conflict` for a state that can not follow the present one.
    """
    moment = now or datetime.now(UTC)
    kept = decisions(session, organisation).get(key)
    if kept is None or state != State.DECLINED:  # what a later catalogue no longer has can still be declined
        the_measure(catalogue, key)
    if state not in set(State):
        raise Invalid(f"a measure is {', '.join(State)}; not {state!r}")
    wanted, owner, reason = State(state), owner.strip()[:80], reason.strip()
    present = State(kept.state) if kept else State.PROPOSED
    if wanted not in NEXT[present]:
        raise Conflict(
            N_("%(measure)s is “%(present)s” and can not become “%(wanted)s”: load the page again"),
            measure=key,
            present=present,
            wanted=wanted,
        )
    if wanted is State.AGREED and not (owner or (kept and kept.owner)):
        raise Invalid(N_("say which role answers for the measure, such as “Internal communication”"))
    if "@" in owner:
        raise Invalid(N_("the owner is a role, not a person: no mail address"))
    if wanted is State.DECLINED and not reason:
        raise Invalid(N_("say why the measure is declined: it will be asked again"))
    _check(changes)
    if kept is None:
        kept = MeasureDecision(organisation_id=organisation.id, measure=key)
        session.add(kept)
    kept.catalogue_version, kept.state, kept.decided = catalogue.version, wanted.value, moment
    kept.reason = reason
    if wanted is State.AGREED:
        kept.owner, kept.changes = owner or kept.owner, changes.plain()
        kept.started = kept.done = None
    elif wanted is State.STARTED:
        kept.started = moment.date()
    elif wanted is State.DONE:
        kept.done = moment.date()
    session.flush()
    return kept


def decisions(session: Session, organisation: Organisation) -> dict[str, MeasureDecision]:
    """By measure; what is not in it is proposed, or not advised at all."""
    found = select(MeasureDecision).where(MeasureDecision.organisation_id == organisation.id)
    return {one.measure: one for one in session.scalars(found.order_by(MeasureDecision.measure))}


def the_measure(catalogue: Catalogue, key: str) -> Measure:
    try:
        return catalogue.measure(key)
    except KeyError as error:
        raise NotFound(f"the catalogue {catalogue.version} has no measure {key!r}") from error


def _check(changes: Changes) -> None:
    for days in changes.days.values():
        if not 0 <= days <= MOST_DAYS:
            raise Invalid(
                N_("%(days)s person days of one role: give a number from 0 to %(most)s"),
                days=f"{days:g}",
                most=f"{MOST_DAYS:g}",
            )
    if changes.weeks is not None and not 0 < changes.weeks <= MOST_WEEKS:
        raise Invalid(
            N_("%(weeks)s weeks: give a number above 0, up to %(most)s"),
            weeks=f"{changes.weeks:g}",
            most=f"{MOST_WEEKS:g}",
        )
