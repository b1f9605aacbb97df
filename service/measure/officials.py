"""Registers who speaks for the organisation, as the admin declared it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from metrics.top_down.officials import official
from service.engines import Connection
from service.engines.relations import register
from service.models import OfficialUnit, Organisation


def register_officials(connection: Connection, session: Session, organisation: Organisation) -> None:
    """Register `official`: units by their key, and the level of leadership."""
    units = select(OfficialUnit.key).where(OfficialUnit.organisation_id == organisation.id)
    rows: list[tuple[str | None, int | None]] = [(key, None) for key in session.scalars(units)]
    if organisation.official_leaders is not None:
        rows.append((None, organisation.official_leaders))
    register(connection, official, rows)
