"""Likes and views within a budget, and told where they are missing."""

from datetime import timedelta

import pytest

from connectors.activity import CounterName, Gap, Kind

BEFORE = ("rooms", "people", "contents", "comments", "deletions")


def crowd(bench, count):
    store = bench.intranet()
    for number in range(count):
        page = store.add_page("NEWS", "ada", bench.day(20 + number / 24))
        store.like(page.id, "bob")
    return store


def source_gaps(memory):
    return [
        gap
        for (stream, *_), gap in memory.open_gaps.items()
        if stream == "observations" and gap.object is None
    ]


def test_the_first_budget_is_a_hundred_requests_and_what_is_left_is_a_gap(serve, bench, memory):
    server = serve(crowd(bench, 150))
    bench.collect(server, memory, *BEFORE)
    spent = bench.collect(server, memory, "observations", now=lambda: bench.day(301)) - 2
    assert 80 <= spent <= 110
    assert source_gaps(memory) == [Gap(None, None, (Kind.REACT, Kind.VIEW), "not_due")]


def test_later_runs_go_on_with_the_others_and_close_the_gap(serve, bench, memory):
    store = crowd(bench, 150)
    server = serve(store)
    bench.collect(server, memory)
    for day in range(301, 304):
        bench.collect(server, memory, "observations", now=lambda day=day: bench.day(day))
    liked = {item for item, reactors in memory.reactors.items() if reactors.people}
    assert liked == {str(item.id) for item in store.items.values() if item.likes}
    assert all(content.observed for content in memory.known.values())


def test_the_budget_can_be_given(serve, bench, memory):
    server = serve(crowd(bench, 60))
    bench.collect(server, memory, *BEFORE)
    before = len(server.requests)
    bench.collect(server, memory, "rooms", "observations", observe=12)
    seen = [s for s in server.requests[before:] if "likes" in s.path or "views" in s.path.lower()]
    assert 4 <= len(seen) <= 12


def test_everything_is_looked_at_on_request(serve, bench, memory):
    server = serve(crowd(bench, 150))
    bench.collect(server, memory, observe="all")
    assert all(content.observed for content in memory.known.values())
    assert not memory.open_gaps


def test_what_was_looked_at_today_can_wait(serve, company, bench, memory):
    server = serve(company)
    bench.collect(server, memory)
    before = len(server.requests)
    bench.collect(server, memory, "observations", now=lambda: bench.day(300) + timedelta(hours=19))
    assert [s for s in server.requests[before:] if "likes" in s.path] == []
    bench.collect(server, memory, "observations", now=lambda: bench.day(300) + timedelta(hours=21))
    assert [s for s in server.requests[before:] if "likes" in s.path] != []


def test_a_like_taken_back_is_missing_from_the_next_look(serve, company, bench, memory):
    server = serve(company)
    bench.collect(server, memory)
    post = next(item for item in company.items.values() if item.type == "blogpost")
    company.unlike(post.id, "bob")
    company.like(post.id, "kim")
    bench.collect(server, memory, "observations", now=lambda: bench.day(302))
    assert memory.reactors[str(post.id)].people == {"eve", "kim"}


def test_contents_without_likes_cost_no_request_where_the_list_counts_them(
    serve_data_center, company, bench, memory
):
    server = serve_data_center(company)
    bench.collect(server, memory)
    assert len([seen for seen in server.requests if seen.path.endswith("/likes")]) == 2
    assert len(memory.reactors) == 8


def test_without_counts_every_content_is_asked(serve_data_center, company, bench, memory):
    server = serve_data_center(company, like_counts=False)
    bench.collect(server, memory)
    assert len([seen for seen in server.requests if seen.path.endswith("/likes")]) == 8
    assert len(memory.reactors) == 8


def test_user_names_of_data_center_likes_become_user_keys(serve_data_center, company, bench, memory):
    company.accounts["eve"].username = "eve.adams"
    company.add_account("u-77", username="max.muster")
    post = next(item for item in company.items.values() if item.type == "blogpost")
    company.like(post.id, "u-77")
    bench.collect(serve_data_center(company), memory)
    assert memory.reactors[str(post.id)].people == {"bob", "eve", "u-77"}


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "unsupported"), (403, "access_denied"), (501, "unsupported")]
)
def test_views_that_are_not_offered_are_found_out_soon_and_told_once(serve, bench, memory, status, reason):
    server = serve(crowd(bench, 60))
    server.faults.add(bench.faults.failure(status, path="analytics/", times=None))
    bench.collect(server, memory, observe="all")
    assert Gap(None, None, (Kind.VIEW,), reason) in source_gaps(memory)
    assert len([s for s in server.requests if "analytics" in s.path]) < 40
    assert sum(bool(reactors.people) for reactors in memory.reactors.values()) == 62


def test_likes_that_are_not_offered_leave_views(serve, bench, memory):
    server = serve(crowd(bench, 60))
    server.faults.add(bench.faults.failure(404, path="/likes", times=None))
    bench.collect(server, memory, observe="all")
    assert Gap(None, None, (Kind.REACT,), "unsupported") in source_gaps(memory)
    assert (CounterName.VIEWS, next(iter(memory.known))) in memory.counters
    assert not any(reactors.people for reactors in memory.reactors.values())


def test_one_content_that_refuses_is_a_gap_of_its_own_until_it_answers(serve, company, bench, memory):
    server = serve(company)
    post = next(item for item in company.items.values() if item.type == "blogpost")
    server.faults.add(bench.faults.failure(403, path=f"/{post.id}/likes", times=None))
    bench.collect(server, memory)
    room = str(company.spaces["NEWS"].id)
    assert list(memory.open_gaps.values()) == [Gap(room, str(post.id), (Kind.REACT,), "access_denied")]
    server.faults.clear()
    bench.collect(server, memory, "observations", now=lambda: bench.day(302))
    assert not memory.open_gaps


def test_a_run_cut_short_does_not_spend_its_budget_twice(serve, bench, memory):
    server = serve(crowd(bench, 150))
    bench.collect(server, memory, *BEFORE)
    connector = bench.connect(server, memory)
    pages = connector.read("observations", None)
    memory.store("observations", next(pages))
    pages.close()
    bench.collect(server, memory, "observations")
    spent = [seen for seen in server.requests if "likes" in seen.path or "view" in seen.path.lower()]
    assert 90 <= len(spent) <= 110


def test_cheap_contents_do_not_hide_that_others_were_left(serve_data_center, bench, memory):
    store = bench.intranet()
    post = next(item.id for item in store.items.values() if item.type == "blogpost")
    for number in range(60):
        store.add_comment(post, "eve", bench.day(20 + number / 24))
    bench.collect(serve_data_center(store), memory, observe=2)
    assert source_gaps(memory) == [Gap(None, None, (Kind.REACT, Kind.VIEW), "not_due")]
    assert not all(content.observed for content in memory.known.values())


def test_every_complete_look_ends_its_run_so_that_the_next_begins_anew(serve, bench, memory):
    store = crowd(bench, 30)
    server = serve(store)
    page = str(max(store.items))
    for night in range(301, 306):
        when = bench.day(night)
        if night > 301:
            store.add_account(f"reader{night}")
            store.like(int(page), f"reader{night}", when=when)
        bench.collect(server, memory, observe="all", now=lambda when=when: when)
        assert len(memory.reactors[page].people) == night - 300
