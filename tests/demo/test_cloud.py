"""The fake Cloud answers as the real one does, and every answer fits Atlassian's own description."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_schema_validator import OAS30Validator

from service.demo.confluence_cloud import Cloud

SPECS = Path(__file__).parents[1] / "specs"


@pytest.fixture(scope="module")
def specs():
    return {name: json.loads((SPECS / f"confluence-cloud-{name}.json").read_text()) for name in ("v1", "v2")}


@pytest.fixture
def server(site):
    site.store.add_account("guest", kind="guest", active=False)
    with Cloud(site.store, reader="reader") as running:
        yield running


def closed(schema: Any) -> Any:
    """The schema, but objects that list their members may have no others."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    narrow = {key: closed(part) for key, part in schema.items()}
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema:
        narrow["additionalProperties"] = False
    return narrow


def validate(
    spec: dict[str, Any], path: str, body: Any, method: str = "get", *, strict: bool = False
) -> None:
    schema = spec["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]
    root = {"allOf": [schema], "components": spec["components"]}
    errors = list(OAS30Validator(closed(root) if strict else root).iter_errors(body))
    assert not errors, errors[0]


def ids(answer):
    return [int(one["id"]) for one in answer.json()["results"]]


def test_answers_of_v2_fit_the_description_and_hold_nothing_else(server, site, ask, specs):
    places = {
        "/spaces": "/spaces",
        "/pages": "/pages",
        "/blogposts": "/blogposts",
        "/footer-comments": "/footer-comments",
        "/inline-comments": "/inline-comments",
        "/attachments": "/attachments",
        f"/pages/{site.page}/versions": "/pages/{id}/versions",
        f"/blogposts/{site.post}/versions": "/blogposts/{id}/versions",
        f"/footer-comments/{site.comment}/versions": "/footer-comments/{id}/versions",
        f"/inline-comments/{site.inline}/versions": "/inline-comments/{id}/versions",
        f"/pages/{site.page}/likes/count": "/pages/{id}/likes/count",
        f"/pages/{site.page}/likes/users": "/pages/{id}/likes/users",
        f"/blogposts/{site.post}/likes/users": "/blogposts/{id}/likes/users",
        f"/footer-comments/{site.comment}/likes/users": "/footer-comments/{id}/likes/users",
        f"/inline-comments/{site.inline}/likes/users": "/inline-comments/{id}/likes/users",
        f"/footer-comments/{site.comment}/children": "/footer-comments/{id}/children",
        f"/inline-comments/{site.inline}/children": "/inline-comments/{id}/children",
        f"/pages/{site.page}/footer-comments": "/pages/{id}/footer-comments",
        f"/pages/{site.page}/inline-comments": "/pages/{id}/inline-comments",
        f"/blogposts/{site.post}/footer-comments": "/blogposts/{id}/footer-comments",
        f"/pages/{site.page}": "/pages/{id}",
        f"/blogposts/{site.post}": "/blogposts/{id}",
        f"/footer-comments/{site.reply}": "/footer-comments/{comment-id}",
        f"/inline-comments/{site.inline}": "/inline-comments/{comment-id}",
    }
    for space in site.store.spaces.values():
        places |= {
            f"/spaces/{space.id}": "/spaces/{id}",
            f"/spaces/{space.id}/pages": "/spaces/{id}/pages",
            f"/spaces/{space.id}/blogposts": "/spaces/{id}/blogposts",
            f"/spaces/{space.id}/permissions": "/spaces/{id}/permissions",
            f"/spaces/{space.id}/role-assignments": "/spaces/{id}/role-assignments",
        }
    for path, described in places.items():
        answer = ask(server, "/api/v2" + path)
        assert answer.status_code == 200, path
        # Single contents are described in parts (allOf), which cannot be closed each for itself.
        validate(specs["v2"], described, answer.json(), strict=not described.endswith("}"))
    assert set(places.values()) | {"/users-bulk"} <= set(specs["v2"]["paths"])


def test_people_in_bulk_fit_the_description(server, specs):
    with httpx.Client(trust_env=False, headers={"Authorization": f"Bearer {server.token}"}) as client:
        answer = client.post(
            server.url + "/api/v2/users-bulk", json={"accountIds": ["ada", "guest", "reader", "nobody"]}
        )
        validate(specs["v2"], "/users-bulk", answer.json(), "post", strict=True)
        users = {user["accountId"]: user for user in answer.json()["results"]}
        assert set(users) == {"ada", "guest", "reader"}
        assert (users["guest"]["isExternalCollaborator"], users["guest"]["accountStatus"]) == (
            True,
            "inactive",
        )
        assert users["reader"]["accountType"] == "app"
        for wrong in ({"accountIds": []}, {"accountIds": ["ada"] * 251}):
            assert client.post(server.url + "/api/v2/users-bulk", json=wrong).status_code == 400
        assert client.post(server.url + "/api/v2/users-bulk", content=b"{").status_code == 400


def test_answers_of_v1_fit_the_description(server, site, ask, specs):
    everything = "history,version,space,container,ancestors,extensions.inlineProperties"
    within = ",".join(f"content.{part}" for part in everything.split(","))
    group = next(iter(site.store.groups))
    for path, described, params in (
        ("/rest/api/search", "/search", {"cql": "order by created", "expand": within}),
        ("/rest/api/search", "/search", {"cql": "type=page"}),
        ("/rest/api/content/search", "/content/search", {"cql": "order by created", "expand": everything}),
        (f"/rest/api/analytics/content/{site.page}/views", "/analytics/content/{contentId}/views", {}),
        (f"/rest/api/analytics/content/{site.page}/viewers", "/analytics/content/{contentId}/viewers", {}),
        ("/rest/api/group", "/group", {}),
        (
            f"/rest/api/group/{group}/membersByGroupId",
            "/group/{groupId}/membersByGroupId",
            {"shouldReturnTotalSize": "true"},
        ),
        ("/rest/api/user/current", "/user/current", {}),
        ("/rest/api/user", "/user", {"accountId": "ada"}),
        ("/rest/api/user/memberof", "/user/memberof", {"accountId": "ada"}),
        ("/rest/api/audit", "/audit", {}),
    ):
        answer = ask(server, path, **params)
        assert answer.status_code == 200, path
        validate(specs["v1"], "/wiki/rest/api" + described, answer.json())


def test_site_wide_comment_lists_may_hold_replies_or_not(site, ask):
    for listed in (True, False):
        with Cloud(site.store, replies_listed=listed) as server:
            expected = [site.comment, site.reply] if listed else [site.comment]
            assert ids(ask(server, "/api/v2/footer-comments")) == expected
            assert ids(ask(server, f"/api/v2/footer-comments/{site.comment}/children")) == [site.reply]
            assert ids(ask(server, f"/api/v2/pages/{site.page}/footer-comments")) == [site.comment]


def test_replies_in_search_may_hang_on_the_comment_they_answer(site, ask):
    question = {"cql": f"id={site.reply}", "expand": "container,ancestors"}
    for nested, container, above in ((True, site.comment, []), (False, site.page, [site.comment])):
        with Cloud(site.store, replies_nested=nested) as server:
            reply = ask(server, "/rest/api/content/search", **question).json()["results"][0]
            assert int(reply["container"]["id"]) == container
            assert [int(one["id"]) for one in reply["ancestors"]] == above


def test_comments_name_page_parent_and_resolution(server, site, ask):
    reply = ask(server, f"/api/v2/footer-comments/{site.reply}").json()
    assert (int(reply["pageId"]), int(reply["parentCommentId"])) == (site.page, site.comment)
    assert ask(server, f"/api/v2/inline-comments/{site.inline}").json()["resolutionStatus"] == "resolved"
    assert ask(server, f"/api/v2/inline-comments/{site.comment}").status_code == 404


def test_lists_are_sorted_as_asked(server, site, ask):
    assert ids(ask(server, "/api/v2/pages", sort="-modified-date")) == [site.other, site.page]
    assert ids(ask(server, "/api/v2/pages", sort="created-date")) == [site.page, site.other]
    assert ids(ask(server, "/api/v2/footer-comments", sort="-created-date")) == [site.reply, site.comment]
    numbers = [v["number"] for v in ask(server, f"/api/v2/pages/{site.page}/versions").json()["results"]]
    assert numbers == [2, 1]
    assert ask(server, "/api/v2/pages", sort="beauty").status_code == 400


def test_lists_are_narrowed_by_space_id_and_status(server, site, ask):
    it = site.store.spaces["IT"].id
    assert ids(ask(server, "/api/v2/pages", space__id=it)) == [site.other]
    assert ids(ask(server, "/api/v2/pages", id=f"{site.page},{site.other}")) == [site.page, site.other]
    site.store.trash(site.page)
    assert ids(ask(server, "/api/v2/pages")) == [site.other]
    assert ids(ask(server, "/api/v2/pages", status="trashed")) == [site.page]
    assert ask(server, f"/api/v2/pages/{site.page}").status_code == 404
    assert ids(ask(server, "/api/v2/footer-comments")) == []


def test_limits_beyond_the_described_bounds_are_refused(server, site, ask):
    assert ask(server, "/api/v2/pages", limit=251).status_code == 400
    assert ask(server, "/api/v2/pages", limit=0).status_code == 400
    assert ask(server, f"/api/v2/pages/{site.page}/likes/users", limit=0).status_code == 200


def test_next_link_of_v2_begins_with_wiki_and_stands_in_the_header_too(server, ask):
    answer = ask(server, "/api/v2/pages", limit=1)
    following = answer.json()["_links"]["next"]
    assert following.startswith("/wiki/api/v2/pages?")
    assert answer.headers["link"].startswith(f'<{following}>; rel="next"')


def test_search_ignores_start_and_goes_on_by_cursor_only(server, site, ask):
    first = ask(server, "/rest/api/search", cql="type in (page,blogpost)", limit=1, start=1).json()
    assert (first["results"][0]["content"]["id"], first["totalSize"]) == (str(site.page), 3)
    following = first["_links"]["next"]
    assert following.startswith("/rest/api/search?")
    assert ask(server, following).json()["results"][0]["content"]["id"] == str(site.post)


def test_cursors_are_opaque_signed_and_bound_to_their_query(server, ask):
    following = ask(server, "/api/v2/pages", limit=1).json()["_links"]["next"]
    cursor = httpx.URL(following).params["cursor"]
    assert ask(server, "/api/v2/pages", limit=1, cursor=cursor).status_code == 200
    damaged = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    assert ask(server, "/api/v2/pages", limit=1, cursor=damaged).status_code == 400
    assert ask(server, "/api/v2/pages", limit=1, cursor="nonsense").status_code == 400
    assert ask(server, "/api/v2/blogposts", limit=1, cursor=cursor).status_code == 400
    assert ask(server, "/api/v2/pages", limit=1, sort="-id", cursor=cursor).status_code == 400


def test_the_gateway_for_scoped_tokens_lies_below_its_own_path(site, ask):
    with Cloud(site.store, cloud_id="c-1") as server:
        assert server.url == f"{server.origin}/ex/confluence/c-1/wiki"
        assert ids(ask(server, "/api/v2/blogposts")) == [site.post]
        assert ids(ask(server, "/rest/api/content/search", cql="type=blogpost")) == [site.post]


@pytest.mark.parametrize("refusal", [403, 404])
def test_a_hidden_space_vanishes_from_lists_and_refuses_direct_questions(server, site, ask, refusal):
    space = site.store.spaces["HR"].id
    site.store.hide_space("HR", refusal)
    assert [one["key"] for one in ask(server, "/api/v2/spaces").json()["results"]] == ["IT"]
    assert ids(ask(server, "/api/v2/pages")) == [site.other]
    assert ids(ask(server, "/api/v2/footer-comments")) == []
    for path in (f"/api/v2/spaces/{space}/permissions", f"/api/v2/pages/{site.page}/likes/users"):
        assert ask(server, path).status_code == refusal


def test_missing_plans_and_rights_are_refused(site, ask):
    with Cloud(site.store, analytics=False, admin=False) as server:
        assert ask(server, f"/rest/api/analytics/content/{site.page}/views").status_code == 404
        assert ask(server, "/rest/api/group").status_code == 403
        assert ask(server, f"/api/v2/spaces/{site.store.spaces['HR'].id}/permissions").status_code == 403


def test_views_and_viewers_are_totals(server, site, ask):
    path = f"/rest/api/analytics/content/{site.page}"
    assert ask(server, path + "/views").json()["count"] == 40
    assert ask(server, path + "/viewers").json()["count"] == 12
    assert ask(server, path + "/views", fromDate="2026-04-01").json()["count"] == 0
    assert ask(server, path + "/views", fromDate="soon").status_code == 400


def test_roles_follow_from_permissions(server, site, ask):
    answer = ask(server, f"/api/v2/spaces/{site.store.spaces['HR'].id}/role-assignments").json()
    assert [(one["principal"]["principalType"], one["roleId"]) for one in answer["results"]] == [
        ("GROUP", "role-viewer"),
        ("USER", "role-admin"),
    ]


def test_a_wrong_token_is_refused(server):
    answer = httpx.get(
        server.url + "/api/v2/spaces", headers={"Authorization": "Bearer wrong"}, trust_env=False
    )
    assert answer.status_code == 401
