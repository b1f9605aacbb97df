"""What of a closed round may be shown: which questions, which groups, and which answers count.

For each dimension the first publication fixes the questions that can be shown and the groups that are shown on their own; all other
groups form one pool that only the whole organisation tells about. What is shown together is also checked together: each group, the
pool, and the whole. So no difference between any two published figures is about fewer people than the minimum.

After a round was reopened the same holds of what came in since. The answers since the last publication count for a group (or the
pool) only if, question by question, they could be shown on their own; else all of them are held back until enough have come. So
nothing can be worked out by comparing a publication with the one before either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.publication.protect import COMPLEMENTARY, HOMOGENEITY, SMALL_GROUP
from service.surveys.sample import Table, Whole

DIFFERENT = 3
"""If fewer people than this answer other than the rest, it is told that nearly all agree, and not how."""
POOL = "pool"


@dataclass(frozen=True)
class Grid:
    """For one dimension: `questions` that can be shown, groups (ids) `shown` on their own, and up to which opening answers are
    `counted`, by group or `POOL`."""

    questions: tuple[str, ...]
    shown: tuple[int, ...]
    counted: Mapping[str, int] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        return {"questions": [*self.questions], "shown": [*self.shown], "counted": dict(self.counted)}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Grid":
        return cls(tuple(stored["questions"]), tuple(stored["shown"]), dict(stored["counted"]))

    def block(self, group: int) -> str:
        return str(group) if group in self.shown else POOL


def fault(counts: Whole, minimum: int) -> str | None:
    """Why the distribution of answers to one question can not be shown; None if it can."""
    if counts.sum() < minimum:
        return SMALL_GROUP
    return HOMOGENEITY if counts.sum() - counts.max() < DIFFERENT else None


def first(table: Table, minimum: int, batch: int) -> Grid | None:
    """The grid of a first publication; None if not even one question can be shown of the whole organisation."""
    whole = table.counts(np.ones(len(table.group), dtype=bool))
    questions = tuple(
        question.key
        for question, counts in zip(table.section.questions, whole, strict=True)
        if fault(counts, minimum) is None
    )
    if not questions:
        return None
    columns, scores = table.columns(questions), table.scores(questions)
    sizes = {group: int((table.group == group).sum()) for group in table.asked}
    shown = [group for group in table.asked if _alone(table, scores, columns, group, minimum)]
    shown.sort(key=lambda group: (-sizes[group], group))
    pool = [group for group in table.asked if group not in shown]
    # The pool can be worked out from the whole and the shown groups, so it must be fit to be shown, or hold nobody.
    while shown and not _together(table, scores, columns, np.isin(table.group, pool), minimum):
        pool.append(shown.pop())
    blocks = [*map(str, shown), POOL]
    return Grid(questions, tuple(sorted(shown)), dict.fromkeys(blocks, batch))


def further(grid: Grid, table: Table, minimum: int, batch: int) -> tuple[Grid, int]:
    """The grid with the answers that came since counted where that gives nobody away, and how many blocks have some held back."""
    columns, scores = table.columns(grid.questions), table.scores(grid.questions)
    counted, held = dict(grid.counted), 0
    blocks = _blocks(grid, table)
    for block in [*map(str, grid.shown), POOL]:
        new = (blocks == block) & (table.batch > counted.get(block, 0))
        if _together(table, scores, columns, new, minimum):
            counted[block] = batch
        else:
            held += 1
    return Grid(grid.questions, grid.shown, counted), held


def counting(grid: Grid, table: Table) -> NDArray[np.bool_]:
    """Which rows count."""
    until = {block: grid.counted.get(block, 0) for block in {*map(str, grid.shown), POOL}}
    blocks = _blocks(grid, table)
    return np.array(
        [batch <= until[block] for block, batch in zip(blocks, table.batch, strict=True)], dtype=bool
    )


def why_hidden(grid: Grid, table: Table, group: int, question: str, minimum: int) -> str:
    """Why a group's answers to a question are not shown."""
    (column,) = table.columns([question])
    own = fault(table.counts(table.group == group)[column], minimum)
    return own or COMPLEMENTARY


def _blocks(grid: Grid, table: Table) -> NDArray[np.str_]:
    return np.array([grid.block(int(group)) for group in table.group], dtype=str)


def _alone(
    table: Table, scores: NDArray[np.float64], columns: Sequence[int], group: int, minimum: int
) -> bool:
    asked = [column for column in columns if table.asked[group][column]]
    rows = table.group == group
    counts = table.counts(rows)
    some = any(counts[column].sum() for column in asked)
    return (
        some
        and all(counts[column].sum() and fault(counts[column], minimum) is None for column in asked)
        and _scored(scores, rows, minimum)
    )


def _together(
    table: Table,
    scores: NDArray[np.float64],
    columns: Sequence[int],
    rows: NDArray[np.bool_],
    minimum: int,
) -> bool:
    counts = table.counts(rows)
    fine = all(not counts[column].sum() or fault(counts[column], minimum) is None for column in columns)
    return fine and _scored(scores, rows, minimum)


def _scored(scores: NDArray[np.float64], rows: NDArray[np.bool_], minimum: int) -> bool:
    """Whether the people of some rows who have a scale score are nobody, or enough."""
    people = int((~np.isnan(scores[rows])).sum())
    return people == 0 or people >= minimum
