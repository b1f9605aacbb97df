"""What leaders do counted twice: by statements and by a naive program, over random small organisations."""

import importlib.util
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from metrics.leadership import lift, taking_part
from metrics.metric import Cell
from metrics.periods import complete_periods

SINCE, UNTIL = date(2025, 12, 29), date(2026, 4, 20)
BEGIN = datetime(2025, 12, 29, tzinfo=UTC)
NAMES = ("ada", "bob", "cyd", "dan", "eve", "uma", "unlisted", "bot", "visitor", None)
ROOMS = ("hr", "it")
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
FEWEST = 2

moments = st.builds(
    lambda day, second: BEGIN + timedelta(days=day, seconds=second),
    st.one_of(st.integers(0, 110), st.integers(20, 60)),
    st.sampled_from((0, 36_000, 79_199, 82_800, 86_399)),
)


@st.composite
def organisations(draw: st.DrawFn) -> Callable[[Callable[..., Any]], Any]:
    accounts = {
        name: (draw(st.sampled_from((None, "sales", "legal"))), "human", draw(st.integers(0, 4)) > 0)
        for name in NAMES[:6]
    }
    levels = {name: draw(st.sampled_from((None, 1, 2, 2, 3))) for name in NAMES[:9]}
    posts = draw(
        st.lists(
            st.tuples(
                st.sampled_from(NAMES),
                moments,
                st.sampled_from(ROOMS),
                st.sampled_from(("post", "post", "post", "page")),
            ),
            min_size=4,
            max_size=14,
        )
    )
    acts = draw(
        st.lists(
            st.tuples(
                st.sampled_from(
                    ("comment", "comment", "reply", "comment", "react", "edit", "message", "view", "delete")
                ),
                st.sampled_from(NAMES),
                st.integers(0, len(posts) - 1),
                st.integers(-2, 16),
            ),
            max_size=45,
        )
    )
    flood, moved = draw(st.booleans()), draw(st.booleans())

    def fill(make: Callable[..., Any]) -> Any:
        intranet = make(since=SINCE, until=UNTIL)
        for name, account in accounts.items():
            intranet.person(name, *account)
        intranet.person("bot", kind="service")
        intranet.person("visitor", kind="guest")
        for name, level in levels.items():
            if level is not None:
                intranet.leaders[intranet.number(name)] = level
        if moved:
            intranet.stay("ada", "sales", until=date(2026, 2, 20))
            intranet.stay("ada", "legal", since=date(2026, 2, 20), active=False)
        for number, (author, when, room, content_type) in enumerate(posts):
            intranet.post(author, when, f"thing {number}", room=room, content_type=content_type)
        for kind, person, number, days in acts:
            _, when, room, content_type = posts[number]
            moment = max(BEGIN, when + timedelta(days=days, hours=1))
            if kind in ("comment", "reply"):
                own = f"{kind} {len(intranet.log)}"
                intranet.act(kind, name, moment, own, on=f"thing {number}", content_type="comment", room=room)
            else:
                intranet.act(kind, person, moment, f"thing {number}", room=room, content_type=content_type)
        for number in range(21 if flood else 0):
            intranet.post("bob", BEGIN + timedelta(days=40, seconds=number), f"import {number}")
        return intranet

    return fill


@pytest.fixture(scope="session")
def leadership() -> Any:
    spec = importlib.util.spec_from_file_location(
        "reference_leadership", Path(__file__).with_name("reference_leadership.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def plain(cell: Cell | None) -> Any:
    if cell is None:
        return None
    if cell.reason is not None:
        return cell.reason, cell.excluded
    return cell.numerator, cell.denominator, cell.people, cell.affirming, cell.excluded


@settings(
    max_examples=settings.default.max_examples * 11 // 100,
    phases=PHASES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(fill=organisations())
def test_statements_and_naive_counting_agree_on_leaders(
    make_intranet: Callable[..., Any], reference: Any, leadership: Any, fill: Callable[..., Any]
) -> None:
    intranet = fill(make_intranet)
    periods = [period for period in complete_periods(SINCE, UNTIL) if period.window.value == "days28"]
    again = leadership.Leadership(reference.Reference(intranet, periods), FEWEST)
    with pytest.MonkeyPatch.context() as patch, intranet.database() as connection:
        patch.setattr(taking_part, "FEWEST", FEWEST)
        patch.setattr(lift, "FEWEST", FEWEST)
        metrics = (
            "active_leader_share", "leader_parts", "led_unit_share", "leader_reply_share", "leader_lift",
        )  # fmt: skip
        found = {name: intranet.cells(name, "organisation", connection) for name in metrics}
    for period in periods:

        def said(metric: str, category: str = "", since: date = period.since) -> Any:
            return found[metric].get(("", "days28", since, category))

        parts = again.parts(period) or {}
        assert plain(said("active_leader_share")) == parts.get("")
        for name in ("answering", "publishing", "silent"):
            assert plain(said("leader_parts", name)) == parts.get(name)
        assert plain(said("led_unit_share")) == again.units(period)
        assert plain(said("leader_reply_share")) == again.replies(period)
        cell, expected = said("leader_lift"), again.lift(period)
        if expected is None or isinstance(expected[0], str):
            assert plain(cell) == expected
            continue
        value, people, excluded = expected
        assert cell.numerator * value.denominator == cell.denominator * value.numerator
        assert (cell.people, cell.excluded) == (people, excluded)
