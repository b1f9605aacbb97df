"""From the activity log to the facts metrics read.

Each roll-up is one statement over the tables before it.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Date,
    Select,
    Table,
    and_,
    case,
    cast,
    extract,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from connectors.activity import ContentType, CounterName, Kind, PersonKind
from metrics import facts as f
from metrics import hygiene, page_state, threads, ties
from metrics.dialect import interval, text
from metrics.hygiene import values
from metrics.scoping import ColumnSet

VIEWED_WITHIN = "28 days"
"""Views between two observations further apart than this belong to no day."""

AWAITED = "28 days"
"""After so many days nobody waits for a first answer any more; it makes a value final 28 days after its period."""

_ANSWERS = (Kind.COMMENT, Kind.REPLY)
_VOICES = (Kind.CREATE, Kind.COMMENT, Kind.REPLY, Kind.MESSAGE)
_COUNTS = ("comments", "reactions", "undated", "responders")
_PEOPLE = (PersonKind.HUMAN.value, PersonKind.GUEST.value)


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


def _births() -> Select[tuple[object, ...]]:
    """The first creation of each page and post."""
    a = f.activity.c
    ranked = (
        select(
            f.activity,
            func.row_number().over(partition_by=a.object, order_by=[a.happened, a.key]).label("rank"),
        )
        .where(
            a.kind == Kind.CREATE.value, a.content_type.in_([ContentType.PAGE.value, ContentType.POST.value])
        )
        .subquery("ranked")
    )
    return select(ranked).where(ranked.c.rank == 1)


def _response() -> Select[tuple[object, ...]]:
    births, a = _births().cte("births"), f.activity.c
    reaction = a.kind == Kind.REACT.value
    answered = case((reaction, a.object), else_=a.thread)
    return (
        select(births.c.object, a.person, reaction.label("reaction"), a.happened, a.day, a.dated)
        .select_from(births)
        .join(f.activity, answered == births.c.object)
        .where(
            a.kind.in_([Kind.REACT.value, *values(_ANSWERS)]),
            a.person != births.c.person,
            a.actor.in_(_PEOPLE),
            func.coalesce(a.excluded, "") != "bulk",
        )
    )


def _epoch(moment: ColumnElement[datetime]) -> ColumnElement[int]:
    return cast(extract("epoch", moment), BigInteger)


def _seconds(later: ColumnElement[datetime], earlier: ColumnElement[datetime]) -> ColumnElement[int]:
    return _epoch(later) - _epoch(earlier)


def _during(time: ColumnSet, region: ColumnElement[str], act: ColumnSet) -> ColumnElement[bool]:
    moment = _epoch(act.happened)
    return and_(time.region == region, time.day == act.day, time.since <= moment, time.until > moment)


def _worked(time: ColumnSet, moment: ColumnElement[datetime]) -> ColumnElement[int]:
    """Working seconds from the calendar's start to a moment of that stretch."""
    spent: ColumnElement[int] = func.least(_epoch(moment) - time.since, time.working)
    return cast(time.worked + spent, BigInteger)


def _answers(births: CTE) -> CTE:
    """What others did with each content; days and hours are the author's."""
    b, r = births.c, f.response.c
    day, time = f.working_day.alias("response_day"), f.working_time.alias("response_time")
    written, reacted = ~r.reaction, r.reaction
    return (
        select(
            r.object,
            func.sum(case((written, 1), else_=0)).label("comments"),
            func.sum(case((reacted, 1), else_=0)).label("reactions"),
            func.sum(case((and_(reacted, ~r.dated), 1), else_=0)).label("undated"),
            func.count(r.person.distinct()).label("responders"),
            func.min(case((written, day.c.working))).label("commented"),
            func.min(case((reacted, day.c.working))).label("reacted"),
            func.min(case((written, r.happened))).label("first"),
            func.min(case((written, r.day))).label("first_day"),
            func.min(case((written, _worked(time.c, r.happened)))).label("worked"),
        )
        .select_from(f.response)
        .join(births, b.object == r.object)
        .join(day, and_(day.c.region == b.region, day.c.day == r.day))
        .join(time, _during(time.c, b.region, r))
        .group_by(r.object)
        .cte("answers")
    )


def _deletions(births: CTE) -> CTE:
    b, log = births.c, f.entry.c
    return (
        select(log.object, func.min(log.happened).label("happened"), func.min(log.day).label("day"))
        # What was deleted and made anew under the same id is there.
        .join(births, and_(b.object == log.object, b.happened <= log.happened))
        .where(log.kind == Kind.DELETE.value, log.total.is_(None))
        .group_by(log.object)
        .cte("deletions")
    )


def _post() -> Select[tuple[object, ...]]:
    births, h = _births().cte("births"), f.horizon.c
    answers, deletions = _answers(births), _deletions(births)
    b, n, d = births.c, answers.c, deletions.c
    day, last_day, horizon, limit = (
        f.working_day.alias(name) for name in ("born", "ended", "read", "followed_until")
    )
    start, end = (f.working_time.alias(name) for name in ("born_time", "ended_time"))
    count = {name: cast(func.coalesce(n[name], 0), BigInteger).label(name) for name in _COUNTS}
    # Platforms let authors date a post after its first comments.
    seconds = case((n.first.is_not(None), func.greatest(_seconds(n.first, b.happened), 0)))
    followed = _seconds(func.coalesce(d.happened, h.moment), b.happened)
    answered = func.coalesce(and_(n.first_day < limit.c.day, seconds <= followed), False)
    waiting_ends = func.least(
        func.coalesce(_worked(end.c, d.happened), horizon.c.worked), horizon.c.worked, limit.c.worked
    )
    waited = case((answered, n.worked), else_=waiting_ends) - _worked(start.c, b.happened)

    def of_author(table: ColumnSet, on: ColumnElement[date]) -> ColumnElement[bool]:
        return and_(table.region == b.region, table.day == on)

    return (
        select(
            b.object,
            b.content_type,
            b.room,
            b.person.label("author"),
            b.unit,
            b.happened.label("created"),
            b.day,
            day.c.working,
            horizon.c.working.label("horizon"),
            # A guest's post waits for an answer like any other.
            case((b.excluded == PersonKind.GUEST.value, null()), else_=b.excluded).label("excluded"),
            func.coalesce(f.content.c.answerable, True).label("answerable"),
            *count.values(),
            n.commented,
            n.reacted,
            last_day.c.working.label("deleted"),
            seconds.label("seconds"),
            followed.label("followed"),
            answered.label("answered"),
            func.greatest(waited, 0).label("waited"),
        )
        .select_from(births)
        .join(f.horizon, literal(True))
        .join(day, of_author(day.c, b.day))
        .join(horizon, of_author(horizon.c, h.day))
        .join(limit, of_author(limit.c, cast(b.day + interval(AWAITED), Date)))
        .join(start, _during(start.c, b.region, b))
        .outerjoin(answers, n.object == b.object)
        .outerjoin(f.content, f.content.c.object == b.object)
        .outerjoin(deletions, d.object == b.object)
        .outerjoin(last_day, of_author(last_day.c, d.day))
        .outerjoin(end, _during(end.c, b.region, d))
    )


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
    (f.response, _response),
    (f.post, _post),
    (f.viewing, _viewing),
    (f.room_life, _room_life),
    *ties.ROLLUPS,
    *page_state.ROLLUPS,
    *threads.ROLLUPS,
)
"""Each fact table and what it is computed from, in the order in which they depend on each other."""


def statements() -> Iterator[str]:
    """SQL that makes the roll-ups; the log and the given tables must be there under their names."""
    for table, rows in ROLLUPS:
        columns = rows().subquery("rows")
        ordered = select(*(columns.c[column.name] for column in table.columns))
        kind = "VIEW" if table is f.entry else "TABLE"
        yield f"CREATE {kind} {table.name} AS {text(ordered)}"


def build(execute: Callable[[str], object]) -> None:
    """Compute all roll-ups of one database, which must not hold them yet."""
    for statement in statements():
        execute(statement)
