"""Collects every source of a world, and dies where it is told to: `python -m benchmarks.victim`.

Each line of standard input is an order (`Order`) as JSON. Before each commit it writes down what the commit is going to hold, so that
others can tell afterwards whether data and cursor belong together.
"""

import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.forked import fork_for_each_line
from connectors.confluence import transport as confluence
from connectors.microsoft import transport as microsoft
from service.activity import journal, log
from service.activity.collect import collect
from service.activity.log import ActivityLog
from service.database import connect
from service.errors import Conflict
from service.places import Places

MOMENTS = (
    "before the journal",
    "after the journal, before the commit",
    "while the page's file and its commit are written",
    "after the commit, before it is settled",
    "settling, before the database commits",
    "after it is settled",
)
"""Where a collection may die on purpose, in the order in which a page comes by."""
PATIENCE = 20.0
"""Seconds in which a database notices that the killed process is gone, and frees its locks."""


Work = Callable[..., Any]


@dataclass(frozen=True)
class Order:
    """`moment` is the place in `MOMENTS` to die at when it is passed for the `count`-th time; None: nowhere."""

    database: str
    folder: str
    organisation: str
    sources: tuple[str, ...]
    clock: str
    flush_rows: int
    moment: int | None = None
    count: int = 1
    seed: int = 0

    def line(self) -> str:
        return json.dumps(asdict(self))


def places(folder: Path) -> Places:
    """Where a world's key and log lie."""
    return Places(folder / "key" / "pseudonym.key", str(folder / "activity"))


def work(line: str) -> None:
    order = Order(**json.loads(line))
    folder, clock = Path(order.folder), datetime.fromisoformat(order.clock)
    _write_down(folder / "written_down")
    _stop_clocks(clock)
    if order.moment is not None:
        _die_at(order.moment, order.count, random.Random(order.seed))
    engine, own = connect(order.database), places(folder)
    # Of every run another source is the first, so that none is always killed.
    turned = order.seed % len(order.sources)
    for source in (*order.sources[turned:], *order.sources[:turned]):
        begun = time.monotonic()
        while True:
            try:
                report = collect(
                    engine,
                    own.log(order.organisation),
                    own.pseudonymiser(order.organisation),
                    source,
                    flush_rows=order.flush_rows,
                    clock=lambda: clock,
                )
            except Conflict:
                if time.monotonic() - begun > PATIENCE:
                    raise
                time.sleep(0.02)
            else:
                break
        if report.state not in ("done", "partial"):
            raise RuntimeError(f"{source} was not read: {report.state} {report.error}")


def _stop_clocks(moment: datetime) -> None:
    """What a platform shows without a date counts from when it was seen: the same in every world."""
    for transport in (confluence.Transport, microsoft.Transport):
        transport.now = lambda _: moment  # type: ignore[method-assign]


def _write_down(file: Path) -> None:
    """Before every commit: of which stream, which number, which cursor, which keys."""
    current: list[Any] = []
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def noting(append: Work) -> Work:
        def done(self: ActivityLog, *given: Any) -> Any:
            current[:] = given[:4]  # source, stream, sequence, cursor
            return append(self, *given)

        return done

    def writing(new_rows: Work) -> Work:
        return lambda *given: written(*new_rows(*given))

    def written(rows: list[Any], repeated: Any) -> Any:
        line = json.dumps([*current, [row.key for row in rows]]) + "\n"
        os.write(descriptor, line.encode())  # in one piece, so that no half line is left
        return rows, repeated

    _wrap(ActivityLog, "append", noting)
    _wrap(log, "new_rows", writing)


def _wrap(owner: object, name: str, wrapper: Callable[[Work], Work]) -> None:
    setattr(owner, name, wrapper(getattr(owner, name)))


def _die_at(moment: int, count: int, chance: random.Random) -> None:
    left = count

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def passing() -> bool:
        nonlocal left
        left -= 1
        return left == 0

    def before(doing: Callable[[], object]) -> Callable[[Work], Work]:
        def wrapper(work: Work) -> Work:
            def done(*given: Any, **named: Any) -> Any:
                if passing():
                    doing()
                return work(*given, **named)

            return done

        return wrapper

    def after(work: Work) -> Work:
        def done(*given: Any, **named: Any) -> Any:
            result = work(*given, **named)
            if passing():
                die()
            return result

        return done

    def soon() -> None:
        # A thread, since what writes is not Python and lets others run meanwhile.
        threading.Timer(chance.uniform(0, 0.012), die).start()

    moments: tuple[tuple[object, str, Callable[[Work], Work]], ...] = (
        (journal, "write", before(die)),
        (journal, "write", after),
        (log, "write_deltalake", before(soon)),
        (ActivityLog, "append", after),
        (journal, "apply", after),
        (journal, "settle", after),
    )
    _wrap(*moments[moment])


if __name__ == "__main__":
    fork_for_each_line(work)
