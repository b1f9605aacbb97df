"""A number with its interval, or the reason why there is none."""

from collections.abc import Sequence, Sized
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from service.errors import Invalid

Floats = NDArray[np.float64]
Numbers = ArrayLike | Sequence[float | None] | Sequence[Sequence[float | None]]
"""What functions take for numbers: arrays or lists, NaN or None for what is missing."""


class Reason(StrEnum):
    """Why there is no value, or no interval around it."""

    TOO_FEW_PEOPLE = "too_few_people"
    TOO_FEW_ITEMS = "too_few_items"
    TOO_FEW_UNITS = "too_few_units"
    NO_SPREAD = "no_spread"
    """All values are the same: nothing varies that could be explained or drawn again."""
    NO_FIT = "no_fit"
    """The items do not go together well enough for the model, or its computation did not settle."""
    NOT_COVERED = "not_covered"
    """Too little of the weight has evidence."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """`value` with its 95 % interval, from `n` people (or units, where a docstring says so).

    Without a value `reason` says why; with a value but without an interval it says why there is no interval.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    reason: Reason | None = None


def vector(values: Numbers, what: str = "values") -> Floats:
    """One-dimensional numbers, None as NaN. Raises `Invalid` for other shapes, text and infinite numbers."""
    return _numbers(values, 1, what)


def table(values: Numbers, what: str = "answers") -> Floats:
    """Numbers, one row per person and one column per item, None as NaN. Raises `Invalid` for anything else."""
    return _numbers(values, 2, what)


def _numbers(values: Numbers, dimensions: int, what: str) -> Floats:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise Invalid(f"{what}: give numbers, and None or NaN for what is missing ({error})") from error
    if array.ndim != dimensions:
        shape = "a list of numbers" if dimensions == 1 else "one row per person, all of the same length"
        raise Invalid(f"{what}: give {shape}, not an array of {array.ndim} dimensions")
    if np.isinf(array).any():
        raise Invalid(f"{what}: a number is infinite; give NaN for what is missing")
    return array


def known(values: Numbers, what: str = "values") -> Floats:
    """The numbers that are not missing."""
    array = vector(values, what)
    return array[~np.isnan(array)]


def same_length(first: Sized, second: Sized, what: str) -> None:
    """Raises `Invalid` unless both have as many entries."""
    if len(first) != len(second):
        raise Invalid(f"{what}: {len(first)} and {len(second)} entries; give one for each person")
