"""A measuring run: metric by metric and scope by scope, over all periods together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Engine, and_, cast, delete, func, insert, select
from sqlalchemy.orm import Session

from metrics import facts
from metrics.catalog import CATALOG
from metrics.dialect import text
from metrics.metric import Cell, Metric, Scope, Window
from metrics.periods import Period, complete_periods
from metrics.rollup import build
from service.activity.lock import hold
from service.database import transaction
from service.engines import ComputeEngine, Connection
from service.engines.duck import DuckDB
from service.errors import NotFound
from service.measure.given import register_given
from service.models import Base, Measurement, Organisation, Source, Sync, Unit

WEEKS = 60
"""How far back is measured unless told otherwise."""
_DUCKDB = DuckDB()
_BATCH = 5000
# The table, not the class: the ORM would send rows apart by which of their values are missing.
_TABLE = Base.metadata.tables[Measurement.__tablename__]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a measuring run did: periods in the half-open days [since, until), and how many values it counted.

    `left_out` is how many acts of those days count nowhere, by reason: unknown, service, guest, bulk, undated, room.
    """

    since: date
    until: date
    periods: int
    known: int
    unknown: int
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is measured in a scope: its key, and the days between which it exists."""

    scope: Scope
    key: str
    start: date | None
    gone: date | None = None

    def absent(self, period: Period) -> str | None:
        """Why there is nothing to be said about a period, if so."""
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
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    compute: ComputeEngine = _DUCKDB,
) -> Summary:
    """Count every metric for every scope and every complete period in [since, until), replacing what was counted before.

    `until` is by default the day up to which all sources have been read, `since` the Monday 60 weeks before it. The
    `log` is whatever the engine that computes can open. Running again over the same data gives the same values, on any engine.
    Raises `NotFound` for an unknown organisation, `Conflict` while it is being measured elsewhere.
    """
    now = clock()
    busy = f"the organisation {organisation_id} is being measured right now"
    with hold(engine, f"measuring {organisation_id}", busy=busy):
        return _measure(
            engine,
            log,
            organisation_id,
            since=since,
            until=until,
            now=now,
            compute=compute,
        )


def _measure(
    engine: Engine,
    log: Any,
    organisation_id: int,
    *,
    since: date | None,
    until: date | None,
    now: datetime,
    compute: ComputeEngine,
) -> Summary:
    with compute.open(log) as connection:
        with transaction(engine) as session:
            organisation = session.get(Organisation, organisation_id)
            if organisation is None:
                raise NotFound(f"no organisation {organisation_id}")
            zone = ZoneInfo(organisation.time_zone)
            until = until or _read_until(session, organisation_id, zone) or now.astimezone(zone).date()
            since = since or until - timedelta(days=until.weekday(), weeks=WEEKS)
            periods = complete_periods(since, until)
            register_given(connection, session, organisation, periods, until)
            units = session.scalars(
                select(Unit.key).where(Unit.organisation_id == organisation_id).order_by(Unit.key)
            ).all()
        build(connection.execute)
        values = list(_values(connection, units, periods))
        left_out = _left_out(connection, since, until)
    # Counting takes long: only now is the database written, so that others are not kept waiting.
    with transaction(engine) as session:
        _replace(session, organisation_id, periods, values, now)
    unknown = sum(1 for value in values if value["state"] == "unknown")
    return Summary(since, until, len(periods), len(values) - unknown, unknown, left_out)


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


def _subjects(connection: Connection, units: Sequence[str]) -> Iterator[_Subject]:
    activity, life = facts.activity.c, facts.room_life.c
    first = _one(
        connection, select(func.min(activity.day)).where(activity.actor != "service", activity.kind != "view")
    )
    yield _Subject(Scope.ORGANISATION, "", first)
    for key in units:
        yield _Subject(Scope.UNIT, key, first)
    for key, start, gone in connection.execute(
        text(select(life.room, life.start, life.gone).order_by(life.room))
    ).fetchall():
        yield _Subject(Scope.ROOM, key, None if first is None else max(first, start), gone)


def _one(connection: Connection, statement: Any) -> Any:
    (value,) = connection.execute(text(statement)).fetchall()[0]
    return value


def _values(connection: Connection, units: Sequence[str], periods: list[Period]) -> Iterator[dict[str, Any]]:
    """Every measurement there should be, known or unknown."""
    subjects: dict[Scope, list[_Subject]] = {scope: [] for scope in Scope}
    for subject in _subjects(connection, units):
        subjects[subject.scope].append(subject)
    for metric in CATALOG.values():
        for scope in Scope:
            if scope not in metric.scopes or not subjects[scope]:
                continue
            counted = _counted(connection, metric, scope)
            for period in periods:
                if period.window not in metric.windows:
                    continue
                for subject in subjects[scope]:
                    cells = counted.get((subject.key, period.window.value, period.since), {})
                    yield from _complete(metric, subject, period, cells)


_Place = tuple[str, str, date]


def _counted(connection: Connection, metric: Metric, scope: Scope) -> dict[_Place, dict[str, Cell]]:
    """The cells of a metric by scope key, window and first day, and by category."""
    cursor = connection.execute(text(metric.statement(scope)))
    names = [column[0] for column in cursor.description or ()]
    place = itemgetter(*(names.index(name) for name in ("scope_key", "window", "since", "category")))
    counted: dict[_Place, dict[str, Cell]] = {}
    for (key, window, first, category), rows in groupby(sorted(cursor.fetchall(), key=place), key=place):
        cells = counted.setdefault((key, window, first), {})
        cells[category] = metric.cell([dict(zip(names, row, strict=True)) for row in rows])
    return counted


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


def _replace(
    session: Session,
    organisation_id: int,
    periods: list[Period],
    values: list[dict[str, Any]],
    now: datetime,
) -> None:
    for window in Window:
        days = [period.since for period in periods if period.window is window]
        if days:
            session.execute(
                delete(Measurement).where(
                    Measurement.organisation_id == organisation_id,
                    Measurement.window == window.value,
                    Measurement.since.between(min(days), max(days)),
                )
            )
    connection = session.connection()
    for start in range(0, len(values), _BATCH):
        connection.execute(
            insert(_TABLE),
            [
                {"organisation_id": organisation_id, "measured": now, **value}
                for value in values[start : start + _BATCH]
            ],
        )
