"""`resonanz organisation` and `resonanz room`: what the admin declares."""

from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.cli import calendar, comparison, officials
from service.cli.output import AsJson, console, print_json, print_table
from service.context import opened, the_organisation
from service.errors import Invalid, NotFound
from service.models import Milestone, Organisation, Room
from service.places import KEY

app = typer.Typer(no_args_is_help=True, help="The organisation whose intranet is measured.")
app.add_typer(calendar.app, name="calendar")
app.command("official")(officials.official)
app.command("profile")(comparison.profile)
rooms = typer.Typer(no_args_is_help=True, help="Group rooms and their declared purpose.")

KINDS = ("relaunch", "migration", "campaign", "reorganisation", "other")
PURPOSES = ("official", "team", "community", "project")


def described(session: Session, organisation: Organisation) -> dict[str, object]:
    milestones = session.scalars(
        select(Milestone).where(Milestone.organisation_id == organisation.id).order_by(Milestone.day)
    )
    return {
        "key": organisation.key,
        "name": organisation.name,
        "time_zone": organisation.time_zone,
        "locale": organisation.locale,
        "workforce": organisation.workforce,
        "synthetic": organisation.synthetic,
        "milestones": [
            {"key": m.key, "day": m.day, "kind": m.kind, "de": m.label_de, "en": m.label_en}
            for m in milestones
        ],
    }


@app.command("show")
def show(as_json: AsJson = False) -> None:
    """Print what is declared."""
    with opened() as context, context.transaction() as session:
        listed = [described(session, found) for found in session.scalars(select(Organisation))]
    if as_json:
        print_json(listed)
    else:
        print_table(listed, ("key", "name", "time_zone", "locale", "workforce"))


@app.command("set")
def set_(
    name: Annotated[str | None, typer.Option(help="Name shown on the pages.")] = None,
    key: Annotated[
        str, typer.Option(help="Short key; also part of the pseudonyms, so never change it.")
    ] = "main",
    time_zone: Annotated[str | None, typer.Option(help="Where its days begin, e.g. Europe/Berlin.")] = None,
    locale: Annotated[str | None, typer.Option(help="de or en.")] = None,
    workforce: Annotated[int | None, typer.Option(min=1, help="People entitled to use the intranet.")] = None,
) -> None:
    """Make the organisation, or change what is declared of it."""
    if time_zone is not None:
        try:
            ZoneInfo(time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise Invalid(f"{time_zone!r} is no time zone; give one like Europe/Berlin") from error
    if locale is not None and locale not in ("de", "en"):
        raise Invalid(f"{locale!r} is not spoken here; give de or en")
    with opened() as context, context.transaction() as session:
        organisation = session.scalars(select(Organisation).where(Organisation.key == key)).one_or_none()
        if organisation is None:
            if not KEY.fullmatch(key):
                raise Invalid(f"the key {key!r} may hold small letters, digits and hyphens only")
            organisation = Organisation(key=key, name=name or key)
            session.add(organisation)
        organisation.name = name or organisation.name
        organisation.time_zone = time_zone or organisation.time_zone
        organisation.locale = locale or organisation.locale
        organisation.workforce = workforce or organisation.workforce
    console.print(f"Organisation {key} is set.")


@app.command("milestone")
def milestone(
    key: Annotated[str, typer.Argument(help="Short key, e.g. relaunch.")],
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="The day, as YYYY-MM-DD.")],
    german: Annotated[str, typer.Option("--de", help="How it is called in German.")],
    english: Annotated[str, typer.Option("--en", help="How it is called in English.")],
    kind: Annotated[
        str,
        typer.Option(
            help="relaunch, migration, campaign, reorganisation or other. What was made on the day of a relaunch or migration "
            "counts as brought along, not as written."
        ),
    ] = "other",
    organisation: Annotated[str | None, typer.Option(help="Key, where there are several.")] = None,
) -> None:
    """Declare a dated event, such as the relaunch; it is marked in every trend."""
    when: date = day.date()
    if kind not in KINDS:
        raise Invalid(f"{kind!r} is no kind of milestone; give one of {', '.join(KINDS)}")
    with opened() as context, context.transaction() as session:
        owner = the_organisation(session, organisation)
        found = session.scalars(
            select(Milestone).where(Milestone.organisation_id == owner.id, Milestone.key == key)
        ).one_or_none()
        if found is None:
            found = Milestone(organisation_id=owner.id, key=key)
            session.add(found)
        found.day, found.kind, found.label_de, found.label_en = when, kind, german, english
    console.print(f"Milestone {key} on {when.isoformat()} is set.")


@app.command("compare")
def compare(
    key: Annotated[str, typer.Argument(help="The milestone's key.")],
    room: Annotated[str | None, typer.Option(help="A room's key instead of the organisation.")] = None,
    against: Annotated[
        list[str] | None, typer.Option(help="Keys of rooms the milestone did not concern, to compare with.")
    ] = None,
    organisation: Annotated[str | None, typer.Option(help="Key, where there are several.")] = None,
    as_json: AsJson = False,
) -> None:
    """What the published weekly values say about before and after a milestone."""
    from service.api.published import newest
    from service.milestones import changes, the_milestone

    with opened() as context, context.transaction() as session:
        owner = the_organisation(session, organisation)
        milestone = the_milestone(session, owner, key)
        found = changes(session, owner, newest(session, owner), milestone, room=room, against=against or [])
    listed = [
        {
            "metric": one.metric.key,
            "verdict": one.change.verdict.value,
            "doubts": [doubt.value for doubt in one.change.doubts],
            **{
                name: getattr(one.change, name)
                for name in ("before", "after", "effect", "low", "high", "weeks_before", "weeks_after")
            },
        }
        for one in found
    ]
    if as_json:
        print_json(listed)
    else:
        print_table(listed, ("metric", "verdict", "doubts", "before", "after", "effect", "low", "high"))


@rooms.command("list")
def list_rooms(as_json: AsJson = False) -> None:
    """List the rooms found so far."""
    with opened() as context, context.transaction() as session:
        listed = [
            {
                "key": room.key,
                "handle": room.handle,
                "name": room.name,
                "purpose": room.purpose,
                "open": room.open,
                "archived": room.archived,
                "excluded": room.excluded,
                "gone": room.gone,
            }
            for room in session.scalars(select(Room).order_by(Room.key))
        ]
    if as_json:
        print_json(listed)
    else:
        print_table(listed, ("key", "handle", "name", "purpose", "open", "archived", "excluded"))


@rooms.command("set")
def set_room(
    handle: Annotated[str, typer.Argument(help="The room's key or handle.")],
    purpose: Annotated[str | None, typer.Option(help="official, team, community or project.")] = None,
    excluded: Annotated[
        bool | None,
        typer.Option("--excluded/--measured", help="Leave a sandbox or an archive out of everything."),
    ] = None,
) -> None:
    """Declare what a room is meant for, or that it is not measured."""
    if purpose is None and excluded is None:
        raise Invalid("say what to declare: --purpose, --excluded or --measured")
    if purpose is not None and purpose not in PURPOSES:
        raise Invalid(f"{purpose!r} is no purpose; give one of {', '.join(PURPOSES)}")
    with opened() as context, context.transaction() as session:
        found = session.scalars(select(Room).where((Room.key == handle) | (Room.handle == handle))).all()
        if not found:
            raise NotFound(f"no room {handle!r}; `resonanz room list` shows them")
        if len(found) > 1:
            raise Invalid(
                f"several rooms are called {handle!r}: give a key, one of {', '.join(r.key for r in found)}"
            )
        found[0].purpose = purpose or found[0].purpose
        if excluded is not None:
            found[0].excluded = excluded
        said = found[0].purpose if excluded is None else "excluded" if excluded else "measured"
    console.print(f"Room {handle} is declared {said}.")
