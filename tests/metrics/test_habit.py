from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from metrics.habit import frequency_cell

BERLIN = ZoneInfo("Europe/Berlin")
SINCE = date(2026, 3, 23)
"""The first day of a window of 28 days."""
MONDAY = datetime(2026, 3, 23, 9, tzinfo=BERLIN)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
START = date(2025, 1, 6)


@pytest.fixture
def long(make_intranet: Any) -> Any:
    """An intranet whose data reach back more than a year."""
    intranet = make_intranet(since=START)
    intranet.person("founder", active=False)
    intranet.post("founder", "2025-01-08 09:00", "first word")
    return intranet


def staff(intranet: Any, *names: str) -> None:
    for name in names:
        intranet.person(name)


def say(intranet: Any, name: str, when: datetime, **more: Any) -> None:
    intranet.post(name, when, f"word {len(intranet.log)}", **more)


def four_people_on_known_days(intranet: Any) -> None:
    for day, names in enumerate((("p1", "p2"), ("p1",), ("p1", "p3"), ("p1", "p2"))):
        for name in names:
            say(intranet, name, MONDAY + day * WEEK)


def found(intranet: Any, metric: str, **more: Any) -> Any:
    return intranet.cell(metric, SINCE, window="days28", **more)


def test_weekly_stickiness_is_the_published_example_read_as_weeks(intranet: Any) -> None:
    # KA-39: sets {1, 2}, {1}, {1, 3}, {1, 2}: mean 1.75 of 3 people.
    staff(intranet, "p1", "p2", "p3", "never")
    four_people_on_known_days(intranet)
    cell = found(intranet, "weekly_stickiness")
    assert (cell.numerator, cell.denominator, cell.people, cell.affirming) == (7, 12, 3, 3)
    assert round(cell.numerator / cell.denominator, 6) == 0.583333
    assert cell.largest == 4
    assert cell.low <= 7 / 12 <= cell.high


def test_daily_stickiness_is_the_published_example_over_the_working_days(intranet: Any) -> None:
    # KA-39 on four of the 20 working days.
    staff(intranet, "p1", "p2", "p3")
    for day, names in enumerate((("p1", "p2"), ("p1",), ("p1", "p3"), ("p1", "p2"))):
        for name in names:
            say(intranet, name, MONDAY + day * DAY)
            say(intranet, name, MONDAY + day * DAY + HOUR, room="other")
    cell = found(intranet, "daily_stickiness")
    assert (cell.numerator, cell.people) == (7, 3)
    assert cell.denominator == 3 * cell.largest
    assert 18 <= cell.largest <= 20


def test_stickiness_of_four_days_is_the_published_number() -> None:
    # KA-39 itself: four days, person 1 on all, 2 on two, 3 on one.
    cell = frequency_cell(
        [{"reason": None, "excluded": 0, "times": times, "people": 1, "length": 4} for times in (4, 2, 1)]
    )
    assert cell.numerator is not None
    assert cell.denominator is not None
    assert round(cell.numerator / cell.denominator, 6) == 0.583333


def test_a_day_off_makes_somebody_active_but_on_no_working_day(intranet: Any) -> None:
    staff(intranet, "ada", "bob")
    say(intranet, "ada", MONDAY)
    say(intranet, "bob", MONDAY + 5 * DAY)
    cell = found(intranet, "daily_stickiness")
    assert (cell.numerator, cell.people, cell.affirming) == (1, 2, 1)


def test_viewing_is_not_taking_part(intranet: Any) -> None:
    staff(intranet, "ada", "bob")
    say(intranet, "ada", MONDAY)
    for week in range(4):
        intranet.act("view", "bob", MONDAY + week * WEEK, "word 0")
    assert intranet.ratio("weekly_stickiness", SINCE, window="days28") == (1, 4)


def test_without_anybody_active_there_is_no_stickiness(intranet: Any) -> None:
    staff(intranet, "ada")
    for metric in ("weekly_stickiness", "daily_stickiness"):
        assert found(intranet, metric).reason == "nobody_active"


def test_bots_guests_and_imports_are_left_out_and_counted(intranet: Any) -> None:
    staff(intranet, "ada", "bob")
    intranet.person("bot", kind="service")
    intranet.person("visitor", kind="guest")
    say(intranet, "ada", MONDAY)
    say(intranet, "bot", MONDAY)
    say(intranet, "visitor", MONDAY + WEEK)
    for number in range(21):
        say(intranet, "bob", MONDAY + timedelta(seconds=number))
    cell = found(intranet, "weekly_stickiness")
    assert (cell.numerator, cell.denominator, cell.excluded) == (1, 4, 23)


def test_it_is_unknown_how_sticky_where_reactions_have_no_date(intranet: Any) -> None:
    staff(intranet, "ada", "bob", "cyd")
    say(intranet, "ada", MONDAY)
    intranet.post("ada", "2026-01-07 09:00", "old")
    intranet.react("bob", MONDAY + WEEK, "old", dated=False)
    assert found(intranet, "weekly_stickiness").reason == "undated_reactions"


@pytest.mark.parametrize(("weeks", "habitual"), [(9, 1), (8, 0)])
def test_nine_of_the_twelve_weeks_up_to_the_end_are_a_habit(long: Any, weeks: int, habitual: int) -> None:
    staff(long, "ada", "bob")
    last = MONDAY + 3 * WEEK
    for week in range(weeks):
        say(long, "ada", last - week * WEEK)
        say(long, "ada", last - week * WEEK + DAY, room="other")
    for week in range(12, 30):
        say(long, "ada", last - week * WEEK)
    cell = found(long, "regularity")
    assert (cell.numerator, cell.denominator, cell.people, cell.affirming) == (habitual, 2, 2, habitual)


def test_the_twelve_weeks_begin_eight_weeks_before_the_window(long: Any) -> None:
    staff(long, "ada", "bob")
    for week in range(9):
        say(long, "ada", MONDAY - 8 * WEEK + week * WEEK)
        say(long, "bob", MONDAY - 9 * WEEK + week * WEEK)
    assert long.ratio("regularity", SINCE, window="days28") == (1, 2)


def test_regularity_is_unknown_until_the_data_reach_back_twelve_weeks(make_intranet: Any) -> None:
    for first, known in (("2026-01-26 09:00", True), ("2026-01-27 09:00", False)):
        intranet = make_intranet()
        staff(intranet, "ada")
        intranet.post("ada", first, "first word")
        cell = found(intranet, "regularity")
        assert (cell.reason is None) is known
        assert cell.reason in (None, "not_enough_history")


def test_a_year_of_people_is_compared_with_this_month(long: Any) -> None:
    staff(long, "ada", "bob", "cyd", "never")
    say(long, "ada", MONDAY)
    say(long, "bob", MONDAY - 40 * WEEK)
    say(long, "cyd", MONDAY - 48 * WEEK)
    say(long, "outside", MONDAY - 48 * WEEK - 10 * HOUR)
    cell = found(long, "community_health")
    assert (cell.numerator, cell.denominator, cell.people, cell.affirming) == (1, 3, 3, 1)


def test_community_health_is_unknown_in_the_first_year(intranet: Any) -> None:
    staff(intranet, "ada")
    say(intranet, "ada", MONDAY)
    assert found(intranet, "community_health").reason == "not_enough_history"


def test_reactions_of_the_year_without_a_date_leave_its_people_open(long: Any) -> None:
    staff(long, "ada", "bob")
    say(long, "ada", MONDAY)
    # Bob can have reacted any day from January to February, so not in the window but in the year.
    long.react("bob", "2026-02-10 09:00", "first word", dated=False)
    assert found(long, "active_share").reason is None
    assert found(long, "community_health").reason == "undated_reactions"
    assert found(long, "regularity").reason == "undated_reactions"
