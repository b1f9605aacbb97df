"""What `python -m benchmarks utility` counts, on one small organisation."""

import numpy as np
import pytest

from benchmarks import utility


@pytest.fixture(scope="module")
def found() -> utility.Utility:
    return utility.measure(150, 150, 2)


def test_every_cell_of_enough_people_on_both_sides_is_shown_or_hidden_by_one_rule(
    found: utility.Utility,
) -> None:
    both = utility.PLAIN[1]
    for counted in (found.cells, found.people):
        assert counted["published"] + sum(counted[name] for name in utility.WHY) == counted[both]
        assert counted[both] < counted[utility.PLAIN[0]] < counted["measured"]
    assert found.cells["audit"] > 0


def test_hiding_the_fewest_shows_more_than_hiding_one_by_one(found: utility.Utility) -> None:
    for shown, before in zip(
        found.share("published", utility.PLAIN[1]), found.share("one by one", utility.PLAIN[1]), strict=True
    ):
        assert shown > before + 0.03


def test_organisations_are_the_same_for_the_same_seed_and_their_rooms_differ_in_size() -> None:
    week, four = utility.organisation(np.random.default_rng(3), 400)
    again, _ = utility.organisation(np.random.default_rng(3), 400)
    assert week.measured() == again.measured()
    sizes = np.sort(week.rooms.sum(axis=0))
    assert sizes[-1] > 2 * np.median(sizes) > 4 * sizes[0]
    assert four.active.sum() > week.active.sum()
