"""What a card consists of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from service.cards import Kind
from service.web.pictures import Table


@dataclass(frozen=True)
class Value:
    """One published value. `number` is in the metric's unit and None unless `state` is published; then `words` says why."""

    label: str
    shown: str | None
    number: float | None
    unit: str
    state: str
    reason: str | None
    words: str
    facts: Sequence[str] = ()
    tone: str = "none"


@dataclass(frozen=True)
class Item:
    """One finding."""

    kind: str
    label: str
    title: str
    text: str


@dataclass(frozen=True)
class Card:
    """`state` is shown, withheld (all of it is suppressed) or unknown; `missing` then says why. `until` is the last day of the data.

    `drawings` are one picture in the sizes the style sheet picks from; `path` leads to the page it comes from.
    """

    kind: Kind
    organisation: str
    room: str
    title: str
    question: str
    path: str
    notices: Sequence[str] = ()
    values: Sequence[Value] = ()
    items: Sequence[Item] = ()
    drawings: Sequence[Markup] = ()
    table: Table | None = None
    notes: Sequence[str] = ()
    missing: str = ""
    until: date | None = None
    days: int | None = None
    old: bool = False
    age: str = ""

    @property
    def state(self) -> str:
        if self.drawings or self.items or any(value.state == "published" for value in self.values):
            return "shown"
        return "withheld" if any(value.state == "suppressed" for value in self.values) else "unknown"
