from datetime import date
from typing import Any

import pytest

# A window of 28 days begins on 2026-02-23, a Monday.
SINCE = date(2026, 2, 23)
METRICS = (
    "bottom_up_share",
    "response_rate_official",
    "response_rate_staff",
    "response_asymmetry",
    "upward_echo",
)


def said(intranet: Any, metric: str) -> Any:
    return intranet.cell(metric, SINCE, window="days28")


def ratio(intranet: Any, metric: str) -> Any:
    cell = said(intranet, metric)
    return cell.reason or (cell.numerator, cell.denominator)


@pytest.fixture
def company(intranet: Any) -> Any:
    """A communications unit, a board of level 1, two of sales; `news` is an official room."""
    intranet.person("com", "communications")
    intranet.person("bea", "board")
    intranet.person("ada", "sales")
    intranet.person("bob", "sales")
    intranet.leaders[intranet.number("bea")] = 1
    intranet.room("news")
    intranet.room("talk")
    intranet.purposes["news"] = "official"
    intranet.official("communications")
    intranet.official(leadership=2)
    return intranet


def test_posts_of_neither_official_rooms_nor_official_people_come_from_below(company: Any) -> None:
    company.post("com", "2026-02-24 09:00", "launch", room="talk")
    company.post("bea", "2026-02-24 09:00", "vision", room="talk")
    company.post("ada", "2026-02-24 09:00", "notice", room="news")
    company.post("ada", "2026-02-24 10:00", "question", room="talk")
    company.post("bob", "2026-02-24 10:00", "idea", room="talk")
    company.post("bob", "2026-02-24 10:00", "guide", room="talk", content_type="page")
    cell = said(company, "bottom_up_share")
    assert (cell.numerator, cell.denominator, cell.people, cell.excluded) == (2, 5, 4, 0)
    # com, bea and ada stand behind what is official, ada and bob behind what is not.
    assert cell.affirming == 2
    assert cell.largest == 2


def test_service_accounts_speak_for_the_organisation_and_are_nobody(company: Any) -> None:
    company.person("bot", kind="service")
    company.person("visitor", kind="guest")
    for number in range(5):
        company.post("bot", f"2026-02-24 0{number}:00", f"report {number}", room="talk")
    company.post("visitor", "2026-02-24 10:00", "question", room="talk")
    cell = said(company, "bottom_up_share")
    assert (cell.numerator, cell.denominator, cell.people, cell.affirming, cell.largest) == (1, 6, 1, 0, 1)


def test_imports_and_unknown_authors_are_neither_below_nor_above(company: Any) -> None:
    for number in range(21):
        company.post("ada", f"2026-02-24 09:0{number // 3}", f"import {number}", room="talk")
    company.post(None, "2026-02-24 12:00", "orphan", room="news")
    company.post("bob", "2026-02-24 12:00", "idea", room="talk")
    cell = said(company, "bottom_up_share")
    assert (cell.numerator, cell.denominator, cell.excluded) == (1, 1, 22)


def test_what_somebody_was_on_the_day_decides(company: Any) -> None:
    company.person("mia", "sales")
    company.stay("mia", "communications", until=date(2026, 3, 2))
    company.stay("mia", "sales", since=date(2026, 3, 2))
    company.post("mia", "2026-02-27 09:00", "release", room="talk")
    company.post("mia", "2026-03-03 09:00", "idea", room="talk")
    assert ratio(company, "bottom_up_share") == (1, 2)


def test_nothing_is_said_where_nothing_is_declared(intranet: Any) -> None:
    intranet.room("talk")
    intranet.post("ada", "2026-02-24 09:00", "question", room="talk")
    intranet.comment("bob", "2026-02-25 09:00", "question", room="talk")
    for metric in METRICS[:4]:
        assert ratio(intranet, metric) == "officials_not_declared"
    assert said(intranet, "upward_echo") is None


@pytest.mark.parametrize(("placed", "expected"), [(9, (9, 9)), (8, "officials_unknown")])
def test_too_many_posts_of_people_of_no_known_unit_leave_it_unknown(
    company: Any, placed: int, expected: Any
) -> None:
    company.person("eve")
    company.post("eve", "2026-02-24 09:00", "riddle", room="talk")
    for number in range(placed):
        company.post("ada", f"2026-02-24 1{number}:00", f"idea {number}", room="talk")
    assert ratio(company, "bottom_up_share") == expected
    assert said(company, "bottom_up_share").excluded == 1


def test_leaders_are_unknown_where_nobodys_level_is_known(company: Any) -> None:
    company.leaders.clear()
    company.officials = [(None, 2)]
    company.post("ada", "2026-02-24 09:00", "idea", room="talk")
    assert ratio(company, "bottom_up_share") == "officials_unknown"


def test_the_asymmetry_is_the_official_response_rate_minus_that_of_staff(company: Any) -> None:
    # Official: 2 of 3 answered; staff: 1 of 2.
    for number in range(3):
        company.post("com", f"2026-02-24 0{number}:00", f"launch {number}", room="talk")
    for number in range(2):
        company.comment("ada", "2026-02-25 09:00", f"launch {number}", room="talk")
    company.post("ada", "2026-02-24 10:00", "question", room="talk")
    company.post("bob", "2026-02-24 10:00", "idea", room="talk")
    company.comment("com", "2026-03-05 10:00", "question", room="talk")  # the seventh working day
    company.comment("com", "2026-03-06 10:00", "idea", room="talk")  # the eighth
    assert ratio(company, "response_rate_official") == (2, 3)
    assert ratio(company, "response_rate_staff") == (1, 2)
    assert ratio(company, "response_rate") == (3, 5)
    cell = said(company, "response_asymmetry")
    assert (cell.numerator, cell.denominator, cell.people, cell.affirming) == (1, 6, 3, 1)
    # One person made all that is official.
    assert cell.largest == 6
    assert said(company, "response_rate_staff").affirming == 1


def test_a_side_that_did_not_post_or_only_lately_has_no_rate(company: Any) -> None:
    company.post("ada", "2026-02-24 09:00", "question", room="talk")
    assert ratio(company, "response_rate_official") == "no_official_posts"
    assert ratio(company, "response_asymmetry") == "no_official_posts"
    company.until = date(2026, 3, 23)
    company.post("com", "2026-03-20 09:00", "launch", room="talk")
    assert ratio(company, "response_rate_official") == "not_old_enough"


def test_an_official_answer_within_five_working_days_is_an_echo(company: Any) -> None:
    company.post("com", "2026-02-23 08:00", "launch", room="talk")
    company.comment("ada", "2026-02-24 09:00", "launch", room="talk")  # answered below
    company.comment("bea", "2026-03-03 09:00", "launch", room="talk")  # five working days later
    company.comment("bob", "2026-03-03 10:00", "launch", room="talk")  # by nobody in time
    company.comment("bea", "2026-03-11 09:00", "launch", room="talk")
    cell = said(company, "upward_echo")
    assert (cell.numerator, cell.denominator, cell.people, cell.affirming, cell.largest) == (1, 2, 2, 1, 1)


def test_only_others_answer_in_an_echo_and_only_to_what_was_said(company: Any) -> None:
    company.post("ada", "2026-02-23 08:00", "notice", room="news")
    company.act(
        "comment", "bob", "2026-02-24 09:00", "first", on="notice", content_type="comment", room="news"
    )
    company.act(
        "comment", "bob", "2026-02-24 10:00", "second", on="notice", content_type="comment", room="news"
    )
    # A colleague's answer is none of an official; whoever wrote the post answers for the organisation.
    company.person("cyd", "sales")
    company.comment("cyd", "2026-02-24 11:00", "notice", room="news")
    reply = company.log[-1]
    company.log[-1] = reply._replace(parent=company.number("first"), thread=company.number("notice"))
    assert ratio(company, "upward_echo") == (0, 3)
    company.comment("ada", "2026-02-24 12:00", "notice", room="news")
    reply = company.log[-1]
    company.log[-1] = reply._replace(parent=company.number("second"), thread=company.number("notice"))
    assert ratio(company, "upward_echo") == (1, 3)


def test_echoes_that_can_still_come_or_were_taken_back_are_not_missing(company: Any) -> None:
    company.until = date(2026, 3, 23)
    company.post("com", "2026-03-16 08:00", "launch", room="talk")
    company.comment("ada", "2026-03-17 09:00", "launch", room="talk")
    assert ratio(company, "upward_echo") == "not_old_enough"
    company.act(
        "comment", "bob", "2026-03-12 09:00", "oops", on="launch", content_type="comment", room="talk"
    )
    company.act("delete", None, "2026-03-13 09:00", "oops", room="talk")
    cell = said(company, "upward_echo")
    assert (cell.reason, cell.excluded) == ("not_old_enough", 1)


def test_an_answer_of_somebody_unknown_leaves_an_echo_open(company: Any) -> None:
    company.person("eve")
    company.post("com", "2026-02-23 08:00", "launch", room="talk")
    company.comment("ada", "2026-02-24 09:00", "launch", room="talk")
    company.comment("eve", "2026-02-25 09:00", "launch", room="talk")
    cell = said(company, "upward_echo")
    assert (cell.reason, cell.excluded) == ("officials_unknown", 2)


def test_guests_and_service_accounts_echo_nothing(company: Any) -> None:
    company.person("visitor", kind="guest")
    company.person("bot", kind="service")
    company.post("com", "2026-02-23 08:00", "launch", room="talk")
    company.comment("visitor", "2026-02-24 09:00", "launch", room="talk")
    company.comment("ada", "2026-02-24 09:00", "launch", room="talk")
    company.comment("bot", "2026-02-24 10:00", "launch", room="talk")
    cell = said(company, "upward_echo")
    assert (cell.numerator, cell.denominator, cell.excluded) == (0, 1, 1)
