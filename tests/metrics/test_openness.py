from datetime import date
from typing import Any

import pytest

# A window of 28 days begins on 2026-03-23.
SINCE = date(2026, 3, 23)
WINDOW = {"window": "days28"}


def read(intranet: Any, thing: str, times: int, room: str = "hr") -> None:
    intranet.views(0, "2026-03-24 09:00", thing, room=room)
    intranet.views(times, "2026-03-30 09:00", thing, room=room)


def answerable(intranet: Any, **contents: bool) -> None:
    for thing, possible in contents.items():
        intranet.answerable[intranet.number(thing)] = possible


@pytest.fixture
def library(intranet: Any) -> Any:
    """Three viewed contents of two people, of which two can be answered."""
    intranet.post("ada", "2026-02-02 09:00", "handbook", content_type="page")
    intranet.post("bob", "2026-02-03 09:00", "news")
    intranet.post("bob", "2026-02-04 09:00", "plan", content_type="page")
    answerable(intranet, handbook=False, news=True, plan=True)
    read(intranet, "handbook", 100)
    read(intranet, "news", 30)
    read(intranet, "plan", 10)
    return intranet


def test_what_permits_an_answer_is_counted_among_what_was_viewed(library: Any) -> None:
    library.post("cyd", "2026-02-05 09:00", "unread")
    answerable(library, unread=True)
    cell = library.cell("open_surface", SINCE, **WINDOW)
    assert (cell.numerator, cell.denominator, cell.people, cell.affirming, cell.excluded) == (2, 3, 2, 1, 0)
    assert library.ratio("open_surface", SINCE, "room", "hr", **WINDOW) == (2, 3)


@pytest.mark.parametrize(("untold", "reason"), [(1, None), (2, "answerability_unknown")])
def test_the_open_surface_is_unknown_where_the_platform_does_not_tell_for_more_than_one_in_ten(
    intranet: Any, untold: int, reason: str | None
) -> None:
    for number in range(10 + untold - 1):
        intranet.post("ada", "2026-02-02 09:00", f"page {number}", content_type="page")
        read(intranet, f"page {number}", 1)
        if number >= untold:
            answerable(intranet, **{f"page {number}": True})
    cell = intranet.cell("open_surface", SINCE, **WINDOW)
    assert (cell.reason, cell.excluded) == (reason, untold)


def test_contents_of_unknown_authors_are_no_surface_and_service_accounts_are_no_people(library: Any) -> None:
    library.person("bot", kind="service")
    library.post(None, "2026-02-05 09:00", "orphan")
    library.post("bot", "2026-02-05 09:00", "report")
    answerable(library, orphan=True, report=True)
    read(library, "orphan", 5)
    read(library, "report", 5)
    cell = library.cell("open_surface", SINCE, **WINDOW)
    assert (cell.numerator, cell.denominator, cell.people, cell.affirming, cell.excluded) == (3, 4, 2, 1, 1)


def test_without_views_nothing_is_said_of_the_open_surface(intranet: Any) -> None:
    intranet.post("ada", "2026-03-24 09:00", "news")
    answerable(intranet, news=True)
    for metric in ("open_surface", "interactive_share_weighted"):
        assert intranet.cell(metric, SINCE, **WINDOW) is None


def test_views_of_answered_contents_are_counted_among_views_of_all_that_permit_answers(library: Any) -> None:
    library.comment("ada", "2026-03-25 09:00", "news")
    library.comment("bob", "2026-03-25 09:00", "plan")  # a self-reply
    library.comment("ada", "2026-03-22 09:00", "plan")  # the day before
    library.react("ada", "2026-03-25 09:00", "plan")
    cell = library.cell("interactive_share_weighted", SINCE, **WINDOW)
    assert (cell.numerator, cell.denominator, cell.people, cell.affirming) == (30, 40, 1, 1)
    assert cell.largest == 40
    assert library.ratio("interactive_share", SINCE, **WINDOW) == (1, 2)


def test_the_interval_of_the_views_draws_authors_with_all_their_contents(intranet: Any) -> None:
    for number in range(40):
        intranet.post(f"author {number}", "2026-02-02 09:00", f"page {number}", content_type="page")
        read(intranet, f"page {number}", 10)
        if number % 2:
            intranet.comment("reader", "2026-03-25 09:00", f"page {number}")
    cell = intranet.cell("interactive_share_weighted", SINCE, **WINDOW)
    assert (cell.numerator, cell.denominator, cell.people, cell.affirming, cell.largest) == (
        200,
        400,
        40,
        20,
        10,
    )
    # Twenty of forty authors drawn again: a binomial share, ± 1.96 · sqrt(0.25 / 40) = ± 0.155.
    assert cell.low == pytest.approx(0.345, abs=0.03)
    assert cell.high == pytest.approx(0.655, abs=0.03)
    again = intranet.cell("interactive_share_weighted", SINCE, **WINDOW)
    assert (cell.low, cell.high) == (again.low, again.high)


def test_views_of_contents_nobody_known_wrote_count_for_nothing(intranet: Any) -> None:
    intranet.post(None, "2026-02-05 09:00", "orphan")
    read(intranet, "orphan", 5)
    for metric in ("open_surface", "interactive_share_weighted"):
        cell = intranet.cell(metric, SINCE, **WINDOW)
        assert cell.reason in {"nothing_viewed", "answerability_unknown"}
        assert cell.excluded == 1
