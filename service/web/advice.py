"""Measures and roadmap in a reader's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from metrics.catalog import CATALOG
from metrics.metric import Direction
from service.advice.catalogue import Catalogue, Leaf, Measure, Proof, Role
from service.advice.catalogue.triggers import (
    AgreementCondition,
    DontKnowCondition,
    FactCondition,
    LevelCondition,
    MetricCondition,
    SizeCondition,
    TrendCondition,
)
from service.advice.decisions import Changes, State
from service.advice.proposals import Proposal
from service.language import N_, NN_, Language
from service.maturity.model import Model
from service.maturity.result import Kind
from service.models import MeasureDecision
from service.roadmap.first_weeks import Line
from service.roadmap.plan import Roadmap
from service.roadmap.schedule import Placed, Reason, Why
from service.web import charts, plan_charts
from service.web.evidence_chain import STATES as FACT_STATES
from service.web.pictures import Gallery, Picture, Table
from service.web.profile import AGREEMENTS, KINDS, decimal

STATES = {
    State.PROPOSED: N_("proposed"),
    State.AGREED: N_("agreed"),
    State.DECLINED: N_("declined"),
    State.STARTED: N_("under way"),
    State.DONE: N_("done"),
}

WHY = {
    Why.FIRST: N_("begins with the roadmap"),
    Why.EARLIEST: N_("may not begin earlier"),
    Why.AFTER: N_("waits for: %(names)s"),
    Why.CAPACITY: N_("no time left before: %(names)s"),
    Why.AUDIENCE: N_("enough is changing already for: %(names)s"),
    Why.ORDER: N_("others bring more benefit earlier"),
}

TRENDS = {"rising": N_("rises"), "falling": N_("falls")}


@dataclass(frozen=True)
class Card:
    """One measure with why it is advised, what it takes, and what was decided."""

    key: str
    title: str
    dimension: str
    description: str
    first_step: str
    good: str
    why: Sequence[str]
    unknown: Sequence[str]
    effort: str
    weeks: str
    roles: Sequence[tuple[str, str, str]]
    """Key, name and person days of each role."""
    capacity: str
    needs: Sequence[str]
    risks: Sequence[tuple[str, str]]
    proofs: Sequence[str]
    sources: Sequence[str]
    state: str
    state_words: str
    owner: str
    reason: str
    weeks_planned: str
    earliest: str


@dataclass(frozen=True)
class Words:
    """What measures are told with."""

    catalogue: Catalogue
    model: Model
    language: Language

    def card(self, proposal: Proposal | None, measure: Measure, decision: MeasureDecision | None) -> Card:
        language = self.language
        changes = Changes.of(decision.changes) if decision else Changes({})
        state = State(decision.state) if decision else State.PROPOSED
        days = measure.days()
        return Card(
            key=measure.key,
            title=language.label(measure.title),
            dimension=language.label(self.model.dimension(measure.dimension).name),
            description=language.label(measure.description),
            first_step=language.label(measure.first_step),
            good=language.label(measure.good),
            why=[self.leaf(leaf) for leaf in proposal.verdict.met] if proposal else [],
            unknown=[self.leaf(leaf) for leaf in proposal.verdict.unknown] if proposal else [],
            effort=self.span(days.low, days.high, NN_("%(number)s person day", "%(number)s person days")),
            weeks=self.span(
                measure.duration.low, measure.duration.high, NN_("%(number)s week", "%(number)s weeks")
            ),
            roles=[
                (
                    one.role.value,
                    self.role(one.role),
                    language.number(round(changes.days.get(one.role, one.days().likely), 1)),
                )
                for one in measure.effort
            ],
            capacity=language.label(measure.capacity),
            needs=[self.title(key) for key in (proposal.missing if proposal else ())],
            risks=[(language.label(one.risk), language.label(one.counter)) for one in measure.risks],
            proofs=[self.proof(one) for one in measure.proofs],
            sources=[f"{one.text} [{one.mark}]" for one in measure.citations],
            state=state.value,
            state_words=language.text(STATES[state]),
            owner=decision.owner if decision else "",
            reason=decision.reason if decision else "",
            weeks_planned="" if changes.weeks is None else f"{changes.weeks:g}",
            earliest=changes.earliest.isoformat() if changes.earliest else "",
        )

    def title(self, key: str) -> str:
        return self.language.label(self.catalogue.measure(key).title)

    def role(self, role: Role) -> str:
        return self.language.label(self.catalogue.roles[role])

    def span(self, low: float, high: float, words: tuple[str, str]) -> str:
        """From low to high, with its unit."""
        language = self.language
        if round(low, 1) == round(high, 1):
            return language.plural(*words, high)
        return language.text(
            "%(low)s to %(high)s", low=language.number(round(low, 1)), high=language.plural(*words, high)
        )

    def leaf(self, leaf: Leaf) -> str:
        """A condition of a trigger in words."""
        language = self.language
        match leaf:
            case LevelCondition():
                kind = (
                    language.text("in one of the three ways of seeing it")
                    if leaf.strand == "any"
                    else language.text(KINDS[Kind(leaf.strand)])
                )
                words = (
                    f"{self._dimension(leaf.dimension)}, {kind}: {self._bounds(leaf.at_least, leaf.below)}"
                )
            case AgreementCondition():
                words = f"{self._dimension(leaf.dimension)}: {language.text(AGREEMENTS[leaf.agreement])}"
            case DontKnowCondition():
                text = language.text("share of “cannot judge”")
                bounds = self._bounds(leaf.at_least, leaf.below, share=True)
                words = f"{self._dimension(leaf.dont_know)}, {text}: {bounds}"
            case MetricCondition():
                metric = CATALOG[leaf.metric]
                bounds = " ".join(
                    part
                    for part in (
                        language.text("at least %(share)s", share=language.value(leaf.at_least, metric.unit))
                        if leaf.at_least is not None
                        else "",
                        language.text("below %(value)s", value=language.value(leaf.below, metric.unit))
                        if leaf.below is not None
                        else "",
                    )
                    if part
                )
                words = f"{self._metric(leaf.metric, leaf.category)}: {bounds}"
            case TrendCondition():
                words = f"{self._metric(leaf.metric, leaf.category)} {language.text(TRENDS[leaf.trend])}"
            case FactCondition():
                fact = next(one for one in self.model.facts() if one.key == leaf.fact)
                standing = language.listing([language.text(FACT_STATES[one]) for one in leaf.standing])
                words = f"{language.label(fact.name)}: {standing}"
            case SizeCondition():
                bounds = self._bounds(leaf.at_least, leaf.below)
                what = language.text("people per room")
                words = f"{what}: {bounds}"
        return words

    def proof(self, proof: Proof) -> str:
        """By what it will be seen that the measure worked, and when."""
        language = self.language
        when = language.text(
            "%(earliest)s to %(latest)s weeks later",
            earliest=language.number(proof.shows.earliest),
            latest=language.number(proof.shows.latest),
        )
        if proof.metric is not None:
            unit = CATALOG[proof.metric].unit
            text = (
                N_("%(what)s rises by %(low)s to %(high)s, %(when)s")
                if proof.direction is Direction.UP
                else N_("%(what)s falls by %(low)s to %(high)s, %(when)s")
            )
            return language.text(
                text,
                what=self._metric(proof.metric, proof.category),
                low=language.value(proof.low or 0.0, unit),
                high=language.value(proof.high or 0.0, unit),
                when=when,
            )
        if proof.told is not None:
            return language.text(
                "%(what)s rises by %(low)s to %(high)s, %(when)s",
                what=f"{self._dimension(proof.told)}, {language.text(KINDS[Kind.TOLD])}",
                low=decimal(proof.low or 0.0, language),
                high=decimal(proof.high or 0.0, language),
                when=when,
            )
        fact = next(one for one in self.model.facts() if one.key == proof.fact)
        return language.text("%(fact)s is there, %(when)s", fact=language.label(fact.name), when=when)

    def reason(self, reason: Reason) -> str:
        """Why something starts when it does."""
        names = reason.names
        if reason.why is Why.AFTER:
            names = tuple(self.title(key) for key in names)
        elif reason.why is Why.CAPACITY:
            names = tuple(self.role(Role(role)) for role in names)
        elif reason.why is Why.AUDIENCE:
            names = tuple(
                self.language.label(words)
                for audience, words in self.catalogue.audiences.items()
                if audience.value in names
            )
        return self.language.text(WHY[reason.why], names=self.language.listing(names))

    def _dimension(self, key: str) -> str:
        return self.language.label(self.model.dimension(key).name)

    def _metric(self, key: str, category: str) -> str:
        metric = CATALOG[key]
        label = self.language.label(metric.label)
        return f"{label} ({self.language.label(metric.categories[category])})" if category else label

    def _bounds(self, at_least: float | None, below: float | None, *, share: bool = False) -> str:
        language = self.language
        shown = language.percent if share else language.number
        parts = []
        if at_least is not None:
            parts.append(language.text("at least %(share)s", share=shown(at_least)))
        if below is not None:
            parts.append(language.text("below %(value)s", value=shown(below)))
        return " ".join(parts)


@dataclass(frozen=True)
class RoadmapPage:
    picture: Picture | None
    quarters: Sequence[tuple[str, Sequence[str]]]
    waiting: Sequence[str]
    capacity: Sequence[tuple[str, str, str]]
    start: str
    optimal: bool


def roadmap_page(found: Roadmap, words: Words, digest: str, gallery: Gallery) -> RoadmapPage:
    """The schedule as chart, table and quarters, and the capacity it was made with."""
    language = words.language
    placed = found.schedule.placed
    return RoadmapPage(
        picture=_picture(found, words, digest, gallery) if placed else None,
        quarters=_quarters(placed, words),
        waiting=[
            language.text(
                "%(measure)s waits for %(needs)s",
                measure=words.title(key),
                needs=language.listing([words.title(one) for one in needs]),
            )
            for key, needs in sorted(found.waiting.items())
        ],
        capacity=[
            (role.value, words.role(role), f"{found.frame.capacity.get(role.value, 0.0):g}") for role in Role
        ],
        start=found.frame.start.isoformat(),
        optimal=found.schedule.optimal,
    )


def _picture(found: Roadmap, words: Words, digest: str, gallery: Gallery) -> Picture:
    language, placed = words.language, found.schedule.placed
    foremost = {rank.key: rank.foremost for rank in found.ranks}
    title = language.text("Roadmap")
    rows = [
        [
            words.title(one.task.key),
            language.day(one.begins),
            language.day(one.ends - timedelta(days=1)),
            words.reason(one.reason),
            language.text("yes") if one.critical else language.text("no"),
            language.percent(foremost[one.task.key]),
        ]
        for one in placed
    ]
    head = [
        language.text("Measure"),
        language.text("Begins"),
        language.text("Ends"),
        language.text("Why then"),
        language.text("On the critical path"),
        language.text("Among the first five"),
    ]
    bars = [
        plan_charts.Bar(row[0], one.begins, one.ends, one.critical, f"{row[0]}: {row[1]} – {row[2]}")
        for row, one in zip(rows, placed, strict=True)
    ]
    kinds = language.text("on the critical path"), language.text("with some slack")
    description = "; ".join(bar.spoken for bar in bars)

    def drawn(size: str) -> Markup:
        return gallery.drawing(
            (digest, language.code, "roadmap", size, description),
            lambda: charts.draw(
                plan_charts.gantt(bars, *kinds, size=size),
                language.code,
                name="roadmap",
                title=title,
                description=description,
                size=size,
            ),
        )

    question = language.text("What is done when?")
    return Picture(
        title, title, question, [drawn(charts.WIDE), drawn(charts.NARROW)], Table(title, head, rows)
    )


def _quarters(placed: Sequence[Placed], words: Words) -> list[tuple[str, list[str]]]:
    """For the board: which measures end in which quarter."""
    found: dict[tuple[int, int], list[str]] = {}
    for one in placed:
        last: date = one.ends - timedelta(days=1)
        found.setdefault((last.year, (last.month - 1) // 3 + 1), []).append(words.title(one.task.key))
    return [
        (words.language.text("Quarter %(quarter)s of %(year)s", quarter=quarter, year=year), titles)
        for (year, quarter), titles in sorted(found.items())
    ]


def first_weeks_table(lines: Sequence[Line], words: Words) -> Table | None:
    """The project plan of the first weeks; None where nothing is planned."""
    language = words.language
    title = language.text("The first eight weeks")
    head = [
        language.text("Week"),
        language.text("Task"),
        language.text("First step or result"),
        language.text("Owner"),
        language.text("Person days"),
    ]
    rows = [
        [
            f"{line.week} ({language.day(line.begins)})",
            language.label(line.name),
            language.label(line.result),
            words.role(line.role),
            language.number(line.days),
        ]
        for line in lines
    ]
    return Table(title, head, rows) if rows else None


def in_state(cards: Sequence[Card], states: Mapping[str, str]) -> list[tuple[str, list[Card]]]:
    """The cards by state, in the order of `states` (state -> heading), without empty ones."""
    return [
        (heading, [card for card in cards if card.state == state])
        for state, heading in states.items()
        if any(card.state == state for card in cards)
    ]
