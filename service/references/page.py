"""Writes docs/references.md from the collection: `python -m service.references.page > docs/references.md`."""

import sys
from collections.abc import Iterator

from metrics.metric import Label, Mark, Window
from service.references.parts import Figure, Reference, References, Statistic
from service.references.reading import references

_MARKS = {
    Mark.READ: "read at the source or as quoted",
    Mark.KNOWN: "known from the literature",
    Mark.OWN: "our own",
}
_STATISTICS = {
    Statistic.MEAN: "mean",
    Statistic.MEDIAN: "median",
    Statistic.FIRST_QUARTILE: "first quartile",
    Statistic.THIRD_QUARTILE: "third quartile",
    Statistic.SHARE: "share",
    Statistic.TARGET: "recommended",
    Statistic.TOP: "best",
    Statistic.SINGLE: "one organisation",
    Statistic.BOUND: "bound",
}
_WINDOWS = {Window.WEEK: "ISO week", Window.DAYS28: "28 days", Window.WEEKS26: "half-year of 26 weeks"}
_UNITS = {
    "hours": " hours",
    "minutes": " minutes",
    "people": " people",
    "years": " years",
    "scale_1_7": " on 1 to 7",
    "correlation": "",
}

_INTRODUCTION = """\
# Published reference values

What others measured, and how far it may be compared with our metrics. This page is written from
`service/references/references.toml`; change it there and run `python -m service.references.page > docs/references.md`.

## How to read it

- A value is *comparable* only where a metric of ours counts the same, over the same window. What still differs is told beside it.
- Everything else says why it is not comparable. It can be told near a metric, never on one scale with it.
- Only a comparable value read at its source is firm enough to call our own value higher or lower than it. None of them is a grade.
- Certainty: A read at or near the source, B read as quoted by others, C from memory.
- No quartiles were published for any of these values, so a place within a distribution can not be told from them.
"""


def page() -> str:
    """The page in Markdown."""
    return _INTRODUCTION + "\n".join(_lines(references())) + "\n"


def _lines(collection: References) -> Iterator[str]:
    yield from ("", f"## Version {collection.version}", "")
    yield from (collection.description.en, "", f"*{collection.description.de}*", "")
    yield from ("| Reference | Comparable with | Year | Certainty | Use |", "|---|---|---|---|---|")
    for one in collection.references:
        beside = f"`{one.comparable.metric}`" if one.comparable else "–"
        yield f"| {_both(one.name)} | {beside} | {one.year or '–'} | {one.certainty} | {collection.uses[one.use].en} |"
    for one in collection.references:
        yield from _section(one, collection)
    yield from ("", "## Metrics without a published value", "", "| Metrics | Why |", "|---|---|")
    for gap in collection.missing:
        yield f"| {', '.join(f'`{key}`' for key in gap.metrics)} | {_both(gap.reason)} |"


def _section(one: Reference, collection: References) -> Iterator[str]:
    yield from ("", f"## {one.name.en} · {one.name.de}", "", f"`{one.key}`", "", "| | |", "|---|---|")
    for figure in one.figures:
        yield f"| {_both(figure.label)}{f', {figure.year}' if figure.year else ''} | {_value(figure)} ({_STATISTICS[figure.statistic]}) |"
    yield f"| What it counts | {_both(one.definition)} |"
    yield f"| Window | {_both(one.window)} |"
    yield f"| Population | {_both(one.population)} |"
    if one.countries:
        yield f"| Countries | {', '.join(one.countries)} |"
    if one.industry is not None:
        yield f"| Industry | {_both(one.industry)} |"
    yield f"| Source | [{one.mark}] {one.source} ({_MARKS[one.mark]}); year: {one.year or 'not stated'} |"
    yield f"| Certainty | {one.certainty}: {_both(collection.certainties[one.certainty])} |"
    yield f"| Use | {_both(collection.uses[one.use])}. {_both(one.advice)} |"
    if one.comparable is not None:
        part = f", part `{one.comparable.category}`" if one.comparable.category else ""
        yield (
            f"| Comparable with | `{one.comparable.metric}`{part} ({one.comparable.scope}, "
            f"{_WINDOWS[one.comparable.window]}) |"
        )
        yield f"| What differs | {_both(one.comparable.differences)} |"
    if one.not_comparable is not None:
        yield f"| Not comparable | {_both(one.not_comparable)} |"
    if one.near:
        yield f"| Near | {', '.join(f'`{key}`' for key in one.near)} |"


def _value(figure: Figure) -> str:
    if figure.unit == "share":
        return _range(100 * figure.value, None if figure.high is None else 100 * figure.high) + "%"
    return _range(figure.value, figure.high) + _UNITS[figure.unit]


def _range(low: float, high: float | None) -> str:
    numbers = [f"{low:,.10g}", *([] if high is None else [f"{high:,.10g}"])]
    return " to ".join(numbers)


def _both(text: Label) -> str:
    return text.en if text.en == text.de else f"{text.en} · *{text.de}*"


if __name__ == "__main__":
    sys.stdout.write(page())
