"""The real service in a process of its own over a filled database, what it holds of memory, and a bare server beside it."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import httpx
import numpy as np

BARE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
body = open(sys.argv[2], "rb").read()
app = Starlette(routes=[Route("/", lambda request: Response(body, media_type="application/json"))])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
"""
"""One worker that answers the same bytes and does nothing else."""


def busy() -> str:
    """The load of the machine over the last minute, as it stands with a figure."""
    return f"load {os.getloadavg()[0]:.1f}"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def compiled() -> dict[str, str]:
    """The environment in which Python keeps what it has compiled, as where the program is installed."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    kept.setdefault("PYTHONPYCACHEPREFIX", str(Path("build/benchmarks/compiled").absolute()))
    return kept


@contextmanager
def service(folder: Path, url: str | None = None, *, role: str = "web") -> Iterator["Service"]:
    """`resonanz serve` over the database of `folder`, or of `url`, from when it is ready. Requests are not counted."""
    port = free_port()
    environment = {
        **compiled(),
        "RESONANZ_DATA": str(folder),
        "RESONANZ_REQUESTS_PER_MINUTE": "0",
        **({"RESONANZ_DATABASE": url} if url else {}),
    }
    command = [sys.executable, "-m", "service", "serve", "--port", str(port), "--role", role]
    with running(command, f"http://127.0.0.1:{port}", "/readyz", environment, within=120) as (
        process,
        seconds,
        log,
    ):
        yield Service(f"http://127.0.0.1:{port}", process.pid, seconds, log)


@dataclass(frozen=True)
class Service:
    """`ready_after` is the seconds from starting the process to the first answer that it is ready; `log` is what it wrote."""

    address: str
    pid: int
    ready_after: float
    log: Path


@contextmanager
def bare(body: bytes, folder: Path) -> Iterator[str]:
    """The address of a server that answers these bytes, by the same libraries, on one worker."""
    port, script, answer = free_port(), folder / "bare.py", folder / "answer"
    script.write_text(BARE, encoding="utf-8")
    answer.write_bytes(body)
    command = [sys.executable, str(script), str(port), str(answer)]
    with running(command, f"http://127.0.0.1:{port}", "/", compiled(), within=60):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def running(
    command: list[str], address: str, path: str, environment: Mapping[str, str], *, within: float
) -> Iterator[tuple["subprocess.Popen[bytes]", float, Path]]:
    """A server until the end of the block, then told to end. Raises `RuntimeError` if it ends by itself or is not ready in time."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as written:
            began = time.monotonic()
            process = subprocess.Popen(
                command, env=dict(environment), stdout=written, stderr=subprocess.STDOUT
            )
            try:
                while not _answers(address + path):
                    late = time.monotonic() - began > within
                    if process.poll() is not None or late:
                        raise RuntimeError(
                            f"the server is not ready: {log.read_text(errors='replace')[-1500:]}"
                        )
                    time.sleep(0.02)
                yield process, time.monotonic() - began, log
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def resident_mb(pid: int) -> float:
    """Resident memory of a process in MB (10^6 bytes); raises `OSError` where it is gone or the system does not tell."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024 / 1e6


def processor_seconds(pid: int) -> float:
    """Seconds of processor a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class Memory:
    """Resident memory of a process, looked at again and again from a thread while something else goes on."""

    pid: int
    every: float = 0.5
    seconds: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)

    @contextmanager
    def watched(self) -> Iterator["Memory"]:
        over, began = Event(), time.monotonic()

        def look() -> None:
            while not over.is_set():
                try:
                    found = resident_mb(self.pid)
                except (OSError, StopIteration):
                    return  # it has ended
                self.seconds.append(time.monotonic() - began)
                self.megabytes.append(found)
                over.wait(self.every)

        thread = Thread(target=look, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            over.set()
            thread.join()

    @property
    def peak(self) -> float:
        return max(self.megabytes)

    @property
    def slope(self) -> float | None:
        """MB a minute over the second half of the time (the first warms up), by least squares; None for fewer than 10 looks."""
        half = len(self.seconds) // 2
        if len(self.seconds) - half < 10:
            return None
        return float(np.polyfit(np.array(self.seconds[half:]) / 60, self.megabytes[half:], 1)[0])
