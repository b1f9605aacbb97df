"""The fake Graph: shapes as Microsoft describes them, paging, batches, throttling."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from service.demo import faults
from service.demo.serving import Seen


def _addresses(office) -> list[str]:
    news, team, tasks = office.news.id, office.team, office.tasks.id
    channel = f"/teams/{team.id}/channels/{office.channel}"
    file = f"/drives/{office.documents.drive}/items/{office.file.drive_id}"
    interval = "getActivitiesByInterval(startDateTime='2026-02-01',endDateTime='2026-03-01',interval='day')"
    item = f"/sites/{news}/lists/{office.pages.id}/items/1"
    thread = f"/groups/{team.id}/threads/{office.thread.id}"
    return [
        "/organization",
        "/users?$top=2",
        f"/users/{office.ada.id}?$select=id,department",
        f"/users/{office.bob.id}/manager",
        "/users/delta?$select=id,department,manager,accountEnabled,userType",
        "/groups?$filter=groupTypes/any(c:c eq 'Unified')",
        "/groups/delta?$select=id,members",
        f"/groups/{team.id}",
        f"/groups/{team.id}/members?$select=id",
        f"/groups/{team.id}/owners",
        f"/groups/{team.id}/transitiveMembers",
        f"/groups/{team.id}/sites/root",
        f"/groups/{team.id}/drive",
        f"/groups/{team.id}/threads",
        f"/groups/{team.id}/conversations",
        f"/groups/{team.id}/conversations/{office.thread.conversation}/threads",
        f"{thread}/posts",
        "/sites?search=*",
        "/sites/getAllSites",
        "/sites/delta",
        f"/sites/{news}",
        "/sites/root",
        f"/sites/{news}/pages",
        f"/sites/{news}/pages/microsoft.graph.sitePage",
        f"/sites/{news}/pages/{office.post.uid}/microsoft.graph.sitePage",
        f"/sites/{news}/lists",
        f"/sites/{news}/lists/{office.pages.id}",
        f"/sites/{team.site}/lists/{tasks}/items?$expand=fields",
        f"/sites/{news}/lists/{office.pages.id}/items/delta?$expand=fields&$select=id,createdBy,sharepointIds",
        f"{item}/versions",
        f"{item}/analytics",
        f"{item}/{interval}",
        f"/sites/{news}/drive",
        f"/sites/{team.site}/drives",
        f"/drives/{office.documents.drive}",
        f"/drives/{office.documents.drive}/root/delta",
        file,
        f"{file}/versions",
        f"{file}/analytics/allTime",
        f"{file}/analytics/lastSevenDays",
        f"{file}/{interval}",
        "/teams",
        f"/teams/{team.id}",
        f"/teams/{team.id}/members",
        f"/teams/{team.id}/channels",
        f"/teams/{team.id}/allChannels",
        f"/teams/{team.id}/channels/getAllMessages?$filter=lastModifiedDateTime gt 2026-01-01T00:00:00Z",
        f"{channel}?$select=id",
        f"{channel}/filesFolder",
        f"{channel}/members",
        f"{channel}/allMembers",
        f"{channel}/messages?$top=5&$expand=replies",
        f"{channel}/messages/delta?$expand=replies",
        f"{channel}/messages/{office.message.id}",
        f"{channel}/messages/{office.message.id}/replies",
        "/employeeExperience/communities",
        f"/employeeExperience/communities/{next(iter(office.tenant.communities))}",
        f"/employeeExperience/communities/{next(iter(office.tenant.communities))}/owners",
        "/admin/reportSettings",
        "/reports/getSharePointSiteUsageDetail(period='D7')",
        "/reports/getTeamsTeamActivityDetail(date=2026-02-20)",
        "/subscriptions",
    ]


def test_every_answer_is_as_described(call, office, description):
    wrong = []
    for address in _addresses(office):
        answer = call(address)
        query = dict(answer.request.url.params)
        wrong += description.objections("GET", address.partition("?")[0], query, answer)
        assert answer.status_code in {200, 302}, (address, answer.text)
    assert wrong == []


@pytest.mark.parametrize(
    ("address", "status"), [("/users/nobody", 404), ("/drives/x/root/delta", 404), ("/users?$top=0", 400)]
)
def test_refusals_are_as_described(call, description, address, status):
    answer = call(address)
    assert answer.status_code == status
    assert call(address).json()["error"]["code"]
    if status != 400:
        assert description.objections("GET", address.partition("?")[0], (), answer) == []


def test_every_described_reading_is_served(call, office, description):
    served = {description.template(address.partition("?")[0]) for address in _addresses(office)}
    reports = {path for path in description.paths if path.startswith("/reports/")}
    others = {"/$batch", "/subscriptions/{subscription-id}", "/subscriptions/{subscription-id}/reauthorize"}
    assert set(description.paths) - served - reports - others == set()
    for path in reports:
        address = path.replace("{period}", "D30").replace("{date}", "2026-02-25")
        assert call(address).status_code == 302, address


def test_an_unknown_address_and_a_filter_nobody_understands_are_refused(call):
    assert call("/nothing/here").status_code == 404
    assert call("/groups?$filter=displayName eq 'x'").status_code == 400
    assert call("/users/delta?$expand=manager").status_code == 400


def test_pages_hold_every_person_once_though_one_vanishes_meanwhile(call, office):
    first = call("/users?$top=1").json()
    office.tenant.delete_user(office.ada.id)
    rows, _ = call.walk(first["@odata.nextLink"])
    ids = [row["id"] for row in first["value"] + rows]
    assert ids == [office.ada.id, office.bob.id, office.cem.id, office.eve.id]


def test_a_link_of_one_list_is_refused_by_another(call):
    link = call("/users?$top=1").json()["@odata.nextLink"]
    assert call(link.replace("/users?", "/groups?")).status_code == 400
    assert call(link[:-4] + "AAAA").status_code == 400


def test_departments_are_shown_only_when_selected(call, office):
    assert "department" not in call(f"/users/{office.ada.id}").json()
    shown = call(f"/users/{office.ada.id}?$select=department").json()
    assert (shown["department"], "displayName" in shown) == ("HR", False)


def test_an_app_that_may_not_read_people_sees_bare_members(cloud, call, office):
    cloud.application.grant("graph", ["GroupMember.Read.All"])
    rows, _ = call.walk(f"/groups/{office.team.id}/members")
    assert rows == [
        {"@odata.type": "#microsoft.graph.user", "id": id_}
        for id_ in (office.ada.id, office.bob.id, office.eve.id)
    ]


def test_versions_of_pages_count_drafts_behind_the_dot(call, office):
    office.tenant.edit(office.post, office.ada.id, draft=True)
    rows, _ = call.walk(f"/sites/{office.news.id}/lists/{office.pages.id}/items/1/versions")
    assert [row["id"] for row in rows] == ["1.1", "1.0", "0.1"]


def test_what_an_app_wrote_names_no_person(call, office):
    item = f"/sites/{office.news.id}/lists/{office.pages.id}/items/{office.page.number}/versions"
    (version,), _ = call.walk(item)
    assert "user" not in version["lastModifiedBy"]
    assert version["lastModifiedBy"]["application"]["id"]


def test_answers_beyond_the_limit_are_behind_a_link_of_their_own(cloud, call, office):
    cloud.graph.channels.embedded = 1
    second = office.tenant.post(office.channel, office.ada.id, reply_to=office.message)
    path = f"/teams/{office.team.id}/channels/{office.channel}/messages/delta?$expand=replies"
    rows, _ = call.walk(path)
    (row,) = [row for row in rows if row["id"] == office.message.id]
    assert [reply["id"] for reply in row["replies"]] == [second.id]
    rest, _ = call.walk(row["replies@odata.nextLink"])
    assert [reply["id"] for reply in rest] == [office.reply.id]


def test_a_reaction_is_dated_and_moves_its_message(call, office):
    path = f"/teams/{office.team.id}/channels/{office.channel}/messages/{office.reply.id}"
    before = call(path).json()["lastModifiedDateTime"]
    office.tenant.react(office.reply, office.eve.id, "laugh")
    after = call(path).json()
    assert after["lastModifiedDateTime"] > before
    assert after["reactions"][0]["user"]["user"]["id"] == office.eve.id
    assert after["reactions"][0]["createdDateTime"] == "2026-03-02T08:00:00Z"


def test_messages_need_a_grant_or_the_consent_of_the_team(cloud, call, office):
    roles = cloud.application.roles["graph"] - {"ChannelMessage.Read.All"}
    cloud.application.grant("graph", roles)
    path = f"/teams/{office.team.id}/channels/{office.channel}/messages"
    assert call(path).status_code == 403
    office.team.rsc = True
    assert call(path).status_code == 200


# -- batches and throttling ------------------------------------------------------------------------------------------------


def _batch(call, *addresses: str):
    requests = [{"id": str(n), "method": "GET", "url": url} for n, url in enumerate(addresses)]
    return call("/$batch", method="POST", json={"requests": requests})


def test_a_batch_answers_each_request_on_its_own_in_any_order(call, office, description):
    answer = _batch(call, "/users?$top=1", f"/users/{office.ada.id}", "/users/nobody")
    assert description.objections("POST", "/$batch", (), answer) == []
    statuses = {one["id"]: one["status"] for one in answer.json()["responses"]}
    assert statuses == {"0": 200, "1": 200, "2": 404}
    assert [one["id"] for one in answer.json()["responses"]] != ["0", "1", "2"]


def test_a_batch_of_more_than_twenty_is_refused(call):
    assert _batch(call, *["/users"] * 20).status_code == 200
    assert _batch(call, *["/users"] * 21).status_code == 400


def test_single_requests_within_a_batch_are_throttled(cloud, call, office):
    cloud.graph.faults.add(faults.throttled(7, path=f"/users/{office.bob.id}$"))
    answer = _batch(call, f"/users/{office.ada.id}", f"/users/{office.bob.id}")
    assert answer.status_code == 200
    told = {one["id"]: one for one in answer.json()["responses"]}
    assert (told["0"]["status"], told["1"]["status"]) == (200, 429)
    assert told["1"]["headers"]["Retry-After"] == "7"
    assert [seen.status for seen in cloud.graph.inner].count(429) == 1


def test_a_batch_holds_the_grants_of_its_token(cloud, call):
    cloud.application.grant("graph", ["User.Read.All"])
    told = _batch(call, "/users", "/groups").json()["responses"]
    assert {one["id"]: one["status"] for one in told} == {"0": 200, "1": 403}


def test_a_quota_warns_then_refuses_and_counts_what_it_refuses(cloud, call):
    quota = cloud.graph.quota
    quota.limit, quota.window = 5, 30.0
    answers = [call("/users") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert "ratelimit-remaining" not in answers[2].headers
    assert answers[3].headers["ratelimit-remaining"] == "1"
    assert int(answers[6].headers["retry-after"]) > 0
    assert quota.refused == 2


def test_a_quota_recovers_after_its_window(cloud, call):
    quota = cloud.graph.quota
    quota.limit, quota.window = 1, 0.2
    assert [call("/users").status_code for _ in range(2)] == [200, 429]
    time.sleep(0.25)
    assert call("/users").status_code == 200


def test_a_throttled_answer_tells_both_ways_to_wait(cloud, call):
    cloud.graph.faults.add(faults.throttled(3, reset=11, path="/users$"))
    answer = call("/users")
    assert answer.status_code == 429
    assert (answer.headers["retry-after"], answer.headers["ratelimit-reset"]) == ("3", "11")
    assert call("/users").status_code == 200


def test_a_list_can_be_made_to_lead_in_a_circle(cloud, call):
    cloud.graph.faults.add(faults.repeated_link(path="/users$", times=None))
    answer = call("/users?$top=1")
    assert call(answer.json()["@odata.nextLink"]).json() == answer.json()


def test_the_cursor_of_any_platform_can_be_made_to_fail(cloud, call):
    cloud.graph.faults.add(faults.expired_cursor(path="/users"))
    link = call("/users?$top=1").json()["@odata.nextLink"]
    assert call(link).status_code == 410
    assert call(link).status_code == 200


def test_requests_are_kept_with_their_form(cloud, call):
    call("/users?$top=1", headers={"User-Agent": "NONISV|Resonanz|Resonanz/0.1"})
    seen = cloud.graph.requests[-1]
    assert isinstance(seen, Seen)
    assert (seen.method, seen.path, seen.query, seen.status) == ("GET", "/v1.0/users", {"$top": ["1"]}, 200)
    assert "NONISV|Resonanz|Resonanz/0.1" in cloud.graph.agents


def test_the_description_has_something_to_say_about_wrong_requests_and_answers(call, office, description):
    answer = call(f"/users/{office.ada.id}")
    told = description.objections("GET", f"/users/{office.ada.id}", {"$magic": "1"}, answer)
    assert told == ["/users/{user-id}: $magic is not described"]
    wrong = httpx.Response(200, json={"id": 7, "displayName": None})
    assert len(description.objections("GET", "/users/x", (), wrong)) == 1
    assert description.objections("GET", "/nowhere", (), answer) == ["GET /nowhere is not described"]


def test_what_is_expanded_stays_so_on_every_page(call, office):
    for _ in range(3):
        office.tenant.add_item(office.tasks.id, office.ada.id)
    rows, _ = call.walk(f"/sites/{office.team.site}/lists/{office.tasks.id}/items?$expand=fields&$top=1")
    assert [row["fields"]["Title"] for row in rows] == [f"Beitrag {number}" for number in (1, 2, 3, 4)]
    path = f"/teams/{office.team.id}/channels/{office.channel}/messages?$expand=replies&$top=1"
    rows, _ = call.walk(path)
    assert [len(row["replies"]) for row in rows] == [0, 0, 1]


def test_a_filter_stays_on_every_page(call, office):
    for name in ("a", "b"):
        office.tenant.add_group(name, team=True)
        office.tenant.add_group(f"{name}-sec", unified=False)
    rows, _ = call.walk("/groups?$filter=groupTypes/any(c:c eq 'Unified')&$top=1")
    assert [row["groupTypes"] for row in rows] == [["Unified"]] * 3


def test_at_most_so_many_requests_are_under_way_together(cloud, call):
    cloud.graph.faults.latency = 0.1
    cloud.graph.quota.at_once = 2
    token = call.token(cloud.graph)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: call("/users", token=token), range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 429, 429]
    assert cloud.graph.quota.busiest == 2
    assert {answer.headers.get("retry-after") for answer in answers} == {None, "1"}
