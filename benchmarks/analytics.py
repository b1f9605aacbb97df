"""The same figures by Resonanz, pandas and vivainsights 0.4.3, and plain thresholds beside our publication: `python -m benchmarks.analytics [activities]`.

The share of active people, the contributors and those who only react, per week, for the organisation and each unit, of the synthetic
organisation of `benchmarks.engines`. Resonanz reads its log, makes its roll-ups, counts and stores; pandas reads the same files and
counts; vivainsights is given what it needs already counted (one row per person and week) and averages it. It runs in an environment
of its own below `build/benchmarks`. Values must agree wherever the definition is the same.
"""

import csv
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd  # type: ignore[import-untyped,unused-ignore]
from deltalake import DeltaTable
from sqlalchemy import Engine, select

from benchmarks.assurance.figure import Figure
from benchmarks.engines import FIRST, UNTIL, organisation
from benchmarks.load.server import busy
from benchmarks.throwaway import environment
from metrics.catalog import CATALOG
from service.activity.log import ActivityLog
from service.measure import measure, run
from service.models import Measurement, Person, Unit
from service.publication import publish

PEER = "vivainsights==0.4.3"
ENVIRONMENT = Path("build/benchmarks/vivainsights-0.4.3")
NOW = datetime(2026, 3, 2, tzinfo=UTC)
KEYS = ("active_share", "contributor_share", "role_share")
REACTING = "react"
CONTRIBUTING = ("comment", "reply", "create", "edit")
K = 10

Place = tuple[str, str, date]
"""What is counted (active, contributing, only reacting), of which unit ("" for all), in the week from which Monday."""


def figures(activities: int = 1_000_000, *, peer: bool = True) -> Iterator[Figure]:
    """Ratios are of seconds; `peer` False leaves out vivainsights, which has to be installed."""
    with tempfile.TemporaryDirectory(prefix="resonanz-analytics-") as name:
        folder = Path(name)
        engine, log = organisation(folder, activities)
        began = time.perf_counter()
        with only(KEYS):
            measure(engine, log, 1, clock=lambda: NOW)
        own = time.perf_counter() - began
        ours = counted(engine)
        began = time.perf_counter()
        acts = read(log)
        theirs, weekly = by_pandas(acts, units_of(engine))
        panda = time.perf_counter() - began
        yield agreeing(f"pandas {pd.__version__}, {activities:,} activities", ours, theirs, own, panda)
        if peer:
            yield from by_vivainsights(folder, ours, weekly, units_of(engine), own)
        yield from suppressed(engine)
        engine.dispose()


@contextmanager
def only(keys: tuple[str, ...]) -> Iterator[None]:
    """Just these metrics are measured."""
    with patch.object(run, "CATALOG", {key: CATALOG[key] for key in keys}):
        yield


def counted(engine: Engine) -> dict[Place, int]:
    """How many people, by what Resonanz has stored."""
    m = Measurement
    names = {
        ("active_share", ""): "active",
        ("contributor_share", ""): "contributing",
        ("role_share", "reacting"): "only reacting",
    }
    query = select(m.metric, m.category, m.scope, m.scope_key, m.since, m.numerator).where(
        m.window == "week", m.scope.in_(("organisation", "unit")), m.state == "known"
    )
    with engine.connect() as connection:
        return {
            (names[metric, category], key if scope == "unit" else "", since): number
            for metric, category, scope, key, since, number in connection.execute(query)
            if (metric, category) in names and number is not None
        }


def units_of(engine: Engine) -> dict[int, str]:
    """The unit of each person."""
    query = select(Person.pseudonym, Unit.key).join(Unit, Unit.id == Person.unit_id)
    with engine.connect() as connection:
        return {row.pseudonym: row.key for row in connection.execute(query)}


def read(log: ActivityLog) -> pd.DataFrame:
    """Who did what kind of act on which day."""
    return DeltaTable(log.url).to_pyarrow_table(columns=["person", "kind", "day"]).to_pandas()


def by_pandas(acts: pd.DataFrame, units: Mapping[int, str]) -> tuple[dict[Place, int], pd.DataFrame]:
    """How many people, counted by pandas; and one row per person and week in which somebody was active."""
    acts = acts[acts["kind"].isin((REACTING, *CONTRIBUTING))]
    day = pd.to_datetime(acts["day"])
    frame = pd.DataFrame(
        {
            "person": acts["person"],
            "week": day - pd.to_timedelta(day.dt.day_of_week, unit="D"),
            "contributes": acts["kind"].isin(CONTRIBUTING),
        }
    )
    weekly = frame.groupby(["person", "week"], as_index=False)["contributes"].any()
    weekly["unit"] = weekly["person"].map(units)
    found: dict[Place, int] = {}
    for name, chosen in (
        ("active", weekly),
        ("contributing", weekly[weekly["contributes"]]),
        ("only reacting", weekly[~weekly["contributes"]]),
    ):
        for week, number in chosen.groupby("week").size().items():
            found[name, "", week.date()] = int(number)
        for (week, unit), number in chosen.groupby(["week", "unit"]).size().items():
            found[name, unit, week.date()] = int(number)
    return found, weekly


def agreeing(
    what: str, ours: Mapping[Place, int], theirs: Mapping[Place, int], own: float, other: float
) -> Figure:
    """Whether every value of ours is theirs, and how long each took. Nobody at all is no row of theirs."""
    same = sum(number == theirs.get(place, 0) for place, number in ours.items())
    return Figure(
        "C9",
        f"active, contributing and only reacting people per week beside {what}, {busy()}",
        "every value equal",
        f"{same:,} of {len(ours):,} values equal; Resonanz {own:.2f} s with roll-ups and storing, the other {other:.2f} s "
        f"({own / other:.1f} times)",
        None if not ours else same == len(ours),
    )


def by_vivainsights(
    folder: Path, ours: Mapping[Place, int], weekly: pd.DataFrame, units: Mapping[int, str], own: float
) -> Iterator[Figure]:
    """The share of active people per unit and week, by the function that averages a column by group over time."""
    python = environment(PEER, ENVIRONMENT)
    active = {(person, week.date()) for person, week in zip(weekly["person"], weekly["week"], strict=True)}
    weeks = [FIRST + timedelta(weeks=one) for one in range((UNTIL - FIRST).days // 7)]
    file = folder / "weeks.csv"
    with file.open("w", newline="") as written:
        rows = csv.writer(written)
        rows.writerow(("PersonId", "MetricDate", "Unit", "Active"))
        rows.writerows(
            (person, week, unit, int((person, week) in active))
            for week in weeks
            for person, unit in units.items()
        )
    done = subprocess.run(
        [str(python), "-m", "benchmarks.insights", str(file), "1"], capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    theirs = {
        ("active", unit, date.fromisoformat(week)): round(share * number)
        for week, unit, share, number in found["rows"]
    }
    shared = {place: number for place, number in ours.items() if place[0] == "active" and place[1]}
    yield agreeing(
        f"{PEER} (share of active people per unit, from one row per person and week made before)",
        shared,
        theirs,
        own,
        found["seconds"],
    )


def suppressed(engine: Engine) -> Iterator[Figure]:
    """What protecting a publication costs beside a plain threshold, which any two totals and their parts give away."""
    m = Measurement
    began = time.perf_counter()
    with engine.connect() as connection:
        rows = connection.execute(select(m.numerator, m.denominator, m.people, m.state)).all()
    plain = sum(one.state == "known" and (one.people or 0) >= K for one in rows)
    threshold = time.perf_counter() - began
    began = time.perf_counter()
    shown = publish(engine, 1, minimum_group=K, clock=lambda: NOW).summary["published"]
    seconds = time.perf_counter() - began
    yield Figure(
        "C9",
        f"publishing {len(rows):,} cells beside a plain threshold of {K} people, {busy()}",
        "told as a ratio; no cell is shown that the threshold hides",
        f"{seconds:.1f} s against {threshold:.2f} s ({seconds / threshold:.0f} times); {shown:,} cells shown, "
        f"by the threshold {plain:,} ({shown / plain if plain else 0:.0%})",
        None if not plain else shown <= plain,
    )


def main() -> None:
    for figure in figures(*(int(one) for one in sys.argv[1:])):
        print(figure, flush=True)


if __name__ == "__main__":
    main()
