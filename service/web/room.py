"""One room over time."""

from collections.abc import Sequence
from dataclasses import dataclass

from metrics.catalog import CATALOG
from service.language import Language
from service.published import Published
from service.web.figures import Figure, figure
from service.web.pictures import Painter, Picture, Table
from service.web.room_type import RoomType, room_type
from service.web.rooms import FIGURES, PULSE, ROOM_STATE, purpose, state


@dataclass(frozen=True)
class RoomPage:
    key: str
    label: str
    source: str
    purpose: str
    archived: bool
    state: str
    type: RoomType | None
    figures: Sequence[Figure]
    pictures: Sequence[Picture]
    history: Table


def room_page(published: Published, key: str, painter: Painter, language: Language) -> RoomPage:
    """Raises `NotFound` for a room that is not part of this publication."""
    room = published.room(key)
    milestones = published.milestones()
    figures, pictures = [], []
    for name in (*FIGURES, "time_to_first_response"):
        metric = CATALOG[name]
        cells = published.series(name, PULSE, scope="room", scope_key=key)
        shown = figure(metric, cells, milestones, language)
        if shown is None:
            continue
        figures.append(shown)
        pictures.append(
            painter.trend(
                f"room-{name}", [(metric, cells)], milestones, sizes=("narrow",), height=190, subject=key
            )
        )
    states = published.series(ROOM_STATE, PULSE, scope="room", scope_key=key)
    decided = {cell.since: cell for cell in states if cell.value or cell.state != "published"}
    newest = decided[max(decided)] if decided else None
    history = Table(
        language.text("State over time"),
        [language.text("Period"), language.text("State")],
        [
            [language.period(cell.since, cell.until), state(cell, language)]
            for _, cell in sorted(decided.items(), reverse=True)
        ],
    )
    return RoomPage(
        key=key,
        label=room.label,
        source=room.source,
        purpose=purpose(room, language),
        archived=room.archived,
        state=state(newest, language),
        type=room_type(published, room, language),
        figures=figures,
        pictures=pictures,
        history=history,
    )
