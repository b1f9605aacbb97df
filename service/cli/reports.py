"""`resonanz report`: the concept document as a file."""

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from service.cli.output import AsJson, console, print_json
from service.context import opened, the_organisation
from service.errors import Conflict, Invalid

report = typer.Typer(no_args_is_help=True, help="Documents for those who decide.")


@report.callback()
def reports() -> None:
    """Documents for those who decide."""


@report.command("concept")
def concept(
    out: Annotated[Path, typer.Option(help="File to write.")],
    form: Annotated[
        str | None,
        typer.Option(
            "--format", help="docx, pdf or pptx (summary for the board); default: by the file's name."
        ),
    ] = None,
    language: Annotated[str | None, typer.Option(help="de or en; default: that of the organisation.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file if there is one.")] = False,
    organisation: Annotated[str | None, typer.Option(help="Key, where there are several.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the concept document over the seven dimensions: from what is published, told, documented, decided and planned."""
    from service.reports import making

    try:
        chosen = making.Format(form or out.suffix.removeprefix(".").lower())
    except ValueError as error:
        given = form or out.suffix or out.name
        raise Invalid(f"{given!r} is no format; give --format docx, pdf or pptx") from error
    if out.exists() and not force:
        raise Conflict(f"{out} is there already; --force overwrites it")
    with opened() as context, context.transaction() as session:
        owner = the_organisation(session, organisation)
        spoken = language or owner.locale.partition("-")[0]
        content = making.concept(session, owner, chosen, spoken, datetime.now(UTC).date())
    keep(out, content)
    if as_json:
        print_json({"file": out, "format": chosen.value, "language": spoken, "bytes": len(content)})
    else:
        console.print(f"Written: {out} ({len(content) / 1024:.0f} KB).", soft_wrap=True)


def keep(file: Path, content: bytes) -> None:
    """Write a file whole or not at all. Raises `Invalid` where it can not be written."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    except OSError as error:
        raise Invalid(f"{file.parent} can not be written to: {error.strerror}") from error
    try:
        with os.fdopen(handle, "wb") as opened_file:
            opened_file.write(content)
            opened_file.flush()
            os.fsync(opened_file.fileno())
        Path(name).replace(file)
    except OSError as error:
        raise Invalid(f"{file} can not be written: {error.strerror}") from error
    finally:
        Path(name).unlink(missing_ok=True)
