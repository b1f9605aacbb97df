"""Addresses of single rows: `Rooms('wiki/ALL')`, `Coverage(source='wiki',kind='edit')`."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from sqlalchemy import ColumnElement

from service.errors import NotFound
from service.odata.columns import Columns
from service.odata.conditions import condition
from service.odata.entities import Entity, EntitySet
from service.odata.errors import Malformed, NotOffered

VALUE = r"'(?:[^']|'')*'|[^',()\s]+"
PAIR = re.compile(rf"\s*(\w+)\s*=\s*({VALUE})\s*(,|$)")
LONGEST = 2000


def address(entity_set: EntitySet, row: Entity) -> str:
    """Where a row is, from the root of the feed."""
    literals = {name: _literal(getattr(row, name)) for name in entity_set.key}
    if len(literals) == 1:
        (only,) = literals.values()
        return f"{entity_set.name}({only})"
    return f"{entity_set.name}({','.join(f'{name}={value}' for name, value in literals.items())})"


def _literal(value: object) -> str:
    if isinstance(value, str):
        return quote("'" + value.replace("'", "''") + "'", safe="'")
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def one_row(entity_set: EntitySet, text: str, columns: Columns) -> ColumnElement[bool]:
    """The condition that only the row with that key meets. Raises `NotFound` for what is no key of the set."""
    written = _pairs(entity_set, text)
    if set(written) != set(entity_set.key):
        raise NotFound(f"a row of {entity_set.name} is found by {_form(entity_set)}")
    try:
        asked = " and ".join(f"{name} eq {value}" for name, value in written.items())
        return condition(asked, entity_set.properties, columns)
    except (Malformed, NotOffered):
        raise NotFound(f"a row of {entity_set.name} is found by {_form(entity_set)}") from None


def _pairs(entity_set: EntitySet, text: str) -> Mapping[str, str]:
    if len(text) > LONGEST:
        return {}
    if len(entity_set.key) == 1 and re.fullmatch(VALUE, text):
        return {entity_set.key[0]: text}
    found: dict[str, str] = {}
    place = 0
    while match := PAIR.match(text, place):
        if match[1] in found:
            return {}
        found[match[1]] = match[2]
        place = match.end()
        if not match[3]:
            break
    return found if place == len(text) else {}


def _form(entity_set: EntitySet) -> str:
    quoted: dict[str, Any] = {
        name: "'…'" if entity_set.properties[name].type is str else "…" for name in entity_set.key
    }
    if len(quoted) == 1:
        return f"{entity_set.name}({next(iter(quoted.values()))})"
    return f"{entity_set.name}({','.join(f'{name}={value}' for name, value in quoted.items())})"
