"""Requests to one tenant: waiting as asked, trying again, renewing tokens, following listings, and `connectors.errors`.

A request goes to a resource (Graph, SharePoint's own `_api`, the Management Activity API), which has its own address, token and throttle. A path hangs
on the resource's base (see `Bases`); an absolute address, as the platform gives for a next page, has to stay on that resource's host, so
that no token travels elsewhere.
"""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx

from connectors.deadline import LONGEST_CALL, within
from connectors.errors import (
    AccessDenied,
    BadAnswer,
    ConnectorError,
    CursorExpired,
    Misconfigured,
    NotThere,
    SourceUnreachable,
)
from connectors.microsoft.addresses import origin_text, with_query
from connectors.microsoft.answers import (
    Again,
    Answer,
    ServerFailed,
    TokenRefused,
    kept,
    place,
    read,
    refused_link,
    rest_advised,
    rows,
)
from connectors.microsoft.bases import Bases
from connectors.microsoft.batch import batch
from connectors.microsoft.connections import client, unreachable
from connectors.microsoft.patience import LONGEST_WAIT, TRIES, Patience
from connectors.microsoft.settings import Settings, loopback
from connectors.microsoft.tokens import Resource, Tokens
from connectors.throttle import Throttle
from connectors.workers import Workers

_REFUSED = {
    Resource.GRAPH: "Graph does not accept the token (401), not even a new one: check that the app is enabled and consented to",
    Resource.SHAREPOINT: "SharePoint does not accept the token (401), not even a new one: it needs a certificate, and permissions "
    "of SharePoint (not of Graph) with admin consent",
    Resource.MANAGEMENT: "the Management Activity API does not accept the token (401), not even a new one: it needs ActivityFeed.Read "
    "with admin consent",
    Resource.ENGAGE: "Viva Engage does not accept the token of the user (401): renew the one in `token_file`",
}

_T = TypeVar("_T")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a listing. `next` and `delta` are the platform's own links, to be kept and asked as they are.

    `url` is what was asked. A page has `next` (there is more), or `delta` (all is read; ask this next time), or neither.
    """

    items: list[dict[str, Any]]
    next: str | None
    delta: str | None
    url: str


class Transport:
    """Sends requests. `http`, `clock`, `sleep`, `now`, `chance` and `longest_call` (seconds) can be given by tests.

    Raises from everything that asks: `AccessDenied` (401 after renewing the token, 403), `NotThere` (404),
    `Unsupported` (405, 501), `CursorExpired` with its `location` (410, and 40x that say the synchronisation state is
    lost), `SourceBusy` when the platform asks for a longer pause than `LONGEST_WAIT`, `SourceUnreachable`,
    `ServerFailed`, `BadAnswer`, `Misconfigured` on a redirect or an untrusted certificate.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        http: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: Callable[[], float] = random.random,
        longest_call: float = LONGEST_CALL,
    ) -> None:
        _quieten()
        self._longest_call = longest_call
        self.settings = settings
        self._closed = threading.Event()
        self.clock, self.sleep, self._now, self.chance = clock, sleep or self._rest, now, chance
        self._http = client(settings, http)
        self.bases = Bases(settings, self.sharepoint_url)
        self.tokens = Tokens(
            settings,
            self._http,
            sharepoint=self.sharepoint_url,
            clock=clock,
            sleep=self.sleep,
            chance=chance,
            longest_call=longest_call,
        )
        self.throttles = {
            resource: Throttle(settings.concurrency, clock=clock, sleep=self.sleep) for resource in Resource
        }
        self._workers = Workers(
            settings.concurrency, "microsoft", (AccessDenied, NotThere, ServerFailed, BadAnswer)
        )
        self._lock = threading.Lock()
        self._sharepoint_lock = threading.Lock()
        self._sharepoint = settings.sharepoint_url
        self._sent = 0

    @property
    def sent(self) -> int:
        """HTTP requests so far: retries, parts of reports and requests for tokens included; a `$batch` is one."""
        return self._sent + self.tokens.sent

    def now(self) -> datetime:
        return self._now()

    def get(
        self,
        resource: Resource,
        path: str,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        tries: int = TRIES,
    ) -> dict[str, Any]:
        """A JSON object. `tries` bounds how often a failing answer (500, not JSON) is asked for again."""
        answer = self.ask("GET", resource, path, params=params, headers=headers, tries=tries)
        if not isinstance(answer.body, dict):
            raise BadAnswer(f"{place(path)}: an answer of an unexpected form")
        return answer.body

    def ask(
        self,
        method: str,
        resource: Resource,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        tries: int = TRIES,
    ) -> Answer:
        """Any request, with status and headers of its answer; `body` is what JSON gives, None where it is empty (202, 204)."""
        url = with_query(self.bases.url(resource, path), params)
        return self._send(method, resource, url, {"headers": dict(headers or {}), "json": json}, tries)

    def pages(
        self,
        resource: Resource,
        url: str,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[Listing]:
        """Every page of a listing; `params` belong to the first only, since links carry their own.

        Raises besides `BadAnswer` for a listing that leads to other hosts or to a page that was already read.
        """
        asked: set[int] = set()
        following: str | None = url
        while following is not None:
            here = self.bases.url(resource, following)
            if hash(here) in asked:
                raise BadAnswer(f"{place(here)}: the listing leads in a circle")
            asked.add(hash(here))
            body = self.get(resource, here, params, headers)
            params = None
            page = self._listing(resource, here, body)
            yield page
            following = page.next

    def batch(self, requests: Sequence[tuple[str, str]]) -> dict[str, dict[str, Any] | ConnectorError]:
        """Graph answers to (id, path) by id, at most 20 in one request; only what was refused is sent again.

        An answer that cannot be had comes as its error; errors that concern the whole source are raised.
        """
        return batch(self, requests)

    def csv(self, path: str) -> Iterator[dict[str, str]]:
        """The rows of a usage report by column name.

        Graph answers with a short-lived address that already carries its permission and refuses a token besides. The whole
        file is held in memory, so that a broken download is repeated before a row was given.
        """
        url = self.bases.url(Resource.GRAPH, path)
        answer = self._send("GET", Resource.GRAPH, url, {"headers": {}}, TRIES, report=True)
        yield from rows(answer.body, place(path))

    def each(
        self, task: Callable[[_T], _R], things: Iterable[_T], again: "deque[_T] | None" = None
    ) -> Iterator[tuple[_T, _R | ConnectorError]]:
        """See `Workers.each`."""
        return self._workers.each(task, things, again)

    def submit(self, task: Callable[[], _R]) -> "Future[_R]":
        """Begin `task` while the caller goes on; one at a time."""
        return self._workers.ahead(task)

    def sharepoint_url(self) -> str:
        """The address of the tenant's SharePoint, from the settings, a configured site, or the root site."""
        with self._sharepoint_lock:
            if self._sharepoint is None:
                self._sharepoint = self._learn_sharepoint()
            return self._sharepoint

    def close(self) -> None:
        """Ends pauses at once; a request under way is waited for."""
        self._closed.set()
        self._workers.close()
        self._http.close()

    def _rest(self, seconds: float) -> None:
        if self._closed.wait(seconds):
            raise SourceUnreachable("the connector was closed")

    def _listing(self, resource: Resource, url: str, body: Mapping[str, Any]) -> Listing:
        items = body.get("value")
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise BadAnswer(f"{place(url)}: a listing without its items")

        def link(*names: str) -> str | None:
            found = next((body[name] for name in names if body.get(name)), None)
            return self.bases.url(resource, urljoin(url, str(found)), url) if found else None

        following = link("@odata.nextLink", "odata.nextLink")
        return Listing(items, following, link("@odata.deltaLink", "odata.deltaLink"), url)

    def _send(
        self,
        method: str,
        resource: Resource,
        url: str,
        sending: Mapping[str, Any],
        tries: int,
        *,
        report: bool = False,
    ) -> Answer:
        where = place(url)
        patience = Patience(where, self.chance, failing=tries)
        throttle = self.throttles[resource]
        renewed = set[bool]()
        address = self.bases.address(resource, url)
        while True:
            token = self.tokens.token(resource, address=address)
            failed: Again | TokenRefused
            pause = 0.0
            with throttle.turn(LONGEST_WAIT) as began:
                try:
                    answer = self._once(method, url, sending, token, where, report=report)
                except (Again, TokenRefused) as error:
                    failed = error
                except CursorExpired as error:
                    raise self.bases.pinned(resource, error) from None
                else:
                    throttle.answered()
                    self._heed(throttle, answer)
                    return answer
                if isinstance(failed, Again):
                    pause = patience.pause(failed)
                    if failed.refused:
                        throttle.refused(began, pause)
            if isinstance(failed, TokenRefused):
                self.renew(resource, token, failed, renewed, address=address)
                continue
            patience.spend(failed, pause)
            if not failed.refused:
                self.sleep(pause)

    def renew(
        self,
        resource: Resource,
        token: str,
        refused: TokenRefused,
        spent: set[bool],
        *,
        address: str | None = None,
    ) -> None:
        """A new token: once because it has expired or was revoked, and once more if claims are asked for."""
        challenged = refused.claims is not None
        if challenged in spent:
            raise AccessDenied(_REFUSED[resource])
        spent.add(challenged)
        self.tokens.renew(resource, token, refused.claims, address=address)

    def _heed(self, throttle: Throttle, answer: Answer) -> None:
        """Where the quota is used up, wait for the next before being refused: refused requests count as well."""
        seconds = rest_advised(answer.headers, self._now)
        if 0 < seconds <= LONGEST_WAIT:
            throttle.rest(seconds)

    def _once(
        self, method: str, url: str, sending: Mapping[str, Any], token: str, where: str, *, report: bool
    ) -> Answer:
        headers = {"Accept": "*/*" if report else "application/json"} | sending["headers"]
        headers["Authorization"] = f"Bearer {token}"
        response = self._exchange(method, url, where, headers, sending.get("json"))
        if report and response.status_code in (301, 302, 303, 307, 308):
            return self._download(urljoin(url, response.headers.get("Location", "")), where)
        if response.status_code == 400 and kept(url):
            raise refused_link(response, where, self._now)
        return read(response, where, self._now, text=report)

    def _download(self, url: str, where: str) -> Answer:
        """From an address that Graph gave for this report only: no token goes there, and it may be any host."""
        target = urlsplit(url)
        plain = target.scheme == "http" and loopback(url) and loopback(self.settings.graph_url)
        if target.scheme != "https" and not plain:
            raise BadAnswer(f"{where}: the report lies at an address that is not https")
        response = self._exchange("GET", url, where, {"Accept": "*/*"}, None)
        if response.status_code in (401, 403, 404, 410):
            raise Again(
                SourceUnreachable(f"{where}: the report's address has lapsed ({response.status_code})")
            )
        return read(response, where, self._now, text=True)

    def _exchange(
        self, method: str, url: str, where: str, headers: Mapping[str, str], json: Any
    ) -> httpx.Response:
        with self._lock:
            self._sent += 1
        try:
            with within(self._longest_call):
                return self._http.request(method, url, headers=headers, json=json)
        except httpx.InvalidURL:
            raise BadAnswer(f"{where}: an address that cannot be asked") from None
        except httpx.HTTPError as error:
            failed = unreachable(error, where)
        if isinstance(failed, Misconfigured):
            raise failed
        raise Again(failed)

    def _learn_sharepoint(self) -> str:
        for site in self.settings.sites:
            return origin_text(site) if "://" in site else f"https://{site.partition(',')[0]}"
        root = self.get(Resource.GRAPH, "/sites/root", {"$select": "siteCollection,webUrl"})
        address = urlsplit(str(root.get("webUrl", "")))
        if not address.hostname:
            raise BadAnswer("/sites/root: the root site has no address: give `sharepoint_url`")
        return origin_text(address.geturl())


def _quieten() -> None:
    """At INFO httpx logs addresses, which hold ids of people; at DEBUG msal logs answers."""
    for name in ("httpx", "httpcore", "msal"):
        logger = logging.getLogger(name)
        if logger.level < logging.WARNING:
            logger.setLevel(logging.WARNING)
