"""What a measuring run has to compute: the places whose inputs are not those their values were computed from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from metrics import facts
from metrics.dialect import text
from metrics.metric import Metric, Scope
from metrics.periods import Period
from service.engines import Connection
from service.measure.inputs import Inputs, tables_of
from service.measure.kept import Place
from service.relations import register


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


def plan(
    inputs: Inputs,
    catalog: Mapping[str, Metric],
    periods: Sequence[Period],
    *,
    there: Mapping[tuple[Scope, Period], Any],
    code: str,
    stored: Mapping[Place, str],
) -> tuple[list[Step], list[Place]]:
    """The steps to take, and the places of these periods at which nothing is to stand any more.

    `there` says what is measured in a scope and period, `stored` from what the stored values were computed.
    """
    steps: dict[tuple[Scope, str], Step] = {}
    planned = set()
    for metric in catalog.values():
        for scope in Scope:
            if scope not in metric.scopes:
                continue
            statement = text(metric.statement(scope))
            tables = tables_of(statement)
            digests, stale = {}, []
            for period in periods:
                if period.window not in metric.windows:
                    continue
                place = Place(metric.key, scope, period.window, period.since)
                planned.add(place)
                said = code, statement, there[scope, period]
                digest = inputs.digest(said, tables, metric.reach, period)
                if stored.get(place) != digest:
                    digests[place] = digest
                    stale.append(period)
            if stale:
                step = steps.setdefault((scope, statement), Step(scope, statement))
                step.metrics.append((metric, stale))
                step.digests.update(digests)
    days = {(period.window, period.since) for period in periods}
    gone = [place for place in stored if place not in planned and (place.window, place.since) in days]
    return list(steps.values()), gone


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
