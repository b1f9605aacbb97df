"""Cells and totals that are protected together: which cells go, which stay, and what is told of those that go. Counted by hand, k = 10."""

from typing import Any

import pytest

from service.publication import protect
from service.publication.cells import Cell, Total
from service.publication.protect import Recoverable, System
from tests.publication.test_fewest import K


def system(*cells: Cell, totals: Any = (), bounded: bool = True) -> System:
    made = System(K, bounded=bounded)
    for place, cell in enumerate(cells):
        assert made.add(cell) == place
    made.totals = [total if isinstance(total, Total) else Total(total) for total in totals]
    return made


def hidden(made: System) -> list[int]:
    """Which cells are hidden once all is protected and audited."""
    made.protect()
    made.verify()
    return [number for number, cell in enumerate(made.cells) if not cell.shown]


def few(count: int, people: int | None = None, **more: Any) -> Cell:
    return Cell(
        count, count if people is None else people, shown=False, unsafe=True, reason="small_group", **more
    )


def many(count: int, people: int | None = None, **more: Any) -> Cell:
    return Cell(count, count if people is None else people, **more)


@pytest.fixture(params=["the fewest", "one by one"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways by which cells are chosen; the second is that of parts which take too much work."""
    if request.param == "one by one":
        monkeypatch.setattr(protect, "fewest", lambda *_, **__: iter(()))


class TestHiding:
    def test_both_sides_are_hidden_for_the_first_reason_that_is_found(self) -> None:
        made = system(many(20, 40, twin=1), many(20, 40, twin=0), many(20, 40), few(4, 40, twin=2))
        made.hide(0, "homogeneity")
        made.hide(1, "complementary")
        made.hide(3, "complementary")
        found = [(cell.shown, cell.reason) for cell in made.cells]
        assert found == [(False, "homogeneity")] * 2 + [(False, "complementary"), (False, "small_group")]

    def test_where_all_is_hidden_nothing_is_told(self) -> None:
        made = system(many(20, 40, low=10, high=30), few(4, 40, low=0, high=9))
        made.hide_all()
        assert [(cell.shown, cell.reason, cell.low, cell.high) for cell in made.cells] == [
            (False, "complementary", None, None),
            (False, "small_group", None, None),
        ]


@pytest.mark.usefixtures("way")
class TestChoosing:
    def whole(self, *parts: int, known: Any = (), bounded: bool = False, additive: bool = True) -> list[int]:
        """Parts of an organisation, which is the last cell and goes last."""
        cells = [
            Cell(count, count, rank=(0,), shown=count >= K, unsafe=count < K, known=place in known)
            for place, count in enumerate(parts)
        ]
        whole = Cell(sum(parts), sum(parts), rank=(1,), known=len(parts) in known)
        made = system(*cells, whole, bounded=bounded)
        made.totals = [Total({**dict.fromkeys(range(len(parts)), 1), len(parts): -1}, additive=additive)]
        return hidden(made)

    @pytest.mark.parametrize(
        ("parts", "gone"),
        [
            ((20, 30, 40), []),
            ((20, 30, 4), [0, 2]),
            ((30, 20, 4), [1, 2]),
            ((20, 30, 9), [0, 2]),
            ((20, 30, 10), []),
            # Two of few are enough if they are as many as have to be behind a number.
            ((20, 30, 4, 6), [2, 3]),
            ((20, 30, 4, 5), [0, 2, 3]),
            ((20, 30, 3, 3, 3), [0, 2, 3, 4]),
            ((4, 5), [0, 1, 2]),
        ],
    )
    def test_few_take_one_more_part_with_them_unless_they_are_many_together(
        self, parts: tuple[int, ...], gone: list[int]
    ) -> None:
        assert self.whole(*parts) == gone

    def test_weeks_that_overlap_may_be_the_same_people(self) -> None:
        assert self.whole(20, 30, 4, 6, additive=False) == [0, 2, 3]
        assert self.whole(20, 30, 4, 6, 10, additive=True) == [2, 3]

    def test_what_everybody_knows_is_not_the_part_that_goes(self) -> None:
        assert self.whole(20, 30, 4, known=[0]) == [1, 2]
        assert self.whole(20, 30, 4, known=[0, 1]) == [2, 3]
        with pytest.raises(Recoverable, match="published before"):
            self.whole(20, 30, 4, known=[0, 1, 3])

    def test_only_of_persons_out_of_a_known_group_inequalities_are_feared(self) -> None:
        # 4 of 4 and 6 of 6 are ten together, so that both are all; beside 20 of 20 they would still be.
        for bounded, gone in ((False, [1, 2]), (True, [1, 2, 3])):
            cells = [many(20), few(4), few(6), many(30)]
            made = system(*cells, totals=[{0: 1, 1: 1, 2: 1, 3: -1}], bounded=bounded)
            assert hidden(made) == gone

    def test_cells_of_no_total_are_left_alone(self) -> None:
        assert hidden(system(many(20), few(4), many(9), many(30), totals=[{0: 1, 3: -1}])) == [1]

    def test_what_is_hidden_in_one_total_is_protected_in_the_next(self) -> None:
        # A table of two rows and two columns with all sums: one of few takes three others.
        cells = [few(4), many(20), many(30), many(40), many(24), many(70), many(34), many(60), many(94)]
        lines = [{0: 1, 1: 1, 4: -1}, {2: 1, 3: 1, 5: -1}, {0: 1, 2: 1, 6: -1}, {1: 1, 3: 1, 7: -1}]
        sums = [{4: 1, 5: 1, 8: -1}, {6: 1, 7: 1, 8: -1}]
        for number in range(4, 9):
            cells[number].rank = (1,)
        for cell in cells[:4]:
            cell.rank = (0,)
        assert hidden(system(*cells, totals=[*lines, *sums], bounded=False)) == [0, 1, 2, 3]

    def test_units_are_protected_together_after_each_group_by_itself(self) -> None:
        for over in (True, False):
            cells = [few(4, 40, rank=(0,)), many(20, 40, rank=(0,)), many(24, 80, rank=(1,))]
            made = system(*cells, totals=[Total({0: 1, 1: 1, 2: -1}, over_units=over)])
            assert hidden(made) == [0, 1]
            assert [total.over_units for total in made.totals] == [over]


class TestUnits:
    """What units tell of each other is looked at after each group by itself, and then in the light of both."""

    @pytest.fixture(autouse=True)
    def one_by_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(protect, "fewest", lambda *_, **__: iter(()))

    def test_within_a_group_the_cell_that_helps_goes_and_over_units_the_cheapest_first(self) -> None:
        # To hide 20 of 20 does not help 4 of 4 and 6 of 6 beside them, to hide 30 of 60 does.
        for over, gone in ((False, [1, 2, 3]), (True, [0, 1, 2, 3])):
            cells = [many(20), few(4, low=0, high=4), few(6), many(30, 60), many(60, 90)]
            total = Total({0: 1, 1: 1, 2: 1, 3: 1, 4: -1}, over_units=over)
            assert hidden(system(*cells, totals=[total])) == gone
            # Where a cell helps, no less is told of those that are hidden.
            assert (cells[1].low, cells[1].high) == (0, 4)

    def test_two_totals_of_the_same_cells_tell_more_than_each(self) -> None:
        # Their sum and their difference are known.
        cells = [few(4, 40), many(20, 40, shown=False), many(24, 80), many(16, 80)]
        totals = [Total({0: 1, 1: 1, 2: -1}), Total({0: 1, 1: -1, 3: 1}, over_units=True)]
        assert hidden(system(*cells, totals=totals, bounded=False)) == [0, 1, 3]
        assert hidden(system(*cells, totals=totals)) == [0, 1, 3]

    def test_what_was_hidden_beside_one_cell_may_serve_another(self) -> None:
        # Sum and difference of 6 and 8 are known: without the difference neither follows.
        totals = [{0: 1, 1: 1, 2: -1}, {0: 1, 1: -1, 3: 1}]
        for bounded in (False, True):
            cells = [few(6, 40), few(8, 40), many(14, 80), many(2, 80)]
            assert hidden(system(*cells, totals=totals, bounded=bounded)) == [0, 1, 3]

    def test_what_is_wide_enough_in_one_total_may_be_narrow_in_another(self) -> None:
        # 4 are 24 less what is told of the last: 18 to 23 are enough, 19 to 21 are not.
        totals = [Total({0: 1, 1: 1, 2: -1}), Total({0: 1, 4: 1, 3: -1}, over_units=True)]
        for ends, gone in (((18, 23), [0, 1, 4]), ((19, 21), [0, 1, 3, 4])):
            last = many(20, 40, shown=False, low=ends[0], high=ends[1])
            assert (
                hidden(system(few(4, 40), many(20, 40), many(30, 80), many(24, 80), last, totals=totals))
                == gone
            )


def beside(alike: tuple[int, int] | None, **changed: Any) -> Cell:
    """A share of the whole organisation that was hidden beside 4 of few, of which 54 are told together with it."""
    whole = Cell(50, 100, shown=False, reason="complementary", whole=True, alike=alike)
    for name, value in changed.items():
        setattr(whole, name, value)
    made = system(few(4, 100), whole, many(54, 100, known=True), totals=[{0: 1, 1: 1, 2: -1}])
    made.protect()
    made.verify()
    assert [cell.shown for cell in made.cells] == [False, False, True]
    return made.cells[1]


class TestRanges:
    @pytest.mark.parametrize(
        ("alike", "told"),
        [
            ((40, 60), True),
            ((48, 53), True),
            # Half of k is how uncertain the few beside it must stay.
            ((48, 52), False),
            ((50, 50), False),
            # 54 - 51 = 3 to 54 - 50 = 4.
            ((50, 51), False),
            (None, False),
        ],
    )
    def test_of_the_whole_organisation_it_is_told_about_where_it_lies_if_the_few_stay_uncertain(
        self, alike: tuple[int, int] | None, told: bool
    ) -> None:
        cell = beside(alike)
        assert (cell.low, cell.high) == (alike if told else (None, None))

    @pytest.mark.parametrize(
        "changed", [{"whole": False}, {"reason": "homogeneity"}, {"people": 99}, {"reason": None}]
    )
    def test_of_no_other_cell_it_is_told(self, changed: Any) -> None:
        cell = beside((40, 60), **changed)
        assert (cell.low, cell.high) == (None, None)

    def test_less_is_told_of_few_where_nothing_else_can_be_hidden(self) -> None:
        # Both are told to be below ten, and together eleven: the first is 2 to 9 then, which is wide enough.
        for low, high, told in ((0, 9, (0, 9)), (7, 9, (None, None))):
            cells = [few(4, 40, low=0, high=9), few(7, 40, low=low, high=high), many(11, 80, known=True)]
            made = system(*cells, totals=[{0: 1, 1: 1, 2: -1}])
            made.protect()
            made.verify()
            assert (made.cells[1].low, made.cells[1].high) == told


class TestAudit:
    def test_a_cell_of_few_that_is_shown_is_a_defect(self) -> None:
        made = system(many(20), Cell(4, 40, unsafe=True))
        with pytest.raises(Recoverable, match="fewer people"):
            made.verify()

    def test_a_cell_that_follows_is_a_defect_and_one_nothing_is_told_of_is_not(self) -> None:
        total = {0: 1, 1: 1, 2: -1}
        with pytest.raises(Recoverable, match="worked out"):
            system(few(4, 40), many(20), many(24), totals=[total]).verify()
        system(few(4, 40), few(20, 40), few(24, 40), totals=[total]).verify()
        system(few(4, 40), many(20, 40, shown=False), many(24, 40), totals=[total]).verify()
        # Where all is hidden, totals tell nothing either.
        system(few(4, 40), few(20, 40), totals=[{0: 1, 1: 1}, {0: 1, 1: -1}]).verify()
        # Of who is safe may follow what will.
        system(many(20, 40, shown=False), many(20, 40), many(40, 40), totals=[total]).verify()
        system(few(4, 40)).verify()

    def test_a_cell_that_lies_within_too_little_is_a_defect(self) -> None:
        def audited(high: int | None) -> System:
            # The few are 24 less what is told of the other part.
            cells = [few(4, 40), many(20, 40, shown=False, low=18, high=high), many(24, 80)]
            return system(*cells, totals=[{0: 1, 1: 1, 2: -1}])

        audited(None).verify()
        audited(23).verify()
        with pytest.raises(Recoverable, match="fewer people"):
            audited(22).verify()
