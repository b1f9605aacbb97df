"""The page of the own API tokens: for programs such as Power BI and Grafana."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from service.errors import Invalid
from service.language import N_, choose
from service.models import Account
from service.security.formtoken import form_token, require_form_token
from service.security.roles import Scope
from service.security.signin import Db, now
from service.security.tokens import create_token, created_entry, revoke_token, revoked_entry, tokens_of
from service.web.rendering import render

SCOPES = {
    Scope.MEASUREMENTS: N_("Published values, coverage and milestones"),
    Scope.CATALOGUE: N_("Definitions of metrics and names of rooms"),
    Scope.ADVICE: N_("Findings, potential fields, measures and roadmap"),
}
DAYS = (30, 90, 180, 365)

router = APIRouter(include_in_schema=False)


@router.get("/tokens", response_class=HTMLResponse)
def show_tokens(request: Request, db: Db) -> HTMLResponse:
    return _page(request, db)


@router.post("/tokens", response_class=HTMLResponse)
def make_token(  # noqa: PLR0917 - fields of a form
    request: Request,
    db: Db,
    label: Annotated[str, Form(max_length=200)] = "",
    scope: Annotated[list[str] | None, Form()] = None,
    days: Annotated[int, Form(ge=1, le=366)] = DAYS[1],
    form: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Shows the new token, this once."""
    require_form_token(request, form)
    account = _own(request, db)
    moment = now()
    try:
        made = create_token(
            db, account, label, scope or (), expires=moment + timedelta(days=days), now=moment
        )
    except Invalid:
        return _page(request, db, trouble=True)
    created_entry(db, account.name, account, label, scope or ())
    return _page(request, db, made=made)


@router.post("/tokens/{handle}/revoke")
def end_token(
    request: Request, db: Db, handle: str, form: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    require_form_token(request, form)
    account = _own(request, db)
    token = revoke_token(db, handle, now(), of=account)
    revoked_entry(db, account.name, account, token)
    return RedirectResponse("/tokens", 303)


def _own(request: Request, db: Session) -> Account:
    return db.get_one(Account, request.state.signed_in.account_id)


def _page(request: Request, db: Session, *, made: str | None = None, trouble: bool = False) -> HTMLResponse:
    language, moment = choose(request), now()
    rows = []
    for token in tokens_of(db, _own(request, db)):
        if token.revoked:
            state = language.text("revoked")
        elif token.expires <= moment:
            state = language.text("expired")
        else:
            state = language.text("valid until %(day)s", day=language.day(token.expires.date()))
        used = language.day(token.used.date()) if token.used else language.text("never")
        live = token.revoked is None and token.expires > moment
        rows.append((token.handle, token.label, ", ".join(token.scopes), state, used, live))
    answer = render(
        request,
        "tokens.html",
        tokens=rows,
        made=made,
        trouble=trouble,
        scopes=[(scope.value, language.text(words)) for scope, words in SCOPES.items()],
        days=DAYS,
        form=form_token(request),
    )
    answer.status_code = 422 if trouble else 200
    return answer
