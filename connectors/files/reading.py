"""Files in order of their names, read into pages.

The cursor names the files that were read by a hash of their content, and how many lines of the next one are in. A file whose
content was read is not read again, under whatever name; keys come from the lines, so that files that overlap double nothing.
What was rejected is a gap of its line, which closes when the file is gone or was replaced.
"""

import json
from collections import Counter as Count
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Protocol

from connectors.activity import Activity, Alias, Counter, Gap, Kind, Page, Person, Room
from connectors.base import Check, Finding, Memory
from connectors.cursor import inside, restored
from connectors.errors import BadAnswer, CursorExpired
from connectors.files import activities, audit, reports
from connectors.files.found import Found
from connectors.files.settings import Format, Settings
from connectors.files.tables import Invalid, Opened, Rejected, Row, Unreadable, opened

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet")
PAGE = 1000
"""Lines in a page."""
GAPS = 200
"""Gaps kept of one file; the rest is counted."""
_SHOWN = 1000
_MANY = 10_000
_TRIED, _TRIED_FILES = 1000, 20
KINDS: dict[Format, tuple[Kind, ...]] = {
    Format.ACTIVITIES: activities.KINDS,
    Format.REPORTS: reports.KINDS,
    Format.AUDIT: audit.KINDS,
}
REMEDIES = {
    "one_line_per_person": "it holds a line per person, which is never read: export the report per site, team or community",
    "no_report_of_rooms": "it is not about single sites, teams or communities: export their detail report",
    "packed": "it is packed: unpack it first",
    "too_large": "it is larger, packed or unpacked, than `largest_mb` allows: split it",
    "column_not_known": "it has a column that docs/files.md does not know: take it out or rename it",
}


class Form(Protocol):
    def found(self, row: Row) -> Found: ...


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """`line` 0: the whole file."""

    file: str
    line: int
    reason: str


def form(settings: Settings, header: Row, now: datetime) -> Form:
    """How the lines of a file with this header are read. Raises `Unreadable`."""
    match settings.format:
        case Format.ACTIVITIES:
            return activities.Activities(settings, header, now)
        case Format.REPORTS:
            return reports.Reports(settings, header)
        case Format.AUDIT:
            return audit.Audit(settings, header)


def listed(path: Path) -> tuple[list[Path], int]:
    """The files to be read, by name, and how many others lie beside them. Links are not followed."""
    if path.is_file():
        return [path], 0
    everything = [file for file in path.iterdir() if not file.name.startswith(".")]
    files = [
        file
        for file in everything
        if file.suffix.lower() in SUFFIXES and file.is_file() and not file.is_symlink()
    ]
    if len(files) > _MANY:
        raise BadAnswer(f"more than {_MANY} files lie in one directory: put them together")
    return sorted(files), len(everything) - len(files)


def lines(file: Opened, settings: Settings, now: datetime) -> Iterator[tuple[int, Found] | Rejected]:
    """What each line tells, or why it was left out. Raises `Unreadable`."""
    read: Form | None = None
    for one in file.rows():
        if isinstance(one, Rejected):
            yield one
            continue
        number, row = one
        read = read or form(settings, row, now)
        try:
            yield number, read.found(row)
        except Invalid as wrong:
            yield Rejected(number, wrong.reason)


@dataclass
class _Cursor:
    done: list[str]
    current: str | None = None
    lines: int = 0

    @classmethod
    def of(cls, text: str | None) -> "_Cursor":
        if text is None:
            return cls([])
        found: _Cursor = restored(cls, inside(text, 1))
        if found.lines < 0:
            raise CursorExpired("the cursor counts fewer than no lines")
        return found

    def text(self) -> str:
        return json.dumps({"form": 1, **vars(self)}, separators=(",", ":"))


@dataclass
class _Collected:
    """A page in the making."""

    activities: list[Activity] = field(default_factory=list)
    counters: list[Counter] = field(default_factory=list)
    rooms: dict[str, Room] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    aliases: dict[Alias, None] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    skipped: Count[str] = field(default_factory=Count)

    def add(self, found: Found) -> None:
        if found.skipped:
            self.skipped[found.skipped] += 1
        if found.activity:
            self.activities.append(found.activity)
        self.counters += found.counters
        self.aliases |= dict.fromkeys(found.aliases)
        if found.room:
            self.rooms[found.room.key] = found.room
        if found.person:
            self.people[found.person.id] = found.person

    def page(self, cursor: _Cursor, closed: Sequence[tuple[str | None, str | None]] = ()) -> Page:
        return Page(
            cursor=cursor.text(),
            activities=self.activities,
            counters=self.counters,
            rooms=list(self.rooms.values()),
            people=list(self.people.values()),
            aliases=list(self.aliases),
            gaps=self.gaps,
            closed=closed,
            skipped=dict(self.skipped),
        )


class Reader:
    def __init__(self, settings: Settings, memory: Memory, now: datetime) -> None:
        self._settings, self._memory, self._now = settings, memory, now
        self.rejected: list[RejectedLine] = []

    def read(self, cursor: str | None) -> Iterator[Page]:
        place = _Cursor.of(cursor)
        files, others = listed(self._settings.path)
        present: set[str] = set()
        refused: list[tuple[str, Unreadable]] = []
        unchanged = 0
        for path in files:
            try:
                file = opened(path, self._settings.largest)
            except Unreadable as error:
                self._note(path, 0, error.reason)
                refused.append((path.name, error))
                continue
            if file.digest in present or file.digest in place.done:
                present.add(file.digest)
                unchanged += 1
                continue
            present.add(file.digest)
            yield from self._file(file, place)
        place.done = [digest for digest in place.done if digest in present]
        last = _Collected(skipped=Count({"file_read_before": unchanged, "other_file": others}))
        last.skipped = +last.skipped
        last.gaps = [self._gap(_hidden(name), error.reason) for name, error in refused]
        kept = {gap.object for gap in last.gaps}
        closed = [
            (room, obj)
            for room, obj in self._memory.gaps("files")
            if obj and obj.partition(":")[0] not in present and obj not in kept
        ]
        yield last.page(place, closed)

    def _file(self, file: Opened, place: _Cursor) -> Iterator[Page]:
        start = place.lines if place.current == file.digest else 0
        place.current, place.lines = file.digest, start
        found = lines(file, self._settings, self._now)
        told = 0
        try:
            if sum(1 for _ in islice(found, start)) < start:
                raise CursorExpired("the cursor counts more lines than the file has")
            while chunk := list(islice(found, PAGE)):
                collected = _Collected()
                for one in chunk:
                    if isinstance(one, Rejected):
                        told += 1
                        self._reject(file, one, told, collected)
                    else:
                        collected.add(one[1])
                place.lines += len(chunk)
                yield collected.page(place)
        except Unreadable as error:
            self._note(file.path, 0, error.reason)
            place.done.append(file.digest)
            place.current, place.lines = None, 0
            yield Page(place.text(), gaps=[self._gap(f"{file.digest}:0", error.reason)])
            return
        if opened(file.path, self._settings.largest).digest != file.digest:
            raise BadAnswer("a file was changed while it was read: write it elsewhere and move it here")
        place.done.append(file.digest)
        place.current, place.lines = None, 0
        yield Page(place.text())

    def _reject(self, file: Opened, one: Rejected, told: int, collected: _Collected) -> None:
        self._note(file.path, one.line, one.reason)
        collected.skipped[f"rejected_{one.reason}"] += 1
        if told <= GAPS:
            collected.gaps.append(self._gap(f"{file.digest}:{one.line}", one.reason))

    def _gap(self, obj: str, reason: str) -> Gap:
        return Gap(None, obj, KINDS[self._settings.format], reason)

    def _note(self, path: Path, line: int, reason: str) -> None:
        if len(self.rejected) < _SHOWN:
            self.rejected.append(RejectedLine(path.name, line, reason))


def _hidden(name: str) -> str:
    """A file that could not be opened has no content to be known by; its name may hold anything and is not kept."""
    from hashlib import blake2b

    return "file-" + blake2b(name.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest() + ":0"


def check(settings: Settings, expected_rooms: int | None) -> Check:
    """Reads the beginning of the first files and says what would be taken; nothing is stored."""
    try:
        files, _ = listed(settings.path)
    except OSError as error:
        wrong = f"the directory cannot be read ({type(error).__name__})"
        return Check((Finding("files", False, wrong, remedy="let it be readable for the service"),))
    if not files:
        remedy = f"put files with the ending {', '.join(SUFFIXES)} into it"
        return Check(
            (Finding("files", False, "there is no file to be read", remedy=remedy),), 0, expected_rooms
        )
    rooms: set[str] = set()
    findings = [_tried(path, settings, rooms) for path in files[:_TRIED_FILES]]
    if len(files) > _TRIED_FILES:
        more = f"{len(files) - _TRIED_FILES} more files were not tried"
        findings.append(Finding("files", True, more))
    return Check(tuple(findings), len(rooms), expected_rooms)


def _tried(path: Path, settings: Settings, rooms: set[str]) -> Finding:
    kinds: set[Kind] = set()
    taken = left = 0
    wrong: Count[str] = Count()
    first = 0
    try:
        file = opened(path, settings.largest)
        for one in islice(lines(file, settings, datetime.now(UTC)), _TRIED):
            if isinstance(one, Rejected):
                wrong[one.reason] += 1
                first = first or one.line
                continue
            found = one[1]
            left += found.skipped is not None
            taken += found.activity is not None or bool(found.counters)
            if found.room:
                rooms.add(found.room.key)
            if found.activity:
                kinds.add(found.activity.kind)
    except Unreadable as error:
        remedy = REMEDIES.get(error.reason, "see docs/files.md for what a file has to look like")
        return Finding(path.name, False, f"the file is refused: {error.reason}", remedy=remedy)
    detail = f"{file.encoding or 'Parquet'}; of the first {taken + left + wrong.total()} lines {taken} would be taken"
    if left:
        detail += f", {left} left out on purpose"
    if wrong:
        reasons = ", ".join(f"{reason} ({number})" for reason, number in wrong.most_common())
        remedy = f"look at line {first}; `resonanz source preview` lists all"
        return Finding(
            path.name, False, f"{detail}, {wrong.total()} rejected: {reasons}", _sorted(kinds), remedy
        )
    return Finding(path.name, True, detail, _sorted(kinds))


def _sorted(kinds: set[Kind]) -> tuple[Kind, ...]:
    return tuple(kind for kind in Kind if kind in kinds)
