from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

SINCE = date(2026, 2, 23)
TUESDAY = datetime(2026, 3, 3, 9, tzinfo=ZoneInfo("Europe/Berlin"))
HOUR = timedelta(hours=1)


def personas(intranet: Any) -> Any:
    cells = intranet.cells("persona_share")
    return {
        category: cell.reason or cell.numerator
        for (_, window, since, category), cell in cells.items()
        if (window, since) == ("days28", SINCE)
    }


@pytest.fixture
def company(intranet: Any) -> Any:
    for name in ("cat", "eng", "res", "bro", "now", "bad", "nil"):
        intranet.person(name)
    for number in range(2):
        intranet.post("cat", TUESDAY, f"idea {number}")
        intranet.post("bro", TUESDAY, f"notice {number}")
    # The catalyst gives 2 and receives 5, the responder gives 4 and receives none, the engager gives 2 and receives 1.
    for number in range(4):
        intranet.react("res", TUESDAY + HOUR, f"idea {number % 2}")
    intranet.post("eng", TUESDAY, "offer")
    intranet.comment("eng", TUESDAY + HOUR, "idea 0")
    intranet.comment("now", TUESDAY + HOUR, "offer")
    intranet.act("edit", "bad", TUESDAY, "handbook", content_type="page")
    return intranet


def test_everybody_is_of_one_persona_by_what_they_give_and_receive(company: Any) -> None:
    assert personas(company) == {
        "engager": 1,
        "catalyst": 1,
        "responder": 1,
        "broadcaster": 1,
        "occasional": 2,  # one answer, one edit
        "silent": 1,
    }


def test_the_shares_add_up_to_the_population_in_every_period(company: Any) -> None:
    cells = company.cells("persona_share")
    for window, since in {place[1:3] for place in cells}:
        parts = [cell for place, cell in cells.items() if place[1:3] == (window, since)]
        assert len(parts) == 6
        assert {cell.denominator for cell in parts} == {7}
        assert sum(cell.numerator for cell in parts) == 7


def test_the_silent_are_those_who_read_at_most(company: Any) -> None:
    company.post("nil", TUESDAY, "first word")
    company.person("new")
    silent, roles = (company.cells(metric) for metric in ("persona_share", "role_share"))
    place = ("", "days28", SINCE)
    assert silent[*place, "silent"] == roles[*place, "reading_or_absent"]
    assert silent[*place, "silent"].numerator == 1


def test_answering_oneself_gives_nothing_to_anybody(company: Any) -> None:
    for _ in range(5):
        company.comment("nil", TUESDAY, "own")
    company.post("nil", TUESDAY, "own")
    found = personas(company)
    assert (found["occasional"], found["silent"]) == (3, 0)


@pytest.mark.parametrize(("received", "expected"), [(1, "engager"), (4, "engager"), (5, "catalyst")])
def test_twice_as_much_is_still_balanced(intranet: Any, received: int, expected: str) -> None:
    intranet.post("ada", TUESDAY, "news")
    intranet.post("ada", TUESDAY, "more news")
    for number in range(received):
        intranet.react(f"reader {number}", TUESDAY + HOUR, "news")
    intranet.person("ada")
    assert personas(intranet)[expected] == 1


def test_more_than_half_of_the_giving_decides_between_responder_and_broadcaster(intranet: Any) -> None:
    intranet.person("ada")
    intranet.post("bob", TUESDAY, "question")
    for number in range(3):
        intranet.post("ada", TUESDAY, f"notice {number}")
        intranet.comment("ada", TUESDAY + HOUR, "question")
    assert personas(intranet)["responder"] == 1
    intranet.post("ada", TUESDAY, "one more notice")
    assert personas(intranet)["broadcaster"] == 1


def test_bots_and_imports_give_nothing(intranet: Any) -> None:
    intranet.person("ada")
    intranet.person("bot", kind="service")
    for second in range(21):
        intranet.post("ada", TUESDAY + timedelta(seconds=second), f"import {second}")
        intranet.react("bot", TUESDAY + HOUR, f"import {second}")
    assert personas(intranet)["silent"] == 1


def test_shares_of_who_reacted_when_nobody_knows_are_unknown(company: Any) -> None:
    company.react("nil", "2026-03-20 10:00", "elsewhere", dated=False)
    company.react("far", "2026-03-20 10:00", "elsewhere", dated=False)
    assert set(personas(company).values()) == {"undated_reactions"}
