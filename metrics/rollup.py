"""From the activity log to the facts metrics read.

Each roll-up is one statement over the tables before it.
"""

from collections.abc import Callable
from functools import cache

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Table,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)

from connectors.activity import CounterName, Kind, PersonKind
from metrics import facts as f
from metrics import hygiene, page_state, posts, threads, ties
from metrics.dialect import interval, text
from metrics.hygiene import values
from metrics.scoping import ColumnSet

VIEWED_WITHIN = "28 days"
"""Views between two observations further apart than this belong to no day."""

_VOICES = (Kind.CREATE, Kind.COMMENT, Kind.REPLY, Kind.MESSAGE)


def _times(column: ColumnElement[str], kind: Kind) -> ColumnElement[int]:
    return cast(func.sum(case((column == kind.value, 1), else_=0)), BigInteger)


def _person_day() -> Select[tuple[object, ...]]:
    a = f.activity.c
    counted = {
        "views": Kind.VIEW,
        "reactions": Kind.REACT,
        "comments": Kind.COMMENT,
        "replies": Kind.REPLY,
        "creates": Kind.CREATE,
        "edits": Kind.EDIT,
        "messages": Kind.MESSAGE,
    }
    return (
        select(
            a.room,
            a.person,
            a.unit,
            a.day,
            *(_times(a.kind, kind).label(name) for name, kind in counted.items()),
        )
        .where(a.excluded.is_(None))
        .group_by(a.room, a.person, a.unit, a.day)
    )


def _contributions() -> ColumnElement[int]:
    d = f.person_day.c
    return d.comments + d.replies + d.edits + d.messages


def _person_week() -> Select[tuple[object, ...]]:
    d, c = f.person_day.c, f.calendar.c
    acts = d.reactions + d.creates + _contributions()
    return (
        select(
            d.room,
            d.person,
            d.unit,
            c.week,
            cast(func.sum(case((acts > 0, c.bit), else_=0)), BigInteger).label("days"),
            cast(func.sum(d.reactions), BigInteger).label("reactions"),
            cast(func.sum(_contributions()), BigInteger).label("contributions"),
            cast(func.sum(d.creates), BigInteger).label("creates"),
        )
        .join(f.calendar, c.day == d.day)
        .group_by(d.room, d.person, d.unit, c.week)
    )


def _home() -> Select[tuple[object, ...]]:
    """Everybody with a history and what held of them on the day that says who belongs to a period, once per period."""
    p, who = f.period.c, f.spell.c
    return (
        select(
            p.window,
            p.since,
            who.pseudonym.label("person"),
            who.unit,
            who.kind,
            who.leadership,
            who.active,
        )
        .select_from(f.spell)
        .join(f.period, and_(who.since <= p.mid, who.until > p.mid))
    )


def _standing() -> Select[tuple[object, ...]]:
    d, p, m, day = f.person_day.c, f.period.c, f.membership.c, f.period_day.c
    level = case((d.creates > 0, 3), (_contributions() > 0, 2), (d.reactions > 0, 1), else_=0)
    acted = (
        select(d.room, day.window, day.since, d.person, func.max(level).label("level"))
        .join(f.period_day, day.day == d.day)
        .group_by(d.room, day.window, day.since, d.person)
        .cte("acted")
    )
    a = acted.c
    h = f.home.c
    entitled = and_(h.active, h.kind == PersonKind.HUMAN.value)

    def at_home(other: ColumnSet, person: ColumnElement[int]) -> ColumnElement[bool]:
        return and_(h.window == other.window, h.since == other.since, h.person == person)

    # A platform may name a room's members and not list its accounts: who is not listed is taken for an active human.
    listed = and_(
        func.coalesce(h.active, True), func.coalesce(h.kind, PersonKind.HUMAN.value) == PersonKind.HUMAN.value
    )
    organisation, unit, room = (literal(scope) for scope in ("organisation", "unit", "room"))
    everybody = union_all(
        select(
            organisation.label("scope"),
            literal("").label("scope_key"),
            h.window,
            h.since,
            h.person,
            literal(0).label("level"),
        ).where(entitled),
        select(organisation, literal(""), a.window, a.since, a.person, a.level),
        select(unit, h.unit, h.window, h.since, h.person, literal(0)).where(entitled, h.unit.is_not(None)),
        # Who moved counts once, where they were in the middle, so that units add up to the organisation.
        select(unit, h.unit, a.window, a.since, a.person, a.level)
        .select_from(acted)
        .join(f.home, at_home(a, a.person))
        .where(h.unit.is_not(None)),
        select(room, m.room, p.window, p.since, m.pseudonym, literal(0))
        .select_from(f.membership)
        .join(
            f.period,
            and_(or_(m.since.is_(None), m.since <= p.mid), or_(m.until.is_(None), m.until > p.mid)),
        )
        .outerjoin(f.home, at_home(p, m.pseudonym))
        .where(listed),
        select(room, a.room, a.window, a.since, a.person, a.level),
    ).subquery("everybody")
    s = everybody.c
    return select(
        s.scope, s.scope_key, s.window, s.since, s.person, func.max(s.level).label("level")
    ).group_by(s.scope, s.scope_key, s.window, s.since, s.person)


def _viewing() -> Select[tuple[object, ...]]:
    log, a = f.entry.c, f.activity.c
    by_time = [log.happened, log.key]
    totals = (
        select(
            log.room,
            log.object,
            log.day,
            (log.total - func.lag(log.total).over(partition_by=log.object, order_by=by_time)).label("views"),
            func.lag(log.day).over(partition_by=log.object, order_by=by_time).label("previous"),
        )
        .where(log.kind == CounterName.VIEWS.value, log.total.is_not(None))
        .cte("totals")
    )
    t = totals.c
    seen = union_all(
        # A total that fell was reset or corrected: how many views came is not known.
        select(t.room, t.object, t.day, t.views).where(
            t.previous + interval(VIEWED_WITHIN) >= t.day, t.views >= 0
        ),
        select(a.room, a.object, a.day, literal(1)).where(
            a.kind == Kind.VIEW.value, a.actor != PersonKind.SERVICE.value
        ),
    ).subquery("seen")
    s = seen.c
    return select(s.room, s.object, s.day, cast(func.sum(s.views), BigInteger).label("views")).group_by(
        s.room, s.object, s.day
    )


def _room_life() -> Select[tuple[object, ...]]:
    a, r = f.activity.c, f.room.c
    acts = select(f.activity).where(a.excluded.is_(None), a.kind != Kind.VIEW.value).cte("acts")
    days = (
        select(acts.c.room, func.min(acts.c.day).label("first"), func.max(acts.c.day).label("latest"))
        .group_by(acts.c.room)
        .cte("days")
    )
    voices = (
        select(
            a.room,
            a.person,
            a.day,
            func.first_value(a.person).over(partition_by=a.room, order_by=[a.happened, a.key]).label("first"),
        )
        .where(a.excluded.is_(None), a.kind.in_(values(_VOICES)))
        .cte("voices")
    )
    v = voices.c
    born = (
        select(v.room, func.min(v.day).label("day")).where(v.person != v.first).group_by(v.room).cte("born")
    )
    known = func.coalesce(r.created, days.c.first, r.first_seen)
    return (
        select(
            r.key.label("room"),
            func.least(known, func.coalesce(days.c.first, known)).label("start"),
            r.gone,
            r.archived,
            born.c.day.label("born"),
            days.c.latest,
        )
        .select_from(f.room)
        .outerjoin(days, days.c.room == r.key)
        .outerjoin(born, born.c.room == r.key)
    )


ROLLUPS: tuple[tuple[Table, Callable[[], Select[tuple[object, ...]]]], ...] = (
    (f.entry, hygiene.entry),
    (f.activity, hygiene.activity),
    (f.undated, hygiene.undated),
    (f.exclusion, hygiene.exclusion),
    (f.person_day, _person_day),
    (f.person_week, _person_week),
    (f.home, _home),
    (f.standing, _standing),
    (f.response, posts.response),
    (f.post, posts.post),
    (f.viewing, _viewing),
    (f.room_life, _room_life),
    *ties.ROLLUPS,
    *page_state.ROLLUPS,
    *threads.ROLLUPS,
)
"""Each fact table and what it is computed from, in the order in which they depend on each other."""


@cache
def statements() -> tuple[str, ...]:
    """SQL that makes the roll-ups; the log and the given tables must be there under their names."""
    return tuple(_statement(table, rows()) for table, rows in ROLLUPS)


def _statement(table: Table, made: Select[tuple[object, ...]]) -> str:
    columns = made.subquery("rows").c
    ordered = select(*(columns[column.name] for column in table.columns))
    kind = "VIEW" if table is f.entry else "TABLE"
    return f"CREATE {kind} {table.name} AS {text(ordered)}"


def build(execute: Callable[[str], object]) -> None:
    """Compute all roll-ups of one database, which must not hold them yet."""
    for statement in statements():
        execute(statement)
