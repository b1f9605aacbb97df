"""Puts the concept document together in one language."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

from service.errors import Invalid
from service.reports import appendix, compared, findings, framework, planned, standing
from service.reports.board import slides
from service.reports.document import Document, Section, Span, Spans, named
from service.reports.given import Given
from service.reports.words_frame import FRAME
from service.reports.writer import Writer

LANGUAGES = ("de", "en")
SECTIONS: tuple[Callable[[Writer], Section], ...] = (
    standing.summary,
    standing.status,
    compared.comparison,
    findings.findings,
    framework.guidelines,
    framework.use_cases,
    framework.organisation,
    framework.governance,
    framework.architecture,
    planned.measures,
    planned.roadmap,
    planned.weeks,
    appendix.appendix,
)


def written(given: Given, language: str) -> Document:
    """The document; equal values give an equal one. Raises `Invalid` for a language not spoken here."""
    if language not in LANGUAGES:
        raise Invalid(f"{language!r} is not spoken here; give one of {', '.join(LANGUAGES)}")
    w = Writer(given, language)
    frame = {key: w.label(label) for key, label in FRAME.items()}
    head = _head(w, frame)
    sections = tuple(write(w) for write in SECTIONS)
    shown = slides(w)
    keys = named(sections, shown, [spans for _, spans in head])
    subtitle = given.name + (f" ({frame['synthetic']})" if given.synthetic else "")
    return Document(
        language=language,
        title=frame["title"],
        subtitle=subtitle,
        organisation=given.name,
        created=datetime.combine(given.today, time(0), UTC),
        head=head,
        sections=sections,
        sources=tuple(w.sources[key] for key in keys),
        slides=shown,
        words=frame,
    )


def _head(w: Writer, frame: dict[str, str]) -> tuple[tuple[str, Spans], ...]:
    result = w.given.result
    focus = w.label(w.given.model.profile(result.profile).name)
    rows: list[tuple[str, Spans]] = [
        (frame["head_organisation"], (Span(w.given.name, name=True),)),
        (frame["head_assessed"], (w.day(result.created.date(), w.assessment()),)),
    ]
    if result.data_until is not None:
        last = result.data_until - timedelta(days=1)
        rows.append((frame["head_data"], (w.day(last, w.assessment()),)))
    if result.round is not None:
        rows.append((frame["head_round"], (Span(w.round(), name=True),)))
    rows.append((frame["head_model"], (Span(result.model_version, w.of_model()), Span(f", {focus}"))))
    return tuple(rows)
