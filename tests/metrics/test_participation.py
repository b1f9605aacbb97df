from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

MONDAY = date(2026, 3, 2)
TUESDAY = datetime(2026, 3, 3, 9, tzinfo=ZoneInfo("Europe/Berlin"))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def staff(intranet: Any, *names: str, unit: str | None = None) -> None:
    for name in names:
        intranet.person(name, unit)


def colleagues(intranet: Any, number: int, when: datetime = TUESDAY) -> None:
    """So many people who each wrote something."""
    for position in range(number):
        intranet.person(f"colleague {position}")
        intranet.post(f"colleague {position}", when, f"word of {position}", room="lobby")


def test_people_who_do_something_visible_are_active_among_all_with_an_account(intranet: Any) -> None:
    staff(intranet, "ada", "bob", "cyd", "dan")
    intranet.post("ada", TUESDAY, "news")
    intranet.react("bob", TUESDAY, "news")
    intranet.act("view", "cyd", TUESDAY, "news")
    found = intranet.cell("active_share", MONDAY)
    assert (found.numerator, found.denominator, found.people, found.affirming) == (2, 4, 4, 2)
    assert intranet.ratio("contributor_share", MONDAY) == (1, 4)


def test_everybody_could_take_part_in_a_room_open_to_all(intranet: Any) -> None:
    staff(intranet, "ada", "bob", "cyd", "dan")
    for room, open_ in (("open", True), ("closed", False)):
        intranet.room(room, open_=open_)
        intranet.member(room, "ada")
        intranet.member(room, "bob")
        intranet.post("ada", TUESDAY, f"news of {room}", room=room)
    intranet.post("former colleague", TUESDAY, "farewell", room="lobby")
    whole = intranet.cell("active_share", MONDAY)
    found = intranet.cells("active_share", "room")
    assert (whole.numerator, whole.denominator) == (2, 5)
    opened, closed = found["open", "week", MONDAY, ""], found["closed", "week", MONDAY, ""]
    assert (opened.numerator, opened.denominator, opened.people) == (1, 5, 5)
    assert (closed.numerator, closed.denominator, closed.people) == (1, 2, 2)


def test_a_person_counts_once_however_much_they_do(intranet: Any) -> None:
    staff(intranet, "ada", "bob")
    for day in range(3):
        intranet.post("ada", TUESDAY + day * DAY, f"news {day}", room=f"room {day}")
    assert intranet.ratio("active_share", MONDAY) == (1, 2)


def test_a_week_begins_on_monday_and_ends_before_the_next(intranet: Any) -> None:
    staff(intranet, "ada", "bob", "cyd")
    intranet.post("ada", "2026-03-01 23:59:59", "sunday before")
    intranet.post("bob", "2026-03-02 00:00", "first second")
    intranet.post("cyd", "2026-03-09 00:00", "first second after")
    assert intranet.ratio("active_share", MONDAY - 7 * DAY) == (1, 3)
    assert intranet.ratio("active_share", MONDAY) == (1, 3)
    assert intranet.ratio("active_share", MONDAY + 7 * DAY) == (1, 3)


def test_the_day_is_the_one_on_the_wall_clock_on_both_sides_of_a_change_to_summer_time(intranet: Any) -> None:
    # Summer time begins in Berlin on 2026-03-29: midnight is 23:00 UTC before and 22:00 UTC after.
    staff(intranet, "ada", "bob")
    intranet.post("ada", "2026-03-23 00:30", "winter")
    intranet.post("bob", "2026-03-30 00:30", "summer")
    assert intranet.ratio("active_share", date(2026, 3, 23)) == (1, 2)
    assert intranet.ratio("active_share", date(2026, 3, 30)) == (1, 2)


def test_week_53_is_a_week_of_its_own(make_intranet: Any) -> None:
    intranet = make_intranet(since=date(2020, 12, 21), until=date(2021, 1, 11))
    staff(intranet, "ada", "bob")
    intranet.post("ada", "2020-12-31 12:00", "old year")
    intranet.post("bob", "2021-01-03 12:00", "new year")
    assert date(2020, 12, 28).isocalendar().week == 53
    assert intranet.ratio("active_share", date(2020, 12, 28)) == (2, 2)


def test_a_window_of_28_days_begins_on_every_fourth_monday_since_2000(intranet: Any) -> None:
    staff(intranet, "ada", "bob", "cyd")
    since = date(2026, 2, 23)
    assert (since - date(2000, 1, 3)).days % 28 == 0
    intranet.post("ada", "2026-02-23 00:00", "first")
    intranet.post("bob", "2026-03-22 23:59", "last")
    intranet.post("cyd", "2026-03-23 00:00", "after")
    assert intranet.ratio("active_share", since, window="days28") == (2, 3)


def test_bots_guests_and_unknown_actors_are_left_out_and_counted(intranet: Any) -> None:
    staff(intranet, "ada", "bob")
    intranet.person("bot", kind="service")
    intranet.person("visitor", kind="guest")
    intranet.post("ada", TUESDAY, "news")
    intranet.comment("bot", TUESDAY, "news")
    intranet.comment("visitor", TUESDAY, "news")
    intranet.comment(None, TUESDAY, "news")
    found = intranet.cell("active_share", MONDAY)
    assert (found.numerator, found.denominator, found.excluded) == (1, 2, 3)


def test_somebody_who_left_still_counts_where_they_did_something(intranet: Any) -> None:
    staff(intranet, "ada", "bob")
    intranet.person("former", active=False)
    intranet.post("former", TUESDAY, "farewell")
    assert intranet.ratio("active_share", MONDAY) == (1, 3)
    assert intranet.ratio("active_share", MONDAY + 7 * DAY) == (0, 2)


def test_the_stated_workforce_is_the_denominator_for_the_organisation_only(make_intranet: Any) -> None:
    intranet = make_intranet(workforce=100)
    staff(intranet, "ada", "bob", unit="sales")
    intranet.post("ada", TUESDAY, "news")
    assert intranet.ratio("active_share", MONDAY) == (1, 100)
    assert intranet.ratio("active_share", MONDAY, "unit", "sales") == (1, 2)


def test_more_people_acting_than_stated_are_people_still(make_intranet: Any) -> None:
    intranet = make_intranet(workforce=1)
    staff(intranet, "ada", "bob", "cyd")
    intranet.post("ada", TUESDAY, "news")
    intranet.react("bob", TUESDAY, "news")
    assert intranet.ratio("active_share", MONDAY) == (2, 2)


def test_a_room_is_measured_among_its_members_and_who_acts_there(intranet: Any) -> None:
    staff(intranet, "ada", "bob", "cyd", "dan", "eve")
    intranet.member("hr", "ada")
    # The week's middle is Thursday the 5th: who came later or had left by then is no member of that week.
    intranet.member("hr", "bob", since=date(2026, 3, 6))
    intranet.member("hr", "cyd", until=date(2026, 3, 6))
    intranet.member("hr", "eve", until=date(2026, 3, 5))
    intranet.post("dan", TUESDAY, "news")
    assert intranet.ratio("active_share", MONDAY, "room", "hr") == (1, 3)
    assert intranet.ratio("active_share", MONDAY + 7 * DAY, "room", "hr") == (0, 2)


def test_members_count_where_the_platform_lists_no_accounts_but_not_when_they_left_or_are_bots(
    intranet: Any,
) -> None:
    intranet.person("former", active=False)
    intranet.person("bot", kind="service")
    for name in ("ada", "bob", "cyd", "former", "bot"):
        intranet.member("hr", name)
    intranet.post("ada", TUESDAY, "news")
    assert intranet.ratio("active_share", MONDAY, "room", "hr") == (1, 3)


def test_without_members_a_room_is_unknown_and_not_full_of_active_people(intranet: Any) -> None:
    staff(intranet, "ada")
    intranet.post("ada", TUESDAY, "news")
    assert intranet.cell("active_share", MONDAY, "room", "hr").reason == "no_members"


def test_without_any_list_of_people_the_organisation_is_unknown(intranet: Any) -> None:
    intranet.post("ada", TUESDAY, "news")
    assert intranet.cell("active_share", MONDAY).reason == "no_members"


def test_a_unit_without_people_says_nothing(intranet: Any) -> None:
    staff(intranet, "ada", unit="sales")
    intranet.post("ada", TUESDAY, "news")
    assert intranet.cell("active_share", MONDAY, "unit", "legal") is None


def test_everybody_has_one_role_the_highest(intranet: Any) -> None:
    staff(intranet, "ada", "bob", "cyd", "dan", "eve")
    intranet.post("ada", TUESDAY, "news")
    intranet.comment("ada", TUESDAY, "news")
    intranet.comment("bob", TUESDAY, "news")
    intranet.react("bob", TUESDAY, "news")
    intranet.react("cyd", TUESDAY, "news")
    roles = ("creating", "contributing", "reacting", "reading_or_absent")
    assert [intranet.ratio("role_share", MONDAY, category=role) for role in roles] == [
        (1, 5),
        (1, 5),
        (1, 5),
        (2, 5),
    ]


def test_roles_of_a_stated_workforce_add_up_to_it(make_intranet: Any) -> None:
    intranet = make_intranet(workforce=50)
    staff(intranet, "ada", "bob")
    intranet.post("ada", TUESDAY, "news")
    assert intranet.ratio("role_share", MONDAY, category="reading_or_absent") == (49, 50)


def test_a_withdrawn_reaction_is_no_act_and_a_renewed_one_is(intranet: Any) -> None:
    staff(intranet, "ada", "bob")
    for name in ("ada", "bob"):
        intranet.react(name, TUESDAY, "news")
        intranet.act("withdraw", name, TUESDAY + HOUR, "news")
    intranet.react("bob", TUESDAY + 2 * HOUR, "news")
    assert intranet.ratio("active_share", MONDAY) == (1, 2)


def test_a_bulk_import_is_no_act_of_creation(intranet: Any) -> None:
    staff(intranet, "ada", "bob")
    for number in range(21):
        intranet.post("ada", TUESDAY + timedelta(seconds=30 * number), f"import {number}")
    for number in range(20):
        intranet.post("bob", TUESDAY + timedelta(seconds=30 * number), f"busy {number}")
    found = intranet.cell("active_share", MONDAY)
    assert (found.numerator, found.excluded) == (1, 21)


def test_contents_further_apart_than_ten_minutes_are_no_bulk_import(intranet: Any) -> None:
    staff(intranet, "ada")
    for number in range(21):
        intranet.post("ada", TUESDAY + timedelta(seconds=31 * number), f"fast {number}")
    found = intranet.cell("active_share", MONDAY)
    assert (found.numerator, found.excluded) == (1, 0)


def test_the_first_look_at_old_likes_is_no_burst_of_activity(intranet: Any) -> None:
    staff(intranet, "ada", "bob", "cyd")
    colleagues(intranet, 8)
    intranet.post("ada", "2026-01-07 09:00", "old")
    intranet.post("ada", "2026-03-01 09:00", "fresh")
    intranet.react("bob", TUESDAY, "old", dated=False)
    intranet.react("cyd", TUESDAY, "fresh", dated=False)
    found = intranet.cell("active_share", MONDAY)
    assert (found.numerator, found.excluded) == (9, 1)


@pytest.mark.parametrize(("days", "active"), [(7, 10), (8, 9)])
def test_an_undated_like_on_something_old_counts_if_it_was_looked_at_in_the_week_before(
    intranet: Any, days: int, active: int
) -> None:
    staff(intranet, "ada", "bob", "cyd")
    colleagues(intranet, 9)
    intranet.post("ada", "2026-01-07 09:00", "old")
    intranet.act("reactions", None, TUESDAY - days * DAY, "old", total=0)
    intranet.react("bob", TUESDAY, "old", dated=False)
    assert intranet.ratio("active_share", MONDAY) == (active, 12)


def test_one_look_at_counter_and_likes_is_not_two(intranet: Any) -> None:
    staff(intranet, "ada", "bob")
    colleagues(intranet, 9)
    intranet.post("ada", "2026-01-07 09:00", "old")
    intranet.act("reactions", None, TUESDAY, "old", total=1)
    intranet.react("bob", TUESDAY + HOUR, "old", dated=False)
    assert intranet.ratio("active_share", MONDAY) == (9, 11)
