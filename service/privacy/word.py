"""The readable agreement as DOCX."""

import io
from datetime import datetime
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.shared import Mm, Pt

from service.office import a4, field, speak, steady
from service.privacy.paper import Paper, Table

_WIDTH = 170  # mm between the margins of A4


def to_docx(paper: Paper, created: datetime) -> bytes:
    """A4, real headings and tables whose header repeats on every page; no field has to be updated by hand."""
    document = Document()
    page = document.sections[0]
    a4(page)
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Calibri", Pt(10.5)
    speak(style.element, paper.language)
    properties = document.core_properties
    properties.title, properties.language = f"{paper.title}: {paper.subtitle}", paper.language
    properties.author, properties.comments = "Resonanz", ""
    properties.created = properties.modified = created.replace(tzinfo=None)
    document.add_heading(paper.title, 0)
    document.add_paragraph(paper.subtitle, style="Subtitle")
    _table(document, Table(("", ""), paper.head, (28, 72)), headed=False)
    for section in paper.sections:
        if section.heading:
            document.add_heading(section.heading, 1)
        else:
            document.add_paragraph()
        for paragraph in section.paragraphs:
            document.add_paragraph(paragraph)
        for point in section.points:
            document.add_paragraph(point, style="List Bullet")
        if section.table is not None:
            _table(document, section.table)
    foot = page.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    foot.add_run(f"{paper.footer} · {paper.page} ").font.size = Pt(8)
    field(foot, "PAGE", "1")
    stream = io.BytesIO()
    document.save(stream)
    return steady(stream.getvalue(), created)


def _table(document: Any, given: Table, *, headed: bool = True) -> None:
    rows = (given.header, *given.rows) if headed else given.rows
    table = document.add_table(rows=len(rows), cols=len(given.widths), style="Table Grid")
    table.autofit = False
    for number, (row, texts) in enumerate(zip(table.rows, rows, strict=True)):
        for cell, text, width in zip(row.cells, texts, given.widths, strict=True):
            cell.width = Mm(_WIDTH * width / 100)
            run = cell.paragraphs[0].add_run(text)
            if not text and headed:
                table.rows[number].height = Mm(13)  # somebody signs here by hand
            run.font.size = Pt(9)
            run.bold = (number == 0 and headed) or (not headed and cell is row.cells[0])
        # A row stays on one page.
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    if headed:
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
