"""What each page on use answers, in one sentence with what is known now."""

from collections.abc import Sequence
from dataclasses import dataclass

from metrics.catalog import CATALOG
from service.language import N_
from service.web.dashboard import PULSE, Dashboard
from service.web.words import hidden


@dataclass(frozen=True)
class Lead:
    """`marks` are the ids by which these parts were once reached on the first page."""

    path: str
    name: str
    question: str
    said: str
    marks: Sequence[str]


PAGES = (
    ("/adoption", N_("Over time"), N_("Do more people take part, and since when?"), ("trend", "roles", "changes")),
    ("/periods", N_("Two periods"), N_("What differs between then and now, beyond rounding and chance?"), ()),
    ("/rooms", N_("Rooms"), N_("Which rooms live, and which are asleep?"), ("rooms",)),
    ("/dialogue", N_("Dialogue or archive"), N_("Where do people answer, and where is it only filed?"), ("dialogue",)),
    ("/network", N_("Between units"), N_("Do people talk across the units?"), ("units",)),
    (
        "/leadership",
        N_("Leadership and freshness"),
        N_("Do leaders take part, and is what stands there still true?"),
        (),
    ),
    ("/data", N_("Data"), N_("How much was read, how old is it, and what may be shown?"), ("coverage",)),
    ("/glossary", N_("Glossary"), N_("What does each number mean, and what does it not say?"), ("glossary",)),
)  # fmt: skip


def leads(board: Dashboard) -> list[Lead]:
    language = board.language
    said = {
        "/adoption": board.roles_in_words,
        "/rooms": board.states_in_words,
        "/dialogue": _value(board, "dialogue_share"),
        "/network": _value(board, "cross_unit_share"),
        "/leadership": _value(board, "active_leader_share"),
        "/data": board.coverage_in_short[:1].upper() + board.coverage_in_short[1:] + ".",
        "/glossary": language.plural(
            "%(number)s metric explained.", "%(number)s metrics explained.", len(CATALOG)
        ),
    }
    return [
        Lead(path, language.text(name), language.text(question), said.get(path, ""), marks)
        for path, name, question, marks in PAGES
    ]


def _value(board: Dashboard, key: str) -> str:
    """The newest value of a metric, or why there is none."""
    cells, language = board.published.series(key, PULSE), board.language
    metric = CATALOG[key]
    cell = cells[-1] if cells and cells[-1].since == board.published.latest_period(PULSE) else None
    shown = (
        hidden(cell, language)
        if cell is None or cell.value is None
        else language.value(cell.value, metric.unit)
    )
    return f"{language.label(metric.label)}: {shown}."
