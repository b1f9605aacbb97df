"""When something comes up again: every so many minutes, or daily at a time of day in a time zone."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from service.errors import Invalid

_DAILY = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_EVERY = re.compile(r"([1-9]\d{0,4})(m|h|d)")
_MINUTES = {"m": 1, "h": 60, "d": 24 * 60}
MOST = 31 * 24 * 60


@dataclass(frozen=True, slots=True)
class Every:
    """Every so many minutes, counted from the last time it was due."""

    minutes: int

    def after(self, moment: datetime, last: datetime | None = None) -> datetime:
        """The first time after `moment`; what was missed is left out."""
        span = timedelta(minutes=self.minutes)
        if last is None or not last <= moment < last + 1000 * span:
            return moment + span
        return last + ((moment - last) // span + 1) * span

    def __str__(self) -> str:
        unit = next(unit for unit in ("d", "h", "m") if self.minutes % _MINUTES[unit] == 0)
        return f"{self.minutes // _MINUTES[unit]}{unit}"


@dataclass(frozen=True, slots=True)
class Daily:
    """Once on every day of a time zone, also on those on which that time does not exist or exists twice.

    As in RFC 5545, section 3.3.5: of two the first, and in a gap as far behind its beginning as the time lies behind it (02:30 becomes 03:30).
    """

    at: time
    zone: str

    def after(self, moment: datetime, last: datetime | None = None) -> datetime:
        """The first time after `moment`; what was missed is left out."""
        zone = ZoneInfo(self.zone)
        day = moment.astimezone(zone).date() - timedelta(days=2)
        while True:
            found = datetime.combine(day, self.at, zone).astimezone(UTC)
            if found > moment:
                return found
            day += timedelta(days=1)

    def __str__(self) -> str:
        return f"{self.at:%H:%M} {self.zone}"


Rhythm = Every | Daily


def read(text: str, zone: str) -> Rhythm:
    """From '02:00' (daily, in the zone) or '15m', '6h', '7d'. Raises `Invalid`."""
    if daily := _DAILY.fullmatch(text):
        try:
            ZoneInfo(zone)
        except (KeyError, OSError, ValueError):
            raise Invalid(f"{zone!r} is no time zone: give one like Europe/Berlin") from None
        return Daily(time(int(daily[1]), int(daily[2])), zone)
    if (every := _EVERY.fullmatch(text)) and int(every[1]) * _MINUTES[every[2]] <= MOST:
        return Every(int(every[1]) * _MINUTES[every[2]])
    raise Invalid(
        f"{text!r} is no time: give one of the day as 02:00, or how often as 15m, 6h or 7d (at most 31d)"
    )
