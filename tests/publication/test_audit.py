"""The linear audit against a plain rank test and closed cases."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.publication.audit import Constraint, recoverable, too_narrow


def margins(rows: int, columns: int) -> list[Constraint]:
    across = [{row * columns + column: 1 for column in range(columns)} for row in range(rows)]
    down = [{row * columns + column: 1 for row in range(rows)} for column in range(columns)]
    return [*across, *down]


@pytest.mark.parametrize(
    ("hidden", "expected"),
    [
        ({(0, 0)}, {(0, 0)}),
        ({(0, 0), (0, 1)}, {(0, 0), (0, 1)}),
        ({(0, 0), (0, 1), (1, 0), (1, 1)}, set()),
    ],
)
def test_a_cell_of_a_table_with_margins_is_recoverable_as_known(
    hidden: set[tuple[int, int]], expected: set[tuple[int, int]]
) -> None:
    found = recoverable(margins(3, 3), {row * 3 + column for row, column in hidden})
    assert found == {row * 3 + column for row, column in expected}


def by_rank(constraints: list[Constraint], hidden: list[int]) -> set[int]:
    """The definition: a unit vector that adds no rank to the constraints restricted to the hidden cells."""
    matrix = np.array([[float(row.get(cell, 0)) for cell in hidden] for row in constraints])
    rank = np.linalg.matrix_rank(matrix)
    units = np.eye(len(hidden))
    return {
        cell
        for place, cell in enumerate(hidden)
        if np.linalg.matrix_rank(np.vstack([matrix, units[place]])) == rank
    }


@given(
    st.lists(
        st.dictionaries(st.integers(0, 8), st.sampled_from([-1, 1]), min_size=1, max_size=5),
        min_size=1,
        max_size=8,
    ),
    st.sets(st.integers(0, 8), min_size=1),
)
def test_elimination_finds_exactly_what_the_rank_test_finds(
    constraints: list[Constraint], hidden: set[int]
) -> None:
    assert recoverable(constraints, hidden) == by_rank(constraints, sorted(hidden))


def test_a_pair_whose_sum_leaves_no_room_is_too_narrow() -> None:
    # 0..4 and 20..30 with a sum of 24: both are within 4 of their ends, so 5 apart is impossible.
    counts, bounds = {0: 2, 1: 22}, {0: (0, 4), 1: (0, 30)}
    assert too_narrow([0, 1], [{0: 1, 1: 1}], counts, bounds, {0: 5}) == {0}
    assert too_narrow([0, 1], [{0: 1, 1: 1}], counts, bounds, {0: 4}) == set()


def test_zero_persons_in_a_pair_are_known_at_once() -> None:
    counts, bounds = {0: 0, 1: 0}, {0: (0, 9), 1: (0, 9)}
    assert recoverable([{0: 1, 1: 1}], [0, 1]) == set()
    assert too_narrow([0, 1], [{0: 1, 1: 1}], counts, bounds, {0: 1, 1: 1}) == {0, 1}
