"""Conversations counted twice: by statements and by a naive program, over random small organisations."""

import importlib.util
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from metrics.periods import complete_periods

SINCE, UNTIL = date(2025, 12, 29), date(2026, 7, 6)
BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
NAMES = ("ada", "ada", "ada", "bob", "bob", "bob", "cyd", "cyd", "dan", "bot", "visitor", None)
THINGS = {"news": "hr", "question": "hr", "idea": "it", "plan": "it", "notice": "it"}
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
KINDS = ("comment", "reply", "comment", "react", "react", "view", "edit", "message", "withdraw")
PEOPLE = st.sampled_from(NAMES)
RATIOS = ("reply_ratio", "dialogue_share", "reaction_only_share", "engagement_of_reach")


@st.composite
def organisations(draw: st.DrawFn) -> Callable[[Callable[..., Any]], Any]:
    """A recipe that fills an intranet; most of what happens comes soon after a post, some right at the end of its time."""
    born = st.builds(
        lambda day, second: BEGIN + timedelta(days=day, seconds=second),
        st.one_of(st.integers(50, 75), st.integers(50, 75), st.integers(120, 181)),
        st.sampled_from((0, 36_000, 82_800)),
    )
    posts = {
        thing: (draw(PEOPLE), draw(born), draw(st.sampled_from(("post", "post", "post", "post", "page"))))
        for thing in draw(st.lists(st.sampled_from(sorted(THINGS)), min_size=3, unique=True))
    }
    later = st.sampled_from((0, 1, 3_600, 7_200, 90_000, 672 * 3_600, 672 * 3_600 + 1, 60 * 86_400))
    acts = draw(
        st.lists(
            st.tuples(
                st.sampled_from(KINDS),
                st.one_of(PEOPLE, st.just("author")),
                st.sampled_from(sorted(posts)),
                later,
                st.integers(0, 5),
            ),
            min_size=15,
            max_size=45,
        )
    )
    clicked = draw(st.sets(st.sampled_from(sorted(posts)), max_size=2))
    deleted = draw(st.lists(st.tuples(st.sampled_from(sorted(posts)), later), max_size=2))
    imported, logged = draw(st.integers(0, 9)) == 0, draw(st.booleans())
    accounts = [(name, draw(st.sampled_from((None, "sales", "legal")))) for name in ("ada", "bob", "cyd")]

    def fill(make: Callable[..., Any]) -> Any:
        intranet = make(since=SINCE, until=UNTIL)
        for name, unit in accounts:
            intranet.person(name, unit)
        intranet.person("bot", kind="service")
        intranet.person("visitor", kind="guest")
        for thing, (author, when, content_type) in posts.items():
            intranet.post(author, when, thing, content_type=content_type, room=THINGS[thing])
        if imported:
            for second in range(21):
                intranet.post("ada", BEGIN + timedelta(seconds=second), f"import {second}")
        if logged:
            for day in (0, 181):
                for room in ("hr", "it"):
                    intranet.act("view", "dan", BEGIN + timedelta(days=day), f"door of {room}", room=room)
        for drawn, who, thing, seconds, luck in acts:
            kind = "react" if thing in clicked and luck else drawn
            actor = posts[thing][0] if who == "author" else who
            when, where = posts[thing][1] + timedelta(seconds=seconds), {"room": THINGS[thing]}
            if kind in ("comment", "reply", "message"):
                own, on = f"{kind} {len(intranet.log)}", thing if kind != "message" or luck else None
                intranet.act(kind, actor, when, own, on=on, content_type="comment", **where)
            else:
                intranet.act(kind, actor, when, thing, dated=luck > 0 or kind != "react", **where)
        for thing, seconds in deleted:
            intranet.act("delete", None, posts[thing][1] + timedelta(seconds=seconds), thing)
        return intranet

    return fill


@pytest.fixture(scope="session")
def interaction() -> Any:
    path = Path(__file__).with_name("reference_interaction.py")
    spec = importlib.util.spec_from_file_location("reference_interaction", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def plain(cell: Any) -> tuple[Any, ...]:
    if cell.reason is not None:
        return cell.reason, cell.excluded
    return (
        cell.numerator,
        cell.denominator,
        cell.people,
        cell.affirming,
        cell.excluded,
        cell.largest,
    )


@settings(
    max_examples=settings.default.max_examples * 11 // 100,
    phases=PHASES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(fill=organisations())
def test_statements_and_naive_counting_agree_on_conversations(
    make_intranet: Callable[..., Any], reference: Any, interaction: Any, fill: Callable[..., Any]
) -> None:
    intranet = fill(make_intranet)
    periods = complete_periods(SINCE, UNTIL)
    again = interaction.Interaction(reference.Reference(intranet, periods))
    with intranet.database() as connection:
        for metric in RATIOS:
            for scope in ("organisation", "unit", "room"):
                found = intranet.cells(metric, scope, connection)
                expected = again.ratio(scope, metric)
                assert {place[:3]: plain(cell) for place, cell in found.items()} == expected, metric
        for metric, name, share in (
            ("replies_per_post_median", "replies", 0.5),
            ("thread_depth", "turns", 0.5),
            ("thread_depth_p90", "turns", 0.9),
            ("thread_breadth", "participants", 0.5),
            ("thread_breadth_p90", "participants", 0.9),
        ):
            values = {
                place[:3]: cell.reason or cell.numerator / cell.denominator
                for place, cell in intranet.cells(metric, "organisation", connection).items()
            }
            assert values == again.quantile(name, share), metric
        personas = intranet.cells("persona_share", "organisation", connection)
        known = [place for place, cell in personas.items() if cell.reason is None]
        for period in periods:
            told = {
                place[3]: personas[place].numerator
                for place in known
                if place[1:3] == (period.window.value, period.since)
            }
            if told:
                active = {name: number for name, number in told.items() if number and name != "silent"}
                assert active == again.personas(period)
