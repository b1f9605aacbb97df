"""The table of rooms, and one room in detail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from metrics.catalog import CATALOG
from metrics.metric import Metric
from service.models import PublishedRoom, PublishedValue
from service.published import Published
from service.web.language import Language
from service.web.words import PURPOSES, briefly, hidden, said, why

FIGURES = ("active_share", "contributor_share", "response_rate", "interactive_share")
ROOM_STATE, PULSE = "room_state", "days28"
PER_PAGE = 25


@dataclass(frozen=True)
class RoomsAsked:
    """What a reader asked for: a state, a purpose ('' for all), a page from 1."""

    state: str = ""
    purpose: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "RoomsAsked":
        page = query.get("page", "1")
        return cls(
            query.get("state", ""),
            query.get("purpose", ""),
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
    asked: RoomsAsked


def rooms(published: Published, language: Language, asked: RoomsAsked) -> Rooms:
    since = published.latest_period(PULSE, "room")
    everything = published.rooms()
    states: dict[str, PublishedValue] = {}
    if since is not None:
        for cell in published.across("room", PULSE, since, metrics=[ROOM_STATE]):
            if cell.value or cell.scope_key not in states:
                states[cell.scope_key] = cell
    matching = [
        room
        for room in everything
        if asked.state in {"", _state_key(states.get(room.key))}
        and asked.purpose in {"", room.purpose or "undeclared"}
    ]
    pages = max(1, -(-len(matching) // PER_PAGE))
    page = min(max(1, asked.page), pages)
    shown = matching[(page - 1) * PER_PAGE : page * PER_PAGE]
    metrics = [CATALOG[key] for key in FIGURES if (key, "room", PULSE) in published.shown]
    found: dict[tuple[str, str], PublishedValue] = {}
    if since is not None:
        keys = [room.key for room in shown]
        for cell in published.across("room", PULSE, since, metrics=[m.key for m in metrics], keys=keys):
            found[cell.scope_key, cell.metric] = cell
    rows = [
        RoomRow(
            room.key,
            room.label,
            purpose(room, language),
            state(states.get(room.key), language),
            _state_key(states.get(room.key)),
            [_shown(found.get((room.key, metric.key)), metric, language) for metric in metrics],
        )
        for room in shown
    ]
    return Rooms(
        rows=rows,
        heads=[language.label(metric.label) for metric in metrics],
        reasons=sorted({cell.why for row in rows for cell in row.cells if cell.why}),
        total=len(matching),
        of=len(everything),
        page=page,
        pages=pages,
        states=_states_present(states, everything, language),
        purposes=_purposes_present(everything, language),
        asked=asked,
    )


def purpose(room: PublishedRoom, language: Language) -> str:
    return said(PURPOSES, room.purpose, language) if room.purpose else language.text("not declared")


def state(cell: PublishedValue | None, language: Language) -> str:
    """The label of a room's state, or why there is none."""
    if cell is None or cell.value is None:
        return hidden(cell, language)
    label = CATALOG[ROOM_STATE].categories.get(cell.category)
    return language.label(label) if label else cell.category


def _shown(cell: PublishedValue | None, metric: Metric, language: Language) -> Shown:
    if cell is None or cell.value is None:
        return Shown(briefly(cell, language), True, why(cell, language))
    return Shown(language.value(cell.value, metric.unit), False)


def _state_key(cell: PublishedValue | None) -> str:
    return cell.category if cell is not None and cell.value else "none"


def _states_present(
    states: Mapping[str, PublishedValue], everything: Sequence[PublishedRoom], language: Language
) -> list[tuple[str, str]]:
    present = {_state_key(states.get(room.key)) for room in everything}
    found = [
        (key, language.label(label))
        for key, label in CATALOG[ROOM_STATE].categories.items()
        if key in present
    ]
    return [*found, ("none", language.text("not known"))] if "none" in present else found


def _purposes_present(everything: Sequence[PublishedRoom], language: Language) -> list[tuple[str, str]]:
    present = {room.purpose for room in everything}
    found = [(key, language.text(words)) for key, words in PURPOSES.items() if key in present]
    return [*found, ("undeclared", language.text("not declared"))] if None in present else found
