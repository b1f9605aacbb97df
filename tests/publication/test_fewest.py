"""The fewest cells to hide, against trying all choices; and what happens where they are not found."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from service.publication import fewest as module
from service.publication.cells import Cell, Total
from service.publication.fewest import fewest
from service.publication.protect import System

K = 10


def table(rng: np.random.Generator, *, bounded: bool) -> System:
    """Two rows and three columns of people with all sums, where some of the six counts are of few."""
    system = System(K, bounded=bounded)
    counts = np.where(rng.random((2, 3)) < 0.4, rng.integers(1, K, (2, 3)), rng.integers(K, 80, (2, 3)))
    sums = np.vstack([counts, counts.sum(axis=0)])
    for count in np.hstack([sums, sums.sum(axis=1, keepdims=True)]).ravel():
        few = int(count) < K
        system.add(Cell(int(count), int(count) + 20, shown=not few, unsafe=few, low=0 if few else None))
    across = [[4 * row + column for column in range(4)] for row in range(3)]
    for line in (*across, *zip(*across, strict=True)):
        system.totals.append(Total({**dict.fromkeys(line[:-1], 1), line[-1]: -1}))
    return system


def holds(system: System, hidden: Sequence[int]) -> bool:
    """What the audit says with these cells hidden besides."""
    cells = [
        replace(cell, shown=cell.shown and place not in hidden) for place, cell in enumerate(system.cells)
    ]
    tried = System(system.k, system.bounded, cells, system.totals)
    leaking = any(tried._leaks(total) for total in tried.totals)
    return not leaking and not tried._open()


def people(system: System, cells: Sequence[int]) -> int:
    return sum(system.cells[cell].people for cell in cells)


def least(system: System) -> int | None:
    """The fewest people of cells to hide, found by trying all choices from the fewest on."""
    shown = [number for number, cell in enumerate(system.cells) if cell.shown]
    choices = [choice for size in range(len(shown) + 1) for choice in combinations(shown, size)]
    for choice in sorted(choices, key=lambda one: people(system, one)):
        if holds(system, choice):
            return people(system, choice)
    return None


@pytest.mark.parametrize("bounded", [True, False])
def test_no_other_choice_hides_fewer_people(bounded: bool) -> None:
    needed = []
    for seed in range(12):
        system = table(np.random.default_rng(seed), bounded=bounded)
        chosen = list(fewest(system.cells, system.totals, K, bounded=bounded))
        possible = least(system)
        if possible is not None:
            assert holds(system, chosen)
            assert people(system, chosen) == possible
            needed.append(len(chosen))
    assert len(needed) > 6
    assert max(needed) >= 3


def test_a_unit_of_few_takes_the_smallest_other_unit_and_never_the_total() -> None:
    system = System(6, bounded=False)
    for people_of in (18, 17, 5, 40):
        few = people_of < 6
        system.add(Cell(people_of, people_of, shown=not few, unsafe=few))
    system.totals.append(Total({0: 1, 1: 1, 2: 1, 3: -1}))
    assert list(fewest(system.cells, system.totals, 6, bounded=False)) == [1]


def test_a_cell_that_everybody_knows_is_not_taken() -> None:
    system = System(6, bounded=False)
    for people_of in (18, 17, 5, 40):
        few = people_of < 6
        system.add(Cell(people_of, people_of, shown=not few, unsafe=few, known=people_of == 17))
    system.totals.append(Total({0: 1, 1: 1, 2: 1, 3: -1}))
    assert list(fewest(system.cells, system.totals, 6, bounded=False)) == [0]


def test_a_share_goes_with_the_people_it_does_not_count() -> None:
    """Both sides of a share are one choice, and hide as one."""
    system = System(K)
    for count, twin in ((3, 1), (57, 0), (30, 3), (30, 2), (33, 5), (87, 4)):
        system.add(Cell(count, 120 if count in (33, 87) else 60, twin=twin))
    for cell in (0, 1):
        system.cells[cell].shown, system.cells[cell].unsafe = False, cell == 0
    system.totals = [Total({0: 1, 2: 1, 4: -1}), Total({1: 1, 3: 1, 5: -1})]
    system.protect()
    assert [cell.shown for cell in system.cells] == [False, False, False, False, True, True]


def test_the_same_counts_hide_the_same_cells_and_other_rules_go_on_where_work_is_limited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def protected(seed: int) -> list[int]:
        system = table(np.random.default_rng(seed), bounded=True)
        system.protect()
        system.verify()
        return [number for number, cell in enumerate(system.cells) if not cell.shown]

    seeds = (0, 14, 17, 21)
    best = [protected(seed) for seed in seeds]
    assert [protected(seed) for seed in seeds] == best
    monkeypatch.setattr(module, "ROUNDS", 0)
    without = [protected(seed) for seed in seeds]
    assert without != best
    weights = [
        [
            people(table(np.random.default_rng(seed), bounded=True), hidden)
            for seed, hidden in zip(seeds, found, strict=True)
        ]
        for found in (best, without)
    ]
    assert sum(weights[0]) < sum(weights[1])
