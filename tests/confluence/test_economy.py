"""How few requests a collection takes: the figures that are promised, on a generated company."""

from datetime import UTC, date, datetime

import pytest

from service.demo.company import Company

UNTIL = date(2026, 6, 1)


@pytest.fixture(scope="module")
def generated():
    return Company.generate(7, until=UNTIL, scale=1.0)


def now():
    return datetime(2026, 6, 2, tzinfo=UTC)


def test_a_first_collection_with_version_history_takes_a_fifth_of_a_request_per_item(
    serve, bench, memory, generated
):
    store = generated.stores["intranet"]
    requests = bench.collect(serve(store), memory, now=now)
    assert bench.complete(memory, store)
    assert requests / len(memory.known) <= 0.2


def test_a_first_collection_without_history_takes_a_twentieth(serve, bench, memory, generated):
    store = generated.stores["intranet"]
    requests = bench.collect(serve(store), memory, now=now, history=False)
    assert len(memory.known) > 5000
    assert requests / len(memory.known) <= 0.05


def test_pages_are_asked_for_at_the_platform_s_maximum(serve, bench, memory, generated):
    server = serve(generated.stores["intranet"])
    bench.collect(server, memory, "contents", "comments", history=False, now=now)
    limits = {seen.query["limit"][0] for seen in server.requests if "limit" in seen.query} - {"1"}
    assert limits <= ({"250", "200", "50"} if serve.cloud else {"200", "500"})


def test_replies_that_the_lists_hide_cost_little_more(serve_cloud, bench, memory, generated):
    store = generated.stores["intranet"]
    requests = bench.collect(serve_cloud(store, replies_listed=False), memory, now=now)
    assert bench.complete(memory, store)
    assert requests / len(memory.known) <= 0.2
