"""`resonanz measure` and `resonanz roadmap`: what is advised, what was decided, and when it is done."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from service.cli.output import AsJson, console, print_json, print_table
from service.context import opened, the_organisation
from service.errors import Conflict

measures = typer.Typer(
    no_args_is_help=True, help="The measures that are advised, and what was decided about them."
)
roadmap = typer.Typer(no_args_is_help=True, help="When the agreed measures are done.")

Owner = Annotated[str | None, typer.Option(help="Key of the organisation, where there are several.")]


@measures.command("list")
def list_measures(organisation: Owner = None, as_json: AsJson = False) -> None:
    """Print what is advised, the most useful first, and what was decided."""
    from service.advice.advised import advice_for
    from service.advice.decisions import State

    with opened() as context, context.transaction() as session:
        owner = the_organisation(session, organisation)
        found = advice_for(session, owner)
        dimensions = {measure.key: measure.dimension for measure in found.catalogue.measures}
        shown = [*found.proposals, *(key for key in found.decisions if key not in found.proposals)]
        rows = [
            {
                "measure": key,
                "dimension": dimensions.get(key, "no longer in the catalogue"),
                "advised": None if key not in found.proposals else found.proposals[key].verdict.holds,
                "benefit": found.proposals[key].benefit if key in found.proposals else None,
                "needs": ", ".join(found.proposals[key].missing) if key in found.proposals else "",
                "state": found.decisions[key].state if key in found.decisions else State.PROPOSED.value,
                "owner": found.decisions[key].owner if key in found.decisions else "",
            }
            for key in shown
        ]
    if as_json:
        print_json(rows)
    else:
        words = {True: "yes", False: "no", None: "not known"}
        table = [{**row, "advised": words[row["advised"]]} for row in rows]  # type: ignore[index]
        print_table(table, ("measure", "dimension", "advised", "benefit", "needs", "state", "owner"))


@measures.command("decide")
def decide_measure(
    measure: Annotated[str, typer.Argument(help="Key of the measure (`resonanz measure list`).")],
    state: Annotated[str, typer.Argument(help="agreed, declined, started, done or proposed.")],
    owner: Annotated[str, typer.Option(help="The role that answers for it; never a name.")] = "",
    reason: Annotated[str, typer.Option(help="Why it is declined.")] = "",
    organisation: Owner = None,
) -> None:
    """Note what communication team and client decided about a measure."""
    from service.advice import catalogue
    from service.advice.decisions import decide
    from service.privacy.record import audited

    with opened() as context, context.transaction() as session:
        company = the_organisation(session, organisation)
        decide(session, company, catalogue.current(), measure, state, owner=owner, reason=reason)
        facts = {"organisation": company.key, "measure": measure, "state": state}
        audited(session, "measure decided", facts)
    console.print(f"{measure} is {state}.")


@roadmap.command("show")
def show_roadmap(organisation: Owner = None, as_json: AsJson = False) -> None:
    """Print the schedule of the agreed measures, and why each begins when it does."""
    from service.advice.advised import advice_for
    from service.roadmap.plan import roadmap as planned

    with opened() as context, context.transaction() as session:
        owner = the_organisation(session, organisation)
        advice = advice_for(session, owner)
        found = planned(session, owner, advice.catalogue, advice.proposals, datetime.now(UTC).date())
        rows = [
            {
                "measure": one.task.key,
                "begins": one.begins,
                "ends": one.ends,
                "why": " ".join((one.reason.why.value, *one.reason.names)),
                "critical": one.critical,
            }
            for one in found.schedule.placed
        ]
        waiting = {key: list(needs) for key, needs in found.waiting.items()}
        unknown = list(found.unknown)
    if as_json:
        print_json({"measures": rows, "waiting": waiting, "unknown": unknown})
        return
    print_table(
        [{**row, "critical": "yes" if row["critical"] else ""} for row in rows],
        ("measure", "begins", "ends", "why", "critical"),
    )
    for key, needs in waiting.items():
        console.print(f"{key} waits for {', '.join(needs)}, which is not agreed.")
    for key in unknown:
        console.print(f"{key} is no longer in the catalogue: decline it.")


@roadmap.command("export")
def export_roadmap(
    file: Annotated[Path, typer.Argument(help="Ending in .xlsx, .ics, .xml, .jira.csv or .planner.csv.")],
    language: Annotated[str, typer.Option(help="de or en.")] = "de",
    force: Annotated[bool, typer.Option(help="Write over a file that is there.")] = False,
    organisation: Owner = None,
) -> None:
    """Write the roadmap for another tool."""
    from service.advice.advised import advice_for
    from service.language import language as spoken
    from service.web.roadmap_files import form_for, written

    form = form_for(file.name)
    if file.exists() and not force:
        raise Conflict(f"{file} is there already: choose another name, or --force")
    with opened() as context, context.transaction() as session:
        owner = the_organisation(session, organisation)
        body = written(session, advice_for(session, owner), form, spoken(language), datetime.now(UTC))
    partial = file.with_name(f".{file.name}.partial")
    partial.write_bytes(body)
    os.replace(partial, file)
    console.print(f"Written: {file}")
