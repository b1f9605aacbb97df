"""How far a stream has been read: a dataclass of plain values as the inside of its cursor."""

import json
from dataclasses import asdict, fields
from typing import Any, TypeVar

from connectors.cursor import inside, restored

_FORM = 1
_T = TypeVar("_T")


def load(kind: type[_T], cursor: str | None) -> _T:
    """Raises `CursorExpired` for a cursor of another form: the stream is then read again from its start."""
    if cursor is None:
        return kind()
    found: _T = restored(kind, inside(cursor, _FORM))
    return found


def dump(state: Any) -> str:
    """Values that are at their default are left out, since a cursor travels with every commit."""
    empty = type(state)()
    kept = {f.name for f in fields(state) if getattr(state, f.name) != getattr(empty, f.name)}
    values = {name: value for name, value in asdict(state).items() if name in kept}
    return json.dumps({"form": _FORM, **values}, sort_keys=True, separators=(",", ":"))
