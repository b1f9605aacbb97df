"""How far counts can be off by the programmes that are kept, against closed cases and against programmes made anew."""

import numpy as np
import pytest
from scipy.optimize import linprog

from service.publication import fewest as module
from service.publication.audit import WALKED, Constraint, too_narrow
from service.publication.fewest import Part, fewest
from service.publication.leeway import Leeway, Witnesses
from tests.publication.test_fewest import K, holds, least, people, table


def pair(low: float, high: float) -> Leeway:
    """Two counts with a total, the first of which can be so far below and above its true value."""
    leeway = Leeway(2, [{0: 1, 1: 1}])
    leeway.confine(np.array([-low, -50.0]), np.array([high, 50.0]))
    return leeway


def test_a_count_moves_as_far_as_its_bounds_and_the_other_goes_against_it() -> None:
    leeway = pair(2, 3)
    assert leeway.furthest({0: 1.0}) == pytest.approx([3, -3])
    assert leeway.furthest({1: 1.0}) == pytest.approx([-2, 2])
    leeway.confine(np.array([-2.0, 0.0]), np.array([3.0, 0.0]))
    assert leeway.furthest({0: 1.0}) == pytest.approx([0, 0])


def test_without_an_end_there_is_no_furthest() -> None:
    leeway = Leeway(2, [{0: 1, 1: 1}])
    leeway.confine(np.array([-np.inf, -np.inf]), np.array([np.inf, np.inf]))
    assert leeway.furthest({0: 1.0}) is None
    assert leeway.proof(0, 1.0) is None


def test_a_proof_names_the_rooms_that_add_up_to_how_far_a_count_can_go() -> None:
    rest = pair(2, 3).proof(1, 1.0)
    assert rest is not None
    # The second can rise by the two by which the first can fall.
    assert rest == pytest.approx([-1, 0])


def test_a_witness_counts_only_while_all_cells_it_moves_are_hidden() -> None:
    witnesses = Witnesses(3)
    witnesses.add(np.array([4.0, -4.0, 0.0]))
    witnesses.add(np.array([0.0, 2.0, -2.0]))
    assert witnesses.narrow({0: 4, 1: 6, 2: 2}) == []
    witnesses.restrict(np.array([True, False, False]))
    assert witnesses.narrow({0: 4, 1: 6, 2: 2}) == [0, 1]
    assert witnesses.narrow({1: 2}) == []


def test_what_is_too_narrow_is_the_same_with_programmes_made_anew() -> None:
    """Beyond the size up to which the null space is walked first."""
    rng, size = np.random.default_rng(5), WALKED + 20
    counts = dict(enumerate(rng.integers(0, 12, size).tolist()))
    bounds = {
        one: (max(0, count - int(rng.integers(0, 6))), count + int(rng.integers(0, 6)))
        for one, count in counts.items()
    }
    rows: list[Constraint] = [
        {int(one): int(rng.choice([-1, 1])) for one in rng.choice(size, 4, replace=False)} for _ in range(60)
    ]
    matrix = np.array([[row.get(one, 0) for one in range(size)] for row in rows], dtype=float)
    protected = dict.fromkeys(range(0, size, 5), 5)
    narrow = set()
    for one in protected:
        ends = [
            linprog(
                sign * np.eye(size)[one], A_eq=matrix, b_eq=matrix @ np.array(list(counts.values())),
                bounds=list(bounds.values()), method="highs",
            ).fun
            for sign in (1, -1)
        ]  # fmt: skip
        if -ends[1] - ends[0] < 5 - 1e-6:
            narrow.add(one)
    assert too_narrow(list(range(size)), rows, counts, bounds, protected) == narrow
    assert 0 < len(narrow) < len(protected)


@pytest.mark.parametrize("bounded", [True, False])
def test_where_work_is_limited_cells_are_added_until_the_audit_is_content(
    monkeypatch: pytest.MonkeyPatch, bounded: bool
) -> None:
    monkeypatch.setattr(module, "WORK", 0)
    more, tried = 0, 0
    for seed in range(12):
        system = table(np.random.default_rng(seed), bounded=bounded)
        possible = least(system)
        if possible is None:
            continue
        chosen = list(fewest(system.cells, system.totals, K, bounded=bounded))
        assert holds(system, chosen)
        assert people(system, chosen) >= possible
        more += people(system, chosen) - possible
        tried += possible
    assert more < tried, "at most twice as many people as the least"


def test_proofs_of_a_part_end_with_what_is_added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROUNDS", 0)
    for seed in range(12):
        system = table(np.random.default_rng(seed), bounded=True)
        part = Part(system.cells, range(len(system.cells)), system.totals, K, True)
        assert part.proofs(set(part.fewest())) == []
