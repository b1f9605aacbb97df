"""`resonanz serve`, `migrate` and `doctor`: running the service and finding out what is wrong with it."""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from sqlalchemy import func, select, text

from service import database
from service.cli.job import jobs, working
from service.cli.output import AsJson, console, print_json, print_table
from service.cli.retention import retained
from service.context import Context, opened
from service.errors import Invalid, ServiceError
from service.models import Organisation, Publication, Source, Sync
from service.trouble import told_to_admins


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    role: Annotated[
        str | None, typer.Option(help="web: pages and API; worker: jobs; all (the default): both.")
    ] = None,
) -> None:
    """Serve API and pages, and do the jobs, until stopped."""
    with opened() as context:
        changes = {"host": host, "port": port, "role": chosen(role)}
        settings = context.settings.model_copy(update={k: v for k, v in changes.items() if v is not None})
        if settings.role == "worker":
            from service.jobs.serving import serve_jobs

            serve_jobs(settings, context.engine)
        else:
            from service.app import run

            run(settings, context.engine)


def chosen(role: str | None) -> str | None:
    """Raises `Invalid` for a role there is not."""
    if role not in (None, "all", "web", "worker"):
        raise Invalid(f"there is no role {role!r}: choose all, web or worker")
    return role


def migrate() -> None:
    """Bring the database's schema to the revision this program needs."""
    from service.bi.install import set_aside

    with opened() as context:
        engine = database.connect(context.settings.database_url)
        try:
            if engine.dialect.name == "sqlite":
                database.prepare(engine)
            else:
                with set_aside(engine):
                    database.migrate(engine)
            current, _ = database.revisions(engine)
        finally:
            engine.dispose()
    console.print(f"The database is at revision {current}.")


def doctor(
    health: Annotated[
        bool, typer.Option("--health", help="Only ask the running service whether it is ready.")
    ] = False,
    role: Annotated[
        str | None,
        typer.Option(help="Of the service asked, if not that of RESONANZ_ROLE: all, web or worker."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look at database, schema, key, log, disk, sources and publication; say what to do about each trouble."""
    with opened() as context:
        if health:
            only_jobs = (chosen(role) or context.settings.role) == "worker"
            rows = [working(context) if only_jobs else answered(context)]
        else:
            rows = [tried(check, context) for check in CHECKS]
    if as_json:
        print_json({"ok": all(row["ok"] for row in rows), "checks": rows})
    else:
        print_table([{**row, "ok": "yes" if row["ok"] else "NO"} for row in rows], ("ok", "check", "detail"))
    if not all(row["ok"] for row in rows):
        raise typer.Exit(1)


def answered(context: Context) -> dict[str, object]:
    import httpx

    host = context.settings.host if context.settings.host not in ("0.0.0.0", "::") else "127.0.0.1"  # noqa: S104
    try:
        response = httpx.get(f"http://{host}:{context.settings.port}/readyz", timeout=4)
    except httpx.HTTPError as error:
        return {"check": "service", "ok": False, "detail": f"no answer: {type(error).__name__}"}
    return {
        "check": "service",
        "ok": response.status_code == 200,
        "detail": f"answered {response.status_code}",
    }


def tried(check: Callable[[Context], str], context: Context) -> dict[str, object]:
    """A check returns a sentence, or raises with one that says how to mend it."""
    try:
        return {"check": check.__name__, "ok": True, "detail": check(context)}
    except Exception as error:
        told = told_to_admins(error) or str(error) or type(error).__name__
        return {"check": check.__name__, "ok": False, "detail": told}


def disk(context: Context) -> str:
    place = context.settings.data.absolute()
    place.mkdir(parents=True, exist_ok=True)
    # Where nothing can be written the least file can not be made, whatever is free.
    tempfile.TemporaryFile(dir=place).close()
    free = shutil.disk_usage(place).free / 1e9
    if free < 1:
        raise Invalid(f"only {free:.1f} GB free at {place}: make room, at least 1 GB")
    return f"{free:.0f} GB free at {place}"


def schema(context: Context) -> str:
    with context.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    current, _ = database.revisions(context.engine)
    return f"{context.engine.dialect.name} at revision {current}"


def organisations(context: Context) -> Sequence[Organisation]:
    with context.transaction() as session:
        return session.scalars(select(Organisation).order_by(Organisation.key)).all()


def key(context: Context) -> str:
    """Each organisation's own, and no two alike."""
    told, owners = [], dict[str, str]()
    for one in organisations(context):
        path = context.key(one)
        if not path.exists():
            told.append(f"{one.key}: no key yet; the first sync makes {path}")
            continue
        fingerprint = context.pseudonymiser(one).fingerprint
        if (other := owners.setdefault(fingerprint, one.key)) != one.key:
            raise Invalid(
                f"{one.key} and {other} have the same key, so whoever holds one recognises the people of both: `resonanz privacy epoch "
                f"destroy` and `begin` give one of them a key of its own"
            )
        told.append(f"{one.key}: readable by this account only: {path}")
    return "; ".join(told) or "no organisation yet"


def activities(context: Context) -> str:
    told = []
    for one in organisations(context):
        version = context.log(one).version
        told.append(
            f"{one.key}: "
            + ("no activities collected yet" if version is None else f"log at version {version}")
        )
    return "; ".join(told) or "no organisation yet"


def sources(context: Context) -> str:
    with context.transaction() as session:
        keys = session.scalars(select(Source.key).order_by(Source.key)).all()
        if not keys:
            raise Invalid("no source is connected: `resonanz source add` connects one")
        states = []
        for one in keys:
            last = session.execute(
                select(Sync.state, Sync.finished)
                .join(Source)
                .where(Source.key == one)
                .order_by(Sync.id.desc())
                .limit(1)
            ).first()
            if last is None:
                raise Invalid(f"{one} was never read: `resonanz sync {one}`")
            states.append(
                f"{one}: {last.state}" + (f" on {last.finished:%Y-%m-%d %H:%M} UTC" if last.finished else "")
            )
    return "; ".join(states)


def published(context: Context) -> str:
    with context.transaction() as session:
        count = session.scalar(select(func.count()).select_from(Publication))
        newest = session.scalars(select(Publication).order_by(Publication.id.desc()).limit(1)).first()
    if newest is None:
        raise ServiceError("nothing was published: `resonanz metrics compute` measures and publishes")
    return f"{count} publications, the newest with data until {newest.data_until}"


def agreement(context: Context) -> str:
    from service.configuration import terms
    from service.privacy.enforcement import exceeding, explained
    from service.privacy.ledger import active

    told = []
    with context.transaction() as session:
        for organisation in session.scalars(select(Organisation).order_by(Organisation.key)).all():
            found = active(session, organisation.id)
            if found is None:
                told.append(
                    f"{organisation.key}: none in force, so the documented default holds (docs/agreement.md)"
                )
                continue
            more = exceeding(found, terms(session, organisation, context.settings))
            if more:
                raise Invalid(
                    f"{organisation.key}: what runs exceeds agreement {found.number}, {explained(more[0])}: "
                    "`resonanz privacy agreement diff --version running` shows all of it"
                )
            told.append(f"{organisation.key}: agreement {found.number}, {found.digest[:16]}")
    return "; ".join(told) or "no organisation yet"


CHECKS: tuple[Callable[[Context], str], ...] = (
    disk,
    schema,
    key,
    activities,
    sources,
    published,
    agreement,
    retained,
    jobs,
)
