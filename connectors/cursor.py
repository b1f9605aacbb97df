"""The inside of a cursor, read back. What is not as this program wrote it, or of a time to come, is `CursorExpired`."""

import json
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from connectors.dates import moment
from connectors.errors import BadAnswer, CursorExpired

AHEAD = timedelta(days=1)
"""Clocks differ by less; what is later is of the future."""


def inside(cursor: str, form: int | None = None) -> dict[str, Any]:
    """The values of a cursor in JSON, without their `form`. Raises `CursorExpired` for a cursor of another form."""
    try:
        found = json.loads(cursor)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or (form is not None and found.pop("form", None) != form):
        raise CursorExpired("the cursor is not one of this stream, or is damaged")
    return found


def restored(kind: Any, values: object) -> Any:
    """`values` as that type, such as a dataclass. Raises `CursorExpired` where one is of another type, or of a newer version."""
    try:
        return _adapter(kind).validate_python(values, extra="forbid")
    except ValidationError:
        raise CursorExpired("the cursor is not one of this stream, or of another version") from None


def passed(time: str, now: datetime) -> datetime:
    """A time in a cursor. Raises `CursorExpired` where it is none, or is to come: what happens until then would be lost."""
    try:
        found = moment(time)
    except BadAnswer:
        raise CursorExpired("a time in the cursor can not be read") from None
    if found > now + AHEAD:
        raise CursorExpired("the cursor is of a time to come")
    return found


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
