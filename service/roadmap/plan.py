"""The roadmap of an organisation: its agreed measures as tasks, within the capacity and the calendar it has."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import ceil

from sqlalchemy.orm import Session

from metrics.periods import monday
from service.advice.catalogue import Catalogue, Measure, Role, Span
from service.advice.decisions import PLANNED, Changes, State, decisions
from service.advice.proposals import Proposal
from service.errors import Invalid
from service.language import N_
from service.milestones import silent_weeks
from service.models import MeasureDecision, Organisation, PlanFrame
from service.roadmap.robustness import Rank, ranks
from service.roadmap.schedule import Schedule, schedule
from service.roadmap.tasks import LONGEST, WEEK, Estimate, Frame, Task

CAPACITY: Mapping[Role, float] = {
    Role.INTERNAL_COMMUNICATION: 4.0,
    Role.COMMUNITY_MANAGEMENT: 2.5,
    Role.EDITORS: 3.0,
    Role.ROOM_OWNERS: 5.0,
    Role.LINE: 3.0,
    Role.LEADERSHIP: 1.0,
    Role.HR: 2.0,
    Role.IT: 3.0,
    Role.LEGAL: 1.0,
    Role.DATA_PROTECTION: 1.0,
    Role.WORKS_COUNCIL: 1.0,
}
"""Person days a week that a company of 1,000 to 5,000 people can give, until it says otherwise. Our own estimate."""
MOST_CAPACITY = 200.0


@dataclass(frozen=True)
class Roadmap:
    """`waiting` are agreed measures (key -> what they wait for) that can not be scheduled, since something they need is not agreed;
    `unknown` those that the catalogue no longer has."""

    frame: Frame
    schedule: Schedule
    ranks: list[Rank]
    waiting: Mapping[str, tuple[str, ...]]
    unknown: tuple[str, ...] = ()


def roadmap(
    session: Session,
    organisation: Organisation,
    catalogue: Catalogue,
    advised: Mapping[str, Proposal],
    today: date,
    *,
    scheduled: Callable[[Sequence[Task], Frame], Schedule] = schedule,
) -> Roadmap:
    """Raises `Invalid` for agreed measures that can not be scheduled together."""
    decided = decisions(session, organisation)
    limits = frame(session, organisation, today)
    agreed = {key: one for key, one in decided.items() if State(one.state) in PLANNED}
    known = {measure.key for measure in catalogue.measures}
    planned = {key: one for key, one in agreed.items() if key in known}
    finished = {key for key, one in decided.items() if one.state == State.DONE}
    missing = {
        key: tuple(
            needed
            for needed in _needed(catalogue.measure(key), advised.get(key))
            if needed not in planned and needed not in finished
        )
        for key in planned
    }
    waiting = {key: needs for key, needs in missing.items() if needs}
    # What needs something that waits has to wait as well.
    while more := {
        key: tuple(sorted(set(_needed(catalogue.measure(key), advised.get(key))) & set(waiting)))
        for key in planned
        if key not in waiting and set(_needed(catalogue.measure(key), advised.get(key))) & set(waiting)
    }:
        waiting |= more
    tasks = [
        task(catalogue.measure(key), one, advised.get(key), limits, set(planned) - set(waiting))
        for key, one in planned.items()
        if key not in waiting
    ]
    return Roadmap(
        limits, scheduled(tasks, limits), ranks(tasks), waiting, tuple(sorted(set(agreed) - known))
    )


def task(
    measure: Measure,
    decision: MeasureDecision,
    proposal: Proposal | None,
    limits: Frame,
    scheduled: set[str],
) -> Task:
    """A measure as it is planned. Where a role has too little time for it in the weeks of the catalogue it takes longer."""
    changes = Changes.of(decision.changes)
    effort = {one.role.value: _estimate(one.days(), changes.days.get(one.role)) for one in measure.effort}
    weeks = _estimate(measure.duration, changes.weeks)
    for role, days in effort.items():
        available = limits.capacity.get(role, 0.0)
        if available <= 0 < days.likely:
            raise Invalid(
                N_("%(measure)s needs %(role)s, which has no time at all: give the role capacity"),
                measure=measure.key,
                role=role,
            )
        if days.likely > available * ceil(weeks.likely):
            longer = ceil(days.likely / available)
            weeks = replace(weeks, likely=longer, high=max(weeks.high, longer))
    return Task(
        measure.key,
        weeks,
        {role: days for role, days in effort.items() if days.likely > 0},
        tuple(sorted(set(_needed(measure, proposal)) & scheduled)),
        tuple(one.value for one in measure.audience),
        proposal.benefit if proposal else 0.1,
        changes.earliest,
    )


def _needed(measure: Measure, proposal: Proposal | None) -> tuple[str, ...]:
    """The measures that have to come first; what is known of an organisation can make them unnecessary."""
    if proposal is not None:
        return proposal.missing
    return tuple(one.measure for one in measure.prerequisites if one.measure is not None)


def _estimate(span: Span, changed: float | None) -> Estimate:
    """As the catalogue says, or around the number the organisation plans with."""
    if changed is None:
        return Estimate(span.low, span.likely, span.high)
    if span.likely == 0:
        return Estimate(changed, changed, changed)
    return Estimate(changed * span.low / span.likely, changed, changed * span.high / span.likely)


def frame(session: Session, organisation: Organisation, today: date) -> Frame:
    """As the organisation set it; otherwise from next Monday with our estimate of capacity. Weeks with fewer than three working
    days are quiet."""
    kept = session.get(PlanFrame, organisation.id)
    start = kept.start if kept else next_monday(today)
    capacity = {role.value: days for role, days in CAPACITY.items()} | (dict(kept.capacity) if kept else {})
    quiet = {date.fromisoformat(day) for day in kept.quiet} if kept else set()
    quiet |= silent_weeks(session, organisation, start, start + timedelta(weeks=LONGEST))
    return Frame(start, capacity, frozenset(quiet))


def set_frame(
    session: Session,
    organisation: Organisation,
    *,
    start: date | None = None,
    capacity: Mapping[str, float] | None = None,
    quiet: list[date] | None = None,
    today: date,
) -> PlanFrame:
    """Change what is given. Raises `Invalid` for a day that is no Monday, an unknown role, or capacity out of bounds."""
    kept = session.get(PlanFrame, organisation.id)
    if kept is None:
        kept = PlanFrame(organisation_id=organisation.id, start=next_monday(today), capacity={}, quiet=[])
        session.add(kept)
    if start is not None:
        kept.start = Frame(start, {}).start
    for role, days in (capacity or {}).items():
        if role not in set(Role):
            raise Invalid(f"no role {role!r}; there are: {', '.join(Role)}")
        if not 0 <= days <= MOST_CAPACITY:
            raise Invalid(
                N_("%(days)s person days a week of %(role)s: give a number from 0 to %(most)s"),
                days=f"{days:g}",
                role=role,
                most=f"{MOST_CAPACITY:g}",
            )
        kept.capacity = {**kept.capacity, role: days}
    if quiet is not None:
        kept.quiet = sorted({day.isoformat() for day in quiet})
    session.flush()
    return kept


def next_monday(today: date) -> date:
    return monday(today) + WEEK
