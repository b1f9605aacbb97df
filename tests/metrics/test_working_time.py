from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.working_time import WorkingTime

BERLIN, HAWAII = ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Honolulu")
MONDAY = date(2026, 3, 2)
HOUR = 3600


def test_working_days_leave_out_weekends_and_free_days() -> None:
    times = WorkingTime(BERLIN, free={date(2026, 4, 3), date(2026, 4, 6)})
    counted = dict(times.days(date(2026, 4, 1), date(2026, 4, 8)))
    # Wednesday, Thursday, Good Friday, the weekend, Easter Monday, Tuesday, Wednesday
    assert list(counted.values()) == [1, 2, 2, 2, 2, 2, 3, 4]


@pytest.mark.parametrize(("opens", "closes", "week"), [(17, 8, 31), (8, 8, 31), (8, 17, 0)])
def test_work_that_never_happens_is_refused(opens: int, closes: int, week: int) -> None:
    with pytest.raises(ValueError, match="begin before it ends"):
        WorkingTime(BERLIN, week=week, opens=time(opens), closes=time(closes))


def test_a_day_on_which_the_clocks_change_has_as_many_working_hours_as_any() -> None:
    # In Berlin the 29th of March has 23 hours and the 25th of October 25.
    every_day = WorkingTime(BERLIN, week=0b1111111)
    for day in (date(2026, 3, 29), date(2026, 10, 25)):
        cut = list(every_day.stretches(day - timedelta(days=3), day + timedelta(days=3), BERLIN))
        whole = cut[-1].worked + cut[-1].working - cut[0].worked
        assert whole == 7 * 9 * HOUR


@given(
    day=st.dates(date(2026, 1, 1), date(2026, 12, 1)),
    zone=st.sampled_from((BERLIN, HAWAII, ZoneInfo("Pacific/Auckland"))),
    week=st.integers(1, 127),
)
def test_stretches_follow_each_other_and_hold_all_working_time(day: date, zone: ZoneInfo, week: int) -> None:
    times = WorkingTime(zone, week=week)
    cut = list(times.stretches(day, day + timedelta(days=20), BERLIN))
    for before, after in pairwise(cut):
        assert before.until == after.since
        assert before.worked + before.working == after.worked
        assert 0 <= before.working <= before.until - before.since
    first, last = cut[0].since, cut[-1].until
    naive = 0
    for number in range(-2, 24):
        there = day + timedelta(days=number)
        if times.works(there):
            opens, closes = (
                datetime.combine(there, clock, zone).astimezone(UTC).timestamp()
                for clock in (times.opens, times.closes)
            )
            naive += max(0, int(min(closes, last) - max(opens, first)))
    assert cut[-1].worked + cut[-1].working == naive


def waited(intranet: Any, posted: str, answered: str) -> float:
    intranet.post("ada", posted, "news")
    intranet.comment("bob", answered, "news")
    return intranet.cell("time_to_first_response", MONDAY).numerator / 60


@pytest.mark.parametrize(
    ("posted", "answered", "hours"),
    [
        ("2026-03-03 09:00", "2026-03-03 11:30", 2.5),
        ("2026-03-03 16:00", "2026-03-04 09:00", 2),  # the night does not count
        ("2026-03-06 16:00", "2026-03-09 09:00", 2),  # nor does the weekend
        ("2026-03-07 12:00", "2026-03-08 12:00", 0),
        ("2026-03-03 06:00", "2026-03-03 08:01", 1 / 60),
        ("2026-03-03 16:00", "2026-03-03 22:00", 1),
    ],
)
def test_only_working_hours_are_waited(intranet: Any, posted: str, answered: str, hours: float) -> None:
    assert waited(intranet, posted, answered) == pytest.approx(hours)


def test_nobody_waits_over_a_holiday(intranet: Any) -> None:
    intranet.times = [WorkingTime(BERLIN, free={date(2026, 3, 4)})]
    assert waited(intranet, "2026-03-03 16:00", "2026-03-05 09:00") == 2


def test_hours_are_those_of_the_authors_site_wherever_it_is(intranet: Any) -> None:
    # Berlin's 16:00 is 5:00 in Honolulu; its 8 to 17 is 19:00 to 4:00 in Berlin.
    intranet.person("ada")
    intranet.times.append(WorkingTime(HAWAII, "Honolulu"))
    intranet.regions[intranet.number("ada")] = "Honolulu"
    assert waited(intranet, "2026-03-03 16:00", "2026-03-04 02:00") == 7


def test_the_seven_working_days_of_a_post_are_those_of_its_authors_site(intranet: Any) -> None:
    intranet.person("ada")
    intranet.person("cyd")
    intranet.times.append(WorkingTime(BERLIN, "Augsburg", free={date(2026, 3, 5)}))
    intranet.regions[intranet.number("ada")] = "Augsburg"
    for name in ("ada", "cyd"):
        intranet.post(name, "2026-03-03 09:00", f"news of {name}")
        # The seventh working day is Thursday the 12th, where the 5th is free it is Friday the 13th.
        intranet.comment("bob", "2026-03-13 10:00", f"news of {name}")
    assert intranet.ratio("response_rate", MONDAY) == (1, 2)
