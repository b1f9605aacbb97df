"""The maturity model as it is shipped: complete, measurable, unchanged since its release, and described in the documentation."""

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from metrics.catalog import CATALOG
from metrics.metric import Direction, Scope, Window
from service.errors import Invalid, NotFound
from service.maturity.model import Dimension, Group, Indicator, Model, current, load, releases, versions
from service.maturity.model.page import page
from service.publication.grid import decide
from service.publication.measured import Measured
from service.publication.publish import LINKS, form
from service.statistics.levels import score

MODEL = current()
ROOT = Path(__file__).parents[2]
DIMENSIONS = ("strategy", "business", "organisation", "communication", "culture", "technology", "governance")
EVERY_VERSION = pytest.mark.parametrize("version", versions())


@EVERY_VERSION
def test_every_version_can_be_read(version: str) -> None:
    model = load(version)
    assert model.version == version
    assert tuple(dimension.key for dimension in model.dimensions) == DIMENSIONS


@EVERY_VERSION
def test_a_released_version_never_changes(version: str) -> None:
    """A change makes a new version: copy the folder, raise its number, and tell in changes.toml what is new."""
    (release,) = [one for one in releases() if one.version == version]
    model = load(version)
    assert model.digest == release.digest, f"changes.toml: {version} has the digest {model.digest}"
    assert model.released == release.released


def test_the_newest_version_is_the_current_one() -> None:
    assert current() is load(versions()[-1])


def test_a_version_there_is_not_is_said_to_be_missing() -> None:
    with pytest.raises(NotFound, match=r"no maturity model 0\.1; there are 1\.0"):
        load("0.1")


def test_the_page_of_the_documentation_is_current() -> None:
    assert (ROOT / "docs" / "maturity-model.md").read_text() == page()


@pytest.mark.parametrize("dimension", MODEL.dimensions, ids=lambda one: one.key)
def test_a_dimension_holds_all_kinds_of_evidence(dimension: Dimension) -> None:
    assert len(dimension.asked(Group.EVERYONE)) >= 5
    assert len(dimension.asked(Group.EVERYONE, short=True)) == 2
    assert dimension.asked(Group.LEADERS)
    assert dimension.asked(Group.COMMUNICATION_IT)
    levels = [fact.level for fact in dimension.facts]
    assert set(levels) == {2, 3, 4, 5}
    assert levels.count(2) >= 2, "a beginning should show"
    assert bool(dimension.indicators) is (dimension.no_observation is None)


def test_only_strategy_can_not_be_observed() -> None:
    assert [one.key for one in MODEL.dimensions if one.no_observation] == ["strategy"]


def test_the_short_form_is_asked_of_everyone_in_the_order_of_the_dimensions() -> None:
    short = MODEL.questions(short=True)
    assert [one.key.partition(".")[0] for one in short] == [key for key in DIMENSIONS for _ in range(2)]
    assert {one.group for one in short} == {Group.EVERYONE}
    assert set(short) < set(MODEL.questions(Group.EVERYONE))
    assert not any(one.reverse for one in short)


def test_each_dimension_asks_everyone_one_question_that_runs_against_the_others() -> None:
    for dimension in MODEL.dimensions:
        assert sum(one.reverse for one in dimension.asked(Group.EVERYONE)) == 1, dimension.key
        assert not any(one.reverse for one in dimension.questions if one.group is not Group.EVERYONE)


def test_a_works_agreement_and_a_signed_guideline_are_musts_of_governance_from_level_3() -> None:
    musts = {fact.key for fact in MODEL.dimension("governance").facts if fact.level == 3}
    assert {"governance.guideline", "governance.works_agreement"} <= musts


def test_all_indicators_are_published_together_of_an_organisation_that_is_large_enough() -> None:
    """As `publish` decides: with the relations between metrics, k = 10, and values near the middle."""
    outcomes = decide(
        [measured(one) for one in MODEL.indicators()],
        {one.metric: form(CATALOG[one.metric]) for one in MODEL.indicators()},
        10,
        lambda room, since, until: False,
        LINKS,
    )
    for indicator, outcome in zip(MODEL.indicators(), outcomes, strict=True):
        assert (outcome.state, outcome.value) == ("published", 0.4), indicator.key


def measured(indicator: Indicator) -> Measured:
    """A measurement of the indicator's metric: 2 of 5, of 1,000 people or of 50 leaders, no one of whom prevails."""
    assert indicator.scope is Scope.ORGANISATION
    whole = 50 if "leader" in indicator.metric else 1000
    return Measured(
        metric=indicator.metric,
        category=indicator.category,
        scope=indicator.scope,
        scope_key="",
        window=indicator.window,
        since=date(2026, 1, 5),
        until=date(2026, 2, 2) if indicator.window is Window.DAYS28 else date(2026, 7, 6),
        numerator=2 * whole // 5,
        denominator=whole,
        people=whole,
        affirming=2 * whole // 5,
        state="known",
        reason=None,
        largest=1,
    )


@pytest.mark.parametrize("indicator", MODEL.indicators(), ids=lambda one: one.key)
def test_anchors_are_values_of_the_metric_that_publishing_can_tell_apart(indicator: Indicator) -> None:
    shape = form(CATALOG[indicator.metric])
    assert shape.share, "the anchors below are shares"
    assert all(0 <= anchor <= 1 for anchor in indicator.anchors)
    assert all(abs(later - earlier) >= 2 * shape.step for earlier, later in pairwise(indicator.anchors))
    assert [float(score(anchor, indicator.anchors)) for anchor in indicator.anchors] == [1, 2, 3, 4, 5]


def test_a_scale_that_begins_near_zero_is_finer_at_the_bottom_than_in_the_middle() -> None:
    for indicator in MODEL.indicators():
        first, second, third, fourth, _ = indicator.anchors
        if indicator.direction is Direction.UP and first <= 0.1:
            assert second - first <= fourth - third + 1e-9, indicator.key


def test_the_newest_28_days_speak_wherever_a_metric_has_them() -> None:
    """Half-years end months ago, and undated reactions leave them unknown for long."""
    for indicator in MODEL.indicators():
        if Window.DAYS28 in CATALOG[indicator.metric].windows:
            assert indicator.window is Window.DAYS28, indicator.key


def test_a_metric_speaks_for_one_dimension_only() -> None:
    used = [(one.metric, one.category) for one in MODEL.indicators()]
    assert len(set(used)) == len(used)


def test_a_low_score_is_placed_in_its_step_and_a_high_one_in_its_level() -> None:
    culture = MODEL.dimension("culture")
    placed = {at: culture.place(at).name.de for at in (1.0, 1.29, 1.3, 1.99, 2.0, 2.5, 3.0, 4.99, 5.0)}
    assert placed == {
        1.0: "Schweigen",
        1.29: "Schweigen",
        1.3: "Wenige Mutige",
        1.99: "Ermutigung",
        2.0: "Freundlich, aber vorsichtig",
        2.5: "Sachfragen sind üblich",
        3.0: "Offene Fragen",
        4.99: "Gegenseitigkeit",
        5.0: "Vertrauen",
    }


def test_every_dimension_is_divided_alike_at_the_bottom() -> None:
    for dimension in MODEL.dimensions:
        assert [(step.key, step.at) for step in dimension.steps()] == [
            ("1a", 1.0),
            ("1b", 1.3),
            ("1c", 1.6),
            ("2a", 2.0),
            ("2b", 2.5),
        ]


def test_communication_is_the_focus_unless_another_is_chosen() -> None:
    assert MODEL.profile().key == "communication"
    assert {profile.key for profile in MODEL.profiles} == {"communication", "collaboration", "business"}
    heaviest = {one.key: max(one.weights, key=lambda key: one.weights[key]) for one in MODEL.profiles}
    assert heaviest["communication"] == "communication"
    assert heaviest["business"] == "business"


def test_a_focus_there_is_not_is_refused_with_those_there_are() -> None:
    with pytest.raises(Invalid, match="no focus 'sales'; there are communication, collaboration, business"):
        MODEL.profile("sales")


def test_a_model_can_not_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        MODEL.version = "2.0"


def test_a_model_survives_being_written_and_read() -> None:
    assert Model.model_validate_json(MODEL.model_dump_json()) == MODEL
