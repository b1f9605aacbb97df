"""What was counted: a metric's value for a scope and a period. Internal: nothing outward reads these tables."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base


class Measurement(Base):
    """`numerator / denominator` of a metric, over days in the half-open period [since, until).

    `scope` is organisation, room or unit; `scope_key` '' for the organisation, the room's key, or the unit's key.
    `window` is that of `metrics.metric.Window`. `people` is how many distinct people stand behind the denominator, `affirming`
    how many behind the numerator; both are what publication protects, as is `largest`, the most of the denominator that
    one person stands for. `low` and `high` bound the value at 95 %, in the metric's unit, where it has its own interval. `state` is known or unknown, with a `reason`.
    `category` distinguishes the parts of a partition (role, room state); '' otherwise.
    """

    __tablename__ = "measurement"
    __table_args__ = (
        UniqueConstraint("organisation_id", "metric", "category", "scope", "scope_key", "window", "since"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
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
    excluded: Mapped[int] = mapped_column(default=0)
    low: Mapped[float | None]
    high: Mapped[float | None]
    largest: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(64))
    measured: Mapped[datetime]


class Fingerprint(Base):
    """What the values of a metric in a scope and period were computed from: equal digest, equal values."""

    __tablename__ = "fingerprint"

    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True
    )
    metric: Mapped[str] = mapped_column(String(64), primary_key=True)
    scope: Mapped[str] = mapped_column(String(16), primary_key=True)
    window: Mapped[str] = mapped_column(String(16), primary_key=True)
    since: Mapped[date] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))


class Measuring(Base):
    """The last measuring run of an organisation: what it saw, so that the next one knows whether anything is new.

    `log` identifies the activity log and `version` its snapshot, `given` is a digest of what is stored of people, rooms and
    calendars, `code` one of the metrics. `left_out` is that of `service.measure.Summary`.
    """

    __tablename__ = "measuring"

    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True
    )
    log: Mapped[str | None] = mapped_column(String(64))
    version: Mapped[int | None]
    given: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(64))
    since: Mapped[date]
    until: Mapped[date]
    left_out: Mapped[dict[str, Any]] = mapped_column(JSON)
