"""Messages in the channels of teams."""

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from connectors.activity import ContentType, Kind, PersonKind
from connectors.errors import CursorExpired
from connectors.microsoft import teams
from connectors.microsoft.messages import Pot
from connectors.microsoft.teams import POLL

STREAM = "team_messages"


def ids(tenant):
    return {user.upn.partition("@")[0]: user.id for user in tenant.users.values()}


def group(tenant, name="sales"):
    return next(group for group in tenant.groups.values() if group.nickname == name)


def general(tenant, name="sales"):
    return group(tenant, name).channels[0]


def told(memory):
    return {
        (a.kind, a.content_type, a.room, a.object, a.person, a.happened, a.parent, a.thread)
        for a in memory.activities.values()
        if a.kind is not Kind.DELETE
    }


def true(tenant):
    return {
        (e.kind, e.content_type, e.room, e.object, e.person, e.happened, e.parent, e.thread)
        for e in tenant.activities()
    }


@pytest.fixture
def talk(bench, tenant):
    """Ada posts, Bob replies, Eve likes the post, Ada likes and loves the reply; Bob joins (by the system)."""
    who, channel = ids(tenant), general(tenant)
    post = tenant.post(channel, who["ada"], bench.day(1))
    reply = tenant.post(channel, who["bob"], bench.day(2), reply_to=post)
    tenant.react(post, who["eve"], "like", bench.day(3))
    tenant.react(reply, who["ada"], "like", bench.day(4))
    tenant.react(reply, who["ada"], "heart", bench.day(5))
    tenant.post(channel, None, bench.day(6), type="systemEventMessage")
    return post


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr("connectors.microsoft.messages._ENOUGH", 1)


def test_posts_replies_and_dated_reactions_are_told(bench, memory, tenant, talk):
    bench.collect(memory, STREAM)
    assert Counter(a.kind for a in memory.activities.values()) == {
        Kind.CREATE: 1,
        Kind.REPLY: 1,
        Kind.REACT: 3,
    }
    assert told(memory) == true(tenant)
    assert {a.dated for a in memory.activities.values()} == {True}


def test_messages_of_the_system_are_skipped_and_counted(bench, memory, talk):
    bench.collect(memory, STREAM)
    assert memory.skipped == {"system_message": 1}


def test_one_reaction_of_each_type_counts_and_no_key_names_a_person(bench, memory, tenant, talk):
    bench.collect(memory, STREAM)
    keys = sorted(a.key for a in memory.of(Kind.REACT))
    assert [key.rpartition(":")[2] for key in keys] == ["like", "heart", "like"]
    assert not [key for key in keys for id_ in tenant.users if id_ in key]


def test_history_older_than_a_delta_reaches_is_read(bench, memory, tenant):
    tenant.post(general(tenant), ids(tenant)["ada"], bench.day(-900))
    bench.collect(memory, STREAM)
    assert told(memory) == true(tenant) != set()


def test_a_run_without_news_costs_one_request_per_channel(bench, memory, tenant, talk):
    tenant.add_channel(group(tenant).id, "Deals", membership="private")
    bench.collect(memory, STREAM)
    bench.forget_requests()
    bench.collect(memory, STREAM)
    assert bench.asked("/messages") == 2
    assert bench.asked("/messages/delta") == 2
    assert memory.repeated == 0


def test_news_come_through_the_delta_alone(bench, memory, tenant, talk):
    bench.collect(memory, STREAM)
    who = ids(tenant)
    bench.forget_requests()
    tenant.post(general(tenant), who["eve"], bench.day(29))
    tenant.post(general(tenant), who["eve"], bench.day(29), reply_to=talk)
    tenant.react(talk, who["bob"], "like", bench.day(29))
    bench.collect(memory, STREAM)
    assert told(memory) == true(tenant)
    assert bench.asked("/messages") == bench.asked("/messages/delta") == 1


def test_a_deleted_message_leaves_a_dated_tombstone(bench, memory, tenant, talk):
    bench.collect(memory, STREAM)
    tenant.delete_message(talk, bench.day(29))
    bench.collect(memory, STREAM)
    (gone,) = memory.of(Kind.DELETE)
    assert (gone.object, gone.happened, gone.dated) == (
        f"message:{talk.channel}/{talk.id}",
        bench.day(29),
        True,
    )
    assert len(memory.of(Kind.CREATE)) == 1


def test_a_row_that_says_removed_is_a_tombstone_without_a_date(bench, memory, tenant, talk):
    bench.collect(memory, STREAM)
    row = f'{{"value":[{{"id":"{talk.id}","@removed":{{"reason":"deleted"}}}}],"@odata.deltaLink":"{bench.cloud.graph.origin}/v1.0/x"}}'
    bench.cloud.graph.faults.add(bench.faults.failure(200, row.encode(), path="/delta$"))
    bench.collect(memory, STREAM)
    (gone,) = memory.of(Kind.DELETE)
    assert (gone.object, gone.dated) == (f"message:{talk.channel}/{talk.id}", False)


def test_who_takes_a_reaction_back_is_no_longer_among_those_who_react(bench, memory, tenant, talk):
    bench.collect(memory, STREAM)
    object_ = f"message:{talk.channel}/{talk.id}"
    assert memory.reactors[object_].people == {ids(tenant)["eve"]}
    tenant.unreact(talk, ids(tenant)["eve"], "like", bench.day(29))
    bench.collect(memory, STREAM)
    assert memory.reactors[object_].people == frozenset()


def test_a_bot_is_a_service_account(bench, memory, tenant):
    tenant.post(general(tenant), None, bench.day(1), app="b0b0b0b0-0000-4000-8000-000000000000")
    bench.collect(memory, STREAM)
    (post,) = memory.of(Kind.CREATE)
    assert memory.people[post.person].kind is PersonKind.SERVICE


@pytest.mark.parametrize(
    ("kind", "told_as"),
    [
        ("aadUser", None),
        ("onPremiseAadUser", None),
        ("federatedUser", PersonKind.GUEST),
        ("anonymousGuest", PersonKind.GUEST),
    ],
)
def test_who_is_no_user_of_the_tenant_is_a_guest_and_a_user_is_told_by_the_directory_alone(
    bench, memory, recorded, kind, told_as
):
    (row, *_) = recorded("teams-x-channels-x-messages-top-1-expand-replies.json")["value"]
    row["from"] = {"user": {"id": "u", "displayName": None, "userIdentityType": kind}}
    pot = Pot(bench.connect(memory)._source)
    pot.add("group:g", "19:c", [row])
    page = pot.page("{}")
    assert {person.id: person.kind for person in page.people}.get("u") is told_as
    assert "u" in {activity.person for activity in page.activities}


def test_what_somebody_wrote_stays_theirs_when_the_account_is_removed(bench, memory, tenant, talk):
    tenant.delete_user(ids(tenant)["ada"])
    bench.collect(memory, "people", STREAM)
    assert told(memory) == true(tenant)
    assert ids(tenant)["ada"] in {a.person for a in memory.of(Kind.CREATE)}


def test_replies_that_did_not_fit_are_fetched(bench, memory, tenant, talk):
    bench.cloud.graph.channels.embedded = 3
    for number in range(60):
        tenant.post(
            general(tenant), ids(tenant)["bob"], bench.day(7) + timedelta(minutes=number), reply_to=talk
        )
    bench.collect(memory, STREAM)
    assert len(memory.of(Kind.REPLY)) == 61
    assert told(memory) == true(tenant)


def test_posts_of_a_private_channel_are_not_shown_as_those_of_the_team(bench, memory, tenant, talk):
    channel = tenant.add_channel(
        group(tenant).id, "Deals", membership="private", members=[ids(tenant)["kim"]]
    )
    tenant.post(channel.id, ids(tenant)["kim"], bench.day(1))
    bench.collect(memory, STREAM)
    kim, ada = ids(tenant)["kim"], ids(tenant)["ada"]
    assert {(a.room, a.person) for a in memory.of(Kind.CREATE)} == {
        (channel.room, kim),
        (f"group:{group(tenant).id}", ada),
    }
    assert told(memory) == true(tenant)


def test_the_same_id_in_two_channels_is_two_messages(bench, memory, recorded):
    pot = Pot(bench.connect(memory)._source)
    rows = recorded("teams-x-channels-x-messages-top-1-expand-replies.json")["value"]
    pot.add("group:g", "19:c", rows)
    pot.add("group:g", "19:d", rows)
    assert len({a.key for a in pot.page("{}").activities}) == 8


def test_a_link_that_has_expired_is_begun_anew_without_doubling(bench, memory, tenant, talk):
    bench.collect(memory, STREAM)
    before = dict(memory.activities)
    bench.cloud.graph.deltas.expire()
    tenant.post(general(tenant), ids(tenant)["eve"], bench.day(29))
    bench.collect(memory, STREAM)
    assert set(before) < set(memory.activities)
    assert told(memory) == true(tenant)
    assert memory.reasons() == {}


def test_where_the_platform_tells_a_fresh_link_it_is_followed(bench, memory, tenant, talk):
    bench.collect(memory, STREAM)
    path = f"/v1.0/teams/{group(tenant).id}/channels/{general(tenant)}/messages/delta"
    fresh = f"{bench.cloud.graph.origin}{path}?$expand=replies&$top=50"
    bench.cloud.graph.faults.add(gone(bench, fresh, path="/delta$"))
    bench.forget_requests()
    bench.collect(memory, STREAM)
    assert bench.asked("/messages") == bench.asked("/messages/delta") == 2
    assert told(memory) == true(tenant)


def test_a_link_that_expires_again_and_again_is_a_gap_of_its_channel(bench, memory, tenant, talk):
    bench.collect(memory, STREAM)
    bench.cloud.graph.faults.add(bench.faults.failure(410, path="/delta$", times=None))
    bench.collect(memory, STREAM)
    assert set(memory.reasons().values()) == {"broken"}
    bench.cloud.graph.faults.clear()
    bench.collect(memory, STREAM)
    assert memory.reasons() == {}
    assert told(memory) == true(tenant)


def test_replayed_and_disordered_rows_do_no_harm(bench, memory, tenant, talk):
    bench.collect(memory, STREAM)
    tenant.replayed, tenant.disordered = 50, True
    tenant.post(general(tenant), ids(tenant)["eve"], bench.day(29))
    bench.collect(memory, STREAM)
    assert told(memory) == true(tenant)


def test_without_permission_a_team_may_consent_for_itself(bench, memory, tenant, talk):
    other = tenant.add_group("Works", [ids(tenant)["ada"]], team=True)
    tenant.post(other.channels[0], ids(tenant)["ada"], bench.day(1))
    bench.cloud.application.grant(
        "graph", ["GroupMember.Read.All", "Team.ReadBasic.All", "Channel.ReadBasic.All"]
    )
    group(tenant).rsc = True
    bench.collect(memory, STREAM)
    assert {a.room for a in memory.activities.values()} == {f"group:{group(tenant).id}"}
    assert memory.reasons() == {(STREAM, f"group:{other.id}", None): "access_denied"}
    other.rsc = True
    bench.collect(memory, STREAM)
    assert memory.reasons() == {}
    assert told(memory) == true(tenant)


def test_where_no_team_lets_itself_be_read_there_is_one_gap_and_one_attempt_each(bench, memory, tenant, talk):
    other = tenant.add_group("Works", [ids(tenant)["ada"]], team=True)
    for number in range(20):
        tenant.add_channel(other.id, f"Topic {number}")
    bench.cloud.application.grant(
        "graph", ["GroupMember.Read.All", "Team.ReadBasic.All", "Channel.ReadBasic.All"]
    )
    bench.collect(memory, STREAM, concurrency=1)
    assert memory.reasons() == {(STREAM, None, None): "access_denied"}
    assert bench.asked("/messages") <= 4


def test_without_permission_to_list_channels_there_is_one_gap(bench, memory, tenant, talk):
    tenant.add_group("Works", [ids(tenant)["ada"]], team=True)
    bench.cloud.application.grant("graph", ["GroupMember.Read.All", "ChannelMessage.Read.All"])
    bench.collect(memory, STREAM)
    assert memory.reasons() == {(STREAM, None, None): "access_denied"}


@pytest.mark.parametrize(
    ("status", "why"), [(403, "access_denied"), (404, "not_found"), (423, "access_denied"), (500, "broken")]
)
@pytest.mark.usefixtures("talk")
def test_a_private_channel_that_refuses_is_a_gap_and_the_others_go_on(bench, memory, tenant, status, why):
    channel = tenant.add_channel(group(tenant).id, "Deals", membership="private")
    bench.cloud.graph.faults.add(bench.faults.failure(status, path=f"{channel.id}/messages", times=None))
    bench.collect(memory, STREAM)
    assert memory.reasons() == {(STREAM, channel.room, None): why}
    assert told(memory) == true(tenant)
    bench.cloud.graph.faults.clear()
    bench.collect(memory, STREAM)
    assert memory.reasons() == {}


def test_where_only_the_delta_is_allowed_it_is_read_and_the_rest_is_a_gap(bench, memory, tenant, talk):
    bench.cloud.graph.faults.add(bench.faults.failure(403, path="/messages$", times=None))
    tenant.post(general(tenant), ids(tenant)["ada"], bench.day(-900))
    bench.collect(memory, STREAM)
    room, channel = f"group:{group(tenant).id}", f"channel:{general(tenant)}"
    assert memory.reasons() == {(STREAM, room, channel): "unsupported"}
    assert {a.happened for a in memory.of(Kind.CREATE)} == {bench.day(1)}
    bench.collect(memory, STREAM)
    assert memory.reasons() == {(STREAM, room, channel): "unsupported"}


def test_a_channel_that_is_gone_takes_its_link_along(bench, memory, tenant, talk):
    other = tenant.add_channel(group(tenant).id, "Deals")
    bench.collect(memory, STREAM)
    assert other.id in memory.cursors[STREAM]
    group(tenant).channels.remove(other.id)
    bench.collect(memory, STREAM)
    assert other.id not in memory.cursors[STREAM]


def test_links_are_kept_short(bench, memory, talk):
    bench.collect(memory, STREAM)
    assert bench.cloud.graph.origin not in memory.cursors[STREAM]


def test_one_team_is_asked_at_most_four_times_a_second(bench, memory, tenant):
    for number in range(150):
        tenant.post(general(tenant), ids(tenant)["ada"], bench.day(1) + timedelta(minutes=number))
    bench.collect(memory, STREAM)
    # Three pages of fifty of the delta and of the list: six requests, five pauses.
    assert sum(bench.clock.slept) >= 1.25


def test_on_microsofts_own_clouds_teams_are_polled_once_a_day(bench, memory, tenant, talk):
    bench.collect(memory, STREAM)
    source = bench.connect(memory)._source
    source.settings = replace(source.settings, graph_url="https://graph.microsoft.com")
    bench.forget_requests()
    bench.time += POLL - timedelta(minutes=1)
    assert list(teams.read(source, memory.cursors[STREAM])) == []
    assert bench.asked() == 0


def test_busy_answers_are_waited_for_and_broken_ones_repeated(bench, memory, tenant, talk):
    faults = bench.faults
    bench.cloud.graph.faults.add(
        faults.busy(9, path="/messages"),
        faults.truncated(path="/messages"),
        faults.login_page(path="/messages"),
        faults.reset(path="/messages"),
        faults.empty(path="/messages"),
    )
    bench.collect(memory, STREAM)
    assert told(memory) == true(tenant)
    assert sum(bench.clock.slept) >= 9


def test_a_recorded_conversation_is_read(bench, memory, recorded):
    pot = Pot(bench.connect(memory)._source)
    rows = recorded("teams-x-channels-x-messages-top-1-expand-replies.json")["value"]
    pot.add("group:g", "19:c", rows)
    page = pot.page("{}")
    assert Counter(a.kind for a in page.activities) == {Kind.CREATE: 1, Kind.REPLY: 3}
    assert {a.content_type for a in page.activities if a.parent} == {ContentType.COMMENT}
    assert {a.thread for a in page.activities} == {f"message:19:c/{rows[0]['id']}"}


def test_recorded_replies_alone_know_their_post(bench, memory, recorded):
    pot = Pot(bench.connect(memory)._source)
    name = "teams-x-channels-getAllMessages-filter-lastModifiedDateTime-gt-x-and-lastModifie.json"
    pot.add("group:g", "19:c", recorded(name)["value"])
    assert {a.parent for a in pot.page("{}").activities} == {"message:19:c/1622071642456"}


def test_a_listing_that_leads_in_a_circle_is_a_gap_and_ends(bench, memory, tenant, talk):
    def act(exchange):
        async def answer():
            status, body, headers = await exchange.proper()
            here = f"{bench.cloud.graph.origin}{exchange.scope['path']}?{exchange.scope['query_string'].decode()}"
            shown = json.loads(body) | {"@odata.nextLink": here}
            await exchange.answer(
                status, json.dumps(shown).encode(), {"content-type": headers["content-type"]}
            )

        return answer()

    bench.cloud.graph.faults.add(bench.faults.Fault(act, path="/messages$", times=None))
    bench.collect(memory, STREAM)
    assert set(memory.reasons().values()) == {"broken"}
    bench.cloud.graph.faults.clear()
    bench.collect(memory, STREAM)
    assert memory.reasons() == {}


def test_a_row_that_cannot_be_read_is_a_gap_of_its_channel(bench, memory, tenant, talk):
    other = tenant.add_channel(group(tenant).id, "Deals")
    row = (
        b'{"value":[{"messageType":"message"}],"@odata.deltaLink":"%s/v1.0/x"}'
        % bench.cloud.graph.origin.encode()
    )
    bench.cloud.graph.faults.add(
        bench.faults.failure(200, row, path=f"{other.id}/messages/delta", times=None)
    )
    bench.collect(memory, STREAM)
    room = f"group:{group(tenant).id}"
    assert memory.reasons() == {(STREAM, room, f"channel:{other.id}"): "broken"}
    assert told(memory) == true(tenant)


@pytest.mark.usefixtures("small_pages")
def test_after_an_interrupted_history_the_news_come_in_the_same_run(bench, memory, tenant):
    for number in range(60):
        tenant.post(general(tenant), ids(tenant)["ada"], bench.day(-900) + timedelta(minutes=number))
    (page, *_) = bench.connect(memory).read(STREAM, None)
    memory.store(STREAM, page)
    assert 0 < len(memory.activities) < 60
    tenant.post(general(tenant), ids(tenant)["bob"], bench.day(29))
    bench.collect(memory, STREAM)
    assert told(memory) == true(tenant)
    assert memory.repeated == 0


def test_without_success_teams_are_tried_again_at_once(bench, memory, tenant, talk):
    bench.cloud.application.grant(
        "graph", ["GroupMember.Read.All", "Team.ReadBasic.All", "Channel.ReadBasic.All"]
    )
    bench.collect(memory, STREAM)
    assert '"read"' not in memory.cursors[STREAM]


def test_a_foreign_cursor_is_refused(bench, memory):
    with pytest.raises(CursorExpired):
        list(bench.connect(memory).read(STREAM, '"x"'))


@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_however_often_it_is_interrupted_everything_is_told(bench, tenant, small_pages, data):
    memory = bench.new_memory()
    who = list(ids(tenant).values())[:4]
    channel = tenant.add_channel(group(tenant).id, f"Room {len(tenant.channels)}")
    messages = []
    for stop in data.draw(st.lists(st.integers(0, 4), max_size=5)):
        for by in data.draw(st.lists(st.sampled_from(who), max_size=5)):
            bench.time += timedelta(minutes=1)
            what = data.draw(st.sampled_from(["post", "reply", "react", "old"]))
            # Nothing appears later under a time long past.
            old = what == "old" and STREAM not in memory.cursors
            if what == "post" or not (messages or old):
                messages.append(tenant.post(channel.id, by, bench.time))
            elif old:
                messages.append(tenant.post(channel.id, by, bench.time - timedelta(days=300)))
            elif what != "react":
                tenant.post(channel.id, by, bench.time, reply_to=data.draw(st.sampled_from(messages)))
            else:
                tenant.react(data.draw(st.sampled_from(messages)), by, "like", bench.time)
        if data.draw(st.booleans()):
            bench.cloud.graph.deltas.expire()
        pages = bench.connect(memory).read(STREAM, memory.cursors.get(STREAM))
        for _, page in zip(range(stop), pages, strict=False):
            memory.store(STREAM, page)
    bench.collect(memory, STREAM)
    assert told(memory) >= {one for one in true(tenant) if one[0] is not Kind.REACT}
    assert told(memory) <= true(tenant)


def gone(bench, location, **when):
    async def act(exchange):
        await exchange.answer(410, b'{"error":{"code":"resyncRequired"}}', {"location": location})

    return bench.faults.Fault(act, **when)
