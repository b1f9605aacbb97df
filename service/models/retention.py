"""How long an organisation keeps what it collected, and since when older data are gone."""

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base


class Retention(Base):
    """How many days an organisation keeps each class of data (`service.privacy.limits.Limits`); NULL is until it is erased.

    `activities_from` is the first day from which on the activity log holds everything that was collected: what happened earlier was
    deleted, or never stored, because of its age. `people_from` is the same of the history of people, `measurements_from` of
    periods that end later. NULL: nothing is missing. They only ever rise. `begun` is when a purge began that has not ended yet.
    """

    __tablename__ = "retention"

    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True
    )
    activities: Mapped[int | None]
    people: Mapped[int | None]
    measurements: Mapped[int | None]
    activities_from: Mapped[date | None]
    people_from: Mapped[date | None]
    measurements_from: Mapped[date | None]
    begun: Mapped[datetime | None]
