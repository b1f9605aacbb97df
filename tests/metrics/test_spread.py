from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

SINCE = date(2026, 3, 23)
MONDAY = datetime(2026, 3, 23, 9, tzinfo=ZoneInfo("Europe/Berlin"))


def unit(intranet: Any, name: str, people: int, active: int) -> None:
    for number in range(people):
        intranet.person(f"{name} {number}", name)
        if number < active:
            intranet.post(f"{name} {number}", MONDAY, f"word of {name} {number}")


def found(intranet: Any) -> Any:
    return intranet.cell("spread", SINCE, window="days28")


@pytest.mark.parametrize(("active", "reached"), [(2, 2), (1, 1), (0, 1)])
def test_a_unit_is_reached_from_half_of_the_companys_share_on(
    intranet: Any, active: int, reached: int
) -> None:
    # 4 of 20 and 2 of 20: 6 of 40 are .15, half of which is .075; 2 of 20 are .1, 1 of 20 is .05.
    unit(intranet, "sales", 20, 4)
    unit(intranet, "legal", 20, active)
    cell = found(intranet)
    assert (cell.numerator, cell.denominator) == (reached, 2)
    assert (cell.people, cell.affirming) == (40, 20 * reached)


def test_exactly_half_is_enough(intranet: Any) -> None:
    # 3 of 10 and 1 of 10 and 2 of 10: 6 of 30 are .2, half of which is the .1 of the second.
    for name, active in (("a", 3), ("b", 1), ("c", 2)):
        unit(intranet, name, 10, active)
    assert (found(intranet).numerator, found(intranet).denominator) == (3, 3)


def test_units_of_fewer_than_ten_are_left_out_and_counted(intranet: Any) -> None:
    unit(intranet, "sales", 10, 5)
    unit(intranet, "board", 9, 0)
    cell = found(intranet)
    assert (cell.numerator, cell.denominator, cell.excluded) == (1, 1, 1)


def test_people_without_unit_count_for_the_company_only(intranet: Any) -> None:
    unit(intranet, "sales", 10, 1)
    for number in range(10):
        intranet.person(f"nobody's {number}")
        intranet.post(f"nobody's {number}", MONDAY, f"word {number}")
    assert (found(intranet).numerator, found(intranet).denominator) == (0, 1)


def test_without_units_or_activity_there_is_no_spread(intranet: Any) -> None:
    intranet.person("ada")
    intranet.post("ada", MONDAY, "word")
    assert found(intranet).reason == "no_units"
    unit(intranet, "sales", 10, 0)
    intranet.log.clear()
    assert found(intranet).reason == "nobody_active"


def test_bots_make_no_unit_active(intranet: Any) -> None:
    unit(intranet, "sales", 10, 5)
    unit(intranet, "legal", 10, 0)
    intranet.person("bot", "legal", kind="service")
    intranet.post("bot", MONDAY, "report")
    assert (found(intranet).numerator, found(intranet).denominator) == (1, 2)


def test_reactions_of_unknown_day_leave_the_spread_open(intranet: Any) -> None:
    unit(intranet, "sales", 10, 5)
    intranet.post("sales 0", "2026-01-07 09:00", "old")
    for number in range(5, 10):
        intranet.react(f"sales {number}", MONDAY, "old", dated=False)
    assert found(intranet).reason == "undated_reactions"
