"""Do people write together?"""

from typing import Any

from sqlalchemy import BigInteger, Select, String, and_, case, cast, func, literal, select

from connectors.activity import ContentType, Kind
from metrics import facts as f
from metrics.looking_back import HISTORY, Span
from metrics.metric import (
    SO_FAR,
    Direction,
    Label,
    Mark,
    Measure,
    Metric,
    Privacy,
    Scope,
    Source,
    Subject,
    Tier,
    Window,
)
from metrics.scoping import TELLABLE, distinct_number, number, reason, same_cell

_YEAR = Span(52)
TOGETHER = 2
"""From this many editors on a page is co-authored."""


def _co_authored(scope: Scope) -> Select[Any]:
    a, p = f.activity.c, f.period.c
    key = a.room if scope is Scope.ROOM else cast(literal(""), String)
    edits = (
        select(
            key.label("scope_key"),
            p.window,
            p.since,
            _YEAR.known().label("reached"),
            a.object,
            a.person,
            case((a.excluded.is_(None), 1), else_=0).label("counts"),
            case((a.actor == "unknown", 1), else_=0).label("nameless"),
        )
        .select_from(f.activity)
        .join(f.period, and_(a.day >= _YEAR.begin, a.day < p.until, p.window == Window.WEEKS26.value))
        .where(
            a.content_type == ContentType.PAGE.value,
            a.kind.in_([Kind.CREATE.value, Kind.EDIT.value]),
        )
        .cte("edits")
    )
    e = edits.c
    by_page = (
        select(
            e.scope_key,
            e.window,
            e.since,
            e.object,
            func.max(case((e.reached, 1), else_=0)).label("reached"),
            distinct_number(e.person, e.counts == 1).label("editors"),
            func.max(e.nameless).label("nameless"),
        )
        .group_by(e.scope_key, e.window, e.since, e.object)
        .cte("by_page")
    )
    b = by_page.c
    together = b.editors >= TOGETHER
    counted = and_(b.editors > 0, together | (b.nameless == 0))
    undecided = and_(~together, b.nameless == 1)
    pages = (
        select(
            b.scope_key,
            b.window,
            b.since,
            func.max(b.reached).label("reached"),
            number(and_(counted, together)).label("numerator"),
            number(counted).label("denominator"),
            number(undecided).label("undecided"),
            number(and_(b.editors == 0, b.nameless == 0)).label("left_out"),
        )
        .group_by(b.scope_key, b.window, b.since)
        .cte("pages")
    )
    by_person = (
        select(
            e.scope_key,
            e.window,
            e.since,
            e.person,
            func.count(e.object.distinct()).label("pages"),
            func.max(case((together, 1), else_=0)).label("together"),
        )
        .select_from(edits)
        .join(by_page, and_(same_cell(e, b), b.object == e.object))
        .where(e.counts == 1, counted)
        .group_by(e.scope_key, e.window, e.since, e.person)
        .subquery("by_person")
    )
    w = by_person.c
    people = (
        select(
            w.scope_key,
            w.window,
            w.since,
            func.count().label("people"),
            number(w.together == 1).label("affirming"),
            func.max(w.pages).label("largest"),
        )
        .group_by(w.scope_key, w.window, w.since)
        .subquery("people_of_pages")
    )
    n, q = pages.c, people.c
    return (
        select(
            n.scope_key,
            n.window,
            n.since,
            cast(literal(""), String).label("category"),
            n.numerator,
            n.denominator,
            func.coalesce(q.people, 0).label("people"),
            func.coalesce(q.affirming, 0).label("affirming"),
            cast(q.largest, BigInteger).label("largest"),
            (n.left_out + n.undecided).label("excluded"),
            reason(
                (n.reached == 0, "not_enough_history"),
                (n.undecided * TELLABLE > n.denominator + n.undecided, "editors_unknown"),
                (n.denominator == 0, "no_pages"),
            ).label("reason"),
        )
        .select_from(pages)
        .outerjoin(people, same_cell(n, q))
    )


CO_AUTHORED_SHARE = Metric(
    key="co_authored_share",
    label=Label(de="Gemeinsam geschriebene Seiten", en="Co-authored pages"),
    meaning=Label(
        de="An wie vielen Seiten schreibt mehr als ein Mensch?",
        en="On how many pages does more than one person write?",
    ),
    formula=Label(
        de="Seiten, die in den 52 Wochen bis zum Ende des Zeitraums mindestens zwei Menschen anlegten oder bearbeiteten, geteilt durch "
        "alle in dieser Zeit angelegten oder bearbeiteten",
        en="pages that at least two people created or edited in the 52 weeks up to the end of the period, divided by all created or "
        "edited in that time",
    ),
    limits=(
        Label(
            de="Bei Arbeitsräumen ist ein hoher Anteil ein gutes Zeichen, bei offizieller Information nicht: dort kann eine Redaktion "
            "das Richtige sein.",
            en="In rooms for work a high share is a good sign, for official information it is not: an editorial team may be right there.",
        ),
        Label(
            de="Gemeinsam heißt nacheinander: zwei Bearbeitungen im selben Jahr. Kleine Korrekturen und Änderungen an Vorlagen zählen mit, "
            "Massenimporte, Systemkonten und Gäste nicht.",
            en="Together means one after the other: two edits in the same year. Small corrections and changes of templates count as well, "
            "bulk imports, service accounts and guests do not.",
        ),
        Label(
            de="Ist bei mehr als einer von zehn Seiten nicht bekannt, wer sie bearbeitete, ist es auch der Wert.",
            en="Where it is not known for more than one in ten pages who edited them, neither is the value.",
        ),
        HISTORY,
    ),
    unit=Measure.SHARE,
    direction=Direction.NEUTRAL,
    tier=Tier.CONTENT,
    subject=Subject.CONTENTS,
    sources=(Source(Mark.OWN, "two editors in twelve months"),),
    statement=_co_authored,
    absent="no_pages",
    reach=SO_FAR,
    scopes=frozenset({Scope.ORGANISATION, Scope.ROOM}),
    windows=frozenset({Window.WEEKS26}),
    privacy=Privacy.DOMINANCE,
)
