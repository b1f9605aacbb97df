"""Bad days: whatever the server or the network does, the same activities arrive, or a gap says what is missing."""

import pytest

from connectors.activity import Kind
from connectors.errors import BadAnswer, CursorExpired, SourceBusy, SourceUnreachable

STREAMS = ("rooms", "people", "contents", "comments", "deletions")

PASSING = {
    "429 with seconds": lambda faults, **when: faults.busy(3, **when),
    "429 with a date": lambda faults, **when: faults.busy(3, form="date", **when),
    "429 with zero": lambda faults, **when: faults.busy(0, **when),
    "429 without a time": lambda faults, **when: faults.busy(None, **when),
    "503 with seconds": lambda faults, **when: faults.busy(2, status=503, **when),
    "503": lambda faults, **when: faults.failure(503, **when),
    "500": lambda faults, **when: faults.failure(500, **when),
    "502": lambda faults, **when: faults.failure(502, **when),
    "a reset before the answer": lambda faults, **when: faults.reset(None, **when),
    "a reset in mid-body": lambda faults, **when: faults.reset(0.5, **when),
    "truncated JSON": lambda faults, **when: faults.truncated(**when),
    "an empty body": lambda faults, **when: faults.empty(**when),
    "HTML with 200": lambda faults, **when: faults.login_page(**when),
}


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.usefixtures("small_pages")
def test_what_passes_is_overcome(serve, company, bench, memory, fault):
    server = serve(company, **({} if serve.cloud else {"cap_expanded": 2}))
    for after in (1, 4, 8, 11, 14):
        server.faults.add(PASSING[fault](bench.faults, after=after))
    bench.collect(server, memory, *STREAMS)
    assert [fault.struck for fault in server.faults.faults] == [1] * 5
    assert bench.complete(memory, company)
    assert not memory.open_gaps


@pytest.mark.usefixtures("small_pages")
def test_every_third_answer_failing_is_overcome(serve, company, bench, memory):
    server = serve(company)
    kinds = [
        bench.faults.busy(1),
        bench.faults.failure(502),
        bench.faults.reset(0.3),
        bench.faults.truncated(),
    ]
    for seed, fault in enumerate(kinds):
        fault.times, fault.chance, fault.seed = None, 0.08, seed
        server.faults.add(fault)
    bench.collect(server, memory, *STREAMS)
    assert bench.complete(memory, company)


@pytest.mark.parametrize(
    "lasting",
    [
        ("429 with seconds", SourceBusy),
        ("429 without a time", SourceBusy),
        ("502", SourceUnreachable),
        ("a reset before the answer", SourceUnreachable),
        ("HTML with 200", BadAnswer),
    ],
)
def test_what_lasts_is_told_after_a_bounded_number_of_tries(serve, company, bench, memory, lasting):
    fault, error = lasting
    server = serve(company)
    server.faults.add(PASSING[fault](bench.faults, times=None))
    with pytest.raises(error):
        bench.collect(server, memory, "rooms")
    assert 2 <= len(server.requests) <= 6


def test_no_html_of_the_server_is_in_the_message(serve, company, bench, memory):
    server = serve(company)
    server.faults.add(bench.faults.login_page(times=None))
    with pytest.raises(BadAnswer) as told:
        bench.collect(server, memory, "rooms")
    assert "<" not in str(told.value)
    assert "sign-in" in str(told.value)


@pytest.mark.usefixtures("small_pages")
def test_a_cursor_that_repeats_once_is_overcome(serve_cloud, bench, memory):
    store, _ = many(bench)
    server = serve_cloud(store)
    server.faults.add(bench.faults.repeated_cursor(path="/api/v2/pages$", cursor=True, after=2))
    bench.collect(server, memory, *STREAMS)
    assert server.faults.faults[0].struck == 1
    assert bench.complete(memory, store)


@pytest.mark.usefixtures("small_pages")
def test_a_cursor_that_repeats_for_ever_ends_in_an_error(serve_cloud, bench, memory):
    store, _ = many(bench)
    server = serve_cloud(store)
    server.faults.add(bench.faults.repeated_cursor(path="/api/v2/pages$", cursor=True, times=None))
    with pytest.raises(BadAnswer):
        bench.collect(server, memory, *STREAMS)
    assert len(server.requests) < 60


@pytest.mark.parametrize("status", [400, 410])
@pytest.mark.usefixtures("small_pages")
def test_an_expired_cursor_starts_the_listing_anew(serve_cloud, company, bench, memory, status):
    server = serve_cloud(company)
    connector = bench.connect(server, memory)
    pages = connector.read("contents", None)
    memory.store("contents", next(pages))
    pages.close()
    server.faults.add(bench.faults.expired_cursor(status, path="/api/v2/pages$"))
    bench.collect(server, memory, *STREAMS)
    assert server.faults.faults[0].struck == 1
    assert bench.complete(memory, company)
    assert memory.repeated == 0


@pytest.mark.usefixtures("small_pages")
def test_a_cursor_that_always_expires_is_told(serve_cloud, company, bench, memory):
    server = serve_cloud(company)
    server.faults.add(bench.faults.expired_cursor(path="/api/v2/pages$", times=None))
    with pytest.raises(CursorExpired):
        bench.collect(server, memory, *STREAMS)


@pytest.mark.parametrize("stream", ["contents", "comments", "deletions", "observations"])
def test_a_foreign_cursor_is_not_taken_for_ours(serve, company, bench, memory, stream):
    connector = bench.connect(serve(company), memory)
    for cursor in ("{}x", '{"form":99}', '{"other":1}', "[]"):
        with pytest.raises(CursorExpired):
            list(connector.read(stream, cursor))


def many(bench, count=12):
    store = bench.intranet()
    pages = [store.add_page("NEWS", "ada", bench.day(20 + number)) for number in range(count)]
    return store, pages


@pytest.mark.parametrize("place", [0, 5, 11])
def test_a_broken_item_costs_itself_only_and_is_a_gap(serve, bench, memory, place):
    store, pages = many(bench)
    server = serve(store)
    server.faults.add(bench.faults.broken_items(pages[place].id))
    bench.collect(server, memory, *STREAMS)
    missing = bench.expected(store) - bench.collected(memory, store)
    assert {entry[3] for entry in missing} == {str(pages[place].id)}
    assert [gap.kinds for gap in memory.open_gaps.values() if gap.reason == "broken"][:1] == [
        (Kind.CREATE, Kind.EDIT)
    ]
    server.faults.clear()
    bench.collect(server, memory, *STREAMS, now=lambda: bench.day(320))
    assert bench.complete(memory, store)


def test_a_broken_item_the_search_still_knows_is_named(serve_cloud, bench, memory):
    store, pages = many(bench)
    server = serve_cloud(store)
    server.faults.add(bench.faults.broken_items(pages[5].id, path="/api/v2/"))
    bench.collect(server, memory, *STREAMS)
    assert [(gap.object, gap.reason) for gap in memory.open_gaps.values()] == [(str(pages[5].id), "broken")]
    server.faults.clear()
    bench.collect(server, memory, *STREAMS)
    assert bench.complete(memory, store)
    assert not memory.open_gaps


def test_a_platform_that_fails_for_everything_is_not_taken_for_broken_items(serve, bench, memory):
    store, _ = many(bench, 60)
    server = serve(store)
    server.faults.add(bench.faults.failure(500, path="/(pages|search|content/search)$", times=None))
    with pytest.raises(SourceUnreachable):
        bench.collect(server, memory, "contents")


def test_versions_that_cannot_be_read_are_a_gap_and_read_later(serve, company, bench, memory):
    server = serve(company)
    server.faults.add(bench.faults.failure(403, path="/versions?$", times=None))
    bench.collect(server, memory, *STREAMS)
    page = next(item for item in company.items.values() if len(item.versions) == 3)
    assert [(gap.object, gap.kinds) for gap in memory.open_gaps.values()] == [(str(page.id), (Kind.EDIT,))]
    server.faults.clear()
    bench.collect(server, memory, *STREAMS)
    assert bench.complete(memory, company)
    assert not memory.open_gaps


def test_groups_that_may_not_be_read_are_a_gap_and_contents_still_arrive(serve, company, bench, memory):
    server = serve(company)
    server.faults.add(bench.faults.failure(403, path="/group", times=None))
    bench.collect(server, memory, *STREAMS)
    assert bench.complete(memory, company)
    assert (Kind.JOIN, Kind.LEAVE) in {gap.kinds for gap in memory.open_gaps.values()}
    assert not any(members.complete for members in memory.members.values())


def test_permissions_that_may_not_be_read_leave_openness_unknown(serve, company, bench, memory):
    server = serve(company, admin=False)
    bench.collect(server, memory, *STREAMS)
    assert bench.complete(memory, company)
    if serve.cloud:
        assert {room.open for room in memory.rooms.values()} == {None}
        assert {room.name for room in memory.rooms.values()} == {None}
        assert not memory.members


def test_an_older_data_center_shows_permissions_when_a_space_is_expanded(
    serve_data_center, company, bench, memory
):
    bench.collect(serve_data_center(company, permissions=False), memory)
    rooms = {room.handle: room.key for room in memory.rooms.values()}
    assert memory.members[rooms["SALES"]].people == {"ada", "bob", "eve"}
    assert memory.members[rooms["NEWS"]].owners == {"ada"}


def test_a_broken_comment_is_passed_with_a_single_worker(serve, bench, memory):
    store, pages = many(bench)
    comments = [
        store.add_comment(page.id, "eve", bench.day(40 + number)) for number, page in enumerate(pages)
    ]
    server = serve(store)
    server.faults.add(bench.faults.broken_items(comments[4].id, path="/(api/v2|rest/api/search)"))
    bench.collect(server, memory, *STREAMS, concurrency=1)
    missing = bench.expected(store) - bench.collected(memory, store)
    assert {entry[3] for entry in missing} == {str(comments[4].id)}


def test_a_list_by_position_that_never_ends_is_told(serve_data_center, company, bench, memory, monkeypatch):
    server = serve_data_center(company)
    connector = bench.connect(server, memory)
    page = {
        "results": [{"name": "confluence-users"}],
        "limit": 1,
        "_links": {"next": "/rest/api/group?start=1"},
    }
    monkeypatch.setattr(connector._source.transport, "get", lambda path, params: page)
    with pytest.raises(BadAnswer):
        connector._source.platform.groups()


def test_a_change_below_a_broken_item_arrives_with_the_next_run(serve, bench, memory):
    store, pages = many(bench)
    server = serve(store)
    bench.collect(server, memory, *STREAMS)
    store.edit(pages[2].id, "eve", bench.day(60))
    store.edit(pages[7].id, "eve", bench.day(61))
    server.faults.add(bench.faults.broken_items(pages[7].id))
    bench.collect(server, memory, *STREAMS)
    bench.collect(server, memory, *STREAMS)
    missing = bench.expected(store) - bench.collected(memory, store)
    assert {(entry[3], entry[4]) for entry in missing} == {(str(pages[7].id), 2)}
    server.faults.clear()
    bench.collect(server, memory, *STREAMS, now=lambda: bench.day(320))
    assert bench.complete(memory, store)
