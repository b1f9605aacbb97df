"""Does the network fall apart along units, or along other lines?"""

from metrics.metric import (
    WITHIN,
    Cell,
    Direction,
    Interval,
    Label,
    Mark,
    Measure,
    Metric,
    Row,
    Scope,
    Source,
    Subject,
    Tier,
)
from metrics.network.frame import LENGTH, NO_INTERVAL, TIES, UNITS, WHO, network_cell
from metrics.network.graph import RUNS, Network, modularity, partitions
from metrics.network.statements import by_unit, edges
from metrics.network.units import placed
from metrics.ties import WINDOWS

_NEWMAN = Source(Mark.KNOWN, "Newman and Girvan 2004: modularity, unweighted")
_UNWEIGHTED = Label(
    de="Ungewichtet: jede Verbindung zählt einmal, gleich wie oft sie benutzt wurde.",
    en="Unweighted: each tie counts once, however often it was used.",
)


def _of_units(rows: list[Row]) -> Cell:
    first = rows[0]
    both = first["placed_ends"]
    inside = both - first["outside_ends"]
    squares = sum(row["unit_ends"] ** 2 for row in rows)
    return Cell(both * inside - squares, both * both, first["placed"], first["placed"], first["excluded"])


def _best(rows: list[Row]) -> Cell:
    ties, units = placed(rows)
    network, people = Network.of(map(tuple, ties.tolist()))
    found = [modularity(network, groups)[0] for groups in partitions(network)]
    # Runs of a heuristic may all miss what is given.
    given, denominator = modularity(network, units[people])
    first = rows[0]
    return Cell(
        max(given, *found),
        denominator,
        first["placed"],
        first["placed"],
        first["excluded"],
        low=min(found) / denominator,
        high=max(given, *found) / denominator,
    )


UNIT_MODULARITY = Metric(
    key="unit_modularity",
    label=Label(de="Modularität der Abteilungen", en="Modularity of units"),
    meaning=Label(
        de="Wie sehr ballen sich die Verbindungen innerhalb der Abteilungen (Silos)?",
        en="How much do ties cluster within units (silos)?",
    ),
    formula=Label(
        de="Newmans Q der Aufteilung in Abteilungen: Anteil der Verbindungen innerhalb von Abteilungen minus der Anteil, den "
        "gleich viele zufällig gezogene hätten",
        en="Newman's Q of the division into units: share of ties within units minus the share that as many drawn at random "
        "would have",
    ),
    limits=(
        Label(
            de="Nur neben der besten Aufteilung zu lesen: liegt der Wert nahe an ihr, verlaufen die Grenzen des Gesprächs entlang "
            "der Abteilungen.",
            en="To be read only beside the best division: if the value is close to it, the borders of conversation run along "
            "units.",
        ),
        _UNWEIGHTED,
        TIES,
        WHO,
        UNITS,
        LENGTH,
        NO_INTERVAL,
    ),
    unit=Measure.INDEX,
    direction=Direction.DOWN,
    tier=Tier.PEOPLE,
    subject=Subject.TIES,
    sources=(_NEWMAN,),
    statement=by_unit,
    absent="no_ties",
    reach=WITHIN,
    scopes=frozenset({Scope.ORGANISATION}),
    windows=frozenset(WINDOWS),
    cell=network_cell(_of_units, "unit_reason"),
)

BEST_MODULARITY = Metric(
    key="best_modularity",
    label=Label(de="Modularität der besten Aufteilung", en="Modularity of the best division"),
    meaning=Label(
        de="Wie deutlich zerfällt das Netz in Gruppen, welche auch immer?",
        en="How clearly does the network fall into groups, whichever they are?",
    ),
    formula=Label(
        de=f"größtes Newmans Q aus {RUNS} Läufen des Leiden-Verfahrens mit festem Startwert und der Aufteilung in Abteilungen, über "
        "dieselben Verbindungen; die Spanne reicht vom schlechtesten Lauf bis zum besten Wert",
        en=f"largest Newman's Q of {RUNS} runs of the Leiden algorithm with a fixed seed and the division into units, over the "
        "same ties; the span reaches from the worst run to the best value",
    ),
    limits=(
        Label(
            de="Das Verfahren sucht und beweist nicht: eine bessere Aufteilung ist möglich. Gruppen, die im Verhältnis zum Netz "
            "sehr klein sind, erkennt Q nicht (Auflösungsgrenze). Wer zu welcher Gruppe gehört, verlässt die Rechnung nie.",
            en="The algorithm searches and does not prove: a better division is possible. Groups that are very small in "
            "relation to the network are not seen by Q (resolution limit). Who belongs to which group never leaves the "
            "computation.",
        ),
        _UNWEIGHTED,
        TIES,
        WHO,
        UNITS,
        LENGTH,
    ),
    unit=Measure.INDEX,
    direction=Direction.NEUTRAL,
    tier=Tier.PEOPLE,
    subject=Subject.TIES,
    sources=(_NEWMAN, Source(Mark.KNOWN, "Traag, Waltman and van Eck 2019: Leiden algorithm")),
    statement=edges,
    absent="no_ties",
    reach=WITHIN,
    scopes=frozenset({Scope.ORGANISATION}),
    windows=frozenset(WINDOWS),
    interval=Interval.SIMULATED,
    cell=network_cell(_best, "unit_reason"),
)
