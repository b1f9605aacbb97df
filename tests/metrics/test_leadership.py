from datetime import date
from typing import Any

import pytest

from metrics.leadership.lift import lift_cell

# A window of 28 days begins on 2026-02-23, a Monday.
SINCE = date(2026, 2, 23)
NAMES = ("ada", "bob", "cyd", "dan", "eve", "fay")


def said(intranet: Any, metric: str, category: str = "") -> Any:
    return intranet.cell(metric, SINCE, window="days28", category=category)


def ratio(intranet: Any, metric: str, category: str = "") -> Any:
    cell = said(intranet, metric, category)
    return None if cell is None else cell.reason or (cell.numerator, cell.denominator)


@pytest.fixture
def company(intranet: Any) -> Any:
    """Six leaders of the top two levels in three units, one of the third level, and two who lead nobody."""
    for place, name in enumerate(NAMES):
        intranet.person(name, ("sales", "legal", "it")[place % 3])
        intranet.leaders[intranet.number(name)] = 1 + place % 2
    intranet.person("tim", "tools")
    intranet.leaders[intranet.number("tim")] = 3
    intranet.person("uma", "sales")
    intranet.person("vic")
    return intranet


def test_leaders_who_write_anything_are_active_and_those_who_only_react_are_not(company: Any) -> None:
    company.post("ada", "2026-02-24 09:00", "vision")
    company.comment("bob", "2026-02-24 10:00", "vision")
    company.act("edit", "cyd", "2026-02-24 10:00", "vision")
    company.act("message", "cyd", "2026-02-24 10:00", "chat")
    company.react("dan", "2026-02-24 10:00", "vision")
    company.comment("tim", "2026-02-24 10:00", "vision")
    company.comment("uma", "2026-02-24 10:00", "vision")
    cell = said(company, "active_leader_share")
    assert (cell.numerator, cell.denominator, cell.people, cell.affirming, cell.excluded) == (3, 6, 6, 3, 0)
    parts = {name: ratio(company, "leader_parts", name) for name in ("answering", "publishing", "silent")}
    assert parts == {"answering": (1, 6), "publishing": (2, 6), "silent": (3, 6)}


def test_where_nobody_is_known_to_lead_nothing_is_said(intranet: Any) -> None:
    intranet.person("ada", "sales")
    intranet.person("tim", "sales")
    intranet.leaders[intranet.number("tim")] = 3
    intranet.post("ada", "2026-02-24 09:00", "idea")
    for metric in (
        "active_leader_share",
        "leader_parts",
        "led_unit_share",
        "leader_reply_share",
        "leader_lift",
    ):
        assert intranet.cells(metric) == {}


def test_leaders_are_those_who_led_in_the_middle_of_the_period_and_may_act(company: Any) -> None:
    company.person("gus", "sales", active=False)
    company.person("hal", "sales", active=False)
    company.person("bot", kind="service")
    company.person("visitor", kind="guest")
    for name in ("gus", "hal", "bot", "visitor"):
        company.leaders[company.number(name)] = 1
    company.post("hal", "2026-02-24 09:00", "farewell")
    company.post("bot", "2026-02-24 09:00", "report")
    company.comment("visitor", "2026-02-24 09:30", "report")
    # hal had no account in the middle any more but still wrote; gus was not there at all.
    assert ratio(company, "active_leader_share") == (1, 7)


def test_an_import_is_no_contribution_of_a_leader(company: Any) -> None:
    for number in range(21):
        company.post("ada", f"2026-02-24 09:0{number // 3}", f"import {number}")
    cell = said(company, "active_leader_share")
    assert (cell.numerator, cell.denominator, cell.excluded) == (0, 6, 21)


def test_a_unit_is_led_where_one_of_its_leaders_writes(company: Any) -> None:
    company.person("zoe")
    company.leaders[company.number("zoe")] = 2
    company.post("ada", "2026-02-24 09:00", "vision")
    company.comment("dan", "2026-02-24 10:00", "vision")
    company.comment("tim", "2026-02-24 10:00", "vision")
    company.comment("zoe", "2026-02-24 10:00", "vision")
    cell = said(company, "led_unit_share")
    # ada and dan are both of sales; tools has a leader of the third level only; zoe is of no unit.
    assert (cell.numerator, cell.denominator, cell.people, cell.affirming, cell.excluded) == (1, 3, 3, 1, 1)


def test_without_units_of_leaders_it_is_not_known_where_they_lead(intranet: Any) -> None:
    intranet.person("ada")
    intranet.leaders[intranet.number("ada")] = 1
    assert ratio(intranet, "led_unit_share") == "units_unknown"


def test_the_reply_share_sets_answers_against_posts_of_leaders(company: Any) -> None:
    for place, name in enumerate(NAMES[:5]):
        company.post(name, f"2026-02-24 0{place}:00", f"news {name}")
        company.comment(name, "2026-02-25 10:00", "news ada")
        company.comment(name, "2026-02-26 10:00", "news ada")
    company.post("ada", "2026-02-24 12:00", "guide", content_type="page")
    company.act("edit", "ada", "2026-02-25 12:00", "guide", content_type="page")
    company.act("message", "ada", "2026-02-25 12:00", "chat")
    company.comment("uma", "2026-02-26 10:00", "news ada")
    cell = said(company, "leader_reply_share")
    # Comments under one's own post are answers to those who commented there.
    assert (cell.numerator, cell.denominator, cell.people, cell.affirming, cell.largest) == (10, 15, 5, 5, 3)
    assert cell.low <= 10 / 15 <= cell.high


def test_as_many_stand_behind_the_reply_share_as_are_on_its_smaller_side(company: Any) -> None:
    company.post("ada", "2026-02-24 09:00", "vision")
    for name in NAMES:
        company.comment(name, "2026-02-25 10:00", "vision")
    cell = said(company, "leader_reply_share")
    assert (cell.numerator, cell.denominator, cell.people, cell.affirming) == (6, 7, 6, 1)


@pytest.mark.parametrize("writing", [0, 4])
def test_it_is_not_told_whether_few_leaders_wrote_or_none(company: Any, writing: int) -> None:
    for name in NAMES[:writing]:
        company.post(name, "2026-02-24 09:00", f"news {name}")
    company.post("uma", "2026-02-24 09:00", "idea")
    assert ratio(company, "leader_reply_share") == "few_leaders_wrote"
    assert ratio(company, "leader_lift") == "few_leaders_wrote"


def talk(company: Any, room: str, led: list[bool], alone: list[bool], day: int = 2) -> None:
    """Posts of uma in one room, some of them commented on by a leader, with or without an answer of vic."""
    for number, answered in enumerate([*led, *alone]):
        thing = f"{room} {day} {number}"
        company.post("uma", f"2026-03-{day:02} 09:00", thing, room=room)
        if number < len(led):
            leader = NAMES[(number + day) % len(NAMES)]
            company.comment(leader, f"2026-03-{day:02} 10:00", thing, room=room)
        if answered:
            company.comment("vic", f"2026-03-{day:02} 11:00", thing, room=room)


def test_posts_with_a_leader_are_compared_with_others_of_the_same_room(company: Any) -> None:
    talk(company, "hr", [True, True, True, False], [True, False])
    talk(company, "it", [True, False], [False, False, False, False], day=4)
    # Only posts of one kind: they say nothing.
    talk(company, "lab", [True] * 3, [], day=5)
    talk(company, "den", [], [True] * 3, day=6)
    cell = said(company, "leader_lift")
    # hr: (3·2 - 1·4)/6 = 1/3, weight 4·2/6 = 4/3; it: (1·4 - 0·2)/6 = 2/3, weight 2·4/6 = 4/3.
    assert cell.numerator / cell.denominator == (1 / 3 + 2 / 3) / (8 / 3)
    # cyd, dan, eve and fay commented in hr, eve and fay in it as well: each in at most two of six.
    assert (cell.people, cell.affirming) == (4, 4)
    assert (cell.low, cell.high) == (None, None)
    assert cell.largest == -(-cell.denominator // 3)


def test_the_leaders_own_answer_is_none_of_the_others(company: Any) -> None:
    for number, name in enumerate(NAMES):
        company.post("uma", f"2026-03-02 0{number}:00", f"question {number}")
        company.comment(name, "2026-03-02 10:00", f"question {number}")
    company.post("uma", "2026-03-02 12:00", "left alone")
    assert said(company, "leader_lift").numerator == 0


def test_a_leader_who_wrote_the_post_takes_part_and_a_month_is_a_stratum_of_its_own(company: Any) -> None:
    for number, name in enumerate(NAMES):
        company.post(name, f"2026-03-02 0{number}:00", f"news {name}")
        company.comment("uma", "2026-03-02 10:00", f"news {name}")
    company.post("uma", "2026-02-25 12:00", "left alone in February")
    assert ratio(company, "leader_lift") == "nothing_to_compare"
    company.post("uma", "2026-03-03 12:00", "left alone in March")
    cell = said(company, "leader_lift")
    assert (cell.numerator, cell.denominator) == (1_000_000, 1_000_000)


def test_answers_after_seven_working_days_and_posts_too_young_to_have_had_them_do_not_count(
    company: Any,
) -> None:
    company.until = date(2026, 3, 23)
    for number, name in enumerate(NAMES):
        company.post(name, f"2026-03-02 0{number}:00", f"news {name}")
        company.comment("uma", "2026-03-12 10:00", f"news {name}")
    company.post("vic", "2026-03-02 12:00", "question")
    company.comment("uma", "2026-03-11 10:00", "question")
    company.post("vic", "2026-03-12 12:00", "young")
    # The seventh working day after Monday, 2 March, is Wednesday, 11 March.
    cell = said(company, "leader_lift")
    assert (cell.numerator, cell.denominator) == (-1_000_000, 1_000_000)


def test_young_posts_alone_are_not_old_enough(company: Any) -> None:
    company.until = date(2026, 3, 23)
    company.post("ada", "2026-03-18 09:00", "news")
    assert ratio(company, "leader_lift") == "not_old_enough"


def test_rooms_are_drawn_again_for_the_interval() -> None:
    def row(room: int, led: int, led_answered: int, others: int, others_answered: int) -> dict[str, Any]:
        return {
            "room": str(room), "with_leader": led, "with_answer": led_answered, "without_leader": others,
            "without_answer": others_answered, "people": 9, "affirming": 9, "most": 3, "excluded": 0,
            "reason": None,
        }  # fmt: skip

    alike = lift_cell([row(number, 10, 8, 10, 4) for number in range(6)])
    assert (alike.numerator, alike.denominator) == (400_000, 1_000_000)
    assert (alike.low, alike.high) == (pytest.approx(0.4), pytest.approx(0.4))
    unlike = lift_cell([row(number, 10, 4 + number, 10, 4) for number in range(6)])
    assert unlike.low < 0.25 < unlike.high
