"""Every metric in plain words, in the order of the questions it belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from metrics.catalog import CATALOG
from metrics.metric import Direction, Mark, Measure, Metric, Scope, Tier, Window
from service.language import N_, Language
from service.published import Published
from service.web.figures import interval
from service.web.words import why

GROUPS: dict[str, tuple[str, str]] = {
    "taking-part": (N_("Who takes part?"), "active_share"),
    "sharing": (N_("On how many shoulders does it rest?"), "contribution_gini"),
    "answering": (N_("Does anything come back?"), "response_rate"),
    "archive": (N_("Dialogue or archive?"), "interactive_share"),
    "top-down": (N_("From the top, or from below?"), "bottom_up_share"),
    "leading": (N_("Do leaders take part?"), "active_leader_share"),
    "fresh": (N_("Is what stands there still true?"), "stale_share"),
    "rooms": (N_("Do the rooms live?"), "room_state"),
    "network": (N_("Who is connected with whom?"), "connection"),
}
"""The questions in the order of the catalogue, each with the metric it begins with."""
DIRECTIONS = {
    Direction.UP: N_("More is better."),
    Direction.DOWN: N_("Less is better."),
    Direction.NEUTRAL: N_("Neither more nor less is better by itself."),
}
UNITS = {
    Measure.SHARE: N_("A share of the whole, in per cent."),
    Measure.HOURS: N_("Working hours."),
    Measure.DAYS: N_("Days."),
    Measure.RATIO: N_("So many of one for each of the other, from 0 upward."),
    Measure.NUMBER: N_("A number, from 0 upward."),
    Measure.INDEX: N_("An index, from −1 to +1."),
}
SCOPES = {
    Scope.ORGANISATION: N_("for the whole organisation"),
    Scope.ROOM: N_("per room"),
    Scope.UNIT: N_("per unit"),
}
PERIODS = {Window.WEEK: N_("weeks"), Window.DAYS28: N_("28-day periods"), Window.WEEKS26: N_("half-years")}
TIERS = {
    Tier.CONTENT: N_("contents with author and date"),
    Tier.RESPONSES: N_("also replies and reactions with who gave them"),
    Tier.VIEWS: N_("also views"),
    Tier.PEOPLE: N_("also who belongs to which room, unit and level of leadership"),
}
MARKS = {
    Mark.READ: N_("read at the source"),
    Mark.KNOWN: N_("known from the literature"),
    Mark.OWN: N_("our own definition"),
}


@dataclass(frozen=True)
class Entry:
    """One metric. `now` is its newest published value of the organisation, or why there is none."""

    metric: Metric
    read: str
    measured: str
    needs: str
    sources: Sequence[str]
    now: str


@dataclass(frozen=True)
class Group:
    key: str
    question: str
    entries: Sequence[Entry]


def glossary(published: Published, language: Language) -> list[Group]:
    """All metrics there are, also those that were not measured."""
    newest = _newest(published, language)
    groups = _groups()
    return [
        Group(
            group,
            language.text(question),
            [
                _entry(metric, newest.get(key, ""), language)
                for key, metric in CATALOG.items()
                if groups[key] == group
            ],
        )
        for group, (question, _) in GROUPS.items()
    ]


def questions_of_metrics() -> dict[str, str]:
    """Metric -> the question it belongs to, as in `GROUPS`."""
    return {key: GROUPS[group][0] for key, group in _groups().items()}


@cache
def _groups() -> dict[str, str]:
    """Metric -> group."""
    begins = {first: group for group, (_, first) in GROUPS.items()}
    found, group = {}, next(iter(GROUPS))
    for key in CATALOG:
        group = begins.get(key, group)
        found[key] = group
    return found


def _newest(published: Published, language: Language) -> dict[str, str]:
    """Metric -> newest value in words, of 28 days where it has them, else of half a year."""
    told: dict[str, str] = {}
    for window in (Window.WEEKS26.value, Window.DAYS28.value):
        since = published.latest_period(window)
        if since is None:
            continue
        names = [key for key, metric in CATALOG.items() if not metric.categories]
        for cell in published.across("organisation", window, since, metrics=names):
            unit = CATALOG[cell.metric].unit
            period = language.period(cell.since, cell.until)
            if cell.value is not None:
                between = interval(cell, unit, language)
                shown = language.value(cell.value, unit) + (f" ({between})" if between else "")
                told[cell.metric] = f"{shown}, {period}"
            elif cell.metric not in told:
                told[cell.metric] = f"{why(cell, language)}, {period}"
    return told


def _entry(metric: Metric, now: str, language: Language) -> Entry:
    def listed(words: list[str]) -> str:
        return language.listing([language.text(one) for one in words])

    return Entry(
        metric=metric,
        read=f"{language.text(UNITS[metric.unit])} {language.text(DIRECTIONS[metric.direction])}",
        measured=language.text(
            "%(scopes)s; in %(periods)s",
            scopes=listed([SCOPES[scope] for scope in Scope if scope in metric.scopes]),
            periods=listed([PERIODS[window] for window in Window if window in metric.windows]),
        ),
        needs=language.text(TIERS[metric.tier]),
        sources=[f"{one.text} ({language.text(MARKS[one.mark])})" for one in metric.sources],
        now=now,
    )
