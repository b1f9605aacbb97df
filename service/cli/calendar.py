"""`resonanz organisation calendar`: when people work, at which site."""

from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.cli.output import AsJson, console, print_json, print_table
from service.context import opened, the_organisation
from service.errors import Invalid, NotFound
from service.models import Organisation, Person, Shutdown, Site

app = typer.Typer(no_args_is_help=True, help="Public holidays, company shutdown and working hours.")

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Owner = Annotated[str | None, typer.Option(help="Key of the organisation, where there are several.")]
Region = Annotated[
    str | None, typer.Option(help="Whose public holidays: country or state, e.g. DE-BY or AT.")
]
Day = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="As YYYY-MM-DD.")]


@app.command("show")
def show(organisation: Owner = None, as_json: AsJson = False) -> None:
    """Print the calendar of the organisation and of each site, and how many people work there."""
    with opened() as context, context.transaction() as session:
        owner = the_organisation(session, organisation)
        listed = [*_lines(session, owner)]
    if as_json:
        print_json(listed)
    else:
        print_table(listed, ("site", "people", "region", "time_zone", "week", "hours", "shutdowns"))


def _lines(session: Session, owner: Organisation) -> list[dict[str, object]]:
    sites = session.scalars(select(Site).where(Site.organisation_id == owner.id).order_by(Site.name)).all()
    shutdowns = session.scalars(
        select(Shutdown).where(Shutdown.organisation_id == owner.id).order_by(Shutdown.since)
    ).all()
    working = [*session.scalars(select(Person.site).where(Person.organisation_id == owner.id, Person.active))]
    known = {site.name for site in sites}
    week = [name for number, name in enumerate(WEEKDAYS) if owner.working_week >> number & 1]
    return [
        {
            "site": site.name if site else "",
            "people": sum(
                (name if name in known else None) == (site.name if site else None) for name in working
            ),
            "region": (site and site.region) or owner.region,
            "time_zone": (site and site.time_zone) or owner.time_zone,
            "week": ",".join(week),
            "hours": f"{owner.opens:%H:%M}-{owner.closes:%H:%M}",
            "shutdowns": [
                f"{closed.since.isoformat()} to {(closed.until - timedelta(days=1)).isoformat()}"
                for closed in shutdowns
                if closed.site_id in (None, site.id if site else None)
            ],
        }
        for site in (None, *sites)
    ]


@app.command("set")
def set_(
    region: Region = None,
    week: Annotated[str | None, typer.Option(help="Working days, e.g. mon,tue,wed,thu,fri.")] = None,
    opens: Annotated[str | None, typer.Option(help="When work begins, e.g. 08:00.")] = None,
    closes: Annotated[str | None, typer.Option(help="When work ends, e.g. 17:00.")] = None,
    organisation: Owner = None,
) -> None:
    """Declare when the organisation works; sites without a region of their own have its holidays."""
    with opened() as context, context.transaction() as session:
        owner = the_organisation(session, organisation)
        owner.region = _region(region) or owner.region
        owner.working_week = _week(week) if week is not None else owner.working_week
        owner.opens = _clock(opens) if opens is not None else owner.opens
        owner.closes = _clock(closes) if closes is not None else owner.closes
        if not owner.opens < owner.closes:
            raise Invalid(f"work cannot end at {owner.closes:%H:%M} if it begins at {owner.opens:%H:%M}")
    console.print("The calendar is set; `resonanz metrics compute` counts with it.")


@app.command("site")
def site(
    name: Annotated[
        str, typer.Argument(help="The site as the platform calls it (`calendar show` counts people).")
    ],
    region: Region = None,
    time_zone: Annotated[str | None, typer.Option(help="Where its hours are, e.g. Europe/Vienna.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Forget the site's own calendar.")] = False,
    organisation: Owner = None,
) -> None:
    """Give a site a calendar of its own."""
    if time_zone is not None:
        try:
            ZoneInfo(time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise Invalid(f"{time_zone!r} is no time zone; give one like Europe/Berlin") from error
    with opened() as context, context.transaction() as session:
        owner = the_organisation(session, organisation)
        found = _site(session, owner, name)
        if remove:
            session.execute(delete(Site).where(Site.organisation_id == owner.id, Site.name == name))
        else:
            if found is None:
                found = Site(organisation_id=owner.id, name=name)
                session.add(found)
            found.region = _region(region) or found.region
            found.time_zone = time_zone or found.time_zone
    console.print(f"The site {name} has {'no' if remove else 'a'} calendar of its own.")


@app.command("shutdown")
def shutdown(
    first: Day,
    last: Day,
    at: Annotated[
        str | None, typer.Option("--site", help="Only this site; else the whole organisation.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Forget exactly this shutdown.")] = False,
    organisation: Owner = None,
) -> None:
    """Declare days on which nobody works, from the first to the last, such as company holidays."""
    since, until = first.date(), last.date() + timedelta(days=1)
    if until <= since:
        raise Invalid("the last day is before the first")
    with opened() as context, context.transaction() as session:
        owner = the_organisation(session, organisation)
        place = None if at is None else _site(session, owner, at)
        if at is not None and place is None:
            raise NotFound(
                f"no site {at!r} with a calendar of its own; `resonanz organisation calendar site` makes it"
            )
        where = (
            Shutdown.organisation_id == owner.id,
            Shutdown.site_id == place.id if place else Shutdown.site_id.is_(None),
            Shutdown.since == since,
            Shutdown.until == until,
        )
        session.execute(delete(Shutdown).where(*where))
        if not remove:
            session.add(
                Shutdown(
                    organisation_id=owner.id, site_id=place.id if place else None, since=since, until=until
                )
            )
    console.print(
        f"{since.isoformat()} to {last.date().isoformat()} is {'a' if not remove else 'no'} shutdown."
    )


def _site(session: Session, owner: Organisation, name: str) -> Site | None:
    return session.scalars(
        select(Site).where(Site.organisation_id == owner.id, Site.name == name)
    ).one_or_none()


def _region(region: str | None) -> str | None:
    if region is not None:
        from service.working_time import public_holidays

        public_holidays(region, date(2000, 1, 1), date(2000, 1, 1))
    return region


def _week(names: str) -> int:
    days = [name.strip().lower()[:3] for name in names.split(",")]
    if not set(days) <= set(WEEKDAYS):
        raise Invalid(f"{names!r} are no weekdays; give some of {','.join(WEEKDAYS)}")
    return sum(1 << WEEKDAYS.index(day) for day in set(days))


def _clock(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"{text!r} is no time of day; give one like 08:00") from error
