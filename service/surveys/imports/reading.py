"""A table in a file as rows with the line numbers people see: CSV as spreadsheets write it, and Excel."""

import codecs
import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.errors import Invalid

LARGEST = 50 * 1024 * 1024
UNPACKED = 400 * 1024 * 1024
ROWS, COLUMNS = 200_000, 1000
EXCEL = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True)
class Sheet:
    """`rows` by heading, each with the number of its line in the file."""

    headings: Sequence[str]
    rows: Sequence[tuple[int, dict[str, str]]]


def read(path: Path, sheet: str | None = None) -> Sheet:
    """The table in a file; of an Excel file the named sheet, or the first.

    Raises `Invalid` for a file that is too large, unreadable, without headings, or has a line that does not fit them.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise Invalid(f"{path.name} is larger than {LARGEST // 1024**2} MB: export fewer columns")
        content = path.read_bytes()
    except OSError as error:
        raise Invalid(f"{path.name} can not be read: {error.strerror}") from None
    lines = (
        _excel(path.name, content, sheet)
        if path.suffix.lower() in EXCEL or content.startswith(b"PK\x03\x04")
        else _csv(path.name, content)
    )
    return table(path.name, lines)


def table(name: str, lines: Sequence[tuple[int, list[str]]]) -> Sheet:
    """Numbered lines of cells, the first of which holds the headings. Raises `Invalid`."""
    filled = [(number, cells) for number, cells in lines if any(cells)]
    if not filled:
        raise Invalid(f"{name} is empty")
    (_, first), rest = filled[0], filled[1:]
    while first and not first[-1]:
        first = first[:-1]
    named = [heading for heading in first if heading]
    if len(set(named)) < len(named):
        twice = next(heading for heading in named if named.count(heading) > 1)
        raise Invalid(f"{name}: the heading {twice[:60]!r} stands over two columns; rename one")
    if len(first) > COLUMNS or len(rest) > ROWS:
        raise Invalid(f"{name} has more than {ROWS} lines or {COLUMNS} columns: export fewer")
    rows = []
    for number, cells in rest:
        if any(cells[len(first) :]):
            raise Invalid(f"{name}, line {number}: there are more cells than headings")
        padded = [*cells, *[""] * (len(first) - len(cells))]
        rows.append((number, {key: cell for key, cell in zip(first, padded, strict=False) if key}))
    return Sheet(named, rows)


def _csv(name: str, content: bytes) -> list[tuple[int, list[str]]]:
    text = _text(name, content)
    lines: list[tuple[int, list[str]]] = []
    first = text.split("\n", 1)[0]
    if first.strip().lower().startswith("sep="):  # Excel's own way to tell the separator
        text = "\n" + text.split("\n", 1)[1] if "\n" in text else ""
        first = text.lstrip("\n").split("\n", 1)[0]
    delimiter = max((",", ";", "\t", "|"), key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return lines
        except csv.Error:
            raise Invalid(f"{name}, line {begins}: the quotation marks do not close") from None
        lines.append((begins, [cell.strip() for cell in cells]))


def _text(name: str, content: bytes) -> str:
    for mark, encoding in _BOMS.items():
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    if b"\0" in content:
        raise Invalid(f"{name} is no table: export it as CSV or Excel")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _excel(name: str, content: bytes, sheet: str | None) -> list[tuple[int, list[str]]]:
    from python_calamine import CalamineError, load_workbook

    if content.startswith(b"PK\x03\x04"):
        _require_small(name, content)
    try:
        book = load_workbook(io.BytesIO(content))
        if sheet is not None and sheet not in book.sheet_names:
            raise Invalid(f"{name} has no sheet {sheet!r}; there are: {', '.join(book.sheet_names)}")
        opened = book.get_sheet_by_name(sheet) if sheet else book.get_sheet_by_index(0)
        rows = opened.to_python(skip_empty_area=False)
    except CalamineError:
        raise Invalid(f"{name} is damaged or protected by a password: save it anew as Excel or CSV") from None
    return [(number, [_cell(cell) for cell in row]) for number, row in enumerate(rows, 1)]


def _require_small(name: str, content: bytes) -> None:
    """A small file may unpack to anything."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            size = sum(part.file_size for part in packed.infolist())
    except zipfile.BadZipFile:
        raise Invalid(f"{name} is damaged: save it anew") from None
    if size > UNPACKED:
        raise Invalid(f"{name} unpacks to more than {UNPACKED // 1024**2} MB")


def _cell(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
