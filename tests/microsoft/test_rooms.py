"""What is a room, and what belongs to it."""

import json

import pytest

from connectors.activity import ContentType, Kind
from connectors.errors import CursorExpired


def test_a_group_is_one_room_with_its_team_and_its_site(bench, memory, tenant):
    bench.collect(memory, "rooms")
    sales, board = (group(tenant, name) for name in ("Sales", "Board"))
    hr = next(site for site in tenant.sites.values() if site.path == "hr")
    assert set(memory.rooms) == {f"group:{sales.id}", f"group:{board.id}", f"site:{hr.id}"}


def test_names_are_kept_of_open_rooms_only(bench, memory, tenant):
    bench.collect(memory, "rooms")
    rooms = memory.rooms
    sales, board = (rooms[f"group:{group(tenant, name).id}"] for name in ("Sales", "Board"))
    assert (sales.open, sales.name, sales.handle) == (True, "Sales", "sales")
    assert (board.open, board.name) == (False, None)
    assert "board" not in board.handle
    assert [room.open for key, room in rooms.items() if key.startswith("site:")] == [None]


def test_personal_sites_are_no_rooms(bench, memory):
    bench.collect(memory, "rooms")
    assert memory.skipped["personal_site"] == 1


def test_security_groups_are_no_rooms(bench, memory, tenant):
    tenant.add_group("All staff", unified=False)
    bench.collect(memory, "rooms")
    assert len(memory.rooms) == 3


def test_a_renamed_group_keeps_its_room(bench, memory, tenant):
    bench.collect(memory, "rooms")
    before = set(memory.rooms)
    group(tenant, "Sales").name = "Distribution"
    bench.collect(memory, "rooms")
    assert set(memory.rooms) == before
    assert "Distribution" in {room.name for room in memory.rooms.values()}


def test_an_archived_team_is_an_archived_room(bench, memory, tenant):
    group(tenant, "Sales").archived = True
    bench.collect(memory, "rooms")
    assert [room.archived for room in memory.rooms.values() if room.open] == [True]


def test_a_group_that_has_vanished_leaves_a_tombstone_of_its_room(bench, memory, tenant):
    bench.collect(memory, "rooms")
    tenant.delete_group(group(tenant, "Board").id)
    bench.collect(memory, "rooms")
    (gone,) = memory.of(Kind.DELETE)
    assert (gone.room, gone.content_type, gone.dated) == (
        f"group:{group(tenant, 'Board').id}",
        ContentType.ROOM,
        False,
    )
    bench.collect(memory, "rooms")
    assert memory.repeated == 0


def test_a_room_that_may_no_longer_be_read_is_a_gap_and_not_gone(bench, memory, tenant):
    bench.collect(memory, "rooms")
    hr = next(site for site in tenant.sites.values() if site.path == "hr")
    tenant.refuse(hr.id)
    del tenant.sites[hr.id].lists[:]
    bench.cloud.graph.faults.add(
        bench.faults.failure(403, path=f"/sites/{hr.id}$", times=None),
        bench.faults.failure(200, b'{"value":[]}', path="getAllSites$", times=None),
    )
    bench.collect(memory, "rooms")
    assert memory.of(Kind.DELETE) == []
    assert memory.reasons() == {("rooms", f"site:{hr.id}", None): "access_denied"}
    bench.cloud.graph.faults.clear()
    tenant.refuse(hr.id, None)
    bench.collect(memory, "rooms")
    assert memory.reasons() == {}


def test_where_groups_may_not_be_listed_teams_are_the_rooms(bench, memory, tenant):
    bench.cloud.application.grant("graph", ["Team.ReadBasic.All", "TeamMember.Read.All"])
    bench.collect(memory, "rooms", "people")
    sales = group(tenant, "Sales")
    assert set(memory.rooms) == {f"group:{sales.id}"}
    members = memory.members[f"group:{sales.id}"]
    assert members.people == set(sales.members)
    assert members.owners == set(sales.owners)


def test_without_any_permission_there_is_one_gap(bench, memory):
    bench.cloud.application.grant("graph", [])
    bench.collect(memory, "rooms")
    assert memory.reasons() == {("rooms", None, None): "access_denied"}


def test_chosen_groups_and_sites_are_the_only_rooms(bench, memory, tenant):
    bench.cloud.application.grant("graph", ["Sites.Selected", "GroupMember.Read.All"])
    sales = group(tenant, "Sales")
    hr = next(site for site in tenant.sites.values() if site.path == "hr")
    connector = bench.collect(memory, "rooms", sites=[hr.id], groups=[sales.id])
    assert set(memory.rooms) == {f"group:{sales.id}", f"site:{hr.id}"}
    assert bench.asked("getAllSites") == 0
    directory = connector._source.directory()
    # The group's own site was not chosen.
    assert [site.room for site in directory.sites.values()] == [f"site:{hr.id}"]
    assert directory.closed_sites == {f"group:{sales.id}": "access_denied"}


def test_the_directory_knows_the_room_of_every_site_and_group(bench, memory, tenant):
    directory = bench.connect(memory)._source.directory()
    sales = group(tenant, "Sales")
    assert directory.room_of_site(sales.site.upper()) == f"group:{sales.id}"
    assert directory.room_of_group(sales.id) == f"group:{sales.id}"
    assert [team.id for team in directory.teams()] == [sales.id]
    assert directory.groups[sales.id].site == sales.site


def test_a_sub_site_of_a_group_belongs_to_its_room(bench, memory, tenant):
    sales = group(tenant, "Sales")
    host, collection, _ = sales.site.split(",")
    sub = tenant.add_site("sales/projects", "Projects")
    del tenant.sites[sub.id]
    sub.id = f"{host},{collection},{tenant.guid('web', 'projects')}"
    tenant.sites[sub.id] = sub
    bench.collect(memory, "rooms")
    assert f"site:{sub.id}" not in memory.rooms
    assert bench.connect(memory)._source.directory().room_of_site(sub.id) == f"group:{sales.id}"


def test_twenty_groups_take_one_batch(bench, memory, tenant):
    for number in range(18):
        tenant.add_group(f"Group {number}")
    bench.collect(memory, "rooms")
    # Twenty root sites in one batch; in one each whether the one team is archived, and its channels.
    assert bench.asked("$batch", inner=False) == 3
    assert bench.asked("/sites/root") == 20


def test_an_archived_site_is_an_archived_room(bench, memory):
    site = {
        "id": "h.sharepoint.com,11111111-2222-3333-4444-555555555555,66666666-7777-8888-9999-000000000000",
        "webUrl": "https://h.sharepoint.com/sites/old",
        "siteCollection": {"archivalDetails": {"archiveStatus": "fullyArchived"}},
    }
    search = {"id": "h.sharepoint.com,s,w", "webUrl": "https://h.sharepoint.com/search"}
    body = json.dumps({"value": [site, search]}).encode()
    bench.cloud.graph.faults.add(bench.faults.failure(200, body, path="getAllSites$"))
    bench.collect(memory, "rooms")
    (room,) = (room for key, room in memory.rooms.items() if key.startswith("site:"))
    assert (room.key, room.archived) == (f"site:{site['id']}", True)
    assert memory.skipped["system_site"] == 1


def test_a_locked_site_leaves_its_group_a_room(bench, memory, tenant):
    sales = group(tenant, "Sales")
    bench.cloud.graph.faults.add(bench.faults.failure(423, path=f"{sales.id}/sites/root", times=None))
    directory = bench.connect(memory)._source.directory()
    assert f"group:{sales.id}" in directory.rooms
    assert directory.closed_sites == {f"group:{sales.id}": "access_denied"}


def test_recorded_groups_are_rooms_with_the_name_of_open_ones(bench, memory, recorded):
    body = (recorded.folder / "groups.json").read_bytes()
    bench.cloud.graph.faults.add(bench.faults.failure(200, body, path="/groups$"))
    rooms = bench.connect(memory)._source.directory().rooms
    assert rooms["group:45b7d2e7-b882-4a80-ba97-10b7a63b8fa4"].name == "Golf Assist"
    assert rooms["group:45b7d2e7-b882-4a80-ba97-10b7a63b8fa4"].created.year == 2018
    unknown = rooms["group:d7797254-3084-44d0-99c9-a3b5ab149538"]
    assert (unknown.open, unknown.name, unknown.handle) == (
        None,
        None,
        "d7797254",
    )


def test_recorded_sites_are_rooms_and_the_site_of_a_group_is_recognised_in_any_case(
    bench, memory, tenant, recorded
):
    shown = recorded("sites-getAllSites.json")
    root = recorded("groups-x-sites-root.json")
    del shown["@odata.nextLink"]
    shown["value"].append({**root, "id": root["id"].lower()})
    sales = group(tenant, "Sales")
    bench.cloud.graph.faults.add(
        bench.faults.failure(200, json.dumps(shown).encode(), path="getAllSites$"),
        bench.faults.failure(200, json.dumps(root).encode(), path=f"{sales.id}/sites/root"),
    )
    directory = bench.connect(memory)._source.directory()
    assert sum(key.startswith("site:contoso-apc.") for key in directory.rooms) == 3
    assert directory.room_of_site(root["id"]) == f"group:{sales.id}"
    assert f"site:{root['id'].lower()}" not in directory.rooms


def test_a_foreign_cursor_is_refused(bench, memory):
    with pytest.raises(CursorExpired):
        list(bench.connect(memory).read("rooms", '{"form":9}'))


def group(tenant, name):
    return next(group for group in tenant.groups.values() if group.nickname == name.lower())


# -- private and shared channels ---------------------------------------------------------------------------------------


def deals(tenant, membership="private"):
    return tenant.add_channel(group(tenant, "Sales").id, "Deals & Co", membership=membership)


@pytest.mark.parametrize("membership", ["private", "shared"])
def test_a_private_or_shared_channel_is_a_room_with_its_site(bench, memory, tenant, membership):
    channel = deals(tenant, membership)
    connector = bench.collect(memory, "rooms")
    room = memory.rooms[channel.room]
    # Found by an admin through the handle of its team; its name is not kept, since it is not open.
    assert room.handle == f"sales/{channel.id.partition(':')[2][:8]}"
    assert (room.name, room.open, room.archived) == (None, False, False)
    assert f"site:{channel.site}" not in memory.rooms
    assert connector._source.directory().room_of_site(channel.site) == channel.room
    assert len(memory.rooms) == 4


def test_a_standard_channel_is_no_room_of_its_own(bench, memory, tenant):
    tenant.add_channel(group(tenant, "Sales").id, "Ideas")
    bench.collect(memory, "rooms")
    assert len(memory.rooms) == 3


def test_files_of_a_private_channel_are_in_its_room(bench, memory, tenant):
    channel = deals(tenant)
    ada = group(tenant, "Sales").members[0]
    tenant.add_file(channel.site, ada, bench.day(1))
    tenant.add_file(group(tenant, "Sales").site, ada, bench.day(1))
    for page in bench.connect(memory).read("files", None):
        memory.store("files", page)
    assert sorted(a.room for a in memory.of(Kind.CREATE)) == sorted(
        [channel.room, f"group:{group(tenant, 'Sales').id}"]
    )


def test_where_the_folder_of_a_channel_is_not_shown_its_site_stays_a_room_of_its_own(bench, memory, tenant):
    channel = deals(tenant)
    bench.cloud.graph.faults.add(bench.faults.failure(404, path="filesFolder$", times=None))
    bench.collect(memory, "rooms")
    assert {channel.room, f"site:{channel.site}"} < set(memory.rooms)


def test_the_folder_of_a_channel_that_lies_in_the_site_of_the_team_ties_nothing(bench, memory, tenant):
    channel = deals(tenant)
    sales = group(tenant, "Sales")
    address = f"{bench.cloud.sharepoint.origin}/sites/{tenant.sites[sales.site].path}/Shared%20Documents"
    body = json.dumps({"id": "x", "webUrl": address}).encode()
    bench.cloud.graph.faults.add(bench.faults.failure(200, body, path="filesFolder$", times=None))
    directory = bench.collect(memory, "rooms")._source.directory()
    assert directory.room_of_site(sales.site) == f"group:{sales.id}"
    assert directory.room_of_site(channel.site) == f"site:{channel.site}"


def test_a_channel_that_is_gone_leaves_a_tombstone_and_one_that_is_refused_a_gap(bench, memory, tenant):
    channel = deals(tenant)
    sales = group(tenant, "Sales")
    bench.collect(memory, "rooms")
    roles = bench.cloud.application.roles["graph"]
    bench.cloud.application.grant("graph", roles - {"Channel.ReadBasic.All", "Group.Read.All"})
    bench.collect(memory, "rooms")
    assert memory.reasons() == {("rooms", channel.room, None): "access_denied"}
    assert memory.of(Kind.DELETE) == []
    bench.cloud.application.grant("graph", roles)
    sales.channels.remove(channel.id)
    del tenant.channels[channel.id]
    bench.collect(memory, "rooms")
    assert [gone.room for gone in memory.of(Kind.DELETE)] == [channel.room]
    assert memory.reasons() == {}
