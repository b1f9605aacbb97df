"""Do units talk to each other?"""

from collections.abc import Callable

import numpy as np

from metrics.metric import (
    WITHIN,
    Cell,
    Direction,
    Interval,
    Label,
    Mark,
    Measure,
    Metric,
    Privacy,
    Row,
    Scope,
    Source,
    Subject,
    Tier,
)
from metrics.network.frame import LENGTH, NO_INTERVAL, TIES, UNITS, WHO, network_cell, ratio, unknown
from metrics.network.graph import PERMUTATIONS, Integers, Permuted, permuted
from metrics.network.statements import COVERED, by_unit, diversities, edges, of_units, totals, unit_pairs
from metrics.ties import WINDOWS

SCALE = 10_000
"""What no fraction of whole numbers says is told in so many parts."""
FEW = 10
"""The index of a unit with fewer ties is noise."""
_ORGANISATION = frozenset({Scope.ORGANISATION})
_WINDOWS = frozenset(WINDOWS)
_KRACKHARDT = Source(Mark.KNOWN, "Krackhardt and Stern 1988: E-I index")
_KEEP = (TIES, WHO, UNITS, LENGTH)
_SIZES = Label(
    de="Die Größen der Abteilungen bestimmen den Wert stark: viele kleine Abteilungen haben von allein viel nach außen. Nur neben "
    "dem nach den Größen erwarteten Wert lesen.",
    en="The sizes of units govern the value: many small units have much outside by themselves. Read it only beside the value "
    "expected from the sizes.",
)


def placed(rows: list[Row]) -> tuple[Integers, Integers]:
    """The ties between people of known units, and the unit of each person; people are numbered in order."""
    unit = {row["person"]: row["unit"] for row in rows} | {
        row["contact"]: row["contact_unit"] for row in rows
    }
    names = {name: place for place, name in enumerate(sorted({u for u in unit.values() if u is not None}))}
    people = {person: place for place, person in enumerate(sorted(p for p in unit if unit[p] is not None))}
    pairs = sorted(
        (people[row["person"]], people[row["contact"]])
        for row in rows
        if row["person"] in people and row["contact"] in people
    )
    return (
        np.array(pairs, dtype=np.int64).reshape(-1, 2),
        np.array([names[unit[person]] for person in people], dtype=np.int64),
    )


def _index(rows: list[Row]) -> Cell:
    (row,) = rows
    # Of a tie within a unit both ends are the unit's; of one between units, one: the organisation has both again.
    external = row["outside_ends"] if row["scope_key"] else row["outside_ends"] // 2
    internal = (row["placed_ends"] - row["outside_ends"]) // 2
    ties = external + internal
    if ties < FEW:
        return unknown(row, "few_ties")
    return Cell(
        external - internal,
        ties,
        row["placed"],
        row["placed"],
        row["excluded"],
        largest=row["busiest_placed"],
    )


def _by_permutation(say: Callable[[Permuted, int, Row], Cell]) -> Callable[[list[Row]], Cell]:
    def said(rows: list[Row]) -> Cell:
        ties, units = placed(rows)
        return say(permuted(ties, units), len(ties), rows[0])

    return network_cell(said, "unit_reason")


def _expected(found: Permuted, ties: int, row: Row) -> Cell:
    external, scale = found.expected
    return Cell(
        2 * external - ties * scale,
        ties * scale,
        row["placed"],
        row["placed"],
        row["excluded"],
        low=2 * found.low / ties - 1,
        high=2 * found.high / ties - 1,
    )


def _chance(found: Permuted, _: int, row: Row) -> Cell:
    return Cell(found.extreme, PERMUTATIONS + 1, row["placed"], row["placed"], row["excluded"])


def _rescaled(rows: list[Row]) -> Cell:
    first, members = rows[0], [row["members"] for row in rows]
    external = first["outside_ends"] // 2
    internal = first["placed_ends"] // 2 - external
    within = sum(number * (number - 1) // 2 for number in members)
    across = sum(members) * (sum(members) - 1) // 2 - within
    if not within:
        return unknown(first, "few_ties")
    outer, inner = external * within, internal * across
    return Cell(outer - inner, outer + inner, first["placed"], first["placed"], first["excluded"])


def _diversity(rows: list[Row]) -> Cell:
    people = sum(row["alike"] for row in rows)
    total = sum(row["alike"] * row["outside"] / row["known_contacts"] for row in _sorted_by_contacts(rows))
    first = rows[0]
    return Cell(round(SCALE * total / people), SCALE, people, first["crossing"], first["excluded"])


def _sorted_by_contacts(rows: list[Row]) -> list[Row]:
    """In an order that does not depend on the engine, so that sums of floats do not either."""
    return sorted(rows, key=lambda row: (row["known_contacts"], row["outside"]))


EI_INDEX = Metric(
    key="ei_index",
    label=Label(de="E-I-Index der Abteilungen", en="E-I index of units"),
    meaning=Label(
        de="Sprechen die Menschen eher mit anderen Abteilungen oder eher unter sich?",
        en="Do people rather talk to other units, or among themselves?",
    ),
    formula=Label(
        de="(Verbindungen zwischen Abteilungen minus Verbindungen innerhalb) geteilt durch beide zusammen: (E − I) / (E + I)",
        en="(ties between units minus ties within) divided by both together: (E − I) / (E + I)",
    ),
    limits=(
        _SIZES,
        Label(
            de=f"Bei einer Abteilung zählt jede ihrer Verbindungen nach außen einmal; unter {FEW} Verbindungen ist der Wert "
            "Zufall und bleibt unbekannt.",
            en=f"For a unit each of its ties to the outside counts once; below {FEW} ties the value is chance and stays unknown.",
        ),
        *_KEEP,
        NO_INTERVAL,
    ),
    unit=Measure.INDEX,
    direction=Direction.NEUTRAL,
    tier=Tier.PEOPLE,
    subject=Subject.TIES,
    sources=(_KRACKHARDT, Source(Mark.READ, "R package isnar: ei (rdrr.io)")),
    statement=of_units,
    absent="no_ties",
    reach=WITHIN,
    scopes=frozenset({Scope.ORGANISATION, Scope.UNIT}),
    windows=_WINDOWS,
    privacy=Privacy.DOMINANCE,
    cell=network_cell(_index, "unit_reason"),
)

EI_EXPECTED = Metric(
    key="ei_expected",
    label=Label(de="E-I-Index, nach Größen erwartet", en="E-I index expected from sizes"),
    meaning=Label(
        de="Welcher E-I-Index käme heraus, wenn die Abteilung für die Verbindungen keine Rolle spielte?",
        en="What would the E-I index be if the unit did not matter for ties?",
    ),
    formula=Label(
        de="E-I-Index, wenn die Abteilungen zufällig auf dieselben Menschen verteilt würden; genau berechnet aus den Größen. "
        f"Die Spanne umfasst die mittleren 95 % von {PERMUTATIONS} zufälligen Verteilungen.",
        en="E-I index if units were dealt out at random among the same people; computed exactly from the sizes. The span is "
        f"the middle 95 % of {PERMUTATIONS} random deals.",
    ),
    limits=(
        Label(
            de="Liegt der E-I-Index unter der Spanne, bleiben die Abteilungen mehr unter sich, als ihre Größe erklärt; darüber "
            "sprechen sie mehr mit anderen.",
            en="If the E-I index lies below the span, units keep to themselves more than their size explains; above it they talk "
            "more to others.",
        ),
        *_KEEP,
    ),
    unit=Measure.INDEX,
    direction=Direction.NEUTRAL,
    tier=Tier.PEOPLE,
    subject=Subject.TIES,
    sources=(_KRACKHARDT,),
    statement=edges,
    absent="no_ties",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    privacy=Privacy.DOMINANCE,
    interval=Interval.SIMULATED,
    cell=_by_permutation(_expected),
)

EI_CHANCE = Metric(
    key="ei_chance",
    label=Label(de="E-I-Index: Zufall?", en="E-I index: chance?"),
    meaning=Label(
        de="Wie oft käme ein so weit vom erwarteten entfernter E-I-Index durch Zufall zustande?",
        en="How often would an E-I index as far from the expected come about by chance?",
    ),
    formula=Label(
        de=f"Anteil der Fälle unter {PERMUTATIONS} zufälligen Verteilungen der Abteilungen und der beobachteten, in denen die Zahl "
        "der Verbindungen zwischen Abteilungen mindestens so weit vom Erwarteten abweicht (p, zweiseitig)",
        en=f"share of cases among {PERMUTATIONS} random deals of units and the observed one in which the number of ties between "
        "units is at least as far from the expected (p, two-sided)",
    ),
    limits=(
        Label(
            de="Ein kleiner Wert sagt nur, dass Abteilungen eine Rolle spielen, nicht wie sehr; in großen Netzen ist er fast immer "
            "klein.",
            en="A small value only says that units matter, not how much; in large networks it is almost always small.",
        ),
        *_KEEP,
    ),
    unit=Measure.SHARE,
    direction=Direction.NEUTRAL,
    tier=Tier.PEOPLE,
    subject=Subject.TIES,
    sources=(_KRACKHARDT,),
    statement=edges,
    absent="no_ties",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    cell=_by_permutation(_chance),
)

EI_RESCALED = Metric(
    key="ei_rescaled",
    label=Label(de="E-I-Index, nach Möglichkeiten gewichtet", en="E-I index rescaled by density"),
    meaning=Label(
        de="Gemessen an den Möglichkeiten: ist das Netz zwischen den Abteilungen so dicht wie in ihnen?",
        en="Given the opportunities: is the network between units as dense as within them?",
    ),
    formula=Label(
        de="(Dichte zwischen Abteilungen minus Dichte innerhalb) geteilt durch beide zusammen; Dichte heißt Verbindungen geteilt "
        "durch mögliche Paare verbundener Menschen",
        en="(density between units minus density within) divided by both together; density means ties divided by possible "
        "pairs of connected people",
    ),
    limits=(
        Label(
            de="0 heißt: die Abteilung spielt keine Rolle. Fast überall ist der Wert deutlich negativ, denn gemeinsame Arbeit "
            "verbindet.",
            en="0 means: the unit does not matter. Almost everywhere the value is clearly negative, since shared work connects.",
        ),
        *_KEEP,
        NO_INTERVAL,
    ),
    unit=Measure.INDEX,
    direction=Direction.UP,
    tier=Tier.PEOPLE,
    subject=Subject.TIES,
    sources=(_KRACKHARDT, Source(Mark.KNOWN, "UCINET: E-I rescaled by density")),
    statement=by_unit,
    absent="no_ties",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    privacy=Privacy.DOMINANCE,
    cell=network_cell(_rescaled, "unit_reason"),
)

CROSS_UNIT_SHARE = Metric(
    key="cross_unit_share",
    label=Label(de="Anteil der Verbindungen zwischen Abteilungen", en="Share of ties between units"),
    meaning=Label(
        de="Welcher Teil der Verbindungen führt aus der eigenen Abteilung hinaus?",
        en="What part of ties leads out of the own unit?",
    ),
    formula=Label(
        de="Verbindungen zwischen Menschen verschiedener Abteilungen, geteilt durch alle Verbindungen zwischen Menschen bekannter "
        "Abteilung",
        en="ties between people of different units, divided by all ties between people of known units",
    ),
    limits=(_SIZES, *_KEEP, NO_INTERVAL),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.PEOPLE,
    subject=Subject.TIES,
    sources=(Source(Mark.KNOWN, "the share behind the E-I index: (1 + E-I) / 2"),),
    statement=totals,
    absent="no_ties",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    cell=ratio(
        lambda row: (row["outside_ends"] // 2, row["placed_ends"] // 2),
        people="placed",
        affirming="crossing",
        largest="busiest_placed",
        why="unit_reason",
    ),
)

COVERED_UNIT_PAIRS = Metric(
    key="covered_unit_pairs",
    label=Label(de="Verbundene Paare von Abteilungen", en="Connected pairs of units"),
    meaning=Label(
        de="Zwischen wie vielen Abteilungen gibt es überhaupt Austausch?",
        en="Between how many units is there any exchange at all?",
    ),
    formula=Label(
        de=f"Paare von Abteilungen mit mindestens {COVERED} Verbindungen, geteilt durch alle Paare von Abteilungen mit Menschen "
        "in der Grundgesamtheit",
        en=f"pairs of units with at least {COVERED} ties, divided by all pairs of units that have people in the population",
    ),
    limits=(
        Label(
            de="Nicht jedes Paar muss verbunden sein; kleine Abteilungen erreichen die Schwelle schwerer.",
            en="Not every pair has to be connected; small units reach the threshold less easily.",
        ),
        *_KEEP,
        NO_INTERVAL,
    ),
    # Not a share of anything people are behind one by one, and so not hidden where only few pairs are left.
    unit=Measure.INDEX,
    direction=Direction.UP,
    tier=Tier.PEOPLE,
    subject=Subject.TIES,
    sources=(Source(Mark.OWN, f"pairs of units with at least {COVERED} ties"),),
    statement=unit_pairs,
    absent="no_ties",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    cell=ratio(
        lambda row: (row["covered"], row["all_units"] * (row["all_units"] - 1) // 2),
        people="placed",
        affirming="crossing",
        why="unit_reason",
    ),
)

CONTACT_DIVERSITY = Metric(
    key="contact_diversity",
    label=Label(de="Vielfalt der Kontakte", en="Diversity of contacts"),
    meaning=Label(
        de="Welcher Teil der Kontakte eines Menschen liegt im Mittel außerhalb der eigenen Abteilung?",
        en="What part of a person's contacts is outside the own unit on average?",
    ),
    formula=Label(
        de="Mittel über alle Menschen mit Kontakten bekannter Abteilung: Kontakte in anderen Abteilungen geteilt durch alle; jeder "
        f"Mensch zählt gleich. Auf {SCALE} Teile gerundet.",
        en="mean over all people who have contacts of known units: contacts in other units divided by all; each person counts "
        f"the same. Rounded to {SCALE} parts.",
    ),
    limits=(_SIZES, *_KEEP, NO_INTERVAL),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.PEOPLE,
    subject=Subject.TIES,
    sources=(Source(Mark.READ, "SWOOP Analytics: diversity"),),
    statement=diversities,
    absent="no_ties",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    privacy=Privacy.DOMINANCE,
    cell=network_cell(_diversity, "unit_reason"),
)
