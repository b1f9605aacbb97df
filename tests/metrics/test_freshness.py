from datetime import date
from typing import Any

import pytest

# A window of 28 days begins on 2026-02-23, a Monday, and ends before 2026-03-23; its middle is 2026-03-09.
SINCE = date(2026, 2, 23)
METRICS = ("stale_share", "stale_reads", "median_page_age", "page_owners", "unread_pages")


def said(intranet: Any, metric: str, category: str = "", scope: str = "organisation", key: str = "") -> Any:
    return intranet.cell(metric, SINCE, scope, key, window="days28", category=category)


def ratio(intranet: Any, metric: str, category: str = "") -> Any:
    cell = said(intranet, metric, category)
    return None if cell is None else cell.reason or (cell.numerator, cell.denominator)


def grades(intranet: Any) -> dict[str, Any]:
    return {name: ratio(intranet, "page_owners", name) for name in ("great", "ok", "poor")}


@pytest.fixture
def handbook(intranet: Any) -> Any:
    """An official room and one that is not; `read` lets a page be viewed so often in the window."""
    for name in ("ada", "bob", "cyd"):
        intranet.person(name, "communications")
    intranet.room("handbook")
    intranet.room("talk")
    intranet.purposes["handbook"] = "official"
    return intranet


def page(intranet: Any, name: str | None, when: str, thing: str, room: str = "handbook") -> None:
    intranet.post(name, when, thing, content_type="page", room=room)


def edit(intranet: Any, name: str | None, when: str, thing: str, *, minor: bool = False) -> None:
    intranet.act("edit", name, when, thing, content_type="page", room="handbook")
    if minor:
        intranet.log[-1] = intranet.log[-1]._replace(minor=True)


def read(intranet: Any, thing: str, views: int) -> None:
    intranet.views(100, "2026-03-01 09:00", thing, content_type="page", room="handbook")
    intranet.views(100 + views, "2026-03-15 09:00", thing, content_type="page", room="handbook")


def test_a_page_in_use_is_stale_when_nobody_changed_it_for_more_than_365_days(handbook: Any) -> None:
    page(handbook, "ada", "2020-05-05 09:00", "old")
    page(handbook, "ada", "2020-05-05 09:00", "kept up")
    edit(handbook, "bob", "2025-06-01 09:00", "kept up")
    # 365 days before the end of the window, and a day earlier.
    page(handbook, "cyd", "2025-03-23 09:00", "just so")
    page(handbook, "cyd", "2025-03-22 09:00", "a day too old")
    page(handbook, "ada", "2020-05-05 09:00", "unread")
    page(handbook, "ada", "2020-05-05 09:00", "unwatched")
    page(handbook, "ada", "2020-05-05 09:00", "elsewhere", room="talk")
    handbook.post("ada", "2020-05-05 09:00", "news", room="handbook")
    for thing, views in {"old": 6, "kept up": 3, "just so": 2, "a day too old": 1, "unread": 0}.items():
        read(handbook, thing, views)
    read(handbook, "elsewhere", 9)
    read(handbook, "news", 9)
    cell = said(handbook, "stale_share")
    assert (cell.numerator, cell.denominator, cell.people, cell.affirming, cell.excluded) == (2, 4, 3, 2, 1)
    assert cell.largest == 2
    assert cell.low <= 0.5 <= cell.high
    weighted = said(handbook, "stale_reads")
    assert (weighted.numerator, weighted.denominator, weighted.largest) == (7, 12, 6)
    assert ratio(handbook, "unread_pages") == (1, 5)
    room = said(handbook, "stale_share", scope="room", key="handbook")
    assert (room.numerator, room.denominator) == (2, 4)
    assert said(handbook, "stale_share", scope="room", key="talk") is None


def test_what_nobody_reads_through_does_not_make_a_page_fresh(handbook: Any) -> None:
    handbook.person("bot", kind="service")
    handbook.brought.add(date(2026, 2, 26))
    for number in range(21):
        page(handbook, "ada", f"2020-05-05 {number:02}:00", f"page {number}")
        edit(handbook, "cyd", f"2026-02-24 09:{number % 10:02}", f"page {number}")
    edit(handbook, "bob", "2026-02-25 09:00", "page 0", minor=True)
    edit(handbook, "bot", "2026-02-25 09:00", "page 1")
    edit(handbook, "bob", "2026-02-26 09:00", "page 2")
    for number in range(21):
        read(handbook, f"page {number}", 1)
    assert ratio(handbook, "stale_share") == (21, 21)
    # An edit of its own does.
    edit(handbook, "bob", "2026-02-27 09:00", "page 3")
    assert ratio(handbook, "stale_share") == (20, 21)


def test_twenty_edits_in_ten_minutes_or_many_of_one_page_are_no_bulk_edit(handbook: Any) -> None:
    for number in range(20):
        page(handbook, "ada", f"2020-05-05 {number:02}:00", f"page {number}")
        read(handbook, f"page {number}", 1)
        edit(handbook, "cyd", f"2026-02-24 09:{number % 10:02}", f"page {number}")
    for second in range(30):
        edit(handbook, "cyd", f"2026-02-24 09:09:{second:02}", "page 9")
    assert ratio(handbook, "stale_share") == (0, 20)


def test_the_age_is_unknown_where_a_later_change_may_have_been_by_people(handbook: Any) -> None:
    for number in range(10):
        page(handbook, "ada", f"2020-05-05 {number:02}:00", f"page {number}")
        read(handbook, f"page {number}", 1)
    edit(handbook, None, "2026-02-24 09:00", "page 0")
    # One in ten may be unknown.
    cell = said(handbook, "stale_share")
    assert (cell.numerator, cell.denominator, cell.excluded) == (9, 9, 1)
    assert said(handbook, "median_page_age").excluded == 1
    edit(handbook, None, "2026-02-24 09:00", "page 1")
    assert ratio(handbook, "stale_share") == ratio(handbook, "stale_reads") == "age_unknown"
    assert ratio(handbook, "median_page_age") == "age_unknown"


def test_an_imported_page_is_as_old_as_the_import_at_least(handbook: Any) -> None:
    handbook.brought.add(date(2024, 5, 6))
    handbook.brought.add(date(2026, 2, 24))
    page(handbook, "ada", "2024-05-06 09:00", "brought long ago")
    read(handbook, "brought long ago", 1)
    assert ratio(handbook, "stale_share") == (1, 1)
    page(handbook, "ada", "2026-02-24 09:00", "brought lately")
    read(handbook, "brought lately", 1)
    assert ratio(handbook, "stale_share") == "age_unknown"
    edit(handbook, "bob", "2026-02-25 09:00", "brought lately")
    assert ratio(handbook, "stale_share") == (1, 2)


def test_the_median_age_counts_days_to_the_end_of_the_period(handbook: Any) -> None:
    page(handbook, "ada", "2026-03-22 23:59", "new")
    page(handbook, "bob", "2026-03-13 09:00", "older")
    cell = said(handbook, "median_page_age")
    # One day and ten days; two people with one page each.
    assert (cell.numerator, cell.denominator, cell.people, cell.largest) == (11, 2, 2, 1)
    page(handbook, "bob", "2026-02-20 09:00", "oldest")
    assert ratio(handbook, "median_page_age") == (20, 2)
    assert said(handbook, "median_page_age").largest == 2


def test_pages_that_were_deleted_or_not_made_yet_do_not_count_and_restored_ones_do(handbook: Any) -> None:
    page(handbook, "ada", "2026-03-01 09:00", "there")
    page(handbook, "ada", "2026-03-01 09:00", "deleted")
    page(handbook, "ada", "2026-03-01 09:00", "restored")
    page(handbook, "ada", "2026-03-01 09:00", "deleted later")
    page(handbook, "ada", "2026-03-23 09:00", "made later")
    for thing, when in {
        "deleted": "2026-03-05",
        "restored": "2026-03-05",
        "deleted later": "2026-03-23",
    }.items():
        handbook.act(
            "delete", None, f"{when} 09:00", thing, content_type="page", room="handbook", dated=False
        )
    edit(handbook, "ada", "2026-03-06 09:00", "restored", minor=True)
    assert said(handbook, "median_page_age").largest == 2
    assert grades(handbook)["great"] == (3, 3)


def test_pages_in_archived_or_vanished_rooms_do_not_count(handbook: Any) -> None:
    handbook.room("archive", archived=True)
    handbook.room("vanished", gone=date(2026, 3, 22))
    for room in ("archive", "vanished"):
        handbook.purposes[room] = "official"
        page(handbook, "ada", "2026-03-01 09:00", f"page of {room}", room=room)
    assert ratio(handbook, "median_page_age") is None


def test_without_official_rooms_or_views_nothing_is_said(intranet: Any, handbook: Any) -> None:
    for metric in METRICS:
        assert intranet.cells(metric) == {}
    page(handbook, "ada", "2020-05-05 09:00", "old")
    for metric in ("stale_share", "stale_reads", "unread_pages"):
        assert ratio(handbook, metric) == "no_view_data"
    read(handbook, "old", 0)
    assert ratio(handbook, "stale_share") == "nothing_viewed"


def test_who_stands_behind_a_page_is_graded(handbook: Any) -> None:
    handbook.person("left", active=False)
    handbook.person("bot", kind="service")
    handbook.stay("leaving", None, until=date(2026, 3, 9))
    handbook.stay("leaving", None, since=date(2026, 3, 9), active=False)
    handbook.person("leaving")
    page(handbook, "ada", "2025-05-05 09:00", "hers")
    page(handbook, "ada", "2025-05-05 09:00", "theirs")
    edit(handbook, "bob", "2026-02-24 09:00", "theirs")
    page(handbook, "left", "2025-05-05 09:00", "taken over")
    edit(handbook, "bob", "2026-02-24 09:00", "taken over")
    edit(handbook, "bot", "2026-02-25 09:00", "taken over")
    page(handbook, "ada", "2025-05-05 09:00", "handed to somebody who left")
    edit(handbook, "leaving", "2026-02-24 09:00", "handed to somebody who left")
    page(handbook, "left", "2025-05-05 09:00", "orphan")
    edit(handbook, "ada", "2026-02-24 09:00", "orphan", minor=True)
    assert grades(handbook) == {"great": (2, 5), "ok": (2, 5), "poor": (1, 5)}
    # Those who made or last changed them: ada, bob twice, somebody who left, and left.
    cell = said(handbook, "page_owners", "poor")
    assert (cell.people, cell.affirming, cell.largest) == (4, 1, 2)


def test_of_an_imported_page_only_who_changed_it_last_is_known(handbook: Any) -> None:
    handbook.person("left", active=False)
    handbook.brought.add(date(2024, 5, 6))
    for number in range(10):
        page(handbook, "ada", "2024-05-06 09:00", f"page {number}")
        edit(handbook, "left" if number == 0 else "bob", f"2025-05-06 {number:02}:00", f"page {number}")
    assert grades(handbook) == {"great": (9, 10), "ok": (0, 10), "poor": (1, 10)}
    page(handbook, "ada", "2024-05-06 09:00", "untouched")
    page(handbook, "unlisted", "2025-05-06 09:00", "of somebody no list knows")
    assert grades(handbook)["great"] == "page_owners_unknown"


def test_a_page_is_unread_only_where_that_can_be_seen(handbook: Any) -> None:
    page(handbook, "ada", "2026-02-23 09:00", "old enough")
    page(handbook, "ada", "2026-02-24 09:00", "too young")
    page(handbook, "ada", "2020-02-24 09:00", "looked at early")
    page(handbook, "ada", "2020-02-24 09:00", "never looked at")
    for thing in ("old enough", "too young"):
        read(handbook, thing, 0)
    for day in ("02-20", "03-08"):
        handbook.views(5, f"2026-{day} 09:00", "looked at early", content_type="page", room="handbook")
    cell = said(handbook, "unread_pages")
    assert (cell.numerator, cell.denominator, cell.excluded) == (1, 1, 3)


def test_young_pages_alone_are_not_called_unread(handbook: Any) -> None:
    page(handbook, "ada", "2026-02-24 09:00", "too young")
    read(handbook, "too young", 0)
    assert ratio(handbook, "unread_pages") == "pages_too_young"


def test_where_single_views_are_recorded_their_absence_is_known(handbook: Any) -> None:
    page(handbook, "ada", "2020-02-24 09:00", "opened")
    page(handbook, "ada", "2020-02-24 09:00", "unopened")
    handbook.act("view", "bob", "2026-02-23 09:00", "opened", content_type="page", room="handbook")
    assert ratio(handbook, "unread_pages") == (1, 2)


def test_views_recorded_only_since_the_middle_of_a_period_leave_it_open_what_was_unread(
    handbook: Any,
) -> None:
    page(handbook, "ada", "2020-02-24 09:00", "opened")
    page(handbook, "ada", "2020-02-24 09:00", "unopened")
    handbook.act("view", "bob", "2026-02-24 09:00", "opened", content_type="page", room="handbook")
    assert ratio(handbook, "unread_pages") == (0, 1)
