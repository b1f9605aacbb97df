from datetime import date, datetime
from typing import Any

import pytest

# A half-year ends on 2026-06-01; the 52 weeks up to it begin on 2025-06-02.
SINCE = date(2025, 12, 1)


def said(intranet: Any, scope: str = "organisation", key: str = "") -> Any:
    return intranet.cell("co_authored_share", SINCE, scope, key, window="weeks26")


def page(intranet: Any, name: str | None, when: str, thing: str, room: str = "hr") -> None:
    intranet.post(name, f"{when} 09:00", thing, content_type="page", room=room)


def edit(intranet: Any, name: str | None, when: str, thing: str, room: str = "hr") -> None:
    intranet.act("edit", name, f"{when} 10:00", thing, content_type="page", room=room)


@pytest.fixture
def wiki(intranet: Any) -> Any:
    """Data reach back to the spring of 2025."""
    intranet.since = date(2025, 4, 7)
    intranet.post("old", "2025-06-02 08:00", "first")
    return intranet


def test_pages_with_two_editors_in_a_year_are_co_authored(wiki: Any) -> None:
    page(wiki, "ada", "2025-06-02", "plan")
    edit(wiki, "bob", "2026-05-31", "plan")
    page(wiki, "ada", "2025-06-02", "diary")
    edit(wiki, "ada", "2026-02-02", "diary")
    edit(wiki, "cyd", "2026-02-02", "handbook")
    wiki.comment("ada", "2026-02-03 09:00", "handbook")
    cell = said(wiki)
    assert (cell.numerator, cell.denominator, cell.people, cell.affirming, cell.largest) == (1, 3, 3, 2, 2)
    assert said(wiki, "room", "hr").denominator == 3


def test_an_editor_of_an_earlier_year_makes_no_page_co_authored(wiki: Any) -> None:
    page(wiki, "ada", "2025-06-01", "plan")
    edit(wiki, "bob", "2025-06-02", "plan")
    assert (said(wiki).numerator, said(wiki).denominator) == (0, 1)


def test_guests_service_accounts_and_imports_edit_nothing(wiki: Any) -> None:
    wiki.person("visitor", kind="guest")
    wiki.person("bot", kind="service")
    page(wiki, "ada", "2026-02-02", "plan")
    edit(wiki, "visitor", "2026-02-03", "plan")
    edit(wiki, "bot", "2026-02-04", "plan")
    for number in range(21):
        wiki.post(
            "bob",
            datetime.fromisoformat(f"2026-02-05T09:0{number // 3}:00+01:00"),
            f"i{number}",
            content_type="page",
        )
    cell = said(wiki)
    assert (cell.numerator, cell.denominator, cell.excluded) == (0, 1, 21)


@pytest.mark.parametrize(("known", "reason"), [(9, None), (8, "editors_unknown")])
def test_too_many_pages_of_unknown_editors_leave_it_unknown(
    wiki: Any, known: int, reason: str | None
) -> None:
    for number in range(known):
        page(wiki, "ada", "2026-02-02", f"page {number}")
        edit(wiki, None, "2026-02-03", f"page {number}")
        edit(wiki, "bob", "2026-02-04", f"page {number}")
    page(wiki, "ada", "2026-02-02", "riddle")
    edit(wiki, None, "2026-02-03", "riddle")
    cell = said(wiki)
    assert (cell.reason, cell.excluded) == (reason, 1)


def test_before_the_data_reach_back_a_year_nothing_is_known(intranet: Any) -> None:
    intranet.since = date(2025, 4, 7)
    page(intranet, "ada", "2025-06-03", "plan")
    assert said(intranet).reason == "not_enough_history"
    assert intranet.cell("co_authored_share", SINCE, "room", "it", window="weeks26") is None
