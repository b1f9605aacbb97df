"""The catalogue as it is shipped: complete, measurable, in an order that can be gone, unchanged since its release."""

from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from metrics.catalog import CATALOG
from metrics.metric import Direction, Measure, Scope, Window
from service.advice.catalogue import (
    Audience,
    Catalogue,
    Driver,
    Fit,
    Kind,
    Role,
    RoomPurpose,
    current,
    leaves,
    load,
    releases,
    versions,
)
from service.advice.catalogue import Measure as Advice
from service.advice.catalogue.checks import DIMENSIONS
from service.advice.catalogue.page import page
from service.advice.catalogue.triggers import (
    DontKnowCondition,
    FactCondition,
    MetricCondition,
    TrendCondition,
)
from service.datafiles import NEVER
from service.errors import NotFound
from service.maturity import model
from service.publication.publish import form

CATALOGUE = current()
MATURITY = model.current()
FACTS = {fact.key for fact in MATURITY.facts()}
MEASURES = pytest.mark.parametrize("measure", CATALOGUE.measures, ids=lambda one: one.key)
EVERY_VERSION = pytest.mark.parametrize("version", versions())


@EVERY_VERSION
def test_every_version_can_be_read(version: str) -> None:
    assert load(version).version == version


@EVERY_VERSION
def test_a_released_version_never_changes(version: str) -> None:
    """A change makes a new version: copy the folder, raise its number, and tell in changes.toml what is new."""
    (release,) = [one for one in releases() if one.version == version]
    catalogue = load(version)
    assert catalogue.digest == release.digest, f"changes.toml: {version} has the digest {catalogue.digest}"
    assert catalogue.released == release.released


def test_the_newest_version_is_the_current_one() -> None:
    assert current() is load(versions()[-1])


def test_a_version_there_is_not_is_said_to_be_missing() -> None:
    with pytest.raises(NotFound, match=r"no catalogue of measures 0\.1; there are 1\.0"):
        load("0.1")


def test_the_page_of_the_documentation_is_current() -> None:
    assert (Path(__file__).parents[2] / "docs" / "measures.md").read_text() == page()


def test_a_catalogue_survives_being_written_and_read_and_can_not_be_changed() -> None:
    assert Catalogue.model_validate_json(CATALOGUE.model_dump_json()) == CATALOGUE
    with pytest.raises(ValueError, match="frozen"):
        CATALOGUE.version = "2.0"


def test_the_dimensions_are_those_of_the_maturity_model() -> None:
    assert tuple(one.key for one in MATURITY.dimensions) == DIMENSIONS
    assert list(dict.fromkeys(one.dimension for one in CATALOGUE.measures)) == list(DIMENSIONS)


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_every_dimension_has_measures_to_start_and_to_adjust_from_its_first_step_to_level_4(
    dimension: str,
) -> None:
    assert len(CATALOGUE.of(dimension, Kind.START)) >= 2
    assert len(CATALOGUE.of(dimension, Kind.ADJUST)) >= 2
    for tenth in range(10, 40):
        level = tenth / 10
        assert any(one.from_level <= level < one.to_level for one in CATALOGUE.of(dimension)), level


@MEASURES
def test_who_has_not_begun_is_advised_otherwise_than_who_has(measure: Advice) -> None:
    assert (measure.kind is Kind.START) is (measure.from_level < 2)


@MEASURES
def test_facts_are_those_of_the_maturity_model(measure: Advice) -> None:
    named = {
        *(leaf.fact for leaf in leaves(measure.trigger) if isinstance(leaf, FactCondition)),
        *(one.fact for one in measure.prerequisites if one.fact),
        *(one.fact for one in measure.proofs if one.fact),
    }
    assert named <= FACTS


def test_every_documented_fact_has_a_measure_that_brings_it_about() -> None:
    proven = {proof.fact for measure in CATALOGUE.measures for proof in measure.proofs if proof.fact}
    assert proven == FACTS


def test_a_fact_is_asked_for_before_it_is_proven_by_the_same_dimension_or_one_it_helps() -> None:
    for measure in CATALOGUE.measures:
        for proof in measure.proofs:
            if proof.fact:
                assert proof.fact.partition(".")[0] in {measure.dimension, *measure.also}, measure.key


@MEASURES
def test_values_it_waits_for_are_published(measure: Advice) -> None:
    asked = [
        *((leaf.metric, leaf.category, leaf.scope, leaf.window) for leaf in leaves(measure.trigger)
          if isinstance(leaf, MetricCondition | TrendCondition)),
        *((one.metric, one.category, one.scope, one.window) for one in measure.proofs if one.metric),
    ]  # fmt: skip
    for key, category, scope, window in asked:
        metric = CATALOG[str(key)]
        assert key not in NEVER
        assert scope in metric.scopes
        assert window in metric.windows
        assert bool(category) is bool(metric.categories)
        assert not category or category in metric.categories


@MEASURES
def test_the_newest_28_days_speak_wherever_a_metric_has_them(measure: Advice) -> None:
    """Half-years end months ago, and a trigger should not rest on what was long ago."""
    asked = [
        *((leaf.metric, leaf.window) for leaf in leaves(measure.trigger)
          if isinstance(leaf, MetricCondition | TrendCondition)),
        *((one.metric, one.window) for one in measure.proofs if one.metric),
    ]  # fmt: skip
    for key, window in asked:
        if Window.DAYS28 in CATALOG[str(key)].windows:
            assert window is Window.DAYS28, key


@MEASURES
def test_bounds_and_effects_are_values_the_metric_can_have_and_publishing_can_tell_apart(
    measure: Advice,
) -> None:
    for leaf in leaves(measure.trigger):
        if isinstance(leaf, MetricCondition):
            limits = [one for one in (leaf.at_least, leaf.below) if one is not None]
            unit = CATALOG[leaf.metric].unit
            lowest, highest = {Measure.SHARE: (0, 1), Measure.INDEX: (-1, 1)}.get(unit, (0, float("inf")))
            assert all(lowest < one < highest for one in limits), leaf.metric
        if isinstance(leaf, DontKnowCondition):
            assert all(0 < one < 1 for one in (leaf.at_least, leaf.below) if one is not None)
    for proof in measure.proofs:
        if proof.metric is None:
            continue
        assert proof.low is not None
        assert proof.high is not None
        shape = form(CATALOG[proof.metric])
        assert proof.high >= 2 * shape.step, proof.metric
        if shape.share:
            assert proof.high <= 0.6, "no measure moves a share that far"


@MEASURES
def test_a_proof_leaves_time_for_a_whole_window_after_the_measure_is_in_place(measure: Advice) -> None:
    for proof in measure.proofs:
        if proof.window is Window.WEEKS26:
            assert proof.shows.earliest >= 26, proof.metric
        elif proof.window is Window.DAYS28:
            assert proof.shows.earliest >= 4, proof.metric
        elif proof.told:
            assert proof.shows.latest >= 26, "surveys are not asked every month"


@MEASURES
def test_a_trigger_shows_the_way_the_proof_wants_to_go(measure: Advice) -> None:
    """A measure that is to raise a value is not advised because that value is high."""
    for leaf in leaves(measure.trigger):
        if not isinstance(leaf, MetricCondition):
            continue
        for proof in measure.proofs:
            if (proof.metric, proof.category) == (leaf.metric, leaf.category):
                rises = proof.direction is Direction.UP
                assert (leaf.below if rises else leaf.at_least) is not None, proof.metric


@MEASURES
def test_a_measure_says_what_it_takes(measure: Advice) -> None:
    assert 1 <= measure.days().likely <= 60
    assert measure.days().low < measure.days().high
    assert measure.duration.low >= 1
    assert measure.duration.high <= 30
    busiest = max((one.days().likely for one in measure.effort if one.per is Driver.ORGANISATION), default=0)
    assert busiest <= 5 * measure.duration.high, "more days than there are for one person"
    assert len(measure.risks) >= 1


def test_every_role_and_audience_is_used_and_named() -> None:
    assert {effort.role for one in CATALOGUE.measures for effort in one.effort} == set(Role)
    assert {audience for one in CATALOGUE.measures for audience in one.audience} == set(Audience)
    assert set(CATALOGUE.roles) == set(Role)
    assert set(CATALOGUE.audiences) == set(Audience)


def test_prerequisites_can_be_met_in_some_order() -> None:
    graph = {
        one.key: {needed.measure for needed in one.prerequisites if needed.measure}
        for one in CATALOGUE.measures
    }
    order = list(TopologicalSorter(graph).static_order())
    assert set(order) == set(graph)
    assert order.index("governance.data_protection") < order.index("governance.works_agreement")
    assert order.index("governance.works_agreement") < order.index("culture.executive_programme")
    assert order.index("governance.guideline") < order.index("business.potential_fields")


def test_what_has_to_be_there_first_is_not_further_along_than_what_needs_it() -> None:
    for one in CATALOGUE.measures:
        for needed in one.prerequisites:
            if needed.measure:
                assert CATALOGUE.measure(needed.measure).from_level <= max(one.from_level, 2), one.key


def test_measuring_persons_waits_for_the_agreement() -> None:
    """What evaluates how leaders take part, or reviews values regularly, needs the works agreement first."""
    for key in ("culture.executive_programme", "strategy.quarterly_review"):
        needed = {one.measure for one in CATALOGUE.measure(key).prerequisites}
        assert "governance.works_agreement" in needed


def test_a_measure_there_is_not_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        CATALOGUE.measure("strategy.nothing")


def test_effort_grows_with_the_number_of_its_own() -> None:
    rooms = next(one for one in CATALOGUE.measure("communication.room_cure").effort if one.per is Driver.ROOM)
    assert rooms.days().likely == pytest.approx(rooms.likely * rooms.amount)
    assert rooms.days(10).likely == pytest.approx(rooms.likely * 10)


def test_the_matrix_has_a_statement_for_every_group_and_purpose() -> None:
    matrix = CATALOGUE.instruments.matrix
    assert [one.key for one in matrix.purposes] == [
        "inform",
        "explain",
        "ask",
        "involve",
        "connect",
        "recognise",
    ]
    said = [
        matrix.need(group.key, purpose.key).text.de for group in matrix.groups for purpose in matrix.purposes
    ]
    assert len(set(said)) == len(matrix.groups) * len(matrix.purposes)
    with pytest.raises(KeyError):
        matrix.need("office", "sell")


def test_a_cell_without_an_answering_channel_is_a_field() -> None:
    matrix = CATALOGUE.instruments.matrix
    assert matrix.is_field(())
    assert matrix.is_field(("mail", "page", "cascade"))
    assert not matrix.is_field(("mail", "room"))


def test_use_cases_serve_every_purpose_and_every_group_and_kind_of_room() -> None:
    instruments = CATALOGUE.instruments
    cases = instruments.use_cases
    assert {key for case in cases for key in case.purposes} == {
        one.key for one in instruments.matrix.purposes
    }
    assert {key for case in cases for key in case.groups} == {one.key for one in instruments.matrix.groups}
    assert {room for case in cases for room in case.rooms} == set(RoomPurpose)


ANSWERS = {one.key: False for one in CATALOGUE.instruments.fit_questions}


@pytest.mark.parametrize(
    ("answers", "fit"),
    [
        ({**ANSWERS, "many_to_many": True, "answer_for_others": True, "meaning": True, "same_steps": True}, Fit.COMMUNICATION),
        ({**ANSWERS, "joint_result": True, "tasks_and_versions": True, "meaning": True}, Fit.COLLABORATION),
        ({**ANSWERS, "same_steps": True, "status": True}, Fit.PROCESS),
        ({"approval": True}, Fit.PROCESS),
        ({**ANSWERS, "many_to_many": True, "answer_for_others": True, "meaning": True, "personal_case": True}, Fit.PROCESS),
        ({**ANSWERS, "many_to_many": True, "joint_result": True}, None),
        (ANSWERS, None),
        ({"many_to_many": True}, None),
    ],
)  # fmt: skip
def test_a_field_is_about_what_most_answers_speak_for(answers: dict[str, bool], fit: Fit | None) -> None:
    assert CATALOGUE.instruments.fit(answers) is fit


def test_scores_multiply_and_risk_counts_against() -> None:
    instruments = CATALOGUE.instruments
    assert [one.key for one in instruments.criteria if one.less_is_better] == ["risk"]
    scores = {"frequency": 4, "reach": 3, "pain": 5, "suitability": 2, "risk": 1}
    assert instruments.score(scores) == 4 * 3 * 5 * 2 * 5
    with pytest.raises(ValueError, match="pain: give a score of 1 to 5, not 6"):
        instruments.score({**scores, "pain": 6})
    with pytest.raises(ValueError, match="risk: give a score of 1 to 5, not None"):
        instruments.score({key: value for key, value in scores.items() if key != "risk"})


def test_signals_show_in_published_values_or_say_why_not() -> None:
    signals = {one.key: one for one in CATALOGUE.instruments.signals}
    assert set(signals) >= {"read_but_silent", "unanswered_questions", "missing_ties", "stillborn_with_readers", "stale_but_read"}  # fmt: skip
    assert not signals["mailing_lists"].shown_by
    assert signals["mailing_lists"].not_published is not None
    for signal in signals.values():
        assert signal.shown_by or signal.not_published
        for shown in signal.shown_by:
            assert shown.scope in CATALOG[shown.metric].scopes
            if shown.scope is Scope.ROOM and CATALOG[shown.metric].single:
                assert (shown.at_least, shown.below) == (None, None), "one category holds, there is no value"
