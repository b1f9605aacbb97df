"""The longest chain of requests of which each needs the answer before it: what no number of workers makes faster.

Found from what was said, not from how the collector works: a request needs an answer if it follows a link of it, or names
something (a list, an item, a mail address) that no earlier answer had told.
"""

import json
import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx

_LONG = 16
"""Names at least as long are unique; shorter ones, such as the numbers of items, are so below a long one only."""
_NAMES = ("id", "link", "mail", "email", "address", "loginname", "principalname")
_SIGN_IN = ("/oauth2/", "/.well-known/")


@dataclass(frozen=True, slots=True)
class Exchange:
    began: float
    ended: float
    url: str
    asked: bytes
    told: bytes

    @property
    def batch(self) -> bool:
        return self.url.endswith("/$batch")

    @property
    def signs_in(self) -> bool:
        return any(part in self.url for part in _SIGN_IN)


class Recorder(httpx.BaseTransport):
    """Sends by `http` and keeps what was asked and told; nothing is looked into while it is timed."""

    def __init__(self, http: httpx.BaseTransport) -> None:
        self._http, self._lock = http, threading.Lock()
        self._exchanges: list[Exchange] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        began = time.perf_counter()
        response = self._http.handle_request(request)
        told = response.read()
        one = Exchange(began, time.perf_counter(), str(request.url), request.read(), told)
        with self._lock:
            self._exchanges.append(one)
        return response

    def taken(self) -> list[Exchange]:
        """What came since this was asked last."""
        with self._lock:
            found, self._exchanges = self._exchanges, []
            return found

    def close(self) -> None:
        self._http.close()


def longest(exchanges: Iterable[Exchange]) -> int:
    """The length of the longest chain among the requests of one stream; what was told before it began was there already."""
    moments: list[tuple[float, int, Exchange]] = []
    for one in exchanges:
        moments += [(one.began, 1, one), (one.ended, 0, one)]
    moments.sort(key=lambda moment: moment[:2])
    depths: dict[int, int] = {}
    told: dict[str, int] = {}
    signed_in, others = 0, False
    for _, begins, one in moments:
        if not begins:
            _learn(told, one, depths[id(one)])
        elif one.signs_in and not others:
            # Nothing is answered without it.
            signed_in += 1
            depths[id(one)] = signed_in
        else:
            others = True
            depths[id(one)] = 1 + max(signed_in, *(_depth(told, url) for url in _urls(one)))
    return max(depths.values(), default=0)


def _depth(told: Mapping[str, int], url: str) -> int:
    path, query = _parts(url)
    above = [part for part in path if len(part) >= _LONG]
    return max([told.get(url.lower(), 0), *(told.get(name, 0) for name in _keys([*path, *query], above))])


def _learn(told: dict[str, int], one: Exchange, depth: int) -> None:
    try:
        body = json.loads(one.told)
    except ValueError:
        return
    parts = [(one.url, body)]
    if one.batch:
        paths = {inner["id"]: inner["url"] for inner in json.loads(one.asked)["requests"]}
        parts = [(paths[inner["id"]], inner.get("body")) for inner in body["responses"]]
    for url, part in parts:
        path, _ = _parts(url)
        above = [name for name in path if len(name) >= _LONG]
        for value in _named(part):
            for name in (value.lower(), *_keys(_split(value), above)):
                told[name] = min(depth, told.get(name, depth))


def _urls(one: Exchange) -> list[str]:
    if one.batch:
        return [str(inner["url"]) for inner in json.loads(one.asked)["requests"]]
    return [one.url]


def _keys(parts: Iterable[str], above: Iterable[str]) -> Iterator[str]:
    for part in parts:
        if len(part) >= _LONG:
            yield part
        else:
            yield from (f"{one}/{part}" for one in above)


def _parts(url: str) -> tuple[list[str], list[str]]:
    address = urlsplit(url)
    return _split(unquote(address.path)), _split(unquote(address.query))


def _split(text: str) -> list[str]:
    return [part for part in re.split(r"[/?&=()'|\s]+", text.lower()) if part]


def _named(body: Any, key: str = "") -> Iterator[str]:
    """Everything in an answer by which a later request may name something."""
    if isinstance(body, dict):
        for name, value in body.items():
            yield from _named(value, name.lower())
    elif isinstance(body, list):
        for value in body:
            yield from _named(value, key)
    elif isinstance(body, str | int) and key.endswith(_NAMES):
        yield str(body)
