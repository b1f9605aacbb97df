"""One measured figure beside what was promised."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table of promises.

    `row` is the promise ("L1"), `what` was measured under which circumstances, `target` and `value` are told in words with
    their units. `holds` is None where it could not be measured, and `value` then says why: never a pass that was not seen.
    """

    row: str
    what: str
    target: str
    value: str
    holds: bool | None
    seed: int | None = None
