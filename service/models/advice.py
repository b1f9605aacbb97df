"""What an organisation decided about the measures it was advised, and within what it plans."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base


class MeasureDecision(Base):
    """One measure of the catalogue in one organisation.

    `state` is proposed, agreed, declined (with `reason`), started or done, with the day of each; `owner` is a role. `changes` are what the
    organisation plans otherwise than the catalogue: person days by role, weeks, the earliest day.
    """

    __tablename__ = "measure_decision"
    __table_args__ = (UniqueConstraint("organisation_id", "measure"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    measure: Mapped[str] = mapped_column(String(80))
    catalogue_version: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    owner: Mapped[str] = mapped_column(String(80), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    changes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    decided: Mapped[datetime]
    started: Mapped[date | None]
    done: Mapped[date | None]


class PlanFrame(Base):
    """Within what an organisation plans: the Monday its roadmap begins, person days a week by role, and days in whose weeks
    nothing moves."""

    __tablename__ = "plan_frame"

    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True
    )
    start: Mapped[date]
    capacity: Mapped[dict[str, Any]] = mapped_column(JSON)
    quiet: Mapped[list[str]] = mapped_column(JSON, default=list)
