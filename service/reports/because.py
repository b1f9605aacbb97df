"""Why a measure is advised: not the condition of the catalogue but what was found, with its source."""

from statistics import fmean

from service.advice.catalogue import Leaf
from service.advice.catalogue.triggers import (
    DontKnowCondition,
    FactCondition,
    LevelCondition,
    MetricCondition,
)
from service.advice.rules import series
from service.advice.situation import newest
from service.maturity.result import Kind
from service.reports.document import Span, Spans
from service.reports.judged import Judged
from service.reports.writer import KINDS, Writer


def because(w: Writer, leaf: Leaf) -> Spans:
    """A condition that holds, by what makes it hold; in the words of the catalogue where that can not be told of one value."""
    found: Spans | None = None
    match leaf:
        case LevelCondition():
            found = _level(w, leaf)
        case FactCondition():
            fact = next(iter(Judged(w.given.result).facts([leaf.fact])), None)
            if fact is not None:
                found = w.say("because_fact", fact=w.fact_name(fact), state=w.standing(fact))
        case MetricCondition():
            cells = w.given.series.get(series(leaf), ())
            if newest(cells) is not None:
                name = w.metric_name(leaf.metric, leaf.category)
                found = w.say("because_metric", metric=name, value=w.cell(cells[-1], series(leaf)))
        case DontKnowCondition():
            found = _dont_know(w, leaf)
    return found or (Span(w.words.leaf(leaf), w.catalogue()),)


def _level(w: Writer, leaf: LevelCondition) -> Spans | None:
    one = w.given.result.dimension(leaf.dimension)
    for kind in KINDS if leaf.strand == "any" else (Kind(leaf.strand),):
        level = one.strand(kind).level
        if level is not None and leaf.covers(level):
            key = "because_reached" if leaf.below is None else "because_low"
            name, told = w.dimension(one.dimension), w.text(kind.value).lower()
            return w.say(key, dimension=name, kind=told, level=w.at(one, kind))
    return None


def _dont_know(w: Writer, leaf: DontKnowCondition) -> Spans | None:
    one = w.given.result.dimension(leaf.dont_know)
    known = [seen.dont_know for seen in one.strand(Kind.TOLD).answers if seen.dont_know is not None]
    if not known:
        return None
    share = Span(w.language.percent(fmean(known)), w.evidence(one, Kind.TOLD))
    return w.say("because_dont_know", dimension=w.dimension(one.dimension), share=share)
