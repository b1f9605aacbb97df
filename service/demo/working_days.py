"""When people in a German company work: weekdays, public holidays, school holidays, office hours in Europe/Berlin."""

import random
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
_OPENS, _CLOSES = time(6, 45), time(19, 30)


@cache
def holidays(year: int) -> frozenset[date]:
    """The public holidays all German states share, with the two half days before them that companies give."""
    easter = _easter(year)
    moving = (-2, 1, 39, 50)  # Good Friday, Easter Monday, Ascension Day, Whit Monday
    fixed = ((1, 1), (5, 1), (10, 3), (12, 24), (12, 25), (12, 26), (12, 31))
    return frozenset(
        [easter + timedelta(days) for days in moving] + [date(year, month, day) for month, day in fixed]
    )


def dawn(day: date) -> datetime:
    """Midnight in Berlin, as aware UTC."""
    return datetime.combine(day, time(), BERLIN).astimezone(UTC)


def works(day: date) -> bool:
    return day.weekday() < 5 and day not in holidays(day.year)


def presence(day: date) -> float:
    """How much of the usual activity a day sees, 0 to about 1.1."""
    if not works(day):
        return 0.03
    if (day.month, day.day) >= (12, 22) or (day.month, day.day) <= (1, 5):
        return 0.25
    weekday = (1.0, 1.1, 1.05, 1.0, 0.7)[day.weekday()]
    summer = date(day.year, 7, 15) <= day <= date(day.year, 8, 25)
    return weekday * (0.6 if summer else 1.0)


def office_hour(day: date, rng: random.Random) -> datetime:
    """A moment of the day: a peak before noon, a lower one after lunch, a few in the evening. Aware UTC."""
    draw = rng.random()
    if draw < 0.03:
        hours = rng.uniform(19.5, 22.5)
    else:
        hours = rng.gauss(9.7, 1.2) if draw < 0.6 else rng.gauss(14.1, 1.4)
    hours = min(max(hours, 6.0), 22.9)
    local = datetime.combine(day, time(), BERLIN) + timedelta(seconds=int(hours * 3600))
    return local.astimezone(UTC)


def reaction_time(start: datetime, median_hours: float, sigma: float, rng: random.Random) -> datetime:
    """A log-normal delay after `start`; what would fall outside office hours mostly waits for the next working day."""
    moment = start + timedelta(seconds=int(rng.lognormvariate(0.0, sigma) * median_hours * 3600) + 20)
    local = moment.astimezone(BERLIN)
    open_now = works(local.date()) and _OPENS <= local.time() <= _CLOSES
    if open_now or rng.random() < 0.04:
        return moment
    day = local.date()
    if local.time() > _CLOSES or not works(day):
        day += timedelta(1)
    while not works(day):
        day += timedelta(1)
    morning = datetime.combine(day, _OPENS, BERLIN) + timedelta(seconds=int(rng.expovariate(1 / 5400)))
    return max(morning.astimezone(UTC), moment)


def _easter(year: int) -> date:
    """Easter Sunday by the anonymous Gregorian algorithm (Meeus/Jones/Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)
