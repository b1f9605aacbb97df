"""One dimension down to what its levels rest on, so that a reader can check the arithmetic by hand."""

from collections.abc import Sequence
from dataclasses import dataclass

from metrics.catalog import CATALOG
from metrics.metric import Measure
from service.language import N_, Language
from service.maturity.documented import shares
from service.maturity.model import Dimension, Indicator, Model
from service.maturity.result import Answers, Assessed, Fact, Kind, Observation, Result, Strand
from service.models import PublishedValue
from service.web.pictures import Table
from service.web.profile import AGREEMENTS, KINDS, decimal, insufficient, level, place, staged
from service.web.words import WINDOWS, hidden

STATES = {
    "met": N_("there"),
    "partly": N_("partly there"),
    "absent": N_("not there"),
    "expired": N_("out of date"),
    "disputed": N_("assessors disagree"),
    "unknown": N_("not assessed yet"),
}


@dataclass(frozen=True)
class Chain:
    """One kind of evidence: its level in words, what it rests on as a table, and the sum that leads to it."""

    kind: str
    heading: str
    level: str
    known: bool
    meaning: tuple[str, str] | None
    probabilities: Sequence[tuple[str, str]]
    table: Table | None
    sum: str
    notes: Sequence[str]


@dataclass(frozen=True)
class DimensionPage:
    name: str
    meaning: str
    limits: str
    agreement: str
    difference: str
    staged: str
    chains: Sequence[Chain]
    levels: Sequence[tuple[int, str, str, bool]]
    """Number, name, description, and whether some evidence places the organisation there."""


def dimension_page(result: Result, model: Model, key: str, language: Language) -> DimensionPage:
    """Raises `KeyError` for a dimension the assessment does not have."""
    one, dimension = result.dimension(key), model.dimension(key)
    reached = {int(strand.level + 1e-9) for strand in one.strands if strand.level is not None}
    return DimensionPage(
        name=language.label(dimension.name),
        meaning=language.label(dimension.meaning),
        limits=language.label(dimension.limits),
        agreement=language.text(AGREEMENTS[one.agreement]),
        difference=_difference(one, language),
        staged=staged(one, language),
        chains=[_chain(one.strand(kind), dimension, model, language) for kind in KINDS],
        levels=[
            (
                level.number,
                language.label(level.name),
                language.label(level.description),
                level.number in reached,
            )
            for level in dimension.levels
        ],
    )


def _difference(one: Assessed, language: Language) -> str:
    if one.difference is None or one.difference_low is None or one.difference_high is None:
        return ""
    return language.text(
        "Told minus observed: %(difference)s levels (%(low)s to %(high)s).",
        difference=language.signed(one.difference),
        low=language.signed(one.difference_low),
        high=language.signed(one.difference_high),
    )


def _chain(strand: Strand, dimension: Dimension, model: Model, language: Language) -> Chain:
    tables = {Kind.TOLD: _told, Kind.OBSERVED: _observed, Kind.DOCUMENTED: _documented}
    table, words, notes = tables[strand.kind](strand, dimension, language)
    notes = [*notes]
    if strand.level is None:
        notes.insert(
            0,
            language.text(
                "%(coverage)s of the weight is there; %(enough)s are needed.",
                coverage=language.percent(strand.coverage),
                enough=language.percent(model.minimum_weight),
            ),
        )
    return Chain(
        kind=strand.kind.value,
        heading=language.text(KINDS[strand.kind]),
        level=level(strand, language) if strand.level is not None else insufficient(strand, language),
        known=strand.level is not None,
        meaning=None if strand.level is None else place(dimension, strand.level, language),
        probabilities=[
            (str(number), language.percent(share))
            for number, share in (strand.probability or {}).items()
            if share
        ]
        if strand.low is not None
        else [],
        table=table,
        sum=words,
        notes=notes,
    )


def _observed(
    strand: Strand, dimension: Dimension, language: Language
) -> tuple[Table | None, str, Sequence[str]]:
    if not strand.observations:
        return None, "", [language.label(dimension.no_observation)] if dimension.no_observation else []
    indicators = {one.key: one for one in dimension.indicators}
    head = [
        language.text("Indicator"),
        language.text("Period"),
        language.text("Value"),
        language.text("Levels 1 to 5 are reached at"),
        language.text("Read"),
        language.text("Weight"),
        language.text("Score"),
    ]
    rows = [_observation(one, indicators[one.key], language) for one in strand.observations]
    known = [one for one in strand.observations if one.score is not None]
    words = ""
    if known and strand.level is not None:
        parts = " + ".join(
            f"{language.decimal(one.weight, 2)} × {decimal(one.score or 0, language)}" for one in known
        )
        whole = language.decimal(sum(one.weight for one in known), 2)
        words = f"({parts}) ÷ {whole} = {decimal(strand.level, language)}"
    notes = [language.label(indicators[one.key].reasoning) for one in strand.observations]
    return Table(language.text(KINDS[Kind.OBSERVED]), head, rows), words, notes


def _observation(one: Observation, indicator: Indicator, language: Language) -> list[str]:
    unit = CATALOG[one.metric].unit
    value = (
        language.value(one.value, unit)
        if one.value is not None
        else language.text("too little was read")
        if one.reason == "coverage"
        else hidden(_as_cell(one), language)
    )
    if one.low is not None and one.high is not None:
        value += f" ({language.value(one.low, unit)} – {language.value(one.high, unit)})"
    if one.value is not None and one.people is not None:
        value += f"; {language.plural('%(number)s person', '%(number)s people', one.people)}"
    period = (
        language.period(one.since, one.until)
        if one.since is not None and one.until is not None
        else language.text(WINDOWS.get(one.window, one.window))
    )
    return [
        language.label(indicator.label),
        period,
        value,
        " · ".join(_anchor(anchor, unit, language) for anchor in one.anchors),
        "–" if one.coverage is None else language.percent(one.coverage),
        language.decimal(one.weight, 2),
        "–" if one.score is None else decimal(one.score, language),
    ]


def _anchor(anchor: float, unit: Measure, language: Language) -> str:
    return (
        language.percent(anchor)
        if unit is Measure.SHARE
        else language.decimal(anchor, 2).rstrip("0").rstrip(",.")
    )


def _as_cell(one: Observation) -> PublishedValue | None:
    """The publication's cell as far as words about it need it; None where there was none."""
    if one.reason == "not_published":
        return None
    return PublishedValue(state=one.state, reason=one.reason, low=None, high=None)


def _told(
    strand: Strand, dimension: Dimension, language: Language
) -> tuple[Table | None, str, Sequence[str]]:
    if not strand.answers:
        return None, "", []
    questions = {one.key: one for one in dimension.questions}
    head = [
        language.text("Question"),
        language.text("People, rounded"),
        language.text("Answers 1 to 5"),
        language.text("Cannot judge"),
        language.text("Two highest"),
    ]
    rows, turned = [], language.text("reversed")
    for one in strand.answers:
        question = questions[one.key]
        label = language.label(question.text)
        rows.append(
            [
                f"{label} ({turned})" if question.reverse else label,
                "–" if one.people is None else language.number(one.people),
                _shares(one, language),
                "–" if one.dont_know is None else language.percent(one.dont_know),
                "–" if one.top_two is None else language.percent(one.top_two),
            ]
        )
    notes = [
        language.text(
            "The level is the mean of each person's own mean over the questions of the dimension, for everybody who answered at least two thirds of them; reversed questions are turned round first."
        )
    ]
    return Table(language.text(KINDS[Kind.TOLD]), head, rows), "", notes


def _shares(one: Answers, language: Language) -> str:
    if one.shares is None:
        return language.text("group too small") if one.state == "suppressed" else language.text("not known")
    return " · ".join(language.percent(share) for share in one.shares)


def _documented(
    strand: Strand, dimension: Dimension, language: Language
) -> tuple[Table | None, str, Sequence[str]]:
    if not strand.facts:
        return None, "", []
    facts = {one.key: one for one in dimension.facts}
    head = [
        language.text("Level"),
        language.text("Fact"),
        language.text("State"),
        language.text("Document"),
        language.text("Dated"),
        language.text("Owner"),
    ]
    rows = [_fact(one, language.label(facts[one.key].name), language) for one in strand.facts]
    notes = [
        language.text(
            "1, plus for each of the levels 2 to 5 the share of its facts that are there (partly there or out of date counts half); a level without facts goes with the one below."
        )
    ]
    return Table(language.text(KINDS[Kind.DOCUMENTED]), head, rows), _steps(strand, language), notes


def _steps(strand: Strand, language: Language) -> str:
    if strand.level is None:
        return ""
    parts = " + ".join(decimal(share, language) for share in shares(strand.facts))
    return f"1 + {parts} = {decimal(strand.level, language)}"


def _fact(one: Fact, name: str, language: Language) -> list[str]:
    return [
        str(one.level),
        name,
        language.text(STATES[one.state]),
        one.title or "–",
        language.day(one.dated) if one.dated else "–",
        one.owner or "–",
    ]
