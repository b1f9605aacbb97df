from datetime import date
from typing import Any

import pytest

# Windows of 28 days begin on 2026-02-23 and 2026-03-23.
SINCE, NEXT = date(2026, 2, 23), date(2026, 3, 23)
PULSE = {"window": "days28"}


def value(intranet: Any, metric: str, since: date = SINCE) -> Any:
    cell = intranet.cell(metric, since, **PULSE)
    return cell.reason or (cell.numerator, cell.denominator, cell.excluded)


def speak(intranet: Any, room: str, *acts: tuple[str, str]) -> None:
    """The first act makes a post, the others comment on it."""
    (name, day), *more = acts
    intranet.post(name, f"{day} 09:00", f"welcome to {room}", room=room)
    for other, when in more:
        intranet.comment(other, f"{when} 10:00", f"welcome to {room}", room=room)


def test_a_birth_counts_in_the_window_of_the_second_voice(intranet: Any) -> None:
    intranet.post("ada", "2026-01-05 09:00", "first", room="lobby")
    for room, second in (("hr", "2026-02-23"), ("it", "2026-03-22"), ("pm", "2026-03-23")):
        intranet.room(room, created=date(2026, 2, 2))
        speak(intranet, room, ("ada", "2026-02-02"), ("bob", second), ("bob", "2026-03-25"))
    intranet.room("alone", created=date(2026, 2, 2))
    speak(intranet, "alone", ("ada", "2026-02-24"), ("ada", "2026-02-25"))
    assert value(intranet, "room_births") == (2, 1, 0)
    assert value(intranet, "room_births", NEXT) == (1, 1, 0)


def test_what_was_brought_along_or_is_older_than_the_log_is_no_birth(intranet: Any) -> None:
    intranet.brought.add(date(2026, 2, 24))
    intranet.room("brought", created=date(2026, 2, 24))
    intranet.room("old", created=date(2026, 1, 9))
    intranet.room("untold")
    for room in ("brought", "old", "untold"):
        speak(intranet, room, ("ada", "2026-02-25"), ("bob", "2026-02-26"))
    assert value(intranet, "room_births") == "births_unknown"
    intranet.room("new", created=date(2026, 2, 26))
    speak(intranet, "new", ("ada", "2026-02-26"), ("bob", "2026-03-02"))
    assert value(intranet, "room_births") == (1, 1, 3)


def test_a_room_is_closed_where_it_fell_silent(intranet: Any) -> None:
    intranet.post("ada", "2026-01-05 09:00", "first", room="lobby")
    intranet.room("done", created=date(2026, 1, 9), archived=True)
    speak(intranet, "done", ("ada", "2026-01-12"), ("bob", "2026-03-01"))
    intranet.room("never used", created=date(2026, 3, 23), archived=True)
    intranet.room("open", created=date(2026, 1, 9))
    speak(intranet, "open", ("ada", "2026-03-01"))
    assert value(intranet, "room_closures") == (1, 1, 0)
    assert value(intranet, "room_closures", NEXT) == (1, 1, 0)


def own(intranet: Any, room: str, *names: str, until: date | None = None) -> None:
    intranet.room(room, created=date(2026, 1, 9))
    for name in names:
        intranet.member(room, name, until=until)
        intranet.owners.add((room, intranet.number(name)))


def test_rooms_with_two_active_owners_are_counted_among_those_with_known_ones(intranet: Any) -> None:
    intranet.person("left", active=False)
    intranet.person("bot", kind="service")
    own(intranet, "two", "ada", "bob")
    own(intranet, "one", "ada")
    own(intranet, "left behind", "ada", "left", "bot")
    intranet.room("nobody", created=date(2026, 1, 9))
    intranet.member("nobody", "ada")
    intranet.room("archived", created=date(2026, 1, 9), archived=True)
    assert value(intranet, "rooms_with_several_owners") == (1, 3, 1)


def test_who_owned_a_room_on_the_middle_day_counts(intranet: Any) -> None:
    own(intranet, "hr", "ada", "bob", until=date(2026, 3, 9))
    assert value(intranet, "rooms_with_several_owners") == "owners_unknown"
    intranet.members[0] = (*intranet.members[0][:3], date(2026, 3, 10))
    assert value(intranet, "rooms_with_several_owners") == (0, 1, 0)


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ((2, 2, 2), (0, 1, 0)),  # 36 / 12 = 3
        ((3, 2, 2), (1, 1, 0)),  # 49 / 17 = 2.9
        ((4,), (1, 1, 0)),
        ((1, 1, 1), "no_busy_rooms"),
        ((5, 1, 1, 1, 1), (1, 1, 0)),  # 81 / 29 = 2.8
    ],
)
def test_a_room_rests_on_a_few_below_three_effective_authors(
    intranet: Any, amounts: tuple[int, ...], expected: Any
) -> None:
    intranet.room("hr", created=date(2026, 1, 9))
    for author, amount in enumerate(amounts):
        for number in range(amount):
            intranet.post(f"author {author}", f"2026-02-24 1{number}:00", f"post {author} {number}")
    assert value(intranet, "rooms_on_few_authors") == expected


def member_of(intranet: Any, rooms: dict[str, tuple[str, ...]]) -> None:
    for room, names in rooms.items():
        intranet.room(room, created=date(2026, 1, 9))
        for name in names:
            intranet.member(room, name)


def test_memberships_are_active_where_the_member_contributed_to_that_room(intranet: Any) -> None:
    intranet.person("left", active=False)
    member_of(intranet, {"hr": ("ada", "bob", "left"), "it": ("ada", "cyd")})
    intranet.room("open", created=date(2026, 1, 9), open_=True)
    intranet.member("open", "ada")
    intranet.room("old", created=date(2026, 1, 9), archived=True)
    intranet.member("old", "bob")
    speak(intranet, "hr", ("ada", "2026-02-24"))
    speak(intranet, "it", ("stranger", "2026-02-24"))
    intranet.react("cyd", "2026-02-25 09:00", "welcome to it", room="it")
    speak(intranet, "open", ("ada", "2026-02-24"))
    cell = intranet.cell("membership_activation", SINCE, **PULSE)
    assert (cell.numerator, cell.denominator, cell.people, cell.affirming, cell.largest) == (1, 4, 3, 1, 2)


def test_without_members_nothing_is_said_of_memberships(intranet: Any) -> None:
    intranet.room("hr", created=date(2026, 1, 9))
    speak(intranet, "hr", ("ada", "2026-02-24"))
    for metric in ("membership_activation", "membership_reading"):
        assert intranet.cell(metric, SINCE, **PULSE) is None


def test_memberships_read_where_it_is_known_who_viewed_anything(intranet: Any) -> None:
    member_of(intranet, {"hr": ("ada", "bob"), "it": ("ada", "cyd")})
    speak(intranet, "it", ("ada", "2026-02-24"))
    assert intranet.cell("membership_reading", SINCE, **PULSE).reason == "no_viewer_data"
    intranet.act("view", "bob", "2026-02-24 09:00", "welcome to hr", room="hr")
    cell = intranet.cell("membership_reading", SINCE, **PULSE)
    assert (cell.numerator, cell.denominator, cell.people, cell.affirming, cell.excluded) == (1, 2, 2, 1, 2)
    # Who is counted as a member twice is one.
    intranet.member("hr", "bob")
    again = intranet.cell("membership_reading", SINCE, **PULSE)
    assert (again.numerator, again.denominator) == (1, 2)
