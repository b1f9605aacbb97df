"""Dialogue or archive: where people answer each other, and where something is only filed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from metrics.catalog import CATALOG
from metrics.metric import Direction, Metric
from metrics.room_types import ROOM_TYPE
from service.language import N_, Language
from service.models import PublishedValue
from service.published import Published
from service.web.dashboard import PULSE, Option
from service.web.figures import Figure, figures, interval
from service.web.pictures import Painter, Picture
from service.web.rooms import Uses, uses
from service.web.words import WINDOWS, said, why

MEASURES = (
    "response_rate",
    "interactive_share",
    "interactive_share_created",
    "dialogue_share",
    "response_rate_lax",
    "time_to_first_response",
    "reply_ratio",
)
"""By what places can be told apart as dialogue or archive."""
FIGURES = ("dialogue_share", "reaction_only_share", "reply_ratio", "bottom_up_share")
TOP_DOWN = ("response_rate_official", "response_rate_staff", "response_asymmetry", "upward_echo")
PLACES = {"unit": N_("Unit"), "room": N_("Room")}
IN_PLURAL = {"unit": N_("units"), "room": N_("rooms")}


@dataclass(frozen=True)
class Place:
    """A unit or room that shows a value; `key` is '' where there is no page about it."""

    key: str
    name: str
    value: str
    interval: str
    people: str
    percent: int | None


@dataclass(frozen=True)
class Places:
    """`lacking` says how many places show no value and why; `head` is the chosen metric."""

    kind: str
    head: str
    key: str
    period: str
    rows: Sequence[Place]
    lacking: Sequence[str]
    kinds: Sequence[Option]
    metrics: Sequence[Option]
    windows: Sequence[Option]


@dataclass(frozen=True)
class Answers:
    """`used` are the rooms by kind of use, `crossed` the same beside what they are meant for."""

    figures: Sequence[Figure]
    absent: Sequence[str]
    top_down: Sequence[Figure]
    top_down_absent: Sequence[str]
    used: Picture | None
    crossed: Uses | None
    places: Places | None


def answers(published: Published, painter: Painter, language: Language, query: Mapping[str, str]) -> Answers:
    """`query` may choose `place` (unit or room), `metric` and `window` of the list of places."""
    shown, absent = figures(published, FIGURES, PULSE, language)
    top_down, top_down_absent = figures(published, TOP_DOWN, PULSE, language)
    cells = published.series(ROOM_TYPE.key, PULSE)
    newest = [cell for cell in cells if cell.since == cells[-1].since]
    used = painter.bars("used", ROOM_TYPE, newest, language.text("Use")) if newest else None
    return Answers(
        figures=shown,
        absent=absent,
        top_down=top_down,
        top_down_absent=top_down_absent,
        used=used,
        crossed=uses(published, language),
        places=_places(published, language, query),
    )


def _places(published: Published, language: Language, query: Mapping[str, str]) -> Places | None:
    """The newest period of the choice that was published; first what shows a value."""
    offered = sorted(
        (
            (kind, key, window)
            for key, kind, window in published.available
            if kind in PLACES and key in MEASURES and window in {PULSE, "weeks26"}
        ),
        key=lambda one: (
            (one[1], one[0], one[2]) not in published.shown,
            one[2] != PULSE,
            list(PLACES).index(one[0]),
            MEASURES.index(one[1]),
        ),
    )
    if not offered:
        return None
    # Each choice narrows what the next can be; what can not be had beside it falls back to the first.
    left = offered
    for place, name in enumerate(("place", "metric", "window")):
        left = [one for one in left if one[place] == query.get(name)] or left
    kind, key, window = left[0]
    metric = CATALOG[key]
    since = published.latest_period(window, kind)
    cells = published.across(kind, window, since, metrics=[key]) if since else []
    labels = {room.key: room.label for room in published.rooms()} if kind == "room" else {}
    known = [cell for cell in cells if cell.value is not None]
    known.sort(key=lambda cell: cell.value or 0, reverse=metric.direction is not Direction.DOWN)
    reasons = Counter(why(cell, language) for cell in cells if cell.value is None)
    return Places(
        kind=kind,
        head=language.label(metric.label),
        key=key,
        period=language.period(cells[0].since, cells[0].until) if cells else "",
        rows=[_place(cell, metric, labels, language) for cell in known],
        lacking=[
            language.plural(
                "%(number)s place without a value – %(why)s.",
                "%(number)s places without a value – %(why)s.",
                number,
                why=words,
            )
            for words, number in reasons.most_common()
        ],
        kinds=[
            Option(one, language.text(IN_PLURAL[one]), one == kind)
            for one in PLACES
            if any(found[0] == one for found in offered)
        ],
        metrics=[
            Option(one, language.label(CATALOG[one].label), one == key)
            for one in MEASURES
            if any(found[1] == one for found in offered)
        ],
        windows=[
            Option(one, said(WINDOWS, one, language), one == window)
            for one in (PULSE, "weeks26")
            if any(found[2] == one for found in offered)
        ],
    )  # fmt: skip


def _place(cell: PublishedValue, metric: Metric, labels: Mapping[str, str], language: Language) -> Place:
    value = cell.value or 0.0
    return Place(
        key=cell.scope_key if cell.scope_key in labels else "",
        name=labels.get(cell.scope_key, cell.scope_key),
        value=language.value(value, metric.unit),
        interval=interval(cell, metric.unit, language) or "–",
        people="–" if cell.people is None else language.number(cell.people),
        percent=round(100 * value) if metric.unit.value == "share" else None,
    )
