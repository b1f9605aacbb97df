"""Reading the parts of an answer: what is missing or of another form is a `BadAnswer`, never a guess."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qs, quote, urlsplit

from connectors.confluence.transport import CursorRepeated, Transport
from connectors.errors import BadAnswer

_T = TypeVar("_T")


def results(answer: Any, path: str) -> list[Mapping[str, Any]]:
    """The things a list answer holds, whether wrapped in `results` or bare."""
    found = answer.get("results") if isinstance(answer, Mapping) else answer
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise BadAnswer(f"{path}: a list was expected")
    return found


def hits(answer: Any, path: str) -> list[Mapping[str, Any]]:
    """The contents a search has found, without the excerpts around them."""
    return [content for one in results(answer, path) if isinstance(content := one.get("content"), Mapping)]


def total(answer: Any, path: str) -> int:
    """How many a search has found in all."""
    number = answer.get("totalSize") if isinstance(answer, Mapping) else None
    if not isinstance(number, int):
        raise BadAnswer(f"{path}: no total")
    return number


def following(answer: Any, path: str, asked: str | None) -> str | None:
    """The cursor of the next page. Raises `CursorRepeated` when it is the one just used."""
    links = answer.get("_links") if isinstance(answer, Mapping) else None
    link = links.get("next") if isinstance(links, Mapping) else None
    if not link:
        return None
    cursor = parse_qs(urlsplit(str(link)).query).get("cursor", [""])[0]
    if not cursor:
        raise BadAnswer(f"{path}: the link to the next page holds no cursor")
    if cursor == asked:
        raise CursorRepeated(f"{path}: the next page has the cursor of this one")
    return cursor


def readable(
    found: Iterable[Mapping[str, Any]], reader: Callable[[Mapping[str, Any]], _T]
) -> tuple[list[_T], list[str]]:
    """What `reader` makes of each thing, and the ids of those it cannot read."""
    read: list[_T] = []
    broken: list[str] = []
    for one in found:
        try:
            read.append(reader(one))
        except (KeyError, TypeError, ValueError, AttributeError, BadAnswer):
            broken.append(str(one.get("id") or ""))
    return read, broken


def by_cursor(
    transport: Transport, path: str, params: Mapping[str, Any], limit: int
) -> Iterator[list[Mapping[str, Any]]]:
    """Every page of a list that is paged by cursor. Raises `CursorRepeated` on one that comes twice."""
    cursor: str | None = None
    seen: set[str] = set()
    while True:
        asked = {**params, "limit": limit} | ({"cursor": cursor} if cursor else {})
        answer = transport.get(path, asked)
        yield results(answer, path)
        cursor = following(answer, path, cursor)
        if cursor is None:
            return
        if cursor in seen:
            raise CursorRepeated(f"{path}: a cursor comes twice")
        seen.add(cursor)


def by_start(
    transport: Transport, path: str, params: Mapping[str, Any], limit: int
) -> Iterator[list[Mapping[str, Any]]]:
    """Every page of a list that is paged by start and limit, whatever cap the server puts on a page."""
    start = 0
    before: list[Mapping[str, Any]] | None = None
    while True:
        answer = transport.get(path, {**params, "start": start, "limit": limit})
        found = results(answer, path)
        if found and found == before:
            raise BadAnswer(f"{path}: the same page comes twice")
        yield found
        if not found or not isinstance(answer, Mapping):
            return
        cap = answer.get("limit")
        full = len(found) >= min(limit, cap if isinstance(cap, int) and cap > 0 else limit)
        if not full and "next" not in (answer.get("_links") or {}):
            return
        start, before = start + len(found), found


def segment(text: str) -> str:
    """A part of a path, quoted whole: names of groups hold slashes and blanks."""
    return quote(text, safe="")


def quoted(text: str) -> str:
    """A literal for CQL."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
