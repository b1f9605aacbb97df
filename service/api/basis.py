"""What answers that are worked out rest on: the newest publication and the newest assessment."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.api import schemas as s
from service.api.published import age, catalogue_version, newest, provenance
from service.errors import NothingPublished
from service.maturity import model as maturity
from service.models import Assessment, Organisation

EVER = datetime(2000, 1, 1, tzinfo=UTC)
"""The date written into a file whose content has none."""


@dataclass(frozen=True)
class Ground:
    """The basis as it is told, and when the newest of what it rests on was made."""

    basis: s.Basis
    moment: datetime


def ground(db: Session, organisation: Organisation, rules: str) -> Ground:
    """`rules` is what the answer is worked out by, with its version. Nothing published or assessed yet is no error."""
    made = db.execute(
        select(Assessment.created, Assessment.model_version)
        .where(Assessment.organisation_id == organisation.id)
        .order_by(Assessment.created.desc(), Assessment.id.desc())
        .limit(1)
    ).one_or_none()
    try:
        origin = provenance(db, organisation, newest(db, organisation))
    except NothingPublished:
        origin = None
    moments = [*([made.created] if made else []), *([origin.created] if origin else [])]
    return Ground(
        s.Basis(
            organisation=organisation.key,
            model_version=made.model_version if made else maturity.current().version,
            assessed=made.created if made else None,
            rules=rules,
            publication=origin.id if origin else None,
            data_until=origin.data_until if origin else None,
            data_age_days=age(origin.data_until) if origin else None,
            coverage=origin.coverage if origin else None,
            minimum_group=origin.minimum_group if origin else None,
            synthetic=organisation.synthetic,
            catalogue_version=catalogue_version(),
        ),
        max(moments, default=EVER),
    )
