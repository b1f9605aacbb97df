"""The fake of SharePoint's own interface: comments and likes of pages, for certificates only."""

import time

import jwt
import pytest
from cryptography.hazmat.primitives import hashes

from service.demo.microsoft.certificates import self_signed, thumbprint
from service.demo.microsoft.login import write_certificate

JSON = {"Accept": "application/json;odata=nometadata"}


@pytest.fixture
def certified(cloud, call, tmp_path) -> str:
    """A token for SharePoint, gained by certificate."""
    write_certificate(cloud.application, tmp_path / "app.pem")
    key, certificate = self_signed(cloud.application.id)
    held = {
        "aud": f"{cloud.login.authority}/oauth2/v2.0/token",
        "iss": cloud.application.id,
        "sub": cloud.application.id,
        "exp": time.time() + 600,
        "jti": "1",
    }
    headers = {"x5t#S256": thumbprint(certificate, hashes.SHA256())}
    form = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode(held, key, "PS256", headers=headers),
    }
    return call.gain(cloud.sharepoint.origin, **form).json()["access_token"]


@pytest.fixture
def item(office) -> str:
    return f"/sites/aktuelles/_api/web/lists(guid'{office.pages.id}')/GetItemById({office.post.number})"


def test_a_token_gained_by_secret_is_refused(cloud, call, item):
    assert call(f"{item}/Comments", cloud.sharepoint, headers=JSON).status_code == 401


def test_comments_come_with_replies_and_with_who_likes_them(cloud, call, office, certified, item):
    expand = "$expand=replies,likedBy,replies/likedBy"
    answer = call(f"{item}/Comments?{expand}", cloud.sharepoint, token=certified, headers=JSON)
    (comment,) = answer.json()["value"]
    assert comment["author"]["email"] == office.bob.mail
    assert comment["createdDate"] == "2026-03-02T01:00:00Z"
    assert (comment["isReply"], comment["replyCount"], comment["likeCount"]) == (False, 1, 1)
    assert comment["likedBy"][0]["loginName"] == f"i:0#.f|membership|{office.ada.upn}"
    (reply,) = comment["replies"]
    assert (reply["isReply"], reply["parentId"], reply["likedBy"]) == (True, comment["id"], [])
    below = call(f"{item}/Comments({comment['id']})/replies", cloud.sharepoint, token=certified, headers=JSON)
    assert [one["id"] for one in below.json()["value"]] == [reply["id"]]


def test_without_expansion_neither_replies_nor_likers_are_shown(cloud, call, certified, item):
    answer = call(f"{item}/Comments", cloud.sharepoint, token=certified, headers=JSON)
    (comment,) = answer.json()["value"]
    assert {"replies", "likedBy"} & comment.keys() == set()


def test_comments_lead_on_by_their_own_kind_of_link(cloud, call, office, certified, item):
    for _ in range(4):
        office.tenant.comment(office.post, office.cem.id)
    url = f"{item}/Comments?$expand=likedBy&$top=2"
    seen = []
    while url:
        body = call(url, cloud.sharepoint, token=certified, headers=JSON).json()
        assert all("likedBy" in comment for comment in body["value"])
        seen += [comment["id"] for comment in body["value"]]
        url = body.get("odata.nextLink")
    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize("dated", [True, False])
def test_likes_of_a_page_name_people_and_maybe_dates(call, office, certified, item, dated):
    cloud = call.cloud
    office.tenant.likes_dated = dated
    url = f"{item}/likedByInformation?$expand=likedby"
    body = call(url, cloud.sharepoint, token=certified, headers=JSON).json()
    assert body["likeCount"] == "1"
    assert body["likedBy"][0]["email"] == office.cem.mail
    assert ("creationDate" in body["likedBy"][0]) is dated


def test_an_app_may_be_told_counts_only(cloud, call, certified, item):
    cloud.sharepoint.likers = False
    url = f"{item}/likedByInformation?$expand=likedby"
    body = call(url, cloud.sharepoint, token=certified, headers=JSON).json()
    assert (body["likeCount"], body["likedBy"]) == ("1", [])


def test_who_does_not_ask_for_json_gets_a_feed(cloud, call, certified, item):
    answer = call(f"{item}/Comments", cloud.sharepoint, token=certified)
    assert answer.headers["content-type"].startswith("application/atom+xml")


def test_missing_and_closed_things_are_refused(cloud, call, office, certified, item):
    def status(path: str) -> int:
        return call(path, cloud.sharepoint, token=certified, headers=JSON).status_code

    assert status(item.replace(f"({office.post.number})", "(99)") + "/Comments") == 404
    assert status(item.replace("aktuelles", "anderes") + "/Comments") == 404
    assert status("/_api/web/title") == 404
    office.tenant.refuse(office.news.id, 403)
    assert status(f"{item}/Comments") == 403
    office.tenant.refuse(office.news.id, None)
    assert status(f"{item}/Comments") == 200


def test_a_deleted_comment_takes_its_replies_along(cloud, call, office, certified, item):
    office.tenant.delete_comment(office.post, office.comment)
    answer = call(f"{item}/Comments", cloud.sharepoint, token=certified, headers=JSON)
    assert answer.json()["value"] == []
