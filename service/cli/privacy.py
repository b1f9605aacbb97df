"""`resonanz privacy`: the two keys, and what is kept for how long. The agreement itself is in `service.cli.agreement`."""

import getpass
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from service.cli import agreement, retention, rights
from service.cli.output import AsJson, console, print_json, print_table
from service.context import opened, the_organisation
from service.errors import Invalid

app = typer.Typer(no_args_is_help=True, help="The signed agreement, its two keys, and retention.")
app.add_typer(agreement.app, name="agreement")
key = typer.Typer(no_args_is_help=True, help="The keys of admin and council.")
app.add_typer(key, name="key")
app.add_typer(rights.person, name="person")
app.add_typer(rights.epoch, name="epoch")
retention.commands(app)

Holder = Annotated[str, typer.Option(help="admin or council.")]
PassphraseStdin = Annotated[bool, typer.Option(help="Read the passphrase from standard input.")]


def new_passphrase(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    given = getpass.getpass("Passphrase: ")
    if given != getpass.getpass("Once more: "):
        raise Invalid("the two passphrases differ; nothing was made")
    return given


@key.command("create")
def create(
    file: Annotated[
        Path, typer.Argument(help="New file for the private key; the public one goes beside it.")
    ],
    passphrase_stdin: PassphraseStdin = False,
) -> None:
    """Make a pair of keys. Its holder does this on a machine of their own, and gives away the .pub file only."""
    from service.privacy import keys

    public = keys.create(file, new_passphrase(from_stdin=passphrase_stdin))
    console.print(f"Keep {file} and its passphrase to yourself. The public key is in {file}.pub:")
    console.print(public, soft_wrap=True)


@key.command("register")
def register(
    file: Annotated[Path, typer.Argument(help="The .pub file of the holder.")],
    holder: Holder,
    organisation: Annotated[str | None, typer.Option(help="Key, where there are several.")] = None,
) -> None:
    """Make a holder's public key known, once. Compare the printed digits with the holder's."""
    from service.privacy import keys, ledger
    from service.privacy.record import audited

    public = keys.read_public(file)
    with opened() as context:
        with context.transaction() as session:
            owner = the_organisation(session, organisation).id
        ledger.register(context.engine, owner, holder, public, audited)
    console.print(f"The public key of {holder} is known:")
    console.print(public, soft_wrap=True)


@key.command("list")
def list_keys(
    organisation: Annotated[str | None, typer.Option(help="Key, where there are several.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print the public keys that are registered."""
    from service.privacy import ledger

    with opened() as context, context.transaction() as session:
        known = ledger.holders(session, the_organisation(session, organisation).id)
    if as_json:
        print_json(known)
    else:
        print_table(
            [{"holder": one, "public_key": known[one]} for one in sorted(known)], ("holder", "public_key")
        )


@app.command("dry-run")
def dry_run(as_json: AsJson = False) -> None:
    """Show what collecting stores of an invented person and what would be published: tried on a small wiki, then thrown away."""
    from service.demo.dry_run import dry_run as tried

    with opened() as context:
        found = tried(context.settings.minimum_group)
    if as_json:
        print_json(found.to_dict())
        return
    console.print(f"1. What the platform answers to {found.request}:")
    print_json(found.answer)
    console.print("2. What is stored of it, and of the person:")
    print_json({"activities": found.activities, "person": found.known})
    told = ", ".join(f"{name}: {number}" for name, number in found.traces.items())
    console.print(f"Found in everything that was stored: {told}.")
    console.print(f"3. What would be published (groups of {found.minimum_group} or more):")
    print_table(found.published, ("room", "metric", "since", "state", "reason", "value", "people"))


@app.command("stop")
def stop(
    organisation: Annotated[str | None, typer.Option(help="Key, where there are several.")] = None,
) -> None:
    """Stop at once: nothing is collected, measured or published any more; pages show a notice."""
    told(organisation, datetime.now(UTC))


@app.command("resume")
def resume(
    organisation: Annotated[str | None, typer.Option(help="Key, where there are several.")] = None,
) -> None:
    """Go on after a stop."""
    told(organisation, None)


def told(key: str | None, moment: datetime | None) -> None:
    from service.privacy import enforcement
    from service.privacy.record import audited

    with opened() as context, context.transaction() as session:
        owner = the_organisation(session, key)
        if enforcement.stop(owner, moment):
            event = "service.resumed" if moment is None else "service.stopped"
            audited(session, event, {"organisation": owner.key})
        name = owner.key
    console.print(f"{name} is {'running' if moment is None else 'stopped'}.")
