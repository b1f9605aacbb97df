"""The register of documented facts, and the assessments made of an organisation's maturity."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base


class Evidence(Base):
    """A document that bears out a fact of the maturity model, or the statement that there is none.

    `fact` is the model's key. `owner` is a role, never a person. Where `link` and `dated` are empty there is no document.
    """

    __tablename__ = "evidence"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), index=True
    )
    fact: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(200))
    dated: Mapped[date | None]
    owner: Mapped[str] = mapped_column(String(80))
    link: Mapped[str] = mapped_column(String(500), default="")
    recorded: Mapped[datetime]


class EvidenceRating(Base):
    """How far one assessor finds the fact borne out: absent, partly or met. `assessor` is a role; one rating for each."""

    __tablename__ = "evidence_rating"
    __table_args__ = (UniqueConstraint("evidence_id", "assessor"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id", ondelete="CASCADE"))
    assessor: Mapped[str] = mapped_column(String(80))
    rating: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text, default="")
    rated: Mapped[date]


class Assessment(Base):
    """What was found of an organisation's maturity at one time; never changed afterwards.

    `content` is that of `service.maturity.result.Result`: all it rests on is in it, and all of that was published. `digest` is
    the SHA-256 of its canonical JSON.
    """

    __tablename__ = "assessment"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), index=True
    )
    created: Mapped[datetime]
    model_version: Mapped[str] = mapped_column(String(16))
    profile: Mapped[str] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
