"""Coarse numbers: exact counts never leave."""

from functools import lru_cache
from math import sqrt

from metrics.metric import Window

STEPS_OF_PEOPLE = "steps_of_people"
"""The rule of `rounded_share`, as agreements name it."""
FINEST = 0.01
"""The finest step of a share."""
Z = 1.959963984540054
BOUNDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)


def rounded(value: float, step: float) -> float:
    """`value` to the nearest multiple of `step`, halves upward."""
    return round(int(value / step + 0.5) * step, 4) if value >= 0 else -rounded(-value, step)


def people_step(window: str, k: int) -> int:
    """By how many people the told shares of one window differ at least: 2k in a week, k in longer windows.

    Of weeks there are many: each tells a little of somebody who joined a group, and half a year of them tells too much in steps
    of k.
    """
    return 2 * k if window == Window.WEEK else k


def rounded_share(count: int, people: int, k: int, persons: int, step: float) -> float:
    """`count` of `people` as a share in steps of `persons` people each (`people_step`), and of at least `step`.

    Two shares of groups which differ by one person, of neighbouring periods or of windows that overlap, are then mostly the
    same, and else as many people apart: rounding to a base (Hundepool et al. 2012, Statistical Disclosure Control, 5.4). It is
    always the same for the same counts, so repeated questions average nothing out. A step wider than k would end beyond
    `people` - k, the most that may be shown: that is told instead. Where less than half a step is left below that, it is told
    like the step before, for it would tell the count almost exactly.
    """
    largest = max(people - k, 0)
    most = people if persons <= k else largest
    steps = (2 * count + persons) // (2 * persons)
    if count <= largest:
        last = (2 * largest + persons) // (2 * persons)
        least = max(k, -(-(2 * last - 1) * persons // 2))
        if largest - least + 1 < persons / 2 and (2 * k + persons) // (2 * persons) < last:
            steps = min(steps, last - 1)
    return rounded(min(steps * persons, most) / people, step)


@lru_cache(maxsize=100_000)
def told_alike(count: int, people: int, k: int, persons: int, step: float) -> tuple[int, int]:
    """The least and the most of the counts from k to `people` - k that `rounded_share` tells in the same way."""
    told = rounded_share(count, people, k, persons, step)
    least = most = count
    while least > k and rounded_share(least - 1, people, k, persons, step) == told:
        least -= 1
    while most < people - k and rounded_share(most + 1, people, k, persons, step) == told:
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
