from datetime import date, timedelta
from typing import Any

import pytest

# A half-year of 26 weeks begins on 2025-12-01 and ends on 2026-06-01.
SINCE, UNTIL = date(2025, 12, 1), date(2026, 6, 1)
DAY = timedelta(days=1)
HALF = {"window": "weeks26"}


@pytest.fixture
def house(intranet: Any) -> Any:
    """The log reaches back to January 2025."""
    intranet.since = date(2025, 1, 6)
    intranet.post("ada", "2025-01-06 09:00", "first", room="lobby")
    return intranet


def life(intranet: Any, room: str, created: date | None, *acts: date, **more: Any) -> None:
    intranet.room(room, created=created, **more)
    for number, day in enumerate(acts):
        intranet.post("ada", f"{day} 09:00", f"{room} {number}", room=room)


def alive(intranet: Any, number: int, since: date = date(2025, 1, 6)) -> None:
    for room in range(number):
        life(intranet, f"alive {room}", since, date(2026, 5, 20))


def survival(intranet: Any, days: int) -> Any:
    return intranet.cell("room_survival", SINCE, category=f"days_{days}", **HALF)


def test_rooms_that_fell_silent_end_with_their_last_act_and_living_ones_are_still_open(house: Any) -> None:
    alive(house, 8)
    life(house, "short", date(2025, 3, 3), date(2025, 3, 3) + 40 * DAY)
    life(house, "long", date(2025, 3, 3), date(2025, 3, 3) + 200 * DAY)
    assert [survival(house, days).numerator for days in (90, 180, 365)] == [9000, 9000, 8000]
    cell = survival(house, 90)
    assert (cell.denominator, cell.excluded) == (10_000, 0)
    # The logarithm of 9/10 with the error sqrt(1 / (10 · 9)), the upper end beyond 1.
    assert cell.low == pytest.approx(0.9 * 2.718281828 ** (-1.959964 / 90**0.5))
    assert cell.high == 1


def test_sixty_silent_working_days_make_an_end(house: Any) -> None:
    alive(house, 9)
    # From Monday 2026-03-09 on there are exactly 60 working days up to Friday 2026-05-29.
    life(house, "asleep", date(2026, 2, 16), date(2026, 3, 6))
    assert survival(house, 90).numerator == 9000
    life(house, "awake", date(2026, 2, 16), date(2026, 3, 9))
    # Eleven at risk after 18 days, since the one that stirs is open.
    assert survival(house, 90).numerator == round(10_000 * 10 / 11)


def test_closed_and_deleted_rooms_did_not_die(house: Any) -> None:
    alive(house, 9)
    life(house, "closed", date(2025, 3, 3), date(2025, 3, 13), archived=True)
    life(house, "deleted", date(2025, 3, 3), date(2025, 3, 14), gone=date(2025, 4, 1))
    life(house, "dead", date(2025, 3, 3), date(2025, 3, 17))
    # The closed and the deleted one were followed for 10 and 11 days and are no longer at risk after 14.
    assert survival(house, 90).numerator == 9000


def test_rooms_older_than_the_data_count_from_their_beginning(house: Any) -> None:
    alive(house, 10)
    # At 370 days only those are at risk that were seen then: the old one, and the living ones that are older.
    life(house, "old", date(2024, 1, 8), date(2024, 1, 8) + 380 * DAY)
    assert survival(house, 365).numerator == 10_000
    life(house, "gone before", date(2020, 1, 6))
    cell = survival(house, 365)
    assert (cell.numerator, cell.excluded) == (10_000, 1)


def test_rooms_of_unknown_birth_and_brought_along_are_left_out(house: Any) -> None:
    alive(house, 10)
    life(house, "unknown", None, date(2025, 3, 3))
    house.brought.add(date(2025, 6, 2))
    life(house, "brought", date(2025, 6, 2), date(2025, 6, 3))
    cell = survival(house, 90)
    assert (cell.numerator, cell.excluded) == (10_000, 2)


@pytest.mark.parametrize(("number", "reason"), [(0, "births_unknown"), (9, "few_rooms"), (10, None)])
def test_of_few_rooms_nothing_is_told(house: Any, number: int, reason: str | None) -> None:
    alive(house, number)
    life(house, "unknown", None, date(2025, 3, 3))
    assert survival(house, 90).reason == reason


def test_an_age_no_room_has_reached_is_unknown(house: Any) -> None:
    alive(house, 10, since=date(2025, 10, 6))
    assert survival(house, 180).reason is None
    assert survival(house, 365).reason == "not_enough_history"


def test_bots_keep_no_room_alive(house: Any) -> None:
    alive(house, 9)
    house.person("bot", kind="service")
    life(house, "robots", date(2025, 3, 3))
    house.post("bot", "2026-05-20 09:00", "report", room="robots")
    assert survival(house, 90).numerator == 9000


def second_voice(intranet: Any, room: str, created: date, after: int | None) -> None:
    life(intranet, room, created, created)
    if after is not None:
        intranet.comment("bob", f"{created + after * DAY} 10:00", f"{room} 0", room=room)


def first(intranet: Any) -> Any:
    return intranet.cell("time_to_first_voice", SINCE, **HALF)


def test_the_median_time_to_the_second_voice_counts_silent_rooms_as_open(house: Any) -> None:
    for number, after in enumerate((0, 1, 2, 3, 5, 8, None, None, None, None)):
        second_voice(house, f"room {number}", date(2026, 2, 2), after)
    second_voice(house, "earlier", date(2025, 11, 30), 0)
    cell = first(house)
    # Five of ten within 5 days; of those answered alone it would be 2 or 3.
    assert (cell.numerator, cell.denominator, cell.excluded) == (5, 1, 0)
    # After 2 days the share is 0.7, its lower end 0.7 · exp(-1.96 · sqrt(1/90 + 1/72 + 1/56)) = 0.47.
    assert cell.low == 2
    assert cell.high is None


def test_without_a_second_voice_in_half_of_the_rooms_there_is_no_median(house: Any) -> None:
    for number in range(10):
        second_voice(house, f"room {number}", date(2026, 2, 2), 0 if number < 4 else None)
    assert first(house).reason == "not_reached"


def test_of_rooms_made_before_their_log_begins_the_first_voice_is_unknown(intranet: Any) -> None:
    intranet.since = date(2025, 11, 3)
    for number in range(10):
        second_voice(intranet, f"room {number}", date(2026, 2, 2), 4)
        life(intranet, f"older {number}", date(2026, 1, 15), date(2026, 2, 2))
    life(intranet, "unknown", None, date(2026, 2, 3))
    cell = first(intranet)
    assert (cell.numerator, cell.denominator, cell.excluded) == (4, 1, 11)


def test_of_few_new_rooms_and_of_none_nothing_is_told(house: Any) -> None:
    second_voice(house, "room", date(2026, 2, 2), 4)
    assert first(house).reason == "few_rooms"
    assert house.cell("time_to_first_voice", date(2025, 6, 2), **HALF) is None
