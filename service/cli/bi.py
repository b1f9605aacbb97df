"""`resonanz bi …`: SQL views for BI tools on PostgreSQL, and the roles that may read them."""

from typing import Annotated

import typer

from service.cli.output import AsJson, console, print_json, print_table
from service.context import opened, the_organisation

app = typer.Typer(
    help="SQL views for BI tools (PostgreSQL): schema resonanz_bi, and the roles that read it.",
    no_args_is_help=True,
)
Role = Annotated[str, typer.Option(help="Role of the database, such as metabase_reader.")]
Key = Annotated[
    str | None, typer.Option(help="Key of the only organisation the role sees; default: the only one.")
]
Everything = Annotated[
    bool, typer.Option("--all-organisations", help="Let the role see every organisation there is.")
]


@app.command()
def install() -> None:
    """Make the views, or make them anew after an upgrade."""
    from service.bi.install import install as make

    with opened() as context:
        version = make(context.engine)
    console.print(f"The views in schema resonanz_bi are at version {version}.")


@app.command()
def remove() -> None:
    """Remove the schema with its views; roles stay, but read nothing any more."""
    from service.bi.install import remove as take_away

    with opened() as context:
        take_away(context.engine)
    console.print("The schema resonanz_bi is gone.")


@app.command()
def grant(role: Role, organisation: Key = None, everything: Everything = False) -> None:
    """Let a role read the views, and in them one organisation; make the role if it is not there."""
    from service.bi.install import grant as give

    with opened() as context:
        key = _chosen(context.transaction, organisation, everything=everything)
        made = give(context.engine, role, key)
    console.print(f"{role} reads {'every organisation' if key is None else key}, and nothing but the views.")
    if made:
        console.print(f"The role is new. Set its password in psql: \\password {role}", markup=False)


@app.command()
def revoke(role: Role) -> None:
    """Take the views away from a role."""
    from service.bi.install import revoke as take

    with opened() as context:
        take(context.engine, role)
    console.print(f"{role} reads the views no more.")


@app.command()
def readers(as_json: AsJson = False) -> None:
    """List which role reads which organisation."""
    from service.bi.install import readers as found

    with opened() as context:
        rows = [{"role": one.role, "organisation": one.organisation or "*"} for one in found(context.engine)]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, ("role", "organisation"))


@app.command()
def sql(
    role: Annotated[str | None, typer.Option(help="Also print how this role is made and let in.")] = None,
    organisation: Key = None,
    everything: Everything = False,
    schema: Annotated[str, typer.Option(help="Schema the tables of Resonanz are in.")] = "public",
) -> None:
    """Print the statements instead of running them, for a database administrator."""
    from service.bi import statements

    asked = statements.install(schema)
    if role is not None:
        with opened() as context:
            key = _chosen(context.transaction, organisation, everything=everything)
        asked += [*statements.role(role), *statements.grant(role, key, schema)]
    typer.echo(statements.script(asked))


def _chosen(transaction: object, organisation: str | None, *, everything: bool) -> str | None:
    """The key of the organisation; None for all of them. Raises `Invalid` if one has to be named."""
    from service.errors import Invalid

    if everything:
        if organisation is not None:
            raise Invalid("name one organisation or all of them, not both")
        return None
    assert callable(transaction)  # noqa: S101
    with transaction() as session:
        return the_organisation(session, organisation).key
