"""Collects a long deterministic story and may be killed at any time: `python victim.py DATABASE FOLDER`.

For every line on its standard input it forks a child that collects, prints the child's number, and then how it ended.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.forked import fork_for_each_line
from connectors.activity import (
    Activity,
    Alias,
    Content,
    ContentType,
    Counter,
    CounterName,
    Gap,
    Kind,
    Members,
    Page,
    Person,
    Reactors,
    Room,
)
from service.activity.collect import collect
from service.activity.log import ActivityLog
from service.activity.pseudonym import Pseudonymiser, open_keys
from service.database import connect

BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
PAGES = 105
STREAMS = ("content", "likes", "members")


class Story:
    """Three streams of pages; the clock shows the time of the page that is being read."""

    name = "story"

    def __init__(self) -> None:
        self.now = BEGIN

    def streams(self) -> tuple[str, ...]:
        return STREAMS

    def read(self, stream: str, cursor: str | None) -> Iterator[Page]:
        for number in range(int(cursor or 0) + 1, PAGES // len(STREAMS) + 1):
            self.now = BEGIN + timedelta(hours=number)
            yield getattr(self, stream)(number)

    def content(self, number: int) -> Page:
        room = f"r{number % 5}"
        page = Activity(
            f"p{number}", Kind.CREATE, room, f"a{number % 7}", self.now, f"p{number}", ContentType.PAGE
        )
        edit = Activity(
            f"p{number}#2", Kind.EDIT, room, f"a{number % 3}", self.now, f"p{number}", ContentType.PAGE
        )
        again = Activity(
            f"p{number - 1}", Kind.CREATE, room, "x", self.now, f"p{number - 1}", ContentType.PAGE
        )
        known = Content(f"p{number}", room, ContentType.PAGE, self.now, self.now, version=number)
        return Page(
            str(number),
            [page, edit, again] if number > 1 else [page, edit],
            rooms=[Room(room, room.upper(), open=True)],
            people=[Person(f"a{number % 7}", unit=f"unit {number % 2}")],
            contents=[known],
            aliases=[Alias(f"name {number % 9}", room, f"p{number}", ContentType.PAGE)],
            gaps=[Gap(room, f"p{number}", (Kind.COMMENT,), "broken")] if number % 4 == 0 else (),
            closed=[(f"r{(number - 8) % 5}", f"p{number - 8}")],
        )

    def likes(self, number: int) -> Page:
        people = frozenset(f"a{person}" for person in range(9) if (number * 7 + person * 5) % 4)
        liked = f"p{number % 6}"
        views = Counter(CounterName.VIEWS, "r1", liked, number, self.now)
        seen = Reactors(liked, "r1", ContentType.PAGE, liked, people, self.now)
        return Page(str(number), reactors=[seen], counters=[views])

    def members(self, number: int) -> Page:
        people = frozenset(f"a{person}" for person in range(9) if (number * 3 + person) % 5)
        return Page(
            str(number), members=[Members(f"r{number % 3}", people, frozenset({"a0"}), number % 7 != 0)]
        )

    def requests(self) -> int:
        return 0

    def close(self) -> None:
        pass


def run(url: str, folder: Path) -> None:
    story = Story()
    people = Pseudonymiser(open_keys(folder / "key" / "pseudonym.key", "acme"), "acme")
    log = ActivityLog(folder / "activity", "acme")
    report = collect(
        connect(url), log, people, "wiki", connector=story, flush_rows=8, clock=lambda: story.now
    )
    assert report.state in ("done", "partial"), report


if __name__ == "__main__":
    fork_for_each_line(lambda _: run(sys.argv[1], Path(sys.argv[2])))
