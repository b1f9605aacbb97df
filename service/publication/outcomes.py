"""What is told of each row, once it is decided whether its cell is shown."""

from service.publication.cells import Cell
from service.publication.measured import Form, Measured, Nature, Outcome
from service.publication.protect import COMPLEMENTARY, SMALL_GROUP
from service.publication.rounding import (
    bound,
    people_step,
    rounded,
    rounded_people,
    rounded_share,
    wilson,
)


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


def told(row: Measured, form: Form, cell: Cell | None, k: int) -> Outcome:
    """The outcome of a row behind which people stand; without a cell its group is empty."""
    if cell is None:
        return Outcome("suppressed", SMALL_GROUP)
    if not cell.shown:
        if cell.reason == COMPLEMENTARY and cell.low is not None:
            tenth = min(9, 10 * cell.count // cell.people)
            return Outcome("suppressed", cell.reason, low=tenth / 10, high=(tenth + 1) / 10)
        limit = None if cell.low is None else bound(cell.people, k)
        if limit is None:
            return Outcome("suppressed", cell.reason)
        low, high = (0.0, limit) if cell.low == 0 else (round(1 - limit, 2), 1.0)
        return Outcome("suppressed", cell.reason, low=low, high=high)
    people = rounded_people(cell.people)
    interval: tuple[float | None, float | None] = (None, None)
    if form.nature is Nature.PERSONS:
        value = rounded_share(cell.count, cell.people, k, people_step(row.window, k), form.step)
        interval = wilson(value, people)
        return Outcome("published", value=value, low=interval[0], high=interval[1], people=people)
    value = rounded((row.numerator or 0) / (row.denominator or 1), form.step)
    if row.low is not None and row.high is not None:
        interval = rounded(row.low, form.step), rounded(row.high, form.step)
    return Outcome("published", value=value, low=interval[0], high=interval[1], people=people)
