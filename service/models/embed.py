"""Which published cards other pages may show."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from service.models.base import Base


class Embed(Base):
    """One card for the pages of certain hosts. `handle` is its public name; its signed link is made anew from this row and never stored.

    `choices` says what the card shows (`service.cards.Choices`), `hosts` whose pages may show it, `key_id` which key signs its
    link, `created_by` which account made it (a name, as in the audit log). `used` is the last day it was shown; not by whom or how often.
    """

    __tablename__ = "embed"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), index=True
    )
    handle: Mapped[str] = mapped_column(String(16), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    choices: Mapped[dict[str, Any]] = mapped_column(JSON)
    locale: Mapped[str] = mapped_column(String(8))
    hosts: Mapped[list[str]] = mapped_column(JSON)
    key_id: Mapped[str] = mapped_column(String(8))
    created: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(80))
    expires: Mapped[datetime]
    revoked: Mapped[datetime | None]
    used: Mapped[date | None]
