"""Collecting from a fake Microsoft 365: wall time beside what the platform allows, peak memory, requests without news.

`python -m benchmarks.microsoft` runs all and prints tables. The servers and the collector are processes of their own.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from benchmarks.collection import heading, row
from benchmarks.memory import peak_mb

LATENCY = 0.05
CONCURRENCY = 8
PER_TEAM = 4.0
"""Requests a second that Teams allows for one team."""
TARGET = 1.5
STREAMS = (
    "rooms",
    "people",
    "site_pages",
    "page_comments",
    "files",
    "list_items",
    "group_conversations",
    "team_messages",
    "communities",
    "analytics",
)
Figures = dict[str, Any]


def run(*, quick: bool = False) -> Figures:
    sizes = (2_000, 8_000) if quick else (5_000, 20_000, 80_000)
    with tempfile.TemporaryDirectory(prefix="resonanz-bench-") as folder:
        return {
            "speed": speed(Path(folder) / "speed", sizes[0]),
            "memory": [memory(Path(folder) / str(size), size) for size in sizes],
        }


def speed(folder: Path, contents: int) -> Figures:
    """Every stream of a first reading at 50 ms, beside requests ÷ concurrency × latency."""
    with Fake(folder, contents, LATENCY) as fake:
        streams = own("read", folder)["streams"]
        fake.requests()
    print(
        f"\nFirst reading, {contents:,} contents, {LATENCY * 1000:.0f} ms per request, {CONCURRENCY} at once"
    )
    heading("", "requests", "seconds", "allowed", "ratio")
    total: Figures = {"requests": 0, "seconds": 0.0, "allowed": 0.0}
    for one in streams.values():
        one["allowed"] = one["requests"] / CONCURRENCY * LATENCY
        for figure in total:
            total[figure] += one[figure]
    for name, one in {**streams, "all": total}.items():
        one["ratio"] = one["seconds"] / one["allowed"] if one["allowed"] else 0.0
        row(
            name[:16],
            f"{one['requests']:,}",
            f"{one['seconds']:.2f}",
            f"{one['allowed']:.2f}",
            f"{one['ratio']:.2f}",
        )
    print(
        f"(target: at most {TARGET} for all; a stream of few requests that depend on each other cannot be side by side; "
        f"Teams allows {PER_TEAM:.0f} a second per team)"
    )
    return {"contents": contents, "streams": streams, "all": total, "met": total["ratio"] <= TARGET}


def memory(folder: Path, contents: int) -> Figures:
    """Peak memory of a first collection with everything stored, and the requests of a second one without news."""
    with Fake(folder, contents) as fake:
        first = own("collect", folder)
        first["requests"] = fake.requests()
        second = own("collect", folder)
        second["requests"] = fake.requests()
        chains = fake.deltas
        second["deltas"] = fake.paths("delta")
        second["analytics"] = fake.paths("analytics")
    print(f"\nCollection with everything stored, {contents:,} contents")
    heading("", "activities", "requests", "seconds", "peak MB")
    for name, one in (("first", first), ("without news", second)):
        row(
            name,
            f"{one['items']:,}",
            f"{one['requests']:,}",
            f"{one['seconds']:.2f}",
            f"{one['peak_mb']:.0f}",
        )
    print(f"(without news: {second['deltas']} requests for {chains} delta chains)")
    return {"contents": contents, "chains": chains, "first": first, "without_news": second}


class Fake:
    """The servers of a tenant of `contents` contents; settings and credential are written into `folder`."""

    def __init__(self, folder: Path, contents: int, latency: float = 0.0) -> None:
        folder.mkdir(parents=True)
        command = [
            sys.executable,
            "-m",
            "benchmarks.microsoft",
            "serve",
            str(folder),
            str(contents),
            str(latency),
        ]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.deltas: int = self._read()["deltas"]
        self._paths: list[str] = []

    def requests(self) -> int:
        """How many requests came since this was asked last."""
        if self._process.stdin is None:
            raise RuntimeError("the fake has no input")
        print("requests", file=self._process.stdin, flush=True)
        self._paths = cast(list[str], self._read()["paths"])
        return len(self._paths)

    def paths(self, word: str) -> int:
        """How many of the requests counted last had `word` in their path."""
        return sum(word in path for path in self._paths)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate("")

    def _read(self) -> Figures:
        if self._process.stdout is None:
            raise RuntimeError("the fake has no output")
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the fake servers ended")
        return cast(Figures, json.loads(line))


def own(way: str, folder: Path) -> Figures:
    """Run the collector in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.microsoft", way, str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{way} failed:\n{done.stderr[-2000:]}")
    return cast(Figures, json.loads(done.stdout.splitlines()[-1]))


# -- in the processes ------------------------------------------------------------------------------------------------------


def serve(folder: Path, contents: int, latency: float) -> None:
    from service.demo.microsoft import MicrosoftCloud
    from service.demo.microsoft.uniform import uniform

    tenant = uniform(contents)
    with MicrosoftCloud(tenant) as cloud:
        for server in cloud.servers:
            server.faults.latency = latency
        settings = cloud.settings(folder, concurrency=CONCURRENCY, streams=list(STREAMS), observe=0)
        settings.pop("connector")
        (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
        # Each list is one chain (pages, documents, items), each channel, and people and groups.
        print(json.dumps({"deltas": len(tenant.lists) + len(tenant.channels) + 2}), flush=True)
        for _ in sys.stdin:
            paths = [seen.path for server in cloud.servers for seen in server.requests]
            for server in cloud.servers:
                server.requests.clear()
            print(json.dumps({"paths": paths}), flush=True)


def read(folder: Path) -> Figures:
    """Seconds and requests of each stream, by the connector alone."""
    from connectors.base import Nothing, connector

    settings = json.loads((folder / "settings.json").read_text())
    with closing(connector("microsoft-365").connect(settings, Nothing())) as reader:
        streams: dict[str, Figures] = {}
        for stream in reader.streams():
            before, started = reader.requests(), time.perf_counter()
            items = sum(len(page.activities) for page in reader.read(stream, None))
            seconds = time.perf_counter() - started
            streams[stream] = {"items": items, "requests": reader.requests() - before, "seconds": seconds}
    return {"streams": streams}


def collect(folder: Path) -> Figures:
    """Everything read, pseudonymised and stored, the first or a later time in this folder."""
    from sqlalchemy import select
    from sqlalchemy.orm import Session

    from service.activity.collect import collect as collected
    from service.activity.log import ActivityLog
    from service.activity.pseudonym import Pseudonymiser, open_keys
    from service.database import connect, migrate, transaction
    from service.models import Organisation, Source

    started = time.perf_counter()
    engine = connect(f"sqlite:///{folder / 'resonanz.db'}")
    migrate(engine)
    with Session(engine) as session:
        known = session.scalar(select(Source.id))
    if known is None:
        settings = json.loads((folder / "settings.json").read_text())
        with transaction(engine) as session:
            organisation = Organisation(key="acme", name="Acme")
            session.add(organisation)
            session.flush()
            session.add(
                Source(
                    organisation_id=organisation.id,
                    key="office",
                    connector="microsoft-365",
                    settings=settings,
                    created=datetime.now(UTC),
                )
            )
    pseudonymiser = Pseudonymiser(open_keys(folder / "key" / "pseudonym.key"), "acme")
    report = collected(engine, ActivityLog(folder / "activity"), pseudonymiser, "office")
    engine.dispose()
    if report.state == "failed":
        raise SystemExit(f"the collection ended {report.state}: {report.error}")
    return {
        "items": sum(line.stored for line in report.lines),
        "state": str(report.state),
        "seconds": time.perf_counter() - started,
        "peak_mb": peak_mb(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.microsoft", description=__doc__)
    parser.add_argument("way", nargs="?", choices=("run", "serve", "read", "collect"), default="run")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("contents", nargs="?", type=int, default=0)
    parser.add_argument("latency", nargs="?", type=float, default=0.0)
    parser.add_argument("--quick", action="store_true", help="small amounts")
    given = parser.parse_args()
    match given.way:
        case "serve":
            serve(given.folder, given.contents, given.latency)
        case "read":
            print(json.dumps(read(given.folder)))
        case "collect":
            print(json.dumps(collect(given.folder)))
        case _:
            run(quick=given.quick)


if __name__ == "__main__":
    main()
