"""What the pages on use show, put together from one publication; each part when it is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from metrics.catalog import CATALOG
from metrics.metric import Metric
from service.language import Language
from service.models import PublishedValue
from service.published import Published
from service.web import coverage
from service.web.changes import BeforeAndAfter, before_and_after
from service.web.coverage import CoverageOf, Freshness, coverage_in_short, freshness, today
from service.web.figures import Figure, figures
from service.web.glossary import questions_of_metrics
from service.web.pictures import Painter, Picture
from service.web.rooms import Rooms, RoomsAsked, rooms
from service.web.words import WINDOWS, said

__all__ = ["Dashboard", "Option", "coverage_in_short", "dashboard", "freshness", "today"]

KEY_FIGURES = (
    "active_share",
    "contributor_share",
    "response_rate",
    "time_to_first_response",
    "interactive_share",
    "interactive_share_created",
)
DIALOGUE = ("response_rate", "time_to_first_response", "interactive_share")
ALSO = {"response_rate": ("response_rate_lax",), "interactive_share": ("interactive_share_created",)}
"""Drawn into the same chart as a second line: the same question asked more generously."""
ROLES, ROOM_STATE, PULSE = "role_share", "room_state", "days28"
DAYS28 = timedelta(days=28)


@dataclass(frozen=True)
class Option:
    """One choice of a field; `group` is the heading it stands under, '' for none."""

    value: str
    label: str
    chosen: bool
    group: str = ""


@dataclass
class Dashboard:
    """One publication as a reader asked for it. `query` may choose `metric`, `window` and `unit`; without a choice that was
    published the first that shows values counts."""

    published: Published
    painter: Painter
    language: Language
    query: Mapping[str, str]
    asked: RoomsAsked

    @cached_property
    def freshness(self) -> Freshness:
        return freshness(self.published, today(self.published.organisation))

    @cached_property
    def coverage_in_short(self) -> str:
        return coverage_in_short(self.published.coverage(), self.language)

    @cached_property
    def coverage(self) -> Sequence[CoverageOf]:
        return coverage.coverage(self.published.coverage(), self.language)

    @cached_property
    def period(self) -> str:
        """The latest full 28 days."""
        latest = self.published.latest_period(PULSE)
        return "" if latest is None else self.language.period(latest, latest + DAYS28)

    @cached_property
    def _figures(self) -> tuple[list[Figure], list[str]]:
        return figures(self.published, KEY_FIGURES, PULSE, self.language)

    @property
    def figures(self) -> Sequence[Figure]:
        return self._figures[0]

    @property
    def absent(self) -> Sequence[str]:
        """The labels of the key figures nothing was published of."""
        return self._figures[1]

    @cached_property
    def drawable(self) -> list[Metric]:
        """Metrics with one value per period for the organisation, the key figures first."""
        keys = {key for key, scope, _ in self.published.available if scope == "organisation"}
        ordered = [*(key for key in KEY_FIGURES if key in keys), *(key for key in CATALOG if key in keys)]
        return [CATALOG[key] for key in dict.fromkeys(ordered) if not CATALOG[key].categories]

    @cached_property
    def _chosen(self) -> tuple[Metric | None, str]:
        metrics = self.drawable
        if not metrics:
            return None, PULSE
        telling = (m for m in metrics if (m.key, "organisation", PULSE) in self.published.shown)
        default = next(telling, metrics[0])
        metric = next((metric for metric in metrics if metric.key == self.query.get("metric")), default)
        windows = self._windows(metric)
        asked = self.query.get("window", "")
        return metric, asked if asked in windows else windows[0]

    def _windows(self, metric: Metric) -> list[str]:
        available = self.published.available
        return [
            window
            for window in (PULSE, "week", "weeks26")
            if (metric.key, "organisation", window) in available
        ]

    @property
    def metric(self) -> Metric | None:
        return self._chosen[0]

    @cached_property
    def unit(self) -> str:
        """The unit asked for, where it shows a value of the metric; '' for the whole organisation."""
        asked = self.query.get("unit", "")
        return asked if asked in self._units_shown else ""

    @cached_property
    def _units_shown(self) -> list[str]:
        metric, window = self._chosen
        return [] if metric is None else list(self.published.places("unit", metric.key, window))

    @cached_property
    def trend(self) -> Picture | None:
        metric, window = self._chosen
        if metric is None:
            return None
        where = {"scope": "unit", "scope_key": self.unit} if self.unit else {}
        cells = self.published.series(metric.key, window, **where)
        return self.painter.trend("trend", [(metric, cells)], self.published.milestones(), subject=self.unit)

    @cached_property
    def metric_options(self) -> Sequence[Option]:
        chosen = self.metric
        text, questions = self.language.text, questions_of_metrics()
        return [
            Option(
                one.key,
                self.language.label(one.label),
                one is chosen,
                text("Key figures") if one.key in KEY_FIGURES else text(questions[one.key]),
            )
            for one in self.drawable
        ]

    @cached_property
    def window_options(self) -> Sequence[Option]:
        metric, chosen = self._chosen
        windows = self._windows(metric) if metric else []
        return [Option(window, said(WINDOWS, window, self.language), window == chosen) for window in windows]

    @cached_property
    def unit_options(self) -> Sequence[Option]:
        """Units that show a value of the metric at some time."""
        return [Option(key, key, key == self.unit) for key in self._units_shown]

    @cached_property
    def _role_cells(self) -> Sequence[PublishedValue]:
        return self.published.series(ROLES, PULSE)

    @cached_property
    def roles(self) -> Picture | None:
        if not self._role_cells:
            return None
        return self.painter.stack("roles", CATALOG[ROLES], self._role_cells, self.published.milestones())

    @cached_property
    def roles_in_words(self) -> str:
        cells = self._role_cells
        newest = [cell for cell in cells if cell.since == cells[-1].since]
        return self.painter.parts_in_words(CATALOG[ROLES], newest) if newest else ""

    @cached_property
    def changes(self) -> BeforeAndAfter | None:
        return before_and_after(self.published, self.language)

    @cached_property
    def dialogue(self) -> Sequence[Picture]:
        pictures = []
        for key in DIALOGUE:
            lines = [
                (CATALOG[name], self.published.series(name, PULSE)) for name in (key, *ALSO.get(key, ()))
            ]
            lines = [(metric, cells) for metric, cells in lines if cells]
            if lines:
                pictures.append(
                    self.painter.trend(
                        f"dialogue-{key}", lines, self.published.milestones(), sizes=("narrow",), height=190
                    )
                )
        return pictures

    @cached_property
    def _state_cells(self) -> Sequence[PublishedValue]:
        cells = self.published.series(ROOM_STATE, PULSE)
        return [cell for cell in cells if cell.since == cells[-1].since]

    @cached_property
    def states(self) -> Picture | None:
        if not self._state_cells:
            return None
        return self.painter.bars("states", CATALOG[ROOM_STATE], self._state_cells)

    @cached_property
    def states_in_words(self) -> str:
        return (
            self.painter.parts_in_words(CATALOG[ROOM_STATE], self._state_cells) if self._state_cells else ""
        )

    @cached_property
    def rooms(self) -> Rooms:
        return rooms(self.published, self.language, self.asked)

    @cached_property
    def units(self) -> Picture | None:
        """The units side by side in the newest period, by the metric asked for or the first that shows values."""
        since = self.published.latest_period(PULSE, "unit")
        if since is None:
            return None
        metrics = [m for m in self.drawable if (m.key, "unit", PULSE) in self.published.available]
        telling = [m for m in metrics if (m.key, "unit", PULSE) in self.published.shown]
        metric = self.metric if self.metric in telling else next(iter([*telling, *metrics]), None)
        if metric is None:
            return None
        cells = self.published.across("unit", PULSE, since, metrics=[metric.key])
        return self.painter.dots("units", metric, cells, self.language.text("Unit"))

    @cached_property
    def glossary(self) -> Sequence[Metric]:
        """The metrics of this publication."""
        return [
            CATALOG[key] for key in CATALOG if any(found == key for found, *_ in self.published.available)
        ]


def dashboard(
    published: Published, painter: Painter, language: Language, query: Mapping[str, str], asked: RoomsAsked
) -> Dashboard:
    """The dashboard of one publication in one language."""
    return Dashboard(published, painter, language, query, asked)
