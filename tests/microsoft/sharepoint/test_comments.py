"""Comments, replies and likes of pages against a tenant behind real HTTP servers."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.activity import ContentType, Kind
from connectors.errors import CursorExpired
from connectors.microsoft import brought
from service.demo import faults

TALK = (Kind.COMMENT, Kind.REPLY)
BOTH = ("site_pages", "page_comments")


def key(page: Any, comment: Any = None) -> str:
    place = f"{page.list_id}:{page.number}"
    return f"page:{place}" if comment is None else f"comment:{place}:{comment.id}"


def asked_of_sharepoint(paths: list[str]) -> list[str]:
    return [path for path in paths if "_api" in path]


@pytest.fixture
def page(world: Any, at: Any) -> Any:
    return world.tenant.add_page(world.tenant.add_site("hr").id, world.person("ada"), at(0))


def test_comments_and_replies_name_what_they_answer(world: Any, at: Any, page: Any) -> None:
    bob, cem = world.person("bob"), world.person("cem")
    comment = world.tenant.comment(page, bob, at(1))
    reply = world.tenant.comment(page, cem, at(2), parent=comment)
    world.run("page_comments")
    assert world.memory.told(*TALK) == [
        (Kind.COMMENT, key(page, comment), bob, at(1)),
        (Kind.REPLY, key(page, reply), cem, at(2)),
    ]
    shown = {a.object: (a.parent, a.thread, a.content_type) for a in world.memory.activities.values()}
    assert shown == {
        key(page, comment): (key(page), key(page), ContentType.COMMENT),
        key(page, reply): (key(page, comment), key(page), ContentType.COMMENT),
    }


def test_more_comments_and_replies_than_one_page_holds_are_all_read(world: Any, at: Any, page: Any) -> None:
    bob = world.person("bob")
    comments = [world.tenant.comment(page, bob, at(number)) for number in range(5)]
    for number in range(4):
        world.tenant.comment(page, bob, at(6 + number), parent=comments[0])
    world.cloud.sharepoint.size = lambda request, default, most: 2
    world.run("page_comments")
    assert len(world.memory.told(Kind.COMMENT)) == 5
    assert len(world.memory.told(Kind.REPLY)) == 4


def test_pages_without_comments_and_likes_cost_nothing(world: Any, at: Any, page: Any) -> None:
    assert asked_of_sharepoint(world.run("page_comments")) == []


def test_only_pages_whose_counts_differ_are_asked_for(world: Any, at: Any, page: Any) -> None:
    bob = world.person("bob")
    other = world.tenant.add_page(page_site(world, page), bob, at(0))
    world.tenant.comment(page, bob, at(1))
    world.tenant.comment(other, bob, at(1))
    assert len(asked_of_sharepoint(world.run("page_comments"))) == 2
    assert asked_of_sharepoint(world.run("page_comments")) == []
    new = world.tenant.comment(other, bob, at(5))
    asked = asked_of_sharepoint(world.run("page_comments"))
    assert [path.rpartition("/")[2] for path in asked] == ["Comments"]
    assert world.memory.told(*TALK)[-1] == (Kind.COMMENT, key(other, new), bob, at(5))
    assert world.memory.repeated == []


def test_a_run_without_news_costs_one_request_per_site(world: Any, at: Any, page: Any) -> None:
    world.tenant.comment(page, world.person("bob"), at(1))
    world.tenant.add_site("it")
    world.run("page_comments")
    asked = world.run("page_comments")
    assert len([path for path in asked if path.endswith("/items")]) == 2
    assert len(asked) == 4  # and the listings of groups and sites


def test_likes_are_dated_where_sharepoint_tells_when(world: Any, at: Any, page: Any) -> None:
    bob, cem = world.person("bob"), world.person("cem")
    world.tenant.like(page, bob, at(1))
    world.tenant.like(page, cem, at(2))
    world.run("page_comments")
    assert world.memory.told() == [
        (Kind.REACT, key(page), bob, at(1)),
        (Kind.REACT, key(page), cem, at(2)),
    ]
    assert world.memory.reactors[key(page)].people == {bob, cem}


def test_likes_without_a_date_and_likes_taken_back_show_in_who_likes(world: Any, at: Any, page: Any) -> None:
    bob, cem = world.person("bob"), world.person("cem")
    world.tenant.likes_dated = False
    world.tenant.like(page, bob, at(1))
    world.tenant.like(page, cem, at(1))
    world.run("page_comments")
    assert world.memory.told() == []
    assert world.memory.reactors[key(page)].people == {bob, cem}
    world.tenant.unlike(page, bob)
    world.run("page_comments")
    assert world.memory.reactors[key(page)].people == {cem}
    world.tenant.unlike(page, cem)
    assert asked_of_sharepoint(world.run("page_comments")) == []
    assert world.memory.reactors[key(page)].people == frozenset()


def test_where_likers_are_not_told_their_number_is_counted(world: Any, at: Any, page: Any) -> None:
    world.cloud.sharepoint.likers = False
    comment = world.tenant.comment(page, world.person("bob"), at(1))
    world.tenant.like(page, world.person("bob"), at(1))
    world.tenant.like(comment, world.person("cem"), at(1))
    world.run("page_comments")
    assert world.memory.reactors == {}
    assert {object_: one.total for (_, object_), one in world.memory.counters.items()} == {
        key(page): 1,
        key(page, comment): 1,
    }


def test_likes_of_comments_are_seen_with_the_comment_and_when_a_span_has_passed(
    world: Any, at: Any, page: Any
) -> None:
    bob, cem = world.person("bob"), world.person("cem")
    comment = world.tenant.comment(page, bob, at(1))
    world.tenant.like(comment, cem, at(1))
    world.run("page_comments")
    assert world.memory.reactors[key(page, comment)].people == {cem}
    world.tenant.like(comment, bob, at(31))
    assert asked_of_sharepoint(world.run("page_comments")) == []
    world.now = at(34)  # a page of 30 days is looked at every third day
    world.run("page_comments")
    assert world.memory.reactors[key(page, comment)].people == {bob, cem}


def test_fewer_comments_leave_tombstones_of_those_that_are_gone(world: Any, at: Any, page: Any) -> None:
    bob = world.person("bob")
    comments = [world.tenant.comment(page, bob, at(number)) for number in range(3)]
    world.run("page_comments")
    world.tenant.delete_comment(page, comments[1])
    world.run("page_comments")
    gone = [(Kind.DELETE, key(page, comments[1]), None, world.now)]
    assert world.memory.told(Kind.DELETE) == gone
    for comment in (comments[0], comments[2]):
        world.tenant.delete_comment(page, comment)
    assert asked_of_sharepoint(world.run("page_comments")) == []
    assert len(world.memory.told(Kind.DELETE)) == 3
    world.run("page_comments")
    assert world.memory.repeated == []


def test_who_cannot_be_found_in_the_directory_is_nobody(world: Any, at: Any, page: Any) -> None:
    bob = world.person("bob")
    comment = world.tenant.comment(page, bob, at(1))
    world.tenant.like(page, bob, at(1))
    world.tenant.delete_user(bob)
    world.run("page_comments")
    assert world.memory.told() == [(Kind.COMMENT, key(page, comment), None, at(1))]
    assert world.memory.reactors[key(page)].people == frozenset()
    assert world.memory.skipped["unknown_person"] == 1


def test_who_could_not_be_looked_up_is_not_nobody(world: Any, at: Any, page: Any) -> None:
    """Only pages that name them wait for the next run."""
    ada, bob = world.person("ada"), world.person("bob")
    other = world.tenant.add_page(page_site(world, page), bob, at(0))
    world.tenant.comment(page, bob, at(1))
    world.tenant.like(page, ada, at(1))
    comment = world.tenant.comment(other, ada, at(1))
    failing = faults.failure(500, path="/users/bob@", times=None)
    world.cloud.graph.faults.add(failing)
    world.run("page_comments")
    room = f"site:{page_site(world, page)}".lower()
    assert world.memory.reasons("page_comments") == {(room, key(page)): "broken"}
    assert world.memory.told() == [(Kind.COMMENT, key(other, comment), ada, at(1))]
    assert key(page) not in world.memory.reactors
    world.cloud.graph.faults.clear()
    world.run("page_comments")
    assert world.memory.reasons("page_comments") == {}
    assert len(world.memory.told()) == 3
    assert world.memory.reactors[key(page)].people == {ada}


def test_the_login_of_a_guest_leads_to_the_guest(world: Any, at: Any, page: Any) -> None:
    guest = world.tenant.add_user("gast", mail="gast@anders.example", guest=True).id
    comment = world.tenant.comment(page, guest, at(1))
    world.run("page_comments")
    assert world.memory.told() == [(Kind.COMMENT, key(page, comment), guest, at(1))]


def test_likes_beyond_the_budget_wait_and_comments_do_not(world: Any, at: Any, page: Any) -> None:
    bob = world.person("bob")
    pages = [page, *(world.tenant.add_page(page_site(world, page), bob, at(0)) for _ in range(4))]
    for one in pages:
        world.tenant.comment(one, bob, at(1))
        world.tenant.like(one, bob, at(1))
    world.run("page_comments", observe=2)
    assert len(world.memory.told(Kind.COMMENT)) == 5
    assert len(world.memory.told(Kind.REACT)) == 2
    assert world.memory.reasons("page_comments") == {(None, None): "not_due"}
    for _ in range(2):
        world.run("page_comments", observe=2)
    assert len(world.memory.told(Kind.REACT)) == 5
    assert world.memory.reasons("page_comments") == {}


def test_a_secret_is_of_no_use_and_nothing_is_asked(world: Any, at: Any, page: Any) -> None:
    world.tenant.comment(page, world.person("bob"), at(1))
    assert asked_of_sharepoint(world.run("page_comments", proof="secret")) == []
    assert world.memory.reasons("page_comments") == {(None, None): "unsupported"}


def test_without_permission_at_sharepoint_there_is_one_gap(world: Any, at: Any, page: Any) -> None:
    world.cloud.application.grant("sharepoint", set())
    world.tenant.comment(page, world.person("bob"), at(1))
    assert asked_of_sharepoint(world.run("page_comments")) == []
    assert world.memory.reasons("page_comments") == {(None, None): "access_denied"}


def test_a_page_that_fails_is_a_gap_and_read_in_the_next_run(world: Any, at: Any, page: Any) -> None:
    bob = world.person("bob")
    other = world.tenant.add_page(page_site(world, page), bob, at(0))
    world.tenant.comment(page, bob, at(1))
    world.tenant.comment(other, bob, at(1))
    fault = faults.failure(500, path=rf"GetItemById\({page.number}\)/Comments", times=None)
    world.cloud.sharepoint.faults.add(fault)
    world.run("page_comments")
    room = f"site:{page_site(world, page)}".lower()
    assert world.memory.reasons("page_comments") == {(room, key(page)): "broken"}
    assert len(world.memory.told()) == 1
    world.cloud.sharepoint.faults.clear()
    world.run("page_comments")
    assert world.memory.reasons("page_comments") == {}
    assert len(world.memory.told()) == 2


def test_a_gap_of_a_page_that_is_gone_meanwhile_is_closed(world: Any, at: Any, page: Any) -> None:
    world.tenant.comment(page, world.person("bob"), at(1))
    world.cloud.sharepoint.faults.add(faults.failure(500, path="Comments", times=None))
    world.run("page_comments")
    world.tenant.delete(page)
    world.run("page_comments")
    assert world.memory.reasons("page_comments") == {}


def test_a_site_that_turns_us_away_is_asked_a_few_times_only(world: Any, at: Any) -> None:
    bob = world.person("bob")
    site = world.tenant.add_site("geheim")
    pages = [world.tenant.add_page(site.id, bob, at(0)) for _ in range(40)]
    for one in pages:
        world.tenant.comment(one, bob, at(1))
    world.cloud.sharepoint.faults.add(faults.failure(403, b"{}", path="geheim", times=None))
    asked = asked_of_sharepoint(world.run("page_comments"))
    assert 3 <= len(asked) <= 3 + 8
    room = f"site:{site.id}".lower()
    assert world.memory.reasons("page_comments")[room, None] == "access_denied"
    world.cloud.sharepoint.faults.clear()
    world.run("page_comments")
    assert world.memory.reasons("page_comments") == {}
    assert len(world.memory.told()) == 40


def test_where_the_list_shows_no_counts_pages_are_looked_at_within_the_budget(
    world: Any, at: Any, page: Any, monkeypatch: Any
) -> None:
    shapes = world.cloud.graph.shapes
    proper = shapes.fields
    hidden = ("_CommentCount", "_LikeCount")

    def fields(item: Any) -> dict[str, Any]:
        return {name: value for name, value in proper(item).items() if name not in hidden}

    monkeypatch.setattr(shapes, "fields", fields)
    bob = world.person("bob")
    world.tenant.comment(page, bob, at(1))
    world.tenant.like(page, bob, at(1))
    asked = asked_of_sharepoint(world.run("page_comments"))
    assert sorted(path.rpartition("/")[2] for path in asked) == ["Comments", "likedByInformation"]
    assert [one[0] for one in world.memory.told()] == [Kind.COMMENT, Kind.REACT]
    assert asked_of_sharepoint(world.run("page_comments")) == []
    world.tenant.comment(page, bob, at(30))
    world.now = at(34)
    world.run("page_comments")
    assert len(world.memory.told(Kind.COMMENT)) == 2


def test_a_cursor_of_another_form_is_expired(world: Any) -> None:
    connector = world.connector()
    for cursor in ("{}", "nonsense", "zz", '{"form":0}'):
        with pytest.raises(CursorExpired):
            list(connector.read("page_comments", cursor))
    connector.close()


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(
    deaths=st.lists(st.integers(0, 3), max_size=3),
    talks=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.booleans()), max_size=8),
)
def test_whenever_it_dies_in_the_end_everything_is_stored_once(
    new_world: Any, at: Any, monkeypatch: Any, deaths: list[int], talks: list[tuple[int, int, bool]]
) -> None:
    monkeypatch.setattr(brought, "STEP", 2)
    with new_world() as world:
        ada, bob = world.person("ada"), world.person("bob")
        world.cloud.graph.size = lambda request, default, most: 2
        pages = []
        for number in range(2):
            site = world.tenant.add_site(f"site{number}")
            pages += [world.tenant.add_page(site.id, ada, at(day)) for day in range(3)]
        for which, replies, liked in talks:
            comment = world.tenant.comment(pages[which], ada, at(5))
            for _ in range(replies):
                world.tenant.comment(pages[which], bob, at(6), parent=comment)
            if liked:
                world.tenant.like(pages[which], bob, at(7))
        for death in deaths:
            world.run("page_comments", pages=death)
        world.run("page_comments")
        truth = [key(page, comment) for page in pages for comment in page.comments.values()]
        assert sorted(one[1] for one in world.memory.told(*TALK)) == sorted(truth)
        likes = {key(page): set(page.likes) for page in pages if page.likes}
        assert {object_: set(one.people) for object_, one in world.memory.reactors.items()} == likes
        assert world.memory.reasons("page_comments") == {}


def page_site(world: Any, page: Any) -> str:
    site: str = world.tenant.lists[page.list_id].site
    return site
