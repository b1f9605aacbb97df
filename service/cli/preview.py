"""`resonanz source preview`: reads a source and shows what would be stored, storing nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice
from typing import Annotated, Any

import typer

from connectors.activity import Page
from connectors.base import Connector, Nothing, connector
from connectors.errors import AccessDenied, BadAnswer, NotThere
from service.cli.output import AsJson, console, print_json, print_table
from service.context import opened, the_source


@dataclass
class Preview:
    """What the pages of a source hold. Of people and rooms only how many there are."""

    pages: int = 0
    more: bool = False
    kinds: Counter[str] = field(default_factory=Counter)
    counters: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    gaps: Counter[str] = field(default_factory=Counter)
    rooms: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    earliest: datetime | None = None
    latest: datetime | None = None

    def add(self, page: Page) -> None:
        self.pages += 1
        self.skipped.update(page.skipped)
        self.gaps.update(gap.reason for gap in page.gaps)
        self.counters.update(counter.name.value for counter in page.counters)
        self.rooms.update(room.key for room in page.rooms)
        self.people.update(person.id for person in page.people)
        for activity in page.activities:
            self.kinds[activity.kind.value] += 1
            self.rooms.add(activity.room)
            if activity.person is not None:
                self.people.add(activity.person)
            self.earliest = min(self.earliest or activity.happened, activity.happened)
            self.latest = max(self.latest or activity.happened, activity.happened)

    def to_dict(self) -> dict[str, Any]:
        return {
            "pages": self.pages,
            "more": self.more,
            "activities": dict(sorted(self.kinds.items())),
            "counters": dict(sorted(self.counters.items())),
            "rooms": len(self.rooms),
            "people": len(self.people),
            "earliest": self.earliest,
            "latest": self.latest,
            "skipped": dict(sorted(self.skipped.items())),
            "gaps": dict(sorted(self.gaps.items())),
        }


def previewed(reader: Connector, pages: int) -> Preview:
    """The first pages of every stream, as the first sync would read them. A stream that breaks off is a gap."""
    preview = Preview()
    for stream in reader.streams():
        try:
            found = reader.read(stream, None)
            for page in islice(found, pages):
                preview.add(page)
            preview.more = preview.more or next(found, None) is not None
        except (AccessDenied, NotThere, BadAnswer) as error:
            preview.gaps[f"{stream}: {type(error).__name__}"] += 1
    return preview


def rejected(reader: object) -> Sequence[dict[str, Any]]:
    """Lines of files that were left out, where the connector reads files."""
    told = getattr(reader, "rejected", None)
    return [] if told is None else [asdict(line) for line in told()]


def preview(
    key: Annotated[str, typer.Argument(help="The source's key.")],
    pages: Annotated[int, typer.Option(min=1, help="At most so many pages of each stream.")] = 500,
    as_json: AsJson = False,
) -> None:
    """Read a source and show what would be stored, and which lines of files would be rejected. Nothing is stored."""
    with opened() as context, context.transaction() as session:
        source = the_source(session, key)
        name, settings = source.connector, dict(source.settings)
    reader = connector(name).connect(settings, Nothing())
    try:
        result = previewed(reader, pages)
        lines = rejected(reader)
    finally:
        reader.close()
    if as_json:
        print_json({"source": key, **result.to_dict(), "rejected": lines})
    else:
        _show(result, lines)


def _show(result: Preview, lines: Sequence[dict[str, Any]]) -> None:
    counted = result.kinds + result.counters
    print_table(
        [{"kind": kind, "would be stored": number} for kind, number in sorted(counted.items())],
        ("kind", "would be stored"),
    )
    console.print(f"Rooms: {len(result.rooms)}, people: {len(result.people)}")
    if result.earliest is not None:
        console.print(f"From {result.earliest:%Y-%m-%d %H:%M} to {result.latest:%Y-%m-%d %H:%M} UTC")
    if result.skipped:
        skipped = [{"left out": reason, "count": count} for reason, count in sorted(result.skipped.items())]
        print_table(skipped, ("left out", "count"))
    if lines:
        print_table(list(lines), ("file", "line", "reason"), title="Rejected lines (line 0: the whole file):")
    if result.more:
        console.print("There is more: --pages reads further.")
