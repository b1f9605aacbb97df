"""What a dry run of collecting and publishing found, for whoever shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class DryRun:
    """What came of each step. `answer` is what the platform told of a comment of the invented person, `activities` the rows that were
    stored of that person, `known` the row of the person, `published` the cells of both rooms in the newest whole week.

    `traces` is how often each of the person's names, the address and the platform's account id stands in what was stored.
    """

    request: str
    answer: Mapping[str, Any]
    activities: Sequence[Mapping[str, Any]]
    known: Mapping[str, Any]
    traces: Mapping[str, int]
    published: Sequence[Mapping[str, Any]]
    minimum_group: int

    def to_dict(self) -> dict[str, Any]:
        return dict(vars(self))
