"""The synthetic company is the same for the same seed, and behaves like one."""

import re
from collections import Counter
from datetime import UTC, date, timedelta

import pytest

from connectors.activity import Kind
from service.demo.company import UNIT_GROUPS, Company
from service.demo.organisation import UNITS
from service.demo.working_days import BERLIN, holidays, works

UNTIL = date(2026, 11, 20)


@pytest.fixture(scope="module")
def company() -> Company:
    return Company.generate(7, until=UNTIL)


def test_same_seed_gives_the_same_company_and_another_seed_another():
    first, again, other = [
        list(Company.generate(seed, people=120, until=UNTIL, scale=0.2).activities("intranet"))
        for seed in (1, 1, 2)
    ]
    assert first == again
    assert first != other


def test_the_demo_collects_some_twenty_thousand_activities(company):
    total = sum(1 for platform in company.stores for _ in company.activities(platform))
    assert 15_000 <= total <= 25_000


def test_every_activity_of_the_truth_points_at_something_that_exists(company):
    for platform, store in company.stores.items():
        for activity in company.activities(platform):
            item = store.items[int(activity.object)]
            assert item.space == activity.room
            assert activity.person in store.accounts
            assert int(activity.thread) in store.items
            if activity.kind in (Kind.COMMENT, Kind.REPLY):
                answered = store.items[int(activity.parent)]
                assert (answered.type == "comment") is (activity.kind is Kind.REPLY)
                assert answered.created <= activity.happened
                assert answered.space == activity.room


def test_activities_are_unique_and_lie_in_the_history(company):
    for platform in company.stores:
        activities = list(company.activities(platform))
        keys = Counter(
            (a.kind, a.object, a.number, a.person if a.kind is Kind.REACT else None) for a in activities
        )
        assert max(keys.values()) == 1
        days = {a.happened.astimezone(BERLIN).date() for a in activities if a.happened}
        assert company.since <= min(days)
        assert max(days) < company.until


def test_ids_rise_with_time_and_versions_follow_each_other(company):
    for store in company.stores.values():
        created = [item.created for item in store.items.values()]
        assert created == sorted(created)
        assert list(store.items) == sorted(store.items)
        for item in store.items.values():
            assert [version.when for version in item.versions] == sorted(
                version.when for version in item.versions
            )


def test_nobody_acts_after_leaving_or_before_the_first_day(company):
    people = {id_: person for person in company.people for id_ in person.ids.values()}
    for platform, store in company.stores.items():
        personal = {key for key, space in store.spaces.items() if space.type == "personal"}
        for activity in company.activities(platform):
            if (
                activity.happened
                and activity.room not in personal
                and people[activity.person].kind == "human"
            ):
                assert people[activity.person].there(activity.happened.date())


def test_few_write_much(company):
    written = Counter(a.person for a in company.activities("intranet") if a.kind is not Kind.REACT)
    most = sum(count for _, count in written.most_common(len(company.people) // 10))
    assert most > 0.4 * written.total()
    humans = sum(person.kind == "human" for person in company.people)
    assert len(written) < 0.9 * humans


def test_weekends_and_holidays_are_quiet(company):
    quiet = [
        works(a.happened.astimezone(BERLIN).date()) for a in company.activities("intranet") if a.happened
    ].count(False)
    assert 0 < quiet < 0.12 * sum(1 for _ in company.activities("intranet"))


def test_holidays_follow_the_moving_easter():
    assert date(2026, 4, 3) in holidays(2026)  # Good Friday
    assert date(2026, 5, 25) in holidays(2026)  # Whit Monday
    assert not works(date(2025, 6, 9))  # Whit Monday
    assert works(date(2026, 11, 20))


def test_the_relaunch_brings_a_rise_that_fades_in_part(company):
    migration = next(p for p in company.people if p.name == "Migrationsdienst").ids["intranet"]
    days = Counter(
        (a.happened.date() - company.relaunch).days // 28
        for a in company.activities("intranet")
        if a.happened and a.person != migration
    )
    before = sum(days[period] for period in (-4, -3, -2)) / 3
    assert days[0] > 1.8 * before
    assert before < days[4] < days[0]


def test_the_old_pages_were_imported_in_bulk_right_before_the_relaunch(company):
    migration = next(p for p in company.people if p.name == "Migrationsdienst").ids["intranet"]
    moments = [a.happened for a in company.activities("intranet") if a.person == migration]
    assert len(moments) == 160
    assert max(moments) - min(moments) < timedelta(minutes=40)
    assert timedelta(0) < company.relaunch - moments[0].date() <= timedelta(3)


def test_official_rooms_are_answered_less_than_communities(company):
    def answered(purpose: str) -> float:
        rooms = {
            key
            for (_, key), plan in company.plans.items()
            if plan.purpose == purpose and plan.fate in ("broadcast", "living")
        }
        activities = [a for a in company.activities("intranet") if a.room in rooms]
        originals = {a.object for a in activities if a.kind is Kind.CREATE}
        return len({a.thread for a in activities if a.kind is Kind.COMMENT}) / len(originals)

    assert answered("official") < 0.25
    assert answered("community") > 0.6


def test_rooms_fare_as_planned(company):
    last = {}
    authors: dict[str, set[str]] = {}
    for platform in company.stores:
        for a in company.activities(platform):
            if a.happened:
                last[a.room] = max(last.get(a.room, a.happened), a.happened)
                authors.setdefault(a.room, set()).add(a.person)
    for (platform, key), plan in company.plans.items():
        space = company.stores[platform].spaces[key]
        assert (space.status == "archived") is (plan.fate == "closed")
        if plan.fate == "dead":
            assert last[key].date() < UNTIL - timedelta(120)
        if plan.fate == "stillborn":
            assert len(authors[key]) == 1
        if plan.fate == "living":
            assert last[key].astimezone(UTC).date() > UNTIL - timedelta(28)
            assert len(authors[key]) >= 10


@pytest.mark.parametrize(("people", "months"), [(50, 3), (9_000, 6)])
def test_small_and_large_companies_have_every_unit_and_every_room(people, months):
    company = Company.generate(3, people=people, months=months, until=UNTIL, scale=0.1)
    humans = [person for person in company.people if person.kind == "human"]
    assert len(humans) == people
    assert {person.unit for person in humans} == {unit.slug for unit in UNITS}
    assert len({person.username for person in company.people}) == len(company.people)
    for platform, key in company.plans:
        assert company.members[platform, key]
        assert key in company.stores[platform].spaces


def test_companies_too_small_to_tell_of_are_refused():
    for people, months in ((49, 18), (640, 2)):
        with pytest.raises(ValueError, match="at least 50 people and 3 months"):
            Company.generate(1, people=people, months=months, until=UNTIL)


def test_unit_groups_yield_the_unit_of_every_employee(company):
    store = company.stores["intranet"]
    units = {
        member: found[1]
        for group in store.groups.values()
        if (found := re.match(UNIT_GROUPS, group.name))
        for member in group.members
    }
    for person in company.people:
        if person.kind == "human":
            assert units[person.ids["intranet"]] == person.unit


def test_rights_show_who_may_read_and_who_owns(company):
    store = company.stores["intranet"]
    for (platform, key), plan in company.plans.items():
        if platform != "intranet":
            continue
        rights = store.spaces[key].permissions
        readers = {
            store.groups[r.principal].name
            for r in rights
            if r.principal_type == "group" and r.operation == "read"
        }
        assert ("alle-mitarbeitenden" in readers) is plan.open
        assert any(r.operation == "administer" and r.principal_type == "user" for r in rights)


def test_mail_addresses_lie_in_a_domain_that_cannot_exist(company):
    assert {person.mail.rpartition(".")[2] for person in company.people} == {"example"}
    assert len({person.username for person in company.people}) == len(company.people)
