"""Writes texts of a concept document in one language, and keeps where each number in them comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from string import Formatter
from typing import Any

from metrics.catalog import CATALOG
from metrics.metric import Label
from service.advice.catalogue import Role
from service.advice.rules import Series
from service.language import Language, language
from service.maturity.result import Assessed, Fact, Kind, Observation, Strand
from service.models import PublishedValue
from service.references import Figure as ReferenceFigure
from service.references import Reference
from service.reports import words, words_frame, words_plan
from service.reports.document import Paragraph, Section, Source, Span, Spans, plain
from service.reports.given import Given
from service.web.advice import Words
from service.web.evidence_chain import STATES
from service.web.words import hidden

TEXTS: Mapping[str, Label] = {**words.TEXT, **words_plan.TEXT}
KINDS = (Kind.TOLD, Kind.OBSERVED, Kind.DOCUMENTED)
FEW = 3
"""So many are named where the most important are named."""


@dataclass
class Writer:
    """`sources` grow as texts are written; what is never named in the document is left out of its list."""

    given: Given
    code: str
    sources: dict[str, Source] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.language: Language = language(self.code)
        self.words = Words(self.given.catalogue, self.given.model, self.language)

    # Texts

    def text(self, key: str, **values: object) -> str:
        """A text without numbers of its own, as plain words."""
        return self.label(TEXTS[key]).format(**values)

    def label(self, label: Label) -> str:
        return self.language.label(label)

    def say(self, key: str, **values: Span | Spans | str) -> Spans:
        """The text with its places filled; what is given as a plain string is what something is called."""
        return self.fill(self.label(TEXTS[key]), **values)

    def fill(self, pattern: str, **values: Span | Spans | str) -> Spans:
        found: list[Span] = []
        for literal, name, _, _ in Formatter().parse(pattern):
            if literal:
                found.append(Span(literal))
            if name is not None:
                found.extend(_spans(values[name]))
        return _sentence(found)

    def paragraph(self, key: str, **values: Span | Spans | str) -> Paragraph:
        return Paragraph(self.say(key, **values))

    def point(self, key: str, **values: Span | Spans | str) -> Paragraph:
        return Paragraph(self.say(key, **values), point=True)

    def section(self, key: str, blocks: Sequence[Any]) -> Section:
        return Section(key, self.label(words_frame.SECTIONS[key]), tuple(blocks))

    def listing(self, items: Sequence[Spans | str]) -> Spans:
        """Items as a list in a sentence, each with its own source."""
        marks = [f"\x00{number}\x00" for number in range(len(items))]
        parts = self.language.listing(marks).split("\x00")
        return tuple(
            span
            for place, part in enumerate(parts)
            for span in (_spans(items[int(part)]) if place % 2 else (Span(part),))
            if span.text
        )

    def titles(self, measures: Sequence[str]) -> Spans:
        """Measures in a sentence; in quotation marks, since their titles have commas."""
        return self.listing([self.text("quoted", text=self.title(key)) for key in measures])

    def lines(self, items: Sequence[Spans | str], between: str = "\n") -> Spans:
        """Items below one another in a cell, or with something else between them; a dash for none."""
        if not items:
            return (Span("–"),)
        return tuple(
            span
            for place, item in enumerate(items)
            for span in ((Span(between),) if place else ()) + _spans(item)
        )

    def dimension(self, key: str) -> str:
        return self.label(self.given.model.dimension(key).name)

    def dimensions(self, found: Sequence[Assessed]) -> Spans:
        return self.listing([self.dimension(one.dimension) for one in found])

    # Numbers with their sources

    def source(self, key: str, pattern: str, **values: str) -> str:
        """The key of a source, which is described when it is first named."""
        if key not in self.sources:
            text = self.label(words_frame.SOURCES[pattern]).format(**values)
            self.sources[key] = Source(key, text)
        return key

    def day(self, day: date, source: str) -> Span:
        return Span(self.language.day(day), source)

    def last_day(self, ends: date, source: str) -> Span:
        """The last day before the end of a half-open period."""
        return self.day(ends - timedelta(days=1), source)

    def days_by_role(self) -> dict[str, float]:
        """Person days of all scheduled measures by role, in the order of the catalogue."""
        found: dict[str, float] = {}
        for one in self.given.plan.schedule.placed if self.given.plan else ():
            for role, effort in one.task.effort.items():
                found[role] = found.get(role, 0.0) + effort.likely
        return {role.value: found[role.value] for role in Role if role.value in found}

    def number(self, value: float, source: str) -> Span:
        return Span(self.language.number(round(value, 1)), source)

    def decimal(self, value: float, source: str) -> Span:
        """A level, to one decimal."""
        return Span(self.language.decimal(value, 1), source)

    def at(self, one: Assessed, kind: Kind) -> Span:
        """The level of a kind of evidence that has one."""
        return self.decimal(one.strand(kind).level or 0.0, self.evidence(one, kind))

    def level(self, one: Assessed, kind: Kind) -> Spans:
        """The level of a kind of evidence with its interval, or why there is none."""
        strand, source = one.strand(kind), self.evidence(one, kind)
        if strand.level is None:
            return (Span(self.why(strand)),)
        if strand.low is None or strand.high is None:
            return (self.decimal(strand.level, source),)
        low, high = self.decimal(strand.low, source), self.decimal(strand.high, source)
        return self.say("between", level=self.decimal(strand.level, source), low=low, high=high)

    def why(self, strand: Strand) -> str:
        """Why there is no level."""
        return self.text(f"why_{strand.insufficient or 'coverage'}")

    def value(self, seen: Observation, *, interval: bool = False) -> Spans:
        """An observed value, with its interval if asked for, or why it is not shown."""
        unit = CATALOG[seen.metric].unit
        if seen.value is None:
            return (Span(self.unseen(seen)),)
        shown = self.language.value(seen.value, unit)
        if interval and seen.low is not None and seen.high is not None:
            bounds = [self.language.value(one, unit) for one in (seen.low, seen.high)]
            shown = self.text("between", level=shown, low=bounds[0], high=bounds[1])
        said = (Span(shown, self.metric(seen)),)
        falling = seen.anchors[0] > seen.anchors[-1]
        return (*said, Span(self.text("less_is_better"))) if falling and not interval else said

    def unseen(self, seen: Observation) -> str:
        if seen.reason == "coverage":
            return self.language.text("too little was read")
        if seen.reason == "not_published":
            return hidden(None, self.language)
        return hidden(
            PublishedValue(state=seen.state, reason=seen.reason, low=None, high=None), self.language
        )

    def cell(self, found: PublishedValue, series: Series) -> Spans:
        """A published value of a series, or why it is not shown."""
        if found.state != "published" or found.value is None:
            shown = PublishedValue(state=found.state, reason=found.reason, low=None, high=None)
            return (Span(hidden(shown, self.language)),)
        unit = CATALOG[series.metric].unit
        source = self.of_metric(series, found.since, found.until, found.people, self.given.publication)
        return (Span(self.language.value(found.value, unit), source),)

    def figure(self, figure: ReferenceFigure, reference: Reference) -> Span:
        """A published value of others."""
        shown = self._figure(figure.value, figure.unit)
        if figure.high is not None:
            shown = f"{shown} – {self._figure(figure.high, figure.unit)}"
        return Span(shown, self.of_reference(reference))

    def _figure(self, value: float, unit: str) -> str:
        match unit:
            case "share":
                return self.language.percent(value)
            case "hours":
                return self.language.plural("%(number)s hour", "%(number)s hours", value)
        return self.language.number(value)

    def metric_name(self, metric: str, category: str) -> str:
        found = CATALOG[metric]
        name = self.label(found.label)
        return f"{name} ({self.label(found.categories[category])})" if category else name

    def from_catalogue(self, label: Label) -> Span:
        return Span(" ".join(self.label(label).split()), self.catalogue())

    def from_model(self, label: Label) -> Span:
        return Span(" ".join(self.label(label).split()), self.of_model())

    def title(self, measure: str) -> str:
        return self.words.title(measure)

    def role(self, role: str) -> str:
        return self.words.role(Role(role))

    def facts(self, facts: Sequence[Fact]) -> Spans:
        """Facts in a sentence."""
        return self.listing([self.text("quoted", text=self.fact_name(fact)) for fact in facts])

    def standing(self, fact: Fact) -> str:
        return self.language.text(STATES[fact.state])

    def fact_name(self, fact: Fact) -> str:
        return self.label(next(one for one in self.given.model.facts() if one.key == fact.key).name)

    # Sources

    def evidence(self, one: Assessed, kind: Kind) -> str:
        result, name = self.given.result, self.dimension(one.dimension)
        digest = (result.publication or "")[:12] or "–"
        match kind:
            case Kind.TOLD:
                return self.source(
                    f"told:{one.dimension}",
                    "told",
                    round=self.round(),
                    period=self._round_days(),
                    dimension=name,
                    people=self._people(one.strand(kind).people),
                )
            case Kind.OBSERVED:
                until = self.language.day(result.data_until - timedelta(days=1)) if result.data_until else "–"
                return self.source(
                    f"observed:{one.dimension}", "observed", dimension=name, until=until, digest=digest
                )
        day = self.language.day(result.created.date())
        return self.source(f"documented:{one.dimension}", "documented", dimension=name, day=day)

    def round(self) -> str:
        found = self.given.round
        if found is None:
            return self.given.result.round or "–"
        return found.de if self.code == "de" else found.en

    def _round_days(self) -> str:
        found = self.given.round
        if found is None or found.opened is None or found.closed is None:
            return ""
        return f", {self.language.day(found.opened)} – {self.language.day(found.closed)}"

    def _people(self, number: int | None) -> str:
        if number is None:
            return self.label(words_frame.SOURCES["no_people"])
        return self.label(words_frame.SOURCES["people"]).format(number=self.language.number(number))

    def metric(self, seen: Observation) -> str:
        indicator = next(one for one in self.given.model.indicators() if one.key == seen.key)
        series = Series(seen.metric, seen.category, indicator.window, indicator.scope)
        if seen.since is None or seen.until is None:
            raise ValueError(f"{seen.key} has a value and no period")
        return self.of_metric(
            series, seen.since, seen.until, seen.people, self.given.result.publication or ""
        )

    def of_metric(self, series: Series, since: date, until: date, people: int | None, digest: str) -> str:
        return self.source(
            f"metric:{series.metric}:{series.category}:{series.window}:{since.isoformat()}:{digest[:12]}",
            "metric",
            label=self.metric_name(series.metric, series.category),
            period=self.language.period(since, until),
            people=self._people(people),
            digest=digest[:12] or "–",
        )

    def of_reference(self, one: Reference) -> str:
        meaning = self.given.references.certainties[one.certainty]
        return self.source(
            f"reference:{one.key}",
            "reference",
            source=one.source,
            year=str(one.year) if one.year else self.label(words_frame.SOURCES["no_year"]),
            certainty=one.certainty.value,
            meaning=self.label(meaning),
        )

    def assessment(self) -> str:
        result = self.given.result
        day = self.language.day(result.created.date())
        return self.source(
            "assessment", "assessment", day=day, version=result.model_version, digest=self.given.digest[:12]
        )

    def of_model(self) -> str:
        model = self.given.model
        return self.source(
            "model", "model", version=model.version, released=self.language.day(model.released)
        )

    def catalogue(self) -> str:
        found = self.given.catalogue
        released = self.language.day(found.released)
        return self.source("catalogue", "catalogue", version=found.version, released=released)

    def plan(self) -> str:
        return self.source("plan", "plan", day=self.language.day(self.given.today))

    def decisions(self) -> str:
        return self.source("decisions", "decisions", day=self.language.day(self.given.today))

    def coverage(self) -> str:
        given = self.given
        until = self.language.day(given.data_until) if given.data_until else "–"
        digest = given.publication[:12] or "–"
        return self.source("coverage", "coverage", digest=digest, until=until)


def _spans(given: Span | Spans | str) -> Spans:
    if isinstance(given, str):
        return (Span(given, name=True),) if given else ()
    return (given,) if isinstance(given, Span) else given


def _sentence(found: Sequence[Span]) -> Spans:
    """Without the second full stop where a filled place ended with one."""
    made: list[Span] = []
    for span in found:
        before = made[-1].text if made else ""
        if span.text.startswith(".") and before.endswith((".", "!", "?", "…")):
            rest = span.text[1:]
            if rest:
                made.append(Span(rest, span.source, span.name))
        elif span.text:
            made.append(span)
    return tuple(made)


__all__ = ["FEW", "KINDS", "Writer", "plain"]
