"""Who may do what here: accounts, their sessions and API tokens. These are users of Resonanz, not people it measures."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base


class Account(Base):
    """Local accounts have a password; accounts of the company's sign-in service have its `issuer` and their `subject` there.

    An account sees `organisation_id` only; None is the whole installation, all its organisations. `confirmed` is when the company's
    service last told its role.
    """

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    issuer: Mapped[str | None] = mapped_column(String(300))
    subject: Mapped[str | None] = mapped_column(String(300))
    created: Mapped[datetime]
    disabled: Mapped[bool] = mapped_column(default=False)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    confirmed: Mapped[datetime | None]


class Session(Base):
    """A signed-in session. Only the SHA-256 of its secret is stored; it ends when the account's role is no longer `role`."""

    __tablename__ = "session"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(16))
    created: Mapped[datetime]
    used: Mapped[datetime]


class ApiToken(Base):
    """A token for programs. `handle` is its public part, by which it is found; of the secret only the SHA-256 is stored."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    label: Mapped[str] = mapped_column(String(64))
    handle: Mapped[str] = mapped_column(String(16), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created: Mapped[datetime]
    expires: Mapped[datetime]
    revoked: Mapped[datetime | None]
    used: Mapped[datetime | None]


class PasswordLink(Base):
    """The SHA-256 of a link with which an account sets its password, once; a new link takes the place of the one before."""

    __tablename__ = "password_link"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    expires: Mapped[datetime]


class SignInTries(Base):
    """Tries to sign in that did not succeed. `digest` is a keyed hash of name and address, or of an address alone."""

    __tablename__ = "sign_in_tries"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int]
    latest: Mapped[datetime] = mapped_column(index=True)


class SpentSignIn(Base):
    """The SHA-256 of a sign-in at the company's service that came back once: it can not come back again."""

    __tablename__ = "spent_sign_in"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    spent: Mapped[datetime]
