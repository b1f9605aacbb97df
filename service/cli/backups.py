"""`resonanz backup` and `resonanz restore`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service import database
from service.cli.output import AsJson, console, print_json
from service.context import opened
from service.places import places

if TYPE_CHECKING:
    from service.backup.archive import Manifest


def backup(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")], as_json: AsJson = False
) -> None:
    """Save database and all activity logs as of one moment; pseudonym keys and registers of rights are not part of it."""
    from service.backup.make import back_up

    with opened() as context:
        manifest = back_up(context.engine, places(context.settings), folder)
        beside = places(context.settings).key_file.parent
    told(manifest, folder, as_json=as_json)
    if not as_json:
        console.print(
            f"Keep a copy of {beside} elsewhere, at each change: without it the backup can not be restored."
        )


def restore(
    folder: Annotated[Path, typer.Argument(help="The folder of a backup.")],
    verify: Annotated[bool, typer.Option("--verify", help="Only check that the backup is whole.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Lose what database and activity logs hold now.")
    ] = False,
    without: Annotated[
        list[str] | None,
        typer.Option(
            help="Key of an organisation of which nothing that was collected is to come back; repeatable."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into an empty installation, without whoever was erased or opted out since. Stop the service first."""
    from service.backup.archive import checked
    from service.backup.restore import restore as bring_back

    if verify:
        told(checked(folder), folder, as_json=as_json)
        return
    with opened() as context:
        settings = context.settings
        engine = database.connect(settings.database_url)
        try:
            manifest = bring_back(
                engine, places(settings), folder, replace=replace, without=tuple(without or ())
            )
        finally:
            engine.dispose()
    told(manifest, folder, as_json=as_json)


def told(manifest: "Manifest", folder: Path, *, as_json: bool) -> None:
    size = sum(length for length, _ in manifest.files.values())
    facts = {
        "folder": str(folder),
        "created": manifest.created,
        "program": manifest.program,
        "revision": manifest.revision,
        "files": len(manifest.files),
        "bytes": size,
        "rows": sum(manifest.tables.values()),
        "log_versions": {one: log["version"] for one, log in manifest.logs.items()},
        "digest": manifest.digest,
    }
    if as_json:
        print_json(facts)
    else:
        console.print(
            f"{folder} is whole: of {manifest.created}, {facts['files']} files, {size / 1e6:.1f} MB, {facts['rows']} rows, "
            f"SHA-256 {manifest.digest}",
            soft_wrap=True,
        )
