"""What a job does: the same as the console, under its lease, with what it did noted where it ended."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import select, update

from connectors.activity import Activity, Content, ContentType, Kind, Page
from connectors.base import Check
from connectors.errors import Misconfigured, SourceBusy, SourceUnreachable
from service.activity import collect as collecting
from service.context import Context
from service.jobs import kinds
from service.jobs.kinds import Run, backups
from service.jobs.leases import Leases
from service.jobs.perform import perform
from service.jobs.queue import Wanted, enqueue
from service.models import AuditEntry, Hint, Job, Organisation, Source, Sync
from service.settings import Settings

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def page(number: int) -> Page:
    content = f"c{number}"
    activity = Activity(f"create/{content}", Kind.CREATE, "HR", "ada", NOON, content, ContentType.PAGE)
    return Page(
        activities=(activity,),
        contents=(Content(content, "HR", ContentType.PAGE, NOON, NOON),),
        cursor=str(number),
    )


class Script:
    """A platform of three pages; `before` is called before each, and may raise."""

    pages = 3

    def __init__(self) -> None:
        self.before: Any = lambda number: None
        self.read_from: list[str | None] = []

    def connect(self, settings: Mapping[str, Any], memory: Any) -> "Script":
        return self

    def check(self, expected_rooms: int | None = None) -> Check:
        return Check(())

    def streams(self) -> Sequence[str]:
        return ["pages"]

    def read(self, stream: str, cursor: str | None) -> Iterator[Page]:
        self.read_from.append(cursor)
        for number in range(int(cursor or 0) + 1, self.pages + 1):
            self.before(number)
            yield page(number)

    def requests(self) -> int:
        return len(self.read_from)

    def close(self) -> None:
        pass


class Installation:
    """On SQLite, with one source and the clock of the test."""

    def __init__(self, folder: Path) -> None:
        self.context = Context(Settings(data=folder / "data", backups=folder / "backups", backups_kept=2))
        self.moment = NOON
        self.leases = Leases(self.context.engine, clock=lambda _: self.moment)
        with self.context.transaction() as session:
            session.add(Organisation(id=1, key="beispiel", name="Beispiel AG", synthetic=True))
            session.flush()
            session.add(
                Source(id=1, organisation_id=1, key="wiki", connector="script", settings={}, created=NOON)
            )

    def claimed(self, kind: str = "sync", subject: str = "wiki", **more: Any) -> Run:
        with self.context.transaction() as session:
            owner = None if kind == "backup" else 1
            enqueue(session, Wanted(kind, f"{kind} {subject}", owner, subject, **more), self.moment)
        claim = self.leases.claim("w")
        assert claim is not None
        return Run(self.context, self.leases, claim, Event())

    def job(self) -> Job:
        with self.context.transaction() as session:
            return session.scalars(select(Job).order_by(Job.id.desc()).limit(1)).one()

    def stored(self) -> int:
        with self.context.transaction() as session:
            log = self.context.log(session.get_one(Organisation, 1))
        table = log.table()
        return 0 if table is None else len(table.to_pyarrow_table())

    def noted(self) -> list[tuple[str, str, str]]:
        with self.context.transaction() as session:
            found = session.scalars(select(AuditEntry).order_by(AuditEntry.number)).all()
        return [(one.account, one.action, json.loads(one.detail).get("state", "")) for one in found]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    yield made
    made.context.engine.dispose()


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    made = Script()
    monkeypatch.setattr(collecting, "find_connector", lambda _: made)
    monkeypatch.setattr(kinds, "TOLD_EVERY", 0.0)
    return made


def test_a_source_is_read_and_hints_that_led_to_it_are_forgotten(place: Installation, script: Script) -> None:
    with place.context.transaction() as session:
        session.add(Hint(source_id=1, stream="pages", room="", received=NOON))
    assert perform(place.claimed()) == "done"
    job = place.job()
    assert (job.state, job.progress_done, job.progress_total, job.pages) == ("done", 0, 1, 3)
    assert place.stored() == 3
    assert place.noted() == [("jobs", "sync", "begun"), ("jobs", "sync", "done")]
    with place.context.transaction() as session:
        assert session.scalars(select(Hint)).all() == []
    assert perform(place.claimed("hinted")) == "done"
    assert script.read_from == [None]  # nothing is hinted at any more


def test_told_to_stop_it_keeps_the_pages_it_has_and_goes_on_there(
    place: Installation, script: Script
) -> None:
    run = place.claimed()
    script.before = lambda number: run.stopping.set() if number == 2 else None
    assert perform(run) == "interrupted"
    job = place.job()
    assert (job.state, job.attempts, job.lease_owner) == ("waiting", 0, None)
    assert place.stored() == 2
    with place.context.transaction() as session:
        assert session.scalars(select(Sync.state)).all() == ["interrupted"]
    script.before = lambda number: None
    assert perform(place.claimed()) == "done"
    assert script.read_from == [None, "2"]
    assert place.stored() == 3


def test_who_lost_the_lease_stores_nothing_more(place: Installation, script: Script) -> None:
    run = place.claimed()

    def taken_over(number: int) -> None:
        if number == 3:
            place.moment += timedelta(seconds=61)
            assert place.leases.claim("another") is not None

    script.before = taken_over
    assert perform(run) == "lost"
    assert place.stored() == 0
    job = place.job()
    assert (job.state, job.lease_owner, job.fence) == ("running", "another", 2)


def test_the_emergency_stop_ends_a_reading_at_once(place: Installation, script: Script) -> None:
    run = place.claimed()

    def stop(number: int) -> None:
        with place.context.transaction() as session:
            session.execute(update(Organisation).values(stopped=NOON))

    script.before = stop
    assert perform(run) == "postponed"
    assert place.stored() == 0
    job = place.job()
    assert (job.state, job.attempts, job.last_error) == ("waiting", 0, "Stopped")
    place.moment += timedelta(days=1)
    assert place.leases.claim("w") is None


@pytest.mark.parametrize(
    ("error", "ended", "state"),
    [
        (SourceUnreachable("https://wiki.example/Erika Mustermann"), "failed", "waiting"),
        (SourceBusy("busy", 600), "failed", "waiting"),
        (Misconfigured("/run/secrets/token is empty"), "poison", "poison"),
        (ValueError("Erika Mustermann"), "failed", "waiting"),
    ],
)
def test_what_goes_wrong_is_kept_by_its_kind_alone(
    place: Installation, script: Script, error: Exception, ended: str, state: str
) -> None:
    def go_wrong(number: int) -> None:
        raise error

    script.before = go_wrong
    assert perform(place.claimed()) == ended
    job = place.job()
    assert (job.state, job.last_error) == (state, type(error).__name__)
    assert place.noted()[-1] == ("jobs", "sync", ended)
    with place.context.transaction() as session:
        everything = [repr(tuple(row)) for row in session.execute(select(*Job.__table__.c))]
        everything += [one.detail for one in session.scalars(select(AuditEntry))]
    assert "Erika" not in "".join(everything)


def test_a_platform_that_asks_for_a_long_pause_is_left_alone_as_long(
    place: Installation, script: Script
) -> None:
    """A stream that breaks off for it hands the seconds on to the queue."""

    def go_wrong(number: int) -> None:
        raise SourceBusy("busy", 5400)

    script.before = go_wrong
    assert perform(place.claimed()) == "failed"
    assert place.job().not_before - place.moment >= timedelta(seconds=5400)


def test_somebody_at_the_console_is_waited_for(place: Installation, script: Script) -> None:
    from service.activity.lock import hold

    with hold(place.context.engine, "source wiki"):
        assert perform(place.claimed()) == "postponed"
    job = place.job()
    assert (job.state, job.attempts, job.last_error) == ("waiting", 0, "Conflict")
    assert timedelta() < job.not_before - place.moment <= timedelta(minutes=2)


def test_a_source_that_was_removed_and_a_kind_of_another_version(place: Installation, script: Script) -> None:
    assert perform(place.claimed(subject="gone")) == "done"
    assert perform(place.claimed("astrology")) == "poison"
    assert place.job().last_error == "Invalid"


def test_backups_are_made_and_the_oldest_go(
    place: Installation, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = place.context.settings.backups
    assert folder is not None
    for day in ("2026-01-01", "2026-01-02", "2026-01-03"):
        old = folder / f"{day}T050000Z"
        old.mkdir(parents=True)
        (old / "manifest.json").write_text("{}")
    (folder / "ours").mkdir()
    assert perform(place.claimed("backup", "")) == "done"
    assert next(one.name for one in backups(folder)) == "2026-01-03T050000Z"
    assert len(backups(folder)) == 2
    assert (folder / "ours").is_dir()
    assert ("jobs", "backup.made", "") in place.noted()


def test_deleting_and_assessing_are_the_consoles(place: Installation) -> None:
    assert perform(place.claimed("retention", "")) == "done"
    assert perform(place.claimed("assess", "")) == "done"
    assert [one[:2] for one in place.noted()] == [
        ("jobs", "privacy retention"),
        ("jobs", "privacy retention"),
        ("jobs", "assessment made"),
    ]


def test_what_has_no_pages_stops_between_its_parts(
    place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = list[str]()
    run = first = place.claimed("compute", "")

    def parts(context: Context, organisation: Organisation, *, proceed: Any) -> None:
        for part in ("measured", "deleted", "published"):
            proceed()
            begun.append(part)
            if part == "deleted" and run is first:
                run.stopping.set()

    monkeypatch.setattr(kinds, "compute", parts)
    assert perform(run) == "interrupted"
    assert begun == ["measured", "deleted"]
    assert (place.job().progress_done, place.job().progress_total) == (1, 3)
    begun.clear()
    run = place.claimed("compute", "")
    assert perform(run) == "done"
    assert begun == ["measured", "deleted", "published"]
