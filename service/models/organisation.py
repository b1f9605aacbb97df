"""Whose intranet is measured: the organisation, its units, and the dated events of its history."""

from datetime import date

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base


class Organisation(Base):
    """A company. Days are days in `time_zone`; `workforce` is the number of people entitled to use the intranet, where
    the admin states it (otherwise the active accounts count)."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    time_zone: Mapped[str] = mapped_column(String(64), default="Europe/Berlin")
    locale: Mapped[str] = mapped_column(String(16), default="de")
    workforce: Mapped[int | None]
    synthetic: Mapped[bool] = mapped_column(default=False)


class Unit(Base):
    """A department or site as the platform knows it. `key` is the platform's word for it."""

    __tablename__ = "unit"
    __table_args__ = (UniqueConstraint("organisation_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(200))


class Milestone(Base):
    """A dated event to compare before and after: the relaunch, a campaign."""

    __tablename__ = "milestone"
    __table_args__ = (UniqueConstraint("organisation_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(64))
    day: Mapped[date]
    label_de: Mapped[str] = mapped_column(String(200))
    label_en: Mapped[str] = mapped_column(String(200))
