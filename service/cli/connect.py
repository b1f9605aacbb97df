"""`resonanz source add`: the options of every connector, checked by the connector itself and kept as the source's settings."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.base import Nothing, Telling, connector
from service.cli.output import AsJson, console, print_json
from service.context import opened, the_organisation, the_source
from service.errors import Conflict, Invalid
from service.models import Organisation, Source
from service.places import KEY

NONE = "none"
"""No source's key may be so."""


class Flavour(StrEnum):
    CLOUD = "cloud"
    DATA_CENTER = "data-center"


def given(pairs: list[str]) -> dict[str, str]:
    """Settings as name=value; paths are kept whole, since later commands may run elsewhere."""
    settings = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise Invalid(f"--set {pair!r}: write name=value")
        is_path = name == "path" or name.endswith("_file")
        settings[name] = str(Path(value).absolute()) if is_path else value
    return settings


def kept(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options that were given, as they are stored: paths whole, choices as text."""
    settings: dict[str, Any] = {}
    for name, value in options.items():
        match value:
            case None | []:
                continue
            case Path():
                settings[name] = str(value.absolute())
            case StrEnum():
                settings[name] = value.value
            case _:
                settings[name] = value
    return settings


def add(
    connector_name: Annotated[
        str,
        typer.Argument(
            metavar="CONNECTOR", help="confluence, microsoft-365, files, or another installed connector."
        ),
    ],
    key: Annotated[
        str | None, typer.Option(help="Short key of the source; default: the connector's name.")
    ] = None,
    expected_rooms: Annotated[
        int | None, typer.Option(help="How many rooms the admin expects to be visible.")
    ] = None,
    service_account: Annotated[
        list[str] | None, typer.Option(help="Pattern of accounts that are no people (repeatable).")
    ] = None,
    concurrency: Annotated[
        int | None, typer.Option(min=1, max=32, help="Requests under way at once; default: 8.")
    ] = None,
    observe: Annotated[
        str | None,
        typer.Option(
            help="Requests for likes and views in one run: a number, or all to look at every content."
        ),
    ] = None,
    ca_file: Annotated[Path | None, typer.Option(help="Certificate authority of the company, PEM.")] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(help="File holding the token; it stays there and is not copied into the database."),
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Further setting name=value (repeatable).")
    ] = None,
    organisation: Annotated[str | None, typer.Option(help="Key, where there are several.")] = None,
    about: Annotated[
        str | None,
        typer.Option(
            help="Key of the source that reads the platform this one tells of (audit log, reports, files); default for "
            "those of Microsoft 365: the only such source. 'none': it stands by itself."
        ),
    ] = None,
    as_json: AsJson = False,
    url: Annotated[
        str | None,
        typer.Option(help="Confluence: address of the site, with its context path if it has one."),
    ] = None,
    flavour: Annotated[Flavour | None, typer.Option(help="Confluence: cloud or data-center.")] = None,
    user: Annotated[
        str | None,
        typer.Option(help="Confluence: account for basic authentication (Cloud: the mail address)."),
    ] = None,
    unit_groups: Annotated[
        str | None,
        typer.Option(
            help="Confluence: regular expression; its first group takes the unit from a group's name."
        ),
    ] = None,
    tenant: Annotated[str | None, typer.Option(help="Microsoft 365: id or domain of the tenant.")] = None,
    client_id: Annotated[
        str | None,
        typer.Option(help="Microsoft 365: application (client) id of the registered app."),
    ] = None,
    certificate_file: Annotated[
        Path | None,
        typer.Option(help="Microsoft 365: key and certificate, PEM or PFX (recommended)."),
    ] = None,
    passphrase_file: Annotated[
        Path | None, typer.Option(help="Microsoft 365: file holding the certificate's passphrase.")
    ] = None,
    secret_file: Annotated[
        Path | None,
        typer.Option(
            help="Microsoft 365: file holding the app's secret; SharePoint's comments and likes refuse it."
        ),
    ] = None,
    assertion_file: Annotated[
        Path | None,
        typer.Option(help="Microsoft 365: file holding a federated token (workload identity)."),
    ] = None,
    cloud: Annotated[str | None, typer.Option(help="Microsoft 365: global, us-gov, us-dod or china.")] = None,
    authority: Annotated[
        str | None, typer.Option(help="Microsoft 365: sign-in address instead of the cloud's.")
    ] = None,
    graph_url: Annotated[
        str | None, typer.Option(help="Microsoft 365: Graph's address instead of the cloud's.")
    ] = None,
    sharepoint_url: Annotated[
        str | None,
        typer.Option(help="Microsoft 365: SharePoint's address; else learned from the root site."),
    ] = None,
    identity: Annotated[
        str | None,
        typer.Option(
            help="Microsoft 365: what tells the same person in other systems: mail, userPrincipalName, employeeId or onPremisesSamAccountName."
        ),
    ] = None,
    unit_from: Annotated[
        str | None,
        typer.Option(
            help="Microsoft 365: where the unit comes from: department, officeLocation or companyName."
        ),
    ] = None,
    leadership: Annotated[
        list[str] | None,
        typer.Option(
            help="Microsoft 365: regular expression on job titles; the first is level 1, the next level 2 (repeatable)."
        ),
    ] = None,
    guests: Annotated[str | None, typer.Option(help="Microsoft 365: count or skip.")] = None,
    site: Annotated[
        list[str] | None,
        typer.Option(help="Microsoft 365: address or id of a site to read, else all (repeatable)."),
    ] = None,
    team: Annotated[
        list[str] | None,
        typer.Option(help="Microsoft 365: id of a team to read, else all (repeatable)."),
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(help="Microsoft 365: id of a group to read, else all (repeatable)."),
    ] = None,
    stream: Annotated[
        list[str] | None,
        typer.Option(help="Microsoft 365: stream to read, such as site_pages, else all (repeatable)."),
    ] = None,
) -> None:
    """Connect a system. Nothing is read yet: `source check` tries it, `sync` reads it."""
    from service.linkage import declare

    key = key or connector_name
    if not KEY.fullmatch(key) or key == NONE:
        raise Invalid(f"the key {key!r} may hold small letters, digits and hyphens only")
    if url is not None and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
        raise Invalid(f"{url!r} is no address; write it like https://intranet.example.com/confluence")
    settings = kept(
        {
            "url": url,
            "token_file": token_file,
            "concurrency": concurrency,
            "flavour": flavour,
            "user": user,
            "unit_groups": unit_groups,
            "service_accounts": service_account,
            "observe": observe,
            "ca_file": ca_file,
            "tenant": tenant,
            "client_id": client_id,
            "certificate_file": certificate_file,
            "passphrase_file": passphrase_file,
            "secret_file": secret_file,
            "assertion_file": assertion_file,
            "cloud": cloud,
            "authority": authority,
            "graph_url": graph_url,
            "sharepoint_url": sharepoint_url,
            "identity": identity,
            "unit_from": unit_from,
            "leadership": leadership,
            "guests": guests,
            "sites": site,
            "teams": team,
            "groups": group,
            "streams": stream,
        }
    )
    settings |= given(set_ or [])
    reader = connector(connector_name).connect(settings, Nothing())
    platform = reader.tells_about if isinstance(reader, Telling) else None
    reader.close()
    with opened() as context, context.transaction() as session:
        if session.scalars(select(Source).where(Source.key == key)).first() is not None:
            raise Conflict(f"there is a source {key!r} already; remove it first or give another --key")
        if session.scalars(select(Organisation)).first() is None:
            session.add(Organisation(key="main", name="Organisation"))
            session.flush()
        owner = the_organisation(session, organisation)
        source = Source(
            organisation_id=owner.id,
            key=key,
            connector=connector_name,
            settings=settings,
            expected_rooms=expected_rooms,
            created=datetime.now(UTC),
        )
        session.add(source)
        session.flush()
        told = _told(session, owner, about, platform)
        declare(session, source, told)
        told_key = None if told is None else told.key
    if as_json:
        print_json({"key": key, "connector": connector_name, "settings": settings, "about": told_key})
        return
    console.print(f"Source {key} is connected. Next: resonanz source check {key}")
    if told_key is not None:
        console.print(f"It tells about {told_key}: what both tell of is one room and one content.")
    elif platform is not None and about is None:
        console.print(
            f"It tells about a platform that is not connected, or several times. If {platform} is connected: "
            f"resonanz source about {key} SOURCE"
        )


def _told(session: Session, owner: Organisation, about: str | None, platform: str | None) -> Source | None:
    """The source that is told about: the one named, else the only one of the platform's connector."""
    if about is not None:
        return None if about == NONE else the_source(session, about)
    if platform is None:
        return None
    found = session.scalars(
        select(Source).where(Source.organisation_id == owner.id, Source.connector == platform)
    ).all()
    return found[0] if len(found) == 1 else None


def tell_about(
    key: Annotated[str, typer.Argument(help="Key of the source that tells: an audit log, reports, files.")],
    platform: Annotated[
        str, typer.Argument(help="Key of the source that reads the platform itself; 'none' for none.")
    ],
) -> None:
    """Say which source a source tells about: their rooms and contents are then the same ones, also for what is stored."""
    from service.linkage import declare

    with opened() as context, context.transaction() as session:
        told = None if platform == NONE else the_source(session, platform)
        declare(session, the_source(session, key), told)
    if platform == NONE:
        console.print(f"{key} stands by itself, from the next `resonanz metrics compute` on.")
    else:
        console.print(f"{key} tells about {platform}, from the next `resonanz metrics compute` on.")
