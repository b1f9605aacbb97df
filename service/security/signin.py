"""Signing in and out, and the guard before every route: who asks, whether they may, and the note that they did."""

import base64
import binascii
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import exists, select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from service.database import sessions, transaction
from service.errors import Forbidden, NotSignedIn, TooManyAttempts
from service.language import choose
from service.models import Account, Organisation
from service.security import audit
from service.security import sessions as signed
from service.security.accounts import Passwords, normalised, organisation_of
from service.security.asked import asked
from service.security.groups import GroupCommit
from service.security.roles import OPEN, PUBLIC, RULES, Permission, Rule, may
from service.security.separation import confine
from service.security.throttle import Throttle
from service.security.tokens import PREFIX, valid_token
from service.security.words import WORDS

API = ("/api/", "/odata/")
"""Where programs ask, which may send a token."""

templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)
router = APIRouter(include_in_schema=False)


async def session(request: Request) -> AsyncIterator[Session]:
    """One session and one transaction per request, committed before the answer leaves.

    Nothing is asked of the database before the first statement, so only the end needs a thread.
    """
    opened, well = sessions(request.app.state.engine)(), False
    try:
        yield opened
        well = True
    finally:
        await run_in_threadpool(_end, opened, well)


def _end(opened: Session, well: bool) -> None:
    with opened:
        if well:
            opened.commit()


Db = Annotated[Session, Depends(session, scope="function")]


def now() -> datetime:
    return datetime.now(UTC)


def cookie_name_for(*, https: bool) -> str:
    return "__Host-resonanz" if https else "resonanz"


def cookie_name(request: Request) -> str:
    return cookie_name_for(https=request.app.state.https)


def address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who asks. `scopes` is None for a person, else what the token is good for."""

    account_id: int | None
    """None: somebody without an account, who reads in a page of another system."""
    name: str
    permissions: frozenset[Permission]
    scopes: frozenset[str] | None = None
    organisation_id: int | None = None
    """The only organisation it sees; None: all of the installation."""


def guard(request: Request) -> None:
    """Sets `request.state.signed_in`, and its name as `request.state.account`; notes in the audit log what was asked.

    The note is committed together with those of requests at the same time (`GroupCommit`), before anything is answered.
    Raises `NotSignedIn` for whatever is not public and not signed in, `Forbidden` for whatever the account may not.
    """
    request.state.account = request.state.signed_in = None
    route = (request.method, request.scope["route"].path)
    if route in PUBLIC:
        return
    rule = RULES.get(route)
    group: GroupCommit = request.app.state.audited
    with ExitStack() as writing, transaction(request.app.state.engine) as db:
        with db.no_autoflush:
            open_to_all = rule and rule.permission in OPEN and request.app.state.settings.open_pages
            if open_to_all and only_synthetic(db):
                return
            who = identify(request, db)
            refused = refusal(rule, who)
            only = None if who.organisation_id is None else db.get_one(Organisation, who.organisation_id)
            if only is not None:
                confine(only)
            detail, concerns = asked(
                db, {**request.query_params, **request.path_params}, request.app.state.feed_words
            )
        if db.dirty:  # when a token or a session was last of use
            writing.enter_context(group.in_turn())
    group.note(
        audit.noted(
            who.name,
            "refused" if refused else "asked",
            {"route": f"{route[0]} {route[1]}", **detail},
            concerns if only is None else only.key,
        )
    )
    if refused:
        raise Forbidden(refused)
    request.state.signed_in, request.state.account = who, who.name


def identify(request: Request, db: Session) -> SignedIn:
    """Who asks: by token, by session, or by name and password. Raises `NotSignedIn` or `TooManyAttempts`."""
    machine = request.url.path.startswith(API)
    text = _bearer(request) if machine else None
    if text is not None:
        reader: SignedIn | None = request.app.state.bearers.signed_in(db, text)
        if reader is not None:
            return reader
        found = valid_token(db, text, now())
        if found is None:
            raise NotSignedIn("this token is unknown, expired or revoked")
        account, token = found
        return signed_in_as(account, frozenset(token.scopes))
    known = _by_cookie(request, db)
    if known is None and machine:
        known = _by_basic(request, db)
    if known is None:
        raise NotSignedIn("sign in first")
    return signed_in_as(known)


def signed_in_as(account: Account, scopes: frozenset[str] | None = None) -> SignedIn:
    return SignedIn(account.id, account.name, may(account.role), scopes, account.organisation_id)


def refusal(rule: Rule | None, who: SignedIn) -> str | None:
    """Why that account or token may not do what the rule is for; None if it may. No rule: nobody may."""
    if rule is None or rule.permission not in who.permissions:
        return "your role does not include this"
    if who.scopes is not None and (rule.scope is None or rule.scope not in who.scopes):
        return "this token is not good for this"
    return None


def _bearer(request: Request) -> str | None:
    """The token of the request. Programs that speak Basic only send it as the password, under any name."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    pair = _name_and_password(request)
    return pair[1] if pair and pair[1].startswith(PREFIX) else None


def only_synthetic(db: Session) -> bool:
    """Whether no real organisation is in the database: only then may pages be open."""
    return not db.scalar(select(exists().where(Organisation.synthetic.is_(False))))


def _by_cookie(request: Request, db: Session) -> Account | None:
    secret = request.cookies.get(cookie_name(request))
    return signed.signed_in(db, secret, now()) if secret else None


def _by_basic(request: Request, db: Session) -> Account | None:
    """HTTP Basic, for dashboards that can not keep a cookie."""
    pair = _name_and_password(request) if request.app.state.settings.passwords_allowed else None
    return _verified(request, db, *pair, remember=True) if pair else None


def _name_and_password(request: Request) -> tuple[str, str] | None:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if colon else None


def _verified(request: Request, db: Session, name: str, password: str, *, remember: bool) -> Account | None:
    """The account, throttled: raises `TooManyAttempts`."""
    passwords: Passwords = request.app.state.passwords
    throttle: Throttle = request.app.state.throttle
    if remember and (known := passwords.remembered(db, name, password)):
        return known
    key = normalised(name)[:64]
    throttle.begin(key, address(request))
    account = passwords.account(db, name, password)
    if account is None:
        return None
    throttle.succeeded(key, address(request))
    if remember:
        passwords.remember(account, password)
    return account


@router.get("/login")
def show_login(request: Request, after: str = "/") -> HTMLResponse:
    return show_form(request, after)


@router.post("/login")
def sign_in(
    request: Request,
    db: Db,
    name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=1000)],
    after: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Opens a session under a new secret, or shows the form again."""
    if not request.app.state.settings.passwords_allowed:
        return show_form(request, after, "no_passwords", 403)
    try:
        account = _verified(request, db, name, password, remember=False)
    except TooManyAttempts as refused:
        return show_form(request, after, "throttled", 429, {"Retry-After": str(refused.seconds)})
    if account is None:
        known = db.scalar(select(Account).where(Account.name == normalised(name)))
        if known:  # of another name nothing is kept: people type passwords there
            audit.append(db, known.name, "sign-in refused", organisation=organisation_of(db, known))
        return show_form(request, after, "wrong", 401)
    return opened_session(request, db, account, after)


def opened_session(request: Request, db: Session, account: Account, after: str) -> Response:
    """Leads to `after` with the cookie of a new session; a session the browser had ends."""
    old = request.cookies.get(cookie_name(request))
    if old:
        signed.close_session(db, old)
    secret = signed.open_session(db, account, now())
    audit.append(
        db, account.name, "signed in", {"role": account.role}, organisation=organisation_of(db, account)
    )
    answer = RedirectResponse(own_path(after), 303)
    answer.set_cookie(
        cookie_name(request),
        secret,
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


def show_form(
    request: Request,
    after: str,
    trouble: str | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> HTMLResponse:
    language = choose(request)
    page = templates.get_template("login.html").render(
        company=request.app.state.provider is not None,
        passwords=request.app.state.settings.passwords_allowed,
        code=language.code,
        asked="lang" in request.query_params,
        words=WORDS[language.written],
        trouble=trouble,
        after=own_path(after),
    )
    return HTMLResponse(page, status, headers=headers)
