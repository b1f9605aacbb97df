"""Cursors in an abnormal state, made from good ones: of the future, damaged, of another version, of somebody else."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

from connectors.errors import CursorExpired
from connectors.microsoft.links import unpack

OTHERS = {
    "confluence": (
        '{"form":1,"listed":4,"lost":{},"marks":{"contents":"2026-03-09T09:00:00.000000+00:00"},"places":{},"replies":null,"rooms":["1"]}',
        '{"lacking":0,"swept":"2026-12-27T09:00:00+00:00"}',
        '{"after":null,"first":false,"spent":0}',
    ),
    "files": ('{"form":1,"done":["52df9c047bb6086e"],"current":null,"lines":0}',),
    "microsoft-365": (
        '{"form":1,"marks":{"660f19e0-56ce-5b74-bfd9-c06dbc8c3e4d":1773478801},"swept":"2026-03-01T09:00:00+00:00"}',
        '{"form":1,"listed":"2026-04-01T09:00:00+00:00","sites":{}}',
    ),
    "microsoft-audit": ('{"form":1,"seen":["4056d4d5c8807514"],"until":"2026-04-01T09:00:00+00:00"}',),
}
"""As each connector leaves them behind."""
BROKEN = ("", "{", "[]", "7", "null", '"x"', "z!", "zzzz", "\x00", "{}", '{"form":null}', "9" * 5000)
_OTHER_TYPE: dict[type, Any] = {dict: 7, list: "x", str: 7, int: "x", bool: "x", type(None): {"x": 1}}
_YEARS, _NUMBERS = 10, 10**9

Path = tuple[Any, ...]


def inside(cursor: str) -> Any:
    """What a cursor holds, itself where that is no JSON; a cursor within it is opened as well."""
    try:
        found = json.loads(unpack(cursor))
    except ValueError:
        return cursor
    if isinstance(found, dict):
        for name, value in found.items():
            if isinstance(value, str) and value.startswith(("{", "z")):
                with suppress(CursorExpired):
                    found[name] = inside(value)
    return found


def closed(found: Any, like: str) -> str:
    """The cursor again, with cursors within where there were any in `like`."""
    if not isinstance(found, dict):
        return str(found)
    was = json.loads(unpack(like))
    return json.dumps(
        {
            name: json.dumps(value) if isinstance(was.get(name), str) and isinstance(value, dict) else value
            for name, value in found.items()
        }
    )


def of_the_future(cursor: str) -> Iterator[str]:
    """With one time after the other later than the source has it, and with all numbers greater."""
    counting = inside(cursor)
    for path, value in _nodes(inside(cursor)):
        later = _later(value)
        if isinstance(later, str):
            yield closed(_with(inside(cursor), path, later), cursor)
        elif later is not None and path[-1:] != ("form",):
            counting = _with(counting, path, later)
    if counting != inside(cursor):
        yield closed(counting, cursor)


def damaged(cursor: str) -> Iterator[str]:
    """Cut off, and with one part after the other of another type or no time any more."""
    yield from BROKEN
    yield cursor[: len(cursor) // 2]
    for path, value in _nodes(inside(cursor)):
        if path:
            yield closed(_with(inside(cursor), path, _OTHER_TYPE[type(value)]), cursor)
        if isinstance(value, str) and _later(value) is not None:
            yield closed(_with(inside(cursor), path, "yesterday"), cursor)


def garbled(cursor: str) -> Iterator[str]:
    """With all addresses and tokens in it, which only the platform can read, ending otherwise; none where it holds none."""
    found = changed = inside(cursor)
    for path, value in _nodes(inside(cursor)):
        if isinstance(value, str) and "token" in value:
            changed = _with(changed, path, value[:-6] + "AAAAAA")
    if changed != inside(cursor):
        yield closed(found, cursor)


def of_another_version(cursor: str) -> Iterator[str]:
    found = inside(cursor)
    newer = {"finer": {"1": "2"}}
    if isinstance(found, dict):
        yield closed(found | newer, cursor)
        yield closed(found | newer | {"form": 2}, cursor)
    else:
        yield json.dumps({"form": 2, "cursor": found} | newer)


def _later(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value + _NUMBERS
    if isinstance(value, str) and "T" in value:
        with suppress(ValueError):
            time = datetime.fromisoformat(value)
            return value.replace(str(time.year), str(time.year + _YEARS), 1)
    return None


def _nodes(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    yield path, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield from _nodes(one, (*path, name))


def _with(value: Any, path: Path, new: Any) -> Any:
    if not path:
        return new
    *way, last = path
    place = value
    for name in way:
        place = place[name]
    place[last] = new
    return value
