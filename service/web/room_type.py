"""What a room is used for, beside what it is meant for, with the reasons."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from metrics.room_rules import FITTING, INDICATORS, RULES, TYPES, Condition, Reason, reasons
from metrics.room_types import ROOM_TYPE
from service.language import Language
from service.models import PublishedRoom
from service.published import Published
from service.web.rooms import PULSE
from service.web.words import hidden


@dataclass(frozen=True)
class RoomType:
    """`fits` says in words whether it is what the room is meant for; '' where that was not declared."""

    words: str
    fits: str
    reasons: Sequence[str]


def room_type(published: Published, room: PublishedRoom, language: Language) -> RoomType | None:
    """The type of the newest 28 days, from published values only; None where it was not measured."""
    since = published.latest_period(PULSE, "room")
    if since is None:
        return None
    cells = published.across("room", PULSE, since, metrics=[ROOM_TYPE.key], keys=[room.key])
    told = next((cell for cell in cells if cell.state == "published" and cell.value), None)
    if told is None:
        return RoomType(hidden(cells[0], language), "", ()) if cells else None
    shown = dict(_shown(published, room.key, since))
    return RoomType(
        language.label(TYPES[told.category]),
        _fits(room, told.category, language),
        [_said(one, told.category, language) for one in reasons(told.category, shown)],
    )


def _shown(published: Published, key: str, since: date) -> Iterator[tuple[str, float]]:
    """The indicators of the rules whose metric shows a value for the room and period."""
    names = {indicator.metric for indicator in INDICATORS.values() if indicator.metric is not None}
    cells = {
        (cell.metric, cell.category): cell
        for cell in published.across("room", PULSE, since, metrics=sorted(names), keys=[key])
        if cell.state == "published"
    }
    for name, indicator in INDICATORS.items():
        cell = cells.get((indicator.metric or "", indicator.category))
        value = None if cell is None else cell.people if indicator.denominator is None else cell.value
        if value is not None:
            yield name, float(value)


def _fits(room: PublishedRoom, kind: str, language: Language) -> str:
    fitting = FITTING.get(room.purpose or "")
    if fitting is None:
        return ""
    return language.text("as intended") if kind in fitting else language.text("other than intended")


def _said(reason: Reason, kind: str, language: Language) -> str:
    indicator = INDICATORS[reason.condition.indicator]

    def number(value: float) -> str:
        return language.number(value) if indicator.denominator is None else language.percent(value)

    words = {
        "indicator": language.label(indicator.label),
        "value": number(reason.value),
        "bound": _bound(reason.condition, number, language),
    }
    if reason.holds:
        return language.text("%(indicator)s: %(value)s, which is %(bound)s", **words)
    other = next(name for name, conditions in RULES if name != kind and reason.condition in conditions)
    return language.text(
        "no %(other)s: %(indicator)s is %(value)s and would have to be %(bound)s",
        other=language.label(TYPES[other]),
        **words,
    )


def _bound(condition: Condition, number: Callable[[float], str], language: Language) -> str:
    if condition.at_least is not None:
        return language.text("at least %(share)s", share=number(condition.at_least / 100))
    return language.text("at most %(share)s", share=number((condition.at_most or 0) / 100))
