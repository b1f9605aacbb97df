"""Collects a source: reads its streams page by page, pseudonymises, and stores page and cursor together."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from connectors.activity import Page, PersonKind
from connectors.base import Connector
from connectors.base import connector as find_connector
from connectors.errors import (
    AccessDenied,
    BadAnswer,
    ConnectorError,
    CursorExpired,
    Misconfigured,
    NotThere,
    SourceBusy,
    SourceUnreachable,
)
from service.activity import aged, journal, registry, rights, spells
from service.activity.changes import Changes, Recorder
from service.activity.lock import LOGS_LOCK, hold, log_lock
from service.activity.log import ActivityLog
from service.activity.memory import SourceMemory
from service.activity.novelty import require_own
from service.activity.pseudonym import Pseudonymiser
from service.activity.report import (
    Identity,
    Report,
    StreamEnd,
    Views,
    coverage,
    lines,
    open_gaps,
    room_handles,
)
from service.activity.rows import Batch
from service.activity.state import Position
from service.database import transaction
from service.delta import LogUnusable
from service.errors import NotFound
from service.identity import matching
from service.models import Organisation, Source, Sync
from service.privacy import limits
from service.privacy.enforcement import require_sync

FLUSH_ROWS = 20_000
MANY_FILES = 40
"""From so many files on they are joined: every look-up opens each of them."""

TOO_OLD = "retention"
"""Under this reason is counted what is not stored since nothing so old may be kept."""

EXPECTED_GAPS = frozenset({"not_due", "unsupported"})
"""Reasons for which a collection counts as done all the same."""

REASONS: dict[type[ConnectorError], str] = {
    AccessDenied: "access_denied",
    NotThere: "not_found",
    BadAnswer: "broken",
    CursorExpired: "broken",
    SourceBusy: "busy",
    SourceUnreachable: "unreachable",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a collection is. `total` streams, the `number`-th is being read; rows stored and repeated so far."""

    stream: str
    number: int
    total: int
    pages: int
    stored: int
    repeated: int


def collect(
    engine: Engine,
    log: ActivityLog,
    pseudonymiser: Pseudonymiser,
    source_key: str,
    *,
    connector: Connector | None = None,
    only: Collection[str] | None = None,
    progress: Callable[[Progress], None] | None = None,
    proceed: Callable[[], None] = lambda: None,
    flush_rows: int = FLUSH_ROWS,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Report:
    """Read everything that is new at a source and store it; returns what was done, which is also kept as a `Sync`.

    Without `connector` the one the source was added with is built. With `only` no other streams are read; such a collection says nothing
    about how far the source as a whole was read. `proceed` is called before each commit, and may raise to prevent it. A stream that
    breaks off keeps what it brought, leaves a gap and lets the others go on. Raises `NotFound` for an unknown source, `Conflict` while
    another process collects it or erases somebody, `LogUnusable` if the log belongs to another pseudonym key or log and key to another
    organisation, `RegisterUnusable` if it is not known who opted out, `ExceedsAgreement` for what the agreement in force does not allow.
    Whatever kills the process, the next collection goes on where the last stored page ended.
    """
    with Session(engine, expire_on_commit=False) as session:
        source = session.scalar(select(Source).where(Source.key == source_key))
        if source is None:
            raise NotFound(f"there is no source {source_key!r}: `resonanz source list` shows those there are")
        organisation = session.get_one(Organisation, source.organisation_id)
    busy = f"the source {source_key!r} is being collected right now"
    saving = "a backup of the activity logs is being made or restored right now"
    erasing = "people are being erased from the activity log right now"
    require_own(organisation.key, log=log.organisation, key=pseudonymiser.organisation)
    with (
        hold(engine, f"source {source_key}", busy=busy),
        hold(engine, LOGS_LOCK, shared=True, busy=saving),
        hold(engine, log_lock(organisation.key), shared=True, busy=erasing),
    ):
        if log.fingerprint not in (None, pseudonymiser.fingerprint):
            raise LogUnusable(
                "the activity log was written under another pseudonym key: restore that key file from your backup"
            )
        rights.require_register(engine, source.organisation_id, pseudonymiser)
        journal.recover(engine, log, source)
        zone = ZoneInfo(organisation.time_zone)
        run = _Collection(engine, log, pseudonymiser, source, zone, progress, flush_rows, clock, proceed)
        report = run.collect(connector, only)
    rights.sweep(engine, log, pseudonymiser)
    return report


@dataclass
class _Stream:
    """One stream while it is read: pages not stored yet, and where the stored ones end."""

    name: str
    position: Position
    pages: list[tuple[Page, datetime]] = field(default_factory=list)
    """Each with the time it was read."""
    rows: int = 0
    read: int = 0


@dataclass
class _Collection:
    """One run over one source, under its lock."""

    engine: Engine
    log: ActivityLog
    pseudonymiser: Pseudonymiser
    source: Source
    zone: ZoneInfo
    progress: Callable[[Progress], None] | None
    flush_rows: int
    clock: Callable[[], datetime]
    proceed: Callable[[], None] = lambda: None
    stored: Counter[tuple[str, str]] = field(default_factory=Counter)
    repeated: Counter[tuple[str, str]] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    ends: dict[str, StreamEnd] = field(default_factory=dict)
    compacted: bool = False

    def __post_init__(self) -> None:
        self.memory = SourceMemory(self.engine, self.source.id, self.source.key, self.clock)
        with Session(self.engine) as session:
            organisation = session.get_one(Organisation, self.source.organisation_id)
            self.kept_from = limits.due(session, organisation, self.clock())

    def collect(self, given: Connector | None, only: Collection[str] | None) -> Report:
        started, clock = self.clock(), time.monotonic()
        sync = self._start(started)
        reader, error = given, None
        try:
            reader = given or find_connector(self.source.connector).connect(self.source.settings, self.memory)
            with Session(self.engine) as session:
                require_sync(session, self.source, reader)
            streams = [stream for stream in reader.streams() if only is None or stream in only]
            for number, stream in enumerate(streams, 1):
                self._stream(reader, stream, number, len(streams))
        except Misconfigured as wrong:
            error = str(wrong)
            state = "failed"
        except BaseException as wrong:
            state = "failed" if isinstance(wrong, Exception) else "interrupted"
            self._finish(sync, state, {"error": type(wrong).__name__})
            raise
        else:
            state = "partial" if any(end.broken_off for end in self.ends.values()) else "done"
        finally:
            requests = 0 if reader is None else reader.requests()
            if reader is not None and given is None:
                reader.close()
        if self.compacted:
            self.log.vacuum()
        report = self._report(state, started, time.monotonic() - clock, requests, error)
        state = "hinted" if only is not None and report.state in ("done", "partial") else report.state
        self._finish(sync, state, report.to_dict())
        return report

    def _start(self, started: datetime) -> int:
        """A row left running belongs to a process that died: nobody else can hold the lock."""
        with transaction(self.engine) as session:
            session.execute(
                update(Sync)
                .where(Sync.source_id == self.source.id, Sync.state == "running")
                .values(state="interrupted", finished=started)
            )
            sync = Sync(source_id=self.source.id, started=started, state="running")
            session.add(sync)
            session.flush()
            return sync.id

    def _finish(self, sync: int, state: str, report: dict[str, object]) -> None:
        with transaction(self.engine) as session:
            session.execute(
                update(Sync).where(Sync.id == sync).values(state=state, finished=self.clock(), report=report)
            )
            spells.complete(session.connection(), self.source.id, sync, self.clock())

    def _stream(self, reader: Connector, name: str, number: int, total: int) -> None:
        began = self.clock()
        stream = _Stream(name, self.log.position(self.source.key, name))
        broken_off: str | None = None
        wait: float | None = None
        try:
            for page in self._pages(reader, stream):
                self._keep(stream, page)
                if self.progress is not None:
                    done = Progress(
                        name, number, total, stream.read, self.stored.total(), self.repeated.total()
                    )
                    self.progress(done)
        except Misconfigured:
            raise
        except ConnectorError as error:
            broken_off = next((REASONS[kind] for kind in type(error).__mro__ if kind in REASONS), "broken")
            wait = error.seconds if isinstance(error, SourceBusy) else None
        finally:
            self._flush(stream)
        with transaction(self.engine) as session:
            if broken_off is None:
                registry.mend(session.connection(), self.source.id, name, began)
            else:
                registry.break_off(session.connection(), self.source.id, name, broken_off, self.clock())
        self.ends[name] = StreamEnd(stream.position.sequence, stream.read, broken_off, wait)

    def _pages(self, reader: Connector, stream: _Stream) -> Iterator[Page]:
        """The stream from where it is stored; once from the start if the source no longer knows that place."""
        try:
            yield from reader.read(stream.name, stream.position.cursor)
        except CursorExpired:
            if stream.position.cursor is None and not stream.pages:
                raise
            self._flush(stream)
            yield from reader.read(stream.name, None)

    def _keep(self, stream: _Stream, page: Page) -> None:
        stream.pages.append((page, self.clock()))
        stream.read += 1
        stream.rows += len(page.activities) + len(page.counters) + len(page.contents)
        stream.rows += sum(len(reactors.people) + 1 for reactors in page.reactors)
        stream.rows += sum(len(members.people) for members in page.members) + len(page.people)
        self.skipped.update(page.skipped)
        if stream.rows >= self.flush_rows:
            self._flush(stream)

    def _flush(self, stream: _Stream) -> None:
        """Store the pages read so far: journal, then log and cursor in one commit, then the relational store."""
        if not stream.pages:
            return
        pages, stream.pages, stream.rows = stream.pages, [], 0
        cursor = pages[-1][0].cursor
        batch = self._batch()
        changes = self._changes(batch, pages)
        if not batch.entries and not changes and cursor == stream.position.cursor:
            return
        sequence = stream.position.sequence + 1
        self.proceed()
        journal.write(self.engine, self.source, stream.name, sequence, changes)
        appended = self.log.append(self.source.key, stream.name, sequence, cursor, batch)
        journal.settle(self.engine, self.source, stream.name, changes)
        stream.position = Position(sequence, cursor)
        self.stored += appended.stored
        self.repeated += appended.repeated
        if appended.files >= MANY_FILES:
            self.log.compact()
            self.compacted = True

    def _changes(self, batch: Batch, pages: list[tuple[Page, datetime]]) -> Changes:
        old = self._old_contents([page for page, _ in pages])
        with self.engine.connect() as connection:
            recorder = Recorder(connection, batch)
            # First of all pages: what was done before somebody is told of is dropped as well.
            for person in (person for page, _ in pages for person in page.people):
                shared = None if person.kind is PersonKind.SERVICE else person.canonical
                self.pseudonymiser.meet(person.id, self.source.key, shared)
            for page, observed in pages:
                recorder.page(page, observed)
                for activity in page.activities:
                    batch.activity(activity)
                for reactors in page.reactors:
                    if reactors.object in old:
                        self.skipped[TOO_OLD] += len(reactors.people)
                    else:
                        batch.reactors(reactors)
            if self.kept_from.people is not None:
                self.skipped[TOO_OLD] += aged.leave_out_people(connection, self.source, recorder.changes)
        self._counters(batch, [page for page, _ in pages])
        self._leave_out(batch)
        return recorder.changes

    def _old_contents(self, pages: list[Page]) -> set[str]:
        """Contents made before anything is kept: whom among their reactors the log once knew can not be told any more."""
        reacted = sorted({reactors.object for page in pages for reactors in page.reactors})
        if self.kept_from.activities is None or not reacted:
            return set()
        begins = limits.begins(self.kept_from.activities, self.zone)
        known = {**self.memory.contents(reacted)}
        known |= {content.id: content for page in pages for content in page.contents}
        return {one for one in reacted if one in known and known[one].created < begins}

    def _leave_out(self, batch: Batch) -> None:
        """Nothing is stored that would have to be deleted at once; from then on the log is known to lack it."""
        floor = self.kept_from.activities
        if floor is None:
            return
        number, newest = aged.leave_out(batch, floor)
        self.skipped[TOO_OLD] += number
        with transaction(self.engine) as session:
            since = limits.reached(session, self.source.organisation_id).activities
            if newest is not None and (since is None or newest >= since):
                limits.advance(session, self.source.organisation_id, limits.Cuts(activities=floor))

    def _counters(self, batch: Batch, pages: list[Page]) -> None:
        """A counter does not say what it counts on; contents of the same or an earlier page do."""
        counted = sorted({counter.object for page in pages for counter in page.counters})
        remembered = self.memory.contents(counted) if counted else {}
        types = {content.id: content.content_type.value for content in remembered.values()}
        threads = {content.id: content.thread for content in remembered.values()}
        for page in pages:
            for content in page.contents:
                types[content.id] = content.content_type.value
                threads[content.id] = content.thread or threads.get(content.id)
            for counter in page.counters:
                known = counter.object in types
                thread = threads.get(counter.object) or counter.object
                batch.counter(counter, types.get(counter.object, ""), thread if known else None)

    def _batch(self) -> Batch:
        return Batch(self.source.key, self.pseudonymiser, self.zone)

    def _views(self) -> tuple[str | None, Views | None]:
        """The source this one tells about, and how far the views told can be linked to what that one knows."""
        from service.linkage import reach

        with Session(self.engine) as session:
            source = session.get_one(Source, self.source.id)
            about = session.get(Source, source.about_id) if source.about_id is not None else None
            if about is None:
                return None, None
            found = reach(session, self.log, source)
            return about.key, Views(found.views, found.views - found.linked, found.unlinked_contents)

    def _report(
        self, state: str, started: datetime, duration: float, requests: int, error: str | None
    ) -> Report:
        with self.engine.connect() as connection:
            handles = room_handles(connection, self.source)
            gaps = open_gaps(connection, self.source, handles)
            covered = coverage(connection, self.source)
            with Session(connection) as session:
                matched = matching(session, self.source.organisation_id)
        about, views = self._views()
        if state == "done" and any(gap.reason not in EXPECTED_GAPS for gap in gaps):
            state = "partial"
        return Report(
            source=self.source.key,
            state=state,
            started=started,
            finished=self.clock(),
            duration=duration,
            requests=requests,
            stored=self.stored.total(),
            repeated=self.repeated.total(),
            lines=lines(handles, self.stored, self.repeated),
            skipped=dict(+self.skipped),
            gaps=gaps,
            streams=self.ends,
            coverage=covered,
            identity=Identity(matched.accounts, matched.matched, matched.share) if matched else None,
            about=about,
            views=views,
            error=error,
        )
