"""`resonanz admin …` and `resonanz token …`: accounts, their roles, and API tokens."""

import getpass
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.cli.output import AsJson, console, print_json, print_table
from service.context import Context, opened, the_organisation
from service.errors import Invalid
from service.grants import Role
from service.models import Account, ApiToken, Organisation
from service.security.roles import Scope

app = typer.Typer(no_args_is_help=True, help="Accounts of Resonanz and their roles.")
tokens = typer.Typer(no_args_is_help=True, help="API tokens, for programs.")

Name = Annotated[str, typer.Argument(help="Name of the account.")]
Hours = Annotated[int, typer.Option(min=1, max=168, help="Hours until the link expires.")]


@app.callback()
def group() -> None:
    """Accounts of Resonanz and their roles."""


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Name to sign in with.")],
    role: Annotated[Role, typer.Option(help="What the account may do.")] = Role.IT_ADMIN,
    password_stdin: Annotated[bool, typer.Option(help="Read the password from standard input.")] = False,
    link: Annotated[
        bool, typer.Option("--link", help="Print a one-time link to set the password with, and ask for none.")
    ] = False,
    hours: Hours = 24,
    organisation: Annotated[
        str | None, typer.Option(help="Key of the only organisation the account sees; default: the only one.")
    ] = None,
    all_organisations: Annotated[
        bool, typer.Option("--all-organisations", help="Let the account see every organisation there is.")
    ] = False,
) -> None:
    """Create a local account, an IT admin unless --role says otherwise; asks for a password twice."""
    from service.security.accounts import create_account, create_without_password
    from service.security.actor import CONSOLE

    with opened() as context:
        with context.transaction() as session:
            owner = seen(session, organisation, everything=all_organisations)
        if link:
            create_without_password(context.engine, name, role, CONSOLE, organisation_id=owner)
            text = linked(context, name, hours)
        else:
            password = asked_password(from_stdin=password_stdin)
            create_account(context.engine, name, password, role, organisation_id=owner)
    if link:
        typer.echo(text)
    else:
        console.print(f"{'Admin' if role is Role.IT_ADMIN else 'Account'} {name} was created.")


@app.command("link")
def link(name: Name, hours: Hours = 24) -> None:
    """Print a one-time link with which the account sets its password; an earlier link is good for nothing any more."""
    with opened() as context:
        text = linked(context, name, hours)
    typer.echo(text)


def linked(context: Context, name: str, hours: int) -> str:
    """The address of a new one-time link."""
    from service.security.accounts import named
    from service.security.actor import CONSOLE
    from service.security.links import PATH, make_link

    settings = context.settings
    if not settings.passwords_allowed:
        raise Invalid(
            "passwords are switched off while the company's sign-in is set: RESONANZ_LOCAL_SIGN_IN=true lets them in again"
        )
    with context.transaction() as session:
        secret = make_link(session, named(session, name), datetime.now(UTC), CONSOLE, timedelta(hours=hours))
    base = (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/")
    return f"{base}{PATH}?link={secret}"


def asked_password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Once more: "):
        raise Invalid("the two passwords differ; nothing was created")
    return password


def seen(session: Session, organisation: str | None, *, everything: bool) -> int | None:
    """The id of the organisation a new account sees; None for all. Raises `Invalid` where it must be said, and is not."""
    if everything:
        if organisation is not None:
            raise Invalid("give --organisation or --all-organisations, not both")
        return None
    if organisation is None and session.scalar(select(Organisation.id).limit(1)) is None:
        return None  # the first account comes before the first organisation
    try:
        return the_organisation(session, organisation).id
    except Invalid as several:
        raise Invalid(f"{several}, or --all-organisations") from None


@app.command("list")
def list_accounts(as_json: AsJson = False) -> None:
    """Accounts with their roles."""
    with opened() as context, context.transaction() as session:
        rows = [
            {
                "name": one.name,
                "role": one.role,
                "signs_in_with": "password" if one.issuer is None else one.issuer,
                "organisation": key,
                "disabled": one.disabled,
                "created": one.created,
            }
            for one, key in session.execute(
                select(Account, Organisation.key).outerjoin(Organisation).order_by(Account.name)
            )
        ]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, ("name", "role", "organisation", "signs_in_with", "disabled", "created"))


@app.command("role")
def set_role(name: Name, role: Annotated[Role, typer.Argument(help="The new role.")]) -> None:
    """Give a local account another role; its open sessions end."""
    from service.security.accounts import give_role, named
    from service.security.actor import CONSOLE

    with opened() as context, context.transaction() as session:
        give_role(session, named(session, name), role, CONSOLE)
    console.print(f"{name} is {role.value} now; open sessions have ended.")


@app.command("disable")
def disable_account(
    name: Name, undo: Annotated[bool, typer.Option("--undo", help="Let the account in again.")] = False
) -> None:
    """Keep an account out, at once; its tokens are refused too."""
    from service.security.accounts import disable, named
    from service.security.actor import CONSOLE

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
    from service.security.accounts import named
    from service.security.actor import CONSOLE
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
    from service.security.actor import CONSOLE
    from service.security.tokens import revoke_token, revoked_entry

    with opened() as context, context.transaction() as session:
        token = revoke_token(session, handle, datetime.now(UTC))
        owner = session.get_one(Account, token.account_id)
        revoked_entry(session, CONSOLE, owner, token)
    console.print(f"The token {handle} is refused from now on.")
