"""The page of the comparison, and where the organisation's profile for it is declared."""

from hashlib import sha256

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from service.comparison import Comparison, comparison_of
from service.comparison.profile import declare
from service.errors import Invalid
from service.language import choose
from service.maturity.assess import newest
from service.maturity.model import current, load
from service.models import OrganisationProfile
from service.references import references
from service.security import audit
from service.security.formtoken import form_token, require_form_token
from service.security.signin import Db
from service.web.compared import Words, choices
from service.web.pages import gallery, may_manage, organisation_of
from service.web.planning import Fields
from service.web.rendering import render

FIELDS = ("industry", "size", "country", "desk")
CONTENT = TypeAdapter(Comparison)

router = APIRouter(include_in_schema=False)


@router.get("/comparison", response_class=HTMLResponse)
def show_comparison(request: Request, db: Db) -> HTMLResponse:
    """Where the organisation asked for stands."""
    return _page(request, db)


@router.post("/comparison/profile", response_class=HTMLResponse)
def declare_profile(request: Request, db: Db, fields: Fields) -> Response:
    """Change by what the organisation is compared; whether others are compared with it is said at the console only."""
    require_form_token(request, fields.get("form", ""))
    organisation, _ = organisation_of(request, db)
    given = {name: fields.get(name, "") for name in FIELDS}
    try:
        declare(
            db,
            organisation,
            industry=given["industry"],
            size=given["size"],
            country=given["country"],
            desk=given["desk"],
        )
    except Invalid as error:
        return _page(request, db, trouble=choose(request).told(error))
    facts = {"organisation": organisation.key, **given}
    audit.append(db, request.state.signed_in.name, "profile declared", facts)
    return RedirectResponse(f"/comparison?organisation={organisation.key}#profile-title", 303)


def _page(request: Request, db: Session, *, trouble: str = "") -> HTMLResponse:
    organisation, everyone = organisation_of(request, db)
    language = choose(request)
    found = comparison_of(db, organisation)
    made = newest(db, organisation)
    row = db.get(OrganisationProfile, organisation.id)
    model = load(made.model_version) if made else current()
    digest = sha256(CONTENT.dump_json(found)).hexdigest()
    answer = render(
        request,
        "comparison.html",
        organisation=organisation,
        organisations=everyone,
        found=found,
        shown=Words(found, model, references(), language).page(digest, gallery),
        choices=choices(language),
        declared={name: getattr(row, name, None) for name in FIELDS},
        trouble=trouble,
        may_manage=may_manage(request),
        form=form_token(request),
    )
    answer.status_code = 422 if trouble else 200
    return answer
