"""Local accounts: a name and an argon2id hash of a password."""

import hashlib
import hmac
import re
import secrets
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.database import transaction
from service.errors import Conflict, Invalid, NotFound
from service.grants import Role
from service.models import Account, Organisation
from service.security import audit
from service.security.actor import CONSOLE
from service.security.sessions import close_sessions

SHORTEST, LONGEST = 12, 256
NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
REMEMBERED = 60.0
"""Seconds a verified password of HTTP Basic is not verified again: dashboards send it with every request."""

hasher = PasswordHasher()
hashing = threading.BoundedSemaphore(2)
"""Each argon2 run takes 64 MiB: an onslaught of sign-ins must not take them many times over."""


def create_account(
    engine: Engine,
    name: str,
    password: str,
    role: Role,
    by: str = CONSOLE,
    *,
    organisation_id: int | None = None,
) -> None:
    """Create an account that may sign in, and sees one organisation or, with None, all of the installation.

    Raises `Invalid` for an unfit name or password, `Conflict` if the name is taken.
    """
    normal = fit_name(name)
    require_fit_password(normal, password)
    account = Account(
        name=normal,
        role=role.value,
        password_hash=hashed(password),
        created=datetime.now(UTC),
        organisation_id=organisation_id,
    )
    keep_account(engine, account, by)


def create_without_password(
    engine: Engine, name: str, role: Role, by: str, *, organisation_id: int | None = None
) -> None:
    """The same for an account that sets its password by a one-time link (`service.security.links`)."""
    account = Account(
        name=fit_name(name), role=role.value, created=datetime.now(UTC), organisation_id=organisation_id
    )
    keep_account(engine, account, by)


def keep_account(engine: Engine, account: Account, by: str) -> None:
    """Store a new account and note it. Raises `Conflict` if the name is taken."""
    name = account.name
    try:
        with transaction(engine) as session:
            session.add(account)
            detail = {"account": name, "role": account.role}
            audit.append(session, by, "account created", detail, organisation_of(session, account))
    except IntegrityError:
        raise Conflict(f"there is already an account {name!r}") from None


def fit_name(name: str) -> str:
    """The name as it is stored. Raises `Invalid`."""
    normal = normalised(name)
    if not NAME.fullmatch(normal):
        raise Invalid("a name has 1 to 64 letters a-z, digits or . _ @ -, and begins with a letter or digit")
    return normal


def require_fit_password(name: str, password: str) -> None:
    """Raises `Invalid` for a password that is too short, too long or too easy to guess for an account of that name."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(f"a password has {SHORTEST} to {LONGEST} characters")
    if normalised(password) == name or len(set(password)) < 5:
        raise Invalid(
            "the password is too easy to guess: use at least five different characters, and not the name"
        )


def organisation_of(session: Session, account: Account) -> str | None:
    """The key of the organisation an account sees; None for all of the installation."""
    found = session.get(Organisation, account.organisation_id) if account.organisation_id else None
    return None if found is None else found.key


def create_admin(engine: Engine, name: str, password: str) -> None:
    """Create an IT admin; see `create_account`."""
    create_account(engine, name, password, Role.IT_ADMIN)


def named(session: Session, name: str) -> Account:
    """Raises `NotFound`."""
    account = session.scalars(select(Account).where(Account.name == normalised(name))).one_or_none()
    if account is None:
        raise NotFound(f"there is no account {name!r}: `resonanz admin list` shows them")
    return account


def give_role(session: Session, account: Account, role: Role, by: str) -> None:
    """Another role; open sessions of the account end, its tokens may only what the role may. Raises `Invalid` for accounts that get
    their role from the company's sign-in service."""
    if account.issuer is not None:
        raise Invalid(f"{account.name} gets the role from the company's sign-in service: change it there")
    before, account.role = account.role, role.value
    detail = {"account": account.name, "before": before, "after": role.value}
    audit.append(session, by, "role changed", detail, organisation_of(session, account))


def disable(session: Session, account: Account, by: str, *, disabled: bool = True) -> None:
    """Sessions and tokens of a disabled account end at once."""
    account.disabled = disabled
    close_sessions(session, account)
    act = "account disabled" if disabled else "account enabled"
    audit.append(session, by, act, {"account": account.name}, organisation_of(session, account))


def normalised(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def hashed(password: str) -> str:
    with hashing:
        return hasher.hash(_bytes(password))


def _bytes(password: str) -> bytes:
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


class Passwords:
    """Checks names and passwords; an unknown name takes as long as a wrong password."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._unknown = hashed(secrets.token_urlsafe(16))
        self._key = secrets.token_bytes(32)
        self._verified: OrderedDict[bytes, float] = OrderedDict()
        self._lock = threading.Lock()

    def account(self, session: Session, name: str, password: str) -> Account | None:
        """The account with that name and password, unless it is disabled."""
        found = self._named(session, name)
        stored = found.password_hash if found else None
        right = self._verify(stored or self._unknown, password)
        return found if found and stored and right and not found.disabled else None

    def remembered(self, session: Session, name: str, password: str) -> Account | None:
        """The account if that very password was verified within the last minute."""
        found = self._named(session, name)
        if found is None or found.disabled or found.password_hash is None:
            return None
        mark = self._mark(found, password)
        with self._lock:
            return found if self._verified.get(mark, -1.0) > self._clock() else None

    def remember(self, account: Account, password: str) -> None:
        with self._lock:
            self._verified[self._mark(account, password)] = self._clock() + REMEMBERED
            while len(self._verified) > 1000:
                self._verified.popitem(last=False)

    def _named(self, session: Session, name: str) -> Account | None:
        normal = normalised(name)
        if not NAME.fullmatch(normal):
            return None
        return session.scalars(select(Account).where(Account.name == normal)).one_or_none()

    def _verify(self, stored: str, password: str) -> bool:
        with hashing:
            try:
                return hasher.verify(stored, _bytes(password[: LONGEST + 1]))
            except (VerificationError, InvalidHashError):
                return False

    def _mark(self, account: Account, password: str) -> bytes:
        text = b"\0".join(
            [str(account.id).encode(), (account.password_hash or "").encode(), _bytes(password)]
        )
        return hmac.new(self._key, text, hashlib.sha256).digest()
