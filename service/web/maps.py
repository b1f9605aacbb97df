"""The field of units over time, and the map of rooms, each with its table."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from metrics.metric import Measure, Metric
from service.language import Language
from service.models import PublishedRoom, PublishedValue
from service.web import charts, map_charts
from service.web.pictures import Painter, Picture, Table
from service.web.words import briefly, why

MOST_PLACES, MOST_ROOMS = 30, 100
"""Drawn at most, so that a page stays light and a chart can be read."""


def heat(
    painter: Painter, name: str, metric: Metric, cells: Sequence[PublishedValue], heading: str
) -> Picture:
    """A metric of places (`heading` says of which kind) over periods; hidden and unknown cells are told apart."""
    language = painter.language
    cells, left_out = _from_first_known(cells)
    places, more = _most_telling(cells)
    cells = [cell for cell in cells if cell.scope_key in set(places)]
    periods = sorted({(cell.since, cell.until) for cell in cells})
    found = {(cell.scope_key, cell.since): cell for cell in cells}
    values = sorted({cell.value for cell in cells if cell.value is not None})
    edges = _edges(values) if values else []
    steps = _steps(edges, metric.unit, language)
    tiles = []
    for row, place in enumerate(places):
        for column, (since, until) in enumerate(periods):
            cell = found.get((place, since))
            told = _told(cell, metric.unit, language)
            tiles.append(
                map_charts.Tile(
                    row,
                    column,
                    None if cell is None or cell.value is None else _step(cell.value, edges),
                    cell is not None and cell.state == "suppressed",
                    "" if cell is None or cell.value is None else _brief(cell.value, metric.unit, language),
                    f"{place}, {language.period(since, until)}: {told}",
                )
            )
    title = language.label(metric.label)
    newest_first = list(reversed(periods))
    table = Table(
        title,
        [heading, *(language.text("from %(day)s", day=language.day(since)) for since, _ in newest_first)],
        [
            [
                place,
                *(_told(found.get((place, since)), metric.unit, language) for since, _ in newest_first),
            ]
            for place in places
        ],
    )
    notes = _reasons(cells, language)
    if left_out:
        notes.append(
            language.plural(
                "%(number)s earlier period is left out: nothing is known of any place in it.",
                "%(number)s earlier periods are left out: nothing is known of any place in them.",
                left_out,
            )
        )
    if more:
        notes.append(
            language.plural(
                "%(number)s place with fewer values is left out.",
                "%(number)s places with fewer values are left out.",
                more,
            )
        )
    if not values:
        return painter.picture(metric, (), table, notes)
    description = language.text(
        "%(places)s over %(periods)s periods. Lowest %(low)s, highest %(high)s. %(notes)s",
        places=language.number(len(places)),
        periods=language.number(len(periods)),
        low=language.value(values[0], metric.unit),
        high=language.value(values[-1], metric.unit),
        notes=" ".join(notes),
    )

    def draw(size: str) -> dict[str, Any]:
        every = max(1, -(-len(periods) // (5 if size == charts.WIDE else 2)))
        named = [
            language.day(since) if (len(periods) - 1 - place) % every == every // 2 else ""
            for place, (since, _) in enumerate(periods)
        ]
        return map_charts.heat(tiles, places, named, steps, size=size)

    drawings = painter.draw(
        draw,
        (charts.WIDE, charts.NARROW),
        name=name,
        title=title,
        description=description,
        subject=cells[0].window,
    )
    return painter.picture(metric, drawings, table, notes)


def _from_first_known(cells: Sequence[PublishedValue]) -> tuple[Sequence[PublishedValue], int]:
    """The cells from the first period on in which any is known, and how many periods there are before it."""
    known = [cell.since for cell in cells if cell.state != "unknown"]
    if not known:
        return cells, 0
    first = min(known)
    return [cell for cell in cells if cell.since >= first], len({c.since for c in cells if c.since < first})


def _most_telling(cells: Sequence[PublishedValue]) -> tuple[list[str], int]:
    """The places with most values, by name, and how many more there are."""
    values = Counter({cell.scope_key: 0 for cell in cells})
    values.update(cell.scope_key for cell in cells if cell.value is not None)
    kept = sorted(values, key=lambda key: (-values[key], key.casefold(), key))[:MOST_PLACES]
    return sorted(kept, key=lambda key: (key.casefold(), key)), len(values) - len(kept)


def _told(cell: PublishedValue | None, unit: Measure, language: Language) -> str:
    """The value, or in a word or two why there is none; the whole reasons stand beneath."""
    if cell is None or cell.value is None:
        return briefly(cell, language)
    return language.value(cell.value, unit)


def _edges(values: Sequence[float]) -> list[float]:
    """The ends of five ranges of about equal width between the lowest and the highest value; of one where they are too near."""
    low, high = values[0], values[-1]
    width = (high - low) / map_charts.STEPS
    edges = [round(low + width * number, 2) for number in range(map_charts.STEPS + 1)]
    return edges if len(set(edges)) == len(edges) else [low, high]


def _steps(edges: Sequence[float], unit: Measure, language: Language) -> list[str]:
    between = language.text("%(low)s to %(high)s") if unit is Measure.INDEX else "%(low)s–%(high)s"
    return [
        between % {"low": _brief(low, unit, language), "high": language.value(high, unit)}
        for low, high in pairwise(edges)
    ]


def _step(value: float, edges: Sequence[float]) -> int:
    return min(max(0, bisect_right(edges, value) - 1), len(edges) - 2)


def _brief(value: float, unit: Measure, language: Language) -> str:
    """The number alone, in per cent for a share."""
    match unit:
        case Measure.SHARE:
            return language.number(round(100 * value, 1))
        case Measure.INDEX:
            return language.signed(value)
        case _:
            return language.number(round(value, 1))


def _reasons(cells: Sequence[PublishedValue], language: Language) -> list[str]:
    """How many cells show no value, by reason."""
    hidden = Counter(why(cell, language) for cell in cells if cell.state == "suppressed")
    unknown = Counter(why(cell, language) for cell in cells if cell.state == "unknown")
    return [
        *(
            language.plural("Hatched, %(number)s field: %(why)s.", "Hatched, %(number)s fields: %(why)s.", n, why=w)
            for w, n in hidden.most_common()
        ),
        *(
            language.plural(
                "With a point, %(number)s field: %(why)s.", "With a point, %(number)s fields: %(why)s.", n, why=w
            )
            for w, n in unknown.most_common()
        ),
    ]  # fmt: skip


@dataclass(frozen=True)
class RoomSeen:
    """A room that may stand on the map: its newest cell of the metric, and its state."""

    room: PublishedRoom
    cell: PublishedValue
    state: str


def room_map(
    painter: Painter,
    metric: Metric,
    seen: Sequence[RoomSeen],
    others: Mapping[str, int],
) -> Picture:
    """Rooms by how many people belong to them and by `metric`; `others` counts by reason those without a value.

    The table has the numbers of the map.
    """
    language, unit = painter.language, metric.unit
    largest = sorted(seen, key=lambda one: (-(one.cell.people or 0), one.room.label, one.room.key))
    ordered = sorted(
        largest[:MOST_ROOMS],
        key=lambda one: (-(one.cell.value or 0), one.room.label.casefold(), one.room.key),
    )
    states = [state for state, _ in Counter(one.state for one in ordered).most_common()]
    kept = states[: len(map_charts.SHAPES)]
    rest = language.text("other")
    if len(states) > len(kept):
        kept[-1] = rest
    spots, rows = [], []
    for number, one in enumerate(ordered, 1):
        value, people = one.cell.value or 0.0, one.cell.people or 0
        shown = language.value(value, unit)
        crowd = language.plural("%(number)s person", "%(number)s people", people)
        state = one.state if one.state in kept else rest
        spots.append(
            map_charts.Spot(number, people, value, state, f"{one.room.label}: {shown}, {crowd}, {one.state}")
        )
        rows.append([f"{number}. {one.room.label}", shown, language.number(people), one.state])
    title = language.label(metric.label)
    table = Table(
        title,
        [language.text("Room"), title, language.text("People, rounded"), language.text("State")],
        rows,
    )
    notes = [
        language.plural(
            "%(number)s room is not on the map – %(why)s.",
            "%(number)s rooms are not on the map – %(why)s.",
            number,
            why=words,
        )
        for words, number in others.items()
    ]
    if len(seen) > len(ordered):
        notes.append(
            language.plural(
                "%(number)s smaller room is on the list only.",
                "%(number)s smaller rooms are on the list only.",
                len(seen) - len(ordered),
            )
        )
    if not spots:
        return painter.picture(metric, (), table, notes)
    description = language.text(
        "Rooms: %(number)s. Highest: %(first)s. Lowest: %(last)s.",
        number=language.number(len(spots)),
        first=spots[0].spoken,
        last=spots[-1].spoken,
    )
    drawings = painter.draw(
        lambda size: map_charts.room_map(spots, unit, kept, size=size),
        (charts.WIDE, charts.NARROW),
        name="room-map",
        title=title,
        description=description,
    )
    return painter.picture(metric, drawings, table, notes)
