"""Conversations in the mailboxes of groups."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from connectors.activity import ContentType, Kind, PersonKind
from connectors.errors import CursorExpired
from connectors.microsoft.groups import _post
from connectors.microsoft.senders import Senders

STREAM = "group_conversations"


def ids(tenant):
    return {user.upn.partition("@")[0]: user.id for user in tenant.users.values()}


def group(tenant, name="sales"):
    return next(group for group in tenant.groups.values() if group.nickname == name)


@pytest.fixture
def thread(bench, tenant):
    """Ada asks, Bob answers an hour later, somebody from outside a day later."""
    made = tenant.add_thread(group(tenant).id, ids(tenant)["ada"], bench.day(1))
    tenant.answer(made, ids(tenant)["bob"], bench.day(1) + timedelta(hours=1))
    tenant.answer(made, "paula@customer.example", bench.day(2))
    return made


def test_the_first_post_begins_and_the_others_answer_it(bench, memory, tenant, thread):
    bench.collect(memory, STREAM)
    told = sorted(memory.activities.values(), key=lambda activity: activity.happened)
    root = f"thread:{thread.id}"
    who = ids(tenant)
    assert [(a.kind, a.content_type, a.person, a.parent, a.thread) for a in told] == [
        (Kind.CREATE, ContentType.POST, who["ada"], None, root),
        (Kind.REPLY, ContentType.COMMENT, who["bob"], root, root),
        (Kind.REPLY, ContentType.COMMENT, "paula@customer.example", root, root),
    ]
    assert [a.happened for a in told] == [bench.day(1), bench.day(1) + timedelta(hours=1), bench.day(2)]
    assert {a.room for a in told} == {f"group:{group(tenant).id}"}
    assert told[0].object == root


def test_exactly_what_the_tenant_knows_is_told(bench, memory, tenant, thread):
    tenant.add_thread(group(tenant, "board").id, ids(tenant)["kim"], bench.day(3))
    bench.collect(memory, STREAM)
    assert told_of(memory) == true_of(tenant)


def test_a_sender_without_an_account_is_a_guest_and_no_key_names_a_person(bench, memory, thread):
    bench.collect(memory, STREAM)
    assert {id_: person.kind for id_, person in memory.people.items()} == {
        "paula@customer.example": PersonKind.GUEST
    }
    assert not [a for a in memory.activities.values() if "@" in a.key + a.object]
    assert "@" not in memory.cursors[STREAM]


def test_a_sender_is_looked_up_once(bench, memory, tenant, thread):
    tenant.answer(thread, ids(tenant)["ada"], bench.day(2))
    bench.collect(memory, STREAM)
    assert bench.asked("/users") == 3


def test_where_people_may_not_be_looked_up_their_address_stands_for_them(bench, memory, thread):
    bench.cloud.application.grant("graph", ["GroupMember.Read.All", "Group.Read.All"])
    bench.collect(memory, STREAM)
    assert memory.people["ada@auental.example"].kind is PersonKind.HUMAN
    assert memory.people["ada@auental.example"].canonical == "ada@auental.example"


def test_a_run_without_news_lists_the_threads_and_reads_none(bench, memory, thread):
    bench.collect(memory, STREAM)
    bench.forget_requests()
    bench.collect(memory, STREAM)
    assert bench.asked("/threads") == 2
    assert bench.asked("/posts") == 0
    assert memory.repeated == 0


def test_a_new_answer_is_read_and_nothing_is_doubled(bench, memory, tenant, thread):
    bench.collect(memory, STREAM)
    bench.time = bench.day(40)
    tenant.answer(thread, ids(tenant)["eve"], bench.day(39))
    bench.collect(memory, STREAM)
    assert len(memory.of(Kind.REPLY)) == 3
    assert len(memory.of(Kind.CREATE)) == 1


def test_an_answer_that_arrives_late_under_an_earlier_time_is_not_missed(bench, memory, tenant, thread):
    tenant.answer(thread, ids(tenant)["bob"], bench.day(2) + timedelta(minutes=2))
    bench.time = bench.day(2) + timedelta(minutes=3)
    bench.collect(memory, STREAM)
    late = tenant.add_thread(group(tenant).id, ids(tenant)["eve"], bench.day(2) + timedelta(minutes=1))
    bench.time = bench.day(3)
    bench.collect(memory, STREAM)
    assert f"thread:{late.id}" in {a.object for a in memory.of(Kind.CREATE)}


def test_a_clock_that_is_ahead_loses_nothing(bench, memory, tenant, thread):
    bench.time = bench.day(2) + timedelta(hours=5)
    bench.collect(memory, STREAM)
    tenant.answer(thread, ids(tenant)["eve"], bench.day(2) + timedelta(hours=1))
    bench.time = bench.day(3)
    bench.collect(memory, STREAM)
    assert len(memory.of(Kind.REPLY)) == 3


def test_at_most_four_threads_of_a_mailbox_are_asked_for_at_once(bench, memory, tenant):
    for number in range(9):
        tenant.add_thread(group(tenant).id, ids(tenant)["ada"], bench.day(number))
    bench.collect(memory, STREAM)
    batches = bench.asked("$batch", inner=False)
    assert len(memory.of(Kind.CREATE)) == 9
    # Three of posts, one of threads, one of the sender, two of the directory.
    assert batches == 7


def test_several_mailboxes_share_a_batch_with_four_threads_of_each(bench, memory, tenant):
    for name in ("sales", "board"):
        for number in range(6):
            tenant.add_thread(group(tenant, name).id, ids(tenant)["ada"], bench.day(number))
    reader = bench.connect(memory)
    reader._source.directory()
    before = bench.asked("$batch", inner=False)
    for page in reader.read(STREAM, None):
        memory.store(STREAM, page)
    assert len(memory.of(Kind.CREATE)) == 12
    # One of the lists of threads, two of posts (four and four, two and two), one of the sender.
    assert bench.asked("$batch", inner=False) - before == 4


def test_long_threads_are_read_to_their_end(bench, memory, tenant, thread):
    for number in range(120):
        tenant.answer(thread, ids(tenant)["bob"], bench.day(3) + timedelta(minutes=number))
    bench.collect(memory, STREAM)
    assert len(memory.of(Kind.REPLY)) == 122


def test_after_the_first_post_is_deleted_the_next_is_still_an_answer(bench, memory, tenant, thread):
    bench.collect(memory, STREAM)
    del thread.posts[0]
    tenant.answer(thread, ids(tenant)["eve"], bench.day(29))
    bench.time = bench.day(31)
    bench.collect(memory, STREAM)
    assert len(memory.of(Kind.CREATE)) == 1
    assert {a.parent for a in memory.of(Kind.REPLY)} == {f"thread:{thread.id}"}


def test_a_thread_that_has_vanished_is_found_within_a_week(bench, memory, tenant, thread):
    kept = tenant.add_thread(group(tenant).id, ids(tenant)["eve"], bench.day(1))
    bench.collect(memory, STREAM)
    group(tenant).threads.remove(thread.id)
    del tenant.threads[thread.id]
    bench.time += timedelta(days=6)
    bench.collect(memory, STREAM)
    assert memory.of(Kind.DELETE) == []
    bench.time += timedelta(days=1)
    bench.collect(memory, STREAM)
    (gone,) = memory.of(Kind.DELETE)
    assert (gone.object, gone.content_type, gone.dated) == (f"thread:{thread.id}", ContentType.POST, False)
    assert not memory.known[f"thread:{kept.id}"].deleted


def test_without_permission_there_is_one_gap_and_it_closes(bench, memory, thread):
    bench.cloud.application.grant("graph", ["GroupMember.Read.All", "User.Read.All"])
    bench.collect(memory, STREAM)
    assert memory.reasons() == {(STREAM, None, None): "access_denied"}
    bench.cloud.application.grant("graph", ["GroupMember.Read.All", "User.Read.All", "Group.Read.All"])
    bench.collect(memory, STREAM)
    assert memory.reasons() == {}
    assert len(memory.activities) == 3


@pytest.mark.parametrize(("status", "why"), [(403, "access_denied"), (423, "access_denied"), (500, "broken")])
@pytest.mark.usefixtures("thread")
def test_a_mailbox_that_refuses_is_a_gap_and_the_others_go_on(bench, memory, tenant, status, why):
    board = group(tenant, "board")
    tenant.add_thread(board.id, ids(tenant)["kim"], bench.day(3))
    bench.cloud.graph.faults.add(bench.faults.failure(status, path=f"{group(tenant).id}/threads", times=None))
    bench.collect(memory, STREAM)
    room = f"group:{group(tenant).id}"
    assert memory.reasons() == {(STREAM, room, None): why}
    assert {a.room for a in memory.activities.values()} == {f"group:{board.id}"}
    bench.cloud.graph.faults.clear()
    bench.collect(memory, STREAM)
    assert memory.reasons() == {}
    assert len(memory.activities) == 4


def test_a_group_without_a_mailbox_misses_nothing(bench, memory, tenant):
    bench.cloud.graph.faults.add(bench.faults.failure(404, path=f"{group(tenant).id}/threads", times=None))
    bench.collect(memory, STREAM)
    assert memory.reasons() == {}
    assert memory.skipped["without_mailbox"] == 1


def test_a_thread_that_breaks_is_read_by_the_next_run(bench, memory, tenant, thread):
    other = tenant.add_thread(group(tenant).id, ids(tenant)["eve"], bench.day(4))
    bench.cloud.graph.faults.add(bench.faults.failure(500, path=f"threads/{thread.id}/posts", times=None))
    bench.collect(memory, STREAM)
    room = f"group:{group(tenant).id}"
    assert memory.reasons() == {(STREAM, room, None): "broken"}
    assert {a.object for a in memory.of(Kind.CREATE)} == {f"thread:{other.id}"}
    bench.cloud.graph.faults.clear()
    bench.collect(memory, STREAM)
    assert memory.reasons() == {}
    assert len(memory.activities) == 4


def test_a_sender_who_could_not_be_looked_up_is_no_stranger(bench, memory, tenant, thread):
    """Taken for one, a colleague would be counted as somebody else, for good."""
    bench.cloud.graph.faults.add(bench.faults.failure(500, path="^/v1.0/users$", times=None))
    bench.collect(memory, STREAM)
    room = f"group:{group(tenant).id}"
    assert memory.reasons() == {(STREAM, room, None): "broken"}
    assert not memory.people
    assert not memory.activities
    bench.cloud.graph.faults.clear()
    bench.collect(memory, STREAM)
    assert memory.reasons() == {}
    assert told_of(memory) == true_of(tenant)


def test_a_busy_mailbox_is_waited_for(bench, memory, thread):
    bench.cloud.graph.faults.add(bench.faults.busy(7, path="/posts", times=2))
    bench.collect(memory, STREAM)
    assert len(memory.activities) == 3
    assert sum(bench.clock.slept) >= 14


def test_half_an_answer_is_asked_for_again(bench, memory, thread):
    bench.cloud.graph.faults.add(
        bench.faults.truncated(path="/threads$"), bench.faults.reset(path="/threads$")
    )
    bench.collect(memory, STREAM)
    assert len(memory.activities) == 3


def test_recorded_posts_are_read(recorded):
    (post,) = (_post(row) for row in recorded("groups-x-threads-x-posts.json")["value"])
    # The group is the author on paper; the person who sent in its name is meant.
    assert post.sender == "jonis@contoso.com"
    assert post.when.isoformat() == "2017-07-31T18:59:05+00:00"


def test_an_address_with_a_quotation_mark_stays_one_text(bench, memory, tenant):
    tenant.add_user("o'neil")
    made = Senders(bench.connect(memory)._source)
    assert made.people(["o'neil@auental.example"]) == []
    assert made.id_of("o'neil@auental.example") == ids(tenant)["o'neil"]


def test_a_foreign_cursor_is_refused(bench, memory):
    with pytest.raises(CursorExpired):
        list(bench.connect(memory).read(STREAM, '{"form":1,"other":2}'))


@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_however_often_it_is_interrupted_everything_is_told_once(bench, tenant, data):
    memory = bench.new_memory()
    who = list(ids(tenant).values())[:4]
    threads = []
    for stop in data.draw(st.lists(st.integers(1, 4), max_size=5)):
        for by in data.draw(st.lists(st.sampled_from(who), max_size=4)):
            bench.time += timedelta(minutes=data.draw(st.sampled_from([1, 90])))
            place = data.draw(st.sampled_from(["sales", "board"]))
            if data.draw(st.booleans()) and threads:
                tenant.answer(data.draw(st.sampled_from(threads)), by, bench.time)
            else:
                threads.append(tenant.add_thread(group(tenant, place).id, by, bench.time))
        pages = bench.connect(memory).read(STREAM, memory.cursors.get(STREAM))
        for _, page in zip(range(stop), pages, strict=False):
            memory.store(STREAM, page)
    bench.collect(memory, STREAM)
    assert told_of(memory) == true_of(tenant)


def told_of(memory):
    return {
        (a.kind, a.content_type, a.room, a.object, a.person, a.happened, a.parent, a.thread)
        for a in memory.activities.values()
    }


def true_of(tenant):
    return {
        (e.kind, e.content_type, e.room, e.object, e.person, e.happened, e.parent, e.thread)
        for e in tenant.activities()
    }
