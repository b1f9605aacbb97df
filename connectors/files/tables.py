"""Tables in files, read line by line: CSV in the forms spreadsheets write it, and Parquet. Memory stays flat.

Nothing is repaired by guessing: a line that cannot be read for certain comes as `Rejected`, with its number and the reason.
A stray quotation mark costs the line it stands in, not those after it.
"""

import codecs
import csv
import hashlib
import os
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.errors import ConnectorError

LONGEST = 1024 * 1024
"""Characters of one line or quoted record."""
COLUMNS = 500
_BLOCK = 1024 * 1024
_BATCH = 1000
_ROW_GROUP = 512 * 1024 * 1024
_PACKED = {
    b"PK\x03\x04": "packed",
    b"\x1f\x8b": "packed",
    b"BZh": "packed",
    b"7z\xbc\xaf": "packed",
    b"\xfd7zXZ": "packed",
}
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_NUMBER = re.compile(r"[+-][0-9.,]+")


class Unreadable(ConnectorError):
    """A whole file cannot be read; `reason` is a short code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Invalid(ConnectorError):
    """A line cannot be taken; `reason` is a short code that holds nothing of the line."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that was left out. `line` counts from 1, the header included; for Parquet it is the row."""

    line: int
    reason: str


Row = dict[str, Any]
"""Values by header, as the file has it; text, or for Parquet what the column's type gives."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that can be read. `digest` identifies its content."""

    path: Path
    digest: str
    encoding: str | None
    """None for Parquet."""

    def rows(self) -> Iterator[tuple[int, Row] | Rejected]:
        """Each line with its number. Raises `Unreadable` for a file without usable header."""
        if self.encoding is None:
            yield from _parquet(self.path)
            return
        with self.path.open(encoding=self.encoding, errors="replace", newline="") as file:
            yield from _csv(file)


def opened(path: Path, largest: int) -> Opened:
    """Look at a whole file once, without keeping it. Raises `Unreadable` if it is too large, packed, empty or no table."""
    try:
        if path.stat().st_size > largest:
            raise Unreadable("too_large")
        with path.open("rb") as file:
            return _opened(path, file, largest)
    except OSError:
        raise Unreadable("not_readable") from None


def _opened(path: Path, file: IO[bytes], largest: int) -> Opened:
    digest = hashlib.sha256()
    before = os.fstat(file.fileno())
    decoder = codecs.getincrementaldecoder("utf-8")()
    utf8, binary, head, size = True, False, b"", 0
    while block := file.read(_BLOCK):
        head = head or block[:16]
        size += len(block)
        if size > largest:
            raise Unreadable("too_large")
        digest.update(block)
        binary = binary or b"\0" in block
        if utf8:
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                utf8 = False
    if before.st_mtime_ns != os.fstat(file.fileno()).st_mtime_ns:
        raise Unreadable("still_written")
    name = digest.hexdigest()[:16]
    if not size:
        raise Unreadable("empty")
    if head.startswith(b"PAR1"):
        _require_small(path, largest)
        return Opened(path, name, None)
    for magic, reason in _PACKED.items():
        if head.startswith(magic):
            raise Unreadable(reason)
    for bom, encoding in _BOMS.items():
        if head.startswith(bom):
            return Opened(path, name, encoding)
    if binary:
        raise Unreadable("no_table")
    return Opened(path, name, "utf-8" if utf8 else "cp1252")


def _require_small(path: Path, largest: int) -> None:
    """A small file may unpack to anything: its own index tells how much, and readers do not go beyond it."""
    try:
        with pq.ParquetFile(path) as file:
            groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
            unpacked = [group.total_byte_size for group in groups]
            cells = file.metadata.num_rows * max(1, file.metadata.num_columns)
    except (pa.ArrowException, OSError, ValueError):
        raise Unreadable("damaged") from None
    # A dictionary of one value repeats it without end at no cost in bytes: cells count as well.
    if sum(unpacked) > largest or cells > largest or max(unpacked, default=0) > min(largest, _ROW_GROUP):
        raise Unreadable("too_large")


def _parquet(path: Path) -> Iterator[tuple[int, Row] | Rejected]:
    line = 0
    try:
        with pq.ParquetFile(path) as file:
            if len(file.schema_arrow.names) > COLUMNS:
                raise Unreadable("too_many_columns")
            for batch in file.iter_batches(batch_size=_BATCH):
                for row in batch.to_pylist():
                    line += 1
                    formula = any(isinstance(cell, str) and is_formula(cell) for cell in row.values())
                    yield Rejected(line, "formula") if formula else (line, row)
    except (pa.ArrowException, OSError):
        raise Unreadable("damaged") from None


def _csv(file: IO[str]) -> Iterator[tuple[int, Row] | Rejected]:
    csv.field_size_limit(max(LONGEST, csv.field_size_limit()))
    lines = _lines(file)
    first = next(lines, None)
    if isinstance(first, tuple) and first[1].strip().lower().startswith("sep="):
        first = next(lines, None)  # Excel's own way to tell the separator
    if not isinstance(first, tuple) or not first[1].strip():
        raise Unreadable("no_header")
    delimiter = _delimiter(first[1])
    try:
        header = [name.strip() for name in next(csv.reader([first[1]], delimiter=delimiter, strict=True))]
    except csv.Error:
        raise Unreadable("no_header") from None
    if len(header) > COLUMNS:
        raise Unreadable("too_many_columns")
    named = [name.casefold() for name in header if name]
    if len(set(named)) < len(named):
        raise Unreadable("header_repeated")
    for found in _records(lines, delimiter):
        if isinstance(found, Rejected):
            yield found
            continue
        number, cells = found
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            yield Rejected(number, "wrong_number_of_columns")
        elif any("\ufffd" in cell for cell in cells):
            yield Rejected(number, "undecodable")
        elif any(is_formula(cell) for cell in cells):
            yield Rejected(number, "formula")
        else:
            yield number, dict(zip(header, cells, strict=True))


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would compute the cell instead of showing it (OWASP, CSV injection)."""
    return cell[:1] in ("=", "@", "\t", "\r") or (
        cell[:1] in ("+", "-") and not _NUMBER.fullmatch(cell.strip())
    )


def _delimiter(header: str) -> str:
    bare = re.sub(r'"[^"]*"', "", header)
    return max((",", ";", "\t", "|"), key=bare.count)


def _lines(file: IO[str]) -> Iterator[tuple[int, str] | Rejected]:
    """Physical lines with their numbers; one that is too long is passed over without being held."""
    number = 0
    while line := file.readline(LONGEST + 1):
        number += 1
        if len(line) <= LONGEST or line.endswith(("\n", "\r")):
            yield number, line
            continue
        while (rest := file.readline(LONGEST)) and not rest.endswith(("\n", "\r")):
            pass
        yield Rejected(number, "line_too_long")


def _records(
    lines: Iterator[tuple[int, str] | Rejected], delimiter: str
) -> Iterator[tuple[int, Sequence[str]] | Rejected]:
    """Records, which span several lines where a quoted cell does. Of a record that cannot be read only the first line is
    given up, and the lines after it are looked at anew."""
    again: deque[tuple[int, str]] = deque()
    pending: list[tuple[int, str]] = []
    held, open_ = 0, False
    while True:
        found = again.popleft() if again else next(lines, None)
        if isinstance(found, tuple):
            pending.append(found)
            held += len(found[1])
            open_ ^= found[1].count('"') % 2 == 1
            if open_ and held <= LONGEST:
                continue
        if pending:
            first = pending[0][0]
            cells = None if open_ else _cells("".join(line for _, line in pending), delimiter)
            if cells is None:
                yield Rejected(first, "broken_quotes")
                again.extendleft(reversed(pending[1:]))
            else:
                yield first, cells
            pending, held, open_ = [], 0, False
        if isinstance(found, Rejected):
            # What was open before a line too long can only be looked at line by line.
            yield from _single(again, delimiter)
            yield found
        elif found is None and not again:
            return


def _single(
    lines: "deque[tuple[int, str]]", delimiter: str
) -> Iterator[tuple[int, Sequence[str]] | Rejected]:
    while lines:
        number, line = lines.popleft()
        cells = _cells(line, delimiter) if line.count('"') % 2 == 0 else None
        yield Rejected(number, "broken_quotes") if cells is None else (number, cells)


def _cells(text: str, delimiter: str) -> Sequence[str] | None:
    if '"' not in text:
        return text.rstrip("\r\n").split(delimiter)
    try:
        found = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return found[0] if found else []


# -- cells --------------------------------------------------------------------------------------------------------------


def text(value: object) -> str | None:
    """A cell as text without space around it, None where it is empty."""
    if value is None:
        return None
    return str(value).strip() or None


def whole(value: object) -> int | None:
    """A number that is whole and not negative, with or without separated thousands. Raises `Invalid`."""
    shown = text(value)
    if shown is None:
        return None
    if re.fullmatch(r"[0-9]{1,18}|[0-9]{1,3}([.,' \u00a0\u202f][0-9]{3}){1,5}", shown):
        return int(re.sub(r"\D", "", shown))
    raise Invalid("no_whole_number")


def naive_or_aware(value: object) -> datetime | None:
    """A time as written: ISO 8601, or day.month.year hours:minutes. Raises `Invalid`; what could be either month or day is."""
    if isinstance(value, datetime):
        return value
    shown = text(value)
    if shown is None:
        return None
    german = re.fullmatch(
        r"(\d{1,2})\.(\d{1,2})\.(\d{4})[ ,T]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?: Uhr)?", shown
    )
    try:
        if german:
            day, month, year, hour, minute, second = (int(part or 0) for part in german.groups())
            return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - the zone is added by the caller
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{1,2}\.\d{4}", shown):
            raise Invalid("day_without_time")
        if re.match(r"\d{1,2}/\d{1,2}/\d{4}", shown):
            raise Invalid("ambiguous_time")
        return datetime.fromisoformat(shown)
    except ValueError:
        raise Invalid("no_time") from None
