"""Scripted misbehaviour for a fake server: what real servers and the networks before them do on bad days.

A `Fault` says which requests it meets, how often, and what happens to them. Faults act in the order given; the first
that strikes decides, and delays add up.
"""

import asyncio
import json
import random
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Literal
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

CURSORS = frozenset(("cursor", "$skiptoken", "$deltatoken", "token"))
"""Names under which requests carry a cursor."""
LOGIN_PAGE = b"<!doctype html><html><head><title>Anmelden</title></head><body><form></form></body></html>"


@dataclass(slots=True)
class Fault:
    """One kind of misbehaviour.

    It meets requests in whose path the regular expression `path` is found, whose query holds `query`, and, with
    `cursor`, that carry a cursor. It strikes the `after`-th and following of those, at most `times` (None: for ever), each with `chance` drawn from a
    generator seeded with `seed`. Build it by the functions of this module.
    """

    act: "Act"
    path: str = ""
    query: dict[str, str] = field(default_factory=dict)
    cursor: bool = False
    after: int = 1
    times: int | None = 1
    chance: float = 1.0
    seed: int = 0
    met: int = field(default=0, init=False)
    struck: int = field(default=0, init=False)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311

    def strikes(self, scope: Scope) -> bool:
        if not re.search(self.path, scope["path"]):
            return False
        asked = parse_qs(scope["query_string"].decode())
        if any(value not in asked.get(name, ()) for name, value in self.query.items()):
            return False
        if self.cursor and not CURSORS & asked.keys():
            return False
        self.met += 1
        if self.met < self.after or (self.times is not None and self.struck >= self.times):
            return False
        if self.chance < 1.0 and self._random.random() >= self.chance:
            return False
        self.struck += 1
        return True


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request under way: the app behind, and how to reset its connection."""

    app: App
    scope: Scope
    receive: Receive
    send: Send
    cut: Callable[[], None]

    async def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        pairs = {"content-length": str(len(body)), **headers}
        await self.send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(name.lower().encode(), value.encode()) for name, value in pairs.items()],
            }
        )
        await self.send({"type": "http.response.body", "body": body})

    async def proper(self) -> tuple[int, bytes, dict[str, str]]:
        """What the app would have answered."""
        status, headers, parts = 0, {}, []

        async def keep(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = {name.decode(): value.decode() for name, value in message["headers"]}
            else:
                parts.append(message.get("body", b""))

        await self.app(self.scope, self.receive, keep)
        return status, b"".join(parts), headers


Act = Callable[[Exchange], Awaitable[None]]


class Faults:
    """The faults of one server; may be changed while it runs. `latency` seconds delay every request."""

    def __init__(self, faults: Iterable[Fault] = (), latency: float = 0.0) -> None:
        self.faults = list(faults)
        self.latency = latency

    def add(self, *faults: Fault) -> None:
        self.faults.extend(faults)

    def clear(self) -> None:
        self.faults.clear()

    def around(self, app: App, reset: Callable[[Any], None]) -> App:
        async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
            if self.latency:
                await asyncio.sleep(self.latency)
            for fault in list(self.faults):
                if fault.strikes(scope):
                    await fault.act(Exchange(app, scope, receive, send, lambda: reset(scope["client"])))
                    return
            await app(scope, receive, send)

        return faulty


def busy(
    wait: float | None = None,
    form: Literal["seconds", "date"] = "seconds",
    status: int = 429,
    **when: Any,
) -> Fault:
    """429 (or another `status`) with Retry-After in `wait` seconds, as a number or an HTTP date; without if None."""

    async def act(exchange: Exchange) -> None:
        headers = {"content-type": "application/json"}
        if wait is not None:
            until = datetime.now(UTC) + timedelta(seconds=wait)
            headers["retry-after"] = f"{wait:g}" if form == "seconds" else format_datetime(until, usegmt=True)
        await exchange.answer(status, b'{"message":"Rate limit exceeded"}', headers)

    return Fault(act, **when)


def throttled(wait: float | None = None, reset: float | None = None, status: int = 429, **when: Any) -> Fault:
    """As Graph and SharePoint throttle: Retry-After of `wait` seconds, RateLimit headers that end in `reset` seconds."""

    async def act(exchange: Exchange) -> None:
        headers = {"content-type": "application/json"}
        if wait is not None:
            headers["retry-after"] = f"{wait:g}"
        if reset is not None:
            headers |= {
                "ratelimit-limit": "1250",
                "ratelimit-remaining": "0",
                "ratelimit-reset": f"{reset:g}",
            }
        body = b'{"error":{"code":"TooManyRequests","message":"The request was throttled."}}'
        await exchange.answer(status, body, headers)

    return Fault(act, **when)


def failure(status: int = 500, body: bytes = b'{"message":"Internal error"}', **when: Any) -> Fault:
    """A plain error answer: 500, 502, 503, 410, 403 and so on."""

    async def act(exchange: Exchange) -> None:
        await exchange.answer(status, body, {"content-type": "application/json"})

    return Fault(act, **when)


def reset(part: float | None = 0.5, **when: Any) -> Fault:
    """The connection is reset after `part` of the body, or before any answer if None."""

    async def act(exchange: Exchange) -> None:
        if part is not None:
            _, body, headers = await exchange.proper()
            head = [(name.encode(), value.encode()) for name, value in headers.items()]
            await exchange.send({"type": "http.response.start", "status": 200, "headers": head})
            sent = body[: int(len(body) * part)]
            await exchange.send({"type": "http.response.body", "body": sent, "more_body": True})
            await asyncio.sleep(0.02)
        exchange.cut()

    return Fault(act, **when)


def truncated(**when: Any) -> Fault:
    """Status 200 and only the first half of the JSON, with a Content-Length that fits it."""

    async def act(exchange: Exchange) -> None:
        status, body, headers = await exchange.proper()
        half = body[: len(body) // 2]
        await exchange.answer(status, half, {"content-type": headers.get("content-type", "")})

    return Fault(act, **when)


def garbled(**when: Any) -> Fault:
    """Status 200 and an answer in Latin-1 that says it is UTF-8, as a proxy that recodes leaves it."""

    async def act(exchange: Exchange) -> None:
        status, body, headers = await exchange.proper()
        spoilt = body[:1] + b'"hinweis":"f\xfcr",' + body[1:] if body[:1] == b"{" else b"f\xfcr\n" + body
        kind = headers.get("content-type", "application/json").partition(";")[0]
        await exchange.answer(status, spoilt, {"content-type": f"{kind};charset=utf-8"})

    return Fault(act, **when)


def meanwhile(change: Callable[[], None], **when: Any) -> Fault:
    """The right answer, after `change` of the data: pages shift, grow or vanish while somebody pages through them."""

    async def act(exchange: Exchange) -> None:
        change()
        status, body, headers = await exchange.proper()
        await exchange.answer(status, body, {k: v for k, v in headers.items() if k != "content-length"})

    return Fault(act, **when)


def empty(**when: Any) -> Fault:
    """Status 200 and no body."""

    async def act(exchange: Exchange) -> None:
        await exchange.answer(200, b"", {"content-type": "application/json"})

    return Fault(act, **when)


def login_page(**when: Any) -> Fault:
    """Status 200 and an HTML page, as a single sign-on in front of the server answers."""

    async def act(exchange: Exchange) -> None:
        await exchange.answer(200, LOGIN_PAGE, {"content-type": "text/html;charset=UTF-8"})

    return Fault(act, **when)


def slow(pause: float, pieces: int = 4, **when: Any) -> Fault:
    """The right answer, dripping in `pieces` with `pause` seconds before each."""

    async def act(exchange: Exchange) -> None:
        status, body, headers = await exchange.proper()
        head = [(name.encode(), value.encode()) for name, value in headers.items()]
        await exchange.send({"type": "http.response.start", "status": status, "headers": head})
        step = max(1, -(-len(body) // pieces))
        for begin in range(0, len(body), step):
            await asyncio.sleep(pause)
            piece = body[begin : begin + step]
            more = begin + step < len(body)
            await exchange.send({"type": "http.response.body", "body": piece, "more_body": more})

    return Fault(act, **when)


def repeated_cursor(**when: Any) -> Fault:
    """The page is right but its next link leads to the very same page."""

    async def act(exchange: Exchange) -> None:
        status, body, headers = await exchange.proper()
        answer = json.loads(body)
        here = exchange.scope["path"] + "?" + exchange.scope["query_string"].decode()
        links = answer.setdefault("_links", {})
        if "next" in links:
            links["next"] = here[here.index(links["next"].split("?")[0]) :]
        await exchange.answer(
            status, json.dumps(answer).encode(), {"content-type": headers.get("content-type", "")}
        )

    return Fault(act, **when)


def repeated_link(**when: Any) -> Fault:
    """As `repeated_cursor`, for lists that lead on by `@odata.nextLink`."""

    async def act(exchange: Exchange) -> None:
        status, body, headers = await exchange.proper()
        answer = json.loads(body)
        if "@odata.nextLink" in answer:
            asked = {name.decode(): value.decode() for name, value in exchange.scope["headers"]}
            here = exchange.scope["path"] + "?" + exchange.scope["query_string"].decode()
            answer["@odata.nextLink"] = f"http://{asked['host']}{here}"
        await exchange.answer(
            status, json.dumps(answer).encode(), {"content-type": headers.get("content-type", "")}
        )

    return Fault(act, **when)


def expired_cursor(status: int = 410, **when: Any) -> Fault:
    """Requests with a cursor are refused with 410 (or 400), those without are served."""
    return failure(status, b'{"message":"The cursor has expired"}', **{"cursor": True, **when})


def broken_items(*ids: int, **when: Any) -> Fault:
    """500 for every list that shows one of the items, and for the item itself, for ever; the rest is served."""
    broken = {str(id_) for id_ in ids}

    async def act(exchange: Exchange) -> None:
        status, body, headers = await exchange.proper()
        if status == 200 and broken & _shown(body, headers):
            await exchange.answer(500, b'{"message":"Internal error"}', {"content-type": "application/json"})
        else:
            await exchange.answer(status, body, {k: v for k, v in headers.items() if k != "content-length"})

    return Fault(act, **{"times": None, **when})


def _shown(body: bytes, headers: dict[str, str]) -> set[str]:
    if "json" not in headers.get("content-type", ""):
        return set()
    answer = json.loads(body)
    if not isinstance(answer, dict):
        return set()
    things = [thing for thing in [answer, *answer.get("results", ())] if isinstance(thing, dict)]
    return {str(thing.get("content", thing).get("id")) for thing in things}
