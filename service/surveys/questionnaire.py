"""What is asked: the questions of the maturity model, by dimension, for one kind of respondents."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from metrics.metric import Label
from service.errors import Invalid
from service.maturity.model import Group, Wording, current, load

POINTS = (1, 2, 3, 4, 5)
DONT_KNOW, NOT_APPLICABLE = "dont_know", "not_applicable"
FORMS = ("short", "full")
EVERYONE = Group.EVERYONE.value
RESPONDENTS = tuple(group.value for group in Group)
"""Leaders, and the people of communication and IT, are asked what everyone is asked and some more."""

Answer = int | str
"""1 (does not apply at all) to 5 (applies fully), `DONT_KNOW` or `NOT_APPLICABLE`. Who passes a question over has no answer to it."""


@dataclass(frozen=True)
class Question:
    """One question with what its five answers are called, from 1 to 5. Full agreement with a `reverse` one speaks for level 1."""

    key: str
    text: Label
    answers: Sequence[Label]
    reverse: bool
    respondents: str

    def asked(self, respondents: str) -> bool:
        return self.respondents in {EVERYONE, respondents}


@dataclass(frozen=True)
class Section:
    """The questions on one dimension of the maturity model."""

    key: str
    label: Label
    questions: Sequence[Question]

    def asked(self, respondents: str) -> Sequence[Question]:
        return [question for question in self.questions if question.asked(respondents)]


@dataclass(frozen=True)
class Questionnaire:
    version: str
    form: str
    wording: Wording
    sections: Sequence[Section]

    def asked(self, respondents: str) -> Sequence[Section]:
        """The sections for one kind of respondents, without those that ask them nothing."""
        found = [Section(section.key, section.label, section.asked(respondents)) for section in self.sections]
        return [section for section in found if section.questions]

    def keys(self, respondents: str) -> frozenset[str]:
        return frozenset(one.key for section in self.asked(respondents) for one in section.questions)

    @property
    def questions(self) -> Sequence[Question]:
        return [question for section in self.sections for question in section.questions]


def newest_version() -> str:
    """The version of the maturity model that new rounds ask by."""
    return current().version


@cache
def questionnaire(version: str, form: str) -> Questionnaire:
    """The questions of a model version. Raises `Invalid` for a form or version that does not exist."""
    if form not in FORMS:
        raise Invalid(f"{form!r} is no form of the questionnaire; give one of {', '.join(FORMS)}")
    model = load(version)
    sections = [
        Section(
            dimension.key,
            dimension.name,
            [
                Question(one.key, one.text, model.scale(one.scale).answers, one.reverse, one.group.value)
                for one in dimension.questions
                if form == "full" or one.short
            ],
        )
        for dimension in model.dimensions
    ]
    return Questionnaire(version, form, model.wording, [section for section in sections if section.questions])


def storable(answer: object) -> bool:
    """Whether a value is an answer."""
    whole = isinstance(answer, int) and not isinstance(answer, bool) and answer in POINTS
    return whole or answer in {DONT_KNOW, NOT_APPLICABLE}
