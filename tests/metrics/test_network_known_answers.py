"""Published networks, as far as possible from the log through the statements to the value."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from math import comb
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.network.graph import (
    Network,
    betweenness,
    betweenness_centralisation,
    components,
    constraint,
    degree_centralisation,
    lost_without,
    modularity,
    partitions,
    permuted,
)

WINDOW = date(2026, 2, 23)
"""Of the 28 days that the acts below fall in."""
NINE = datetime(2026, 3, 3, 8, tzinfo=UTC)
KNOKE = """0100101010 1011101110 0101111001 1100101000 1111001111
0010001010 0101100000 1101101010 0100101000 1110101000"""


def tied(intranet: Any, ties: Iterable[tuple[Any, Any]], units: dict[Any, str] | None = None) -> None:
    """Everybody writes something, and for each tie the first comments on what the second wrote."""
    ties = list(ties)
    for person in sorted({person for tie in ties for person in tie}, key=str):
        intranet.person(f"p{person}", None if units is None else units[person])
        intranet.post(f"p{person}", "2026-01-12 09:00", f"post of {person}")
    for minute, (one, other) in enumerate(ties):
        # Not so close together that one person's comments were a bulk import.
        intranet.comment(f"p{one}", NINE + timedelta(minutes=minute), f"post of {other}")


def values(intranet: Any, scope: str = "organisation") -> Callable[..., Any]:
    connection = intranet.database()

    def value(metric: str, key: str = "", category: str = "") -> Any:
        return intranet.cells(metric, scope, connection)[key, "days28", WINDOW, category]

    return value


def fraction(cell: Any) -> float:
    assert cell.reason is None
    return float(cell.numerator / cell.denominator)


def network(graph: nx.Graph) -> Network:
    found, people = Network.of(graph.edges())
    assert people.tolist() == list(range(graph.number_of_nodes()))
    return found


def test_ka_01_02_03_04_zacharys_karate_club(intranet: Any) -> None:
    karate = nx.karate_club_graph()
    club = dict(karate.nodes(data="club"))
    tied(intranet, karate.edges(), club)
    value = values(intranet)
    assert (value("mean_degree").numerator, value("mean_degree").denominator) == (2 * 78, 34)
    assert fraction(value("network_density")) == pytest.approx(0.139037, abs=1e-6)
    assert fraction(value("unit_modularity")) == pytest.approx(0.358235, abs=1e-6)
    best = value("best_modularity")
    assert fraction(best) == pytest.approx(0.419790, abs=1e-6)
    assert 0.415 <= best.low <= best.high == pytest.approx(0.419790, abs=1e-6)
    assert (value("ei_index").numerator, value("ei_index").denominator) == (-56, 78)
    units = values(intranet, "unit")
    assert (units("ei_index", "Mr. Hi").numerator, units("ei_index", "Mr. Hi").denominator) == (11 - 35, 46)
    assert (units("ei_index", "Officer").numerator, units("ei_index", "Officer").denominator) == (11 - 32, 43)
    # Two clubs of 17: 289 of 561 pairs are across.
    assert fraction(value("ei_expected")) == pytest.approx(2 * 289 / 561 - 1)
    assert value("ei_expected").low < 2 * 289 / 561 - 1 < value("ei_expected").high
    assert value("ei_index").numerator / 78 < value("ei_expected").low
    assert fraction(value("ei_chance")) == 0.001
    across, within = 11 / 289, 67 / 272
    assert fraction(value("ei_rescaled")) == pytest.approx((across - within) / (across + within))


def test_ka_07_knokes_two_reciprocities(intranet: Any) -> None:
    rows = KNOKE.split()
    arcs = [(row, column) for row in range(10) for column in range(10) if rows[row][column] == "1"]
    assert len(arcs) == 49
    tied(intranet, arcs)
    value = values(intranet)
    assert (value("reciprocity_arcs").numerator, value("reciprocity_arcs").denominator) == (34, 49)
    assert (value("reciprocity_dyads").numerator, value("reciprocity_dyads").denominator) == (17, 32)
    dense = value("reciprocity_arcs")
    assert fraction(dense) == pytest.approx(0.693878, abs=1e-6)
    assert dense.people == 10


def test_ka_08_isolates_change_centralisation() -> None:
    star = [10, *[1] * 10]
    assert degree_centralisation(star) == (11 * 10 - 20, 10 * 9)
    alone = [*star, 0, 0]
    assert degree_centralisation(alone) == (13 * 10 - 20, 12 * 11)


def test_ka_09_krackhardts_kite() -> None:
    kite = network(nx.krackhardt_kite_graph())
    assert kite.degrees[3] / (kite.size - 1) == pytest.approx(6 / 9)
    assert len(kite.ties) / comb(kite.size, 2) == pytest.approx(0.4)
    assert betweenness(kite)[7] == pytest.approx(14 / 36)
    found = constraint(kite)
    assert (found[3], found[7], found[9]) == pytest.approx((0.4702, 0.4311, 1.0), abs=5e-5)


def test_ka_10_a_star_is_wholly_central_and_a_complete_network_not_at_all(intranet: Any) -> None:
    star, complete = network(nx.star_graph(9)), network(nx.complete_graph(6))
    assert degree_centralisation(star.degrees) == (72, 72)
    assert betweenness_centralisation(star).value == pytest.approx(1)
    assert degree_centralisation(complete.degrees) == (0, 20)
    assert betweenness_centralisation(complete).value == 0
    tied(intranet, nx.star_graph(100).edges())
    value = values(intranet)
    assert fraction(value("degree_centralisation")) == 1
    assert fraction(value("betweenness_centralisation")) == 1
    assert (value("fragility_1").numerator, value("fragility_1").denominator) == (100, 100)
    # One in a hundred and one, rounded up: publication sees that two people are behind it.
    assert value("fragility_1").affirming == 2
    assert fraction(value("mean_constraint")) == pytest.approx((100 + 0.01) / 101, abs=5e-5)


def test_ka_12_les_miserables(intranet: Any) -> None:
    story = nx.les_miserables_graph()
    tied(intranet, story.edges())
    value = values(intranet)
    assert (value("mean_degree").numerator, value("mean_degree").denominator) == (2 * 254, 77)
    assert fraction(value("network_density")) == pytest.approx(0.086808, abs=1e-6)
    assert value("connection", category="largest").numerator == 77


def test_a_ring_is_not_central_and_every_partition_of_a_network_has_a_modularity_newman_gives() -> None:
    ring = network(nx.cycle_graph(12))
    assert degree_centralisation(ring.degrees)[0] == 0
    assert betweenness_centralisation(ring).value == pytest.approx(0)
    # Two cliques of five with one tie between: Q = 20/21 - 2 (1/2)².
    cliques = network(nx.barbell_graph(5, 0))
    assert modularity(cliques, [0] * 5 + [1] * 5) == ((42 * 40 - 2 * 21 * 21), 42 * 42)
    assert [sorted(np.bincount(groups)) for groups in partitions(cliques)] == [[5, 5]] * 3


graphs = st.builds(
    lambda n, p, seed: nx.gnp_random_graph(n, p, seed=seed),
    st.integers(4, 40),
    st.sampled_from((0.05, 0.1, 0.3, 0.8)),
    st.integers(0, 10_000),
).filter(lambda graph: graph.number_of_edges() > 1)


@given(graph=graphs)
def test_networkx_finds_the_same(graph: nx.Graph) -> None:
    found, people = Network.of(graph.edges())
    graph = nx.relabel_nodes(
        graph.subgraph(people.tolist()), {p: place for place, p in enumerate(people.tolist())}
    )
    everybody = range(found.size)
    assert found.degrees.tolist() == [graph.degree(one) for one in everybody]
    if found.size > 2:
        theirs = nx.betweenness_centrality(graph)
        assert betweenness(found) == pytest.approx([theirs[one] for one in everybody])
        spread = sum(max(theirs.values()) - one for one in theirs.values()) / (found.size - 1)
        assert betweenness_centralisation(found).value == pytest.approx(spread)
    theirs = nx.constraint(graph)
    assert constraint(found) == pytest.approx([theirs[one] for one in everybody])
    parts = [set(np.flatnonzero(components(found) == number)) for number in range(max(components(found)) + 1)]
    assert parts == sorted(nx.connected_components(graph), key=lambda part: (-len(part), min(part)))
    groups = [one % 3 for one in everybody]
    numerator, denominator = modularity(found, groups)
    named = [{one for one in everybody if groups[one] == group} for group in set(groups)]
    assert numerator / denominator == pytest.approx(nx.community.modularity(graph, named, weight=None))
    lost, removed = lost_without(found, 5)
    top = sorted(everybody, key=lambda one: (-graph.degree(one), one))[:removed]
    assert lost == graph.number_of_edges() - graph.subgraph(set(everybody) - set(top)).number_of_edges()


@given(graph=graphs, seed=st.integers(0, 100))
def test_the_order_and_direction_in_which_ties_are_told_do_not_matter(graph: nx.Graph, seed: int) -> None:
    draw = np.random.default_rng(seed)
    pairs = [edge[:: draw.choice((1, -1))] for edge in draw.permutation(list(graph.edges())).tolist()]
    one, other = Network.of(graph.edges())[0], Network.of(pairs)[0]
    assert (one.ties == other.ties).all()


def test_nobody_is_tied_to_himself() -> None:
    with pytest.raises(ValueError, match="two people"):
        Network.of([(1, 1)])


def test_an_estimate_from_some_of_the_people_mostly_holds_the_exact_value_in_its_span() -> None:
    many = network(nx.barabasi_albert_graph(300, 3, seed=1))
    exact = betweenness_centralisation(many)
    assert exact.low is None
    held = 0
    for seed in range(40):
        estimate = betweenness_centralisation(many, exact_up_to=100, pivots=100, seed=seed)
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.high - estimate.low < 0.15
        held += estimate.low < exact.value < estimate.high
    assert 34 <= held <= 40
    assert betweenness_centralisation(many, exact_up_to=100, pivots=300).value == pytest.approx(exact.value)


def test_units_that_do_not_matter_are_within_the_span_of_chance() -> None:
    many = network(nx.gnm_random_graph(60, 300, seed=2))
    units = np.arange(60) % 3
    found = permuted(many.ties, units)
    external, pairs = found.expected
    # Three units of twenty: 40 of the 59 others are outside.
    assert external / pairs == pytest.approx(300 * 40 / 59)
    assert found.low <= found.external <= found.high
    assert found.extreme > 50
    assert permuted(many.ties, units) == found
