from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

MONDAY = date(2026, 3, 2)
TUESDAY = datetime(2026, 3, 3, 9, tzinfo=ZoneInfo("Europe/Berlin"))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_what_was_viewed_and_answered_is_interactive(intranet: Any) -> None:
    for thing in ("answered", "silent", "unread"):
        intranet.post("ada", TUESDAY - 60 * DAY, thing, content_type="page")
        intranet.views(5, TUESDAY - 7 * DAY, thing)
        intranet.views(5 if thing == "unread" else 9, TUESDAY, thing)
    intranet.comment("bob", TUESDAY - 10 * DAY, "answered")
    intranet.comment("ada", TUESDAY - 10 * DAY, "silent")
    found = intranet.cell("interactive_share", MONDAY)
    assert (found.numerator, found.denominator, found.people, found.affirming) == (1, 2, 1, 1)


def test_an_answer_more_than_28_days_before_the_end_of_the_period_is_over(intranet: Any) -> None:
    # The week ends before Monday the 9th of March; 28 days before is Monday the 9th of February.
    for thing in ("old", "recent", "afterwards"):
        intranet.post("ada", "2026-01-07 09:00", thing)
        intranet.views(1, "2026-02-20 09:00", thing)
        intranet.views(2, TUESDAY, thing)
    intranet.comment("bob", "2026-02-08 23:59", "old")
    intranet.comment("bob", "2026-02-09 00:00", "recent")
    intranet.comment("bob", "2026-03-09 00:00", "afterwards")
    assert intranet.ratio("interactive_share", MONDAY) == (1, 3)


def test_without_view_data_the_share_is_unknown(intranet: Any) -> None:
    intranet.post("ada", TUESDAY, "news")
    assert intranet.cell("interactive_share", MONDAY) is None


def test_one_observation_is_no_view_data_for_a_period(intranet: Any) -> None:
    intranet.post("ada", TUESDAY - 60 * DAY, "news")
    intranet.views(500, TUESDAY, "news")
    assert intranet.cell("interactive_share", MONDAY) is None


@pytest.mark.parametrize(("days", "expected"), [(28, (0, 1)), (29, None)])
def test_views_between_observations_more_than_28_days_apart_belong_to_no_week(
    intranet: Any, days: int, expected: tuple[int, int] | None
) -> None:
    intranet.post("ada", TUESDAY - 60 * DAY, "news")
    intranet.views(1, TUESDAY - days * DAY, "news")
    intranet.views(500, TUESDAY, "news")
    assert intranet.ratio("interactive_share", MONDAY) == expected


def test_a_total_that_fell_says_nothing(intranet: Any) -> None:
    intranet.post("ada", TUESDAY - 60 * DAY, "news")
    intranet.views(500, TUESDAY - 7 * DAY, "news")
    intranet.views(2, TUESDAY, "news")
    assert intranet.cell("interactive_share", MONDAY) is None


def test_observed_and_not_viewed_is_something_else_than_not_observed(intranet: Any) -> None:
    intranet.post("ada", TUESDAY - 60 * DAY, "news")
    intranet.views(5, TUESDAY - 7 * DAY, "news")
    intranet.views(5, TUESDAY, "news")
    assert intranet.cell("interactive_share", MONDAY).reason == "nothing_viewed"


def test_what_can_not_be_answered_is_not_counted(intranet: Any) -> None:
    for thing in ("closed", "open"):
        intranet.post("ada", TUESDAY - 60 * DAY, thing)
        intranet.act("view", "bob", TUESDAY, thing)
    intranet.answerable[intranet.number("closed")] = False
    assert intranet.ratio("interactive_share", MONDAY) == (0, 1)


def test_views_of_bots_are_none(intranet: Any) -> None:
    intranet.person("bot", kind="service")
    intranet.post("ada", TUESDAY - 60 * DAY, "news")
    intranet.act("view", "bot", TUESDAY, "news")
    assert intranet.cell("interactive_share", MONDAY) is None


def test_new_contents_have_28_days_to_the_second_to_be_answered(intranet: Any) -> None:
    created = datetime(2026, 3, 3, 9, tzinfo=UTC)
    for thing, seconds in (("in time", 0), ("too late", 1)):
        intranet.post("ada", created, thing, content_type="page")
        intranet.comment("bob", created + 28 * DAY + timedelta(seconds=seconds), thing)
    assert intranet.ratio("interactive_share_created", MONDAY) == (1, 2)


def test_new_contents_wait_outside_until_their_28_days_are_over(make_intranet: Any) -> None:
    # Berlin's first of April begins at 22:00 UTC the day before.
    intranet = make_intranet(until=date(2026, 4, 1))
    intranet.post("ada", datetime(2026, 3, 3, 22, 0, 0, tzinfo=UTC), "old enough")
    intranet.post("ada", datetime(2026, 3, 3, 22, 0, 1, tzinfo=UTC), "too young")
    assert intranet.ratio("interactive_share_created", MONDAY) == (0, 1)


def test_likes_do_not_make_a_page_interactive(intranet: Any) -> None:
    intranet.post("ada", TUESDAY, "page", content_type="page")
    intranet.react("bob", TUESDAY + HOUR, "page")
    assert intranet.ratio("interactive_share_created", MONDAY) == (0, 1)


def test_new_contents_that_can_not_be_answered_or_were_deleted_early_are_left_out(intranet: Any) -> None:
    for thing in ("open", "closed", "deleted"):
        intranet.post("ada", TUESDAY, thing, content_type="page")
    intranet.answerable[intranet.number("closed")] = False
    intranet.act("delete", None, TUESDAY + 27 * DAY, "deleted")
    found = intranet.cell("interactive_share_created", MONDAY)
    assert (found.numerator, found.denominator, found.excluded) == (0, 1, 1)


def test_files_are_no_contents_to_answer(intranet: Any) -> None:
    intranet.post("ada", TUESDAY, "plan.pdf", content_type="file")
    assert intranet.cell("interactive_share_created", MONDAY) is None
