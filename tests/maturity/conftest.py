"""A publication, a survey round and a register that are made by hand."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from service.maturity.model import current
from service.maturity.register import Entry, Standing
from service.models import PublishedCoverage, PublishedValue

MOMENT = datetime(2026, 6, 1, 8, tzinfo=UTC)
SINCE, UNTIL = date(2026, 3, 2), date(2026, 3, 30)


@dataclass
class Shown:
    """Stands for what is published: values by metric and category, the same for every window."""

    values: dict[tuple[str, str], tuple[float | None, float | None, float | None]]
    state: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    read: float | None = 1.0
    run: Any = field(default_factory=lambda: SimpleNamespace(digest="d" * 64))

    def series(self, metric: str, window: str) -> list[PublishedValue]:
        found = []
        for (name, category), (value, low, high) in self.values.items():
            if name != metric:
                continue
            state, reason = self.state.get((name, category), ("published", None))
            hidden = state != "published"
            cell = PublishedValue(
                metric=metric,
                category=category,
                scope="organisation",
                scope_key="",
                window=window,
                since=SINCE,
                until=UNTIL,
                value=None if hidden else value,
                low=None if hidden else low,
                high=None if hidden else high,
                people=100,
                state=state,
                reason=reason,
            )
            found.append(cell)
        return found

    def coverage(self) -> list[PublishedCoverage]:
        return [
            PublishedCoverage(source="wiki", kind=kind, share=self.read, rooms_missing=0, reasons={})
            for kind in ("create", "edit", "comment", "reply", "react", "view", "join")
        ]


def entries(standings: dict[str, Standing]) -> list[Entry]:
    """The register where these facts stand so, and of the others nothing is known."""
    return [
        Entry(fact, dimension.key, standings.get(fact.key, Standing.UNKNOWN), None, ())
        for dimension in current().dimensions
        for fact in dimension.facts
    ]


@pytest.fixture
def model() -> Any:
    return current()
