"""`resonanz privacy keep` and `retention`: how long data are kept, and deleting what is older."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from sqlalchemy import select

from service.cli.output import AsJson, console, print_json, print_table
from service.context import Context, opened, the_organisation
from service.errors import Invalid
from service.models import Organisation

if TYPE_CHECKING:
    from service.activity.retention import Purge

FOREVER = "forever"
_OF = Annotated[str | None, typer.Option(help="Key, where there are several.")]


def commands(app: typer.Typer) -> None:
    """Add both commands."""
    app.command("keep")(keep)
    app.command("retention")(retention)


def keep(
    activities: Annotated[
        str | None, typer.Option(help="Days single activities are kept, or 'forever'.")
    ] = None,
    people: Annotated[
        str | None,
        typer.Option(help="Days after which an earlier unit, an ended membership or an unused account goes."),
    ] = None,
    measurements: Annotated[
        str | None, typer.Option(help="Days measured and published values are kept.")
    ] = None,
    organisation: _OF = None,
    as_json: AsJson = False,
) -> None:
    """Print how many days each class of data is kept, or set it. Nothing is deleted yet: that does `privacy retention`."""
    from service.privacy import limits
    from service.privacy.record import audited

    given = {"activities": activities, "people": people, "measurements": measurements}
    wanted = {name: _days(name, value) for name, value in given.items() if value is not None}
    with opened() as context, context.transaction() as session:
        owner = the_organisation(session, organisation)
        before = limits.declared(session, owner.id).to_dict()
        if wanted:
            set_ = {**before, **wanted}
            limits.declare(session, owner.id, limits.Limits(**set_))
            if set_ != before:
                audited(
                    session, "retention.set", {"organisation": owner.key, "before": before, "after": set_}
                )
        declared = limits.declared(session, owner.id).to_dict()
        holding = limits.limits(session, owner.id).to_dict()
    if as_json:
        print_json({"set": declared, "holds": holding})
        return
    print_table(
        [{"data": name, "set": _told(declared[name]), "holds": _told(holding[name])} for name in declared],
        ("data", "set", "holds"),
    )
    if declared != holding:
        console.print(
            "Where the agreement in force is stricter it holds. To keep longer, draft an agreement that says so: "
            "`resonanz privacy agreement draft`."
        )


def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be deleted.")] = False,
    organisation: _OF = None,
    as_json: AsJson = False,
) -> None:
    """Delete what is older than it may be kept. Measure first: what is deleted can not be measured any more."""
    from service.activity.retention import preview, purge

    with opened() as context:
        with context.transaction() as session:
            owner = the_organisation(session, organisation)
        work = preview if dry_run else purge
        found = work(context.engine, context.log(owner), owner.id)
    if as_json:
        print_json({"dry_run": dry_run, **found.to_dict()})
    else:
        show(found, dry_run=dry_run)


def show(found: "Purge", *, dry_run: bool = False) -> None:
    """What was deleted, for people."""
    if not found:
        console.print("Nothing is older than it may be kept.")
        return
    if found.resumed:
        console.print("An earlier run had not come to its end.")
    console.print("Would be deleted:" if dry_run else "Deleted:")
    print_table(
        [{"what": name, "count": number} for name, number in found.counts().items() if number],
        ("what", "count"),
    )


def retained(context: Context) -> str:
    """For `resonanz doctor`: whether anything is older than it may be kept."""
    from service.activity.retention import preview

    told = []
    with context.transaction() as session:
        found = session.scalars(select(Organisation).order_by(Organisation.key)).all()
    for owner in found:
        key = owner.key
        # The day's own run may still come.
        due = preview(
            context.engine,
            context.log(owner),
            owner.id,
            clock=lambda: datetime.now(UTC) - timedelta(days=1),
        )
        if due:
            raise Invalid(
                f"{key} has data older than they may be kept: `resonanz privacy retention --organisation {key}` deletes them"
            )
        days = due.limits.to_dict()
        told.append(f"{key}: " + ", ".join(f"{name} {_told(value)}" for name, value in days.items()))
    return "; ".join(told) or "no organisation yet"


def _days(name: str, value: str) -> int | None:
    if value == FOREVER:
        return None
    if not value.isdecimal():
        raise Invalid(f"--{name} {value!r} is no number of days; give one like 400, or '{FOREVER}'")
    return int(value)


def _told(days: int | None) -> str:
    return FOREVER if days is None else f"{days} days"
