"""What a concept document is made of, in one language: sections of paragraphs, tables and pictures, and the sources of its numbers.

A text is a row of spans. A span that holds a digit is a number, and names the source it was taken from (`Source.key`); `unsourced` finds
every number that does not. Renderers put the number of the source behind it and list all sources at the end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text. `source` is where its numbers come from; `name`: it is what something is called, digits or not."""

    text: str
    source: str = ""
    name: bool = False

    @property
    def numbers(self) -> bool:
        return not self.name and any(character.isdigit() for character in self.text)


Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """Of level 2 or 3; level 1 is the section's own. `number` is worked out when the document is put together."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    spans: Spans
    point: bool = False
    """Whether it is a point of a list."""


@dataclass(frozen=True, slots=True)
class Table:
    """`widths` are shares of the width of the page; the header repeats on every page."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Spans, ...], ...]
    widths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing as SVG, with the words for who does not see it. `source` is where what it shows comes from."""

    caption: str
    svg: str
    alternative: Spans
    source: str


Block = Heading | Paragraph | Table | Figure


@dataclass(frozen=True, slots=True)
class Section:
    """One chapter. `key` is the same in both languages."""

    key: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Where numbers come from: metric, period and group; survey round; register; reference value; plan."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Series:
    """Values by category; None where nothing is known."""

    name: str
    values: tuple[float | None, ...]
    hidden: bool = False
    """Whether it only holds the place before others (the beginning of a bar in a plan)."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A native chart. `kind` is columns, net, bars or plan; `form` is the number format of a spreadsheet."""

    kind: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    alternative: str
    sources: tuple[str, ...]
    form: str = "0.0"
    top: float | None = None


@dataclass(frozen=True, slots=True)
class Slide:
    """One page for the board: one statement, shown."""

    key: str
    title: str
    points: tuple[Spans, ...] = ()
    chart: Chart | None = None
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """`sources` in the order in which they are first named; `words` are what renderers write themselves."""

    language: str
    title: str
    subtitle: str
    organisation: str
    created: datetime
    head: tuple[tuple[str, Spans], ...]
    sections: tuple[Section, ...]
    sources: tuple[Source, ...]
    slides: tuple[Slide, ...]
    words: dict[str, str] = field(default_factory=dict)

    def number(self, source: str) -> int:
        """Under which number a source is listed. Raises `KeyError` for one that is not."""
        for number, one in enumerate(self.sources, start=1):
            if one.key == source:
                return number
        raise KeyError(source)

    def as_data(self) -> dict[str, Any]:
        """For a template: every span with the number of the source that is to be shown behind it, or 0."""
        numbers = {one.key: number for number, one in enumerate(self.sources, start=1)}
        return {
            "language": self.language,
            "title": self.title,
            "subtitle": self.subtitle,
            "organisation": self.organisation,
            "created": self.created.isoformat(),
            "words": self.words,
            "head": [[name, marked(spans, numbers)] for name, spans in self.head],
            "sources": [one.text for one in self.sources],
            "sections": [
                {"title": one.title, "blocks": [_data(block, numbers) for block in one.blocks]}
                for one in self.sections
            ],
        }


def marked(spans: Spans, numbers: dict[str, int]) -> list[tuple[str, int]]:
    """Text and number of its source; a source is named once where several numbers in a row come from it."""
    found = []
    for place, span in enumerate(spans):
        following = next((one for one in spans[place + 1 :] if one.numbers), None)
        shown = span.numbers and span.source and not (following and following.source == span.source)
        found.append((span.text, numbers[span.source] if shown else 0))
    return found


def _data(block: Block, numbers: dict[str, int]) -> dict[str, Any]:
    match block:
        case Heading():
            return {"kind": "heading", "level": block.level, "text": block.text}
        case Paragraph():
            kind = "point" if block.point else "paragraph"
            return {"kind": kind, "spans": marked(block.spans, numbers)}
        case Table():
            return {
                "kind": "table",
                "caption": block.caption,
                "header": block.header,
                "widths": block.widths,
                "rows": [[marked(cell, numbers) for cell in row] for row in block.rows],
            }
        case Figure():
            return {
                "kind": "figure",
                "caption": block.caption,
                "svg": block.svg,
                "alternative": plain(block.alternative),
                "source": numbers[block.source],
            }


def plain(spans: Spans) -> str:
    return "".join(span.text for span in spans)


def texts(document: Document) -> Iterator[tuple[str, Span]]:
    """Every span with the section or slide it stands in."""
    for name, spans in document.head:
        yield from ((name, span) for span in spans)
    for section in document.sections:
        yield from ((section.key, span) for span in _spans(section.blocks))
    for slide in document.slides:
        for spans in slide.points:
            yield from ((slide.key, span) for span in spans)
        if slide.table is not None:
            yield from ((slide.key, span) for span in _spans([slide.table]))


def unsourced(document: Document) -> list[tuple[str, str]]:
    """Every number without a source that is listed, with the section it stands in; empty if the document is sound."""
    known = {one.key for one in document.sources}
    found = [
        (place, span.text)
        for place, span in texts(document)
        if (span.numbers and not span.source) or (span.source and span.source not in known)
    ]
    for section in document.sections:
        for block in section.blocks:
            said = block.caption if isinstance(block, Table | Figure) else ""
            said = block.text if isinstance(block, Heading) else said
            if any(character.isdigit() for character in said):
                found.append((section.key, said))
            if isinstance(block, Figure) and block.source not in known:
                found.append((section.key, block.caption))
    for slide in document.slides:
        sources = slide.chart.sources if slide.chart else ()
        found.extend((slide.key, source) for source in sources if source not in known)
    return found


def named(sections: Sequence[Section], slides: Sequence[Slide], head: Sequence[Spans]) -> list[str]:
    """The keys of all sources in the order in which they are first named."""
    keys: dict[str, None] = {}
    for spans in head:
        keys.update(dict.fromkeys(span.source for span in spans if span.source))
    for section in sections:
        for block in section.blocks:
            if isinstance(block, Figure):
                keys[block.source] = None
            keys.update(dict.fromkeys(span.source for span in _spans([block]) if span.source))
    for slide in slides:
        keys.update(dict.fromkeys(span.source for spans in slide.points for span in spans if span.source))
        if slide.table is not None:
            keys.update(dict.fromkeys(span.source for span in _spans([slide.table]) if span.source))
        keys.update(dict.fromkeys(slide.chart.sources if slide.chart else ()))
    return list(keys)


def _spans(blocks: Sequence[Block]) -> Iterator[Span]:
    for block in blocks:
        match block:
            case Paragraph():
                yield from block.spans
            case Table():
                for row in block.rows:
                    for cell in row:
                        yield from cell
            case Figure():
                yield from block.alternative
            case Heading():
                continue
