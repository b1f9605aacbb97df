"""`resonanz activity`: counts at the console, to reconcile a collection with the platform. Never a person."""

from typing import Annotated

import typer

from service.cli.output import AsJson, print_json, print_table
from service.context import opened, the_organisation
from service.errors import Invalid

app = typer.Typer(no_args_is_help=True, help="Counts of stored activities, for the admin's console.")

OfOrganisation = Annotated[str | None, typer.Option("--organisation", help="Key, where there are several.")]


@app.command("counts")
def counts(
    by: Annotated[
        str, typer.Option(help="Comma-separated: kind, room, week, month, day, source, content_type.")
    ] = "kind",
    organisation: OfOrganisation = None,
    as_json: AsJson = False,
) -> None:
    """How many activities are stored."""
    from service.activity.counts import DIMENSIONS
    from service.activity.counts import counts as count

    columns = tuple(part.strip() for part in by.split(",") if part.strip())
    unknown = [column for column in columns if column not in DIMENSIONS]
    if unknown:
        raise Invalid(f"can not count by {', '.join(unknown)}; choose from {', '.join(DIMENSIONS)}")
    with opened() as context:
        with context.transaction() as session:
            log = context.log(the_organisation(session, organisation))
        *rows, total = count(log, context.engine, by=columns)
    if as_json:
        print_json(rows)
    else:
        print_table([*rows, {**total, columns[0]: "total"}] if columns else [total], (*columns, "activities"))


@app.command("edges")
def edges(organisation: OfOrganisation = None, as_json: AsJson = False) -> None:
    """How many activities answer somebody, per kind, and how many answer oneself."""
    from service.activity.counts import edges as count

    with opened() as context:
        with context.transaction() as session:
            log = context.log(the_organisation(session, organisation))
        rows = count(log, context.engine)
    if as_json:
        print_json(rows)
    else:
        print_table(rows, tuple(rows[0]) if rows else ("kind",))
