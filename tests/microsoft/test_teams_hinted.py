"""A notification ends the pause of Teams for the team it tells of, and for no other."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.activity import Kind
from connectors.microsoft import teams
from connectors.microsoft.settings import CLOUDS
from connectors.microsoft.teams import POLL

STREAM = "team_messages"


@pytest.fixture
def paused(bench, memory, tenant, monkeypatch):
    """Two teams with a post each, read an hour ago, in a cloud where Teams may be asked once a day."""
    ours = replace(next(iter(CLOUDS.values())), graph=bench.cloud.graph.origin)
    monkeypatch.setattr("connectors.microsoft.teams.CLOUDS", {"here": ours})
    ada = next(user.id for user in tenant.users.values())
    sales = next(group for group in tenant.groups.values() if group.team)
    other = tenant.add_group("Service", [ada], team=True)
    for one in (sales, other):
        tenant.post(one.channels[0], ada, bench.day(1))
    read(bench, memory)
    bench.time += timedelta(hours=1)
    for one in (sales, other):
        tenant.post(one.channels[0], ada, bench.day(30))
    bench.forget_requests()
    return sales, other


def read(bench, memory):
    for page in teams.read(bench.connect(memory)._source, memory.cursors.get(STREAM)):
        memory.store(STREAM, page)


def new(bench, memory):
    return {a.room for a in memory.of(Kind.CREATE) if a.happened == bench.day(30)}


def test_without_a_notification_nothing_is_asked_until_the_pause_is_over(bench, memory, paused):
    read(bench, memory)
    assert (new(bench, memory), bench.asked()) == (set(), 0)
    bench.time += POLL
    read(bench, memory)
    assert new(bench, memory) == {f"group:{one.id}" for one in paused}


def test_the_team_that_was_told_of_is_read_at_once_and_no_other(bench, memory, paused):
    sales, other = paused
    memory.told_of[STREAM] = {f"group:{sales.id}"}
    read(bench, memory)
    assert new(bench, memory) == {f"group:{sales.id}"}
    assert bench.asked(f"/teams/{other.id}/channels/") == 0
    memory.told_of.clear()
    # The pause of the others goes on from where it was, and their places are kept.
    bench.time += POLL - timedelta(hours=1)
    bench.forget_requests()
    read(bench, memory)
    assert new(bench, memory) == {f"group:{one.id}" for one in paused}
    assert bench.asked("/messages") == bench.asked("/messages/delta") == 2
    assert memory.repeated == 0


def test_a_notification_from_anywhere_has_all_teams_read(bench, memory, paused):
    memory.told_of[STREAM] = {None}
    read(bench, memory)
    assert new(bench, memory) == {f"group:{one.id}" for one in paused}


def test_a_notification_of_a_private_channel_has_its_team_read(bench, memory, tenant, paused):
    channel = tenant.add_channel(paused[1].id, "Deals", membership="private")
    tenant.post(channel.id, next(iter(tenant.users)), bench.day(30))
    memory.told_of[STREAM] = {channel.room}
    read(bench, memory)
    assert new(bench, memory) == {channel.room, f"group:{paused[1].id}"}


def test_a_notification_of_what_is_no_team_any_more_changes_nothing(bench, memory, paused):
    places = memory.cursors[STREAM]
    memory.told_of[STREAM] = {"group:gone"}
    read(bench, memory)
    assert new(bench, memory) == set()
    assert memory.cursors[STREAM] == places
