"""`resonanz admin create`: the first account."""

import getpass
import sys
from typing import Annotated

import typer

from service.cli.context import opened
from service.cli.output import console
from service.errors import Invalid

app = typer.Typer(no_args_is_help=True, help="Local accounts of Resonanz.")


@app.callback()
def group() -> None:
    """Local accounts of Resonanz."""


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Name to sign in with.")],
    password_stdin: Annotated[bool, typer.Option(help="Read the password from standard input.")] = False,
) -> None:
    """Create a local admin; asks for a password twice."""
    from service.security.accounts import create_admin

    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Once more: "):
            raise Invalid("the two passwords differ; nothing was created")
    with opened() as context:
        create_admin(context.engine, name, password)
    console.print(f"Admin {name} was created.")
