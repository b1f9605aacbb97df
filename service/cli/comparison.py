"""`resonanz organisation profile`, `resonanz benchmark` and `resonanz comparison`: with whom an organisation is compared, and how."""

import getpass
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from service.cli.output import AsJson, console, print_json, print_table
from service.context import opened, the_organisation
from service.errors import Invalid

benchmark = typer.Typer(
    no_args_is_help=True, help="Benchmark files: give one's own, take over those of others."
)
comparison = typer.Typer(
    no_args_is_help=True, help="The organisation beside its past, its peers, and published values."
)

Owner = Annotated[str | None, typer.Option("--organisation", help="Key, where there are several.")]


def profile(
    industry: Annotated[
        str | None,
        typer.Option(help="Section (letter) or division (two digits) of NACE Rev. 2.1; '' takes it back."),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(help="Size class, where it does not follow from the workforce; '' takes it back."),
    ] = None,
    country: Annotated[
        str | None,
        typer.Option(help="ISO 3166, where it does not follow from the calendar; '' takes it back."),
    ] = None,
    desk: Annotated[
        str | None, typer.Option(help="mostly_desk, mixed or mostly_frontline; '' takes it back.")
    ] = None,
    share: Annotated[
        bool | None,
        typer.Option(
            "--share/--no-share",
            help="Whether published values take part in quartiles shown to other organisations of this installation.",
        ),
    ] = None,
    owner: Owner = None,
    as_json: AsJson = False,
) -> None:
    """Declare by what the organisation is compared, and whether others here may be compared with it; without options print it."""
    from service.comparison import classes
    from service.comparison.profile import declare, profile_of
    from service.comparison.publish import redraw
    from service.privacy.record import audited

    asked = {"industry": industry, "size": size, "country": country, "desk": desk, "shares": share}
    with opened() as context, context.transaction() as session:
        organisation = the_organisation(session, owner)
        if any(value is not None for value in asked.values()):
            found = declare(
                session, organisation, industry=industry, size=size, country=country, desk=desk, shares=share
            )
            given = {name: value for name, value in asked.items() if value is not None}
            if share is False:
                redraw(session)
            audited(session, "profile declared", {"organisation": organisation.key, **given})
        else:
            found = profile_of(session, organisation)
    if as_json:
        print_json(vars(found))
        return
    named = classes.classes()
    names = {one.key: one.name.en for one in named.industries}
    names |= {one.key: one.name.en for one in named.sizes}
    names |= {one.key: one.name.en for one in named.desks}
    if found.country:
        names[found.country] = classes.country_name(found.country).en
    rows = [
        {"": name, "class": key, "name": names.get(key or "")}
        for name, key in vars(found).items()
        if name != "shares"
    ]
    print_table(rows, ("", "class", "name"))
    console.print(
        "Takes part in the quartiles of others in this installation."
        if found.shares
        else "Takes no part in the quartiles of others in this installation (--share consents to it)."
    )


@benchmark.command("export")
def export_benchmark(
    file: Annotated[Path, typer.Argument(help="File to write.")],
    key: Annotated[Path, typer.Option(help="File with the private key (`resonanz privacy key create`).")],
    passphrase_stdin: Annotated[bool, typer.Option(help="Read the passphrase from standard input.")] = False,
    owner: Owner = None,
) -> None:
    """Write the organisation's published values and levels, without its name, as a signed file for others to compare with."""
    from service.comparison.files import own
    from service.comparison.signed import digest, signed
    from service.privacy.record import audited

    passphrase = sys.stdin.readline().rstrip("\n") if passphrase_stdin else getpass.getpass("Passphrase: ")
    with opened() as context, context.transaction() as session:
        organisation = the_organisation(session, owner)
        made = own(session, organisation, _today())
        content = signed(made, key, passphrase)
        facts = {"organisation": organisation.key, "digest": digest(made)}
        audited(session, "benchmark given", facts)
        try:
            file.write_text(content, encoding="utf-8")
        except OSError as error:
            raise Invalid(f"{file} can not be written: {error.strerror}") from error
    console.print(
        f"{len(made.values)} values and {len(made.levels)} levels were written to {file}. Whoever gets it needs the public key, too.",
        soft_wrap=True,
    )


@benchmark.command("import")
def import_benchmark(
    file: Annotated[Path, typer.Argument(help="A benchmark file.")],
    key: Annotated[
        Path, typer.Option(help="The sender's public key (.pub), got on another way than the file.")
    ],
    owner: Owner = None,
    as_json: AsJson = False,
) -> None:
    """Check a benchmark file and put it among the peers of the organisation; a newer one of the same peer replaces the older."""
    from service.comparison.files import take
    from service.privacy.keys import read_public
    from service.privacy.record import audited

    try:
        content = file.read_bytes()
    except OSError as error:
        raise Invalid(f"{file} can not be read: {error.strerror}") from error
    with opened() as context, context.transaction() as session:
        organisation = the_organisation(session, owner)
        found = take(session, organisation, content, read_public(key))
        peer = found.benchmark.organisation
        audited(session, "benchmark taken over", {"organisation": organisation.key, "peer": peer})
    if as_json:
        print_json({"peer": peer, "created": found.benchmark.created, "replaced": found.replaced})
        return
    instead = f" in place of that of {found.replaced}" if found.replaced else ""
    console.print(
        f"The file of {found.benchmark.created} was taken over{instead}. Next: resonanz comparison draw"
    )


@benchmark.command("list")
def list_benchmarks(owner: Owner = None, as_json: AsJson = False) -> None:
    """Print the files there are: of what kind of organisation, how new, and how much they tell; no values."""
    from service.comparison.benchmark import Benchmark
    from service.comparison.files import taken

    columns = (
        "peer",
        "created",
        "industry",
        "size",
        "country",
        "half_year_until",
        "assessed",
        "model",
        "values",
        "levels",
    )
    rows: list[dict[str, Any]] = []
    with opened() as context, context.transaction() as session:
        for one in taken(session, the_organisation(session, owner)):
            found = Benchmark.model_validate(one.content)
            rows.append(
                {
                    "peer": one.peer,
                    "created": found.created,
                    **found.profile.model_dump(),
                    "half_year_until": found.period.until if found.period else None,
                    "assessed": found.assessed,
                    "model": found.model,
                    "values": len(found.values),
                    "levels": len(found.levels),
                    "imported": one.imported,
                }
            )
    if as_json:
        print_json(rows)
    else:
        print_table(rows, columns)


@benchmark.command("remove")
def remove_benchmark(
    peer: Annotated[str, typer.Argument(help="Id of the peer (`resonanz benchmark list`).")],
    owner: Owner = None,
) -> None:
    """Take a file out; what it had a part in is withheld at once, until enough has changed."""
    from service.comparison.files import remove
    from service.comparison.publish import redraw
    from service.privacy.record import audited

    with opened() as context, context.transaction() as session:
        organisation = the_organisation(session, owner)
        remove(session, organisation, peer)
        redraw(session)
        audited(session, "benchmark removed", {"organisation": organisation.key, "peer": peer})
    console.print("The file is removed, and what it had a part in is withheld until enough has changed.")


@comparison.command("draw")
def draw(owner: Owner = None, as_json: AsJson = False) -> None:
    """Draw the quartiles of the peers that pages, API and documents show: of the organisation named, else of all there are."""
    from sqlalchemy import select

    from service.comparison.publish import publish
    from service.models import Organisation
    from service.privacy.record import audited

    rows = []
    with opened() as context, context.transaction() as session:
        named = [the_organisation(session, owner)] if owner else None
        for organisation in named or session.scalars(select(Organisation).order_by(Organisation.id)).all():
            made = publish(session, organisation)
            shown = sum(one.quartiles is not None for one in made.placed)
            audited(
                session,
                "peers drawn",
                {"organisation": organisation.key, "known": made.known, "shown": shown},
            )
            rows.append(
                {
                    "organisation": organisation.key,
                    "known": made.known,
                    "shown": shown,
                    "of": len(made.placed),
                }
            )
    if as_json:
        print_json(rows)
    else:
        print_table(rows, ("organisation", "known", "shown", "of"))


@comparison.command("show")
def show(owner: Owner = None, as_json: AsJson = False) -> None:
    """Print where the organisation stands beside its past, its peers and published values; all of it with --json."""
    from pydantic import TypeAdapter

    from service.comparison import Comparison, comparison_of

    with opened() as context, context.transaction() as session:
        found = comparison_of(session, the_organisation(session, owner))
    if as_json:
        print_json(TypeAdapter(Comparison).dump_python(found, mode="json"))
        return
    for line in found.history.levels:
        if line.course is not None and line.course != "not_decidable":
            console.print(f"{line.dimension}, {line.kind}: {line.course} since {line.points[0].day}")
    rows = [
        {
            "value": one.subject.key,
            "own": one.own.value if one.own else None,
            "middle_half": f"{one.quartiles.first:g} to {one.quartiles.third:g}" if one.quartiles else None,
            "median": one.quartiles.median if one.quartiles else None,
            "peers": f"{one.peers} ({one.step})" if one.quartiles else str(one.withheld),
        }
        for one in (found.peers.placed if found.peers else ())
    ]
    print_table(rows, ("value", "own", "middle_half", "median", "peers"))
    beside = [
        {
            "metric": one.metric,
            "own": one.own.value if one.own else None,
            "published": one.value,
            "of": one.label.en,
            "reference": one.reference,
            "own_is": one.relation.replace("_", " "),
        }
        for one in found.references.beside
    ]
    print_table(beside, ("metric", "own", "published", "of", "reference", "own_is"))
    if found.peers is None:
        console.print("Peers were not drawn yet: resonanz comparison draw")


def _today() -> Any:
    return datetime.now(UTC).date()
