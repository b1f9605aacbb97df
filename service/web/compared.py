"""The comparison in words and pictures: beside peers, beside the own past, and beside what others published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from metrics.catalog import CATALOG
from metrics.metric import Measure
from service.comparison import Comparison, classes
from service.comparison.draw import Placed, Subject, Withheld
from service.comparison.history import HalfYearValue, LevelHistory, ValueHistory
from service.comparison.outside import Beside
from service.comparison.profile import Profile
from service.comparison.publish import Peers
from service.comparison.quartiles import Position, Told
from service.language import N_, Language
from service.maturity.model import Model
from service.models import PublishedValue
from service.references import Figure, Reference, References
from service.web import charts, comparison_charts
from service.web.comparison_words import COURSES, RELATIONS, STATISTICS, STEPS, UNFIT, WITHHELD
from service.web.pictures import Gallery, Picture, Table
from service.web.profile import KINDS_IN_SHORT
from service.web.words import hidden

HALF = 0.5
"""Where the whole interval of a position lies on one side of it, the organisation is said to be higher or lower than most."""


@dataclass(frozen=True)
class Figured:
    """A published figure: how the own value lies to it, and heading and text of all that belongs to it."""

    theirs: str
    reading: str
    differs: str
    facts: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Published:
    """The own value of a metric beside what others published of it."""

    metric: str
    own: str
    figures: Sequence[Figured]


@dataclass(frozen=True)
class Page:
    """The page. `profile` and `decided` are sentences; `lacking` are values without quartiles by reason."""

    profile: Sequence[tuple[str, str]]
    decided: Sequence[str]
    pictures: Sequence[Picture]
    lacking: Sequence[tuple[str, str]]
    levels: Table | None
    values: Table | None
    milestones: Sequence[str]
    published: Sequence[Published]
    near: Sequence[tuple[str, str]]
    missing: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Words:
    """Puts a comparison in one language; `model` names the dimensions, `collection` holds the published values."""

    comparison: Comparison
    model: Model
    collection: References
    language: Language

    def page(self, digest: str, gallery: Gallery) -> Page:
        peers = self.comparison.peers
        placed = peers.placed if peers else ()
        return Page(
            profile=self.profile(self.comparison.profile),
            decided=self.decided(peers) if peers else (),
            pictures=[
                picture
                for name, unit in (("levels", None), ("shares", Measure.SHARE))
                if (picture := self._picture(name, unit, placed, digest, gallery))
            ],
            lacking=self._lacking(placed),
            levels=self._level_table(self.comparison.history.levels),
            values=self._value_table(self.comparison.history.values),
            milestones=[
                f"{self.language.day(one.day)}: {self.language.label(one.label)}"
                for one in self.comparison.history.milestones
            ],
            published=self._published(),
            near=[
                (
                    self.language.label(self.collection.reference(one.reference).name),
                    self.language.label(one.why),
                )
                for one in self.comparison.references.near
            ],
            missing=[
                (
                    self.language.listing([self.metric(key) for key in one.metrics]),
                    self.language.label(one.why),
                )
                for one in self.comparison.references.missing
            ],
        )

    def profile(self, given: Profile) -> list[tuple[str, str]]:
        """Heading and class, for each of the four."""
        named, text = classes.classes(), self.language.text
        industries = {one.key: one.name for one in named.industries}
        sizes = {one.key: one.name for one in named.sizes}
        desks = {one.key: one.name for one in named.desks}
        labels = {
            text("Industry"): industries.get(given.industry or ""),
            text("Size"): sizes.get(given.size or ""),
            text("Country"): classes.country_name(given.country) if given.country else None,
            text("Work at a desk"): desks.get(given.desk or ""),
        }
        return [
            (heading, self.language.label(label) if label else text("not declared"))
            for heading, label in labels.items()
        ]

    def decided(self, peers: Peers) -> list[str]:
        """How many were known, and why which could not be compared with."""
        language = self.language
        told = [
            language.plural(
                "%(number)s other organisation is known here.",
                "%(number)s other organisations are known here.",
                peers.known,
            )
        ]
        for heading, unfit in ((N_("Values"), peers.unfit_values), (N_("Levels"), peers.unfit_levels)):
            for reason, number in sorted(unfit.items(), key=lambda pair: -pair[1]):
                told.append(
                    language.text(
                        "%(what)s of %(number)s are left out: %(why)s.",
                        what=language.text(heading),
                        number=number,
                        why=language.text(UNFIT[reason]),
                    )
                )
        return told

    def name(self, subject: Subject) -> str:
        if subject.kind is None:
            return self.metric(subject.metric, subject.category)
        kind = self.language.text(KINDS_IN_SHORT[subject.kind])
        return f"{self.language.label(self.model.dimension(subject.dimension).name)} · {kind}"

    def metric(self, key: str, category: str = "") -> str:
        declared = CATALOG[key]
        name = self.language.label(declared.label)
        return f"{name} · {self.language.label(declared.categories[category])}" if category else name

    def shown(self, value: float, unit: Measure | None) -> str:
        return self.language.decimal(value, 1) if unit is None else self.language.value(value, unit)

    def told(self, told: Told | HalfYearValue, unit: Measure | None) -> str:
        """A value with its interval."""
        value = self.shown(told.value or 0.0, unit)
        if told.low is None or told.high is None:
            return value
        low, high = self.shown(told.low, unit), self.shown(told.high, unit)
        return self.language.text("%(level)s (%(low)s to %(high)s)", level=value, low=low, high=high)

    def position(self, found: Position | None) -> str:
        """Where the own value stands, and what is certain of it."""
        language = self.language
        if found is None:
            return "–"
        if found.low >= HALF:
            verdict = language.text("higher than most")
        else:
            verdict = language.text("lower than most") if found.high <= HALF else language.text("among them")
        return language.text(
            "%(verdict)s; about %(share)s lie lower (%(low)s to %(high)s)",
            verdict=verdict,
            share=language.percent(found.below),
            low=language.percent(found.low),
            high=language.percent(found.high),
        )

    def _picture(
        self, name: str, unit: Measure | None, placed: Sequence[Placed], digest: str, gallery: Gallery
    ) -> Picture | None:
        rows = [one for one in placed if one.quartiles and one.subject.unit is unit]
        if not rows:
            return None
        language = self.language
        drawn = [self._band(one) for one in rows]
        title = (
            language.text("Levels beside those of peers")
            if unit is None
            else language.text("Values beside those of peers")
        )
        head = [
            language.text(text)
            for text in (
                N_("Compared"),
                N_("Own value"),
                N_("Middle half of the peers"),
                N_("Median of the peers"),
                N_("Where we stand"),
                N_("Peers"),
                N_("Drawn on"),
            )
        ]
        description = "; ".join(band.spoken for band in drawn)
        drawings = [
            gallery.drawing(
                (digest, language.code, f"comparison-{name}", size),
                lambda size=size: charts.draw(  # type: ignore[misc]
                    comparison_charts.bands(drawn, unit, size=size),
                    language.code,
                    name=f"comparison-{name}",
                    title=title,
                    description=description,
                    size=size,
                ),
            )
            for size in (charts.WIDE, charts.NARROW)
        ]
        question = language.text(
            "The band holds the middle half of the peers, the line is their median, the dot our own value."
        )
        return Picture(title, title, question, drawings, Table(title, head, [self._row(one) for one in rows]))

    def _band(self, one: Placed) -> comparison_charts.Band:
        found, own, unit = one.quartiles, one.own, one.subject.unit
        assert found is not None  # noqa: S101 - only such are drawn
        spoken = self.language.text(
            "%(name)s: own value %(own)s, middle half of the peers %(first)s to %(third)s, median %(median)s",
            name=self.name(one.subject),
            own=self.told(own, unit) if own else self.language.text("not shown"),
            first=self.shown(found.first, unit),
            third=self.shown(found.third, unit),
            median=self.shown(found.median, unit),
        )
        return comparison_charts.Band(
            name=self.name(one.subject),
            first=found.first,
            median=found.median,
            third=found.third,
            own=own.value if own else None,
            low=own.low if own else None,
            high=own.high if own else None,
            spoken=spoken,
        )

    def _row(self, one: Placed) -> list[str]:
        found, unit, language = one.quartiles, one.subject.unit, self.language
        assert found is not None  # noqa: S101
        between = language.text(
            "%(low)s to %(high)s", low=self.shown(found.first, unit), high=self.shown(found.third, unit)
        )
        alike = language.text(STEPS[one.step]) if one.step else ""
        return [
            self.name(one.subject),
            self.told(one.own, unit) if one.own else language.text("not shown"),
            between,
            self.shown(found.median, unit),
            self.position(one.position),
            language.text("%(number)s, %(alike)s", number=one.peers, alike=alike),
            language.day(one.drawn) if one.drawn else "–",
        ]

    def _lacking(self, placed: Sequence[Placed]) -> list[tuple[str, str]]:
        by_reason: dict[Withheld, list[str]] = {}
        for one in placed:
            if one.withheld is not None:
                by_reason.setdefault(one.withheld, []).append(self.name(one.subject))
        return [
            (self.language.text(WITHHELD[reason]), self.language.listing(names))
            for reason, names in by_reason.items()
        ]

    def _level_table(self, found: Sequence[LevelHistory]) -> Table | None:
        text = self.language.text
        lines = [one for one in found if len(one.points) > 1]
        if not lines:
            return None
        head = [text("Dimension"), text("First assessed"), text("Then"), text("Now"), text("Since then")]
        rows = [
            [
                self.name(Subject(dimension=one.dimension, kind=one.kind)),
                self.language.day(one.points[0].day),
                self.told(Told(one.points[0].level, one.points[0].low, one.points[0].high), None),
                self.told(Told(one.points[-1].level, one.points[-1].low, one.points[-1].high), None),
                text(COURSES[one.course]) if one.course else "–",
            ]
            for one in lines
        ]
        return Table(text("Levels over the assessments"), head, rows)

    def _value_table(self, found: Sequence[ValueHistory]) -> Table | None:
        """Newest half-year last; what is hidden or unknown says so in its place."""
        language = self.language
        periods = sorted({(point.since, point.until) for one in found for point in one.points})
        if not periods:
            return None
        head = [
            language.text("Metric"),
            *(language.period(*period) for period in periods),
            language.text("Since the half-year before"),
        ]
        rows = []
        for one in found:
            by_period = {(point.since, point.until): point for point in one.points}
            cells = [self._cell(by_period.get(period), CATALOG[one.metric].unit) for period in periods]
            course = language.text(COURSES[one.course]) if one.course else "–"
            rows.append([self.metric(one.metric, one.category), *cells, course])
        return Table(language.text("Values over half-years"), head, rows)

    def _cell(self, point: HalfYearValue | None, unit: Measure) -> str:
        if point is not None and point.value is not None:
            return self.told(point, unit)
        return hidden(None if point is None else _published(point), self.language)

    def _published(self) -> list[Published]:
        by_metric: dict[tuple[str, str], list[Beside]] = {}
        for one in self.comparison.references.beside:
            by_metric.setdefault((one.metric, one.category), []).append(one)
        return [
            Published(
                self.metric(metric, category),
                self._cell(found[0].own, CATALOG[metric].unit),
                [self._figured(one) for one in found],
            )
            for (metric, category), found in by_metric.items()
        ]

    def _figured(self, one: Beside) -> Figured:
        reference, language = self.collection.reference(one.reference), self.language
        figure = reference.figures[one.figure]
        value = self._figure(figure, CATALOG[one.metric].unit)
        words = [language.label(figure.label)]
        if figure.statistic in STATISTICS:
            words.append(language.text(STATISTICS[figure.statistic]))
        return Figured(
            theirs=f"{value} ({', '.join(words)})",
            reading=language.text(RELATIONS[one.relation]),
            differs=language.label(reference.comparable.differences) if reference.comparable else "",
            facts=self._facts(reference, figure),
        )

    def _figure(self, figure: Figure, unit: Measure) -> str:
        value = self.shown(figure.value, unit)
        if figure.high is None:
            return value
        return self.language.text("%(low)s to %(high)s", low=value, high=self.shown(figure.high, unit))

    def _facts(self, reference: Reference, figure: Figure) -> list[tuple[str, str]]:
        language, text = self.language, self.language.text
        year = figure.year or reference.year
        certainty = language.label(self.collection.certainties[reference.certainty])
        return [
            (text("Source"), reference.source),
            (text("Year"), str(year) if year else text("not stated")),
            (text("What it counts"), language.label(reference.definition)),
            (text("Window"), language.label(reference.window)),
            (text("Population"), language.label(reference.population)),
            (text("Certainty"), f"{reference.certainty.value}: {certainty}"),
        ]


def _published(point: HalfYearValue) -> PublishedValue:
    """The cell as the words for hidden values want it; it is never stored."""
    return PublishedValue(
        state=point.state, reason=point.reason, value=point.value, low=point.low, high=point.high
    )


def choices(language: Language) -> Mapping[str, Sequence[tuple[str, str]]]:
    """What can be declared, by field: key and name."""
    named = classes.classes()
    countries = sorted(
        ((code, language.label(classes.country_name(code))) for code in classes.countries()),
        key=lambda pair: pair[1],
    )
    return {
        "industry": [(one.key, f"{one.key} · {language.label(one.name)}") for one in named.industries],
        "size": [(one.key, language.label(one.name)) for one in named.sizes],
        "country": countries,
        "desk": [(one.key, language.label(one.name)) for one in named.desks],
    }
