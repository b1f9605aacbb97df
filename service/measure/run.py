"""A measuring run: metric by metric and scope by scope, over all periods together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Engine, and_, cast, func, select
from sqlalchemy.orm import Session

from metrics import facts
from metrics.catalog import CATALOG
from metrics.dialect import text
from metrics.metric import Cell, Metric, Row, Scope
from metrics.periods import Period, complete_periods
from metrics.rollup import build
from service.activity.lock import hold
from service.database import transaction
from service.engines import ComputeEngine, Connection
from service.engines.duck import DuckDB
from service.errors import Invalid, NotFound
from service.measure import kept
from service.measure.given import register_given
from service.measure.inputs import Inputs
from service.measure.kept import Place
from service.measure.plan import PeriodTables, Plan, Step, plan
from service.measure.spool import Spool
from service.models import Measuring, Organisation, Source, Sync, Unit
from service.privacy import limits
from service.privacy.enforcement import require_measure

WEEKS = 60
"""How far back is measured unless told otherwise."""
_DUCKDB = DuckDB()


@dataclass(frozen=True, slots=True)
class Work:
    """What a run computed anew, and why.

    `why` is what changed since the last one, of: first, full, activities, given (people, rooms, contents, calendars), code,
    days (the horizon moved). `weeks` are the Mondays of the weeks in which the log was touched, None where that can not be
    told. `metrics` and `periods` are how many had anything computed, `values` how many values were stored.
    """

    why: tuple[str, ...] = ()
    weeks: tuple[date, ...] | None = ()
    metrics: int = 0
    periods: int = 0
    values: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """What a measuring run did: periods in the half-open days [since, until), and how many values it counted.

    `left_out` is how many acts of those days count nowhere, by reason: unknown, service, guest, bulk, undated, room.
    `work` says which of it was computed now.
    """

    since: date
    until: date
    periods: int
    known: int
    unknown: int
    left_out: Mapping[str, int]
    work: Work = field(compare=False)


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is measured in a scope: its key, and the days between which it exists."""

    scope: Scope
    key: str
    start: date | None
    gone: date | None = None
    lost: bool = False
    """What it did is not there any more."""

    def absent(self, period: Period) -> str | None:
        """Why there is nothing to be said about a period, if so."""
        if self.lost:
            return "gone" if self.gone is not None and self.gone <= period.since else "retention"
        if self.start is None or period.until <= self.start:
            return "before_first_activity"
        if self.gone is not None and self.gone <= period.since:
            return "gone"
        return None


def measure(
    engine: Engine,
    log: Any,
    organisation_id: int,
    *,
    since: date | None = None,
    until: date | None = None,
    full: bool = False,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    compute: ComputeEngine = _DUCKDB,
    scratch: Path | None = None,
) -> Summary:
    """Count every metric for every scope and every complete period in [since, until), as far as anything it reads changed.

    What nothing changed of stays as it is stored, `full` counts everything anew: the values are the same. `until` is by
    default the day up to which all sources have been read, `since` the Monday 60 weeks before it. The `log` is whatever the
    engine that computes can open; it is the organisation's own. What was counted waits in `scratch` (None: the system's) for
    the database. Running again over the same data gives the same values, on any engine.
    Raises `NotFound` for an unknown organisation, `Conflict` while it is being measured elsewhere, `ExceedsAgreement` for
    metrics the agreement in force does not list.
    """
    now = clock()
    busy = f"the organisation {organisation_id} is being measured right now"
    with hold(engine, f"measuring {organisation_id}", busy=busy), Spool(scratch) as values:
        with transaction(engine) as session:
            organisation = session.get(Organisation, organisation_id)
            if organisation is None:
                raise NotFound(f"no organisation {organisation_id}")
            if getattr(log, "organisation", organisation.key) != organisation.key:
                raise Invalid(
                    f"the activity log given is that of {log.organisation!r}, not of {organisation.key!r}"
                )
            require_measure(session, organisation_id)
            zone = ZoneInfo(organisation.time_zone)
            until = until or _read_until(session, organisation_id, zone) or now.astimezone(zone).date()
            since = since or until - timedelta(days=until.weekday(), weeks=WEEKS)
            cuts = limits.reached(session, organisation_id)
            ends = limits.due(session, organisation, now).measurements or date.min
            periods = [period for period in complete_periods(since, until) if period.until > ends]
            # Seen before it is read: what comes in between is new to the next run.
            seen = kept.seen(session, log, since, until, type(compute).__name__)
            before = session.get(Measuring, organisation_id)
            weeks = kept.touched(log, seen, before)
            why = ("full",) if full else kept.reasons(seen, before, weeks)
            if before is not None and not why:
                return _summary(
                    session,
                    organisation_id,
                    seen=seen,
                    periods=periods,
                    left_out=before.left_out,
                    work=Work(),
                )
            stored = kept.fingerprints(session, organisation_id)
        with compute.open(log) as connection:
            with transaction(engine) as session:
                register_given(
                    connection, session, session.get_one(Organisation, organisation_id), periods, until
                )
                units = session.scalars(
                    select(Unit.key).where(Unit.organisation_id == organisation_id).order_by(Unit.key)
                ).all()
            build(connection.execute)
            subjects: dict[Scope, list[_Subject]] = {scope: [] for scope in Scope}
            for subject in _subjects(connection, units, cuts.complete):
                subjects[subject.scope].append(subject)
            there = {
                (scope, period): [(one.key, one.absent(period)) for one in subjects[scope]]
                for scope in Scope
                for period in periods
            }
            inputs = Inputs(connection, periods, until)
            found = plan(
                inputs,
                CATALOG,
                periods,
                there=there,
                code=seen.code,
                stored=stored,
                complete=cuts.complete,
                full=full,
            )
            values.add(_values(connection, subjects, found.steps))
            values.add(_lost(subjects, found))
            left_out = _left_out(connection, since, until)
        digests = {place: digest for step in found.steps for place, digest in step.digests.items()}
        digests |= {
            Place(metric.key, scope, period.window, period.since): kept.LOST
            for metric, scope, period in found.lost
        }
        work = Work(
            why,
            None if weeks is None else tuple(weeks),
            len({place.metric for place in digests}),
            len({(place.window, place.since) for place in digests}),
            len(values),
        )
        # Counting takes long: only now is the database written, so that others are not kept waiting.
        with transaction(engine) as session:
            kept.replace(
                session, organisation_id, digests=digests, gone=found.gone, values=values.batches(), now=now
            )
            kept.drop_rooms(session, organisation_id, cuts.complete)
            kept.remember(session, organisation_id, seen, left_out)
            return _summary(
                session, organisation_id, seen=seen, periods=periods, left_out=left_out, work=work
            )


def _summary(
    session: Session,
    organisation_id: int,
    *,
    seen: kept.Seen,
    periods: Sequence[Period],
    left_out: Mapping[str, int],
    work: Work,
) -> Summary:
    states = kept.counted(session, organisation_id, periods)
    known, unknown = states.get("known", 0), states.get("unknown", 0)
    return Summary(seen.since, seen.until, len(periods), known, unknown, left_out, work)


def _left_out(connection: Connection, since: date, until: date) -> dict[str, int]:
    e = facts.exclusion.c
    days = and_(e.day >= since, e.day < until)
    counted = select(e.reason, cast(func.sum(e.activities), BigInteger)).where(days).group_by(e.reason)
    return dict(sorted(connection.execute(text(counted)).fetchall()))


def _read_until(session: Session, organisation_id: int, zone: ZoneInfo) -> date | None:
    """The day up to which every source that was ever read has been read; None if none was.

    What happened after the last reading is not known: counting those days would show silence where nobody looked.
    """
    latest = session.scalars(
        select(func.max(Sync.started))
        .join(Source, Source.id == Sync.source_id)
        .where(Source.organisation_id == organisation_id, Sync.state.in_(["done", "partial"]))
        .group_by(Sync.source_id)
    ).all()
    return min((moment.astimezone(zone).date() for moment in latest), default=None)


def _subjects(connection: Connection, units: Sequence[str], complete: date | None) -> Iterator[_Subject]:
    """With a day before which data are missing: somebody did something then, and a room seen by then was there."""
    activity, life, room = facts.activity.c, facts.room_life.c, facts.room.c
    first = _one(
        connection, select(func.min(activity.day)).where(activity.actor != "service", activity.kind != "view")
    )
    there: Any = life.start
    if complete is not None:
        first = complete if first is None else min(first, complete)
        there = func.least(life.start, room.first_seen)
    yield _Subject(Scope.ORGANISATION, "", first)
    for key in units:
        yield _Subject(Scope.UNIT, key, first)
    for key, start, gone in connection.execute(
        text(select(life.room, there, life.gone).join(facts.room, room.key == life.room).order_by(life.room))
    ).fetchall():
        yield _Subject(Scope.ROOM, key, None if first is None else max(first, start), gone)


def _one(connection: Connection, statement: Any) -> Any:
    (value,) = connection.execute(text(statement)).fetchall()[0]
    return value


def _values(
    connection: Connection, subjects: Mapping[Scope, Sequence[_Subject]], steps: Sequence[Step]
) -> Iterator[dict[str, Any]]:
    """Every measurement there should be at the places to be computed, known or unknown."""
    calendar = PeriodTables(connection)
    for step in steps:
        if not subjects[step.scope]:
            continue
        calendar.only(step.periods)
        for metric, periods, counted in _counted(connection, step):
            for period in periods:
                for subject in subjects[step.scope]:
                    cells = counted.get((subject.key, period.window.value, period.since), {})
                    yield from _complete(metric, subject, period, cells)


def _lost(subjects: Mapping[Scope, Sequence[_Subject]], found: Plan) -> Iterator[dict[str, Any]]:
    """Measurements that would have to be counted from activities deleted because of their age."""
    for metric, scope, period in found.lost:
        for subject in subjects[scope]:
            yield from _complete(metric, replace(subject, lost=True), period, {})


_Place = tuple[str, str, date]


def _counted(
    connection: Connection, step: Step
) -> Iterator[tuple[Metric, list[Period], dict[_Place, dict[str, Cell]]]]:
    """For each metric the periods to compute and their cells by scope key, window and first day, and by category.

    Metrics of one statement share its rows, and only those of one statement are held at a time; of a large company there are millions,
    so they become dicts only in the moment they are counted.
    """
    cursor = connection.execute(step.statement)
    names = [column[0] for column in cursor.description or ()]
    window, first = names.index("window"), names.index("since")
    wanted = {(period.window.value, period.since) for period in step.periods}
    place = itemgetter(*(names.index(name) for name in ("scope_key", "window", "since", "category")))
    rows = sorted((row for row in cursor.fetchall() if (row[window], row[first]) in wanted), key=place)
    asked = [
        (metric, {(period.window.value, period.since) for period in periods})
        for metric, periods in step.metrics
    ]
    found: list[dict[_Place, dict[str, Cell]]] = [{} for _ in asked]
    for (key, in_window, since, category), same in groupby(rows, key=place):
        group: list[Row] = [dict(zip(names, row, strict=True)) for row in same]
        for (metric, own), counted in zip(asked, found, strict=True):
            if (in_window, since) in own:
                counted.setdefault((key, in_window, since), {})[category] = metric.cell(group)
    for (metric, periods), counted in zip(step.metrics, found, strict=True):
        yield metric, periods, counted


def _complete(
    metric: Metric, subject: _Subject, period: Period, cells: Mapping[str, Cell]
) -> Iterator[dict[str, Any]]:
    """The rows of one metric, subject and period: what was counted, or why nothing could be."""
    reason = subject.absent(period)
    if cells and reason is None:
        chosen = cells
    else:
        excluded = max((cell.excluded for cell in cells.values()), default=0)
        nothing = Cell(None, None, None, None, excluded, reason or metric.absent)
        whole = not metric.categories or subject.scope in metric.single
        chosen = dict.fromkeys([""] if whole else metric.categories, nothing)
    for category, cell in chosen.items():
        yield {
            "metric": metric.key,
            "category": category,
            "scope": subject.scope.value,
            "scope_key": subject.key,
            "window": period.window.value,
            "since": period.since,
            "until": period.until,
            "numerator": cell.numerator,
            "denominator": cell.denominator,
            "people": cell.people,
            "affirming": cell.affirming,
            "excluded": cell.excluded,
            "low": cell.low,
            "high": cell.high,
            "largest": cell.largest,
            "state": "known" if cell.reason is None else "unknown",
            "reason": cell.reason,
        }
