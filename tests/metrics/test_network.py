"""Who is tied to whom, counted by hand."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

WINDOW = date(2026, 2, 23)
NINE = datetime(2026, 3, 3, 8, tzinfo=UTC)
LATER = "2026-03-04 09:00"


def ties(intranet: Any) -> set[tuple[str, str, int]]:
    """Who answered whom how often in the window."""
    names = {number: name for name, number in intranet.numbers.items()}
    rows = (
        intranet.database()
        .execute("SELECT person, other, acts FROM tie WHERE \"window\" = 'days28' AND since = ?", [WINDOW])
        .fetchall()
    )
    return {(names[person], names[other], acts) for person, other, acts in rows}


def said(intranet: Any, metric: str, category: str = "", **where: Any) -> Any:
    return intranet.cell(metric, WINDOW, window="days28", category=category, **where)


def value(intranet: Any, metric: str, category: str = "", **where: Any) -> Any:
    found = said(intranet, metric, category, **where)
    return found.reason or (found.numerator, found.denominator)


def test_a_comment_a_reply_and_a_reaction_tie_to_who_wrote_what_they_answer(intranet: Any) -> None:
    intranet.post("ada", "2026-01-12 09:00", "news")
    intranet.act("comment", "bob", LATER, "comment", on="news", content_type="comment")
    # The reply answers bob's comment, though the conversation hangs on ada's post.
    intranet.act("reply", "cyd", LATER, "reply", on="comment", content_type="comment")
    intranet.react("dan", LATER, "reply")
    intranet.react("dan", LATER, "news")
    intranet.comment("bob", LATER, "news")
    assert ties(intranet) == {("bob", "ada", 2), ("cyd", "bob", 1), ("dan", "cyd", 1), ("dan", "ada", 1)}


def test_a_message_ties_only_if_it_answers_one(intranet: Any) -> None:
    intranet.act("message", "ada", LATER, "beginning", content_type="comment")
    intranet.act("message", "bob", LATER, "answer", on="beginning", content_type="comment")
    assert ties(intranet) == {("bob", "ada", 1)}


def test_nobody_is_tied_to_himself_to_machines_guests_or_the_unknown(intranet: Any) -> None:
    intranet.person("bot", kind="service")
    intranet.person("visitor", kind="guest")
    for name in ("ada", "bot", "visitor", None):
        intranet.post(name, "2026-01-12 09:00", f"news of {name}")
        intranet.comment("ada", LATER, f"news of {name}")
    for name in ("bot", "visitor", None):
        intranet.comment(name, LATER, "news of ada")
    intranet.comment("ada", LATER, "never seen")
    intranet.comment("bob", LATER, "news of ada")
    assert ties(intranet) == {("bob", "ada", 1)}
    # Six with a machine, a guest or somebody unknown at an end, one to what nobody knows who wrote.
    assert said(intranet, "mean_degree").excluded == 7


def test_a_bulk_import_ties_neither_as_answer_nor_as_what_is_answered(intranet: Any) -> None:
    intranet.post("ada", "2026-01-12 09:00", "news")
    for number in range(21):
        intranet.comment("bob", NINE + timedelta(seconds=number), "news")
        intranet.post("cyd", NINE + timedelta(seconds=number), f"old page {number}")
    intranet.react("dan", LATER, "old page 3")
    intranet.react("dan", LATER, "news")
    assert ties(intranet) == {("dan", "ada", 1)}
    assert said(intranet, "mean_degree").excluded == 22


def test_a_withdrawn_reaction_is_no_tie_and_being_in_one_room_is_none_either(intranet: Any) -> None:
    for name in ("ada", "bob", "cyd"):
        intranet.member("hr", name)
        intranet.post(name, LATER, f"news of {name}")
    intranet.react("bob", LATER, "news of ada")
    intranet.act("withdraw", "bob", "2026-03-05 09:00", "news of ada")
    assert ties(intranet) == set()
    assert said(intranet, "mean_degree") is None


def test_reactions_of_an_unknown_day_make_no_ties_and_too_many_of_them_no_value(intranet: Any) -> None:
    intranet.post("ada", "2026-01-12 09:00", "news")
    for number in range(9):
        intranet.react(f"p{number}", NINE + timedelta(minutes=number), "news")
    intranet.react("late", LATER, "news", dated=False)
    assert len(ties(intranet)) == 9
    # Ten of eleven are known to be connected; the eleventh can be.
    assert value(intranet, "mean_degree") == (18, 10)
    intranet.react("later", LATER, "news", dated=False)
    assert value(intranet, "mean_degree") == "undated_reactions"


def test_reactions_that_were_never_read_leave_the_network_unknown(intranet: Any) -> None:
    intranet.person("ada")
    intranet.post("ada", "2026-01-12 09:00", "news")
    intranet.comment("bob", LATER, "news")
    intranet.observations.append(("hr", date(2026, 3, 5), 10, 1))
    assert value(intranet, "mean_degree") == (2, 2)
    intranet.observations.append(("hr", date(2026, 3, 6), 10, 2))
    assert value(intranet, "mean_degree") == value(intranet, "connection", "none") == "reactions_not_observed"


def test_half_a_year_has_the_ties_of_all_its_days(make_intranet: Any) -> None:
    intranet = make_intranet(since=date(2025, 12, 1), until=date(2026, 6, 1))
    intranet.post("ada", "2025-12-01 00:00", "news")
    intranet.comment("bob", "2025-12-01 00:01", "news")
    intranet.comment("cyd", "2026-05-31 23:59", "news")
    halves = {key: cell for key, cell in intranet.cells("mean_degree").items() if key[1] == "weeks26"}
    assert {key[2]: (cell.numerator, cell.denominator) for key, cell in halves.items()} == {
        date(2025, 12, 1): (4, 3)
    }


def test_everybody_is_in_the_large_network_on_an_island_or_apart(intranet: Any) -> None:
    for name in ("ada", "bob", "cyd", "dan", "eve", "fay", "gus"):
        intranet.person(name, active=name != "ada")
    for name in ("ada", "dan"):
        intranet.post(name, "2026-01-12 09:00", f"news of {name}")
    # ada has left; that two still answer what she wrote holds them together.
    intranet.comment("bob", LATER, "news of ada")
    intranet.comment("cyd", LATER, "news of ada")
    intranet.comment("eve", LATER, "news of dan")
    assert [value(intranet, "connection", part) for part in ("largest", "smaller", "none")] == [
        (2, 6),
        (2, 6),
        (2, 6),
    ]
    intranet.workforce = 30
    assert value(intranet, "connection", "none") == (26, 30)


@pytest.fixture
def company(intranet: Any) -> Any:
    """Three units; ada, bob and cyd of sales talk among each other, and twelve ties lead out of sales."""
    for name in ("ada", "bob", "cyd"):
        intranet.person(name, "sales")
    for number in range(4):
        intranet.person(f"legal {number}", "legal")
    intranet.person("it", "it")
    for name in ("ada", "bob", "cyd"):
        intranet.post(name, "2026-01-12 09:00", f"news of {name}")
        for number in range(4):
            intranet.comment(f"legal {number}", LATER, f"news of {name}")
    intranet.comment("ada", LATER, "news of bob")
    intranet.comment("bob", LATER, "news of ada")
    intranet.comment("cyd", LATER, "news of ada")
    return intranet


def test_ties_within_and_between_units(company: Any) -> None:
    assert value(company, "cross_unit_share") == (12, 14)
    assert value(company, "ei_index") == (10, 14)
    assert value(company, "ei_index", scope="unit", key="sales") == (10, 14)
    assert value(company, "ei_index", scope="unit", key="legal") == (12, 12)
    assert said(company, "ei_index", scope="unit", key="it") is None
    # Of three pairs one; nobody of it is connected, but it is there.
    assert value(company, "covered_unit_pairs") == (1, 3)
    # ada 4 of 6, bob and cyd 4 of 5, the four of legal all.
    assert value(company, "contact_diversity") == (round(10_000 * (4 / 6 + 2 * 4 / 5 + 4) / 7), 10_000)
    # 12 of 21 pairs of the seven are across.
    assert said(company, "ei_expected").numerator * 21 == said(company, "ei_expected").denominator * 3
    # 12 ties of 12 possible across, 2 of 9 within.
    assert value(company, "ei_rescaled") == (12 * 9 - 2 * 12, 12 * 9 + 2 * 12)
    # One tie goes both ways: ada and bob.
    assert value(company, "reciprocity_dyads") == (1, 14)
    assert value(company, "reciprocity_arcs") == (2, 15)
    found = said(company, "reciprocity_dyads")
    assert (found.people, found.affirming, found.largest) == (7, 2, 6)


def test_a_unit_with_few_ties_is_not_told_apart_from_chance(company: Any) -> None:
    company.post("it", LATER, "news of it")
    company.comment("ada", LATER, "news of it")
    assert value(company, "ei_index", scope="unit", key="it") == "few_ties"
    assert value(company, "ei_index") == (11, 15)


def test_whoever_moved_counts_where_they_were_in_the_middle(company: Any) -> None:
    company.stay("ada", "sales", until=date(2026, 3, 9))
    company.stay("ada", "legal", since=date(2026, 3, 9))
    # The middle is the ninth: ada's ties to legal are within, those to bob and cyd lead out.
    assert value(company, "cross_unit_share") == (8 + 2, 14)


def test_units_that_are_not_known_leave_what_is_between_them_unknown(company: Any) -> None:
    company.person("nowhere")
    company.comment("nowhere", LATER, "news of ada")
    assert value(company, "cross_unit_share") == value(company, "best_modularity") == "units_unknown"
    assert value(company, "reciprocity_dyads") == (1, 15)


def test_one_unit_has_nobody_to_talk_to(intranet: Any) -> None:
    intranet.person("ada", "sales")
    intranet.person("bob", "sales")
    intranet.post("ada", "2026-01-12 09:00", "news")
    intranet.comment("bob", LATER, "news")
    assert value(intranet, "ei_index") == value(intranet, "covered_unit_pairs") == "one_unit"


@pytest.mark.parametrize(
    "metric",
    [
        "degree_centralisation",
        "betweenness_centralisation",
        "fragility_1",
        "fragility_5",
        "bridging_share",
        "mean_constraint",
    ],
)
def test_what_hangs_on_single_people_is_not_told_of_a_small_network(company: Any, metric: str) -> None:
    assert value(company, metric) == "network_too_small"


def test_bridges_lead_into_two_other_units_and_fragility_counts_who_is_taken_out(intranet: Any) -> None:
    for number in range(120):
        intranet.person(f"p{number}", f"unit {number % 4}")
        intranet.post(f"p{number}", "2026-01-12 09:00", f"news {number}")
    # A ring through all units, and p0 knows thirty more of its own unit.
    for number in range(120):
        intranet.comment(f"p{number}", LATER, f"news {(number + 1) % 120}")
    for number in range(4, 120, 4):
        intranet.comment("p0", NINE + timedelta(minutes=number), f"news {number}")
    # In the ring everybody has a neighbour of the unit before and one of the unit after.
    found = said(intranet, "bridging_share")
    assert (found.numerator, found.denominator, found.people, found.affirming) == (120, 120, 120, 120)
    assert value(intranet, "degree_centralisation") == (120 * 31 - 2 * 149, 119 * 118)
    # Two people are 1 % of 120: p0 with 31 ties, and one of those with three.
    fragile = said(intranet, "fragility_1")
    assert (fragile.numerator, fragile.denominator, fragile.affirming, fragile.largest) == (33, 149, 2, 31)
    assert said(intranet, "fragility_5").affirming == 6
