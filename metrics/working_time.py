"""When people work: days and hours of a region, without its holidays."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
MONDAY_TO_FRIDAY = 0b11111


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a day in the organisation's time zone, cut where work begins: seconds since 1970 in [since, until).

    `worked` are the working seconds before it, counted from the first day asked for; of its own seconds the first `working` are
    worked.
    """

    day: date
    since: int
    until: int
    worked: int
    working: int


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """When people of a region work; the region '' is the organisation's own.

    `week` has a bit for each weekday, 1 for Monday; `opens` and `closes` are times on a clock in `zone`; `free` are public
    holidays and days the company is shut. Raises `ValueError` where work would end before it begins or on no day.
    """

    zone: ZoneInfo
    region: str = ""
    week: int = MONDAY_TO_FRIDAY
    opens: time = time(8)
    closes: time = time(17)
    free: Collection[date] = frozenset()

    def __post_init__(self) -> None:
        if not self.opens < self.closes or not 0 < self.week < 128:
            raise ValueError("work has to begin before it ends, on at least one day of the week")

    def works(self, day: date) -> bool:
        return bool(self.week >> day.weekday() & 1) and day not in self.free

    def days(self, first: date, last: date) -> Iterator[tuple[date, int]]:
        """Every day from first to last, each with how many working days there were up to and with it."""
        count, day = 0, first
        while day <= last:
            count += self.works(day)
            yield day, count
            day += ONE_DAY

    def stretches(self, first: date, last: date, zone: ZoneInfo) -> Iterator[Stretch]:
        """The days from first to last in the time zone `zone`, each cut where work begins.

        Instants are compared, not clocks: a day on which the clocks are changed is as long as it was.
        """
        shifts = list(self._shifts(first - ONE_DAY, last + ONE_DAY))
        worked, day, place = 0, first, 0
        while day <= last:
            dawn, dusk = _moment(day, time(), zone), _moment(day + ONE_DAY, time(), zone)
            while shifts[place:] and shifts[place][1] <= dawn:
                place += 1
            begins = [begin for begin, _ in shifts[place : place + 3] if dawn < begin < dusk]
            for since, until in zip([dawn, *begins], [*begins, dusk], strict=True):
                running = (end for begin, end in shifts[place : place + 3] if begin <= since < end)
                working = min(next(running, since), until) - since
                yield Stretch(day, since, until, worked, working)
                worked += working
            day += ONE_DAY

    def _shifts(self, first: date, last: date) -> Iterator[tuple[int, int]]:
        day = first
        while day <= last:
            if self.works(day):
                yield _moment(day, self.opens, self.zone), _moment(day, self.closes, self.zone)
            day += ONE_DAY


def _moment(day: date, clock: time, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, clock, zone).astimezone(UTC).timestamp())
