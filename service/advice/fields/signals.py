"""Signals of potential fields in what is published: whether each shows, with the values, or why that can not be told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from metrics.metric import Scope
from service.advice.catalogue import Instruments, Shown, Signal
from service.advice.rules import every, some
from service.models import PublishedValue
from service.published import Published


@dataclass(frozen=True)
class Seen:
    """A metric of the whole organisation in which a signal shows. `shows` is None where the newest value (`cell`) is hidden, unknown or
    was never published (`cell` is None)."""

    shown: Shown
    shows: bool | None
    cell: PublishedValue | None


@dataclass(frozen=True)
class Places:
    """Rooms or units in which all metrics of that scope point the same way. `where` are their keys, out of `known` of which that can be
    told; `without` are those of which it can not."""

    scope: Scope
    shown: Sequence[Shown]
    where: Sequence[str]
    known: int
    without: int
    since: date | None
    until: date | None


@dataclass(frozen=True)
class Sighting:
    """A signal judged. `shows` is None where what is published does not decide it; a signal without metrics is never decided."""

    signal: Signal
    shows: bool | None
    seen: Sequence[Seen]
    places: Sequence[Places]


def sightings(published: Published | None, instruments: Instruments) -> list[Sighting]:
    """Every signal of the instruments in their order."""
    return [_sighting(published, signal) for signal in instruments.signals]


def _sighting(published: Published | None, signal: Signal) -> Sighting:
    seen = [_seen(published, one) for one in signal.shown_by if one.scope is Scope.ORGANISATION]
    places = [
        _places(published, scope, shown)
        for scope in (Scope.ROOM, Scope.UNIT)
        if (shown := [one for one in signal.shown_by if one.scope is scope])
    ]
    answers = [*(one.shows for one in seen), *(_anywhere(one) for one in places)]
    return Sighting(signal, some(answers) if answers else None, seen, places)


def _anywhere(places: Places) -> bool | None:
    if places.where:
        return True
    return None if places.without or not places.known else False


def _seen(published: Published | None, shown: Shown) -> Seen:
    cells = published.series(shown.metric, shown.window.value) if published else []
    own = [cell for cell in cells if cell.category == shown.category]
    cell = own[-1] if own else None
    return Seen(shown, _meets(shown, cell), cell)


def _places(published: Published | None, scope: Scope, shown: Sequence[Shown]) -> Places:
    """By the newest period of that scope; archived rooms are left out."""
    window = shown[0].window.value
    since = published.latest_period(window, scope.value) if published else None
    if published is None or since is None:
        return Places(scope, shown, (), 0, 0, None, None)
    cells = published.across(scope.value, window, since, metrics=sorted({one.metric for one in shown}))
    found = {(cell.scope_key, cell.metric, cell.category): cell for cell in cells}
    archived = {room.key for room in published.rooms() if room.archived} if scope is Scope.ROOM else set()
    keys = sorted({key for key, _, _ in found} - archived)
    answers = {
        key: every([_meets(one, found.get((key, one.metric, one.category))) for one in shown]) for key in keys
    }
    return Places(
        scope,
        shown,
        [key for key, answer in answers.items() if answer],
        sum(answer is not None for answer in answers.values()),
        sum(answer is None for answer in answers.values()),
        since,
        cells[0].until if cells else None,
    )


def _meets(shown: Shown, cell: PublishedValue | None) -> bool | None:
    """Whether a published value is within the bounds; without bounds, whether there is anything of it."""
    if cell is None or cell.state != "published" or cell.value is None:
        return None
    if shown.at_least is None and shown.below is None:
        return cell.value > 0
    return (shown.at_least is None or cell.value >= shown.at_least) and (
        shown.below is None or cell.value < shown.below
    )
