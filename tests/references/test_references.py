"""Published reference values: told with all it takes to judge them, compared only where they count the same."""

import re
from pathlib import Path

import pytest

from metrics.catalog import CATALOG
from metrics.metric import Mark, Measure, Scope, Window
from service.references import Certainty, Damaged, Reference, References, Statistic, Use, references
from service.references.page import page
from service.references.reading import FILE, load

COLLECTION = references()
EACH = pytest.mark.parametrize("reference", COLLECTION.references, ids=lambda one: one.key)


def test_the_page_of_the_documentation_is_current() -> None:
    assert (Path(__file__).parents[2] / "docs" / "references.md").read_text() == page()


def test_the_collection_survives_being_written_and_read_and_can_not_be_changed() -> None:
    assert References.model_validate_json(COLLECTION.model_dump_json()) == COLLECTION
    with pytest.raises(ValueError, match="frozen"):
        COLLECTION.version = "2.0"
    with pytest.raises(KeyError):
        COLLECTION.reference("gartner")


@EACH
def test_a_value_is_compared_or_says_why_not(reference: Reference) -> None:
    assert (reference.comparable is None) is (reference.not_comparable is not None)
    if reference.comparable is None:
        return
    metric = CATALOG[reference.comparable.metric]
    assert reference.comparable.window in metric.windows
    assert reference.comparable.scope in metric.scopes
    for place in reference.comparable.figures:
        figure = reference.figures[place]
        assert (figure.unit == "share") is (metric.unit is Measure.SHARE)


@EACH
def test_figures_are_in_the_unit_they_name(reference: Reference) -> None:
    for figure in reference.figures:
        if figure.unit == "share":
            assert 0 < figure.value <= 1
        elif figure.unit == "scale_1_7":
            assert 1 <= figure.value <= 7
        elif figure.unit == "correlation":
            assert -1 <= figure.value <= 1
        else:
            assert figure.unit in {"people", "minutes", "hours", "years"}
        assert figure.high is None or figure.high > figure.value


@EACH
def test_a_value_comes_with_its_source_its_window_and_its_population(reference: Reference) -> None:
    assert reference.source
    assert reference.publisher
    assert reference.mark in (Mark.READ, Mark.KNOWN), "a reference value is never our own"
    assert reference.year is None or 2000 < reference.year < 2027
    for text in (reference.definition, reference.window, reference.population, reference.advice):
        assert text.de
        assert text.en
    if reference.year is not None and "quoted" not in reference.source:
        assert all(figure.year is None or figure.year <= reference.year for figure in reference.figures)


def test_only_what_was_read_at_its_source_is_firm() -> None:
    firm = {one.key for one in COLLECTION.references if one.firm}
    assert firm == {"swoop_interactive_users", "swoop_participation_2021"}
    quoted = [one for one in COLLECTION.references if re.search("quoted|reported", one.source)]
    assert quoted
    assert all(one.certainty is not Certainty.AT_SOURCE for one in quoted)


def test_what_may_stand_beside_a_value_is_found_by_metric_and_window() -> None:
    beside = COLLECTION.comparable_with("active_share", "", Scope.ORGANISATION, Window.WEEKS26)
    assert [one.key for one in beside] == ["swoop_interactive_users", "swoop_participation_2021"]
    assert not COLLECTION.comparable_with("active_share", "", Scope.ORGANISATION, Window.DAYS28)
    assert not COLLECTION.comparable_with("active_share", "", Scope.UNIT, Window.WEEKS26)


def test_the_goal_for_participation_is_told_with_the_average() -> None:
    figures = COLLECTION.reference("swoop_interactive_users").figures
    assert [(one.statistic, one.value) for one in figures] == [
        (Statistic.MEAN, 0.27),
        (Statistic.TARGET, 0.38),
    ]


def test_minutes_are_not_to_be_used_and_stories_are_no_norm() -> None:
    assert COLLECTION.reference("swoop_minutes_per_day").use is Use.NONE
    assert COLLECTION.reference("single_companies").use is Use.STORY
    for one in COLLECTION.references:
        assert (one.use is Use.ORIENTATION) is (one.comparable is not None)


def test_no_metric_is_said_to_have_no_value_and_compared_at_once() -> None:
    missing = {key for gap in COLLECTION.missing for key in gap.metrics}
    assert missing >= {"ei_index", "dialogue_share", "stale_share", "interactive_share"}
    assert not missing & {one.comparable.metric for one in COLLECTION.references if one.comparable}


def test_single_persons_are_never_a_value_of_ours() -> None:
    assert COLLECTION.reference("cr_chief_executive_2014").comparable is None


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('certainty = "A"\n', "", "references, swoop_interactive_users, certainty: is missing: add it"),
        ('certainty = "A"', 'certainty = "D"', "references, swoop_interactive_users, certainty: Input should be 'A', 'B' or 'C'"),
        ('metric = "active_share"', 'metric = "likes"', "swoop_interactive_users, comparable: there is no metric 'likes': choose a key that `resonanz metrics list` shows"),
        ('window = "weeks26"', 'window = "weeks52"', "references, swoop_interactive_users, comparable, window: Input should be 'week', 'days28' or 'weeks26'"),
        ("figures = [0, 1]", "figures = [0, 2]", "swoop_interactive_users, comparable, figures: there is no figure 2: count from 0"),
        ('use = "orientation"', 'use = "story"', "swoop_interactive_users, use: what is comparable is for orientation: write use = 'orientation'"),
        ('key = "swoop_participation_2021"', 'key = "swoop_interactive_users"', "references: the key 'swoop_interactive_users' is used 2 times: give each its own"),
        ('near = ["contributor_share"]', 'near = ["likes"]', "swoop_interactive_users, near: there is no metric 'likes': choose a key that `resonanz metrics list` shows"),
        ('name = { de = "Rollen in Social Intranets", ', 'comparable = { metric = "reach", scope = "organisation", window = "days28", figures = [0], differences = { de = "a", en = "b" } }\nname = { de = "Rollen in Social Intranets", ', "references, hirschtec_roles: is neither or both: write either comparable, or not_comparable with the reason"),
        ('none = { de = "nicht verwenden", en = "not to be used" }\n', "", "uses: 'none' has no name: add none = …"),
        ('metrics = ["dialogue_share"]', 'metrics = ["likes"]', "missing: there is no metric 'likes': choose a key that `resonanz metrics list` shows"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place_and_its_mend(
    tmp_path: Path, before: str, after: str, fault: str
) -> None:
    text = FILE.read_text()
    assert before in text
    damaged = tmp_path / "references.toml"
    damaged.write_text(text.replace(before, after, 1))
    with pytest.raises(Damaged) as found:
        load(damaged)
    assert f"references.toml, {fault}" in found.value.faults
