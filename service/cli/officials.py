"""`resonanz organisation official`: who speaks for the organisation, never by person."""

from typing import Annotated

import typer
from sqlalchemy import delete, select

from service.cli.output import AsJson, console, print_json
from service.context import opened, the_organisation
from service.models import OfficialUnit, Unit


def official(
    unit: Annotated[
        list[str] | None, typer.Option(help="Key of a unit whose people do; repeat it for several.")
    ] = None,
    leaders: Annotated[
        int | None, typer.Option(min=1, help="So do those who lead at this level or above; 1 is the top.")
    ] = None,
    clear: Annotated[bool, typer.Option(help="First forget what was declared.")] = False,
    organisation: Annotated[str | None, typer.Option(help="Key, where there are several.")] = None,
    as_json: AsJson = False,
) -> None:
    """Declare who speaks for the organisation, beside its official rooms; without options print it.

    Units are added to those declared before. A unit that was not read yet may be declared.
    """
    with opened() as context, context.transaction() as session:
        owner = the_organisation(session, organisation)
        mine = OfficialUnit.organisation_id == owner.id
        if clear:
            session.execute(delete(OfficialUnit).where(mine))
            owner.official_leaders = None
        declared = {*session.scalars(select(OfficialUnit.key).where(mine))}
        added = {*(unit or ())} - declared
        session.add_all(OfficialUnit(organisation_id=owner.id, key=key) for key in sorted(added))
        owner.official_leaders = owner.official_leaders if leaders is None else leaders
        declared |= added
        read = {*session.scalars(select(Unit.key).where(Unit.organisation_id == owner.id))}
        shown = {
            "units": sorted(declared),
            "not_read_yet": sorted(declared - read),
            "leaders": owner.official_leaders,
        }
        level = "none" if owner.official_leaders is None else f"level {owner.official_leaders} or above"
    if as_json:
        print_json(shown)
        return
    console.print(f"Units: {', '.join(sorted(declared)) or 'none'}.")
    console.print(f"Leaders: {level}.")
    if shown["not_read_yet"]:
        console.print(f"Not read yet: {', '.join(sorted(declared - read))}.")
