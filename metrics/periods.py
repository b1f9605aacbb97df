"""Periods."""

from dataclasses import dataclass
from datetime import date, timedelta

from metrics.metric import Window

ANCHOR = date(2000, 1, 3)
"""A Monday: windows of 28 days begin on every fourth Monday from here, half-years on every 26th."""
LENGTHS = {Window.WEEK: 7, Window.DAYS28: 28, Window.WEEKS26: 182}


@dataclass(frozen=True, slots=True)
class Period:
    """Days in the half-open interval [since, until)."""

    window: Window
    since: date
    until: date

    @property
    def mid(self) -> date:
        """The day that says who belongs to the period."""
        return self.since + (self.until - self.since) // 2


def complete_periods(since: date, until: date) -> list[Period]:
    """The windows of every length that lie wholly in [since, until), in order."""
    found = []
    for window, length in LENGTHS.items():
        step = timedelta(days=length)
        first = ANCHOR + -((ANCHOR - since) // step) * step
        while first + step <= until:
            found.append(Period(window, first, first + step))
            first += step
    return found


def monday(day: date) -> date:
    """The first day of its ISO week."""
    return day - timedelta(days=day.weekday())
