"""Writes docs/measures.md from the newest catalogue: `python -m service.advice.catalogue.page > docs/measures.md`."""

import sys
from collections.abc import Iterator

from metrics.catalog import CATALOG
from metrics.metric import Direction, Label, Mark, Measure, Window
from service.advice.catalogue import instruments, parts
from service.advice.catalogue.reading import current, releases
from service.advice.catalogue.triggers import (
    AgreementCondition,
    AllOf,
    AnyOf,
    Bounded,
    Condition,
    DontKnowCondition,
    FactCondition,
    Leaf,
    LevelCondition,
    MetricCondition,
    SizeCondition,
    TrendCondition,
)

_MARKS = {
    Mark.READ: "read at the source or as quoted",
    Mark.KNOWN: "known from the literature",
    Mark.OWN: "our own; no authority behind it",
}
_WINDOWS = {Window.WEEK: "ISO week", Window.DAYS28: "28 days", Window.WEEKS26: "half-year"}
_KINDS = {parts.Kind.START: "to start", parts.Kind.ADJUST: "to adjust"}

_INTRODUCTION = """\
# Measures and instruments

What Resonanz can advise, when, what it takes, and how to tell later whether it worked; and the instruments to find fields in which
social communication would help. This page is written from the data files in `service/advice/catalogue/`; change them there and run
`python -m service.advice.catalogue.page > docs/measures.md`.

## How to read it

- **Start or adjust.** A measure *to start* is for a dimension below level 2, one *to adjust* for a dimension that has been begun. What
  helps the one can harm the other: there is no point in renewing dialogue formats that do not exist.
- **When.** The trigger is a rule over the assessment, published values of metrics and documented facts. Where something it needs is not
  known, the measure is not advised but named as one that might apply, with what would have to be known. Documents nobody has
  assessed are unknown, not absent.
- **Needs first.** A measure comes after those it needs. A documented fact that is met stands in for the measure.
- **Effort** is in person days for putting the measure in place, **running** effort in person days per four weeks from then on; both as
  low / likely / high, and by role, never by person. Where it grows with rooms, pages, leaders, events or departments, a typical number
  is given; put in your own.
- **Proof.** By when which published value should have moved, how far and in which direction. If it has not by the end of that time, the
  measure did not work, and something else is needed. Values move for other reasons too: a proof is an indication.
- **Marks.** [R] read at the source or as quoted, [K] known from the literature, [D] our own.
- No measure ranks people, counts how much individuals write, or asks anyone to look at what a person does.
"""


def page() -> str:
    """The page in Markdown."""
    return _INTRODUCTION + "\n".join(_lines(current())) + "\n"


def _lines(catalogue: parts.Catalogue) -> Iterator[str]:
    yield from ("", f"## Version {catalogue.version}", "")
    yield from (catalogue.description.en, "", f"*{catalogue.description.de}*", "")
    yield from (catalogue.estimates.en, "", f"*{catalogue.estimates.de}*")
    for dimension in dict.fromkeys(one.dimension for one in catalogue.measures):
        yield from ("", f"## {dimension.capitalize()}", "")
        yield "| Measure | Kind | Levels | Person days | Weeks |"
        yield "|---|---|---|---|---|"
        for one in catalogue.of(dimension):
            yield (
                f"| {_both(one.title)} | {_KINDS[one.kind]} | {one.from_level:g} to {one.to_level:g} "
                f"| {_span(one.days())} | {_span(one.duration)} |"
            )
        for one in catalogue.of(dimension):
            yield from _measure(one, catalogue)
    yield from _instruments(catalogue.instruments)
    yield from ("", "## Versions", "", "| Version | Released | What is new | Digest |", "|---|---|---|---|")
    for release in reversed(releases()):
        yield f"| {release.version} | {release.released} | {_both(release.summary)} | `{release.digest[:12]}` |"


def _measure(one: parts.Measure, catalogue: parts.Catalogue) -> Iterator[str]:
    yield from ("", f"### {one.title.en} · {one.title.de}", "")
    yield from (f"`{one.key}` · {one.description.en}", "", f"*{one.description.de}*", "")
    yield from ("| | |", "|---|---|")
    also = f", helps {', '.join(one.also)}" if one.also else ""
    yield f"| For | {_KINDS[one.kind]}, from about level {one.from_level:g} to {one.to_level:g}{also} |"
    yield f"| First step | {_both(one.first_step)} |"
    yield f"| When it is good | {_both(one.good)} |"
    yield f"| Trigger | {in_words(one.trigger)} |"
    for needed in one.prerequisites:
        names = [
            *([f"measure `{needed.measure}`"] if needed.measure else []),
            *([f"fact `{needed.fact}`"] if needed.fact else []),
        ]
        yield f"| Needs first | {' or '.join(names)}: {_both(needed.reason)} |"
    yield f"| Effort | {_efforts(one.effort, catalogue)} |"
    if one.running:
        yield f"| Running | {_efforts(one.running, catalogue)} |"
    yield f"| Duration | {_span(one.duration)} weeks |"
    yield f"| Capacity | {_both(one.capacity)} |"
    yield f"| Changes the work of | {', '.join(catalogue.audiences[audience].en for audience in one.audience)} |"
    for risk in one.risks:
        yield f"| Risk | {_both(risk.risk)} — {_both(risk.counter)} |"
    for proof in one.proofs:
        yield f"| Proof | {_proof(proof)} |"
    for citation in one.citations:
        yield f"| Source | [{citation.mark}] {citation.text} ({_MARKS[citation.mark]}) |"


def _efforts(efforts: tuple[parts.Effort, ...], catalogue: parts.Catalogue) -> str:
    told = []
    for effort in efforts:
        text = f"{catalogue.roles[effort.role].en} {_span(effort)}"
        if effort.per is not parts.Driver.ORGANISATION:
            text += f" {catalogue.drivers[effort.per].en} (typically {effort.amount:g})"
        told.append(text)
    return "; ".join(told)


def _proof(proof: parts.Proof) -> str:
    when = f"between week {proof.shows.earliest} and {proof.shows.latest}"
    if proof.fact is not None:
        return f"the fact `{proof.fact}` is met, {when}"
    if proof.told is not None:
        return f"the level told of {proof.told} rises by {proof.low:g} to {proof.high:g}, {when}"
    metric, window, scope = proof.metric or "", proof.window or Window.DAYS28, proof.scope
    part = f", part `{proof.category}`" if proof.category else ""
    scale, unit = (
        (100.0, " percentage points") if CATALOG[metric].unit is Measure.SHARE else (1.0, _unit(metric))
    )
    verb = "rises" if proof.direction is Direction.UP else "falls"
    return (
        f"`{metric}`{part} ({scope}, {_WINDOWS[window]}) {verb} by {scale * (proof.low or 0):g} to "
        f"{scale * (proof.high or 0):g}{unit}, {when}"
    )


def _unit(metric: str) -> str:
    unit = CATALOG[metric].unit
    return f" {unit.value}" if unit in (Measure.HOURS, Measure.DAYS) else ""


def in_words(condition: Condition) -> str:
    """The condition in English words."""
    match condition:
        case AllOf():
            return "all of: " + "; ".join(f"({in_words(one)})" for one in condition.all)
        case AnyOf():
            return "any of: " + "; ".join(f"({in_words(one)})" for one in condition.any)
        case _:
            return _leaf(condition)


def _leaf(leaf: Leaf) -> str:
    match leaf:
        case LevelCondition():
            strand = "any kind of evidence" if leaf.strand == "any" else leaf.strand.value
            words = f"level of {leaf.dimension}, {strand}, {_bounds(leaf)}"
        case AgreementCondition():
            words = f"{leaf.dimension}: {leaf.agreement.replace('_', ' ')}"
        case DontKnowCondition():
            words = f"“don't know” on {leaf.dont_know} {_bounds(leaf, share=True)}"
        case MetricCondition():
            share = CATALOG[leaf.metric].unit is Measure.SHARE
            words = f"{_series(leaf)} {_bounds(leaf, share=share)}"
        case TrendCondition():
            words = f"{_series(leaf)} is {leaf.trend.value}"
        case FactCondition():
            words = f"fact `{leaf.fact}` is {' or '.join(leaf.standing)}"
        case SizeCondition():
            words = f"people per room {_bounds(leaf)}"
    return words


def _series(condition: MetricCondition | TrendCondition) -> str:
    part = f", part `{condition.category}`," if condition.category else ""
    return f"`{condition.metric}`{part} ({_WINDOWS[condition.window]})"


def _bounds(condition: Bounded, *, share: bool = False) -> str:
    return bounds(condition.at_least, condition.below, share=share)


def bounds(at_least: float | None, below: float | None, *, share: bool = False) -> str:
    """The range in words; in per cent for a share."""
    told = []
    for words, limit in (("at least", at_least), ("below", below)):
        if limit is not None:
            told.append(f"{words} {100 * limit:g}%" if share else f"{words} {limit:g}")
    return " and ".join(told)


def _instruments(found: instruments.Instruments) -> Iterator[str]:
    yield from ("", "# Finding fields", "", "## The matrix of needs", "")
    yield from (found.matrix.instruction.en, "", f"*{found.matrix.instruction.de}*", "")
    yield "| For | " + " | ".join(_both(purpose.name) for purpose in found.matrix.purposes) + " |"
    yield "|---|" + "---|" * len(found.matrix.purposes)
    for group in found.matrix.groups:
        cells = [_both(found.matrix.need(group.key, purpose.key).text) for purpose in found.matrix.purposes]
        yield f"| **{_both(group.name)}** | " + " | ".join(cells) + " |"
    answering = [_both(one.name) for one in found.matrix.channels if one.answers]
    others = [_both(one.name) for one in found.matrix.channels if not one.answers]
    yield from ("", f"- Others can see an answer in: {'; '.join(answering)}.")
    yield f"- They can not in: {'; '.join(others)}."
    yield from ("", "## Use cases")
    for case in found.use_cases:
        yield from _use_case(case)
    yield from _fit(found)
    yield from ("", "## Signals", "")
    yield "Each value of the organisation is a signal by itself; those of rooms or units count together for the same one."
    for signal in found.signals:
        yield from _signal(signal)


def _use_case(case: instruments.UseCase) -> Iterator[str]:
    yield from ("", f"### {case.name.en} · {case.name.de}", "")
    yield from (f"`{case.key}` · {case.description.en}", "", f"*{case.description.de}*", "")
    yield f"- Purposes: {', '.join(case.purposes)}; for: {', '.join(case.groups)}; rooms: {', '.join(case.rooms)}."
    for fits in case.fits:
        yield f"- Fits if: {_both(fits)}"
    yield f"- Does not fit: {_both(case.unfit)}"
    yield f"- First step: {_both(case.first_step)}"
    if case.measures:
        yield f"- Measures: {', '.join(f'`{key}`' for key in case.measures)}"


def _fit(found: instruments.Instruments) -> Iterator[str]:
    yield from ("", "## The fit test", "")
    yield "Yes speaks for what stands beside the question. A deciding question settles it."
    yield from ("", "| Question | Yes speaks for | Decides |", "|---|---|---|")
    for question in found.fit_questions:
        yield f"| {_both(question.text)} | {question.speaks_for.value} | {'yes' if question.decides else ''} |"
    yield ""
    for fit, name in found.fits.items():
        yield f"- {fit.value}: {_both(name)}."
    yield from ("", "Fields that are communication are scored from 1 to 5; the scores are multiplied.", "")
    yield from ("| | 1 | 3 | 5 |", "|---|---|---|---|")
    for criterion in found.criteria:
        less = " (less is better)" if criterion.less_is_better else ""
        yield (
            f"| {_both(criterion.name)}{less} | {_both(criterion.low)} | {_both(criterion.middle)} "
            f"| {_both(criterion.high)} |"
        )


def _signal(signal: instruments.Signal) -> Iterator[str]:
    yield from ("", f"### {signal.name.en} · {signal.name.de}", "")
    yield from (f"`{signal.key}` · {signal.description.en}", "", f"*{signal.description.de}*", "")
    for shown in signal.shown_by:
        part = f", part `{shown.category}`" if shown.category else ""
        share = CATALOG[shown.metric].unit is Measure.SHARE
        limits = bounds(shown.at_least, shown.below, share=share)
        yield f"- Shows in `{shown.metric}`{part} ({shown.scope}, {_WINDOWS[shown.window]}) {limits}".rstrip()
    if signal.not_published is not None:
        yield f"- Not published: {_both(signal.not_published)}"
    yield f"- Ask: {_both(signal.ask)}"
    if signal.measures:
        yield f"- Measures: {', '.join(f'`{key}`' for key in signal.measures)}"


def _span(span: parts.Span) -> str:
    return f"{span.low:g} / {span.likely:g} / {span.high:g}"


def _both(text: Label) -> str:
    return text.en if text.en == text.de else f"{text.en} · *{text.de}*"


if __name__ == "__main__":
    sys.stdout.write(page())
