"""What is told of each share of people, given what was told of the same share in the period before."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from service.publication.measured import Form, Measured, Nature
from service.publication.rounding import NEAR_EVERYBODY, NEAR_NOBODY, told_alike, told_share


@dataclass(frozen=True, slots=True)
class Standing:
    """What may be told of a share, if nothing else hides it: see `told_share`."""

    told: float
    alike: tuple[int, int]
    """The least and the most count that would be told in the same way, for a reader who knows what was told before."""

    @property
    def near_nobody(self) -> bool:
        return self.told == NEAR_NOBODY

    @property
    def near_everybody(self) -> bool:
        return self.told == NEAR_EVERYBODY


def standing(count: int, people: int, k: int, step: float, before: float | None = None) -> Standing:
    """The standing of one share after what was told before it."""
    return Standing(told_share(count, people, k, step, before), told_alike(count, people, k, step, before))


def standings(
    rows: Sequence[Measured], forms: Mapping[str, Form], k: int, kept: Mapping[int, float] | None = None
) -> list[Standing | None]:
    """The standing of every known share of people among the rows, None for the others; each follows the one before it in time.

    `kept` is what was told by an earlier publication, by the position of a row: it stays, also where the periods before it are
    measured no more.
    """
    found: list[Standing | None] = [None] * len(rows)
    series: dict[Hashable, list[tuple[date, int]]] = defaultdict(list)
    for number, row in enumerate(rows):
        if row.known and row.people and forms[row.metric].nature is Nature.PERSONS:
            series[row.metric, row.category, row.scope, row.scope_key, row.window].append((row.since, number))
    for periods in series.values():
        before: float | None = None
        for _, number in sorted(periods):
            row, form = rows[number], forms[rows[number].metric]
            told = (kept or {}).get(number)
            for assumed in (before, told) if told is not None else (before,):
                one = standing(row.affirming or 0, row.people or 0, form.minimum or k, form.step, assumed)
                if told is None or one.told == told:
                    break
            found[number], before = one, one.told
    return found
