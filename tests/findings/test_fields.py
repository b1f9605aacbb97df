"""The register of potential fields and the matrix of needs: what may become of a field, on both databases."""

from datetime import UTC, date, datetime

import pytest

from service.advice.catalogue import current
from service.advice.fields import needs, register
from service.advice.fields.register import State
from service.errors import Conflict, Invalid, NotFound
from service.models import Organisation

CATALOGUE = current()
INSTRUMENTS = CATALOGUE.instruments
NOW = datetime(2026, 6, 15, 8, tzinfo=UTC)
SOCIAL = {one.key: one.speaks_for == "communication" for one in INSTRUMENTS.fit_questions}
TEAMWORK = {one.key: one.speaks_for == "collaboration" for one in INSTRUMENTS.fit_questions}
POINTS = {one.key: (4, "asked in two departments") for one in INSTRUMENTS.criteria}


def noted(session, acme, **more):
    given = {"title": "Questions on travel expenses", "owner": "HR", "now": NOW, **more}
    return register.add(session, acme, CATALOGUE, **given)


def test_a_field_goes_from_idea_by_test_and_scores_to_chosen(session, acme):
    kept = noted(session, acme, origin="signal", origin_key="unanswered_questions")
    assert kept.state == State.IDEA
    register.answer(session, acme, INSTRUMENTS, kept.id, SOCIAL, now=NOW)
    assert kept.state == State.IDEA
    with pytest.raises(Conflict, match="only what passed the fit test"):
        register.choose(session, acme, kept.id)
    register.score(session, acme, INSTRUMENTS, kept.id, POINTS, now=NOW)
    assert kept.state == State.ASSESSED
    # Four times four points, and four of risk, of which less is better: 6 − 4 = 2.
    assert register.total(INSTRUMENTS, kept) == 4**4 * 2
    assert register.choose(session, acme, kept.id, now=NOW).state == State.CHOSEN


def test_what_is_no_communication_is_parked_with_the_reason(session, acme):
    kept = noted(session, acme)
    register.answer(session, acme, INSTRUMENTS, kept.id, TEAMWORK, now=NOW)
    assert (kept.state, kept.reason) == (State.PARKED, "fit:collaboration")
    with pytest.raises(Conflict, match="parked"):
        register.score(session, acme, INSTRUMENTS, kept.id, POINTS)
    with pytest.raises(Conflict, match="no communication"):
        register.reopen(session, acme, INSTRUMENTS, kept.id)
    register.answer(session, acme, INSTRUMENTS, kept.id, SOCIAL, now=NOW)
    assert (kept.state, kept.reason) == (State.IDEA, "")


def test_one_deciding_answer_settles_it(session, acme):
    kept = noted(session, acme)
    register.answer(session, acme, INSTRUMENTS, kept.id, {"approval": True})
    assert (kept.state, kept.reason) == (State.PARKED, "fit:process")


def test_what_was_chosen_goes_back_when_it_no_longer_fits(session, acme):
    kept = noted(session, acme)
    register.answer(session, acme, INSTRUMENTS, kept.id, SOCIAL)
    register.score(session, acme, INSTRUMENTS, kept.id, POINTS)
    register.choose(session, acme, kept.id)
    register.answer(session, acme, INSTRUMENTS, kept.id, {"personal_case": True})
    assert kept.state == State.PARKED


def test_a_parked_field_is_taken_up_where_it_stood(session, acme):
    kept = noted(session, acme)
    register.answer(session, acme, INSTRUMENTS, kept.id, SOCIAL)
    register.score(session, acme, INSTRUMENTS, kept.id, POINTS)
    with pytest.raises(Invalid, match="say why"):
        register.park(session, acme, kept.id, " ")
    register.park(session, acme, kept.id, "no owner in the line")
    assert (kept.state, kept.reason) == (State.PARKED, "no owner in the line")
    assert register.reopen(session, acme, INSTRUMENTS, kept.id).state == State.ASSESSED


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"title": " "}, "needs a title"),
        ({"owner": ""}, "which role"),
        ({"owner": "ada@acme.example"}, "not a person"),
        ({"origin": "dream"}, "comes from"),
        ({"origin": "signal", "origin_key": "nonsense"}, "no signal 'nonsense'"),
        ({"origin": "need", "origin_key": "office:nonsense"}, "no need"),
    ],
)
def test_what_does_not_fit_is_refused_with_how_to_mend_it(session, acme, more, told):
    with pytest.raises(Invalid, match=told):
        noted(session, acme, **more)
    assert register.fields(session, acme) == []


def test_a_signal_makes_one_field_at_a_time(session, acme):
    kept = noted(session, acme, origin="signal", origin_key="missing_ties")
    with pytest.raises(Conflict, match="already"):
        noted(session, acme, origin="signal", origin_key="missing_ties")
    register.park(session, acme, kept.id, "later")
    assert noted(session, acme, origin="signal", origin_key="missing_ties").id != kept.id


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        ({"nonsense": (3, "why")}, "no criterion"),
        ({"reach": (6, "why")}, "1 to 5 points"),
        ({"reach": (3, " ")}, "in a few words why"),
    ],
)
def test_points_need_a_criterion_a_number_and_a_reason(session, acme, scores, told):
    kept = noted(session, acme)
    with pytest.raises(Invalid, match=told):
        register.score(session, acme, INSTRUMENTS, kept.id, scores)
    assert register.total(INSTRUMENTS, kept) is None


def test_a_field_of_another_organisation_can_not_be_reached(session, acme):
    other = Organisation(key="other", name="Other")
    session.add(other)
    session.flush()
    kept = noted(session, other)
    with pytest.raises(NotFound):
        register.choose(session, acme, kept.id)
    with pytest.raises(Invalid, match="no question"):
        register.answer(session, other, INSTRUMENTS, kept.id, {"nonsense": True})


def test_a_need_without_a_channel_that_answers_is_a_field(session, acme):
    matrix = INSTRUMENTS.matrix
    group, purpose = matrix.groups[0].key, matrix.purposes[0].key
    cells = needs.cells(session, acme, matrix)
    assert len(cells) == len(matrix.groups) * len(matrix.purposes)
    assert {cell.is_field for cell in cells} == {None}

    def rated(rating, channels):
        needs.rate(
            session,
            acme,
            matrix,
            group,
            purpose,
            rating=rating,
            channels=channels,
            rated_by="HR",
            rated=date(2026, 6, 1),
        )
        return needs.cells(session, acme, matrix)[0]

    assert rated("high", ["mail"]).is_field is True
    assert rated("some", ["mail", "room"]).is_field is False
    again = rated("none", [])
    assert (again.is_field, again.rating, again.rated_by) == (False, needs.Rating.NONE, "HR")
    assert len(needs.ratings(session, acme)) == 1


def test_a_need_is_rated_by_a_role_with_known_words(session, acme):
    matrix = INSTRUMENTS.matrix
    cell = matrix.groups[0].key, matrix.purposes[0].key
    with pytest.raises(Invalid, match="a need is"):
        needs.rate(session, acme, matrix, *cell, rating="huge", rated_by="HR")
    with pytest.raises(Invalid, match="no channel pigeon"):
        needs.rate(session, acme, matrix, *cell, rating="some", channels=["pigeon"], rated_by="HR")
    with pytest.raises(Invalid, match="not a person"):
        needs.rate(session, acme, matrix, *cell, rating="some", rated_by="eve@acme.example")
    with pytest.raises(NotFound):
        needs.rate(session, acme, matrix, "ghosts", "inform", rating="some", rated_by="HR")
    assert not needs.ratings(session, acme)
