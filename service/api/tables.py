"""Rows as tables, for CSV, XLSX and Parquet: one set of flat columns and values for all three, so that none shows more than another."""

import json
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from typing import Annotated, Any, Union, get_args, get_origin

from fastapi import Request
from pydantic import BaseModel

from service.api.schemas import Dialect, Format
from service.errors import Invalid
from service.spreadsheets import quoted

Value = str | int | float | bool | date | datetime | None
MEDIA = {
    Format.JSON: "application/json",
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.PARQUET: "application/vnd.apache.parquet",
}
_BY_MEDIA = {media.partition(";")[0]: form for form, media in MEDIA.items()}
_SIMPLE: tuple[type, ...] = (bool, int, float, datetime, date, str)


class NoDialect(Invalid):
    """A dialect was asked for of what is no CSV."""

    slug, title = "no-dialect", "No dialect"


@dataclass(frozen=True, slots=True)
class Column:
    """One flat column: `kind` is bool, int, float, date, datetime or str; every value may be missing (None)."""

    name: str
    kind: type


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, and rows with a value for each of them."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]


def wanted(request: Request, asked: Format | None, dialect: Dialect | None = None) -> Format:
    """What `format` says, else what the Accept header likes best, else JSON. Raises `NoDialect`."""
    form = asked or _accepted(request.headers.get("accept", ""))
    if asked is None and dialect is not None:
        form = Format.CSV
    if dialect is not None and form is not Format.CSV:
        raise NoDialect(f"a dialect is for CSV: leave `dialect` out, or ask for format=csv instead of {form}")
    return form


def _accepted(header: str) -> Format:
    """The kind with the greatest weight (RFC 9110, section 12.5.1); of equal ones the one named first."""
    found: list[tuple[float, Format]] = []
    for part in header.split(","):
        media, *parameters = (one.strip().lower() for one in part.split(";"))
        form = Format.JSON if media in ("*/*", "application/*") else _BY_MEDIA.get(media)
        if form is not None:
            found.append((_weight(parameters), form))
    best = max(found, key=lambda one: one[0], default=(0.0, Format.JSON))
    return best[1] if best[0] > 0 else Format.JSON


def _weight(parameters: Sequence[str]) -> float:
    for one in parameters:
        if one.startswith("q="):
            try:
                return float(one.removeprefix("q="))
            except ValueError:
                return 0.0
    return 1.0


def table(model: type[BaseModel], rows: Sequence[BaseModel], origin: BaseModel | None = None) -> Table:
    """The rows, flat; with `origin` (what they rest on) repeated in columns of its own, so that a file says where it is from.

    A nested model becomes a column for each of its fields, a list of texts one text with "; " between, and anything deeper JSON.
    """
    own, far = flat(model), flat(type(origin)) if origin is not None else ()
    names = {column.name for column in own}
    kept = [column for column in far if column.name not in names]
    given = dict(_values(origin)) if origin is not None else {}
    tail = tuple(given[column.name] for column in kept)
    return Table((*own, *kept), [(*(value for _, value in _values(row)), *tail) for row in rows])


@lru_cache(maxsize=100)
def flat(model: type[BaseModel], prefix: str = "") -> tuple[Column, ...]:
    """The flat columns of a model, in the order of its fields."""
    found: list[Column] = []
    for name, field in model.model_fields.items():
        kind = _bare(field.annotation)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found += flat(kind, f"{prefix}{name}_")
        else:
            found.append(Column(prefix + name, _stored(kind)))
    return tuple(found)


def _values(row: BaseModel, prefix: str = "") -> Iterator[tuple[str, Value]]:
    for name, field in type(row).model_fields.items():
        value = getattr(row, name)
        kind = _bare(field.annotation)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            if value is None:
                yield from ((column.name, None) for column in flat(kind, f"{prefix}{name}_"))
            else:
                yield from _values(value, f"{prefix}{name}_")
        else:
            yield prefix + name, _plain(value)


def _bare(annotation: Any) -> Any:
    """What a field holds where it holds something: without `| None` and remarks."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
        return _bare(kinds[0]) if len(kinds) == 1 else object
    return annotation


def _stored(kind: Any) -> type:
    if isinstance(kind, type) and not issubclass(kind, Enum):
        return next((simple for simple in _SIMPLE if issubclass(kind, simple)), str)
    return str


def _plain(value: Any) -> Value:
    if isinstance(value, str):
        return (value.value if isinstance(value, Enum) else value) or None
    if value is None or isinstance(value, bool | int | float | date):
        return value
    if isinstance(value, Sequence) and all(isinstance(one, str) for one in value):
        return "; ".join(value) or None
    if not value:
        return None
    return json.dumps(_deep(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def safe(row: Mapping[str, Any]) -> dict[str, Any]:
    """Text that a spreadsheet would run as a formula gets an apostrophe; null is an empty cell."""
    return {key: quoted(value) if isinstance(value, str) else value for key, value in row.items()}


def _deep(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(key): _deep(one) for key, one in value.items()}
    return [_deep(one) for one in value] if isinstance(value, list | tuple) else value
