"""Pages, news and list items against a tenant behind real HTTP servers."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.activity import ContentType, Kind
from connectors.errors import CursorExpired
from connectors.microsoft import brought, mapping
from connectors.microsoft.sites import SitePages
from service.demo import faults

LISTS = ("site_pages", "list_items")


def key(item: Any) -> str:
    return f"{'page' if item.kind == 'page' else 'item'}:{item.list_id}:{item.number}"


def small_pages(world: Any, size: int = 2) -> None:
    world.cloud.graph.size = lambda request, default, most: size


def of(paths: list[str], word: str) -> list[str]:
    return [path for path in paths if path.endswith(word)]


def test_a_page_brings_its_creation_and_each_edit(world: Any, at: Any) -> None:
    ada, bob = world.person("ada"), world.person("bob")
    site = world.tenant.add_site("hr")
    page = world.tenant.add_page(site.id, ada, at(0))
    for number in (1, 2):
        world.tenant.edit(page, bob, at(number))
    world.run("site_pages")
    assert world.memory.told() == [
        (Kind.CREATE, key(page), ada, at(0)),
        (Kind.EDIT, key(page), bob, at(1)),
        (Kind.EDIT, key(page), bob, at(2)),
    ]
    assert world.memory.known[key(page)].version == 3 * 512
    assert world.memory.known[key(page)].room == f"site:{site.id}".lower()


def test_news_are_posts_and_other_pages_are_pages(world: Any, at: Any) -> None:
    site = world.tenant.add_site("hr")
    page = world.tenant.add_page(site.id, world.person("ada"), at(0))
    news = world.tenant.add_page(site.id, world.person("ada"), at(0), news=True)
    world.run("site_pages")
    kept = {id_: content.content_type for id_, content in world.memory.known.items()}
    assert kept == {key(page): ContentType.PAGE, key(news): ContentType.POST}


def test_news_that_wait_for_their_publication_are_posts_already() -> None:
    row = {
        "createdDateTime": "2026-03-02T09:00:00Z",
        "fields": {"PromotedState": 1, "_UIVersionString": "0.3"},
    }
    thing = SitePages().thing(row, "page:l:1", "site:a")
    assert (thing.content_type, thing.version) == (ContentType.POST, 3)


@pytest.mark.parametrize(
    ("latest", "stored", "asks"),
    [
        ("0.1", 0, False),
        ("0.2", 0, False),
        ("0.3", 0, True),
        ("1.0", 0, True),  # changed since it was made: there were drafts
        ("2.0", 0, True),
        ("1.1", 512, False),
        ("2.0", 512, True),  # by way of 1.1
        ("1.0", 512, False),
    ],
)
def test_drafts_of_pages_hide_between_the_versions_that_are_shown(
    latest: str, stored: int, asks: bool
) -> None:
    row = {
        "createdDateTime": "2026-03-02T09:00:00Z",
        "lastModifiedDateTime": "2026-03-05T09:00:00Z",
        "fields": {"_UIVersionString": latest},
    }
    pages = SitePages()
    assert pages.asks(pages.thing(row, "page:l:1", "site:a"), stored) is asks


def test_drafts_and_their_publication_are_edits_but_the_first_draft(world: Any, at: Any) -> None:
    rows = [
        {"id": label, "lastModifiedDateTime": at(number).isoformat()}
        for number, label in enumerate(("0.1", "0.2", "1.0", "1.1", "2.0"))
    ]
    row = {"createdDateTime": at(0).isoformat()}
    seen = mapping.thing(row, "page:l:1", "site:a", ContentType.PAGE, 1024)
    found = mapping.versions(rows)
    assert [edit.key for edit in mapping.edits(seen, found, 0)] == [
        f"page:l:1:v{label}" for label in ("0.2", "1.0", "1.1", "2.0")
    ]
    assert [edit.key for edit in mapping.edits(seen, found, 513)] == ["page:l:1:v2.0"]
    # Where only whole versions are kept, the first of them is the creation.
    assert [edit.key for edit in mapping.edits(seen, found[2::2], 0)] == ["page:l:1:v2.0"]


def test_the_site_of_a_group_is_the_room_of_the_group(world: Any, at: Any) -> None:
    group = world.tenant.add_group("Marketing")
    world.tenant.add_page(group.site, world.person("ada"), at(0))
    world.run("site_pages")
    assert {content.room for content in world.memory.known.values()} == {f"group:{group.id}"}


def test_an_author_who_is_an_app_is_nobody(world: Any, at: Any) -> None:
    site = world.tenant.add_site("hr")
    page = world.tenant.add_page(site.id, None, at(0))
    world.run("site_pages")
    assert world.memory.told() == [(Kind.CREATE, key(page), None, at(0))]


def test_lists_of_people_are_read_and_hidden_lists_libraries_and_pages_are_not(world: Any, at: Any) -> None:
    ada, site = world.person("ada"), world.tenant.add_site("hr")
    tasks = world.tenant.add_list(site.id, "Aufgaben")
    hidden = world.tenant.add_list(site.id, "Intern", hidden=True)
    item = world.tenant.add_item(tasks.id, ada, at(1))
    world.tenant.add_item(hidden.id, ada, at(1))
    world.tenant.add_page(site.id, ada, at(1))
    world.tenant.add_file(site.id, ada, at(1))
    world.run("list_items")
    assert world.memory.told() == [(Kind.CREATE, key(item), ada, at(1))]
    assert world.memory.known[key(item)].content_type is ContentType.PAGE


def test_a_history_is_asked_for_only_where_a_version_is_not_shown(world: Any, at: Any) -> None:
    ada, site = world.person("ada"), world.tenant.add_site("hr")
    tasks = world.tenant.add_list(site.id, "Aufgaben")
    items = [world.tenant.add_item(tasks.id, ada, at(0)) for _ in range(3)]
    for item, edits in zip(items, (0, 1, 2), strict=True):
        for number in range(edits):
            world.tenant.edit(item, ada, at(number + 1))
    asked = world.run("list_items")
    assert [path.split("/")[-2] for path in of(asked, "/versions")] == [str(items[2].number)]
    assert len(world.memory.told(Kind.EDIT)) == 3
    world.tenant.edit(items[0], ada, at(5))
    assert of(world.run("list_items"), "/versions") == []
    assert len(world.memory.told(Kind.EDIT)) == 4


def test_a_run_without_news_costs_one_request_per_list(world: Any, at: Any) -> None:
    ada = world.person("ada")
    for number in range(5):
        site = world.tenant.add_site(f"site{number}")
        tasks = world.tenant.add_list(site.id, "Aufgaben")
        for item in (world.tenant.add_page(site.id, ada, at(0)), world.tenant.add_item(tasks.id, ada, at(0))):
            world.tenant.edit(item, ada, at(1))
    world.run(*LISTS)
    asked = world.run(*LISTS)
    assert len(of(asked, "/delta")) == 10
    # Besides those the sites themselves are listed, and groups.
    assert sorted(set(asked) - set(of(asked, "/delta"))) == ["/groups", "/sites/getAllSites"]
    assert world.memory.repeated == []


def test_the_lists_of_a_site_are_asked_for_again_after_a_day(world: Any, at: Any) -> None:
    ada, site = world.person("ada"), world.tenant.add_site("hr")
    world.run("list_items")
    world.tenant.add_item(world.tenant.add_list(site.id, "Neu").id, ada, at(0))
    world.run("list_items")
    assert world.memory.told() == []
    world.now = at(31)
    world.run("list_items")
    assert len(world.memory.told()) == 1


def test_a_new_site_is_read_in_the_next_run(world: Any, at: Any) -> None:
    world.tenant.add_site("hr")
    world.run("site_pages")
    new = world.tenant.add_site("it")
    page = world.tenant.add_page(new.id, world.person("ada"), at(0))
    world.run("site_pages")
    assert world.memory.told() == [(Kind.CREATE, key(page), world.people["ada"], at(0))]


def test_an_edit_later_on_brings_only_itself(world: Any, at: Any) -> None:
    ada, bob = world.person("ada"), world.person("bob")
    page = world.tenant.add_page(world.tenant.add_site("hr").id, ada, at(0))
    world.run("site_pages")
    world.tenant.edit(page, bob, at(3))
    world.tenant.edit(page, ada, at(4))
    world.run("site_pages")
    assert world.memory.told(Kind.EDIT) == [
        (Kind.EDIT, key(page), bob, at(3)),
        (Kind.EDIT, key(page), ada, at(4)),
    ]
    assert world.memory.repeated == []


def test_what_is_deleted_leaves_a_tombstone_and_may_come_back(world: Any, at: Any) -> None:
    ada = world.person("ada")
    page = world.tenant.add_page(world.tenant.add_site("hr").id, ada, at(0))
    world.run("site_pages")
    world.tenant.delete(page)
    world.run("site_pages")
    assert world.memory.told(Kind.DELETE) == [(Kind.DELETE, key(page), None, world.now)]
    assert world.memory.known[key(page)].deleted
    world.tenant.restore(page)
    world.run("site_pages")
    assert not world.memory.known[key(page)].deleted
    assert len(world.memory.told(Kind.CREATE)) == 1
    assert world.memory.repeated == []


def test_what_was_made_and_deleted_between_two_runs_never_was(world: Any, at: Any) -> None:
    site = world.tenant.add_site("hr")
    world.run("site_pages")
    world.tenant.delete(world.tenant.add_page(site.id, world.person("ada"), at(0)))
    world.run("site_pages")
    assert world.memory.told() == []


def test_a_page_deleted_while_the_delta_is_read_is_gone_although_nothing_is_stored_yet(
    world: Any, at: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(brought, "STEP", 1)
    ada, site = world.person("ada"), world.tenant.add_site("hr")
    small_pages(world, 1)
    pages = [world.tenant.add_page(site.id, ada, at(0)) for _ in range(40)]
    connector, kept = world.connector(), []
    for page in connector.read("site_pages", None):
        if not kept:
            world.tenant.delete(pages[0])
        kept.append(page)
    connector.close()
    kinds = [
        activity.kind for page in kept for activity in page.activities if activity.object == key(pages[0])
    ]
    assert kinds == [Kind.CREATE, Kind.DELETE]


def test_replayed_and_disordered_rows_bring_nothing_twice(world: Any, at: Any) -> None:
    ada = world.person("ada")
    site = world.tenant.add_site("hr")
    pages = [world.tenant.add_page(site.id, ada, at(number)) for number in range(7)]
    small_pages(world, 3)
    world.run("site_pages")
    world.tenant.replayed, world.tenant.disordered = 6, True
    world.tenant.edit(pages[5], ada, at(9))
    asked = world.run("site_pages")
    assert world.memory.told(Kind.EDIT) == [(Kind.EDIT, key(pages[5]), ada, at(9))]
    assert len(of(asked, "/versions")) == 1
    assert world.memory.repeated == []


@pytest.mark.parametrize("status", [403, 404, 423])
def test_a_site_that_turns_us_away_is_a_gap_of_its_room_until_it_is_read_again(
    world: Any, at: Any, status: int
) -> None:
    ada = world.person("ada")
    one, other = world.tenant.add_site("one"), world.tenant.add_site("other")
    world.tenant.add_page(one.id, ada, at(0))
    world.tenant.add_page(other.id, ada, at(0))
    world.run("site_pages")
    world.tenant.add_page(one.id, ada, at(1))
    world.tenant.add_page(other.id, ada, at(1))
    fault = faults.failure(status, path=f"/sites/{one.id.split(',')[0]},{one.collection}.*/delta", times=None)
    world.cloud.graph.faults.add(fault)
    world.run("site_pages")
    why = "not_found" if status == 404 else "access_denied"
    assert world.memory.reasons("site_pages") == {(f"site:{one.id}".lower(), None): why}
    assert len(world.memory.told()) == 3
    world.cloud.graph.faults.clear()
    world.run("site_pages")
    assert world.memory.reasons("site_pages") == {}
    assert len(world.memory.told()) == 4


def test_an_app_without_permission_for_sites_leaves_one_gap(world: Any, at: Any) -> None:
    world.tenant.add_page(world.tenant.add_site("hr").id, world.person("ada"), at(0))
    world.cloud.application.grant("graph", {"User.Read.All"})
    for stream in LISTS:
        assert world.run(stream) == []
        assert world.memory.reasons(stream) == {(None, None): "access_denied"}


def test_sites_that_were_granted_one_by_one_are_read(world: Any, at: Any) -> None:
    ada = world.person("ada")
    granted, other = world.tenant.add_site("hr"), world.tenant.add_site("it")
    world.cloud.application.grant("graph", {"Sites.Selected", "GroupMember.Read.All"})
    other.granted = False
    for site in (granted, other):
        world.tenant.add_page(site.id, ada, at(0))
    world.run("site_pages", sites=[granted.id])
    assert {content.room for content in world.memory.known.values()} == {f"site:{granted.id}".lower()}
    assert world.memory.reasons("site_pages") == {}


def test_a_gap_of_a_page_that_is_deleted_meanwhile_is_closed(world: Any, at: Any) -> None:
    ada, site = world.person("ada"), world.tenant.add_site("hr")
    page = world.tenant.add_page(site.id, ada, at(0))
    world.tenant.edit(page, ada, at(1))
    world.cloud.graph.faults.add(faults.failure(500, path="/versions", times=None))
    world.run("site_pages")
    assert world.memory.reasons("site_pages") == {(f"site:{site.id}".lower(), key(page)): "broken"}
    world.tenant.delete(page)
    world.run("site_pages")
    assert world.memory.reasons("site_pages") == {}
    assert len(world.memory.told(Kind.DELETE)) == 1


def test_a_gap_of_a_site_that_is_gone_is_closed(world: Any, at: Any) -> None:
    ada, site = world.person("ada"), world.tenant.add_site("hr")
    world.tenant.add_page(site.id, ada, at(0))
    world.cloud.graph.faults.add(faults.failure(403, b"{}", path="/delta", times=None))
    world.run("site_pages")
    assert len(world.memory.reasons("site_pages")) == 1
    world.tenant.refuse(site.id, 404)  # and no longer listed
    world.run("site_pages")
    assert world.memory.reasons("site_pages") == {}


def test_a_history_that_fails_is_a_gap_of_the_page_and_read_in_the_next_run(world: Any, at: Any) -> None:
    ada = world.person("ada")
    site = world.tenant.add_site("hr")
    pages = [world.tenant.add_page(site.id, ada, at(0)) for _ in range(2)]
    for page in pages:
        for number in (1, 2, 3):
            world.tenant.edit(page, ada, at(number))
    fault = faults.failure(500, path=f"items/{pages[0].number}/versions", times=None)
    world.cloud.graph.faults.add(fault)
    world.run("site_pages")
    assert world.memory.reasons("site_pages") == {(f"site:{site.id}".lower(), key(pages[0])): "broken"}
    assert len(world.memory.told(Kind.CREATE)) == 2
    assert len(world.memory.told(Kind.EDIT)) == 3
    world.cloud.graph.faults.clear()
    world.run("site_pages")
    assert world.memory.reasons("site_pages") == {}
    assert len(world.memory.told(Kind.EDIT)) == 6
    assert world.memory.repeated == []


@pytest.mark.parametrize(
    "fault",
    [
        faults.throttled(0.05, 0.1),
        faults.failure(500),
        faults.failure(503),
        faults.reset(0.5),
        faults.reset(None),
        faults.truncated(),
        faults.empty(),
        faults.login_page(),
        faults.failure(401, b"{}"),
    ],
    ids=["429", "500", "503", "cut", "no answer", "truncated", "empty", "HTML", "401"],
)
def test_a_passing_fault_changes_nothing(world: Any, at: Any, fault: Any) -> None:
    ada = world.person("ada")
    for number in range(3):
        page = world.tenant.add_page(world.tenant.add_site(f"site{number}").id, ada, at(number))
        world.tenant.edit(page, ada, at(5))
    fault.path, fault.after, fault.met, fault.struck = "(delta|versions)", 2, 0, 0
    world.cloud.graph.faults.add(fault)
    world.run("site_pages")
    assert fault.struck > 0
    assert len(world.memory.told()) == 6
    assert world.memory.reasons("site_pages") == {}


def test_a_delta_that_leads_in_a_circle_is_a_gap(world: Any, at: Any) -> None:
    ada, site = world.person("ada"), world.tenant.add_site("hr")
    for number in range(5):
        world.tenant.add_page(site.id, ada, at(number))
    small_pages(world)
    world.cloud.graph.faults.add(faults.repeated_link(path="/delta", times=None, after=2))
    world.run("site_pages")
    assert world.memory.reasons("site_pages") == {(f"site:{site.id}".lower(), None): "broken"}


# -- links that are no longer valid ------------------------------------------------------------------------------------


def test_after_an_expired_link_the_list_is_read_again_without_doubling(world: Any, at: Any) -> None:
    ada, site = world.person("ada"), world.tenant.add_site("hr")
    pages = [world.tenant.add_page(site.id, ada, at(number)) for number in range(5)]
    world.tenant.edit(pages[0], ada, at(6))
    small_pages(world)
    world.run("site_pages")
    before = world.memory.told()
    world.cloud.graph.deltas.expire()
    new = world.tenant.add_page(site.id, ada, at(8))
    asked = world.run("site_pages")
    assert len(of(asked, "/delta")) == 4  # one is refused, three show six pages
    assert of(asked, "/versions") == []
    assert world.memory.told() == [*before, (Kind.CREATE, key(new), ada, at(8))]
    assert world.memory.repeated == []


def test_what_vanished_while_a_link_was_lost_is_noticed(world: Any, at: Any) -> None:
    ada, site = world.person("ada"), world.tenant.add_site("hr")
    pages = [world.tenant.add_page(site.id, ada, at(number)) for number in range(5)]
    world.run("site_pages")
    world.tenant.delete(pages[2])
    world.cloud.graph.deltas.expire()
    world.run("site_pages")
    assert world.memory.told(Kind.DELETE) == [(Kind.DELETE, key(pages[2]), None, world.now)]
    world.run("site_pages")
    assert world.memory.repeated == []


def test_a_lost_cursor_brings_nothing_twice_and_notices_what_vanished(world: Any, at: Any) -> None:
    ada, site = world.person("ada"), world.tenant.add_site("hr")
    pages = [world.tenant.add_page(site.id, ada, at(number)) for number in range(5)]
    world.run("site_pages")
    del world.memory.cursors["site_pages"]
    world.tenant.delete(pages[4])
    world.run("site_pages")
    assert [one[0] for one in world.memory.told()] == [Kind.CREATE] * 5 + [Kind.DELETE]
    assert world.memory.repeated == []


def test_a_lost_synchronisation_state_is_as_an_expired_link(world: Any, at: Any) -> None:
    ada, site = world.person("ada"), world.tenant.add_site("hr")
    world.tenant.add_page(site.id, ada, at(0))
    world.run("site_pages")
    body = b'{"error":{"code":"invalidRequest","innerError":{"code":"syncStateNotFound"}}}'
    world.cloud.graph.faults.add(faults.failure(400, body, path="/delta"))
    world.tenant.add_page(site.id, ada, at(1))
    world.run("site_pages")
    assert len(world.memory.told()) == 2
    assert world.memory.reasons("site_pages") == {}


def test_a_list_whose_link_expires_again_and_again_is_a_gap(world: Any, at: Any) -> None:
    site = world.tenant.add_site("hr")
    world.tenant.add_page(site.id, world.person("ada"), at(0))
    world.cloud.graph.faults.add(faults.failure(410, b"{}", path="/delta", times=None))
    world.run("site_pages")
    assert world.memory.reasons("site_pages") == {(f"site:{site.id}".lower(), None): "broken"}


def test_a_cursor_of_another_form_is_expired(world: Any) -> None:
    connector = world.connector()
    for cursor in ("{}", "nonsense", "zz", '{"form":0}', "[]"):
        with pytest.raises(CursorExpired):
            list(connector.read("site_pages", cursor))
    connector.close()


# -- crashes -----------------------------------------------------------------------------------------------------------


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(
    deaths=st.lists(st.integers(0, 4), max_size=4),
    edits=st.lists(st.tuples(st.integers(0, 8), st.integers(1, 3)), max_size=5),
)
def test_whenever_it_dies_in_the_end_everything_is_stored_once(
    new_world: Any,
    at: Any,
    monkeypatch: Any,
    deaths: list[int],
    edits: list[tuple[int, int]],
) -> None:
    """A death loses what was not stored; the next run goes on from the last page that was."""
    monkeypatch.setattr(brought, "STEP", 2)
    with new_world() as world:
        ada, pages = world.person("ada"), []
        small_pages(world)
        for number in range(3):
            site = world.tenant.add_site(f"site{number}")
            pages += [world.tenant.add_page(site.id, ada, at(day)) for day in range(3)]
        for which, times in edits:
            for step in range(times):
                world.tenant.edit(pages[which], ada, at(10 + step / 10))
        for death in deaths:
            world.run("site_pages", pages=death)
        if len(deaths) % 2:
            world.cloud.graph.deltas.expire()
        world.run("site_pages")
        truth = [
            (Kind.EDIT if number else Kind.CREATE, key(page), version.when)
            for page in pages
            for number, version in enumerate(page.versions)
        ]
        told = [(kind, object_, happened) for kind, object_, _, happened in world.memory.told()]
        assert sorted(told) == sorted(truth)
        assert world.memory.reasons("site_pages") == {}
