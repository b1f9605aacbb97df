"""Who is connected, how closely, and is it mutual?"""

from typing import Any

import numpy as np
from sqlalchemy import Select, and_, case, func, literal, select, union_all

from metrics import facts as f
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
    LENGTH,
    NO_INTERVAL,
    TIES,
    WHO,
    network_cell,
    network_totals,
    place,
    profile_of_people,
    ratio,
    same_period,
)
from metrics.network.graph import Network, components
from metrics.network.statements import totals
from metrics.participation import POPULATION, population
from metrics.ties import WINDOWS, contact

_ORGANISATION = frozenset({Scope.ORGANISATION})
_WINDOWS = frozenset(WINDOWS)


def _connection(scope: Scope) -> Select[Any]:
    """One row per period and category, or one per tie where the network decides; `everybody` is the population."""
    profile = profile_of_people()
    found, s, p, c = network_totals(profile), f.standing.c, profile.c, contact.c
    here = s.scope == Scope.ORGANISATION.value
    inside = (
        select(p.window, p.since, func.count().label("connected"))
        .select_from(profile)
        .join(f.standing, and_(same_period(s, p), s.person == p.person, here))
        .group_by(p.window, p.since)
        .cte("inside")
    )
    people = population(Scope.ORGANISATION)
    whole, i, n = people.c, inside.c, found.c
    connected = func.coalesce(i.connected, 0)
    rows = (
        select(
            n.window,
            n.since,
            n.people,
            n.excluded,
            connected.label("connected"),
            # Where the stated number is out of date: whoever is connected is there.
            func.greatest(func.coalesce(whole.population, 0), connected).label("everybody"),
            func.coalesce(case((whole.window.is_(None), "no_members"), else_=whole.reason), n.reason).label(
                "reason"
            ),
        )
        .select_from(found)
        .outerjoin(people, same_period(whole, n))
        .outerjoin(inside, same_period(i, n))
        .cte("connection")
    )
    r = rows.c
    values = [r.everybody, r.connected, r.excluded, r.people, r.people.label("affirming"), r.reason]
    belonging = select(s.window, s.since, s.person).where(here).cte("belonging")
    one, other = belonging.alias("one"), belonging.alias("other")

    def belongs(end: Any, person: Any) -> Any:
        return and_(same_period(end.c, c), end.c.person == person)

    ties = [
        select(
            *place(r, category),
            *values,
            c.person,
            c.contact,
            one.c.person.is_not(None).label("person_counts"),
            other.c.person.is_not(None).label("contact_counts"),
        )
        .select_from(rows)
        .join(contact, and_(same_period(c, r), c.person < c.contact))
        .outerjoin(one, belongs(one, c.person))
        .outerjoin(other, belongs(other, c.contact))
        for category in ("largest", "smaller")
    ]
    nobody = select(*place(r, "none"), *values, literal(0), literal(0), literal(False), literal(False))
    return select(union_all(*ties, nobody).subquery("parts"))


def _connection_cell(rows: list[Row]) -> Cell:
    first = rows[0]
    if first["category"] == "none":
        inside = first["everybody"] - first["connected"]
    else:
        network, people = Network.of((row["person"], row["contact"]) for row in rows)
        counting = {row["person"] for row in rows if row["person_counts"]}
        counting |= {row["contact"] for row in rows if row["contact_counts"]}
        largest = np.isin(people, list(counting)) & (components(network) == 0)
        inside = int(np.count_nonzero(largest))
        if first["category"] == "smaller":
            inside = first["connected"] - inside
    return Cell(inside, first["everybody"], first["everybody"], inside, first["excluded"])


CONNECTION = Metric(
    key="connection",
    label=Label(de="Verbunden oder für sich", en="Connected or apart"),
    meaning=Label(
        de="Wie viele Menschen gehören zum großen Netz, wie viele zu einer kleinen Insel, wie viele zu keinem?",
        en="How many people belong to the large network, how many to a small island, how many to none?",
    ),
    formula=Label(
        de="alle Menschen, aufgeteilt danach, ob sie über Verbindungen (gleich in welche Richtung) zum größten "
        "zusammenhängenden Teil gehören, zu einem kleineren, oder im Zeitraum keine einzige Verbindung haben",
        en="all people, divided by whether ties (in whatever direction) make them part of the largest component, of a smaller "
        "one, or whether they have not a single tie in the period",
    ),
    limits=(
        Label(
            de="Wer nur liest oder nur außerhalb des Intranets spricht, erscheint ohne Verbindung.",
            en="People who only read, or only talk outside the intranet, appear without a tie.",
        ),
        TIES,
        LENGTH,
        POPULATION,
        Label(
            de="Wer nicht zur Grundgesamtheit gehört (etwa wer ging, dessen Beiträge aber noch beantwortet werden), hält das Netz "
            "zusammen, zählt aber nicht.",
            en="People outside the population (such as those who left while their posts are still answered) hold the network "
            "together but do not count.",
        ),
    ),
    unit=Measure.SHARE,
    direction=Direction.NEUTRAL,
    tier=Tier.RESPONSES,
    subject=Subject.PEOPLE,
    sources=(
        Source(Mark.KNOWN, "Wasserman and Faust 1994: isolates, weak components"),
        Source(Mark.OWN, "as a partition of the population"),
    ),
    statement=_connection,
    absent="no_ties",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    categories={
        "largest": Label(de="im größten Netz", en="in the largest network"),
        "smaller": Label(de="auf einer kleinen Insel", en="on a small island"),
        "none": Label(de="ohne Verbindung", en="without a tie"),
    },
    interval=Interval.WILSON,
    cell=network_cell(_connection_cell),
)

MEAN_DEGREE = Metric(
    key="mean_degree",
    label=Label(de="Kontakte je Mensch", en="Contacts per person"),
    meaning=Label(
        de="Mit wie vielen anderen ist ein verbundener Mensch im Mittel im Gespräch?",
        en="With how many others is a connected person in exchange on average?",
    ),
    formula=Label(
        de="zweimal die Zahl der verbundenen Paare, geteilt durch die Menschen mit mindestens einer Verbindung",
        en="twice the number of connected pairs, divided by the people with at least one tie",
    ),
    limits=(
        TIES,
        WHO,
        LENGTH,
        Label(
            de="Wer keine Verbindung hat, fehlt hier; deren Anteil steht bei „Verbunden oder für sich“.",
            en="People without a tie are not in it; their share is told by “Connected or apart”.",
        ),
        NO_INTERVAL,
    ),
    unit=Measure.NUMBER,
    direction=Direction.UP,
    tier=Tier.RESPONSES,
    subject=Subject.TIES,
    sources=(Source(Mark.KNOWN, "Wasserman and Faust 1994: mean nodal degree"),),
    statement=totals,
    absent="no_ties",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    cell=ratio(lambda row: (row["ends"], row["people"])),
)

DENSITY = Metric(
    key="network_density",
    label=Label(de="Dichte des Netzes", en="Density of the network"),
    meaning=Label(
        de="Welcher Teil aller möglichen Paare ist verbunden?",
        en="What part of all possible pairs is connected?",
    ),
    formula=Label(
        de="verbundene Paare, geteilt durch alle Paare von Menschen mit mindestens einer Verbindung: m / (n (n − 1) / 2)",
        en="connected pairs divided by all pairs of people with at least one tie: m / (n (n − 1) / 2)",
    ),
    limits=(
        Label(
            de="Die Dichte sinkt mit der Größe von allein: nie Organisationen verschiedener Größe daran messen. Dafür sind die "
            "Kontakte je Mensch da; in großen Netzen rundet sich die Dichte zu null.",
            en="Density falls with size by itself: never compare organisations of different size by it. That is what contacts "
            "per person are for; in large networks density rounds to nothing.",
        ),
        TIES,
        WHO,
        LENGTH,
        NO_INTERVAL,
    ),
    unit=Measure.SHARE,
    direction=Direction.NEUTRAL,
    tier=Tier.RESPONSES,
    subject=Subject.TIES,
    sources=(Source(Mark.KNOWN, "Wasserman and Faust 1994: density"),),
    statement=totals,
    absent="no_ties",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    cell=ratio(lambda row: (row["ends"], row["people"] * (row["people"] - 1))),
)

_TWO = Label(
    de="Zwei Maße tragen denselben Namen: gezählt nach Richtungen fällt die Gegenseitigkeit höher aus als nach Paaren "
    "(0,69 statt 0,53 im selben Netz). Nie das eine mit dem anderen vergleichen.",
    en="Two measures bear one name: counted by directions reciprocity comes out higher than by pairs (0.69 instead of 0.53 in "
    "the same network). Never compare one with the other.",
)
_SWOOP = Source(Mark.READ, "SWOOP Analytics: reciprocity, two-way connections")
_FAUST = Source(Mark.KNOWN, "Wasserman and Faust 1994: dyad census, reciprocity")

RECIPROCITY_DYADS = Metric(
    key="reciprocity_dyads",
    label=Label(de="Gegenseitigkeit nach Paaren", en="Reciprocity by pairs"),
    meaning=Label(
        de="In wie vielen Paaren gehen Antworten oder Reaktionen hin und her?",
        en="In how many pairs do answers or reactions go both ways?",
    ),
    formula=Label(
        de="Paare, in denen jeder dem anderen antwortete oder auf ihn reagierte, geteilt durch alle verbundenen Paare: "
        "M / (M + A)",
        en="pairs in which each answered or reacted to the other, divided by all connected pairs: M / (M + A)",
    ),
    limits=(_TWO, TIES, WHO, LENGTH, NO_INTERVAL),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.RESPONSES,
    subject=Subject.TIES,
    sources=(_FAUST, _SWOOP),
    statement=totals,
    absent="no_ties",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    privacy=Privacy.PERSON,
    cell=ratio(
        lambda row: (row["mutual_ends"] // 2, row["ends"] // 2), affirming="returning", largest="busiest"
    ),
)

RECIPROCITY_ARCS = Metric(
    key="reciprocity_arcs",
    label=Label(de="Gegenseitigkeit nach Richtungen", en="Reciprocity by directions"),
    meaning=Label(
        de="Wie viel von dem, was Menschen einander zuwenden, wird erwidert?",
        en="How much of the attention people give each other is returned?",
    ),
    formula=Label(
        de="erwiderte gerichtete Verbindungen, geteilt durch alle gerichteten Verbindungen: 2M / (2M + A)",
        en="directed ties that are returned, divided by all directed ties: 2M / (2M + A)",
    ),
    limits=(_TWO, TIES, WHO, LENGTH, NO_INTERVAL),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.RESPONSES,
    subject=Subject.TIES,
    sources=(_FAUST, _SWOOP),
    statement=totals,
    absent="no_ties",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    privacy=Privacy.PERSON,
    cell=ratio(lambda row: (row["mutual_ends"], row["arcs"]), affirming="returning", largest="busiest_arcs"),
)
