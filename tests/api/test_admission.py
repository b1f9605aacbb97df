"""What is refused before anybody looks who asks: tokens in addresses, and too many requests."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import Client

from service.api import admission
from service.api.admission import Admission

API = "/api/v1"


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(Admission.__init__, "__kwdefaults__", {"clock": made})
    return made


@pytest.fixture
def visits(
    make_app: Callable[..., FastAPI], visit: Any, account: tuple[str, str], clock: Clock
) -> Iterator[Client]:
    """Three requests a minute are allowed here."""
    with visit(make_app(requests_per_minute=3)) as client:
        client.auth = account
        yield client


def test_the_headers_say_how_many_requests_are_left(visits: Client, clock: Clock) -> None:
    told = []
    for _ in range(3):
        answer = visits.get(f"{API}/publication")
        assert answer.status_code == 200
        assert answer.headers["RateLimit-Policy"] == '"requests";q=3;w=60'
        told.append(answer.headers["RateLimit"])
        clock.now += 10
    assert told == ['"requests";r=2;t=60', '"requests";r=1;t=50', '"requests";r=0;t=40']


def test_too_many_requests_are_refused_until_the_minute_is_over(visits: Client, clock: Clock) -> None:
    for _ in range(3):
        visits.get(f"{API}/publication")
    refused = visits.get(f"{API}/publication")
    assert refused.status_code == 429
    assert refused.json()["type"] == "urn:resonanz:problem:too-many-requests"
    assert "wait 60 seconds" in refused.json()["detail"]
    assert refused.headers["Retry-After"] == "60"
    assert refused.headers["RateLimit"] == '"requests";r=0;t=60'
    assert visits.get(f"{API}/publication", auth=("somebody", "else")).status_code == 401  # counted apart
    feed = visits.get("/odata/v1/Metrics")
    assert feed.status_code == 429
    assert "too many" in feed.text.lower() or "requests a minute" in feed.text
    assert visits.get("/healthz").status_code == 200  # no program's
    clock.now += 60
    assert visits.get(f"{API}/publication").status_code == 200


def test_whoever_asked_longest_ago_is_forgotten_first(
    visits: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "MOST", 2)
    for name in ("anna", "ben", "anna", "cora", "anna", "anna"):
        last = visits.get(f"{API}/publication", auth=(name, "x"))
    assert last.status_code == 429  # anna's fourth; ben was forgotten for cora


def test_a_limit_of_nothing_counts_nothing(
    make_app: Callable[..., FastAPI], visit: Any, account: tuple[str, str]
) -> None:
    with visit(make_app(requests_per_minute=0)) as client:
        answer = client.get(f"{API}/publication", auth=account)
    assert answer.status_code == 200
    assert "RateLimit" not in answer.headers


@pytest.mark.parametrize(
    "query",
    [
        "token=rsz_0123456789_abc",
        "access_token=x",
        "Api_Key=x",
        "metric=rsz%5F0123456789%5Fabc",
        "rsz_0123456789_abc=1",
    ],
)
@pytest.mark.parametrize("path", [f"{API}/measurements", "/odata/v1/Measurements", "/metrics"])
def test_a_token_in_the_address_is_refused_whoever_asks(analyst: Client, path: str, query: str) -> None:
    answer = analyst.get(f"{path}?{query}")
    assert answer.status_code == 400
    assert "Authorization: Bearer" in answer.text
    assert "0123456789" not in answer.text
    if path != "/odata/v1/Measurements":
        assert answer.json()["type"] == "urn:resonanz:problem:token-in-address"
