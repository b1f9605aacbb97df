"""What may be shown: one jointly checked run of values. Everything outward reads only these tables."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base


class Publication(Base):
    """A published run. `digest` identifies its content (ETag); `data_until` is the newest day it covers."""

    __tablename__ = "publication"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), index=True
    )
    created: Mapped[datetime]
    data_until: Mapped[date]
    minimum_group: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    summary: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class PublishedValue(Base):
    """One cell. `state` is published, suppressed (with reason) or unknown (with reason); `value` only if published.

    `value` is rounded; `people` is a rounded group size. Neither numerator nor denominator leave the measurement.
    """

    __tablename__ = "published_value"
    __table_args__ = (
        Index("ix_published_value_cell", "publication_id", "metric", "scope", "window", "since"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id", ondelete="CASCADE"))
    metric: Mapped[str] = mapped_column(String(64))
    category: Mapped[str] = mapped_column(String(32), default="")
    scope: Mapped[str] = mapped_column(String(16))
    scope_key: Mapped[str] = mapped_column(String(300), default="")
    window: Mapped[str] = mapped_column(String(16))
    since: Mapped[date]
    until: Mapped[date]
    value: Mapped[float | None]
    low: Mapped[float | None]
    high: Mapped[float | None]
    people: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(64))


class PublishedRoom(Base):
    """A room as it may be shown: label, purpose, state. `name` only for open rooms."""

    __tablename__ = "published_room"

    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(String(300))
    label: Mapped[str] = mapped_column(String(255))
    source: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[str | None] = mapped_column(String(16))
    archived: Mapped[bool] = mapped_column(default=False)


class PublishedCoverage(Base):
    """How much of what exists was read, per source and kind: `share` in 0..1, NULL where it can not be told."""

    __tablename__ = "published_coverage"

    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id", ondelete="CASCADE"), index=True)
    source: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    share: Mapped[float | None]
    rooms_missing: Mapped[int]
    reasons: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    data_until: Mapped[datetime | None]


class ReleasedCount(Base):
    """The exact counts behind a cell that was decided about, so that no later publication tells of a few by a difference.

    Internal like `Measurement`, whose columns these are: nothing outward reads it. `version` numbers the states in which
    the period was published, `shown` is whether the cell was, else `hidden_for` says why not, under `minimum_group`,
    and `told` what may be told of a share of people.
    """

    __tablename__ = "released_count"
    __table_args__ = (Index("ix_released_count_organisation", "organisation_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    version: Mapped[int]
    metric: Mapped[str] = mapped_column(String(64))
    category: Mapped[str] = mapped_column(String(32), default="")
    scope: Mapped[str] = mapped_column(String(16))
    scope_key: Mapped[str] = mapped_column(String(300), default="")
    window: Mapped[str] = mapped_column(String(16))
    since: Mapped[date]
    until: Mapped[date]
    numerator: Mapped[int | None] = mapped_column(BigInteger)
    denominator: Mapped[int | None] = mapped_column(BigInteger)
    people: Mapped[int | None]
    affirming: Mapped[int | None]
    low: Mapped[float | None]
    high: Mapped[float | None]
    largest: Mapped[int | None]
    shown: Mapped[bool]
    hidden_for: Mapped[str | None] = mapped_column(String(64))
    minimum_group: Mapped[int]
    told: Mapped[float | None]
