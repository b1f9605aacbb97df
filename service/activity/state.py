"""What every commit of an activity log carries in its metadata."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

STATE = "resonanz"
"""Under this name."""


class Position(NamedTuple):
    """How far a stream is stored: number of its last batch, and the cursor that holds after it."""

    sequence: int
    cursor: str | None


@dataclass(slots=True)
class State:
    """What every commit carries: all positions, the weeks its rows fall in, and which key made the pseudonyms."""

    positions: dict[str, Position] = field(default_factory=dict)
    fingerprint: str | None = None

    def metadata(self, touched: Iterable[date]) -> dict[str, Any]:
        return {
            STATE: {
                "positions": {stream: list(position) for stream, position in self.positions.items()},
                "fingerprint": self.fingerprint,
                "weeks": [monday.isoformat() for monday in touched],
            }
        }
