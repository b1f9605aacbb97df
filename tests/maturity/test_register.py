"""The register: what stands in it, who found what, and what it refuses."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from service.errors import Conflict, Invalid, NotFound
from service.maturity.model import current
from service.maturity.register import Standing, agreement, months_since, one, rate, record, register, remove
from service.models import Organisation

NOW = datetime(2026, 6, 15, 8, tzinfo=UTC)
TODAY = NOW.date()
MODEL = current()


@pytest.fixture
def session(engine):
    with Session(engine) as opened:
        yield opened


@pytest.fixture
def acme(session):
    made = Organisation(key="acme", name="Acme AG")
    session.add(made)
    session.flush()
    return made


def guideline(session, acme, **more):
    given = {"title": "Guideline 2.0", "owner": "Internal communication", "dated": date(2026, 1, 10), **more}
    return record(session, acme, MODEL, "governance.guideline", now=NOW, **given)


def standing(session, acme, key="governance.guideline", today=TODAY):
    (entry,) = (entry for entry in register(session, acme, MODEL, today) if entry.fact.key == key)
    return entry.standing


def test_a_document_counts_once_somebody_has_assessed_it(session, acme):
    assert standing(session, acme) is Standing.UNKNOWN
    made = guideline(session, acme)
    assert standing(session, acme) is Standing.UNKNOWN
    rate(session, acme, made.id, assessor="Internal communication", rating="met", rated=TODAY)
    assert standing(session, acme) is Standing.MET
    (entry,) = (entry for entry in register(session, acme, MODEL, TODAY) if entry.evidence)
    assert (entry.dimension, entry.evidence.title) == ("governance", "Guideline 2.0")


def test_two_who_differ_leave_it_disputed_until_they_agree(session, acme):
    made = guideline(session, acme)
    rate(session, acme, made.id, assessor="Internal communication", rating="met")
    rate(session, acme, made.id, assessor="Works council", rating="partly")
    assert standing(session, acme) is Standing.DISPUTED
    with pytest.raises(Conflict, match="Internal communication, Works council"):
        rate(session, acme, made.id, assessor="IT", rating="met")
    rate(session, acme, made.id, assessor="Works council", rating="met")
    assert standing(session, acme) is Standing.MET


def test_a_document_that_was_not_looked_at_for_too_long_is_out_of_date(session, acme):
    fact = next(fact for fact in MODEL.facts() if fact.key == "governance.guideline")
    assert fact.valid_months
    made = guideline(session, acme, dated=date(2020, 1, 10))
    rate(session, acme, made.id, assessor="IT", rating="met")
    assert standing(session, acme) is Standing.EXPIRED
    assert standing(session, acme, today=date(2020, 1, 11)) is Standing.MET


@pytest.mark.parametrize(
    ("day", "today", "months"),
    [
        (date(2026, 1, 31), date(2026, 2, 28), 0),
        (date(2026, 1, 31), date(2026, 3, 31), 2),
        (date(2025, 12, 15), date(2026, 1, 14), 0),
        (date(2025, 12, 15), date(2026, 1, 15), 1),
        (date(2026, 3, 1), date(2026, 2, 1), -1),
    ],
)
def test_months_are_whole(day, today, months):
    assert months_since(day, today) == months


def test_the_newest_counts(session, acme):
    old = guideline(session, acme)
    rate(session, acme, old.id, assessor="IT", rating="met")
    new = record(
        session,
        acme,
        MODEL,
        "governance.guideline",
        title="Withdrawn",
        owner="IT",
        now=datetime(2026, 6, 16, tzinfo=UTC),
    )
    rate(session, acme, new.id, assessor="IT", rating="absent")
    assert standing(session, acme) is Standing.ABSENT
    remove(session, acme, new.id)
    assert standing(session, acme) is Standing.MET


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"title": " "}, "needs a title"),
        ({"owner": ""}, "needs a title and the role"),
        ({"owner": "ada@acme.example"}, "a role, not a person"),
        ({"link": "javascript:alert(1)"}, "web address"),
        ({"link": "https://"}, "web address"),
        ({"dated": date(2026, 6, 16)}, "still to come"),
    ],
)
def test_what_does_not_fit_is_refused(session, acme, more, told):
    with pytest.raises(Invalid, match=told):
        guideline(session, acme, **more)
    assert all(entry.evidence is None for entry in register(session, acme, MODEL, TODAY))


def test_only_a_document_can_meet_a_fact(session, acme):
    made = guideline(session, acme, title="There is none", dated=None)
    with pytest.raises(Invalid, match="only by a document"):
        rate(session, acme, made.id, assessor="IT", rating="met")
    rate(session, acme, made.id, assessor="IT", rating="absent")
    assert standing(session, acme) is Standing.ABSENT


@pytest.mark.parametrize(("assessor", "rating"), [("IT", "good"), ("", "met"), ("ada@acme.example", "met")])
def test_a_rating_needs_a_role_and_a_known_word(session, acme, assessor, rating):
    made = guideline(session, acme)
    with pytest.raises(Invalid):
        rate(session, acme, made.id, assessor=assessor, rating=rating)


def test_another_organisation_has_a_register_of_its_own(session, acme):
    other = Organisation(key="other", name="Other")
    session.add(other)
    session.flush()
    made = guideline(session, acme)
    assert all(entry.evidence is None for entry in register(session, other, MODEL, TODAY))
    for act in (one, remove):
        with pytest.raises(NotFound):
            act(session, other, made.id)
    with pytest.raises(NotFound):
        rate(session, other, made.id, assessor="IT", rating="met")


def test_an_unknown_fact_is_named(session, acme):
    with pytest.raises(NotFound, match=r"no fact 'governance\.nonsense'"):
        record(session, acme, MODEL, "governance.nonsense", title="x", owner="y", now=NOW)


def test_how_far_two_assessors_agree_is_told_once_both_have_assessed_something(session, acme):
    def found():
        return agreement(register(session, acme, MODEL, TODAY))

    assert found().value is None
    facts = [fact.key for fact in MODEL.facts()][:6]
    seen = [("met", "met"), ("met", "met"), ("absent", "absent"), ("partly", "partly"), ("absent", "absent")]
    for key, pair in zip(facts, [*seen, ("met", "absent")], strict=True):
        made = record(session, acme, MODEL, key, title="x", owner="y", dated=date(2026, 1, 1), now=NOW)
        for assessor, rating in zip(("IT", "Works council"), pair, strict=True):
            rate(session, acme, made.id, assessor=assessor, rating=rating)
        if len(seen) > 1 and key == facts[4]:
            assert found().value == pytest.approx(1.0)
    assert found().n == 6
    assert 0 < found().value < 1
