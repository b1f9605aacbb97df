"""What was counted: a metric's value for a scope and a period. Internal: nothing outward reads these tables."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint
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
