"""What a cell of a survey publication can hold."""

from typing import Annotated

from pydantic import BaseModel, Field

Share = Annotated[float, Field(ge=0, le=1)]
Level = Annotated[float, Field(ge=1, le=5)]


class Shown(BaseModel):
    """Figures of a question, or of the scale of a dimension; what does not apply or can not be told is null."""

    share_1: Share | None = Field(
        default=None, description="share of those who gave 1 of 5; likewise up to share_5"
    )
    share_2: Share | None = None
    share_3: Share | None = None
    share_4: Share | None = None
    share_5: Share | None = None
    top_two: Share | None = Field(
        default=None,
        description="share of the two answers that speak for a high level (4 and 5, or 1 and 2 where full agreement speaks for level 1)",
    )
    top_two_low: Share | None = Field(default=None, description="95 % interval of `top_two` (Wilson)")
    top_two_high: Share | None = None
    at_least: Share | None = Field(
        default=None,
        description="where nearly all gave the same answer: a share that this is at least, from the number of people alone",
    )
    dont_know: Share | None = Field(
        default=None, description="share of don't know among don't know and 1 to 5"
    )
    dont_know_below: Share | None = Field(
        default=None, description="set where fewer than three people said so"
    )
    not_applicable: Share | None = Field(
        default=None, description="share of all who took part, where three or more"
    )
    left_out: Share | None = Field(
        default=None, description="share of all who took part, where three or more"
    )
    mean: Level | None = Field(default=None, description="mean of the scale scores of people, 1 to 5")
    low: Level | None = Field(default=None, description="95 % interval of `mean` (bootstrap, BCa)")
    high: Level | None = None
    finite: Share | None = Field(
        default=None,
        description="by which factor intervals of `mean` shrink if only the people invited count: sqrt((N - n) / (N - 1))",
    )
    weighted: Level | None = Field(
        default=None, description="`mean`, with groups weighted to the number of people invited"
    )
    effective: int | None = Field(
        default=None, description="effective number of people under these weights (Kish)"
    )
    weighting_matters: bool | None = Field(
        default=None, description="whether the weights move the mean by more than 0.2"
    )
    unanswered_low: float | None = Field(
        default=None,
        description="bounds of `mean` or `top_two` if all who did not answer had given the lowest or highest",
    )
    unanswered_high: float | None = None
    alpha: float | None = Field(default=None, description="Cronbach's alpha, with Feldt's interval")
    alpha_low: float | None = None
    alpha_high: float | None = None
    omega: float | None = Field(default=None, description="McDonald's omega, with its bootstrap interval")
    omega_low: float | None = None
    omega_high: float | None = None
    complete: int | None = Field(
        default=None, description="people who answered all questions of the scale, to the nearest 5"
    )
    reliability: str | None = Field(
        default=None, description="how omega reads, or why reliability is not estimable"
    )
    agreement_uniform: Share | None = Field(
        default=None, description="r_wg(j) against answers that are all equally frequent"
    )
    agreement_skewed: Share | None = Field(
        default=None, description="r_wg(j) against slightly skewed answers"
    )
    polarised: bool | None = Field(
        default=None, description="whether people differ more than uniformly random answers would"
    )
    icc1: float | None = Field(default=None, description="share of variance between groups, ICC(1)")
    icc1_low: float | None = None
    icc1_high: float | None = None
    icc2: float | None = Field(default=None, description="reliability of the means of groups, ICC(2)")
    comparison: str | None = Field(
        default=None, description="suppressed, shown or ranked: whether the data carry a comparison of groups"
    )
    differs: str | None = Field(
        default=None,
        description="higher or lower than the rest of the organisation beyond chance, over all groups and dimensions (Holm)",
    )


class Figures(Shown):
    """With equally likely values of the mean, for computing on; kept beside what is shown."""

    draws: list[float] | None = Field(
        default=None, description="400 equally likely values of `mean`, ascending"
    )


SHARES = ("share_1", "share_2", "share_3", "share_4", "share_5")
