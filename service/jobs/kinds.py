"""The kinds of jobs: what is asked for, and how each is done, by the same functions as the console's commands."""

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.errors import BadAnswer, Misconfigured, SourceBusy, SourceUnreachable
from service.errors import Invalid, NotFound
from service.jobs.leases import Claim, LeaseLost, Leases, Stopping
from service.jobs.queue import Wanted
from service.jobs.work import assess, compute, read_source
from service.models import Hint, Organisation, Source
from service.places import places

if TYPE_CHECKING:
    from service.activity.collect import Progress
    from service.context import Context

JOBS = "jobs"
"""The account under which jobs stand in the audit log."""
TOLD_EVERY = 1.0
"""Seconds between two notes of progress, at least."""
AGAIN = {"busy": SourceBusy("", 0), "unreachable": SourceUnreachable(""), "broken": BadAnswer("")}
"""Reasons for which a stream broke off that may be over soon; what else is missing is a gap until somebody mends it."""

Finish = Callable[[Session], None]
"""Keeps books of what was done, in the transaction in which the job ends."""


def nothing_more(_: Session) -> None:
    """All is stored already."""


@dataclass
class Run:
    """A job being done: by whom it is held, whether the process is to end, and what is told of it."""

    context: "Context"
    leases: Leases
    claim: Claim
    stopping: Event = field(default_factory=Event)
    _told: float = 0.0

    def organisation(self) -> Organisation:
        with self.context.transaction() as session:
            found = session.get(Organisation, self.claim.organisation_id or 0)
        if found is None:
            raise NotFound("the organisation of this job is gone")
        return found

    def fenced(self) -> None:
        """Before something is stored. Raises `LeaseLost`, and `Stopped` since the organisation was."""
        from service.privacy.enforcement import require_running

        with self.context.transaction() as session:
            if not self.leases.holds(session, self.claim):
                raise LeaseLost
            if self.claim.organisation_id is not None:
                require_running(session, self.claim.organisation_id)

    def between(self) -> None:
        """Between two parts of the work. Raises also `Stopping`."""
        if self.stopping.is_set():
            raise Stopping
        self.fenced()

    def page(self, progress: "Progress") -> None:
        """After each page. Raises `Stopping`: the pages so far are stored, and the next run goes on there."""
        if self.stopping.is_set():
            raise Stopping
        if time.monotonic() - self._told >= TOLD_EVERY:
            self._told = time.monotonic()
            self.fenced()
            self.leases.progress(self.claim, progress.number - 1, progress.total, progress.pages)


def sync(run: Run) -> Finish:
    return _read(run, None)


def hinted(run: Run) -> Finish:
    from service.hints.pending import waiting

    with run.context.transaction() as session:
        streams = waiting(session).get(run.claim.subject)
    return _read(run, streams) if streams else nothing_more


def _read(run: Run, only: frozenset[str] | None) -> Finish:
    """Raises `Misconfigured`, and an error of `AGAIN` if a stream broke off that may be read soon."""
    with run.context.transaction() as session:
        if session.scalar(select(Source.id).where(Source.key == run.claim.subject)) is None:
            return nothing_more  # it was removed meanwhile
    run.between()
    reading = read_source(
        run.context, run.organisation(), run.claim.subject, only=only, progress=run.page, proceed=run.fenced
    )
    if reading.report.state == "failed":
        raise Misconfigured(reading.report.error or "")
    ends = reading.report.streams.values()
    for reason, error in AGAIN.items():
        if reason in {end.broken_off for end in ends}:
            with run.context.transaction() as session:
                reading.settle(session)
            if isinstance(error, SourceBusy):
                raise SourceBusy("", max(end.wait or 0.0 for end in ends))
            raise error
    return reading.settle


def subscribe(run: Run) -> Finish:
    from service.hints.subscribe import subscribe as renew

    run.between()
    renew(run.context.engine, run.claim.subject, run.context.settings.public_url)
    return nothing_more


def measure(run: Run) -> Finish:
    done = -1

    def proceed() -> None:
        nonlocal done
        done += 1
        run.between()
        run.leases.progress(run.claim, done, 3)

    compute(run.context, run.organisation(), proceed=proceed)
    return nothing_more


def standing(run: Run) -> Finish:
    run.between()

    def finish(session: Session) -> None:
        assess(session, session.get_one(Organisation, run.claim.organisation_id), account=JOBS)

    return finish


def retention(run: Run) -> Finish:
    from service.activity.retention import purge

    run.leases.require(run.claim)
    organisation = run.organisation()
    purge(run.context.engine, run.context.log(organisation), organisation.id)
    return nothing_more


def backup(run: Run) -> Finish:
    from service.backup.make import back_up

    settings = run.context.settings
    if settings.backups is None:
        raise Invalid("RESONANZ_BACKUPS names no folder for backups")
    run.leases.require(run.claim)
    made = settings.backups / f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}"
    back_up(run.context.engine, places(settings), made)
    for old in backups(settings.backups)[: -settings.backups_kept]:
        shutil.rmtree(old, ignore_errors=True)
    return nothing_more


def backups(folder: Path) -> list[Path]:
    """The backups the job made, oldest first; whatever else lies there is left alone."""
    named = [path for path in folder.iterdir() if _dated(path.name)] if folder.is_dir() else []
    return sorted(path for path in named if (path / "manifest.json").is_file())


def _dated(name: str) -> bool:
    try:
        datetime.strptime(name, "%Y-%m-%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def unknown(run: Run) -> Finish:
    raise Invalid(f"this program knows no jobs of the kind {run.claim.kind!r}")


@dataclass(frozen=True, slots=True)
class Kind:
    """`noted` is the action under which beginning and end stand in the audit log; None where the work itself is noted."""

    work: Callable[[Run], Finish]
    noted: str | None = None


KINDS: Mapping[str, Kind] = {
    "sync": Kind(sync, "sync"),
    "hinted": Kind(hinted, "sync"),
    "subscribe": Kind(subscribe, "source subscribe"),
    "compute": Kind(measure, "metrics compute"),
    "assess": Kind(standing),
    "retention": Kind(retention, "privacy retention"),
    "backup": Kind(backup),
}
UNKNOWN = Kind(unknown)
"""A kind of another version of the program."""
INSTALLATION = "backup"
"""The one kind that is of no organisation."""
ASKABLE = ("nightly", *KINDS)


def wanted(
    session: Session, kind: str, organisation: Organisation | None, source: str | None = None
) -> list[Wanted]:
    """The jobs that are needed for what is asked for, in their order; `source` limits it to one.

    Raises `Invalid` for a kind there is not, or one that needs an organisation.
    """
    if kind not in ASKABLE:
        raise Invalid(f"there is no kind {kind!r}; there are: {', '.join(ASKABLE)}")
    if kind == INSTALLATION:
        return [Wanted(kind, kind, lane=kind)]
    if organisation is None:
        raise Invalid(f"{kind} is of an organisation: say which")
    owner, found = organisation.id, _sources(session, organisation, kind)
    if source is not None:
        if source not in found:
            raise NotFound(f"{organisation.key} has no source {source!r} for this: `resonanz source list`")
        found = [source]
    match kind:
        case "sync" | "hinted":
            return [Wanted(kind, f"{kind} {one}", owner, one, f"source {one}", 1) for one in found]
        case "subscribe":
            return [Wanted(kind, f"{kind} {one}", owner, one, f"subscribe {one}") for one in found]
        case "nightly":
            reading = wanted(session, "sync", organisation, source)
            return [*reading, *wanted(session, "compute", organisation)] if reading else []
    steps = {"compute": 2, "assess": 3, "retention": 4}
    return [
        Wanted(
            kind, f"{kind} {organisation.key}", owner, lane=f"measuring {organisation.key}", step=steps[kind]
        )
    ]


def _sources(session: Session, organisation: Organisation, kind: str) -> list[str]:
    query = select(Source.key).where(Source.organisation_id == organisation.id).order_by(Source.key)
    if kind == "hinted":
        query = query.where(select(Hint.id).where(Hint.source_id == Source.id).exists())
    if kind == "subscribe":
        query = query.where(Source.connector == "microsoft-365")
    return list(session.scalars(query))
