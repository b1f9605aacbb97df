"""A quota of requests in a window of time, as the platform enforces it: refused requests count as well."""

import time
from collections import deque
from typing import Any, cast

from starlette.responses import JSONResponse

from service.demo.faults import App, Message, Receive, Scope, Send

_SHOWN = 0.8


class Quota:
    """At most `limit` requests begin within `window` seconds, and at most `at_once` are under way.

    From four fifths of the limit on answers tell what remains. `refused` counts the requests turned away,
    `busiest` the most that were under way together.
    """

    def __init__(self, limit: int | None = None, window: float = 60.0, at_once: int | None = None) -> None:
        self.limit, self.window, self.at_once = limit, window, at_once
        self.refused = 0
        self.busiest = 0
        self._under_way = 0
        self._begun: deque[float] = deque()

    def around(self, app: App) -> App:
        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            headers, wait = self._begin()
            if wait is not None:
                self.refused += 1
                body = {"error": {"code": "TooManyRequests", "message": "The request was throttled."}}
                refusal = JSONResponse(body, 429, {**headers, "retry-after": str(wait)})
                await refusal(scope, cast(Any, receive), cast(Any, send))
                return

            async def told(message: Message) -> None:
                if message["type"] == "http.response.start":
                    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
                    message["headers"] = [*message["headers"], *pairs]
                await send(message)

            self._under_way += 1
            self.busiest = max(self.busiest, self._under_way)
            try:
                await app(scope, receive, told)
            finally:
                self._under_way -= 1

        return counted

    def _begin(self) -> tuple[dict[str, str], int | None]:
        """The headers for the answer, and how long to wait if it is a refusal."""
        if self.at_once is not None and self._under_way >= self.at_once:
            return {}, 1
        if self.limit is None:
            return {}, None
        now = time.monotonic()
        while self._begun and self._begun[0] <= now - self.window:
            self._begun.popleft()
        self._begun.append(now)
        reset = max(1, round(self._begun[0] + self.window - now))
        headers = {}
        if len(self._begun) >= _SHOWN * self.limit:
            headers = {
                "ratelimit-limit": str(self.limit),
                "ratelimit-remaining": str(max(0, self.limit - len(self._begun))),
                "ratelimit-reset": str(reset),
            }
        return headers, reset if len(self._begun) > self.limit else None
