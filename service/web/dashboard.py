"""What the first page shows, put together from one publication."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from metrics.catalog import CATALOG
from metrics.metric import Metric
from service.models import Organisation, PublishedCoverage, PublishedValue
from service.published import Published
from service.web.changes import BeforeAndAfter, before_and_after
from service.web.figures import Figure, figure
from service.web.language import Language
from service.web.pictures import Painter, Picture
from service.web.rooms import Rooms, RoomsAsked, rooms
from service.web.words import KINDS, WINDOWS, gap, said

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
OLD_AFTER_DAYS = 7
DAYS28 = timedelta(days=28)


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class Freshness:
    """`data_until` is the last day covered, `days` how long ago that is."""

    data_until: date
    days: int
    old: bool
    created: datetime


@dataclass(frozen=True)
class CoverageRow:
    kind: str
    share: str
    percent: int | None
    missing: str


@dataclass(frozen=True)
class CoverageOf:
    """`until` is the day up to which every kind was read; '' where none was."""

    name: str
    until: str
    rows: Sequence[CoverageRow]


@dataclass(frozen=True)
class Dashboard:
    freshness: Freshness
    coverage_in_short: str
    period: str
    figures: Sequence[Figure]
    absent: Sequence[str]
    trend: Picture | None
    metric_options: Sequence[Option]
    window_options: Sequence[Option]
    roles: Picture | None
    roles_in_words: str
    changes: BeforeAndAfter | None
    dialogue: Sequence[Picture]
    states: Picture | None
    rooms: Rooms
    units: Picture | None
    coverage: Sequence[CoverageOf]
    glossary: Sequence[Metric]


def dashboard(
    published: Published, painter: Painter, language: Language, query: Mapping[str, str], asked: RoomsAsked
) -> Dashboard:
    """`query` may choose `metric` and `window`; without a choice that was published the first that shows values counts."""
    milestones = published.milestones()
    figures, absent = _figures(published, language)
    metric, window = _chosen(published, query)
    trend = None
    if metric is not None:
        cells = published.series(metric.key, window)
        trend = painter.trend("trend", [(metric, cells)], milestones)
    roles, roles_in_words = _roles(published, painter)
    latest = published.latest_period(PULSE)
    return Dashboard(
        freshness=freshness(published, today(published.organisation)),
        coverage_in_short=coverage_in_short(published.coverage(), language),
        period="" if latest is None else language.period(latest, latest + DAYS28),
        figures=figures,
        absent=absent,
        trend=trend,
        metric_options=_metric_options(published, metric, language),
        window_options=_window_options(published, metric, window, language),
        changes=before_and_after(published, language),
        roles=roles,
        roles_in_words=roles_in_words,
        dialogue=_dialogue(published, painter),
        states=_states(published, painter),
        rooms=rooms(published, language, asked),
        units=_units(published, painter, metric, language),
        coverage=_coverage(published.coverage(), language),
        glossary=[CATALOG[key] for key in CATALOG if any(found == key for found, *_ in published.available)],
    )


def today(organisation: Organisation) -> date:
    return datetime.now(ZoneInfo(organisation.time_zone)).date()


def freshness(published: Published, today: date) -> Freshness:
    days = max(0, (today - published.run.data_until).days)
    return Freshness(published.run.data_until, days, days > OLD_AFTER_DAYS, published.run.created)


def coverage_in_short(rows: Sequence[PublishedCoverage], language: Language) -> str:
    """One sentence on how complete the data are."""
    told = [row.share for row in rows if row.share is not None]
    if not told:
        return language.text("how complete the data are can not be told")
    lowest, highest = min(told), max(told)
    if len(told) < len(rows):
        return language.text(
            "between %(low)s and %(high)s read, for some kinds it can not be told",
            low=language.percent(lowest),
            high=language.percent(highest),
        )
    if lowest == highest:
        return language.text("%(share)s of what exists was read", share=language.percent(lowest))
    return language.text(
        "between %(low)s and %(high)s read, depending on the kind of activity",
        low=language.percent(lowest),
        high=language.percent(highest),
    )


def _figures(published: Published, language: Language) -> tuple[list[Figure], list[str]]:
    """The key figures, and the labels of those nothing was published of."""
    milestones, newest = published.milestones(), published.latest_period(PULSE)
    found, absent = [], []
    for key in KEY_FIGURES:
        shown = figure(CATALOG[key], published.series(key, PULSE), milestones, language, newest)
        if shown is None:
            absent.append(language.label(CATALOG[key].label))
        else:
            found.append(shown)
    return found, absent


def _drawable(published: Published) -> list[Metric]:
    """Metrics with one value per period, the key figures first."""
    keys = {key for key, scope, _ in published.available if scope == "organisation" and key in CATALOG}
    ordered = [*(key for key in KEY_FIGURES if key in keys), *(key for key in CATALOG if key in keys)]
    return [CATALOG[key] for key in dict.fromkeys(ordered) if not CATALOG[key].categories]


def _windows(published: Published, metric: Metric) -> list[str]:
    return [
        window
        for window in (PULSE, "week", "weeks26")
        if (metric.key, "organisation", window) in published.available
    ]


def _chosen(published: Published, query: Mapping[str, str]) -> tuple[Metric | None, str]:
    metrics = _drawable(published)
    if not metrics:
        return None, PULSE
    telling = (metric for metric in metrics if (metric.key, "organisation", PULSE) in published.shown)
    default = next(telling, metrics[0])
    metric = next((metric for metric in metrics if metric.key == query.get("metric")), default)
    windows = _windows(published, metric)
    asked = query.get("window", "")
    return metric, asked if asked in windows else windows[0]


def _metric_options(published: Published, chosen: Metric | None, language: Language) -> list[Option]:
    return [
        Option(metric.key, language.label(metric.label), metric is chosen) for metric in _drawable(published)
    ]


def _window_options(
    published: Published, metric: Metric | None, chosen: str, language: Language
) -> list[Option]:
    windows = _windows(published, metric) if metric else []
    return [Option(window, said(WINDOWS, window, language), window == chosen) for window in windows]


def _roles(published: Published, painter: Painter) -> tuple[Picture | None, str]:
    cells = published.series(ROLES, PULSE)
    if not cells:
        return None, ""
    metric = CATALOG[ROLES]
    newest: list[PublishedValue] = [cell for cell in cells if cell.since == cells[-1].since]
    return painter.stack("roles", metric, cells, published.milestones()), painter.parts_in_words(
        metric, newest
    )


def _dialogue(published: Published, painter: Painter) -> list[Picture]:
    pictures = []
    for key in DIALOGUE:
        lines = [(CATALOG[name], published.series(name, PULSE)) for name in (key, *ALSO.get(key, ()))]
        lines = [(metric, cells) for metric, cells in lines if cells]
        if lines:
            pictures.append(
                painter.trend(f"dialogue-{key}", lines, published.milestones(), sizes=("narrow",), height=190)
            )
    return pictures


def _states(published: Published, painter: Painter) -> Picture | None:
    cells = published.series(ROOM_STATE, PULSE)
    if not cells:
        return None
    return painter.bars("states", CATALOG[ROOM_STATE], [c for c in cells if c.since == cells[-1].since])


def _units(
    published: Published, painter: Painter, chosen: Metric | None, language: Language
) -> Picture | None:
    since = published.latest_period(PULSE, "unit")
    if since is None:
        return None
    metrics = [
        metric for metric in _drawable(published) if (metric.key, "unit", PULSE) in published.available
    ]
    telling = [metric for metric in metrics if (metric.key, "unit", PULSE) in published.shown]
    metric = chosen if chosen in telling else next(iter([*telling, *metrics]), None)
    if metric is None:
        return None
    return painter.dots(
        "units",
        metric,
        published.across("unit", PULSE, since, metrics=[metric.key]),
        language.text("Unit"),
    )


def _coverage(rows: Sequence[PublishedCoverage], language: Language) -> list[CoverageOf]:
    by_source: dict[str, list[PublishedCoverage]] = {}
    for row in rows:
        by_source.setdefault(row.source, []).append(row)
    found = []
    for name, own in by_source.items():
        known = [row.data_until.date() for row in own if row.data_until is not None]
        until = language.day(min(known)) if len(known) == len(own) else ""
        shown = language.text("all sources") if name == "*" else name
        found.append(CoverageOf(shown, until, [_coverage_row(row, language) for row in own]))
    return found


def _coverage_row(row: PublishedCoverage, language: Language) -> CoverageRow:
    missing = [
        language.text("%(reason)s (%(number)s)", reason=gap(reason, language), number=number)
        for reason, number in row.reasons.items()
    ]
    if row.rooms_missing:
        rooms_missing = language.plural(
            "%(number)s room missing", "%(number)s rooms missing", row.rooms_missing
        )
        missing = [rooms_missing, *missing]
    return CoverageRow(
        kind=said(KINDS, row.kind, language),
        share=language.text("not known") if row.share is None else language.percent(row.share),
        percent=None if row.share is None else round(row.share * 100),
        missing="; ".join(missing) or language.text("nothing is missing"),
    )
