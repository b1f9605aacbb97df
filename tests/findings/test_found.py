"""What is found: rules that hold with the values that meet them; what is not known is never found, and told."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from metrics.metric import Window
from service.advice import findings
from service.advice.catalogue import leaves
from service.advice.catalogue.triggers import FactCondition, LevelCondition, MetricCondition, TrendCondition
from service.advice.rules import Series, Situation, holds, series
from service.maturity import model as maturity
from service.maturity.register import Standing
from service.maturity.result import Agreement, Assessed, Kind, Result, Strand
from service.models import PublishedValue

RULES = findings.current()
WEIGHTS = maturity.current().profile().weights
RATE = Series("response_rate", "", Window.DAYS28)
SINCE, UNTIL = date(2026, 3, 2), date(2026, 3, 30)


class Published:
    """Stands for a publication with one value."""

    def series(self, metric, window, *, scope="organisation", scope_key=""):
        if (metric, window) != ("response_rate", "days28"):
            return []
        return [
            PublishedValue(
                metric=metric,
                category="",
                window=window,
                scope=scope,
                since=SINCE,
                until=UNTIL,
                value=0.3,
                low=0.25,
                high=0.36,
                people=240,
                state="published",
            )
        ]

    def rooms(self):
        return []


def assessed(dimension, told=None, observed=None, agreement=Agreement.NOT_DECIDABLE):
    known = told is not None and observed is not None
    return Assessed(
        dimension=dimension,
        weight=0.2,
        strands=(
            Strand(kind=Kind.TOLD, coverage=1, level=told, low=told, high=told, people=80 if told else None),
            Strand(kind=Kind.OBSERVED, coverage=1, level=observed, low=observed, high=observed),
            Strand(kind=Kind.DOCUMENTED, coverage=0),
        ),
        staged=None,
        agreement=agreement,
        difference=told - observed if known else None,
        difference_low=1.0 if known else None,
        difference_high=2.0 if known else None,
        lowest=None,
        highest=None,
    )


def result():
    return Result(
        organisation="acme",
        model_version="1.0",
        profile="communication",
        created=datetime(2026, 4, 1, tzinfo=UTC),
        publication=None,
        data_until=None,
        round=None,
        dimensions=(
            assessed("communication", 4.0, 2.5, Agreement.TOLD_ABOVE),
            assessed("culture", told=2.0),
        ),
        coverage=(),
    )


def by_key(found):
    return {one.rule.key: one for one in found}


def judged():
    made, published = result(), Published()
    situation = findings.situation_for(RULES, made, published)
    return findings.found(RULES, situation, WEIGHTS, result=made, published=published)


def test_of_what_nothing_is_known_nothing_is_found_and_everything_told():
    found = findings.found(RULES, Situation(), WEIGHTS)
    assert len(found) == len(RULES.findings)
    for one in found:
        assert one.holds is None
        assert one.evidence == []
        assert tuple(one.unknown) == leaves(one.rule.condition)


def test_a_metric_that_meets_a_rule_is_told_with_interval_period_and_people():
    (evidence,) = by_key(judged())["communication.posts_alone"].evidence
    assert (evidence.value, evidence.low, evidence.high, evidence.people) == (0.3, 0.25, 0.36, 240)
    assert (evidence.since, evidence.until) == (SINCE, UNTIL)


def test_a_level_is_told_with_the_kind_of_evidence_and_where_it_is_shown():
    (evidence,) = by_key(judged())["culture.not_safe"].evidence
    assert (evidence.value, evidence.strand, evidence.dimension, evidence.people) == (
        2.0,
        Kind.TOLD,
        "culture",
        80,
    )


def test_a_disagreement_is_told_with_its_size():
    found = by_key(judged())
    (evidence,) = found["communication.told_above"].evidence
    assert (evidence.value, evidence.low, evidence.high) == (1.5, 1.0, 2.0)
    assert found["communication.observed_above"].holds is False
    assert found["culture.told_above"].holds is None


def test_a_document_is_told_with_where_it_stands():
    known = Situation(standings={"strategy.mandate": Standing.ABSENT})
    found = by_key(findings.found(RULES, known, WEIGHTS))
    (evidence,) = found["strategy.no_mandate"].evidence
    assert (evidence.standing, evidence.dimension) == ("absent", "strategy")
    assert found["strategy.mandated"].holds is False


def test_the_weight_is_that_of_the_dimension_times_how_much_it_matters():
    found = judged()
    for one in found:
        assert one.weight == pytest.approx(WEIGHTS[one.rule.dimension] * one.rule.matters)
    rank = {True: 0, None: 1, False: 2}
    order = [(rank[one.holds], -one.weight, one.rule.key) for one in found]
    assert order == sorted(order)


def test_another_focus_finds_the_same_in_another_order():
    profiles = [one.weights for one in maturity.current().profiles]
    assert len(profiles) > 1
    known = Situation(
        standings={fact.key: Standing.ABSENT for fact in maturity.current().facts()},
        levels={(one.key, kind): 1.5 for one in maturity.current().dimensions for kind in Kind},
    )
    orders = [
        [one.rule.key for one in findings.found(RULES, known, weights) if one.holds] for weights in profiles
    ]
    assert len({tuple(order) for order in orders}) > 1
    assert len({frozenset(order) for order in orders}) == 1


def such(leaf, wanted):
    """A value that meets a leaf, or does not."""
    match leaf:
        case FactCondition():
            standing = (
                leaf.standing[0]
                if wanted
                else min({"met", "partly", "absent", "expired"} - set(leaf.standing))
            )
            return {"standings": {leaf.fact: Standing(standing)}}
        case TrendCondition():
            return {"trends": {series(leaf): leaf.trend if wanted else "steady"}}
    inside = leaf.at_least if getattr(leaf, "at_least", None) is not None else -9.0
    value = inside if wanted else (leaf.below if getattr(leaf, "below", None) is not None else inside - 1)
    match leaf:
        case LevelCondition():
            return {"levels": {(leaf.dimension, kind): value for kind in Kind}}
        case MetricCondition():
            return {"values": {series(leaf): value}}
    return {}


@pytest.mark.parametrize("rule", RULES.findings, ids=lambda one: one.key)
def test_every_condition_of_every_rule_can_hold_and_fail(rule):
    for leaf in leaves(rule.condition):
        known = such(leaf, True), such(leaf, False)
        if known[0]:
            assert holds(leaf, Situation(**known[0])) is True
            assert holds(leaf, Situation(**known[1])) is False


def test_strengths_and_gaps_that_look_at_the_same_value_never_hold_together():
    """What is praised and blamed at once is a rule gone wrong."""
    values = {
        series(leaf)
        for one in RULES.findings
        for leaf in leaves(one.condition)
        if isinstance(leaf, MetricCondition)
    }
    opposed = 0
    for wanted in values:
        for value in (step / 50 for step in range(51)):
            found = findings.found(RULES, Situation(values={wanted: value}), WEIGHTS)
            kinds = {one.rule.kind for one in found if one.holds}
            assert not {findings.Kind.STRENGTH, findings.Kind.GAP} <= kinds, (wanted, value)
            opposed += findings.Kind.STRENGTH in kinds or findings.Kind.GAP in kinds
    assert opposed > 100


def test_a_hidden_value_finds_nothing():
    hidden = SimpleNamespace(
        series=lambda *_, **__: [
            PublishedValue(
                category="", since=SINCE, until=UNTIL, value=None, state="suppressed", reason="small_group"
            )
        ],
        rooms=list,
    )
    situation = findings.situation_for(RULES, None, hidden)
    assert not [one for one in findings.found(RULES, situation, WEIGHTS, published=hidden) if one.holds]
