"""Whoever compares everything that was ever shown of a round learns nothing about fewer people than the minimum."""

from collections.abc import Iterator
from itertools import cycle, islice
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.database import transaction
from service.models import SurveyGroup
from service.surveys import grid as grids
from service.surveys.grid import DIFFERENT, POOL, Grid, counting, first, further
from service.surveys.questionnaire import questionnaire
from service.surveys.sample import Table, tables

MINIMUM = 7


def spread(count: int) -> list[int]:
    return list(islice(cycle((1, 2, 3, 4, 5)), count))


def leaning(count: int, seed: int, mean: float = 3.0) -> list[dict[str, Any]]:
    chance = Random(seed)
    return [
        {f"culture_{n}": min(5, max(1, round(chance.gauss(mean, 1.2)))) for n in range(1, 5)}
        for _ in range(count)
    ]


def culture(house: Any) -> Table:
    with transaction(house.engine) as session:
        survey = house.round(session)
        groups = list(session.query(SurveyGroup))
        return tables(session, survey, questionnaire(survey.model_version, survey.form), groups)[0]


def grid(house: Any) -> Grid:
    with transaction(house.engine) as session:
        stored = house.round(session).grid
        assert stored is not None
        return Grid.of(stored["culture"])


def shown(house: Any) -> dict[tuple[str, str], Any]:
    return {
        key[:1] + key[2:]: (one.state, one.figures)
        for key, one in house.cells().items()
        if key[1] == "culture"
    }


def published(house: Any) -> None:
    house.create({"sales": 100, "it": 80, "board": 8, "legal": 9})
    house.start()
    house.fill("sales", leaning(40, 1, 2.0))
    house.fill("it", leaning(30, 2, 4.0))
    house.fill("board", leaning(4, 3))
    house.fill("legal", leaning(5, 4))
    house.close()


@pytest.mark.parametrize("group", ["sales", "it", "board"])
@pytest.mark.parametrize("late", [1, 3, 6])
def test_a_few_late_answers_change_nothing_that_is_shown(house, group, late):
    published(house)
    before = shown(house)
    house.start()
    house.fill(group, [{f"culture_{n}": 5 for n in range(1, 5)}] * late)
    closing = house.close()
    assert shown(house) == before
    assert closing.held_back == 1


def test_late_answers_count_once_they_could_be_shown_alone(house):
    published(house)
    before = shown(house)
    house.start()
    house.fill("sales", leaning(4, 7))
    assert house.close().held_back == 1
    assert shown(house) == before
    house.start()
    house.fill("sales", leaning(5, 8))
    closing = house.close()
    assert (closing.renewed, closing.held_back) == (True, 0)
    assert shown(house) != before
    assert counting(grid(house), culture(house)).all()


def test_late_answers_that_all_say_the_same_are_held_back_however_many(house):
    published(house)
    before = shown(house)
    house.start()
    house.same("sales", *[5] * 12)
    assert house.close().held_back == 1
    assert shown(house) == before


def test_a_question_that_few_of_the_late_could_answer_holds_all_of_them_back(house):
    published(house)
    before = shown(house)
    house.start()
    late = leaning(9, 9)
    for one in late[:4]:
        one["culture_2"] = "dont_know"
    house.fill("sales", late)
    assert house.close().held_back == 1
    assert shown(house) == before


def test_a_group_hidden_once_stays_hidden_and_no_other_gets_hidden(house):
    """Else the groups hidden at both times, or at one, could be told apart from the sums of all hidden ones."""
    published(house)
    house.start()
    house.fill("board", leaning(4, 11))
    house.fill("legal", leaning(4, 12))
    house.close()
    assert [house.cells()[g, "culture", ""].state for g in ("board", "legal", "it", "sales")] == [
        *("suppressed", "suppressed", "published", "published")
    ]
    assert house.cells()["board", "culture", "culture_1"].reason == "small_group"


def test_a_group_added_later_is_counted_with_the_hidden_ones(house):
    published(house)

    def told() -> dict[tuple[str, str], tuple[Any, ...]]:
        """Without what depends on how many were invited."""
        names = ("mean", "share_1", "share_5", "top_two", "draws")
        return {
            key: tuple((figures or {}).get(name) for name in names)
            for key, (_, figures) in shown(house).items()
            if key[0] != "new"
        }

    before = told()
    house.start()
    house.add("new", 30)
    house.fill("new", leaning(3, 13))
    assert house.close().held_back == 1
    assert told() == before
    assert {one for key, (one, _) in shown(house).items() if key[0] == "new"} == {"suppressed"}


def test_changing_how_many_were_invited_tells_nothing_of_a_hidden_group(house):
    """The weights know the hidden groups only together: whatever is claimed of one, the weighted mean moves as if of all."""
    published(house)

    def weighted(board: int, legal: int) -> float:
        with transaction(house.engine) as session:
            house.group(session, "board").invited = board
            house.group(session, "legal").invited = legal
        house.start()
        house.close()
        return house.cells()["", "culture", ""].figures["weighted"]

    assert weighted(800, 9) == weighted(9, 800) == weighted(400, 409)


def blocks(found: Grid, table: Table) -> Iterator[np.ndarray]:
    """All that is shown or follows from it: each group shown, the pool, and the whole."""
    for group in found.shown:
        yield table.group == group
    yield ~np.isin(table.group, found.shown)
    yield np.ones(len(table.group), dtype=bool)


def fit(table: Table, rows: np.ndarray, questions: tuple[str, ...]) -> bool:
    """Nobody, or enough people who do not nearly all agree; counted here anew."""
    for column in table.columns(questions):
        points = table.answers.points[rows, column]
        points = points[~np.isnan(points)].astype(int)
        if not len(points):
            continue
        if len(points) < MINIMUM or len(points) - np.bincount(points).max() < DIFFERENT:
            return False
    scored = (~np.isnan(table.scores(questions)[rows])).sum()
    return bool(scored == 0 or scored >= MINIMUM)


answers = st.dictionaries(
    st.sampled_from([f"strategy_{n}" for n in range(1, 5)]),
    st.one_of(st.integers(1, 5), st.sampled_from(["dont_know", "not_applicable"])),
)


@settings(max_examples=60)
@given(st.lists(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 40)), max_size=6), min_size=1, max_size=4),
       st.randoms(use_true_random=False))  # fmt: skip
def test_any_two_publications_of_any_round_differ_by_nobody_or_by_enough(asked_once, openings, chance):
    """Groups of any size, over several openings; each difference is looked at question by question."""
    section = asked_once.sections[0]
    group, batch, codes = [], [], []
    for number, opening in enumerate(openings, 1):
        for key, size in opening:
            mood = chance.uniform(1, 5)
            for _ in range(size):
                group.append(key)
                batch.append(number)
                codes.append([chance.choice([None, -1, -2]) if chance.random() < 0.15 else
                              min(5, max(1, round(chance.gauss(mood, chance.choice([0.2, 1.2])))))
                              for _ in section.questions])  # fmt: skip
    from service.statistics.answers import coded

    everyone = {
        key: np.array([one.respondents == "everyone" for one in section.questions]) for key in range(1, 7)
    }
    width = len(section.questions)
    values = np.array(codes, dtype=float).reshape(-1, width)
    values[:, ~everyone[1]] = np.nan
    whole = Table(
        section, np.array(group, dtype=np.int64), np.array(batch, dtype=np.int64), everyone, coded(values)
    )
    found: Grid | None = None
    counted: list[np.ndarray] = []
    for number in range(1, len(openings) + 1):
        so_far = whole.only(whole.batch <= number)
        if found is None:
            found = first(so_far, MINIMUM, number)
        else:
            known = found
            found, _ = further(found, so_far, MINIMUM, number)
            assert (found.shown, found.questions) == (known.shown, known.questions)
        if found is not None:
            counted.append(counting(found, whole) & (whole.batch <= number))
    if found is None:
        return
    for late, rows in enumerate(counted):
        for block in blocks(found, whole):
            assert fit(whole, block & rows, found.questions)
            for before in counted[:late]:
                assert not (before & ~rows).any()
                assert fit(whole, block & rows & ~before, found.questions)


@pytest.fixture(scope="module")
def asked_once(request):
    """The questionnaire of the small model, without patching anything for longer than it takes to make it."""
    from service.surveys import questionnaire as asking

    model = request.getfixturevalue("small")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asking, "load", lambda version: model)
        asking.questionnaire.cache_clear()
        made = asking.questionnaire("9.9", "full")
    asking.questionnaire.cache_clear()
    return made


def test_why_something_is_hidden_is_no_way_around(house):
    """The pool has no cell of its own."""
    published(house)
    assert POOL not in {key[0] for key in house.cells()}
    assert grids.fault(np.array([0, 0, 0, 0, 0]), MINIMUM) == "small_group"
