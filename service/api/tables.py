"""Rows as CSV (RFC 4180) that no spreadsheet takes for formulas."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from pydantic import BaseModel

from service.api.schemas import Format
from service.spreadsheets import quoted


def wanted(request: Request, asked: Format | None) -> Format:
    """What `format` says, else CSV if the Accept header puts it before JSON."""
    if asked is not None:
        return asked
    for part in request.headers.get("accept", "").split(","):
        media = part.split(";")[0].strip().lower()
        if media == "text/csv":
            return Format.CSV
        if media in ("application/json", "application/*", "*/*"):
            break
    return Format.JSON


def to_csv(model: type[BaseModel], rows: Sequence[BaseModel]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(model.model_fields), lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(safe(row.model_dump(mode="json")))
    return out.getvalue()


def safe(row: Mapping[str, Any]) -> dict[str, Any]:
    """Text that a spreadsheet would run as a formula gets an apostrophe; null is an empty cell."""
    return {key: quoted(value) if isinstance(value, str) else value for key, value in row.items()}
