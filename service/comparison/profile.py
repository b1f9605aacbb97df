"""The profile by which an organisation is compared, and whether it lets others of the installation be compared with it."""

import secrets
from dataclasses import dataclass

from sqlalchemy.orm import Session

from service.comparison import classes
from service.comparison.consent import require_giving
from service.models import Organisation, OrganisationProfile


@dataclass(frozen=True)
class Profile:
    """What is known of an organisation; None where nobody said and nothing else tells it.

    `industry` is a section of NACE Rev. 2.1. `size` follows from the workforce and `country` from the region of the calendar
    where they are not declared. `shares` is whether it consented to being among the peers of others in this installation.
    """

    industry: str | None = None
    size: str | None = None
    country: str | None = None
    desk: str | None = None
    shares: bool = False


def profile_of(session: Session, organisation: Organisation) -> Profile:
    declared = session.get(OrganisationProfile, organisation.id)
    size = None if organisation.workforce is None else classes.size_of(organisation.workforce).key
    region = (organisation.region or "").split("-")[0].upper()
    country = region if region in classes.countries() else None
    if declared is None:
        return Profile(size=size, country=country)
    return Profile(
        declared.industry,
        declared.size or size,
        declared.country or country,
        declared.desk,
        declared.shares_benchmark,
    )


def declare(
    session: Session,
    organisation: Organisation,
    *,
    industry: str | None = None,
    size: str | None = None,
    country: str | None = None,
    desk: str | None = None,
    shares: bool | None = None,
) -> Profile:
    """Change what is declared: None leaves it as it is, '' takes it back.

    Raises `Invalid` for a class there is not; for a consent `Stopped` or `ExceedsAgreement` where nothing may be given to others.
    """
    if shares:
        require_giving(session, organisation)
    checked = {
        "industry": None if industry is None else industry and classes.industry(industry).key,
        "size": None if size is None else size and classes.size(size).key,
        "country": None if country is None else country and classes.country(country),
        "desk": None if desk is None else desk and classes.desk(desk).key,
    }
    row = stored(session, organisation)
    for name, value in checked.items():
        if value is not None:
            setattr(row, name, value or None)
    if shares is not None:
        row.shares_benchmark = shares
    session.flush()
    return profile_of(session, organisation)


def stored(session: Session, organisation: Organisation) -> OrganisationProfile:
    """The row of the organisation, made with a new random id and secret where there is none yet."""
    row = session.get(OrganisationProfile, organisation.id)
    if row is None:
        row = OrganisationProfile(
            organisation_id=organisation.id,
            benchmark=secrets.token_hex(16),
            secret=secrets.token_hex(32),
            shares_benchmark=False,
        )
        session.add(row)
        session.flush()
    return row
