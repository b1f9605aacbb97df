"""People and programs who ask a service over HTTP, in a process of their own: `python -m benchmarks.load.client` reads an order as JSON.

Every visitor keeps one connection and asks again once it was answered, after a pause if there is one. Uses the standard library
only, so that asking costs little beside answering. Where wrk is installed it asks instead, and its figures are taken.
"""

import asyncio
import json
import math
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

LIMIT = 60.0
"""Seconds after which an answer counts as missing."""
REPORT = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('{"requests":%d,"errors":%d,"seconds":%f,"p50":%f,"p95":%f,"worst":%f}\\n', summary.requests,
    e.connect + e.read + e.write + e.status + e.timeout, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(95) / 1e3, latency.max / 1e3))
end
"""


@dataclass(frozen=True)
class Load:
    """What came of asking. `p50`, `p95` and `worst` are milliseconds until an answer was there in full, errors included."""

    tool: str
    requests: int
    errors: int
    seconds: float
    p50: float
    p95: float
    worst: float
    statuses: Mapping[str, int]

    @property
    def rate(self) -> float:
        """Answers without errors in a second."""
        return (self.requests - self.errors) / self.seconds if self.seconds else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least that share of all does not exceed. Raises `ValueError` without values."""
    if not values:
        raise ValueError("no values, so there is no percentile of them")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def ask(
    address: str,
    paths: Sequence[str],
    *,
    visitors: int,
    seconds: float,
    headers: Mapping[str, str],
    pause: float = 0.0,
    own: bool = False,
) -> Load:
    """Ask from another process. wrk is taken for a single path without pauses if it is there, unless `own`.

    Raises `RuntimeError` if the asking itself fails.
    """
    if not own and pause == 0 and len(paths) == 1 and (wrk := shutil.which("wrk")):
        return _by_wrk(wrk, address + paths[0], visitors, seconds, headers)
    order = {
        "address": address,
        "paths": list(paths),
        "visitors": visitors,
        "seconds": seconds,
        "headers": dict(headers),
        "pause": pause,
    }
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load.client"],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"asking failed: {done.stderr[-1000:]}")
    return Load(**json.loads(done.stdout))


def _by_wrk(wrk: str, url: str, visitors: int, seconds: float, headers: Mapping[str, str]) -> Load:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "report.lua"
        script.write_text(REPORT, encoding="utf-8")
        given = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
        command = [
            wrk,
            "-t1",
            f"-c{visitors}",
            f"-d{max(1, round(seconds))}s",
            "-s",
            str(script),
            *given,
            url,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    version = re.search(
        r"wrk (\S+)", subprocess.run([wrk, "-v"], capture_output=True, text=True, check=False).stdout
    )
    return Load(f"wrk {version[1]}" if version else "wrk", statuses={}, **found)


# -- in the process that asks ----------------------------------------------------------------------------------------------


@dataclass
class Visitor:
    """One connection, and what was answered on it."""

    host: str
    port: int
    headers: Mapping[str, str]
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> int:
        """The status, once the answer was read in full. Raises `OSError`, `EOFError` or `ValueError` for what is no answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self.host, self.port)
        reader, writer = self._streams
        lines = [f"GET {path} HTTP/1.1", f"Host: {self.host}:{self.port}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        status = int(head[9:12])
        if b"\r\ntransfer-encoding: chunked" in head:
            while size := int(await reader.readuntil(b"\r\n"), 16):
                await reader.readexactly(size + 2)
            await reader.readexactly(2)
        elif length := re.search(rb"\r\ncontent-length: *(\d+)", head):
            await reader.readexactly(int(length[1]))
        elif status not in (204, 304):
            raise ValueError("an answer of unknown length")
        if b"\r\nconnection: close" in head:
            self.close()
        return status

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def visit(
    address: str,
    paths: Sequence[str],
    *,
    visitors: int,
    seconds: float,
    headers: Mapping[str, str],
    pause: float,
) -> Load:
    """Ask until the time is over; who begins with which path is spread over the paths, and who begins when over the pause."""
    parts = urlsplit(address)
    taken: list[float] = []
    statuses: Counter[str] = Counter()
    began = time.monotonic()

    async def one(number: int) -> None:
        visitor = Visitor(parts.hostname or "127.0.0.1", parts.port or 80, headers)
        place = number
        await asyncio.sleep(pause * number / visitors)
        while time.monotonic() - began < seconds:
            asked = time.monotonic()
            try:
                async with asyncio.timeout(LIMIT):
                    status = str(await visitor.get(paths[place % len(paths)]))
            except (OSError, EOFError, ValueError, TimeoutError) as error:
                status = type(error).__name__
                visitor.close()
            taken.append((time.monotonic() - asked) * 1000)
            statuses[status] += 1
            place += 1
            if pause:
                await asyncio.sleep(pause)
        visitor.close()

    await asyncio.gather(*(one(number) for number in range(visitors)))
    if not taken:
        raise RuntimeError("nobody asked: give more seconds")
    errors = sum(number for status, number in statuses.items() if status != "200")
    return Load(
        tool="own client (asyncio)",
        requests=len(taken),
        errors=errors,
        seconds=time.monotonic() - began,
        p50=percentile(taken, 0.5),
        p95=percentile(taken, 0.95),
        worst=max(taken),
        statuses=dict(statuses),
    )


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(visit(**json.load(sys.stdin))))))
