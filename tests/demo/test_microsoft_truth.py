"""What a complete collection of a tenant must bring, counted by hand; and that the connector brings it."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.activity import Kind
from connectors.base import Nothing
from connectors.microsoft import Microsoft365
from connectors.microsoft.settings import read
from service.demo.store import Expected


def _counts(tenant) -> Counter[str]:
    return Counter(expected.kind.value for expected in tenant.activities())


def test_everything_that_is_not_deleted_counts(office):
    assert _counts(office.tenant) == {
        # two pages, a file, a list item, two messages (one by a bot), a mail
        "create": 7,
        # the published page, the file
        "edit": 2,
        "comment": 1,
        # to the comment, to the message, to the mail
        "reply": 3,
        # page, comment, two of one person on one message
        "react": 4,
    }


def test_rooms_are_groups_or_sites_without_one(office):
    rooms = {expected.room for expected in office.tenant.activities()}
    assert rooms == {f"group:{office.team.id}", f"site:{office.news.id}"}


def test_deleted_hidden_personal_and_closed_things_do_not_count(office):
    tenant = office.tenant
    before = _counts(tenant)
    personal = next(site for site in tenant.sites.values() if site.personal)
    tenant.add_page(personal.id, office.ada.id)
    hidden = tenant.add_list(office.news.id, "Intern", hidden=True)
    tenant.add_item(hidden.id, office.ada.id)
    assert _counts(tenant) == before
    tenant.delete(office.file)
    tenant.delete_message(office.reply)
    assert before - _counts(tenant) == {"create": 1, "edit": 1, "reply": 1}
    tenant.refuse(office.team.id, 403)
    assert {expected.room for expected in tenant.activities()} == {f"site:{office.news.id}"}
    tenant.delete_group(office.team.id)
    assert {expected.room for expected in tenant.activities()} == {f"site:{office.news.id}"}


def test_likes_are_dated_only_where_the_tenant_tells(office):
    def dates() -> list[object]:
        return [
            expected.happened
            for expected in office.tenant.activities()
            if expected.kind is Kind.REACT and expected.object.startswith(("page:", "comment:"))
        ]

    assert None not in dates()
    office.tenant.likes_dated = False
    assert dates() == [None, None]


def test_a_withdrawn_reaction_is_no_activity(office):
    office.tenant.unreact(office.message, office.bob.id, "heart")
    office.tenant.unlike(office.post, office.cem.id)
    assert _counts(office.tenant)["react"] == 2


def test_unknown_attributes_and_kinds_of_channels_are_errors(office):
    with pytest.raises(AttributeError):
        office.tenant.change_user(office.ada.id, nickname="Ada")
    with pytest.raises(ValueError, match="membership"):
        office.tenant.add_channel(office.team.id, "Geheim", membership="hidden")


# -- the connector ---------------------------------------------------------------------------------------------------------


def _seen(cloud, tmp_path) -> tuple[set[Expected], list[object]]:
    settings = cloud.settings(tmp_path)
    settings.pop("connector")
    connector = Microsoft365(read(settings), Nothing())
    found, gaps = [], []
    for stream in (
        "site_pages",
        "page_comments",
        "files",
        "list_items",
        "group_conversations",
        "team_messages",
    ):
        for page in connector.read(stream, None):
            found += page.activities
            gaps += page.gaps
    connector.close()
    return {
        _bare(
            Expected(
                activity.kind,
                activity.content_type,
                activity.room,
                activity.object,
                1,
                activity.person,
                activity.happened,
                activity.parent,
                activity.thread or "",
            )
        )
        for activity in found
    }, gaps


def _bare(expected: Expected) -> Expected:
    """Without the number of the version, which keys hold, and without what a liked comment answers."""
    return replace(expected, number=1, parent=None if expected.kind is Kind.REACT else expected.parent)


def test_a_collection_brings_exactly_the_truth(cloud, office, tmp_path):
    tenant = office.tenant
    second = tenant.add_channel(office.team.id, "Fragen")
    for number in range(60):
        message = tenant.post(second.id, office.bob.id, tenant.clock() - timedelta(days=number))
        tenant.post(second.id, office.ada.id, tenant.clock() - timedelta(hours=number), reply_to=message)
    found, gaps = _seen(cloud, tmp_path)
    assert gaps == []
    assert found == {_bare(expected) for expected in tenant.activities()}


def test_a_collection_meets_throttling_renewal_and_replay_and_still_brings_the_truth(cloud, office, tmp_path):
    cloud.login.lifetime = 2.0
    cloud.graph.demand_claims()
    cloud.sharepoint.demand_claims()
    office.tenant.disordered = True
    found, _ = _seen(cloud, tmp_path)
    assert found == {_bare(expected) for expected in office.tenant.activities()}
