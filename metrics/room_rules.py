"""By which rules a room is of a type, and whether that is the one it is meant to be.

The four types are those Riemer, Lock Lee, Kjaer and Haeffner (2018) found among 350 groups of three organisations by clustering. The
rules here are our own: they put a room into a type by thresholds anybody can check.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, literal

from metrics.metric import Label
from metrics.scoping import ColumnSet

TYPES = {
    "project_team": Label(de="Projektteam", en="project team"),
    "broadcast": Label(de="Verkündung", en="broadcast stream"),
    "community": Label(de="Fachgemeinschaft", en="community of practice"),
    "forum": Label(de="Auskunftsforum", en="information forum"),
}
FEWEST_PEOPLE, FEWEST_ACTS = 5, 4
"""Of a room of fewer people, or one in which less was written or edited, no type is told."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """A quotient of two columns of a room in a period, and the metric that tells the same where it is published.

    Without a denominator it is a count, and the metric's number of people tells it.
    """

    label: Label
    numerator: str
    denominator: str | None = None
    metric: str | None = None
    category: str = ""


INDICATORS: Mapping[str, Indicator] = {
    "people": Indicator(
        Label(de="Menschen im Raum", en="people in the room"), "population", metric="contributor_share"
    ),
    "contributing": Indicator(
        Label(de="Anteil Beitragende", en="share of contributors"),
        "reached_2",
        "population",
        "contributor_share",
    ),
    "creating": Indicator(
        Label(de="Anteil derer, die Neues einstellen", en="share of those who post something new"),
        "reached_3",
        "population",
        "role_share",
        "creating",
    ),
    "answers": Indicator(
        Label(de="Antworten je neuem Inhalt", en="answers per new content"),
        "answers",
        "starts",
    ),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """An indicator lies on one side of a threshold, in hundredths; both sides include it."""

    indicator: str
    at_least: int | None = None
    at_most: int | None = None

    def fulfilled(self, value: float) -> bool:
        return (self.at_least is None or value * 100 >= self.at_least) and (
            self.at_most is None or value * 100 <= self.at_most
        )

    def sql(self, columns: ColumnSet) -> ColumnElement[bool]:
        asked = INDICATORS[self.indicator]
        value = columns[asked.numerator] * 100
        unit = literal(1) if asked.denominator is None else columns[asked.denominator]
        sides = [value >= unit * self.at_least] if self.at_least is not None else []
        sides += [value <= unit * self.at_most] if self.at_most is not None else []
        return and_(*sides)


RULES: tuple[tuple[str, tuple[Condition, ...]], ...] = (
    # A small group of whom most write.
    ("project_team", (Condition("people", at_most=5000), Condition("contributing", at_least=50))),
    # A few speak, hardly anybody answers.
    ("broadcast", (Condition("creating", at_most=20), Condition("answers", at_most=50))),
    # Many take part, and what is started is talked about.
    ("community", (Condition("contributing", at_least=20), Condition("answers", at_least=100))),
)
"""The first rule that holds decides; where none does the room is a forum. [D]: our own thresholds."""

FITTING: Mapping[str, frozenset[str]] = {
    "official": frozenset({"broadcast", "forum"}),
    "team": frozenset({"project_team"}),
    "project": frozenset({"project_team"}),
    "community": frozenset({"community", "forum"}),
}
"""Which types are as intended, by declared purpose. [D]."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a room is of its type: a condition of its own rule that holds, or one of another rule that does not."""

    condition: Condition
    value: float
    holds: bool


def reasons(kind: str, shown: Mapping[str, float]) -> Iterator[Reason]:
    """Why a room is of a type, from those of its indicators that are shown.

    Every condition of its own rule, and of each rule before it the first that does not hold. What is not shown gives no reason, and
    a rounded value that contradicts the type gives none either.
    """
    for name, conditions in RULES:
        asked = [condition for condition in conditions if condition.indicator in shown]
        verdicts = [(one, shown[one.indicator], one.fulfilled(shown[one.indicator])) for one in asked]
        if name == kind:
            yield from (Reason(one, value, holds=True) for one, value, holds in verdicts if holds)
            return
        failing = [Reason(one, value, holds=False) for one, value, holds in verdicts if not holds]
        yield from failing[:1]
