"""Key figures in words: a value, its change, and where it stood before a milestone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from metrics.catalog import CATALOG
from metrics.metric import Direction, Measure, Metric
from service.language import NN_, Language
from service.models import Milestone, PublishedValue
from service.published import Published
from service.web.words import hidden


@dataclass(frozen=True)
class Change:
    """The change against the period before. `tone` is better, worse, same or none."""

    words: str
    tone: str


_PLURALS = {
    (Measure.SHARE, True): NN_("%(number)s percentage point more", "%(number)s percentage points more"),
    (Measure.SHARE, False): NN_("%(number)s percentage point less", "%(number)s percentage points less"),
    (Measure.HOURS, True): NN_("%(number)s hour longer", "%(number)s hours longer"),
    (Measure.HOURS, False): NN_("%(number)s hour shorter", "%(number)s hours shorter"),
    (Measure.DAYS, True): NN_("%(number)s day longer", "%(number)s days longer"),
    (Measure.DAYS, False): NN_("%(number)s day shorter", "%(number)s days shorter"),
}
"""A difference in a unit, and whether it is positive, in words: one, and several."""


@dataclass(frozen=True)
class Figure:
    """`value` is None where nothing may or can be shown; `hidden` then says why."""

    key: str
    label: str
    meaning: str
    value: str | None
    hidden: str
    last: str
    interval: str
    change: Change
    before: str


def figure(
    metric: Metric,
    cells: Sequence[PublishedValue],
    milestones: Sequence[Milestone],
    language: Language,
    newest: date | None = None,
) -> Figure | None:
    """The figure of the period that begins on `newest` (by default the last of `cells`, oldest first).

    None where there is no cell at all; a metric without a cell of that period is not measured in it.
    """
    if not cells:
        return None
    now = cells[-1] if newest in {None, cells[-1].since} else None
    earlier = next((cell for cell in reversed(cells) if now is not None and cell.until == now.since), None)
    value = None if now is None else now.value
    return Figure(
        key=metric.key,
        label=language.label(metric.label),
        meaning=language.label(metric.meaning),
        value=None if value is None else language.value(value, metric.unit),
        hidden=hidden(now, language),
        last="" if value is not None else _last(metric, cells, language),
        interval=interval(now, metric.unit, language),
        change=change(metric, now, earlier, language),
        before=_before(metric, cells, milestones, language),
    )


def interval(cell: PublishedValue | None, unit: Measure, language: Language) -> str:
    """The range in which the value lies given chance, or '' where the publication gives none."""
    if cell is None or cell.state != "published" or cell.low is None or cell.high is None:
        return ""
    return language.text(
        "%(low)s to %(high)s", low=language.value(cell.low, unit), high=language.value(cell.high, unit)
    )


def change(
    metric: Metric, now: PublishedValue | None, earlier: PublishedValue | None, language: Language
) -> Change:
    """The difference to the period just before, in plain words; overlapping intervals are called alike."""
    if now is None or now.value is None:
        return Change("", "none")
    if earlier is None:
        return Change(language.text("no earlier 28 days to compare with"), "none")
    if earlier.value is None:
        why = hidden(earlier, language)
        return Change(language.text("no comparison with the 28 days before: %(why)s", why=why), "none")
    difference = now.value - earlier.value
    if round(_scaled(difference, metric.unit), 1) == 0:
        return Change(language.text("unchanged against the 28 days before"), "same")
    more = _more(_scaled(difference, metric.unit), metric.unit, language)
    if _alike(now, earlier):
        words = language.text("about the same: %(difference)s, which may be chance", difference=more)
        return Change(words, "same")
    words = language.text("%(difference)s than in the 28 days before", difference=more)
    return Change(words, _tone(difference, metric.direction) if _certain(now, earlier) else "none")


def _tone(difference: float, wanted: Direction) -> str:
    if wanted is Direction.NEUTRAL:
        return "none"
    return "better" if (difference > 0) == (wanted is Direction.UP) else "worse"


def _scaled(difference: float, unit: Measure) -> float:
    """A difference of shares in percentage points."""
    return difference * 100 if unit is Measure.SHARE else difference


def _more(difference: float, unit: Measure, language: Language) -> str:
    words = _PLURALS.get((unit, difference > 0))
    if words is not None:
        return language.plural(*words, abs(difference))
    number = language.value(abs(difference), unit).lstrip("+")
    if difference > 0:
        return language.text("%(number)s more", number=number)
    return language.text("%(number)s less", number=number)


def _alike(now: PublishedValue, earlier: PublishedValue) -> bool:
    if now.low is None or now.high is None or earlier.low is None or earlier.high is None:
        return False
    return now.low <= earlier.high and earlier.low <= now.high


def _certain(now: PublishedValue, earlier: PublishedValue) -> bool:
    """Only where intervals stand apart is a change called better or worse; without intervals it may be chance."""
    return now.low is not None and earlier.low is not None and not _alike(now, earlier)


def _last(metric: Metric, cells: Sequence[PublishedValue], language: Language) -> str:
    """The newest value there is, for a figure whose newest period has none."""
    known = next((cell for cell in reversed(cells) if cell.value is not None), None)
    if known is None or known.value is None:
        return ""
    return language.text(
        "last known: %(value)s (%(period)s)",
        value=language.value(known.value, metric.unit),
        period=language.period(known.since, known.until),
    )


def _before(
    metric: Metric, cells: Sequence[PublishedValue], milestones: Sequence[Milestone], language: Language
) -> str:
    """The last value wholly before the newest milestone the data reach back over."""
    for milestone in sorted(milestones, key=lambda m: m.day, reverse=True):
        past = [cell for cell in cells if cell.until <= milestone.day]
        if not past or milestone.day > cells[-1].since:
            continue
        name = milestone.label_de if language.code == "de" else milestone.label_en
        cell = past[-1]
        known = language.value(cell.value, metric.unit) if cell.value is not None else hidden(cell, language)
        return language.text("before “%(milestone)s”: %(value)s", milestone=name, value=known)
    return ""


def figures(
    published: Published, keys: Sequence[str], window: str, language: Language
) -> tuple[list[Figure], list[str]]:
    """The figures of the whole organisation by key, and the labels of those nothing was published of."""
    milestones, newest = published.milestones(), published.latest_period(window)
    found, absent = [], []
    for key in keys:
        shown = figure(CATALOG[key], published.series(key, window), milestones, language, newest)
        if shown is None:
            absent.append(language.label(CATALOG[key].label))
        else:
            found.append(shown)
    return found, absent
