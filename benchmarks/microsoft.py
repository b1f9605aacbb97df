"""Collecting from a fake Microsoft 365: wall time beside what the platform allows, peak memory, requests without news.

`python -m benchmarks.microsoft` runs all and prints tables. The servers and the collector are processes of their own.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from benchmarks.assurance.figure import Figure
from benchmarks.collection import heading, row
from benchmarks.memory import peak_mb
from connectors.microsoft.settings import STREAMS

LATENCY = 0.05
CONCURRENCY = 8
PER_MAILBOX = 4
"""Requests that Microsoft allows at once to one mailbox."""
TARGET = 1.5
RUNS = 3


@dataclass(frozen=True, slots=True)
class Shape:
    """Half of the rooms are sites without a group, half groups with a team, a channel and a mailbox."""

    name: str
    rooms: int
    people: int

    @property
    def mailboxes(self) -> int:
        return self.rooms - self.rooms // 2


COMPANY = Shape("a company of 1,000", 240, 1_000)
FEW_ROOMS = Shape("few rooms for 2,000 people", 40, 2_000)
SPEED = ((COMPANY, 2_000), (FEW_ROOMS, 2_000), (COMPANY, 10_000))
READ = tuple(stream for stream in STREAMS if stream != "usage_reports")
"""Reports are made by the platform once a day, however much there is."""
Figures = dict[str, Any]


def run(*, quick: bool = False) -> Figures:
    with tempfile.TemporaryDirectory(prefix="resonanz-bench-") as folder:
        parts = SPEED[:2] if quick else SPEED
        return {
            "speed": [
                speed(Path(folder) / f"speed-{number}", contents, shape)
                for number, (shape, contents) in enumerate(parts)
            ],
            "memory": [
                memory(Path(folder) / f"memory-{size}", size)
                for size in ((2_000, 8_000) if quick else (2_000, 8_000, 32_000))
            ],
        }


def figures(
    speeds: Sequence[tuple[Shape, int]] = SPEED,
    sizes: Sequence[int] = (2_000, 8_000, 32_000),
    runs: int = RUNS,
) -> Iterator[Figure]:
    """Wall time against what the platform allows, for each shape; requests without news; peak memory by size."""
    with tempfile.TemporaryDirectory(prefix="resonanz-bench-") as place:
        for number, (shape, contents) in enumerate(speeds):
            found = speed(Path(place) / f"speed-{number}", contents, shape, runs)
            whole, parts = found["all"], found["streams"]
            each = ", ".join(f"{name} {one['ratio']:.2f}" for name, one in parts.items() if one["requests"])
            yield Figure(
                "C2",
                f"ratio, {shape.name}, {contents:,} contents",
                f"at most {TARGET}",
                f"{whole['ratio']:.2f} (best of {runs}; {whole['to_floor']:.2f} of what chains allow): {each}",
                bool(found["met"]),
            )
        peaks = []
        for size in sizes:
            found = memory(Path(place) / f"memory-{size}", size)
            peaks.append(found["first"]["peak_mb"])
            again = found["without_news"]
            yield Figure(
                "C2",
                f"requests without news, {size:,} contents",
                "one per delta stream",
                f"{again['deltas']} for {found['chains']}, and {again['requests'] - again['deltas']} for listings and sign-in",
                bool(again["deltas"] <= found["chains"]),
            )
        told = ", ".join(f"{peak:.0f} MB at {size:,}" for size, peak in zip(sizes, peaks, strict=True))
        grown = max(peaks) / min(peaks)
        yield Figure(
            "C2",
            "peak memory of the whole path, by contents",
            "flat (within 10 %)",
            told,
            grown <= 1.1 if len(peaks) > 1 else None,
        )


def speed(folder: Path, contents: int, shape: Shape = COMPANY, runs: int = RUNS) -> Figures:
    """The best of some first readings at 50 ms, each stream beside what the platform allows.

    `allowed` is requests ÷ concurrency × latency; `chain` the longest chain of requests that need each other's answers, and
    `floor` what neither lets be faster.
    """
    with Fake(folder, contents, LATENCY, shape) as fake:
        streams = min((own("read", folder)["streams"] for _ in range(runs)), key=_seconds)
        fake.requests()
    print(
        f"\nFirst reading, {shape.name} ({shape.rooms} rooms), {contents:,} contents, {LATENCY * 1000:.0f} ms per request, "
        f"best of {runs}"
    )
    heading("", "requests", "seconds", "at once", "allowed", "ratio", "chain", "floor", "to floor")
    total: Figures = {"requests": 0, "seconds": 0.0, "allowed": 0.0, "chain": 0, "floor": 0.0}
    for name, one in streams.items():
        one["at_once"] = CONCURRENCY
        if name == "group_conversations":
            one["at_once"] = min(CONCURRENCY, PER_MAILBOX * shape.mailboxes)
        one["allowed"] = one["requests"] / one["at_once"] * LATENCY
        one["floor"] = max(one["allowed"], one["chain"] * LATENCY)
        for figure in total:
            total[figure] += one[figure]
    for name, one in {**streams, "all": total}.items():
        for ratio, of in (("ratio", "allowed"), ("to_floor", "floor")):
            one[ratio] = one["seconds"] / one[of] if one[of] else 0.0
        row(
            name[:16],
            f"{one['requests']:,}",
            f"{one['seconds']:.2f}",
            str(one.get("at_once", "")),
            f"{one['allowed']:.2f}",
            f"{one['ratio']:.2f}",
            str(one["chain"]),
            f"{one['floor']:.2f}",
            f"{one['to_floor']:.2f}",
        )
    print(
        f"(target: a ratio of at most {TARGET} for all. `chain`: requests of which each needs the answer before it; "
        "`floor`: what concurrency and chain allow together. The start of the process is within the first stream.)"
    )
    met = total["ratio"] <= TARGET
    return {"shape": shape.name, "contents": contents, "streams": streams, "all": total, "met": met}


def _seconds(streams: Figures) -> float:
    return float(sum(one["seconds"] for one in streams.values()))


def memory(folder: Path, contents: int, shape: Shape = COMPANY) -> Figures:
    """Peak memory of a first collection with everything stored, and the requests of a second one without news."""
    with Fake(folder, contents, shape=shape) as fake:
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

    def __init__(self, folder: Path, contents: int, latency: float = 0.0, shape: Shape = COMPANY) -> None:
        folder.mkdir(parents=True)
        command = [
            sys.executable,
            "-m",
            "benchmarks.microsoft",
            "serve",
            str(folder),
            str(contents),
            str(latency),
            str(shape.rooms),
            str(shape.people),
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


def serve(folder: Path, contents: int, latency: float, rooms: int, people: int) -> None:
    from service.demo.microsoft import MicrosoftCloud
    from service.demo.microsoft.uniform import uniform

    tenant = uniform(contents, rooms=rooms, people=people)
    with MicrosoftCloud(tenant) as cloud:
        for server in cloud.servers:
            server.faults.latency = latency
        settings = cloud.settings(folder, concurrency=CONCURRENCY, streams=list(READ), observe=0)
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
    """Seconds, requests and longest chain of each stream, by the connector alone."""
    import httpx

    from benchmarks.chains import Recorder, longest
    from connectors.microsoft import Microsoft365
    from connectors.microsoft.settings import read as checked
    from connectors.microsoft.transport import Transport

    settings = checked(json.loads((folder / "settings.json").read_text()))
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=4 * CONCURRENCY)
    recorder = Recorder(httpx.HTTPTransport(limits=limits))
    with closing(Microsoft365(settings, transport=Transport(settings, http=recorder))) as reader:
        streams: dict[str, Figures] = {}
        for stream in reader.streams():
            before, started = reader.requests(), time.perf_counter()
            items = sum(len(page.activities) for page in reader.read(stream, None))
            seconds = time.perf_counter() - started
            streams[stream] = {
                "items": items,
                "requests": reader.requests() - before,
                "seconds": seconds,
                "chain": longest(recorder.taken()),
            }
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
    pseudonymiser = Pseudonymiser(open_keys(folder / "key" / "pseudonym.key", "acme"), "acme")
    report = collected(engine, ActivityLog(folder / "activity", "acme"), pseudonymiser, "office")
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
    parser.add_argument("rooms", nargs="?", type=int, default=COMPANY.rooms)
    parser.add_argument("people", nargs="?", type=int, default=COMPANY.people)
    parser.add_argument("--quick", action="store_true", help="small amounts")
    given = parser.parse_args()
    match given.way:
        case "serve":
            serve(given.folder, given.contents, given.latency, given.rooms, given.people)
        case "read":
            print(json.dumps(read(given.folder)))
        case "collect":
            print(json.dumps(collect(given.folder)))
        case _:
            run(quick=given.quick)


if __name__ == "__main__":
    main()
