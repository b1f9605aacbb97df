"""Cards as JSON, for the web component and whoever draws them anew. docs/embeds.md describes every field; `format` counts changes."""

from typing import Any

from metrics.metric import Label
from service.embeds import words
from service.embeds.card import Card, Value
from service.language import Language

FORMAT = 1


def as_json(card: Card, language: Language) -> dict[str, Any]:
    """All of a card but its picture. Values are numbers as the API gives them, beside how they are written in the language."""
    return {
        "format": FORMAT,
        "kind": card.kind.value,
        "language": language.code,
        "state": card.state,
        "organisation": card.organisation,
        "room": card.room,
        "title": card.title,
        "question": card.question,
        "missing": card.missing,
        "values": [_value(one) for one in card.values],
        "items": [
            {"kind": one.kind, "label": one.label, "title": one.title, "text": one.text} for one in card.items
        ],
        "table": None
        if card.table is None
        else {
            "caption": card.table.caption,
            "head": list(card.table.head),
            "rows": [list(row) for row in card.table.rows],
        },
        "notices": list(card.notices),
        "notes": list(card.notes),
        "drawing": bool(card.drawings),
        "data": {
            "until": None if card.until is None else card.until.isoformat(),
            "days": card.days,
            "old": card.old,
            "words": card.age,
        },
        "link": {"path": card.path, "words": language.label(words.OPEN)},
        "labels": {"table": language.label(words.TABLE)},
    }


def refused(state: str, said: Label, code: str) -> dict[str, Any]:
    """The answer for a link that shows nothing: `state` is gone, refused or elsewhere."""
    return {
        "format": FORMAT,
        "state": state,
        "language": code,
        "missing": said.de if code == "de" else said.en,
    }


def _value(one: Value) -> dict[str, Any]:
    return {
        "label": one.label,
        "shown": one.shown,
        "number": one.number,
        "unit": one.unit,
        "state": one.state,
        "reason": one.reason,
        "words": one.words,
        "facts": list(one.facts),
        "tone": one.tone,
    }
