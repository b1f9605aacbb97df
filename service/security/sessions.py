"""Signed-in sessions, kept on the server; the browser holds a secret of which only the hash is stored."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session as Database

from service.models import Account, Session

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=8)
LONGEST_COMPANY = timedelta(hours=1)
"""With a company account: whoever lost the role at the company's service is out by then. Coming back asks the service again, which
seldom asks the person."""
NOTED = timedelta(minutes=1)
"""How exactly the last use is noted: not every request writes. So far clocks of processes may differ, too."""


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def open_session(database: Database, account: Account, now: datetime) -> str:
    """A new session's secret. Sessions that are good no more are removed on the way."""
    over = or_(Session.used <= now - IDLE, Session.created <= now - LONGEST, Session.created > now + NOTED)
    database.execute(delete(Session).where(over))
    secret = secrets.token_urlsafe(32)
    database.add(
        Session(digest=digest(secret), account_id=account.id, role=account.role, created=now, used=now)
    )
    return secret


def close_session(database: Database, secret: str) -> None:
    database.execute(delete(Session).where(Session.digest == digest(secret)))


def close_sessions(database: Database, account: Account) -> None:
    """End all sessions of an account."""
    database.execute(delete(Session).where(Session.account_id == account.id))


def signed_in(database: Database, secret: str, now: datetime) -> Account | None:
    """Whose session it is, unless it ran out, or the account was disabled or given another role since.

    Nor is one good that was opened while a clock was ahead: nobody knows how old it is.
    """
    found = database.execute(
        select(Session, Account)
        .join(Account, Account.id == Session.account_id)
        .where(Session.digest == digest(secret))
    ).one_or_none()
    if found is None:
        return None
    session, account = found
    longest = LONGEST if account.issuer is None else LONGEST_COMPANY
    if now - session.used >= IDLE or not -NOTED <= now - session.created < longest:
        return None
    if account.disabled or session.role != account.role:
        return None
    if abs(now - session.used) >= NOTED:
        session.used = now
    return account
