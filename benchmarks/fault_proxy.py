"""A TCP proxy between a connector and a server that spoils answers as networks do, and notes when what happened.

Each request has a connection of its own to the server, so that the whole answer is known before a byte of it is passed on; towards the
client connections stay open, as the server's would. Which answer is spoilt is drawn from a generator with a seed.
"""

import asyncio
import random
import re
import socket
import struct
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from connectors.dates import http_date
from service.demo.prompt import close

UNDER_WAY = 0.5
"""Seconds within which requests that were under way when a refusal came may still arrive."""
_HEAD = 1 << 20
_GONE = (ConnectionError, asyncio.IncompleteReadError, TimeoutError)


class Way(StrEnum):
    LATENCY = "latency"
    """`amount` seconds pass before the answer."""
    RESET = "reset"
    """The connection is reset (RST) before the request reaches the server."""
    RESET_WITHIN = "reset within the answer"
    """After the share `amount` of its bytes."""
    TRUNCATION = "truncation"
    """The connection is closed in order after the share `amount` of the bytes."""
    DRIP = "slow drip"
    """One byte every `amount` seconds, from the very first."""
    HALF_OPEN = "half-open"
    """The request is taken and never answered."""
    BANDWIDTH = "bandwidth"
    """At most `amount` bytes in a second."""


@dataclass(frozen=True, slots=True)
class Trouble:
    way: Way
    amount: float = 0.0


@dataclass(slots=True)
class Call:
    """One request. Times are monotonic seconds: its first byte here, and the last byte of the answer (or the end of waiting for it).

    `status` is 0 where no answer of the server was there; `retry_after` what it told, as it told it.
    """

    began: float
    line: str
    trouble: Trouble | None
    status: int = 0
    retry_after: str | None = None
    ended: float | None = None


@dataclass
class Script:
    """With `chance` an answer is spoilt, by one of `troubles`; the first `spared` never are."""

    troubles: Sequence[Trouble] = ()
    chance: float = 0.3
    seed: int = 0
    spared: int = 0
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def draw(self) -> Trouble | None:
        if self.spared > 0:
            self.spared -= 1
            return None
        if not self.troubles or self._random.random() >= self.chance:
            return None
        return self._random.choice(list(self.troubles))


class FaultProxy:
    """Stands before the server at `origin` (http), on a free port of the loopback interface, in a thread of its own."""

    def __init__(self, origin: str, script: Script | None = None) -> None:
        target = urlsplit(origin)
        self._host, self._port = target.hostname or "127.0.0.1", target.port or 80
        self.script = script or Script()
        self.calls: list[Call] = []
        self.origin = ""
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)

    def start(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        return self

    def stop(self) -> None:
        """Ends every connection, and waits until all sockets are closed."""
        if not self._thread.is_alive():
            return
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0, limit=_HEAD)
        self.origin = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _shut(self) -> None:
        if self._server is not None:
            await close(self._server)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (*_GONE, asyncio.CancelledError):
            pass  # the client has gone, or the proxy is stopped
        finally:
            await _closed(writer)
            if task is not None:
                self._tasks.discard(task)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer. False where the connection is over."""
        first = await reader.read(1)
        if not first:
            return False
        began = time.monotonic()
        head = first + await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        call = Call(began, head.partition(b"\r\n")[0].decode("latin-1"), self.script.draw())
        self.calls.append(call)
        try:
            if call.trouble and call.trouble.way is Way.RESET:
                return _reset(writer)
            if call.trouble and call.trouble.way is Way.HALF_OPEN:
                await reader.read(1)  # until the client gives up
                return False
            answer = await self._asked(head, body)
            told = re.match(rb"HTTP/1\.1 (\d+)", answer)
            call.status = int(told[1]) if told else 0
            wait = re.search(rb"(?i)\r\nretry-after: *([^\r]+)", answer.partition(b"\r\n\r\n")[0])
            call.retry_after = wait[1].decode("latin-1") if wait else None
            return await self._passed_on(answer, call.trouble, reader, writer)
        finally:
            call.ended = time.monotonic()

    async def _asked(self, head: bytes, body: bytes) -> bytes:
        """The whole answer of the server, as one that closes no connection. Empty where the server itself broke off."""
        lines = [line for line in head[:-4].split(b"\r\n") if not line.lower().startswith(b"connection:")]
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            writer.write(b"\r\n".join([*lines, b"Connection: close", b"", b""]) + body)
            await writer.drain()
            answer = await reader.read(-1)
        except ConnectionError:
            return b""
        finally:
            await _closed(writer)
        return re.sub(rb"(?i)\r\nconnection: close", b"", answer, count=1)

    async def _passed_on(
        self,
        answer: bytes,
        trouble: Trouble | None,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        if not answer:
            return _reset(writer)
        match trouble:
            case Trouble(Way.LATENCY, amount):
                await asyncio.sleep(amount)
            case Trouble(Way.RESET_WITHIN | Way.TRUNCATION as way, amount):
                await _written(writer, answer[: int(len(answer) * amount)])
                await asyncio.sleep(0.01)  # so that what was sent arrives before the reset overtakes it
                return _reset(writer) if way is Way.RESET_WITHIN else False
            case Trouble(Way.DRIP, amount):
                return await _dripped(answer, 1, amount, reader, writer)
            case Trouble(Way.BANDWIDTH, amount):
                return await _dripped(answer, max(1, int(amount / 20)), 0.05, reader, writer)
        await _written(writer, answer)
        return True


async def _dripped(
    answer: bytes, step: int, pause: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    for begin in range(0, len(answer), step):
        await _written(writer, answer[begin : begin + step])
        if reader.at_eof():
            return False
        await asyncio.sleep(pause)
    return True


async def _written(writer: asyncio.StreamWriter, piece: bytes) -> None:
    writer.write(piece)
    await writer.drain()


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(*_GONE, OSError):
        await writer.wait_closed()


def _reset(writer: asyncio.StreamWriter) -> bool:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False


def too_soon(calls: Sequence[Call], concurrency: int, wall: float) -> tuple[int, int]:
    """Refusals with Retry-After, and requests that came before their time.

    Requests that were on their way when the refusal came are none: at most one for each other worker, at once. `wall` is the
    wall clock less the monotonic one, in seconds.
    """
    refused = early = 0
    for call in calls:
        if call.retry_after is None or call.ended is None or call.status not in (429, 503):
            continue
        refused += 1
        until = _until(call.retry_after, call.ended, wall)
        between = [one.began - call.ended for one in calls if call.ended < one.began < until]
        on_the_way = sum(after <= UNDER_WAY for after in between)
        early += len(between) - on_the_way + max(0, on_the_way - (concurrency - 1))
    return refused, early


def _until(told: str, ended: float, wall: float) -> float:
    date = http_date(told)
    return (date - datetime.fromtimestamp(0, UTC)).total_seconds() - wall if date else ended + float(told)
