from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

SINCE = date(2026, 3, 23)
MONDAY = datetime(2026, 3, 23, 9, tzinfo=ZoneInfo("Europe/Berlin"))
DAY = timedelta(days=1)
PARTS = ("taking_part", "reading", "inactive")


@pytest.fixture
def watched(intranet: Any) -> Any:
    """Ten people in two rooms whose views are logged since before the window."""
    for number in range(10):
        intranet.person(f"p{number}", "sales" if number < 4 else "legal")
        intranet.member("hr", f"p{number}")
    intranet.person("former", active=False)
    for room in ("hr", "it"):
        view(intranet, "former", MONDAY - 10 * DAY, room)
    return intranet


def view(intranet: Any, name: str | None, when: datetime, room: str = "hr") -> None:
    intranet.act("view", name, when, f"page of {room}", content_type="page", room=room)


def found(intranet: Any, metric: str, *where: Any, category: str = "") -> Any:
    return intranet.cell(metric, SINCE, *where, window="days28", category=category)


def parts(intranet: Any, *where: Any) -> list[Any]:
    return [found(intranet, "presence_share", *where, category=part).numerator for part in PARTS]


def test_who_viewed_or_did_something_is_reached_once(watched: Any) -> None:
    view(watched, "p0", MONDAY)
    view(watched, "p0", MONDAY + DAY, "it")
    view(watched, "p1", MONDAY)
    watched.post("p1", MONDAY, "word")
    watched.post("p2", MONDAY, "another word")
    cell = found(watched, "reach")
    assert (cell.numerator, cell.denominator, cell.people, cell.affirming) == (3, 10, 10, 3)
    assert parts(watched) == [2, 1, 7]


def test_rooms_and_units_have_their_own_reach(watched: Any) -> None:
    view(watched, "p0", MONDAY)
    view(watched, "p5", MONDAY, "it")
    watched.post("p9", MONDAY, "word", room="it")
    assert (found(watched, "reach", "unit", "sales").numerator, parts(watched, "unit", "legal")) == (
        1,
        [1, 1, 4],
    )
    assert parts(watched, "room", "hr") == [0, 1, 9]


def test_views_that_are_totals_say_nothing_about_people(intranet: Any) -> None:
    intranet.person("ada")
    intranet.post("ada", MONDAY, "word")
    intranet.views(5, MONDAY, "word")
    intranet.views(50, MONDAY + DAY, "word")
    assert found(intranet, "reach").reason == "no_viewer_data"
    assert {found(intranet, "presence_share", category=part).reason for part in PARTS} == {"no_viewer_data"}


@pytest.mark.parametrize(("days", "reason"), [(0, None), (1, "no_viewer_data")])
def test_a_log_of_views_that_begins_within_the_window_is_not_enough(
    intranet: Any, days: int, reason: str | None
) -> None:
    intranet.person("ada")
    view(intranet, "ada", MONDAY + days * DAY)
    assert found(intranet, "reach").reason == reason


@pytest.mark.parametrize(("silent", "reason"), [(1, None), (2, "no_viewer_data")])
def test_rooms_without_viewers_may_be_a_tenth_of_what_happens(
    watched: Any, silent: int, reason: str | None
) -> None:
    for number in range(9):
        watched.post("p0", MONDAY + number * DAY, f"word {number}")
    view(watched, "p0", MONDAY)
    for number in range(silent):
        watched.post("p1", MONDAY, f"chat {number}", room="chat")
    assert found(watched, "reach").reason == reason


@pytest.mark.parametrize(("silent", "reason"), [(1, None), (2, "no_viewer_data")])
def test_views_of_rooms_without_viewers_may_be_a_tenth_of_the_views(
    watched: Any, silent: int, reason: str | None
) -> None:
    for number in range(9):
        view(watched, "p0", MONDAY + number * DAY)
    watched.views(0, MONDAY, "other page", room="other")
    watched.views(silent, MONDAY + DAY, "other page", room="other")
    assert found(watched, "reach").reason == reason


def test_a_log_of_views_that_has_ended_says_nothing(watched: Any) -> None:
    watched.post("p0", MONDAY, "word")
    for where in ((), ("room", "hr"), ("unit", "sales")):
        assert found(watched, "reach", *where).reason == "no_viewer_data"
    view(watched, "p1", MONDAY)
    assert found(watched, "reach").numerator == 2


def test_a_room_nobody_known_ever_viewed_is_unknown(watched: Any) -> None:
    watched.member("chat", "p0")
    watched.post("p0", MONDAY, "chat", room="chat")
    view(watched, "p1", MONDAY)
    assert found(watched, "reach", "room", "chat").reason == "no_viewer_data"
    assert found(watched, "reach", "room", "hr").reason is None


def test_views_of_guests_bots_and_nobody_are_left_out_and_counted(watched: Any) -> None:
    watched.person("visitor", kind="guest")
    watched.person("bot", kind="service")
    for name in ("visitor", "bot", None, "p0"):
        view(watched, name, MONDAY)
    cell = found(watched, "reach")
    assert (cell.numerator, cell.denominator, cell.excluded) == (1, 10, 3)


def test_people_who_may_have_reacted_leave_open_who_only_reads(watched: Any) -> None:
    watched.post("former", "2026-01-07 09:00", "old")
    view(watched, "p9", MONDAY)
    for name in ("p0", "p1"):
        watched.react(name, MONDAY, "old", dated=False)
    assert found(watched, "reach").reason is None
    assert found(watched, "presence_share", category="reading").reason == "undated_reactions"
    assert found(watched, "presence_share", category="inactive").reason is None


def test_without_accounts_nobody_can_be_reached_or_missed(intranet: Any) -> None:
    view(intranet, "ada", MONDAY)
    assert found(intranet, "reach").reason == "no_members"
