"""What was published of a period before: it stays as it was.

Everybody may have kept an earlier publication. If the same cell is published again after one late account, one erased person
or one found post, the two values together tell of that one; and who knows whom a larger correction was about learns of them.
So the counts behind every decision are kept, inside, and a period that was published is not published anew with others.

Cells of one period that follow from each other (the organisation and its units; a room) stay together, so that their sums always
belong to one state of the data.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from service.publication.measured import Form, Measured, Nature, Outcome, Pin
from service.publication.standing import Standing, standings

KEPT_AS_PUBLISHED = "kept_as_published"
"""The rule of this module, as agreements name it."""
Family = tuple[Hashable, ...]
Place = tuple[str, str, str, str]
"""Metric, category, scope, scope key: a cell of a family."""


class Released(NamedTuple):
    """A cell as it was decided: the counts behind it, whether it was shown, else why not, under which minimum group.

    `told` is what could be told of a share of people (`told_share`), shown or not: the period after it is told accordingly.
    """

    row: Measured
    shown: bool
    reason: str | None
    minimum_group: int
    told: float | None = None


State = dict[Place, Released]


@dataclass
class Earlier:
    """All states of each family that were ever published, oldest first."""

    states: dict[Family, list[State]] = field(default_factory=lambda: defaultdict(list))

    def settle(
        self, rows: Sequence[Measured], forms: Mapping[str, Form], k: int
    ) -> tuple[list[Measured], dict[int, Pin]]:
        """The rows to decide about, in order: those measured, or where their period was published before, those of then.

        A value that is unknown now stays unknown. The pins say for rows, by their position, what earlier publications leave
        open.
        """
        settled, pins = list(rows), dict[int, Pin]()
        families: dict[Family, dict[Place, int]] = defaultdict(dict)
        for number, row in enumerate(rows):
            if row.known and forms[row.metric].nature in (Nature.PERSONS, Nature.EVENTS):
                families[family(row, forms[row.metric])][place(row)] = number
        for key, members in families.items():
            states = self.states.get(key)
            if not states:
                continue
            unchanged = _unchanged({at: rows[number] for at, number in members.items()}, states)
            for at, number in members.items():
                least = forms[rows[number].metric].minimum or k
                if unchanged:
                    pins[number] = _pin(at, states, rows[number], least)
                elif at in states[-1]:
                    settled[number] = states[-1][at].row
                    pins[number] = _pin(at, states, settled[number], least)
                else:
                    pins[number] = Pin.WITHHELD
        return settled, {number: pin for number, pin in pins.items() if pin is not Pin.FREE}

    def standings(self, rows: Sequence[Measured], forms: Mapping[str, Form], k: int) -> list[Standing | None]:
        """The standing of each settled row: as it was told, where it was published before under this minimum group."""
        kept: dict[int, float] = {}
        for number, row in enumerate(rows):
            states = self.states.get(family(row, forms[row.metric]), ()) if row.known else ()
            least = forms[row.metric].minimum or k
            for state in states:
                one = state.get(place(row))
                if one and one.told is not None and one.minimum_group == least and _same(one.row, row):
                    kept[number] = one.told
        return standings(rows, forms, k, kept)

    def add(
        self,
        rows: Sequence[Measured],
        outcomes: Sequence[Outcome],
        standing: Sequence[Standing | None],
        forms: Mapping[str, Form],
        k: int,
    ) -> None:
        """Remember what was decided about settled rows; periods that are measured no more are forgotten."""
        periods = {(row.window, row.since) for row in rows}
        now: dict[Family, State] = defaultdict(dict)
        for row, outcome, stands in zip(rows, outcomes, standing, strict=True):
            if row.known and forms[row.metric].nature in (Nature.PERSONS, Nature.EVENTS):
                least = forms[row.metric].minimum or k
                shown = outcome.state == "published"
                told = None if stands is None else stands.told
                one = Released(row, shown, outcome.reason, least, told)
                now[family(row, forms[row.metric])][place(row)] = one
        for key in [key for key, states in self.states.items() if _period(states) not in periods]:
            del self.states[key]
        for key, state in now.items():
            states = self.states[key]
            if states and all(
                at in states[-1] and _same(states[-1][at].row, one.row) for at, one in state.items()
            ):
                # What was once shown is known for ever.
                for at, one in state.items():
                    states[-1][at] = states[-1][at] if states[-1][at].shown else one
            else:
                states.append({**(states[-1] if states else {}), **state})

    def lines(self) -> Iterable[tuple[int, Released]]:
        """Every cell with the number of its state in its family, in steady order."""
        for states in self.states.values():
            for version, state in enumerate(states):
                for released in state.values():
                    yield version, released

    @classmethod
    def of(cls, lines: Iterable[tuple[int, Released]], forms: Mapping[str, Form]) -> "Earlier":
        """From `lines`, in their order; metrics without a form are gone."""
        earlier = cls()
        for version, released in lines:
            if released.row.metric not in forms:
                continue
            states = earlier.states[family(released.row, forms[released.row.metric])]
            while len(states) <= version:
                states.append({})
            states[version][place(released.row)] = released
        return earlier


def family(row: Measured, form: Form) -> Family:
    """The cells that keep or change together: shares of people over all metrics, ratios within one."""
    room = row.scope_key if row.scope == "room" else ""
    return (
        row.metric if form.nature is Nature.EVENTS else "",
        row.window,
        row.since,
        row.scope == "room",
        room,
    )


def place(row: Measured) -> Place:
    return (row.metric, row.category, row.scope, row.scope_key)


def _same(old: Measured, new: Measured) -> bool:
    return old[7:11] == new[7:11]


def _period(states: Sequence[State]) -> tuple[str, date]:
    # The first states are empty where their metrics are gone.
    row = next(one.row for state in states for one in state.values())
    return row.window, row.since


def _unchanged(now: Mapping[Place, Measured], states: Sequence[State]) -> bool:
    """Whether every cell that was decided before is what it was; only then others may be decided beside them.

    If any is another, by however many, all of the family stays as it was: who knows whom a correction was about could take what
    changed in the whole for theirs. It stays as well if its units are others.
    """
    known = False
    for at, row in now.items():
        for state in states:
            if at in state:
                known = True
                if not _same(state[at].row, row):
                    return False
    return not known or {at[2:] for at in now} == {at[2:] for at in states[-1]}


def _pin(at: Place, states: Sequence[State], row: Measured, k: int) -> Pin:
    same = [state[at] for state in states if at in state and _same(state[at].row, row)]
    if any(one.shown for one in same):
        return Pin.SHOWN
    if same and same[-1].minimum_group <= k:
        return Pin.WITHHELD if same[-1].reason == "difference" else Pin.HIDDEN
    return Pin.FREE
