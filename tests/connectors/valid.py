"""What is wrong with a page, by the contract of `connectors.activity`."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from connectors.activity import Activity, ContentType, CounterName, Kind, Page, PersonKind

NAMED = {
    "activities": ("key", "room", "object"),
    "counters": ("room", "object"),
    "rooms": ("key", "handle"),
    "people": ("id",),
    "members": ("room",),
    "contents": ("id", "room"),
    "reactors": ("object", "room"),
    "aliases": ("name", "room"),
    "gaps": ("reason",),
}
"""By kind of record, what may be neither missing nor empty."""
DATED = {
    "activities": ("happened",),
    "counters": ("observed",),
    "contents": ("created", "changed"),
    "reactors": ("observed",),
}
"""By kind of record, its points in time."""
ABOUT_SOMEBODY = {Kind.REACT, Kind.WITHDRAW, Kind.JOIN, Kind.LEAVE}


def objections(page: Page) -> Iterator[str]:
    """In words; none for a page that is valid."""
    if not (isinstance(page.cursor, str) and page.cursor):
        yield "a page without a cursor"
    for kind, names in NAMED.items():
        for thing in getattr(page, kind):
            yield from (f"{thing}: no {name}" for name in names if not _text(getattr(thing, name)))
    for kind, names in DATED.items():
        for thing in getattr(page, kind):
            yield from (f"{thing}: {name} is no time" for name in names if not _time(getattr(thing, name)))
    for activity in page.activities:
        yield from _activity(activity)
    for counter in page.counters:
        if counter.name not in CounterName or not isinstance(counter.total, int) or counter.total < 0:
            yield f"{counter} counts nothing"
    for room in page.rooms:
        if room.name and not room.open:
            yield f"{room.key}: the name of a room that is not open"
    yield from (f"{one.id}: no kind of person" for one in page.people if one.kind not in (None, *PersonKind))
    yield from (f"{gap} does not say what is missing" for gap in page.gaps if not gap.kinds)


def _activity(activity: Activity) -> Iterator[str]:
    if activity.kind not in Kind or activity.content_type not in ContentType:
        yield f"{activity} is not in the vocabulary"
    if activity.person is None and activity.kind in ABOUT_SOMEBODY:
        yield f"{activity}: of nobody"
    if activity.person is not None:
        if not _text(activity.person):
            yield f"{activity}: somebody without an id"
        elif activity.person in activity.key:
            yield f"{activity}: the key holds the person, whose pseudonym changes"
    if activity.kind in (Kind.COMMENT, Kind.REPLY) and not (activity.thread and activity.parent):
        yield f"{activity} answers nothing"


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _time(value: Any) -> bool:
    return isinstance(value, datetime) and value.utcoffset() is not None
