"""How unequally do people contribute?"""

from collections.abc import Callable

from sqlalchemy import BigInteger, ColumnElement, Select, String, and_, cast, func, literal, select, union_all

from metrics import facts as f
from metrics.concentration import (
    People,
    effective_of,
    gini,
    gini_of,
    held_by_top,
    part,
    squares,
    top_of,
    total,
)
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
    Statement,
    Subject,
    Tier,
    Window,
)
from metrics.participation import POPULATION, population
from metrics.resampling import people_interval

FEWEST = 30
"""Below so many people a distribution says nothing."""


def _distribution(amount: ColumnElement[int], categories: tuple[str, ...] = ("",)) -> Statement:
    """Per period: how many people contributed how much, and how many people there are."""

    def statement(scope: Scope) -> Select[tuple[object, ...]]:
        p, w, everybody = f.period.c, f.person_week.c, population(Scope.ORGANISATION)
        each = (
            select(p.window, p.since, w.person, cast(func.sum(amount), BigInteger).label("amount"))
            .select_from(f.person_week)
            .join(f.period, and_(w.week >= p.since, w.week < p.until))
            .where(p.window != Window.WEEK.value, amount > 0)
            .group_by(p.window, p.since, w.person)
            .cte("each")
        )
        e, u = each.c, everybody.c
        alike = (
            select(e.window, e.since, e.amount, func.count().label("persons"))
            .group_by(e.window, e.since, e.amount)
            .cte("alike")
        )
        a = alike.c
        names = union_all(*(select(cast(literal(name), String).label("name")) for name in categories)).cte(
            "names"
        )
        return (
            select(
                u.scope_key,
                u.window,
                u.since,
                names.c.name.label("category"),
                a.amount,
                a.persons.label("people"),
                a.persons.label("affirming"),
                u.population,
                u.excluded,
                u.reason,
            )
            .select_from(everybody)
            .join(names, literal(True))
            .outerjoin(alike, and_(a.window == u.window, a.since == u.since))
            .where(u.window != Window.WEEK.value)
        )

    return statement


_CONTRIBUTIONS = f.person_week.c.contributions + f.person_week.c.creates


def _people(rows: list[Row]) -> dict[int, int]:
    return {row["amount"]: row["people"] for row in rows if row["amount"] is not None}


def _nothing(row: Row, why: str) -> Cell:
    return Cell(None, None, None, None, row["excluded"], why)


def gini_cell(rows: list[Row]) -> Cell:
    """Of those who contributed."""
    people = _people(rows)
    size = sum(people.values())
    if size < FEWEST:
        return _nothing(rows[0], "few_contributors")
    return _gini_cell(people, size, size, rows[0]["excluded"])


def gini_population_cell(rows: list[Row]) -> Cell:
    """Of all who could have: the others made nothing."""
    people, first = _people(rows), rows[0]
    if first["reason"] is not None:
        return _nothing(first, first["reason"])
    contributing, size = sum(people.values()), first["population"]
    if size < FEWEST or contributing == 0:
        return _nothing(first, "few_contributors")
    return _gini_cell({0: size - contributing, **people}, size, contributing, first["excluded"])


def _gini_cell(people: People, size: int, contributing: int, excluded: int) -> Cell:
    numerator, denominator = gini(people)
    low, high = people_interval(people, gini_of)
    largest = denominator // total(people) * max(people)
    return Cell(numerator, denominator, size, contributing, excluded, low=low, high=high, largest=largest)


def top_cell(percent: int) -> Callable[[list[Row]], Cell]:
    """What the first so many per cent of the contributors made of all contributions."""

    def cell(rows: list[Row]) -> Cell:
        people = _people(rows)
        size = sum(people.values())
        if size < FEWEST:
            return _nothing(rows[0], "few_contributors")
        first = part(size, percent)
        low, high = people_interval(people, top_of(percent))
        return Cell(
            held_by_top(people, first),
            total(people),
            size,
            first,
            rows[0]["excluded"],
            low=low,
            high=high,
            largest=max(people),
        )

    return cell


def effective_cell(rows: list[Row]) -> Cell:
    """The inverse of the sum of squared shares."""
    people = _people(rows)
    size = sum(people.values())
    if size < FEWEST:
        return _nothing(rows[0], "few_contributors")
    low, high = people_interval(people, effective_of)
    return Cell(
        total(people) ** 2,
        squares(people),
        size,
        size,
        rows[0]["excluded"],
        low=low,
        high=high,
        largest=max(people) ** 2,
    )


def split_cell(rows: list[Row]) -> Cell:
    """What one of the three groups of all people made of the new contents."""
    people, first = _people(rows), rows[0]
    if first["reason"] is not None:
        return _nothing(first, first["reason"])
    writing, size = sum(people.values()), first["population"]
    if size < FEWEST or writing == 0:
        return _nothing(first, "few_contributors")
    one, ten = part(size, 1), part(size, 10)
    begin, end = {"top_1": (0, one), "next_9": (one, ten), "other_90": (ten, size)}[first["category"]]
    return Cell(
        held_by_top(people, end) - held_by_top(people, begin),
        total(people),
        size,
        max(0, min(end, writing) - begin),
        first["excluded"],
        largest=max(people),
    )


_NORMAL = Label(
    de="Starke Ungleichheit ist beim freiwilligen Schreiben normal: in einer Studie schrieb das aktivste Prozent drei Viertel "
    "von allem. Zu beurteilen sind der Verlauf und wie viel an wenigen hängt, nicht die Höhe.",
    en="Strong inequality is normal where people write voluntarily: in one study the most active one per cent wrote three "
    "quarters of everything. Judge the trend and how much depends on a few, not the level.",
)
_DESK = Label(
    de="Eine Redaktion oder wer für andere einstellt erscheint als ein einzelner Vielschreiber; Massenimporte zählen nicht.",
    en="A news desk, or somebody who uploads for others, appears as one heavy writer; bulk imports do not count.",
)
_MANY = Label(
    de="Bei weniger als 30 Menschen bleibt der Wert unbekannt. Steht ein Mensch für mehr als die Hälfte oder stehen zu wenige "
    "hinter einer Seite, wird er nicht gezeigt.",
    en="With fewer than 30 people the value stays unknown. Where one person stands for more than half, or too few stand behind "
    "one side, it is not shown.",
)
_TIES = Label(
    de="Die Zahl der Menschen an der Spitze wird aufgerundet. Wer von mehreren gleich Aktiven an der Grenze dazuzählt, ist "
    "gleichgültig: die Summe ist dieselbe.",
    en="The number of people at the top is rounded up. Which of several equally active people at the border is counted makes "
    "no difference: the sum is the same.",
)
_MIERLO = Source(
    Mark.READ,
    "van Mierlo 2014 (J Med Internet Res 16(2):e33): top 1 % wrote 74.7 %, next 9 % 24.0 %, the rest 1.3 %",
)
_GINI = Source(Mark.KNOWN, "Gini 1912; Dixon et al. 1987 for the correction by n/(n-1) in small groups")
_ORGANISATION = frozenset({Scope.ORGANISATION})
_WINDOWS = frozenset({Window.DAYS28, Window.WEEKS26})

CONTRIBUTION_GINI = Metric(
    key="contribution_gini",
    label=Label(de="Ungleichheit unter Beitragenden (Gini)", en="Inequality among contributors (Gini)"),
    meaning=Label(
        de="Wie ungleich verteilen sich die Beiträge auf die, die etwas beitragen?",
        en="How unequally are contributions spread over those who contribute?",
    ),
    formula=Label(
        de="Gini-Koeffizient der Zahl der Kommentare, Antworten, Bearbeitungen, Nachrichten und neuen Inhalte je Mensch, der "
        "im Zeitraum mindestens eines davon tat: 0, wenn alle gleich viel beitragen; unter 50 Menschen mal n/(n-1)",
        en="Gini coefficient of the number of comments, replies, edits, messages and new contents per person who did at least "
        "one of these in the period: 0 if all contribute alike; below 50 people times n/(n-1)",
    ),
    limits=(_NORMAL, _DESK, _MANY),
    unit=Measure.INDEX,
    direction=Direction.NEUTRAL,
    tier=Tier.CONTENT,
    subject=Subject.CONTRIBUTIONS,
    sources=(_GINI, _MIERLO),
    statement=_distribution(_CONTRIBUTIONS),
    absent="few_contributors",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    privacy=Privacy.DOMINANCE,
    interval=Interval.BOOTSTRAP,
    cell=gini_cell,
)

CONTRIBUTION_GINI_POPULATION = Metric(
    key="contribution_gini_population",
    label=Label(de="Ungleichheit unter allen (Gini)", en="Inequality among all (Gini)"),
    meaning=Label(
        de="Wie ungleich verteilen sich die Beiträge auf alle, die beitragen könnten?",
        en="How unequally are contributions spread over all who could contribute?",
    ),
    formula=Label(
        de="wie die Ungleichheit unter Beitragenden, doch zählt mit null, wer nichts beitrug",
        en="as the inequality among contributors, but whoever contributed nothing counts with zero",
    ),
    limits=(
        Label(
            de="Wo wenige beitragen, wiederholt der Wert vor allem den Anteil Beitragender.",
            en="Where few contribute, the value mostly repeats the contributor share.",
        ),
        _NORMAL,
        _DESK,
        _MANY,
        POPULATION,
    ),
    unit=Measure.INDEX,
    direction=Direction.NEUTRAL,
    tier=Tier.CONTENT,
    subject=Subject.CONTRIBUTIONS,
    sources=(_GINI,),
    statement=_distribution(_CONTRIBUTIONS),
    absent="no_members",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    privacy=Privacy.DOMINANCE,
    interval=Interval.BOOTSTRAP,
    cell=gini_population_cell,
)


def _top(percent: int) -> Metric:
    return Metric(
        key=f"top_{percent}_share",
        label=Label(de=f"Anteil der aktivsten {percent} %", en=f"Share of the most active {percent} %"),
        meaning=Label(
            de=f"Wie viel von allem trägt das aktivste {percent} % der Beitragenden bei?"
            if percent == 1
            else f"Wie viel von allem tragen die aktivsten {percent} % der Beitragenden bei?",
            en=f"How much of everything do the most active {percent} % of the contributors contribute?",
        ),
        formula=Label(
            de=f"Kommentare, Antworten, Bearbeitungen, Nachrichten und neue Inhalte der {percent} % der Beitragenden mit den "
            "meisten davon, geteilt durch alle im Zeitraum",
            en=f"comments, replies, edits, messages and new contents of the {percent} % of the contributors with most of them, "
            "divided by all in the period",
        ),
        limits=(_TIES, _NORMAL, _DESK, _MANY),
        unit=Measure.SHARE,
        direction=Direction.NEUTRAL,
        tier=Tier.CONTENT,
        subject=Subject.CONTRIBUTIONS,
        sources=(_MIERLO,),
        statement=_distribution(_CONTRIBUTIONS),
        absent="few_contributors",
        reach=WITHIN,
        scopes=_ORGANISATION,
        windows=_WINDOWS,
        privacy=Privacy.DOMINANCE,
        interval=Interval.BOOTSTRAP,
        cell=top_cell(percent),
    )


TOP_1_SHARE, TOP_10_SHARE = _top(1), _top(10)

EFFECTIVE_CONTRIBUTORS = Metric(
    key="effective_contributors",
    label=Label(de="Wirksame Zahl Beitragender", en="Effective number of contributors"),
    meaning=Label(
        de="Auf wie vielen gleich starken Schultern ruhen die Beiträge?",
        en="On how many equally strong shoulders do the contributions rest?",
    ),
    formula=Label(
        de="Kehrwert der Summe der quadrierten Anteile aller Beitragenden (1/HHI); gezählt als Quadrat der Summe durch Summe "
        "der Quadrate",
        en="the inverse of the sum of the squared shares of all contributors (1/HHI); counted as the square of the sum by the "
        "sum of the squares",
    ),
    limits=(
        Label(
            de="Die Zahl wächst mit der Größe der Organisation: nur mit der eigenen Vergangenheit vergleichen.",
            en="The number grows with the size of the organisation: compare it with the own past only.",
        ),
        _DESK,
        _MANY,
    ),
    unit=Measure.NUMBER,
    direction=Direction.UP,
    tier=Tier.CONTENT,
    subject=Subject.CONTRIBUTIONS,
    sources=(
        Source(
            Mark.KNOWN,
            "Herfindahl-Hirschman index; its inverse as the effective number (Laakso and Taagepera 1979)",
        ),
    ),
    statement=_distribution(_CONTRIBUTIONS),
    absent="few_contributors",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    privacy=Privacy.DOMINANCE,
    interval=Interval.BOOTSTRAP,
    cell=effective_cell,
)

_SPLIT = {
    "top_1": Label(de="das aktivste Prozent", en="the most active one per cent"),
    "next_9": Label(de="die nächsten neun Prozent", en="the next nine per cent"),
    "other_90": Label(de="die übrigen neunzig Prozent", en="the other ninety per cent"),
}

CONTENT_SPLIT = Metric(
    key="content_split",
    label=Label(de="90-9-1-Verteilung der Inhalte", en="90-9-1 split of contents"),
    meaning=Label(
        de="Wer schafft die Inhalte: das aktivste Prozent aller Menschen, die nächsten neun oder die übrigen?",
        en="Who creates the contents: the most active one per cent of all people, the next nine, or the others?",
    ),
    formula=Label(
        de="neue Inhalte des aktivsten Prozents aller, die mitmachen könnten, der nächsten neun Prozent und der übrigen, "
        "jeweils geteilt durch alle neuen Inhalte des Zeitraums",
        en="new contents of the most active one per cent of all who could take part, of the next nine per cent and of the "
        "others, each divided by all new contents of the period",
    ),
    limits=(
        Label(
            de="Die Regel 90-9-1 ist ein Erfahrungssatz über offene Gemeinschaften im Netz, kein Ziel für ein Unternehmen.",
            en="The 90-9-1 rule is an observation about open communities on the web and no target for a company.",
        ),
        _TIES,
        _DESK,
        _MANY,
        POPULATION,
    ),
    unit=Measure.SHARE,
    direction=Direction.NEUTRAL,
    tier=Tier.CONTENT,
    subject=Subject.CONTENTS,
    sources=(Source(Mark.READ, "Nielsen 2006 (secondary): participation inequality, 90-9-1"), _MIERLO),
    statement=_distribution(f.person_week.c.creates, tuple(_SPLIT)),
    absent="no_members",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    categories=_SPLIT,
    privacy=Privacy.DOMINANCE,
    cell=split_cell,
)
