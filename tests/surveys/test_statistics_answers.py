"""What was answered, not known, not applicable or left out; scores of a scale."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.intervals import wilson
from service.errors import Invalid
from service.statistics.answers import (
    DONT_KNOW,
    NOT_APPLICABLE,
    coded,
    complete_rows,
    counts,
    dont_know_shares,
    left_out_shares,
    not_applicable_shares,
    recoded,
    scale_scores,
    top_two_share,
)
from service.statistics.estimate import Reason

POINT = st.one_of(st.none(), st.integers(1, 5))
CODE = st.one_of(POINT, st.sampled_from([DONT_KNOW, NOT_APPLICABLE]))


def people(
    element: st.SearchStrategy[int | None], items: int = 3
) -> st.SearchStrategy[list[list[int | None]]]:
    return st.lists(st.lists(element, min_size=items, max_size=items), min_size=1, max_size=30)


def test_what_is_not_known_does_not_apply_or_was_left_out_stays_apart() -> None:
    answers = coded([[5, DONT_KNOW, None], [4, NOT_APPLICABLE, 1], [None, DONT_KNOW, 2], [1, 3, DONT_KNOW]])
    # The second item: two don't knows, one point, and one for whom it does not apply.
    assert [share.value for share in dont_know_shares(answers)] == [0, 2 / 3, 1 / 3]
    assert [share.n for share in dont_know_shares(answers)] == [3, 3, 3]
    assert [share.value for share in not_applicable_shares(answers)] == [0, 1 / 4, 0]
    assert [share.value for share in left_out_shares(answers)] == [1 / 4, 0, 1 / 4]
    assert np.isnan(answers.points).sum() == 6


def test_an_item_nobody_could_judge_has_no_share_rather_than_none() -> None:
    share = dont_know_shares(coded([[NOT_APPLICABLE], [None]]))[0]
    assert (share.value, share.reason) == (None, Reason.TOO_FEW_PEOPLE)


@pytest.mark.parametrize("code", [0, 6, -3, 2.5])
def test_an_unknown_code_never_becomes_a_value(code: float) -> None:
    with pytest.raises(Invalid, match=r"is no answer; allowed are 1 to 5, -1 \(don't know\)"):
        coded([[3, code]])


@pytest.mark.parametrize("values", [[["often"]], [1, 2], [[math.inf]], [[1, 2], [3]]])
def test_what_is_no_table_of_numbers_is_refused(values: list[object]) -> None:
    with pytest.raises(Invalid, match="answers: "):
        coded(values)  # type: ignore[arg-type]


def test_a_score_needs_two_thirds_of_the_items() -> None:
    scores = scale_scores([[4, 5, None], [4, None, None], [None, None, None], [1, 2, 3]])
    assert scores[[0, 3]].tolist() == [4.5, 2.0]
    assert np.isnan(scores[[1, 2]]).all()
    # Of five items four are needed (3.33), of four three.
    assert np.isnan(scale_scores([[1, 1, 1, None, None]])).all()
    assert scale_scores([[1, 1, 4, 2, None]]).tolist() == [2.0]
    assert scale_scores([[3, 3, 3, None]]).tolist() == [3.0]
    assert scale_scores([[4, None, None]], needed=1 / 3).tolist() == [4.0]


def test_the_policy_changes_who_counts() -> None:
    # Whoever asks for all items loses people, and may move the mean.
    answers = [[5, 5, 5], [4, 4, None], [1, 2, None], [2, 2, 2]]
    assert len(complete_rows(answers)) == 2
    assert np.nanmean(scale_scores(answers)) == pytest.approx((5 + 4 + 1.5 + 2) / 4)
    assert np.nanmean(scale_scores(answers, needed=1)) == 3.5


@pytest.mark.parametrize("needed", [0, -1, 1.1, math.nan])
def test_a_needed_share_that_is_none_is_refused(needed: float) -> None:
    with pytest.raises(Invalid, match="above 0 and at most 1"):
        scale_scores([[1, 2]], needed)


def test_a_scale_without_items_is_refused() -> None:
    with pytest.raises(Invalid, match="at least one item"):
        scale_scores(np.empty((3, 0)))


@given(people(POINT, 4))
def test_scores_agree_with_counting_by_hand(answers: list[list[int | None]]) -> None:
    for row, score in zip(answers, scale_scores(answers), strict=True):
        told = [point for point in row if point is not None]
        if len(told) < 3:
            assert math.isnan(score)
        else:
            assert score == pytest.approx(sum(told) / len(told))


@given(people(POINT), st.permutations([0, 1, 2]))
def test_the_order_of_items_does_not_matter(answers: list[list[int | None]], order: list[int]) -> None:
    swapped = [[row[column] for column in order] for row in answers]
    np.testing.assert_allclose(scale_scores(answers), scale_scores(swapped), rtol=1e-12)


@given(people(POINT))
def test_turning_all_items_round_turns_the_score_round(answers: list[list[int | None]]) -> None:
    turned = scale_scores(recoded(answers, [0, 1, 2]))
    np.testing.assert_allclose(turned, 6 - scale_scores(answers))
    np.testing.assert_array_equal(recoded(recoded(answers, [1]), [1]), np.array(answers, dtype=float))


def test_only_the_named_items_are_turned() -> None:
    assert recoded([[1, 2, 5]], [2]).tolist() == [[1, 2, 1]]
    with pytest.raises(Invalid, match="there is no item 3; give a column from 0 to 2"):
        recoded([[1, 2, 5]], [3])


def test_the_top_two_points_are_counted_among_those_with_a_point() -> None:
    assert counts([1, 5, 5, 4, None, 3]) == (1, 0, 1, 1, 2)
    share = top_two_share([1, 5, 5, 4, None, 3])
    assert (share.value, share.n) == (3 / 5, 5)
    assert (share.low, share.high) == wilson(3, 5)
    assert top_two_share([None]).value is None


@given(people(CODE))
def test_every_answer_is_of_exactly_one_kind(answers: list[list[int | None]]) -> None:
    kinds = coded(answers)
    apart = (~np.isnan(kinds.points)).astype(int) + kinds.dont_know + kinds.not_applicable + kinds.left_out
    assert (apart == 1).all()
    for item, share in enumerate(dont_know_shares(kinds)):
        column = [row[item] for row in answers]
        asked = [code for code in column if code is not None and code != NOT_APPLICABLE]
        expected = asked.count(DONT_KNOW) / len(asked) if asked else None
        assert share.value == expected
