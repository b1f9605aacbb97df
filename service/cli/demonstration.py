"""`resonanz demo`: a synthetic company behind real HTTP servers, collected through the real connectors, and shown."""

import tempfile
import time
import webbrowser
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.cli.context import Context
from service.cli.output import console
from service.cli.progress import shown_progress
from service.models import Milestone, Organisation, Room, Source
from service.settings import Settings

if TYPE_CHECKING:
    from service.demo.intranet import Connection, Intranet

KEY = "demo"


def demo(
    port: Annotated[int, typer.Option(help="Port of the dashboard.")] = 8080,
    seed: Annotated[int, typer.Option(help="The same seed makes the same company.")] = 7,
    people: Annotated[int, typer.Option(min=50, max=20_000, help="How many employees it has.")] = 640,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Where its history ends; default: today.")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(help="Keep database and log in this new or empty directory.")
    ] = None,
    serve: Annotated[bool, typer.Option(help="Serve the dashboard, or stop after publishing.")] = True,
    browser: Annotated[bool, typer.Option(help="Open the dashboard in a browser.")] = True,
) -> None:
    """Show what Resonanz does, on a synthetic company: no platform and no configuration is needed."""
    started = time.monotonic()
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        if any(keep.iterdir()):
            raise typer.BadParameter(f"{keep} is not empty", param_hint="--keep")
        rehearse(
            keep, started, port=port, seed=seed, people=people, until=until, serve=serve, browser=browser
        )
    else:
        with tempfile.TemporaryDirectory(prefix="resonanz-demo-") as directory:
            rehearse(
                Path(directory),
                started,
                port=port,
                seed=seed,
                people=people,
                until=until,
                serve=serve,
                browser=browser,
            )


def rehearse(
    directory: Path,
    started: float,
    *,
    port: int,
    seed: int,
    people: int,
    until: datetime | None,
    serve: bool,
    browser: bool,
) -> None:
    from service.demo.company import Company
    from service.demo.intranet import Intranet

    settings = Settings(
        data=directory / "data", port=port, open_pages=True, database=None, log=None, key_file=None
    )
    context = Context(settings)
    end: date = until.date() if until else datetime.now(UTC).date()
    console.print("Resonanz demonstration: a synthetic company. No person in it exists.")
    step(started, f"founding a company of {people} people (seed {seed}) …")
    company = Company.generate(seed, people=people, until=end)
    try:
        with Intranet(directory / "platforms", company=company) as intranet:
            connect(context, intranet)
            for connection in intranet.connections:
                collect_from(context, connection, started)
        step(started, "measuring and publishing …")
        publish_all(context, end)
        console.print(f"Ready after {time.monotonic() - started:.0f} s.")
        if serve:
            show(context, browser=browser)
    finally:
        context.engine.dispose()


def step(started: float, what: str) -> None:
    console.print(f"[{time.monotonic() - started:5.1f} s] {what}", markup=False, highlight=False)


def connect(context: Context, intranet: "Intranet") -> None:
    """Declare the company and its sources, as an admin would with `resonanz organisation` and `resonanz source`."""
    company = intranet.company
    with context.transaction() as session:
        organisation = Organisation(key=KEY, name=company.name, synthetic=True)
        session.add(organisation)
        session.flush()
        session.add(
            Milestone(
                organisation_id=organisation.id,
                key="relaunch",
                day=company.relaunch,
                label_de="Neues Intranet",
                label_en="Relaunch",
            )
        )
        for connection in intranet.connections:
            settings = dict(connection.settings)
            session.add(
                Source(
                    organisation_id=organisation.id,
                    key=connection.key,
                    connector=settings.pop("connector"),
                    settings={**settings, "observe": "all"},
                    expected_rooms=connection.rooms,
                    created=datetime.now(UTC),
                )
            )


def collect_from(context: Context, connection: "Connection", started: float) -> None:
    from service.activity.collect import collect

    step(started, f"reading {connection.settings['flavour']} at {connection.settings['url']} …")
    with context.transaction() as session:
        organisation = session.scalars(select(Organisation)).one()
    with shown_progress(connection.key) as progress:
        report = collect(
            context.engine,
            context.log,
            context.pseudonymiser(organisation),
            connection.key,
            progress=progress,
        )
    step(started, f"  {report.stored} activities in {report.requests} requests, {report.state}")
    with context.transaction() as session:
        declare(session, connection)


def declare(session: Session, connection: "Connection") -> None:
    """What the rooms are meant for, as their owners would say with `resonanz room set`."""
    source = session.scalars(select(Source.id).where(Source.key == connection.key)).one()
    for handle, purpose in connection.purposes.items():
        session.execute(
            update(Room).where(Room.source_id == source, Room.handle == handle).values(purpose=str(purpose))
        )


def publish_all(context: Context, end: date) -> None:
    from service.measure import measure
    from service.publication import publish

    clock: Callable[[], datetime] = lambda: (
        datetime.combine(end, datetime.min.time(), UTC) + timedelta(hours=6)
    )  # noqa: E731
    with context.transaction() as session:
        organisation = session.scalars(select(Organisation.id)).one()
    measure(context.engine, context.log, organisation, clock=clock)
    publish(context.engine, organisation, minimum_group=context.settings.minimum_group, clock=clock)


def show(context: Context, *, browser: bool) -> None:
    import uvicorn

    from service.app import create_app

    address = f"http://{context.settings.host}:{context.settings.port}"
    console.print(f"Dashboard: {address}   (end with Ctrl+C)")
    if browser and console.is_terminal:
        webbrowser.open(address)
    uvicorn.run(
        create_app(context.settings, context.engine),
        host=context.settings.host,
        port=context.settings.port,
        log_level="warning",
    )
