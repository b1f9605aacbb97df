"""Instruments to find fields in which social communication would help: what people need, use cases, a fit test, signals."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from metrics.metric import Scope, Window
from service.maturity.model.parts import Part, Text


class Named(Part):
    key: str
    name: Text
    description: Text


class Channel(Part):
    """A way of communicating. `answers`: whether those who are reached can answer so that others see it."""

    key: str
    name: Text
    answers: bool


class Need(Part):
    """A cell of the matrix: what a target group needs for a purpose, as a statement people agree or disagree with."""

    group: str
    purpose: str
    text: Text


class NeedMatrix(Part):
    """Target groups by purposes. A field is a cell with a need but without a channel in which people can answer."""

    groups: tuple[Named, ...]
    purposes: tuple[Named, ...]
    channels: tuple[Channel, ...]
    needs: tuple[Need, ...]
    instruction: Text

    def need(self, group: str, purpose: str) -> Need:
        """Raises `KeyError` for a cell there is not."""
        for one in self.needs:
            if (one.group, one.purpose) == (group, purpose):
                return one
        raise KeyError((group, purpose))

    def is_field(self, channels: tuple[str, ...]) -> bool:
        """Whether a cell with these present channels is a field: none of them lets people answer in sight of others."""
        answering = {one.key for one in self.channels if one.answers}
        return not answering & set(channels)


class RoomPurpose(StrEnum):
    """The declared purpose of a room."""

    OFFICIAL = "official"
    TEAM = "team"
    COMMUNITY = "community"
    PROJECT = "project"


class UseCase(Part):
    """A use of social communication that worked elsewhere. `fits` are criteria to be met, `rooms` where it typically takes place.

    `measures` are those of the catalogue that put it in place.
    """

    key: str
    name: Text
    description: Text
    purposes: Annotated[tuple[str, ...], Field(min_length=1)]
    groups: Annotated[tuple[str, ...], Field(min_length=1)]
    fits: Annotated[tuple[Text, ...], Field(min_length=2)]
    unfit: Text
    rooms: Annotated[tuple[RoomPurpose, ...], Field(min_length=1)]
    first_step: Text
    measures: tuple[str, ...] = ()
    citation: str = ""


class Fit(StrEnum):
    """What a field is about. Only communication is worked on here; the others are parked and handed over."""

    COMMUNICATION = "communication"
    COLLABORATION = "collaboration"
    PROCESS = "process"


class FitQuestion(Part):
    """A question to be answered with yes or no; yes speaks for `speaks_for`. `decides`: yes alone settles it."""

    key: str
    text: Text
    speaks_for: Fit
    decides: bool = False


class Criterion(Part):
    """A score of 1 to 5 given in a workshop; `low`, `middle` and `high` describe 1, 3 and 5. `less_is_better`: risk."""

    key: str
    name: Text
    low: Text
    middle: Text
    high: Text
    less_is_better: bool = False


class Shown(Part):
    """A published metric in which a signal shows: where its value is at least or below a bound, if one can be named."""

    metric: str
    category: str = ""
    scope: Scope
    window: Window
    at_least: float | None = None
    below: float | None = None


class Signal(Part):
    """Something in what is published that points to a field.

    `shown_by` are the metrics in which it shows: each of the organisation's by itself, those of rooms or units together for the same
    one. `not_published` says what of it can not be seen, and why; a signal without metrics must say so. `ask` is the question to take
    into an interview.
    """

    key: str
    name: Text
    description: Text
    shown_by: tuple[Shown, ...] = ()
    not_published: Text | None = None
    ask: Text
    measures: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _shown_or_not(self) -> Self:
        if not self.shown_by and self.not_published is None:
            raise PydanticCustomError(
                "no_evidence", "shows in no metric: add shown_by, or not_published with the reason"
            )
        return self


class Instruments(Part):
    matrix: NeedMatrix
    use_cases: tuple[UseCase, ...]
    fits: Mapping[Fit, Text]
    fit_questions: tuple[FitQuestion, ...]
    criteria: tuple[Criterion, ...]
    signals: tuple[Signal, ...]

    def fit(self, answers: Mapping[str, bool]) -> Fit | None:
        """What a field is about by the answers to the questions, by key; None where it can not be told.

        A deciding question answered with yes settles it; two that contradict each other leave it open. Otherwise what most answers
        speak for, if more than for anything else, once every question is answered.
        """
        decided = {one.speaks_for for one in self.fit_questions if one.decides and answers.get(one.key)}
        if decided:
            return decided.pop() if len(decided) == 1 else None
        if any(one.key not in answers for one in self.fit_questions):
            return None
        votes = {
            fit: sum(answers[one.key] for one in self.fit_questions if one.speaks_for is fit) for fit in Fit
        }
        most = max(votes.values())
        leading = [fit for fit, number in votes.items() if number == most]
        return leading[0] if most and len(leading) == 1 else None

    def score(self, scores: Mapping[str, int]) -> int:
        """The product of all criteria, from 1 to 5 to the power of their number; where less is better, 6 minus the score.

        A field that is impossible in one respect stays low however good it is in others. Raises `ValueError` for a missing score or
        one outside 1 to 5.
        """
        product = 1
        for one in self.criteria:
            given = scores.get(one.key)
            if given is None or not 1 <= given <= 5:
                raise ValueError(f"{one.key}: give a score of 1 to 5, not {given!r}")
            product *= 6 - given if one.less_is_better else given
        return product
