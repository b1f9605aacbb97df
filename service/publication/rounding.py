"""Coarse numbers: exact counts never leave."""

from functools import lru_cache
from math import sqrt

STEPS_OF_PEOPLE = "steps_of_people"
"""The rule of `rounded_share`, as agreements name it."""
FINEST = 0.01
"""The finest step of a share."""
Z = 1.959963984540054
BOUNDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)


def rounded(value: float, step: float) -> float:
    """`value` to the nearest multiple of `step`, halves upward."""
    return round(int(value / step + 0.5) * step, 4) if value >= 0 else -rounded(-value, step)


def rounded_share(count: int, people: int, k: int, step: float) -> float:
    """`count` of `people` as a share in steps of k people each, and of at least `step`.

    Two shares of groups which differ by one person, of neighbouring periods or of windows that overlap, are then mostly the
    same, and else k people apart: rounding to base k (Hundepool et al. 2012, Statistical Disclosure Control, 5.4). It is
    always the same for the same counts, so repeated questions average nothing out.
    """
    steps = (2 * count + k) // (2 * k)
    return rounded(min(steps * k, people) / people, step)


@lru_cache(maxsize=100_000)
def told_alike(count: int, people: int, k: int, step: float) -> tuple[int, int]:
    """The least and the most of the counts from k to `people` - k that `rounded_share` tells in the same way."""
    told = rounded_share(count, people, k, step)
    least = most = count
    while least > k and rounded_share(least - 1, people, k, step) == told:
        least -= 1
    while most < people - k and rounded_share(most + 1, people, k, step) == told:
        most += 1
    return least, most


def rounded_people(people: int) -> int:
    """A group size to the nearest multiple of 5."""
    return (people + 2) // 5 * 5


def bound(people: int, fewer_than: int) -> float | None:
    """The smallest coarse share that `fewer_than` of `people` stay below; None if that is more than a half.

    It depends on the size of the group alone, never on the count it bounds.
    """
    return next((step for step in BOUNDS if fewer_than <= step * people + 1e-9), None)


def wilson(share: float, people: int) -> tuple[float, float]:
    """The 95 % score interval (Wilson 1927; Newcombe 1998, method 3), to 0.01.

    From rounded share and rounded group size, so that it tells nothing these do not.
    """
    spread = Z * Z / people
    middle = (share + spread / 2) / (1 + spread)
    half = Z * sqrt(share * (1 - share) / people + spread / (4 * people)) / (1 + spread)
    return round(max(0.0, middle - half), 2), round(min(1.0, middle + half), 2)
