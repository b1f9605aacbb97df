"""Builders of measurements, countable by hand."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from service.publication.measured import Measured

WEEK = date(2026, 3, 2)
Builder = Callable[..., Measured]


@pytest.fixture
def measured() -> Builder:
    def build(  # noqa: PLR0917 - a row is read from left to right
        metric: str,
        scope: str,
        key: str,
        count: int,
        people: int,
        category: str = "",
        *,
        since: date = WEEK,
        window: str = "week",
        numerator: int | None = None,
        denominator: int | None = None,
    ) -> Measured:
        return Measured(
            metric, category, scope, key, window, since, since + timedelta(days=7 if window == "week" else 28),
            count if numerator is None else numerator, people if denominator is None else denominator,
            people, count, "known", None,
        )  # fmt: skip

    return build
