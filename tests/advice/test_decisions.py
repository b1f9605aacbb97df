"""Which measures are advised, and what may be decided about them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from metrics.metric import Window
from service.advice.catalogue import Role, current
from service.advice.catalogue.triggers import Trend
from service.advice.decisions import Changes, State, decide, decisions
from service.advice.proposals import LEAST_GAP, PROBABLE, proposals, reach
from service.advice.rules import Series, Situation, judge
from service.advice.situation import newest, trend
from service.errors import Conflict, Invalid, NotFound
from service.maturity import model as maturity
from service.maturity.register import Standing
from service.maturity.result import Kind
from service.models import Organisation, PublishedValue

NOW = datetime(2026, 6, 15, 8, tzinfo=UTC)
CATALOGUE = current()
WEIGHTS = maturity.current().profile().weights
SOME = CATALOGUE.measures[0].key


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


def beginner():
    """Nothing is documented, and every level is low."""
    model = maturity.current()
    return Situation(
        levels={(one.key, kind): 1.2 for one in model.dimensions for kind in Kind},
        standings={fact.key: Standing.ABSENT for fact in model.facts()},
    )


def test_an_organisation_that_has_not_begun_is_told_how_to_begin():
    found = [one for one in proposals(CATALOGUE, beginner(), WEIGHTS) if one.verdict.holds]
    assert {one.measure.dimension for one in found} == {one.key for one in maturity.current().dimensions}
    assert all(one.verdict.met for one in found)
    starting = [one for one in found if one.measure.kind == "start"]
    assert len(starting) >= len(found) / 2


def test_of_what_nothing_is_known_nothing_is_advised_but_told_what_is_missing():
    found = proposals(CATALOGUE, Situation(), WEIGHTS)
    assert found
    for one in found:
        assert one.verdict.holds is None
        assert one.verdict.unknown


def test_the_benefit_can_be_worked_out_by_hand():
    for one in proposals(CATALOGUE, beginner(), WEIGHTS):
        measure = one.measure
        best = max(PROBABLE[citation.mark] for citation in measure.citations)
        gap = max(LEAST_GAP, measure.to_level - max(1.2, measure.from_level - 1))
        assert one.gap == pytest.approx(gap, abs=0.006)
        assert one.benefit == pytest.approx(
            one.gap * WEIGHTS[measure.dimension] * best * reach(measure), abs=1e-4
        )


def test_what_holds_comes_first_and_the_most_useful_before_the_others():
    found = proposals(CATALOGUE, beginner(), WEIGHTS)
    keys = [(one.verdict.holds is None, -one.benefit, one.measure.key) for one in found]
    assert keys == sorted(keys)


def test_what_is_done_is_not_advised_again_and_no_longer_missing():
    before = {one.measure.key: one for one in proposals(CATALOGUE, beginner(), WEIGHTS)}
    key, needed = next((key, one.missing[0]) for key, one in before.items() if one.missing)
    after = {one.measure.key: one for one in proposals(CATALOGUE, beginner(), WEIGHTS, [needed])}
    assert needed not in after
    assert needed not in after[key].missing


def cell(since, value, low=None, high=None, state="published"):
    return PublishedValue(
        since=since, until=since + timedelta(28), value=value, low=low, high=high, state=state
    )


def test_a_value_moved_only_where_the_intervals_do_not_overlap():
    first, second = date(2026, 1, 5), date(2026, 2, 2)
    low = cell(first, 0.2, 0.15, 0.25)
    assert trend([low, cell(second, 0.4, 0.35, 0.45)]) is Trend.RISING
    assert trend([low, cell(second, 0.1, 0.05, 0.14)]) is Trend.FALLING
    assert trend([low, cell(second, 0.25, 0.2, 0.3)]) is Trend.STEADY
    assert trend([low, cell(second, 0.4)]) is None
    # Windows that overlap tell of the same days.
    assert trend([low, cell(first + timedelta(7), 0.4, 0.35, 0.45)]) is None
    assert trend([cell(second, 0.4, 0.35, 0.45)]) is None


def test_a_hidden_value_is_not_replaced_by_an_older_one():
    first, second = date(2026, 1, 5), date(2026, 2, 2)
    assert newest([cell(first, 0.2), cell(second, None, state="suppressed")]) is None
    assert newest([cell(first, 0.2), cell(second, 0.3)]) == 0.3
    assert newest([]) is None


def test_series_name_values_by_window():
    assert Series("active_share", "", Window.DAYS28) != Series("active_share", "", Window.WEEKS26)
    assert judge(CATALOGUE.measures[0].trigger, Situation()).holds is not True


def test_a_measure_is_agreed_begun_and_done(session, acme):
    assert decisions(session, acme) == {}
    decide(session, acme, CATALOGUE, SOME, "agreed", owner="Internal communication", now=NOW)
    decide(session, acme, CATALOGUE, SOME, "started", now=NOW)
    kept = decide(session, acme, CATALOGUE, SOME, "done", now=NOW + timedelta(40))
    assert (kept.state, kept.owner) == (State.DONE, "Internal communication")
    assert (kept.started, kept.done) == (NOW.date(), NOW.date() + timedelta(40))
    with pytest.raises(Conflict, match="is “done”"):
        decide(session, acme, CATALOGUE, SOME, "agreed", owner="IT", now=NOW)


def test_agreeing_again_changes_what_is_planned(session, acme):
    decide(session, acme, CATALOGUE, SOME, "agreed", owner="IT", now=NOW)
    changes = Changes({Role.IT: 7.5}, 9.0, date(2026, 9, 1))
    kept = decide(session, acme, CATALOGUE, SOME, "agreed", changes=changes, now=NOW)
    assert Changes.of(kept.changes) == changes
    assert kept.owner == "IT"


def test_a_refusal_says_why_and_may_be_reconsidered(session, acme):
    with pytest.raises(Invalid, match="say why"):
        decide(session, acme, CATALOGUE, SOME, "declined", now=NOW)
    assert decisions(session, acme) == {}
    kept = decide(session, acme, CATALOGUE, SOME, "declined", reason="no time this year", now=NOW)
    assert kept.reason == "no time this year"
    decide(session, acme, CATALOGUE, SOME, "proposed", now=NOW)
    assert decisions(session, acme)[SOME].state == State.PROPOSED


@pytest.mark.parametrize(
    ("state", "more", "told"),
    [
        ("agreed", {}, "which role answers"),
        ("agreed", {"owner": "ada@acme.example"}, "a role, not a person"),
        ("begun", {}, "not 'begun'"),
        ("done", {}, "is “proposed”"),
        ("agreed", {"owner": "IT", "changes": Changes({Role.IT: -1})}, "-1 person days"),
        ("agreed", {"owner": "IT", "changes": Changes({}, 0)}, "0 weeks"),
    ],
)
def test_what_does_not_fit_is_refused(session, acme, state, more, told):
    with pytest.raises(Conflict if state == "done" else Invalid, match=told):
        decide(session, acme, CATALOGUE, SOME, state, now=NOW, **more)
    assert decisions(session, acme) == {}


def test_an_unknown_measure_is_named(session, acme):
    with pytest.raises(NotFound, match="no measure 'nonsense'"):
        decide(session, acme, CATALOGUE, "nonsense", "agreed", owner="IT", now=NOW)
