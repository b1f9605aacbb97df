"""Strengths, gaps, disagreements, chances and risks, each with what it rests on."""

from collections.abc import Iterator

from service.maturity.result import Agreement, Assessed, Kind, Observation
from service.reports.document import Block, Heading, Paragraph, Section, Span, Spans, Table
from service.reports.judged import UNMET, Judged, practice
from service.reports.standing import WORKS_AGREEMENT
from service.reports.writer import Writer

MOST = 6
MOST_RISKS = 8


def findings(w: Writer) -> Section:
    parts = (
        ("strengths", strengths),
        ("gaps", gaps),
        ("disagreements", disagreements),
        ("chances", chances),
        ("risks", risks),
    )
    return w.section("findings", [block for key, part in parts for block in (Heading(w.text(key)), *part(w))])


def strengths(w: Writer) -> list[Paragraph]:
    found = Judged(w.given.result)
    said = [
        w.point(
            "strength_told",
            dimension=w.dimension(one.dimension),
            level=w.at(one, Kind.TOLD),
        )
        for one in found.told_strong
    ]
    said += [_indicator(w, "strength_indicator", one) for one in found.strong[:MOST]]
    return said or [w.paragraph("no_strength")]


def gaps(w: Writer) -> list[Paragraph]:
    found = Judged(w.given.result)
    said = [_indicator(w, "gap_indicator", one) for one in found.weak[:MOST]]
    for one in w.given.result.dimensions:
        lacking = [
            fact for fact in one.strand(Kind.DOCUMENTED).facts if fact.state == "absent" and fact.level <= 3
        ]
        if lacking:
            said.append(w.point("gap_facts", dimension=w.dimension(one.dimension), facts=w.facts(lacking)))
    return said or [w.paragraph("no_gap")]


def _indicator(w: Writer, key: str, seen: Observation) -> Paragraph:
    indicator = next(one for one in w.given.model.indicators() if one.key == seen.key)
    score = w.decimal(seen.score or 0.0, w.metric(seen))
    return w.point(key, label=w.label(indicator.label), value=w.value(seen), score=score)


def disagreements(w: Writer) -> list[Paragraph]:
    found = Judged(w.given.result)
    said = []
    for agreement, key in (
        (Agreement.TOLD_ABOVE, "differ_told"),
        (Agreement.OBSERVED_ABOVE, "differ_observed"),
    ):
        for one in found.agreeing(agreement):
            difference = w.decimal(abs(one.difference or 0.0), w.assessment())
            said.append(w.point(key, dimension=w.dimension(one.dimension), difference=difference))
    for key, dimensions in (
        ("differ_paper", found.ahead_of_paper),
        ("differ_practice", found.ahead_of_practice),
    ):
        said += [_paper(w, key, one) for one in dimensions]
    return said or [w.paragraph("no_disagreement")]


def _paper(w: Writer, key: str, one: Assessed) -> Paragraph:
    done = practice(one)
    kind = done[1] if done else Kind.OBSERVED
    return w.point(
        key,
        dimension=w.dimension(one.dimension),
        practice=w.at(one, kind),
        paper=w.at(one, Kind.DOCUMENTED),
    )


def chances(w: Writer) -> Iterator[Paragraph]:
    found = Judged(w.given.result)
    for key, dimensions in (
        ("chance_hidden", found.agreeing(Agreement.OBSERVED_ABOVE)),
        ("chance_secure", found.ahead_of_paper),
    ):
        if dimensions:
            yield w.point(key, dimensions=w.dimensions(dimensions))
    planned = w.given.planned() or [one.measure.key for one in w.given.advised()]
    useful = [one.measure for one in w.given.proposals if one.measure.key in planned][:3]
    for measure in useful:
        yield w.point("chance_measure", title=w.title(measure.key), good=w.from_catalogue(measure.good))


def risks(w: Writer) -> Iterator[Block]:
    """Those of the measures that come first, and those the situation brings."""
    rows: list[tuple[Spans, ...]] = []
    agreement = next((one for one in Judged(w.given.result).facts([WORKS_AGREEMENT])), None)
    if agreement is None or agreement.state in (*UNMET, "disputed", "unknown"):
        rows.append(
            (
                (Span(w.text("risk_trust")),),
                (Span(w.text("risk_trust_counter")),),
                (Span(w.text("every_measure")),),
            )
        )
    planned = w.given.planned() or [one.measure.key for one in w.given.advised()]
    for key in planned[:MOST_RISKS]:
        first = w.given.catalogue.measure(key).risks[0]
        rows.append(
            (
                (w.from_catalogue(first.risk),),
                (w.from_catalogue(first.counter),),
                (Span(w.title(key), name=True),),
            )
        )
    head = tuple(w.text(key) for key in ("risk", "counter", "at_measure"))
    yield Table(w.text("risk_table"), head, tuple(rows), (34, 42, 24))
