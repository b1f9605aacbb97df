"""How the organisation compares: with its own past, with its peers, and with what others published. Each part is a function."""

from collections.abc import Iterator, Mapping, Sequence

from service.advice.rules import Series
from service.advice.situation import newest, trend
from service.comparison.draw import Placed
from service.comparison.history import HalfYearValue
from service.comparison.outside import Relation, relation
from service.maturity.result import Kind
from service.models import PublishedValue
from service.references import Figure as ReferenceFigure
from service.references import Reference
from service.reports.document import Block, Heading, Paragraph, Section, Span, Spans, Table
from service.reports.writer import Writer
from service.web.comparison_words import STEPS

SIDES = {Relation.HIGHER: "above", Relation.LOWER: "below", Relation.NOT_APART: "level_with"}


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
            side = SIDES.get(_relation(reference, figure, ours))
            if side is not None:
                yield w.point(
                    side,
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


def _relation(reference: Reference, figure: ReferenceFigure, ours: PublishedValue) -> Relation:
    own = HalfYearValue(ours.since, ours.until, ours.value, ours.low, ours.high, ours.state, ours.reason)
    return relation(reference, figure, own)


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


def peers(w: Writer) -> Iterator[Block]:
    """Quartiles of comparable organisations, as they were drawn; none where there are too few."""
    yield Heading(w.text("peers"))
    found = [one for one in w.given.peers if one.quartiles is not None]
    if not found:
        yield w.paragraph("no_peers")
        return
    yield w.paragraph("peers_intro")
    for one in found:
        side = _quarter(one)
        if side is not None:
            yield w.point(side, metric=_subject(w, one), ours=_placed(w, one, _own(one)))
    head = tuple(w.text(key) for key in ("metric", "ours", "first", "median", "third", "peers_below"))
    rows = tuple(_peer_row(w, one) for one in found)
    yield Table(w.text("peers_caption"), head, rows, (36, 12, 13, 12, 13, 14))


def _peer_row(w: Writer, one: Placed) -> tuple[Spans, ...]:
    drawn, below = one.quartiles, one.position
    quartiles = (drawn.first, drawn.median, drawn.third) if drawn else (None, None, None)
    share: Spans = (Span("–"),)
    if below is not None:
        share = (Span(w.language.percent(below.below), _peers(w, one)),)
    return (
        (Span(_subject(w, one), name=True),),
        *(_placed(w, one, value) for value in (_own(one), *quartiles)),
        share,
    )


def _own(one: Placed) -> float | None:
    return one.own.value if one.own else None


def _subject(w: Writer, one: Placed) -> str:
    subject = one.subject
    if subject.kind is None:
        return w.metric_name(subject.metric, subject.category)
    return f"{w.dimension(subject.dimension)}, {w.text(subject.kind.value).lower()}"


def _placed(w: Writer, one: Placed, value: float | None) -> Spans:
    if value is None:
        return (Span("–"),)
    unit = one.subject.unit
    return (
        Span(w.language.decimal(value, 1) if unit is None else w.language.value(value, unit), _peers(w, one)),
    )


def _quarter(one: Placed) -> str | None:
    """Whether the own value lies in the upper or the lower quarter, as far as the interval of its place lets that be said."""
    if one.position is None:
        return None
    if one.position.low >= 0.75:
        return "peers_upper"
    return "peers_lower" if one.position.high <= 0.25 else None


def _peers(w: Writer, one: Placed) -> str:
    step = w.language.text(STEPS[one.step]) if one.step else "–"
    day = w.language.day(one.drawn) if one.drawn else "–"
    return w.source(
        f"peers:{one.step}:{one.peers}:{one.drawn}",
        "peers",
        number=w.language.number(one.peers),
        step=step,
        day=day,
    )


PARTS = (history, peers, references)
