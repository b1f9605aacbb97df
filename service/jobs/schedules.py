"""What comes up by itself, and when. Nothing does before the admin has said so: collecting begins with a decision."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from service.database import transaction
from service.errors import Invalid
from service.jobs.kinds import INSTALLATION, wanted
from service.jobs.leases import ANYHOW, OPEN, POISON, Leases
from service.jobs.queue import enqueue, forget
from service.jobs.rhythm import Daily, Every, Rhythm, read
from service.models import Job, Organisation, Schedule

USUAL: Mapping[str, str] = {
    "nightly": "02:00",
    "hinted": "5m",
    "subscribe": "01:30",
    "assess": "7d",
    "retention": "04:00",
    "backup": "05:00",
}
"""What can be scheduled, and when it comes up unless something else is said."""
LATE = timedelta(minutes=15)
"""So much later than planned a schedule is overdue: no worker looks at it."""


def rhythm(schedule: Schedule) -> Rhythm:
    if schedule.daily is not None:
        return Daily(schedule.daily, schedule.zone)
    return Every(schedule.interval or 24 * 60)


def plan(
    session: Session,
    kind: str,
    when: str | None,
    organisation: Organisation | None,
    *,
    moment: datetime,
    zone: str | None = None,
) -> Schedule:
    """Have something come up from now on; `when` as in `service.jobs.rhythm.read`, by default the usual.

    Raises `Invalid` for a kind that can not be scheduled, without its organisation, and for a time that is none.
    """
    if kind not in USUAL:
        raise Invalid(f"{kind!r} can not be scheduled; choose from: {', '.join(USUAL)}")
    owner = None if kind == INSTALLATION else organisation
    if owner is None and kind != INSTALLATION:
        raise Invalid(f"{kind} is of an organisation: say which")
    chosen = read(when or USUAL[kind], zone or (organisation.time_zone if organisation else "UTC"))
    found = planned(session, kind, owner) or Schedule(kind=kind, organisation_id=owner.id if owner else None)
    found.interval = chosen.minutes if isinstance(chosen, Every) else None
    found.daily = chosen.at if isinstance(chosen, Daily) else None
    found.zone = chosen.zone if isinstance(chosen, Daily) else "UTC"
    found.next_run, found.enabled = chosen.after(moment), True
    session.add(found)
    session.flush()
    return found


def planned(session: Session, kind: str, organisation: Organisation | None) -> Schedule | None:
    owner = (
        Schedule.organisation_id.is_(None)
        if organisation is None
        else Schedule.organisation_id == organisation.id
    )
    return session.scalars(select(Schedule).where(Schedule.kind == kind, owner)).one_or_none()


def unplan(session: Session, kind: str, organisation: Organisation | None) -> bool:
    """Have something come up no more; False if it did not anyway."""
    found = planned(session, kind, None if kind == INSTALLATION else organisation)
    if found is None:
        return False
    session.execute(delete(Schedule).where(Schedule.id == found.id))
    return True


def ask(
    session: Session, kind: str, organisation: Organisation | None, source: str | None = None
) -> list[int | None]:
    """Have something done now: the numbers of its jobs, None for each that is open already. Raises as `wanted`."""
    return [enqueue(session, one) for one in wanted(session, kind, organisation, source)]


def tick(leases: Leases) -> int:
    """Ask for whatever is due, once however often it was missed; returns how many jobs are new.

    Of several processes that look at once, one does it. Where the clock was set back, what lies too far ahead is drawn nearer.
    """
    asked = 0
    with Session(leases.engine) as session:
        moment = leases.clock(session)
        every = session.scalars(select(Schedule).where(Schedule.enabled)).all()
        session.expunge_all()
    for one in every:
        due = one.next_run <= moment
        following = rhythm(one).after(moment, one.next_run if due else None)
        if due or one.next_run > following:
            asked += _turn(leases.engine, one, moment, following, due=due)
    return asked


def _turn(engine: Engine, schedule: Schedule, moment: datetime, following: datetime, *, due: bool) -> int:
    with transaction(engine) as session:
        values = {"next_run": following, **({"last_run": moment} if due else {})}
        seen = (Schedule.id == schedule.id, Schedule.next_run == schedule.next_run, Schedule.enabled)
        turned = update(Schedule).where(*seen).values(**values).execution_options(synchronize_session=False)
        if session.execute(turned).rowcount != 1 or not due:  # type: ignore[attr-defined]
            return 0
        organisation = session.get(Organisation, schedule.organisation_id or 0)
        if organisation is not None and organisation.stopped is not None and schedule.kind not in ANYHOW:
            return 0
        forget(session, moment)
        jobs = [enqueue(session, one, moment) for one in wanted(session, schedule.kind, organisation)]
    return sum(job is not None for job in jobs)


def overdue(session: Session, moment: datetime) -> list[str]:
    """Kinds that should have come up a while ago."""
    late = select(Schedule.kind).where(Schedule.enabled, Schedule.next_run < moment - LATE).distinct()
    return sorted(session.scalars(late))


def given_up(session: Session) -> int:
    """How many jobs somebody has to look at."""
    return len(session.scalars(select(Job.id).where(Job.state == POISON)).all())


def open_jobs(session: Session) -> int:
    return len(session.scalars(select(Job.id).where(Job.state.in_(OPEN))).all())
