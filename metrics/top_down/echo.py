"""Do those who speak for the organisation answer what comes back?"""

from typing import Any

from sqlalchemy import CTE, Select, String, and_, case, cast, func, literal, or_, select

from connectors.activity import Kind
from metrics import facts as f
from metrics.clustered import kinds, per_person, share_cell
from metrics.hygiene import values
from metrics.metric import Cell, Row, Scope
from metrics.scoping import TELLABLE, distinct_number, number, reason
from metrics.top_down.officials import anything_declared, of_person, speaks, then
from metrics.top_down.sides import WINDOWS, posts

ECHO_WITHIN = 5
"""Working days."""
_ANSWERS = (Kind.COMMENT, Kind.REPLY)


def _said() -> CTE:
    """Comments and replies of people under official posts, with who of them speaks for the organisation there."""
    a, log = f.activity.c, f.entry.c
    speaking = of_person()
    official = posts(speaking)
    post, who = official.c, speaking.c
    day = f.working_day.c
    return (
        select(
            a.key,
            a.object,
            a.thread,
            log.parent,
            a.person,
            a.day,
            a.happened,
            a.region,
            day.working,
            a.excluded,
            # Whoever wrote an official post speaks for the organisation in its thread.
            case((a.person == post.author, 1), else_=speaks(who)).label("speaks"),
        )
        .select_from(f.activity)
        .join(official, and_(post.object == a.thread, post.official == 1))
        .join(f.entry, log.key == a.key)
        .join(f.working_day, and_(day.region == a.region, day.day == a.day))
        .outerjoin(speaking, then(who, a.person, a.day))
        .where(a.kind.in_(values(_ANSWERS)), a.person.is_not(None))
        .cte("said")
    )


def _echoes(said: CTE) -> CTE:
    """Each comment of others with the best that is known of an answer in time: 2 an official, 1 perhaps one, 0 none."""
    c, r = said.c, (reply := said.alias("reply")).c
    met = f.working_day.alias("met")
    answered = (
        select(
            c.key,
            func.max(case((r.speaks == 1, 2), (r.speaks.is_(None), 1), else_=0)).label("best"),
        )
        .select_from(said)
        .join(
            reply,
            and_(
                r.thread == c.thread,
                r.person != c.person,
                r.happened > c.happened,
                # Where replies do not nest, what follows in the thread answers it.
                or_(r.parent == c.object, func.coalesce(r.parent, r.thread) == c.thread),
                r.excluded.is_(None),
            ),
        )
        .join(met, and_(met.c.region == c.region, met.c.day == r.day))
        .where(met.c.working <= c.working + ECHO_WITHIN)
        .group_by(c.key)
        .subquery("answered")
    )
    log = f.entry.c
    deleted = (
        select(log.object, func.min(log.day).label("day"))
        .where(log.kind == Kind.DELETE.value, log.total.is_(None))
        .group_by(log.object)
        .subquery("deleted")
    )
    gone, end = f.working_day.alias("gone"), f.working_day.alias("end")
    deadline = c.working + ECHO_WITHIN
    best = func.coalesce(answered.c.best, 0)
    early = and_(best < 2, func.coalesce(gone.c.working <= deadline, False))
    return (
        select(
            c.day,
            c.person,
            c.thread,
            best.label("best"),
            c.speaks,
            or_(c.excluded.is_not(None), early).label("out"),
            (end.c.working > deadline).label("old"),
        )
        .select_from(said)
        .join(f.horizon, literal(True))
        .join(end, and_(end.c.region == c.region, end.c.day == f.horizon.c.day))
        .outerjoin(answered, answered.c.key == c.key)
        .outerjoin(deleted, deleted.c.object == c.object)
        .outerjoin(gone, and_(gone.c.region == c.region, gone.c.day == deleted.c.day))
        .where(func.coalesce(c.speaks, 0) == 0)
        .cte("echoes")
    )


def upward_echo(scope: Scope) -> Select[Any]:
    said = _said()
    echoes, day = _echoes(said), f.period_day.c
    c = echoes.c
    known = and_(~c.out, c.old)
    told = and_(c.speaks.is_not(None), c.best != 1)
    placed = (
        select(
            cast(literal(""), String).label("scope_key"),
            day.window,
            day.since,
            c.person,
            case((c.best == 2, 1), else_=0).label("answered"),
            and_(known, told).label("counted"),
            and_(known, ~told).label("undecided"),
            c.out,
            and_(~c.out, ~c.old).label("pending"),
        )
        .select_from(echoes)
        .join(f.period_day, day.day == c.day)
        .where(day.window.in_(WINDOWS))
        .cte("placed")
    )
    p = placed.c
    sums = (
        select(
            p.scope_key,
            p.window,
            p.since,
            *(number(p[name]).label(name) for name in ("counted", "undecided", "out", "pending")),
        )
        .group_by(p.scope_key, p.window, p.since)
        .subquery("sums")
    )
    # Those who speak for the organisation under its posts at the time: it is their answering that is told of.
    w = said.c
    officials = (
        select(day.window, day.since, distinct_number(w.person, w.speaks == 1).label("officials"))
        .select_from(said)
        .join(f.period_day, day.day == w.day)
        .where(w.excluded.is_(None), day.window.in_(WINDOWS))
        .group_by(day.window, day.since)
        .subquery("officials")
    )
    s, o = sums.c, officials.c
    totals = (
        select(
            s.scope_key,
            s.window,
            s.since,
            func.coalesce(o.officials, 0).label("officials"),
            (s.out + s.undecided).label("excluded"),
            reason(
                (~anything_declared(), "officials_not_declared"),
                (s.undecided * TELLABLE > s.counted + s.undecided, "officials_unknown"),
                (and_(s.counted == 0, s.pending > 0), "not_old_enough"),
                (s.counted == 0, "nothing_said"),
            ).label("reason"),
        )
        .select_from(sums)
        .outerjoin(officials, and_(o.window == s.window, o.since == s.since))
        .cte("totals")
    )
    made = select(placed).where(p.counted).cte("made")
    m = made.c
    people = per_person(made, m.answered, literal(1), m.person, literal(True))
    return kinds(people, totals, "part", "whole")


def echo_cell(rows: list[Row]) -> Cell:
    """The share of answered comments; as many people stand behind it as answered for the organisation, if these are fewer."""
    share = share_cell(rows)
    if share.affirming is None:
        return share
    return Cell(
        share.numerator,
        share.denominator,
        share.people,
        min(share.affirming, rows[0]["officials"]),
        share.excluded,
        low=share.low,
        high=share.high,
        largest=share.largest,
    )
