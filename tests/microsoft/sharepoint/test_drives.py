"""Files of document libraries against a tenant behind real HTTP servers."""

from typing import Any

from connectors.activity import ContentType, Kind
from service.demo import faults


def key(world: Any, item: Any) -> str:
    return f"file:{world.tenant.lists[item.list_id].drive}:{item.drive_id}"


def versions(paths: list[str]) -> list[str]:
    return [path for path in paths if path.endswith("/versions")]


def test_a_file_brings_its_creation_and_each_version(world: Any, at: Any) -> None:
    ada, bob = world.person("ada"), world.person("bob")
    site = world.tenant.add_site("hr")
    file = world.tenant.add_file(site.id, ada, at(0))
    world.tenant.edit(file, bob, at(1))
    world.tenant.edit(file, ada, at(2))
    world.run("files")
    id_ = key(world, file)
    assert world.memory.told() == [
        (Kind.CREATE, id_, ada, at(0)),
        (Kind.EDIT, id_, bob, at(1)),
        (Kind.EDIT, id_, ada, at(2)),
    ]
    assert {activity.content_type for activity in world.memory.activities.values()} == {ContentType.FILE}


def test_folders_the_root_and_the_library_of_pages_are_left_out(world: Any, at: Any) -> None:
    ada, site = world.person("ada"), world.tenant.add_site("hr")
    folder = world.tenant.add_folder(site.id, ada, at(0))
    file = world.tenant.add_file(site.id, ada, at(1), folder=folder.number)
    world.tenant.add_page(site.id, ada, at(1))
    world.run("files")
    assert world.memory.told() == [(Kind.CREATE, key(world, file), ada, at(1))]
    assert world.memory.skipped == {"folder": 2}


def test_a_history_is_asked_for_once_for_each_change_and_not_for_files_made_only(world: Any, at: Any) -> None:
    ada, site = world.person("ada"), world.tenant.add_site("hr")
    file, still = (world.tenant.add_file(site.id, ada, at(0)) for _ in range(2))
    world.tenant.edit(file, ada, at(1))
    assert len(versions(world.run("files"))) == 1
    assert versions(world.run("files")) == []
    world.tenant.edit(still, ada, at(2))
    world.tenant.edit(still, ada, at(3))
    assert len(versions(world.run("files"))) == 1
    assert [one[3] for one in world.memory.told(Kind.EDIT)] == [at(1), at(2), at(3)]
    assert world.memory.repeated == []


def test_a_run_without_news_costs_one_request_per_drive(world: Any, at: Any) -> None:
    ada = world.person("ada")
    for number in range(4):
        file = world.tenant.add_file(world.tenant.add_site(f"site{number}").id, ada, at(0))
        world.tenant.edit(file, ada, at(1))
    world.run("files")
    asked = world.run("files")
    assert len([path for path in asked if path.endswith("/root/delta")]) == 4
    assert {path for path in asked if not path.endswith("/root/delta")} == {"/groups", "/sites/getAllSites"}


def test_a_deleted_file_leaves_a_tombstone(world: Any, at: Any) -> None:
    file = world.tenant.add_file(world.tenant.add_site("hr").id, world.person("ada"), at(0))
    world.run("files")
    world.tenant.delete(file)
    world.run("files")
    assert world.memory.told(Kind.DELETE) == [(Kind.DELETE, key(world, file), None, world.now)]
    assert world.memory.known[key(world, file)].deleted


def test_an_expired_link_brings_nothing_twice_and_tells_what_is_gone(world: Any, at: Any) -> None:
    ada, site = world.person("ada"), world.tenant.add_site("hr")
    files = [world.tenant.add_file(site.id, ada, at(number)) for number in range(5)]
    for file in files:
        world.tenant.edit(file, ada, at(6))
    world.cloud.graph.size = lambda request, default, most: 2
    world.run("files")
    world.tenant.delete(files[1])
    world.cloud.graph.deltas.expire()
    assert versions(world.run("files")) == []
    assert world.memory.told(Kind.DELETE) == [(Kind.DELETE, key(world, files[1]), None, world.now)]
    assert world.memory.repeated == []
    assert world.memory.reasons("files") == {}


def test_a_file_that_moves_between_folders_is_no_edit(world: Any, at: Any) -> None:
    ada, site = world.person("ada"), world.tenant.add_site("hr")
    file = world.tenant.add_file(site.id, ada, at(0))
    folder = world.tenant.add_folder(site.id, ada, at(0))
    world.run("files")
    with world.tenant.lock:
        file.parent = folder.number
        world.tenant._changed(file)
    world.run("files")
    assert world.memory.told() == [(Kind.CREATE, key(world, file), ada, at(0))]


def test_a_drive_that_turns_us_away_is_a_gap_of_its_room(world: Any, at: Any) -> None:
    ada = world.person("ada")
    one, other = world.tenant.add_site("one"), world.tenant.add_site("other")
    world.tenant.add_file(one.id, ada, at(0))
    world.tenant.add_file(other.id, ada, at(0))
    drive = world.tenant.list_of(one.id, "documentLibrary").drive
    world.cloud.graph.faults.add(faults.failure(403, b"{}", path=f"/drives/{drive}/root/delta", times=None))
    world.run("files")
    assert world.memory.reasons("files") == {(f"site:{one.id}".lower(), None): "access_denied"}
    assert len(world.memory.told()) == 1
    world.cloud.graph.faults.clear()
    world.run("files")
    assert world.memory.reasons("files") == {}
    assert len(world.memory.told()) == 2


def test_an_app_without_permission_for_files_leaves_one_gap(world: Any, at: Any) -> None:
    world.tenant.add_file(world.tenant.add_site("hr").id, world.person("ada"), at(0))
    world.cloud.application.grant("graph", {"GroupMember.Read.All"})
    assert world.run("files") == []
    assert world.memory.reasons("files") == {(None, None): "access_denied"}


def test_a_history_of_a_file_in_lots_is_read_to_its_end(world: Any, at: Any) -> None:
    ada, site = world.person("ada"), world.tenant.add_site("hr")
    file = world.tenant.add_file(site.id, ada, at(0))
    for number in range(7):
        world.tenant.edit(file, ada, at(number + 1))
    world.cloud.graph.size = lambda request, default, most: 3
    assert len(versions(world.run("files"))) == 3
    assert len(world.memory.told(Kind.EDIT)) == 7
    world.tenant.edit(file, ada, at(9))
    # Newest first: the first page reaches what is stored.
    assert len(versions(world.run("files"))) == 1
    assert len(world.memory.told(Kind.EDIT)) == 8
