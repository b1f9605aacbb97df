"""How far comments have been read: the counts of every page that has any, inside the cursor."""

import json
from dataclasses import dataclass, field

from connectors.cursor import inside, restored
from connectors.microsoft.links import Links, pack, unpack
from connectors.microsoft.source import Source
from connectors.settings import OBSERVE_ALL

FIRST_LEAST, FIRST_PERCENT, LATER = 100, 2, 500
"""The built-in budget: as for Confluence, 2 % of the contents (at least 100) at first, then 500 a run."""
_FORM = 1


def budget(source: Source, *, first: bool) -> float:
    """How many requests one run may spend on looking again."""
    given = source.settings.observe
    if given == OBSERVE_ALL:
        return float("inf")
    if given is not None:
        return given
    return max(FIRST_LEAST, source.memory.count() * FIRST_PERCENT // 100) if first else LATER


@dataclass(frozen=True, slots=True)
class Counts:
    """What was read of a page: comments and likes as the list counted them (None: it does not), and in which span of time."""

    comments: int | None = 0
    likes: int | None = 0
    span: int = 0


@dataclass(frozen=True, slots=True)
class _Kept:
    """The inside of the cursor: that of the links, and the counts as lists."""

    links: str
    counts: dict[str, dict[str, tuple[int | None, int | None, int]]]


@dataclass(slots=True)
class Progress:
    links: Links = field(default_factory=Links)
    counts: dict[str, dict[str, Counts]] = field(default_factory=dict)

    @classmethod
    def parse(cls, cursor: str | None) -> "Progress":
        if cursor is None:
            return cls()
        kept: _Kept = restored(_Kept, inside(unpack(cursor), _FORM))
        counts = {
            key: {number: Counts(*values) for number, values in pages.items()}
            for key, pages in kept.counts.items()
        }
        return cls(Links.parse(kept.links), counts)

    def dump(self) -> str:
        counts = {
            key: {number: [one.comments, one.likes, one.span] for number, one in pages.items()}
            for key, pages in self.counts.items()
            if pages
        }
        links = self.links.dump()
        return pack(
            json.dumps(
                {"form": _FORM, "links": links, "counts": counts}, sort_keys=True, separators=(",", ":")
            )
        )
