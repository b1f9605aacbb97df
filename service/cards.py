"""The cards there are for other pages, what they are called, and what can be chosen for each."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from metrics.catalog import CATALOG
from metrics.metric import Label, Metric, Scope, Window
from service.errors import Invalid
from service.published import Published


class Kind(StrEnum):
    """What a card shows. The names stand in addresses and never change their meaning."""

    FIGURE = "figure"  # one key figure of the latest full 28 days, with its change
    TREND = "trend"  # one metric over time, with milestones
    ROOMS = "rooms"  # how many rooms are active, dormant, …
    MATURITY = "maturity"  # the profile over the dimensions
    DIALOGUE = (
        "dialogue"  # whether anything comes back: share of conversations, response rate, time to a response
    )
    FINDINGS = "findings"  # the weightiest findings


KINDS = {
    Kind.FIGURE: Label(de="Kennzahl", en="Key figure"),
    Kind.TREND: Label(de="Verlauf mit Meilensteinen", en="Trend with milestones"),
    Kind.ROOMS: Label(de="Räume nach Zustand", en="Rooms by state"),
    Kind.MATURITY: Label(de="Reifegradprofil", en="Maturity profile"),
    Kind.DIALOGUE: Label(de="Dialog", en="Dialogue"),
    Kind.FINDINGS: Label(de="Wichtigste Befunde", en="Top findings"),
}
"""What they are called."""

OF_A_METRIC = frozenset({Kind.FIGURE, Kind.TREND})
"""Cards for which a metric is chosen, of the organisation or of one room."""


@dataclass(frozen=True)
class Choices:
    """`room` is the key of a published room, '' for the whole organisation. All are '' for cards without a choice."""

    metric: str = ""
    room: str = ""
    window: str = ""

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Choices":
        return cls(**{name: str(stored.get(name) or "") for name in ("metric", "room", "window")})

    def stored(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value}


def metrics_of(kind: Kind, *, room: bool) -> list[Metric]:
    """The metrics a card can show: with one value per period, of a room only those that are measured of rooms."""
    scope = Scope.ROOM if room else Scope.ORGANISATION
    return [
        metric
        for metric in CATALOG.values()
        if not metric.categories
        and scope in metric.scopes
        and (kind is not Kind.FIGURE or Window.DAYS28 in metric.windows)
    ]


def windows_of(kind: Kind, metric: Metric) -> list[Window]:
    """A key figure is always that of 28 days, because its change is told against the 28 days before."""
    wanted = (Window.DAYS28,) if kind is Kind.FIGURE else (Window.DAYS28, Window.WEEK, Window.WEEKS26)
    return [window for window in wanted if window in metric.windows]


def chosen(kind: Kind, given: Choices, published: Published | None) -> Choices:
    """The choices as they are kept. Raises `Invalid` for what this card can not show, with what it can."""
    if kind not in OF_A_METRIC:
        if given != Choices():
            raise Invalid(f"the card {kind} has nothing to choose: leave metric, room and window out")
        return Choices()
    possible = {metric.key: metric for metric in metrics_of(kind, room=bool(given.room))}
    if given.metric not in possible:
        raise Invalid(
            f"the card {kind} can not show the metric {given.metric!r}; it can show: {', '.join(possible)}"
        )
    if given.room and (published is None or not published.holds(given.room)):
        raise Invalid(
            "there is no such room in the current publication: `resonanz room list` names the rooms"
        )
    windows = windows_of(kind, possible[given.metric])
    window = given.window or windows[0]
    if window not in windows:
        raise Invalid(f"of {given.metric} the card {kind} can show: {', '.join(windows)}")
    return Choices(given.metric, given.room, str(window))
