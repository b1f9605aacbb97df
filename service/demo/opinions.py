"""What the people of the synthetic company say in a survey, and what its register of documents holds.

They disagree with what is done in a known way: people hold communication for better than the platforms show, and few notice what
rooms already do for their work (business); how things are organised they see as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from service.maturity.model import Fact, Model
from service.surveys.questionnaire import DONT_KNOW, NOT_APPLICABLE, Answer, Question, Questionnaire

OPINIONS: Mapping[str, float] = {
    "strategy": 2.3,
    "business": 2.1,
    "organisation": 4.2,
    "communication": 4.4,
    "culture": 3.7,
    "technology": 2.2,
    "governance": 2.6,
}
"""What people think of each dimension on the average, on the scale of 1 to 5."""
UNSURE: Mapping[str, float] = {"strategy": 0.22, "governance": 0.15}
"""The share that can not judge, where it is not `USUALLY_UNSURE`."""
USUALLY_UNSURE = 0.05
RATE = 0.58
"""The share of those invited who answer."""
BETWEEN_UNITS, BETWEEN_PEOPLE, WITHIN = 0.3, 0.55, 0.7
"""Standard deviations of the mean opinion of a unit, of a person in it, and of one answer."""

PAPERS: Mapping[str, int] = {
    "strategy": 1,
    "business": 1,
    "organisation": 2,
    "communication": 2,
    "culture": 1,
    "technology": 3,
    "governance": 3,
}
"""Up to which level a dimension's facts are documented; of the next level, one is half there."""


@dataclass(frozen=True)
class Paper:
    """A fact of the model as the register has it: `rating` absent, partly or met."""

    fact: Fact
    rating: str
    dated: date | None


def responses(
    asked: Questionnaire, respondents: str, invited: int, chance: Random
) -> Iterator[dict[str, Answer]]:
    """The answers of those of a group who answer; nobody hands in an empty form."""
    moods = {section.key: chance.gauss(OPINIONS[section.key], BETWEEN_UNITS) for section in asked.sections}
    for _ in range(invited):
        if chance.random() >= RATE:
            continue
        found: dict[str, Answer] = {}
        for section in asked.asked(respondents):
            opinion = chance.gauss(moods[section.key], BETWEEN_PEOPLE)
            unsure = UNSURE.get(section.key, USUALLY_UNSURE)
            for question in section.questions:
                given = _answer(question, opinion, unsure, chance)
                if given is not None:
                    found[question.key] = given
        if found:
            yield found


def _answer(question: Question, opinion: float, unsure: float, chance: Random) -> Answer | None:
    """Some pass a question over, some can not judge; the others say what they think, give or take."""
    fate = chance.random()
    if fate < 0.02:
        return None
    if fate < 0.03:
        return NOT_APPLICABLE
    if fate < 0.03 + unsure:
        return DONT_KNOW
    point = min(5, max(1, round(chance.gauss(opinion, WITHIN))))
    return 6 - point if question.reverse else point


def papers(model: Model, today: date, chance: Random) -> Sequence[Paper]:
    """What the communication team found when it went through the model's facts."""
    found = []
    for dimension in model.dimensions:
        until = PAPERS[dimension.key]
        halves = 0
        for fact in dimension.facts:
            if fact.level <= until:
                rating = "met"
            elif fact.level == until + 1 and halves == 0:
                rating, halves = "partly", 1
            else:
                rating = "absent"
            dated = None if rating == "absent" else today - timedelta(days=chance.randint(30, 300))
            found.append(Paper(fact, rating, dated))
    return found
