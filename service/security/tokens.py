"""API tokens: `rsz_<handle>_<secret><check>`, shown once. Of the secret, which is random enough to need no slow hash, only the
SHA-256 is stored; the check digits let a scanner for leaked secrets tell a token from other text."""

import hmac
import re
import secrets
import string
import zlib
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import Invalid, NotFound
from service.models import Account, ApiToken
from service.security import audit
from service.security.accounts import organisation_of
from service.security.roles import Permission, Scope, may
from service.security.sessions import digest

LONGEST = timedelta(days=366)
CONFIRMED = timedelta(days=30)
"""So long the tokens of a company account are good after the company's service last told its role; then until it does so again."""
NOTED = timedelta(minutes=1)
PREFIX = "rsz_"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
FORM = re.compile(r"rsz_([0-9A-Za-z]{10})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})")


def create_token(
    session: Session,
    account: Account,
    label: str,
    scopes: Collection[str],
    *,
    expires: datetime,
    now: datetime,
) -> str:
    """The new token, which can not be shown again.

    Raises `Invalid` for an unknown scope, a label that is empty or longer than 64 characters, an expiry that is past or
    more than a year away, or an account that may not query.
    """
    label = label.strip()
    if not 1 <= len(label) <= 64 or not label.isprintable():
        raise Invalid("a token needs a label of 1 to 64 characters that says what it is for")
    if not scopes or not set(scopes) <= set(Scope):
        raise Invalid(f"the scopes of a token are: {', '.join(Scope)}")
    if not now < expires <= now + LONGEST:
        raise Invalid("a token expires in the future, within a year")
    if account.disabled or Permission.TOKENS not in may(account.role):
        raise Invalid(f"the account {account.name} may not have tokens")
    handle, secret = _random(10), _random(43)
    kept = sorted(set(scopes))
    session.add(
        ApiToken(
            account_id=account.id,
            label=label,
            handle=handle,
            digest=digest(secret),
            scopes=kept,
            created=now,
            expires=expires,
        )
    )
    text = f"{PREFIX}{handle}_{secret}"
    return text + _check(text)


def valid_token(session: Session, text: str, now: datetime) -> tuple[Account, ApiToken] | None:
    """The token and whose it is, unless it is unknown, expired, revoked, of a disabled account, or of a company account whose role was
    not confirmed for long."""
    parts = FORM.fullmatch(text)
    if parts is None or not hmac.compare_digest(_check(text[:-6]), parts[3]):
        return None
    found = session.execute(
        select(ApiToken, Account)
        .join(Account, Account.id == ApiToken.account_id)
        .where(ApiToken.handle == parts[1])
    ).one_or_none()
    if found is None:
        return None
    token, account = found
    right = hmac.compare_digest(token.digest, digest(parts[2]))
    if not right or token.revoked or token.expires <= now or account.disabled:
        return None
    if account.issuer is not None and (account.confirmed is None or now - account.confirmed >= CONFIRMED):
        return None
    if token.used is None or abs(now - token.used) >= NOTED:
        token.used = now
    return account, token


def revoke_token(session: Session, handle: str, now: datetime, *, of: Account | None = None) -> ApiToken:
    """Ends a token at once. Raises `NotFound` if there is none, or `of` is given and it is not that account's."""
    token = session.scalars(select(ApiToken).where(ApiToken.handle == handle)).one_or_none()
    if token is None or (of is not None and token.account_id != of.id):
        raise NotFound(f"no token {handle[:16]!r}")
    token.revoked = token.revoked or now
    return token


def tokens_of(session: Session, account: Account) -> list[ApiToken]:
    return list(
        session.scalars(
            select(ApiToken).where(ApiToken.account_id == account.id).order_by(ApiToken.id.desc())
        )
    )


def created_entry(session: Session, by: str, account: Account, label: str, scopes: Collection[str]) -> None:
    audit.append(
        session,
        by,
        "token created",
        {"account": account.name, "label": label.strip(), "scopes": sorted(scopes)},
        organisation_of(session, account),
    )


def revoked_entry(session: Session, by: str, account: Account, token: ApiToken) -> None:
    audit.append(
        session,
        by,
        "token revoked",
        {"account": account.name, "label": token.label},
        organisation_of(session, account),
    )


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _check(text: str) -> str:
    """CRC-32 in base 62: finds typing errors and look-alikes, proves nothing."""
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(6):
        number, rest = divmod(number, len(ALPHABET))
        digits = ALPHABET[rest] + digits
    return digits
