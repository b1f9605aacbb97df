"""`resonanz source` and `resonanz sync`: connecting systems and reading them."""

import re
from collections import Counter
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from sqlalchemy import select

from connectors.base import Check, Nothing, connector
from service.cli.context import Context, opened, the_organisation, the_source
from service.cli.output import AsJson, console, print_json, print_table
from service.cli.progress import shown_progress
from service.errors import Conflict, Invalid
from service.models import Organisation, Source

app = typer.Typer(no_args_is_help=True, help="Connected systems.")

KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class Flavour(StrEnum):
    CLOUD = "cloud"
    DATA_CENTER = "data-center"


def given(pairs: list[str]) -> dict[str, str]:
    settings = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise Invalid(f"--set {pair!r}: write name=value")
        settings[name] = value
    return settings


@app.command("add")
def add(
    connector_name: Annotated[
        str, typer.Argument(metavar="CONNECTOR", help="confluence, or another installed connector.")
    ],
    url: Annotated[str, typer.Option(help="Address of the site, with its context path if it has one.")],
    token_file: Annotated[
        Path, typer.Option(help="File holding the token; it stays there and is not copied into the database.")
    ],
    flavour: Annotated[Flavour | None, typer.Option(help="Confluence only: cloud or data-center.")] = None,
    key: Annotated[
        str | None, typer.Option(help="Short key of the source; default: the connector's name.")
    ] = None,
    user: Annotated[
        str | None, typer.Option(help="Account for basic authentication (Cloud: the mail address).")
    ] = None,
    expected_rooms: Annotated[
        int | None, typer.Option(help="How many rooms the admin expects to be visible.")
    ] = None,
    unit_groups: Annotated[
        str | None,
        typer.Option(help="Regular expression; its first group takes the unit from a group's name."),
    ] = None,
    service_account: Annotated[
        list[str] | None, typer.Option(help="Pattern of accounts that are no people (repeatable).")
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=32, help="Requests under way at once.")] = 8,
    observe: Annotated[
        str | None,
        typer.Option(help="Contents whose likes and views are looked up per run: a number, or all."),
    ] = None,
    ca_file: Annotated[Path | None, typer.Option(help="Certificate authority of the company, PEM.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Further setting name=value (repeatable).")
    ] = None,
    organisation: Annotated[str | None, typer.Option(help="Key, where there are several.")] = None,
    as_json: AsJson = False,
) -> None:
    """Connect a system. Nothing is read yet: `source check` tries it, `sync` reads it."""
    key = key or connector_name
    if not KEY.fullmatch(key):
        raise Invalid(f"the key {key!r} may hold small letters, digits and hyphens only")
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise Invalid(f"{url!r} is no address; write it like https://intranet.example.com/confluence")
    settings: dict[str, Any] = {
        "url": url,
        "token_file": str(token_file.absolute()),
        "concurrency": concurrency,
    }
    optional = {
        "flavour": flavour.value if flavour else None,
        "user": user,
        "unit_groups": unit_groups,
        "service_accounts": service_account,
        "observe": observe,
        "ca_file": str(ca_file.absolute()) if ca_file else None,
    }
    settings |= {name: value for name, value in optional.items() if value is not None}
    settings |= given(set_ or [])
    connector(connector_name).connect(settings, Nothing()).close()
    with opened() as context, context.transaction() as session:
        if session.scalars(select(Source).where(Source.key == key)).first() is not None:
            raise Conflict(f"there is a source {key!r} already; remove it first or give another --key")
        if session.scalars(select(Organisation)).first() is None:
            session.add(Organisation(key="main", name="Organisation"))
            session.flush()
        owner = the_organisation(session, organisation)
        session.add(
            Source(
                organisation_id=owner.id,
                key=key,
                connector=connector_name,
                settings=settings,
                expected_rooms=expected_rooms,
                created=datetime.now(UTC),
            )
        )
    if as_json:
        print_json({"key": key, "connector": connector_name, "settings": settings})
    else:
        console.print(f"Source {key} is connected. Next: resonanz source check {key}")


@app.command("list")
def list_sources(as_json: AsJson = False) -> None:
    """List the connected systems."""
    with opened() as context, context.transaction() as session:
        listed = [
            {
                "key": source.key,
                "connector": source.connector,
                "url": source.settings.get("url"),
                "flavour": source.settings.get("flavour"),
                "expected_rooms": source.expected_rooms,
                "created": source.created,
            }
            for source in session.scalars(select(Source).order_by(Source.key))
        ]
    if as_json:
        print_json(listed)
    else:
        print_table(listed, ("key", "connector", "flavour", "url", "expected_rooms"))


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


@app.command("remove")
def remove(
    key: Annotated[str, typer.Argument(help="The source's key.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Disconnect a system and erase what was collected from it."""
    from service.activity.forget import remove_source

    with opened() as context:
        with context.transaction() as session:
            the_source(session, key)
        if not yes:
            typer.confirm(f"Erase everything collected from {key}?", abort=True)
        remove_source(context.engine, context.log, key)
    console.print(
        f"Source {key} and its activities were erased. Published values stay until the next publication."
    )


def sync(
    key: Annotated[
        str | None, typer.Argument(metavar="[SOURCE]", help="The source's key; default: all.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read what is new from one source or all, and report what was stored, repeated and skipped."""
    from service.activity.collect import collect

    reports = []
    with opened() as context:
        with context.transaction() as session:
            if key is None:
                keys = list(session.scalars(select(Source.key).order_by(Source.key)))
                if not keys:
                    raise Invalid("no source is connected: `resonanz source add` connects one")
            else:
                keys = [the_source(session, key).key]
            owners = {
                source.key: session.get_one(Organisation, source.organisation_id)
                for source in session.scalars(select(Source).where(Source.key.in_(keys)))
            }
        for one in keys:
            with shown_progress(one, quiet=as_json) as progress:
                report = collect(
                    context.engine, context.log, context.pseudonymiser(owners[one]), one, progress=progress
                )
            reports.append(report)
    if as_json:
        print_json([report.to_dict() for report in reports])
    else:
        for report in reports:
            show_report(report.to_dict())
    if any(report.state == "failed" for report in reports):
        raise typer.Exit(1)
    if any(report.state == "partial" for report in reports):
        raise typer.Exit(3)


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
    if report["gaps"]:
        print_table(
            [
                {**gap, "kinds": ", ".join(gap["kinds"]), "room": gap["room"] or "all"}
                for gap in report["gaps"]
            ],
            ("room", "kinds", "objects", "reason"),
            title="Not read:",
        )
