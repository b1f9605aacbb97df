"""`resonanz demo`: a synthetic company behind real HTTP servers, collected through the real connectors, and shown."""

import socket
import tempfile
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import select, update

from service.cli.output import console, errors
from service.cli.progress import shown_progress
from service.context import Context
from service.errors import Conflict
from service.models import Milestone, Organisation, Room, Source
from service.settings import Settings

if TYPE_CHECKING:
    from connectors.base import Connector, Memory
    from service.activity.report import Report
    from service.demo.apart import Apart
    from service.demo.intranet import Connection, Intranet

KEY = "demo"
USUAL = 640
"""So many employees write what `Company` takes for usual; more write more, up to what can be collected while one waits."""
BEFORE_RELAUNCH = timedelta(days=38)
"""The installation: early enough for one whole window of 28 days before the relaunch to be observed."""
NIGHTLY = {"intranet": 600, "wiki": 200, "office": 200}
"""The budget of requests for likes and views in each later collection, as an admin would set it by `observe`."""
WEEKS = {"office": 2}
"""So many weeks pass between two collections, where it is not one: what is dated by the platform may come later."""


def demo(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port of the dashboard.")] = 8080,
    seed: Annotated[int, typer.Option(help="The same seed makes the same company.")] = 7,
    people: Annotated[int, typer.Option(min=50, max=20_000, help="How many employees it has.")] = USUAL,
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
    try:
        with ExitStack() as stack:
            if keep is None:
                directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="resonanz-demo-")))
            else:
                directory = keep
                directory.mkdir(parents=True, exist_ok=True)
                if any(directory.iterdir()):
                    raise typer.BadParameter(f"{keep} is not empty", param_hint="--keep")
            settings = Settings(
                data=directory / "data", port=port, open_pages=True, database=None, log=None, key_file=None
            )
            door = stack.enter_context(reserve(settings.host, port)) if serve else None
            end = until.date() if until else datetime.now(UTC).date()
            rehearsal = Rehearsal(Context(settings), end)
            stack.callback(rehearsal.context.engine.dispose)
            rehearsal.run(directory / "platforms", seed, people)
            if door is not None:
                show(rehearsal.context, door, browser=browser)
    except KeyboardInterrupt:
        console.print("The demonstration has ended.")
        raise typer.Exit(130) from None


def reserve(host: str, port: int) -> socket.socket:
    """Hold the address of the dashboard from the start, so that it is free when it is needed."""
    address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    held = socket.socket(*address[:3])
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind(address[4])
        held.listen()
    except OSError as error:
        held.close()
        raise Conflict(
            f"port {port} of {host} can not be used ({error.strerror}): choose another by --port, such as --port {port + 1}"
        ) from None
    return held


@dataclass
class Rehearsal:
    """A company, and a Resonanz that was installed some months before the end of its history and collects ever since."""

    context: Context
    end: date
    started: float = field(default_factory=time.monotonic)
    requests: int = 0

    def run(self, directory: Path, seed: int, people: int) -> None:
        from service.demo.apart import Apart

        console.print("Resonanz demonstration: a synthetic company. No person in it exists.")
        self.say(f"founding a company of {people} people (seed {seed})")
        scale = min(max(people / USUAL, 0.1), 2.0)
        with Apart(directory, seed=seed, people=people, until=self.end, scale=scale) as company:
            self.collect(company)
        self.say("measuring and publishing")
        self.publish()
        self.say("holding a survey, going through the documents, assessing the maturity, agreeing measures")
        self.assess(seed)
        self.say(f"done, after {self.requests} requests to the platforms")

    def say(self, what: str) -> None:
        passed = time.monotonic() - self.started
        console.print(f"[{passed:5.1f} s] {what}", markup=False, highlight=False, soft_wrap=True)

    def collect(self, company: "Apart | Intranet") -> None:
        """The first collection, of everything there is, and one at the end of each week since."""
        installed = evening(company.relaunch - BEFORE_RELAUNCH)
        company.advance(installed)
        organisation = self.connect(company, installed)
        self.say(
            f"Resonanz is installed on {installed:%d %B %Y}, "
            f"{BEFORE_RELAUNCH.days} days before the relaunch of the intranet on {company.relaunch:%d %B %Y}"
        )
        for connection in company.connections:
            with shown_progress(connection.key) as progress:
                report = self.read(connection, installed, "all", progress)
            settings = connection.settings
            kind = settings.get("flavour", settings["connector"])
            self.say(
                f"first collection of {connection.key} ({kind}, {settings.get('url') or settings['graph_url']}): "
                f"{report.stored} rows in {report.requests} requests, {report.state}"
            )
        moments = list(weekly(installed, self.end))
        self.say(f"living through {len(moments)} weeks, with collections at the end of each")
        with bar() as progress:
            task = progress.add_task("", total=len(moments))
            for left, moment in zip(range(len(moments) - 1, -1, -1), moments, strict=True):
                progress.update(task, description=f"week up to {moment:%d %B %Y}")
                company.advance(moment)
                for connection in company.connections:
                    if left % WEEKS.get(connection.key, 1) == 0:
                        self.read(connection, moment, NIGHTLY[connection.key])
                if table := self.context.log(organisation).table():
                    table.create_checkpoint()  # every look at the log reads all commits since the last one
                progress.advance(task)

    def connect(self, company: "Apart | Intranet", installed: datetime) -> Organisation:
        """Declare the company and its sources, as an admin would with `resonanz organisation` and `resonanz source`; returns the former."""
        with self.context.transaction() as session:
            organisation = Organisation(key=KEY, name=company.name, synthetic=True, region="DE")
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
            for connection in company.connections:
                settings = dict(connection.settings)
                session.add(
                    Source(
                        organisation_id=organisation.id,
                        key=connection.key,
                        connector=settings.pop("connector"),
                        settings={**settings, "observe": NIGHTLY[connection.key]},
                        created=installed,
                    )
                )
        return organisation

    def read(
        self, connection: "Connection", moment: datetime, observe: int | str, progress: Any = None
    ) -> "Report":
        """One collection as it would have been at that moment."""
        from service.activity.collect import collect
        from service.activity.memory import SourceMemory

        def clock() -> datetime:
            return moment

        context = self.context
        with context.transaction() as session:
            organisation = session.scalars(select(Organisation)).one()
            source = session.scalars(select(Source).where(Source.key == connection.key)).one()
            pseudonymiser = context.pseudonymiser(organisation)
        memory = SourceMemory(context.engine, source.id, source.key, clock)
        settings = {**source.settings, "observe": observe}
        with closing(connected(source.connector, settings, memory, clock)) as connector:
            report = collect(
                context.engine,
                context.log(organisation),
                pseudonymiser,
                source.key,
                connector=connector,
                progress=progress,
                clock=clock,
            )
        self.requests += report.requests
        self.declare(connection, source.id)
        return report

    def declare(self, connection: "Connection", source: int) -> None:
        """What the rooms are meant for and how many there are, as admins would say once they know of them."""
        with self.context.transaction() as session:
            for handle, purpose in connection.purposes.items():
                session.execute(
                    update(Room)
                    .where(Room.source_id == source, Room.handle == handle, Room.purpose.is_(None))
                    .values(purpose=str(purpose))
                )
            session.get_one(Source, source).expected_rooms = connection.rooms

    def publish(self) -> None:
        from service.measure import measure
        from service.publication import publish

        context, now = self.context, last(self.end)
        with context.transaction() as session:
            organisation = session.scalars(select(Organisation)).one()
        measure(context.engine, context.log(organisation), organisation.id, clock=lambda: now)
        publish(
            context.engine, organisation.id, minimum_group=context.settings.minimum_group, clock=lambda: now
        )

    def assess(self, seed: int) -> None:
        from service.demo.fields_found import find_fields
        from service.demo.questioned import agree_measures, file_papers, hold_survey
        from service.maturity.assess import make

        now = last(self.end)
        with self.context.transaction() as session:
            organisation = session.scalars(select(Organisation)).one()
            hold_survey(session, organisation, now, seed)
            file_papers(session, organisation, now, seed)
            make(session, organisation, now=now)
            agree_measures(session, organisation, now)
            find_fields(session, organisation, now, seed)


def connected(
    name: str, settings: dict[str, Any], memory: "Memory", clock: Callable[[], datetime]
) -> "Connector":
    """A connector at another time than now."""
    from connectors import confluence, microsoft
    from connectors.confluence import settings as confluence_settings
    from connectors.confluence import transport as confluence_transport
    from connectors.microsoft import settings as microsoft_settings
    from connectors.microsoft import transport as microsoft_transport

    if name == confluence.Confluence.name:
        read = confluence_settings.read(settings)
        return confluence.Confluence(read, memory, confluence_transport.Transport(read, now=clock))
    given = microsoft_settings.read(settings)
    return microsoft.Microsoft365(given, memory, microsoft_transport.Transport(given, now=clock))


def evening(day: date) -> datetime:
    """Late enough for the day to be over at work, and still the same day."""
    from service.demo.working_days import dawn

    return dawn(day) + timedelta(hours=22, minutes=55)


def last(end: date) -> datetime:
    """The night after the last day."""
    from service.demo.working_days import dawn

    return dawn(end) + timedelta(hours=4)


def weekly(installed: datetime, end: date) -> Iterator[datetime]:
    """Sunday by Sunday, late in the evening; then the night in which the history ends."""
    day = installed.date() + timedelta(7 - installed.isoweekday() % 7)
    while day < end:
        yield evening(day)
        day += timedelta(7)
    yield last(end)


def bar() -> Progress:
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    return Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal)


def show(context: Context, door: socket.socket, *, browser: bool) -> None:
    """Serve the dashboard until Ctrl+C."""
    import uvicorn

    from service.app import create_app

    host, port = door.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    console.print(f"Dashboard: {address}   (end with Ctrl+C)")
    if browser and console.is_terminal:
        webbrowser.open(address)
    config = uvicorn.Config(create_app(context.settings, context.engine), log_level="warning")
    uvicorn.Server(config).run(sockets=[door])
