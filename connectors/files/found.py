"""What one line of a file may tell."""

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.activity import Activity, Alias, Counter, Person, Room


@dataclass(frozen=True, slots=True)
class Found:
    """`skipped` is why a sound line was left out on purpose."""

    activity: Activity | None = None
    counters: Sequence[Counter] = ()
    person: Person | None = None
    room: Room | None = None
    aliases: Sequence[Alias] = ()
    skipped: str | None = None
