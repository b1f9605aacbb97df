"""Views of pages, list items and files against a tenant behind real HTTP servers."""

from typing import Any

import pytest

from connectors.activity import Content, ContentType, CounterName
from service.demo import faults

CONTENTS = ("site_pages", "files", "list_items")


def totals(world: Any) -> dict[str, tuple[int, int]]:
    counters = world.memory.counters
    return {
        object_: (counters[CounterName.VIEWS, object_].total, counters[CounterName.VIEWERS, object_].total)
        for name, object_ in counters
        if name is CounterName.VIEWS
    }


def analytics(paths: list[str]) -> list[str]:
    return [path for path in paths if "/analytics" in path]


@pytest.fixture
def things(world: Any, at: Any) -> dict[str, Any]:
    """A page, a file and a list item, viewed 10, 20 and 30 times by 1, 2 and 3 people; ids by kind."""
    ada, site = world.person("ada"), world.tenant.add_site("hr")
    tasks = world.tenant.add_list(site.id, "Aufgaben")
    page = world.tenant.add_page(site.id, ada, at(0))
    file = world.tenant.add_file(site.id, ada, at(0))
    item = world.tenant.add_item(tasks.id, ada, at(0))
    for number, thing in enumerate((page, file, item), 1):
        world.tenant.view(thing, 10 * number, number)
    world.run(*CONTENTS)
    drive = world.tenant.lists[file.list_id].drive
    return {
        "page": f"page:{page.list_id}:{page.number}",
        "file": f"file:{drive}:{file.drive_id}",
        "item": f"item:{item.list_id}:{item.number}",
    }


def test_each_content_brings_its_views_and_viewers(world: Any, things: dict[str, Any]) -> None:
    world.run("analytics")
    assert totals(world) == {things["page"]: (10, 1), things["file"]: (20, 2), things["item"]: (30, 3)}
    assert {one.observed for one in world.memory.counters.values()} == {world.now}
    assert {content.observed for content in world.memory.known.values()} == {world.now}
    assert world.memory.reasons("analytics") == {}


def test_what_was_looked_at_within_the_day_is_not_asked_again(
    world: Any, at: Any, things: dict[str, Any]
) -> None:
    assert len(analytics(world.run("analytics"))) == 3
    assert analytics(world.run("analytics")) == []
    world.now = at(31)
    assert len(analytics(world.run("analytics"))) == 3


def test_content_nobody_is_known_to_have_seen_is_no_zero(world: Any, at: Any) -> None:
    page = world.tenant.add_page(world.tenant.add_site("hr").id, world.person("ada"), at(0))
    world.run("site_pages", "analytics")
    assert world.memory.counters == {}
    assert world.memory.known[f"page:{page.list_id}:{page.number}"].observed == world.now


@pytest.mark.parametrize("allowed", [0, 1, 2])
def test_the_budget_bounds_the_requests_and_what_it_leaves_is_a_gap(
    world: Any, things: dict[str, Any], allowed: int
) -> None:
    assert len(analytics(world.run("analytics", observe=allowed))) == allowed
    assert world.memory.reasons("analytics") == {(None, None): "not_due"}
    world.run("analytics", observe=5)
    assert len(totals(world)) == 3
    assert world.memory.reasons("analytics") == {}


def test_all_contents_are_read_without_a_budget(world: Any, things: dict[str, Any]) -> None:
    world.run("analytics", observe="all")
    assert len(totals(world)) == 3


def test_contents_without_analytics_do_not_stand_in_the_way(world: Any, at: Any, things: Any) -> None:
    for number in range(30):
        id_ = f"comment:a:1:{number}"
        world.memory.known[id_] = Content(id_, "site:x", ContentType.COMMENT, at(0), at(0))
    for _ in range(2):
        world.run("analytics", observe=1)
    assert all(one.observed for one in world.memory.known.values() if one.id.startswith("comment"))
    for _ in range(3):
        world.run("analytics", observe=1)
    assert len(totals(world)) == 3


def test_where_there_are_no_analytics_a_few_contents_are_tried_and_one_gap_is_left(
    world: Any, at: Any
) -> None:
    ada, site = world.person("ada"), world.tenant.add_site("hr")
    for _ in range(60):
        world.tenant.add_file(site.id, ada, at(0))
    world.run("files")
    world.cloud.graph.faults.add(faults.failure(404, b"{}", path="/analytics", times=None))
    assert len(analytics(world.run("analytics"))) == 5
    assert world.memory.reasons("analytics") == {(None, None): "unsupported"}
    world.cloud.graph.faults.clear()
    world.now = at(40)
    world.run("analytics", observe="all")
    assert world.memory.reasons("analytics") == {}


def test_a_content_that_fails_among_others_is_a_gap_until_it_answers(
    world: Any, at: Any, things: dict[str, Any]
) -> None:
    fault = faults.failure(500, path=f"{things['file'].rpartition(':')[2]}/analytics", times=None)
    world.cloud.graph.faults.add(fault)
    ada, site = world.person("ada"), world.tenant.add_site("it")
    other = world.tenant.add_file(site.id, ada, at(-1))
    world.tenant.view(other, 5, 5)
    world.run("files", "analytics")
    assert world.memory.reasons("analytics") == {
        (world.memory.known[things["file"]].room, things["file"]): "broken"
    }
    world.cloud.graph.faults.clear()
    world.now = at(60)
    world.run("analytics")
    assert world.memory.reasons("analytics") == {}
    assert len(totals(world)) == 4


def test_in_a_room_of_several_sites_each_list_is_found_in_its_own(world: Any, at: Any) -> None:
    ada = world.person("ada")
    group = world.tenant.add_group("Marketing")
    page = world.tenant.add_page(group.site, ada, at(0))
    world.tenant.view(page, 7, 3)
    world.run("site_pages", "analytics")
    assert totals(world) == {f"page:{page.list_id}:{page.number}": (7, 3)}


def test_an_app_without_permission_leaves_one_gap(world: Any, things: dict[str, Any]) -> None:
    world.cloud.application.grant("graph", {"User.Read.All"})
    assert analytics(world.run("analytics")) == []
    assert world.memory.reasons("analytics") == {(None, None): "access_denied"}
