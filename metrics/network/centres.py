"""On how few people does the network rest, and who bridges it?"""

from collections.abc import Callable

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
from metrics.network.frame import (
    ENOUGH,
    LENGTH,
    MANY,
    NO_INTERVAL,
    TIES,
    UNITS,
    WHO,
    network_cell,
    ratio,
)
from metrics.network.graph import (
    EXACT_UP_TO,
    PIVOTS,
    Network,
    betweenness_centralisation,
    constraint,
    lost_without,
)
from metrics.network.statements import edges, totals
from metrics.network.units import SCALE
from metrics.ties import WINDOWS

_ORGANISATION = frozenset({Scope.ORGANISATION})
_WINDOWS = frozenset(WINDOWS)
_KEEP = (TIES, WHO, LENGTH)
_ISOLATES = Label(
    de="Menschen ohne Verbindung sind nicht dabei; zählte man sie mit, fiele der Wert anders aus.",
    en="People without a tie are not in it; counting them would change the value.",
)


def _network(rows: list[Row]) -> Network:
    return Network.of((row["person"], row["contact"]) for row in rows)[0]


def _betweenness(rows: list[Row]) -> Cell:
    found, first = betweenness_centralisation(_network(rows)), rows[0]
    return Cell(
        round(SCALE * found.value),
        SCALE,
        first["people"],
        first["people"],
        first["excluded"],
        low=found.low,
        high=found.high,
    )


def _fragility(percent: int) -> Callable[[list[Row]], Cell]:
    def said(rows: list[Row]) -> Cell:
        network, first = _network(rows), rows[0]
        lost, removed = lost_without(network, percent)
        # Behind the lost ties stand those taken out: too few of them, and publication tells nothing.
        return Cell(
            lost,
            len(network.ties),
            first["people"],
            removed,
            first["excluded"],
            largest=first["busiest"],
        )

    return network_cell(said, least=ENOUGH)


def _constraint(rows: list[Row]) -> Cell:
    found, first = constraint(_network(rows)), rows[0]
    return Cell(
        round(SCALE * float(found.mean())), SCALE, first["people"], first["people"], first["excluded"]
    )


_FREEMAN = Source(Mark.KNOWN, "Freeman 1979: centralisation")

DEGREE_CENTRALISATION = Metric(
    key="degree_centralisation",
    label=Label(de="Zentralisierung der Kontakte", en="Centralisation of contacts"),
    meaning=Label(
        de="Laufen die Verbindungen bei einer einzigen Stelle zusammen, wie beim Rundfunk?",
        en="Do ties come together in one single place, as in broadcasting?",
    ),
    formula=Label(
        de="Summe der Abstände aller zur größten Zahl von Kontakten, geteilt durch ihren größtmöglichen Wert (n − 1)(n − 2): 1 ist "
        "ein Stern, 0 ein Netz, in dem alle gleich viele haben",
        en="sum of the distances of everybody to the largest number of contacts, divided by its greatest possible value "
        "(n − 1)(n − 2): 1 is a star, 0 a network in which all have as many",
    ),
    limits=(
        Label(
            de="Der Wert hängt an einer einzigen Stelle, oft der Redaktion: er sagt, ob es eine solche Mitte gibt, nicht wer es ist.",
            en="The value hangs on one single place, often the news desk: it says whether there is such a centre, not who it is.",
        ),
        MANY,
        _ISOLATES,
        *_KEEP,
        NO_INTERVAL,
    ),
    unit=Measure.INDEX,
    direction=Direction.DOWN,
    tier=Tier.RESPONSES,
    subject=Subject.TIES,
    sources=(_FREEMAN,),
    statement=totals,
    absent="no_ties",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    # With the mean degree a finer value would tell how many contacts the busiest person has.
    step=0.1,
    privacy=Privacy.DOMINANCE,
    cell=ratio(
        lambda row: (
            row["people"] * row["busiest"] - row["ends"],
            (row["people"] - 1) * (row["people"] - 2),
        ),
        least=ENOUGH,
    ),
)

BETWEENNESS_CENTRALISATION = Metric(
    key="betweenness_centralisation",
    label=Label(de="Zentralisierung der Wege", en="Centralisation of paths"),
    meaning=Label(
        de="Führen die kürzesten Wege zwischen allen über dieselbe Stelle?",
        en="Do the shortest paths between all lead through the same place?",
    ),
    formula=Label(
        de="Mittel der Abstände aller zum größten Anteil kürzester Wege, die über einen Menschen führen: 1 ist ein Stern, 0 ein Netz, "
        f"in dem alle gleich oft dazwischen liegen. Auf {SCALE} Teile gerundet.",
        en="mean of the distances of everybody to the largest share of shortest paths that lead through one person: 1 is a "
        f"star, 0 a network in which all are between as often. Rounded to {SCALE} parts.",
    ),
    limits=(
        Label(
            de=f"Bis {EXACT_UP_TO} Menschen genau; darüber geschätzt aus den Wegen von {PIVOTS} zufällig gezogenen (fester "
            "Startwert), mit der Spanne dieser Ziehung. Verbindungen wurden nicht gezogen.",
            en=f"Exact up to {EXACT_UP_TO} people; above that estimated from the paths of {PIVOTS} drawn at random (fixed "
            "seed), with the span of that draw. No ties were drawn.",
        ),
        Label(
            de="Der Wert hängt an einer einzigen Stelle: er sagt, ob es einen solchen Engpass gibt, nicht wer es ist.",
            en="The value hangs on one single place: it says whether there is such a bottleneck, not who it is.",
        ),
        MANY,
        _ISOLATES,
        *_KEEP,
    ),
    unit=Measure.INDEX,
    direction=Direction.DOWN,
    tier=Tier.RESPONSES,
    subject=Subject.TIES,
    sources=(_FREEMAN, Source(Mark.KNOWN, "Brandes and Pich 2007: estimation from pivots")),
    statement=edges,
    absent="no_ties",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    privacy=Privacy.DOMINANCE,
    interval=Interval.SIMULATED,
    cell=network_cell(_betweenness, least=ENOUGH),
)


def _fragile(percent: int) -> Metric:
    return Metric(
        key=f"fragility_{percent}",
        label=Label(
            de=f"Zerbrechlichkeit ({percent} %)",
            en=f"Fragility ({percent} %)",
        ),
        meaning=Label(
            de=f"Wie viele Verbindungen gingen verloren, wenn die {percent} % mit den meisten Kontakten nicht da wären?",
            en=f"How many ties would be lost if the {percent} % with the most contacts were not there?",
        ),
        formula=Label(
            de=f"Verbindungen der {percent} % mit den meisten Kontakten (aufgerundet), geteilt durch alle Verbindungen",
            en=f"ties of the {percent} % with the most contacts (rounded up), divided by all ties",
        ),
        limits=(
            Label(
                de="Gezeigt wird der Wert nur, wo die Herausgenommenen selbst eine Gruppe von Mindestgröße sind.",
                en="The value is shown only where those taken out are a group of the minimum size themselves.",
            ),
            Label(
                de="Was sie verbinden, fände zum Teil andere Wege; der Wert ist eine obere Schranke.",
                en="What they connect would partly find other ways; the value is an upper bound.",
            ),
            MANY,
            *_KEEP,
            NO_INTERVAL,
        ),
        unit=Measure.SHARE,
        direction=Direction.DOWN,
        tier=Tier.RESPONSES,
        subject=Subject.TIES,
        sources=(
            Source(Mark.KNOWN, "Borgatti 2006: key players"),
            Source(Mark.OWN, "by number of contacts, share of ties lost"),
        ),
        statement=edges,
        absent="no_ties",
        reach=WITHIN,
        scopes=_ORGANISATION,
        windows=_WINDOWS,
        privacy=Privacy.DOMINANCE,
        cell=_fragility(percent),
    )


FRAGILITY_1 = _fragile(1)
FRAGILITY_5 = _fragile(5)

BRIDGING_SHARE = Metric(
    key="bridging_share",
    label=Label(de="Anteil der Brückenbauer", en="Share of bridge builders"),
    meaning=Label(
        de="Wie viele Menschen sind mit mindestens zwei anderen Abteilungen verbunden?",
        en="How many people are tied into at least two other units?",
    ),
    formula=Label(
        de="Menschen mit Kontakten in mindestens zwei anderen Abteilungen, geteilt durch alle Menschen bekannter Abteilung mit "
        "mindestens einer Verbindung",
        en="people with contacts in at least two other units, divided by all people of a known unit with at least one tie",
    ),
    limits=(
        MANY,
        Label(
            de="Wer viele Kontakte hat, überbrückt leichter; bei wenigen großen Abteilungen ist es schwerer.",
            en="Who has many contacts bridges more easily; with few large units it is harder.",
        ),
        UNITS,
        *_KEEP,
    ),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.PEOPLE,
    subject=Subject.PEOPLE,
    sources=(Source(Mark.KNOWN, "Burt 1992: structural holes"), Source(Mark.OWN, "two other units")),
    statement=totals,
    absent="no_ties",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    privacy=Privacy.PERSON,
    interval=Interval.WILSON,
    cell=ratio(
        lambda row: (row["bridging"], row["named"]),
        people="named",
        affirming="bridging",
        why="unit_reason",
        least=ENOUGH,
    ),
)

MEAN_CONSTRAINT = Metric(
    key="mean_constraint",
    label=Label(de="Geschlossenheit der Kreise", en="Constraint of contacts"),
    meaning=Label(
        de="Kennen sich die eigenen Kontakte alle auch untereinander, oder öffnen sie verschiedene Kreise?",
        en="Do one's contacts all know each other, or do they open different circles?",
    ),
    formula=Label(
        de="Mittel von Burts Constraint über alle verbundenen Menschen; ungewichtet, ohne Richtung. Auf "
        f"{SCALE} Teile gerundet.",
        en=f"mean of Burt's constraint over all connected people; unweighted, undirected. Rounded to {SCALE} parts.",
    ),
    limits=(
        Label(
            de="Klein heißt: viele offene Kreise. Wer einen einzigen Kontakt hat, hat den Wert 1; ein Netz aus lauter Dreiecken "
            "läge mit 1,125 knapp darüber.",
            en="Small means: many open circles. Who has a single contact has the value 1; a network of nothing but triangles "
            "would lie just above, at 1.125.",
        ),
        MANY,
        *_KEEP,
        NO_INTERVAL,
    ),
    unit=Measure.INDEX,
    direction=Direction.DOWN,
    tier=Tier.RESPONSES,
    subject=Subject.TIES,
    sources=(Source(Mark.KNOWN, "Burt 1992: structural holes, constraint"),),
    statement=edges,
    absent="no_ties",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    privacy=Privacy.PERSON,
    cell=network_cell(_constraint, least=ENOUGH),
)
