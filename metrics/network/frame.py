"""What the statements of network metrics share: one row per period with the totals of its network, and its ties.

A person's contacts are all with whom there is a tie in either direction. People without any contact are no part of the network.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.sql.selectable import CTE

from metrics import facts as f
from metrics.metric import Cell, Label, Row
from metrics.scoping import TELLABLE, ColumnSet, number, reason
from metrics.ties import contact, tie, unlinked

ENOUGH = 100
"""Structure that hangs on single people is told only of networks of at least so many."""

TIES = Label(
    de="Eine Verbindung entsteht nur, wenn jemand kommentiert, antwortet oder reagiert, nie durch bloße Mitgliedschaft im "
    "selben Raum. Erwähnungen werden nicht erhoben; Gespräche außerhalb des Intranets sieht niemand. Wie oft zwei sich "
    "begegnen, zählt nicht.",
    en="A tie comes about only when somebody comments, replies or reacts, never by mere membership of the same room. Mentions "
    "are not collected; nobody sees conversations outside the intranet. How often two people meet does not count.",
)
WHO = Label(
    de="Dabei sind Menschen mit mindestens einer Verbindung. Ohne Systemkonten, Gäste, Massenimporte und Antworten auf sich "
    "selbst; Antworten, die deshalb keine Verbindung ergeben oder deren Gegenüber unbekannt ist, werden als ausgeschlossen "
    "gezählt.",
    en="Counted are people with at least one tie. Without service accounts, guests, bulk imports and answers to oneself; "
    "answers that make no tie for that reason, or whose other end is unknown, are counted as excluded.",
)
LENGTH = Label(
    de="Je länger der Zeitraum, desto mehr Verbindungen: 28 Tage nie mit einem halben Jahr vergleichen.",
    en="The longer the period, the more ties: never compare 28 days with half a year.",
)
UNITS = Label(
    de="Es gilt die Abteilung in der Mitte des Zeitraums; eine Umorganisation verschiebt den Wert. Ist sie bei mehr als "
    "einem Zehntel der Verbundenen unbekannt, ist es auch der Wert. Verbindungen mit Menschen ohne Abteilung zählen nicht.",
    en="The unit in the middle of the period holds; a reorganisation moves the value. Where it is unknown for more than a "
    "tenth of those connected, so is the value. Ties with people of no unit do not count.",
)
NO_INTERVAL = Label(
    de="Ohne Vertrauensbereich: Verbindungen sind keine unabhängige Stichprobe, und Menschen neu zu ziehen zerrisse das Netz.",
    en="No confidence interval: ties are no independent sample, and resampling people would tear the network apart.",
)
MANY = Label(
    de=f"Nur für Netze aus mindestens {ENOUGH} Menschen; niemand wird genannt.",
    en=f"Only for networks of at least {ENOUGH} people; nobody is named.",
)


def profile_of_people() -> CTE:
    """Everybody of each network: how many contacts, how many of these of a known unit, of another unit, of how many others."""
    c = contact.c
    placed = and_(c.unit.is_not(None), c.contact_unit.is_not(None))
    outside = and_(placed, c.unit != c.contact_unit)
    return (
        select(
            c.window,
            c.since,
            c.person,
            c.unit,
            func.count().label("contacts"),
            number(c.mutual).label("mutual"),
            number(placed).label("placed"),
            number(outside).label("outside"),
            func.count(case((outside, c.contact_unit)).distinct()).label("others"),
        )
        .group_by(c.window, c.since, c.person, c.unit)
        .cte("profile")
    )


def total(column: ColumnElement[int]) -> ColumnElement[int]:
    return cast(func.sum(column), BigInteger)


def same_period(left: ColumnSet, right: ColumnSet) -> ColumnElement[bool]:
    return and_(left.window == right.window, left.since == right.since)


def _left_out() -> CTE:
    u = unlinked.c
    return select(u.window, u.since, total(u.acts).label("acts")).group_by(u.window, u.since).cte("left_out")


def _undecided() -> CTE:
    """Per period: people without contacts who can have reacted in it."""
    u, p, c = f.undated.c, f.period.c, contact.c
    tied = select(c.window, c.since, c.person).distinct().cte("tied_people")
    k = tied.c
    return (
        select(p.window, p.since, func.count(u.person.distinct()).label("people"))
        .select_from(f.undated)
        .join(f.period, and_(func.coalesce(u.earliest < p.until, True), u.day >= p.since))
        .outerjoin(tied, and_(same_period(k, p), k.person == u.person))
        .where(k.person.is_(None))
        .group_by(p.window, p.since)
        .cte("undecided")
    )


def _unread() -> CTE:
    """Per period: contents made in it, and how many of them wait for their reactions to be read."""
    o, day = f.observation.c, f.period_day.c
    return (
        select(day.window, day.since, total(o.contents).label("contents"), total(o.waiting).label("waiting"))
        .select_from(f.observation)
        .join(f.period_day, day.day == o.day)
        .group_by(day.window, day.since)
        .cte("unread")
    )


def _doubts(people: ColumnElement[int], undecided: CTE, unread: CTE) -> list[tuple[ColumnElement[bool], str]]:
    u, o = undecided.c, unread.c
    return [
        (func.coalesce(o.waiting * TELLABLE > o.contents, False), "reactions_not_observed"),
        (func.coalesce(u.people * TELLABLE > people + u.people, False), "undated_reactions"),
    ]


def network_totals(profile: CTE) -> CTE:
    """One row per period. Ends are ties counted from both sides."""
    p, t = profile.c, tie.c
    named = p.unit.is_not(None)
    counted = (
        select(
            p.window,
            p.since,
            func.count().label("people"),
            total(p.contacts).label("ends"),
            total(p.mutual).label("mutual_ends"),
            func.max(p.contacts).label("busiest"),
            func.max(p.contacts + p.mutual).label("busiest_arcs"),
            number(p.mutual > 0).label("returning"),
            number(named).label("named"),
            number(p.placed > 0).label("placed"),
            total(p.placed).label("placed_ends"),
            total(p.outside).label("outside_ends"),
            number(p.outside > 0).label("crossing"),
            number(and_(named, p.others >= 2)).label("bridging"),
            func.max(p.placed).label("busiest_placed"),
            func.count(p.unit.distinct()).label("units"),
        )
        .group_by(p.window, p.since)
        .cte("counted")
    )
    arcs = select(t.window, t.since, func.count().label("arcs")).group_by(t.window, t.since).cte("arcs")
    c, a, left_out, undecided, unread = counted.c, arcs.c, _left_out(), _undecided(), _unread()
    doubts = _doubts(c.people, undecided, unread)
    return (
        select(
            counted,
            a.arcs,
            func.coalesce(left_out.c.acts, 0).label("excluded"),
            reason(*doubts).label("reason"),
            reason(
                *doubts,
                ((c.people - c.named) * TELLABLE > c.people, "units_unknown"),
                (c.units < 2, "one_unit"),
                (c.placed_ends == 0, "no_ties"),
            ).label("unit_reason"),
        )
        .select_from(counted)
        .join(arcs, same_period(a, c))
        .outerjoin(left_out, same_period(left_out.c, c))
        .outerjoin(undecided, same_period(undecided.c, c))
        .outerjoin(unread, same_period(unread.c, c))
        .cte("totals")
    )


def place(columns: ColumnSet, category: str = "") -> list[ColumnElement[Any]]:
    return [
        cast(literal(""), String).label("scope_key"),
        columns.window,
        columns.since,
        cast(literal(category), String).label("category"),
    ]


def columns_of(totals: CTE) -> list[ColumnElement[Any]]:
    names = ("window", "since")
    return [column for column in totals.c if column.name not in names]


def unknown(row: Row, why: str) -> Cell:
    return Cell(None, None, None, None, row["excluded"], why)


def network_cell(
    said: Callable[[list[Row]], Cell], why: str = "reason", least: int = 1
) -> Callable[[list[Row]], Cell]:
    """What `said` makes of the rows of a period, unless the column `why` has a reason or fewer than `least` are connected."""

    def cell(rows: list[Row]) -> Cell:
        if rows[0][why] is not None:
            return unknown(rows[0], rows[0][why])
        if rows[0]["people"] < least:
            return unknown(rows[0], "network_too_small")
        return said(rows)

    return cell


def ratio(
    of: Callable[[Row], tuple[int, int]],
    *,
    people: str = "people",
    affirming: str = "people",
    largest: str | None = None,
    why: str = "reason",
    least: int = 1,
) -> Callable[[list[Row]], Cell]:
    """The cell of a period of one row: `of` gives numerator and denominator, the others are columns."""

    def said(rows: list[Row]) -> Cell:
        (row,) = rows
        numerator, denominator = of(row)
        most = None if largest is None else row[largest]
        return Cell(numerator, denominator, row[people], row[affirming], row["excluded"], largest=most)

    return network_cell(said, why, least)
