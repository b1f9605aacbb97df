"""The matrix of needs as the team fills it in: target group by purpose, how great the need is, and which channels meet it today."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.advice.catalogue import Need, NeedMatrix
from service.errors import Invalid, NotFound
from service.language import N_
from service.models import NeedRating, Organisation


class Rating(StrEnum):
    """How great the need is that is not met today."""

    NONE = "none"
    SOME = "some"
    HIGH = "high"


@dataclass(frozen=True)
class Cell:
    """One cell with its rating, if the team gave one. `is_field`: there is a need, and no channel in which people can answer in sight of others;
    None as long as it is not rated."""

    need: Need
    rating: Rating | None
    channels: Sequence[str]
    rated_by: str
    is_field: bool | None


def rate(
    session: Session,
    organisation: Organisation,
    matrix: NeedMatrix,
    group: str,
    purpose: str,
    *,
    rating: str,
    channels: Sequence[str] = (),
    rated_by: str,
    rated: date | None = None,
) -> NeedRating:
    """Rate a cell; a second time replaces the first.

    Raises `NotFound` for a cell the matrix does not have, `Invalid` for an unknown rating or channel, or without the role that rates.
    """
    try:
        matrix.need(group, purpose)
    except KeyError as error:
        raise NotFound(f"the matrix of needs has no cell {group} × {purpose}") from error
    if rating not in set(Rating):
        raise Invalid(f"a need is {', '.join(Rating)}; not {rating!r}")
    known = [one.key for one in matrix.channels]
    if strange := sorted(set(channels) - set(known)):
        raise Invalid(f"no channel {', '.join(strange)}; there are {', '.join(known)}")
    kept = ratings(session, organisation).get((group, purpose))
    by = role(rated_by)
    if kept is None:
        kept = NeedRating(organisation_id=organisation.id, target_group=group, purpose=purpose)
        session.add(kept)
    kept.rating, kept.rated_by = rating, by
    kept.channels = [key for key in known if key in set(channels)]
    kept.rated = rated or datetime.now(UTC).date()
    session.flush()
    return kept


def ratings(session: Session, organisation: Organisation) -> Mapping[tuple[str, str], NeedRating]:
    """By group and purpose; a cell that is not in it was not rated."""
    kept = select(NeedRating).where(NeedRating.organisation_id == organisation.id)
    return {(one.target_group, one.purpose): one for one in session.scalars(kept)}


def cells(session: Session, organisation: Organisation, matrix: NeedMatrix) -> list[Cell]:
    """Every cell of the matrix, group by group in the order of its purposes."""
    rated = ratings(session, organisation)
    return [
        _cell(matrix, matrix.need(group.key, purpose.key), rated.get((group.key, purpose.key)))
        for group in matrix.groups
        for purpose in matrix.purposes
    ]


def role(given: str) -> str:
    """The name of a function. Raises `Invalid` where there is none, or a mail address."""
    name = given.strip()[:80]
    if not name:
        raise Invalid(N_("say which role it is, such as “Internal communication”"))
    if "@" in name:
        raise Invalid(N_("a role is meant, not a person: no mail address"))
    return name


def _cell(matrix: NeedMatrix, need: Need, kept: NeedRating | None) -> Cell:
    if kept is None:
        return Cell(need, None, (), "", None)
    rating = Rating(kept.rating)
    lacking = rating is not Rating.NONE and matrix.is_field(tuple(kept.channels))
    return Cell(need, rating, kept.channels, kept.rated_by, lacking)
