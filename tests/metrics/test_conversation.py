from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

SINCE = date(2026, 2, 23)
"""A window of 28 days, up to March 22nd."""
TUESDAY = datetime(2026, 3, 3, 9, tzinfo=ZoneInfo("Europe/Berlin"))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def said(intranet: Any, metric: str, *where: Any) -> Any:
    return intranet.cell(metric, SINCE, *where, window="days28")


def value(intranet: Any, metric: str, *where: Any) -> Any:
    found = said(intranet, metric, *where)
    return found.reason or found.numerator / found.denominator


@pytest.fixture
def talk(intranet: Any) -> Any:
    """Ada's question grows to a conversation, Bob's gets one answer, Cyd's a click, Dan's nothing."""
    for name in ("ada", "bob", "cyd", "dan"):
        intranet.person(name, "sales" if name == "ada" else "legal")
        intranet.post(name, TUESDAY, f"news of {name}")
    intranet.comment("bob", TUESDAY + HOUR, "news of ada")
    intranet.comment("ada", TUESDAY + 2 * HOUR, "news of ada")
    intranet.comment("cyd", TUESDAY + 3 * HOUR, "news of ada")
    intranet.comment("bob", TUESDAY + 4 * HOUR, "news of ada")
    intranet.comment("ada", TUESDAY + HOUR, "news of bob")
    intranet.react("dan", TUESDAY + HOUR, "news of cyd")
    intranet.react("dan", TUESDAY + HOUR, "news of ada")
    return intranet


def test_replies_are_counted_for_each_post_without_those_of_its_author(talk: Any) -> None:
    found = said(talk, "reply_ratio")
    assert (found.numerator, found.denominator, found.people, found.affirming) == (4, 4, 4, 2)
    assert found.largest == 1
    assert said(talk, "reply_ratio", "unit", "sales").numerator == 3


def test_the_median_tells_what_one_huge_conversation_hides(intranet: Any) -> None:
    for name in ("ada", "bob", "cyd"):
        intranet.post(name, TUESDAY, f"news of {name}")
    for hour in range(12):
        intranet.comment("dan", TUESDAY + hour * HOUR, "news of ada")
    assert value(intranet, "reply_ratio") == 4
    assert value(intranet, "replies_per_post_median") == 0


def test_depth_counts_turns_and_breadth_people(talk: Any) -> None:
    # Turns 5, 2, 1, 1 and participants 3, 2, 1, 1.
    assert value(talk, "thread_depth") == 1.5
    assert value(talk, "thread_depth_p90") == 5
    assert value(talk, "thread_breadth") == 1.5
    assert value(talk, "thread_breadth_p90") == 3
    assert value(talk, "replies_per_post_median") == 0.5
    assert said(talk, "thread_depth").people == 4


def test_of_what_was_responded_to_a_third_got_clicks_only(talk: Any) -> None:
    found = said(talk, "reaction_only_share")
    assert (found.numerator, found.denominator, found.people, found.affirming) == (1, 3, 3, 1)


def test_a_dialogue_is_where_the_starter_returns_after_an_answer(talk: Any) -> None:
    talk.post("eve", TUESDAY, "news of eve")
    talk.comment("eve", TUESDAY + HOUR, "news of eve")  # an addition, before anybody answered
    talk.comment("bob", TUESDAY + 2 * HOUR, "news of eve")
    found = said(talk, "dialogue_share")
    assert (found.numerator, found.denominator, found.people, found.affirming) == (1, 5, 5, 1)
    assert said(talk, "dialogue_share", "room", "hr").numerator == 1
    assert said(talk, "dialogue_share", "unit", "sales").denominator == 1


def test_what_comes_after_28_days_does_not_count(intranet: Any) -> None:
    intranet.post("ada", TUESDAY, "news")
    end = TUESDAY.astimezone(UTC) + 28 * DAY  # the clock is changed in between
    intranet.comment("bob", end, "news")
    assert value(intranet, "reply_ratio") == 1
    intranet.comment("bob", end + timedelta(seconds=1), "news")
    assert value(intranet, "reply_ratio") == 1


@pytest.mark.parametrize("metric", ["reply_ratio", "dialogue_share", "reaction_only_share", "thread_depth"])
def test_posts_whose_28_days_are_not_over_wait_outside(make_intranet: Any, metric: str) -> None:
    intranet = make_intranet(until=date(2026, 3, 30))
    intranet.post("ada", TUESDAY, "news")
    intranet.comment("bob", TUESDAY + HOUR, "news")
    intranet.react("bob", TUESDAY + HOUR, "news")
    assert said(intranet, metric).reason == "not_old_enough"


def test_bots_imports_deleted_posts_and_pages_are_no_conversations(intranet: Any) -> None:
    intranet.person("bot", kind="service")
    intranet.post("bot", TUESDAY, "build failed")
    intranet.post(None, TUESDAY, "anonymous")
    intranet.post("ada", TUESDAY, "handbook", content_type="page")
    intranet.post("ada", TUESDAY, "news")
    intranet.post("ada", TUESDAY, "mistake")
    intranet.act("delete", None, TUESDAY + DAY, "mistake")
    intranet.comment("bot", TUESDAY + HOUR, "news")
    intranet.comment(None, TUESDAY + HOUR, "news")
    for second in range(21):
        intranet.post("bob", TUESDAY + timedelta(seconds=second), f"import {second}")
    for metric, expected in (("reply_ratio", 0), ("dialogue_share", 0), ("thread_depth", 1)):
        found = said(intranet, metric)
        assert (found.numerator / found.denominator, found.people, found.excluded) == (expected, 1, 24)


def test_guests_answer_and_are_answered_but_are_in_no_persona(intranet: Any) -> None:
    intranet.person("ada")
    intranet.person("guest", kind="guest")
    intranet.post("guest", TUESDAY, "question")
    intranet.comment("ada", TUESDAY + HOUR, "question")
    intranet.comment("guest", TUESDAY + 2 * HOUR, "question")
    assert value(intranet, "dialogue_share") == 1
    personas = intranet.cells("persona_share")
    assert {cell.denominator for place, cell in personas.items() if place[2] == SINCE} == {1}


def test_without_a_source_that_tells_of_reactions_their_share_is_unknown(intranet: Any) -> None:
    intranet.post("ada", TUESDAY, "news")
    intranet.comment("bob", TUESDAY + HOUR, "news")
    assert value(intranet, "reaction_only_share") == "no_reaction_data"


def test_of_no_response_no_share_can_be_told(intranet: Any) -> None:
    intranet.post("ada", TUESDAY, "news")
    intranet.post("bob", TUESDAY - 40 * DAY, "old news")
    intranet.react("ada", TUESDAY - 39 * DAY, "old news")
    assert value(intranet, "reaction_only_share") == "nothing_answered"


def test_a_reaction_first_seen_too_late_leaves_a_silent_post_undecided(intranet: Any) -> None:
    for number in range(10):
        intranet.post(f"author {number}", TUESDAY, f"news {number}")
        intranet.comment("bob", TUESDAY + HOUR, f"news {number}")
    intranet.post("ada", TUESDAY, "silent")
    intranet.react("bob", TUESDAY + 29 * DAY, "silent", dated=False)
    found = said(intranet, "reaction_only_share")
    assert (found.numerator, found.denominator, found.excluded) == (0, 10, 1)
    intranet.post("ada", TUESDAY, "silent too")
    intranet.react("bob", TUESDAY + 29 * DAY, "silent too", dated=False)
    assert value(intranet, "reaction_only_share") == "undated_reactions"


def test_a_late_seen_reaction_decides_nothing_where_somebody_wrote_or_was_seen_in_time(intranet: Any) -> None:
    intranet.post("ada", TUESDAY, "written")
    intranet.comment("bob", TUESDAY + HOUR, "written")
    intranet.react("cyd", TUESDAY + 29 * DAY, "written", dated=False)
    intranet.post("ada", TUESDAY, "seen")
    intranet.react("cyd", TUESDAY + 5 * DAY, "seen", dated=False)
    intranet.react("dan", TUESDAY + 29 * DAY, "seen", dated=False)
    found = said(intranet, "reaction_only_share")
    assert (found.numerator, found.denominator) == (1, 2)


def test_no_question_is_known_while_no_platform_marks_any(talk: Any) -> None:
    cells = talk.cells("answered_questions")
    assert {cell.reason for place, cell in cells.items() if place[1] == "weeks26"} <= {
        "no_questions_marked",
        "not_old_enough",
    }
    assert said(talk, "answered_questions").reason == "no_questions_marked"


def seen(intranet: Any) -> Any:
    """A log of views that begins before the post and goes on after it."""
    intranet.act("view", "zoe", TUESDAY - DAY, "elsewhere", content_type="page")
    intranet.act("view", "zoe", TUESDAY + 30 * DAY, "elsewhere", content_type="page")
    intranet.post("ada", TUESDAY, "news")
    for name in ("ada", "bob", "bob", "cyd", "dan"):
        intranet.act("view", name, TUESDAY + HOUR, "news")
    return intranet


def test_of_those_who_saw_a_post_some_answer(intranet: Any) -> None:
    seen(intranet)
    intranet.react("bob", TUESDAY + HOUR, "news")
    intranet.comment("bob", TUESDAY + HOUR, "news")
    intranet.comment("eve", TUESDAY + HOUR, "news")  # answered by mail: has seen it
    found = said(intranet, "engagement_of_reach")
    assert (found.numerator, found.denominator, found.people, found.largest) == (2, 4, 1, 4)


def test_swoops_example_of_261_engaged_among_2612_reached(intranet: Any) -> None:
    seen(intranet)
    for number in range(2609):
        intranet.act("view", f"reader {number}", TUESDAY + HOUR, "news")
    for number in range(261):
        intranet.react(f"reader {number}", TUESDAY + HOUR, "news")
    found = said(intranet, "engagement_of_reach")
    assert (found.numerator, found.denominator) == (261, 2612)


def test_without_viewers_the_engagement_of_reach_is_unknown(intranet: Any) -> None:
    intranet.post("ada", TUESDAY, "news")
    intranet.comment("bob", TUESDAY + HOUR, "news")
    intranet.views(100, TUESDAY + DAY, "news")
    assert value(intranet, "engagement_of_reach") == "no_viewer_data"


def test_a_log_of_views_that_ends_too_early_tells_of_no_reach(intranet: Any) -> None:
    seen(intranet)
    intranet.post("bob", TUESDAY + 10 * DAY, "later")
    intranet.act("view", "ada", TUESDAY + 10 * DAY, "later")
    assert value(intranet, "engagement_of_reach") == "no_viewer_data"
