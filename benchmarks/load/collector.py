"""Collects with Resonanz into a new folder and tells how many activities were stored, and what that took. A process of its own."""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.memory import peak_mb
from service.activity.collect import collect
from service.activity.log import ActivityLog
from service.activity.pseudonym import Pseudonymiser, open_keys
from service.database import connect, migrate, transaction
from service.models import Organisation, Source


def main(url: str, token_file: str, folder: Path) -> None:
    engine = connect(f"sqlite:///{folder / 'resonanz.db'}")
    migrate(engine)
    settings = {"url": url, "flavour": "data-center", "token_file": token_file, "history": True, "observe": 0}
    with transaction(engine) as session:
        organisation = Organisation(key="acme", name="Acme")
        session.add(organisation)
        session.flush()
        session.add(
            Source(
                organisation_id=organisation.id, key="wiki", connector="confluence", settings=settings, created=datetime.now(UTC)
            )
        )  # fmt: skip
    pseudonymiser = Pseudonymiser(open_keys(folder / "key" / "pseudonym.key", "acme"), "acme")
    began, processor = time.perf_counter(), time.process_time()
    report = collect(engine, ActivityLog(folder / "activity", "acme"), pseudonymiser, "wiki")
    seconds = time.perf_counter() - began
    engine.dispose()
    if report.state != "done":
        raise SystemExit(f"the collection ended {report.state}: {report.error or report.gaps}")
    print(
        json.dumps(
            {
                "activities": report.stored, "requests": report.requests, "seconds": seconds, "peak_mb": peak_mb(),
                "processor": time.process_time() - processor,
            }
        )
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
