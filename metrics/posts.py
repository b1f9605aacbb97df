"""What became of each page and post: who responded to it, and how long it waited for a first answer.

Facts of `metrics.rollup`, one statement each over the tables before it.
"""

from datetime import date, datetime

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Date,
    Select,
    and_,
    case,
    cast,
    extract,
    func,
    literal,
    null,
    select,
)

from connectors.activity import ContentType, Kind, PersonKind
from metrics import facts as f
from metrics.dialect import interval
from metrics.hygiene import values
from metrics.scoping import ColumnSet

AWAITED = "28 days"
"""After so many days nobody waits for a first answer any more; it makes a value final 28 days after its period."""

_ANSWERS = (Kind.COMMENT, Kind.REPLY)
_COUNTS = ("comments", "reactions", "undated", "responders")
_PEOPLE = (PersonKind.HUMAN.value, PersonKind.GUEST.value)


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


def response() -> Select[tuple[object, ...]]:
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


def post() -> Select[tuple[object, ...]]:
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
