"""Viva Engage: communities, and posts where a user's token is given."""

from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from connectors.activity import ContentType, CounterName, Kind, PersonKind
from connectors.errors import CursorExpired
from connectors.microsoft.engage import AUTHORS, POSTS, _number, communities

STREAM = "communities"
TOKEN = "token-of-a-user"


def ids(tenant):
    return {user.upn.partition("@")[0]: user.id for user in tenant.users.values()}


def group(tenant, name="sales"):
    return next(group for group in tenant.groups.values() if group.nickname == name)


@dataclass
class Engage(httpx.BaseTransport):
    """Viva Engage's own interface, a few messages a page, beside everything else that is asked."""

    host: str = "127.0.0.9"
    size: int = 3
    messages: dict[str, list[dict]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    ignores_places: bool = False
    asked: list[httpx.URL] = field(default_factory=list)
    rest: httpx.HTTPTransport = field(default_factory=httpx.HTTPTransport)

    def handle_request(self, request):
        if request.url.host != self.host:
            return self.rest.handle_request(request)
        self.asked.append(request.url)
        if request.headers["Authorization"] != f"Bearer {TOKEN}":
            return httpx.Response(401)
        number = request.url.path.removeprefix("/api/v1/messages/in_group/").removesuffix(".json")
        if number in self.refused:
            return httpx.Response(403, json={})
        params = request.url.params
        if self.ignores_places:
            params = {}
        newer, older = int(params.get("newer_than", 0)), int(params.get("older_than", 10**18))
        found = sorted(
            (one for one in self.messages.get(number, []) if newer < one["id"] < older),
            key=lambda one: -one["id"],
        )
        references = [
            {"type": "user", "id": 1, "email": "Ada@auental.example"},
            {"type": "user", "id": 2},
            {"type": "thread", "id": 100},
        ]
        return httpx.Response(
            200,
            json={
                "messages": found[: self.size],
                "meta": {"older_available": len(found) > self.size},
                "references": references,
            },
        )

    def close(self):
        self.rest.close()

    def write(self, community, id_, sender, **more):
        row = {
            "id": id_,
            "sender_id": sender,
            "sender_type": "user",
            "replied_to_id": None,
            "thread_id": id_,
            "created_at": "2026/03/02 09:00:00 +0000",
            "message_type": "update",
            "liked_by": {"count": 0, "names": []},
            **more,
        }
        self.messages.setdefault(_number(community.id), []).append(row)


@pytest.fixture
def community(tenant):
    return tenant.add_community("Sales talk", group(tenant).id, posted=4, read=30, liked=7)


@pytest.fixture
def engage():
    return Engage()


@pytest.fixture
def run(bench, tmp_path, engage):
    file = tmp_path / "user-token"
    file.touch(mode=0o600)
    file.write_text(TOKEN)

    def collect(memory, stop=None):
        given = {"token_file": str(file), "engage_url": f"http://{engage.host}"}
        pages = bench.connect(memory, engage, **given).read(STREAM, memory.cursors.get(STREAM))
        for number, page in enumerate(pages):
            if number == stop:
                break
            memory.store(STREAM, page)

    return collect


def test_a_community_shares_the_room_of_its_group(bench, memory, tenant, community):
    bench.collect(memory, "rooms", STREAM)
    assert f"group:{community.group}" in memory.rooms
    assert len(memory.rooms) == 3


def test_without_the_token_of_a_user_one_gap_says_that_posts_are_missing(bench, memory, community):
    bench.collect(memory, STREAM)
    assert memory.reasons() == {(STREAM, None, POSTS): "unsupported"}
    (gap,) = memory.open_gaps.values()
    assert gap.kinds == (Kind.CREATE, Kind.REPLY, Kind.REACT)


def test_where_there_is_no_community_nothing_is_missing(bench, memory):
    bench.collect(memory, STREAM)
    assert memory.reasons() == {}


def test_without_permission_there_is_one_gap_and_it_closes(bench, memory, community):
    bench.cloud.application.grant("graph", ["GroupMember.Read.All"])
    bench.collect(memory, STREAM)
    assert memory.reasons() == {(STREAM, None, None): "access_denied"}
    bench.cloud.application.grant("graph", ["GroupMember.Read.All", "Community.Read.All"])
    bench.collect(memory, STREAM)
    assert memory.reasons() == {(STREAM, None, POSTS): "unsupported"}


def test_where_only_communities_may_be_listed_they_are_rooms(bench, memory, community):
    bench.cloud.application.grant("graph", ["Community.Read.All"])
    bench.collect(memory, "rooms", STREAM)
    (room,) = memory.rooms.values()
    assert (room.key, room.name, room.open) == (f"group:{community.group}", "Sales talk", True)


def test_a_community_whose_group_was_not_chosen_is_no_room(bench, memory, tenant, community):
    bench.collect(memory, STREAM, groups=[group(tenant, "board").id])
    assert memory.rooms == {}
    assert memory.skipped == {"not_a_chosen_group": 1}


def test_posts_replies_and_likes_are_read_as_the_user_sees_them(memory, tenant, community, engage, run):
    engage.write(community, 100, 1, liked_by={"count": 5, "names": []})
    engage.write(community, 101, 2, replied_to_id=100, thread_id=100, created_at="2026/03/03 10:00:00 +0100")
    engage.write(community, 102, 3, system_message=True)
    run(memory)
    post, reply = (memory.activities[f"engage:{id_}", None] for id_ in (100, 101))
    assert (post.kind, post.content_type, post.person) == (Kind.CREATE, ContentType.POST, ids(tenant)["ada"])
    assert (reply.kind, reply.parent, reply.thread) == (Kind.REPLY, "engage:100", "engage:100")
    assert reply.person == "engage:2"
    assert reply.happened.isoformat() == "2026-03-03T09:00:00+00:00"
    assert memory.counters[CounterName.REACTIONS, "engage:100"].total == 5
    assert memory.skipped == {"system_message": 1}
    assert {a.room for a in memory.activities.values()} == {f"group:{community.group}"}


def test_an_author_without_an_address_is_nobody_in_the_directory_and_a_gap_says_so(
    memory, community, engage, run
):
    """Viva Engage shows its own number and no id of the directory; nothing is made of a name or a number."""
    room = f"group:{community.group}"
    engage.write(community, 100, 1)
    run(memory)
    assert memory.reasons() == {}
    engage.write(community, 101, 2)
    run(memory)
    assert memory.reasons() == {(STREAM, room, AUTHORS): "unsupported"}
    assert memory.open_gaps[STREAM, room, AUTHORS].kinds == (Kind.CREATE, Kind.REPLY)
    assert memory.activities["engage:101", None].person == "engage:2"
    assert "engage:2" not in memory.people
    # What comes later says nothing of what was before; a reading of everything does.
    engage.write(community, 102, 1)
    run(memory)
    assert memory.reasons() == {(STREAM, room, AUTHORS): "unsupported"}
    engage.messages[_number(community.id)] = [
        {**row, "sender_id": 1} for row in engage.messages[_number(community.id)]
    ]
    del memory.cursors[STREAM]
    run(memory)
    assert memory.reasons() == {}


def test_an_author_who_could_not_be_looked_up_is_no_stranger(bench, memory, community, engage, run):
    """What was read before stays, and the next run goes on there."""
    room = f"group:{community.group}"
    for number in range(5):
        engage.write(community, 100 + number, 2 if number > 1 else 1)
    bench.cloud.graph.faults.add(bench.faults.failure(500, path="^/v1.0/users$", times=None))
    run(memory)
    assert memory.reasons()[STREAM, room, None] == "broken"
    assert not memory.people
    assert {a.person for a in memory.activities.values()} <= {"engage:2"}
    bench.cloud.graph.faults.clear()
    run(memory)
    assert (STREAM, room, None) not in memory.reasons()
    assert len(memory.activities) == 5
    assert memory.activities["engage:100", None].person == ids(bench.tenant)["ada"]


def test_a_bot_is_a_service_account(memory, community, engage, run):
    engage.write(community, 100, 9, sender_type="bot")
    run(memory)
    assert memory.people["engage:9"].kind is PersonKind.SERVICE


def test_a_token_closes_the_gap_of_posts(bench, memory, community, run):
    bench.collect(memory, STREAM)
    run(memory)
    assert memory.reasons() == {}


def test_a_run_without_news_costs_one_request_per_community(memory, community, engage, run):
    for number in range(10):
        engage.write(community, 100 + number, 1)
    run(memory)
    engage.asked.clear()
    run(memory)
    assert [dict(url.params) for url in engage.asked] == [{"newer_than": "109"}]
    assert memory.repeated == 0


def test_ten_requests_take_thirty_seconds(bench, memory, community, engage, run):
    for number in range(33):
        engage.write(community, 100 + number, 1)
    run(memory)
    assert len(engage.asked) == 11
    assert sum(bench.clock.slept) == pytest.approx(30)


def test_a_community_that_refuses_is_a_gap_and_the_others_go_on(memory, tenant, community, engage, run):
    other = tenant.add_community("Board talk", group(tenant, "board").id)
    engage.write(other, 200, 1)
    engage.refused.add(_number(community.id))
    run(memory)
    assert memory.reasons() == {(STREAM, f"group:{community.group}", None): "access_denied"}
    assert len(memory.activities) == 1
    engage.refused.clear()
    run(memory)
    assert memory.reasons() == {}


def test_a_place_behind_everything_there_is_reads_the_community_anew(memory, community, engage, run):
    """Its message was deleted, or the place is one of the future: either way nothing may be missed."""
    for number in range(4):
        engage.write(community, 100 + number, 1)
    run(memory)
    memory.cursors[STREAM] = memory.cursors[STREAM].replace("103", "999999")
    engage.write(community, 110, 1)
    run(memory)
    assert len(memory.activities) == 5
    engage.asked.clear()
    run(memory)
    assert len(engage.asked) == 1


def test_a_list_that_leads_in_a_circle_is_a_gap_and_ends(memory, community, engage, run):
    for number in range(10):
        engage.write(community, 100 + number, 1)
    engage.ignores_places = True
    run(memory)
    assert memory.reasons() == {(STREAM, f"group:{community.group}", None): "broken"}
    engage.ignores_places = False
    run(memory)
    assert memory.reasons() == {}
    assert len(memory.activities) == 10


def test_no_cursor_and_no_key_names_a_person(memory, community, engage, run):
    engage.write(community, 100, 1)
    run(memory)
    assert "auental" not in memory.cursors[STREAM]
    assert [a.key for a in memory.activities.values()] == ["engage:100"]


def test_recorded_communities_show_their_number(bench, memory, recorded):
    body = (recorded.folder / "employeeExperience-communities.json").read_bytes()
    bench.cloud.graph.faults.add(bench.faults.failure(200, body, path="/communities"))
    found = list(communities(bench.connect(memory)._source))
    assert [(one.number, one.public) for one in found] == [("191326289920", True), ("191476637696", True)]


@pytest.mark.parametrize("id_", ["", "x", "e30", "eyJpZCI6ImEifQ", "W10"])
def test_an_id_of_another_form_has_no_number(id_):
    assert _number(id_) is None


def test_a_foreign_cursor_is_refused(bench, memory):
    with pytest.raises(CursorExpired):
        list(bench.connect(memory).read(STREAM, "{"))


@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(stops=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 8)), max_size=5))
def test_however_often_it_is_interrupted_everything_is_told_once(bench, community, engage, run, stops):
    memory = bench.new_memory()
    engage.messages.clear()
    id_ = 100
    for stop, new in [*stops, (None, 2)]:
        for _ in range(new):
            id_ += 1
            engage.write(community, id_, 1)
        run(memory, stop)
        bench.time += timedelta(days=1)
    # What was written during a pass that was interrupted is above its top: the next pass brings it.
    run(memory)
    assert {a.object for a in memory.activities.values()} == {f"engage:{n}" for n in range(101, id_ + 1)}
