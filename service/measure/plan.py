"""What a measuring run has to compute: the places whose inputs are not those their values were computed from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from metrics import facts
from metrics.dialect import text
from metrics.history import needed_from
from metrics.metric import Metric, Scope, Statement
from metrics.periods import Period
from service.engines import Connection
from service.engines.relations import register
from service.measure.inputs import Inputs, tables_of
from service.measure.kept import Place


@dataclass(slots=True)
class Step:
    """One statement, the metrics that make their cells of its rows, and the periods to compute of each."""

    scope: Scope
    statement: str
    metrics: list[tuple[Metric, list[Period]]] = field(default_factory=list)
    digests: dict[Place, str] = field(default_factory=dict)

    @property
    def periods(self) -> list[Period]:
        """Those of any metric, in order."""
        found = {period for _, periods in self.metrics for period in periods}
        return sorted(found, key=lambda period: (period.window.value, period.since))


@dataclass(slots=True)
class Plan:
    """The steps to take, the places at which nothing is to stand any more, and those that can not be computed any more."""

    steps: list[Step] = field(default_factory=list)
    gone: list[Place] = field(default_factory=list)
    lost: list[tuple[Metric, Scope, Period]] = field(default_factory=list)


def plan(
    inputs: Inputs,
    catalog: Mapping[str, Metric],
    periods: Sequence[Period],
    *,
    there: Mapping[tuple[Scope, Period], Any],
    code: str,
    stored: Mapping[Place, str],
    complete: date | None = None,
    full: bool = False,
) -> Plan:
    """What to do about these periods.

    `there` says what is measured in a scope and period, `stored` from what the stored values were computed; with `full` what can be
    computed is, nevertheless. Older data than of the day `complete` are missing: what needs them stays as it is stored, also with
    `full`, and is lost where nothing is stored.
    """
    steps: dict[tuple[Scope, str], Step] = {}
    planned, lost = set(), []
    for metric in catalog.values():
        for scope in Scope:
            if scope not in metric.scopes:
                continue
            statement = _words(metric.statement, scope)
            tables = tables_of(statement)
            digests, stale = {}, []
            for period in periods:
                if period.window not in metric.windows:
                    continue
                place = Place(metric.key, scope, period.window, period.since)
                planned.add(place)
                if complete is not None:
                    needed = needed_from(statement, tables, metric.reach, period.since)
                    if needed is None or needed < complete:
                        if place not in stored:
                            lost.append((metric, scope, period))
                        continue
                said = code, statement, there[scope, period]
                digest = inputs.digest(said, tables, metric.reach, period)
                if full or stored.get(place) != digest:
                    digests[place] = digest
                    stale.append(period)
            if stale:
                step = steps.setdefault((scope, statement), Step(scope, statement))
                step.metrics.append((metric, stale))
                step.digests.update(digests)
    days = {(period.window, period.since) for period in periods}
    gone = [place for place in stored if place not in planned and (place.window, place.since) in days]
    return Plan(list(steps.values()), gone, lost)


@lru_cache(maxsize=1024)
def _words(statement: Statement, scope: Scope) -> str:
    """The text of a metric's statement; to put it together takes longer than to run it over a small log."""
    return text(statement(scope))


class PeriodTables:
    """The tables of periods, reduced to those a statement is asked for: the fewer, the less it has to do."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._all = {
            table: connection.execute(text(select(table))).fetchall()
            for table in (facts.period, facts.period_day)
        }
        self._shown: Sequence[Period] | None = None

    def only(self, periods: Sequence[Period]) -> None:
        if periods == self._shown:
            return
        places = {(period.window.value, period.since) for period in periods}
        for table, rows in self._all.items():
            register(self._connection, table, [row for row in rows if (row[0], row[1]) in places])
        self._shown = periods
