"""`resonanz audit verify|list`: whether the audit log is whole, and what it says."""

import json
import re
from typing import Annotated

import typer

from service.cli.output import AsJson, console, print_json, print_table
from service.context import opened
from service.errors import Invalid

app = typer.Typer(no_args_is_help=True, help="The audit log: who did or asked what, and when.")
NOTED = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


@app.callback()
def group() -> None:
    """The audit log: who did or asked what, and when."""


@app.command("verify")
def verify(
    expect: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER:HASH", help="An entry noted earlier; it must still be there, unchanged."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every entry of the chain. Exit code 1 if one was changed, removed or inserted."""
    from service.security import audit

    noted = NOTED.fullmatch(expect) if expect else None
    if expect and not noted:
        raise Invalid("--expect takes NUMBER:HASH, as this command and the council's page print it")
    with opened() as context, context.transaction() as session:
        verdict = audit.verify(session, (int(noted[1]), noted[2]) if noted else None)
    if as_json:
        print_json(
            {
                "intact": verdict.intact,
                "entries": verdict.entries,
                "head": verdict.head,
                "at": verdict.at,
                "fault": verdict.fault,
            }
        )
    elif verdict.intact:
        console.print(
            f"The audit log is whole: {verdict.entries} entries. Note the newest one:", soft_wrap=True
        )
        console.print(f"{verdict.entries}:{verdict.head}", soft_wrap=True, highlight=False)
    else:
        console.print(f"The audit log is BROKEN at entry {verdict.at}: {verdict.fault}.", soft_wrap=True)
    if not verdict.intact:
        raise typer.Exit(1)


@app.command("list")
def list_entries(
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many, newest first.")] = 100,
    before: Annotated[int | None, typer.Option(min=1, help="Only entries with a lower number.")] = None,
    as_json: AsJson = False,
) -> None:
    """The newest entries."""
    from service.security import audit

    with opened() as context, context.transaction() as session:
        rows = [
            {
                "number": one.number,
                "at": one.at,
                "account": one.account,
                "action": one.action,
                "detail": json.loads(one.detail) if as_json else one.detail,
                "digest": one.digest,
            }
            for one in audit.newest(session, limit, before)
        ]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, ("number", "at", "account", "action", "detail"))
