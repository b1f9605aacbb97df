"""Did it work? After a measure is done its proving values are looked at, within the weeks in which they should move.

A metric is judged as before and after any dated event (`metrics.interrupted`, an interrupted time series over published weekly
values); what people tell by two assessments before and after; a fact by the register. The answer is an interval, or that it can not
be decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from metrics.interrupted import Change, Verdict
from metrics.metric import Direction
from service.advice.catalogue import Measure, Proof
from service.maturity.draws import interval
from service.maturity.register import Entry, Standing
from service.maturity.result import Kind, Result
from service.milestones import changes
from service.models import Assessment, MeasureDecision, Milestone
from service.published import Published
from service.surveys.statistics import chances


class Answer(StrEnum):
    WORKED = "worked"  # it moved as it should
    NOTHING = "nothing"  # a change that matters can be ruled out
    AGAINST = "against"  # it moved the other way
    TOO_EARLY = "too_early"
    NOT_DECIDABLE = "not_decidable"


TOLD = {
    chances.Verdict.ROSE: Answer.WORKED,
    chances.Verdict.FELL: Answer.AGAINST,
    chances.Verdict.NOT_DECIDABLE: Answer.NOT_DECIDABLE,
}


@dataclass(frozen=True)
class Effect:
    """One proof of a measure that is done. `low` to `high` is the 95 % interval of the change, in the metric's unit or in levels;
    `from_day` and `until` bound the days in which it should show; `doubts` are why it can not be decided."""

    proof: Proof
    answer: Answer
    from_day: date
    until: date
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    doubts: Sequence[str] = ()


@dataclass(frozen=True)
class Judge:
    """Judges measures by what is known `today`: published values, the register, and the assessments made."""

    session: Session
    published: Published | None
    entries: Sequence[Entry]
    today: date

    def effects(self, measure: Measure, decision: MeasureDecision) -> list[Effect]:
        """One for each proof of the measure; none as long as it is not done."""
        if decision.done is None:
            return []
        return [self._effect(proof, decision, decision.done) for proof in measure.proofs]

    def _effect(self, proof: Proof, decision: MeasureDecision, done: date) -> Effect:
        from_day = done + timedelta(weeks=proof.shows.earliest)
        empty = Effect(proof, Answer.TOO_EARLY, from_day, done + timedelta(weeks=proof.shows.latest))
        if proof.fact is not None:
            return self._fact(proof.fact, empty)
        if self.today < from_day:
            return empty
        if proof.told is not None:
            return _told(self.session, decision, proof.told, empty)
        return self._metric(decision.measure, done, empty)

    def _fact(self, fact: str, empty: Effect) -> Effect:
        standing = next(entry.standing for entry in self.entries if entry.fact.key == fact)
        if standing is Standing.MET:
            return replace(empty, answer=Answer.WORKED)
        return empty if self.today < empty.until else replace(empty, answer=Answer.NOTHING)

    def _metric(self, measure: str, done: date, empty: Effect) -> Effect:
        if self.published is None:
            return replace(empty, answer=Answer.NOT_DECIDABLE, doubts=("no_data",))
        event = Milestone(key=measure, day=done, label_de="", label_en="")
        for one in changes(self.session, self.published.organisation, self.published.run, event):
            if one.metric.key == empty.proof.metric and not empty.proof.category:
                change = one.change
                return replace(
                    empty,
                    answer=answered(change, empty.proof.direction),
                    effect=change.effect,
                    low=change.low,
                    high=change.high,
                    doubts=tuple(doubt.value for doubt in change.doubts),
                )
        return replace(empty, answer=Answer.NOT_DECIDABLE, doubts=("no_weekly_values",))


def answered(change: Change, direction: Direction | None) -> Answer:
    """What a change says of a measure that should have moved the value in that direction."""
    match change.verdict:
        case Verdict.UNCHANGED:
            return Answer.NOTHING
        case Verdict.NOT_DECIDABLE:
            return Answer.NOT_DECIDABLE
    wanted = Verdict.ROSE if direction is Direction.UP else Verdict.FELL
    return Answer.WORKED if change.verdict is wanted else Answer.AGAINST


def _told(session: Session, decision: MeasureDecision, dimension: str, empty: Effect) -> Effect:
    """The last survey assessed before the measure began against the first whose assessment falls into the weeks after."""
    began = decision.started or decision.done or empty.from_day
    made = [
        Result.model_validate(one.content)
        for one in session.scalars(
            select(Assessment)
            .where(Assessment.organisation_id == decision.organisation_id)
            .order_by(Assessment.created)
        )
    ]
    undecided = replace(empty, answer=Answer.NOT_DECIDABLE, doubts=("no_two_rounds",))
    before = [one for one in made if one.created.date() <= began and one.round]
    after = [one for one in made if one.created.date() >= empty.from_day and one.round]
    if not before or not after or before[-1].round == after[0].round:
        return undecided
    earlier, later = (one.dimension(dimension).strand(Kind.TOLD) for one in (before[-1], after[0]))
    if not earlier.quantiles or not later.quantiles or before[-1].model_version != after[0].model_version:
        return undecided
    low, high = interval(np.subtract.outer(later.quantiles, earlier.quantiles).ravel())
    answer = TOLD[chances.change(earlier.quantiles, later.quantiles).verdict]
    effect = round((later.level or 0.0) - (earlier.level or 0.0), 2)
    return replace(empty, answer=answer, effect=effect, low=round(low, 2), high=round(high, 2))
