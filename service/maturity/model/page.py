"""Writes docs/maturity-model.md from the newest model: `python -m service.maturity.model.page > docs/maturity-model.md`."""

import sys
from collections.abc import Iterator, Sequence

from metrics.catalog import CATALOG
from metrics.metric import Direction, Label, Mark, Measure, Window
from service.maturity.model.parts import Dimension, Fact, Group, Indicator, Level, Model, Question, Release
from service.maturity.model.reading import current, releases

_MARKS = {
    Mark.READ: "leans on a published value, read at the source",
    Mark.KNOWN: "leans on a value known from the literature",
    Mark.OWN: "our own; no authority behind it",
}
_WINDOWS = {Window.WEEK: "ISO week", Window.DAYS28: "28 days", Window.WEEKS26: "half-year of 26 weeks"}
_GROUPS = {
    Group.EVERYONE: "Questions for everyone",
    Group.LEADERS: "Further questions for leaders",
    Group.COMMUNICATION_IT: "Further questions for communications and IT",
}

_INTRODUCTION = """\
# The maturity model

What Resonanz means by the maturity of internal social communication: seven dimensions, five levels each, and what speaks for a
level. This page is written from the data files in `service/maturity/model/`; change them there and run
`python -m service.maturity.model.page > docs/maturity-model.md`.

## How to read it

- **Three kinds of evidence stand side by side.** *Told* is what people answer in the survey, *observed* is what published values of
  metrics show, *documented* is what a document proves. They measure different things and are never averaged into one number.
- **Levels are continuous from 1 to 5**; a level is reached at its whole number. The lowest two are divided into steps, since most
  organisations start there and want to see their first progress.
- **Told.** Everybody can answer the questions for everyone from their own experience, whatever their job. *Reversed* questions are
  counted the other way round. *Short form* marks the two of each dimension that make up the short survey. “Don’t know” and “does
  not apply” stand beside the scale and are never counted as its middle.
- **Observed.** The five anchors of an indicator are the values at which levels 1 to 5 are reached; between them the scale is
  linear, beyond them it ends. They follow the written levels; published values, where there are any, are a point of orientation. The mark
  says how well they are founded. Wherever a metric has windows of 28 days the newest of them counts: half-years may have ended months ago.
- **Documented.** A fact is a *must*: without it the level cannot be reached in the staged reading, whatever the rest says. After its
  time a proof has to be renewed.
- **A dimension has a level of a kind only where the evidence covers {minimum:.0%} of its weight.** Otherwise it is said to be
  insufficient, and why.
- **The profile of seven is the result.** The weights of a focus order findings; there is no total score.

What stands behind the model: its seven dimensions cover what published models of communities and digital maturity speak of (Community
Roundtable 2009; Berghaus and Back 2016; Rossmann 2018); to combine them with observed use is our own. Building it as data with a
source for each part and a change log follows Becker, Knackstedt and Pöppelbuß 2009 and Lasrado et al. 2015. That what
people say and what platforms log agree only moderately is known (Parry et al. 2021: 106 effect sizes, r about .38), so a difference is a
finding and not an error. The model has not been validated on many organisations yet; nobody should read a level as a measured property.
"""


_NEW_VERSION = """\
A version that was released never changes, since assessments are kept with it. To change the model, copy the folder of the newest version under a
new number, edit the copy, and add an entry to `changes.toml`: what is new, question by question and indicator by indicator, and whether
levels may still be compared with those of the version before. They may where only words were made clearer; they may not where anchors, weights
or the meaning of a question moved. The tests tell the digest to record, and refuse a released version that was edited."""


def page() -> str:
    """The page in Markdown."""
    model = current()
    return _INTRODUCTION.format(minimum=model.minimum_weight) + "\n".join(_lines(model, releases())) + "\n"


def _lines(model: Model, log: Sequence[Release]) -> Iterator[str]:
    yield from ("", f"## Version {model.version}", "")
    yield from (model.description.en, "", f"*{model.description.de}*", "")
    yield from _general(model)
    for dimension in model.dimensions:
        yield from _section(dimension)
    yield from ("", "## Changes", "", _NEW_VERSION, "")
    yield "| Version | Released | What is new | Levels comparable with the version before | Digest |"
    yield "|---|---|---|---|---|"
    for release in reversed(log):
        comparable = "–" if release is log[0] else "yes" if release.comparable else "no"
        yield (
            f"| {release.version} | {release.released} | {_both(release.summary)} | {comparable} "
            f"| `{release.digest[:12]}` |"
        )
        for one in release.differences:
            yield f"| | | `{one.key}`: {_both(one.text)} | | |"


def _general(model: Model) -> Iterator[str]:
    yield from ("| Level | English | Deutsch |", "|---|---|---|")
    for number, label in enumerate(model.levels, start=1):
        yield f"| {number} | {label.en} | {label.de} |"
        for key, step in model.steps.items():
            if key.startswith(str(number)):
                yield f"| {key} | {step.en} | {step.de} |"
    yield from ("", "Weights of the dimensions in each focus, in per cent:", "")
    yield "| Focus | " + " | ".join(dimension.name.en for dimension in model.dimensions) + " |"
    yield "|---|" + "---|" * len(model.dimensions)
    for profile in model.profiles:
        weights = " | ".join(f"{100 * profile.weights[one.key]:.0f}" for one in model.dimensions)
        standard = " (unless another is chosen)" if profile.key == model.focus else ""
        yield f"| {profile.name.en} · {profile.name.de}{standard} | {weights} |"
    yield ""
    for profile in model.profiles:
        yield f"- **{profile.name.en}.** {profile.description.en}"
        yield f"  *{profile.description.de}*"
    yield from ("", "Answers:", "", "| Scale | 1 | 2 | 3 | 4 | 5 |", "|---|---|---|---|---|---|")
    for scale in model.scales:
        yield f"| {scale.key} | " + " | ".join(_both(answer) for answer in scale.answers) + " |"
    wording = model.wording
    yield from ("", f"Beside the scale: {_both(wording.dont_know)}; {_both(wording.not_applicable)}.")
    yield from ("", f"> {wording.introduction.en}", "", f"> *{wording.introduction.de}*")


def _section(dimension: Dimension) -> Iterator[str]:
    yield from ("", f"## {dimension.name.en} · {dimension.name.de}", "")
    yield from (f"`{dimension.key}` · {dimension.meaning.en}", "", f"*{dimension.meaning.de}*")
    yield from ("", "| Level | English | Deutsch |", "|---|---|---|")
    for level in dimension.levels:
        yield from _level(level)
    for group in Group:
        yield from _questions(_GROUPS[group], dimension.asked(group))
    yield from ("", "### Observed", "")
    yield from (f"What it cannot say: {dimension.limits.en}", "", f"*{dimension.limits.de}*", "")
    if dimension.no_observation is not None:
        yield from (f"No indicators: {dimension.no_observation.en}", "", f"*{dimension.no_observation.de}*")
    else:
        yield "| Indicator | Metric, window | Weight | 1 | 2 | 3 | 4 | 5 | Founded |"
        yield "|---|---|---|---|---|---|---|---|---|"
        for indicator in dimension.indicators:
            yield _indicator(indicator)
        yield ""
        for indicator in dimension.indicators:
            yield from _reasoning(indicator)
    yield from ("", "### Documented", "")
    yield from ("| Must from | Fact | What proves it | Usually with | Valid |", "|---|---|---|---|---|")
    for fact in sorted(dimension.facts, key=lambda fact: fact.level):
        yield _fact(fact)


def _level(level: Level) -> Iterator[str]:
    yield f"| **{level.number}** | {_described(level.name.en, level.description.en)} | {_described(level.name.de, level.description.de)} |"
    for step in level.steps:
        yield (
            f"| {step.key}, from {step.at} | {_described(step.name.en, step.description.en)} "
            f"| {_described(step.name.de, step.description.de)} |"
        )


def _described(name: str, description: str) -> str:
    return f"**{name}.** {description}"


def _questions(heading: str, questions: Sequence[Question]) -> Iterator[str]:
    yield from ("", f"### {heading}", "", "| Question | English | Deutsch | Scale |", "|---|---|---|---|")
    for one in questions:
        notes = [
            one.scale.value,
            *(["reversed"] if one.reverse else []),
            *(["short form"] if one.short else []),
        ]
        yield f"| `{one.key}` | {one.text.en} | {one.text.de} | {', '.join(notes)} |"


def _indicator(one: Indicator) -> str:
    metric = CATALOG[one.metric]
    category = f", part `{one.category}`" if one.category else ""
    share = metric.unit is Measure.SHARE
    anchors = " | ".join(f"{anchor:.0%}" if share else f"{anchor:g}" for anchor in one.anchors)
    better = "less is better" if one.direction is Direction.DOWN else "more is better"
    return (
        f"| {one.label.en} · {one.label.de} | `{one.metric}`{category}, {_WINDOWS[one.window]}; {better} "
        f"| {one.weight:.0%} | {anchors} | [{one.mark}] {_MARKS[one.mark]} |"
    )


def _reasoning(one: Indicator) -> Iterator[str]:
    source = f" Source: {one.citation}." if one.citation else ""
    yield f"- `{one.key}`: {one.reasoning.en} At least {one.minimum_coverage:.0%} of what exists must have been read.{source}"
    yield f"  *{one.reasoning.de}*"


def _fact(fact: Fact) -> str:
    valid = f"{fact.valid_months} months" if fact.valid_months else "without end"
    return (
        f"| {fact.level} | {_both(fact.name)} (`{fact.key}`) | {_both(fact.evidence)} | {_both(fact.owner)} "
        f"| {valid} |"
    )


def _both(text: Label) -> str:
    return text.en if text.en == text.de else f"{text.en} · *{text.de}*"


if __name__ == "__main__":
    sys.stdout.write(page())
