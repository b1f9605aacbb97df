"""What an organisation is compared by, the benchmark files it was given, and what a comparison with others may show."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base


class OrganisationProfile(Base):
    """By what an organisation is comparable (`service.comparison.profile`), and whether others here may be compared with it.

    `industry` is a section of NACE Rev. 2.1, `country` an ISO 3166 code; NULL where nobody said. Only with `shares_benchmark` its
    published values take part in quartiles shown to other organisations of the installation. `benchmark` is a random id under which
    its benchmark files go; `secret` keeps the fingerprints of its values in `ComparisonPublication.members` from being guessed.
    """

    __tablename__ = "organisation_profile"

    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True
    )
    industry: Mapped[str | None] = mapped_column(String(1))
    size: Mapped[str | None] = mapped_column(String(16))
    country: Mapped[str | None] = mapped_column(String(2))
    desk: Mapped[str | None] = mapped_column(String(16))
    shares_benchmark: Mapped[bool] = mapped_column(default=False)
    benchmark: Mapped[str] = mapped_column(String(32), unique=True)
    secret: Mapped[str] = mapped_column(String(64))


class BenchmarkFile(Base):
    """A signed benchmark file that an organisation was given; the newest of each peer, checked when it was imported.

    `peer` is the random id of the organisation it tells of, `content` that of `service.comparison.benchmark.Benchmark`.
    """

    __tablename__ = "benchmark_file"
    __table_args__ = (UniqueConstraint("organisation_id", "peer"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    peer: Mapped[str] = mapped_column(String(32))
    public_key: Mapped[str] = mapped_column(String(64))
    imported: Mapped[datetime]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)


class ComparisonPublication(Base):
    """What an organisation is shown of its peers; never changed afterwards. The newest holds.

    `content` is that of `service.comparison.publish.Peers`. `members` is internal and nothing outward reads it: for each value whose
    quartiles were drawn, a fingerprint of what each peer gave, so that no later quartiles tell of a few peers by a difference.
    """

    __tablename__ = "comparison_publication"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), index=True
    )
    created: Mapped[datetime]
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    members: Mapped[dict[str, Any]] = mapped_column(JSON)
