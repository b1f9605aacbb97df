"""Triggers in three values: what is not known never triggers a measure, and never hides that it might apply."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from metrics.metric import Window
from service.advice.catalogue import Condition, Trend, current, leaves
from service.advice.catalogue.triggers import (
    AgreementCondition,
    AllOf,
    AnyOf,
    DontKnowCondition,
    FactCondition,
    LevelCondition,
    MetricCondition,
    TrendCondition,
)
from service.advice.rules import Series, Situation, every, holds, judge, series, some
from service.maturity.register import Standing
from service.maturity.result import Agreement, Kind

READ: TypeAdapter[Any] = TypeAdapter(Condition)
ECHO = Series("upward_echo", "", Window.DAYS28)


def condition(content: dict[str, Any]) -> Any:
    return READ.validate_python(content, strict=False)


def situation(**known: Any) -> Situation:
    return Situation(**known)


@pytest.mark.parametrize(
    ("written", "known", "answer"),
    [
        ({"dimension": "culture", "strand": "told", "below": 2.5}, {"levels": {("culture", Kind.TOLD): 2.4}}, True),
        ({"dimension": "culture", "strand": "told", "below": 2.5}, {"levels": {("culture", Kind.TOLD): 2.5}}, False),
        ({"dimension": "culture", "strand": "told", "below": 2.5}, {"levels": {("culture", Kind.OBSERVED): 1.0}}, None),
        ({"dimension": "culture", "strand": "told", "below": 2.5}, {"levels": {("culture", Kind.TOLD): None}}, None),
        ({"dimension": "culture", "strand": "any", "below": 2.5}, {"levels": {("culture", Kind.OBSERVED): 2.0}}, True),
        ({"dimension": "culture", "strand": "any", "below": 2.5}, {"levels": {("culture", Kind.OBSERVED): 3.0}}, None),
        ({"dimension": "culture", "strand": "any", "below": 2.5}, {"levels": {("culture", kind): 3.0 for kind in Kind}}, False),
        ({"dimension": "culture", "strand": "told", "at_least": 2, "below": 3}, {"levels": {("culture", Kind.TOLD): 2.0}}, True),
        ({"metric": "upward_echo", "window": "days28", "below": 0.5}, {"values": {ECHO: 0.49}}, True),
        ({"metric": "upward_echo", "window": "days28", "below": 0.5}, {"values": {ECHO: 0.5}}, False),
        ({"metric": "upward_echo", "window": "days28", "below": 0.5}, {"values": {ECHO: 0.0}}, True),
        ({"metric": "upward_echo", "window": "days28", "below": 0.5}, {"values": {ECHO: None}}, None),
        ({"metric": "upward_echo", "window": "weeks26", "below": 0.5}, {"values": {ECHO: 0.1}}, None),
        ({"metric": "upward_echo", "window": "days28", "trend": "rising"}, {"trends": {ECHO: Trend.RISING}}, True),
        ({"metric": "upward_echo", "window": "days28", "trend": "rising"}, {"trends": {ECHO: Trend.STEADY}}, False),
        ({"metric": "upward_echo", "window": "days28", "trend": "rising"}, {"values": {ECHO: 0.9}}, None),
        ({"fact": "culture.statement", "standing": ["absent", "expired"]}, {"standings": {"culture.statement": Standing.EXPIRED}}, True),
        ({"fact": "culture.statement", "standing": ["absent"]}, {"standings": {"culture.statement": Standing.MET}}, False),
        ({"fact": "culture.statement", "standing": ["absent"]}, {"standings": {"culture.statement": Standing.UNKNOWN}}, None),
        ({"fact": "culture.statement", "standing": ["absent"]}, {"standings": {"culture.statement": Standing.DISPUTED}}, None),
        ({"fact": "culture.statement", "standing": ["absent"]}, {}, None),
        ({"dimension": "culture", "agreement": "told_above_observed"}, {"agreements": {"culture": Agreement.TOLD_ABOVE}}, True),
        ({"dimension": "culture", "agreement": "told_above_observed"}, {"agreements": {"culture": Agreement.ALIGNED}}, False),
        ({"dimension": "culture", "agreement": "told_above_observed"}, {"agreements": {"culture": Agreement.NOT_DECIDABLE}}, None),
        ({"dont_know": "strategy", "at_least": 0.25}, {"dont_know": {"strategy": 0.25}}, True),
        ({"dont_know": "strategy", "at_least": 0.25}, {"dont_know": {"strategy": 0.0}}, False),
        ({"dont_know": "strategy", "at_least": 0.25}, {"dont_know": {"culture": 0.9}}, None),
        ({"size": "people_per_room", "below": 20}, {"people_per_room": 19.9}, True),
        ({"size": "people_per_room", "below": 20}, {}, None),
    ],
)  # fmt: skip
def test_a_condition_holds_does_not_or_is_not_known(
    written: dict[str, Any], known: dict[str, Any], answer: bool | None
) -> None:
    assert holds(condition(written), situation(**known)) is answer


@pytest.mark.parametrize(
    ("answers", "all_of", "any_of"),
    [
        ([True, True], True, True),
        ([True, False], False, True),
        ([True, None], None, True),
        ([False, None], False, None),
        ([False, False], False, False),
        ([None, None], None, None),
    ],
)
def test_unknown_stays_unknown_unless_the_rest_decides(
    answers: list[bool | None], all_of: bool | None, any_of: bool | None
) -> None:
    assert every(answers) is all_of
    assert some(answers) is any_of


def test_a_verdict_tells_what_holds_and_what_would_have_to_be_known() -> None:
    trigger = condition(
        {
            "all": [
                {"fact": "culture.statement", "standing": ["absent"]},
                {"any": [
                    {"metric": "upward_echo", "window": "days28", "below": 0.5},
                    {"dimension": "culture", "strand": "told", "below": 2},
                ]},
            ]
        }
    )  # fmt: skip
    known = judge(trigger, situation(values={ECHO: 0.3}))
    assert known.holds is None
    assert known.met == (condition({"metric": "upward_echo", "window": "days28", "below": 0.5}),)
    assert [type(leaf) for leaf in known.unknown] == [FactCondition, LevelCondition]


VALUES = st.none() | st.sampled_from([0.0, 0.3, 0.5, 0.9])
LEVELS = st.none() | st.sampled_from([1.0, 2.0, 2.5, 4.0])
LEAVES = st.sampled_from(
    [
        {"metric": "upward_echo", "window": "days28", "below": 0.5},
        {"metric": "reach", "window": "days28", "at_least": 0.3, "below": 0.6},
        {"dimension": "culture", "strand": "any", "below": 2.5},
        {"dimension": "culture", "strand": "told", "at_least": 2},
        {"fact": "culture.statement", "standing": ["absent", "partly"]},
        {"dimension": "culture", "agreement": "aligned"},
        {"metric": "upward_echo", "window": "days28", "trend": "falling"},
        {"dont_know": "culture", "at_least": 0.25},
        {"size": "people_per_room", "below": 20},
    ]
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda kind, parts: {kind: parts},
        st.sampled_from(["all", "any"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
).map(condition)
SITUATIONS = st.builds(
    Situation,
    levels=st.dictionaries(st.tuples(st.just("culture"), st.sampled_from(Kind)), LEVELS),
    values=st.dictionaries(st.sampled_from([ECHO, Series("reach", "", Window.DAYS28)]), VALUES),
    trends=st.dictionaries(st.just(ECHO), st.none() | st.sampled_from(Trend)),
    standings=st.dictionaries(st.just("culture.statement"), st.sampled_from(Standing)),
    agreements=st.dictionaries(st.just("culture"), st.sampled_from(Agreement)),
    dont_know=st.dictionaries(st.just("culture"), VALUES),
    people_per_room=st.none() | st.sampled_from([5.0, 50.0]),
)


def turned(tree: Any) -> Any:
    """The same condition with every list the other way round."""
    match tree:
        case AllOf():
            return AllOf(all=tuple(turned(one) for one in reversed(tree.all)))
        case AnyOf():
            return AnyOf(any=tuple(turned(one) for one in reversed(tree.any)))
    return tree


@given(tree=TREES, known=SITUATIONS)
def test_the_order_in_which_conditions_are_written_makes_no_difference(tree: Any, known: Situation) -> None:
    assert holds(tree, known) is holds(turned(tree), known)
    assert set(map(repr, judge(tree, known).unknown)) == set(map(repr, judge(turned(tree), known).unknown))


@given(tree=TREES)
def test_where_nothing_is_known_nothing_is_triggered_and_everything_is_told(tree: Any) -> None:
    verdict = judge(tree, Situation())
    assert verdict.holds is None
    assert verdict.met == ()
    assert verdict.unknown == leaves(tree)


@given(tree=TREES, known=SITUATIONS)
def test_an_undecided_verdict_always_names_something_unknown(tree: Any, known: Situation) -> None:
    verdict = judge(tree, known)
    if verdict.holds is None:
        assert verdict.unknown
    if verdict.holds:
        assert verdict.met


@given(tree=TREES, known=SITUATIONS, echo=st.sampled_from([0.0, 0.3, 0.5, 0.9]))
def test_learning_a_value_never_turns_a_decided_verdict(tree: Any, known: Situation, echo: float) -> None:
    before = holds(tree, known)
    if known.values.get(ECHO) is None and before is not None:
        learnt = Situation(
            known.levels,
            {**known.values, ECHO: echo},
            known.trends,
            known.standings,
            known.agreements,
            known.dont_know,
            known.people_per_room,
        )
        assert holds(tree, learnt) is before


def begun(level: float, standing: Standing) -> Situation:
    """Everything the catalogue asks for is known: levels as given, facts as given, values as bad as they can be."""
    catalogue = current()
    asked = [leaf for one in catalogue.measures for leaf in leaves(one.trigger)]
    dimensions = {one.dimension for one in catalogue.measures}
    return Situation(
        levels={(dimension, kind): level for dimension in dimensions for kind in Kind},
        values={
            series(leaf): (0.0 if leaf.below is not None else 1.0)
            for leaf in asked
            if isinstance(leaf, MetricCondition)
        },
        trends={series(leaf): Trend.STEADY for leaf in asked if isinstance(leaf, TrendCondition)},
        standings={leaf.fact: standing for leaf in asked if isinstance(leaf, FactCondition)},
        agreements=dict.fromkeys(dimensions, Agreement.ALIGNED),
        dont_know=dict.fromkeys(dimensions, 0.1),
        people_per_room=100.0,
    )


def test_an_organisation_that_has_not_begun_is_advised_to_start_in_every_dimension() -> None:
    catalogue = current()
    known = begun(1.0, Standing.ABSENT)
    for dimension in {one.dimension for one in catalogue.measures}:
        advised = [one for one in catalogue.of(dimension) if holds(one.trigger, known)]
        assert any(one.from_level == 1.0 for one in advised), dimension


def test_an_organisation_whose_documents_are_in_order_is_not_told_to_write_them() -> None:
    known = begun(3.0, Standing.MET)
    values = dict.fromkeys(known.values, 0.65)
    settled = Situation(
        known.levels, values, known.trends, known.standings, known.agreements, known.dont_know, 100.0
    )
    for key in (
        "strategy.mandate",
        "strategy.statement_of_goals",
        "organisation.platform_owner",
        "governance.works_agreement",
        "governance.guideline",
        "communication.answer_promise",
        "communication.dialogue_formats",
        "business.question_channel",
    ):
        assert holds(current().measure(key).trigger, settled) is False, key


@pytest.mark.parametrize("measure", current().measures, ids=lambda one: one.key)
def test_every_trigger_can_hold_and_can_fail(measure: Any) -> None:
    asked = leaves(measure.trigger)
    assert any(holds(leaf, _such(leaf, True)) is True for leaf in asked)
    for leaf in asked:
        assert holds(leaf, _such(leaf, True)) is True
        assert holds(leaf, _such(leaf, False)) is False


def _such(leaf: Any, wanted: bool) -> Situation:
    """A situation in which a single condition holds, or does not."""
    inside = leaf.at_least if getattr(leaf, "at_least", None) is not None else -9.0
    outside = leaf.below if getattr(leaf, "below", None) is not None else inside - 1
    value = inside if wanted else outside
    match leaf:
        case LevelCondition():
            such = Situation(levels={(leaf.dimension, kind): value for kind in Kind})
        case MetricCondition():
            such = Situation(values={series(leaf): value})
        case TrendCondition():
            such = Situation(trends={series(leaf): leaf.trend if wanted else Trend.STEADY})
        case FactCondition():
            others = {"met", "partly", "absent", "expired"} - set(leaf.standing)
            such = Situation(standings={leaf.fact: Standing(leaf.standing[0] if wanted else min(others))})
        case AgreementCondition():
            others = set(Agreement) - {leaf.agreement, Agreement.NOT_DECIDABLE}
            such = Situation(agreements={leaf.dimension: leaf.agreement if wanted else min(others)})
        case DontKnowCondition():
            such = Situation(dont_know={leaf.dont_know: value})
        case _:
            such = Situation(people_per_room=value)
    return such
