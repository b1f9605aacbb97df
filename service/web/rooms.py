"""The rooms: the table of all with filters and order, the map of those that show a value, and what they are used for."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from metrics.catalog import CATALOG
from metrics.metric import Label, Metric
from metrics.room_rules import TYPES
from metrics.room_types import ROOM_TYPE
from service.language import Language
from service.models import PublishedRoom, PublishedValue
from service.published import Published
from service.web.maps import RoomSeen, room_map
from service.web.pictures import Painter, Picture
from service.web.words import PURPOSES, briefly, hidden, said, why

FIGURES = ("active_share", "contributor_share", "response_rate", "interactive_share")
ON_THE_MAP = (*FIGURES, "interactive_share_created", "dialogue_share", "open_surface")
"""What the map of rooms can show upward, where rooms have a value of it."""
ROOM_STATE, PULSE = "room_state", "days28"
PER_PAGE = 25
LONGEST = 80


@dataclass(frozen=True)
class RoomsAsked:
    """What a reader asked for: a state, a purpose, a use, letters of the name ('' for all), an order, a page from 1."""

    state: str = ""
    purpose: str = ""
    use: str = ""
    name: str = ""
    order: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "RoomsAsked":
        page = query.get("page", "1")
        return cls(
            query.get("state", ""),
            query.get("purpose", ""),
            query.get("use", ""),
            query.get("name", "").strip()[:LONGEST],
            query.get("order", ""),
            int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
        )


@dataclass(frozen=True)
class Shown:
    """A value in words, or (`hidden`) why there is none."""

    words: str
    hidden: bool
    why: str = ""


@dataclass(frozen=True)
class RoomRow:
    key: str
    label: str
    purpose: str
    use: str
    state: str
    state_key: str
    cells: Sequence[Shown]


@dataclass(frozen=True)
class Rooms:
    """One page of the table. `total` counts the rooms that match; `reasons` say in full why cells show no value."""

    rows: Sequence[RoomRow]
    heads: Sequence[str]
    reasons: Sequence[str]
    total: int
    of: int
    page: int
    pages: int
    states: Sequence[tuple[str, str]]
    purposes: Sequence[tuple[str, str]]
    uses: Sequence[tuple[str, str]]
    orders: Sequence[tuple[str, str]]
    asked: RoomsAsked


@dataclass(frozen=True)
class Uses:
    """Rooms by what they are meant for (rows) and what they are used for (columns of `heads`): how many."""

    heads: Sequence[str]
    rows: Sequence[tuple[str, Sequence[int]]]


class Newest:
    """The rooms of one publication with the published cells of their newest 28 days."""

    def __init__(self, published: Published) -> None:
        self.published = published
        self.since = published.latest_period(PULSE, "room")
        self.rooms = published.rooms()
        self.states = self._single(ROOM_STATE)
        self.types = self._single(ROOM_TYPE.key)

    def _single(self, metric: str) -> dict[str, PublishedValue]:
        """Of a partition in which exactly one part holds for a room, that part."""
        found: dict[str, PublishedValue] = {}
        if self.since is not None:
            for cell in self.published.across("room", PULSE, self.since, metrics=[metric]):
                if cell.value or cell.scope_key not in found:
                    found[cell.scope_key] = cell
        return found

    def cells(self, metrics: Sequence[str]) -> dict[tuple[str, str], PublishedValue]:
        """By room and metric."""
        if self.since is None or not metrics:
            return {}
        cells = self.published.across("room", PULSE, self.since, metrics=metrics)
        return {(cell.scope_key, cell.metric): cell for cell in cells}

    def telling(self, metrics: Sequence[str]) -> list[Metric]:
        """Those of which at least one room shows a value in the newest period."""
        shown = {key for (_, key), cell in self.cells(metrics).items() if cell.value is not None}
        return [CATALOG[key] for key in metrics if key in shown]


def rooms(published: Published, language: Language, asked: RoomsAsked) -> Rooms:
    newest = Newest(published)
    states, types = newest.states, newest.types
    matching = [
        room
        for room in newest.rooms
        if asked.state in {"", _key(states.get(room.key))}
        and asked.purpose in {"", room.purpose or "undeclared"}
        and asked.use in {"", _key(types.get(room.key))}
        and asked.name.casefold() in room.label.casefold()
    ]
    metrics = [CATALOG[key] for key in FIGURES if (key, "room", PULSE) in published.shown]
    found = newest.cells([metric.key for metric in metrics])
    matching = _ordered(matching, asked.order, found)
    pages = max(1, -(-len(matching) // PER_PAGE))
    page = min(max(1, asked.page), pages)
    rows = [
        RoomRow(
            room.key,
            room.label,
            purpose(room, language),
            use(types.get(room.key), language),
            state(states.get(room.key), language),
            _key(states.get(room.key)),
            [_shown(found.get((room.key, metric.key)), metric, language) for metric in metrics],
        )
        for room in matching[(page - 1) * PER_PAGE : page * PER_PAGE]
    ]
    return Rooms(
        rows=rows,
        heads=[language.label(metric.label) for metric in metrics],
        reasons=sorted({cell.why for row in rows for cell in row.cells if cell.why}),
        total=len(matching),
        of=len(newest.rooms),
        page=page,
        pages=pages,
        states=_present(newest.rooms, states, CATALOG[ROOM_STATE].categories, language),
        purposes=_purposes_present(newest.rooms, language),
        uses=_present(newest.rooms, types, TYPES, language),
        orders=[("", language.text("Name")), *((m.key, language.label(m.label)) for m in metrics)],
        asked=asked,
    )


def vitality(
    published: Published, painter: Painter, chosen: str
) -> tuple[Picture | None, Sequence[tuple[str, str]], str]:
    """The map of rooms by size and the metric `chosen` (or the first that tells something), the choices, and the choice."""
    newest, language = Newest(published), painter.language
    metrics = newest.telling(ON_THE_MAP)
    if not metrics:
        return None, (), ""
    metric = next((one for one in metrics if one.key == chosen), metrics[0])
    cells = newest.cells([metric.key])
    seen, others = [], Counter[str]()
    for room in newest.rooms:
        cell = cells.get((room.key, metric.key))
        if cell is None or cell.value is None or not cell.people:
            others[why(cell, language) or language.text("it is not told how many people belong to it")] += 1
        else:
            seen.append(RoomSeen(room, cell, state(newest.states.get(room.key), language)))
    picture = room_map(painter, metric, seen, dict(others.most_common()))
    return picture, [(one.key, language.label(one.label)) for one in metrics], metric.key


def uses(published: Published, language: Language) -> Uses | None:
    """What rooms are meant for, beside what they are used for; None where no use was measured."""
    newest = Newest(published)
    if not newest.types:
        return None
    keys = [*TYPES, "none"]
    counts = Counter((room.purpose, _key(newest.types.get(room.key))) for room in newest.rooms)
    heads = [*(language.label(label) for label in TYPES.values()), language.text("not told")]
    purposes = dict.fromkeys([*PURPOSES, *sorted({p for p, _ in counts if p}), None])
    rows = [
        (
            said(PURPOSES, kind, language) if kind else language.text("not declared"),
            [counts[kind, key] for key in keys],
        )
        for kind in purposes
    ]
    return Uses(heads, [row for row in rows if any(row[1])])


def _ordered(
    matching: list[PublishedRoom], order: str, found: Mapping[tuple[str, str], PublishedValue]
) -> list[PublishedRoom]:
    """By the value of a metric, the highest first, rooms without one last; else by name, as they come."""
    if order not in FIGURES:
        return matching

    def place(room: PublishedRoom) -> tuple[bool, float]:
        cell = found.get((room.key, order))
        return (True, 0.0) if cell is None or cell.value is None else (False, -cell.value)

    return sorted(matching, key=place)


def purpose(room: PublishedRoom, language: Language) -> str:
    return said(PURPOSES, room.purpose, language) if room.purpose else language.text("not declared")


def state(cell: PublishedValue | None, language: Language) -> str:
    """The label of a room's state, or why there is none."""
    if cell is None or cell.value is None:
        return hidden(cell, language)
    label = CATALOG[ROOM_STATE].categories.get(cell.category)
    return language.label(label) if label else cell.category


def use(cell: PublishedValue | None, language: Language) -> str:
    """What a room is used for, briefly; '' where that is not told."""
    if cell is None or not cell.value or cell.category not in TYPES:
        return ""
    return language.label(TYPES[cell.category])


def _shown(cell: PublishedValue | None, metric: Metric, language: Language) -> Shown:
    if cell is None or cell.value is None:
        return Shown(briefly(cell, language), True, why(cell, language))
    return Shown(language.value(cell.value, metric.unit), False)


def _key(cell: PublishedValue | None) -> str:
    return cell.category if cell is not None and cell.value else "none"


def _present(
    everything: Sequence[PublishedRoom],
    cells: Mapping[str, PublishedValue],
    labels: Mapping[str, Label],
    language: Language,
) -> list[tuple[str, str]]:
    """The parts there are rooms of, in their order, then those of which it is not known."""
    present = {_key(cells.get(room.key)) for room in everything}
    found = [(key, language.label(label)) for key, label in labels.items() if key in present]
    return [*found, ("none", language.text("not known"))] if "none" in present else found


def _purposes_present(everything: Sequence[PublishedRoom], language: Language) -> list[tuple[str, str]]:
    present = {room.purpose for room in everything}
    found = [(key, language.text(words)) for key, words in PURPOSES.items() if key in present]
    return [*found, ("undeclared", language.text("not declared"))] if None in present else found
