"""Where evidence begins to count, to the last step: limits, roundings, and what stands in for what is not known."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from service.errors import Invalid
from service.maturity import documented, heard, observed, told
from service.maturity.assess import Given, assess, changes, classified, compared
from service.maturity.draws import interval, quantiles
from service.maturity.model import current
from service.maturity.register import Entry, Standing
from service.maturity.result import Agreement, Fact, Kind, Observation, Strand
from service.models import (
    Evidence,
    PublishedAnswer,
    PublishedCoverage,
    PublishedValue,
)
from service.statistics.chances import level_chances
from tests.maturity.conftest import MOMENT, Shown, entries

MODEL = current()
ANCHORS = (0.0, 0.25, 0.5, 0.75, 1.0)
DRAWN = [2.0] * 200 + [3.0] * 200


def seen(**changed: Any) -> Observation:
    told = {
        "key": "reach", "metric": "reach", "category": "", "window": "pulse", "since": date(2026, 3, 2),
        "until": date(2026, 3, 30), "state": "published", "reason": None, "value": 0.4, "low": 0.3, "high": 0.5,
        "people": 100, "coverage": 1.0, "minimum_coverage": 0.8, "anchors": ANCHORS, "weight": 1.0, "score": 2.6,
    }  # fmt: skip
    return Observation(**{**told, **changed})


def fact(level: int, state: str) -> Fact:
    return Fact(key=f"{level}", level=level, state=state, title=None, dated=None, owner=None, assessors=1)


def line(kind: str, share: float | None, **reasons: int) -> PublishedCoverage:
    return PublishedCoverage(source="wiki", kind=kind, share=share, rooms_missing=0, reasons=reasons)


def cell(state: str = "published", **changed: Any) -> PublishedAnswer:
    told = {
        "dimension": "culture",
        "question": "",
        "group_key": "",
        "reason": None,
        "people": 40,
        "figures": {},
    }
    return PublishedAnswer(state=state, **{**told, **changed})


class TestObserved:
    @pytest.mark.parametrize(
        ("state", "value", "reason", "share", "expected"),
        [
            ("published", 0.4, None, 0.8, ("published", None)),
            ("published", 0.4, None, 0.799, ("unknown", "coverage")),
            ("published", 0.4, None, None, ("published", None)),
            ("published", None, None, 1.0, ("unknown", "no_data")),
            ("unknown", None, "not_offered", 1.0, ("unknown", "not_offered")),
            ("unknown", 0.4, None, 1.0, ("unknown", "no_data")),
            ("suppressed", None, "small_group", 1.0, ("suppressed", "small_group")),
        ],
    )
    def test_a_cell_counts_from_the_least_coverage_on(self, state, value, reason, share, expected) -> None:
        assert (
            observed._state(PublishedValue(state=state, value=value, reason=reason), share, 0.8) == expected
        )
        assert observed._state(None, share, 0.8) == ("unknown", "not_published")

    def test_coverage_is_the_mean_over_what_can_tell(self) -> None:
        lines = [
            line("view", 1.0),
            line("view", 0.5001),
            line("view", None),
            line("view", 0.0, unsupported=1),
            line("view", 0.25, unsupported=1, denied=1),
            line("join", 0.1),
        ]
        assert observed.covered(lines, ("view",)) == 0.583
        assert observed.covered(lines[2:4], ("view",)) is None

    def test_an_indicator_that_is_the_least_it_can_be_scores_one(self) -> None:
        indicator = MODEL.dimension("communication").indicators[0]
        lowest, _, third, fourth, _ = indicator.anchors
        for value, score in ((lowest, 1.0), (third + (fourth - third) / 3, 3.33)):
            shown = Shown({(indicator.metric, indicator.category): (value, value, value)})
            first = observed.observations(shown, MODEL.dimension("communication"))[0]
            assert (first.state, first.value, first.score, first.people) == ("published", value, score, 100)
            assert (first.low, first.high) == (value, value)
            assert (first.since, first.until) == (date(2026, 3, 2), date(2026, 3, 30))

    def test_other_categories_of_a_metric_are_other_indicators(self) -> None:
        indicator = MODEL.dimension("communication").indicators[0]
        first = observed.observations(
            Shown({(indicator.metric, "another"): (0.9, None, None)}), MODEL.dimension("communication")
        )[0]
        assert (first.state, first.reason, first.since, first.score) == (
            "unknown",
            "not_published",
            None,
            None,
        )

    def test_from_sixty_per_cent_of_the_weight_on_there_is_a_level(self) -> None:
        known, missing = seen(weight=0.6), seen(weight=0.4, score=None, value=None, state="unknown")
        strand = observed.strand([known, missing], enough=0.6, observable=True)
        assert (strand.level, strand.coverage, strand.insufficient) == (2.6, 0.6, None)
        for weights in ((0.6 - 1e-6, 0.4 + 1e-6), (1 / 3, 2 / 3)):
            less = [seen(weight=weights[0]), seen(weight=weights[1], score=None)]
            strand = observed.strand(less, enough=0.6, observable=True)
            assert (strand.level, strand.insufficient) == (None, "coverage")
            assert strand.coverage == round(weights[0], 2)
        assert observed.strand([], enough=0.6, observable=True).coverage == 0
        assert observed.strand([missing], enough=0.0, observable=True).insufficient == "coverage"
        assert observed.strand([known], enough=0.6, observable=False).insufficient == "not_observable"

    def test_levels_are_weighted_and_told_to_hundredths(self) -> None:
        some = [seen(weight=2.0, score=2.6), seen(weight=1.0, score=1.0)]
        strand = observed.strand(some, enough=0.6, observable=True)
        drawn = observed.draws(some)
        low, high = interval(drawn)
        assert strand.level == 2.07
        assert (strand.low, strand.high) == (round(low, 2), round(high, 2))
        assert list(strand.probability.values()) == list(level_chances(drawn))
        assert strand.quantiles == tuple(quantiles(drawn))

    def test_an_interval_is_as_wide_as_its_standard_error_says(self, monkeypatch) -> None:
        given = {}

        def kept(values: Any, anchors: Any, weights: Any, *seed: str) -> Any:
            given.update(values=np.array(values), anchors=anchors, weights=weights)
            return np.array([3.0])

        monkeypatch.setattr(observed, "score_draws", kept)
        observed.draws(
            [
                seen(value=0.4, low=0.3, high=0.5, weight=3.0),
                seen(value=0.2, low=None, high=0.5),
                seen(value=0.1, low=0.0, high=None),
                seen(value=0.6, low=0.4, high=0.8, weight=2.0),
                seen(value=0.0, low=-0.1, high=0.1),
            ]
        )
        assert given["values"].shape == (5, 2000)
        assert given["weights"] == [1.0, 1.0, 1.0, 3.0, 2.0]
        assert given["values"].mean(axis=1) == pytest.approx([0.0, 0.1, 0.2, 0.4, 0.6], abs=0.01)
        expected = [0.1 / 1.96, 0, 0, 0.1 / 1.96, 0.2 / 1.96]
        assert given["values"].std(axis=1) == pytest.approx(expected, rel=0.06)

    def test_the_order_of_evidence_plays_no_part(self) -> None:
        values = [(0.4, 0.3, 0.5), (0.2, 0.1, 0.2), (0.4, None, 0.5), (-0.5, -0.6, 0.2)]
        values += [(0.4, 0.2, 0.5), (0.4, 0.3, None), (0.4, 0.3, 0.6), (0.5, 0.1, 0.7)]
        some = [seen(value=value, low=low, high=high) for value, low, high in values]
        assert observed.draws(some).tolist() == observed.draws(some[::-1]).tolist()

    def test_the_newest_day_is_the_last_that_is_known(self) -> None:
        assert observed.newest_day([seen(until=None), seen(), seen(until=date(2026, 2, 1))]) == date(
            2026, 3, 30
        )
        assert observed.newest_day([seen(until=None)]) is None


class TestTold:
    def test_without_a_round_nothing_is_covered(self) -> None:
        strand = told.strand(told.Scale(), enough=0.6)
        assert (strand.coverage, strand.insufficient, strand.level) == (0.0, "no_round", None)

    @pytest.mark.parametrize(
        ("scale", "insufficient"),
        [
            (told.Scale(40, None, (), 1.0, None), "small_group"),
            (told.Scale(40, 2.5, DRAWN, 1.0, "too_few_items"), "too_few_items"),
            (told.Scale(40, 2.5, DRAWN, 0.6 - 1e-6, None), "coverage"),
            (told.Scale(40, 2.5, DRAWN, 0.6, None), None),
        ],
    )
    def test_from_sixty_per_cent_of_the_questions_on_there_is_a_level(self, scale, insufficient) -> None:
        strand = told.strand(scale, enough=0.6)
        assert strand.insufficient == insufficient
        assert strand.level == (2.5 if insufficient is None else None)

    def test_levels_are_told_to_hundredths(self) -> None:
        drawn = np.linspace(1.0, 4.0, 400).tolist()
        strand = told.strand(told.Scale(40, 2.4651, drawn, 2 / 3, None), enough=0.6)
        low, high = interval(drawn)
        assert (strand.level, strand.coverage) == (2.47, 0.67)
        assert (strand.low, strand.high) == (round(low, 2), round(high, 2))
        assert strand.people == 40
        assert strand.probability == dict(zip(range(1, 6), level_chances(drawn), strict=True))

    def test_shown_questions_are_those_that_were_asked(self) -> None:
        shares = {f"share_{number}": 0.2 for number in range(1, 6)}
        figures = {**shares, "top_two": 0.4, "dont_know": 0.1}
        asked = [
            cell(question="q1", figures=figures),
            cell(question="q2", figures={**figures, "share_3": None}),
            cell("suppressed", question="q3", reason="small_group", figures=None),
            cell("unknown", question="q4", reason="not_asked", figures=None),
        ]
        scale = heard.scale(cell(figures={"mean": 2.5, "draws": DRAWN}), asked)
        assert (scale.mean, list(scale.draws), scale.people, scale.insufficient) == (2.5, DRAWN, 40, None)
        assert scale.coverage == pytest.approx(1 / 3)
        told_of = [
            (one.key, one.state, one.reason, one.shares, one.top_two, one.dont_know) for one in scale.answers
        ]
        assert told_of == [
            ("q1", "published", None, (0.2,) * 5, 0.4, 0.1),
            ("q2", "suppressed", None, None, 0.4, 0.1),
            ("q3", "suppressed", "small_group", None, None, None),
        ]

    @pytest.mark.parametrize(
        ("whole", "insufficient"),
        [
            (cell(figures={"mean": 2.5, "draws": None}), "too_few_items"),
            (cell(figures={"mean": None, "draws": DRAWN}), "too_few_items"),
            (cell(figures=None), "too_few_items"),
            (cell("suppressed", reason="small_group", figures=None), "small_group"),
            (cell("suppressed", reason="small_group", figures={"mean": 2.5, "draws": DRAWN}), "small_group"),
        ],
    )
    def test_a_scale_without_mean_or_draws_has_no_level(self, whole, insufficient) -> None:
        scale = heard.scale(whole, [])
        assert (scale.mean, scale.draws, scale.coverage, scale.insufficient) == (None, (), 0.0, insufficient)


class TestDocumented:
    def test_from_sixty_per_cent_of_the_facts_on_there_is_a_level(self) -> None:
        known, unknown = [fact(2, "met")] * 3, [fact(2, "unknown"), fact(2, "disputed")]
        strand = documented.strand([*known, *unknown], enough=0.6)
        # All facts of level 2 are there, and the levels above have none of their own.
        assert (strand.level, strand.coverage, strand.insufficient) == (5.0, 0.6, None)
        assert strand.probability == {1: 0, 2: 0, 3: 0, 4: 0, 5: 1}
        less = documented.strand([*known[:2], *unknown[:1]], enough=0.67)
        assert (less.level, less.coverage, less.insufficient) == (None, 0.67, "coverage")
        assert documented.strand([*known[:2], *unknown[:1]], enough=2 / 3 + 1e-6).level is None
        assert documented.strand(unknown, enough=0.0).insufficient == "coverage"
        assert documented.strand([], enough=0.6).coverage == 0

    def test_shares_are_of_the_facts_of_each_level_and_passed_on_where_there_are_none(self) -> None:
        found = [fact(2, "met"), fact(2, "partly"), fact(2, "absent"), fact(2, "unknown"), fact(4, "expired")]
        assert documented.shares(found) == [0.5, 0.5, 0.5, 0.5]
        assert documented.shares([fact(2, "met"), fact(2, "met"), fact(2, "absent")]) == [0.67] * 4
        assert documented.shares([fact(3, "met")]) == [0.0, 1.0, 1.0, 1.0]
        assert documented.continuous([fact(2, "met"), fact(3, "partly"), fact(4, "absent")]) == 2.5
        thirds = [*[fact(2, "met")] * 2, fact(2, "absent"), fact(3, "absent")]
        assert documented.strand(thirds, enough=0.6).level == 1.67

    def test_what_was_filed_is_told_with_its_title_its_date_and_its_owner(self) -> None:
        filed = Evidence(title="Leitbild", dated=date(2026, 1, 5), owner="communication")
        one, other = MODEL.facts()[:2]
        entry = [
            Entry(one, "strategy", Standing.MET, filed, (1, 2)),
            Entry(other, "strategy", Standing.UNKNOWN, None, ()),
        ]
        first, second = documented.facts(entry)
        assert (first.title, first.dated, first.owner, first.assessors) == (
            "Leitbild",
            filed.dated,
            "communication",
            2,
        )
        assert (second.title, second.dated, second.owner, second.assessors) == (None, None, None, 0)

    def test_a_fact_that_is_only_partly_there_ends_the_stages(self) -> None:
        assert documented.staged([fact(level, "met") for level in (2, 3, 4)] + [fact(5, "partly")]) == 4
        assert (
            documented.staged([fact(2, "met"), fact(3, "disputed"), fact(4, "met"), fact(5, "met")]) is None
        )


class TestTogether:
    @pytest.mark.parametrize(
        ("low", "high", "expected"),
        [
            (-0.5, 0.5, Agreement.ALIGNED),
            (-0.51, 0.5, Agreement.NOT_DECIDABLE),
            (-0.5, 0.51, Agreement.NOT_DECIDABLE),
            (0.0, 0.51, Agreement.NOT_DECIDABLE),
            (-0.51, 0.0, Agreement.NOT_DECIDABLE),
            (1.1, 1.2, Agreement.TOLD_ABOVE),
            (-1.2, -1.1, Agreement.OBSERVED_ABOVE),
        ],
    )
    def test_half_a_level_still_is_the_same(self, low, high, expected) -> None:
        assert classified(low, high) is expected

    def test_differences_are_told_to_hundredths_where_both_can_be_told(self) -> None:
        chance = np.random.default_rng(3)
        says = Strand(kind=Kind.TOLD, coverage=1, level=4.004, quantiles=tuple(chance.normal(4, 0.2, 201)))
        does = Strand(
            kind=Kind.OBSERVED, coverage=1, level=2.5, quantiles=tuple(chance.normal(2.5, 0.2, 201))
        )
        papers = Strand(kind=Kind.DOCUMENTED, coverage=0)
        found = compared("culture", 1.0, (says, does, papers), 2)
        low, high = interval(np.subtract.outer(np.array(says.quantiles), np.array(does.quantiles)).ravel())
        assert (found.difference, found.difference_low, found.difference_high) == (
            1.5,
            round(low, 2),
            round(high, 2),
        )
        assert (found.lowest, found.highest, found.staged) == (2.5, 4.004, 2)
        for one in (says, does):
            for less in ({"level": None}, {"quantiles": None}):
                strands = [
                    strand.model_copy(update=less) if strand is one else strand for strand in (says, does)
                ]
                left = compared("culture", 1.0, (*strands, papers), 2)
                assert (left.difference, left.agreement) == (None, Agreement.NOT_DECIDABLE)

    def test_a_change_needs_a_level_before_and_after(self) -> None:
        standings = {fact.key: Standing.MET for fact in MODEL.facts()}
        dimension = MODEL.dimensions[0].key

        def result(*, known: bool = True, survey: Any = None) -> Any:
            filed = entries(standings) if known else []
            return assess(MODEL, "communication", Given("acme", None, survey, filed), MOMENT)

        some = {dimension: told.Scale(40, 2.5, [2.0, 2.5, 3.0], 1.0, None)}
        later = {dimension: told.Scale(40, 2.5, [2.0, 2.5, 3.0, 3.5, 2.2, 2.7, 2.8], 1.0, None)}
        round_, next_round = told.Round("spring", some), told.Round("autumn", later)
        told_of = [
            one for one in changes(result(survey=round_), result(survey=next_round)) if one.kind is Kind.TOLD
        ]
        assert [(one.dimension, one.before, one.after) for one in told_of] == [(dimension, 2.5, 2.5)]
        assert round(told_of[0].probability, 3) == told_of[0].probability != round(told_of[0].probability, 2)
        papers = changes(result(), result(survey=round_))
        assert {one.kind for one in papers} == {Kind.DOCUMENTED}
        assert [one.probability for one in papers] == [0.0] * len(MODEL.dimensions)
        assert changes(result(known=False), result()) == changes(result(), result(known=False)) == ()

    def test_a_result_is_not_changed_afterwards(self) -> None:
        result = assess(MODEL, "communication", Given("acme", None, None, []), MOMENT)
        with pytest.raises(ValidationError, match="frozen"):
            result.profile = "business"
        with pytest.raises(KeyError):
            result.dimension("none")
        with pytest.raises(Invalid, match="no focus"):
            assess(MODEL, "none", Given("acme", None, None, []), MOMENT)

    def test_the_data_reach_to_the_newest_day_of_any_dimension(self) -> None:
        shown = Shown(
            {(one.metric, one.category): (one.anchors[2], None, None) for one in MODEL.indicators()[:1]}
        )
        result = assess(MODEL, "communication", Given("acme", shown, None, []), MOMENT)
        assert (result.data_until, result.publication, result.round) == (date(2026, 3, 30), "d" * 64, None)
        assert len(result.coverage) == 7


def test_quantiles_are_the_middles_of_equal_parts_to_thousandths() -> None:
    drawn = np.linspace(1.0, 5.0, 1001)
    assert quantiles(drawn, 5) == [1.4, 2.2, 3.0, 3.8, 4.6]
    assert quantiles(drawn, 3) == [1.667, 3.0, 4.333]
    assert len(quantiles(drawn)) == 201
