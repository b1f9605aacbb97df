"""The fake Data Center answers as the real one does, peculiarities included."""

import base64

import httpx
import pytest

from service.demo.confluence_data_center import DataCenter

EXPAND = "history,version,space,container,ancestors,metadata.likes,extensions.inlineProperties,extensions.resolution"


@pytest.fixture
def server(site):
    with DataCenter(site.store, reader="reader") as running:
        yield running


def ids(answer):
    return [int(one["id"]) for one in answer.json()["results"]]


def test_next_link_leaves_out_the_context_that_base_and_context_name(server, ask):
    links = ask(server, "/rest/api/content/search", cql="type=comment", limit=2).json()["_links"]
    assert server.url.endswith("/confluence")
    assert links["next"].startswith("/rest/api/content/search?")
    assert links["context"] == "/confluence"
    assert links["base"] == server.url


def test_without_context_the_api_lies_at_the_root(site, ask):
    with DataCenter(site.store, context="") as server:
        assert ask(server, "/rest/api/space").status_code == 200
        assert server.url == server.origin


def test_expanded_page_shows_author_editor_space_and_like_count(server, site, ask):
    page = ask(server, "/rest/api/content/search", cql=f"id={site.page}", expand=EXPAND).json()["results"][0]
    assert page["history"]["createdBy"]["userKey"] == "ada"
    assert page["history"]["createdDate"] == "2026-03-02T09:00:00.000+01:00"
    assert (page["version"]["number"], page["version"]["by"]["userKey"], page["version"]["minorEdit"]) == (
        2,
        "bob",
        True,
    )
    assert page["space"]["key"] == "HR"
    assert page["metadata"]["likes"]["count"] == 2


def test_what_is_not_expanded_is_only_named(server, site, ask):
    page = ask(server, "/rest/api/content/search", cql=f"id={site.page}").json()["results"][0]
    assert "version" not in page
    assert {"version", "history", "space"} <= set(page["_expandable"])


def test_reply_hangs_on_the_page_and_has_the_comment_as_ancestor(server, site, ask):
    reply = ask(server, "/rest/api/content/search", cql=f"id={site.reply}", expand=EXPAND).json()["results"][
        0
    ]
    assert int(reply["container"]["id"]) == site.page
    assert [int(one["id"]) for one in reply["ancestors"]] == [site.comment]
    assert reply["extensions"]["location"] == "footer"


def test_comments_of_a_page_are_told_apart_by_depth_and_location(server, site, ask):
    path = f"/rest/api/content/{site.page}/child/comment"
    assert ids(ask(server, path)) == [site.comment, site.inline]
    assert ids(ask(server, path, depth="all")) == [site.comment, site.reply, site.inline]
    assert ids(ask(server, path, depth="all", location="inline")) == [site.inline]
    assert ids(ask(server, path, location="resolved")) == [site.inline]
    assert ids(ask(server, f"/rest/api/content/{site.comment}/child/comment")) == [site.reply]


def test_pages_hold_fewer_items_where_parts_are_expanded(site, ask):
    with DataCenter(site.store, cap=3, cap_expanded=2) as server:
        plain = ask(server, "/rest/api/content/search", cql="order by created", limit=500).json()
        rich = ask(
            server, "/rest/api/content/search", cql="order by created", limit=500, expand="version"
        ).json()
    assert (plain["limit"], plain["size"]) == (3, 3)
    assert (rich["limit"], rich["size"]) == (2, 2)


def test_old_versions_are_shown_one_by_one_as_perceval_asks_for_them(server, site, ask):
    path, params = (
        f"/rest/api/content/{site.page}",
        {"status": "historical", "expand": "body.storage,history,version"},
    )
    first, second = (ask(server, path, version=number, **params).json() for number in (1, 2))
    assert (first["version"]["number"], first["version"]["by"]["userKey"], first["history"]["latest"]) == (
        1,
        "ada",
        False,
    )
    assert (second["version"]["number"], second["history"]["latest"]) == (2, True)
    assert ask(server, path, version=3, **params).status_code == 404


def test_versions_are_listed_newest_first_where_the_release_has_the_route(site, ask):
    stable, old = f"/rest/api/content/{site.page}/version", f"/rest/experimental/content/{site.page}/version"
    with DataCenter(site.store, versions=["experimental"]) as server:
        assert ask(server, stable).status_code == 404
        assert [one["number"] for one in ask(server, old).json()["results"]] == [2, 1]
    with DataCenter(site.store, versions=["content"]) as server:
        assert ask(server, stable).status_code == 200
        assert ask(server, old).status_code == 404


def test_likes_name_users_without_time(server, site, ask):
    answer = ask(server, f"/rest/likes/1.0/content/{site.page}/likes").json()
    assert [like["user"]["name"] for like in answer["likes"]] == ["bob", "cem"]


def test_views_are_totals_by_date(server, site, ask):
    path = "/rest/confanalytics/1.0/content/viewsByDate"
    asked = {"contentId": site.page, "contentType": "page", "fromDate": "2026-01-01T00:00:00.000Z"}
    assert ask(server, path, **asked).json()["viewsByDate"] == [
        {"date": "2026-03-02T00:00:00.000+01:00", "total": 40}
    ]
    assert ask(server, path, **asked | {"fromDate": "2026-04-01T00:00:00.000Z"}).json()["viewsByDate"] == []


def test_missing_apps_and_releases_answer_404_and_missing_rights_403(site, ask):
    with DataCenter(site.store, analytics=False, likes=False, permissions=False, admin=False) as server:
        assert (
            ask(server, "/rest/confanalytics/1.0/content/viewsByDate", contentId=site.page).status_code == 404
        )
        assert ask(server, f"/rest/likes/1.0/content/{site.page}/likes").status_code == 404
        assert ask(server, "/rest/api/space/HR/permissions").status_code == 404
        assert ask(server, "/rest/api/audit").status_code == 403


def test_permissions_name_groups_by_name_and_users_by_key(server, ask):
    rights = ask(server, "/rest/api/space/HR/permissions").json()
    assert [right["subject"] for right in rights] == [
        {"type": "group", "name": "alle"},
        {"type": "user", "userKey": "ada"},
    ]
    assert rights[1]["operation"] == {"targetType": "space", "operationKey": "administer"}


def test_group_members_show_their_status_when_asked(server, site, ask):
    site.store.deactivate("bob")
    members = ask(server, "/rest/api/group/alle/member", expand="status").json()["results"]
    assert {one["userKey"]: one["status"] for one in members} == {
        "ada": "current",
        "bob": "deactivated",
        "cem": "current",
    }


def test_group_names_with_slashes_and_spaces_can_be_asked_for(server, site, ask):
    site.store.add_group("alle / Büro", ["ada"])
    found = ask(server, "/rest/api/group/alle%20%2F%20B%C3%BCro/member")
    assert [one["userKey"] for one in found.json()["results"]] == ["ada"]


def test_trashed_contents_are_only_in_the_list_of_trashed_ones(server, site, ask):
    site.store.trash(site.page)
    assert ids(ask(server, "/rest/api/content", status="trashed")) == [site.page]
    assert site.page not in ids(ask(server, "/rest/api/content/search", cql="type in (page,comment)"))
    assert ask(server, f"/rest/api/content/{site.page}").status_code == 404
    assert ask(server, f"/rest/api/content/{site.page}", status="any").json()["status"] == "trashed"


def test_archived_spaces_are_searched_on_demand_only(server, site, ask):
    site.store.archive_space("IT")
    asked = {"cql": "type=page and space=IT"}
    assert ids(ask(server, "/rest/api/content/search", **asked)) == []
    assert ids(ask(server, "/rest/api/content/search", **asked, includeArchivedSpaces="true")) == [site.other]
    assert ids(ask(server, "/rest/api/content", spaceKey="IT")) == [site.other]
    assert [s["key"] for s in ask(server, "/rest/api/space", status="archived").json()["results"]] == ["IT"]


@pytest.mark.parametrize("refusal", [403, 404])
def test_a_hidden_space_vanishes_from_lists_and_refuses_direct_questions(server, site, ask, refusal):
    site.store.hide_space("HR", refusal)
    assert [space["key"] for space in ask(server, "/rest/api/space").json()["results"]] == ["IT"]
    assert ids(ask(server, "/rest/api/content/search", cql="order by created")) == [site.other]
    for path in (
        f"/rest/api/content/{site.page}",
        "/rest/api/space/HR",
        f"/rest/likes/1.0/content/{site.page}/likes",
    ):
        assert ask(server, path).status_code == refusal
    site.store.hide_space("HR", refusal, listed=True)
    assert [space["key"] for space in ask(server, "/rest/api/space").json()["results"]] == ["HR", "IT"]


def test_changes_show_at_once(server, site, ask):
    question = {"cql": f"id={site.page}", "expand": "version,metadata.likes"}
    ask(server, "/rest/api/content/search", **question)
    site.store.edit(site.page, "cem")
    site.store.unlike(site.page, "bob")
    page = ask(server, "/rest/api/content/search", **question).json()["results"][0]
    assert (page["version"]["number"], page["metadata"]["likes"]["count"]) == (3, 1)


def test_credentials_are_checked(server):
    def status(header):
        with httpx.Client(trust_env=False) as client:
            return client.get(server.url + "/rest/api/space", headers={"Authorization": header}).status_code

    def basic(text):
        return "Basic " + base64.b64encode(text.encode()).decode()

    assert status(f"Bearer {server.token}") == 200
    assert status(basic(f"ada:{server.token}")) == 200
    assert [status(header) for header in ("", "Bearer wrong", basic("ada:wrong"), "Basic %%%")] == [401] * 4


def test_wrong_numbers_dates_and_queries_are_refused(server, ask):
    for path, params in (
        ("/rest/api/space", {"limit": "many"}),
        ("/rest/api/space", {"start": -1}),
        ("/rest/api/content/search", {"cql": "nonsense"}),
        ("/rest/api/content", {"type": "poem"}),
    ):
        assert ask(server, path, **params).status_code == 400
    assert ask(server, "/rest/api/nothing").status_code == 404


def test_every_request_is_recorded(server, ask):
    ask(server, "/rest/api/space", limit=3)
    ask(server, "/rest/api/nothing")
    assert [(r.method, r.path, r.query, r.status) for r in server.requests] == [
        ("GET", "/confluence/rest/api/space", {"limit": ["3"]}, 200),
        ("GET", "/confluence/rest/api/nothing", {}, 404),
    ]
    assert server.requests[0].arrived <= server.requests[1].arrived
