"""How the picture comes about, in plain words, and what stands behind each level."""

from service.maturity.result import Assessed, Kind
from service.reports.document import Block, Heading, Section, Span, Spans, Table
from service.reports.writer import KINDS, Writer

SURE = "95"
"""Cases of a hundred in which the true value lies within an interval (`service.maturity.levels.interval`)."""


def appendix(w: Writer) -> Section:
    model, catalogue = w.given.model, w.given.catalogue
    enough = Span(w.language.percent(model.minimum_weight), w.of_model())
    blocks: list[Block] = [
        Heading(w.text("method")),
        w.paragraph("method_three"),
        w.paragraph("method_anchor", enough=enough),
        w.paragraph("method_interval", sure=Span(SURE, w.of_model())),
        w.paragraph("method_agreement"),
        w.paragraph("method_people"),
        w.paragraph(
            "model_version",
            model=Span(model.version, w.of_model()),
            focus=w.label(model.profile(w.given.result.profile).name),
            catalogue=Span(catalogue.version, w.catalogue()),
        ),
        w.paragraph("estimates", text=w.from_catalogue(catalogue.estimates)),
        Heading(w.text("coverage_heading")),
        _covered(w),
        _indicators(w),
    ]
    return w.section("appendix", blocks)


def _covered(w: Writer) -> Table:
    rows = tuple(
        (
            (Span(w.dimension(one.dimension)),),
            *(_share(w, one, kind) for kind in KINDS),
        )
        for one in w.given.result.dimensions
    )
    head = (w.text("dimension"), *(w.text(kind.value) for kind in KINDS))
    return Table(w.text("coverage_caption"), head, rows, (34, 22, 22, 22))


def _share(w: Writer, one: Assessed, kind: Kind) -> Spans:
    """What is covered; a dash where there is nothing that could be."""
    strand = one.strand(kind)
    if strand.insufficient in ("not_observable", "no_round"):
        return (Span("–"),)
    return (Span(w.language.percent(strand.coverage), w.evidence(one, kind)),)


def _indicators(w: Writer) -> Table:
    """Every indicator with its value, or why it is not shown."""
    rows: list[tuple[Spans, ...]] = []
    labels = {one.key: w.label(one.label) for one in w.given.model.indicators()}
    for one in w.given.result.dimensions:
        for strand in one.strands:
            for seen in strand.observations:
                score: Spans = (Span(w.text("does_not_count")),)
                if seen.score is not None:
                    score = (w.decimal(seen.score, w.metric(seen)),)
                name = (Span(w.dimension(one.dimension)),)
                rows.append((name, (Span(labels[seen.key], name=True),), w.value(seen, interval=True), score))
    head = tuple(w.text(key) for key in ("dimension", "indicator_name", "indicator_value", "indicator_score"))
    return Table(w.text("indicators_caption"), head, tuple(rows), (18, 42, 28, 12))
