"""The synthetic company in Microsoft 365."""

from collections import Counter
from datetime import date, timedelta

import pytest

from service.demo.company import Company
from service.demo.microsoft.workplace import NETWORK, PLANS, Workplace
from service.demo.working_days import dawn

UNTIL = date(2026, 3, 2)


@pytest.fixture(scope="module")
def company() -> Company:
    return Company.found(3, people=120, until=UNTIL, months=9)


@pytest.fixture(scope="module")
def lived(company) -> Workplace:
    workplace = Workplace(company, seed=3)
    workplace.advance(dawn(UNTIL))
    return workplace


def test_the_same_seed_makes_the_same_workplace(company, lived):
    again = Workplace(company, seed=3)
    again.advance(dawn(UNTIL))
    assert list(again.activities()) == list(lived.activities())
    other = Workplace(company, seed=4)
    other.advance(dawn(UNTIL))
    assert list(other.activities()) != list(lived.activities())


def test_steps_make_no_difference(company, lived):
    steps = Workplace(company, seed=3)
    for days in range((UNTIL - company.since).days + 1):
        steps.advance(dawn(company.since) + timedelta(days=days, hours=12 if days % 2 else 3))
        if days > 60 and days % 50 == 0:
            assert all(
                expected.happened is None or expected.happened <= steps.tenant.clock()
                for expected in steps.activities()
            )
        if dawn(company.since) + timedelta(days=days + 1, hours=12) > dawn(UNTIL):
            break
    steps.advance(dawn(UNTIL))
    assert list(steps.activities()) == list(lived.activities())


def test_it_is_the_same_people_with_the_same_addresses_and_numbers(company, lived):
    employed = {person.mail: str(person.number) for person in company.people if person.kind == "human"}
    members = {user.mail: user.employee_id for user in lived.tenant.users.values() if not user.guest}
    assert members == employed
    guests = {user.mail for user in lived.tenant.users.values() if user.guest}
    assert guests == {person.mail for person in company.people if person.kind == "guest"}
    accounts = {account.mail for account in company.stores["intranet"].accounts.values()}
    assert set(members) | guests <= accounts | set(employed)


def test_who_left_has_a_disabled_account(company, lived):
    left = {person.mail for person in company.people if person.left and person.kind == "human"}
    assert left
    assert {user.mail for user in lived.tenant.users.values() if not user.enabled} == left


def test_each_kind_of_room_is_told_in_its_own_form(lived):
    tenant = lived.tenant
    forms = {}
    for expected in lived.activities():
        forms.setdefault(expected.room, set()).add(expected.object.partition(":")[0])
    purposes = lived.purposes
    for site in tenant.sites.values():
        if site.group is None:
            assert purposes[site.collection.partition("-")[0]] == "official"
            assert forms[site.room] <= {"page", "comment"}
    for group in tenant.groups.values():
        shown = forms.get(f"group:{group.id}", set())
        assert shown <= ({"thread", "post"} if group.nickname == "betriebssport" else {"message", "file"})


def test_reactions_in_teams_are_dated_and_of_several_kinds(lived):
    kinds = Counter(
        reaction.type
        for channel in lived.tenant.channels.values()
        for message in channel.messages.values()
        for reaction in message.reactions
    )
    assert kinds["like"] > kinds["heart"] > 0


def test_every_room_has_its_purpose_and_the_network_is_one_more(lived):
    assert Counter(lived.purposes.values()) == Counter(plan.purpose for plan in (*PLANS, NETWORK))
    assert lived.rooms == len(PLANS) + 1
    (community,) = lived.tenant.communities.values()
    assert community.read > community.liked > 0


def test_rooms_appear_when_they_are_opened(company):
    workplace = Workplace(company, seed=3)
    workplace.advance(dawn(company.since) + timedelta(days=1))
    early = workplace.rooms
    assert 0 < early < len(PLANS) + 1
    assert set(workplace.purposes.values()) >= {"official", "team"}
