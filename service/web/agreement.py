"""What was agreed, and what runs now, to read: the same paper that is signed, as a page."""

from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from service.configuration import described
from service.language import choose
from service.privacy.ledger import active, version_of
from service.privacy.paper import paper
from service.published import organisations
from service.security.signin import Db
from service.web.pages import asked
from service.web.rendering import render

router = APIRouter(include_in_schema=False)


@router.get("/agreement", response_class=HTMLResponse)
def show_agreement(request: Request, db: Db) -> HTMLResponse:
    """The agreement in force, or what holds without one. Raises `AgreementBroken`."""
    everyone = organisations(db)
    organisation = asked(request, everyone)
    agreement = active(db, organisation.id) if organisation else None
    if organisation is None or agreement is None:
        return render(
            request,
            "agreement.html",
            organisation=organisation,
            organisations=everyone,
            paper=None,
            running=False,
        )
    _, signatures = version_of(db, organisation.id, agreement.number)
    before = (
        version_of(db, organisation.id, agreement.number - 1)[0] if agreement.document["previous"] else None
    )
    return render(
        request,
        "agreement.html",
        organisation=organisation,
        organisations=everyone,
        paper=paper(agreement, before, signatures, choose(request).written),
        running=False,
    )


@router.get("/council/running", response_class=HTMLResponse)
def show_running(request: Request, db: Db) -> HTMLResponse:
    """What is collected, computed, shown and kept as it runs now, in the words of an agreement."""
    everyone = organisations(db)
    organisation = asked(request, everyone)
    written = None
    if organisation is not None:
        now = described(db, organisation, request.app.state.settings)
        whole = paper(now, active(db, organisation.id), (), choose(request).written)
        _, *terms, _, difference, _ = whole.sections  # without what is said of a signed paper
        written = replace(whole, head=(whole.head[0], whole.head[3]), sections=(*terms, difference))
    return render(
        request,
        "agreement.html",
        organisation=organisation,
        organisations=everyone,
        paper=written,
        running=True,
    )
