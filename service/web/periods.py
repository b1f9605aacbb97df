"""Two published periods side by side: what differs by more than rounding, and by more than chance, can explain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from metrics.catalog import CATALOG
from metrics.metric import Direction, Measure, Metric
from service.language import NN_, Language
from service.models import PublishedValue
from service.publication.measured import Nature
from service.publication.publish import form
from service.published import Published
from service.web.dashboard import KEY_FIGURES, PULSE, Option
from service.web.figures import interval
from service.web.words import WINDOWS, hidden, said, why

WINDOWS_IN_ORDER = (PULSE, "week", "weeks26")
POINTS = NN_("%(sign)s%(number)s percentage point", "%(sign)s%(number)s percentage points")


@dataclass(frozen=True)
class Side:
    """One of the two values: in words, or why there is none."""

    words: str
    interval: str
    hidden: bool


@dataclass(frozen=True)
class Line:
    """`tone` is better, worse, same or none."""

    key: str
    label: str
    first: Side
    second: Side
    difference: str
    words: str
    tone: str


@dataclass(frozen=True)
class TwoPeriods:
    """`first` and `second` are the periods in words, the earlier first; `others` are all metrics but the key figures."""

    windows: Sequence[Option]
    units: Sequence[Option]
    firsts: Sequence[Option]
    seconds: Sequence[Option]
    first: str
    second: str
    same: bool
    unit: str
    lines: Sequence[Line]
    others: Sequence[Line]


def two_periods(published: Published, language: Language, query: Mapping[str, str]) -> TwoPeriods | None:
    """`query` may choose `window`, `unit` and the days on which the two periods begin; None where no period was published.

    Without a choice the newest period stands beside the last one wholly before the newest milestone, or beside the one before.
    """
    offered = [window for window in WINDOWS_IN_ORDER if published.periods(window)]
    if not offered:
        return None
    window = query.get("window", "") if query.get("window", "") in offered else offered[0]
    periods = published.periods(window)
    begins = {since.isoformat(): (since, until) for since, until in periods}
    second = begins.get(query.get("second", ""), periods[0])
    first = begins.get(query.get("first", ""), _before(published, periods, second))
    first, second = sorted((first, second))
    units = published.places("unit", KEY_FIGURES[0], window) or published.places(
        "unit", KEY_FIGURES[1], window
    )
    unit = query.get("unit", "") if query.get("unit", "") in units else ""
    pair = (first[0], second[0])
    found = _lines(published, language, window, unit, pair)

    def options(chosen: tuple[date, date]) -> list[Option]:
        return [
            Option(since.isoformat(), language.period(since, until), (since, until) == chosen)
            for since, until in periods
        ]

    return TwoPeriods(
        windows=[Option(name, said(WINDOWS, name, language), name == window) for name in offered],
        units=[Option(key, key, key == unit) for key in units],
        firsts=options(first),
        seconds=options(second),
        first=language.period(*first),
        second=language.period(*second),
        same=first == second,
        unit=unit,
        lines=[line for line in found if line.key in KEY_FIGURES],
        others=[line for line in found if line.key not in KEY_FIGURES],
    )


def _before(
    published: Published, periods: Sequence[tuple[date, date]], second: tuple[date, date]
) -> tuple[date, date]:
    earlier = [period for period in periods if period[1] <= second[0]]
    for milestone in reversed(published.milestones()):
        past = [period for period in earlier if period[1] <= milestone.day]
        if past and milestone.day <= second[0]:
            return past[0]
    return earlier[0] if earlier else second


def _lines(
    published: Published, language: Language, window: str, unit: str, pair: tuple[date, date]
) -> list[Line]:
    scope = "unit" if unit else "organisation"
    keys = [key for key in (*KEY_FIGURES, *CATALOG) if (key, scope, window) in published.available]
    metrics = [CATALOG[key] for key in dict.fromkeys(keys) if not CATALOG[key].categories]
    names = [metric.key for metric in metrics]
    first, second = (
        {cell.metric: cell for cell in published.across(scope, window, since, metrics=names, keys=[unit])}
        for since in pair
    )
    return [
        line(metric, first.get(metric.key), second.get(metric.key), published.run.minimum_group, language)
        for metric in metrics
        if metric.key in first or metric.key in second
    ]


def slack(cell: PublishedValue, metric: Metric, minimum_group: int) -> float:
    """How far a shown value can lie from the counted one by the rules of telling alone, in the metric's unit.

    Half a step of the last digit; of a share of people also fewer than the minimum group, since what is told stays until the count
    is that far from it (the group itself is told to the nearest five).
    """
    rule = form(metric)
    half = rule.step / 2
    if rule.nature is Nature.PERSONS and cell.people and cell.people > 2:
        half += minimum_group / (cell.people - 2)
    return half


def line(
    metric: Metric,
    first: PublishedValue | None,
    second: PublishedValue | None,
    minimum_group: int,
    language: Language,
) -> Line:
    """One metric in both periods, with what can be said of the difference."""
    difference, words, tone = "–", "", "none"
    if first is None or first.value is None:
        words = language.text("not decidable, the earlier value: %(why)s", why=why(first, language))
    elif second is None or second.value is None:
        words = language.text("not decidable, the later value: %(why)s", why=why(second, language))
    else:
        apart = second.value - first.value
        difference = _signed(apart, metric, language)
        if abs(apart) <= slack(first, metric, minimum_group) + slack(second, metric, minimum_group) + 1e-9:
            words, tone = language.text("no more than rounding can explain"), "same"
        else:
            words, tone = _beyond_rounding(metric, first, second, apart, language)
    return Line(
        metric.key,
        language.label(metric.label),
        _side(first, metric, language),
        _side(second, metric, language),
        difference,
        words,
        tone,
    )


def _side(cell: PublishedValue | None, metric: Metric, language: Language) -> Side:
    if cell is None or cell.value is None:
        return Side(hidden(cell, language), "", True)
    return Side(language.value(cell.value, metric.unit), interval(cell, metric.unit, language), False)


def _signed(apart: float, metric: Metric, language: Language) -> str:
    sign = "+" if apart > 0 else "−" if apart < 0 else ""
    if metric.unit is Measure.SHARE:
        return language.plural(*POINTS, abs(apart) * 100, sign=sign)
    return f"{sign}{language.value(abs(apart), metric.unit).lstrip('+')}"


def _beyond_rounding(
    metric: Metric, first: PublishedValue, second: PublishedValue, apart: float, language: Language
) -> tuple[str, str]:
    """What chance can explain of it, in words, and the tone; without intervals that is not known."""
    if first.low is None or first.high is None or second.low is None or second.high is None:
        return language.text("more than rounding can explain; how much is chance is not known"), "none"
    if first.low <= second.high and second.low <= first.high:
        return language.text("more than rounding can explain, but it may be chance"), "none"
    words = language.text("more than rounding and chance can explain")
    if metric.direction is Direction.NEUTRAL:
        return words, "none"
    return words, "better" if (apart > 0) == (metric.direction is Direction.UP) else "worse"
