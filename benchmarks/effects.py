"""Does the interval of “Did it work?” hold the true effect as often as it promises?

Organisations of random size and habit are simulated whose effect of a measure is known: everybody takes part in a week, or a post is
answered, with a chance of their own that swings with the weeks (neighbouring weeks are alike) and rises by the effect once the measure
shows. What is published is rounded as a publication rounds. The judge of measures sees published values only. Told is how often its
95 % interval holds the true effect, how wide it is, and what it answers.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from statistics import fmean

import numpy as np
from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from benchmarks.assurance.figure import Figure
from metrics.metric import Window
from metrics.periods import Period, complete_periods
from service.advice.catalogue import current
from service.advice.effect import Answer, Effect, Judge
from service.database import connect
from service.models import Base, MeasureDecision, Organisation, Publication, PublishedValue
from service.publication.rounding import told_share
from service.published import Published

BEGAN, DONE = date(2025, 3, 3), date(2025, 4, 14)
FIRST, LAST = date(2024, 2, 26), date(2026, 3, 2)
MINIMUM_GROUP, STEP = 10, 0.01
WEEKLY, MONTHLY = "communication.first_conversations", "communication.dialogue_formats"
METRICS = {WEEKLY: "active_share", MONTHLY: "dialogue_share"}


@dataclass(frozen=True)
class Scenario:
    """`effect` in the unit of the share; `alike` is the correlation of neighbouring periods, `swing` their spread on a logarithmic scale."""

    measure: str
    effect: float
    alike: float
    swing: float = 0.1

    @property
    def name(self) -> str:
        return f"{METRICS[self.measure]} {self.effect:+.2f}, alike {self.alike:.1f}"


SCENARIOS = tuple(
    Scenario(measure, effect, alike)
    for measure in (WEEKLY, MONTHLY)
    for effect in (0.0, 0.05, 0.1)
    for alike in ((0.0, 0.4) if measure == WEEKLY else (0.0, 0.2))
)


@dataclass
class Tally:
    """What came of a scenario: answers, and of those that could be computed whether the interval holds the effect and how wide it is."""

    answers: Counter[Answer] = field(default_factory=Counter)
    holds: list[bool] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)

    def note(self, effect: Effect, truth: float) -> None:
        self.answers[effect.answer] += 1
        if effect.low is not None and effect.high is not None:
            self.holds.append(effect.low - 1e-9 <= truth <= effect.high + 1e-9)
            self.widths.append(effect.high - effect.low)

    @property
    def rate(self) -> float:
        """How often the interval holds the effect, among those that could be computed."""
        return fmean(self.holds) if self.holds else float("nan")


def simulate(scenario: Scenario, organisations: int, seed: int = 1) -> Tally:
    """So many organisations, in a database in memory."""
    engine = connect("sqlite://")
    Base.metadata.create_all(engine)
    tally = Tally()
    for number in range(organisations):
        own = [number, round(1000 * scenario.effect), round(10 * scenario.alike)]
        chance = np.random.default_rng([seed, *own])
        tally.note(*_judged(engine, scenario, chance))
    engine.dispose()
    return tally


def _judged(engine: Engine, scenario: Scenario, chance: np.random.Generator) -> tuple[Effect, float]:
    """One organisation, published and judged, and the true effect; nothing of it stays in the database."""
    measure = current().measure(scenario.measure)
    with Session(engine) as session:
        organisation = Organisation(key="simulated", name="Simulated", synthetic=True)
        session.add(organisation)
        session.flush()
        run = Publication(
            organisation_id=organisation.id,
            created=datetime(2026, 3, 2, tzinfo=UTC),
            data_until=LAST - timedelta(days=1),
            minimum_group=MINIMUM_GROUP,
            digest="0" * 64,
        )
        session.add(run)
        session.flush()
        metric, truths = METRICS[scenario.measure], []
        shows = next(one.shows for one in measure.proofs if one.metric == metric)
        from_day = DONE + timedelta(weeks=shows.earliest)
        cells = []
        for cell, period, rise in _cells(run.id, scenario, from_day, chance):
            cells.append(cell)
            if from_day <= period.since and period.until <= DONE + timedelta(weeks=shows.latest):
                truths.append(rise)
        session.execute(insert(PublishedValue), cells)
        decision = MeasureDecision(
            organisation_id=organisation.id, measure=measure.key, started=BEGAN, done=DONE
        )
        judge = Judge(session, Published(session, organisation, run), (), LAST)
        found = next(one for one in judge.effects(measure, decision) if one.proof.metric == metric)
        session.rollback()
    return found, fmean(truths)


def _cells(
    run: int, scenario: Scenario, from_day: date, chance: np.random.Generator
) -> Iterator[tuple[dict[str, object], Period, float]]:
    """Each period as it is published, with how much the measure raised it."""
    window = Window.WEEK if scenario.measure == WEEKLY else Window.DAYS28
    # People who are asked every week, or posts that differ from one period to the next.
    size = int(chance.integers(300, 3000))
    habits = chance.beta(1.2, 3.0, size)
    habits *= chance.uniform(0.2, 0.35) / habits.mean()
    swing, told = 0.0, None
    for period in complete_periods(FIRST, LAST):
        if period.window is not window:
            continue
        swing = scenario.alike * swing + chance.normal(0.0, scenario.swing * np.sqrt(1 - scenario.alike**2))
        begun = (period.since - DONE) / (from_day - DONE)
        rise = scenario.effect * float(np.clip(begun, 0.0, 1.0))
        usual = np.clip(habits * np.exp(swing), 0.0, 1.0)
        chances = np.clip(usual + rise, 0.0, 1.0)
        told = told_share(int((chance.random(size) < chances).sum()), size, MINIMUM_GROUP, STEP, told)
        cell: dict[str, object] = {
            "publication_id": run,
            "metric": METRICS[scenario.measure],
            "scope": "organisation",
            "window": window.value,
            "since": period.since,
            "until": period.until,
            "value": told,
            "people": size,
            "state": "published",
        }
        yield cell, period, float(chances.mean() - usual.mean())


def figures(organisations: int = 300, scenarios: tuple[Scenario, ...] = SCENARIOS) -> Iterator[Figure]:
    """How often the interval holds the true effect, for each scenario."""
    for scenario in scenarios:
        tally = simulate(scenario, organisations)
        answers = ", ".join(f"{answer.value} {number}" for answer, number in tally.answers.most_common())
        seen = len(tally.holds)
        value = "no interval could be computed"
        if seen:
            value = f"the 95 % interval holds the effect in {tally.rate:.1%} of {seen}, {fmean(tally.widths):.3f} wide; {answers}"
        yield Figure("C6", scenario.name, "", value, True if seen else None, 1)


def main(organisations: int) -> None:
    """Prints a line for each scenario, and the rate of all."""
    print(
        f"\nDid it work? {organisations} organisations each; 95 % intervals should hold the true effect in 95 %.\n"
    )
    tallies = {scenario: simulate(scenario, organisations) for scenario in SCENARIOS}
    for scenario, tally in tallies.items():
        answers = ", ".join(f"{answer.value} {number}" for answer, number in tally.answers.most_common())
        print(f"{scenario.name:36} holds {tally.rate:6.1%}  width {fmean(tally.widths):.3f}  {answers}")
    for key, metric in METRICS.items():
        held = [
            held for scenario, tally in tallies.items() if scenario.measure == key for held in tally.holds
        ]
        print(f"{metric}: the interval holds the effect in {fmean(held):.1%} of {len(held)}")
