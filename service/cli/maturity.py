"""`resonanz assess` and `resonanz evidence`: the maturity assessment, and the register of documented facts."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from service.cli.output import AsJson, console, print_json, print_table
from service.context import opened, the_organisation

evidence = typer.Typer(no_args_is_help=True, help="The register of documented facts.")

Owner = Annotated[str | None, typer.Option(help="Key of the organisation, where there are several.")]
Number = Annotated[int, typer.Argument(help="Number in the register (`resonanz evidence list`).")]


def assess(
    profile: Annotated[
        str | None, typer.Option(help="Focus: communication, collaboration or business.")
    ] = None,
    organisation: Owner = None,
    as_json: AsJson = False,
) -> None:
    """Assess the maturity with what is published, told and documented, and keep the result."""
    from service.jobs.work import assess as make

    with opened() as context, context.transaction() as session:
        content = make(session, the_organisation(session, organisation), profile).content
    if as_json:
        print_json(content)
        return
    print_table([_row(one) for one in content["dimensions"]], COLUMNS)
    console.print(
        f"Model {content['model_version']}, focus {content['profile']}. The pages explain each level."
    )


COLUMNS = ("dimension", "told", "observed", "documented", "criteria_up_to", "told_and_observed")


def _row(one: dict[str, object]) -> dict[str, object]:
    strands = {strand["kind"]: strand for strand in one["strands"]}  # type: ignore[attr-defined]
    return {
        "dimension": one["dimension"],
        **{kind: _level(strand) for kind, strand in strands.items()},
        "criteria_up_to": one["staged"],
        "told_and_observed": str(one["agreement"]).replace("_", " "),
    }


def _level(strand: dict[str, object]) -> str:
    if strand["level"] is None:
        return str(strand["insufficient"]).replace("_", " ")
    if strand["low"] is None:
        return f"{strand['level']:.2f}"
    return f"{strand['level']:.2f} ({strand['low']:.2f} to {strand['high']:.2f})"


@evidence.command("list")
def list_evidence(organisation: Owner = None, as_json: AsJson = False) -> None:
    """Print every fact the model asks for, and what the register has of it."""
    from service.maturity.model import current
    from service.maturity.register import register

    with opened() as context, context.transaction() as session:
        owner = the_organisation(session, organisation)
        rows = [
            {
                "fact": entry.fact.key,
                "level": entry.fact.level,
                "standing": entry.standing.value,
                "number": entry.evidence.id if entry.evidence else None,
                "title": entry.evidence.title if entry.evidence else None,
                "dated": entry.evidence.dated if entry.evidence else None,
                "assessors": len(entry.ratings),
            }
            for entry in register(session, owner, current(), datetime.now(UTC).date())
        ]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, ("fact", "level", "standing", "number", "title", "dated", "assessors"))


@evidence.command("record")
def record_evidence(
    fact: Annotated[str, typer.Argument(help="Key of the fact (`resonanz evidence list`).")],
    title: Annotated[str, typer.Option(help="What the document is called, or that there is none.")],
    owner: Annotated[str, typer.Option(help="The role that owns it; never a name.")],
    dated: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Date of the document.")
    ] = None,
    link: Annotated[str, typer.Option(help="Where it can be read.")] = "",
    organisation: Owner = None,
) -> None:
    """Add a document to the register, or the statement that there is none."""
    from service.maturity.model import current
    from service.maturity.register import record
    from service.privacy.record import audited

    with opened() as context, context.transaction() as session:
        company = the_organisation(session, organisation)
        made = record(
            session,
            company,
            current(),
            fact,
            title=title,
            owner=owner,
            dated=dated.date() if dated else None,
            link=link,
        )
        number = made.id
        facts = {"organisation": company.key, "fact": fact, "number": number}
        audited(session, "evidence recorded", facts)
    console.print(
        f"Recorded as number {number}. It counts once it is assessed: resonanz evidence rate {number}"
    )


@evidence.command("rate")
def rate_evidence(
    number: Number,
    rating: Annotated[str, typer.Argument(help="absent, partly or met.")],
    assessor: Annotated[str, typer.Option(help="The role that assesses, such as 'Works council'.")],
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    organisation: Owner = None,
) -> None:
    """Say how far a document bears the fact out; two may assess, and where they differ it stays disputed."""
    from service.maturity.register import one, rate
    from service.privacy.record import audited

    with opened() as context, context.transaction() as session:
        company = the_organisation(session, organisation)
        rate(session, company, number, assessor=assessor, rating=rating, reason=reason)
        fact = one(session, company, number).fact
        facts = {"organisation": company.key, "fact": fact, "rating": rating}
        audited(session, "evidence assessed", facts)
    console.print(f"{fact}: {rating} ({assessor}).")


@evidence.command("remove")
def remove_evidence(number: Number, organisation: Owner = None) -> None:
    """Take a document out of the register; assessments made before keep what they said."""
    from service.maturity.register import one, remove
    from service.privacy.record import audited

    with opened() as context, context.transaction() as session:
        company = the_organisation(session, organisation)
        fact = one(session, company, number).fact
        remove(session, company, number)
        audited(session, "evidence removed", {"organisation": company.key, "fact": fact, "number": number})
    console.print(f"Number {number} ({fact}) is removed.")
