"""Tombstones: for what is gone, and for nothing else."""

import pytest

from connectors.activity import Gap, Kind


def gone(memory):
    return {activity.object for activity in memory.of(Kind.DELETE)}


def comments_of(company, item):
    return {str(id_) for id_ in company.comments.get(item, ())}


@pytest.mark.parametrize("way", ["trash", "purge"])
def test_a_deleted_page_and_its_comments_become_tombstones(serve, company, bench, memory, way):
    server = serve(company)
    bench.collect(server, memory)
    page = next(
        item for item in company.items.values() if item.type == "page" and company.comments.get(item.id)
    )
    lost = {str(page.id)} | comments_of(company, page.id)
    getattr(company, way)(page.id)
    bench.collect(server, memory)
    assert gone(memory) == lost
    assert {id_ for id_, content in memory.known.items() if content.deleted} == lost
    assert all(not activity.dated and activity.person is None for activity in memory.of(Kind.DELETE))


def test_a_deleted_comment_takes_only_its_replies_along(serve, company, bench, memory):
    server = serve(company)
    bench.collect(server, memory)
    reply = next(item for item in company.items.values() if item.parent)
    below = {str(item.id) for item in company.items.values() if item.parent == reply.id}
    company.purge(reply.id)
    bench.collect(server, memory)
    assert gone(memory) == {str(reply.id)} | below


def test_nothing_deleted_costs_one_request(serve, company, bench, memory):
    server = serve(company)
    bench.collect(server, memory)
    assert bench.collect(server, memory, "deletions") == 1
    assert gone(memory) == set()


def test_a_tombstone_is_not_written_twice(serve, company, bench, memory):
    server = serve(company)
    bench.collect(server, memory)
    company.trash(next(item.id for item in company.items.values() if item.type == "blogpost"))
    bench.collect(server, memory)
    count = len(gone(memory))
    assert bench.collect(server, memory, "deletions") == 1
    assert len(gone(memory)) == count == 4


def test_a_restored_page_is_remembered_again(serve, company, bench, memory):
    server = serve(company)
    bench.collect(server, memory)
    post = next(item for item in company.items.values() if item.type == "blogpost")
    company.trash(post.id)
    bench.collect(server, memory)
    company.restore(post.id)
    company.edit(post.id, "ada", bench.day(90))
    bench.collect(server, memory)
    assert not memory.known[str(post.id)].deleted
    assert bench.complete(memory, company)


def test_a_hidden_room_does_not_hide_a_deletion_elsewhere(serve, company, bench, memory):
    server = serve(company)
    bench.collect(server, memory)
    company.hide_space("SALES")
    bench.collect(server, memory)
    post = next(item for item in company.items.values() if item.type == "blogpost")
    lost = {str(post.id)} | comments_of(company, post.id)
    company.trash(post.id)
    bench.collect(server, memory)
    assert gone(memory) == lost


def test_what_was_missed_is_found_by_its_number(serve, company, bench, memory):
    server = serve(company)
    bench.collect(server, memory)
    for id_ in list(memory.known)[:2]:
        del memory.known[id_]
        memory.activities = {key: a for key, a in memory.activities.items() if a.object != id_}
    del memory.cursors["deletions"]
    bench.collect(server, memory, "deletions")
    assert bench.complete(memory, company)


def test_replies_that_lists_do_not_show_are_not_taken_for_deleted(serve_cloud, company, bench, memory):
    server = serve_cloud(company, replies_listed=False)
    bench.collect(server, memory)
    company.trash(
        next(item.id for item in company.items.values() if item.type == "page" and item.space == "SALES")
    )
    bench.collect(server, memory)
    here = {str(item.id) for item in company.items.values() if company.standing(item) == "trashed"}
    assert gone(memory) == here


def test_without_search_deletions_are_a_gap_until_it_answers_again(serve_cloud, company, bench, memory):
    server = serve_cloud(company)
    server.faults.add(bench.faults.failure(403, path="/rest/api/search$", times=None))
    bench.collect(server, memory, "rooms", "people", "contents", "comments", "deletions")
    assert [gap for (stream, *_), gap in memory.open_gaps.items() if stream == "deletions"] == [
        Gap(None, None, (Kind.DELETE,), "access_denied")
    ]
    server.faults.clear()
    bench.collect(server, memory, "deletions")
    assert not [stream for (stream, *_) in memory.open_gaps if stream == "deletions"]


def test_a_content_that_refuses_an_answer_is_a_gap_and_no_tombstone(serve, company, bench, memory):
    server = serve(company)
    bench.collect(server, memory)
    post = next(item for item in company.items.values() if item.type == "blogpost")
    company.trash(post.id)
    server.faults.add(bench.faults.failure(403, path=f"/(blogposts|content)/{post.id}$", times=None))
    bench.collect(server, memory)
    assert str(post.id) not in gone(memory)
    assert [gap.object for gap in memory.open_gaps.values()] == [str(post.id)]
    server.faults.clear()
    bench.collect(server, memory, "deletions", now=lambda: bench.day(302))
    assert str(post.id) in gone(memory)
    assert not memory.open_gaps
