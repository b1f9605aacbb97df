"""Openness, officials, types and lives of rooms counted twice, over random small organisations."""

import importlib.util
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from metrics import lifetimes
from metrics.metric import Cell
from metrics.periods import complete_periods
from metrics.room_rules import TYPES

# Two half-years, the second of which ends with the data.
SINCE, UNTIL = date(2025, 6, 2), date(2026, 6, 1)
BEGIN = datetime(2025, 5, 26, tzinfo=UTC)
NAMES = tuple(f"p{number}" for number in range(7))
EVERYBODY = (*NAMES, *NAMES, "bot", "visitor", None)
ROOMS = ("hr", "it", "news")
THINGS = ("launch", "question", "handbook", "plan", "idea", "notice")


@pytest.fixture(scope="session")
def reference_dialogue() -> Any:
    path = Path(__file__).with_name("reference_dialogue.py")
    spec = importlib.util.spec_from_file_location("reference_dialogue", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def few_rooms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lives of rooms are told of a single one."""
    monkeypatch.setattr(lifetimes, "FEWEST", 1)


# Most of it within eight weeks, so that windows of 28 days are full.
moments = st.builds(
    lambda days, minutes: BEGIN + timedelta(days=days, minutes=minutes),
    st.one_of(st.integers(0, 370), st.integers(270, 320), st.integers(270, 320)),
    st.sampled_from((0, 1, 600, 1319, 1320, 1439)),
)
units = st.sampled_from(("sales", "press", "sales", "press", "legal", None))


@st.composite
def organisations(draw: st.DrawFn) -> Callable[[Callable[..., Any]], Any]:
    accounts = [
        (name, draw(units), draw(st.integers(0, 9)) > 0) for name in NAMES if draw(st.integers(0, 19))
    ]
    moved = draw(st.none() | st.tuples(st.sampled_from(NAMES), st.dates(SINCE, UNTIL), units))
    leaders = draw(st.dictionaries(st.sampled_from(NAMES), st.integers(1, 4), max_size=3))
    officials = draw(
        st.sampled_from(([], [("press", None)], [("press", None)], [(None, 2)], [("press", None), (None, 1)]))
    )
    purposes = draw(
        st.dictionaries(st.sampled_from(ROOMS), st.sampled_from(("official", "team", "community")))
    )
    rooms = [
        (
            room,
            draw(st.none() | st.dates(SINCE - timedelta(days=90), UNTIL)),
            draw(st.integers(0, 5)) == 0,
            draw(st.sampled_from((None, None, None, date(2026, 4, 1)))),
            draw(st.integers(0, 5)) == 0,
        )
        for room in ROOMS
    ]
    members = draw(
        st.lists(
            st.tuples(
                st.sampled_from(ROOMS),
                st.sampled_from((*NAMES, "bot")),
                st.sampled_from((None, None, date(2026, 3, 9))),
                st.sampled_from((None, None, date(2026, 4, 6))),
                st.booleans(),
            ),
            max_size=18,
        )
    )
    contents = [
        (
            thing,
            draw(st.sampled_from(EVERYBODY)),
            draw(moments),
            draw(st.sampled_from(ROOMS)),
            draw(st.sampled_from(("page", "post", "post"))),
        )
        for thing in THINGS
    ]
    acts = draw(
        st.lists(
            st.tuples(
                st.sampled_from(
                    ("comment", "comment", "reply", "edit", "react", "message", "view", "views", "delete")
                ),
                st.sampled_from(EVERYBODY),
                moments,
                st.integers(0, 60),
            ),
            min_size=5,
            max_size=50,
        )
    )
    talks = draw(
        st.lists(
            st.tuples(
                st.sampled_from(THINGS),
                st.sampled_from(NAMES),
                moments,
                st.sampled_from(NAMES),
                st.integers(0, 9),
            ),
            min_size=2,
            max_size=8,
        )
    )
    imports = draw(st.none() | st.tuples(moments, st.integers(19, 22)))
    answerable = draw(st.dictionaries(st.sampled_from(THINGS), st.booleans(), min_size=4))
    brought = draw(
        st.sets(st.sampled_from([created for _, created, *_ in rooms if created] or [SINCE]), max_size=1)
    )

    def inhabit(intranet: Any) -> None:
        for name, unit, active in accounts:
            intranet.person(name, unit, active=active)
            if moved and moved[0] == name:
                intranet.stay(name, unit, until=moved[1], active=active)
                intranet.stay(name, moved[2], since=moved[1], active=active)
        intranet.person("bot", "press", kind="service")
        intranet.person("visitor", kind="guest")
        intranet.leaders |= {intranet.number(name): level for name, level in leaders.items()}
        intranet.officials += officials
        intranet.purposes |= purposes
        intranet.brought |= brought
        for room in rooms:
            intranet.room(*room)
        for room, name, since, until, owns in members:
            intranet.member(room, name, since, until)
            if owns:
                intranet.owners.add((room, intranet.number(name)))

    def fill(make: Callable[..., Any]) -> Any:
        intranet = make(since=SINCE, until=UNTIL)
        inhabit(intranet)
        place = {thing: room for thing, _, _, room, _ in contents}
        pages = {thing for thing, *_, kind in contents if kind == "page"}
        for thing, name, when, room, kind in contents:
            intranet.post(name, when, thing, content_type=kind, room=room)
        if imports:
            for number in range(imports[1]):
                intranet.post(
                    "p0", imports[0] + timedelta(seconds=20 * number), f"import {number}", room="hr"
                )
        for thing, name, when, other, days in talks:
            intranet.comment(name, when, thing, room=place[thing])
            intranet.comment(other, when + timedelta(days=days, seconds=1), thing, room=place[thing])
        said: list[tuple[str, str]] = []
        for kind, name, when, chosen in acts:
            thing = THINGS[chosen % len(THINGS)]
            if kind in ("comment", "reply"):
                nested = [one for one, on in said if on == thing]
                made = f"{kind} {len(intranet.log)}"
                intranet.act(kind, name, when, made, on=thing, content_type="comment", room=place[thing])
                if kind == "reply" and nested:
                    parent = intranet.number(nested[chosen % len(nested)])
                    intranet.log[-1] = intranet.log[-1]._replace(parent=parent)
                said.append((made, thing))
            elif kind == "delete" and said and chosen % 2:
                intranet.act(kind, None, when, said[chosen % len(said)][0], room="hr")
            elif kind == "views":
                intranet.views(chosen, when, thing, room=place[thing])
            else:
                written = "page" if thing in pages and kind == "edit" else "post"
                intranet.act(kind, name, when, thing, room=place[thing], content_type=written)
        intranet.answerable |= {intranet.number(thing): possible for thing, possible in answerable.items()}
        return intranet

    return fill


def plain(cell: Cell, *, people: bool = True) -> tuple[Any, ...]:
    if cell.reason is not None:
        return cell.reason, cell.excluded
    who = (cell.people, cell.affirming) if people else ()
    return cell.numerator, cell.denominator, *who, cell.excluded


@settings(
    max_examples=settings.default.max_examples * 14 // 100,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
    deadline=None,
)
@given(fill=organisations())
@pytest.mark.usefixtures("few_rooms")
def test_statements_and_naive_counting_agree_about_dialogue_and_rooms(
    make_intranet: Callable[..., Any], reference: Any, reference_dialogue: Any, fill: Callable[..., Any]
) -> None:
    intranet = fill(make_intranet)
    periods = [one for one in complete_periods(SINCE, UNTIL) if one.window.value != "week"]
    again = reference.Reference(intranet, periods)
    naive = {(p.window.value, p.since): reference_dialogue.Dialogue(again, p) for p in periods}
    pulse = {place: one for place, one in naive.items() if place[0] == "days28"}
    halves = {place: one for place, one in naive.items() if place[0] == "weeks26"}
    with intranet.database() as connection:

        def said(metric: str, scope: str = "organisation", category: str = "") -> dict[Any, Cell]:
            cells = intranet.cells(metric, scope, connection)
            return {place[:3]: cell for place, cell in cells.items() if place[3] == category}

        def compare(
            metric: str, value: Callable[[Any], Any], where: Any = naive, *, people: bool = True
        ) -> None:
            expected = {
                ("", *place): found for place, one in where.items() if (found := value(one)) is not None
            }
            assert {p: plain(c, people=people) for p, c in said(metric).items()} == expected, metric

        compare("open_surface", lambda one: one.open_surface(), pulse)
        compare("interactive_share_weighted", lambda one: one.weighted(), pulse)
        compare("co_authored_share", lambda one: one.co_authored(), halves)
        for metric, value, where in (
            ("open_surface", lambda one, room: one.open_surface(room), pulse),
            ("co_authored_share", lambda one, room: one.co_authored(room), halves),
        ):
            expected = {
                (room, *place): found
                for place, one in where.items()
                for room in ROOMS
                if (found := value(one, room)) is not None
            }
            assert {place: plain(cell) for place, cell in said(metric, "room").items()} == expected, metric

        compare("bottom_up_share", lambda one: one.bottom_up())
        rates = {("", *place): found for place, one in naive.items() if (found := one.rates()) is not None}
        for metric, value in (
            ("response_rate_official", lambda a, b, c, d: (a, b)),
            ("response_rate_staff", lambda a, b, c, d: (c, d)),
            ("response_asymmetry", lambda a, b, c, d: (a * d - c * b, b * d)),
        ):
            expected = {
                place: found if len(found) == 2 else (*value(*found[:4]), found[4])
                for place, found in rates.items()
            }
            found = said(metric)
            assert {p: plain(c, people=False) for p, c in found.items()} == expected, metric
            for cell in found.values():
                if cell.low is not None:
                    assert -1 <= cell.low <= cell.high <= 1
        compare("upward_echo", lambda one: one.echo(), people=False)

        people = again.participation("room")
        types = {
            (room, *place): kind for place, one in naive.items() for room, kind in one.types(people).items()
        }
        cells = intranet.cells("room_type", "room", connection)
        assert {place[:3]: cell.reason or place[3] for place, cell in cells.items()} == types
        fitting = {
            "official": {"broadcast", "forum"},
            "team": {"project_team"},
            "community": {"community", "forum"},
        }
        for (_, window, since), cell in said("rooms_as_intended").items():
            typed = [
                (room, kind) for (room, *place), kind in types.items() if tuple(place) == (window, since)
            ]
            known = [
                kind in fitting[intranet.purposes[room]]
                for room, kind in typed
                if kind in TYPES and room in intranet.purposes
            ]
            assert plain(cell, people=False) == (
                (sum(known), len(known), len(typed) - len(known)) if known else ("no_typed_rooms", len(typed))
            )

        for age in (90, 180, 365):
            found = said("room_survival", category=f"days_{age}")
            expected = {
                ("", *p): value for p, one in halves.items() if (value := one.survival(age)) is not None
            }
            assert set(found) == set(expected)
            for place, cell in found.items():
                assert cell.excluded == expected[place][1]
                if isinstance(expected[place][0], str):
                    assert cell.reason == expected[place][0]
                else:
                    assert cell.numerator == pytest.approx(10_000 * expected[place][0], abs=0.51)
        compare("room_births", lambda one: one.births(), people=False)
        compare("room_closures", lambda one: one.closures(), people=False)
        compare("rooms_with_several_owners", lambda one: one.owners(), pulse, people=False)
        compare("rooms_on_few_authors", lambda one: one.on_few(), people=False)
        compare("membership_activation", lambda one: one.memberships())
        compare("membership_reading", lambda one: one.reading())
