"""Who has opted out is neither collected nor counted, under whatever account, until they opt in again."""

import os
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from connectors.activity import Kind, Members, Page, Person
from service.activity.pseudonym import Pseudonymiser, open_keys
from service.activity.rights import opted_out, sweep
from service.database import transaction
from service.errors import Invalid
from service.measure import measure
from service.models import Measurement, Membership, Organisation, Spell
from service.models import Person as PersonRow
from service.privacy import people
from service.privacy.register import OPTED_OUT, Marks, Register, RegisterUnusable

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_nothing_of_somebody_who_opted_out_reaches_a_store(any_house, wiki):
    house = any_house
    house.opt_out("ada")
    house.sync(wiki)
    bob, eve = house.person("bob"), house.person("eve")
    assert house.logged() == {bob, eve}
    assert {row.pseudonym for row in house.all(PersonRow)} == {bob, eve}
    assert {row.pseudonym for row in house.all(Spell)} == {bob, eve}
    assert {row.pseudonym for row in house.all(Membership)} == {bob, eve}
    assert people.traces(house.engine, [house.person("ada"), house.person("ada@acme.example", None)]) == []


def test_what_was_stored_before_is_erased(house, wiki):
    house.sync(wiki)
    house.opt_out("ada")
    house.sync(wiki)
    assert house.person("ada") not in house.logged()
    assert people.traces(house.engine, [house.person("ada")]) == []


def test_another_account_of_theirs_is_recognised_also_if_told_after_what_it_did(house, wiki, teams):
    house.sync(wiki)
    house.opt_out("ada")
    house.sync(teams, source="teams")
    assert house.person("a-1", "teams") not in house.logged()
    assert house.person("b-1", "teams") in house.logged()
    assert len(house.register.opted_out()) == 1


def test_what_an_account_did_before_it_was_known_to_be_theirs_is_erased_after_the_sync(
    house, wiki, teams, act
):
    house.opt_out("ada@acme.example", source=None)
    house.sync(Page("1", [act("m0", "a-1", Kind.MESSAGE)]), source="teams")
    assert house.person("a-1", "teams") in house.logged()  # nobody could know
    house.sync(teams, source="teams")
    assert house.person("a-1", "teams") not in house.logged()
    assert people.traces(house.engine, [house.person("a-1", "teams")]) == []


def test_two_who_opted_out_and_are_found_to_be_one_person_count_once(house, wiki, teams):
    house.opt_out("ada")
    house.opt_out("a-1", source="teams")
    assert len(house.register.opted_out()) == 2
    house.sync(wiki)
    house.sync(teams, source="teams")
    assert len(house.register.opted_out()) == 1
    assert house.all(Organisation)[0].opted_out == 1


def test_a_machine_with_the_address_of_its_owner_is_not_its_owner(house):
    from connectors.activity import PersonKind

    house.opt_out("ada@acme.example", source=None)
    house.sync(Page("1", people=[Person("robot", kind=PersonKind.SERVICE, canonical="ada@acme.example")]))
    assert [row.pseudonym for row in house.all(PersonRow)] == [house.person("robot")]


def test_they_can_opt_in_again(house, wiki, teams):
    house.sync(wiki)
    house.opt_out("ada")
    house.sync(teams, source="teams")
    house.opt_in("ada@acme.example", source=None)
    assert house.register.opted_out() == []
    assert house.all(Organisation)[0].opted_out == 0
    house.sync(wiki)
    house.sync(teams, source="teams")
    assert {house.person("ada"), house.person("a-1", "teams")} <= house.logged()
    with pytest.raises(Invalid, match="has not opted out"):
        house.opt_in("ada")


def test_they_count_neither_among_the_active_nor_among_those_who_could_be(house, wiki):
    house.now += timedelta(days=7)

    def found() -> tuple[int, int, int]:
        house.sync(wiki)
        measure(house.engine, house.log, 1, clock=lambda: house.now)
        with transaction(house.engine) as session:
            row = session.scalars(
                select(Measurement).where(
                    Measurement.metric == "active_share",
                    Measurement.scope == "organisation",
                    Measurement.window == "week",
                    Measurement.since == MONDAY.date(),
                )
            ).one()
            organisation = session.scalars(select(Organisation)).one()
            return row.numerator, row.denominator, organisation.entitled

    assert found() == (3, 50, 50)
    house.opt_out("ada")
    assert found() == (2, 49, 49)
    with transaction(house.engine) as session:
        session.scalars(select(Organisation)).one().workforce = None
    assert found() == (2, 2, None)
    house.opt_in("ada")
    assert found() == (3, 3, None)


def test_how_many_opted_out_is_told_only_from_the_minimum_group_on(house):
    register = house.register
    for number in range(10):
        assert opted_out(register, 10) is None
        register.append(OPTED_OUT, Marks(frozenset({str(number)})))
    assert opted_out(register, 10) == 10


def test_without_its_register_nothing_is_collected_of_an_organisation_people_opted_out_of(house, wiki):
    house.opt_out("ada")
    os.rename(house.register.path, house.register.path.with_name("away"))
    with pytest.raises(RegisterUnusable, match="the register that tells who is missing"):
        house.sync(wiki)
    bare = Pseudonymiser(open_keys(house.key_path, "acme"), "acme")
    with pytest.raises(RegisterUnusable):
        house.sync(wiki, pseudonymiser=bare)
    assert house.log.table() is None


def test_who_opts_out_after_the_sync_was_called_and_before_it_began_is_not_collected(house, wiki):
    early = house.pseudonymiser
    house.opt_out("ada")
    house.sync(wiki, pseudonymiser=early)
    assert house.person("ada") not in house.logged()


def test_the_register_names_nobody_and_can_be_read_by_its_owner_alone(house, wiki):
    house.sync(wiki)
    house.opt_out("ada")
    house.erase("bob")
    for name in ("rights", "rights.key"):
        path = house.key_folder / name
        assert path.stat().st_mode & 0o777 == 0o600
        content = path.read_text()
        for account in ("ada", "bob"):
            # Within a hexadecimal mark "ada" may stand by chance.
            assert re.search(rf"(?<![0-9a-f]){account}(?![0-9a-f])", content) is None
            assert str(house.person(account)) not in content
    path.chmod(0o644)
    with pytest.raises(RegisterUnusable, match="chmod 600"):
        house.sync(wiki)


def test_a_half_written_line_is_dropped_and_a_damaged_one_refused(house):
    register = house.register
    register.append(OPTED_OUT, Marks(frozenset({"1"})))
    with register.path.open("ab") as file:
        file.write(b'{"act": "opted-o')
    assert len(house.register.acts()) == 1
    register.append(OPTED_OUT, Marks(frozenset({"2"})))
    assert len(house.register.opted_out()) == 2
    with register.path.open("ab") as file:
        file.write(b"nonsense\n")
    with pytest.raises(RegisterUnusable, match="line 3"):
        house.register.acts()
    register.path.with_name("rights.key").unlink()
    with pytest.raises(RegisterUnusable, match=r"rights\.key"):
        Register(register.path, "acme").acts()


def test_members_told_in_part_keep_those_who_stay(house, wiki):
    house.sync(wiki)
    house.opt_out("ada")
    house.sync(Page("2", members=[Members("HR", frozenset({"ada", "bob", "eve"}))]))
    assert {row.pseudonym: row.until for row in house.all(Membership)} == {
        house.person("bob"): None,
        house.person("eve"): None,
    }


def test_while_somebody_else_collects_the_sweep_is_left_to_them(house, wiki):
    from service.activity.lock import hold, log_lock

    house.sync(wiki)
    pseudonymiser = house.pseudonymiser
    marks = Marks(people=frozenset({house.register.of(house.person("ada"))}))
    house.register.append(OPTED_OUT, marks)
    pseudonymiser.opted_out.refresh()
    with hold(house.engine, log_lock("acme"), shared=True):
        sweep(house.engine, house.log, pseudonymiser)
        assert house.person("ada") in house.logged()
    sweep(house.engine, house.log, pseudonymiser)
    assert house.person("ada") not in house.logged()
