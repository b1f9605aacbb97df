"""Working time of an organisation and its sites: from what is declared, and from the public holidays of their regions."""

from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from holidays import country_holidays, list_supported_countries
from sqlalchemy import select
from sqlalchemy.orm import Session

from metrics.working_time import WorkingTime
from service.errors import Invalid
from service.models import Organisation, Shutdown, Site


def public_holidays(region: str, first: date, last: date) -> frozenset[date]:
    """The public holidays of a region such as DE-BY or AT in the years from first to last.

    Half days such as Christmas Eve are none. Raises `Invalid` for a region whose holidays are not known.
    """
    country, _, part = region.partition("-")
    try:
        found = country_holidays(country, subdiv=part or None, years=range(first.year, last.year + 1))
    except NotImplementedError as error:
        parts = list_supported_countries().get(country)
        known = (
            f"of {country} there are {', '.join(parts)}" if parts else "it begins with a country's ISO code"
        )
        raise Invalid(
            f"the holidays of {region!r} are not known; give a region like DE-BY: {known}"
        ) from error
    return frozenset(found)


def working_times(
    session: Session, organisation: Organisation, first: date, last: date
) -> Iterator[WorkingTime]:
    """The organisation's own working time, under the region '', and that of each site declared, under its name."""
    shutdowns = session.scalars(select(Shutdown).where(Shutdown.organisation_id == organisation.id)).all()
    sites = session.scalars(
        select(Site).where(Site.organisation_id == organisation.id).order_by(Site.name)
    ).all()
    for site in (None, *sites):
        region = (site and site.region) or organisation.region
        free = set() if region is None else set(public_holidays(region, first, last))
        for shutdown in shutdowns:
            if shutdown.site_id is None or (site is not None and shutdown.site_id == site.id):
                length = (shutdown.until - shutdown.since).days
                free |= {shutdown.since + timedelta(days=number) for number in range(length)}
        yield WorkingTime(
            zone=ZoneInfo((site and site.time_zone) or organisation.time_zone),
            region="" if site is None else site.name,
            week=organisation.working_week,
            opens=organisation.opens,
            closes=organisation.closes,
            free=frozenset(free),
        )
