"""How the organisation compares: with its own past, and with what others published. Each part is a function of its own."""

from collections.abc import Iterator, Mapping, Sequence

from service.advice.rules import Series
from service.advice.situation import newest, trend
from service.maturity.result import Kind
from service.models import PublishedValue
from service.references import Figure as ReferenceFigure
from service.references import Reference
from service.reports.document import Block, Heading, Paragraph, Section, Span, Spans, Table
from service.reports.writer import Writer


def comparison(w: Writer) -> Section:
    return w.section(
        "comparison", [w.paragraph("comparison_intro"), *(block for part in PARTS for block in part(w))]
    )


def history(w: Writer) -> Iterator[Block]:
    """Since the assessment before, and the metrics over their last two periods."""
    result = w.given.result
    yield Heading(w.text("history"))
    certain = [one for one in result.changes if one.direction]
    if result.compared_with is None:
        yield w.paragraph("first_time")
    else:
        day = w.language.day(result.created.date())
        before = w.language.day(result.compared_with.date())
        source = w.source("before", "before", day=day, before=before)
        if not certain:
            yield w.paragraph("no_change", day=Span(before, source))
        for change in certain:
            yield w.point(
                str(change.direction),
                dimension=w.dimension(change.dimension),
                kind=w.text(Kind(change.kind).value).lower(),
                before=w.decimal(change.before, source),
                after=w.decimal(change.after, source),
            )
    rows = [row for series, cells in _indicator_series(w).items() if (row := _history_row(w, series, cells))]
    if rows:
        yield w.paragraph("series_intro")
        head = tuple(w.text(key) for key in ("metric", "then", "now", "direction"))
        yield Table(w.text("series_caption"), head, tuple(rows), (46, 18, 18, 18))


def _indicator_series(w: Writer) -> Mapping[Series, Sequence[PublishedValue]]:
    asked = [Series(one.metric, one.category, one.window, one.scope) for one in w.given.model.indicators()]
    return {one: w.given.series.get(one, ()) for one in dict.fromkeys(asked)}


def _history_row(w: Writer, series: Series, cells: Sequence[PublishedValue]) -> tuple[Spans, ...] | None:
    """The newest period beside the one before; none where either is hidden."""
    if newest(cells) is None:
        return None
    before = next((one for one in reversed(cells) if one.until <= cells[-1].since), None)
    if before is None or before.state != "published":
        return None
    moved = trend(cells)
    direction = w.text(moved.value if moved else "no_direction")
    name = w.metric_name(series.metric, series.category)
    return (Span(name),), w.cell(before, series), w.cell(cells[-1], series), (Span(direction),)


def references(w: Writer) -> Iterator[Block]:
    """Our values beside comparable published ones, and for which metrics there are none."""
    yield Heading(w.text("outside"))
    found = comparable(w)
    if found:
        for series, reference, figure, ours in found:
            if reference.firm:
                yield w.point(
                    _side(figure, ours),
                    metric=w.metric_name(series.metric, series.category),
                    ours=w.cell(ours, series),
                    label=Span(w.label(figure.label), w.of_reference(reference)),
                    theirs=w.figure(figure, reference),
                )
        yield _reference_table(w, found)
    else:
        yield w.paragraph("no_reference_value")
    without = [metric for gap in w.given.references.missing for metric in gap.metrics]
    used = [one.metric for one in w.given.model.indicators()]
    names = [w.metric_name(metric, "") for metric in dict.fromkeys(used) if metric in without]
    if names:
        yield w.paragraph("no_reference", metrics=w.listing(names))


Compared = tuple[Series, Reference, ReferenceFigure, PublishedValue]


def comparable(w: Writer) -> list[Compared]:
    """Every published value of others that may stand beside one of ours that is shown."""
    found: list[Compared] = []
    for reference in w.given.references.references:
        known = reference.comparable
        if known is None:
            continue
        series = Series(known.metric, known.category, known.window, known.scope)
        cells = w.given.series.get(series, ())
        if newest(cells) is not None:
            found.extend((series, reference, reference.figures[place], cells[-1]) for place in known.figures)
    return found


def _side(figure: ReferenceFigure, ours: PublishedValue) -> str:
    """Above or below only where our interval leaves the value of others outside."""
    low = ours.low if ours.low is not None else ours.value or 0.0
    high = ours.high if ours.high is not None else ours.value or 0.0
    if low > (figure.high if figure.high is not None else figure.value):
        return "above"
    return "below" if high < figure.value else "level_with"


def _reference_table(w: Writer, found: Sequence[Compared]) -> Table:
    rows = tuple(
        (
            (Span(w.metric_name(series.metric, series.category)),),
            w.cell(ours, series),
            (Span(f"{w.label(figure.label)}: ", w.of_reference(reference)), w.figure(figure, reference)),
            (Span(w.label(reference.comparable.differences), w.of_reference(reference)),)
            if reference.comparable
            else (Span("–"),),
        )
        for series, reference, figure, ours in found
    )
    head = tuple(w.text(key) for key in ("metric", "ours", "theirs", "differs"))
    return Table(w.text("reference_caption"), head, rows, (22, 12, 24, 42))


def says(w: Writer) -> list[Spans]:
    """The comparison in sentences, for the board."""
    return [
        block.spans for part in PARTS for block in part(w) if isinstance(block, Paragraph) and block.point
    ]


PARTS = (history, references)
