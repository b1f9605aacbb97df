"""Who belonged to a period stays, whatever happens to people later."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from connectors.activity import PersonKind
from service.activity import spells
from service.database import transaction
from service.errors import Invalid
from service.identity import people
from service.measure.reorganisation import reorganisations
from service.models import (
    Membership,
    Milestone,
    Organisation,
    Person,
    Room,
    Shutdown,
    Site,
    Source,
    Spell,
    Sync,
    Unit,
)
from service.working_time import public_holidays, working_times

MONDAY = date(2026, 3, 2)
THEN, LATER = datetime(2026, 3, 20, 8, tzinfo=UTC), datetime(2026, 3, 31, 8, tzinfo=UTC)


def observe(company: Any, moment: datetime, sync: bool = True, **known: tuple[Any, ...]) -> None:
    """A sync tells of people: unit, and whatever else."""
    with transaction(company.engine) as session:
        source = session.get_one(Source, company.source_id)
        for name, (unit, *more) in known.items():
            found = session.scalar(select(Unit).where(Unit.key == unit, Unit.organisation_id == company.id))
            if unit and found is None:
                found = Unit(organisation_id=company.id, key=unit, name=unit)
                session.add(found)
                session.flush()
            given = {"kind": "human", "active": True, **(more[0] if more else {})}
            person = session.get(Person, (company.id, company.number(name))) or Person(
                organisation_id=company.id, pseudonym=company.number(name), first_seen=moment
            )
            person.unit_id, person.last_seen = found.id if found else None, moment
            for key, value in given.items():
                setattr(person, key, value)
            session.add(person)
        session.flush()
        numbers = {company.number(name): moment for name in known}
        spells.record(session.connection(), source, numbers)
        if sync:
            row = Sync(source_id=source.id, started=moment, state="done", report={})
            session.add(row)
            session.flush()
            spells.complete(session.connection(), source.id, row.id, moment)


def history(company: Any, name: str) -> list[tuple[Any, ...]]:
    with transaction(company.engine) as session:
        rows = session.execute(
            select(Spell.since, Spell.until, Unit.key, Spell.kind, Spell.active)
            .outerjoin(Unit, Unit.id == Spell.unit_id)
            .where(Spell.pseudonym == company.number(name))
            .order_by(Spell.id)
        )
        return [tuple(row) for row in rows]


def started(company: Any) -> Any:
    """Three people of two units, known since the first sync, and a post that one of them wrote."""
    observe(company, THEN, ada=("sales",), bob=("sales",), cyd=("legal",))
    company.act("create", "ada", "2026-03-03 09:00", "news")
    company.act("comment", "bob", "2026-03-04 10:30", "c1", on="news")
    return company


def test_who_is_found_first_was_there_ever_since_and_who_comes_later_has_joined(
    engine: Engine, make_company: Callable[..., Any]
) -> None:
    company = started(make_company(engine))
    observe(company, LATER, ada=("sales",), dan=("sales",))
    assert history(company, "ada") == [(None, None, "sales", "human", True)]
    assert history(company, "dan") == [(LATER, None, "sales", "human", True)]


def test_joining_moving_and_leaving_change_no_period_that_is_over(
    engine: Engine, make_company: Callable[..., Any]
) -> None:
    company = started(make_company(engine))
    company.measure(until=date(2026, 3, 30))
    before = [row for row in company.rows_measured() if row]
    assert company.found("active_share", MONDAY) == {"": (2, 3)}
    observe(
        company,
        LATER,
        ada=("legal",),
        bob=("sales", {"active": False}),
        cyd=("legal", {"leadership": 1}),
        dan=("sales",),
        eve=("legal",),
    )
    company.measure(until=date(2026, 3, 30))
    assert company.rows_measured() == before


def test_the_next_periods_are_about_who_is_there_then(company: Any) -> None:
    started(company)
    observe(company, LATER, ada=("legal",), bob=("sales", {"active": False}), dan=("sales",))
    company.measure(until=date(2026, 4, 13))
    week = date(2026, 4, 6)
    assert company.found("active_share", week) == {"": (0, 3)}
    assert company.found("active_share", week, "unit", "legal") == {"": (0, 2)}
    assert company.found("active_share", week, "unit", "sales") == {"": (0, 1)}


def test_a_found_service_account_never_was_a_person(company: Any) -> None:
    started(company)
    observe(company, LATER, bob=("sales", {"kind": PersonKind.SERVICE.value}))
    assert history(company, "bob") == [(None, None, "sales", "service", True)]
    company.measure(until=date(2026, 3, 30))
    assert company.found("active_share", MONDAY) == {"": (1, 2)}
    assert company.found("response_rate", MONDAY) == {"": (0, 1)}


def test_a_guest_who_is_hired_was_a_guest_before(company: Any) -> None:
    observe(company, THEN, ada=("sales",), bob=(None, {"kind": "guest"}))
    observe(company, LATER, bob=("sales",))
    # Never told before, the unit is taken to have held ever since.
    assert history(company, "bob") == [
        (None, LATER, "sales", "guest", True),
        (LATER, None, "sales", "human", True),
    ]


def test_a_unit_told_for_the_first_time_held_ever_since_and_a_second_one_from_then_on(company: Any) -> None:
    observe(company, THEN, ada=(None,))
    observe(company, THEN + timedelta(days=1), ada=("sales",))
    observe(company, LATER, ada=("legal",))
    assert history(company, "ada") == [
        (None, LATER, "sales", "human", True),
        (LATER, None, "legal", "human", True),
    ]


def test_telling_the_same_again_changes_nothing(company: Any) -> None:
    started(company)
    before = history(company, "ada")
    observe(company, LATER, ada=("sales",))
    assert history(company, "ada") == before


def test_what_the_second_sync_finds_after_a_broken_first_one_is_still_a_first_observation(
    company: Any,
) -> None:
    observe(company, THEN, sync=False, ada=("sales",))
    with transaction(company.engine) as session:
        broken = Sync(source_id=company.source_id, started=THEN, state="partial", report={})
        session.add(broken)
        session.flush()
        spells.complete(session.connection(), company.source_id, broken.id, THEN)
    observe(company, LATER, bob=("sales",))
    assert history(company, "bob") == [(None, None, "sales", "human", True)]


def test_levels_told_behind_the_people_are_of_the_first_observation_too(company: Any) -> None:
    """They are derived from all people, so that a long first sync stores them in a later commit."""
    observe(company, THEN, sync=False, ada=("claims",))
    observe(company, THEN, ada=("claims", {"leadership": 2}))
    observe(company, LATER, ada=("claims", {"leadership": 1}))
    with transaction(company.engine) as session:
        rows = session.execute(
            select(Spell.since, Spell.until, Spell.leadership)
            .where(Spell.pseudonym == company.number("ada"))
            .order_by(Spell.id)
        )
        assert [tuple(row) for row in rows] == [(None, LATER, 2), (LATER, None, 1)]


def test_who_moved_inside_a_period_counts_once_and_units_add_up(company: Any) -> None:
    started(company)
    observe(company, datetime(2026, 3, 26, 8, tzinfo=UTC), ada=("legal",))
    company.act("comment", "ada", "2026-03-23 10:00", "c2", on="news")
    company.act("comment", "ada", "2026-03-27 10:00", "c3", on="news")
    company.measure(until=date(2026, 3, 30))
    week = date(2026, 3, 23)  # its middle is the 26th
    assert company.found("active_share", week) == {"": (1, 3)}
    assert company.found("active_share", week, "unit", "legal") == {"": (1, 2)}
    assert company.found("active_share", week, "unit", "sales") == {"": (0, 1)}


def test_a_room_that_is_excluded_is_measured_nowhere_and_its_acts_are_counted_as_left_out(
    company: Any,
) -> None:
    started(company)
    company.room("hr", "ada", "bob", "cyd")
    company.room("play", "ada", "bob", "cyd")
    company.act("create", "cyd", "2026-03-03 09:00", "trial", room="play")
    with transaction(company.engine) as session:
        session.scalars(select(Room).where(Room.key == "wiki/play")).one().excluded = True
    assert company.measure().left_out == {"room": 1}
    assert company.found("active_share", MONDAY) == {"": (2, 3)}
    assert company.found("active_share", MONDAY, "room", "wiki/play") == {}
    assert company.found("active_share", MONDAY, "room", "wiki/hr") == {"": (2, 3)}


@pytest.mark.parametrize(
    ("kind", "posts"), [("migration", "no_posts"), ("relaunch", "no_posts"), ("campaign", (1, 1))]
)
def test_what_was_made_on_the_day_of_a_migration_was_brought_along(
    company: Any, kind: str, posts: Any
) -> None:
    started(company).add(
        Milestone(
            organisation_id=company.id,
            key="move",
            day=date(2026, 3, 3),
            kind=kind,
            label_de="Umzug",
            label_en="Move",
        )
    )
    company.measure()
    assert company.found("response_rate", MONDAY) == {"": posts}


def test_a_day_on_which_a_tenth_of_the_people_moved_is_marked_once(company: Any) -> None:
    names = [f"p{number}" for number in range(100)]
    observe(company, THEN, **dict.fromkeys(names, ("sales",)))
    observe(company, THEN + timedelta(days=3), **dict.fromkeys(names[:9], ("legal",)))
    observe(company, LATER, **dict.fromkeys(names[20:31], ("law",)))
    with transaction(company.engine) as session:
        humans = people(session, company.id).humans
        organisation = session.get_one(Organisation, company.id)
        assert reorganisations(humans, company_zone(organisation)) == [date(2026, 3, 31)]
    for _ in range(2):
        company.measure()
    with transaction(company.engine) as session:
        marked = session.execute(select(Milestone.key, Milestone.kind, Milestone.day)).all()
    assert [tuple(row) for row in marked] == [
        ("reorganisation-2026-03-31", "reorganisation", date(2026, 3, 31))
    ]


def company_zone(organisation: Organisation) -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo(organisation.time_zone)


def test_holidays_are_those_of_the_state() -> None:
    bavaria, berlin = (public_holidays(f"DE-{state}", MONDAY, MONDAY) for state in ("BY", "BE"))
    assert bavaria - berlin == {date(2026, 1, 6), date(2026, 6, 4), date(2026, 11, 1)}
    assert berlin - bavaria == {date(2026, 3, 8)}
    with pytest.raises(Invalid, match="of DE there are BB"):
        public_holidays("DE-XX", MONDAY, MONDAY)
    with pytest.raises(Invalid, match="ISO code"):
        public_holidays("Bavaria", MONDAY, MONDAY)


def test_a_site_has_its_own_holidays_and_shares_the_companys_shutdown(
    engine: Engine, make_company: Callable[..., Any]
) -> None:
    company = make_company(engine)
    with transaction(engine) as session:
        organisation = session.get_one(Organisation, company.id)
        organisation.region, organisation.opens = "DE-BY", time(7, 30)
        vienna = Site(organisation_id=company.id, name="Wien", region="AT", time_zone="Europe/Vienna")
        session.add(vienna)
        session.flush()
        for place, day in ((None, date(2026, 12, 28)), (vienna.id, date(2026, 12, 29))):
            session.add(
                Shutdown(organisation_id=company.id, site_id=place, since=day, until=day + timedelta(days=1))
            )
    with transaction(engine) as session:
        own, there = working_times(session, session.get_one(Organisation, company.id), MONDAY, MONDAY)
    assert (own.region, there.region) == ("", "Wien")
    assert (own.opens, own.closes) == (time(7, 30), time(17))
    days = [date(2026, 10, 26), date(2026, 5, 14), date(2026, 12, 28), date(2026, 12, 29)]
    assert [own.works(day) for day in days] == [True, False, False, True]
    assert [there.works(day) for day in days] == [False, False, False, False]


def test_a_room_is_measured_among_its_members_of_the_middle_day(company: Any) -> None:
    started(company).room("hr", "ada", "bob")
    with transaction(company.engine) as session:
        room = session.scalars(select(Room)).one()
        session.add(Membership(room_id=room.id, pseudonym=company.number("cyd"), since=LATER))
    company.measure(until=date(2026, 4, 13))
    assert company.found("active_share", MONDAY, "room", "wiki/hr") == {"": (2, 2)}
    assert company.found("active_share", date(2026, 4, 6), "room", "wiki/hr") == {"": (0, 3)}
