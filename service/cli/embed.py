"""`resonanz embed …`: published cards for pages of the intranet."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from service.cli.output import AsJson, console, print_json, print_table
from service.context import opened, the_organisation

app = typer.Typer(no_args_is_help=True, help="Published cards for pages of the intranet.")

Organised = Annotated[str | None, typer.Option(help="Key of the organisation, where there are several.")]


@app.callback()
def group() -> None:
    """Published cards for pages of the intranet."""


@app.command("add")
def add(
    card: Annotated[
        str, typer.Argument(help="figure, trend, rooms, maturity, dialogue or findings.", metavar="CARD")
    ],
    host: Annotated[
        list[str], typer.Option(help="Host whose pages show it (repeatable), of RESONANZ_EMBED_HOSTS.")
    ],
    metric: Annotated[str, typer.Option(help="Metric, for figure and trend.")] = "",
    room: Annotated[str, typer.Option(help="Key of a room; default: the whole organisation.")] = "",
    window: Annotated[str, typer.Option(help="days28, week or weeks26, for trend.")] = "",
    locale: Annotated[str, typer.Option(help="Language of the card: de or en.")] = "de",
    days: Annotated[int, typer.Option(min=1, max=90, help="Days until the link ends.")] = 30,
    organisation: Organised = None,
) -> None:
    """Make a card for other pages and print its link."""
    from service.cards import Choices
    from service.embeds.hosts import allowed
    from service.embeds.register import Wanted, create, path_of
    from service.embeds.secret import secret_file, signing_keys
    from service.security.actor import CONSOLE

    with opened() as context:
        settings = context.settings
        hosts = allowed(settings.embed_hosts)
        keys = signing_keys(secret_file(settings), create=True)
        with context.transaction() as session:
            embed = create(
                session,
                the_organisation(session, organisation),
                Wanted(card, Choices(metric, room, window), locale, host, days),
                allowed=hosts,
                keys=keys,
                by=CONSOLE,
                now=datetime.now(UTC),
            )
            path = path_of(embed, keys)
    base = (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/")
    typer.echo(f"{base}{path}")


@app.command("list")
def list_embeds(organisation: Organised = None, as_json: AsJson = False) -> None:
    """Embeds, newest first; never their links."""
    from service.embeds.register import embeds_of

    now = datetime.now(UTC)
    with opened() as context, context.transaction() as session:
        rows = [
            {
                "handle": one.handle,
                "card": one.kind,
                "choices": " ".join(f"{key}={value}" for key, value in one.choices.items()),
                "locale": one.locale,
                "hosts": " ".join(one.hosts),
                "state": "revoked" if one.revoked else "expired" if one.expires <= now else "live",
                "expires": one.expires,
                "revoked": one.revoked,
                "used": one.used,
                "by": one.created_by,
            }
            for one in embeds_of(session, the_organisation(session, organisation))
        ]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, ("handle", "card", "choices", "state", "expires", "used"))


@app.command("revoke")
def revoke_embed(handle: Annotated[str, typer.Argument(help="As `embed list` shows it.")]) -> None:
    """End an embed at once."""
    from service.embeds.register import revoke
    from service.security.actor import CONSOLE

    with opened() as context, context.transaction() as session:
        revoke(session, handle, by=CONSOLE, now=datetime.now(UTC))
    console.print(f"The embed {handle} shows nothing from now on.")
