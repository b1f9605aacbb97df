"""Tables as files: CSV (RFC 4180, or as a German Excel opens it), XLSX, and Parquet."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from service.api.schemas import Dialect, Format
from service.api.tables import Column, Table, Value
from service.spreadsheets import FORMULA, quoted

LONGEST_CELL = 32_767
"""Characters a cell of a spreadsheet holds (Excel's limit)."""
MARK = b"\xef\xbb\xbf"
"""Byte order mark: by it Excel knows that a CSV is UTF-8."""


def written(table: Table, form: Format, dialect: Dialect | None, moment: datetime) -> bytes:
    """The table as a file that depends on the table alone; `moment` is the date written into an XLSX."""
    if form is Format.XLSX:
        return to_xlsx(table, moment)
    if form is Format.PARQUET:
        return to_parquet(table)
    return to_csv(table, dialect or Dialect.RFC4180)


def to_csv(table: Table, dialect: Dialect = Dialect.RFC4180) -> bytes:
    """UTF-8. Days and moments are ISO 8601 in both dialects, truth is true or false, what is missing is empty.

    Text that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    german = dialect is Dialect.EXCEL_DE
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if german else ",", lineterminator="\r\n")
    writer.writerow([column.name for column in table.columns])
    for row in table.rows:
        writer.writerow([_text(value, german=german) for value in row])
    text = out.getvalue().encode()
    return MARK + text if german else text


def _text(value: Value, *, german: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(value).replace(".", ",") if german else str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return quoted(value) if isinstance(value, str) else str(value)


def to_xlsx(table: Table, moment: datetime) -> bytes:
    """One sheet with a filter over its header; numbers, days, moments (UTC) and truth as such, never a formula or a link.

    Text that would be a formula is text, and stays so when somebody edits the cell (Excel's quote prefix).
    """
    import xlsxwriter

    from service.office import steady

    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        head = book.add_format({"bold": True, "bottom": 1})
        formats: dict[type, Any] = {
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        }
        plain = book.add_format({"quote_prefix": True})
        sheet = book.add_worksheet("Resonanz")
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(table.columns):
            sheet.write_string(0, place, column.name, head)
            sheet.set_column(place, place, 12 if column.kind is not str else 24)
        for line, row in enumerate(table.rows, start=1):
            for place, (column, value) in enumerate(zip(table.columns, row, strict=True)):
                risky = isinstance(value, str) and value.startswith(FORMULA)
                _write(sheet, line, place, value, plain if risky else formats.get(column.kind))
        sheet.autofilter(0, 0, max(1, len(table.rows)), len(table.columns) - 1)
    return steady(target.getvalue(), moment)


def _write(sheet: Any, line: int, place: int, value: Value, form: Any) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(line, place, value)
    elif isinstance(value, datetime):
        sheet.write_datetime(line, place, value.astimezone(UTC).replace(tzinfo=None), form)
    elif isinstance(value, date):
        sheet.write_datetime(line, place, datetime.combine(value, datetime.min.time()), form)
    elif isinstance(value, int | float):
        sheet.write_number(line, place, value)
    elif value is not None:
        cut = value if len(value) <= LONGEST_CELL else value[: LONGEST_CELL - 1] + "…"
        sheet.write_string(line, place, cut, form)


def to_parquet(table: Table) -> bytes:
    """Apache Parquet with Snappy; moments are microseconds in UTC, days 32-bit days, all columns may be null."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {
        bool: pa.bool_(),
        int: pa.int64(),
        float: pa.float64(),
        date: pa.date32(),
        datetime: pa.timestamp("us", tz="UTC"),
        str: pa.string(),
    }
    columns: Sequence[Column] = table.columns
    arrays = [
        pa.array([row[place] for row in table.rows], type=kinds[column.kind])
        for place, column in enumerate(columns)
    ]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, names=[column.name for column in columns]), out)
    return out.getvalue()
