"""One-time links: with one a local account sets its password, so that nobody else ever knows it.

Printed once by `resonanz admin link`; only the hash is stored. Looking at the page spends nothing, since programs that check links in
mails do so too; setting the password does.
"""

import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.errors import Invalid, TooManyAttempts
from service.language import choose
from service.models import Account, PasswordLink
from service.security import audit
from service.security.accounts import hashed, organisation_of, require_fit_password
from service.security.sessions import close_sessions, digest
from service.security.signin import Db, address, now
from service.security.words import WORDS

LASTS = timedelta(hours=24)
PATH = "/password"
GUESSING = "one-time link"
"""Stands for a name where links are guessed; no account can be called so."""

templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)
router = APIRouter(include_in_schema=False)


def make_link(session: Session, account: Account, moment: datetime, by: str, lasts: timedelta = LASTS) -> str:
    """The secret of a new link, which can not be shown again; an earlier link of the account is good for nothing any more.

    Raises `Invalid` for an account that signs in with the company's service or is disabled.
    """
    if account.issuer is not None:
        raise Invalid(f"{account.name} signs in with the company account and has no password here")
    if account.disabled:
        raise Invalid(f"{account.name} is disabled: `resonanz admin disable {account.name} --undo` first")
    secret = secrets.token_urlsafe(32)
    session.merge(PasswordLink(account_id=account.id, digest=digest(secret), expires=moment + lasts))
    audit.append(
        session, by, "password link made", {"account": account.name}, organisation_of(session, account)
    )
    return secret


def of_link(session: Session, secret: str, moment: datetime) -> Account | None:
    """Whose link it is, unless it is unknown, spent or expired, or the account may have no password any more."""
    account = session.scalars(
        select(Account)
        .join(PasswordLink)
        .where(PasswordLink.digest == digest(secret), PasswordLink.expires > moment)
    ).one_or_none()
    return account if account and not account.disabled and account.issuer is None else None


def spend(session: Session, account: Account, secret: str, password: str) -> bool:
    """Set the password; False if somebody else was faster. Open sessions of the account end. Raises `Invalid` for an unfit password."""
    require_fit_password(account.name, password)
    spent = delete(PasswordLink).where(
        PasswordLink.account_id == account.id, PasswordLink.digest == digest(secret)
    )
    if session.execute(spent).rowcount != 1:  # type: ignore[attr-defined]
        return False
    account.password_hash = hashed(password)
    close_sessions(session, account)
    audit.append(
        session, account.name, "password set", {"account": account.name}, organisation_of(session, account)
    )
    return True


@router.get(PATH)
def show_link(request: Request, db: Db, link: Annotated[str, Query(max_length=200)] = "") -> HTMLResponse:
    if not request.app.state.settings.passwords_allowed:
        return _page(request, trouble="no_passwords", status=403)
    account = of_link(db, link, now())
    if account is None:
        return _page(request, trouble="link_gone", status=410)
    return _page(request, account, link)


@router.post(PATH)
def set_password(
    request: Request,
    db: Db,
    link: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=1000)] = "",
    again: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Leads to the sign-in page; the password proves itself there."""
    if not request.app.state.settings.passwords_allowed:
        return _page(request, trouble="no_passwords", status=403)
    throttle = request.app.state.throttle
    try:
        throttle.begin(GUESSING, address(request))
    except TooManyAttempts as refused:
        return _page(request, trouble="throttled", status=429, headers={"Retry-After": str(refused.seconds)})
    account = of_link(db, link, now())
    if account is None:
        return _page(request, trouble="link_gone", status=410)
    throttle.succeeded(GUESSING, address(request))
    if password != again:
        return _page(request, account, link, "differ", 422)
    try:
        done = spend(db, account, link, password)
    except Invalid:
        return _page(request, account, link, "unfit", 422)
    return RedirectResponse("/login", 303) if done else _page(request, trouble="link_gone", status=410)


def _page(  # noqa: PLR0917 - what one page is made of
    request: Request,
    account: Account | None = None,
    link: str = "",
    trouble: str | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> HTMLResponse:
    language = choose(request)
    page = templates.get_template("password.html").render(
        code=language.code,
        words=WORDS[language.written],
        name=account.name if account else None,
        link=link,
        trouble=trouble,
    )
    return HTMLResponse(page, status, headers=headers)
