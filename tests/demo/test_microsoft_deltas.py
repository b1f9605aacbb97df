"""Deltas of the fake Graph: what a reader who follows the links comes to know."""

import random
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.demo.microsoft import MicrosoftCloud, Tenant
from service.demo.microsoft.journal import Journal


@pytest.fixture
def drive(office) -> str:
    return f"/drives/{office.documents.drive}/root/delta"


@pytest.fixture
def pages(office) -> str:
    return f"/sites/{office.news.id}/lists/{office.pages.id}/items/delta?$expand=fields"


@pytest.fixture
def messages(office) -> str:
    return f"/teams/{office.team.id}/channels/{office.channel}/messages/delta?$expand=replies"


def test_a_delta_without_news_is_one_request(cloud, call, drive):
    _, link = call.walk(drive)
    asked = len(cloud.graph.requests)
    rows, again = call.walk(link)
    assert rows == []
    assert len(cloud.graph.requests) == asked + 1
    assert urlsplit(again).path == urlsplit(link).path


def test_the_root_folder_is_a_row_of_a_drive_but_not_of_its_list(call, office, drive):
    rows, _ = call.walk(drive)
    assert ["root" in row for row in rows] == [True, False, False]
    assert ["folder" in row for row in rows] == [True, True, False]
    items, _ = call.walk(f"/sites/{office.team.site}/lists/{office.documents.id}/items/delta")
    assert [item["id"] for item in items] == ["1", "2"]


def test_a_delta_tells_only_what_changed_and_only_its_latest_state(call, office, pages):
    _, link = call.walk(pages)
    office.tenant.edit(office.post, office.ada.id)
    office.tenant.edit(office.post, office.bob.id)
    (row,), _ = call.walk(link)
    assert row["id"] == str(office.post.number)
    assert row["fields"]["_UIVersionString"] == "3.0"
    assert row["lastModifiedBy"]["user"]["id"] == office.bob.id


def test_comments_and_likes_do_not_move_a_page(call, office, pages):
    _, link = call.walk(pages)
    office.tenant.comment(office.post, office.bob.id)
    office.tenant.like(office.post, office.bob.id)
    assert call.walk(link)[0] == []


def test_what_was_deleted_is_told_later_but_not_at_first(call, office, pages, drive):
    _, link = call.walk(pages)
    office.tenant.delete(office.page)
    (row,), _ = call.walk(link)
    assert (row["id"], row["deleted"]) == (str(office.page.number), {"state": "deleted"})
    assert [item["id"] for item in call.walk(pages)[0]] == [str(office.post.number)]
    _, link = call.walk(drive)
    office.tenant.delete(office.file)
    (gone,), link = call.walk(link)
    assert "deleted" in gone
    assert "name" not in gone
    office.tenant.restore(office.file)
    (back,), _ = call.walk(link)
    assert back["file"]


def test_people_are_changed_removed_and_show_their_manager(call, office):
    rows, link = call.walk("/users/delta?$select=id,department,manager,accountEnabled")
    shown = {row["id"]: row for row in rows}
    assert shown[office.bob.id]["manager@delta"][0]["id"] == office.ada.id
    assert "manager@delta" not in shown[office.ada.id]
    office.tenant.change_user(office.bob.id, department="HR", enabled=False)
    office.tenant.delete_user(office.cem.id)
    changed, _ = call.walk(link)
    assert {row["id"]: row.get("department") for row in changed} == {office.bob.id: "HR", office.cem.id: None}
    assert {row["id"]: "@removed" in row for row in changed} == {office.bob.id: False, office.cem.id: True}


def test_what_is_selected_holds_for_the_whole_chain(call, office):
    _, link = call.walk("/users/delta?$select=department")
    office.tenant.change_user(office.bob.id, job_title="Leiter")
    (row,), _ = call.walk(link)
    assert set(row) == {"@odata.type", "id", "department"}


def test_membership_shows_in_the_delta_of_groups(call, office):
    _, link = call.walk("/groups/delta?$select=id,members")
    office.tenant.join(office.team.id, office.cem.id)
    (row,), _ = call.walk(link)
    assert office.cem.id in {member["id"] for member in row["members@delta"]}


def test_a_reply_or_a_reaction_brings_the_conversation_again(call, office, messages):
    _, link = call.walk(messages)
    later = office.tenant.clock() + timedelta(minutes=1)
    office.tenant.react(office.reply, office.eve.id, "like", later)
    (row,), link = call.walk(link)
    assert row["id"] == office.message.id
    assert row["replies"][0]["reactions"][0]["reactionType"] == "like"
    office.tenant.delete_message(office.reply, later)
    (row,), _ = call.walk(link)
    assert row["replies"][0]["deletedDateTime"] == "2026-03-02T08:01:00Z"
    assert row["replies"][0]["body"]["content"] == ""


def test_messages_older_than_eight_months_are_in_the_list_only(call, office, messages):
    old = office.tenant.post(office.channel, office.ada.id, office.tenant.clock() - timedelta(days=300))
    delta, _ = call.walk(messages)
    listed, _ = call.walk(messages.replace("/delta", ""))
    assert old.id not in {row["id"] for row in delta}
    assert {row["id"] for row in listed} == {row["id"] for row in delta} | {old.id}


def test_messages_can_be_asked_for_from_a_moment_on(call, messages):
    rows, _ = call.walk(messages + "&$filter=lastModifiedDateTime gt 2026-03-02T07:15:00Z")
    assert [row["from"]["application"]["id"] for row in rows] == ["bot-1"]
    assert call(messages + "&$filter=from eq 'x'").status_code == 400


@pytest.mark.parametrize("name", ["token", "$deltatoken"])
def test_a_delta_can_start_at_the_present(call, office, drive, name):
    rows, link = call.walk(f"{drive}?{name}=latest")
    assert rows == []
    office.tenant.edit(office.file, office.bob.id)
    assert [row["id"] for row in call.walk(link)[0]] == [office.file.drive_id]


def test_an_expired_link_of_a_drive_leads_to_a_fresh_start(cloud, call, office, drive):
    _, link = call.walk(drive)
    cloud.graph.deltas.expire(f"list:{office.documents.id}")
    answer = call(link)
    assert answer.status_code == 410
    assert answer.json()["error"]["code"] == "resyncRequired"
    rows, fresh = call.walk(answer.headers["location"])
    assert len(rows) == 3
    assert call.walk(fresh)[0] == []


@pytest.mark.parametrize(("kind", "status"), [("users", 410), ("messages", 400)])
def test_other_expired_links_are_a_lost_state(cloud, call, messages, kind, status):
    start = messages if kind == "messages" else "/users/delta"
    _, link = call.walk(start)
    cloud.graph.deltas.expire()
    answer = call(link)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, "syncStateNotFound")
    assert call(start).status_code == 200


def test_expiry_of_one_list_leaves_the_others(cloud, call, office, drive, pages):
    _, link = call.walk(pages)
    cloud.graph.deltas.expire(f"list:{office.documents.id}")
    assert call(link).status_code == 200


def test_links_cannot_be_read_or_made_up(call, drive):
    _, link = call.walk(drive)
    token = parse_qs(urlsplit(link).query)["token"][0]
    assert call(link.replace(token, token[:-6] + "AAAAAA")).status_code == 400


def test_replayed_rows_come_again_until_they_are_switched_off(call, office, drive):
    rows, link = call.walk(drive)
    office.tenant.replayed = 2
    again, link = call.walk(link)
    assert [row["id"] for row in again] == [row["id"] for row in rows[-2:]]
    again, link = call.walk(link)
    assert len(again) == 2
    office.tenant.replayed = 0
    assert call.walk(link)[0] == []


def test_rows_can_come_out_of_order(call, office, drive):
    rows, _ = call.walk(drive)
    office.tenant.disordered = True
    assert call.walk(drive)[0] == rows[::-1]


# -- data that moves while it is read --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def moving():
    """A cloud for many examples: each gets a list of its own."""
    tenant = Tenant()
    site = tenant.add_site("aktuelles")
    user = tenant.add_user("ada")
    with MicrosoftCloud(tenant) as cloud, httpx.Client(trust_env=False) as client:
        form = {
            "grant_type": "client_credentials",
            "client_id": cloud.application.id,
            "client_secret": "synthetic-secret",
            "scope": f"{cloud.graph.origin}/.default",
        }
        token = client.post(f"{cloud.login.authority}/oauth2/v2.0/token", data=form).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield tenant, site, user, cloud, client


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10**9),
    size=st.integers(1, 4),
    replayed=st.integers(0, 3),
    disordered=st.booleans(),
)
def test_who_follows_the_links_knows_everything_however_the_data_moves(
    moving, seed, size, replayed, disordered
):
    tenant, site, user, cloud, client = moving
    rng = random.Random(seed)
    made = tenant.add_list(site.id, f"Liste {seed} {size} {replayed} {disordered}")
    items = [tenant.add_item(made.id, user.id) for _ in range(6)]
    tenant.replayed, tenant.disordered = replayed, disordered
    known: dict[str, int | None] = {}

    def change() -> None:
        item = rng.choice(items)
        match rng.randrange(4):
            case 0:
                items.append(tenant.add_item(made.id, user.id))
            case 1:
                tenant.delete(item)
            case 2:
                tenant.restore(item)
            case _:
                tenant.edit(item, user.id)

    link = f"{cloud.graph.url}/sites/{site.id}/lists/{made.id}/items/delta?$top={size}"
    for steps in range(40):
        body = client.get(link).json()
        for row in body["value"]:
            # A row out of order shows the state at the time of asking all the same.
            known[row["id"]] = None if "deleted" in row else int(row["eTag"].strip('"').rpartition(",")[2])
        link = body.get("@odata.nextLink") or body["@odata.deltaLink"]
        if "@odata.deltaLink" in body and steps >= 12:
            break
        if steps < 12 and rng.random() < 0.7:
            change()
    truth = {str(item.number): len(item.versions) for item in items if not item.deleted}
    assert {number: version for number, version in known.items() if version} == truth


@given(changes=st.lists(st.integers(0, 5), max_size=300), after=st.integers(0, 300))
def test_a_journal_tells_each_thing_once_at_its_last_change(changes, after):
    journal = Journal()
    for thing in changes:
        journal.touch(str(thing))
    last = {str(thing): position for position, thing in enumerate(changes, start=1)}
    expected = sorted((position, thing) for thing, position in last.items() if position > after)
    assert list(journal.after(after)) == expected
    assert len(journal) == len(last)
