"""The state of official pages counted twice: by statements and by a naive program, over random small organisations."""

import importlib.util
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from metrics.metric import Cell
from metrics.periods import complete_periods

SINCE, UNTIL = date(2025, 12, 29), date(2026, 4, 20)
BEGIN = datetime(2024, 12, 30, tzinfo=UTC)
LAST = 470
NAMES = ("ada", "bob", "cyd", "left", "unlisted", "bot", "visitor", None)
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)

moments = st.builds(
    lambda day, second: BEGIN + timedelta(days=day, seconds=second),
    st.one_of(st.integers(0, LAST), st.integers(0, 90), st.integers(360, LAST)),
    st.sampled_from((0, 36_000, 36_300, 79_199, 82_800, 86_399)),
)
likely = st.sampled_from(("ada", "bob", "cyd", "ada", "bob", *NAMES))


@st.composite
def organisations(draw: st.DrawFn) -> Callable[[Callable[..., Any]], Any]:
    pages = draw(
        st.lists(
            st.tuples(likely, moments, st.sampled_from(("handbook", "handbook", "rules", "talk", "old"))),
            min_size=1,
            max_size=12,
        )
    )
    acts = draw(
        st.lists(
            st.tuples(
                st.sampled_from(("edit", "edit", "edit", "minor", "delete", "view", "views")),
                likely,
                st.integers(0, len(pages) - 1),
                moments,
            ),
            max_size=30,
        )
    )
    counted, sweep = draw(st.booleans()), draw(st.booleans())
    logged, moved = draw(st.booleans()), draw(st.booleans())
    brought = draw(st.sampled_from(((), (pages[0][1].date(),))))

    def fill(make: Callable[..., Any]) -> Any:
        intranet = make(since=SINCE, until=UNTIL)
        for name in ("ada", "bob", "cyd"):
            intranet.person(name)
        intranet.person("left", active=False)
        intranet.person("bot", kind="service")
        intranet.person("visitor", kind="guest")
        if moved:
            intranet.stay("bob", None, until=date(2026, 2, 20))
            intranet.stay("bob", None, since=date(2026, 2, 20), active=False)
        for room in ("handbook", "rules", "talk"):
            intranet.room(room)
        intranet.room("old", gone=date(2026, 3, 1))
        intranet.purposes.update(dict.fromkeys(("handbook", "rules", "old"), "official"))
        intranet.brought.update(brought)
        if logged:
            intranet.act("view", "ada", BEGIN, "page 0", content_type="page", room=pages[0][2])
        for number, (author, when, room) in enumerate(pages):
            intranet.post(author, when, f"page {number}", content_type="page", room=room)
            for week in range(17 if counted else 0):
                moment = BEGIN + timedelta(days=364 + 7 * week, hours=9)
                total = week * (number % 3)
                intranet.views(total, moment, f"page {number}", content_type="page", room=room)
        for kind, person, number, when in acts:
            more: dict[str, Any] = {"content_type": "page", "room": pages[number][2]}
            moment = max(when, pages[number][1])
            if kind == "views":
                intranet.views(500 + when.day, moment, f"page {number}", **more)
                continue
            intranet.act("edit" if kind == "minor" else kind, person, moment, f"page {number}", **more)
            if kind == "minor":
                intranet.log[-1] = intranet.log[-1]._replace(minor=True)
        for number in range(21 if sweep else 0):
            thing = f"page {number}" if number < len(pages) else f"other {number}"
            room = pages[number][2] if number < len(pages) else "talk"
            moment = BEGIN + timedelta(days=440, seconds=10 * number)
            intranet.act("edit", "cyd", moment, thing, content_type="page", room=room)
        return intranet

    return fill


@pytest.fixture(scope="session")
def freshness() -> Any:
    spec = importlib.util.spec_from_file_location(
        "reference_freshness", Path(__file__).with_name("reference_freshness.py")
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
def test_statements_and_naive_counting_agree_on_official_pages(
    make_intranet: Callable[..., Any], reference: Any, freshness: Any, fill: Callable[..., Any]
) -> None:
    intranet = fill(make_intranet)
    periods = [period for period in complete_periods(SINCE, UNTIL) if period.window.value == "days28"]
    again = freshness.Freshness(reference.Reference(intranet, periods))
    with intranet.database() as connection:
        metrics = ("stale_share", "stale_reads", "median_page_age", "page_owners", "unread_pages")
        whole = {name: intranet.cells(name, "organisation", connection) for name in metrics}
        rooms = {
            name: intranet.cells(name, "room", connection)
            for name in ("stale_share", "page_owners", "unread_pages")
        }
    for period in periods:
        every = again.pages(period)
        for key in ("", "handbook", "rules", "talk", "old"):
            found = rooms if key else whole
            pages = [page for page in every if page["room"] == key] if key else every

            def said(
                metric: str, category: str = "", *, table: Any = found, place: Any = (key, period.since)
            ) -> Any:
                return plain(table[metric].get((place[0], "days28", place[1], category)))

            if not pages:
                assert {said(metric) for metric in found if metric != "page_owners"} == {None}
                continue
            assert said("stale_share") == again.stale_share(pages, period)
            assert {name: said("page_owners", name) for name in freshness.GRADES} == again.grades(pages)
            assert said("unread_pages") == again.unread(pages, period)
            if not key:
                assert said("stale_reads") == again.stale_share(pages, period, "views")
                assert said("median_page_age") == again.median_age(pages, period)
