"""`resonanz privacy person` and `resonanz privacy epoch`: what people may demand, and the end of a pseudonym key."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.output import AsJson, console, print_json, print_table
from service.context import opened, the_organisation

if TYPE_CHECKING:
    from service.activity.rights import Named, Rights

person = typer.Typer(no_args_is_help=True, help="The rights of a single person: erasure, opting out.")
epoch = typer.Typer(no_args_is_help=True, help="The pseudonym keys, and their destruction.")

AtSource = Annotated[
    str | None,
    typer.Option(
        "--source",
        help="The source whose account is meant; without it an id shared across platforms is (docs/identity.md).",
    ),
]
IdStdin = Annotated[
    bool, typer.Option("--id-stdin", help="Read the id from standard input instead of asking for it.")
]
OfOrganisation = Annotated[str | None, typer.Option("--organisation", help="Key, where there are several.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@contextmanager
def demanded(
    organisation: str | None, source: str | None, *, from_stdin: bool
) -> "Iterator[tuple[Rights, Named]]":
    """The id is never an argument: it would stay in the shell's history and show in the list of processes."""
    from service.activity.rights import Named, Rights, require_source

    with opened() as context:
        with context.transaction() as session:
            owner = the_organisation(session, organisation)
            if source is not None:
                require_source(session, owner.id, source)
            pseudonymiser, log = context.pseudonymiser(owner), context.log(owner)
        asked = "Id of the account: " if source else "Id shared across platforms: "
        told = sys.stdin.readline() if from_stdin else typer.prompt(asked, prompt_suffix="")
        yield Rights(context.engine, log, pseudonymiser), Named(told.strip(), source)


@person.command("erase")
def erase(
    source: AtSource = None, id_stdin: IdStdin = False, organisation: OfOrganisation = None, yes: Yes = False
) -> None:
    """Erase a person with all accounts from database and activity log; older backups are freed of them when restored."""
    with demanded(organisation, source, from_stdin=id_stdin) as (rights, named):
        if not yes:
            typer.confirm("Erase everything stored of this person?", abort=True)
        found = rights.erase(named)
    console.print(
        "The person was erased, and nothing of them is left in the stores."
        if found
        else "Nothing was stored under this id. Should the person have accounts, they have other ids."
    )
    console.print(
        "Published values change with the next `resonanz metrics compute`. Whoever still has an account is collected again; "
        "`resonanz privacy person opt-out` prevents that."
    )


@person.command("opt-out")
def opt_out(
    source: AtSource = None, id_stdin: IdStdin = False, organisation: OfOrganisation = None, yes: Yes = False
) -> None:
    """Erase a person, and collect nothing of them any more."""
    with demanded(organisation, source, from_stdin=id_stdin) as (rights, named):
        if not yes:
            typer.confirm("Erase everything stored of this person, and collect nothing more?", abort=True)
        rights.opt_out(named)
    console.print("The person was erased, and is neither collected nor counted any more.")
    console.print("Published values change with the next `resonanz metrics compute`.")


@person.command("opt-in")
def opt_in(source: AtSource = None, id_stdin: IdStdin = False, organisation: OfOrganisation = None) -> None:
    """Collect a person again who had opted out, from the next sync on."""
    with demanded(organisation, source, from_stdin=id_stdin) as (rights, named):
        rights.opt_in(named)
    console.print("The person is collected again from the next sync on.")


@person.command("verify")
def verify(
    source: AtSource = None,
    id_stdin: IdStdin = False,
    organisation: OfOrganisation = None,
    as_json: AsJson = False,
) -> None:
    """Search every table and file for an account; exit code 1 if anything is stored of it."""
    with demanded(organisation, source, from_stdin=id_stdin) as (rights, named):
        found = rights.traces(named)
    if as_json:
        print_json({"stored": bool(found), "places": found})
    else:
        console.print("Nothing is stored under this id." if not found else f"Stored in: {', '.join(found)}")
    if found:
        raise typer.Exit(1)


@person.command("opted-out")
def opted_out(organisation: OfOrganisation = None, as_json: AsJson = False) -> None:
    """How many have opted out, where they are as many as the minimum group; never who."""
    from service.activity.rights import opted_out

    with opened() as context:
        with context.transaction() as session:
            register = context.register(the_organisation(session, organisation))
        least = context.settings.minimum_group
        number = opted_out(register, least)
    if as_json:
        print_json({"opted_out": number, "fewer_than": least if number is None else None})
    else:
        console.print(f"fewer than {least}" if number is None else str(number))


@epoch.command("list")
def list_epochs(organisation: OfOrganisation = None, as_json: AsJson = False) -> None:
    """Print the epochs of the organisation's pseudonym key and their fingerprints, never a key."""
    from service.activity.epochs import epochs

    with opened() as context:
        with context.transaction() as session:
            owner = the_organisation(session, organisation)
        rows = epochs(context.key(owner), owner.key)
    if as_json:
        print_json(rows)
    else:
        print_table(rows, ("id", "since", "destroyed", "fingerprint"))


@epoch.command("destroy")
def destroy(
    number: Annotated[int, typer.Argument(metavar="EPOCH", help="The epoch's id, of `privacy epoch list`.")],
    confirm: Annotated[
        str | None, typer.Option(help="The epoch's fingerprint; without it, it is asked for.")
    ] = None,
    organisation: OfOrganisation = None,
) -> None:
    """Destroy the organisation's pseudonym key for good: nobody of it can be recognised any more."""
    from service.activity.epochs import destroy

    with opened() as context:
        with context.transaction() as session:
            owner = the_organisation(session, organisation)
        given = confirm or typer.prompt(
            "This is final. To confirm, give the fingerprint of the epoch: ", prompt_suffix=""
        )
        destroy(context.engine, context.key(owner), context.register(owner), number, confirmed=given.strip())
    console.print(f"The key of epoch {number} is destroyed. Destroy the copies of the key file as well.")
    console.print("What is stored is still measured; syncs are refused until `resonanz privacy epoch begin`.")


@epoch.command("begin")
def begin(organisation: OfOrganisation = None, yes: Yes = False) -> None:
    """Make a new pseudonym key and start over: what was collected is removed, and read again by the next sync."""
    from service.activity.epochs import begin

    with opened() as context:
        with context.transaction() as session:
            owner = the_organisation(session, organisation)
        if not yes:
            asked = f"Remove all activities and people stored of {owner.key}, and start a new population?"
            typer.confirm(asked, abort=True)
        number = begin(context.engine, context.log(owner), context.key(owner))
    console.print(f"Epoch {number} has begun. `resonanz sync` reads anew what the platforms still have.")
