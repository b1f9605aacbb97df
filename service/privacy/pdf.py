"""The readable agreement as PDF, set by Typst: no system library and no font of the machine is needed."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import typst

from service.privacy.paper import Paper

TEMPLATE = Path(__file__).parent / "templates" / "agreement.typ"


def to_pdf(paper: Paper, created: datetime) -> bytes:
    """A tagged PDF (PDF/UA-1: headings, tables and language are marked); the same paper gives the same bytes."""
    compiler = typst.Compiler(
        input=str(TEMPLATE),
        root=str(TEMPLATE.parent),
        ignore_system_fonts=True,
        sys_inputs={"paper": json.dumps({**asdict(paper), "created": created.astimezone(UTC).isoformat()})},
    )
    made = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=int(created.timestamp()))
    if not isinstance(made, bytes):
        raise TypeError("Typst gave no single document")
    return made
