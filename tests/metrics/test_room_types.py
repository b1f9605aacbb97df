from datetime import date
from typing import Any

import pytest

from metrics.room_rules import FITTING, INDICATORS, RULES, TYPES, Condition, reasons

# A window of 28 days begins on 2026-02-23.
SINCE = date(2026, 2, 23)


def furnish(
    intranet: Any, room: str, members: int, *, creators: int, posts: int, commenters: int, comments: int
) -> None:
    """A room whose first members post in turn, and whose last comment in turn."""
    intranet.room(room, created=date(2026, 1, 5))
    names = [f"{room} {number}" for number in range(members)]
    for name in names:
        intranet.member(room, name)
    for number in range(posts):
        intranet.post(
            names[number % creators],
            f"2026-02-24 {8 + number // 60:02}:{number % 60:02}",
            f"{room} post {number}",
            room=room,
        )
    for number in range(comments):
        intranet.comment(
            names[-1 - number % commenters],
            f"2026-02-25 {8 + number // 60:02}:{number % 60:02}",
            f"{room} post 0",
            room=room,
        )


def type_of(intranet: Any, room: str = "hr") -> str:
    found = {
        category: cell
        for (key, window, since, category), cell in intranet.cells("room_type", "room").items()
        if (key, window, since) == (room, "days28", SINCE)
    }
    ((category, cell),) = found.items()
    assert cell.reason or (cell.numerator, cell.denominator) == (1, 1)
    return cell.reason or category


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((8, 3, 6, 1, 2), "project_team"),  # four of eight contribute
        ((8, 3, 6, 0, 0), "forum"),  # three of eight, and more than a fifth of them post
        ((51, 26, 26, 1, 2), "forum"),  # too many for a team
        ((20, 4, 8, 2, 4), "broadcast"),  # four of twenty post, an answer for every second post
        ((20, 4, 8, 2, 5), "forum"),  # six of twenty contribute, but answers are fewer than posts
        ((20, 5, 10, 2, 5), "forum"),  # a quarter post
        ((20, 2, 4, 2, 4), "community"),  # a fifth contribute, an answer for every post
        ((21, 2, 4, 2, 4), "forum"),  # fewer than a fifth
        ((20, 2, 4, 2, 3), "forum"),
    ],
)
def test_the_first_rule_that_holds_says_what_a_room_is(
    intranet: Any, shape: tuple[int, ...], expected: str
) -> None:
    names = ("creators", "posts", "commenters", "comments")
    furnish(intranet, "hr", shape[0], **dict(zip(names, shape[1:], strict=True)))
    assert type_of(intranet) == expected


def test_a_room_in_which_nothing_is_posted_but_much_said_is_talk(intranet: Any) -> None:
    intranet.room("hr", created=date(2026, 1, 5))
    for number in range(20):
        intranet.member("hr", f"m{number}")
    for number in range(4):
        intranet.act("message", f"m{number}", "2026-02-24 09:00", f"message {number}", content_type="comment")
    assert type_of(intranet) == "community"


@pytest.mark.parametrize(
    ("members", "posts", "expected"), [(5, 4, "broadcast"), (5, 3, "too_quiet"), (4, 4, "too_few_people")]
)
def test_of_quiet_and_tiny_rooms_no_type_is_told(
    intranet: Any, members: int, posts: int, expected: str
) -> None:
    furnish(intranet, "hr", members, creators=1, posts=posts, commenters=0, comments=0)
    assert type_of(intranet) == expected


def test_without_known_members_a_room_has_no_type(intranet: Any) -> None:
    intranet.room("hr", created=date(2026, 1, 5))
    for number in range(6):
        intranet.post(f"m{number}", "2026-02-24 09:00", f"post {number}")
    assert type_of(intranet) == "no_members"


def test_bots_guests_and_imports_make_no_type(intranet: Any) -> None:
    furnish(intranet, "hr", 20, creators=2, posts=4, commenters=2, comments=4)
    intranet.person("bot", kind="service")
    intranet.person("visitor", kind="guest")
    for number in range(25):
        intranet.post("bot", f"2026-02-26 09:{number:02}", f"report {number}")
        intranet.post("visitor", f"2026-02-26 10:{number:02}", f"letter {number}")
        intranet.post("hr 0", f"2026-02-27 09:0{number // 3}", f"import {number}")
    assert type_of(intranet) == "community"


def test_the_organisation_has_shares_of_types_and_of_rooms_that_are_as_intended(intranet: Any) -> None:
    furnish(intranet, "hr", 20, creators=4, posts=8, commenters=2, comments=4)
    furnish(intranet, "it", 8, creators=3, posts=6, commenters=1, comments=2)
    furnish(intranet, "pm", 20, creators=2, posts=4, commenters=2, comments=4)
    furnish(intranet, "silent", 8, creators=1, posts=1, commenters=0, comments=0)
    intranet.purposes |= {"hr": "official", "it": "community", "silent": "team"}
    cells = {
        category: (cell.numerator, cell.denominator, cell.excluded)
        for (_, window, since, category), cell in intranet.cells("room_type").items()
        if (window, since) == ("days28", SINCE)
    }
    assert cells == {
        "project_team": (1, 3, 1),
        "broadcast": (1, 3, 1),
        "community": (1, 3, 1),
        "forum": (0, 3, 1),
    }
    cell = intranet.cell("rooms_as_intended", SINCE, window="days28")
    assert (cell.numerator, cell.denominator, cell.excluded) == (1, 2, 2)


def test_without_a_declared_purpose_no_room_is_as_intended_or_otherwise(intranet: Any) -> None:
    furnish(intranet, "hr", 20, creators=4, posts=8, commenters=2, comments=4)
    assert intranet.cell("rooms_as_intended", SINCE, window="days28").reason == "no_typed_rooms"


def test_every_rule_and_purpose_speaks_of_what_there_is() -> None:
    assert [name for name, _ in RULES] == [kind for kind in TYPES if kind != "forum"]
    assert {one.indicator for _, conditions in RULES for one in conditions} == set(INDICATORS)
    assert set(FITTING) == {"official", "team", "community", "project"}
    assert set().union(*FITTING.values()) == set(TYPES)


def told(kind: str, **shown: float) -> list[tuple[str, bool]]:
    return [(reason.condition.indicator, reason.holds) for reason in reasons(kind, shown)]


def test_reasons_are_what_holds_of_the_type_and_what_fails_of_those_before_it() -> None:
    shown = {"people": 20, "contributing": 0.3, "creating": 0.1, "answers": 1.5}
    assert told("community", **shown) == [
        ("contributing", False),
        ("answers", False),
        ("contributing", True),
        ("answers", True),
    ]
    assert told("forum", **{**shown, "answers": 0.8}) == [
        ("contributing", False),
        ("answers", False),
        ("answers", False),
    ]
    assert told("project_team", people=12, contributing=0.5) == [("people", True), ("contributing", True)]


def test_what_is_not_shown_is_no_reason() -> None:
    assert told("broadcast") == []
    assert told("broadcast", creating=0.1) == [("creating", True)]


def test_a_rounded_value_beyond_the_threshold_is_no_reason() -> None:
    assert told("broadcast", creating=0.21, answers=0.4) == [("answers", True)]
    assert Condition("answers", at_least=100).fulfilled(1.0)
    assert not Condition("people", at_most=5000).fulfilled(51)
