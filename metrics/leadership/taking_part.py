"""Which leaders take part, and how: by writing, by answering, or not at all."""

from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)

from connectors.activity import ContentType, Kind, PersonKind
from metrics import facts as f
from metrics.clustered import kinds, per_person
from metrics.metric import Label, Scope
from metrics.scoping import distinct_number, number, reason

LEVEL = 2
"""Leaders are those of this level of leadership or above; 1 is the top."""
FEWEST = 5
"""Of fewer leaders nothing is said, not even whether anybody wrote: the lowest minimum group there can be."""
WINDOWS = ("days28", "weeks26")

PARTS = {
    "answering": Label(de="kommentieren oder antworten", en="comment or reply"),
    "publishing": Label(de="schreiben, ohne zu antworten", en="write without answering"),
    "silent": Label(de="schreiben nichts", en="write nothing"),
}


def leaders() -> CTE:
    """The leaders of each period with what they wrote in it, from what held on the day that says who belongs to it.

    Who had no active account on that day is one of them only if they did something in the period.
    """
    d, day, h = f.person_day.c, f.period_day.c, f.home.c
    answers = d.comments + d.replies
    wrote = (
        select(
            day.window,
            day.since,
            d.person,
            func.sum(answers).label("answers"),
            func.sum(answers + d.creates + d.edits + d.messages).label("written"),
        )
        .select_from(f.person_day)
        .join(f.period_day, day.day == d.day)
        .where(day.window.in_(WINDOWS))
        .group_by(day.window, day.since, d.person)
        .subquery("wrote")
    )
    w = wrote.c
    return (
        select(
            h.window,
            h.since,
            h.person,
            h.unit,
            (func.coalesce(w.answers, 0) > 0).label("answers"),
            (func.coalesce(w.written, 0) > 0).label("writes"),
        )
        .select_from(f.home)
        .outerjoin(wrote, and_(w.window == h.window, w.since == h.since, w.person == h.person))
        .where(
            h.window.in_(WINDOWS),
            h.kind == PersonKind.HUMAN.value,
            h.leadership >= 1,
            h.leadership <= LEVEL,
            or_(h.active, w.person.is_not(None)),
        )
        .cte("leaders")
    )


def _left_out(led: CTE) -> CTE:
    """Acts of leaders that do not count."""
    who, a, day = led.c, f.activity.c, f.period_day.c
    return (
        select(who.window, who.since, func.count().label("acts"))
        .select_from(led)
        .join(f.period_day, and_(day.window == who.window, day.since == who.since))
        .join(f.activity, and_(a.person == who.person, a.day == day.day))
        .where(a.excluded.is_not(None), a.kind != Kind.VIEW.value)
        .group_by(who.window, who.since)
        .cte("left_out")
    )


def _at(left: Any, right: Any) -> Any:
    return and_(left.window == right.window, left.since == right.since)


def active_leaders(scope: Scope) -> Select[Any]:
    """Leaders who wrote anything, of all leaders."""
    led = leaders()
    out = _left_out(led)
    who, o = led.c, out.c
    counted = (
        select(
            who.window,
            who.since,
            number(who.writes).label("writing"),
            cast(func.count(), BigInteger).label("leaders"),
        )
        .group_by(who.window, who.since)
        .subquery("counted")
    )
    c = counted.c
    return (
        select(
            cast(literal(""), String).label("scope_key"),
            c.window,
            c.since,
            cast(literal(""), String).label("category"),
            c.writing.label("numerator"),
            c.leaders.label("denominator"),
            c.leaders.label("people"),
            c.writing.label("affirming"),
            func.coalesce(o.acts, 0).label("excluded"),
            cast(null(), String).label("reason"),
        )
        .select_from(counted)
        .outerjoin(out, _at(c, o))
    )


def leader_parts(scope: Scope) -> Select[Any]:
    """Leaders by the most social of what they wrote."""
    led = leaders()
    out = _left_out(led)
    who, o = led.c, out.c
    part = case((who.answers, "answering"), (who.writes, "publishing"), else_="silent")
    names = union_all(*(select(cast(literal(name), String).label("name")) for name in PARTS)).cte("names")
    counted = (
        select(
            who.window,
            who.since,
            names.c.name,
            number(part == names.c.name).label("here"),
            cast(func.count(), BigInteger).label("leaders"),
        )
        .select_from(led)
        .join(names, true())
        .group_by(who.window, who.since, names.c.name)
        .subquery("counted")
    )
    c = counted.c
    return (
        select(
            cast(literal(""), String).label("scope_key"),
            c.window,
            c.since,
            c.name.label("category"),
            c.here.label("numerator"),
            c.leaders.label("denominator"),
            c.leaders.label("people"),
            c.here.label("affirming"),
            func.coalesce(o.acts, 0).label("excluded"),
            cast(null(), String).label("reason"),
        )
        .select_from(counted)
        .outerjoin(out, _at(c, o))
    )


def led_units(scope: Scope) -> Select[Any]:
    """Units one of whose leaders wrote, of all units that have one. Each unit stands for one of its leaders."""
    who = leaders().c
    led = (
        select(
            who.window,
            who.since,
            who.unit,
            func.max(case((who.writes, 1), else_=0)).label("writes"),
        )
        .where(who.unit.is_not(None))
        .group_by(who.window, who.since, who.unit)
        .subquery("led")
    )
    homeless = (
        select(who.window, who.since, number(who.unit.is_(None)).label("leaders"))
        .group_by(who.window, who.since)
        .subquery("homeless")
    )
    u, h = led.c, homeless.c
    writing, units = number(u.writes == 1), func.count(u.unit)
    return (
        select(
            cast(literal(""), String).label("scope_key"),
            h.window,
            h.since,
            cast(literal(""), String).label("category"),
            writing.label("numerator"),
            units.label("denominator"),
            units.label("people"),
            writing.label("affirming"),
            h.leaders.label("excluded"),
            reason((units == 0, "units_unknown")).label("reason"),
        )
        .select_from(homeless)
        .outerjoin(led, _at(u, h))
        .group_by(h.window, h.since, h.leaders)
    )


def leader_replies(scope: Scope) -> Select[Any]:
    """Comments and replies of leaders, of these and their posts; one row for leaders alike."""
    led, a, day = leaders(), f.activity.c, f.period_day.c
    who = led.c
    reply = a.kind.in_([Kind.COMMENT.value, Kind.REPLY.value])
    post = and_(a.kind == Kind.CREATE.value, a.content_type == ContentType.POST.value)
    said = (
        select(
            cast(literal(""), String).label("scope_key"),
            who.window,
            who.since,
            who.person,
            case((reply, 1), else_=0).label("reply"),
            a.excluded.is_(None).label("counted"),
        )
        .select_from(led)
        .join(f.period_day, and_(day.window == who.window, day.since == who.since))
        .join(f.activity, and_(a.person == who.person, a.day == day.day))
        .where(or_(reply, post))
        .cte("said")
    )
    s = said.c
    sums = (
        select(
            s.window,
            s.since,
            number(~s.counted).label("left_out"),
            distinct_number(s.person, s.counted).label("writers"),
        )
        .group_by(s.window, s.since)
        .subquery("sums")
    )
    everywhere = select(who.window, who.since).distinct().subquery("everywhere")
    e, n = everywhere.c, sums.c
    totals = (
        select(
            cast(literal(""), String).label("scope_key"),
            e.window,
            e.since,
            func.coalesce(n.left_out, 0).label("excluded"),
            reason((func.coalesce(n.writers, 0) < FEWEST, "few_leaders_wrote")).label("reason"),
        )
        .select_from(everywhere)
        .outerjoin(sums, _at(n, e))
        .cte("totals")
    )
    made = select(said).where(s.counted).cte("made")
    m = made.c
    people = per_person(made, m.reply, literal(1), m.person, literal(True))
    return kinds(people, totals, "part", "whole")
