"""`resonanz admin …` and `resonanz token …`: accounts, their roles, and API tokens."""

import getpass
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from sqlalchemy import select

from service.cli.context import opened
from service.cli.output import AsJson, console, print_json, print_table
from service.errors import Invalid
from service.models import Account, ApiToken
from service.security.roles import Role, Scope

app = typer.Typer(no_args_is_help=True, help="Accounts of Resonanz and their roles.")
tokens = typer.Typer(no_args_is_help=True, help="API tokens, for programs.")

Name = Annotated[str, typer.Argument(help="Name of the account.")]


@app.callback()
def group() -> None:
    """Accounts of Resonanz and their roles."""


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Name to sign in with.")],
    role: Annotated[Role, typer.Option(help="What the account may do.")] = Role.IT_ADMIN,
    password_stdin: Annotated[bool, typer.Option(help="Read the password from standard input.")] = False,
) -> None:
    """Create a local account, an IT admin unless --role says otherwise; asks for a password twice."""
    from service.security.accounts import create_account

    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Once more: "):
            raise Invalid("the two passwords differ; nothing was created")
    with opened() as context:
        create_account(context.engine, name, password, role)
    console.print(f"{'Admin' if role is Role.IT_ADMIN else 'Account'} {name} was created.")


@app.command("list")
def list_accounts(as_json: AsJson = False) -> None:
    """Accounts with their roles."""
    with opened() as context, context.transaction() as session:
        rows = [
            {
                "name": one.name,
                "role": one.role,
                "signs_in_with": "password" if one.issuer is None else one.issuer,
                "disabled": one.disabled,
                "created": one.created,
            }
            for one in session.scalars(select(Account).order_by(Account.name))
        ]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, ("name", "role", "signs_in_with", "disabled", "created"))


@app.command("role")
def set_role(name: Name, role: Annotated[Role, typer.Argument(help="The new role.")]) -> None:
    """Give a local account another role; its open sessions end."""
    from service.security.accounts import CONSOLE, give_role, named

    with opened() as context, context.transaction() as session:
        give_role(session, named(session, name), role, CONSOLE)
    console.print(f"{name} is {role.value} now; open sessions have ended.")


@app.command("disable")
def disable_account(
    name: Name, undo: Annotated[bool, typer.Option("--undo", help="Let the account in again.")] = False
) -> None:
    """Keep an account out, at once; its tokens are refused too."""
    from service.security.accounts import CONSOLE, disable, named

    with opened() as context, context.transaction() as session:
        disable(session, named(session, name), CONSOLE, disabled=not undo)
    console.print(f"{name} may sign in again." if undo else f"{name} is disabled; open sessions have ended.")


@tokens.callback()
def token_group() -> None:
    """API tokens, for programs."""


@tokens.command("create")
def create_api_token(
    account: Name,
    label: Annotated[str, typer.Option(help="What the token is for.")],
    scope: Annotated[list[Scope], typer.Option(help="What it is good for (repeatable).")],
    days: Annotated[int, typer.Option(min=1, max=366, help="Days until it expires.")] = 90,
) -> None:
    """Create a token and print it, this once."""
    from service.security.accounts import CONSOLE, named
    from service.security.tokens import create_token, created_entry

    with opened() as context, context.transaction() as session:
        owner, now = named(session, account), datetime.now(UTC)
        text = create_token(session, owner, label, scope, expires=now + timedelta(days=days), now=now)
        created_entry(session, CONSOLE, owner, label, scope)
    typer.echo(text)


@tokens.command("list")
def list_tokens(as_json: AsJson = False) -> None:
    """Tokens of all accounts; never their secrets."""
    with opened() as context, context.transaction() as session:
        found = session.execute(select(ApiToken, Account.name).join(Account).order_by(ApiToken.id)).all()
        rows = [
            {
                "handle": token.handle,
                "account": name,
                "label": token.label,
                "scopes": " ".join(token.scopes),
                "expires": token.expires,
                "revoked": token.revoked,
                "used": token.used,
            }
            for token, name in found
        ]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, ("handle", "account", "label", "scopes", "expires", "revoked", "used"))


@tokens.command("revoke")
def revoke(handle: Annotated[str, typer.Argument(help="Its public part, as `token list` shows it.")]) -> None:
    """End a token at once."""
    from service.security import audit
    from service.security.accounts import CONSOLE
    from service.security.tokens import revoke_token

    with opened() as context, context.transaction() as session:
        token = revoke_token(session, handle, datetime.now(UTC))
        owner = session.get_one(Account, token.account_id)
        audit.append(session, CONSOLE, "token revoked", {"account": owner.name, "label": token.label})
    console.print(f"The token {handle} is refused from now on.")
