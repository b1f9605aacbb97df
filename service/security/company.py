"""The company's sign-in in the browser: there, back, and to an account with the role that the service tells."""

import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Engine, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.database import transaction
from service.errors import Invalid, NotFound
from service.grants import EVERYWHERE
from service.models import Account, Organisation, SpentSignIn
from service.security import audit
from service.security.accounts import normalised, organisation_of
from service.security.oidc import Attempt, Identity, NoRole, Provider, SignInRefused
from service.security.sessions import close_sessions
from service.security.signin import Db, now, opened_session, own_path, show_form
from service.settings import Settings

CALLBACK = "/login/callback"
LASTS = timedelta(minutes=10)
"""How long somebody may take at the company's service."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SERVICE = "sign-in service"
"""Who acts, for the audit log, when the service tells of another role."""

log = structlog.get_logger()
router = APIRouter(include_in_schema=False)


def provider_of(settings: Settings) -> Provider | None:
    """The company's sign-in service, if one is set. Raises `Invalid` where the settings do not suffice."""
    if settings.oidc_issuer is None:
        return None
    if not (settings.oidc_client_id and settings.public_url):
        raise Invalid("RESONANZ_OIDC_ISSUER needs RESONANZ_OIDC_CLIENT_ID and RESONANZ_PUBLIC_URL")
    for name, url in (("OIDC_ISSUER", settings.oidc_issuer), ("PUBLIC_URL", settings.public_url)):
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise Invalid(f"RESONANZ_{name} has to begin with https:// where the company's sign-in is used")
    if not settings.oidc_roles:
        raise Invalid("RESONANZ_OIDC_ROLES maps nothing to a role: nobody could sign in")
    return Provider(settings, settings.public_url.rstrip("/") + CALLBACK)


@router.get("/login/company")
def leave(request: Request, after: Annotated[str, Query(max_length=2000)] = "/") -> Response:
    """To the company's service; what is needed on the way back is kept in a cookie of this browser."""
    provider = _provider(request)
    attempt = Attempt.new()
    try:
        answer = RedirectResponse(provider.address(attempt), 303)
    except SignInRefused as refused:
        return _refused(request, refused, after)
    kept = urlsafe_b64encode(own_path(after).encode()).decode()
    answer.set_cookie(
        _cookie(request),
        f"{attempt.secret}.{int(time.time())}.{kept}",
        max_age=int(LASTS.total_seconds()),
        path="/",
        secure=request.app.state.https,
        httponly=True,
        samesite="lax",  # the way back comes from another site
    )
    return answer


@router.get(CALLBACK)
def come_back(
    request: Request,
    db: Db,
    code: Annotated[str, Query(max_length=4096)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
    iss: Annotated[str | None, Query(max_length=300)] = None,
) -> Response:
    """Opens a session, if the answer belongs to this browser's attempt, for the first time, and is right."""
    provider = _provider(request)
    after = "/"
    try:
        attempt, after = _attempt(request)
        _require_fit(attempt, provider, code, state, iss)
        _spend(request.app.state.engine, attempt)
        account = _account(db, provider.identity(attempt, code))
        answer = opened_session(request, db, account, after)
    except NoRole as refused:
        _end(db, provider.issuer, refused.subject)
        answer = _refused(request, refused, after)
    except SignInRefused as refused:
        answer = _refused(request, refused, after)
    answer.delete_cookie(
        _cookie(request), path="/", secure=request.app.state.https, httponly=True, samesite="lax"
    )
    return answer


def _provider(request: Request) -> Provider:
    provider: Provider | None = request.app.state.provider
    if provider is None:
        raise NotFound("no sign-in service is set")
    return provider


def _cookie(request: Request) -> str:
    return "__Host-resonanz-company" if request.app.state.https else "resonanz-company"


def _attempt(request: Request) -> tuple[Attempt, str]:
    secret, _, rest = request.cookies.get(_cookie(request), "").partition(".")
    begun, _, kept = rest.partition(".")
    try:
        fresh = 0 <= time.time() - int(begun) <= LASTS.total_seconds()
        after = urlsafe_b64decode(kept.encode()).decode()
    except ValueError:
        fresh, after = False, "/"
    if not secret or not fresh:
        raise SignInRefused("no sign-in of this browser is under way")
    return Attempt(secret), after


def _require_fit(attempt: Attempt, provider: Provider, code: str, state: str, iss: str | None) -> None:
    """Raises `SignInRefused` for an answer to somebody else's attempt, or from another service (RFC 9207)."""
    if not code or state != attempt.state:
        raise SignInRefused("the answer does not belong to this browser's attempt")
    if iss is not None and iss != provider.issuer:
        raise SignInRefused("the answer comes from another service")


def _spend(engine: Engine, attempt: Attempt) -> None:
    """Raises `SignInRefused` if the attempt came back before. A transaction of its own: the service is asked next, and may be slow."""
    try:
        with transaction(engine) as db:
            db.execute(delete(SpentSignIn).where(SpentSignIn.spent < now() - 2 * LASTS))
            db.add(SpentSignIn(digest=attempt.digest, spent=now()))
    except IntegrityError:
        raise SignInRefused("this sign-in came back before") from None


def _end(db: Session, issuer: str, subject: str) -> None:
    """Somebody lost the role: open sessions end, and tokens are refused from now on."""
    found = _known(db, issuer, subject)
    if found is not None:
        close_sessions(db, found)
        found.confirmed = None
        audit.append(db, SERVICE, "role lost", {"account": found.name}, organisation_of(db, found))


def _known(db: Session, issuer: str, subject: str) -> Account | None:
    return db.scalars(
        select(Account).where(Account.issuer == issuer, Account.subject == subject)
    ).one_or_none()


def _account(db: Session, identity: Identity) -> Account:
    """The account of that identity, made at the first sign-in. Never one with a password, whatever the name."""
    organisation_id, organisation = _granted(db, identity)
    found = _known(db, identity.issuer, identity.subject)
    if found is None:
        found = Account(
            name=_free_name(db, identity),
            role=identity.grant.role.value,
            organisation_id=organisation_id,
            issuer=identity.issuer,
            subject=identity.subject,
            created=now(),
        )
        db.add(found)
        db.flush()
        detail = {"account": found.name, "role": found.role}
        audit.append(db, SERVICE, "account created", detail, organisation)
    if found.disabled:
        raise SignInRefused("the account is disabled")
    found.confirmed = now()
    if found.role != identity.grant.role:
        before, found.role = found.role, identity.grant.role.value
        detail = {"account": found.name, "before": before, "after": found.role}
        audit.append(db, SERVICE, "role changed", detail, organisation)
    if found.organisation_id != organisation_id:
        found.organisation_id = organisation_id
        close_sessions(db, found)
        audit.append(db, SERVICE, "organisation changed", {"account": found.name}, organisation)
    return found


def _granted(db: Session, identity: Identity) -> tuple[int | None, str | None]:
    """Id and key of the organisation of a grant; both None for all of them. Raises `NoRole` where it names none of several."""
    grant = identity.grant
    if grant.organisation == EVERYWHERE:
        return None, None
    query = select(Organisation.id, Organisation.key).order_by(Organisation.id).limit(2)
    if grant.organisation is not None:
        query = query.where(Organisation.key == grant.organisation)
    found = db.execute(query).all()
    if len(found) > 1:
        raise NoRole(
            "there are several organisations, and RESONANZ_OIDC_ROLES names none: write role@key",
            identity.subject,
        )
    if not found and grant.organisation is not None:
        raise NoRole(
            f"RESONANZ_OIDC_ROLES names the organisation {grant.organisation!r}, which is not here",
            identity.subject,
        )
    return (found[0].id, found[0].key) if found else (None, None)


def _free_name(db: Session, identity: Identity) -> str:
    wanted = re.sub(r"[^a-z0-9._@-]+", "-", normalised(identity.name))[:50].strip("-") or "account"
    taken = set(db.scalars(select(Account.name).where(Account.name.startswith(wanted, autoescape=True))))
    number = 1
    while (name := wanted if number == 1 else f"{wanted}-{number}") in taken:
        number += 1
    return name


def _refused(request: Request, refused: SignInRefused, after: str) -> Response:
    log.warning("company sign-in refused", kind=type(refused).__name__, reason=str(refused))
    return show_form(request, after, refused.trouble, refused.status)
