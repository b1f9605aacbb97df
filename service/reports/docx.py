"""The concept document as DOCX: real headings, a table of contents, captions, repeated headers, texts for pictures."""

import io
from datetime import datetime
from typing import Any

import docx
import vl_convert
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from service.office import a4, field, speak, steady
from service.reports.document import Document, Figure, Heading, Paragraph, Spans, Table, marked, plain

WIDTH = 166
"""Millimetres between the margins."""
INK = RGBColor(0x0B, 0x39, 0x54)
QUIET = RGBColor(0x4F, 0x5D, 0x6B)
SHARP = 2.5
"""Pixels for each of a drawing."""
FONT = "Calibri"


def to_docx(document: Document) -> bytes:
    """A4 in the language of the document; equal documents give equal bytes."""
    return _Writer(document).bytes()


class _Writer:
    def __init__(self, document: Document) -> None:
        self.given = document
        self.numbers = {one.key: number for number, one in enumerate(document.sources, start=1)}
        self.made: Any = docx.Document()
        self.tables = self.figures = self.chapter = self.part = self.bookmark = 0

    def bytes(self) -> bytes:
        self.prepare()
        self.front()
        for section in self.given.sections:
            self.heading(section.title, 1)
            for block in section.blocks:
                match block:
                    case Heading():
                        self.heading(block.text, block.level)
                    case Paragraph():
                        style = "List Bullet" if block.point else "Normal"
                        self.say(self.made.add_paragraph(style=style), block.spans)
                    case Table():
                        self.table(block)
                    case Figure():
                        self.figure(block)
        self.sources()
        stream = io.BytesIO()
        self.made.save(stream)
        return steady(stream.getvalue(), self.given.created)

    def prepare(self) -> None:
        """Paper, styles, footer and properties."""
        page = self.made.sections[0]
        a4(page, sides=22, top=24, bottom=22)
        normal = self.made.styles["Normal"]
        normal.font.size = Pt(10.5)
        _face(normal)
        normal.paragraph_format.space_after = Pt(6)
        normal.paragraph_format.line_spacing = 1.12
        speak(normal.element, self.given.language)
        for name, size, before in (
            ("Title", 26, 60),
            ("Heading 1", 18, 22),
            ("Heading 2", 13, 14),
            ("Heading 3", 11, 10),
        ):
            style = self.made.styles[name]
            style.font.size, style.font.color.rgb = Pt(size), INK
            _face(style)
            style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(5)
        subtitle = self.made.styles["Subtitle"]
        subtitle.font.size, subtitle.font.italic, subtitle.font.color.rgb = Pt(15), False, QUIET
        _face(subtitle)
        bullets = self.made.styles["List Bullet"]
        bullets.paragraph_format.space_after = Pt(3)
        caption = self.made.styles["Caption"]
        caption.font.size, caption.font.bold, caption.font.color.rgb = Pt(9), False, QUIET
        foot = page.footer.paragraphs[0]
        words = f"{self.given.organisation} · {self.given.title} · {self.given.words['page']} "
        foot.add_run(words).font.size = Pt(8)
        field(foot, "PAGE", "1")
        properties = self.made.core_properties
        properties.title = f"{self.given.title}: {self.given.organisation}"
        properties.subject, properties.author, properties.comments = self.given.subtitle, "Resonanz", ""
        properties.language, properties.last_modified_by, properties.revision = (
            self.given.language,
            "Resonanz",
            1,
        )
        moment: datetime = self.given.created.replace(tzinfo=None)
        properties.created = properties.modified = moment

    def front(self) -> None:
        """Title, what the document rests on, and the contents."""
        self.made.add_paragraph(self.given.title, style="Title")
        self.made.add_paragraph(self.given.subtitle, style="Subtitle")
        table = self.made.add_table(rows=0, cols=2)
        for name, spans in self.given.head:
            left, right = table.add_row().cells
            left.width, right.width = Mm(48), Mm(WIDTH - 48)
            left.paragraphs[0].add_run(name).bold = True
            self.say(right.paragraphs[0], spans)
        heading = self.made.add_paragraph(
            style="TOC Heading" if "TOC Heading" in self.made.styles else "Normal"
        )
        words = heading.add_run(self.given.words["contents"])
        words.bold, words.font.size, words.font.color.rgb = True, Pt(15), INK
        self.contents()
        self.made.add_page_break()

    def contents(self) -> None:
        """A field that Word fills with page numbers; until then the chapters stand in it, each linked."""
        titles = [section.title for section in self.given.sections] + [self.given.words["sources"]]
        for place, title in enumerate(titles, start=1):
            paragraph = self.made.add_paragraph()
            paragraph.paragraph_format.space_after = Pt(2)
            if place == 1:
                paragraph._p.append(_mark("begin", dirty=True))
                instruction = OxmlElement("w:r")
                text = OxmlElement("w:instrText")
                text.set(qn("xml:space"), "preserve")
                text.text = ' TOC \\o "1-2" \\h \\z \\u '
                instruction.append(text)
                paragraph._p.append(instruction)
                paragraph._p.append(_mark("separate"))
            paragraph._p.append(_link(f"chapter-{place}", f"{place}  {title}"))
            if place == len(titles):
                paragraph._p.append(_mark("end"))

    def heading(self, text: str, level: int) -> Any:
        if level == 1:
            self.chapter, self.part = self.chapter + 1, 0
            made = self.made.add_heading(f"{self.chapter}  {text}", 1)
            self.mark(made, f"chapter-{self.chapter}")
            return made
        self.part += 1
        return self.made.add_heading(f"{self.chapter}.{self.part}  {text}", level)

    def say(self, paragraph: Any, spans: Spans, size: float | None = None) -> None:
        for words, number in marked(spans, self.numbers):
            run = paragraph.add_run(words)
            if size is not None:
                run.font.size = Pt(size)
            if number:
                paragraph._p.append(_link(f"source-{number}", f"[{number}]", raised=True))

    def table(self, given: Table) -> None:
        self.tables += 1
        self.caption(self.given.words["table"], self.tables, given.caption, keep=True)
        table = self.made.add_table(rows=1, cols=len(given.header), style="Table Grid")
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.LEFT, False
        _lines(table)
        for row in given.rows:
            table.add_row()
            for cell, spans in zip(table.rows[-1].cells, row, strict=True):
                self.say(cell.paragraphs[0], spans, 9)
        for cell, text in zip(table.rows[0].cells, given.header, strict=True):
            run = cell.paragraphs[0].add_run(text)
            run.bold, run.font.size, run.font.color.rgb = True, Pt(9), INK
        for column, width in zip(table.columns, given.widths, strict=True):
            column.width = Mm(WIDTH * width / sum(given.widths))
        for row in table.rows:
            for cell, width in zip(row.cells, given.widths, strict=True):
                cell.width = Mm(WIDTH * width / sum(given.widths))
                cell.paragraphs[0].paragraph_format.space_after = Pt(2)
            # A row stays on one page.
            row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
        self.made.add_paragraph().paragraph_format.space_after = Pt(4)

    def figure(self, given: Figure) -> None:
        self.figures += 1
        picture = vl_convert.svg_to_png(given.svg, scale=SHARP)
        shape = self.made.add_picture(io.BytesIO(picture), width=Mm(WIDTH))
        described = shape._inline.docPr
        described.set("descr", plain(given.alternative))
        described.set("title", given.caption)
        self.made.paragraphs[-1].paragraph_format.keep_with_next = True
        number = self.numbers[given.source]
        caption = self.caption(self.given.words["figure"], self.figures, given.caption)
        caption._p.append(_link(f"source-{number}", f"[{number}]", raised=True))

    def caption(self, kind: str, number: int, text: str, *, keep: bool = False) -> Any:
        made = self.made.add_paragraph(style="Caption")
        made.add_run(f"{kind} ")
        field(made, f"SEQ {kind} \\* ARABIC", str(number))
        made.add_run(f": {text}")
        made.paragraph_format.keep_with_next = keep
        return made

    def sources(self) -> None:
        self.heading(self.given.words["sources"], 1)
        self.made.add_paragraph(self.given.words["sources_intro"])
        for number, one in enumerate(self.given.sources, start=1):
            paragraph = self.made.add_paragraph()
            paragraph.paragraph_format.space_after = Pt(2)
            paragraph.paragraph_format.left_indent, paragraph.paragraph_format.first_line_indent = (
                Mm(9),
                Mm(-9),
            )
            paragraph.add_run(f"{number}.\t{one.text}").font.size = Pt(9)
            paragraph.paragraph_format.tab_stops.add_tab_stop(Mm(9))
            self.mark(paragraph, f"source-{number}")

    def mark(self, paragraph: Any, name: str) -> None:
        """A place links lead to."""
        self.bookmark += 1
        for tag in ("w:bookmarkStart", "w:bookmarkEnd"):
            element = OxmlElement(tag)
            element.set(qn("w:id"), str(self.bookmark))
            if tag == "w:bookmarkStart":
                element.set(qn("w:name"), name)
            paragraph._p.append(element)


def _face(style: Any) -> None:
    """One typeface for headings and text, instead of those of the template's theme."""
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.attrib.clear()
    for script in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(qn(f"w:{script}"), FONT)


def _mark(kind: str, *, dirty: bool = False) -> Any:
    run, mark = OxmlElement("w:r"), OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    if dirty:
        mark.set(qn("w:dirty"), "true")
    run.append(mark)
    return run


def _link(to: str, words: str, *, raised: bool = False) -> Any:
    link, run, text = OxmlElement("w:hyperlink"), OxmlElement("w:r"), OxmlElement("w:t")
    link.set(qn("w:anchor"), to)
    link.set(qn("w:history"), "1")
    if raised:
        style, up, colour = OxmlElement("w:rPr"), OxmlElement("w:vertAlign"), OxmlElement("w:color")
        colour.set(qn("w:val"), "0A6A73")
        up.set(qn("w:val"), "superscript")
        style.extend((colour, up))
        run.append(style)
    text.text = words
    text.set(qn("xml:space"), "preserve")
    run.append(text)
    link.append(run)
    return link


def _lines(table: Any) -> None:
    """Thin lines between rows only."""
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        line = OxmlElement(f"w:{side}")
        line.set(qn("w:val"), "single" if side in {"bottom", "insideH"} else "nil")
        line.set(qn("w:sz"), "4")
        line.set(qn("w:color"), "B9C4CD")
        borders.append(line)
    following = [table._tbl.tblPr.find(qn(tag)) for tag in ("w:tblLayout", "w:tblLook")]
    next(one for one in following if one is not None).addprevious(borders)  # the schema fixes the order
