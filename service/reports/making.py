"""Makes the concept document of an organisation as a file of one format."""

from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum

from sqlalchemy.orm import Session

from service.models import Organisation
from service.reports.content import written
from service.reports.document import Document
from service.reports.given import gathered


class Format(StrEnum):
    DOCX = "docx"
    PDF = "pdf"
    PPTX = "pptx"


TYPES: Mapping[Format, str] = {
    Format.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Format.PDF: "application/pdf",
    Format.PPTX: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}


def concept(session: Session, organisation: Organisation, form: Format, language: str, today: date) -> bytes:
    """The document, or for `PPTX` its summary for the board. Raises `NotFound` before the first assessment, `Invalid` for a language
    not spoken here."""
    return rendered(written(gathered(session, organisation, today), language), form)


def rendered(document: Document, form: Format) -> bytes:
    return _renderer(form)(document)


def _renderer(form: Format) -> Callable[[Document], bytes]:
    match form:
        case Format.DOCX:
            from service.reports.docx import to_docx

            return to_docx
        case Format.PDF:
            from service.reports.pdf import to_pdf

            return to_pdf
        case Format.PPTX:
            from service.reports.pptx import to_pptx

            return to_pptx


def file_name(organisation: str, form: Format, language: str, today: date) -> str:
    """What a file is called that is downloaded: letters, digits, dots and hyphens only."""
    safe = "".join(one if one.isascii() and one.isalnum() else "-" for one in organisation)
    return f"resonanz-{'konzept' if language == 'de' else 'concept'}-{safe}-{today.isoformat()}.{form}"
