"""Later runs: what is new and nothing else, whatever happens on the platform meanwhile."""

from functools import partial

import pytest

from connectors.activity import Kind

CONTENT_STREAMS = ("contents", "comments", "deletions")


def grown(bench, times):
    """The small intranet with `times` as many old pages again."""
    store = bench.intranet()
    for number in range(times):
        store.add_page("NEWS", "ada", bench.day(-200 + number / 10))
    return store


def test_a_run_with_nothing_new_costs_the_same_for_few_and_for_many_contents(serve, bench):
    costs = []
    for times in (0, 700):
        store, memory = grown(bench, times), bench.new_memory()
        server = serve(store)
        bench.collect(server, memory, *CONTENT_STREAMS, "rooms", "people")
        costs.append(bench.collect(server, memory, *CONTENT_STREAMS, "rooms", "people"))
        assert memory.repeated == 0
    assert costs[0] == costs[1]


def test_a_run_with_nothing_new_yields_no_activity_and_no_content(serve, company, bench, memory):
    server = serve(company)
    bench.collect(server, memory)
    connector = bench.connect(server, memory)
    for stream in CONTENT_STREAMS:
        assert list(connector.read(stream, memory.cursors[stream])) == []


def test_what_happened_since_is_read_by_the_next_run(serve, company, bench, memory):
    server = serve(company)
    bench.collect(server, memory)
    page = next(item for item in company.items.values() if item.type == "page")
    company.edit(page.id, "kim", bench.day(40))
    company.add_post("SALES", "eve", bench.day(41))
    comment = company.add_comment(page.id, "bob", bench.day(42))
    company.add_comment(comment.id, "eve", bench.day(43))
    bench.collect(server, memory)
    assert bench.complete(memory, company)
    assert memory.repeated == 0


@pytest.mark.usefixtures("small_pages")
def test_a_change_dated_into_the_future_hides_nothing_that_comes_after(serve, company, bench, memory):
    """A server whose clock was wrong for a while: what it wrote meanwhile stays the latest change for years."""
    page = next(item for item in company.items.values() if item.type == "page")
    company.edit(page.id, "kim", bench.day(3000))
    server = serve(company)
    bench.collect(server, memory)
    for number in range(301, 304):
        for _ in range(3):
            company.add_page("SALES", "eve", bench.day(number))
        company.edit(page.id, "kim", bench.day(3000 + number))
        bench.collect(server, memory, now=partial(bench.day, number + 0.1))
        assert bench.complete(memory, company)


def test_one_new_version_is_known_from_the_list_alone(serve, company, bench, memory):
    server = serve(company)
    bench.collect(server, memory)
    page = next(item for item in company.items.values() if item.type == "page")
    company.edit(page.id, "kim", bench.day(40))
    before = len(server.requests)
    bench.collect(server, memory, "contents")
    assert bench.complete(memory, company)
    assert not [seen for seen in server.requests[before:] if "version" in seen.path.rsplit("/", 1)[-1]]


def test_several_new_versions_are_all_read(serve, company, bench, memory):
    server = serve(company)
    bench.collect(server, memory)
    page = next(item for item in company.items.values() if item.type == "page")
    for number in range(4):
        company.edit(page.id, "kim", bench.day(40 + number))
    bench.collect(server, memory, "contents")
    assert bench.complete(memory, company)
    assert memory.repeated == 0


def test_versions_in_between_can_be_left_out_and_are_a_gap(serve, company, bench, memory):
    server = serve(company)
    bench.collect(server, memory, "contents", history=False)
    edits = memory.of(Kind.EDIT)
    assert sorted(edit.key.partition("/")[2] for edit in edits) == ["2", "3"]
    assert [gap.reason for gap in memory.open_gaps.values()] == ["not_due"]
    assert not [seen for seen in server.requests if "version" in seen.path.rsplit("/", 1)[-1]]


def paused(bench, server, memory, change, after):
    """Reads the contents and lets `change` happen on the platform after some pages."""
    connector = bench.connect(server, memory)
    for number, page in enumerate(connector.read("contents", memory.cursors.get("contents")), start=1):
        memory.store("contents", page)
        if number == after:
            change()


@pytest.mark.parametrize("after", [1, 2, 3])
@pytest.mark.usefixtures("small_pages")
def test_items_edited_while_the_first_collection_pages_through_them_are_not_lost(serve, bench, memory, after):
    store = grown(bench, 9)
    server = serve(store)
    pages = [item.id for item in store.items.values() if item.type == "page" and item.space != "~ada"]

    def edit_all():
        for number, page in enumerate(pages):
            store.edit(page, "kim", bench.day(50 + number))

    bench.collect(server, memory, "rooms")
    paused(bench, server, memory, edit_all, after)
    bench.collect(server, memory)
    assert bench.complete(memory, store)


@pytest.mark.parametrize("after", [1, 2, 3, 4])
@pytest.mark.usefixtures("small_pages")
def test_items_deleted_while_the_first_collection_pages_take_none_along(serve, bench, memory, after):
    store = grown(bench, 12)
    server = serve(store)
    first = [item.id for item in sorted(store.items.values(), key=lambda item: item.created)][:3]
    paused(bench, server, memory, lambda: [store.purge(item) for item in first], after)
    bench.collect(server, memory)
    assert bench.expected(store) <= bench.collected(memory, store)


@pytest.mark.parametrize("after", [1, 2])
@pytest.mark.usefixtures("small_pages")
def test_items_edited_while_a_later_run_pages_through_the_changes_are_not_lost(serve, bench, memory, after):
    store = grown(bench, 9)
    server = serve(store)
    bench.collect(server, memory)
    pages = [item.id for item in store.items.values() if item.type == "page" and item.space == "NEWS"]
    for number, page in enumerate(pages):
        store.edit(page, "kim", bench.day(50 + number))

    def edit_again():
        for number, page in enumerate(reversed(pages)):
            store.edit(page, "eve", bench.day(70 + number))

    paused(bench, server, memory, edit_again, after)
    bench.collect(server, memory)
    assert bench.complete(memory, store)


def test_a_comment_on_a_page_made_since_the_pages_were_read_finds_its_room(serve, company, bench, memory):
    server = serve(company)
    bench.collect(server, memory, "rooms", "people", "contents")
    page = company.add_page("SALES", "ada", bench.day(60))
    company.add_comment(page.id, "bob", bench.day(61))
    bench.collect(server, memory, "comments")
    bench.collect(server, memory, "contents")
    assert bench.complete(memory, company)


def test_a_room_that_becomes_unreadable_is_a_gap_and_its_contents_are_not_deleted(
    serve, company, bench, memory
):
    server = serve(company)
    bench.collect(server, memory)
    company.hide_space("SALES")
    bench.collect(server, memory)
    sales = str(company.spaces["SALES"].id)
    assert memory.of(Kind.DELETE) == []
    gaps = {(stream, gap.room) for (stream, *_), gap in memory.open_gaps.items()}
    assert {("contents", sales), ("comments", sales)} <= gaps


@pytest.mark.parametrize("refusal", [403, 404])
def test_a_listed_room_that_refuses_is_a_gap_of_every_kind(serve, company, bench, memory, refusal):
    company.hide_space("SALES", refusal, listed=True)
    server = serve(company)
    bench.collect(server, memory)
    sales = str(company.spaces["SALES"].id)
    gaps = [gap for gap in memory.open_gaps.values() if gap.room == sales]
    assert {kind for gap in gaps for kind in gap.kinds} >= {
        Kind.CREATE,
        Kind.EDIT,
        Kind.COMMENT,
        Kind.REPLY,
        Kind.JOIN,
    }
    assert {gap.reason for gap in gaps} == {"access_denied" if refusal == 403 else "not_found"}
    assert bench.complete(memory, company)


def test_a_room_that_becomes_readable_is_read_in_full_and_its_gap_closed(serve, company, bench, memory):
    company.hide_space("SALES", 403, listed=True)
    server = serve(company)
    bench.collect(server, memory)
    company.show_space("SALES")
    bench.collect(server, memory)
    assert bench.complete(memory, company)
    assert not memory.open_gaps


def test_a_room_shown_again_is_read_for_what_happened_meanwhile(serve, company, bench, memory):
    server = serve(company)
    bench.collect(server, memory)
    company.hide_space("SALES")
    bench.collect(server, memory)
    page = company.add_page("SALES", "bob", bench.day(70))
    company.add_comment(page.id, "eve", bench.day(71), location="inline")
    company.add_post("NEWS", "eve", bench.day(90))
    bench.collect(server, memory)
    company.show_space("SALES")
    bench.collect(server, memory)
    assert bench.complete(memory, company)
    assert not memory.open_gaps


@pytest.mark.usefixtures("small_pages")
def test_an_old_room_shown_for_the_first_time_is_read_in_full(serve, bench, memory):
    store = bench.intranet()
    store.hide_space("SALES")
    server = serve(store)
    bench.collect(server, memory)
    store.show_space("SALES")
    bench.collect(server, memory)
    assert bench.complete(memory, store)


def test_archived_rooms_are_read_and_marked(serve, company, bench, memory):
    company.archive_space("SALES")
    server = serve(company)
    bench.collect(server, memory)
    assert {room.handle: room.archived for room in memory.rooms.values()} == {"NEWS": False, "SALES": True}
    assert bench.complete(memory, company)
