"""What all office documents of the service share: paper, language, page numbers, and bytes that depend on the content alone."""

import io
import re
import zipfile
from datetime import UTC, datetime
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm

LANGUAGES = {"de": "de-DE", "en": "en-GB"}
_MOMENT = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</)")
_EMBEDDED = (".xlsx", ".docx")


def a4(section: Any, *, sides: int = 20, top: int = 22, bottom: int = 20) -> None:
    """A section of a DOCX on A4 with margins in millimetres."""
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(sides)
    section.top_margin, section.bottom_margin = Mm(top), Mm(bottom)


def speak(style: Any, language: str) -> None:
    """The language of a style (or of a run's element), so that readers are spoken to in it and words are hyphenated by it."""
    spoken = OxmlElement("w:lang")
    spoken.set(qn("w:val"), LANGUAGES[language])
    style.get_or_add_rPr().append(spoken)


def field(paragraph: Any, instruction: str, shown: str) -> None:
    """A field of Word (such as PAGE) with what is shown until it is worked out."""
    element = OxmlElement("w:fldSimple")
    element.set(qn("w:instr"), instruction)
    paragraph._p.append(element)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = shown
    run.append(text)
    element.append(run)


def steady(package: bytes, moment: datetime) -> bytes:
    """The same package with every date in it at that moment, also in workbooks it holds: equal content gives equal bytes."""
    stamp = moment.astimezone(UTC)
    written = stamp.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package)) as given,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as kept,
    ):
        for name in given.namelist():
            content = given.read(name)
            if name.endswith(_EMBEDDED):
                content = steady(content, moment)
            elif name == "docProps/core.xml":
                content = _MOMENT.sub(rb"\g<1>" + written + rb"\g<2>", content)
            entry = zipfile.ZipInfo(name, stamp.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            kept.writestr(entry, content)
    return made.getvalue()
