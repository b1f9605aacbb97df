"""Potential fields: where social communication would help, and what each need of a target group looks like today."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base


class NeedRating(Base):
    """One cell of the need matrix in one organisation: how great the need is (none, some or high), and by which channels it is met today.

    `rated_by` is a role, never a person.
    """

    __tablename__ = "need_rating"
    __table_args__ = (UniqueConstraint("organisation_id", "target_group", "purpose"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    target_group: Mapped[str] = mapped_column(String(40))
    purpose: Mapped[str] = mapped_column(String(40))
    rating: Mapped[str] = mapped_column(String(16))
    channels: Mapped[list[str]] = mapped_column(JSON, default=list)
    rated_by: Mapped[str] = mapped_column(String(80))
    rated: Mapped[date]


class PotentialField(Base):
    """A field for social communication.

    `origin` is signal, need, use_case or own, `origin_key` which one. `answers` are those to the fit test by question, `scores` points and reason by
    criterion. `state` is idea, assessed, chosen or parked (with `reason`); `owner` is a role.
    """

    __tablename__ = "potential_field"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), index=True
    )
    title: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text, default="")
    origin: Mapped[str] = mapped_column(String(16))
    origin_key: Mapped[str] = mapped_column(String(80), default="")
    owner: Mapped[str] = mapped_column(String(80))
    answers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    scores: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text, default="")
    catalogue_version: Mapped[str] = mapped_column(String(16))
    recorded: Mapped[datetime]
    changed: Mapped[datetime]
