"""L3: a first collection end to end, from a fake Confluence over HTTP to the log on disk: `python -m benchmarks.load.million [activities]`.

The fake, the collector and whoever watches their memory are processes of their own. The fake tells how much processor it used, so
that one sees whether it or the collector was the slower.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.assurance.figure import Figure
from benchmarks.fake import Fake
from benchmarks.load.server import Memory, busy, processor_seconds

RATE, PEAK = 3_000.0, 500.0
"""What is promised: activities a second from the first request to the last commit, and MB at most."""
FLAT = 1.15
"""Memory counts as flat if the most of the last third is within so many times the most of the middle third."""
PER_CONTENT = 1.9
"""About so many activities come of each content of the fake, versions and likes included."""


def figures(activities: int = 1_000_000) -> Iterator[Figure]:
    """About so many activities; the figures tell how many came."""
    with (
        tempfile.TemporaryDirectory(prefix="resonanz-million-") as name,
        Fake(round(activities / PER_CONTENT)) as fake,
    ):
        folder = Path(name)
        token = folder / "token"
        token.write_text(fake.token)
        command = [sys.executable, "-m", "benchmarks.load.collector", fake.url, str(token), str(folder)]
        served = processor_seconds(fake.pid)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        with Memory(process.pid).watched() as memory:
            out, wrong = process.communicate()
        served = processor_seconds(fake.pid) - served
    if process.returncode:
        yield Figure(
            "L3",
            f"first collection of {activities:,} activities",
            "it ends",
            f"failed: {wrong[-300:]}",
            False,
        )
        return
    found = json.loads(out.splitlines()[-1])
    yield speed(found["activities"], found["seconds"], found["processor"], served, found["requests"])
    yield from held(memory, found["peak_mb"])


def speed(activities: int, seconds: float, processor: float, served: float, requests: int) -> Figure:
    """The figure of L3 on speed; processor seconds of the collector and of the fake, which share the machine."""
    rate = activities / seconds if seconds else 0.0
    return Figure(
        "L3",
        f"first collection of {activities:,} activities from a fake Confluence to disk, {busy()}",
        f"at least {RATE:,.0f} activities/s end to end",
        f"{rate:,.0f} activities/s ({seconds:.0f} s, {requests:,} requests; processor {processor:.0f} s, the fake beside it {served:.0f} s)",
        rate >= RATE,
    )


def held(memory: Memory, peak: float) -> Iterator[Figure]:
    """The figures of L3 on memory."""
    yield Figure(
        "L3", "memory of the collection", f"below {PEAK:.0f} MB", f"{peak:.0f} MB at most", peak < PEAK
    )
    third, slope = len(memory.megabytes) // 3, memory.slope
    target = f"flat: the last third within {FLAT - 1:.0%} of the middle one"
    if third < 10 or slope is None:
        value = f"not known: only {len(memory.megabytes)} looks, it takes at least 30"
        yield Figure("L3", "growth of memory", target, value, None)
        return
    middle, last = max(memory.megabytes[third : 2 * third]), max(memory.megabytes[2 * third :])
    yield Figure(
        "L3",
        f"growth of memory over {memory.seconds[-1]:.0f} s",
        target,
        f"{last / middle - 1:+.0%} ({middle:.0f} MB, then {last:.0f} MB; slope of the second half {slope:+.1f} MB a minute)",
        last / middle <= FLAT,
    )


def main() -> None:
    for figure in figures(*(int(one) for one in sys.argv[1:])):
        print(figure, flush=True)


if __name__ == "__main__":
    main()
