"""Assessments against a second, naive way of computing them, and what must hold of each."""

import random
from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.maturity import told
from service.maturity.assess import Given, assess, changes, classified
from service.maturity.model import current
from service.maturity.register import Standing
from service.maturity.result import Agreement, Kind
from tests.maturity.conftest import MOMENT, Shown, entries

MODEL = current()
THOROUGH = settings.default.max_examples > 100
"""Whether 10,000 random inputs are tried (`HYPOTHESIS_PROFILE=thorough`)."""
KNOWN = [one for one in Standing if one not in {Standing.UNKNOWN, Standing.DISPUTED}]


def scored(value, anchors):
    """Piecewise linear, in words of its own."""
    if anchors[0] > anchors[-1]:
        value, anchors = -value, [-one for one in anchors]
    if value <= anchors[0]:
        return 1.0
    for number in range(4):
        low, high = anchors[number], anchors[number + 1]
        if value <= high:
            return number + 1 + (value - low) / (high - low)
    return 5.0


def naive(shown, dimension):
    """The weighted mean of the rounded scores, None under sixty per cent of the weight, and by how much it is in doubt.

    A score in the middle between two hundredths may be told as either.
    """
    total = known = doubt = 0.0
    for one in dimension.indicators:
        value = shown.values[one.metric, one.category][0]
        state = shown.state.get((one.metric, one.category), ("published", None))[0]
        if state != "published" or value is None:
            continue
        known += one.weight
        score = scored(value, list(one.anchors))
        total += one.weight * round(score, 2)
        doubt += one.weight * 0.01 * (abs(score * 100 % 1 - 0.5) < 1e-6)
    return (None, 0.0) if known < 0.6 - 1e-9 or not known else (total / known, doubt / known)


def naive_documented(found):
    """1 and for each level above the share of its facts that are there."""
    worth = {"met": 1.0, "partly": 0.5, "expired": 0.5, "absent": 0.0}
    if sum(standing in worth for _, standing in found) / len(found) < 0.6 - 1e-9:
        return None
    level, before = 1.0, 0.0
    for number in range(2, 6):
        mine = [worth[standing] for step, standing in found if step == number and standing in worth]
        before = round(sum(mine) / len(mine), 2) if mine else before
        level += before
    return level


def every_indicator():
    return [(one.metric, one.category) for one in MODEL.indicators()]


@st.composite
def published(draw):
    values, state = {}, {}
    for indicator in MODEL.indicators():
        low, high = sorted((indicator.anchors[0], indicator.anchors[-1]))
        value = round(draw(st.floats(low - 0.1, high + 0.1)), 3)
        spread = draw(st.sampled_from([None, 0.01, 0.08]))
        values[indicator.metric, indicator.category] = (
            value,
            None if spread is None else value - spread,
            None if spread is None else value + spread,
        )
        fate = draw(st.integers(0, 5))
        if fate == 0:
            state[indicator.metric, indicator.category] = ("suppressed", "small_group")
        elif fate == 1:
            state[indicator.metric, indicator.category] = ("unknown", "no_data")
    return Shown(values, state)


def result(shown=None, standings=None, survey=None):
    return assess(MODEL, "communication", Given("acme", shown, survey, entries(standings or {})), MOMENT)


@settings(max_examples=10_000 if THOROUGH else 40, deadline=None)
@given(published(), st.randoms())
def test_a_naive_computation_finds_the_same_levels(shown, chance):
    standings = {fact.key: chance.choice(list(Standing)) for fact in MODEL.facts()}
    found = result(shown, standings)
    for dimension in MODEL.dimensions:
        one = found.dimension(dimension.key)
        expected, doubt = naive(shown, dimension)
        # Levels are told to two decimals.
        assert one.strand(Kind.OBSERVED).level == (
            None if expected is None else pytest.approx(expected, abs=0.005 + doubt + 1e-9)
        )
        facts = [(fact.level, standings[fact.key].value) for fact in dimension.facts]
        assert one.strand(Kind.DOCUMENTED).level == pytest.approx(naive_documented(facts))


def middling():
    return Shown(
        {
            (one.metric, one.category): (one.anchors[2], one.anchors[2] - 0.02, one.anchors[2] + 0.02)
            for one in MODEL.indicators()
        }
    )


def test_values_at_the_third_anchor_are_level_three_in_every_dimension_that_can_be_observed():
    for one in result(middling()).dimensions:
        strand = one.strand(Kind.OBSERVED)
        if MODEL.dimension(one.dimension).no_observation:
            assert (strand.level, strand.insufficient) == (None, "not_observable")
        else:
            assert strand.level == 3.0
            assert strand.low < 3 < strand.high
            assert strand.probability[2] + strand.probability[3] == pytest.approx(1)
            assert strand.coverage == 1.0


@settings(max_examples=10_000 if THOROUGH else 25, deadline=None)
@given(st.sampled_from(MODEL.indicators()), st.floats(0.001, 0.3))
def test_a_better_indicator_never_lowers_a_level(indicator, more):
    shown = middling()
    before = result(shown)
    better = more if indicator.anchors[-1] > indicator.anchors[0] else -more
    value, low, high = shown.values[indicator.metric, indicator.category]
    shown.values[indicator.metric, indicator.category] = (value + better, low + better, high + better)
    after = result(shown)
    for one, other in zip(before.dimensions, after.dimensions, strict=True):
        assert (other.strand(Kind.OBSERVED).level or 0) >= (one.strand(Kind.OBSERVED).level or 0)


def test_a_fact_that_is_met_never_lowers_a_level():
    chance = random.Random(4)
    for _ in range(40):
        standings = {fact.key: chance.choice(KNOWN) for fact in MODEL.facts()}
        before = result(standings=standings)
        fact = chance.choice(MODEL.facts())
        after = result(standings={**standings, fact.key: Standing.MET})
        for one, other in zip(before.dimensions, after.dimensions, strict=True):
            assert other.strand(Kind.DOCUMENTED).level >= one.strand(Kind.DOCUMENTED).level
            assert other.staged >= one.staged


def test_neither_names_nor_order_play_a_part():
    shown = middling()
    dimension = MODEL.dimension("communication")
    turned = dimension.model_copy(
        update={
            "key": "xyz",
            "indicators": tuple(
                one.model_copy(update={"key": f"renamed{number}"})
                for number, one in enumerate(reversed(dimension.indicators))
            ),
        }
    )
    one = result(shown).dimension("communication").strand(Kind.OBSERVED)
    model = MODEL.model_copy(
        update={
            "dimensions": (turned,),
            "profiles": (MODEL.profile("communication").model_copy(update={"weights": {"xyz": 1.0}}),),
        }
    )
    other = assess(model, "communication", Given("acme", shown, None, []), MOMENT).dimension("xyz")
    same = other.strand(Kind.OBSERVED)
    assert (same.level, same.low, same.high, same.quantiles) == (one.level, one.low, one.high, one.quantiles)


def test_under_sixty_per_cent_of_the_weight_nothing_is_said():
    shown = middling()
    dimension = MODEL.dimension("communication")
    heaviest = sorted(dimension.indicators, key=lambda one: -one.weight)
    hidden = 0.0
    for one in heaviest:
        shown.state[one.metric, one.category] = ("suppressed", "small_group")
        hidden += one.weight
        strand = result(shown).dimension("communication").strand(Kind.OBSERVED)
        assert strand.coverage == pytest.approx(1 - hidden, abs=0.006)
        assert (strand.level is None) == (1 - hidden < 0.6 - 1e-9)
        if strand.level is None:
            assert strand.insufficient == "coverage"
    assert hidden == pytest.approx(1)


def test_what_was_hardly_read_does_not_count():
    shown = replace(middling(), read=0.1)
    for one in result(shown).dimensions:
        strand = one.strand(Kind.OBSERVED)
        assert strand.level is None
        assert {seen.reason for seen in strand.observations} <= {"coverage"}


def test_nothing_known_says_so_everywhere():
    for one in result().dimensions:
        assert [strand.level for strand in one.strands] == [None, None, None]
        assert one.strand(Kind.TOLD).insufficient == "no_round"
        assert one.agreement is Agreement.NOT_DECIDABLE
        assert one.staged is None
        assert one.lowest is None


def survey(mean, spread=0.1, people=120):
    draws = sorted(np.random.default_rng(2).normal(mean, spread, 400).clip(1, 5).round(2).tolist())
    return told.Round("spring", {"communication": told.Scale(people, mean, draws, 1.0, None)})


@pytest.mark.parametrize(
    ("mean", "agreement"),
    [(4.3, Agreement.TOLD_ABOVE), (1.4, Agreement.OBSERVED_ABOVE), (3.0, Agreement.NOT_DECIDABLE)],
)
def test_what_is_told_stands_beside_what_is_observed(mean, agreement):
    one = result(middling(), survey=survey(mean, 0.3)).dimension("communication")
    assert one.agreement is agreement
    assert one.difference == pytest.approx(mean - 3.0)
    assert one.difference_low < one.difference < one.difference_high
    assert (one.lowest, one.highest) == (min(mean, 3.0), max(mean, 3.0))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-0.4, 0.4, Agreement.ALIGNED),
        (0.1, 0.4, Agreement.ALIGNED),
        (0.1, 0.9, Agreement.TOLD_ABOVE),
        (-0.9, -0.1, Agreement.OBSERVED_ABOVE),
        (-0.2, 0.9, Agreement.NOT_DECIDABLE),
    ],
)
def test_the_interval_decides_how_they_go_together(low, high, expected):
    assert classified(low, high) is expected


def test_only_a_change_that_is_nearly_certain_is_told():
    before = result(middling(), survey=survey(3.0))
    risen = {one.kind: one for one in changes(before, result(middling(), survey=survey(3.4)))
             if one.dimension == "communication"}  # fmt: skip
    assert risen[Kind.TOLD].direction == "up"
    assert risen[Kind.TOLD].probability > 0.99
    # The same values again: as likely up as down.
    assert risen[Kind.OBSERVED].direction is None
    assert risen[Kind.OBSERVED].probability == pytest.approx(0.5, abs=0.01)
    hardly = changes(before, result(middling(), survey=survey(3.05)))
    assert all(one.direction is None for one in hardly)


def test_the_time_zone_of_the_clock_plays_no_part():
    moved = MOMENT.astimezone(ZoneInfo("Pacific/Auckland"))
    given = Given("acme", middling(), survey(2.5), entries({}))
    there, here = (assess(MODEL, "communication", given, moment) for moment in (moved, MOMENT))
    assert there.model_dump(exclude={"created"}) == here.model_dump(exclude={"created"})
    assert there.created == here.created


def test_equal_evidence_gives_an_equal_result():
    assert result(middling(), survey=survey(2.5)) == result(middling(), survey=survey(2.5))
