"""`resonanz schedule`: what comes up by itself, and when."""

from typing import Annotated, Any

import typer
from sqlalchemy import select

from service.cli.output import AsJson, console, print_json, print_table
from service.context import opened, the_organisation
from service.errors import NotFound

app = typer.Typer(no_args_is_help=True, help="What comes up by itself, and when.")

Kind = Annotated[str, typer.Argument(help="nightly, hinted, subscribe, assess, retention or backup.")]
Owner = Annotated[str | None, typer.Option(help="Key of the organisation, where there are several.")]


@app.command("list")
def list_schedules(as_json: AsJson = False) -> None:
    """What can be planned, whether it is, and when it comes up next."""
    from service.jobs import words
    from service.jobs.kinds import INSTALLATION
    from service.jobs.schedules import USUAL, rhythm
    from service.models import Organisation, Schedule

    rows: list[dict[str, Any]] = []
    with opened() as context, context.transaction() as session:
        found = {(one.organisation_id, one.kind): one for one in session.scalars(select(Schedule))}
        owners = list(session.scalars(select(Organisation).order_by(Organisation.key)))
        places = [(owner.id, owner.key, kind) for owner in owners for kind in USUAL if kind != INSTALLATION]
        for number, key, kind in [*places, (None, None, INSTALLATION)]:
            planned = found.get((number, kind))
            rows.append(
                {
                    "organisation": key,
                    "kind": kind,
                    "does": words.kind(kind).en,
                    "when": str(rhythm(planned)) if planned and planned.enabled else None,
                    "usual": USUAL[kind],
                    "next": planned.next_run if planned and planned.enabled else None,
                    "last": planned.last_run if planned else None,
                }
            )
    if as_json:
        print_json(rows)
    else:
        print_table(rows, ("organisation", "kind", "does", "when", "next", "last", "usual"))


@app.command("set")
def set_schedule(
    kind: Kind,
    when: Annotated[
        str | None,
        typer.Argument(help="A time of day as 02:00, or how often as 15m, 6h, 7d; default: the usual."),
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(metavar="ZONE", help="Time zone of the time of day; default: the organisation's."),
    ] = None,
    organisation: Owner = None,
    as_json: AsJson = False,
) -> None:
    """Have something come up by itself from now on."""
    from service.jobs.kinds import INSTALLATION
    from service.jobs.leases import database_clock
    from service.jobs.schedules import plan, rhythm

    with opened() as context, context.transaction() as session:
        owner = None if kind == INSTALLATION else the_organisation(session, organisation)
        made = plan(session, kind, when, owner, moment=database_clock(session), zone=zone)
        told = {"kind": kind, "when": str(rhythm(made)), "next": made.next_run}
        folder = context.settings.backups
    if as_json:
        print_json(told)
    else:
        console.print(f"{kind}: {told['when']}, next on {made.next_run:%Y-%m-%d %H:%M} UTC.")
        if kind == INSTALLATION and folder is None:
            console.print("RESONANZ_BACKUPS must name the folder for backups, where the worker runs.")


@app.command("remove")
def remove_schedule(kind: Kind, organisation: Owner = None) -> None:
    """Have something come up no more."""
    from service.jobs.kinds import INSTALLATION
    from service.jobs.schedules import unplan

    with opened() as context, context.transaction() as session:
        owner = None if kind == INSTALLATION else the_organisation(session, organisation)
        if not unplan(session, kind, owner):
            raise NotFound(f"{kind} is not planned: `resonanz schedule list`")
    console.print(f"{kind} comes up no more.")
