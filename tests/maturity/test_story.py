"""The synthetic company's survey disagrees with what is done in a known way, and the assessment finds it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.advice.fields.register import State, fields
from service.demo.fields_found import find_fields
from service.demo.opinions import OPINIONS
from service.demo.questioned import agree_measures, file_papers, hold_survey
from service.maturity.assess import make
from service.maturity.result import Agreement, Kind, Result
from service.models import Organisation, Person, Unit
from tests.maturity.test_pages import publish

END = datetime(2026, 6, 15, 8, tzinfo=UTC)
LEVEL = 3
"""Where every indicator is published to be, so that the difference to what people say is known."""


@pytest.fixture
def session(engine):
    with Session(engine) as opened:
        yield opened


@pytest.fixture
def assessed(session):
    acme = Organisation(key="acme", name="Acme AG")
    session.add(acme)
    session.flush()
    for number in range(6):
        unit = Unit(organisation_id=acme.id, key=f"unit {number}", name=f"Unit {number}")
        session.add(unit)
        session.flush()
        session.add_all(
            Person(
                organisation_id=acme.id,
                pseudonym=1000 * number + one,
                unit_id=unit.id,
                kind="human",
                leadership=1 if one < 6 else None,
                first_seen=END,
                last_seen=END,
            )
            for one in range(70)
        )
    publish(session, acme, level=LEVEL)
    hold_survey(session, acme, END, 7)
    file_papers(session, acme, END, 7)
    made = make(session, acme, now=END)
    agree_measures(session, acme, END)
    find_fields(session, acme, END, 7)
    return Result.model_validate(made.content)


def test_what_people_say_is_found_as_it_was_meant(assessed):
    for one in assessed.dimensions:
        strand = one.strand(Kind.TOLD)
        assert strand.level is not None, one.dimension
        # Units and people differ, and answers end at 1 and 5.
        assert strand.level == pytest.approx(OPINIONS[one.dimension], abs=0.45), one.dimension
        assert strand.low < strand.level < strand.high


def test_told_and_observed_are_set_against_each_other(assessed):
    found = {one.dimension: one.agreement for one in assessed.dimensions}
    assert found["communication"] is Agreement.TOLD_ABOVE
    assert found["organisation"] is Agreement.TOLD_ABOVE
    assert found["business"] is Agreement.OBSERVED_ABOVE
    assert found["technology"] is Agreement.OBSERVED_ABOVE
    assert found["strategy"] is Agreement.NOT_DECIDABLE
    communication = assessed.dimension("communication")
    assert communication.difference == pytest.approx(
        communication.strand(Kind.TOLD).level - communication.strand(Kind.OBSERVED).level, abs=0.011
    )


def test_what_is_documented_is_what_was_filed(assessed):
    assert assessed.dimension("governance").staged == 3
    assert assessed.dimension("strategy").staged == 1
    assert all(one.strand(Kind.DOCUMENTED).coverage == 1 for one in assessed.dimensions)


def test_fields_are_in_each_state(session, assessed):
    acme = session.scalars(select(Organisation)).one()
    assert [one.state for one in fields(session, acme)] == [
        State.CHOSEN,
        State.ASSESSED,
        State.IDEA,
        State.PARKED,
    ]
