from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

# Windows of 28 days begin on 2026-01-26, 02-23, 03-23, 04-20.
SINCE = date(2026, 3, 23)
BEFORE, AFTER = SINCE - timedelta(days=28), SINCE + timedelta(days=28)
INSIDE = datetime(2026, 3, 24, 9, tzinfo=ZoneInfo("Europe/Berlin"))
DAY = timedelta(days=1)


def state(intranet: Any, since: date = SINCE, room: str = "hr") -> str | None:
    """The one state a room has in a window, or why it has none."""
    states = {
        category: cell
        for (key, _, first, category), cell in intranet.cells("room_state", "room").items()
        if (key, first) == (room, since)
    }
    if not states:
        return None
    ((category, cell),) = states.items()
    assert cell.reason or (cell.numerator, cell.denominator) == (1, 1)
    return cell.reason or category


def test_a_room_is_born_when_somebody_else_than_its_first_author_writes(intranet: Any) -> None:
    intranet.room("hr", created=date(2026, 2, 1))
    intranet.post("ada", INSIDE - 30 * DAY, "welcome")
    intranet.comment("bob", INSIDE, "welcome")
    assert [state(intranet, since) for since in (BEFORE, SINCE, AFTER)] == ["stirring", "born", "stirring"]


def test_three_authors_and_four_contributions_make_a_room_active(intranet: Any) -> None:
    intranet.room("hr", created=date(2026, 2, 1))
    intranet.post("ada", INSIDE - 30 * DAY, "welcome")
    intranet.comment("bob", INSIDE - 30 * DAY, "welcome")
    intranet.post("ada", INSIDE, "news")
    intranet.comment("bob", INSIDE, "news")
    intranet.comment("cyd", INSIDE, "news")
    assert state(intranet) == "stirring"
    intranet.comment("ada", INSIDE + DAY, "news")
    assert state(intranet) == "active"


def test_a_room_where_nobody_joined_its_author_is_stillborn_after_60_days(intranet: Any) -> None:
    # The window ends on 2026-04-20; 60 days before is 02-19.
    intranet.room("hr", created=date(2026, 2, 19))
    intranet.room("it", created=date(2026, 2, 20))
    for room in ("hr", "it"):
        intranet.post("ada", "2026-02-20 09:00", f"welcome to {room}", room=room)
    assert (state(intranet), state(intranet, room="it")) == ("stillborn", "stirring")


def test_an_empty_room_is_too_young_and_then_stillborn(intranet: Any) -> None:
    intranet.room("hr", created=date(2026, 2, 24))
    assert [state(intranet, since) for since in (BEFORE, SINCE, AFTER)] == [
        "too_young",
        "too_young",
        "stillborn",
    ]


def test_a_room_with_a_single_busy_author_stirs(intranet: Any) -> None:
    intranet.room("hr", created=date(2026, 1, 5))
    intranet.post("ada", INSIDE, "news")
    assert state(intranet) == "stirring"


def conversation(intranet: Any, day: str, room: str = "hr") -> None:
    intranet.room(room, created=date(2025, 1, 1))
    intranet.post("ada", f"{day} 09:00", f"welcome to {room}", room=room)
    intranet.comment("bob", f"{day} 10:00", f"welcome to {room}", room=room)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-01-26", "stirring"),  # 59 working days follow before 2026-04-20
        ("2026-01-23", "dormant"),  # 60
        ("2025-10-01", "dormant"),  # 142, and nobody knows who reads
    ],
)
def test_sixty_silent_working_days_put_a_room_to_sleep(intranet: Any, day: str, expected: str) -> None:
    conversation(intranet, day)
    assert state(intranet) == expected


def test_a_room_silent_for_120_working_days_is_dead_only_if_views_show_that_nobody_reads(
    intranet: Any,
) -> None:
    conversation(intranet, "2025-10-01", "unread")
    conversation(intranet, "2025-10-01", "read")
    conversation(intranet, "2026-01-05", "asleep")
    for room, total in (("unread", 7), ("read", 8), ("asleep", 7)):
        intranet.views(7, "2026-03-01 09:00", f"welcome to {room}", room=room)
        intranet.views(total, "2026-03-10 09:00", f"welcome to {room}", room=room)
    assert [state(intranet, room=room) for room in ("unread", "read", "asleep")] == [
        "dead",
        "dormant",
        "dormant",
    ]


def test_an_archived_room_is_closed_after_its_last_act_and_not_before(intranet: Any) -> None:
    intranet.room("hr", created=date(2026, 1, 5), archived=True)
    intranet.post("ada", INSIDE, "goodbye")
    assert [state(intranet, since) for since in (BEFORE, SINCE, AFTER)] == [
        "stillborn",
        "stirring",
        "closed",
    ]


def test_a_room_has_no_state_before_it_is_there_and_after_it_is_gone(intranet: Any) -> None:
    intranet.room("hr", created=SINCE, gone=AFTER)
    intranet.post("ada", INSIDE, "hello")
    assert [state(intranet, since) for since in (BEFORE, SINCE, AFTER)] == [None, "stirring", None]


def test_the_organisation_has_a_share_of_rooms_in_each_state(intranet: Any) -> None:
    conversation(intranet, "2026-01-10", "asleep")
    conversation(intranet, "2026-03-24", "born")
    intranet.room("new", created=date(2026, 4, 1))
    shares = {
        category: (cell.numerator, cell.denominator, cell.people, cell.affirming, cell.excluded)
        for (_, _, since, category), cell in intranet.cells("room_state").items()
        if since == SINCE
    }
    assert shares["dormant"] == (1, 2, 2, 0, 1)
    assert shares["born"] == (1, 2, 2, 2, 1)
    assert sum(share[0] for share in shares.values()) == 2
    assert set(shares) == {"born", "active", "stirring", "stillborn", "dormant", "dead", "closed"}


def test_bots_keep_no_room_alive(intranet: Any) -> None:
    intranet.person("bot", kind="service")
    conversation(intranet, "2025-10-01")
    intranet.post("bot", INSIDE, "report")
    assert state(intranet) == "dormant"
