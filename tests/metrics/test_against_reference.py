"""Every metric counted twice: by its statement and by a naive program, over random small organisations."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from metrics.metric import Cell
from metrics.periods import complete_periods
from metrics.working_time import WorkingTime

NAMES = ("ada", "bob", "cyd", "dan", "eve", "bot", "visitor", None)
THINGS = ("news", "question", "handbook", "plan")
ROOMS = ("hr", "it")
SINCE, UNTIL = date(2025, 10, 6), date(2026, 4, 6)
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Shrinking runs the naive program thousands of times: it takes longer than reading an example."""
BEGIN = datetime(2025, 10, 6, tzinfo=UTC)

# Few instants and close ones, so that coincidences, repetitions and edges of days and deadlines are common.
moments = st.builds(
    lambda days, seconds: BEGIN + timedelta(days=days, seconds=seconds),
    st.one_of(st.integers(0, 190), st.integers(150, 170)),
    st.sampled_from((0, 1, 36_000, 36_060, 37_799, 37_800, 37_801, 79_199, 79_200, 82_800, 86_399)),
)


@st.composite
def organisations(draw: st.DrawFn) -> Callable[[Callable[..., Any]], Any]:
    """A recipe that fills an intranet."""
    workforce = draw(st.sampled_from((None, None, 3, 40)))
    accounts = {
        name: (draw(st.sampled_from((None, "sales", "legal"))), kind, draw(st.booleans()))
        for name, kind in (
            ("ada", "human"),
            ("bob", "human"),
            ("cyd", "human"),
            ("bot", "service"),
            ("visitor", "guest"),
        )
        if draw(st.booleans())
    }
    # A history: what somebody was before a day, and whether they were there at all.
    moved = {
        name: (
            draw(st.dates(SINCE, UNTIL)),
            draw(st.sampled_from((None, "sales", "legal"))),
            draw(st.booleans()),
        )
        for name in ("ada", "bob", "cyd")
        if name in accounts and draw(st.booleans())
    }
    free = draw(st.sets(st.dates(SINCE, UNTIL), max_size=8))
    brought = draw(st.sets(moments.map(datetime.date), max_size=1))
    sandboxes = draw(st.sampled_from((set(), set(), {"it"})))
    on_site = draw(st.sets(st.sampled_from(("ada", "bob"))))
    members = draw(
        st.lists(
            st.tuples(
                st.sampled_from(ROOMS),
                st.sampled_from(("ada", "bob", "cyd")),
                st.none() | st.dates(SINCE, UNTIL),
                st.none() | st.dates(SINCE, UNTIL),
            ),
            max_size=3,
        )
    )
    rooms = {
        room: (
            draw(st.none() | st.dates(SINCE - timedelta(days=90), UNTIL)),
            draw(st.integers(0, 4)) == 0,
            draw(st.sampled_from((None, None, None, date(2026, 3, 1)))),
            draw(st.booleans()),
        )
        for room in ROOMS
    }
    contents = [
        (draw(st.sampled_from(NAMES)), draw(moments), thing, draw(st.sampled_from(("page", "post", "post"))))
        for thing in THINGS
        if draw(st.integers(0, 5))
    ]
    acts = draw(
        st.lists(
            st.tuples(
                st.sampled_from(
                    (
                        "comment",
                        "comment",
                        "reply",
                        "react",
                        "edit",
                        "message",
                        "view",
                        "withdraw",
                        "delete",
                        "views",
                    )
                ),
                st.sampled_from(NAMES),
                moments,
                st.sampled_from(THINGS),
                st.booleans(),
                st.integers(0, 3),
            ),
            max_size=25,
        )
    )
    imports = draw(
        st.lists(st.tuples(moments, st.integers(19, 22), st.sampled_from((29, 30, 31))), max_size=1)
    )
    answerable = draw(st.dictionaries(st.sampled_from(THINGS), st.booleans()))
    home = {thing: draw(st.sampled_from(ROOMS)) for thing in THINGS}
    observations = draw(
        st.lists(
            st.builds(
                lambda room, day, waiting: (room, day, 10, waiting),
                st.sampled_from(ROOMS),
                st.dates(SINCE, UNTIL),
                st.sampled_from((0, 1, 1, 2, 9)),
            ),
            max_size=4,
        )
    )

    def beside(intranet: Any) -> None:
        intranet.brought |= brought
        intranet.sandboxes |= sandboxes
        for name, (day, unit, active) in moved.items():
            now, kind, active_now = accounts[name]
            intranet.stay(name, unit, until=day, active=active)
            intranet.stay(name, now, since=day, kind=kind, active=active_now)
        intranet.times = [
            WorkingTime(intranet.zone, free=free),
            # Far enough for its working day to reach over midnight.
            WorkingTime(ZoneInfo("America/Los_Angeles"), "coast", 0b1011101, time(7), time(18, 30)),
        ]
        for name in on_site:
            intranet.regions[intranet.number(name)] = "coast"
        for room in sorted(rooms.keys() - sandboxes):
            intranet.room(room, *rooms[room])

    def fill(make: Callable[..., Any]) -> Any:
        intranet = make(since=SINCE, until=UNTIL, workforce=workforce)
        for name, account in accounts.items():
            intranet.person(name, *account)
        beside(intranet)
        for member in [told for told in members if told[0] not in sandboxes]:
            intranet.member(member[0], member[1], member[2], member[3])
        for name, when, thing, content_type in contents:
            intranet.post(name, when, thing, content_type=content_type, room=home[thing])
        for kind, name, when, thing, dated, total in acts:
            where = {"room": home[thing]}
            if kind in ("comment", "reply"):
                intranet.act(
                    kind, name, when, f"{kind} {len(intranet.log)}", on=thing, content_type="comment", **where
                )
            elif kind == "views":
                intranet.views(total, when, thing, **where)
            else:
                intranet.act(kind, name, when, thing, dated=dated or kind != "react", **where)
        for when, number, apart in imports:
            for position in range(number):
                moment = when + timedelta(seconds=apart * position)
                intranet.post("ada", moment, f"import {position}", room="hr")
        for thing, possible in answerable.items():
            intranet.answerable[intranet.number(thing)] = possible
        intranet.observations += [seen for seen in observations if seen[0] not in sandboxes]
        return intranet

    return fill


def plain(cell: Cell) -> tuple[Any, ...]:
    if cell.reason is not None:
        return cell.reason, cell.excluded
    return cell.numerator, cell.denominator, cell.people, cell.affirming, cell.excluded


@pytest.mark.parametrize("scope", ["organisation", "room", "unit"])
@settings(
    max_examples=settings.default.max_examples * 5 // 100,
    phases=PHASES,
    suppress_health_check=list(HealthCheck),
)
@given(fill=organisations())
def test_statements_and_naive_counting_agree(
    make_intranet: Callable[..., Any], reference: Any, scope: str, fill: Callable[..., Any]
) -> None:
    intranet = fill(make_intranet)
    again = reference.Reference(intranet, complete_periods(SINCE, UNTIL))
    with intranet.database() as connection:

        def said(metric: str, category: str = "") -> dict[Any, tuple[Any, ...]]:
            cells = intranet.cells(metric, scope, connection)
            return {place[:3]: plain(cell) for place, cell in cells.items() if place[3] == category}

        participation = again.participation(scope)

        def share(count: Callable[..., int], reactions: bool = False) -> dict[Any, tuple[Any, ...]]:
            def value(*reached: Any) -> tuple[Any, ...]:
                *_, population, excluded, unsure = reached
                if reactions and unsure:
                    return unsure, excluded
                number = count(*reached[:4])
                return number, population, population, number, excluded

            return {
                place: counted if len(counted) == 2 else value(*counted)
                for place, counted in participation.items()
            }

        assert said("active_share") == share(lambda active, *_: active, reactions=True)
        assert said("contributor_share") == share(lambda _, contributing, *__: contributing)
        assert said("role_share", "creating") == share(lambda *reached: reached[2])
        assert said("role_share", "contributing") == share(lambda *reached: reached[1] - reached[2])
        assert said("role_share", "reacting") == share(
            lambda *reached: reached[0] - reached[1], reactions=True
        )
        assert said("role_share", "reading_or_absent") == share(
            lambda *reached: reached[3] - reached[0], reactions=True
        )
        assert said("response_rate") == again.response_rate(scope)
        assert said("response_rate_lax") == again.response_rate(scope, lax=True)
        assert said("time_to_first_response") == again.first_response(scope)
        assert said("interactive_share") == again.interactive_share(scope)
        assert said("interactive_share_created") == again.interactive_share_created(scope)


@settings(
    max_examples=settings.default.max_examples * 9 // 100,
    phases=PHASES,
    suppress_health_check=list(HealthCheck),
)
@given(fill=organisations())
def test_rooms_are_in_the_state_that_naive_reading_of_the_rules_finds(
    make_intranet: Callable[..., Any], reference: Any, fill: Callable[..., Any]
) -> None:
    intranet = fill(make_intranet)
    expected = reference.Reference(intranet, complete_periods(SINCE, UNTIL)).room_states()
    with intranet.database() as connection:
        rooms = intranet.cells("room_state", "room", connection)
        shares = intranet.cells("room_state", "organisation", connection)
    assert {(key, since): cell.reason or state for (key, _, since, state), cell in rooms.items()} == expected
    for (_, _, since, state), cell in shares.items():
        states = [found for (_, first), found in expected.items() if first == since]
        determined = [found for found in states if found != "too_young"]
        assert cell.excluded == len(states) - len(determined)
        if determined:
            assert (cell.numerator, cell.denominator) == (determined.count(state), len(determined))
        else:
            assert cell.reason == "no_rooms"


def test_what_a_guest_made_on_the_day_of_a_migration_was_brought_along(make_intranet: Any) -> None:
    intranet = make_intranet()
    intranet.person("gus", "sales", "guest")
    intranet.room("hr", date(2026, 1, 2))
    intranet.brought.add(date(2026, 3, 3))
    for number, day in enumerate((3, 4)):
        intranet.post(
            "gus", datetime(2026, 3, day, 9, tzinfo=UTC), f"page {number}", content_type="page", room="hr"
        )
    with intranet.database() as connection:
        cells = intranet.cells("interactive_share_created", "room", connection)
    cell = cells["hr", "week", date(2026, 3, 2), ""]
    assert cell.excluded == 1
