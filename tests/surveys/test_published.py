"""What a closed round shows, and what nobody can work out from it."""

from itertools import cycle, islice
from pathlib import Path
from random import Random
from statistics import fmean

import pytest
from sqlalchemy import Engine, func, select

from service.database import transaction
from service.errors import Conflict, Invalid
from service.models import Invitation, Organisation, Response, SurveyImport
from service.surveys import rounds
from service.surveys.publish import finish
from service.surveys.published import latest

QUESTIONS = [f"culture_{n}" for n in range(1, 5)]


def many(count: int, points: tuple[int, ...] = (1, 2, 3, 4, 5)) -> tuple[int, ...]:
    return tuple(islice(cycle(points), count))


def people(count: int, mean: float, seed: int, *, skip: float = 0.0):
    """People who lean to a mean and are consistent in it; some say they do not know."""
    chance = Random(seed)
    found = []
    for _ in range(count):
        mood = chance.gauss(mean, 0.6)
        answers: dict[str, int | str] = {}
        for key in QUESTIONS:
            point = min(5, max(1, round(chance.gauss(mood, 0.6))))
            answers[key] = (
                "dont_know" if chance.random() < skip else 6 - point if key == "culture_3" else point
            )
        found.append(answers)
    return found


def value(cell, name):
    return None if cell.figures is None else cell.figures.get(name)


def states(house, group: str, dimension: str = "culture"):
    """question -> (state, reason) of a group."""
    return {
        key[2]: (cell.state, cell.reason)
        for key, cell in house.cells().items()
        if key[0] == group and key[1] == dimension
    }


def test_the_whole_shows_distributions_scale_interval_and_draws(house):
    house.create({"sales": 100, "it": 60})
    house.start()
    house.fill("sales", people(50, 2.2, 1))
    house.fill("it", people(33, 3.8, 2))
    closing = house.close()
    assert (closing.renewed, closing.held_back) == (True, 0)
    cells = house.cells()
    counted = cells["", "culture", "culture_1"]
    points = [one["culture_1"] for one in (*people(50, 2.2, 1), *people(33, 3.8, 2))]
    assert [value(counted, f"share_{n}") for n in range(1, 6)] == [
        round(points.count(n) / 83, 2) for n in range(1, 6)
    ]
    assert counted.people == 85
    assert value(counted, "top_two") == round(sum(point >= 4 for point in points) / 83, 2)
    low = [one["culture_3"] for one in (*people(50, 2.2, 1), *people(33, 3.8, 2))]
    assert value(cells["", "culture", "culture_3"], "top_two") == round(sum(p <= 2 for p in low) / 83, 2)
    scale = cells["", "culture", ""]
    scores = [
        fmean([one[q] if q != "culture_3" else 6 - one[q] for q in QUESTIONS])
        for one in (*people(50, 2.2, 1), *people(33, 3.8, 2))
    ]
    assert value(scale, "mean") == pytest.approx(fmean(scores), abs=0.006)
    assert value(scale, "low") < value(scale, "mean") < value(scale, "high")
    draws = value(scale, "draws")
    assert len(draws) == 400
    assert draws == sorted(draws)
    assert (
        value(scale, "low") - 0.15
        < draws[10]
        < value(scale, "mean")
        < draws[-11]
        < value(scale, "high") + 0.15
    )
    assert value(scale, "omega") > 0.7
    weighted = 100 / 160 * fmean(scores[:50]) + 60 / 160 * fmean(scores[50:])
    assert value(scale, "weighted") == pytest.approx(weighted, abs=0.02)
    assert value(scale, "unanswered_low") < 2
    assert value(scale, "unanswered_high") > 3.5


def test_groups_that_differ_are_compared_with_what_the_data_carry(house):
    house.create({"sales": 100, "it": 60, "hr": 60})
    house.start()
    house.fill("sales", people(40, 2.0, 1))
    house.fill("it", people(30, 3.9, 2))
    house.fill("hr", people(30, 2.9, 3))
    house.close()
    cells = house.cells()
    assert value(cells["", "culture", ""], "comparison") == "ranked"
    assert value(cells["", "culture", ""], "icc1") > 0.25
    assert value(cells["it", "culture", ""], "differs") == "higher"
    assert value(cells["sales", "culture", ""], "differs") == "lower"
    assert value(cells["hr", "culture", ""], "differs") is None
    assert (
        0
        <= value(cells["it", "culture", ""], "agreement_skewed")
        <= value(cells["it", "culture", ""], "agreement_uniform")
    )


def test_groups_that_do_not_differ_are_not_compared(house):
    house.create({"sales": 100, "it": 60})
    house.start()
    for number, group in enumerate(("sales", "it")):
        house.fill(group, people(40, 3.0, number))
    house.close()
    assert value(house.cells()["", "culture", ""], "comparison") == "suppressed"
    assert set(states(house, "it").values()) == {("unknown", "units_alike")}


def test_a_small_group_is_hidden_and_with_it_one_more_so_that_the_rest_does_not_tell(house):
    house.create({"sales": 100, "it": 60, "board": 8, "hr": 30})
    house.start()
    house.fill("sales", people(40, 2.0, 1))
    house.fill("it", people(30, 3.9, 2))
    house.fill("hr", people(9, 3.5, 4))
    house.fill("board", people(4, 4.5, 3))
    house.close()
    assert set(states(house, "board").values()) == {("suppressed", "small_group")}
    assert states(house, "hr")[""] == ("suppressed", "complementary")
    assert states(house, "it")[""] == ("published", None)


def test_two_small_groups_that_are_enough_together_hide_nobody_else(house):
    house.create({"sales": 100, "it": 60, "board": 8, "legal": 9})
    house.start()
    house.fill("sales", people(40, 2.0, 1))
    house.fill("it", people(30, 3.9, 2))
    house.same("board", 1, 3, 5, 2)
    house.same("legal", 2, 4, 1, 5)
    house.close()
    assert states(house, "it")[""] == states(house, "sales")[""] == ("published", None)


def test_a_question_few_of_a_group_could_answer_takes_its_dimension_with_it(house):
    """From the scale and the other questions it could be worked out."""
    house.create({"sales": 100, "it": 60, "hr": 60})
    house.start()
    house.fill("sales", people(40, 2.0, 1))
    house.fill("it", people(30, 3.9, 2))
    answers = people(20, 3.0, 3)
    for one in answers[:15]:
        one["culture_2"] = "dont_know"
    house.fill("hr", answers)
    house.close()
    found = states(house, "hr")
    assert found["culture_2"] == ("suppressed", "small_group")
    assert {state for state, _ in found.values()} == {"suppressed"}


def test_where_nearly_all_agree_only_that_is_told(house):
    house.create({"sales": 100, "it": 60})
    house.start()
    house.fill("sales", people(40, 2.0, 1))
    alike = people(30, 3.9, 2)
    for one in alike:
        one["culture_1"] = 5
    house.fill("it", alike)
    house.close()
    assert states(house, "it")["culture_1"] == ("suppressed", "homogeneity")
    assert house.cells()["it", "culture", "culture_1"].figures is None
    assert states(house, "sales")[""] == ("suppressed", "complementary")


@pytest.mark.parametrize("others", [0, 1, 2])
def test_how_nearly_all_agree_can_not_be_told_apart(house, others):
    house.create({"all": 60})
    house.start()
    house.same("all", *[5] * (30 - others), *many(others, (1, 2)), questions=1)
    house.same("all", *many(30), dimension="strategy")
    house.close()
    cell = house.cells()["", "culture", "culture_1"]
    assert (cell.state, cell.reason, cell.figures) == ("suppressed", "homogeneity", {"at_least": 0.9})


def test_dont_know_is_told_as_a_share_or_as_a_bound(house):
    house.create({"all": 100})
    house.start()
    answers = people(60, 3.0, 5)
    for one in answers[:12]:
        one["culture_1"] = "dont_know"
    answers[0]["culture_2"] = "dont_know"
    house.fill("all", answers)
    house.close()
    cells = house.cells()
    assert value(cells["", "culture", "culture_1"], "dont_know") == 0.2
    assert value(cells["", "culture", "culture_2"], "dont_know") is None
    assert value(cells["", "culture", "culture_2"], "dont_know_below") == 0.05


def test_leaders_are_asked_more_and_their_question_is_shown_only_of_enough(house):
    house.create({"sales": 100, "boss": 30}, boss="leaders")
    house.start()
    house.fill("sales", people(40, 2.0, 1))
    bosses = people(12, 3.0, 2)
    for number, one in enumerate(bosses):
        one["culture_5"] = 1 + number % 5
    house.fill("boss", bosses[:6])
    house.close()
    assert house.cells()["", "culture", "culture_5"].reason == "small_group"
    assert ("sales", "culture", "culture_5") not in house.cells()
    house.start()
    house.fill("boss", bosses[6:])
    assert house.close().publication is not None
    assert house.cells()["", "culture", "culture_5"].state == "suppressed"


def test_two_questions_make_no_scale(house):
    house.create({"all": 100})
    house.start()
    house.same("all", *many(40), questions=2)
    house.close()
    cell = house.cells()["", "culture", ""]
    assert (cell.state, cell.reason) == ("unknown", "too_few_items")


def test_below_fifty_complete_answers_reliability_is_not_estimable(house):
    house.create({"all": 100})
    house.start()
    house.fill("all", people(49, 3.0, 1))
    house.close()
    cell = house.cells()["", "culture", ""]
    assert (value(cell, "alpha"), value(cell, "reliability")) == (None, "too_few_people")


def test_too_few_answers_publish_nothing(house):
    house.create({"all": 100})
    house.start()
    house.same("all", *many(6))
    assert house.close().publication is None
    assert house.cells() == {}
    with transaction(house.engine) as session:
        assert latest(session, session.get_one(Organisation, 1)) is None
        whole, (line,) = rounds.progress(session, house.round(session))
    assert (whole.answered, whole.rate, line.answered) == (None, None, None)


def test_counts_of_answers_are_rounded_everywhere(house):
    house.create({"all": 100})
    house.start()
    house.same("all", *many(37))
    with transaction(house.engine) as session:
        whole, _ = rounds.progress(session, house.round(session))
    house.close()
    (publication,) = house.publications()
    assert (whole.answered, whole.rate) == (35, 0.35)
    assert (publication.summary["answered"], publication.summary["rate"]) == (35, 0.35)
    assert {cell.people for cell in house.cells().values() if cell.state == "published"} == {35}


def test_closing_twice_is_refused_and_the_same_answers_publish_the_same(house):
    house.create({"all": 100})
    house.start()
    house.same("all", *many(37))
    first = house.close()
    with pytest.raises(Conflict, match="not open"):
        house.close()
    house.start()
    again = house.close()
    assert (again.renewed, again.publication.digest) == (False, first.publication.digest)


def test_a_round_keeps_to_the_floor(house):
    with pytest.raises(Invalid, match="at least 5"):
        house.create({"all": 20}, minimum=4)


def test_it_works_on_both_databases(house_on, engine: Engine):
    house = house_on(engine)
    house.create({"sales": 100, "it": 60})
    house.start()
    house.fill("sales", people(50, 2.2, 1))
    house.fill("it", people(33, 3.8, 2))
    house.close()
    with transaction(engine) as session:
        found = latest(session, session.get_one(Organisation, 1))
        assert found is not None
        scale = found.cell("culture")
        assert scale is not None
        assert scale.figures.mean == pytest.approx(2.86, abs=0.15)


def test_an_agreement_says_below_which_group_no_round_may_go(house, monkeypatch):
    class Agreed:
        terms = {"groups": {"floor": 5, "observed": 10, "survey": 9}}  # noqa: RUF012

    house.create({"sales": 100, "it": 60})
    house.start()
    house.fill("sales", people(50, 2.2, 1))
    house.same("it", *many(8))
    monkeypatch.setattr(rounds, "active", lambda session, organisation: Agreed())
    house.close()
    assert house.publications()[0].minimum_group == 9
    assert states(house, "it")["culture_1"] == ("suppressed", "small_group")
    with pytest.raises(Invalid, match="at least 9"):
        house.create({"all": 20}, minimum=8)


def test_answers_can_be_deleted_for_good_and_the_results_stay(house):
    house.create({"sales": 100})
    house.start()
    house.fill("sales", people(40, 2.2, 1))
    with transaction(house.engine) as session:
        rounds.invite(session, house.round(session), house.group(session, "sales"), 5)
    with transaction(house.engine) as session, pytest.raises(Conflict, match="not closed"):
        finish(session, house.round(session))
    house.close()
    before = {key: cell.figures for key, cell in house.cells().items()}
    with transaction(house.engine) as session:
        answered = list(session.scalars(select(Response.id)))
        finish(session, house.round(session))
    with transaction(house.engine) as session:
        for model in (Response, Invitation, SurveyImport):
            assert session.scalar(select(func.count()).select_from(model)) == 0
        with pytest.raises(Conflict, match="finished for good"):
            rounds.start(session, house.round(session), house.round(session).created)
        with pytest.raises(Conflict, match="finished for good"):
            rounds.invite(session, house.round(session), house.group(session, "sales"), 1)
    assert {key: cell.figures for key, cell in house.cells().items()} == before
    house.engine.dispose()
    content = Path(house.engine.url.database).read_bytes()
    assert not [key for key in answered if key.encode() in content]
