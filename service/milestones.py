"""Before and after a milestone: what each published weekly series says about it.

Only published values are read, so nothing can be learned here that the publication does not tell.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from metrics.catalog import CATALOG
from metrics.interrupted import LONGEST, SETTLING, Change, compare
from metrics.metric import Metric, Scope, Window
from metrics.periods import monday
from service.errors import NotFound
from service.models import Milestone, Organisation, Publication, PublishedRoom, PublishedValue
from service.working_time import working_times

WORKED = 3
"""A week with fewer working days is left out: silence in it is no sign."""
_REACH = timedelta(weeks=LONGEST + SETTLING)


@dataclass(frozen=True, slots=True)
class MetricChange:
    """What a milestone changed in one metric."""

    metric: Metric
    change: Change


def the_milestone(db: Session, organisation: Organisation, key: str) -> Milestone:
    """Raises `NotFound`."""
    found = db.scalars(
        select(Milestone).where(Milestone.organisation_id == organisation.id, Milestone.key == key)
    ).one_or_none()
    if found is None:
        raise NotFound(f"no milestone {key!r}")
    return found


def changes(
    db: Session,
    organisation: Organisation,
    publication: Publication,
    milestone: Milestone,
    *,
    room: str | None = None,
    against: Sequence[str] = (),
) -> list[MetricChange]:
    """Every metric that is published by the week for the organisation, or for one room against others.

    `against` are rooms the milestone did not concern. Raises `NotFound` for a room the publication does not hold.
    """
    _ensure_published(db, publication, [*([] if room is None else [room]), *against])
    scope = Scope.ORGANISATION if room is None else Scope.ROOM
    series = _series(db, publication, milestone.day, scope, "" if room is None else room)
    others = [_series(db, publication, milestone.day, Scope.ROOM, other) for other in against]
    events = db.scalars(select(Milestone.day).where(Milestone.organisation_id == organisation.id)).all()
    silent = silent_weeks(db, organisation, milestone.day - _REACH, milestone.day + _REACH)
    return [
        MetricChange(
            metric,
            compare(
                series.get(metric.key, {}),
                milestone.day,
                comparisons=[other.get(metric.key, {}) for other in others],
                others=events,
                silent=silent,
            ),
        )
        for metric in CATALOG.values()
        if not metric.categories
        and Window.WEEK in metric.windows
        and scope in metric.scopes
        and (not against or Scope.ROOM in metric.scopes)
    ]


def silent_weeks(db: Session, organisation: Organisation, first: date, last: date) -> frozenset[date]:
    """The Mondays of weeks in which the organisation works on fewer than three days."""
    own = next(iter(working_times(db, organisation, first, last)))
    week, silent = monday(first), set()
    while week <= last:
        if sum(own.works(week + timedelta(days=number)) for number in range(7)) < WORKED:
            silent.add(week)
        week += timedelta(weeks=1)
    return frozenset(silent)


def _ensure_published(db: Session, publication: Publication, rooms: Sequence[str]) -> None:
    known = set(
        db.scalars(
            select(PublishedRoom.key).where(
                PublishedRoom.publication_id == publication.id, PublishedRoom.key.in_(rooms)
            )
        )
    )
    missing = [room for room in rooms if room not in known]
    if missing:
        raise NotFound(f"no such room in the current publication: {', '.join(missing)}")


def _series(
    db: Session, publication: Publication, day: date, scope: Scope, key: str
) -> dict[str, dict[date, float]]:
    """Metric -> Monday -> value, where one is shown."""
    cell = PublishedValue
    found: dict[str, dict[date, float]] = defaultdict(dict)
    shown = db.execute(
        select(cell.metric, cell.since, cell.value).where(
            cell.publication_id == publication.id,
            cell.scope == scope.value,
            cell.scope_key == key,
            cell.window == Window.WEEK.value,
            cell.category == "",
            cell.state == "published",
            cell.since.between(day - _REACH, day + _REACH),
        )
    )
    for metric, since, value in shown:
        if value is not None:
            found[metric][since] = value
    return found
