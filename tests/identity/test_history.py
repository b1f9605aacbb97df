"""The history of a person is that of all accounts together."""

from datetime import timedelta

import pytest
from sqlalchemy import delete

from connectors.activity import Person
from service.activity.forget import erase_people
from service.database import transaction
from service.identity import people
from service.models import Spell, Unit

ADA = "entra:0a1b2c3d-0000-4000-8000-000000000001"


def stays(company, number=None):
    """(active, unit) one after the other, and when it changed, in days since the first sync."""
    with transaction(company.engine) as session:
        units = {unit.id: unit.key for unit in session.query(Unit)}
        found = [human for human in people(session, 1).humans if number in (None, human.number)]
        (human,) = found
        return [(stay.since, stay.state.active, units.get(stay.state.unit)) for stay in human.stays]


@pytest.fixture
def known(company):
    """Ada is in the wiki, then joins Teams, then loses her account in the wiki, then moves."""
    company.sync("wiki", Person("a1", unit="sales", canonical=ADA))
    company.sync("teams", Person("other"))
    company.days = [company.now + timedelta(days=number) for number in (10, 20, 30)]
    company.now = company.days[0]
    company.sync("teams", Person("a2", canonical=ADA), Person("other"))
    company.now = company.days[1]
    company.sync("wiki", Person("a1", unit="sales", canonical=ADA, active=False))
    company.now = company.days[2]
    company.sync("teams", Person("a2", unit="legal", canonical=ADA), Person("other"))
    return company


def test_a_person_is_there_while_one_account_is(known):
    ada = known.pseudonymiser.person(ADA)
    first, second, _ = known.days
    # A unit told for the first time held ever since: at Teams, Ada was of legal from the day she came there.
    assert stays(known, ada) == [(None, True, "sales"), (first, True, "sales"), (second, True, "legal")]


def test_before_the_first_account_a_person_was_not_there(company):
    company.sync("wiki", Person("b1"))
    company.now += timedelta(days=10)
    company.sync("wiki", Person("b1"), Person("a1", unit="sales", canonical=ADA))
    ada = company.pseudonymiser.person(ADA)
    assert stays(company, ada) == [(None, False, "sales"), (company.now, True, "sales")]


def test_who_has_no_history_was_ever_what_they_are(company):
    company.sync("wiki", Person("a1", unit="sales"))
    with transaction(company.engine) as session:
        session.execute(delete(Spell))
    assert stays(company) == [(None, True, "sales")]


def test_the_history_is_erased_with_the_person(known):
    ada = known.pseudonymiser.person(ADA)
    erase_people(known.engine, known.log, [ada])
    other = known.pseudonymiser.person("other", "teams")
    assert {spell.pseudonym for spell in known.all(Spell)} == {other}
