"""How long one call may last in all: connecting, asking and the whole answer, however steadily its bytes drip.

Timeouts of the libraries begin anew with every byte, so a server that sends one now and then holds a call for ever. Inside `within` every
wait for a socket is cut to what is left; what the environment sends through a proxy is held to it as well. The name service's own time
is not counted before its answer is there.
"""

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPResponse
from socket import socket
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

LONGEST_CALL = 50.0
"""Seconds."""

_end: ContextVar[float | None] = ContextVar("end", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What this thread asks meanwhile has to be answered in so many seconds from now, or ends in a timeout of the library."""
    token = _end.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _end.reset(token)


def left(timeout: float | None, over: Callable[[str], Exception] = TimeoutError) -> float | None:
    """The timeout, or what is left of the call if that is less. Raises `over` where nothing is."""
    end = _end.get()
    if end is None:
        return timeout
    rest = end - time.monotonic()
    if rest <= 0:
        raise over("the call has lasted too long")
    return rest if timeout is None else min(timeout, rest)


class TimedStream(httpcore.NetworkStream):
    """A connection of httpx that heeds `within`."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            rest = left(timeout, httpcore.ConnectTimeout)
        except httpcore.ConnectTimeout:
            self.close()  # as the library does when TLS does not come about: nobody else has the connection yet
            raise
        return TimedStream(self._inner.start_tls(ssl_context, server_hostname, rest))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class TimedBackend(httpcore.SyncBackend):
    """Makes connections of httpx that heed `within`."""

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *given: Any, **named: Any
    ) -> httpcore.NetworkStream:
        rest = left(timeout, httpcore.ConnectTimeout)
        return TimedStream(super().connect_tcp(host, port, rest, *given, **named))


def hold(client: httpx.Client) -> httpx.Client:
    """The same client, all its connections made by `TimedBackend`; httpx has no parameter for that where there is a proxy."""
    for transport in (client._transport, *client._mounts.values()):
        pool = getattr(transport, "_pool", None)
        if isinstance(pool, httpcore.ConnectionPool) and not isinstance(pool._network_backend, TimedBackend):
            pool._network_backend = TimedBackend()
    return client


class TimedResponse(HTTPResponse):
    """An answer as urllib3 reads it, by a connection whose `response_class` this is; heeds `within`."""

    def __init__(self, sock: socket, *given: Any, **named: Any) -> None:
        super().__init__(sock, *given, **named)
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock))


class _TimedReader(io.RawIOBase):
    def __init__(self, inner: Any, sock: socket) -> None:
        self._inner, self._sock = inner, sock
        self._timeout = sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(left(self._timeout))
        found: int | None = self._inner.readinto(buffer)
        return found

    def fileno(self) -> int:
        number: int = self._inner.fileno()
        return number

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
        super().close()
