"""What is refused before anybody looks who asks: tokens in addresses, and more requests than one program may make."""

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from math import ceil
from threading import Lock
from urllib.parse import parse_qsl

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.problems import problem

PROGRAMS = ("/api/", "/odata/", "/metrics")
"""Where programs ask."""
TOKEN = re.compile(r"rsz_[0-9A-Za-z]{10}_")
NAMES = frozenset({"token", "access_token", "api_token", "api_key", "apikey", "api-key"})
"""What other products call a credential in an address."""
IN_ADDRESS = (
    "a token does not belong in the address, which logs and histories keep: send it as the header "
    "`Authorization: Bearer rsz_…`, or as the password of HTTP Basic; revoke this one and make another"
)
WINDOW = 60.0
"""Seconds in which requests are counted together."""
MOST = 10_000
"""Programs counted at a time; whoever asked longest ago is forgotten first."""
POLICY = "requests"


@dataclass(slots=True)
class Counted:
    since: float
    number: int = 0


class Admission:
    """Counts the requests of each token, session or (without either) address in windows of a minute, by this process alone.

    Processes do not count together: a write to the database for every request would cost more than what it holds off. With `limit`
    0 nothing is counted. Headers are those of draft-ietf-httpapi-ratelimit-headers.
    """

    def __init__(
        self, app: ASGIApp, *, limit: int, cookie: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.app, self.limit, self.cookie, self.clock = app, limit, cookie, clock
        self.counted: OrderedDict[bytes, Counted] = OrderedDict()
        self.lock = Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PROGRAMS):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        if token_in_address(scope["query_string"]):
            answer = problem(request, 400, "token-in-address", "Token in the address", detail=IN_ADDRESS)
            await answer(scope, receive, send)
            return
        if not self.limit:
            await self.app(scope, receive, send)
            return
        left, seconds = self.count(request)
        headers = {
            "RateLimit-Policy": f'"{POLICY}";q={self.limit};w={WINDOW:.0f}',
            "RateLimit": f'"{POLICY}";r={max(0, left)};t={seconds}',
        }
        if left < 0:
            refused = problem(
                request,
                429,
                "too-many-requests",
                "Too many requests",
                detail=f"at most {self.limit} requests a minute: wait {seconds} seconds, ask for more rows at a time with `limit`, "
                "and send If-None-Match with the ETag you have",
                headers={"Retry-After": str(seconds), **headers},
            )
            await refused(scope, receive, send)
            return

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        await self.app(scope, receive, add)

    def count(self, request: Request) -> tuple[int, int]:
        """How many more requests there may be in this window (negative: too many already), and its seconds left."""
        now, who = self.clock(), self.who(request)
        with self.lock:
            known = self.counted.pop(who, None)
            if known is None or now - known.since >= WINDOW:
                known = Counted(now)
            known.number += 1
            self.counted[who] = known
            if len(self.counted) > MOST:
                self.counted.popitem(last=False)
            return self.limit - known.number, max(1, ceil(known.since + WINDOW - now))

    def who(self, request: Request) -> bytes:
        """A fingerprint of the credential; nothing of it is kept."""
        given = request.headers.get("authorization") or request.cookies.get(self.cookie)
        address = request.client.host if request.client else ""
        return sha256((given or f"address {address}").encode("utf-8", "surrogatepass")).digest()


def token_in_address(query: bytes) -> bool:
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    return any(name.lower() in NAMES or TOKEN.search(value) or TOKEN.search(name) for name, value in pairs)
