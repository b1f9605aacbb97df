"""The agreement in its versions, who signed them, and the public keys of those who may."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base


class HolderKey(Base):
    """The public key of `admin` or `council`. Once an agreement is active, the keys named in it count."""

    __tablename__ = "holder_key"
    __table_args__ = (UniqueConstraint("organisation_id", "holder"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    holder: Mapped[str] = mapped_column(String(16))
    public_key: Mapped[str] = mapped_column(String(64))
    registered: Mapped[datetime]


class AgreementVersion(Base):
    """A version of the agreement: a draft until `activated`, over once `ended`. `text` is canonical JSON."""

    __tablename__ = "agreement_version"
    __table_args__ = (UniqueConstraint("organisation_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime]
    activated: Mapped[datetime | None]
    ended: Mapped[datetime | None]


class AgreementSignature(Base):
    """A holder's Ed25519 signature of a version, in base64."""

    __tablename__ = "agreement_signature"
    __table_args__ = (UniqueConstraint("agreement_version_id", "holder"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_version_id: Mapped[int] = mapped_column(ForeignKey("agreement_version.id", ondelete="CASCADE"))
    holder: Mapped[str] = mapped_column(String(16))
    public_key: Mapped[str] = mapped_column(String(64))
    value: Mapped[str] = mapped_column(String(88))
    signed: Mapped[datetime]
