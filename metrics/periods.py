"""Periods and working days."""

from collections.abc import Iterator
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


def is_working_day(day: date) -> bool:
    """Monday to Friday; public holidays are not known yet."""
    return day.weekday() < 5


def working_days(first: date, last: date) -> Iterator[tuple[date, int]]:
    """Every day from first to last, each with how many working days there were up to and with it."""
    count, day = 0, first
    while day <= last:
        count += is_working_day(day)
        yield day, count
        day += timedelta(days=1)
