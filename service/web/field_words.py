"""Potential fields in a reader's words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from metrics.catalog import CATALOG
from metrics.metric import Scope
from service.advice.catalogue import Catalogue, Fit, Shown, UseCase
from service.advice.fields.needs import Cell, Rating
from service.advice.fields.register import Origin, State, total
from service.advice.fields.signals import Places, Seen, Sighting
from service.language import N_, Language
from service.maturity.model import Model
from service.models import PotentialField
from service.web.words import PURPOSES, hidden

STATES = {
    State.CHOSEN: N_("chosen"),
    State.ASSESSED: N_("assessed"),
    State.IDEA: N_("idea"),
    State.PARKED: N_("parked"),
}
NEEDS = {Rating.HIGH: N_("great need"), Rating.SOME: N_("some need"), Rating.NONE: N_("no need")}
ORIGINS = {
    Origin.SIGNAL: N_("Signals"),
    Origin.NEED: N_("Needs"),
    Origin.USE_CASE: N_("Use cases"),
    Origin.OWN: N_("An idea of our own"),
}
SHOWS = {True: N_("shows"), False: N_("does not show"), None: N_("can not be told")}
MOST_PLACES = 5
"""Rooms named for a signal; the rest is counted."""


@dataclass(frozen=True)
class SignalCard:
    """`state` is met, absent or unknown, for its colour; `rooms` are links to rooms in which it shows, by key and label."""

    key: str
    name: str
    description: str
    state: str
    shows: str
    values: Sequence[str]
    rooms: Sequence[tuple[str, str]]
    more: int
    not_published: str
    ask: str


@dataclass(frozen=True)
class FieldCard:
    number: int
    title: str
    description: str
    origin: str
    owner: str
    state: str
    state_words: str
    reason: str
    fit: str
    answers: Mapping[str, str]
    scores: Mapping[str, tuple[int, str]]
    scored: Sequence[tuple[str, int, str]]
    total: int | None
    most: int


@dataclass(frozen=True)
class CaseCard:
    key: str
    name: str
    description: str
    fits: Sequence[str]
    unfit: str
    first_step: str
    rooms: str
    measures: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class FieldWords:
    """What fields of one organisation are told with."""

    catalogue: Catalogue
    model: Model
    language: Language
    organisation: str

    def fields(self, kept: Iterable[PotentialField]) -> list[FieldCard]:
        """By state, from chosen to parked; within it the highest score first, then what is not scored."""
        cards = [self._field(one) for one in kept]
        order = [state.value for state in STATES]
        return sorted(cards, key=lambda one: (order.index(one.state), -(one.total or 0), one.number))

    def signal(self, sighting: Sighting, rooms: Mapping[str, str]) -> SignalCard:
        language, signal = self.language, sighting.signal
        where = [key for one in sighting.places if one.scope is Scope.ROOM for key in one.where]
        return SignalCard(
            key=signal.key,
            name=language.label(signal.name),
            description=language.label(signal.description),
            state={True: "absent", False: "met", None: "unknown"}[sighting.shows],
            shows=language.text(SHOWS[sighting.shows]),
            values=[
                *(self._seen(one) for one in sighting.seen),
                *(self._places(one) for one in sighting.places),
            ],
            rooms=[(key, rooms.get(key, key)) for key in where[:MOST_PLACES]],
            more=max(0, len(where) - MOST_PLACES),
            not_published=language.label(signal.not_published) if signal.not_published else "",
            ask=language.label(signal.ask),
        )

    def matrix(self, cells: Sequence[Cell]) -> tuple[list[str], list[tuple[str, list[tuple[str, str]]]]]:
        """The names of purposes, and for each group the words and the class of each cell."""
        matrix = self.catalogue.instruments.matrix
        label, found = self.language.label, {(one.need.group, one.need.purpose): one for one in cells}
        rows = [
            (
                label(group.name),
                [self._cell(found[group.key, purpose.key]) for purpose in matrix.purposes],
            )
            for group in matrix.groups
        ]
        return [label(one.name) for one in matrix.purposes], rows

    def need(self, cell: Cell) -> tuple[str, str]:
        """Its name and its statement."""
        return self._need_name(cell.need.group, cell.need.purpose), self.language.label(cell.need.text)

    def every_need(self, cells: Sequence[Cell]) -> list[tuple[str, list[tuple[str, str]]]]:
        """For a form: target group -> value and name of each of its cells."""
        matrix = self.catalogue.instruments.matrix
        purposes = {one.key: self.language.label(one.name) for one in matrix.purposes}
        return [
            (
                self.language.label(group.name),
                [
                    (f"{group.key}:{one.need.purpose}", purposes[one.need.purpose])
                    for one in cells
                    if one.need.group == group.key
                ],
            )
            for group in matrix.groups
        ]

    def case(self, case: UseCase) -> CaseCard:
        label = self.language.label
        return CaseCard(
            key=case.key,
            name=label(case.name),
            description=label(case.description),
            fits=[label(one) for one in case.fits],
            unfit=label(case.unfit),
            first_step=label(case.first_step),
            rooms=self.language.listing([self.language.text(PURPOSES[one.value]) for one in case.rooms]),
            measures=[(key, label(self.catalogue.measure(key).title)) for key in case.measures],
        )

    def origins(self, cells: Sequence[Cell]) -> list[tuple[str, list[tuple[str, str]]]]:
        """For a form: what a field can come from; of needs those that are fields."""
        instruments, label, text = self.catalogue.instruments, self.language.label, self.language.text
        lacking = [
            (f"need/{one.need.group}:{one.need.purpose}", self.need(one)[0]) for one in cells if one.is_field
        ]
        groups = [
            (ORIGINS[Origin.SIGNAL], [(f"signal/{one.key}", label(one.name)) for one in instruments.signals]),
            (ORIGINS[Origin.NEED], lacking),
            (
                ORIGINS[Origin.USE_CASE],
                [(f"use_case/{one.key}", label(one.name)) for one in instruments.use_cases],
            ),
        ]
        return [(text(name), options) for name, options in groups if options]

    def criteria(self) -> list[tuple[str, str, str]]:
        """Key, name, and what 1, 3 and 5 points stand for."""
        label = self.language.label
        return [
            (one.key, label(one.name), f"1: {label(one.low)} · 3: {label(one.middle)} · 5: {label(one.high)}")
            for one in self.catalogue.instruments.criteria
        ]

    def _field(self, kept: PotentialField) -> FieldCard:
        instruments, language = self.catalogue.instruments, self.language
        fit = instruments.fit(kept.answers)
        names = {one.key: language.label(one.name) for one in instruments.criteria}
        parked_by, _, what = kept.reason.partition(":")
        reason = language.label(instruments.fits[Fit(what)]) if parked_by == "fit" else kept.reason
        return FieldCard(
            number=kept.id,
            title=kept.title,
            description=kept.description,
            origin=self._origin(kept),
            owner=kept.owner,
            state=kept.state,
            state_words=language.text(STATES[State(kept.state)]),
            reason=reason,
            fit=language.label(instruments.fits[fit]) if fit else language.text("not decided yet"),
            answers={key: "yes" if yes else "no" for key, yes in kept.answers.items()},
            scores={key: (given[0], given[1]) for key, given in kept.scores.items()},
            scored=[(name, *kept.scores[key]) for key, name in names.items() if key in kept.scores],
            total=total(instruments, kept),
            most=5 ** len(instruments.criteria),
        )

    def _origin(self, kept: PotentialField) -> str:
        instruments, label = self.catalogue.instruments, self.language.label
        names = {
            Origin.SIGNAL: {one.key: label(one.name) for one in instruments.signals},
            Origin.USE_CASE: {one.key: label(one.name) for one in instruments.use_cases},
            Origin.NEED: {
                f"{one.group}:{one.purpose}": self._need_name(one.group, one.purpose)
                for one in instruments.matrix.needs
            },
        }.get(Origin(kept.origin), {})
        return names.get(kept.origin_key, self.language.text(ORIGINS[Origin.OWN]))

    def _need_name(self, group: str, purpose: str) -> str:
        matrix, label = self.catalogue.instruments.matrix, self.language.label
        groups, purposes = (
            {one.key: label(one.name) for one in part} for part in (matrix.groups, matrix.purposes)
        )
        return f"{groups[group]} × {purposes[purpose]}"

    def _cell(self, cell: Cell) -> tuple[str, str]:
        if cell.rating is None:
            return "–", ""
        words = self.language.text(NEEDS[cell.rating])
        return (f"{words}: {self.language.text('a field')}", "field") if cell.is_field else (words, "")

    def _seen(self, seen: Seen) -> str:
        language, cell, metric = self.language, seen.cell, CATALOG[seen.shown.metric]
        if cell is None or cell.state != "published" or cell.value is None:
            text = hidden(cell, language)
        else:
            text = language.value(cell.value, metric.unit)
            if cell.low is not None and cell.high is not None:
                text += (
                    f" ({language.value(cell.low, metric.unit)} – {language.value(cell.high, metric.unit)})"
                )
            text += f", {language.period(cell.since, cell.until)}"
        return "; ".join(
            part for part in (f"{self._metric(seen.shown)}: {text}", self._bound(seen.shown)) if part
        )

    def _places(self, places: Places) -> str:
        """How many rooms or units it shows in, by which bounds, and of how many it can not be told."""
        language, rooms = self.language, places.scope is Scope.ROOM
        by = "; ".join(
            ", ".join(part for part in (self._metric(one), self._bound(one)) if part) for one in places.shown
        )
        if places.since is None or places.until is None:
            text = N_("rooms: nothing published") if rooms else N_("units: nothing published")
            return f"{language.text(text)} ({by})"
        if not places.known:
            text = (
                N_("of none of the %(number)s rooms can it be told")
                if rooms
                else N_("of none of the %(number)s units can it be told")
            )
            return f"{language.text(text, number=places.without)}, {language.period(places.since, places.until)} ({by})"
        text = N_("%(number)s of %(known)s rooms") if rooms else N_("%(number)s of %(known)s units")
        parts = [
            language.text(text, number=len(places.where), known=places.known),
            language.period(places.since, places.until),
        ]
        if places.without:
            parts.append(language.text("of %(number)s it can not be told", number=places.without))
        return f"{', '.join(parts)} ({by})"

    def _metric(self, shown: Shown) -> str:
        metric = CATALOG[shown.metric]
        label = self.language.label(metric.label)
        return (
            f"{label}: {self.language.label(metric.categories[shown.category])}" if shown.category else label
        )

    def _bound(self, shown: Shown) -> str:
        """From where on the signal shows; '' where it shows as soon as there is anything of it."""
        language, unit = self.language, CATALOG[shown.metric].unit
        if shown.below is not None:
            return language.text("shows below %(bound)s", bound=language.value(shown.below, unit))
        if shown.at_least is not None:
            return language.text("shows from %(bound)s", bound=language.value(shown.at_least, unit))
        return ""
