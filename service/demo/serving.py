"""What both fake servers share: an HTTP server in a thread, the credential check, the record of requests, paging."""

import asyncio
import base64
import hashlib
import hmac
import json
import socket
import struct
import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, ClassVar, NamedTuple, Self, cast
from urllib.parse import parse_qs

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from service.demo.faults import App, Faults, Message, Receive, Scope, Send
from service.demo.prompt import Prompt
from service.demo.store import Item, Store

SortKey = Callable[[Any], tuple[float, int]]
Answer = Any  # a JSON value, ready JSON bytes, or a whole response


@dataclass(slots=True)
class Seen:
    """One request as it arrived. `arrived` is monotonic seconds; `status` 0 means the connection was cut."""

    method: str
    path: str
    query: dict[str, list[str]]
    arrived: float
    status: int = 0


class Server:
    """A fake server in a thread of its own, on a free port of the loopback interface.

    `token` is accepted as a Bearer token, or as the password of Basic credentials whose user is `user` (any if None).
    Every request is kept in `requests`, in order of arrival.
    """

    prefix = ""

    def __init__(
        self,
        store: Store,
        *,
        token: str = "synthetic-token",  # noqa: S107
        user: str | None = None,
        reader: str | None = None,
        faults: Faults | None = None,
        port: int = 0,
    ) -> None:
        self.store = store
        self.token, self.user, self.reader = token, user, reader
        self.faults = faults or Faults()
        self.requests: list[Seen] = []
        self._port = port
        self._socket: socket.socket | None = None
        self._origin = ""
        self._uvicorn: Prompt | None = None
        self._thread: threading.Thread | None = None
        self._secret = hashlib.sha256(token.encode()).digest()
        self._found: dict[Any, tuple[int, Ordered]] = {}
        self._mistakes: list[Exception] = []

    @property
    def origin(self) -> str:
        if not self._origin:
            raise RuntimeError("the server is not running")
        return self._origin

    @property
    def url(self) -> str:
        """The address a source is connected with."""
        return self.origin + self.prefix

    def behind(self, origin: str) -> None:
        """From now on links and settings name this address, that of a proxy before the running server."""
        self._origin = origin

    def routes(self) -> list[Route]:
        raise NotImplementedError

    def start(self) -> Self:
        # asyncio switches Nagle's algorithm off only where the protocol is named; with it every answer takes 40 ms.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self._port))
        self._socket = listening
        self._origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
        transports: dict[Any, asyncio.Transport] = {}
        protocol = type("_ResettableProtocol", (_Protocol,), {"transports": transports})
        app = self._recorded(
            self.faults.around(self._authorised(self._app()), lambda peer: _reset(transports[peer]))
        )
        config = uvicorn.Config(
            cast(Any, app),
            http=protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._uvicorn = Prompt(config)
        self._thread = threading.Thread(
            target=self._uvicorn.run, kwargs={"sockets": [listening]}, daemon=True
        )
        self._thread.start()
        # No deadline: nothing but a busy machine makes it wait, and whatever prevents the start ends the thread.
        while not self._uvicorn.started:
            if not self._thread.is_alive():
                self.stop()
                raise RuntimeError("the server did not start")
            time.sleep(0.005)
        return self

    def stop(self) -> None:
        """Raises `RuntimeError` where an endpoint has failed by a mistake of this server."""
        if self._uvicorn is None or self._thread is None or self._socket is None:
            return
        self._uvicorn.end()
        self._thread.join(10)
        self._socket.close()
        self._uvicorn = self._thread = self._socket = None
        self._origin = ""
        if self._mistakes:
            raise RuntimeError("the fake server itself has failed") from self._mistakes.pop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    # -- for the endpoints ---------------------------------------------------------------------------------------------

    def get(self, path: str, answer: Callable[[Request], Answer]) -> Route:
        return Route(self.prefix + path, self._endpoint(answer), methods=["GET"])

    def post(self, path: str, answer: Callable[[Request], Answer]) -> Route:
        return Route(self.prefix + path, self._endpoint(answer), methods=["POST"])

    def found(self, key: Any, select: Callable[[], Sequence[Item]], sort: SortKey) -> "Ordered":
        """The result of `select` in order of `sort`, kept until the store changes."""
        cached = self._found.get(key)
        if cached is None or cached[0] != self.store.revision:
            if len(self._found) > 64:
                self._found.clear()
            cached = self._found[key] = (self.store.revision, Ordered.by(select(), sort))
        return cached[1]

    def seal(self, value: dict[str, Any]) -> str:
        """An opaque cursor that only this server can read."""
        body = json.dumps(value, separators=(",", ":")).encode()
        mark = hmac.new(self._secret, body, hashlib.sha256).digest()[:8]
        return base64.urlsafe_b64encode(mark + body).decode().rstrip("=")

    def unseal(self, cursor: str, **bound: Any) -> dict[str, Any]:
        """What a cursor holds. Answers 400 if it is foreign, damaged, or of another query than `bound`."""
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError as error:
            raise HTTPException(400, "The cursor is invalid.") from error
        mark, body = raw[:8], raw[8:]
        if not hmac.compare_digest(mark, hmac.new(self._secret, body, hashlib.sha256).digest()[:8]):
            raise HTTPException(400, "The cursor is invalid.")
        value: dict[str, Any] = json.loads(body)
        if any(value.get(key) != wanted for key, wanted in bound.items()):
            raise HTTPException(400, "The cursor belongs to another query.")
        return value

    def error(self, status: int, message: str) -> bytes:
        raise NotImplementedError

    def _endpoint(self, answer: Callable[[Request], Answer]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            if request.method == "POST":
                request.state.body = await request.body()
            try:
                with self.store.lock:
                    body = answer(request)
            except HTTPException as refused:
                return Response(
                    self.error(refused.status_code, refused.detail),
                    refused.status_code,
                    media_type="application/json",
                )
            except Exception as error:
                # A client would take it for a failing platform and go round it.
                self._mistakes.append(error)
                raise
            if isinstance(body, Response):
                return body
            return Response(body if isinstance(body, bytes) else dump(body), media_type="application/json")

        return endpoint

    def _app(self) -> App:
        async def nothing(request: Request, error: Exception) -> Response:
            return Response(self.error(404, "Not found"), 404, media_type="application/json")

        app = Starlette(routes=self.routes(), exception_handlers={404: nothing})
        app.router.redirect_slashes = False
        return cast(App, app)

    def _authorised(self, app: App) -> App:
        async def authorised(scope: Scope, receive: Receive, send: Send) -> None:
            header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
            if self._admits(header):
                await app(scope, receive, send)
                return
            refusal = Response(self.error(401, "Unauthorized"), 401, media_type="application/json")
            await refusal(scope, cast(Any, receive), cast(Any, send))

        return authorised

    def _admits(self, header: str) -> bool:
        scheme, _, value = header.partition(" ")
        if scheme.lower() == "bearer":
            return hmac.compare_digest(value.encode(), self.token.encode())
        if scheme.lower() == "basic":
            try:
                user, _, password = base64.b64decode(value).decode().partition(":")
            except ValueError:
                return False
            return password == self.token and self.user in (None, user)
        return False

    def _recorded(self, app: App) -> App:
        async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
            seen = Seen(
                scope["method"],
                scope["path"],
                parse_qs(scope["query_string"].decode(), keep_blank_values=True),
                time.monotonic(),
            )
            self.requests.append(seen)

            async def note(message: Message) -> None:
                if message["type"] == "http.response.start":
                    seen.status = message["status"]
                await send(message)

            await app(scope, receive, note)

        return recorded


class Ordered(NamedTuple):
    """Things in ascending order of their keys; pages are cut out from either end."""

    keys: list[tuple[float, int]]
    things: list[Any]

    @classmethod
    def by(cls, things: Iterable[Any], sort: SortKey) -> "Ordered":
        ordered = sorted(things, key=sort)
        return cls([sort(thing) for thing in ordered], ordered)

    def page(self, start: int, limit: int, descends: bool) -> list[Any]:
        if not descends:
            return self.things[start : start + limit]
        end = max(0, len(self.things) - start)
        return self.things[max(0, end - limit) : end][::-1]

    def after(self, key: tuple[float, int], descends: bool) -> int:
        """How many things come up to and including `key`: where the page after it starts."""
        if descends:
            return len(self.keys) - bisect_left(self.keys, key)
        return bisect_right(self.keys, key)

    def key(self, position: int, descends: bool) -> tuple[float, int]:
        return self.keys[-1 - position if descends else position]


class _Protocol(H11Protocol):
    """Keeps the transports by peer, so that a fault can reset a connection."""

    transports: ClassVar[dict[Any, asyncio.Transport]]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transports[transport.get_extra_info("peername")] = transport
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transports.pop(self.transport.get_extra_info("peername"), None)
        super().connection_lost(exc)


def _reset(transport: asyncio.Transport) -> None:
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


class Fragments:
    """Serialised items, kept until they change."""

    def __init__(self, store: Store, render: Callable[[Item, str], Any]) -> None:
        self._render = render
        self._kept: dict[str, dict[int, bytes]] = {}
        store.listeners.append(self._forget)

    def of(self, item: Item, shape: str) -> bytes:
        kept = self._kept.setdefault(shape, {})
        fragment = kept.get(item.id)
        if fragment is None:
            fragment = kept[item.id] = dump(self._render(item, shape))
        return fragment

    def _forget(self, item: Item | None) -> None:
        if item is None:
            self._kept.clear()
        else:
            for kept in self._kept.values():
                kept.pop(item.id, None)


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def dump(value: Any) -> bytes:
    return _encode(value).encode()


def listing(results: Iterable[bytes], rest: dict[str, Any]) -> bytes:
    """A JSON object of ready `results` and the `rest` of the members."""
    tail = dump(rest)[1:]
    return b'{"results":[' + b",".join(results) + b"]" + (b"," if rest else b"") + tail


def whole(request: Request, name: str, default: int, least: int = 0) -> int:
    """A whole number of the query; 400 if it is none or below `least`."""
    text = request.query_params.get(name)
    if text is None or text == "":
        return default
    try:
        number = int(text)
    except ValueError as error:
        raise HTTPException(400, f"{name} is not a number.") from error
    if number < least:
        raise HTTPException(400, f"{name} must be at least {least}.")
    return number
