"""Collects with Resonanz and reports what it took, in a process of its own.

`read` runs the connector alone; `collect` also pseudonymises and stores in the activity log and database below `folder`.
An item is what perceval counts as one: a version of a page, post or comment.
"""

import argparse
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.memory import peak_mb
from connectors.activity import Kind
from connectors.base import Nothing, connector
from service.activity.collect import collect
from service.activity.log import ActivityLog
from service.activity.pseudonym import Pseudonymiser, open_keys
from service.database import connect, migrate, transaction
from service.models import Organisation, Source

WRITTEN = frozenset(str(kind) for kind in (Kind.CREATE, Kind.EDIT, Kind.COMMENT, Kind.REPLY))


def read(settings: dict[str, Any]) -> tuple[int, int]:
    """Items and requests of a first reading by the connector alone."""
    reader = connector("confluence").connect(settings, Nothing())
    seen: set[int] = set()
    for stream in reader.streams():
        for page in reader.read(stream, None):
            written = (activity for activity in page.activities if str(activity.kind) in WRITTEN)
            seen.update(hash((activity.kind, activity.key)) for activity in written)
    requests = reader.requests()
    reader.close()
    return len(seen), requests


def store(settings: dict[str, Any], folder: Path) -> tuple[int, int]:
    """Items stored and requests of a collection, the first or a later one in this folder."""
    engine = connect(f"sqlite:///{folder / 'resonanz.db'}")
    migrate(engine)
    with Session(engine) as session:
        known = session.scalar(select(Source.id))
    if known is None:
        with transaction(engine) as session:
            organisation = Organisation(key="acme", name="Acme")
            session.add(organisation)
            session.flush()
            session.add(
                Source(
                    organisation_id=organisation.id,
                    key="wiki",
                    connector="confluence",
                    settings=settings,
                    created=datetime.now(UTC),
                )
            )
    pseudonymiser = Pseudonymiser(open_keys(folder / "key" / "pseudonym.key", "acme"), "acme")
    report = collect(engine, ActivityLog(folder / "activity", "acme"), pseudonymiser, "wiki")
    engine.dispose()
    if report.state != "done":
        raise SystemExit(f"the collection ended {report.state}: {report.error or report.gaps}")
    return sum(line.stored for line in report.lines if line.kind in WRITTEN), report.requests


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("way", choices=("read", "collect"))
    parser.add_argument("url")
    parser.add_argument("token_file")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--no-history", action="store_true")
    given = parser.parse_args()
    settings = {
        "url": given.url,
        "flavour": "data-center",
        "token_file": given.token_file,
        "history": not given.no_history,
        "observe": 0,
    }
    started = time.perf_counter()
    items, requests = read(settings) if given.way == "read" else store(settings, given.folder)
    seconds = time.perf_counter() - started
    print(json.dumps({"items": items, "requests": requests, "seconds": seconds, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
