"""Collecting from Confluence Data Center: Resonanz beside perceval 1.6.1, on the same fake server in one run.

Both read every version of every page, post and comment. perceval hands the items on; Resonanz does so as well (`read`), or
pseudonymises and stores them besides (`collect`). perceval runs in an environment of its own under `build/benchmarks`.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.assurance.figure import Figure
from benchmarks.fake import Fake
from benchmarks.throwaway import environment

PEER = "perceval==1.6.1"
ENVIRONMENT = Path("build/benchmarks/perceval-1.6.1")
Figures = dict[str, float]


@dataclass(frozen=True)
class Amounts:
    """Contents on the server for each part. perceval sends a request per item and is stopped after some."""

    speed: int
    memory: tuple[int, int]
    peer_items: dict[float, int]
    """How many items perceval goes through, by latency."""
    incremental: tuple[int, int] = (1_000, 10_000)


FULL = Amounts(speed=10_000, memory=(10_000, 100_000), peer_items={0.0: 3_000, 0.05: 1_000})
QUICK = Amounts(speed=10_000, memory=(2_000, 20_000), peer_items={0.0: 1_000, 0.05: 200})


def run(*, quick: bool = False) -> dict[str, Any]:
    amounts = QUICK if quick else FULL
    python = environment(PEER, ENVIRONMENT)
    with tempfile.TemporaryDirectory(prefix="resonanz-bench-") as folder:
        bench = Bench(python, Path(folder))
        return {
            "speed": [
                bench.speed(latency, amounts.speed, items) for latency, items in amounts.peer_items.items()
            ],
            "requests": bench.requests(amounts.speed),
            "memory": [bench.memory(contents) for contents in amounts.memory],
            "incremental": bench.incremental(amounts.incremental),
        }


TARGETS = {0.0: 4.0, 0.05: 10.0}
"""How many times as fast as perceval the whole path should be, by latency in seconds."""
SPARE = {"history": 0.2, "no_history": 0.05}
"""Requests per item a first collection may take."""
MOST_MEMORY = 300.0


def figures(*, quick: bool = False) -> Iterator[Figure]:
    """Speed, requests and memory of a collection from Confluence beside perceval's, each as it is measured."""
    amounts = QUICK if quick else FULL
    try:
        python = environment(PEER, ENVIRONMENT)
    except subprocess.CalledProcessError:
        yield Figure(
            "C1",
            "items per second, beside perceval",
            "10 × at 50 ms",
            f"not measured: {PEER} cannot be installed",
            None,
        )
        return
    with tempfile.TemporaryDirectory(prefix="resonanz-bench-") as folder:
        bench = Bench(python, Path(folder))
        for latency, items in amounts.peer_items.items():
            one = bench.speed(latency, amounts.speed, items)
            ratio = one["collect"]["ratio"]
            yield Figure(
                "C1",
                f"items per second at {latency * 1000:.0f} ms a request, whole path to disk, {amounts.speed:,} contents",
                f"{TARGETS[latency]:g} × perceval",
                f"{ratio:.1f} × ({one['collect']['per_second']:,.0f} against {one['perceval']['per_second']:,.0f}; "
                f"the connector alone {one['read']['ratio']:.1f} ×)",
                bool(ratio >= TARGETS[latency]),
            )
        spent = bench.requests(amounts.speed)
        for way, most in SPARE.items():
            found = spent[way]["requests_per_item"]
            yield Figure(
                "C1",
                f"requests per item of a first collection, {'with' if way == 'history' else 'without'} version history",
                f"at most {most:g}",
                f"{found:.3f}",
                bool(found <= most),
            )
        for contents in amounts.memory:
            one = bench.memory(contents)
            peak = one["collect"]["peak_mb"]
            value = f"{peak:.0f} MB (perceval {one['perceval']['peak_mb']:.0f} MB after {one['perceval']['items']:,.0f} items)"
            yield Figure(
                "C1",
                f"peak memory at {contents:,} contents",
                f"below {MOST_MEMORY:.0f} MB",
                value,
                bool(peak < MOST_MEMORY),
            )
        again = bench.incremental(amounts.incremental)
        told = ", ".join(f"{one['requests']:,.0f} at {one['contents']:,} contents" for one in again)
        steady = len({one["requests"] for one in again}) == 1
        yield Figure(
            "C1", "requests of a run with nothing new", "the same for few and many contents", told, steady
        )


class Bench:
    def __init__(self, python: Path, folder: Path) -> None:
        self._python, self._folder, self._number = python, folder, 0

    def speed(self, latency: float, contents: int, peer_items: int) -> dict[str, Any]:
        with Fake(contents, latency) as fake:
            # The fake makes its answers on first use: one round for each before anything is timed.
            self._own(fake, "read")
            self._peer(fake, 100)
            # Half of perceval before and half after, so that a machine busy with other things weighs on all alike.
            before = self._peer(fake, peer_items // 2)
            read = self._own(fake, "read")
            collected = self._own(fake, "collect")
            after = self._peer(fake, peer_items // 2)
        peer = {name: before[name] + after[name] for name in ("items", "seconds", "requests")}
        print(f"\nSpeed, {contents:,} contents, {latency * 1000:.0f} ms per request")
        heading("", "items", "seconds", "items/s", "ratio", "requests", "req/item")
        for name, one in (("perceval", peer), ("read", read), ("collect", collected)):
            one["per_second"] = one["items"] / one["seconds"]
            one["ratio"] = one["per_second"] / peer["per_second"]
            one["requests_per_item"] = one["requests"] / one["items"]
            row(
                name,
                f"{one['items']:,}",
                f"{one['seconds']:.2f}",
                f"{one['per_second']:,.0f}",
                f"{one['ratio']:.1f}",
                f"{one['requests']:,}",
                f"{one['requests_per_item']:.3f}",
            )
        print("(perceval: seconds without its listing of all contents, requests with it)")
        return {
            "contents": contents,
            "latency": latency,
            "perceval": peer,
            "read": read,
            "collect": collected,
        }

    def requests(self, contents: int) -> dict[str, Any]:
        with Fake(contents) as fake:
            whole = self._own(fake, "collect")
            outline = self._own(fake, "collect", "--no-history")
        print(f"\nRequests of a first collection, {contents:,} contents")
        heading("", "items", "requests", "req/item")
        for name, one in (("all versions", whole), ("first and last", outline)):
            one["requests_per_item"] = one["requests"] / one["items"]
            row(name, f"{one['items']:,}", f"{one['requests']:,}", f"{one['requests_per_item']:.3f}")
        return {"contents": contents, "history": whole, "no_history": outline}

    def memory(self, contents: int) -> dict[str, Any]:
        with Fake(contents) as fake:
            collected = self._own(fake, "collect")
            read = self._own(fake, "read")
            peer = self._peer(fake, 500)
        print(f"\nPeak memory, {contents:,} contents (perceval: when all are listed and 500 items read)")
        heading("", "items", "peak MB", "ratio")
        for name, one in (("perceval", peer), ("read", read), ("collect", collected)):
            one["ratio"] = one["peak_mb"] / peer["peak_mb"]
            row(name, f"{one['items']:,}", f"{one['peak_mb']:.0f}", f"{one['ratio']:.2f}")
        return {"contents": contents, "perceval": peer, "read": read, "collect": collected}

    def incremental(self, sizes: tuple[int, ...]) -> list[dict[str, Any]]:
        print("\nA second collection with nothing new")
        heading("", "items", "requests", "seconds")
        found = []
        for contents in sizes:
            with Fake(contents) as fake:
                folder = self._fresh()
                self._own(fake, "collect", folder=folder)
                again = self._own(fake, "collect", folder=folder)
            row(f"{contents:,}", f"{again['items']:,}", f"{again['requests']:,}", f"{again['seconds']:.2f}")
            found.append({"contents": contents, **again})
        return found

    def _own(self, fake: Fake, way: str, *options: str, folder: Path | None = None) -> Figures:
        folder = folder or self._fresh()
        token_file = folder / "token"
        token_file.write_text(fake.token)
        command = [
            sys.executable,
            "-m",
            "benchmarks.own",
            way,
            fake.url,
            str(token_file),
            str(folder),
            *options,
        ]
        return self._counted(fake, command)

    def _peer(self, fake: Fake, most: int) -> Figures:
        return self._counted(
            fake, [str(self._python), "-m", "benchmarks.peer", fake.url, fake.token, str(most)]
        )

    def _counted(self, fake: Fake, command: list[str]) -> Figures:
        """Run a collector; the requests are those the server saw."""
        fake.requests()
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{command[2]} failed:\n{done.stderr[-2000:]}")
        figures: Figures = json.loads(done.stdout.splitlines()[-1])
        figures["requests"] = fake.requests()
        return figures

    def _fresh(self) -> Path:
        self._number += 1
        folder = self._folder / str(self._number)
        folder.mkdir()
        return folder


def heading(*columns: str) -> None:
    row(*columns)
    print("-" * (16 + 11 * (len(columns) - 1)))


def row(name: str, *columns: str) -> None:
    print(f"{name:<16}" + "".join(f"{column:>11}" for column in columns), flush=True)
