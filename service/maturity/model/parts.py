"""What a maturity model is made of: dimensions with levels, questions, indicators and facts, and weights for each focus.

Models are values read from data files (`service.maturity.model.reading`); nothing here knows an organisation.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from metrics.metric import Direction, Label, Mark, Scope, Window
from service.errors import Invalid

LANGUAGES = ("de", "en")
LEVELS = (1, 2, 3, 4, 5)


class Group(StrEnum):
    """Who is asked a question."""

    EVERYONE = "everyone"
    LEADERS = "leaders"
    COMMUNICATION_IT = "communication_it"


class ScaleKey(StrEnum):
    AGREEMENT = "agreement"
    FREQUENCY = "frequency"


def _in_both_languages(value: Any) -> Any:
    """A text has exactly the two languages, and neither is empty."""
    if isinstance(value, Label):
        return value
    if not isinstance(value, dict):
        raise PydanticCustomError("not_a_text", "needs a text in both languages: write de = … and en = …")
    for language in LANGUAGES:
        if not isinstance(value.get(language), str) or not value[language].strip():
            raise PydanticCustomError(
                "language_missing",
                "has no text in {language}: write {language} = …",
                {"language": language},
            )
    for language in value:
        if language not in LANGUAGES:
            raise PydanticCustomError(
                "language_unknown",
                "has a text in {language}, which is not shown: remove it",
                {"language": language},
            )
    return value


Text = Annotated[Label, BeforeValidator(_in_both_languages)]
Version = Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]+$")]
Share = Annotated[float, Field(gt=0, le=1)]
Names = tuple[Text, Text, Text, Text, Text]
"""A name for each of the levels 1 to 5."""
Anchors = tuple[float, float, float, float, float]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Step(Part):
    """A stretch of a low level, where most organisations start: it begins at the continuous level `at` (1.0, 1.3, …)."""

    key: str
    at: float
    name: Text
    description: Text


class Level(Part):
    """One of the five levels of a dimension, and what can be seen in an organisation that has reached it.

    `steps` divide it further; only the lowest levels have them, and the first begins with the level.
    """

    number: int
    name: Text
    description: Text
    steps: tuple[Step, ...] = ()


class Question(Part):
    """One question of the survey. `reverse`: full agreement speaks for level 1. `short`: it is part of the short form."""

    key: str
    group: Group
    scale: ScaleKey
    text: Text
    reverse: bool = False
    short: bool = False


class Indicator(Part):
    """A published value of a metric as evidence: `anchors` are the values at which levels 1 to 5 are reached.

    `category` is the part of a metric that is a partition, otherwise empty. `mark` says how well the anchors are founded, `citation`
    where a published value they lean on stands. `minimum_coverage` is the least share of what exists, in the kinds of activity the
    metric counts, that must have been read for the value to count. `weight` is the share within the dimension; they add up to 1.
    """

    key: str
    label: Text
    metric: str
    category: str = ""
    scope: Scope
    window: Window
    direction: Literal[Direction.UP, Direction.DOWN]
    anchors: Anchors
    reasoning: Text
    mark: Mark
    citation: str = ""
    minimum_coverage: Share
    weight: Share


class Fact(Part):
    """Something a document proves, without which `level` can not be reached.

    `evidence` says what counts as proof, `owner` which function usually has it. A proof counts for `valid_months` after its date, or
    without end (None).
    """

    key: str
    level: int
    name: Text
    evidence: Text
    owner: Text
    valid_months: int | None = None


class Dimension(Part):
    """One of the seven dimensions.

    `limits` says what observing can not tell of it. `no_observation` says why there are no indicators; None where there are.
    """

    key: str
    name: Text
    meaning: Text
    limits: Text
    no_observation: Text | None = None
    levels: tuple[Level, ...]
    questions: tuple[Question, ...]
    indicators: tuple[Indicator, ...] = ()
    facts: tuple[Fact, ...]

    def level(self, number: int) -> Level:
        return self.levels[number - 1]

    def steps(self) -> Iterator[Step]:
        """The steps of all levels, from the lowest."""
        for level in self.levels:
            yield from level.steps

    def place(self, score: float) -> Level | Step:
        """The finest description of a continuous level from 1 to 5: a step where the level has them."""
        level = self.level(min(5, max(1, int(score + 1e-9))))
        if not level.steps:
            return level
        return level.steps[max(0, bisect_right([step.at - 1e-9 for step in level.steps], score) - 1)]

    def asked(self, group: Group, *, short: bool = False) -> tuple[Question, ...]:
        """The questions for one group; those of the short form only, if `short`."""
        return tuple(one for one in self.questions if one.group is group and (one.short or not short))


class Profile(Part):
    """A focus: how much each dimension weighs in it. The weights add up to 1."""

    key: str
    name: Text
    description: Text
    weights: Mapping[str, Share]


class Scale(Part):
    """What the five answers of a scale are called, from 1 to 5."""

    key: ScaleKey
    answers: tuple[Text, Text, Text, Text, Text]


class Wording(Part):
    """What the survey says around its questions. The two answers beside the scale are kept apart from its middle."""

    introduction: Text
    dont_know: Text
    not_applicable: Text
    groups: Mapping[Group, Text]


class Model(Part):
    """A version of the maturity model. `minimum_weight`: the share of a dimension's weight that evidence has to cover to suffice.

    `focus` is the profile used unless another is chosen. `digest` is the SHA-256 of the data it was read from. `levels` and `steps`
    name the levels and steps in general, by number and key; what they mean stands in each dimension.
    """

    version: Version
    released: date
    name: Text
    description: Text
    focus: str
    minimum_weight: Share
    levels: Names
    steps: Mapping[str, Text]
    profiles: tuple[Profile, ...]
    scales: tuple[Scale, ...]
    wording: Wording
    dimensions: tuple[Dimension, ...]
    digest: str

    def dimension(self, key: str) -> Dimension:
        """Raises `KeyError` for a dimension the model does not have."""
        return _by_key(self.dimensions, key)

    def profile(self, key: str | None = None) -> Profile:
        """The profile of that key, or the one of the model's focus. Raises `Invalid` for one it does not have."""
        try:
            return _by_key(self.profiles, key or self.focus)
        except KeyError:
            known = ", ".join(one.key for one in self.profiles)
            raise Invalid(
                f"the maturity model {self.version} has no focus {key!r}; there are {known}"
            ) from None

    def scale(self, key: ScaleKey) -> Scale:
        return _by_key(self.scales, key)

    def questions(self, group: Group | None = None, *, short: bool = False) -> tuple[Question, ...]:
        """All questions in the order of the dimensions; those of one group, or of the short form only."""
        return tuple(
            one
            for dimension in self.dimensions
            for one in dimension.questions
            if group in (None, one.group) and (one.short or not short)
        )

    def indicators(self) -> tuple[Indicator, ...]:
        return tuple(one for dimension in self.dimensions for one in dimension.indicators)

    def facts(self) -> tuple[Fact, ...]:
        return tuple(one for dimension in self.dimensions for one in dimension.facts)


class Difference(Part):
    """One thing that a version changed. `key` names the question, indicator, fact or level."""

    key: str
    text: Text


class Release(Part):
    """A version in the change log. `comparable`: whether levels may be compared with those of the version before.

    `digest` is the SHA-256 of its data files: a version that was released never changes.
    """

    version: Version
    released: date
    digest: str
    summary: Text
    comparable: bool
    differences: tuple[Difference, ...] = ()


Found = TypeVar("Found", Dimension, Profile, Scale)


def _by_key(parts: tuple[Found, ...], key: str) -> Found:
    for one in parts:
        if one.key == key:
            return one
    raise KeyError(key)
