"""`resonanz privacy agreement`: draft it from what runs, have it signed, put it into force, compare, check, print."""

import getpass
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from service.cli.output import AsJson, console, print_json, print_table
from service.context import opened, the_organisation
from service.errors import Invalid, NotFound
from service.privacy.agreement import Agreement, Signature, from_file, to_file
from service.privacy.differences import ABSENT, Difference

app = typer.Typer(no_args_is_help=True, help="What may be collected, computed and shown.")

Owner = Annotated[str | None, typer.Option("--organisation", help="Key, where there are several.")]
Which = Annotated[
    str, typer.Option("--version", help="active, draft, or the number of an agreement; default: active.")
]


def chosen(session: Session, owner: int, which: str) -> tuple[Agreement, tuple[Signature, ...]]:
    """The agreement that is meant. Raises `NotFound` and `Invalid`."""
    from service.privacy import ledger

    if which == "draft":
        return ledger.latest_draft(session, owner)
    if which == "active":
        found = ledger.active(session, owner)
        if found is None:
            raise NotFound("no agreement is in force; --version draft shows the draft")
        which = str(found.number)
    if not which.isdigit():
        raise Invalid(f"{which!r} is no agreement; give active, draft or a number")
    return ledger.version_of(session, owner, int(which))


def before(session: Session, owner: int, agreement: Agreement) -> Agreement | None:
    """The agreement that one follows."""
    from service.privacy import ledger

    if agreement.document["previous"] is None:
        return None
    found, _ = ledger.version_of(session, owner, agreement.number - 1)
    return found


def told(found: Sequence[Difference]) -> list[dict[str, Any]]:
    return [
        {
            "effect": difference.effect.value,
            "place": difference.place,
            "before": None if difference.before is ABSENT else difference.before,
            "after": None if difference.after is ABSENT else difference.after,
        }
        for difference in found
    ]


def print_differences(found: Sequence[Difference]) -> None:
    if not found:
        console.print("Nothing differs.")
        return
    short = [
        {name: value if isinstance(value, str | int | None) else "…" for name, value in row.items()}
        for row in told(found)
    ]
    print_table(short, ("effect", "place", "before", "after"))


@app.command("draft")
def draft(owner: Owner = None, as_json: AsJson = False) -> None:
    """Write down what runs now as the agreement to be signed next."""
    from service.configuration import described
    from service.privacy import ledger
    from service.privacy.record import audited

    with opened() as context:
        with context.transaction() as session:
            organisation = the_organisation(session, owner)
            made = described(session, organisation, context.settings)
            earlier = ledger.active(session, organisation.id)
        ledger.draft(context.engine, organisation.id, made, audited)
    found = ledger.compared(earlier, made) if earlier is not None else ()
    if as_json:
        print_json({"number": made.number, "digest": made.digest, "differences": told(found)})
        return
    console.print(f"Draft of agreement {made.number}, digest {made.digest}", soft_wrap=True)
    if earlier is not None:
        print_differences(found)


@app.command("show")
def show(which: Which = "active", owner: Owner = None, as_json: AsJson = False) -> None:
    """Print an agreement: its head, how much it lists, and who signed it; all of it with --json."""
    with opened() as context, context.transaction() as session:
        agreement, signatures = chosen(session, the_organisation(session, owner).id, which)
    if as_json:
        typer.echo(to_file(agreement, signatures))
        return
    console.print(f"Agreement {agreement.number}, digest {agreement.digest}", soft_wrap=True)
    console.print(f"Signed by: {', '.join(s.holder for s in signatures) or 'nobody yet'}")
    rows = [{"section": name, "entries": len(terms)} for name, terms in agreement.terms.items()]
    print_table(rows, ("section", "entries"))


@app.command("diff")
def diff(which: Which = "draft", owner: Owner = None, as_json: AsJson = False) -> None:
    """What an agreement changes against the one before it; `--version running`: what runs now against the one in force."""
    from service.configuration import described
    from service.privacy import ledger

    with opened() as context, context.transaction() as session:
        organisation = the_organisation(session, owner)
        if which == "running":
            agreement = described(session, organisation, context.settings)
            earlier = ledger.active(session, organisation.id)
        else:
            agreement, _ = chosen(session, organisation.id, which)
            earlier = before(session, organisation.id, agreement)
    found = ledger.compared(earlier, agreement)
    if as_json:
        print_json(told(found))
    else:
        print_differences(found)


@app.command("sign")
def sign(
    holder: Annotated[str, typer.Option(help="admin or council.")],
    key: Annotated[Path, typer.Option(help="File with the holder's private key.")],
    file: Annotated[
        Path | None,
        typer.Option(help="An exported agreement: the signature is added to it, and no database is needed."),
    ] = None,
    passphrase_stdin: Annotated[bool, typer.Option(help="Read the passphrase from standard input.")] = False,
    owner: Owner = None,
) -> None:
    """Sign the draft, or an exported one on a machine of the holder's own."""
    from service.privacy import keys, ledger
    from service.privacy.record import audited

    passphrase = sys.stdin.readline().rstrip("\n") if passphrase_stdin else getpass.getpass("Passphrase: ")
    if file is not None:
        agreement, others = from_file(read(file))
        made = keys.sign(agreement, holder, key, passphrase)
        kept = [one for one in others if one.holder != holder]
        file.write_text(to_file(agreement, [*kept, made]) + "\n", encoding="utf-8")
    else:
        with opened() as context:
            with context.transaction() as session:
                organisation = the_organisation(session, owner).id
                agreement, _ = ledger.latest_draft(session, organisation)
            made = keys.sign(agreement, holder, key, passphrase)
            ledger.receive(context.engine, organisation, agreement.digest, made, audited)
    console.print(f"{holder} has signed agreement {agreement.number}.")


@app.command("receive")
def receive(
    file: Annotated[Path, typer.Argument(help="A signed agreement file.")], owner: Owner = None
) -> None:
    """Take over the signatures that were given on another machine."""
    from service.privacy import ledger
    from service.privacy.record import audited

    agreement, given = from_file(read(file))
    with opened() as context:
        with context.transaction() as session:
            organisation = the_organisation(session, owner).id
        for one in given:
            ledger.receive(context.engine, organisation, agreement.digest, one, audited)
    console.print(f"Received: {', '.join(one.holder for one in given) or 'no signature'}.")


@app.command("activate")
def activate(owner: Owner = None, as_json: AsJson = False) -> None:
    """Put the signed draft into force. Lowering any protection needs the signatures of admin and council."""
    from service.privacy import ledger
    from service.privacy.record import audited

    with opened() as context:
        with context.transaction() as session:
            organisation = the_organisation(session, owner).id
        agreement, found = ledger.activate(context.engine, organisation, audited)
    if as_json:
        print_json({"number": agreement.number, "digest": agreement.digest, "differences": told(found)})
    else:
        console.print(f"Agreement {agreement.number} is in force.")


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="A signed agreement file; nothing else is needed.")],
    key: Annotated[
        list[Path] | None,
        typer.Option(help="Public key (.pub) that must have signed; without it those in the file count."),
    ] = None,
    previous: Annotated[
        Path | None,
        typer.Option(
            help="The file of the agreement it follows: those who held the keys then must have signed."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check digest and signatures of a file, offline. Exit code 1 if one is wrong or missing.

    Without --key and --previous it is only checked that the file fits itself.
    """
    from service.privacy import keys, ledger

    agreement, given = from_file(read(file))
    valid = [keys.valid(agreement, one) for one in given]
    signing = {one.public_key for one, right in zip(given, valid, strict=True) if right}
    trouble = None if given and all(valid) else "a signature is wrong, or there is none"
    if trouble is None and not {keys.read_public(one) for one in key or ()} <= signing:
        trouble = "a key that must have signed has not"
    if trouble is None and previous is not None:
        earlier, _ = from_file(read(previous))
        follows = agreement.document["previous"] == earlier.digest
        trouble = ledger.lacking(earlier, agreement, given) if follows else "it follows another agreement"
    elif trouble is None and agreement.document["previous"] is None:
        trouble = ledger.lacking(None, agreement, given)
    rows = [
        {"holder": one.holder, "public_key": one.public_key, "valid": right}
        for one, right in zip(given, valid, strict=True)
    ]
    if as_json:
        print_json(
            {"ok": trouble is None, "digest": agreement.digest, "trouble": trouble, "signatures": rows}
        )
    else:
        console.print(f"Agreement {agreement.number}, digest {agreement.digest}", soft_wrap=True)
        shown = [{**row, "valid": "yes" if row["valid"] else "NO"} for row in rows]
        print_table(shown, ("valid", "holder", "public_key"))
        console.print("The signatures are valid." if trouble is None else f"Not valid: {trouble}.")
    if trouble is not None:
        raise typer.Exit(1)


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="File to write.")],
    form: Annotated[
        str | None, typer.Option("--format", help="docx, pdf or json; default: by the file's name.")
    ] = None,
    language: Annotated[str, typer.Option(help="de or en.")] = "de",
    which: Which = "active",
    owner: Owner = None,
) -> None:
    """Write an agreement as a document to read (DOCX, PDF) or as the signed file for machines (JSON)."""
    form = form or file.suffix.removeprefix(".")
    if form not in ("docx", "pdf", "json"):
        raise Invalid(f"{form!r} is no format; give docx, pdf or json")
    with opened() as context, context.transaction() as session:
        organisation = the_organisation(session, owner).id
        agreement, signatures = chosen(session, organisation, which)
        earlier = before(session, organisation, agreement)
    if form == "json":
        content = (to_file(agreement, signatures) + "\n").encode()
    else:
        from service.privacy.paper import paper
        from service.privacy.pdf import to_pdf
        from service.privacy.word import to_docx

        written = paper(agreement, earlier, signatures, language)
        created = datetime.fromisoformat(agreement.document["created"])
        content = to_docx(written, created) if form == "docx" else to_pdf(written, created)
    try:
        file.write_bytes(content)
    except OSError as error:
        raise Invalid(f"{file} can not be written: {error.strerror}") from error
    console.print(f"Agreement {agreement.number} was written to {file}", soft_wrap=True)


def read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{file} can not be read") from error
