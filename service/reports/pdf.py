"""The concept document as PDF, set by Typst: no system library and no font of the machine is needed."""

import json
from pathlib import Path

import typst

from service.reports.document import Document

TEMPLATE = Path(__file__).parent / "templates" / "concept.typ"


def to_pdf(document: Document) -> bytes:
    """A tagged PDF (PDF/UA-1: headings, tables, pictures and language are marked); equal documents give equal bytes."""
    compiler = typst.Compiler(
        input=str(TEMPLATE),
        root=str(TEMPLATE.parent),
        ignore_system_fonts=True,
        sys_inputs={"document": json.dumps(document.as_data())},
    )
    made = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=int(document.created.timestamp()))
    if not isinstance(made, bytes):
        raise TypeError("Typst gave no single document")
    return made
