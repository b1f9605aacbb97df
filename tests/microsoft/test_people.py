"""Who is there, who leads, and who belongs to which room."""

import json
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from connectors.activity import Person, PersonKind
from connectors.errors import CursorExpired
from connectors.microsoft import people
from connectors.microsoft.people import Chain


def ids(tenant):
    return {user.upn.partition("@")[0]: user.id for user in tenant.users.values()}


def sales(tenant):
    return next(group for group in tenant.groups.values() if group.nickname == "sales")


def test_people_have_a_unit_a_kind_and_a_shared_id(bench, memory, tenant):
    bench.collect(memory, "people", service_accounts=["svc-*"])
    known = {person.canonical: person for person in memory.people.values()}
    assert known["ada@auental.example"].unit == "Sales"
    assert known["ada@auental.example"].kind is PersonKind.HUMAN
    assert known["gus@partner.example"].kind is PersonKind.GUEST
    assert known["svc-backup@auental.example"].kind is PersonKind.SERVICE
    assert len(known) == 6


@pytest.mark.parametrize("identity", ["employeeId", "onPremisesSamAccountName", "userPrincipalName"])
def test_the_shared_id_is_the_one_that_was_chosen(bench, memory, tenant, identity):
    ada = ids(tenant)["ada"]
    tenant.change_user(ada, employee_id="E17")
    bench.collect(memory, "people", identity=identity)
    wanted = {
        "employeeId": "e17",
        "onPremisesSamAccountName": "ada",
        "userPrincipalName": "ada@auental.example",
    }
    assert memory.people[ada].canonical == wanted[identity]


def test_nothing_is_asked_for_that_is_not_used(bench, memory):
    bench.collect(memory, "people", leadership=["head of"])
    (asked,) = (seen for seen in bench.cloud.graph.requests if seen.path.endswith("/users/delta"))
    assert asked.query["$select"] == ["id,accountEnabled,userType,department,officeLocation,mail,jobTitle"]


def test_guests_can_be_left_out_of_every_count(bench, memory, tenant):
    bench.collect(memory, "people", guests="skip")
    assert memory.people[next(u.id for u in tenant.users.values() if u.guest)].kind is PersonKind.SERVICE


def test_who_has_reports_leads_and_the_top_is_level_one(bench, memory, tenant):
    bench.collect(memory, "people")
    who = ids(tenant)
    assert {name: memory.people[who[name]].leadership for name in ("kim", "eve", "ada", "bob")} == {
        "kim": 1,
        "eve": 2,
        "ada": None,
        "bob": None,
    }


def test_a_pattern_for_job_titles_tells_the_level_instead(bench, memory, tenant):
    bench.collect(memory, "people", leadership=["^chief", "^head of"])
    who = ids(tenant)
    assert [memory.people[who[name]].leadership for name in ("kim", "eve", "ada")] == [None, 2, None]


def test_a_change_of_managers_is_counted_anew_after_a_week(bench, memory, tenant):
    bench.collect(memory, "people")
    who = ids(tenant)
    tenant.change_user(who["bob"], manager=who["ada"])
    bench.time += timedelta(days=1)
    bench.collect(memory, "people")
    assert memory.people[who["ada"]].leadership is None
    bench.time += timedelta(days=6)
    bench.collect(memory, "people")
    assert memory.people[who["ada"]].leadership == 3


def test_managers_in_a_circle_do_no_harm():
    chain = Chain()
    for person, manager in (("a", "b"), ("b", "a"), ("c", "a")):
        chain.add(Person(person), {"manager@delta": [{"id": manager}]})
    assert {person.id: person.leadership for person in chain.levels()} == {"a": 2, "b": 2, "c": 0}


def test_who_left_or_is_disabled_is_not_active(bench, memory, tenant):
    bench.collect(memory, "people")
    who = ids(tenant)
    tenant.delete_user(who["bob"])
    tenant.change_user(who["ada"], enabled=False)
    bench.collect(memory, "people")
    assert [memory.people[who[name]].active for name in ("ada", "bob", "eve")] == [False, False, True]


def test_who_was_removed_keeps_the_kind_and_the_unit_that_are_known(bench, memory, tenant):
    guest = next(user.id for user in tenant.users.values() if user.guest)
    robot = ids(tenant)["svc-backup"]
    bench.collect(memory, "people", service_accounts=["svc-*"])
    for one in (guest, robot, ids(tenant)["eve"]):
        tenant.delete_user(one)
    bench.collect(memory, "people", service_accounts=["svc-*"])
    eve = memory.people[ids(tenant)["eve"]]
    assert (memory.people[guest].kind, memory.people[guest].active) == (PersonKind.GUEST, False)
    assert (memory.people[robot].kind, memory.people[robot].active) == (PersonKind.SERVICE, False)
    assert (eve.kind, eve.active, eve.unit, eve.leadership) == (PersonKind.HUMAN, False, "Sales", 2)


def test_a_removed_row_tells_nothing_but_that(bench, memory, tenant):
    bench.collect(memory, "people")
    tenant.delete_user(ids(tenant)["bob"])
    connector = bench.connect(memory)
    rows = [one for page in connector.read("people", memory.cursors["people"]) for one in page.people]
    assert rows == [Person(ids(tenant)["bob"], kind=None, active=False)]


def test_who_loses_unit_and_site_has_none_any_more(bench, memory, tenant):
    ada = ids(tenant)["ada"]
    tenant.change_user(ada, office="Bonn")
    bench.collect(memory, "people")
    assert (memory.people[ada].unit, memory.people[ada].site) == ("Sales", "Bonn")
    tenant.change_user(ada, department=None, office="  ")
    bench.collect(memory, "people")
    assert (memory.people[ada].unit, memory.people[ada].site) == (None, None)


def test_who_loses_the_last_report_leads_no_more_after_the_next_count(bench, memory, tenant):
    who = ids(tenant)
    bench.collect(memory, "people")
    for name in ("ada", "bob"):
        tenant.change_user(who[name], manager=who["kim"])
    tenant.change_user(who["eve"], job_title="Adviser")
    bench.time += timedelta(days=1)
    bench.collect(memory, "people")
    # Changed rows do not tell levels, so the one that is known stands until they are counted anew.
    assert memory.people[who["eve"]].leadership == 2
    bench.time += timedelta(days=6)
    bench.collect(memory, "people")
    assert [memory.people[who[name]].leadership for name in ("kim", "eve", "ada")] == [1, None, None]


def test_who_loses_the_title_of_a_leader_leads_no_more_at_once(bench, memory, tenant):
    eve = ids(tenant)["eve"]
    bench.collect(memory, "people", leadership=["^head of"])
    assert memory.people[eve].leadership == 1
    tenant.change_user(eve, job_title="Adviser")
    bench.collect(memory, "people", leadership=["^head of"])
    assert memory.people[eve].leadership is None


def test_a_renamed_person_stays_the_same_account(bench, memory, tenant):
    ada = ids(tenant)["ada"]
    bench.collect(memory, "people")
    tenant.change_user(ada, name="Ada Berg", upn="ada.berg@auental.example", mail="ada.berg@auental.example")
    bench.collect(memory, "people")
    assert len(memory.people) == 6
    assert memory.people[ada].canonical == "ada.berg@auental.example"
    assert memory.people[ada].active


def test_an_account_renamed_to_that_of_a_service_is_one_and_back(bench, memory, tenant):
    bob = ids(tenant)["bob"]
    for upn, kind in (
        ("svc-x@auental.example", PersonKind.SERVICE),
        ("bob@auental.example", PersonKind.HUMAN),
    ):
        tenant.change_user(bob, upn=upn)
        bench.collect(memory, "people", service_accounts=["svc-*"])
        assert memory.people[bob].kind is kind


def test_a_guest_who_becomes_a_member_is_one(bench, memory, tenant):
    gus = next(user for user in tenant.users.values() if user.guest)
    bench.collect(memory, "people")
    tenant.change_user(gus.id, guest=False)
    bench.collect(memory, "people")
    assert memory.people[gus.id].kind is PersonKind.HUMAN


def test_mailboxes_of_rooms_count_for_nobody(bench, memory, tenant):
    """Their accounts are members like all others: disabled as a rule, and known by name where they are not."""
    off = tenant.add_user("raum-1", enabled=False)
    on = tenant.add_user("raum-2")
    bench.collect(memory, "people", service_accounts=["raum-*@auental.example"])
    assert not memory.people[off.id].active
    assert {memory.people[one.id].kind for one in (off, on)} == {PersonKind.SERVICE}


def test_a_row_without_some_of_the_fields_does_not_take_them_for_empty(bench, memory, tenant):
    bench.collect(memory, "people")
    who = ids(tenant)["ada"]
    row = '{"value":[{"id":"%s","accountEnabled":false}],"@odata.deltaLink":"%s/v1.0/users/delta?$deltatoken=x"}'
    bench.cloud.graph.faults.add(
        bench.faults.failure(200, (row % (who, bench.cloud.graph.origin)).encode(), path="/users/delta")
    )
    tenant.change_user(who, enabled=False)
    bench.collect(memory, "people")
    ada = memory.people[who]
    assert (ada.active, ada.unit, ada.canonical) == (False, "Sales", "ada@auental.example")


def test_a_run_without_news_costs_one_request_for_people_and_one_for_groups(bench, memory):
    bench.collect(memory, "people")
    connector = bench.connect(memory)
    connector._source.directory()
    bench.forget_requests()
    for page in connector.read("people", memory.cursors["people"]):
        memory.store("people", page)
    assert sorted(seen.path for seen in bench.cloud.graph.requests) == [
        "/v1.0/groups/delta",
        "/v1.0/users/delta",
    ]


def test_members_and_owners_are_those_of_the_group(bench, memory, tenant):
    bench.collect(memory, "people")
    group = sales(tenant)
    assert memory.members[f"group:{group.id}"].people == set(group.members)
    assert memory.members[f"group:{group.id}"].owners == set(group.owners)
    assert memory.members[f"group:{group.id}"].complete


def test_only_a_changed_group_is_read_again(bench, memory, tenant):
    bench.collect(memory, "people")
    bench.forget_requests()
    tenant.leave(sales(tenant).id, ids(tenant)["bob"])
    bench.collect(memory, "people")
    assert bench.asked("/members") == 1
    assert ids(tenant)["bob"] not in memory.members[f"group:{sales(tenant).id}"].people


@pytest.mark.parametrize("membership", ["private", "shared"])
def test_a_private_or_shared_channel_has_members_of_its_own(bench, memory, tenant, membership):
    who = ids(tenant)
    channel = tenant.add_channel(
        sales(tenant).id,
        "Deals",
        membership=membership,
        members=[who["kim"], who["ada"]],
        owners=[who["kim"]],
    )
    bench.collect(memory, "people")
    assert who["kim"] not in memory.members[f"group:{sales(tenant).id}"].people
    own = memory.members[channel.room]
    assert (own.people, own.owners, own.complete) == ({who["kim"], who["ada"]}, {who["kim"]}, True)
    # No delta tells of them: whoever leaves is missing in the next run all the same.
    channel.members.remove(who["ada"])
    bench.collect(memory, "people")
    assert memory.members[channel.room].people == {who["kim"]}


def test_members_of_a_channel_that_may_not_be_read_are_a_gap_until_they_may(bench, memory, tenant):
    channel = tenant.add_channel(
        sales(tenant).id, "Deals", membership="private", members=[ids(tenant)["kim"]]
    )
    roles = bench.cloud.application.roles["graph"]
    bench.cloud.application.grant("graph", roles - {"ChannelMember.Read.All"})
    bench.collect(memory, "people")
    assert channel.room not in memory.members
    assert memory.reasons()["people", channel.room, None] == "access_denied"
    bench.cloud.application.grant("graph", roles)
    bench.collect(memory, "people")
    assert memory.members[channel.room].people == {ids(tenant)["kim"]}
    assert ("people", channel.room, None) not in memory.reasons()


def test_a_group_within_a_group_is_resolved(bench, memory, tenant):
    group = sales(tenant)
    direct = b'{"value":[{"@odata.type":"#microsoft.graph.group","id":"g"},{"@odata.type":"#microsoft.graph.device","id":"d"}]}'
    bench.cloud.graph.faults.add(bench.faults.failure(200, direct, path=f"{group.id}/members$"))
    bench.collect(memory, "people")
    assert memory.members[f"group:{group.id}"].people == set(group.members)
    assert bench.asked("/transitiveMembers") == 1


def test_a_membership_that_is_hidden_is_a_gap_and_nobody_has_left(bench, memory, tenant):
    group = sales(tenant)
    shown = {"id": group.id, "visibility": "HiddenMembership", "groupTypes": ["Unified"]}
    listed = json.dumps({"value": [shown]}).encode()
    bench.cloud.graph.faults.add(
        bench.faults.failure(200, listed, path="/groups$", times=None),
        bench.faults.failure(200, b'{"value":[]}', path="/members$", times=None),
    )
    bench.collect(memory, "people")
    assert memory.members == {}
    assert memory.reasons()["people", f"group:{group.id}", None] == "access_denied"


def test_members_of_a_site_without_a_group_are_not_shown_to_an_app(bench, memory, tenant):
    bench.collect(memory, "people")
    (hr,) = (site for site in tenant.sites.values() if site.path == "hr")
    assert memory.reasons() == {("people", f"site:{hr.id}", None): "unsupported"}


def test_a_group_that_refuses_is_a_gap_and_the_others_go_on(bench, memory, tenant):
    group = sales(tenant)
    bench.cloud.graph.faults.add(bench.faults.failure(403, path=f"{group.id}/members", times=None))
    bench.collect(memory, "people")
    assert memory.reasons()["people", f"group:{group.id}", None] == "access_denied"
    assert len(memory.members) == 1
    bench.cloud.graph.faults.clear()
    bench.collect(memory, "people")
    assert ("people", f"group:{group.id}", None) not in memory.reasons()
    assert len(memory.members) == 2


def test_without_permission_for_people_members_are_read_all_the_same(bench, memory):
    bench.cloud.application.grant("graph", ["GroupMember.Read.All"])
    bench.collect(memory, "people")
    assert memory.people == {}
    assert memory.reasons()["people", None, None] == "access_denied"
    assert len(memory.members) == 2
    bench.cloud.application.grant("graph", ["GroupMember.Read.All", "User.Read.All"])
    bench.collect(memory, "people")
    assert ("people", None, None) not in memory.reasons()
    assert len(memory.people) == 6


def test_expired_links_lead_to_a_full_run_that_tells_the_same(bench, memory, tenant):
    bench.collect(memory, "people")
    people, members = dict(memory.people), dict(memory.members)
    bench.cloud.graph.deltas.expire()
    bench.collect(memory, "people")
    assert memory.people == people
    assert memory.members == members
    who = ids(tenant)["ada"]
    tenant.change_user(who, department="Service")
    bench.collect(memory, "people")
    assert memory.people[who].unit == "Service"


def test_replayed_and_disordered_rows_do_no_harm(bench, memory, tenant):
    bench.collect(memory, "people")
    tenant.replayed, tenant.disordered = 5, True
    who = ids(tenant)["ada"]
    tenant.change_user(who, department="Service")
    bench.collect(memory, "people")
    assert memory.people[who].unit == "Service"
    assert memory.people[who].active


def test_a_row_with_the_changed_field_alone_is_completed(bench, memory, tenant):
    bench.collect(memory, "people")
    who = ids(tenant)["ada"]
    row = '{"value":[{"id":"%s","department":"Service"}],"@odata.deltaLink":"%s/v1.0/users/delta?$deltatoken=x"}'
    bench.cloud.graph.faults.add(
        bench.faults.failure(200, (row % (who, bench.cloud.graph.origin)).encode(), path="/users/delta")
    )
    tenant.change_user(who, enabled=False)
    bench.collect(memory, "people")
    assert not memory.people[who].active
    assert memory.people[who].canonical == "ada@auental.example"


def test_other_settings_begin_a_new_pass(bench, memory, tenant):
    tenant.change_user(ids(tenant)["ada"], company="North")
    bench.collect(memory, "people")
    bench.collect(memory, "people", unit_from="companyName")
    assert memory.people[ids(tenant)["ada"]].unit == "North"


def test_no_cursor_holds_a_person(bench, memory, tenant):
    connector = bench.connect(memory)
    for page in connector.read("people", None):
        assert not [user.id for user in tenant.users.values() if user.id in page.cursor]


def test_recorded_people_have_what_is_kept_and_no_more(recorded, bench, memory):
    (row,) = recorded("users-delta.json")["value"]
    chosen = bench.connect(memory, unit_from="officeLocation", leadership=["manager"])._source.settings
    assert people.person(row, chosen) == Person(
        "87d349ed-44d7-43e1-9a83-5f2406dee5bd",
        unit="18/2111",
        site="18/2111",
        leadership=1,
        canonical="adelev@contoso.com",
    )


def test_recorded_owners_are_people(recorded):
    roster = people.Roster()
    assert not roster.add(recorded("groups-x-owners.json")["value"], roster.owners)
    assert len(roster.owners) == 3


def test_a_foreign_cursor_is_refused(bench, memory):
    with pytest.raises(CursorExpired):
        list(bench.connect(memory).read("people", "[]"))


@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(stops=st.lists(st.integers(1, 3), max_size=6), data=st.data())
def test_however_often_it_is_interrupted_all_is_told(bench, tenant, stops, data):
    memory = bench.new_memory()
    names = [f"p{number}" for number in range(data.draw(st.integers(0, 3)))]
    for name in names:
        if name not in ids(tenant):
            tenant.add_user(name, manager=ids(tenant)["ada"])
            tenant.add_group(name, [ids(tenant)[name]])
    for stop in stops:
        pages = bench.connect(memory).read("people", memory.cursors.get("people"))
        for _, page in zip(range(stop), pages, strict=False):
            memory.store("people", page)
    bench.collect(memory, "people")
    assert set(memory.people) == set(tenant.users)
    assert set(memory.members) == {f"group:{id_}" for id_ in tenant.groups}
    top = memory.people[ids(tenant)["kim"]].leadership
    assert top == 1
