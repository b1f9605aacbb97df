"""Statistics of an undirected, unweighted network; no metric, no SQL.

Results are the same for the same people and ties in any order: ties are sorted first, and every draw has a fixed seed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

import graspologic_native
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

SEED = 20000103
RUNS = 3
"""How often the best partition is looked for."""
ITERATIONS = 4
PERMUTATIONS = 999
EXACT_UP_TO = 1000
"""Betweenness in larger networks is estimated from the shortest paths of `PIVOTS` people."""
PIVOTS = 256
_BATCH = 128
_BLOCK = 512

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """People 0…`size`-1, and each tie once as a row of two of them, the smaller first."""

    size: int
    ties: Integers

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, int]]) -> tuple["Network", Integers]:
        """The network of some pairs, whatever their order and direction, and who its people are, in order.

        Raises `ValueError` for somebody tied to himself.
        """
        given = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
        if (given[:, 0] == given[:, 1]).any():
            raise ValueError("a tie needs two people")
        people, places = np.unique(given, return_inverse=True)
        ties = np.unique(np.sort(places.reshape(-1, 2), axis=1), axis=0)
        return cls(len(people), ties.astype(np.int64)), people

    @property
    def degrees(self) -> Integers:
        """How many contacts each person has."""
        return np.bincount(self.ties.ravel(), minlength=self.size).astype(np.int64)

    @property
    def matrix(self) -> Any:
        """The symmetric adjacency matrix, with ones."""
        one, other = self.ties.T
        rows, columns = np.concatenate([one, other]), np.concatenate([other, one])
        return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(self.size, self.size))


def modularity(network: Network, groups: Sequence[int] | Integers) -> tuple[int, int]:
    """Newman's Q of a partition, as numerator over denominator (Newman and Girvan 2004): the sum over groups of the share of
    ties inside it minus the square of its share of tie ends. Raises `ValueError` without ties.
    """
    if not len(network.ties):
        raise ValueError("no ties")
    labels = np.asarray(groups)
    inside = 2 * int(np.count_nonzero(labels[network.ties[:, 0]] == labels[network.ties[:, 1]]))
    _, numbers = np.unique(labels, return_inverse=True)
    ends = np.zeros(int(numbers.max()) + 1, dtype=np.int64)
    np.add.at(ends, numbers, network.degrees)
    both = 2 * len(network.ties)
    return both * inside - int((ends * ends).sum()), both * both


def partitions(network: Network) -> list[Integers]:
    """Partitions of high modularity found by `RUNS` runs of the Leiden algorithm (Traag, Waltman and van Eck 2019)."""
    matrix = network.matrix
    found = []
    for run in range(RUNS):
        _, group = graspologic_native.leiden_csr(
            matrix.indptr.astype(np.int64),
            matrix.indices.astype(np.int32),
            matrix.data,
            network.size,
            iterations=ITERATIONS,
            seed=SEED + run,
        )
        found.append(np.array([group[person] for person in range(network.size)], dtype=np.int64))
    return found


def degree_centralisation(degrees: Sequence[int] | Integers) -> tuple[int, int]:
    """Freeman's (1979) centralisation of degree as numerator over denominator: 1 for a star, 0 where all have as many.

    Raises `ValueError` for fewer than three people.
    """
    given = [int(degree) for degree in degrees]
    size = len(given)
    if size < 3:
        raise ValueError("centralisation needs three people")
    return size * max(given) - sum(given), (size - 1) * (size - 2)


@dataclass(frozen=True, slots=True)
class Centralisation:
    value: float
    low: float | None = None
    high: float | None = None


def betweenness_centralisation(
    network: Network, exact_up_to: int = EXACT_UP_TO, pivots: int = PIVOTS, seed: int = SEED
) -> Centralisation:
    """Freeman's (1979) centralisation of betweenness, 0 to 1.

    Exact up to a size; above it from the shortest paths of so many people drawn without replacement (Brandes and Pich 2007),
    with the 95 % interval of that draw for the person who was found most between. Raises `ValueError` for fewer than three.
    """
    size = network.size
    if size < 3:
        raise ValueError("centralisation needs three people")
    everybody = np.arange(size)
    if size > exact_up_to:
        everybody = np.sort(np.random.default_rng(seed).choice(size, min(pivots, size), replace=False))
    matrix = network.matrix
    dependencies = np.hstack(
        [
            _dependencies(matrix, everybody[start : start + _BATCH])
            for start in range(0, len(everybody), _BATCH)
        ]
    )
    most = int(np.argmax(dependencies.sum(axis=1)))
    largest = (size - 1) ** 2 * (size - 2)
    drawn = size * (size * dependencies[most] - dependencies.sum(axis=0)) / largest
    value = min(1.0, max(0.0, float(drawn.mean())))
    if len(everybody) == size:
        return Centralisation(value)
    count = len(everybody)
    error = 1.96 * float(drawn.std(ddof=1)) * sqrt((1 - count / size) / count)
    return Centralisation(value, max(0.0, value - error), min(1.0, value + error))


def betweenness(network: Network) -> Floats:
    """The share of pairs of others on whose shortest paths each person lies (Freeman 1977), exact."""
    found = _dependencies(network.matrix, np.arange(network.size)).sum(axis=1)
    return np.asarray(found / ((network.size - 1) * (network.size - 2)), dtype=np.float64)


def _dependencies(matrix: Any, sources: Integers) -> Floats:
    """Brandes' (2001) dependency of each source on each person, all sources together: people by sources."""
    size, columns = matrix.shape[0], np.arange(len(sources))
    distance = np.full((size, len(sources)), -1, dtype=np.int32)
    distance[sources, columns] = 0
    paths = np.zeros((size, len(sources)))
    paths[sources, columns] = 1
    frontier, level = paths.copy(), 0
    while frontier.any():
        level += 1
        frontier = (matrix @ frontier) * (distance < 0)
        distance[frontier > 0] = level
        paths += frontier
    dependency = np.zeros_like(paths)
    for step in range(level - 1, 0, -1):
        there = distance == step
        share = np.divide(1 + dependency, paths, out=np.zeros_like(paths), where=there)
        dependency += (matrix @ share) * paths * (distance == step - 1)
    dependency[sources, columns] = 0
    return dependency


def constraint(network: Network) -> Floats:
    """Burt's (1992) constraint of each person: how far all contacts lead back to each other.

    Every contact counts the same. Everybody has at least one, since a network is made of ties.
    """
    matrix = network.matrix
    share = csr_matrix(matrix.multiply(1 / network.degrees[:, None]))
    found = np.empty(network.size)
    # The square of the whole matrix would be dense around people with many contacts.
    for start in range(0, network.size, _BLOCK):
        rows = slice(start, start + _BLOCK)
        invested = (share[rows] + share[rows] @ share).multiply(matrix[rows])
        found[rows] = np.asarray(invested.multiply(invested).sum(axis=1)).ravel()
    return found


def components(network: Network) -> Integers:
    """The number of each person's component; 0 is the largest, of equals that of the first person."""
    _, found = connected_components(network.matrix, directed=False)
    sizes = np.bincount(found)
    first = np.full(len(sizes), network.size)
    np.minimum.at(first, found, np.arange(network.size))
    place = np.empty(len(sizes), dtype=np.int64)
    place[np.lexsort((first, -sizes))] = np.arange(len(sizes))
    return np.asarray(place[found])


def lost_without(network: Network, percent: int) -> tuple[int, int]:
    """How many ties are lost without the people of most contacts, so many percent rounded up; and how many people that are."""
    removed = ceil(network.size * percent / 100)
    order = np.lexsort((np.arange(network.size), -network.degrees))
    gone = np.zeros(network.size, dtype=bool)
    gone[order[:removed]] = True
    return int(np.count_nonzero(gone[network.ties].any(axis=1))), removed


@dataclass(frozen=True, slots=True)
class Permuted:
    """External ties when units are dealt out anew among the people, the network staying as it is."""

    external: int
    expected: tuple[int, int]
    """As numerator over denominator: exact, not from the permutations."""
    low: float
    high: float
    """The middle 95 % of the permutations."""
    extreme: int
    """How many of `PERMUTATIONS` and the observed one are as far from the expected as the observed."""


def permuted(ties: Integers, units: Integers) -> Permuted:
    """The permutation test of external ties (Krackhardt and Stern 1988), two-sided.

    `units` has the unit of each person, `ties` the two people of each tie. Raises `ValueError` without ties.
    """
    if not len(ties):
        raise ValueError("no ties")
    size, many = len(units), len(ties)
    numbers = np.unique(units, return_inverse=True)[1].astype(np.int32)
    sizes = np.bincount(numbers)
    pairs = size * (size - 1)
    expected = many * (pairs - int((sizes * (sizes - 1)).sum()))
    one, other = ties.T
    external = int(np.count_nonzero(numbers[one] != numbers[other]))
    draw, dealt = np.random.default_rng(SEED), np.empty(PERMUTATIONS, dtype=np.int64)
    for number in range(PERMUTATIONS):
        shuffled = draw.permutation(numbers)
        dealt[number] = np.count_nonzero(shuffled[one] != shuffled[other])
    away = abs(external * pairs - expected)
    low, high = np.quantile(dealt, [0.025, 0.975])
    extreme = 1 + int(np.count_nonzero(np.abs(dealt * pairs - expected) >= away))
    return Permuted(external, (expected, pairs), float(low), float(high), extreme)
