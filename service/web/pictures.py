"""Charts with what belongs to them: a description, a note on what is hidden, and the same figures as a table."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any

from markupsafe import Markup

from metrics.metric import Measure, Metric
from service.language import Language
from service.models import Milestone, PublishedValue
from service.web import charts, row_charts
from service.web.figures import interval
from service.web.words import briefly, hidden, why


@dataclass(frozen=True)
class Table:
    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Picture:
    """`drawings` are the same chart in the sizes the style sheet picks from; `key` is the metric's, where it is of one."""

    title: str
    heading: str
    question: str
    drawings: Sequence[Markup]
    table: Table
    notes: Sequence[str] = ()
    key: str = ""


class Gallery:
    """The charts drawn so far, the least recently used forgotten first. A drawing depends on the publication's digest."""

    def __init__(self, size: int = 400) -> None:
        self._size = size
        self._drawn: OrderedDict[tuple[str, ...], str] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._drawn)

    def drawing(self, key: tuple[str, ...], draw: Callable[[], str]) -> Markup:
        with self._lock:
            if key in self._drawn:
                self._drawn.move_to_end(key)
                return Markup(self._drawn[key])  # noqa: S704 (passed through service.web.svg)
        drawn = draw()
        with self._lock:
            self._drawn[key] = drawn
            while len(self._drawn) > self._size:
                self._drawn.popitem(last=False)
        return Markup(drawn)  # noqa: S704


@dataclass(frozen=True)
class Painter:
    """Draws for one publication in one language."""

    gallery: Gallery
    digest: str
    language: Language

    def trend(
        self,
        name: str,
        metrics: Sequence[tuple[Metric, Sequence[PublishedValue]]],
        milestones: Sequence[Milestone],
        *,
        sizes: Sequence[str] = (charts.WIDE, charts.NARROW),
        height: int = 260,
        subject: str = "",
    ) -> Picture:
        """One line per metric (all of one unit). `subject` tells apart what is drawn under one name (a room's key)."""
        language, unit = self.language, metrics[0][0].unit
        points = [
            charts.Point(
                cell.since,
                cell.until,
                cell.value,
                self._spoken(language.label(metric.label), cell, unit),
                cell.low if len(metrics) == 1 else None,
                cell.high if len(metrics) == 1 else None,
                briefly(cell, language),
                hidden(cell, language),
                language.label(metric.label),
            )
            for metric, cells in metrics
            for cell in cells
        ]
        first = metrics[0]
        title = language.label(first[0].label)
        known = [point for point in points if point.value is not None]
        table = self._trend_table(title, metrics)
        notes = [
            f"{language.label(metric.label)}: {note}" if len(metrics) > 1 else note
            for metric, cells in metrics
            for note in _hidden_notes(cells, language)
        ]
        if not known:
            return self.picture(first[0], (), table, notes)
        marks = self._marks(milestones)
        drawings = self.draw(
            lambda size: charts.line(points, marks, unit, size=size, height=height),
            sizes,
            name=name,
            title=title,
            description=self._course(first[1], unit),
            subject=f"{subject} {first[1][0].window} {marks}",
        )
        return self.picture(first[0], drawings, table, notes)

    def stack(
        self, name: str, metric: Metric, cells: Sequence[PublishedValue], milestones: Sequence[Milestone]
    ) -> Picture:
        """The parts of a partition per period."""
        language = self.language
        labels = {key: language.label(label) for key, label in metric.categories.items()}
        by_period: dict[Any, dict[str, PublishedValue]] = {}
        for cell in cells:
            by_period.setdefault((cell.since, cell.until), {})[cell.category] = cell
        parts = []
        for (since, until), found in by_period.items():
            for key, label in labels.items():
                part = found.get(key)
                value = None if part is None else part.value
                spoken = f"{language.period(since, until)}: {label} {self.shown(part, metric.unit)}"
                brief = (
                    language.text("hidden")
                    if part and part.state == "suppressed"
                    else briefly(part, language)
                )
                parts.append(charts.Part(since, until, label, value, spoken, brief, why(part, language)))
        head = [language.text("Period"), *labels.values()]
        rows = [
            [language.period(*period), *(self.shown(found.get(key), metric.unit) for key in labels)]
            for period, found in reversed(by_period.items())
        ]
        title = language.label(metric.label)
        table = Table(title, head, rows)
        firsts = [one for found in by_period.values() if (one := _missing(found.values())) is not None]
        notes = [
            language.plural(
                "%(number)s period not shown in full – %(why)s.",
                "%(number)s periods not shown in full – %(why)s.",
                number,
                why=words,
            )
            for words, number in Counter(why(lacking, language) for lacking in firsts).most_common()
        ]
        if all(part.value is None for part in parts):
            return self.picture(metric, (), table, notes)
        newest = by_period[max(by_period)]
        marks = self._marks(milestones)
        drawings = self.draw(
            lambda size: charts.stack(parts, marks, size=size),
            (charts.WIDE, charts.NARROW),
            name=name,
            title=title,
            description=self.parts_in_words(metric, list(newest.values())),
            subject=str(marks),
        )
        return self.picture(metric, drawings, table, notes)

    def bars(self, name: str, metric: Metric, cells: Sequence[PublishedValue], heading: str = "") -> Picture:
        """The parts of a partition in one period as bars; `heading` is that of the parts in the table."""
        language = self.language
        by_key = {cell.category: cell for cell in cells}
        rows = []
        for key, label in metric.categories.items():
            cell = by_key.get(key)
            shown = self.shown(cell, metric.unit)
            rows.append(row_charts.Row(language.label(label), cell.value if cell else None, shown))
        title = language.label(metric.label)
        head = [heading or language.text("State"), language.text("Share of rooms")]
        table = Table(title, head, [[row.name, row.shown] for row in rows])
        description = "; ".join(f"{row.name}: {row.shown}" for row in rows)
        drawings = self.draw(
            lambda size: row_charts.bars(rows, size=size),
            (charts.NARROW,),
            name=name,
            title=title,
            description=description,
        )
        return self.picture(metric, drawings, table)

    def dots(self, name: str, metric: Metric, cells: Sequence[PublishedValue], heading: str) -> Picture:
        """One dot per unit, highest first; units that may not be shown stand below with their reason."""
        language = self.language
        ordered = sorted(cells, key=lambda cell: (cell.value is None, -(cell.value or 0), cell.scope_key))
        rows = [
            row_charts.Row(
                cell.scope_key,
                cell.value,
                self.shown(cell, metric.unit),
                cell.low,
                cell.high,
                briefly(cell, language),
            )
            for cell in ordered
        ]
        title = language.label(metric.label)
        head = [heading, title, language.text("Uncertainty"), language.text("People, rounded")]
        table = Table(
            title,
            head,
            [
                [
                    cell.scope_key,
                    row.shown,
                    interval(cell, metric.unit, language) or "–",
                    "–" if cell.people is None else language.number(cell.people),
                ]
                for cell, row in zip(ordered, rows, strict=True)
            ],
        )
        description = "; ".join(f"{row.name}: {row.shown}" for row in rows)
        drawings = self.draw(
            lambda size: row_charts.dots(rows, metric.unit, size=size),
            (charts.WIDE, charts.NARROW),
            name=name,
            title=title,
            description=description,
        )
        reasons = Counter(why(cell, language) for cell in ordered if cell.value is None)
        notes = [
            language.plural(
                "%(number)s unit without a value – %(why)s.",
                "%(number)s units without a value – %(why)s.",
                number,
                why=words,
            )
            for words, number in reasons.most_common()
        ]
        return self.picture(metric, drawings, table, notes)

    def parts_in_words(self, metric: Metric, cells: Sequence[PublishedValue]) -> str:
        """How the newest period divides; parts that may not be shown say why."""
        language = self.language
        by_key = {cell.category: cell for cell in cells}
        pieces = [
            f"{language.percent(cell.value)} {language.label(label)}"
            if (cell := by_key.get(key)) is not None and cell.value is not None
            else f"{language.label(label)} {briefly(cell, language)}"
            for key, label in metric.categories.items()
        ]
        return language.text("In the latest full 28 days: %(parts)s.", parts="; ".join(pieces))

    def picture(
        self, metric: Metric, drawings: Sequence[Markup], table: Table, notes: Sequence[str] = ()
    ) -> Picture:
        title = self.language.label(metric.label)
        hours = metric.unit is Measure.HOURS
        heading = self.language.text("%(metric)s (hours)", metric=title) if hours else title
        question = self.language.label(metric.meaning)
        return Picture(title, heading, question, drawings, table, notes, metric.key)

    def draw(
        self,
        spec: Callable[[str], dict[str, Any]],
        sizes: Sequence[str],
        *,
        name: str,
        title: str,
        description: str,
        subject: str = "",
    ) -> list[Markup]:
        language = self.language

        def draw(size: str) -> str:
            return charts.draw(
                spec(size), language.code, name=name, title=title, description=description, size=size
            )

        about = (self.digest, language.code, name, title, description, subject)
        return [self.gallery.drawing((*about, size), partial(draw, size)) for size in sizes]

    def _marks(self, milestones: Sequence[Milestone]) -> list[charts.Mark]:
        german = self.language.code == "de"
        return [charts.Mark(m.day, m.label_de if german else m.label_en) for m in milestones]

    def shown(self, cell: PublishedValue | None, unit: Measure) -> str:
        if cell is None or cell.value is None:
            return hidden(cell, self.language)
        return self.language.value(cell.value, unit)

    def _spoken(self, label: str, cell: PublishedValue, unit: Measure) -> str:
        between = interval(cell, unit, self.language)
        value = self.shown(cell, unit)
        return f"{self.language.period(cell.since, cell.until)}: {value}" + (
            f" ({between})" if between else ""
        )

    def _course(self, cells: Sequence[PublishedValue], unit: Measure) -> str:
        """First, lowest, highest and last known value, for those who do not see the chart."""
        language = self.language
        known = [cell for cell in cells if cell.value is not None]
        if not known:
            return ""

        def told(cell: PublishedValue) -> str:
            return f"{language.value(cell.value or 0, unit)} ({language.period(cell.since, cell.until)})"

        lowest = min(known, key=lambda cell: cell.value or 0)
        highest = max(known, key=lambda cell: cell.value or 0)
        return language.text(
            "From %(first)s to %(last)s; lowest %(lowest)s, highest %(highest)s.",
            first=told(known[0]),
            last=told(known[-1]),
            lowest=told(lowest),
            highest=told(highest),
        )

    def _trend_table(self, title: str, metrics: Sequence[tuple[Metric, Sequence[PublishedValue]]]) -> Table:
        """Newest period first; the uncertainty stands beside a metric that is alone."""
        language = self.language
        head = [language.text("Period"), *(language.label(metric.label) for metric, _ in metrics)]
        found = {
            (cell.since, cell.until, number): cell
            for number, (_, cells) in enumerate(metrics)
            for cell in cells
        }
        uncertain = len(metrics) == 1 and any(cell.low is not None for cell in found.values())
        if uncertain:
            head.append(language.text("Uncertainty"))
        rows = []
        for since, until in sorted({(since, until) for since, until, _ in found}, reverse=True):
            cells = [found.get((since, until, number)) for number in range(len(metrics))]
            row = [
                language.period(since, until),
                *(self.shown(cell, metric.unit) for cell, (metric, _) in zip(cells, metrics, strict=True)),
            ]
            if uncertain:
                row.append(interval(cells[0], metrics[0][0].unit, language) or "–")
            rows.append(row)
        return Table(title, head, rows)


def _missing(cells: Iterable[PublishedValue]) -> PublishedValue | None:
    """The first part without a value; None where the part itself is missing."""
    return next((cell for cell in cells if cell.value is None), None)


def _hidden_notes(cells: Sequence[PublishedValue], language: Language) -> list[str]:
    """How many periods show nothing, by reason."""
    reasons = Counter(why(cell, language) for cell in cells if cell.value is None)
    return [
        language.plural(
            "%(number)s period without a value – %(why)s.",
            "%(number)s periods without a value – %(why)s.",
            number,
            why=words,
        )
        for words, number in reasons.most_common()
    ]
