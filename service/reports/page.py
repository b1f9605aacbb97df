"""The page from which the concept document is downloaded, and the document itself."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from metrics.metric import Label
from service.errors import NotFound
from service.language import choose
from service.maturity.assess import newest
from service.reports.making import TYPES, Format, concept, file_name
from service.security.signin import Db, now
from service.web.pages import organisation_of
from service.web.rendering import render

KINDS = {
    Format.DOCX: Label(de="Word-Dokument (DOCX)", en="Word document (DOCX)"),
    Format.PDF: Label(de="PDF-Dokument", en="PDF document"),
    Format.PPTX: Label(
        de="Zusammenfassung für die Leitung (PPTX)", en="Summary for senior management (PPTX)"
    ),
}
MEANINGS = {
    Format.DOCX: Label(
        de="Das ganze Konzept, zum Weiterbearbeiten.", en="The whole concept, to be worked on further."
    ),
    Format.PDF: Label(
        de="Das ganze Konzept, zum Lesen und Weitergeben; barrierefrei (PDF/UA).",
        en="The whole concept, to read and to hand on; accessible (PDF/UA).",
    ),
    Format.PPTX: Label(
        de="Rund zehn Folien mit änderbaren Diagrammen; die Quellen stehen in den Notizen.",
        en="About ten slides with charts that can be changed; the sources are in the notes.",
    ),
}

router = APIRouter(include_in_schema=False)


@router.get("/report", response_class=HTMLResponse)
def show_report(request: Request, db: Db) -> HTMLResponse:
    """What the document says and in which formats there is one."""
    organisation, everyone = organisation_of(request, db)
    language = choose(request)
    made = newest(db, organisation)
    return render(
        request,
        "report.html",
        organisation=organisation,
        organisations=everyone,
        assessed=made.created.date() if made else None,
        formats=[
            (form.value, language.label(KINDS[form]), language.label(MEANINGS[form])) for form in Format
        ],
    )


@router.get("/report/concept.{form}")
def download_concept(request: Request, db: Db, form: str) -> Response:
    """The document in the reader's language. Raises `NotFound` for another format, or before the first assessment."""
    organisation, _ = organisation_of(request, db)
    if form not in set(Format):
        raise NotFound(f"no such format; there are {', '.join(Format)}")
    chosen, language, today = Format(form), choose(request).written, now().date()
    content = concept(db, organisation, chosen, language, today)
    name = file_name(organisation.key, chosen, language, today)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Language": language,
        "Vary": "Cookie, Accept-Language",
    }
    return Response(content, media_type=TYPES[chosen], headers=headers)
