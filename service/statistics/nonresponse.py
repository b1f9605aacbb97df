"""Who answered, and what those who did not could change."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.errors import Invalid
from service.statistics.answers import POINTS


@dataclass(frozen=True, slots=True)
class Returns:
    """What came back from the people invited.

    Of `invited` people `not_eligible` turned out not to belong (left, no person) and `undelivered` were not reached, so that
    nobody knows. `complete` answered enough to count, `partial` something. Raises `Invalid` if the parts are more than the whole.
    """

    invited: int
    complete: int
    partial: int = 0
    undelivered: int = 0
    not_eligible: int = 0

    def __post_init__(self) -> None:
        parts = (self.complete, self.partial, self.undelivered, self.not_eligible)
        if min(parts) < 0 or sum(parts) > self.invited:
            raise Invalid(
                f"of {self.invited} invited people {self.complete} answered, {self.partial} in part, {self.undelivered} were not "
                f"reached and {self.not_eligible} do not belong: that is more than were invited, or below 0"
            )

    @property
    def rr1(self) -> float | None:
        """Complete by all who belong or may: the lowest rate. AAPOR Standard Definitions (2023), RR1. None if nobody may belong."""
        return _rate(self.complete, self.invited - self.not_eligible)

    @property
    def rr2(self) -> float | None:
        """As `rr1`, with partial answers counted (RR2)."""
        return _rate(self.complete + self.partial, self.invited - self.not_eligible)

    @property
    def rr5(self) -> float | None:
        """Complete by all who were reached and belong: the highest rate (RR5). None if nobody was reached."""
        return _rate(self.complete, self.invited - self.not_eligible - self.undelivered)

    @property
    def rr6(self) -> float | None:
        """As `rr5`, with partial answers counted (RR6)."""
        return _rate(self.complete + self.partial, self.invited - self.not_eligible - self.undelivered)


def altogether(units: Mapping[str, Returns]) -> Returns:
    """The returns of all units together; its rates are those of all people, not means of rates."""
    return Returns(
        sum(unit.invited for unit in units.values()),
        sum(unit.complete for unit in units.values()),
        sum(unit.partial for unit in units.values()),
        sum(unit.undelivered for unit in units.values()),
        sum(unit.not_eligible for unit in units.values()),
    )


def share_bounds(share: float, rate: float) -> tuple[float, float]:
    """What a share could be among all if those who did not answer all denied or all affirmed.

    p·RR … p·RR + (1 - RR), in 0..1 (Manski 1989): the bounds hold whatever they think. Raises `Invalid` unless both are shares.
    """
    if not 0 <= share <= 1:
        raise Invalid(f"{share} is no share; give a number from 0 to 1")
    return mean_bounds(share, rate, 0.0, 1.0)


def mean_bounds(
    mean: float, rate: float, lowest: float = 1.0, highest: float = POINTS
) -> tuple[float, float]:
    """What a mean could be among all if those who did not answer all gave the lowest or all the highest answer.

    m·RR + lowest·(1 - RR) … m·RR + highest·(1 - RR), in the unit of the mean. Raises `Invalid` unless the response rate is a
    share and the mean within the scale.
    """
    if not 0 <= rate <= 1:
        raise Invalid(f"a response rate of {rate}; give a number from 0 to 1")
    if not lowest <= mean <= highest:
        raise Invalid(f"a mean of {mean} on a scale from {lowest:g} to {highest:g}")
    return mean * rate + lowest * (1 - rate), mean * rate + highest * (1 - rate)


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None
