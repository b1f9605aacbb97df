"""Signing in and out, and the check that every route not listed as public demands a sign-in."""

import base64
import binascii
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from service.database import sessions
from service.errors import NotSignedIn, TooManyAttempts
from service.models import Account, Organisation
from service.security import sessions as signed
from service.security.accounts import Passwords, normalised
from service.security.throttle import Throttle
from service.security.words import WORDS
from service.web.language import choose

PUBLIC = frozenset({"/healthz", "/readyz", "/login", "/hooks/graph/{source}", "/hooks/confluence/{source}"})
"""Routes without sign-in, besides the mounted static files. Hooks are called by platforms, which prove themselves by a shared
secret; all they can bring about is that something is read earlier."""
API = "/api/"

templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)
router = APIRouter(include_in_schema=False)


def session(request: Request) -> Iterator[Session]:
    """One session and one transaction per request, committed before the answer leaves."""
    with sessions(request.app.state.engine)() as opened, opened.begin():
        yield opened


Db = Annotated[Session, Depends(session, scope="function")]


def now() -> datetime:
    return datetime.now(UTC)


def cookie_name_for(*, https: bool) -> str:
    return "__Host-resonanz" if https else "resonanz"


def cookie_name(request: Request) -> str:
    return cookie_name_for(https=request.app.state.https)


def address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def guard(request: Request, db: Db) -> None:
    """Sets `request.state.account`. Raises `NotSignedIn` for whatever is not public and not signed in."""
    request.state.account = None
    if request.scope["route"].path in PUBLIC:
        return
    if request.app.state.settings.open_pages and only_synthetic(db):
        return
    account = _by_cookie(request, db)
    if account is None and request.url.path.startswith(API):
        account = _by_basic(request, db)
    if account is None:
        raise NotSignedIn("sign in first")
    request.state.account = account.name


def only_synthetic(db: Session) -> bool:
    """Whether no real organisation is in the database: only then may pages be open."""
    return not db.scalar(select(exists().where(Organisation.synthetic.is_(False))))


def _by_cookie(request: Request, db: Session) -> Account | None:
    secret = request.cookies.get(cookie_name(request))
    return signed.signed_in(db, secret, now()) if secret else None


def _by_basic(request: Request, db: Session) -> Account | None:
    """HTTP Basic, for dashboards that can not keep a cookie."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return _verified(request, db, name, password, remember=True) if colon else None


def _verified(request: Request, db: Session, name: str, password: str, *, remember: bool) -> Account | None:
    """The account, throttled: raises `TooManyAttempts`."""
    passwords: Passwords = request.app.state.passwords
    throttle: Throttle = request.app.state.throttle
    if remember and (known := passwords.remembered(db, name, password)):
        return known
    key = normalised(name)[:64]
    throttle.check(key, address(request))
    account = passwords.account(db, name, password)
    if account is None:
        throttle.failed(key, address(request))
        return None
    throttle.succeeded(key, address(request))
    if remember:
        passwords.remember(account, password)
    return account


@router.get("/login")
def show_login(request: Request, after: str = "/") -> HTMLResponse:
    return _form(request, after)


@router.post("/login")
def sign_in(
    request: Request,
    db: Db,
    name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=1000)],
    after: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Opens a session under a new secret, or shows the form again."""
    try:
        account = _verified(request, db, name, password, remember=False)
    except TooManyAttempts as refused:
        return _form(request, after, "throttled", 429, {"Retry-After": str(refused.seconds)})
    if account is None:
        return _form(request, after, "wrong", 401)
    old = request.cookies.get(cookie_name(request))
    if old:
        signed.close_session(db, old)
    answer = RedirectResponse(own_path(after), 303)
    answer.set_cookie(
        cookie_name(request),
        signed.open_session(db, account, now()),
        max_age=int(signed.LONGEST.total_seconds()),
        path="/",
        secure=request.app.state.https,
        httponly=True,
        samesite="lax",
    )
    return answer


@router.post("/logout")
def sign_out(request: Request, db: Db) -> Response:
    secret = request.cookies.get(cookie_name(request))
    if secret:
        signed.close_session(db, secret)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(
        cookie_name(request), path="/", secure=request.app.state.https, httponly=True, samesite="lax"
    )
    return answer


def own_path(after: str) -> str:
    """`after` if it is a path of this service, else the start page."""
    fine = after.startswith("/") and not after.startswith("//") and after.isprintable() and "\\" not in after
    return after if fine else "/"


def _form(
    request: Request,
    after: str,
    trouble: str | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> HTMLResponse:
    code = choose(request).code
    page = templates.get_template("login.html").render(
        code=code,
        asked="lang" in request.query_params,
        words=WORDS[code],
        trouble=trouble,
        after=own_path(after),
    )
    return HTMLResponse(page, status, headers=headers)
