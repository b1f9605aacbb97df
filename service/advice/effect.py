"""Did it work? After a measure is done its proving values are looked at, once the weeks have passed in which they should move.

A metric published by the week is judged by an interrupted time series (`metrics.interrupted`) from which the weeks are left out in which the
measure was put in place or could not show yet; one published by longer periods by the periods before and after (`service.advice.periods`);
what people tell by two survey rounds; a fact by the register. The answer is an interval, or that it can not be decided. Only
published values are read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from metrics.catalog import CATALOG
from metrics.interrupted import FEWEST, LONGEST, SETTLING, Doubt, Verdict, compare
from metrics.metric import Direction, Scope, Window
from metrics.periods import monday
from service.advice.catalogue import Catalogue, Measure, Proof
from service.advice.periods import MOST, moved
from service.maturity.draws import interval
from service.maturity.register import Entry, Standing
from service.maturity.result import Kind, Result
from service.milestones import silent_weeks
from service.models import Assessment, MeasureDecision, Milestone, PublishedValue
from service.published import Published
from service.statistics import chances

WEEK = timedelta(weeks=1)


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
    """Judges measures by what is known `today`: published values, the register, and the assessments made.

    `decisions` are all of the organisation: other measures done in the same weeks that should move the same value leave it undecided,
    since one can not tell them apart.
    """

    session: Session
    published: Published | None
    entries: Sequence[Entry]
    today: date
    catalogue: Catalogue | None = None
    decisions: Mapping[str, MeasureDecision] = field(default_factory=dict)

    def effects(self, measure: Measure, decision: MeasureDecision) -> list[Effect]:
        """One for each proof of the measure; none as long as it is not done."""
        if decision.done is None:
            return []
        return [self._effect(proof, decision, decision.done) for proof in measure.proofs]

    def _effect(self, proof: Proof, decision: MeasureDecision, done: date) -> Effect:
        from_day = done + proof.shows.earliest * WEEK
        empty = Effect(proof, Answer.TOO_EARLY, from_day, done + proof.shows.latest * WEEK)
        began = min(decision.started or done, done)
        if proof.fact is not None:
            return self._fact(proof.fact, empty, began)
        if proof.told is not None:
            return empty if self.today < from_day else self._told(decision, proof.told, empty, began)
        # Looking at it again and again until something shows would find something in the end.
        return empty if self.today < empty.until else self._metric(decision, empty, began, done)

    def _undecided(self, empty: Effect, *doubts: str) -> Effect:
        """What may still come is too early as long as its time has not passed."""
        early = self.today < empty.until
        return replace(empty, answer=Answer.TOO_EARLY if early else Answer.NOT_DECIDABLE, doubts=doubts)

    def _fact(self, fact: str, empty: Effect, began: date) -> Effect:
        entry = next((one for one in self.entries if one.fact.key == fact), None)
        if entry is None or entry.standing is Standing.UNKNOWN:
            return self._undecided(empty, "not_assessed")
        if entry.standing is Standing.DISPUTED:
            return self._undecided(empty, "disputed")
        if entry.standing is not Standing.MET:
            return empty if self.today < empty.until else replace(empty, answer=Answer.NOTHING)
        if entry.evidence is not None and entry.evidence.dated is not None and entry.evidence.dated < began:
            return replace(empty, answer=Answer.NOT_DECIDABLE, doubts=("there_before",))
        return replace(empty, answer=Answer.WORKED)

    def _metric(self, decision: MeasureDecision, empty: Effect, began: date, done: date) -> Effect:
        proof = empty.proof
        if self.published is None or proof.metric is None:
            return self._undecided(empty, "no_data")
        if proof.scope is not Scope.ORGANISATION:
            return self._undecided(empty, "single_rooms")
        if self._others(decision, empty, began):
            return self._undecided(empty, "other_measure")
        metric = CATALOG[proof.metric]
        if Window.WEEK in metric.windows and not metric.categories:
            return self._weekly(self.published, empty, began, done)
        return self._periods(self.published, empty, began, done)

    def _others(self, decision: MeasureDecision, empty: Effect, began: date) -> bool:
        """Whether another measure that should move the same value was put in place in the weeks that are compared."""
        if self.catalogue is None:
            return False
        first, proof = began - LONGEST * WEEK, empty.proof
        known = {one.key: one for one in self.catalogue.measures}
        return any(
            one.done is not None
            and key != decision.measure
            and key in known
            and first < one.done < empty.until
            and any(
                (other.metric, other.category) == (proof.metric, proof.category)
                for other in known[key].proofs
            )
            for key, one in self.decisions.items()
        )

    def _weekly(self, published: Published, empty: Effect, began: date, done: date) -> Effect:
        """An interrupted time series without the weeks from the begin of the measure until its effect should show."""
        proof, organisation = empty.proof, published.organisation
        cells = published.series(proof.metric or "", Window.WEEK.value)
        event = event_of(began, done, empty.from_day)
        first, last = event - (LONGEST + SETTLING) * WEEK, event + (LONGEST + SETTLING) * WEEK
        between = _mondays(monday(began), empty.from_day) | _mondays(empty.until, last + WEEK)
        change = compare(
            {
                cell.since: cell.value
                for cell in cells
                if cell.state == "published" and cell.value is not None
            },
            event,
            others=self._events(published),
            silent=silent_weeks(self.session, organisation, first, last) | between,
        )
        return replace(
            empty,
            answer=answered(change.verdict, proof.direction),
            effect=change.effect,
            low=change.low,
            high=change.high,
            doubts=tuple(doubt.value for doubt in change.doubts),
        )

    def _periods(self, published: Published, empty: Effect, began: date, done: date) -> Effect:
        """Periods that ended before the measure began against those within the weeks in which it should show."""
        proof = empty.proof
        window = (proof.window or Window.DAYS28).value
        cells = [
            cell
            for cell in published.series(proof.metric or "", window)
            if cell.category == proof.category and cell.state == "published" and cell.value is not None
        ]
        early = [cell for cell in cells if cell.until <= began]
        late = [cell for cell in cells if empty.from_day <= cell.since and cell.until <= empty.until]
        if not late:  # a period as long as the weeks in which it should show begins earlier
            late = [
                cell for cell in cells if done <= cell.since and empty.from_day < cell.until <= empty.until
            ]
        change = moved(_values(early), _values(late))
        doubts = list(change.doubts)
        compared = [*early[-MOST:], *late]
        if compared and any(compared[0].since <= day < compared[-1].until for day in self._events(published)):
            doubts.append(Doubt.OTHER_EVENT.value)
        return replace(
            empty,
            answer=Answer.NOT_DECIDABLE if doubts else answered(change.verdict, proof.direction),
            effect=change.effect,
            low=change.low,
            high=change.high,
            doubts=tuple(doubts),
        )

    def _events(self, published: Published) -> list[date]:
        organisation = published.organisation
        return list(
            self.session.scalars(select(Milestone.day).where(Milestone.organisation_id == organisation.id))
        )

    def _told(self, decision: MeasureDecision, dimension: str, empty: Effect, began: date) -> Effect:
        """The last survey round assessed before the measure began against the first other one whose assessment falls into the weeks after."""
        made = [
            Result.model_validate(one.content)
            for one in self.session.scalars(
                select(Assessment)
                .where(Assessment.organisation_id == decision.organisation_id)
                .order_by(Assessment.created, Assessment.id)
            )
        ]
        before = [one for one in made if one.created.date() <= began and one.round]
        known = {one.round for one in made if one.created.date() < empty.from_day}
        after = [
            one
            for one in made
            if empty.from_day <= one.created.date() and one.round and one.round not in known
        ]
        if not before or not after:
            return self._undecided(empty, "no_two_rounds")
        if before[-1].model_version != after[0].model_version:
            return self._undecided(empty, "other_model")
        earlier, later = (one.dimension(dimension).strand(Kind.TOLD) for one in (before[-1], after[0]))
        if not earlier.quantiles or not later.quantiles:
            return self._undecided(empty, "no_level")
        low, high = interval(np.subtract.outer(later.quantiles, earlier.quantiles).ravel())
        answer = TOLD[chances.change(earlier.quantiles, later.quantiles).verdict]
        return replace(
            empty,
            answer=answer,
            effect=round((later.level or 0.0) - (earlier.level or 0.0), 2),
            low=round(low, 2),
            high=round(high, 2),
            doubts=("uncertain",) if answer is Answer.NOT_DECIDABLE else (),
        )


def answered(verdict: Verdict, direction: Direction | None) -> Answer:
    """What a change says of a measure that should have moved the value in that direction."""
    match verdict:
        case Verdict.UNCHANGED:
            return Answer.NOTHING
        case Verdict.NOT_DECIDABLE:
            return Answer.NOT_DECIDABLE
    wanted = Verdict.ROSE if direction is Direction.UP else Verdict.FELL
    return Answer.WORKED if verdict is wanted else Answer.AGAINST


def event_of(began: date, done: date, from_day: date) -> date:
    """The day around which weeks are taken: done, or where that leaves too few weeks on a side, somewhere before or after it.

    All weeks between begin and `from_day` are left out, so within them it makes no difference where the day lies.
    """
    latest = began + (LONGEST - FEWEST) * WEEK
    earliest = from_day - (LONGEST + SETTLING - FEWEST) * WEEK
    return min(max(done, earliest), max(latest, began))


def _values(cells: Sequence[PublishedValue]) -> list[float]:
    return [cell.value for cell in cells if cell.value is not None]


def _mondays(first: date, last: date) -> frozenset[date]:
    """The Mondays of the weeks that begin before `last`, from the week of `first` on."""
    found, week = set(), monday(first)
    while week < last:
        found.add(week)
        week += WEEK
    return frozenset(found)
