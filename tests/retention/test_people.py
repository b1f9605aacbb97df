"""The history of people goes when it is too old, and no later day is about other people than before."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from connectors.activity import Page
from service.activity.outdated import NOBODY
from service.activity.retention import preview
from service.database import transaction
from service.models import Membership, Milestone, Organisation, Retention, Room, Spell
from service.models import Person as Account
from service.publication.overlap import Groups
from tests.retention.conftest import NOW, Company, aged, left_of, makes, noon

SINCE = date(2026, 1, 19)
"""75 days back, and then the next Monday."""


def test_a_purge_leaves_what_it_should(engine: Engine, tmp_path: Path) -> None:
    company = aged(Company(engine, tmp_path))
    expected = left_of(company)
    found = preview(company.engine, company.log, company.id, clock=lambda: NOW)
    done = company.purge()
    assert done == found
    assert (done.memberships, done.spells, done.accounts) == (2, 2, 1)
    assert company.everything() == expected
    (row,) = company.all(Retention)
    assert (row.people_from, row.measurements_from) == (SINCE, date(2025, 12, 30))
    assert not company.purge()


def test_no_byte_of_the_database_tells_of_an_account_that_went(aging: Company) -> None:
    gone, present = aging.people.person("gone", "wiki"), aging.people.person("a2", "wiki")

    def holding(pseudonym: int) -> list[str]:
        needles = (pseudonym.to_bytes(8, "big", signed=True), str(pseudonym).encode())
        files = aging.folder.glob("resonanz.db*")
        return [file.name for file in files if any(needle in file.read_bytes() for needle in needles)]

    assert holding(gone)
    aging.purge()
    assert holding(gone) == []
    assert holding(present)


def test_from_the_first_day_kept_on_groups_are_the_same(aging: Company) -> None:
    """Publication hides rooms that differ from a unit by a few: it must see the same people as before."""

    def groups() -> list[Any]:
        with transaction(aging.engine) as session:
            found = Groups.read(session, session.get_one(Organisation, aging.id), 5)
        moments = [noon(SINCE) + timedelta(days=day) for day in range(0, 70)]
        return [(found.members(moment), found.units(moment)) for moment in moments]

    before = groups()
    assert len({str(one) for one in before}) > 1
    aging.purge()
    assert groups() == before


def test_values_of_rooms_are_withheld_where_nobody_can_check_them(aging: Company) -> None:
    known = [place for place, value in aging.values().items() if place[2] == "room" and value[8] == "known"]
    assert {place[5] < SINCE for place in known} == {True, False}
    aging.purge()
    values = aging.values()
    for place in known:
        if place in values:
            assert (values[place][9] == "retention") == (place[5] < SINCE)
    # Measuring does not bring them back.
    aging.measure(full=True)
    assert aging.values() == values


@pytest.mark.parametrize(
    "why",
    ["is a member still", "was a member lately", "did something lately", "is in use again", "left lately"],
)
def test_accounts_that_still_count_for_something_stay(aging: Company, why: str) -> None:
    gone = aging.people.person("gone", "wiki")
    with transaction(aging.engine) as session:
        room = session.query(Room).filter(Room.handle == "TEAM").one().id
        spell = session.query(Spell).filter(Spell.pseudonym == gone, Spell.until.is_(None)).one()
        membership = Membership(room_id=room, pseudonym=gone, since=noon(date(2026, 1, 5)))
        match why:
            case "is a member still":
                session.add(membership)
            case "was a member lately":
                membership.until = noon(date(2026, 2, 1))
                session.add(membership)
            case "left lately":
                spell.since = noon(date(2026, 2, 1))
            case "is in use again":
                spell.active = True
                session.query(Account).filter(Account.pseudonym == gone).one().active = True
    if why == "did something lately":
        aging.sync(Page("20", [makes("gone", date(2026, 3, 2))]))
    assert aging.purge().accounts == 0
    assert gone in {row.pseudonym for row in aging.all(Account)}


def test_of_a_room_all_left_it_stays_known_that_members_were(aging: Company) -> None:
    """Who came after the first reading has joined, also when nobody of the first reading is left."""
    old = noon(date(2025, 12, 15))
    with transaction(aging.engine) as session:
        session.query(Membership).filter(Membership.since == old).update(
            {Membership.until: old + timedelta(days=9)}
        )
    aging.purge()
    found = sorted((row.since, row.until, row.pseudonym) for row in aging.all(Membership))
    assert found[0] == (old, old + timedelta(days=9), NOBODY)
    assert [row[0] for row in found[1:]] == [noon(date(2026, 2, 10))]
    assert not aging.purge()


def test_days_of_old_reorganisations_stay_marked(aging: Company) -> None:
    for day in (date(2025, 12, 20), date(2026, 2, 20)):
        aging.add(
            Milestone(
                organisation_id=aging.id,
                key=f"reorganisation-{day}",
                day=day,
                kind="reorganisation",
                label_de="Umorganisation",
                label_en="Reorganisation",
            )
        )
    aging.purge()
    aging.measure()
    # The second is none, and is known to be none.
    assert [row.day for row in aging.all(Milestone)] == [date(2025, 12, 20)]


def test_activities_alone_leave_the_history_of_people(aging: Company) -> None:
    aging.keep(activities=60)
    before = aging.everything()
    aging.purge()
    after = aging.everything()
    assert [after[name] for name in ("accounts", "memberships", "spells", "values", "published")] == [
        before[name] for name in ("accounts", "memberships", "spells", "values", "published")
    ]
    assert after["days"] != before["days"]
