"""Measuring again after little changed, against measuring everything: `python -m benchmarks.measuring [activities]`.

The synthetic organisation of `benchmarks.engines`, on DuckDB and SQLite. After each change only what it touched is computed;
at the end everything is, and must be what is stored. `roll-ups` are the seconds spent on making the facts the metrics read.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import write_deltalake
from sqlalchemy import Engine, select

from benchmarks.assurance.figure import Figure
from benchmarks.engines import UNTIL, activities, organisation
from service.activity.log import ActivityLog
from service.activity.rows import SCHEMA
from service.measure import measure, run
from service.models import Measurement

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def late(log: ActivityLog, number: int, monday: date) -> None:
    """A few hundred acts of one week that arrive now, in a commit that tells their week as a sync does."""
    from deltalake import CommitProperties

    rows = activities(number).slice(0, min(300, number))
    days = pa.array([monday + timedelta(days=place % 5) for place in range(len(rows))], pa.date32())
    noon = pa.array(
        [datetime(day.year, day.month, day.day, 12, tzinfo=UTC) for day in days.to_pylist()],
        SCHEMA.field("happened").type,
    )
    keys = pa.array([10**12 + monday.toordinal() * 1000 + place for place in range(len(rows))], pa.int64())
    kinds = pa.array(["view" if place % 2 else "react" for place in range(len(rows))])
    for name, values in (("day", days), ("happened", noon), ("key", keys), ("kind", kinds)):
        place = SCHEMA.get_field_index(name)
        rows = rows.set_column(place, SCHEMA.field(name), values.cast(SCHEMA.field(name).type))
    state: dict[str, Any] = {"positions": {}, "fingerprint": None, "weeks": [monday.isoformat()]}
    write_deltalake(
        log.url, rows, mode="append", commit_properties=CommitProperties(custom_metadata={"resonanz": state})
    )


def stored(engine: Engine) -> list[str]:
    columns = [column for column in Measurement.__table__.columns if column.name not in {"id", "measured"}]
    with engine.connect() as connection:
        return sorted(map(repr, connection.execute(select(*columns))))


def timed(engine: Engine, log: ActivityLog, what: str, *, full: bool = False) -> dict[str, Any]:
    spent = 0.0
    build: Callable[..., None] = run.build  # type: ignore[attr-defined]

    def building(execute: Callable[[str], object]) -> None:
        nonlocal spent
        began = time.perf_counter()
        build(execute)
        spent += time.perf_counter() - began

    run.build = building  # type: ignore[attr-defined]
    began = time.perf_counter()
    try:
        summary = measure(engine, log, 1, full=full, clock=lambda: NOW)
    finally:
        run.build = build  # type: ignore[attr-defined]
    seconds = time.perf_counter() - began
    found = {
        "what": what,
        "seconds": round(seconds, 2),
        "roll-ups": round(spent, 2),
        "metrics": summary.work.metrics,
        "periods": summary.work.periods,
        "values": summary.work.values,
    }
    print(found, flush=True)
    return found


def figures(number: int = 300_000) -> Iterator[Figure]:
    """Seconds of each run over so many activities, and whether computing what changed gives what computing everything does."""
    with tempfile.TemporaryDirectory(prefix="resonanz-measuring-") as folder:
        engine, log = organisation(Path(folder), number)
        yield told(timed(engine, log, "everything, for the first time"))
        yield told(timed(engine, log, "nothing new"))
        late(log, number, UNTIL - timedelta(weeks=1))
        yield told(timed(engine, log, "the last week touched"))
        late(log, number, UNTIL - timedelta(weeks=20))
        yield told(timed(engine, log, "a week touched 20 weeks back"))
        values = stored(engine)
        yield told(timed(engine, log, "everything anew", full=True))
        equal = values == stored(engine)
        engine.dispose()
    what = "what changed computed against everything computed anew"
    yield Figure(
        "C4", what, "equal values", f"{'equal' if equal else 'not equal'}, {len(values):,} values", equal
    )


def told(found: dict[str, Any]) -> Figure:
    """One run as a figure."""
    value = (
        f"{found['seconds']} s, of which roll-ups {found['roll-ups']} s; {found['values']:,} values stored"
    )
    return Figure("C4", found["what"], "", value, True)


def main(number: int = 300_000) -> None:
    if not [figure.holds for figure in figures(number)][-1]:
        raise SystemExit("computing what changed gave other values than computing everything")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300_000)
