"""What runs by itself: jobs that wait or run, when they come up again, and the processes that do them."""

from datetime import datetime, time

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base

OPEN = text("state IN ('waiting', 'running')")
RUNNING = text("state = 'running'")


class Job(Base):
    """One piece of work for one organisation, or (NULL) for the whole installation.

    `state` is waiting, running, done, poison (given up: somebody has to look), dismissed or superseded (done or given up again
    later). `key` says what is to be done: of one key only one job is open. Of one `lane` only one job runs; a job waits for
    those of its organisation asked for before it with a lower `step`. Whoever runs it holds a lease until `lease_until`, and is
    told apart from earlier holders by `fence`, which rises with every claim. `attempts` counts claims, but those given back.
    `last_error` is the name of a kind of error, never what it said. `subject` is the source's key.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index("uq_job_open", "key", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index("uq_job_lane", "lane", unique=True, sqlite_where=RUNNING, postgresql_where=RUNNING),
        Index("ix_job_state", "state", "not_before"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(64), default="")
    key: Mapped[str] = mapped_column(String(160))
    lane: Mapped[str | None] = mapped_column(String(160))
    step: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    not_before: Mapped[datetime]
    lease_owner: Mapped[str | None] = mapped_column(String(128))
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    progress_done: Mapped[int] = mapped_column(default=0)
    progress_total: Mapped[int] = mapped_column(default=0)
    pages: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(String(64))
    created: Mapped[datetime]
    started: Mapped[datetime | None]
    finished: Mapped[datetime | None]
    trace: Mapped[str] = mapped_column(String(32))


class Schedule(Base):
    """When something comes up again: every `interval` minutes, or daily at `daily` in `zone`; in an organisation, or (NULL) once."""

    __tablename__ = "schedule"
    __table_args__ = (UniqueConstraint("organisation_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    interval: Mapped[int | None]
    daily: Mapped[time | None]
    zone: Mapped[str] = mapped_column(String(64), default="UTC")
    next_run: Mapped[datetime]
    last_run: Mapped[datetime | None]
    enabled: Mapped[bool] = mapped_column(default=True)


class Worker(Base):
    """A process that does jobs, and when it was last seen. It deletes its row when it ends in good order."""

    __tablename__ = "worker"

    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    host: Mapped[str] = mapped_column(String(64))
    started: Mapped[datetime]
    seen: Mapped[datetime]
