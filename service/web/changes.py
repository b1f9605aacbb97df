"""Before and after a milestone, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from metrics.interrupted import FEWEST, SETTLING, Change, Doubt, Verdict
from metrics.metric import Direction, Measure, Metric
from service.language import N_, Language
from service.milestones import changes
from service.models import Milestone
from service.published import Published

DOUBTS = {
    Doubt.TOO_FEW_BEFORE: N_("too few weeks before are known"),
    Doubt.TOO_FEW_AFTER: N_("too few weeks after are known"),
    Doubt.GAPS: N_("too many weeks in between are not known"),
    Doubt.NO_COMPARISON: N_("too few weeks of the rooms to compare with are known"),
    Doubt.OTHER_EVENT: N_("another event lies in the weeks looked at"),
    Doubt.ANYWHERE: N_("the values break as much where nothing happened"),
    Doubt.UNCERTAIN: N_("the weeks differ too much to tell a change from chance"),
}


@dataclass(frozen=True)
class ChangeRow:
    """`tone` is better, worse or none."""

    label: str
    before: str
    after: str
    words: str
    tone: str


@dataclass(frozen=True)
class BeforeAndAfter:
    """`before` and `after` are the numbers of weeks on either side that are known at most."""

    milestone: str
    day: date
    rows: Sequence[ChangeRow]


def before_and_after(published: Published, language: Language) -> BeforeAndAfter | None:
    """What is said of the newest milestone that has weeks after it to look at; None where there is none."""
    until = published.run.data_until
    fit = timedelta(weeks=FEWEST + SETTLING)
    past = [one for one in published.milestones() if one.day + fit <= until]
    if not past:
        return None
    milestone = past[-1]
    found = changes(published.db, published.organisation, published.run, milestone)
    rows = [
        _row(one.metric, one.change, language)
        for one in found
        if one.change.weeks_before or one.change.weeks_after
    ]
    return BeforeAndAfter(_name(milestone, language), milestone.day, rows) if rows else None


def _name(milestone: Milestone, language: Language) -> str:
    return milestone.label_de if language.code == "de" else milestone.label_en


def _row(metric: Metric, change: Change, language: Language) -> ChangeRow:
    def shown(value: float | None) -> str:
        return "–" if value is None else language.value(value, metric.unit)

    return ChangeRow(
        language.label(metric.label),
        shown(change.before),
        shown(change.after),
        _words(metric, change, language),
        _tone(metric, change),
    )


def _words(metric: Metric, change: Change, language: Language) -> str:
    if change.verdict is Verdict.NOT_DECIDABLE:
        why = language.listing([language.text(DOUBTS[doubt]) for doubt in change.doubts])
        return language.text("not decidable: %(why)s", why=why)
    if change.verdict is Verdict.UNCHANGED:
        return language.text("no change that would matter")
    low, high = sorted(abs(end or 0.0) for end in (change.low, change.high))
    if metric.unit is Measure.SHARE:
        points = language.plural("%(number)s percentage point", "%(number)s percentage points", 100 * high)
        between = {"low": language.number(100 * low), "high": points}
    else:
        between = {"low": language.value(low, metric.unit), "high": language.value(high, metric.unit)}
    if change.verdict is Verdict.ROSE:
        return language.text("higher than the weeks before let expect, by %(low)s to %(high)s", **between)
    return language.text("lower than the weeks before let expect, by %(low)s to %(high)s", **between)


def _tone(metric: Metric, change: Change) -> str:
    if change.verdict not in {Verdict.ROSE, Verdict.FELL} or metric.direction is Direction.NEUTRAL:
        return "none"
    return "better" if (change.verdict is Verdict.ROSE) == (metric.direction is Direction.UP) else "worse"
