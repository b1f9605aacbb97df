"""Requests to one Confluence: authenticated by atlassian-python-api, everything else ours.

The library signs requests and joins addresses. Its retry is off and its paging unused: it retries a 429 once and only
with Retry-After, nothing else at all, and loses a context path on page two. Every worker thread has a client and a
session of its own, since the library promises no thread safety.
"""

import json
import logging
import random
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter

from connectors.confluence.settings import Flavour, Settings
from connectors.dates import http_date
from connectors.deadline import LONGEST_CALL, within
from connectors.errors import (
    AccessDenied,
    BadAnswer,
    ConnectorError,
    CursorExpired,
    Misconfigured,
    NotThere,
    SourceBusy,
    SourceUnreachable,
)
from connectors.outbound import CheckedAdapter, Reach, untrusted
from connectors.throttle import Throttle
from connectors.workers import Workers

TIMEOUT = (10.0, LONGEST_CALL)
"""Seconds to connect, and between two bytes of an answer; a whole call has `LONGEST_CALL`."""
TRIES = 6
LONGEST_WAIT = 900.0
"""Seconds one request may wait in all before its caller is told to come back later."""
_BASE, _CAP = 0.5, 30.0

_T = TypeVar("_T")
_R = TypeVar("_R")


class ServerFailed(SourceUnreachable):
    """The platform answers this request with 500 again and again, as it does where one item of a page is broken."""


class CursorRepeated(CursorExpired):
    """The next page would be one that was already read: the listing would never end."""


class Unsupported(NotThere):
    """The platform has no such function (501, 405)."""


class _Again(Exception):
    """This try has failed; `seconds` is what the platform asks to wait, `error` what is raised after the last try."""

    def __init__(self, error: ConnectorError, seconds: float | None = None, *, refused: bool = False) -> None:
        super().__init__(str(error))
        self.error, self.seconds, self.refused = error, seconds, refused


class TimeoutAdapter(CheckedAdapter):
    """Enforces our timeouts, since the library knows one number only."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs["timeout"] = TIMEOUT
        return super().send(request, *args, **kwargs)


class Transport:
    """Sends requests, waits as asked, and turns what can go wrong into `connectors.errors`.

    `adapter`, `clock`, `sleep`, `now`, `chance` and `longest_call` (seconds) can be given by tests. Raises from `get` and `post`: `AccessDenied`
    (401, 403), `NotThere` (404), `CursorExpired` (410, or 400 on a request with a cursor), `SourceBusy` when the platform asks for a longer
    pause than `LONGEST_WAIT`, `SourceUnreachable`, `ServerFailed`, `BadAnswer`, `Misconfigured` on a redirect.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        adapter: Callable[[], BaseAdapter] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: Callable[[], float] = random.random,
        longest_call: float = LONGEST_CALL,
    ) -> None:
        _quieten()
        self._longest_call = longest_call
        self._settings = settings
        reach = Reach.of(settings.base)
        self._adapter = adapter or (lambda: TimeoutAdapter(reach, max_retries=0, pool_maxsize=1))
        self._closed = threading.Event()
        self._sleep, self._now, self._chance = sleep or self._rest, now, chance
        self.throttle = Throttle(settings.concurrency, clock=clock, sleep=self._sleep)
        self._workers = Workers(
            settings.concurrency, "confluence", (AccessDenied, NotThere, ServerFailed, BadAnswer)
        )
        self._own = threading.local()
        self._lock = threading.Lock()
        self._sessions: list[requests.Session] = []
        self.sent = 0

    def now(self) -> datetime:
        return self._now()

    def get(self, path: str, params: Mapping[str, Any] | None = None, *, tries: int = TRIES) -> Any:
        """`tries` bounds how often a failing answer (500, not JSON) is asked for again; waiting as asked is not among them."""
        return self._send("GET", path, params, None, tries)

    def post(self, path: str, body: Mapping[str, Any], *, tries: int = TRIES) -> Any:
        """For questions that are asked by POST only; they change nothing on the platform."""
        return self._send("POST", path, None, body, tries)

    def ahead(self, task: Callable[[], _R]) -> "Future[_R]":
        """Begin `task` while the caller goes on; one at a time."""
        return self._workers.ahead(task)

    def each(
        self, task: Callable[[_T], _R], things: Iterable[_T]
    ) -> Iterator[tuple[_T, _R | ConnectorError]]:
        """See `Workers.each`."""
        return self._workers.each(task, things)

    def close(self) -> None:
        """Ends pauses at once; a request under way is waited for."""
        self._closed.set()
        self._workers.close()
        with self._lock:
            for session in self._sessions:
                session.close()
            self._sessions.clear()

    def _rest(self, seconds: float) -> None:
        if self._closed.wait(seconds):
            raise SourceUnreachable("the connector was closed")

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
        tries: int,
    ) -> Any:
        waited, failures = 0.0, 0
        for attempt in range(1, TRIES + 1):
            with self.throttle.turn(LONGEST_WAIT) as began:
                with self._lock:
                    self.sent += 1
                try:
                    answer = _read(self._ask(method, path, params, body), path, params, self._now)
                except _Again as again:
                    failed = again
                else:
                    self.throttle.answered()
                    return answer
                pause = self._pause(attempt, failed.seconds)
                if failed.refused:
                    self.throttle.refused(began, pause)
            waited += pause
            if waited > LONGEST_WAIT:
                raise SourceBusy(f"{path}: the platform asks to wait {pause:.0f} s", pause) from None
            failures += isinstance(failed.error, ServerFailed | BadAnswer)
            if attempt == TRIES or failures == tries:
                if isinstance(failed.error, SourceBusy):
                    raise SourceBusy(str(failed.error), pause)
                raise failed.error
            if not failed.refused:
                self._sleep(pause)
        raise AssertionError("unreachable")

    def _pause(self, attempt: int, asked: float | None) -> float:
        """What the platform asks for; else exponential back-off with full jitter (AWS Architecture Blog, 2015)."""
        if asked:
            return asked
        return max(0.05, self._chance() * min(_CAP, _BASE * 2.0**attempt))

    def _ask(
        self, method: str, path: str, params: Mapping[str, Any] | None, body: Mapping[str, Any] | None
    ) -> requests.Response:
        try:
            with within(self._longest_call):
                response: requests.Response = self._client().request(
                    method,
                    path=path,
                    params=dict(params) if params else None,
                    data=dict(body) if body else None,
                    advanced_mode=True,
                    allow_redirects=False,
                )
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidHeader):
            raise Misconfigured("the address or the token cannot be sent as they are") from None
        except requests.exceptions.RequestException as error:
            if untrusted(error):
                raise Misconfigured(
                    "the certificate of the server is not trusted: give the file of your certificate authority as `ca_file`"
                ) from None
            raise _Again(SourceUnreachable(f"{path}: no complete answer ({type(error).__name__})")) from None
        return response

    def _client(self) -> Any:
        client = getattr(self._own, "client", None)
        if client is None:
            client = self._own.client = self._new_client()
        return client

    def _new_client(self) -> Any:
        from atlassian import Confluence, ConfluenceV2

        session = requests.Session()
        session.mount("https://", self._adapter())
        session.mount("http://", self._adapter())
        if self._settings.ca_file:
            session.verify = self._settings.ca_file
        with self._lock:
            self._sessions.append(session)
        common: dict[str, Any] = {"session": session, "retry_with_header": False, "backoff_and_retry": False}
        if self._settings.user:
            common |= {"username": self._settings.user, "password": self._settings.token}
        else:
            common |= {"token": self._settings.token}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            if self._settings.flavour is Flavour.CLOUD:
                return ConfluenceV2(self._settings.base, **common)
            return Confluence(self._settings.base, cloud=False, **common)  # type: ignore[no-untyped-call]


def _read(
    response: requests.Response, path: str, params: Mapping[str, Any] | None, now: Callable[[], datetime]
) -> Any:
    status = response.status_code
    if status == 200:
        return _body(response, path)
    match status:
        case 401:
            raise AccessDenied(
                "the token is not accepted (401): it may be expired, revoked or of another site"
            )
        case 403:
            raise AccessDenied(f"{path}: the account may not read this (403)")
        case 404:
            raise NotThere(f"{path}: not there, or hidden from the account (404)")
        case 405 | 501:
            raise Unsupported(f"{path}: the platform does not offer this ({status})")
        case 410:
            raise CursorExpired(f"{path}: no longer valid (410)")
        case 400 if params and "cursor" in params:
            raise CursorExpired(f"{path}: the cursor is not accepted any more (400)")
        case 429:
            raise _Again(
                SourceBusy(f"{path}: too many requests (429)", 0), _retry_after(response, now), refused=True
            )
        case 503:
            seconds = _retry_after(response, now)
            raise _Again(
                SourceUnreachable(f"{path}: unavailable (503)"), seconds, refused=seconds is not None
            )
        case 500:
            raise _Again(ServerFailed(f"{path}: the platform fails (500)"))
    if 300 <= status < 400:
        raise _redirected(response)
    if status > 500:
        raise _Again(SourceUnreachable(f"{path}: the platform or a proxy before it fails ({status})"))
    raise BadAnswer(f"{path}: unexpected answer ({status})")


def _body(response: requests.Response, path: str) -> Any:
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        raise _Again(
            BadAnswer(
                f"{path}: a web page instead of data, as a sign-in page or a proxy sends: "
                "check the address and let this account pass the single sign-on"
            )
        )
    try:
        answer = json.loads(response.content)
    except ValueError:
        state = "an empty answer" if not response.content.strip() else "an answer that is cut off or no JSON"
        raise _Again(BadAnswer(f"{path}: {state}")) from None
    if not isinstance(answer, dict | list):
        raise _Again(BadAnswer(f"{path}: an answer of an unexpected form"))
    return answer


def _redirected(response: requests.Response) -> ConnectorError:
    """Never followed: the token would travel along."""
    target = urlsplit(response.headers.get("Location", ""))
    if "login" in target.path.lower() or "saml" in target.path.lower():
        return AccessDenied("the platform sends to its sign-in page: the token is not accepted here")
    where = f" to the host {target.hostname}" if target.hostname else ""
    return Misconfigured(f"the address redirects{where}: give the final address of Confluence as `url`")


def _retry_after(response: requests.Response, now: Callable[[], datetime]) -> float | None:
    """Seconds to wait; 0 or a past date is None, for "now" was just refused."""
    text = response.headers.get("Retry-After", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        date = http_date(text)
        seconds = (date - now()).total_seconds() if date else 0.0
    return seconds if 0 < seconds < float("inf") else None


def _quieten() -> None:
    """At DEBUG the library logs whole answers, that is names and text, and urllib3 queries with user names."""
    for name in ("atlassian", "atlassian.rest_client", "urllib3.connectionpool"):
        logger = logging.getLogger(name)
        if logger.level < logging.INFO:
            logger.setLevel(logging.INFO)
