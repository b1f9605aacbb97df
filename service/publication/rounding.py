"""Coarse numbers: exact counts never leave."""

from functools import lru_cache

from metrics.intervals import score_interval

STEPS_OF_PEOPLE = "steps_of_people"
"""The rule of `rounded_share`, as agreements name it."""
STAYS_UNTIL_FAR = "stays_until_far"
"""The rule of `told_share`, as agreements name it."""
NEAR_NOBODY, NEAR_EVERYBODY = -1.0, 2.0
"""Told in place of a share where too few people are on one side; no share is one of them."""
FINEST = 0.01
"""The finest step of a share."""
BOUNDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)


def rounded(value: float, step: float) -> float:
    """`value` to the nearest multiple of `step`, halves away from zero."""
    # In binary 0.075 / 0.05 is a little less than one and a half.
    return round(int(value / step + 0.5 + 1e-9) * step, 4) if value >= 0 else -rounded(-value, step)


def rounded_share(count: int, people: int, k: int, step: float) -> float:
    """`count` of `people` as a share in steps of k people each, and of at least `step`.

    Two shares of groups which differ by one person, of neighbouring periods or of windows that overlap, are then mostly the
    same, and else k people apart: rounding to a base (Hundepool et al. 2012, Statistical Disclosure Control, 5.4). It is
    always the same for the same counts, so repeated questions average nothing out. Where less than half a step is left below
    `people` - k, the most that may be shown, that is told like the step before, for it would tell the count almost exactly.
    """
    largest = max(people - k, 0)
    steps = (2 * count + k) // (2 * k)
    if count <= largest:
        last = (2 * largest + k) // (2 * k)
        least = max(k, -(-(2 * last - 1) * k // 2))
        if largest - least + 1 < k / 2 and last > 1:
            steps = min(steps, last - 1)
    return rounded(min(steps * k, people) / people, step)


def near(k: int) -> int:
    """How many people have to be on a side for a share to be shown again after a period in which there were fewer than k."""
    return k + k // 2


def told_share(count: int, people: int, k: int, step: float, before: float | None = None) -> float:
    """What is told of `count` of `people`, given what was told of the period before: a share, `NEAR_NOBODY` or `NEAR_EVERYBODY`.

    Fewer than k on a side are never told. A side once told to be near nobody stays so until `near(k)` are on it, and a share
    stays as it was until the count is k people away from it. A number of people that swings from week to week would else cross
    one border again and again, and by how often it does would tell where it lies to less than a person: whether it rose by one when
    somebody joined (see `benchmarks.joining`). Of the period before, only what was told matters, so that nothing is hidden in it.
    """
    for few, side in ((count, NEAR_NOBODY), (people - count, NEAR_EVERYBODY)):
        if few < (near(k) if before == side else k):
            return side
    if (
        before is not None
        and before not in (NEAR_NOBODY, NEAR_EVERYBODY)
        and abs(count - before * people) < k
    ):
        return before
    return rounded_share(count, people, k, step)


@lru_cache(maxsize=100_000)
def told_alike(count: int, people: int, k: int, step: float, before: float | None = None) -> tuple[int, int]:
    """The least and the most of the counts that `told_share` tells in the same way as this one."""
    told = told_share(count, people, k, step, before)
    least = most = count
    while least > 0 and told_share(least - 1, people, k, step, before) == told:
        least -= 1
    while most < people and told_share(most + 1, people, k, step, before) == told:
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
    low, high = score_interval(share, people)
    return round(low, 2), round(high, 2)
