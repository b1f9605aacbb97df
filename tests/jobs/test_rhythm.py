"""When something comes up again, also in the nights in which the clock is changed."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import given

from service.errors import Invalid
from service.jobs.rhythm import Daily, Every, read

BERLIN = ZoneInfo("Europe/Berlin")


def runs(rhythm: Daily, since: date, days: int) -> list[datetime]:
    """Every time it comes up in these days of Berlin, told again and again by the one before."""
    moment = datetime.combine(since, time(), BERLIN).astimezone(UTC) - timedelta(microseconds=1)
    until = datetime.combine(since + timedelta(days=days), time(), BERLIN).astimezone(UTC)
    found = []
    while (moment := rhythm.after(moment)) < until:
        found.append(moment)
    return found


@pytest.mark.parametrize(
    ("night", "at", "utc"),
    [
        (
            date(2026, 3, 29),
            time(2, 30),
            "2026-03-29T01:30:00+00:00",
        ),  # does not exist: an hour later by the clock
        (date(2026, 3, 29), time(2, 0), "2026-03-29T01:00:00+00:00"),
        (date(2026, 3, 29), time(3, 0), "2026-03-29T01:00:00+00:00"),
        (date(2026, 10, 25), time(2, 30), "2026-10-25T00:30:00+00:00"),  # exists twice: the first
        (date(2026, 10, 25), time(3, 0), "2026-10-25T02:00:00+00:00"),
    ],
)
def test_in_the_night_of_a_clock_change_it_comes_up_once(night: date, at: time, utc: str) -> None:
    assert [one.isoformat() for one in runs(Daily(at, "Europe/Berlin"), night, 1)] == [utc]


@given(
    at=st.times().map(lambda one: one.replace(second=0, microsecond=0)),
    day=st.dates(date(2020, 1, 1), date(2030, 12, 1)),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
)
def test_on_every_day_of_the_zone_it_comes_up_exactly_once(at: time, day: date, zone: str) -> None:
    rhythm = Daily(at, zone)
    moment = datetime.combine(day, time(12), ZoneInfo(zone)).astimezone(UTC)
    found = []
    for _ in range(9):
        moment = rhythm.after(moment)
        found.append(moment.astimezone(ZoneInfo(zone)).date())
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(found))


def test_what_was_missed_is_left_out_and_the_beat_is_kept() -> None:
    last = datetime(2026, 3, 2, 12, tzinfo=UTC)
    every = Every(5)
    assert every.after(last + timedelta(minutes=1), last) == last + timedelta(minutes=5)
    assert every.after(last + timedelta(minutes=33), last) == last + timedelta(minutes=35)
    assert every.after(last - timedelta(days=1), last) == last - timedelta(days=1) + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("02:00", Daily(time(2), "Europe/Berlin")),
        ("9:05", Daily(time(9, 5), "Europe/Berlin")),
        ("15m", Every(15)),
        ("6h", Every(360)),
        ("7d", Every(10080)),
    ],
)
def test_what_an_admin_writes(text: str, read_as: object) -> None:
    assert read(text, "Europe/Berlin") == read_as
    assert str(read_as).split()[0] == (text.zfill(5) if ":" in text else text)


@pytest.mark.parametrize("text", ["", "24:00", "2", "0m", "32d", "-5m", "02:60", "nachts"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="02:00"):
        read(text, "Europe/Berlin")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "Europe/\ud800"])
def test_what_is_no_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(Invalid, match="time zone"):
        read("02:00", zone)
