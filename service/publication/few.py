"""What a count of a room tells of the few people outside it, or of those by whom it differs from another group."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from service.publication.measured import ORGANISATION, Beyond, Measured, Scope
from service.publication.protect import COMPLEMENTARY, System
from service.publication.rounding import FINEST


def hide_what_leaves_few(
    system: System, placed: Mapping[str, int], whole: tuple[Mapping[str, int], int]
) -> None:
    """Hide counts of a room that leave nearly nobody, or nearly everybody, outside: who does something in a room is among those who
    do it anywhere, so the rest of the organisation would be told of."""
    counts, people = whole
    for category, number in placed.items():
        cell = system.cells[number]
        if category not in counts or not cell.shown:
            continue
        left, others = counts[category] - cell.count, people - cell.people
        known = others > 0 and 0 <= left <= others and others * FINEST < system.k / 2
        if known and not system.k <= left <= others - system.k:
            system.hide(number, COMPLEMENTARY)


def hide_what_bounds_few(
    system: System,
    rows: Sequence[Measured],
    cells: Sequence[int | None],
    beyond: Beyond,
) -> None:
    """Hide a room if what is told of it and of another group bounds the few people that only one of them has too narrowly.

    Of two groups that share all others the counts differ by the few alone, and by those only the other has: where two rounded shares lie
    far apart, the few are known to be on one side. Of the two the room goes, of two rooms the smaller.
    """
    tables: dict[tuple[str, str, str, date, date], dict[Scope, int]] = defaultdict(dict)
    for row, number in zip(rows, cells, strict=True):
        if number is not None and row.scope != ORGANISATION[0]:
            tables[row.metric, row.category, row.window, row.since, row.until][row.scope, row.scope_key] = (
                number
            )
    for (_, _, _, since, until), placed in tables.items():
        for one, other, alone, others in beyond(since, until):
            if one not in placed or other not in placed:
                continue
            mine, theirs = (system.cells[placed[scope]] for scope in (one, other))
            if not (mine.shown and theirs.shown and mine.alike and theirs.alike):
                continue
            (least, most), (low, high) = mine.alike, theirs.alike
            width = min(alone, most - low + others) - max(0, least - high)
            if width < min(alone, system.k // 2):
                rooms = [scope for scope in (one, other) if scope[0] == "room"]
                goes = min(rooms, key=lambda scope: (system.cells[placed[scope]].people, scope))
                system.hide(placed[goes], COMPLEMENTARY)
