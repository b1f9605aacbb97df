"""Twenty questions in one request, each with a fate of its own."""

import pytest

from connectors.errors import (
    AccessDenied,
    BadAnswer,
    CursorExpired,
    NotThere,
    SourceBusy,
)
from connectors.microsoft.answers import ServerFailed
from connectors.microsoft.patience import TRIES
from connectors.microsoft.tokens import Resource
from tests.microsoft.wire import V1, Batches


def sites(number):
    return [(str(n), f"/groups/{n}/sites/root") for n in range(number)]


def test_a_batch_asks_twenty_at_a_time(line):
    batches = Batches(lambda url, _: (200, {}, {"url": url}))
    transport, _, _ = line(batches)
    answers = transport.batch(sites(45))
    assert [len(urls) for urls in batches.rounds] == [20, 20, 5]
    assert answers == {str(n): {"url": f"/groups/{n}/sites/root"} for n in range(45)}


def test_only_what_was_refused_is_sent_again_after_the_longest_pause(line):
    def rule(url, asked):
        if asked == 1 and "/1/" in url:
            return 429, {"Retry-After": "4"}, {}
        if asked == 1 and "/3/" in url:
            return 503, {"retry-after": "9", "RateLimit-Reset": "2"}, {}
        return 200, {}, {"ok": url}

    batches = Batches(rule)
    transport, _, clock = line(batches)
    answers = transport.batch(sites(5))
    assert batches.rounds[1] == ["/groups/1/sites/root", "/groups/3/sites/root"]
    assert clock.slept == [9]
    assert all("ok" in answer for answer in answers.values())


def test_a_refusal_inside_a_batch_holds_for_every_worker(line):
    batches = Batches(lambda _, asked: (429, {"Retry-After": "30"}, {}) if asked == 1 else (200, {}, {}))
    transport, _, _ = line(batches, concurrency=8)
    transport.batch(sites(2))
    assert transport.throttles[Resource.GRAPH].width == 4


def test_an_answer_inside_a_batch_that_is_no_object_is_asked_for_again(line):
    batches = Batches(lambda url, asked: (200, {}, "PGh0bWw+" if asked == 1 and "/1/" in url else {"ok": 1}))
    transport, _, _ = line(batches)
    assert transport.batch(sites(3)) == {str(number): {"ok": 1} for number in range(3)}
    assert [len(urls) for urls in batches.rounds] == [3, 1]


def test_what_cannot_be_had_comes_as_its_error(line):
    statuses = {"/0/": 403, "/1/": 404, "/2/": 410, "/3/": 200}
    transport, _, _ = line(
        Batches(lambda url, _: next((status, {}, {}) for part, status in statuses.items() if part in url))
    )
    answers = transport.batch(sites(4))
    assert [type(answers[str(n)]) for n in range(4)] == [AccessDenied, NotThere, CursorExpired, dict]


def test_what_is_missing_or_fails_for_ever_is_an_error_and_the_rest_is_there(line):
    def rule(url, asked):
        if "/0/" in url:
            return None
        return (500, {}, {}) if "/1/" in url else (200, {}, {})

    batches = Batches(rule)
    transport, _, _ = line(batches)
    answers = transport.batch(sites(3))
    assert type(answers["0"]) is BadAnswer
    assert type(answers["1"]) is ServerFailed
    assert answers["2"] == {}
    assert len(batches.rounds) == TRIES


def test_a_batch_that_is_refused_for_ever_concerns_the_whole_source(line):
    transport, _, _ = line(Batches(lambda *_: (429, {"Retry-After": "2"}, {})))
    with pytest.raises(SourceBusy):
        transport.batch(sites(2))


def test_a_token_refused_inside_a_batch_is_renewed_once(line):
    batches = Batches(lambda url, asked: (401, {}, {}) if asked == 1 and "/0/" in url else (200, {}, {}))
    transport, wire, _ = line(batches)
    assert transport.batch(sites(2)) == {"0": {}, "1": {}}
    assert wire.tokens == 2
    transport, wire, _ = line(Batches(lambda *_: (401, {}, {})))
    with pytest.raises(AccessDenied):
        transport.batch(sites(2))


def test_an_absolute_link_can_be_batched(line):
    batches = Batches(lambda url, _: (200, {}, {"url": url}))
    transport, _, _ = line(batches)
    assert transport.batch([("a", V1 + "/groups?$skiptoken=x")]) == {"a": {"url": "/groups?$skiptoken=x"}}
