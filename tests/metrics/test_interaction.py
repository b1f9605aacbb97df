from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

MONDAY = date(2026, 3, 2)
TUESDAY = datetime(2026, 3, 3, 9, tzinfo=ZoneInfo("Europe/Berlin"))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_a_post_is_answered_by_a_comment_of_somebody_else(intranet: Any) -> None:
    for name in ("ada", "bob", "cyd"):
        intranet.post(name, TUESDAY, f"news of {name}")
    intranet.comment("bob", TUESDAY + HOUR, "news of ada")
    intranet.comment("bob", TUESDAY + HOUR, "news of bob")
    found = intranet.cell("response_rate", MONDAY)
    assert (found.numerator, found.denominator, found.people, found.affirming) == (1, 3, 3, 1)


def test_a_reply_counts_like_a_comment_and_a_reaction_only_in_the_lax_rate(intranet: Any) -> None:
    intranet.post("ada", TUESDAY, "replied")
    intranet.post("ada", TUESDAY, "liked")
    intranet.post("ada", TUESDAY, "silent")
    intranet.act("reply", "bob", TUESDAY + HOUR, "reply", on="replied", content_type="comment")
    intranet.react("bob", TUESDAY + HOUR, "liked")
    intranet.react("ada", TUESDAY + HOUR, "silent")
    assert intranet.ratio("response_rate", MONDAY) == (1, 3)
    assert intranet.ratio("response_rate_lax", MONDAY) == (2, 3)


def test_a_withdrawn_reaction_is_no_response(intranet: Any) -> None:
    intranet.post("ada", TUESDAY, "liked")
    intranet.react("bob", TUESDAY + HOUR, "liked")
    intranet.act("withdraw", "bob", TUESDAY + 2 * HOUR, "liked")
    assert intranet.ratio("response_rate_lax", MONDAY) == (0, 1)


@pytest.mark.parametrize(
    ("posted", "last", "late"),
    [
        ("2026-03-03 09:00", "2026-03-12 23:59", "2026-03-13 00:00"),  # Tuesday, Thursday of next week
        ("2026-03-07 09:00", "2026-03-17 23:59", "2026-03-18 00:00"),  # Saturday: the days begin on Monday
        (
            "2026-03-04 09:00",
            "2026-03-15 23:59",
            "2026-03-16 00:00",
        ),  # the seventh is a Friday: its weekend is in
    ],
)
def test_seven_working_days_skip_the_weekend(intranet: Any, posted: str, last: str, late: str) -> None:
    intranet.post("ada", posted, "in time")
    intranet.post("ada", posted, "too late")
    intranet.comment("bob", last, "in time")
    intranet.comment("bob", late, "too late")
    assert intranet.ratio("response_rate", MONDAY) == (1, 2)


def test_posts_whose_time_is_not_up_wait_outside(make_intranet: Any) -> None:
    # Seven working days after Tuesday the 3rd end with Thursday the 12th.
    for until, expected in ((date(2026, 3, 13), (0, 1)), (date(2026, 3, 12), None)):
        intranet = make_intranet(until=until)
        intranet.post("ada", TUESDAY, "news")
        found = intranet.cell("response_rate", MONDAY)
        if expected:
            assert (found.numerator, found.denominator) == expected
        else:
            assert (found.numerator, found.reason) == (None, "not_old_enough")


def test_pages_are_not_posts(intranet: Any) -> None:
    intranet.post("ada", TUESDAY, "handbook", content_type="page")
    assert intranet.cell("response_rate", MONDAY).reason == "no_posts"


def test_bots_neither_ask_nor_answer(intranet: Any) -> None:
    intranet.person("bot", kind="service")
    intranet.post("bot", TUESDAY, "build failed")
    intranet.post(None, TUESDAY, "anonymous")
    intranet.post("ada", TUESDAY, "news")
    intranet.comment("bot", TUESDAY + HOUR, "news")
    intranet.comment(None, TUESDAY + HOUR, "news")
    found = intranet.cell("response_rate", MONDAY)
    assert (found.numerator, found.denominator, found.excluded) == (0, 1, 2)


def test_a_guest_asks_and_answers_like_anybody(intranet: Any) -> None:
    intranet.person("visitor", kind="guest")
    intranet.post("visitor", TUESDAY, "question")
    intranet.post("ada", TUESDAY, "news")
    intranet.comment("visitor", TUESDAY + HOUR, "news")
    assert intranet.ratio("response_rate", MONDAY) == (1, 2)


def test_imported_posts_and_comments_are_left_out(intranet: Any) -> None:
    intranet.post("bob", TUESDAY, "news")
    for number in range(21):
        intranet.post("ada", TUESDAY + timedelta(seconds=number), f"import {number}")
        intranet.comment("cyd", TUESDAY + timedelta(seconds=number), "news")
    found = intranet.cell("response_rate", MONDAY)
    assert (found.numerator, found.denominator, found.excluded) == (0, 1, 21)


def test_a_post_deleted_before_its_time_is_up_is_left_out_and_one_deleted_later_is_not(intranet: Any) -> None:
    intranet.post("ada", TUESDAY, "gone at once")
    intranet.post("ada", TUESDAY, "gone later")
    intranet.act("delete", None, TUESDAY + HOUR, "gone at once")
    intranet.act("delete", None, TUESDAY + 20 * DAY, "gone later")
    found = intranet.cell("response_rate", MONDAY)
    assert (found.numerator, found.denominator, found.excluded) == (0, 1, 1)


def test_a_unit_is_measured_by_the_posts_of_its_people(intranet: Any) -> None:
    intranet.person("ada", "sales")
    intranet.person("bob", "legal")
    intranet.post("ada", TUESDAY, "news")
    intranet.comment("bob", TUESDAY + HOUR, "news")
    assert intranet.ratio("response_rate", MONDAY, "unit", "sales") == (1, 1)
    assert intranet.cell("response_rate", MONDAY, "unit", "legal") is None


def test_a_like_seen_in_time_was_given_in_time(intranet: Any) -> None:
    intranet.post("ada", TUESDAY, "news")
    intranet.react("bob", TUESDAY + DAY, "news", dated=False)
    assert intranet.ratio("response_rate_lax", MONDAY) == (1, 1)


def test_likes_first_seen_after_the_time_was_up_make_the_lax_rate_unknown_not_low(intranet: Any) -> None:
    for number in range(9):
        intranet.post("ada", TUESDAY + number * HOUR, f"news {number}")
    intranet.post("ada", TUESDAY, "old likes")
    intranet.react("bob", TUESDAY + 30 * DAY, "old likes", dated=False)
    found = intranet.cell("response_rate_lax", MONDAY)
    assert (found.numerator, found.denominator, found.excluded) == (0, 9, 1)
    intranet.post("ada", TUESDAY, "more old likes")
    intranet.react("bob", TUESDAY + 30 * DAY, "more old likes", dated=False)
    assert intranet.cell("response_rate_lax", MONDAY).reason == "undated_reactions"
    assert intranet.ratio("response_rate", MONDAY) == (0, 11)


def test_the_median_wait_counts_unanswered_posts_as_still_open(intranet: Any) -> None:
    for number, hours in enumerate((1, 3, 10, None)):
        intranet.post("ada", TUESDAY, f"news {number}")
        if hours:
            intranet.comment("bob", TUESDAY + hours * HOUR, f"news {number}")
    found = intranet.cell("time_to_first_response", MONDAY)
    # Of four, two are answered after 3 hours; the median of the answered alone would be 3 as well, of 1, 10 it is not.
    assert (found.numerator, found.denominator) == (180, 60)
    assert (found.people, found.affirming) == (1, 1)


def test_there_is_no_median_when_fewer_than_half_are_answered(intranet: Any) -> None:
    for number in range(3):
        intranet.post("ada", TUESDAY, f"news {number}")
    intranet.comment("bob", TUESDAY + HOUR, "news 0")
    found = intranet.cell("time_to_first_response", MONDAY)
    assert (found.numerator, found.reason) == (None, "not_reached")


def test_an_answer_after_28_days_is_not_waited_for(intranet: Any) -> None:
    intranet.post("ada", TUESDAY, "late")
    intranet.comment("bob", TUESDAY + 29 * DAY, "late")
    assert intranet.cell("time_to_first_response", MONDAY).reason == "not_reached"


def test_a_deleted_post_was_open_until_it_was_deleted(intranet: Any) -> None:
    # At 5 hours only one post is still at risk, and it is answered: the median is there.
    intranet.post("ada", TUESDAY, "deleted")
    intranet.act("delete", None, TUESDAY + 2 * HOUR, "deleted")
    intranet.post("ada", TUESDAY, "answered")
    intranet.comment("bob", TUESDAY + 5 * HOUR, "answered")
    assert intranet.ratio("time_to_first_response", MONDAY) == (300, 60)


def test_seconds_are_cut_to_whole_minutes(intranet: Any) -> None:
    intranet.post("ada", TUESDAY, "news")
    intranet.comment("bob", TUESDAY + timedelta(seconds=119), "news")
    assert intranet.ratio("time_to_first_response", MONDAY) == (1, 60)
