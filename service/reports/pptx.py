"""The summary for the board as PPTX: one statement on each slide, native charts, sources in the notes."""

import io
from collections.abc import Sequence
from typing import Any

import pptx
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION
from pptx.enum.text import MSO_ANCHOR
from pptx.oxml.ns import qn
from pptx.util import Cm, Pt

from service.office import LANGUAGES, steady
from service.reports.document import Chart, Document, Slide, Spans, Table, plain

colour_of: Any = RGBColor  # python-pptx is typed in part only
chart_data: Any = CategoryChartData
INK, QUIET = colour_of(0x0B, 0x39, 0x54), colour_of(0x4F, 0x5D, 0x6B)
COLOURS = (colour_of(0x8A, 0x4F, 0xA0), colour_of(0x0A, 0x6A, 0x73), colour_of(0x9A, 0x4A, 0x00))
"""Told, observed, documented, as in the drawings; the plan uses the last for the critical path."""
KINDS = {
    "columns": XL_CHART_TYPE.COLUMN_CLUSTERED,
    "net": XL_CHART_TYPE.RADAR_MARKERS,
    "bars": XL_CHART_TYPE.BAR_CLUSTERED,
    "plan": XL_CHART_TYPE.BAR_STACKED,
}
LEFT, WIDE, HALF, TOP, TALL = 1.6, 30.6, 13.4, 3.6, 14.2
"""Centimetres of a slide of 33.87 by 19.05."""
TITLE_ONLY = 5
LONGEST = 60
"""Letters of a name in a chart."""


def to_pptx(document: Document) -> bytes:
    """Slides in 16:9 in the language of the document; equal documents give equal bytes."""
    made: Any = pptx.Presentation()
    made.slide_width, made.slide_height = Cm(33.867), Cm(19.05)
    _front(made, document)
    for slide in document.slides:
        _slide(made, slide, document)
    for slide in made.slides:
        _speak(slide._element, document.language)
    properties = made.core_properties
    properties.title = f"{document.title}: {document.organisation}"
    properties.subject, properties.author, properties.comments = document.subtitle, "Resonanz", ""
    properties.language, properties.last_modified_by, properties.revision = document.language, "Resonanz", 1
    properties.created = properties.modified = document.created.replace(tzinfo=None)
    stream = io.BytesIO()
    made.save(stream)
    return steady(stream.getvalue(), document.created)


def _front(made: Any, document: Document) -> None:
    slide = made.slides.add_slide(made.slide_layouts[TITLE_ONLY])
    _title(slide, document.title, top=5.2, size=38)
    box = _box(slide, top=8.6, height=6.0)
    _line(box.text_frame, document.subtitle, 22, first=True)
    for name, spans in document.head[1:]:
        _line(box.text_frame, f"{name}: {plain(spans)}", 15)
    used = [span.source for _, spans in document.head for span in spans if span.source]
    _notes(slide, document, used)


def _slide(made: Any, given: Slide, document: Document) -> None:
    slide = made.slides.add_slide(made.slide_layouts[TITLE_ONLY])
    _title(slide, given.title, top=0.9, size=28)
    used = [span.source for spans in given.points for span in spans if span.numbers and span.source]
    beside = bool(given.points and given.chart)
    if given.points:
        _points(
            slide, given.points, width=HALF if beside else WIDE, size=_fitting(given.points, beside=beside)
        )
    if given.chart is not None:
        _chart(slide, given.chart, left=LEFT + HALF + 0.6 if beside else LEFT)
        used.extend(given.chart.sources)
    if given.table is not None:
        _table(slide, given.table)
        used.extend(span.source for row in given.table.rows for cell in row for span in cell if span.source)
    _notes(slide, document, used)


def _title(slide: Any, text: str, *, top: float, size: int) -> None:
    title = slide.shapes.title
    title.left, title.top, title.width, title.height = (
        Cm(LEFT),
        Cm(top),
        Cm(WIDE),
        Cm(2.2 if size < 30 else 3.0),
    )
    title.text_frame.text = text
    title.text_frame.word_wrap, title.text_frame.vertical_anchor = True, MSO_ANCHOR.MIDDLE
    paragraph = title.text_frame.paragraphs[0]
    paragraph.alignment = 1
    paragraph.font.size, paragraph.font.bold, paragraph.font.color.rgb = Pt(size), True, INK


def _box(slide: Any, *, top: float, height: float, width: float = WIDE) -> Any:
    box = slide.shapes.add_textbox(Cm(LEFT), Cm(top), Cm(width), Cm(height))
    box.text_frame.word_wrap = True
    return box


def _line(frame: Any, text: str, size: float, *, first: bool = False) -> Any:
    paragraph = frame.paragraphs[0] if first else frame.add_paragraph()
    paragraph.text = text
    paragraph.font.size, paragraph.space_after = Pt(size), Pt(size * 0.5)
    return paragraph


def _points(slide: Any, points: Sequence[Spans], *, width: float, size: float) -> None:
    frame = _box(slide, top=TOP - 0.3, height=TALL, width=width).text_frame
    for place, spans in enumerate(points):
        paragraph = _line(frame, plain(spans), size, first=place == 0)
        properties = paragraph._p.get_or_add_pPr()
        properties.set("marL", "285750")
        properties.set("indent", "-285750")
        bullet = properties.makeelement(qn("a:buChar"), {"char": "•"})
        properties.append(bullet)


def _fitting(points: Sequence[Spans], *, beside: bool) -> float:
    """The size in which the points stay on the slide, or on half of it."""
    letters = sum(len(plain(spans)) for spans in points) * (2.4 if beside else 1)
    return next(
        (size for most, size in ((500, 20), (900, 18), (1300, 16), (1700, 14)) if letters <= most), 12
    )


def _chart(slide: Any, given: Chart, *, left: float) -> None:
    data = chart_data(number_format=given.form)
    data.categories = [_short(name) for name in given.categories]
    for series in given.series:
        data.add_series(series.name, series.values)
    frame = slide.shapes.add_chart(
        KINDS[given.kind], Cm(left), Cm(TOP), Cm(LEFT + WIDE - left), Cm(TALL), data
    )
    frame._element.nvGraphicFramePr.cNvPr.set("descr", given.alternative)
    chart = frame.chart
    chart.font.size = Pt(12)
    chart.has_title = False
    chart.has_legend = len(given.series) > 1
    if chart.has_legend:
        chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
        chart.legend.font.size = Pt(13)
    values = chart.value_axis
    values.has_major_gridlines, values.minimum_scale = True, 0
    values.major_gridlines.format.line.color.rgb = colour_of(0xE3, 0xE8, 0xED)
    values.tick_labels.font.size, values.tick_labels.font.color.rgb = Pt(11), QUIET
    values.tick_labels.number_format, values.tick_labels.number_format_is_linked = given.form, False
    if given.top is not None:
        values.maximum_scale, values.major_unit = given.top, 1
        values.tick_labels.number_format = "0"
    if given.kind in {"bars", "plan"}:
        # The first category stands on top, the values below.
        chart.category_axis.reverse_order = True
        values.tick_label_position = XL_TICK_LABEL_POSITION.HIGH
    _colour(chart, given)


def _colour(chart: Any, given: Chart) -> None:
    plot = chart.plots[0]
    if given.kind != "net":
        plot.gap_width, plot.overlap = (40, 100) if given.kind == "plan" else (70, 0)
    shown = [one for one in given.series if not one.hidden]
    colours = list(COLOURS) if len(shown) == 3 else [COLOURS[1], COLOURS[2]]
    if given.kind == "plan":
        colours.reverse()
    for series, one in zip(plot.series, given.series, strict=True):
        if one.hidden:
            series.format.fill.background()
            series.format.line.fill.background()
            continue
        colour = colours.pop(0)
        if given.kind == "net":
            series.format.line.color.rgb, series.format.line.width = colour, Pt(2.5)
            series.marker.format.fill.solid()
            series.marker.format.fill.fore_color.rgb = colour
            continue
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = colour
        if given.kind in {"columns", "bars"}:
            labels = series.data_labels
            labels.show_value, labels.number_format, labels.number_format_is_linked = True, given.form, False
            labels.font.size = Pt(10)


def _table(slide: Any, given: Table) -> None:
    rows, columns = len(given.rows) + 1, len(given.header)
    frame = slide.shapes.add_table(rows, columns, Cm(LEFT), Cm(TOP), Cm(WIDE), Cm(1.0))
    frame._element.nvGraphicFramePr.cNvPr.set("descr", given.caption)
    table = frame.table
    for column, width in zip(table.columns, given.widths, strict=True):
        column.width = Cm(WIDE * width / sum(given.widths))
    for place, texts in enumerate([given.header, *((plain(cell) for cell in row) for row in given.rows)]):
        for cell, text in zip(table.rows[place].cells, texts, strict=True):
            cell.text = text
            cell.margin_top = cell.margin_bottom = Cm(0.08)
            for paragraph in cell.text_frame.paragraphs:
                paragraph.font.size, paragraph.font.bold = Pt(12), place == 0
                if place == 0:
                    paragraph.font.color.rgb = colour_of(0xFF, 0xFF, 0xFF)
            cell.fill.solid()
            cell.fill.fore_color.rgb = INK if place == 0 else colour_of(0xFF, 0xFF, 0xFF)


def _notes(slide: Any, document: Document, used: Sequence[str]) -> None:
    """Where the numbers on the slide come from, under the numbers of the document."""
    listed = [
        f"{document.number(key)}. {next(one.text for one in document.sources if one.key == key)}"
        for key in dict.fromkeys(used)
    ]
    slide.notes_slide.notes_text_frame.text = "\n".join([f"{document.words['sources']}:", *listed])


def _speak(element: Any, language: str) -> None:
    """The language of every text, so that it is read aloud in it."""
    for run in element.iter(qn("a:r")):
        properties = run.find(qn("a:rPr"))
        if properties is None:
            properties = run.makeelement(qn("a:rPr"), {})
            run.insert(0, properties)
        properties.set("lang", LANGUAGES[language])


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
