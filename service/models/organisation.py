"""Whose intranet is measured: the organisation, its units, and the dated events of its history."""

from datetime import date, datetime, time

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from metrics.working_time import MONDAY_TO_FRIDAY
from service.models.base import Base


class Organisation(Base):
    """A company. Days are days in `time_zone`; `workforce` is the number of people entitled to use the intranet, where
    the admin states it (otherwise the active accounts count).

    Its public holidays are those of `region` (ISO 3166: DE-BY, AT); without one none are known. `working_week` has a bit for each
    working day, 1 for Monday; work lasts from `opens` to `closes`. Who leads at level `official_leaders` or above speaks for the
    organisation, as do the people of each `OfficialUnit`. Since `stopped` nothing is collected, measured or published any more.
    `opted_out` people want nothing of theirs counted; who they are stands in the register (`service.privacy.register`) alone.
    """

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    time_zone: Mapped[str] = mapped_column(String(64), default="Europe/Berlin")
    locale: Mapped[str] = mapped_column(String(16), default="de")
    workforce: Mapped[int | None]
    synthetic: Mapped[bool] = mapped_column(default=False)
    region: Mapped[str | None] = mapped_column(String(16))
    working_week: Mapped[int] = mapped_column(default=MONDAY_TO_FRIDAY)
    opens: Mapped[time] = mapped_column(default=time(8))
    closes: Mapped[time] = mapped_column(default=time(17))
    official_leaders: Mapped[int | None]
    stopped: Mapped[datetime | None]
    opted_out: Mapped[int] = mapped_column(default=0)

    @property
    def entitled(self) -> int | None:
        """The people of `workforce` who may be counted: without those who opted out."""
        return None if self.workforce is None else max(0, self.workforce - self.opted_out)


class OfficialUnit(Base):
    """A unit whose people speak for the organisation, by the platform's word for it; it need not have been read yet."""

    __tablename__ = "official_unit"
    __table_args__ = (UniqueConstraint("organisation_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(200))


class Site(Base):
    """A place of work with a calendar of its own. `name` is the platform's word for it; what is NULL is the organisation's."""

    __tablename__ = "site"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    region: Mapped[str | None] = mapped_column(String(16))
    time_zone: Mapped[str | None] = mapped_column(String(64))


class Shutdown(Base):
    """Days in [since, until) on which nobody is expected to work, at one site or (NULL) all over the organisation."""

    __tablename__ = "shutdown"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    since: Mapped[date]
    until: Mapped[date]


class Unit(Base):
    """A department or site as the platform knows it. `key` is the platform's word for it."""

    __tablename__ = "unit"
    __table_args__ = (UniqueConstraint("organisation_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(200))


class Milestone(Base):
    """A dated event to compare before and after: the relaunch, a campaign.

    `kind` is relaunch, migration, campaign, reorganisation or other. What was made on the day of a relaunch or migration is taken for
    brought along (`metrics.hygiene`).
    """

    __tablename__ = "milestone"
    __table_args__ = (UniqueConstraint("organisation_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(64))
    day: Mapped[date]
    kind: Mapped[str] = mapped_column(String(16), default="other")
    label_de: Mapped[str] = mapped_column(String(200))
    label_en: Mapped[str] = mapped_column(String(200))
