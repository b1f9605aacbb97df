"""Taking part counted twice: by statements and by a naive program, over random small organisations of more than a year."""

import importlib.util
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from metrics import inequality
from metrics.metric import Cell
from metrics.periods import complete_periods

SINCE, UNTIL = date(2024, 12, 30), date(2026, 4, 6)
BEGIN = datetime(2024, 12, 30, tzinfo=UTC)
LAST = (UNTIL - SINCE).days
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
NAMES = ("ada", "bob", "cyd", "dan", "eve", "unlisted", "bot", "visitor", None)
HOMES = {"news": "hr", "question": "hr", "plan": "it"}

days = st.one_of(st.integers(0, LAST), st.integers(LAST - 120, LAST), st.integers(LAST - 45, LAST - 10))
moments = st.builds(
    lambda day, second: BEGIN + timedelta(days=day, seconds=second),
    days,
    st.sampled_from((0, 36_000, 79_199, 79_200, 82_800, 86_399)),
)
KINDS = ("comment", "reply", "react", "react", "edit", "message", "view", "view", "view", "withdraw")


@st.composite
def organisations(draw: st.DrawFn) -> Callable[[Callable[..., Any]], Any]:
    """A recipe that fills an intranet; somebody may be there every week, and a reaction's day unknown."""
    accounts = {
        name: (draw(st.sampled_from((None, "sales", "legal"))), "human", draw(st.integers(0, 4)) > 0)
        for name in ("ada", "bob", "cyd", "dan", "eve")
    }
    contents = [(draw(st.sampled_from(NAMES)), draw(moments), thing) for thing in HOMES]
    acts = draw(
        st.lists(
            st.tuples(
                st.sampled_from(KINDS),
                st.sampled_from(NAMES),
                moments,
                st.sampled_from(sorted(HOMES)),
                st.integers(0, 9).map(bool),
            ),
            max_size=40,
        )
    )
    regulars = draw(
        st.lists(
            st.tuples(
                st.sampled_from(NAMES[:6]), st.integers(7, 40), st.integers(1, 3), st.sampled_from(KINDS[:6])
            ),
            max_size=3,
        )
    )
    founded, workforce = draw(st.sampled_from((True, True, False))), draw(st.sampled_from((None, None, 40)))
    logged, totals = draw(st.booleans()), draw(st.integers(0, 3))
    waiting = draw(st.sampled_from((0, 0, 0, 2)))

    def fill(make: Callable[..., Any]) -> Any:
        intranet = make(since=SINCE, until=UNTIL, workforce=workforce)
        for name, account in accounts.items():
            intranet.person(name, *account)
        intranet.person("bot", kind="service")
        intranet.person("visitor", kind="guest")
        for room in ("hr", "it"):
            intranet.member(room, "ada")
        if founded:
            intranet.post("ada", BEGIN + timedelta(hours=9), "first word", room="hr")
        if logged:
            intranet.act("view", "ada", BEGIN + timedelta(hours=9), "news", room="hr")
            intranet.act("view", "bob", BEGIN + timedelta(hours=9), "plan", room="it")
        for name, when, thing in contents:
            intranet.post(name, when, thing, room=HOMES[thing])
        for kind, name, when, thing, dated in acts:
            act(intranet, kind, name, when, thing, dated)
        for name, weeks, every, kind in regulars:
            for week in range(0, weeks, every):
                act(intranet, kind, name, BEGIN + timedelta(days=LAST - 3 - 7 * week), "news", True)
        for number in range(totals):
            intranet.views(number, BEGIN + timedelta(days=LAST - 20 + number), "question", room="hr")
            intranet.views(number, BEGIN + timedelta(days=LAST - 20 + number), "far", room="chat")
        intranet.observations.append(("hr", UNTIL - timedelta(days=50), 10, waiting))
        return intranet

    return fill


def act(  # noqa: PLR0917 - a row is read from left to right
    intranet: Any, kind: str, name: str | None, when: datetime, thing: str, dated: bool
) -> None:
    if kind in ("comment", "reply"):
        own = f"{kind} {len(intranet.log)}"
        intranet.act(kind, name, when, own, on=thing, content_type="comment", room=HOMES[thing])
    else:
        intranet.act(kind, name, when, thing, room=HOMES[thing], dated=dated or kind != "react")


@pytest.fixture(scope="session")
def participation() -> Any:
    spec = importlib.util.spec_from_file_location(
        "reference_participation", Path(__file__).with_name("reference_participation.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def plain(cell: Cell) -> tuple[Any, ...]:
    if cell.reason is not None:
        return cell.reason, cell.excluded
    return cell.numerator, cell.denominator, cell.people, cell.affirming, cell.excluded


@settings(
    max_examples=settings.default.max_examples * 9 // 100,
    phases=PHASES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(fill=organisations())
def test_statements_and_naive_counting_agree_on_taking_part(
    make_intranet: Callable[..., Any], reference: Any, participation: Any, fill: Callable[..., Any]
) -> None:
    intranet = fill(make_intranet)
    periods = [period for period in complete_periods(SINCE, UNTIL) if period.window.value == "days28"]
    again = participation.Participation(reference.Reference(intranet, periods))
    with intranet.database() as connection:

        def said(metric: str) -> dict[date, tuple[Any, ...]]:
            cells = intranet.cells(metric, "organisation", connection)
            return {since: plain(cell) for (_, window, since, _), cell in cells.items() if window == "days28"}

        assert said("weekly_stickiness") == again.stickiness(weekly=True)
        assert said("daily_stickiness") == again.stickiness(weekly=False)
        assert said("regularity") == again.regularity()
        assert said("community_health") == again.health()
        assert said("new_voices") == again.new_voices()
        for windows in (1, 3, 6):
            assert said(f"retention_{windows}") == again.retention(windows)


@pytest.mark.parametrize("scope", ["organisation", "room", "unit"])
@settings(
    max_examples=settings.default.max_examples * 4 // 100,
    phases=PHASES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(fill=organisations())
def test_statements_and_naive_counting_agree_on_who_is_reached(
    make_intranet: Callable[..., Any],
    reference: Any,
    participation: Any,
    scope: str,
    fill: Callable[..., Any],
) -> None:
    intranet = fill(make_intranet)
    periods = [period for period in complete_periods(SINCE, UNTIL) if period.window.value == "days28"]
    expected = participation.Participation(reference.Reference(intranet, periods)).presence(scope)
    with intranet.database() as connection:
        parts = intranet.cells("presence_share", scope, connection)
        reach = intranet.cells("reach", scope, connection)
    for (key, since), cells in expected.items():
        found = [parts[key, "days28", since, name] for name in ("taking_part", "reading", "inactive")]
        assert [plain(cell) for cell in (*found, reach[key, "days28", since, ""])] == cells


@settings(
    max_examples=settings.default.max_examples * 4 // 100,
    phases=PHASES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(fill=organisations())
def test_statements_and_naive_counting_agree_on_inequality(
    make_intranet: Callable[..., Any], reference: Any, participation: Any, fill: Callable[..., Any]
) -> None:
    intranet = fill(make_intranet)
    periods = [period for period in complete_periods(SINCE, UNTIL) if period.window.value == "days28"]
    again = participation.Participation(reference.Reference(intranet, periods))
    with pytest.MonkeyPatch.context() as patch, intranet.database() as connection:
        patch.setattr(inequality, "FEWEST", 1)
        ginis, tops = (
            intranet.cells(name, "organisation", connection) for name in ("contribution_gini", "top_10_share")
        )
    for period in periods:
        amounts = again.amounts(period)
        place = ("", "days28", period.since, "")
        if not amounts:
            if place not in ginis:
                continue  # nobody is there
            assert ginis[place].reason == tops[place].reason == "few_contributors"
            continue
        size, total = len(amounts), sum(amounts)
        pairs = sum(abs(one - other) for one in amounts for other in amounts)
        gini = ginis[place]
        assert (2 * gini.numerator, gini.denominator) == (pairs, total * max(1, size - 1))
        top = tops[place]
        assert (top.numerator, top.denominator, top.largest) == (
            sum(amounts[: (size + 9) // 10]),
            total,
            amounts[0],
        )
