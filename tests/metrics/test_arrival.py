from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

SINCE = date(2026, 3, 23)
MONDAY = datetime(2026, 3, 23, 9, tzinfo=ZoneInfo("Europe/Berlin"))
DAY, WINDOW = timedelta(days=1), timedelta(days=28)


@pytest.fixture
def old(make_intranet: Any) -> Any:
    """An intranet whose data reach back more than a year."""
    intranet = make_intranet(since=date(2025, 1, 6))
    intranet.person("founder")
    intranet.post("founder", "2025-01-08 09:00", "first word")
    return intranet


def say(intranet: Any, name: str, when: datetime) -> None:
    intranet.person(name)
    intranet.post(name, when, f"word {len(intranet.log)}")


def found(intranet: Any, metric: str, since: date = SINCE) -> Any:
    return intranet.cell(metric, since, window="days28")


def ratio(intranet: Any, metric: str) -> Any:
    return intranet.ratio(metric, SINCE, window="days28")


def test_who_writes_for_the_first_time_is_a_new_voice(old: Any) -> None:
    say(old, "ada", MONDAY)
    say(old, "ada", MONDAY + DAY)
    say(old, "bob", MONDAY - DAY)
    say(old, "bob", MONDAY)
    old.post("founder", MONDAY, "last word")
    cell = found(old, "new_voices")
    assert (cell.numerator, cell.denominator, cell.people, cell.affirming) == (1, 3, 3, 1)


def test_who_only_reacted_before_is_a_new_voice_when_writing(old: Any) -> None:
    old.react("ada", MONDAY - 40 * DAY, "first word")
    say(old, "ada", MONDAY)
    assert ratio(old, "new_voices") == (1, 1)


def test_only_twelve_weeks_after_the_start_of_the_data_anybody_is_new(make_intranet: Any) -> None:
    for first, reason in (("2025-12-29 09:00", None), ("2025-12-30 09:00", "not_enough_history")):
        intranet = make_intranet()
        intranet.person("founder")
        intranet.post("founder", first, "first word")
        say(intranet, "ada", MONDAY)
        assert found(intranet, "new_voices").reason == reason


def test_where_nobody_writes_nobody_is_new(old: Any) -> None:
    assert found(old, "new_voices").reason == "no_contributors"


def test_starters_are_looked_for_one_three_and_six_windows_later(old: Any) -> None:
    for windows in (1, 3, 6):
        start = MONDAY - windows * WINDOW
        for name in ("stays", "goes quiet"):
            say(old, f"{name} {windows}", start)
        say(old, f"stays {windows}", MONDAY)
    for windows in (1, 3, 6):
        cell = found(old, f"retention_{windows}")
        assert (cell.numerator, cell.denominator, cell.people, cell.affirming, cell.excluded) == (
            1,
            2,
            2,
            1,
            0,
        )


def test_who_was_there_before_is_no_starter(old: Any) -> None:
    say(old, "ada", MONDAY - 2 * WINDOW)
    say(old, "ada", MONDAY - WINDOW)
    say(old, "ada", MONDAY)
    assert found(old, "retention_1").reason == "no_starters"


def test_who_left_is_not_lost_but_left_out_and_counted(old: Any) -> None:
    for name in ("ada", "bob", "gone", "gone later"):
        say(old, name, MONDAY - WINDOW)
    say(old, "ada", MONDAY)
    say(old, "gone later", MONDAY)
    for name in ("gone", "gone later"):
        old.person(name, active=False)
    cell = found(old, "retention_1")
    assert (cell.numerator, cell.denominator, cell.excluded) == (2, 3, 1)


def test_whose_account_is_not_listed_can_be_lost(old: Any) -> None:
    old.post("ada", MONDAY - WINDOW, "word")
    assert ratio(old, "retention_1") == (0, 1)


def test_retention_is_unknown_while_everybody_appears_for_the_first_time(make_intranet: Any) -> None:
    for first, reason in (("2025-12-01 09:00", None), ("2025-12-02 09:00", "not_enough_history")):
        intranet = make_intranet()
        intranet.person("founder")
        intranet.post("founder", first, "first word")
        say(intranet, "ada", MONDAY - WINDOW)
        assert found(intranet, "retention_1").reason == reason


def test_bots_guests_and_imports_start_nothing(old: Any) -> None:
    old.person("bot", kind="service")
    old.person("visitor", kind="guest")
    for name in ("bot", "visitor"):
        old.post(name, MONDAY - WINDOW, f"word of {name}")
    old.person("importer")
    for number in range(21):
        old.post("importer", MONDAY - WINDOW + timedelta(seconds=number), f"import {number}")
    assert found(old, "retention_1").reason == "no_starters"


def test_a_reaction_of_unknown_day_leaves_open_when_somebody_started(old: Any) -> None:
    # Seen 20 days before the window began, it can have happened long before: no start of that window is certain.
    old.person("ada")
    old.react("ada", MONDAY - 20 * DAY, "first word", dated=False)
    assert found(old, "retention_1").reason == "undated_reactions"
    for number in range(20):
        say(old, f"p{number}", MONDAY - WINDOW)
    cell = found(old, "retention_1")
    assert (cell.numerator, cell.denominator, cell.excluded) == (0, 20, 1)


def test_a_reaction_seen_before_the_window_makes_nobody_a_starter(old: Any) -> None:
    old.react("ada", MONDAY - WINDOW - DAY, "first word", dated=False)
    say(old, "ada", MONDAY - WINDOW)
    assert found(old, "retention_1").reason == "no_starters"


def test_who_can_have_reacted_since_is_not_surely_lost(old: Any) -> None:
    say(old, "ada", MONDAY - WINDOW)
    old.react("ada", MONDAY + 10 * DAY, "first word", dated=False)
    assert found(old, "retention_1").reason == "undated_reactions"
