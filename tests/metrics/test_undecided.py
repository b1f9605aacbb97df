"""What can not be told of people whose reactions have no date, or were not read yet."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

MONDAY = date(2026, 3, 2)
TUESDAY = datetime(2026, 3, 3, 9, tzinfo=ZoneInfo("Europe/Berlin"))
WEEK = timedelta(days=7)
LATER = TUESDAY + 3 * WEEK
ROLES = ("creating", "contributing", "reacting", "reading_or_absent")


def writers(intranet: Any, number: int, when: datetime = TUESDAY, **where: Any) -> None:
    """So many people who each wrote something."""
    for position in range(number):
        intranet.person(f"writer {position}")
        intranet.post(f"writer {position}", when, f"word of {position} on {when}", **where)


def reasons(intranet: Any, *where: str) -> dict[date, str | None]:
    """Per week, why the share of active people is unknown there, if so."""
    scope, key = where or ("organisation", "")
    return {
        since: cell.reason
        for (found, window, since, _), cell in intranet.cells("active_share", scope).items()
        if (found, window) == (key, "week")
    }


def unknown(intranet: Any, *where: str) -> list[date]:
    return sorted(
        since for since, reason in reasons(intranet, *where).items() if reason == "undated_reactions"
    )


@pytest.mark.parametrize(("active", "reason"), [(9, None), (8, "undated_reactions")])
def test_more_than_one_undecided_for_nine_active_people_make_the_share_unknown_and_not_low(
    intranet: Any, active: int, reason: str | None
) -> None:
    writers(intranet, active)
    intranet.person("bob")
    intranet.react("bob", LATER, "word of 0 on " + str(TUESDAY), dated=False)
    found = intranet.cell("active_share", MONDAY)
    assert found.reason == reason
    assert found.numerator == (None if reason else active)
    assert intranet.ratio("contributor_share", MONDAY) == (active, active + 1)


def test_only_the_roles_that_hang_on_reactions_become_unknown(intranet: Any) -> None:
    for name in ("ada", "bob", "cyd", "dan"):
        intranet.person(name)
    intranet.post("ada", TUESDAY, "news")
    intranet.comment("bob", TUESDAY, "news")
    intranet.react("cyd", LATER, "news", dated=False)
    cells = [intranet.cell("role_share", MONDAY, category=role) for role in ROLES]
    assert [(cell.numerator, cell.reason) for cell in cells] == [
        (1, None),
        (1, None),
        (None, "undated_reactions"),
        (None, "undated_reactions"),
    ]


@pytest.mark.parametrize(
    ("made", "seen", "weeks"),
    [
        ("2026-03-08 23:59", "2026-03-23 00:00", [0, 1, 2, 3]),
        ("2026-03-09 00:00", "2026-03-22 23:59", [1, 2]),
    ],
)
def test_a_reaction_can_have_happened_from_the_day_of_its_content_to_the_day_it_was_seen(
    intranet: Any, made: str, seen: str, weeks: list[int]
) -> None:
    intranet.person("bob")
    intranet.post("ada", made, "news")
    intranet.react("bob", seen, "news", dated=False)
    assert unknown(intranet) == [MONDAY + n * WEEK for n in weeks]


def test_it_can_not_have_happened_before_an_earlier_look_that_did_not_show_it(intranet: Any) -> None:
    intranet.person("bob")
    intranet.post("ada", TUESDAY - 8 * WEEK, "news")
    intranet.views(3, TUESDAY, "news")
    intranet.react("bob", TUESDAY + 2 * WEEK, "news", dated=False)
    assert unknown(intranet) == [MONDAY, MONDAY + WEEK, MONDAY + 2 * WEEK]


def test_where_nothing_is_known_of_the_content_it_can_have_happened_any_time_before(intranet: Any) -> None:
    intranet.person("bob")
    intranet.post("ada", TUESDAY - 2 * WEEK, "news")
    intranet.react("bob", TUESDAY, "unheard of", dated=False)
    intranet.react("bob", TUESDAY, "news", dated=False)
    before = (MONDAY - intranet.since) // WEEK
    assert unknown(intranet) == [MONDAY - n * WEEK for n in range(before, -1, -1)]


def test_of_several_reactions_seen_at_once_the_one_that_can_be_oldest_reaches_farthest(intranet: Any) -> None:
    intranet.person("bob")
    for age in (3, 5, 4):
        intranet.post("ada", LATER - age * WEEK, f"news {age}")
        intranet.react("bob", LATER, f"news {age}", dated=False)
    assert unknown(intranet) == [MONDAY + n * WEEK for n in (-2, -1, 0, 1, 2, 3)]


def test_what_is_seen_after_the_last_day_that_is_measured_speaks_of_the_days_before(intranet: Any) -> None:
    intranet.person("bob")
    intranet.post("ada", "2026-05-12 09:00", "news")
    intranet.react("bob", datetime.combine(intranet.until, TUESDAY.timetz()), "news", dated=False)
    assert unknown(intranet) == [date(2026, 5, 11), date(2026, 5, 18), date(2026, 5, 25)]


def test_who_is_known_to_have_done_something_in_a_period_is_not_undecided_in_it(intranet: Any) -> None:
    intranet.person("bob")
    intranet.post("ada", TUESDAY, "news")
    intranet.comment("bob", TUESDAY + WEEK, "news")
    intranet.act("view", "bob", TUESDAY + 2 * WEEK, "news")
    intranet.react("bob", LATER, "news", dated=False)
    assert unknown(intranet) == [MONDAY, MONDAY + 2 * WEEK, MONDAY + 3 * WEEK]


def test_who_did_something_elsewhere_is_undecided_still_where_the_reaction_was(intranet: Any) -> None:
    intranet.person("ada")
    intranet.person("bob")
    intranet.member("hr", "ada")
    intranet.post("ada", TUESDAY, "news", room="hr")
    intranet.post("bob", TUESDAY, "other", room="it")
    intranet.react("bob", LATER, "news", dated=False, room="hr")
    assert reasons(intranet)[MONDAY] is None
    assert reasons(intranet, "room", "hr")[MONDAY] == "undated_reactions"


def test_a_person_is_undecided_once_however_many_reactions(intranet: Any) -> None:
    writers(intranet, 9)
    intranet.person("bob")
    for position in range(9):
        room = f"room {position % 2}"
        day = LATER + timedelta(days=position % 3)
        intranet.react("bob", day, f"word of {position} on {TUESDAY}", dated=False, room=room)
    assert intranet.ratio("active_share", MONDAY) == (9, 10)


def test_withdrawn_reactions_and_those_of_bots_guests_and_strangers_leave_nothing_undecided(
    intranet: Any,
) -> None:
    intranet.person("bob")
    intranet.person("bot", kind="service")
    intranet.person("visitor", kind="guest")
    intranet.post("ada", TUESDAY, "news")
    for name in ("bob", "bot", "visitor", None):
        intranet.react(name, LATER, "news", dated=False)
    intranet.act("withdraw", "bob", LATER + WEEK, "news")
    assert unknown(intranet) == []


def test_dated_reactions_and_those_placed_within_a_week_leave_nothing_undecided(intranet: Any) -> None:
    intranet.person("bob")
    intranet.person("cyd")
    intranet.post("ada", TUESDAY, "news")
    intranet.views(3, LATER, "news")
    intranet.react("bob", LATER, "news")
    intranet.react("cyd", TUESDAY + WEEK, "news", dated=False)
    assert unknown(intranet) == []


def test_reactions_at_the_source_of_another_organisation_leave_nothing_undecided(intranet: Any) -> None:
    intranet.person("bob")
    intranet.post("ada", TUESDAY, "news")
    intranet.react("bob", LATER, "news", dated=False)
    intranet.log[-1] = intranet.log[-1]._replace(source="other")
    assert unknown(intranet) == []


def test_undecided_people_concern_their_own_unit_and_the_room_of_the_content(intranet: Any) -> None:
    for name, unit in (("ada", "sales"), ("bob", "legal")):
        intranet.person(name, unit)
        for room in ("hr", "it"):
            intranet.member(room, name)
    intranet.post("ada", TUESDAY, "news", room="hr")
    intranet.post("ada", TUESDAY, "other", room="it")
    intranet.react("bob", LATER, "news", dated=False, room="hr")
    weeks = [MONDAY + n * WEEK for n in range(4)]
    assert unknown(intranet, "unit", "legal") == weeks
    assert unknown(intranet, "unit", "sales") == []
    assert unknown(intranet, "room", "hr") == weeks
    assert unknown(intranet, "room", "it") == []


def test_without_any_list_of_people_that_is_the_reason_and_not_the_reactions(intranet: Any) -> None:
    intranet.post("ada", TUESDAY, "news")
    intranet.react("bob", LATER, "news", dated=False)
    assert set(reasons(intranet).values()) == {"no_members"}


@pytest.mark.parametrize(("waiting", "reason"), [(1, None), (2, "reactions_not_observed")])
def test_where_more_than_a_tenth_of_the_new_contents_wait_to_be_read_silence_is_unknown(
    intranet: Any, waiting: int, reason: str | None
) -> None:
    intranet.person("ada", "sales")
    intranet.member("hr", "ada")
    intranet.member("it", "ada")
    intranet.post("ada", TUESDAY, "news")
    intranet.observations += [("hr", TUESDAY.date(), 6, waiting), ("it", MONDAY, 4, 0)]
    week = dict.fromkeys(reasons(intranet)) | {MONDAY: reason}
    assert reasons(intranet) == week
    assert reasons(intranet, "unit", "sales") == week
    # One of six is more than a tenth of what is new in the room.
    assert reasons(intranet, "room", "hr") == week | {MONDAY: "reactions_not_observed"}
    assert set(reasons(intranet, "room", "it").values()) == {None}
    known = [intranet.cell("role_share", MONDAY, category=role).reason for role in ROLES]
    assert known == [None, None, reason, reason]
