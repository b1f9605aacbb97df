"""What is told of each row, once it is decided whether its cell is shown."""

from math import ceil, floor

from service.publication.cells import Cell
from service.publication.measured import Form, Measured, Nature, Outcome
from service.publication.protect import SMALL_GROUP
from service.publication.rounding import (
    bound,
    near,
    rounded,
    rounded_people,
    wilson,
)
from service.publication.standing import Standing

ROUGH = 0.05
"""The step of the ends of the range in which a hidden share lies."""


def plain(row: Measured, form: Form) -> Outcome:
    """The outcome of a row that tells nothing about people: unknown, or about rooms or units."""
    if row.state != "known" or not row.denominator or row.numerator is None:
        return Outcome("unknown", row.reason or "no_data")
    if form.nature not in (Nature.ROOMS, Nature.UNITS):
        return Outcome("unknown", "no_people")
    interval: tuple[float | None, float | None] = (None, None)
    if row.low is not None and row.high is not None:
        interval = rounded(row.low, form.step), rounded(row.high, form.step)
    value = rounded(row.numerator / row.denominator, form.step)
    return Outcome("published", value=value, low=interval[0], high=interval[1])


def told(row: Measured, form: Form, cell: Cell | None, standing: Standing | None, k: int) -> Outcome:
    """The outcome of a row behind which people stand; without a cell its group is empty."""
    if cell is None:
        return Outcome("suppressed", SMALL_GROUP)
    if not cell.shown:
        low, high = _hidden(cell, standing, form, k)
        return Outcome("suppressed", cell.reason, low=low, high=high)
    people = rounded_people(cell.people)
    interval: tuple[float | None, float | None] = (None, None)
    if standing is not None:
        interval = wilson(standing.told, people)
        return Outcome("published", value=standing.told, low=interval[0], high=interval[1], people=people)
    value = rounded((row.numerator or 0) / (row.denominator or 1), form.step)
    if row.low is not None and row.high is not None:
        interval = rounded(row.low, form.step), rounded(row.high, form.step)
    return Outcome("published", value=value, low=interval[0], high=interval[1], people=people)


def _hidden(cell: Cell, standing: Standing | None, form: Form, k: int) -> tuple[float | None, float | None]:
    """What is told of a hidden share: on which side of a border, or about where, it lies."""
    if cell.low is None or standing is None:
        return None, None
    limit = bound(cell.people, near(k))
    if standing.near_nobody:
        return (None, None) if limit is None else (0.0, limit)
    if standing.near_everybody:
        return (None, None) if limit is None else (round(1 - limit, 2), 1.0)
    far = max(k / cell.people, form.step)
    low, high = (standing.told - far) / ROUGH, (standing.told + far) / ROUGH
    return max(0.0, round(floor(low + 1e-9) * ROUGH, 2)), min(1.0, round(ceil(high - 1e-9) * ROUGH, 2))
