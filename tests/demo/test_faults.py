"""Each fault does what it says, as often as it says, and leaves a trace in the record of requests."""

import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import pytest

from service.demo import faults
from service.demo.confluence_cloud import Cloud

PAGES = "/api/v2/pages"


@pytest.fixture
def server(site):
    with Cloud(site.store) as running:
        yield running


def test_busy_answers_429_with_seconds_a_date_zero_or_no_header(server, ask):
    server.faults.add(
        faults.busy(7), faults.busy(90, "date"), faults.busy(0), faults.busy(None), faults.busy(3, status=503)
    )
    answers = [ask(server, PAGES) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [429, 429, 429, 429, 503, 200]
    headers = [answer.headers.get("retry-after") for answer in answers]
    assert (headers[0], headers[2], headers[3], headers[4], headers[5]) == ("7", "0", None, "3", None)
    wait = parsedate_to_datetime(headers[1]) - datetime.now(UTC)
    assert timedelta(seconds=85) < wait <= timedelta(seconds=91)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_failure_answers_with_its_status_once(server, ask, status):
    server.faults.add(faults.failure(status))
    assert [ask(server, PAGES).status_code for _ in range(2)] == [status, 200]
    assert [request.status for request in server.requests] == [status, 200]


def test_a_fault_waits_for_its_turn_and_strikes_as_often_as_told(server, ask):
    server.faults.add(faults.failure(500, after=2, times=2))
    assert [ask(server, PAGES).status_code for _ in range(5)] == [200, 500, 500, 200, 200]


def test_a_fault_meets_only_the_requests_it_names(server, site, ask):
    server.faults.add(faults.failure(500, path=r"/pages/\d+/likes", times=None))
    server.faults.add(faults.failure(502, query={"limit": "7"}, times=None))
    assert ask(server, PAGES).status_code == 200
    assert ask(server, f"{PAGES}/{site.page}/likes/users").status_code == 500
    assert ask(server, PAGES, limit=7).status_code == 502


def test_chance_is_the_same_for_the_same_seed(server, ask):
    def struck(seed):
        server.faults.clear()
        server.faults.add(faults.failure(500, times=None, chance=0.3, seed=seed))
        return [ask(server, PAGES).status_code for _ in range(40)]

    first = struck(1)
    assert first == struck(1)
    assert first != struck(2)
    assert 3 <= first.count(500) <= 24


def test_reset_cuts_the_connection_before_or_amid_the_body(server, ask):
    server.faults.add(faults.reset(None), faults.reset(0.5))
    for _ in range(2):
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            ask(server, PAGES)
    assert ask(server, PAGES).status_code == 200
    assert [request.status for request in server.requests] == [0, 200, 200]


def test_truncated_is_200_with_half_the_json(server, ask):
    server.faults.add(faults.truncated())
    half, whole = ask(server, PAGES), ask(server, PAGES)
    assert (half.status_code, half.headers["content-type"]) == (200, "application/json")
    assert whole.text.startswith(half.text)
    with pytest.raises(json.JSONDecodeError):
        half.json()


def test_empty_and_login_page_are_200_without_json(server, ask):
    server.faults.add(faults.empty(), faults.login_page())
    assert (empty := ask(server, PAGES)).status_code == 200
    assert empty.content == b""
    page = ask(server, PAGES)
    assert (page.status_code, page.headers["content-type"].split(";")[0]) == (200, "text/html")
    assert "<form" in page.text


def test_slow_drips_the_right_answer(server, ask):
    right = ask(server, PAGES).json()
    server.faults.add(faults.slow(0.05, pieces=4))
    began = time.monotonic()
    assert ask(server, PAGES).json() == right
    assert time.monotonic() - began >= 0.2


def test_repeated_cursor_leads_to_the_same_page_again(server, ask):
    first = ask(server, PAGES, limit=1).json()
    following = first["_links"]["next"].removeprefix("/wiki")
    server.faults.add(faults.repeated_cursor(path="/pages$", times=None))
    again = ask(server, PAGES, limit=1).json()
    assert again["_links"]["next"].removeprefix("/wiki") == f"{PAGES}?limit=1"
    site_end = ask(server, following).json()
    assert "next" not in site_end["_links"]


@pytest.mark.parametrize("status", [410, 400])
def test_expired_cursor_refuses_cursors_only(server, ask, status):
    following = ask(server, PAGES, limit=1).json()["_links"]["next"].removeprefix("/wiki")
    server.faults.add(faults.expired_cursor(status))
    assert ask(server, PAGES, limit=1).status_code == 200
    assert ask(server, following).status_code == status
    assert ask(server, following).status_code == 200


def test_a_broken_item_breaks_every_page_that_shows_it(server, site, ask):
    server.faults.add(faults.broken_items(site.other))
    assert ask(server, PAGES, limit=2).status_code == 500
    first = ask(server, PAGES, limit=1)
    assert first.status_code == 200
    assert ask(server, first.json()["_links"]["next"].removeprefix("/wiki")).status_code == 500
    assert ask(server, f"{PAGES}/{site.other}").status_code == 500
    assert ask(server, f"{PAGES}/{site.page}").status_code == 200
    assert ask(server, "/rest/api/search", cql="type=page").status_code == 500
    assert ask(server, "/rest/api/search", cql="type=blogpost").status_code == 200


def test_latency_delays_every_request(server, ask):
    server.faults.latency = 0.05
    began = time.monotonic()
    ask(server, PAGES)
    assert time.monotonic() - began >= 0.05


def test_faults_act_before_the_credential_is_looked_at(server):
    server.faults.add(faults.login_page())
    assert httpx.get(server.url + PAGES, trust_env=False).status_code == 200
    assert httpx.get(server.url + PAGES, trust_env=False).status_code == 401
