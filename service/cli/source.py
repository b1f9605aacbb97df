"""`resonanz source` and `resonanz sync`: connecting systems and reading them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from sqlalchemy import select

from connectors.base import Check, Nothing, connector
from service.cli.connect import add, tell_about
from service.cli.output import AsJson, console, print_json, print_table
from service.cli.preview import preview
from service.cli.progress import shown_progress
from service.context import Context, opened, the_source
from service.errors import Invalid, ServiceError
from service.models import Organisation, Source

if TYPE_CHECKING:
    from service.activity.report import Report

app = typer.Typer(no_args_is_help=True, help="Connected systems.")
app.command("add")(add)
app.command("about")(tell_about)
app.command("preview")(preview)


@app.command("list")
def list_sources(as_json: AsJson = False) -> None:
    """List the connected systems."""
    with opened() as context, context.transaction() as session:
        keys = {source.id: source.key for source in session.scalars(select(Source))}
        listed = [
            {
                "key": source.key,
                "connector": source.connector,
                "url": source.settings.get("url"),
                "flavour": source.settings.get("flavour"),
                "tenant": source.settings.get("tenant"),
                "about": keys.get(source.about_id or 0),
                "expected_rooms": source.expected_rooms,
                "created": source.created,
            }
            for source in session.scalars(select(Source).order_by(Source.key))
        ]
    if as_json:
        print_json(listed)
    else:
        print_table(listed, ("key", "connector", "flavour", "url", "tenant", "about", "expected_rooms"))


@app.command("settings")
def settings(
    name: Annotated[str, typer.Argument(metavar="CONNECTOR", help="confluence, microsoft-365, files, …")],
    as_json: AsJson = False,
) -> None:
    """Show what a connector may be told, by `source add --set name=value` or an option of its own."""
    rows = [{"setting": key, **asdict(one)} for key, one in sorted(connector(name).settings.items())]
    if as_json:
        print_json(rows)
    else:
        shown = [{**row, **{key: "yes" if row[key] else "" for key in ("needed", "secret")}} for row in rows]
        print_table(shown, ("setting", "needed", "secret", "meaning"))


def checked(context: Context, key: str) -> Check:
    with context.transaction() as session:
        source = the_source(session, key)
    reader = connector(source.connector).connect(source.settings, Nothing())
    try:
        return reader.check(source.expected_rooms)
    finally:
        reader.close()


@app.command("check")
def check(key: Annotated[str, typer.Argument(help="The source's key.")], as_json: AsJson = False) -> None:
    """Try each kind of request once; name missing permissions and compare the visible rooms."""
    with opened() as context:
        result = checked(context, key)
    rows = [
        {
            "ok": finding.ok,
            "subject": finding.subject,
            "detail": finding.detail,
            "kinds": [kind.value for kind in finding.kinds],
            "remedy": finding.remedy,
        }
        for finding in result.findings
    ]
    if as_json:
        print_json(
            {
                "source": key,
                "ok": result.ok,
                "visible_rooms": result.visible_rooms,
                "expected_rooms": result.expected_rooms,
                "findings": rows,
            }
        )
    else:
        shown = [
            {**row, "ok": "yes" if row["ok"] else "NO", "kinds": ", ".join(row["kinds"])}  # type: ignore[arg-type]
            for row in rows
        ]
        print_table(shown, ("ok", "subject", "detail", "kinds", "remedy"))
        console.print(
            f"Visible rooms: {'unknown' if result.visible_rooms is None else result.visible_rooms}"
            + ("" if result.expected_rooms is None else f" of {result.expected_rooms} expected")
        )
    if not result.ok:
        raise typer.Exit(1)


@app.command("subscribe")
def subscribe_to(
    key: Annotated[str, typer.Argument(help="The source's key.")], as_json: AsJson = False
) -> None:
    """Ask Microsoft 365 to tell of changes, or for more time to do so; to be run daily. `sync --hinted` then reads them."""
    from service.hints.subscribe import subscribe

    with opened() as context:
        done = subscribe(context.engine, key, context.settings.public_url).to_dict()
    if as_json:
        print_json(done)
    else:
        rows = [
            {"what": what, "stream": stream, "subscriptions": number}
            for what, counted in done.items()
            for stream, number in counted.items()
        ]
        print_table(rows, ("what", "stream", "subscriptions"))


@app.command("remove")
def remove(
    key: Annotated[str, typer.Argument(help="The source's key.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Disconnect a system and erase what was collected from it."""
    from service.activity.forget import remove_source

    with opened() as context:
        with context.transaction() as session:
            owner = session.get_one(Organisation, the_source(session, key).organisation_id)
        if not yes:
            typer.confirm(f"Erase everything collected from {key}?", abort=True)
        remove_source(context.engine, context.log(owner), key)
    console.print(
        f"Source {key} and its activities were erased. Published values stay until the next publication."
    )


def sync(
    key: Annotated[
        str | None, typer.Argument(metavar="[SOURCE]", help="The source's key; default: all.")
    ] = None,
    hinted: Annotated[
        bool, typer.Option("--hinted", help="Only what a platform has told of since it was last read.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read what is new from one source or all, and report what was stored, repeated and skipped."""
    from service.hints.pending import waiting

    with opened() as context:
        only: dict[str, frozenset[str]] = {}
        with context.transaction() as session:
            if hinted:
                if key is not None:
                    the_source(session, key)
                found = waiting(session)
                only = found if key is None else {one: found[one] for one in found if one == key}
                keys = list(only)
            elif key is None:
                keys = list(session.scalars(select(Source.key).order_by(Source.key)))
                if not keys:
                    raise Invalid("no source is connected: `resonanz source add` connects one")
            else:
                keys = [the_source(session, key).key]
            owners = {
                source.key: session.get_one(Organisation, source.organisation_id)
                for source in session.scalars(select(Source).where(Source.key.in_(keys)))
            }
        reports, refused = _read(context, {one: owners[one] for one in keys}, only, quiet=as_json)
    if as_json:
        print_json([report.to_dict() for report in reports])
    elif not keys:
        console.print("Nothing is hinted at.")
    else:
        for report in reports:
            show_report(report.to_dict())
    for message in refused:
        typer.echo(f"resonanz: {message}", err=True)
    if refused or any(report.state == "failed" for report in reports):
        raise typer.Exit(1)
    if any(report.state == "partial" for report in reports):
        raise typer.Exit(3)


def _read(
    context: Context, sources: Mapping[str, Organisation], only: Mapping[str, frozenset[str]], *, quiet: bool
) -> "tuple[list[Report], list[str]]":
    """One source after the other: their reports, and why others could not be read at all.

    What is wrong with one organisation does not keep the others from being read; with only one it is raised.
    """
    from service.jobs.work import read_source

    reports, refused = [], []
    several = len({owner.key for owner in sources.values()}) > 1
    for key, owner in sources.items():
        try:
            with shown_progress(key, quiet=quiet) as progress:
                reading = read_source(context, owner, key, only=only.get(key), progress=progress)
        except ServiceError as error:
            if not several:
                raise
            refused.append(f"{key}: {error}")
            continue
        reports.append(reading.report)
        with context.transaction() as session:
            reading.settle(session)
    return reports, refused


def show_report(report: dict[str, Any]) -> None:
    """A collection's report for people."""
    console.print(
        f"{report['source']}: {report['state']}, {report['stored']} stored, {report['repeated']} repeated, "
        f"{report['requests']} requests, {report['duration']:.1f} s"
    )
    if report["error"]:
        console.print(report["error"])
    per_kind: Counter[str] = Counter()
    for line in report["lines"]:
        per_kind[line["kind"]] += line["stored"]
    print_table(
        [{"kind": kind, "stored": stored} for kind, stored in sorted(per_kind.items())], ("kind", "stored")
    )
    if report["skipped"]:
        skipped = [{"skipped": reason, "count": count} for reason, count in sorted(report["skipped"].items())]
        print_table(skipped, ("skipped", "count"))
    if identity := report.get("identity"):
        console.print(
            f"Recognised across sources: {identity['matched']} of {identity['accounts']} active accounts"
        )
    if views := report.get("views"):
        console.print(
            f"Told about {report['about']}: {views['unlinked']} of {views['views']} views, "
            f"of {views['unlinked_contents']} contents, can not be linked"
        )
    if report["gaps"]:
        print_table(
            [
                {**gap, "kinds": ", ".join(gap["kinds"]), "room": gap["room"] or "all"}
                for gap in report["gaps"]
            ],
            ("room", "kinds", "objects", "reason"),
            title="Not read:",
        )
